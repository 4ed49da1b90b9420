"""`hotline doctor` at Twilio: whether texts to the number reach this hotline, and what to paste where if not."""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.carriers.twilio import doctor
from app.carriers.twilio.console import ConsoleError, ReadOnlyClient
from app.clock import Clock
from models.lines import Channel
from tests.command import Command
from tests.fake_twilio import FakeTwilio
from tests.fake_twilio_numbers import GOOD, SERVICE, number, sender, service
from tests.fakes import ACCOUNT, LINE, PUBLIC, TOKEN, WHATSAPP
from tests.health_fakes import pause_number

AT_TWILIO = ("number", "WhatsApp", "service", "clock", "sending", "carrier")
PASTE = f"when a message comes in: {GOOD} as HTTP POST"
ELSEWHERE = "https://demo.twilio.com/welcome/sms/reply/"


@pytest.fixture
def twilio() -> Iterator[FakeTwilio]:
    with FakeTwilio() as carrier:
        yield carrier


@pytest.fixture
def run(migrated_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, twilio: FakeTwilio) -> Command:
    monkeypatch.chdir(tmp_path)
    real = {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN, "PUBLIC_URL": PUBLIC, "HOTLINE_NUMBER": LINE}
    url = f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'hotline.db')}"
    return Command(url, **real, TWILIO_API_URL=twilio.url)


def found(run: Command, **env: str) -> list[tuple[str, str, str, str]]:
    """What is found about numbers, services, clocks and sending: level, about, what, what to do."""
    done = run("doctor", "--json", **env)
    findings = [(f["level"], f["about"], f["what"], f["do"] or "") for f in json.loads(done.stdout)]
    assert done.exit_code == (1 if any(level == "problem" for level, *_ in findings) else 0)
    return [
        f
        for f in findings
        if f[1].partition(" ")[0] in ("number", "WhatsApp", "service", "clock", "sending", "carrier")
    ]


def wrong(run: Command, **env: str) -> list[tuple[str, str, str, str]]:
    return [finding for finding in found(run, **env) if finding[0] != "ok"]


def test_a_number_as_it_should_be(run: Command) -> None:
    assert found(run) == [
        ("ok", "sending", "0 texts waiting to leave", ""),
        ("ok", "carrier", "Twilio takes the credentials", ""),
        ("ok", "clock", "agrees with Twilio's", ""),
        ("ok", f"number {LINE}", f"texts go to {PUBLIC}/twilio/message", ""),
    ]


@pytest.mark.parametrize(
    ("status", "kind", "level", "what"),
    [
        ("active", "Trial", "warning", "a trial account only reaches phones that were verified one by one"),
        ("suspended", "Full", "problem", "the Twilio account is suspended or closed"),
        ("closed", "Full", "problem", "the Twilio account is suspended or closed"),
    ],
)
def test_an_account_that_reaches_few_or_nobody(
    run: Command, twilio: FakeTwilio, status: str, kind: str, level: str, what: str
) -> None:
    twilio.console.status, twilio.console.kind = status, kind
    assert [finding[:3] for finding in wrong(run)] == [(level, "carrier", what)]


def test_the_registration_with_us_carriers(run: Command, twilio: FakeTwilio) -> None:
    twilio.console.campaigns = {}
    done = run("doctor")
    assert done.exit_code == 1
    assert f"PROBLEM  registration {LINE}: A2P 10DLC, missing: " in done.stdout
    assert "register the group (a brand) and what it texts (a campaign): Twilio's console" in done.stdout


def test_a_slash_too_many_is_fine(run: Command, twilio: FakeTwilio) -> None:
    twilio.console.numbers[LINE] = number(GOOD.replace("message#", "message/#"))
    assert wrong(run) == []


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("", "no webhook is set, so no text reaches the hotline"),
        (ELSEWHERE, f"texts go to {ELSEWHERE}, not to this hotline"),
        ("https://ana:pw@example.org/x?key=1", "texts go to https://example.org/x, not to this hotline"),
        (f"{PUBLIC.replace('https', 'http')}/twilio/message",
         f"texts go to {PUBLIC.replace('https', 'http')}/twilio/message, not to this hotline: http instead of https"),
        (f"{PUBLIC}/twilio/Message", f"texts go to {PUBLIC}/twilio/Message, not to this hotline: it has other "
         "capitals"),
        (f"{PUBLIC}/sms#rc=1", f"texts go to {PUBLIC}/sms, not to this hotline: it must end in /twilio/message"),
        ("https://[x", "texts go to an address that cannot be read, not to this hotline"),
    ],
)  # fmt: skip
def test_a_webhook_that_is_not_ours(run: Command, twilio: FakeTwilio, url: str, what: str) -> None:
    twilio.console.numbers[LINE] = number(url)
    (finding,) = wrong(run)
    assert finding[:3] == ("problem", f"number {LINE}", what)
    assert finding[3] == f"in Twilio's console, Phone Numbers, the number, Messaging Configuration, {PASTE}"


