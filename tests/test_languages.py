"""A language cannot be half there. The real ones are whole, and each way of being half fails with what to write."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from handlers.registry import COMMANDS
from handlers.understanding.grammar import Grammar
from handlers.understanding.intents import Free, Kind, Order
from tests.language_checks import complaints
from tests.languages import Languages, Line

HERE = Languages.here()
TALK = ("il pleut encore", "on a faim", "je peux conduire", "vous ouvrez quand")
SOME = HERE.lines[::8]  # all of them take seconds
LINES = [Line(f"{TALK[n % 4]} {n}", "fr", list(Kind)[n % 4]) for n in range(20)]


def trial(change: Callable[[dict[str, Any], dict[str, Any]], None] = lambda book, table: None) -> Languages:
    """The languages with a French that is English but for a few words, and then changed."""
    book, table = deepcopy(dict(HERE.books["en"])), deepcopy(dict(HERE.tables["en"]))
    book["hear"]["claim"] = ["je prends"]
    book["hear"]["more"] = ["ajoute"]
    book["say"]["passed_on"] = "Transmis au #{number}."
    change(book, table)
    return replace(HERE, books={**HERE.books, "fr": book}, tables={**HERE.tables, "fr": table}, lines=[*SOME, *LINES])


def test_the_languages_are_whole() -> None:
    assert complaints(HERE) == []


def test_what_is_translated_is_not_complained_about() -> None:
    about = [text for text in complaints(trial()) if 'passed_on"' in text or '[hear] "more"' in text]
    assert about == []


def without(languages: Languages, code: str, kind: str, need: str, signs: list[str]) -> Languages:
    """The languages, one of which has only these signs of a danger."""
    table = deepcopy(dict(languages.dangers[code]))
    table[kind][need]["sure"] = signs
    return replace(languages, dangers={**languages.dangers, code: table})


def test_a_danger_that_nobody_would_notice_is_told() -> None:
    silent = without(HERE, "es", "life", "rescue", [])
    assert complaints(silent)[0].startswith("es.toml: danger [life.rescue] has no sure signs: nobody in that danger")
    english = HERE.dangers["en"]["life"]["rescue"]["sure"]
    foreign = without(HERE, "es", "life", "rescue", english)
    assert complaints(foreign)[0].startswith("es.toml: danger [life.rescue] is left in English: ")
    none = replace(HERE, dangers={"en": HERE.dangers["en"]})
    assert complaints(none)[0].startswith("es: there is no danger/es.toml.")


WAYS: dict[str, tuple[Callable[[dict[str, Any], dict[str, Any]], None], str]] = {
    "a phrase left in English": (
        lambda book, table: None,
        'fr.toml: [say] "claim_own" is left in English: "#{number} is your own request. I\'m asking others for '
        'you.". Translate it; if it is the same in both, add "say.claim_own" to same_as_english at the top of the '
        "file.",
    ),
    "a phrase left out": (
        lambda book, table: book["say"].pop("noted"),
        'fr.toml: [say] has no "noted". In English it is: "Noted on #{number}."',
    ),
    "a phrase that says too little": (
        lambda book, table: book["say"].update(noted="Noté."),
        'fr.toml: [say] "noted" does not say {number}. Put it where it belongs.',
    ),
    "a phrase that nobody says": (
        lambda book, table: book["say"].update(bonjour="Bonjour"),
        'fr.toml: [say] has "bonjour", which English has not. Take it out.',
    ),
    "a plural left out": (
        lambda book, table: book["say"].update(max={"other": "D'accord, {n} demandes au plus."}),
        'fr.toml: [say] "max" has no form "one", as for 1. Write it: one = "…"',
    ),
    "a command that is printed and not understood": (
        lambda book, table: book["verbs"].update(more="AJOUTEZ"),
        'fr.toml: [verbs] more: people are told to type "AJOUTEZ". Add it to [hear] more, too.',
    ),
    "a command that nobody can say": (
        lambda book, table: book["hear"].update(drop=[]),
        'fr.toml: [hear] "drop" is empty. Write what people write. In English it is: "drop"',
    ),
    "an everyday word for a command with a number": (
        lambda book, table: book["hear"].update(more=["plus"]),
        'fr.toml: [hear] more: "plus" is everyday English: people write "plus 2 blankets" and mean no command. Move '
        "it to [hear_with_number], where it counts before a number alone, or choose another word.",
    ),
    "an everyday word for a command": (
        lambda book, table: book["hear"].update(back=["four"]),
        'fr.toml: [hear] back: "four" is everyday English: people write "four" and mean no command. Choose another '
        "word.",
    ),
    "an everyday word that stops all texts": (
        lambda book, table: book["hear"].update(stop=["medicine"]),
        'fr.toml: [hear] stop: "medicine" is everyday English: people write "medicine" and mean no command. Choose '
        "another word.",
    ),
    "another language's command": (
        lambda book, table: book["hear"].update(drop=["paso"]),
        'fr.toml: [hear] drop: "paso" is pass in es.toml, and texts are heard in all languages at once. Choose other '
        "words.",
    ),
    "another language's yes": (
        lambda book, table: book["reply"].update(no=["si"]),
        'fr.toml: [reply] no: "si" is yes in es.toml, and texts are heard in all languages at once. Choose other '
        "words.",
    ),
    "a word around commands that is an everyday one": (
        lambda book, table: book["function_words"].update(but_word=["bread", "of"]),
        'fr.toml: [function_words] but_word: "of" is everyday English, where "take 2 of day" would become a command. '
        "Write more of it, such as two words.",
    ),
    "words that turn a line of another language into a command": (
        lambda book, table: book["hear"].update(person=[SOME[0].text]),
        f"tests/lines.tab: \"{SOME[0].text}\" is ('ask', ['baby'], None, <Urgency.URGENT: 'urgent'>, False) by the "
        "books of English alone, and Order(command='person'",
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_language_that_is_half_there_is_told_what_to_write(way: str) -> None:
    change, complaint = WAYS[way]
    assert any(text.startswith(complaint) for text in complaints(trial(change)))


def test_a_language_without_a_lexicon_or_lines_is_told_so() -> None:
    french = trial()
    alone = replace(french, tables=HERE.tables)
    assert complaints(alone) == [
        "fr: there is no lexicon/fr.toml. Copy lexicon/en.toml and put in how people write fr."
    ]
    silent = replace(french, lines=SOME)
    assert (
        "tests/lines.tab: French has 0 lines and none that is ask or offer or other or question. Write 20 such as "
        "people text, of every kind: they are tried against all commands."
    ) in complaints(silent)


def test_a_word_that_is_the_same_in_both_may_stay() -> None:
    french = trial(lambda book, table: book.update(same_as_english=["say.row"]))
    assert not any('"say.row"' in text for text in complaints(french))


def heard(languages: Languages, text: str) -> object:
    return Grammar(COMMANDS, books=languages.books).understand(text).intent


def test_what_the_collision_check_warns_of_does_happen_and_its_advice_helps() -> None:
    claimed = trial(lambda book, table: book["hear"].update(more=["plus"]))
    assert heard(claimed, "plus 2 blankets") == Order("more", (2,), "blankets")
    moved = trial(lambda book, table: book["hear_with_number"].update(more=["plus"]))
    assert isinstance(heard(moved, "plus 2 blankets"), Free)
    assert heard(moved, "plus 2") == Order("more", (2,))
    assert not any('more: "plus"' in text for text in complaints(moved))
