"""Requests are called by their numbers: `42`, `#42`, `1,042`, `42, 43 and 44`. Others count bags, or are hours."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from handlers.understanding.phrases import PhraseIndex
from handlers.understanding.words import Token

MOST_NUMBERS = 5  # in one text; every one of them costs an answer
THOUSANDS = 3  # digits after the mark that sets thousands off
CENTS = 2  # the same for cents
MONEY = ("$", "€", "£")
SIGNED = re.compile(r"\d[\d.,]*\s?[$€£](?![ ]?\d)")


class Numbers(NamedTuple):
    """The numbers at the start of some words."""

    found: tuple[int, ...] = ()
    words: int = 0  # how many words they take
    marked: bool = False  # one of them has a "#"
    surplus: tuple[int, ...] = ()  # those beyond the most


def take(text: str, words: Sequence[Token], phrases: PhraseIndex, marks: str = "") -> Numbers:
    """The numbers that these words of the text begin with, after filler such as "request no.".

    Where money may stand beside them, `marks` are what may stand before cents: "42 31.50" is #42.
    """
    at = 0
    while at < len(words) and words[at].text != "#" and words[at].number is None:
        if not phrases.is_function_word("filler", words[at].text):
            return Numbers()
        at += 1
    numbers: list[int] = []
    end, marked = 0, False
    while at < len(words):
        sharp = words[at].text == "#"
        digit = at + sharp
        number, size = _number(text, words[digit : digit + 2])
        if number is not None and not sharp and _is_hour(text, words[digit:], phrases):
            number = None
        if number is None:
            if numbers and phrases.is_function_word("and", words[at].text):
                at += 1
                continue
            break
        if marks and _is_amount(text, words, digit, marks, first=not numbers):
            break
        apart = text[words[at - 1].end : words[at].start].strip(" ,;&/+\n") if numbers else ""
        if numbers and (apart or (not sharp and not _may_end(words[digit + size :], phrases))):
            break  # "done 42 3 bags are left", "done 42 $31.50": that is no request
        numbers.append(number)
        marked = marked or sharp
        at = end = digit + size
    found = tuple(dict.fromkeys(numbers))
    return Numbers(found[:MOST_NUMBERS], end, marked, found[MOST_NUMBERS:])


def _is_amount(text: str, words: Sequence[Token], at: int, marks: str, *, first: bool) -> bool:
    """Whether a number is one of money: "$31", or behind a request's "31.50"."""
    if text[: words[at].start].rstrip()[-1:] in MONEY or SIGNED.match(text, words[at].start):
        return True
    if first or at + 1 >= len(words) or text[words[at - 1].end : words[at].start].strip():
        return False
    cents = words[at + 1]
    after = text[cents.end : cents.end + 2]
    return (
        text[words[at].end : cents.start] in tuple(marks)
        and len(cents.text) == CENTS
        and cents.number is not None
        and not (after[:1] in (".", ",") and after[1:].isdigit())
    )


def _number(text: str, words: Sequence[Token]) -> tuple[int | None, int]:
    """The number that these words begin with, and how many they are: "1,234" is one of two."""
    first = words[0].number if words else None
    if first is not None and len(words) == 2 and len(words[0].text) <= THOUSANDS and len(words[1].text) == THOUSANDS:
        thousands = words[1].number
        if thousands is not None and text[words[0].end : words[1].start] in (",", "."):
            return first * 1000 + thousands, 2
    return first, 1


def _is_hour(text: str, words: Sequence[Token], phrases: PhraseIndex) -> bool:
    """Whether a number is the time of day: "3 pm", "3:30"."""
    if len(words) < 2:
        return False
    clock = text[words[0].end : words[1].start] == ":" and words[1].number is not None
    return clock or phrases.is_function_word("clock", words[1].text)


def _may_end(rest: Sequence[Token], phrases: PhraseIndex) -> bool:
    """Whether a number before these words may be a request's: it counts none of them."""
    if not rest or rest[0].text == "#" or rest[0].text.isdigit():
        return True
    return phrases.begin_with("but_word", rest) or phrases.begin_with("and", rest)
