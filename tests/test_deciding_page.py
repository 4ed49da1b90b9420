"""docs/deciding: what it says to text is heard, and the conversation on it is one that really went so.

`pytest --record tests/test_deciding_page.py` writes what was answered into the pages, to be read as a diff.
"""

import re
from pathlib import Path

import pytest

from app.simulator import transcript, transcript_reader
from handlers.registry import understand
from handlers.understanding.intents import Order
from tests.test_transcripts import played

ROOT = Path(__file__).parent.parent
PAGES = {"en": ROOT / "docs/deciding.md", "es": ROOT / "docs/deciding.es.md"}
TALK = re.compile(r"(?<=^```text\n).*?(?=^```$)", re.M | re.S)


def typed(code: str) -> list[str]:
    """What a page says to text."""
    words = TALK.sub("", PAGES[code].read_text(encoding="utf-8")).replace("```text\n```", "")
    return [" ".join(each.split()) for each in re.findall(r"`([^`]+)`", words)]


def order(words: str) -> str:
    """The command that these words are."""
    intent = understand(words).intent
    assert isinstance(intent, Order), f"{words} is no command"
    return intent.command


def test_what_it_says_to_text_is_a_command_and_both_pages_say_the_same() -> None:
    english, spanish = ([order(words) for words in typed(code)] for code in PAGES)
    assert english == spanish
    assert {"propose", "agree", "aside", "block", "ask", "amend", "proposals", "proposal"} <= {*english}


@pytest.mark.parametrize("code", PAGES)
def test_the_conversation_on_it_went_so(
    code: str, database_url: str, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    page = PAGES[code]
    text = page.read_text(encoding="utf-8")
    (written,) = TALK.findall(text)
    file = tmp_path / "talk.txt"
    file.write_text(written, encoding="utf-8")
    told = transcript_reader.read(file)
    went = transcript.answered(told, played(told, database_url)).write()
    if pytestconfig.getoption("--record"):
        page.write_text(text.replace(written, went), encoding="utf-8")
        written = went
    assert written == went


def test_it_is_linked() -> None:
    for page in PAGES.values():
        assert f"docs/{page.name}" in (ROOT / "README.md").read_text(encoding="utf-8")
