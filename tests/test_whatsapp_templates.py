"""`hotline whatsapp templates`: submitted once, looked at again, refused with a reason, safe to run again."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.hotline import Hotline
from app.outbound import carrier_deletion, templates
from app.telemetry.heartbeat import STALE_AFTER
from handlers.wording import layouts
from models.delivery import contents
from models.delivery.contents import Approval, Kind
from models.store.session import Session
from tests import fakes
from tests.command import Command
from tests.fake_twilio import FakeTwilio
from tests.fakes import ACCOUNT, LINE, PUBLIC, TOKEN, WHATSAPP

EVERY = len(layouts.every())


@pytest.fixture
def twilio() -> Iterator[FakeTwilio]:
    with FakeTwilio() as carrier:
        yield carrier


@pytest.fixture
def run(twilio: FakeTwilio, tmp_path: Path) -> Command:
    return Command(
        f"sqlite:///{tmp_path / 'hotline.db'}",
        PUBLIC_URL=PUBLIC,
        TWILIO_ACCOUNT_SID=ACCOUNT,
        TWILIO_AUTH_TOKEN=TOKEN,
        TWILIO_API_URL=twilio.url,
        HOTLINE_NUMBER=LINE,
        HOTLINE_WHATSAPP=WHATSAPP,
    )


def states(run: Command, *more: str) -> dict[str, int]:
    done = run("whatsapp", "templates", "--json", *more)
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return {state: sum(each["state"] == state for each in found) for state in {each["state"] for each in found}}


def test_they_are_shown_before_anything_is_asked(run: Command, twilio: FakeTwilio) -> None:
    said = run.good("whatsapp", "templates")
    assert f"{EVERY} not submitted" in said
    assert "{{1}} number: 42" in said
    assert "buttons: I take it, Pass" in said
    assert twilio.contents.asked == []


def test_each_is_submitted_once_however_often_it_is_run(run: Command, twilio: FakeTwilio) -> None:
    assert states(run, "--submit") == {"approved": EVERY}
    assert states(run, "--submit") == {"approved": EVERY}
    assert len(twilio.contents.kept) == len(twilio.contents.submitted) == EVERY
    assert sum(asked == ("POST", "/v1/Content") for asked in twilio.contents.asked) == EVERY


def test_what_was_refused_is_said_with_its_reason(run: Command, twilio: FakeTwilio) -> None:
    def decide(content: dict[str, Any]) -> tuple[str, str]:
        return ("rejected", "looks like MARKETING") if "_offer_es" in content["friendly_name"] else ("pending", "")

    twilio.contents.decide = decide
    done = run("whatsapp", "templates", "--submit")
    assert done.exit_code == 1
    assert "offer es: REFUSED: looks like MARKETING" in done.stdout
    assert states(run) == {"refused": 1, "waits": EVERY - 1}
    twilio.contents.decide = lambda _: ("approved", "")
    assert states(run) == {"approved": EVERY}


def test_what_was_kept_there_and_not_noted_here_is_found_by_its_name(run: Command, twilio: FakeTwilio) -> None:
    """A run that died between Twilio's answer and ours."""
    first = layouts.every()[0]
    twilio.contents.kept["HX1"] = {
        "sid": "HX1",
        "friendly_name": first.called,
        "types": {"twilio/text": {"body": ""}},
    }
    states(run, "--submit")
    assert twilio.contents.submitted["HX1"] == first.called
    assert len(twilio.contents.kept) == EVERY


def test_where_twilio_cannot_be_asked_it_says_so_and_goes_on_later(run: Command, twilio: FakeTwilio) -> None:
    twilio.page = 503
    done = run("whatsapp", "templates", "--submit")
    assert done.exit_code == 1
    assert "could not be asked" in done.stderr
    twilio.page = None
    assert states(run, "--submit") == {"approved": EVERY}


def test_the_thread_looks_by_itself_and_seldom_at_what_is_decided(tmp_path: Path, twilio: FakeTwilio) -> None:
    clock = fakes.StillClock()
    hotline = Hotline(
        fakes.twilio_settings(f"sqlite:///{tmp_path / 'hotline.db'}", twilio_api_url=twilio.url), clock=clock
    )
    hotline.prepare()
    twilio.contents.decide = lambda _: ("pending", "")
    templates.submit(hotline.database, hotline.carrier, clock.now())

    def approvals() -> set[Approval]:
        rows = hotline.database.read(lambda s: contents.all_of(s, ACCOUNT, Kind.TEMPLATE))
        return {row.approval for row in rows}

    hotline.approvals.once()
    assert approvals() == {Approval.WAITS}
    twilio.contents.decide = lambda _: ("approved", "")
    hotline.approvals.once()
    assert approvals() == {Approval.APPROVED}
    asked = len(twilio.contents.asked)
    hotline.approvals.once()
    assert len(twilio.contents.asked) == asked
    twilio.contents.decide = lambda _: ("paused", "")
    clock.advance(templates.SELDOM)
    hotline.approvals.once()
    assert approvals() == {Approval.PAUSED}
    hotline.stop()


