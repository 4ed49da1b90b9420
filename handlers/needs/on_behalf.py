"""Two people at one phone: whom a request is for, where the words themselves say that somebody else is writing.

A name alone is no sign of it, nor a guess of ours: either they say whose phone it is, or they are asked.
"""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from handlers import phrasebook
from handlers.members import naming
from handlers.turn import Context, Turn
from handlers.understanding.buildings import is_first_name
from handlers.understanding.lexicon import lexicons
from handlers.understanding.words import Token, clean, fold, split
from handlers.wording.summary import Name, Said
from models.requests import Request

NEAR = 3  # words between "using" and "phone"


class Other(NamedTuple):
    """Somebody else than whose phone it is, as far as the words say so."""

    name: str
    sure: bool  # they say that it is another's phone; else they only give a name and ask for something too


def named(turn: Turn, words: str) -> Other | None:
    """Who says that they write from another's phone: "this is Luis, I use Ana's phone"; None in most texts."""
    text = clean(words)
    tokens, lists = split(text), _lists()
    at = next((i for i in range(1, len(tokens)) if _introduced(text, tokens, i, lists["introduces"])), None)
    if at is None:
        return None
    name = naming.first(text[tokens[at].start : tokens[at].end], turn.line.name)
    mine = fold(turn.speaker.name).partition(" ")[0]
    if name is None or fold(name) == mine:
        return None
    sure = any(
        word.text in lists["phones"] and any(each.text in lists["uses"] for each in tokens[max(0, i - NEAR) : i])
        for i, word in enumerate(tokens)
    )
    too = any(word.text in lists["as_well"] for word in tokens)
    return Other(name, sure) if sure or too else None


def asks_for(context: Context, request: Request) -> Said | None:
    """Whom to ask for at the door, for whoever comes."""
    name = naming.first(request.for_name, context.line.name) if request.for_name else None
    return Said("ask_for", {"name": Name(name)}) if name else None


def _introduced(text: str, tokens: Sequence[Token], i: int, introduces: frozenset[str]) -> bool:
    before = {" ".join(word.text for word in tokens[max(0, i - n) : i]) for n in (1, 2, 3)}
    if not before & introduces or not tokens[i].text.isalpha():
        return False
    capital = text[tokens[i].start].isupper() and not lexicons().every.knows(tokens[i].text)
    return is_first_name(tokens, i) or capital


@cache
def _lists() -> dict[str, frozenset[str]]:
    """The words for it, in every language: people mix them."""
    books = [phrasebook.book(code).pages["other_person"] for code in phrasebook.languages()]
    return {kind: frozenset(fold(word) for book in books for word in book[kind]) for kind in books[0]}
