"""The search of all logs finds what is planted, wherever it stands, and nothing else."""

import sys
from pathlib import Path

import pytest

from tests import logscan
from tests.fakes import PREVIOUS, TOKEN
from tests.logscan import LogScan

HARMLESS = [
    "timestamp='2026-11-24T06:05:25.280003Z' level='warning' event='refused_unsigned' path='/twilio/message'",
    "level='error' event='died' at='app/outbox.py:151 > threading.py:982' text=123456789",
    "ERROR 2026-11-24 06:05:25,280 something at 0x7f326b318e50 in 0.0123456789 s",
    "sid='SM00000000000000000000000000000145'",
]
PLANTED = [
    "to='+12025550101'",
    "sent to whatsapp:+525512345678 just now",
    "call (202) 555-0101 x 12025550101",
    "2025550101",
    "+1 202 555 0101",
    "told +12025550101.",
    "whatsapp:US.12025550101",
    "GET /Messages.json?To=%2B12025550101&PageSize=20",
    f"X-Twilio-Signature made with {TOKEN}",
    f"{PREVIOUS}",
    "KeyError: 'I need insulin for my mother'",
    'body="#42 Groceries for 3, Oak St. CLAIM 42 or PASS 42"',
    "the second of two lines",
]
BODIES = [
    "I need insulin for my mother",
    "#42 Groceries for 3, Oak St. CLAIM 42 or PASS 42",
    "Open now:\nthe second of two lines",
    "thanks",
    "",
    "0" * 40,
]


@pytest.mark.parametrize("line", PLANTED)
def test_what_is_planted_is_found(line: str) -> None:
    scan = LogScan()
    scan.learn(BODIES)
    scan.hear("\n".join([*HARMLESS, line]), "a test")
    (leak,) = scan.leaks()
    assert leak.endswith(f"a test: {line}")


def test_what_is_harmless_is_not() -> None:
    scan = LogScan()
    scan.learn(BODIES)
    scan.hear("\n".join(HARMLESS))
    assert scan.leaks() == []


def test_the_log_of_a_process_is_heard() -> None:
    said = "timestamp='now' event='nothing that matters to anybody'"
    code = f"import sys; print('not a log'); print({said!r}, file=sys.stderr)"
    logscan.Overheard([sys.executable, "-c", code], stdout=-1, stderr=-1, text=True).communicate()
    assert said in logscan.SCAN.lines
    assert "not a log" not in logscan.SCAN.lines


def test_bodies_are_learnt_from_a_database(database_url: str, tmp_path: Path) -> None:
    logscan.learn(database_url)
    logscan.learn(f"sqlite:///{tmp_path / 'taken away.db'}")


PLANT = """
def test_leaks():
    print("to={number}")


def test_is_quiet():
    print("event='nothing'")
"""


@pytest.mark.parametrize(
    ("number", "processes", "failed"),
    [("+1202555" + "0101", "0", True), ("+1202555" + "0101", "2", True), ("nobody", "0", False)],
)
def test_a_run_in_which_something_leaks_fails(tmp_path: Path, number: str, processes: str, failed: bool) -> None:
    (tmp_path / "test_planted.py").write_text(PLANT.replace("{number}", number))
    command = [
        sys.executable,
        "-m",
        "pytest",
        str(tmp_path / "test_planted.py"),
        "-p",
        "tests.conftest",
        "-p",
        "no:cacheprovider",
        "-n",
        processes,
    ]
    root = Path(__file__).parent.parent
    how = ["--rootdir", str(root), "-c", str(root / "pyproject.toml"), "--confcutdir", str(tmp_path)]
    run = logscan.Overheard([*command, *how], cwd=root, stdout=-1, stderr=-1, text=True)
    out, _ = run.communicate()
    assert ("what the logs tell and must not" in out) is failed, out
    assert (run.returncode != 0) is failed, out
