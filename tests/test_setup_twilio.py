"""An account at Twilio is set up by its API: planned, changed, set back; every refusal says what to do."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from app.carriers.twilio import doctor
from app.carriers.twilio.account import Account
from app.carriers.twilio.console import Console
from app.carriers.twilio.setup import applying, changes, plan
from app.carriers.twilio.setup.access import Access, Refused
from app.carriers.twilio.setup.applying import Undone
from app.carriers.twilio.setup.changes import Change, Resource
from app.carriers.twilio.setup.plan import Wish
from app.telemetry.findings import Level
from models.lines import Channel
from tests.fake_twilio import FakeTwilio
from tests.fake_twilio_numbers import (
    DEMO,
    GOOD,
    SERVICE,
    campaign,
    new_number,
    new_service,
    number,
    sender,
    service,
    sid_of,
)
from tests.fakes import ACCOUNT, LINE, PUBLIC, TOKEN, WHATSAPP

OTHER = "+12025550190"
SECOND = "MG00000000000000000000000000000002"
FALLBACK = f"{PUBLIC}/twilio/message"


@pytest.fixture
def twilio() -> Iterator[FakeTwilio]:
    """An account as somebody has it who just bought a number."""
    with FakeTwilio() as carrier:
        carrier.console.numbers = {LINE: new_number()}
        carrier.console.services, carrier.console.pools, carrier.console.campaigns = {}, {}, {}
        yield carrier


@pytest.fixture
def access(twilio: FakeTwilio) -> Iterator[Access]:
    with Access(account=ACCOUNT, token=TOKEN, api=twilio.url) as opened:
        yield opened


def wish(**more: Any) -> Wish:
    return replace(Wish(PUBLIC, sms=LINE), **more)


def settings(planned: list[Change]) -> list[tuple[str, str, str]]:
    return [(change.field, change.before, change.after) for change in planned]


def looks_well(twilio: FakeTwilio, service: str | None = None, *channels: tuple[Channel, str]) -> bool:
    """Whether `hotline doctor` finds nothing wrong with the webhooks."""
    seen = Account(ACCOUNT, (TOKEN,), twilio.url, PUBLIC, service, LINE)
    console = Console(account=ACCOUNT, token=TOKEN, api=twilio.url)
    found = list(doctor.webhooks(seen, console, [*(channels or [(Channel.SMS, LINE)])]))
    console.close()
    return all(finding.level is Level.OK for finding in found)


def test_a_number_that_nobody_has_set_up(twilio: FakeTwilio, access: Access) -> None:
    planned = plan.plan(access, wish())
    assert settings(planned) == [("sms_url", DEMO, GOOD), ("sms_fallback_url", "", FALLBACK)]
    assert planned[0].what == f"number {LINE}: when a message comes in, call"
    assert (planned[1].was, planned[1].becomes) == ("nothing", FALLBACK)
    assert twilio.console.changed == []
    assert list(applying.apply(access, planned)) == planned
    assert looks_well(twilio)
    assert plan.plan(access, wish()) == []


def test_what_the_doctor_finds_well_is_left_as_it_is(twilio: FakeTwilio, access: Access) -> None:
    twilio.console.numbers[LINE] = number(
        f"{PUBLIC}/twilio/message/#rc=4&rp=all", sms_fallback_url="https://elsewhere.example.org/x",
        sms_fallback_method="GET",
    )  # fmt: skip
    assert looks_well(twilio)
    assert plan.plan(access, wish()) == []


def test_a_webhook_is_set_in_every_way_in_which_it_can_be_wrong(twilio: FakeTwilio, access: Access) -> None:
    twilio.console.numbers[LINE] = number(
        f"{PUBLIC}/twilio/message", sms_method="GET", sms_application_sid="AP1", sms_fallback_method="GET"
    )
    planned = plan.plan(access, wish())
    assert settings(planned) == [
        ("sms_application_sid", "AP1", ""),
        ("sms_url", f"{PUBLIC}/twilio/message", GOOD),
        ("sms_method", "GET", "POST"),
        ("sms_fallback_method", "GET", "POST"),
    ]
    list(applying.apply(access, planned))
    assert looks_well(twilio)
    assert len(twilio.console.changed) == 1  # all at once: no text meets half of it
    assert plan.plan(access, wish()) == []


def test_a_new_service_with_the_number_in_it(twilio: FakeTwilio, access: Access) -> None:
    planned = plan.plan(access, wish(new_service="Oak Street"))
    assert [change.resource for change in planned] == [Resource.NEW_SERVICE] * 5 + [Resource.POOL] + [
        Resource.NUMBER
    ] * 2
    done = list(applying.apply(access, planned))
    (sid,) = twilio.console.services
    assert {change.sid for change in done} == {sid, sid_of(LINE)}
    assert twilio.console.services[sid]["friendly_name"] == "Oak Street"
    assert twilio.console.pools[sid] == [LINE]
    assert looks_well(twilio, sid)
    assert plan.plan(access, wish(new_service="Oak Street")) == []
    assert plan.plan(access, wish(service=sid)) == []


def test_a_service_that_the_number_is_in_is_taken(twilio: FakeTwilio, access: Access) -> None:
    twilio.console.services[SERVICE] = service("https://elsewhere.example.org/x", inbound_method="GET")
    twilio.console.pools[SERVICE] = [LINE, OTHER]
    planned = plan.plan(access, wish(new_service="Oak Street"))
    assert settings(planned)[:2] == [
        ("inbound_request_url", "https://elsewhere.example.org/x", GOOD),
        ("inbound_method", "GET", "POST"),
    ]
    assert planned[0].note == "texts to the 1 other numbers in this service come to the hotline too"
    list(applying.apply(access, planned))
    assert looks_well(twilio, SERVICE)
    assert plan.plan(access, wish()) == []


def test_a_service_that_leaves_texts_to_its_numbers(twilio: FakeTwilio, access: Access) -> None:
    defers = service("https://elsewhere.example.org/x", use_inbound_webhook_on_number=True)
    twilio.console.services[SERVICE], twilio.console.pools[SERVICE] = defers, [LINE, OTHER]
    planned = plan.plan(access, wish(service=SERVICE))
    assert {change.resource for change in planned} == {Resource.NUMBER}  # the others keep theirs
    twilio.console.pools[SERVICE] = [LINE]
    planned = plan.plan(access, wish(service=SERVICE))
    assert ("use_inbound_webhook_on_number", "yes", "no") in settings(planned)
    list(applying.apply(access, planned))
    assert looks_well(twilio, SERVICE)
    assert twilio.console.services[SERVICE]["use_inbound_webhook_on_number"] is False
    assert plan.plan(access, wish(service=SERVICE)) == []


def test_a_number_is_put_into_the_service_that_is_wished(twilio: FakeTwilio, access: Access) -> None:
    twilio.console.services[SERVICE], twilio.console.numbers[LINE] = service(), number()
    planned = plan.plan(access, wish(service=SERVICE))
    assert [(change.resource, change.becomes) for change in planned] == [(Resource.POOL, "in its sender pool")]
    list(applying.apply(access, planned))
    assert twilio.console.pools[SERVICE] == [LINE]


def test_whatsapp(twilio: FakeTwilio, access: Access) -> None:
    twilio.console.senders = {OTHER: sender(), WHATSAPP: sender(None)}
    planned = plan.plan(access, wish(sms=None, whatsapp=WHATSAPP))
    assert settings(planned) == [("callback_url", "", GOOD), ("fallback_url", "", FALLBACK)]
    hook = twilio.console.senders[WHATSAPP]["webhook"]
    assert isinstance(hook, dict)
    hook["status_callback_url"] = "https://elsewhere.example.org/status"
    done = list(applying.apply(access, planned))
    assert looks_well(twilio, None, (Channel.WHATSAPP, WHATSAPP))
    set_now = twilio.console.senders[WHATSAPP]["webhook"]
    assert isinstance(set_now, dict)
    assert set_now["status_callback_url"] == "https://elsewhere.example.org/status"  # not ours to change
    assert plan.plan(access, wish(sms=None, whatsapp=WHATSAPP)) == []
    assert [undone.done for undone in applying.undo(access, done)] == [True]
    assert plan.plan(access, wish(sms=None, whatsapp=WHATSAPP)) == planned


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"sms": "+12025550199"}, "is no number of this Twilio account"),
        ({"sms": OTHER}, "can only make calls"),
        ({"sms": "12345"}, "is a short code"),
        ({"service": SECOND}, "there is no Messaging Service"),
        ({"whatsapp": OTHER}, "is no WhatsApp sender of this account"),
    ],
)
def test_a_wish_that_cannot_be(twilio: FakeTwilio, access: Access, more: dict[str, str], says: str) -> None:
    twilio.console.numbers[OTHER] = new_number(capabilities={"voice": True, "sms": False})
    with pytest.raises(Refused, match=says) as refused:
        plan.plan(access, wish(**more))
    assert refused.value.do
    assert twilio.console.changed == []


def test_a_number_that_is_in_another_service(twilio: FakeTwilio, access: Access) -> None:
    twilio.console.services = {SERVICE: service(), SECOND: new_service(SECOND, friendly_name="Elm")}
    twilio.console.pools[SECOND] = [LINE]
    with pytest.raises(Refused, match="in the sender pool of another Messaging Service: Elm"):
        plan.plan(access, wish(service=SERVICE))


# Carried out, stopped halfway, set back.


def test_what_somebody_changed_since_it_was_shown_is_not_touched(twilio: FakeTwilio, access: Access) -> None:
    planned = plan.plan(access, wish())
    twilio.console.numbers[LINE]["sms_url"] = "https://theirs.example.org/x"
    with pytest.raises(Refused, match="somebody has changed it since it was shown"):
        list(applying.apply(access, planned))
    assert twilio.console.changed == []


def test_stopped_after_any_change_it_goes_on_and_can_be_set_back(twilio: FakeTwilio, access: Access) -> None:
    before = json.dumps([twilio.console.numbers, twilio.console.services, twilio.console.pools])
    many = len(plan.plan(access, wish(new_service="Oak Street")))
    for stopped in range(many + 1):
        planned = plan.plan(access, wish(new_service="Oak Street"))
        for _ in zip(range(stopped), applying.apply(access, planned), strict=False):
            pass  # killed: nobody has noted what was made
        again = plan.plan(access, wish(new_service="Oak Street"))
        record = changes.together(planned, again)
        done = list(applying.apply(access, again))
        assert len(twilio.console.services) == 1
        assert plan.plan(access, wish(new_service="Oak Street")) == []
        undone = applying.undo(access, changes.together(record, done))
        assert all(each.done for each in undone), undone
        assert not twilio.console.services
        now = json.dumps([twilio.console.numbers, {}, {}])
        assert now == json.dumps([json.loads(before)[0], {}, {}])


def test_a_plan_that_is_carried_out_twice_is_carried_out_once(twilio: FakeTwilio, access: Access) -> None:
    planned = plan.plan(access, wish(new_service="Oak Street"))
    first = list(applying.apply(access, planned))
    many = len(twilio.console.changed)
    assert list(applying.apply(access, planned)) == first
    assert len(twilio.console.changed) == many
    assert len(twilio.console.services) == 1


def test_the_plan_alone_is_enough_to_set_everything_back(twilio: FakeTwilio, access: Access) -> None:
    planned = plan.plan(access, wish(new_service="Oak Street"))
    list(applying.apply(access, planned))
    packed = json.loads(json.dumps([change.packed() for change in planned]))
    undone = applying.undo(access, [Change.unpacked(each) for each in packed])
    assert [each.why for each in undone] == ["set back to what it was", "set back to what it was", "taken away again"]
    assert (twilio.console.services, twilio.console.numbers[LINE]) == ({}, new_number())
    assert [each.done for each in applying.undo(access, planned)] == [True] * 3  # once more: nothing is left to do


def test_a_plan_that_was_never_carried_out_is_set_back_by_doing_nothing(twilio: FakeTwilio, access: Access) -> None:
    planned = plan.plan(access, wish(new_service="Oak Street"))
    assert all(each.done for each in applying.undo(access, planned))
    assert twilio.console.changed == []


def test_what_somebody_changed_since_is_left_and_said(twilio: FakeTwilio, access: Access) -> None:
    done = list(applying.apply(access, plan.plan(access, wish())))
    twilio.console.numbers[LINE]["sms_url"] = "https://theirs.example.org/x"
    many = len(twilio.console.changed)
    (undone,) = applying.undo(access, done)
    assert not undone.done
    assert "somebody has changed it since" in undone.why
    assert len(twilio.console.changed) == many


def test_a_service_that_is_registered_or_used_by_now_stays(twilio: FakeTwilio, access: Access) -> None:
    done = list(applying.apply(access, plan.plan(access, wish(new_service="Oak Street"))))
    (sid,) = twilio.console.services
    twilio.console.campaigns[sid] = [campaign("IN_PROGRESS")]
    of_number, pool, made = applying.undo(access, done)
    assert of_number.done
    assert isinstance(pool, Undone)
    assert not pool.done
    assert not made.done
    assert "registered with the carriers" in made.why
    assert twilio.console.pools == {sid: [LINE]}
    twilio.console.campaigns[sid], twilio.console.pools[sid] = [], [LINE, OTHER]
    _, pool, made = applying.undo(access, done)
    assert (pool.done, made.done) == (True, False)
    assert "numbers are in its sender pool" in made.why


def test_what_is_gone_needs_no_setting_back(twilio: FakeTwilio, access: Access) -> None:
    done = list(applying.apply(access, plan.plan(access, wish())))
    twilio.console.numbers = {}
    (undone,) = applying.undo(access, done)
    assert (undone.done, undone.why) == (True, "it is not there any more")


def test_of_two_plans_the_first_says_what_was_there(twilio: FakeTwilio, access: Access) -> None:
    first = list(applying.apply(access, plan.plan(access, wish())))
    moved = plan.plan(access, replace(wish(), public_url="https://new.example.org"))
    record = changes.together(first, list(applying.apply(access, moved)))
    assert settings(record) == [
        ("sms_url", DEMO, GOOD.replace(PUBLIC, "https://new.example.org")),
        ("sms_fallback_url", "", "https://new.example.org/twilio/message"),
    ]
    assert [each.done for each in applying.undo(access, record)] == [True]
    assert twilio.console.numbers[LINE] == new_number()


def test_a_secret_in_an_address_is_not_shown(twilio: FakeTwilio, access: Access) -> None:
    twilio.console.numbers[LINE]["sms_url"] = "https://ana:pw@example.org/x?key=1"
    (change, _) = plan.plan(access, wish())
    assert change.was == "https://example.org/x"
    assert change.before == "https://ana:pw@example.org/x?key=1"
