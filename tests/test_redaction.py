"""What of a neighbor's own words everybody may read. What must not be read stands in redaction.tab: add a line."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.understanding.words import fold
from handlers.wording import segments
from handlers.wording.redaction import LONGEST, names_unknown, offered, tells, whole_clauses
from tests.examples import every

NEEDS = {
    "my ramp is icy, need somebody to salt it": "salt",
    "can someone untangle my wind chimes": "chimes",
    "necesito que alguien le dé cuerda al reloj": "reloj",
}
ROWS = [
    line.split("\t")
    for line in (Path(__file__).parent / "redaction.tab").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]


def test_the_table_is_worth_its_name() -> None:
    assert len({text for text, _ in ROWS}) >= 200


def leaked(text: str, forbidden: str) -> set[str]:
    """What of the forbidden words is left."""
    words = f" {' '.join(fold(offered(text) or '').replace(',', ' ').replace('.', ' ').split())} "
    return {word for word in forbidden.split("|") if f" {fold(word)}" in words or f"{fold(word)} " in words}


@every(ROWS)
def test_what_is_nobodys_business_is_left_out(said: str, forbidden: str) -> None:
    for need, word in NEEDS.items():
        for text in (f"{said}, {need}", f"{need}. {said}", f"{said} and {need}", f"{need} {said}"):
            assert leaked(text, forbidden) == set(), text
        assert word in fold(offered(f"{said}. {need}") or "")
        assert leaked(f"{said.upper()}. {need.upper()}", forbidden) == set()
    assert leaked(said, forbidden) == set()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "help",
        "help me please",
        "yes",
        "my name is Pam",
        "necesito ayuda",
        "14 Oak St",
        "помогите мне",
        "2",
        "🙏🙏",
    ],
)
def test_what_says_too_little_is_help(text: str) -> None:
    assert offered(text) is None
    assert not names_unknown(text)


@pytest.mark.parametrize("text", ["need help with my taxes", "my ramp is icy", "que alguien riegue mis plantas"])
def test_what_says_enough_is_offered(text: str) -> None:
    assert offered(text)
    assert tells(text)


@settings(max_examples=100)
@given(st.text(max_size=300))
def test_it_is_short_and_cheap_whatever_they_write(text: str) -> None:
    said = offered(text) or ""
    assert len(said) <= LONGEST
    assert segments.count(said) <= 1
    assert said.isascii()


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("need groceries, 14 Oak St apt 3", "need groceries ..."),
        (
            "need groceries, its the blue house with the dog on Oak St, thanks so much for bread",
            "need groceries ... thanks so much for bread",
        ),
        ("need groceries near Oak St. gate code 1234, third floor left", None),
        ("need groceries, the yellow house by the church, ring twice", "need groceries ..."),
        ("need groceries and bread", "need groceries and bread"),
        ("hi! need groceries, please. my name is Ana Gil, 14 Oak St", "hi, need groceries, please ..."),
        ("14 Oak St", None),
    ],
)
def test_nobody_is_quoted_in_pieces(text: str, quoted: str | None) -> None:
    assert whole_clauses(text) == quoted
