"""`hotline golive` from nothing to a talking line: the real command in a terminal, the fake Twilio on a socket."""

import re
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.fake_twilio_numbers import DEMO, SERVICE, brand, campaign, on_offer
from tests.fakes import ACCOUNT, LINE, TOKEN
from tests.kitchen import ANSWERED, NAME, OTHER, OWN, Kitchen, kitchen
from tests.serving import until

MOST = 10  # questions
SQLITE = pytest.mark.parametrize(
    "blank_url", ["sqlite"], indirect=True
)  # where the other database proves nothing more


@pytest.fixture
def table(tmp_path: Path, blank_url: str) -> Iterator[Kitchen]:
    home = tmp_path / "home"
    home.mkdir()
    with kitchen(home, blank_url) as made:
        yield made


def test_from_nothing_to_a_talking_line(table: Kitchen) -> None:
    terminal = table.play()
    said = " ".join(terminal.said.split())
    assert "Your line talks!" in said
    assert "Each gets a first text" in said
    assert re.search(r"2 first texts leave at", said), said
    assert len(terminal.asked) <= MOST, terminal.asked
    console = table.twilio.console
    assert console.services[SERVICE]["inbound_request_url"] == table.webhook
    assert console.services[SERVICE]["fallback_url"] == f"{table.public}/twilio/message"
    assert console.numbers[LINE]["sms_url"] == table.webhook
    assert table.people() == [
        ("Ana", ["volunteer", "on duty"]), ("Ben", ["volunteer"]), ("Dee", ["volunteer", "on duty"]),
    ]  # fmt: skip
    assert table.dotenv["HOTLINE_NAME"] == NAME
    assert table.dotenv["TWILIO_MESSAGING_SERVICE_SID"] == SERVICE
    for name in (".env", "golive.json", "golive.log", "golive-registration.txt"):
        assert (table.home / name).stat().st_mode & 0o777 == 0o600, name
    assert TOKEN not in terminal.said
    assert TOKEN not in (table.home / "golive.json").read_text()
    # What it said it would change, and nothing else.
    assert {path.rsplit("/", 1)[-1] for _, path, _ in console.changed} == {SERVICE, f"PN{LINE[1:]:0>32}.json"}
    assert "PROBLEM address: PUBLIC_URL: nobody outside reaches 127.0.0.1" in said  # as it is here
    assert "1 problem, " in said


def test_the_second_time_nothing_is_left_to_do(table: Kitchen) -> None:
    table.play()
    before = (table.home / ".env").read_bytes(), list(table.twilio.console.changed)
    again = table.play()
    assert again.asked == []
    assert ((table.home / ".env").read_bytes(), table.twilio.console.changed) == before
    assert sum("this is a test" in text.body for text in table.twilio.sent) == 1
    assert "First mend what is a PROBLEM above; then neighbors can text" in " ".join(again.said.split())


def test_from_no_number_and_no_service_over_the_weeks_of_the_registration(table: Kitchen) -> None:
    console = table.twilio.console
    console.numbers, console.services, console.pools, console.campaigns = {}, {}, {}, {}
    console.offers = {"US/Local": [on_offer(LINE, "Washington", "DC"), on_offer("+12025550199")]}
    first = table.sit_down()
    said = " ".join(first.play(table.answers, events={ANSWERED: table.reply}).split())
    assert "1 +1 202-555-0100 Washington, DC 1.15 USD a month" in said
    assert list(console.numbers) == [LINE]
    ((sid, made),) = console.services.items()
    assert (made["friendly_name"], made["inbound_request_url"]) == (NAME, table.webhook)
    assert console.pools == {sid: [LINE]}
    assert "Your text came in: Twilio brings texts here. The other way waits for the registration." in said
    assert "In: Ben, Dee." in said
    assert table.state["bought"] == [LINE]
    assert len(first.asked) <= MOST, first.asked

    waits = " ".join(table.alone("--status").stdout.split())
    assert "carriers know your group waits since" in waits
    assert "Twilio brings texts there done" in waits

    console.brands = [brand("IN_REVIEW")]
    second = table.sit_down()
    assert "is being looked at" in " ".join(second.play({}).split())
    assert second.asked == []

    console.campaigns = {sid: [campaign()]}
    third = table.play()
    assert third.asked == []
    assert "The carriers know your group" in third.said
    assert "Your line talks!" in " ".join(third.said.split())


