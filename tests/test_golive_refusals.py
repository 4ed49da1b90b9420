"""What `hotline golive` refuses, with the cure; what it leaves as it is; and how everything is set back."""

import stat
from collections.abc import Iterator
from contextlib import chdir
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.command import Command
from tests.fake_twilio_errors import Refused
from tests.fake_twilio_numbers import DEMO, SERVICE, number
from tests.fakes import ACCOUNT, LINE, TOKEN
from tests.kitchen import ANSWERED, NAME, OWN, Kitchen, kitchen
from tests.postgres import PostgreSQL

OLD = "# our own\nFOREIGN=stays\nHOTLINE_NAME=\"Old name\"\nexport PORTAL='x'\n"


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Kitchen]:
    home = tmp_path / "home"
    home.mkdir()
    with kitchen(home, f"sqlite:///{home / 'hotline.db'}") as made:
        yield made


def words(table: Kitchen, *left_out: str, **instead: str) -> list[str]:
    """All options that a first evening takes, but for these."""
    every = {"--name": NAME, "--account-sid": ACCOUNT, "--public-url": table.public, "--phone": f"Ana {OWN}"}
    every |= {f"--{name.replace('_', '-')}": value for name, value in instead.items()}
    given = [part for name, value in every.items() if name not in left_out for part in (name, value)]
    return given if "--yes" in left_out else ["--yes", *given]


def refused(table: Kitchen, *args: str, **env: str) -> str:
    """What it says in the end, run within this process, which is cheaper by half."""
    with chdir(table.home):
        done = Command(**table.env)("golive", "--wait", "0", *args, **{"TWILIO_AUTH_TOKEN": TOKEN, **env})
    assert done.exit_code == 1, done.output
    return " ".join(done.stderr.split())


def test_without_a_terminal_it_names_exactly_what_is_missing(table: Kitchen) -> None:
    said = refused(table, "--name", NAME, TWILIO_AUTH_TOKEN="")
    assert said.endswith(
        "options: --account-sid, TWILIO_AUTH_TOKEN (in the environment), --public-url, --phone, --yes."
    )
    assert table.twilio.console.changed == []


def test_wrong_credentials(table: Kitchen) -> None:
    said = refused(table, *words(table), TWILIO_AUTH_TOKEN="0" * 32)
    assert "Twilio does not know this Account SID and Auth Token together" in said
    assert "open console.twilio.com" in said


def test_an_api_key_in_place_of_the_account(table: Kitchen) -> None:
    assert "this is an API key (SK" in refused(table, *words(table, account_sid="SK" + "0" * 32))


def test_credentials_are_asked_again_until_twilio_takes_them(table: Kitchen) -> None:
    terminal = table.sit_down()
    terminal.play({**table.answers, "The Auth Token": "0" * 32}, until="Twilio does not know this")
    terminal.child.sendline(ACCOUNT)
    terminal.play(table.answers, until="At which address?")
    assert "Twilio knows you: the account Hotline." in terminal.said
    terminal.kill()


def test_a_number_that_the_account_does_not_have(table: Kitchen) -> None:
    said = refused(table, *words(table, number="+12025550177"))
    assert f"this Twilio account does not have it. It has: {LINE}." in said


def test_a_number_that_only_calls_and_nobody_to_ask_whether_to_buy(table: Kitchen) -> None:
    able = {"voice": True, "sms": False}
    table.twilio.console.numbers = {LINE: number(DEMO, capabilities=able)}
    assert "Its numbers can only make calls. Buy one that can text (SMS)" in refused(table, *words(table))


def test_an_address_that_leads_to_another_program(table: Kitchen) -> None:
    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<h1>Welcome</h1>")

        def log_message(self, format: str, *args: object) -> None:
            """Keep quiet."""

    other = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    Thread(target=other.serve_forever, args=(0.01,), daemon=True).start()
    try:
        said = refused(table, *words(table, public_url=f"http://127.0.0.1:{other.server_port}"))
    finally:
        other.shutdown()
        other.server_close()
    assert "another program's page is at 127.0.0.1. To do: have the proxy pass on everything" in said
    assert table.twilio.console.changed == []


