"""An account at Twilio is looked at before it is set up, and a number is found or bought in it."""

import ssl
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
import trustme

from app.carriers.twilio.setup import account, buying, numbers, plan
from app.carriers.twilio.setup.access import Access, Refused
from app.carriers.twilio.setup.account import Kind, mistake
from tests.fake_twilio import FakeTwilio
from tests.fake_twilio_api import TEST_TOKEN
from tests.fake_twilio_numbers import DEMO, SERVICE, new_number, new_service, on_offer, service, sid_of
from tests.fakes import ACCOUNT, LINE, TOKEN

OTHER = "+12025550190"
FREE = "+18335550123"
SECOND = "MG00000000000000000000000000000002"


@pytest.fixture
def twilio() -> Iterator[FakeTwilio]:
    with FakeTwilio() as carrier:
        yield carrier


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def access(twilio: FakeTwilio, waits: list[float]) -> Iterator[Access]:
    with Access(account=ACCOUNT, token=TOKEN, api=twilio.url, sleep=waits.append) as opened:
        yield opened


def test_an_account_as_it_should_be(access: Access) -> None:
    seen = account.look(access)
    assert (seen.name, seen.kind, seen.owner, seen.verified, seen.note) == ("Hotline", Kind.FULL, None, (), None)


def test_a_trial_account_says_whom_it_reaches(twilio: FakeTwilio, access: Access) -> None:
    twilio.console.kind, twilio.console.verified = "Trial", ["+12025550111"]
    seen = account.look(access)
    assert (seen.kind, seen.verified) == (Kind.TRIAL, ("+12025550111",))
    assert seen.note is not None
    assert "only reaches phones that were verified" in seen.note.what


def test_subaccounts_are_named_for_the_number_may_be_there(twilio: FakeTwilio, access: Access) -> None:
    below: dict[str, object] = {"sid": "AC2", "friendly_name": "Elm St", "status": "active", "type": "Full"}
    twilio.console.subaccounts, twilio.console.largest_page = [below, {**below, "sid": "AC3"}], 1
    assert [(each.sid, each.name) for each in account.look(access).subaccounts] == [
        ("AC2", "Elm St"),
        ("AC3", "Elm St"),
    ]


@pytest.mark.parametrize(
    ("status", "what"),
    [("suspended", "this Twilio account is suspended"), ("closed", "this Twilio account is closed")],
)
def test_an_account_that_does_nothing_any_more(twilio: FakeTwilio, access: Access, status: str, what: str) -> None:
    twilio.console.status = status
    with pytest.raises(Refused) as refused:
        account.look(access)
    assert refused.value.what == what
    assert refused.value.do


@pytest.mark.parametrize(
    ("token", "code", "says"),
    [
        ("a-wrong-one", 20003, "does not know this Account SID and Auth Token together"),
        (TEST_TOKEN, 20008, "test credentials"),
    ],
)
def test_wrong_credentials(twilio: FakeTwilio, token: str, code: int, says: str) -> None:
    with Access(account=ACCOUNT, token=token, api=twilio.url) as access:
        with pytest.raises(Refused, match=says) as refused:
            account.look(access)
        assert refused.value.code == code
        with pytest.raises(Refused, match=says) as refused:  # a list is refused with the same words
            numbers.owned(access)
        assert refused.value.code == code
    assert token not in str(refused.value)


@pytest.mark.parametrize("code", [20005, 90010])
def test_an_account_that_twilio_has_shut(twilio: FakeTwilio, access: Access, code: int) -> None:
    twilio.console.refuses = code
    with pytest.raises(Refused, match="suspended or closed"):
        account.look(access)


def test_an_error_that_is_new_to_us(twilio: FakeTwilio, access: Access) -> None:
    twilio.console.refuses = 20403
    with pytest.raises(Refused) as refused:
        account.look(access)
    assert refused.value.what == "Twilio refuses this (error 20403)"
    assert refused.value.do == "read https://www.twilio.com/docs/api/errors/20403"


def test_nobody_answers(twilio: FakeTwilio) -> None:
    with Access(account=ACCOUNT, token=TOKEN, api="http://127.0.0.1:9") as access:
        with pytest.raises(Refused, match="cannot be reached") as refused:
            account.look(access)
        assert refused.value.code is None


def test_a_certificate_that_is_not_taken_speaks_of_the_clock() -> None:
    shown = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(shown)
    server = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.socket = shown.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.handle_request, daemon=True)
    thread.start()
    try:
        with (
            Access(account=ACCOUNT, token=TOKEN, api=f"https://127.0.0.1:{server.server_port}") as access,
            pytest.raises(Refused, match="does not take Twilio's certificate: its clock is wrong") as refused,
        ):
            account.look(access)
    finally:
        thread.join()
        server.server_close()
    assert "set-ntp true" in refused.value.do


