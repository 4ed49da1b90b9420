"""Languages that we do not speak: told apart, told from ours, and what little of them is understood."""

import string
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers import phrasebook
from handlers.phrasebook import STANDS_FOR, Value
from handlers.registry import GRAMMAR, understand
from handlers.understanding import needs
from handlers.understanding.intents import Courtesy, Free, Order, Question
from handlers.understanding.languages import languages
from handlers.understanding.lexicon import lexicons
from handlers.understanding.orders import CLAIM
from handlers.understanding.situation import KnownSituation
from handlers.understanding.words import clean, split
from handlers.wording import segments
from handlers.wording.summary import Name, Ours, Quoted, Said, What
from tests.examples import every

TABLE = Path(__file__).parent / "languages.tab"
OURS = phrasebook.languages()
CODES = sorted(phrasebook.unspoken())


class Row(NamedTuple):
    """A text, its language, and what it asks for and for how many, as far as we understand it."""

    text: str
    language: str
    needs: str = ""
    people: str = ""


LINES = TABLE.read_text(encoding="utf-8").splitlines()
ROWS = [Row(*line.split("\t")) for line in LINES if not line.startswith("#")]
UNSPOKEN = [row for row in ROWS if row.language in CODES]
SPOKEN = [row for row in ROWS if row.language in OURS]


def language_of(text: str) -> str | None:
    text = clean(text)
    found = languages().of(text, split(text), lexicons().knowing)
    return found.code if found else None


def test_the_table_is_large_and_of_all_languages() -> None:
    assert set(CODES) == {"fr", "ht", "pt", "zh", "ar", "ru", "vi", "ko", "tl", "uk"}
    assert all(sum(row.language == code for row in ROWS) >= 25 for code in CODES)
    assert len(SPOKEN) >= 200


@every(UNSPOKEN)
def test_recognised(row: Row) -> None:
    assert language_of(row.text) == row.language


@every(SPOKEN)
def test_ours_are_not_taken_for_another(row: Row) -> None:
    assert language_of(row.text) is None


@every(UNSPOKEN)
def test_what_is_understood_of_it(row: Row) -> None:
    meaning = needs.understand(row.text)
    assert sorted(meaning.needs) == sorted(need for need in row.needs.split(",") if need)
    assert str(meaning.people or "") == row.people


@every(UNSPOKEN)
def test_it_is_no_command(row: Row) -> None:
    assert isinstance(understand(row.text).intent, Free)


@every(UNSPOKEN)
def test_capitals_and_marks_change_nothing(row: Row) -> None:
    for said in (row.text.upper(), row.text.capitalize(), f"  {row.text}!! "):
        assert language_of(said) == row.language


@every(r for r in UNSPOKEN if "St" not in r.text)
def test_an_address_changes_nothing(row: Row) -> None:
    if needs.understand(row.text).courtesy is None:
        meaning = needs.understand(f"{row.text}, 14 Oak St")
        assert (meaning.language, meaning.place) == (row.language, "14 Oak St")


@pytest.mark.parametrize("code", CODES)
def test_words_that_tell_a_language_are_in_no_other(code: str) -> None:
    """A word that tells one language may tell another that we do not speak, but says nothing in ours."""
    telling = languages().by_code[code].telling
    heard = {
        word
        for ours in OURS
        for spellings in phrasebook.book(ours).pages["hear"].values()
        for spelling in spellings
        for word in spelling.split()
    }
    assert not {word for word in telling if word in heard and word.isascii()} - {"me"}


@pytest.mark.parametrize("code", CODES)
def test_courtesy_is_told_from_a_need(code: str) -> None:
    for kind in Courtesy:
        for said in phrasebook.unspoken()[code]["words"][kind]:
            meaning = needs.understand(said)
            assert (meaning.language, meaning.courtesy, meaning.needs) == (code, kind, ())


@pytest.mark.parametrize("code", CODES)
def test_called_by_its_name(code: str) -> None:
    table = phrasebook.unspoken()[code]
    said = chain([table["name"]], table["words"]["named"], table["called"].values())
    for name in said:
        assert understand(name).intent == Order("language", argument=code)
    english = table["called"]["en"]
    assert understand(f"do you speak {english}?").intent == Order("language", argument=code)
    assert isinstance(understand(f"my neighbor has a {english} dictionary for sale").intent, Free)


@pytest.mark.parametrize("code", CODES)
def test_yes_and_no_in_the_language_of_who_is_asked(code: str) -> None:
    receipt = KnownSituation(language=code, question=Question.RECEIPT, options=3)
    for kind, choice in (("yes", 1), ("partly", 2), ("no", 3)):
        for said in phrasebook.unspoken()[code]["words"][kind]:
            intent = GRAMMAR.understand(said, receipt).intent
            assert getattr(intent, "choice", None) == choice, said
    offered = KnownSituation(language=code, offers=(7,))
    said = phrasebook.unspoken()[code]["words"]["yes"][0]
    assert GRAMMAR.understand(said, offered).intent == Order(CLAIM, (7,))


VALUES: dict[str, Value] = {
    "number": 1234,
    "also": None,
    "then": None,
    "where": None,
    "name": Name("Benjamin"),
    "code": Ours("cactus"),
    "note": Said("note_from_helper", {"note": Quoted("after 6")}),
    "dial": Ours("911"),
    "what": What(("food", "baby"), 5, Ours("Riverside")),
    "door": None,
    "n": 3,
    "people": 5,
}


@pytest.mark.parametrize("code", CODES)
def test_what_we_say_in_it(code: str) -> None:
    table, english = phrasebook.unspoken()[code], phrasebook.book("en").pages["say"]
    book = phrasebook.book(code)
    assert table["say"].keys() == phrasebook.unspoken()["fr"]["say"].keys()
    for phrase, said in table["say"].items():
        fields = {name for _, name, _, _ in string.Formatter().parse(said) if name}
        assert fields <= VALUES.keys()
        if phrase in english:
            assert "{" + phrase + "}" not in said
        spoken = segments.thrifty(book.say(phrase, VALUES))
        assert segments.count(spoken) <= (2 if segments.is_gsm7(spoken) else 3), spoken
    assert "911" not in book.say("foreign_look", VALUES)  # that is said where there is danger
    assert "911" in book.say("emergency", VALUES)
    assert book.say("danger", VALUES) in book.say("emergency", VALUES)
    assert set(STANDS_FOR.values()) <= table["say"].keys()
    assert set(STANDS_FOR) <= english.keys()


@pytest.mark.parametrize("code", CODES)
def test_the_first_word_for_a_need_is_what_we_call_it(code: str) -> None:
    for need, words in phrasebook.unspoken()[code]["needs"].items():
        assert not words[0].endswith("*")
        found = languages().by_code[code].needs(" ".join(clean(words[0]).split()))
        assert found == () or need in found


def test_what_it_lacks_is_said_in_the_line_s_language() -> None:
    assert phrasebook.book("fr", "es").say("withdrawn", {"number": 1}) == phrasebook.book("es").say(
        "withdrawn", {"number": 1}
    )


@given(st.text(max_size=200))
def test_nothing_makes_it_fail(text: str) -> None:
    needs.understand(text)


@given(st.sampled_from(SPOKEN), st.sampled_from(["Nguyen", "Dubois", "da Silva", "Jean-Baptiste", "Kyiv", "Oo"]))
def test_a_name_is_no_language(row: Row, name: str) -> None:
    assert language_of(f"{row.text} {name}") is None