def test_a_webhook_by_get(run: Command, twilio: FakeTwilio) -> None:
    twilio.console.numbers[LINE] = number(sms_method="GET")
    (finding,) = wrong(run)
    assert finding[2] == "the webhook is called with GET, and the hotline only hears POST"
    assert finding[3].endswith(PASTE)


@pytest.mark.parametrize(
    ("fragment", "fine"),
    [
        ("", False),
        ("#", False),
        ("#rc=2", False),  # only where no connection came about
        ("#rc=0&rp=ct,rt,5xx", False),
        ("#ct=2000&rp=all", False),
        ("#rc=1&rp=all", True),
        ("#rp=5xx,rt,ct,4xx&rc=3", True),
    ],
)
def test_a_webhook_that_is_not_tried_again(run: Command, twilio: FakeTwilio, fragment: str, fine: bool) -> None:
    twilio.console.numbers[LINE] = number(f"{PUBLIC}/twilio/message{fragment}")
    findings = wrong(run)
    if fine:
        assert findings == []
    else:
        assert [(level, what) for level, _, what, _ in findings] == [
            ("warning", "Twilio does not try again when the hotline is away for a moment, and a text may be lost")
        ]
        assert findings[0][3].endswith(PASTE)


@pytest.mark.parametrize(
    ("set_so", "what"),
    [
        ({"sms_fallback_url": ""}, "no fallback is set"),
        ({"sms_fallback_url": None}, "no fallback is set"),
        ({"sms_fallback_method": "GET"}, "the fallback is called with GET"),
        ({"sms_fallback_url": "https://elsewhere.example.org/x", "sms_fallback_method": "GET"}, None),
    ],
)
def test_a_fallback(run: Command, twilio: FakeTwilio, set_so: dict[str, object], what: str | None) -> None:
    twilio.console.numbers[LINE] = number(GOOD, **set_so)
    assert [(level, said) for level, _, said, _ in wrong(run)] == ([("warning", what)] if what else [])


@pytest.mark.parametrize(
    ("set_so", "what"),
    [
        (None, "is no number of this Twilio account"),
        (number(capabilities={"voice": True, "sms": False}), "can only make calls"),
        (number(sms_application_sid="AP1"), "is answered by a TwiML app, and its own webhook is ignored"),
    ],
)
def test_a_number_that_cannot_be_texted(
    run: Command, twilio: FakeTwilio, set_so: dict[str, object] | None, what: str
) -> None:
    twilio.console.numbers = {LINE: set_so} if set_so else {}
    assert [finding[:3] for finding in wrong(run)] == [("problem", f"number {LINE}", what)]


def test_a_short_code_is_not_looked_up(run: Command) -> None:
    (finding,) = [each for each in found(run, HOTLINE_NUMBER="12345") if each[1] == "number 12345"]
    assert finding[0] == "ok"
    assert finding[3].endswith(f"should be {PUBLIC}/twilio/message")


def test_the_numbers_of_every_line(run: Command, twilio: FakeTwilio) -> None:
    run.good("line", "add", "Elm", "--sms", "+12025550190")
    twilio.console.numbers["+12025550190"] = number(ELSEWHERE)
    assert [finding[1] for finding in wrong(run)] == ["number +12025550190"]


# On WhatsApp.


@pytest.mark.parametrize(
    ("of", "level", "what"),
    [
        (sender(), "ok", f"texts go to {PUBLIC}/twilio/message"),
        (sender(ELSEWHERE), "problem", f"texts go to {ELSEWHERE}, not to this hotline"),
        (sender(status="OFFLINE"), "problem", "is not in use: Twilio calls it OFFLINE"),
        (None, "warning", "is no WhatsApp sender of this Twilio account, or only its sandbox"),
    ],
)
def test_a_whatsapp_sender(
    run: Command, twilio: FakeTwilio, of: dict[str, object] | None, level: str, what: str
) -> None:
    twilio.console.senders = {"+12025550177": sender(), **({WHATSAPP: of} if of else {})}
    finding = next(each for each in found(run, HOTLINE_WHATSAPP=WHATSAPP) if each[1] == f"WhatsApp {WHATSAPP}")
    assert (finding[0], finding[2]) == (level, what)
    assert "WhatsApp senders" in finding[3] or level == "ok"


# With a Messaging Service.

SERVED = {"TWILIO_MESSAGING_SERVICE_SID": SERVICE}