def test_nothing_is_changed_without_a_yes(table: Kitchen) -> None:
    terminal = table.sit_down()
    said = " ".join(terminal.play({**table.answers, "Shall I set it so?": "n"}).split())
    assert "now https://demo.twilio.com/welcome/sms/reply" in said
    assert f"then {table.webhook}" in said
    assert "Nothing at Twilio was changed" in said
    assert table.twilio.console.changed == []
    assert not (table.home / ".env").exists()


def test_pretend_people(table: Kitchen) -> None:
    Command(table.database_url).good("person", "add", OWN, "--name", "Ana", "--helper")
    said = refused(table, *words(table))
    assert "pretend people from the simulator" in said
    assert "hotline golive --database-url sqlite:///live.db" in said
    terminal = table.sit_down("--database-url", "sqlite:///live.db")
    terminal.play(table.answers, until="Shall I set it so?")
    terminal.kill()


def test_a_host_that_keeps_no_file(table: Kitchen) -> None:
    stays = {"DYNO": "run.1", "HOTLINE_DISK_STAYS": "0"}
    assert "Heroku does not keep its disk" in refused(table, *words(table), **stays)  # nor the database on it


def test_a_second_golive_at_the_same_time(table: Kitchen) -> None:
    first = table.sit_down()
    first.play(table.answers, until="The Account SID")
    try:
        assert "Another hotline golive is at work in this folder" in refused(table, "--undo", "--yes")
        (table.home / ".env").write_text("HOTLINE_TIMEZONE=Chicago\n")  # no such clock
        assert "who you are" in table.alone("--status").stdout  # looking is free
        (table.home / ".env").unlink()
    finally:
        first.kill()
    assert "options: --account-sid," in refused(table)  # whoever is killed locks nobody out


def test_an_env_file_that_is_no_plain_text(table: Kitchen) -> None:
    file = table.home / ".env"
    file.write_bytes("HOTLINE_NAME=Vecinos del Corazón\n".encode("latin-1"))
    assert ".env is not plain text. Save it as UTF-8" in refused(table, *words(table))
    file.unlink()
    file.mkdir()
    assert ".env is no file, and the settings belong into one" in refused(table, *words(table))
    assert table.twilio.console.changed == []


def test_the_phone_is_not_the_hotlines_own(table: Kitchen) -> None:
    assert "--phone: Ana: a hotline's own number" in refused(table, *words(table, phone=f"Ana {LINE}"))


def test_of_several_volunteers_the_good_ones_are_kept(table: Kitchen) -> None:
    said = refused(table, *words(table), "--volunteer", "Ben 2025550102", "--volunteer", "2025550104")
    assert "in '2025550104' there is no name" in said
    assert [name for name, _ in table.people()] == ["Ana", "Ben"]


def test_twilio_is_away_while_everything_is_set_back(table: Kitchen) -> None:
    refused(table, *words(table))
    console = table.twilio.console

    def away(path: str) -> None:
        if "PhoneNumbers" in path:
            raise Refused(20500)

    console.before_change = away
    said = refused(table, "--undo", "--yes", TWILIO_AUTH_TOKEN="")
    assert "Not all is set back at Twilio, so .env and the notes stay. Run hotline golive --undo again." in said
    assert (table.home / ".env").exists()
    assert not console.services[SERVICE]["inbound_request_url"]
    console.before_change = lambda path: None
    undone = table.alone("--undo", "--yes")
    assert undone.returncode == 0, undone.stderr
    assert console.numbers[LINE]["sms_url"] == DEMO
    assert not (table.home / ".env").exists()


def test_notes_that_cannot_be_read(table: Kitchen) -> None:
    (table.home / "golive.json").write_text("{")
    assert "golive.json cannot be read. Move it away" in refused(table, *words(table))


def test_a_trial_account_that_does_not_know_the_phone(table: Kitchen) -> None:
    table.twilio.console.kind = "Trial"
    table.twilio.numbers = (LINE,)
    done = table.alone(*words(table), TWILIO_AUTH_TOKEN=TOKEN)
    said = " ".join(done.stdout.split())
    assert "It is a trial: a trial account only reaches phones that were verified one by one" in said
    assert "Twilio does not deliver ours (error 21608)" in said
    assert "The test text is not through yet: hotline golive tries again." in said
    assert table.people() == [("Ana", ["volunteer", "on duty"])]


