"""What is an answer to "where are you?", and what is none. The answers are in places.tab: add a line, run, read."""

from pathlib import Path

from handlers.understanding.needs import understand
from handlers.understanding.placing import looks_like_place
from tests.examples import every

ROWS = [
    line.split("\t")
    for line in (Path(__file__).parent / "places.tab").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]


def is_place(text: str) -> bool:
    return looks_like_place(text, understand(text))


def test_the_table_is_worth_its_name() -> None:
    kinds = [kind for kind, _ in ROWS]
    assert kinds.count("yes") >= 150
    assert kinds.count("no") >= 150
    assert set(kinds) == {"yes", "no"}


@every(ROWS)
def test_what_is_a_place(kind: str, text: str) -> None:
    assert is_place(text) == (kind == "yes")
