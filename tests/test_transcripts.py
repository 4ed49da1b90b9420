"""Every conversation in tests/transcripts, on both databases, compared whole: silence is asserted too.

`pytest --record` writes what was answered into the files, to be read as a diff.
"""

import difflib
from pathlib import Path

import pytest
from sqlmodel import select

from app.simulator import transcript, transcript_reader
from app.simulator.stage import Stage
from app.simulator.transcript import Transcript
from app.simulator.transcript_reader import Unreadable
from handlers.views.story import untold
from models.requests import Event

HERE = Path(__file__).parent / "transcripts"
FILES = sorted(HERE.glob("*.txt"))


def played(story: Transcript, database_url: str) -> Transcript:
    stage = Stage(story, database_url)
    try:
        went = stage.play()
        happened = stage.hotline.database.read(lambda session: [*session.exec(select(Event.kind).distinct())])
        assert not [kind for kind in happened if untold(kind)], "the board has no words for it"
        return went
    finally:
        stage.close()


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_conversation(file: Path, database_url: str, pytestconfig: pytest.Config) -> None:
    told = transcript_reader.read(file)
    went = played(told, database_url)
    if pytestconfig.getoption("--record"):
        told = transcript.answered(told, went)
        file.write_text(told.write(), encoding="utf-8")
    wanted, got = told.write().splitlines(), went.write().splitlines()
    if wanted != got:
        pytest.fail("\n".join(difflib.unified_diff(wanted, got, "as written", "as it went", lineterm="", n=4)), False)


TINY = """# A transcript to read.

line
  area  Oak: oak st

people
  Ana  +12025550101  asks   en
  Ben  +12025550102  helps  es area=Oak can=rides max=2
  Ana  +12025550101  asks   en whatsapp

Ana  > hello
Ana    < hi
Ana/wa > hello

@ +2 h
? #1 closed fulfilled
"""


def test_a_transcript_is_read_as_it_is_meant(tmp_path: Path) -> None:
    file = tmp_path / "tiny.txt"
    file.write_text(TINY)
    story = transcript_reader.read(file)
    assert story.write() == TINY
    assert story.phones["Ben"].max_open == 2
    assert story.phones["Ana/wa"].channel == "whatsapp"


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ("Nobody > hello", "not among the people"),
        ("Ana < hello", "nothing has happened yet"),
        ("Ana hello", "neither"),
        ("? #1 lost", "not a valid State"),
        ("@ +5 years", "neither"),
        ("line\n  colour red", "a line has"),
        ("people\n  Ben +12025550102 en", "say one of"),
    ],
)
def test_a_mistake_is_named_with_its_line(wrong: str, why: str, tmp_path: Path) -> None:
    file = tmp_path / "wrong.txt"
    file.write_text("people\n  Ana +12025550101 asks\n\n" + wrong + "\n")
    with pytest.raises(Unreadable, match=why) as error:
        transcript_reader.read(file)
    line = len(file.read_text().splitlines())
    assert str(error.value).startswith(f"{file}:{line}: ")