def test_an_env_file_that_is_there(table: Kitchen) -> None:
    file = table.home / ".env"
    file.write_text(OLD)
    file.chmod(0o644)
    done = table.alone(*words(table), replies=True, TWILIO_AUTH_TOKEN=TOKEN)
    assert "Your line talks!" in " ".join(done.stdout.split()), done.stderr
    text = file.read_text()
    assert text.startswith(f"# our own\nFOREIGN=stays\nHOTLINE_NAME='{NAME}'\nexport PORTAL='x'\n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert (table.home / ".env.before-golive").read_text() == OLD

    undone = table.alone("--undo", "--yes")
    assert undone.returncode == 0, undone.stderr
    assert file.read_text() == OLD
    assert not (table.home / "golive.json").exists()
    assert table.twilio.console.numbers[LINE]["sms_url"] == DEMO
    assert not table.twilio.console.services[SERVICE]["inbound_request_url"]
    assert "What stays: the database with everybody in it" in " ".join(undone.stdout.split())
    assert "nothing to undo" in refused(table, "--undo", "--yes")


def test_what_somebody_has_changed_since_is_left(table: Kitchen) -> None:
    done = table.alone(*words(table), replies=True, TWILIO_AUTH_TOKEN=TOKEN)
    assert done.returncode == 1  # the doctor minds the address
    file, console = table.home / ".env", table.twilio.console
    file.write_text(file.read_text() + "MORE=1\n")
    console.numbers[LINE]["sms_url"] = "https://other.example.org/sms"
    undone = table.alone("--undo", "--yes")
    assert undone.returncode == 1
    assert "somebody has changed it since" in " ".join(undone.stdout.split())
    assert "was left as it is" in undone.stderr
    assert console.numbers[LINE]["sms_url"] == "https://other.example.org/sms"
    assert not console.services[SERVICE]["inbound_request_url"]
    assert file.read_text() == "MORE=1\n"


def test_beside_a_hotline_that_runs_already(table: Kitchen) -> None:
    with table.serving():
        terminal = table.sit_down()
        said = terminal.play(table.answers, until="Start it anew")
        assert "still has its old settings" in " ".join(said.split())
    with table.serving():
        terminal.child.sendline("")
        rest = terminal.play(table.answers, events={ANSWERED: table.reply})
    assert "Your line talks!" in " ".join(rest.split())
    assert "ran inside this window" not in " ".join(rest.split())


def test_on_a_host_that_keeps_no_file(tmp_path: Path, postgres: PostgreSQL) -> None:
    url, home = postgres.blank(), tmp_path / "home"
    home.mkdir()
    with kitchen(home, url) as table:
        table.more["DYNO"] = "run.1"
        given = "--yes", "--name", NAME, "--account-sid", ACCOUNT, "--public-url", table.public
        with table.serving():
            first = table.alone(*given, "--phone", f"Ana {OWN}", TWILIO_AUTH_TOKEN="")
            assert "Say the rest by options: TWILIO_AUTH_TOKEN (in the environment)." in first.stderr
            terminal = table.sit_down(*given, "--phone", f"Ana {OWN}")
            said = " ".join(terminal.play(table.answers).split())
        assert f"heroku config:set HOTLINE_NAME='{NAME}' HOTLINE_LANGUAGE=en" in said
        assert "TWILIO_AUTH_TOKEN=..." in said
        assert TOKEN not in said
        assert "Set these there, and let it start anew." in said
        assert not (home / ".env").exists()
        (home / "golive.json").unlink()  # the next day it is another disk
        table.more |= {
            "HOTLINE_NAME": NAME,
            "HOTLINE_LANGUAGE": "en",
            "HOTLINE_COUNTRY": "US",
            "HOTLINE_TIMEZONE": "America/New_York",
            "HOTLINE_NUMBER": LINE,
            "PUBLIC_URL": table.public,
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_MESSAGING_SERVICE_SID": SERVICE,
        }
        with table.serving():
            done = table.alone("--yes", "--phone", f"Ana {OWN}", replies=True)
        said = " ".join(done.stdout.split())
        assert "Heroku has all settings." in said, said + done.stderr
        assert "Your line talks!" in said
        assert sorted(file.name for file in home.iterdir() if file.is_file()) == ["golive.json", "golive.lock"]
    postgres.drop(url)