QUESTIONS = (
    "What is your hotline called?",
    "Which language do most",
    "The Account SID",
    "The Auth Token",
    "At which address?",
    "Shall I set it so?",
    "your own mobile phone",
    ANSWERED,
    "Who helps",
)


def test_killed_at_every_question_it_goes_on_from_there(table: Kitchen) -> None:
    asked: list[str] = []
    for question in QUESTIONS:
        terminal = table.sit_down()
        if question == ANSWERED:  # while it waits for the phone
            terminal.play(table.answers, events={ANSWERED: partial(terminal.child.kill, signal.SIGKILL)})
        else:
            terminal.play(table.answers, events=table.events, until=question)
            terminal.kill()
        asked += terminal.asked
    last = table.play()
    asked += last.asked
    assert "All steps are done." in last.said
    assert len(asked) <= MOST, asked  # nothing that was answered is asked again, but the SID with its token
    assert [name for name, _ in table.people()] == ["Ana", "Ben", "Dee"]
    assert not list(table.home.glob(".golive*"))


@SQLITE
@pytest.mark.parametrize("after", [0, 1])
def test_killed_while_it_changes_twilio(table: Kitchen, after: int) -> None:
    console, terminal = table.twilio.console, table.sit_down()

    def kill(_: str) -> None:
        if len(console.changed) == after:
            terminal.child.kill(signal.SIGKILL)
            raise ConnectionAbortedError  # nobody is there to be answered, and nothing is changed

    console.before_change = kill
    terminal.play(table.answers)
    console.before_change = lambda path: None
    assert "puts it back. [Y/n]" in table.play().asked[0]
    assert console.services[SERVICE]["inbound_request_url"] == console.numbers[LINE]["sms_url"] == table.webhook
    done = table.alone("--undo", "--yes")
    assert done.returncode == 0, done.stderr
    assert console.numbers[LINE]["sms_url"] == DEMO
    assert not console.services[SERVICE]["inbound_request_url"]


@SQLITE
def test_somebody_who_speaks_spanish(table: Kitchen) -> None:
    answers = {
        "What is your hotline called?": "Vecinos del Roble",
        "Which language do most": "español",
        "your own mobile phone": f"Ana {OWN}",  # without the + it would be a number in Mexico
        "Who helps": f"quiet Ben {OTHER}",
    }
    terminal = table.sit_down("--country", "MX", "--timezone", "America/Mexico_City")
    said = " ".join(terminal.play({**table.answers, **answers}, events={ANSWERED: lambda: answered(table)}).split())
    assert "Mexico, by the clock of America/Mexico_City. In danger people are told to call 911." in said
    text = (table.home / "golive-registration.txt").read_text()
    assert "¡Hola! Aquí Vecinos del Roble. ¿Qué necesitas?" in text
    assert "STOP: Vecinos del Roble: ya no te escribimos más. START si cambias de idea." in text
    assert "Hello from Vecinos del Roble!" in text
    assert "Your line talks!" in said
    assert table.people()[1:] == [("Ben", ["volunteer"])]
    assert "Tell them that you added them" in said
    assert "first texts leave" not in said
    assert next(one.body for one in table.twilio.sent if "prueba" in one.body).startswith("Aqui Vecinos del Roble")


def answered(table: Kitchen) -> None:
    until(lambda: any("prueba" in text.body for text in table.twilio.sent))
    assert table.twilio.text(OWN, "HOLA") == 200


def test_without_a_terminal(table: Kitchen) -> None:
    done = table.alone(
        *("--yes", "--name", NAME, "--account-sid", ACCOUNT, "--public-url", table.public),
        *("--phone", f"Ana {OWN}", "--volunteer", f"Ben {OTHER}"),
        replies=True,
        TWILIO_AUTH_TOKEN=TOKEN,
    )
    assert "Your line talks!" in " ".join(done.stdout.split()), done.stdout + done.stderr
    assert done.stderr == ""
    assert [name for name, _ in table.people()] == ["Ana", "Ben"]
    assert table.dotenv["TWILIO_AUTH_TOKEN"] == TOKEN