def test_a_service_as_it_should_be(run: Command, twilio: FakeTwilio) -> None:
    twilio.console.numbers[LINE] = number("")  # nobody asks the number
    assert found(run, **SERVED)[-2:] == [
        ("ok", "service", f"texts go to {PUBLIC}/twilio/message", ""),
        ("ok", f"number {LINE}", "belongs to this account and to the Messaging Service", ""),
    ]


@pytest.mark.parametrize(
    ("set_so", "what"),
    [
        ({"url": None}, "no webhook is set, so no text reaches the hotline"),
        ({"url": ELSEWHERE}, f"texts go to {ELSEWHERE}, not to this hotline"),
        ({"inbound_method": "GET"}, "the webhook is called with GET, and the hotline only hears POST"),
    ],
)
def test_a_service_whose_webhook_is_wrong(
    run: Command, twilio: FakeTwilio, set_so: dict[str, object], what: str
) -> None:
    url = set_so.pop("url", GOOD)
    assert url is None or isinstance(url, str)
    twilio.console.services[SERVICE] = service(url, **set_so)
    (finding,) = wrong(run, **SERVED)
    assert finding[:3] == ("problem", "service", what)
    assert finding[3] == f"in Twilio's console, Messaging, Services, yours, Integration, {PASTE}"


def test_a_service_that_defers_to_the_number(run: Command, twilio: FakeTwilio) -> None:
    twilio.console.services[SERVICE] = service(None, use_inbound_webhook_on_number=True)
    assert wrong(run, **SERVED) == []
    twilio.console.numbers[LINE] = number(ELSEWHERE)
    assert [finding[:2] for finding in wrong(run, **SERVED)] == [("problem", f"number {LINE}")]


def test_a_number_outside_the_pool(run: Command, twilio: FakeTwilio) -> None:
    twilio.console.pools[SERVICE] = [WHATSAPP]
    (finding,) = wrong(run, **SERVED)
    assert finding[:3] == ("problem", f"number {LINE}", "is not in the Messaging Service's sender pool")
    assert "Sender Pool" in finding[3]


def test_a_service_that_there_is_not(run: Command, twilio: FakeTwilio) -> None:
    twilio.console.services = {}
    (finding,) = wrong(run, **SERVED)
    assert finding[:3] == ("problem", "service", "Twilio knows no such Messaging Service")


# Clocks, rests.


@pytest.mark.parametrize(
    ("off", "level", "what"),
    [
        (timedelta(seconds=5), None, ""),
        (timedelta(seconds=90), "warning", "this machine's is "),
        (timedelta(hours=-1), "problem", "this machine's is 60 minutes ahead of Twilio's, so people are told wrong"),
        (
            timedelta(hours=1),
            "problem",
            "this machine's is 60 minutes behind Twilio's, so people are told wrong",
        ),
    ],
)
def test_a_clock_that_is_wrong(
    run: Command, twilio: FakeTwilio, off: timedelta, level: str | None, what: str
) -> None:
    twilio.clock = Shifted(off)
    findings = wrong(run)
    assert [(found_level, about) for found_level, about, *_ in findings] == ([(level, "clock")] if level else [])
    assert not level or findings[0][2].startswith(what)


class Shifted(Clock):
    """A carrier's clock that does not agree with ours."""

    def __init__(self, off: timedelta) -> None:
        super().__init__()
        self.ahead = off


def test_a_number_at_rest_is_told_with_its_remedy(run: Command) -> None:
    run.good("line", "list")
    kept = run.database()
    pause_number(kept, datetime.now(UTC), 30034)
    pause_number(kept, datetime.now(UTC), 99999, channel=Channel.WHATSAPP, number=WHATSAPP)
    kept.close()
    first, second = wrong(run)
    assert first[2] == (
        "Neighbors' Hotline has sent nothing by SMS for 60 minutes: the number is not registered for texting in the "
        "US (A2P 10DLC) (error 30034)"
    )
    assert first[3].startswith("finish the registration in Twilio's console: Messaging, Regulatory Compliance. ")
    assert second[3].startswith("read https://www.twilio.com/docs/api/errors/99999. ")


def test_each_family_of_resources_has_its_host_at_twilio_and_an_emulator_has_one() -> None:
    uri = "https://messaging.twilio.com/v1/Services/MG1?PageSize=50"
    assert ReadOnlyClient("https://api.twilio.com").address(uri) == uri
    assert ReadOnlyClient("http://127.0.0.1:9/x").address(uri) == "http://127.0.0.1:9/x/v1/Services/MG1?PageSize=50"


def test_an_account_in_trouble() -> None:
    finding = doctor.refusal(ConsoleError("error 20005", 20005))
    assert (finding.level, finding.what) == ("problem", "the Twilio account is suspended or closed (error 20005)")
