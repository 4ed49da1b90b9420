"""How far a number's registration with the carriers is, for `hotline golive` and `hotline doctor`."""

from collections.abc import Iterator

import pytest

from app.carriers.twilio import doctor
from app.carriers.twilio.account import Account
from app.carriers.twilio.console import Console, ConsoleError
from app.carriers.twilio.registration import Kind, State, needed, registration
from app.telemetry.findings import Finding, Level
from models.lines import Channel
from tests.fake_twilio import FakeTwilio
from tests.fake_twilio_numbers import SERVICE, Resource, brand, campaign, number, toll_free
from tests.fakes import ACCOUNT, LINE, PUBLIC, TOKEN

FREE = "+18335550123"
OUTSIDE = "+12025550190"  # in no Messaging Service


@pytest.fixture
def twilio() -> Iterator[FakeTwilio]:
    with FakeTwilio() as carrier:
        carrier.console.numbers |= {FREE: number(), OUTSIDE: number()}
        yield carrier


@pytest.fixture
def console(twilio: FakeTwilio) -> Iterator[Console]:
    opened = Console(account=ACCOUNT, token=TOKEN, api=twilio.url)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("+12025550100", Kind.A2P_10DLC),
        ("+17875550123", Kind.A2P_10DLC),  # Puerto Rico has the same carriers
        (FREE, Kind.TOLL_FREE),
        ("+14165550123", Kind.NONE),  # Canada
        ("+447700900123", Kind.NONE),
        ("12345", Kind.NONE),
    ],
)
def test_who_has_to_register(console: Console, number: str, kind: Kind) -> None:
    assert needed(number) is kind
    if kind is Kind.NONE:
        assert registration(console, number).state is State.NOT_NEEDED


REJECTED: Resource = {
    "error_code": 30909,
    "description": "The message flow does not say how people agree",
    "fields": ["MESSAGE_FLOW"],
    "url": "https://www.twilio.com/docs/api/errors/30909",
}


@pytest.mark.parametrize(
    ("campaigns", "state", "says"),
    [
        ([campaign("VERIFIED")], State.APPROVED, "take its texts"),
        ([campaign("IN_PROGRESS")], State.IN_REVIEW, "looking at the campaign"),
        ([campaign("PENDING")], State.IN_REVIEW, "looking at the campaign"),
        ([campaign("FAILED", [REJECTED])], State.REJECTED, "does not say how people agree (error 30909)"),
        ([campaign("FAILED")], State.REJECTED, "does not say why"),
        ([campaign("SUSPENDED")], State.REJECTED, "is suspended"),
        ([campaign("FAILED"), campaign("VERIFIED")], State.APPROVED, "take its texts"),
        ([campaign("SOME_NEW_WORD")], State.IN_REVIEW, "looking at the campaign"),
    ],
)
def test_a_campaign(twilio: FakeTwilio, console: Console, campaigns: list[Resource], state: State, says: str) -> None:
    twilio.console.campaigns[SERVICE] = campaigns
    for service in (SERVICE, None):  # looked for, where nobody names it
        found = registration(console, LINE, service)
        assert (found.kind, found.state) == (Kind.A2P_10DLC, state)
        assert says in found.why
        assert bool(found.do) is (state is not State.APPROVED)


@pytest.mark.parametrize(
    ("brands", "state", "says"),
    [
        ([], State.MISSING, "drop texts of numbers that nobody registered"),
        ([brand("APPROVED")], State.MISSING, "but not what it texts"),
        ([brand("PENDING")], State.IN_REVIEW, "is being looked at"),
        ([brand("FAILED", failure_reason="The EIN does not match")], State.REJECTED, "The EIN does not match"),
        ([brand("FAILED"), brand("APPROVED")], State.MISSING, "but not what it texts"),
    ],
)
def test_a_service_without_a_campaign(
    twilio: FakeTwilio, console: Console, brands: list[Resource], state: State, says: str
) -> None:
    twilio.console.campaigns, twilio.console.brands = {}, brands
    found = registration(console, LINE, SERVICE)
    assert found.state is state
    assert says in found.why
    assert found.do


def test_a_number_in_no_service(console: Console) -> None:
    found = registration(console, OUTSIDE)
    assert (found.state, found.why) == (
        State.MISSING,
        "it is in no Messaging Service, and only those are registered",
    )
    assert registration(console, OUTSIDE, SERVICE).why.startswith("it is not in the hotline's Messaging Service")


@pytest.mark.parametrize(
    ("every", "state", "says"),
    [
        ([], State.MISSING, "drop texts of toll-free numbers"),
        ([toll_free(FREE, "PENDING_REVIEW")], State.IN_REVIEW, "looking at it"),
        ([toll_free(FREE, "IN_REVIEW")], State.IN_REVIEW, "looking at it"),
        ([toll_free(FREE)], State.APPROVED, "take its texts"),
        (
            [toll_free(FREE, "TWILIO_REJECTED", rejection_reason="Opt-in not shown", error_code=30446)],
            State.REJECTED,
            "Opt-in not shown",
        ),
        (
            [toll_free(FREE, "TWILIO_REJECTED", rejection_reasons=[{"reason": "No website", "code": 30484}])],
            State.REJECTED,
            "No website (error 30484)",
        ),
        ([toll_free("+18335550199")], State.MISSING, "drop texts of toll-free numbers"),
    ],
)
def test_a_toll_free_number(
    twilio: FakeTwilio, console: Console, every: list[Resource], state: State, says: str
) -> None:
    twilio.console.toll_free = every
    found = registration(console, FREE)
    assert (found.kind, found.state) == (Kind.TOLL_FREE, state)
    assert says in found.why


# For the doctor.


def findings(twilio: FakeTwilio, *numbers: str, service: str | None = SERVICE) -> list[Finding]:
    seen = Account(ACCOUNT, (TOKEN,), twilio.url, PUBLIC, service, LINE)
    console = Console(account=ACCOUNT, token=TOKEN, api=twilio.url)
    try:
        return list(doctor.registrations(seen, console, [(Channel.SMS, each) for each in numbers]))
    finally:
        console.close()


def test_the_doctor_tells_each_numbers_registration(twilio: FakeTwilio) -> None:
    twilio.console.campaigns[SERVICE] = [campaign("IN_PROGRESS")]
    line, free = findings(twilio, LINE, FREE, "+14165550123", "12345")
    assert (line.level, line.about) == (Level.WARNING, f"registration {LINE}")
    assert line.what == "A2P 10DLC, in review: US carriers are looking at the campaign"
    assert (free.level, free.about) == (Level.PROBLEM, f"registration {FREE}")
    assert "Regulatory Information" in (free.do or "")


def test_the_doctor_is_content_with_what_is_registered(twilio: FakeTwilio) -> None:
    (found,) = findings(twilio, LINE)
    assert (found.level, found.do) == (Level.OK, None)


def test_the_doctor_says_where_twilio_does_not_tell(twilio: FakeTwilio) -> None:
    (found,) = findings(twilio, LINE, service="MG00000000000000000000000000000009")
    assert (found.level, found.what) == (Level.WARNING, "Twilio does not tell how far it is (error 20404)")
    assert found.do


def test_nobody_answers(console: Console, twilio: FakeTwilio) -> None:
    twilio.page = 200
    with pytest.raises(ConsoleError):
        registration(console, LINE)