def test_a_tick_looks_at_what_waits(run: Command, twilio: FakeTwilio) -> None:
    twilio.contents.decide = lambda _: ("pending", "")
    states(run, "--submit")
    twilio.contents.decide = lambda _: ("approved", "")
    run.good("tick")
    asked = len(twilio.contents.asked)
    run.good("tick")
    assert len(twilio.contents.asked) == asked
    assert states(run) == {"approved": EVERY}


def test_another_wording_goes_on_being_used_until_ours_is_approved(tmp_path: Path, twilio: FakeTwilio) -> None:
    hotline = Hotline(fakes.twilio_settings(f"sqlite:///{tmp_path / 'hotline.db'}", twilio_api_url=twilio.url))
    hotline.prepare()

    def older(session: Session) -> None:
        row = contents.add(
            *(session, ACCOUNT, Kind.TEMPLATE, "offer", "en", "0ld"),
            names=["what"],
            buttons=[],
            body="Help: {{1}}. Can you?",
            sid="HX0",
            now=fakes.MORNING,
        )
        row.approval = Approval.APPROVED

    hotline.database.write(older).result()
    stands = hotline.database.read(lambda s: templates.standings(s, ACCOUNT))
    offer = next(each for each in stands if (each.layout.name, each.layout.language) == ("offer", "en"))
    assert offer.content is None
    assert offer.older is not None
    hotline.stop()


def test_another_account_keeps_none_of_them(tmp_path: Path, twilio: FakeTwilio) -> None:
    url = f"sqlite:///{tmp_path / 'hotline.db'}"
    hotline = Hotline(fakes.twilio_settings(url, twilio_api_url=twilio.url))
    hotline.prepare()
    templates.submit(hotline.database, hotline.carrier, fakes.MORNING)
    hotline.stop()
    other = Hotline(fakes.twilio_settings(url, twilio_api_url=twilio.url, twilio_account_sid="AC2"))
    other.prepare()
    assert other.database.read(lambda s: contents.all_of(s, ACCOUNT, Kind.TEMPLATE)) == []
    other.stop()


def test_a_round_that_comes_seldom_is_no_standstill(tmp_path: Path, twilio: FakeTwilio) -> None:
    url = f"sqlite:///{tmp_path / 'hotline.db'}"
    hotline = Hotline(fakes.twilio_settings(url, twilio_api_url=twilio.url))
    assert {"templates", "deletion", "layouts"} <= {*hotline.threads}
    for name, seconds in (("templates", templates.INTERVAL), ("deletion", carrier_deletion.INTERVAL)):
        assert hotline.heartbeats[name].stale_after > timedelta(seconds=2 * seconds)
    assert hotline.heartbeats["sender"].stale_after == STALE_AFTER
    hotline.stop()


def test_whoever_starts_the_simulator_has_them_all_approved(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'hotline.db'}"
    for _ in range(2):  # started again they are not kept twice
        hotline = Hotline(fakes.settings(url))
        hotline.prepare()
        stands = hotline.database.read(lambda s: templates.standings(s, "simulator"))
        kept = hotline.database.read(lambda s: contents.all_of(s, "simulator", Kind.TEMPLATE))
        hotline.stop()
        assert {each.content.approval if each.content else None for each in stands} == {Approval.APPROVED}
        assert len(kept) == EVERY


def test_the_simulated_network_approves_at_once(tmp_path: Path) -> None:
    run = Command(f"sqlite:///{tmp_path / 'hotline.db'}")
    assert f"{EVERY} approved" in run.good("whatsapp", "templates", "--submit")


# What the doctor says.


def doctor(run: Command) -> list[tuple[str, str]]:
    found = json.loads(run("doctor", "--json").stdout)
    return [(each["level"], each["what"]) for each in found if "WhatsApp" in each["about"] + each["what"]]


def test_the_doctor_says_how_far_it_is(run: Command, twilio: FakeTwilio) -> None:
    run.good("migrate")
    run.good("person", "add", "+12025550104", "--name", "Dee", "--helper", "--duty")
    assert any(level == "warning" and f"{EVERY} are not submitted" in what for level, what in doctor(run))
    twilio.contents.decide = lambda _: ("pending", "")
    states(run, "--submit")
    assert ("ok", f"WhatsApp has not decided on {EVERY} yet") in doctor(run)
    twilio.contents.decide = lambda _: ("rejected", "too many variables")
    states(run)
    assert any(
        level == "warning" and "was refused by WhatsApp: too many variables" in what for level, what in doctor(run)
    )
    twilio.contents.decide = lambda _: ("approved", "")
    states(run)
    assert ("ok", f"all {EVERY} are approved") in doctor(run)


def test_the_doctor_names_that_an_alarm_would_find_nobody(run: Command, twilio: FakeTwilio) -> None:
    run.good("person", "add", "whatsapp:+447700900102", "--name", "Ben", "--helper", "--duty")
    lost = ("problem", "an alarm finds no way to 1 of those on duty: WhatsApp's window is closed")
    assert lost in doctor(run)
    states(run, "--submit")
    assert lost not in doctor(run)


def test_the_doctor_finds_the_phone_that_has_the_whatsapp(run: Command) -> None:
    """Case 03: the alarm goes there by SMS."""
    run.good("person", "add", "whatsapp:+12025550102", "--name", "Ben", "--helper", "--duty")
    assert all("finds no way" not in what for _, what in doctor(run))
