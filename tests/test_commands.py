"""Commands are declared once, and all that belongs to one is there: words, a help line, a row, a transcript."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from handlers.talking import relay
from handlers.understanding.command import Command, Told, Who
from handlers.understanding.grammar import Grammar
from handlers.understanding.intents import Free, Order
from tests.command_checks import ROOT, House, complaints

HERE = House.at(ROOT)
FRIDGE = Command("fridge", relay.relay)
ROW = "| anyone | `FRIDGE` | `NEVERA` | where the community fridge stands |"


def with_fridge(*, row: Command[Any] | None = FRIDGE, told: Told = Told.HELP) -> House:
    """The house with a command more, complete."""
    books = {code: deepcopy(dict(book)) for code, book in HERE.books.items()}
    for code, word in (("en", "fridge"), ("es", "nevera")):
        books[code]["hear"]["fridge"] = [word]
        books[code]["say"][told] = f"{word.upper()}. {books[code]['say'][told]}"
    return replace(
        HERE,
        commands=(*HERE.commands, row) if row else HERE.commands,
        books=books,
        readme=HERE.readme.replace("| anyone |", f"{ROW}\n| anyone |"),
        transcripts={**HERE.transcripts, "fridge.txt": "Ana  > fridge\n"},
    )


def without(table: str, language: str, name: str) -> House:
    """That house without one entry of a phrasebook."""
    house = with_fridge()
    house.books[language][table].pop(name)
    return house


def test_nothing_is_missing() -> None:
    assert complaints(HERE) == []


def test_a_command_that_is_complete_is_not_complained_about() -> None:
    assert complaints(with_fridge()) == []
    assert Grammar((*HERE.commands, FRIDGE), books=with_fridge().books).understand("Nevera?").intent == Order(
        "fridge"
    )


FORGOTTEN: dict[str, tuple[Callable[[], House], str]] = {
    "its row in the registry": (
        lambda: with_fridge(row=None),
        'en.toml: [hear] has words for "fridge", which is no command. Give it a row in handlers/registry.py, '
        'Command("fridge", …), or take them out.',
    ),
    "its words in English": (
        lambda: without("hear", "en", "fridge"),
        'en.toml: [hear] has no "fridge". Write what people type for it: fridge = ["…"]',
    ),
    "its words in another language": (
        lambda: without("hear", "es", "fridge"),
        'es.toml: [hear] has no "fridge". Write what people type for it: fridge = ["…"]',
    ),
    "its help line": (
        lambda: replace(with_fridge(), books=without_help()),
        'es.toml: [say] help does not tell of "fridge". Add it, or say in its row in handlers/registry.py where '
        "people learn of it: told=Told.…",
    ),
    "its help line among those for volunteers": (
        lambda: with_fridge(row=replace(FRIDGE, by=Who.VOLUNTEER)),
        'en.toml: [say] help_helper does not tell of "fridge". Add it, or say in its row in handlers/registry.py '
        "where people learn of it: told=Told.…",
    ),
    "its row in the README": (
        lambda: replace(with_fridge(), readme=HERE.readme),
        'README.md: nothing under "What people can text" tells of "fridge". Add a row to the table: '
        "| who | `FRIDGE` | … | what happens |",
    ),
    "its transcript": (
        lambda: replace(with_fridge(), transcripts=HERE.transcripts),
        'tests/transcripts: nobody says "fridge". Write a conversation in which somebody does, and record what comes '
        "back: pytest tests/test_transcripts.py --record",
    ),
    "its module among the layers": (
        lambda: replace(with_fridge(), modules=HERE.modules | {"goods.fridge"}),
        "pyproject.toml: handlers/goods/fridge.py is in no layer of the contract for handlers. "
        'A module with commands goes beside the others: "distributions.distro | followups | … | goods.fridge | …"',
    ),
    "that it takes numbers": (
        lambda: everyday(with_fridge()),
        'en.toml: [hear_with_number] has words for "fridge", which is no command that takes numbers. Give its row in '
        "handlers/registry.py numbers=True, or take them out.",
    ),
    "that there is one already": (
        lambda: with_fridge(row=replace(FRIDGE, name="list")),
        'handlers/registry.py: COMMANDS has two rows for "list". Take one out.',
    ),
}


def without_help() -> dict[str, Any]:
    books = dict(with_fridge().books)
    return {**books, "es": {**books["es"], "say": HERE.books["es"]["say"]}}


def everyday(house: House) -> House:
    house.books["en"]["hear_with_number"]["fridge"] = ["what about fridge"]
    return house


@pytest.mark.parametrize("what", FORGOTTEN)
def test_what_is_forgotten_is_named(what: str) -> None:
    house, complaint = FORGOTTEN[what]
    assert complaint in complaints(house())


def test_small_talk_need_not_be_advertised() -> None:
    chat = replace(FRIDGE, told=Told.NOWHERE)
    bare = replace(with_fridge(row=chat), readme=HERE.readme, books=without_help())
    assert complaints(bare) == []


def test_words_without_a_command_would_be_free_text() -> None:
    books = with_fridge().books
    assert isinstance(Grammar(HERE.commands, books=books).understand("fridge").intent, Free)
