"""What a group answers itself (`hotline line answer`): its pantry's hours, where its fridge stands.

A phrase is heard where all of its words stand in a text, in whatever order, slips of the finger forgiven.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from handlers.understanding.patterns.language import PatternLanguage
from handlers.understanding.patterns.signs import Pattern
from handlers.understanding.words import clean, split
from models.lines import Line

CHUNK = re.compile(r"[^\W_]+\*?(?:\|[^\W_]+\*?)*")  # "open", "open|hours", "open*"
MOST_WORDS = 6
LONGEST = 300  # characters of an answer: two segments
TEXTS = 60  # words; in longer texts people tell stories


@dataclass(frozen=True)
class Listed:
    """A phrase that is heard, and which answer it leads to."""

    pattern: Pattern
    answer: int


@dataclass(frozen=True)
class Found:
    """The group's answer, and what the text says beside the words that asked for it."""

    words: str
    rest: str


class Heard(PatternLanguage[Listed]):
    """The phrases of one line."""

    def entries(self) -> Iterator[Listed]:
        """Every phrase, its words in any order."""
        for number, phrases in enumerate(self.table["heard"]):
            for phrase in phrases:
                yield Listed(self.symbols.pattern(" & ".join(phrase.split())), number)


def wrong(phrase: str) -> str | None:
    """Why a phrase cannot be listened for; None if it can."""
    chunks = phrase.split()
    if not chunks:
        return "a phrase needs a word"
    if len(chunks) > MOST_WORDS:
        return f"at most {MOST_WORDS} words: a phrase is heard where all of them are said"
    bad = next((chunk for chunk in chunks if not CHUNK.fullmatch(chunk)), None)
    return f"{bad!r} is no word; write words, or several with | between them" if bad else None


def find(line: Line, text: str, language: str) -> Found | None:
    """The group's answer to this text, in this language if it has one; None if none of its phrases is heard."""
    known = line.own_answers
    if not known:
        return None
    text = clean(text)
    tokens = split(text)
    if len(tokens) > TEXTS:
        return None
    found: dict[int, str] = {}
    for listed, words, places in _heard(tuple(answer.heard for answer in known)).found(text, tokens):
        runs = next(iter(places), None)
        if runs is not None:
            spans = sorted((words.units[run.first].start, words.units[run.last - 1].end) for run in runs)
            found.setdefault(listed.answer, _without(text, spans))
    if not found:
        return None
    number = min(found, key=lambda n: (known[n].language != language, known[n].language is not None, n))
    return Found(known[number].words, found[number])


@lru_cache(64)
def _heard(heard: tuple[tuple[str, ...], ...]) -> Heard:
    return Heard("own", {"small": {"words": []}, "heard": heard})


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    for start, end in reversed(spans):
        text = f"{text[:start]} {text[end:]}"
    return text
