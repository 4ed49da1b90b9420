"""Whoever wants no more texts, in words of their own: "ya no me manden mensajes", "you have the wrong number".

Each language has a file beside this one. What is not sure is asked: a person who needs help must not be lost.
"""

import re
from collections.abc import Sequence
from enum import StrEnum
from functools import cache
from pathlib import Path

from handlers.understanding.patterns.wordings import Wordings
from handlers.understanding.words import Token

LONG = 25  # words; a longer text says more than this, so we ask


class Wish(StrEnum):
    """What they want."""

    STOP = "stop"
    WRONG_NUMBER = "wrong_number"
    PERHAPS = "perhaps"


ASKED = re.compile(r"¿?[^.,!?;¿\n]*\?+\s*")  # one question, and nothing else
CALLED = "calledname"  # what the files call somebody by the name that we know: "i am not Ana"


@cache
def wordings() -> Wordings:
    """The signs as written in the files beside this one."""
    return Wordings.of(Path(__file__).parent)


def read(text: str, tokens: Sequence[Token]) -> Wish | None:
    """Whether a cleaned text asks for no more texts."""
    found = wordings().find(text, tokens)
    # What one language takes back it takes back for its own signs: words of one mean something else in another.
    taken_back = {w.language for w in found if w.name.endswith(".not")}
    names = {w.name for w in found if w.language not in taken_back}
    if any(name.endswith(".need") for name in names):
        return None  # what they need goes first
    doubts = bool(ASKED.fullmatch(text)) and "stop.sure" not in names  # "wrong number?"
    sure = not doubts and not any(name.endswith(".but") for name in names) and len(tokens) <= LONG
    if "wrong_number.sure" in names:
        return Wish.WRONG_NUMBER if sure else Wish.PERHAPS
    if "stop.sure" in names:
        return Wish.STOP if sure else Wish.PERHAPS
    return Wish.PERHAPS if names & {"stop.perhaps", "wrong_number.perhaps"} else None


def is_not_called(text: str, tokens: Sequence[Token], name: str) -> bool:
    """Whether a cleaned text says for sure that its writer is not who we call by this folded first name."""
    named = [token._replace(text=CALLED) if token.text == name else token for token in tokens]
    return read(text, named) is Wish.WRONG_NUMBER
