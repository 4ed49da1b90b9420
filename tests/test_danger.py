"""Danger, in twelve languages: what tells of it, what only sounds like it, and that nothing beside it hides it."""

import time
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from handlers import phrasebook
from handlers.understanding.danger import Danger, dangers, read
from handlers.understanding.intents import DangerKind
from handlers.understanding.lexicon import lexicons, terms
from handlers.understanding.needs import understand
from handlers.understanding.words import clean, split
from tests.examples import every

TABLE = Path(__file__).parent / "danger.tab"
SPOKEN = ("en", "es")


class Row(NamedTuple):
    """A text, and the danger that it tells of ("no" for none)."""

    text: str
    language: str
    kind: str


ROWS = [Row(*row.split("\t")) for row in TABLE.read_text(encoding="utf-8").splitlines() if not row.startswith("#")]
DANGERS = [row for row in ROWS if row.kind != "no"]
NONE = [row for row in ROWS if row.kind == "no"]


def test_the_table_is_large_and_of_all_languages() -> None:
    assert len(DANGERS) >= 200
    assert len(NONE) >= 200
    codes = {language.code for language in dangers().languages}
    assert {row.language for row in DANGERS} == {row.language for row in NONE} == codes
    assert len(codes) == 12
    assert {row.kind for row in DANGERS} == set(DangerKind)


@every(DANGERS)
def test_danger(row: Row) -> None:
    found = read(row.text)
    assert found is not None
    assert found.kind == row.kind
    assert all(word in row.text for word in found.words(row.text))


@every(NONE)
def test_what_only_sounds_like_danger(row: Row) -> None:
    assert read(row.text) is None


# Words of every kind that may stand around: terms of the lexicons, commands, courtesy.
WORDS = sorted(
    {" ".join(words) for code in SPOKEN for words, _ in terms(lexicons().tables[code]) if "*" not in words[-1]}
)
COURTESY = [
    "please",
    "hello",
    "hi,",
    "por favor",
    "hola",
    "thanks",
    "pls help",
    "god",
    "12 Oak St",
    "ayuda",
    "my",
    "is",
]
HEARD = sorted({heard for code in SPOKEN for name in phrasebook.book(code).pages["hear"].values() for heard in name})
AROUND = st.sampled_from(COURTESY) | st.sampled_from(WORDS) | st.sampled_from(HEARD)
# Words that do take danger back, or that join with those beside them into others, are tested on their own.
SAID = [row for row in DANGERS if row.language in SPOKEN and len(row.text.split()) > 2]


@given(st.sampled_from(SAID), AROUND)
def test_no_words_before_it_hide_danger(row: Row, words: str) -> None:
    assert read(f"{words}. {row.text}") is not None


@given(st.sampled_from(SAID), AROUND)
def test_no_words_after_it_hide_danger(row: Row, words: str) -> None:
    assert read(f"{row.text}. {words}") is not None


@given(st.sampled_from(SAID), st.sampled_from(COURTESY))
def test_courtesy_without_punctuation_changes_nothing(row: Row, words: str) -> None:
    assert read(f"{words} {row.text} {words}") is not None


@given(st.sampled_from([*DANGERS, *NONE]), st.sampled_from([str.upper, str.title, str.lower, str.capitalize]))
def test_case_changes_nothing(row: Row, change: object) -> None:
    assert kind(read(change(row.text))) == kind(read(row.text))  # type: ignore[operator]


@given(st.sampled_from([*DANGERS, *NONE]), st.sampled_from(["  ", " \n", "\t", " \u200b"]))
def test_spacing_changes_nothing(row: Row, space: str) -> None:
    if "\n" not in space:
        assert kind(read(row.text.replace(" ", space))) == kind(read(row.text))


@given(st.sampled_from([row for row in DANGERS if row.language in ("es", "fr", "pt", "ht", "vi")]))
def test_accents_change_nothing(row: Row) -> None:
    bare = " ".join(token.text for token in split(clean(row.text))).replace("đ", "d")
    assert read(bare) is not None


@given(st.sampled_from([row for row in DANGERS if row.language in SPOKEN]), st.integers(0, 10**6))
def test_a_doubled_letter_changes_nothing(row: Row, at: int) -> None:
    places = [
        i for i, letter in enumerate(row.text) if letter.isalpha() and 5 < len(longest_around(row.text, i)) < 14
    ]
    if places:
        i = places[at % len(places)]
        assert read(row.text[:i] + row.text[i] + row.text[i:]) is not None


def longest_around(text: str, at: int) -> str:
    start = text.rfind(" ", 0, at) + 1
    return text[start:].split(" ", maxsplit=1)[0]


def kind(danger: Danger | None) -> DangerKind | None:
    return danger.kind if danger else None


@pytest.mark.parametrize("code", SPOKEN)
def test_no_command_is_taken_for_danger(code: str) -> None:
    heard = [spelling for spellings in phrasebook.book(code).pages["hear"].values() for spelling in spellings]
    assert [spelling for spelling in heard if read(spelling)] == []


@pytest.mark.parametrize("code", SPOKEN)
def test_nothing_that_we_say_is_taken_for_danger_but_the_number(code: str) -> None:
    needs = phrasebook.book(code).pages["needs"].values()
    assert [name for name in needs if isinstance(name, str) and read(name)] == []


def test_the_words_that_led_to_it_are_told() -> None:
    text = "Please hurry, my Dad is not breathing!!"
    found = read(text)
    assert found is not None
    assert found.words(text) == ("Dad", "not", "breathing")
    assert found.language == "en"


def test_urgent_care_goes_out_at_once_and_all_other_kinds_are_looked_at_first() -> None:
    care = understand("out of insulin since yesterday")
    assert (care.danger, care.emergency, care.urgency) == (DangerKind.URGENT_CARE, False, "urgent")
    assert understand("i smell gas").emergency


@given(st.text(max_size=300))
@example("\u02bc")  # an apostrophe that is a letter, and no word
def test_any_text_is_read(text: str) -> None:
    assert kind(read(text)) == kind(read(text))


HARD = [
    "not " * 400,
    "he has a " * 180,
    "a" * 1600,
    "hesnotbreathing" * 106,
    "我" * 1600,
    "fell head cant get up " * 72,
    "1 " * 800,
]


@pytest.mark.parametrize("text", HARD, ids=lambda text: text[:12])
def test_no_text_takes_long(text: str) -> None:
    read(text)
    start = time.process_time()
    read(text)
    assert time.process_time() - start < 0.1
