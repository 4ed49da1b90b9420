"""`hotline chat`: a conversation typed line by line, and everything that arrives on everybody's phone."""

import contextlib
import io
import os
import pty
import select
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from app.cli.chat import chat
from app.hotline import Hotline
from app.simulator.phones import STOPPED_NOTE
from app.simulator.timelapse import TYPING
from tests import fakes

START = "import sys; from app.cli import run; sys.exit(run())"
ROOT = Path(__file__).parent.parent


def played(hotline: Hotline, *typed: str) -> list[str]:
    """What the terminal shows after these lines."""
    out = io.StringIO()
    chat(hotline, io.StringIO("".join(f"{line}\n" for line in typed)), out)
    return out.getvalue().splitlines()


def test_from_ask_to_confirmed(hotline: Hotline) -> None:
    shown = played(
        hotline,
        "/volunteer Ben",
        "Ana: need groceries for two near Oak St",
        "Ben > CLAIM 1",
        "ben: there at 5:30, ok?",
        "DONE 1",
        "Ben: DONE 1",
        "Ana: 1",
    )
    texts = [line for line in shown if " > " in line or " < " in line]
    assert [line.split(" ")[0] + line.split(" ")[1] for line in texts] == [
        *("Ana>", "Ana<", "Ben<"),
        *("Ben>", "Ben<", "Ana<"),
        *("Ben>", "Ana<", "Ben<"),
        *("Ben>", "Ben<", "Ana<"),
        *("Ana>", "Ana<", "Ben<"),
    ]
    assert texts[0] == "Ana > need groceries for two near Oak St"
    assert texts[2].startswith("Ben < This is Neighbors' Hotline")
    assert "#1 Groceries" in texts[2]
    assert texts[2].endswith("(1 segment)")
    assert '"there at 5:30, ok?"' in texts[7]
    assert "Who says that? Write  Ana: need groceries  or first  /as Ana" in shown


def test_somebody_speaks_line_after_line(hotline: Hotline) -> None:
    shown = played(hotline, "/as Ana", "need groceries: for two, near Oak St", "STATUS", "/as", "STATUS")
    assert "You are Ana now." in shown
    assert "Ana > need groceries: for two, near Oak St" in shown
    assert "Ana > STATUS" in shown
    assert shown[-1].startswith("Who says that?")
    assert not any("is a new neighbor" in line for line in shown[2:])


def test_a_volunteer_is_written_to_in_her_language(hotline: Hotline) -> None:
    shown = played(hotline, "/volunteer Luz María es", "Ana: need groceries for two near Oak St", "Luz María: TOMO 1")
    assert shown[0] == "Luz María is a volunteer on +12025550101."
    assert any(line.startswith("Luz María < ") and "TOMO 1" in line for line in shown)


def test_waiting_lets_time_act(hotline: Hotline) -> None:
    before = hotline.clock.now()
    shown = played(
        hotline, "Ana: need groceries for two near Oak St", "/duty Dee", "/wait 2h", "/wait 1d", "/wait 5 m"
    )
    assert hotline.clock.now() - before == timedelta(hours=26, minutes=5) + TYPING  # of one text
    assert "It is Tue 12:00 PM." in shown


def test_what_falls_due_while_time_passes_is_sent_at_its_own_moment(hotline: Hotline) -> None:
    """An offer that waited until the end of the day would be too old to be sent."""
    volunteers = [f"/volunteer {name}" for name in "Ben Caro Dee Eli Fay".split()]
    shown = played(hotline, *volunteers, "Ana: need groceries for two today near Oak St", "/wait 1d")
    assert {line.split()[0] for line in shown if "CLAIM 1" in line} == {"Ben", "Caro", "Dee", "Eli", "Fay"}


def test_who_is_there(hotline: Hotline) -> None:
    shown = played(hotline, "/volunteer Ben es", "/duty Dee", "/duty Ben", "/neighbor Ana whatsapp", "/phones")
    assert "Ben  +12025550101  sms  volunteer  es  on duty" in shown
    assert "Dee  +12025550102  sms  volunteer  en  on duty" in shown
    assert "Ana  +12025550103  whatsapp  neighbor  en" in shown


def test_whatsapp_costs_no_segments(hotline: Hotline) -> None:
    shown = played(hotline, "/neighbor Ana whatsapp", "Ana: need groceries for two near Oak St")
    assert any(line.startswith("Ana < ") and line.endswith("(WhatsApp)") for line in shown)