@pytest.mark.parametrize("page", [200, 503])
def test_somebody_else_answers_in_twilios_place(twilio: FakeTwilio, access: Access, page: int) -> None:
    twilio.page = page
    for ask in (account.look, numbers.owned):
        with pytest.raises(Refused):
            ask(access)


@pytest.mark.parametrize(
    ("sid", "token", "says"),
    [
        ("SK" + "a" * 32, "x" * 32, "API key"),
        (ACCOUNT, "SK" + "a" * 32, "API key"),
        (ACCOUNT, ACCOUNT, "where the Auth Token belongs"),
        (SERVICE, TOKEN, "a Messaging Service"),
        ("PN" + "a" * 32, TOKEN, "a phone number"),
        ("AC12", TOKEN, "no Account SID"),
        (ACCOUNT, "", "no Auth Token"),
        (ACCOUNT, "two words", "no Auth Token"),
    ],
)
def test_what_was_copied_by_mistake_is_seen_without_asking(sid: str, token: str, says: str) -> None:
    found = mistake(sid, token)
    assert found is not None
    assert says in found.what
    assert "console.twilio.com" in found.do
    assert mistake(ACCOUNT, TOKEN) is None


def test_too_many_requests_are_made_again_when_twilio_says(
    twilio: FakeTwilio, access: Access, waits: list[float]
) -> None:
    twilio.console.busy = 3
    assert account.look(access).name == "Hotline"
    assert waits == [1.0, 1.0, 1.0]
    twilio.console.busy = 50
    with pytest.raises(Refused, match="asked too much at once"):
        account.look(access)


# Numbers.


def test_every_number_of_the_account_page_by_page(twilio: FakeTwilio, access: Access) -> None:
    every = [f"+120255501{n:02}" for n in range(10, 17)]
    mute = new_number(capabilities={"voice": True, "sms": False})
    twilio.console.numbers = {OTHER: mute, **{each: new_number() for each in every}}
    twilio.console.largest_page = 2
    found = numbers.owned(access)
    assert [each.number for each in found] == [*every, OTHER]
    assert [each.texts for each in found] == [True] * 7 + [False]
    assert found[0].webhook.url == DEMO


def test_the_pools_of_every_service(twilio: FakeTwilio, access: Access) -> None:
    twilio.console.services = {SERVICE: service(), SECOND: new_service(SECOND, friendly_name="Elm")}
    twilio.console.pools = {SECOND: [LINE, OTHER, FREE]}
    twilio.console.largest_page = 1
    found = plan.service_of(access, OTHER)
    assert found is not None
    assert (found.sid, found.name, list(found.numbers)) == (SECOND, "Elm", [LINE, OTHER, FREE])
    assert plan.service_of(access, "+12025550199") is None


def test_numbers_to_be_had_with_what_they_cost(twilio: FakeTwilio, access: Access) -> None:
    twilio.console.offers = {
        "US/Local": [on_offer(OTHER, "Washington", "DC"), on_offer("+13015550100", "Bowie", "MD")],
        "US/TollFree": [on_offer(FREE, address_requirements="any")],
    }
    local, far, free = buying.available(access, "US")
    assert (local.number, local.place, str(local.price), local.needs_address) == (
        OTHER, "Washington, DC", "1.15 USD a month", False,
    )  # fmt: skip
    assert (far.place, str(free.price), free.needs_address) == ("Bowie, MD", "2.15 USD a month", True)
    assert [each.number for each in buying.available(access, "US", "301")] == ["+13015550100"]
    assert buying.available(access, "NL") == []
    assert twilio.console.changed == []


def test_a_number_is_bought_once(twilio: FakeTwilio, access: Access) -> None:
    twilio.console.offers = {"US/Local": [on_offer(OTHER)]}
    bought = buying.buy(access, OTHER)
    assert (bought.number, bought.sid, bought.webhook.url) == (OTHER, sid_of(OTHER), DEMO)
    assert buying.buy(access, OTHER) == bought
    assert len(twilio.console.changed) == 1


def test_a_number_that_cannot_be_bought(twilio: FakeTwilio, access: Access) -> None:
    twilio.console.offers = {"US/Local": [on_offer(OTHER, address_requirements="local")]}
    with pytest.raises(Refused, match="ask for an address"):
        buying.buy(access, OTHER)
    with pytest.raises(Refused, match="somebody else has just taken"):
        buying.buy(access, "+12025550199")
    twilio.console.kind = "Trial"
    with pytest.raises(Refused, match="one number only"):
        buying.buy(access, OTHER)
    assert list(twilio.console.numbers) == [LINE]