def test_the_phone_company_answers_stop(hotline: Hotline) -> None:
    shown = played(hotline, "Ana: STOP", "Ana: hello")
    assert shown[1:4] == ["Ana > STOP", f"Ana: {STOPPED_NOTE}", "(nothing arrived)"]


def test_of_two_with_one_name_the_first_speaks(hotline: Hotline) -> None:
    played(hotline, "Ana: need groceries for two near Oak St")
    shown = played(hotline, "/volunteer Ana", "/neighbor Ana", "/volunteer Ben", "/volunteer ben", "Ana: STATUS")
    assert "JOIN" in shown[0]
    assert shown[1] == "Ana is here already."
    assert shown[3] == "Ben helps already."
    assert shown[-1].startswith("Ana < ")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("/wiat 3h", "There is no /wiat. Did you mean /wait?"),
        ("/xyzzy", "There is no /xyzzy. /help shows what there is."),
        ("/", "There is no /. /help shows what there is."),
        ("/wait soon", "How long? Such as /wait 45m, /wait 2h or /wait 1d, a month at most."),
        ("/wait 99999d", "How long? Such as /wait 45m, /wait 2h or /wait 1d, a month at most."),
        ("/wait -5m", "How long? Such as /wait 45m, /wait 2h or /wait 1d, a month at most."),
        ("hello", "Who says that? Write  Ana: need groceries  or first  /as Ana"),
        ("12: hello", "Who says that? Write  Ana: need groceries  or first  /as Ana"),
    ],
)
def test_what_is_not_understood_is_said(hotline: Hotline, typed: str, said: str) -> None:
    assert played(hotline, typed) == [said]


def test_too_long_a_text_is_said(hotline: Hotline) -> None:
    assert "1,600" in played(hotline, "Ana: " + "x" * 1700)[-1]


def test_empty_lines_and_strange_letters_do_no_harm(hotline: Hotline) -> None:
    shown = played(hotline, "", "   ", "Ana: \x1b[31mred\x07 \u202e [bold]x[/bold] :smile:", "Ana:")
    assert not any("\x1b" in line or "\x07" in line for line in shown)
    assert any("[bold]x[/bold] :smile:" in line for line in shown)


def test_quit_ends_it(hotline: Hotline) -> None:
    assert played(hotline, "/quit", "Ana: hello") == []


def test_help_names_every_command(hotline: Hotline) -> None:
    shown = "\n".join(played(hotline, "/help"))
    for command in "as volunteer neighbor duty wait phones story help quit".split():
        assert f"/{command} " in shown


def test_the_story_in_a_terminal(hotline: Hotline) -> None:
    shown = played(hotline, "/story")
    assert "Rosa > 1" in shown
    assert "#1 is fulfilled" in shown[-1]


def environment(file: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HOTLINE_", "TWILIO_"))}
    return {**kept, "DATABASE_URL": f"sqlite:///{file}", "PYTHONPATH": str(ROOT), **more}


def test_the_command_reads_a_pipe(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", START, "chat"],
        input=b"/volunteer Ben\nAna: need groceries for two near Oak St \xff\n",
        env=environment(tmp_path / "chat.db"),
        cwd=tmp_path,
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert b"You are #1." in ended.stdout  # whatever the hour: nobody is asked at night
    assert b"\x1b" not in ended.stdout
    assert ended.stderr == b""


def test_the_command_refuses_where_real_people_would_be_texted(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", START, "chat"],
        input="Ana: hello\n",
        env=environment(
            tmp_path / "chat.db",
            TWILIO_ACCOUNT_SID=fakes.ACCOUNT,
            TWILIO_AUTH_TOKEN=fakes.TOKEN,
            PUBLIC_URL=fakes.PUBLIC,
            HOTLINE_NUMBER=fakes.LINE,
        ),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1
    assert "TWILIO_ACCOUNT_SID" in ended.stderr
    assert not (tmp_path / "chat.db").exists()


def test_at_a_terminal_there_is_a_prompt_and_color(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", START, "chat"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment(tmp_path / "chat.db", TERM="xterm-256color"),
        cwd=tmp_path,
    ) as running:
        os.close(theirs)
        os.write(ours, b"/as Ana\nneed groceries for two near Oak St\n/quit\n")
        shown = b""
        with contextlib.suppress(OSError):  # Linux says so when the other end is closed
            while select.select([ours], [], [], 30)[0] and (more := os.read(ours, 4096)):
                shown += more
        running.terminate()
        os.close(ours)
    assert b"Pretend phones" in shown
    assert b"Ana> " in shown
    assert b"\x1b[" in shown
    assert b"You are #1" in shown
