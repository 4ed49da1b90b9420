"""Which column of a table holds what, by the words of its heading. The words themselves are in columns.toml."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal

from app.cli.sheets.cells import Unusable, cell
from handlers.understanding.words import fold

HERE = Path(__file__).parent
BRACKETS = re.compile(r"[(\[{].*?[)\]}]")  # "Helper? (yes/no)"

Kind = Literal["people", "requests"]
# Columns that hold the same, the preferred first: what is called `address` beside phones was chosen by hand.
# What stands in them is called as the family is.
FAMILIES: Mapping[str, tuple[str, ...]] = {"address": ("address", "mobile", "phone", "landline")}
PHONES = frozenset({"mobile", "phone", "landline"})
LONGEST = 40  # words of a heading; what is longer is a text
IGNORE = "ignore"  # for --column ignore=HEADING

Words = tuple[str, ...]


@dataclass(frozen=True)
class Column:
    """What one kind of column is called."""

    key: str
    exactly: frozenset[Words]
    within: tuple[Words, ...]
    joins: bool


@dataclass
class Heading:
    """What each column of one table holds."""

    keys: list[str | None]  # by column; None where nothing is known of it
    titles: list[str]  # as they are written there
    joins: frozenset[str]
    notes: list[str] = field(default_factory=list)

    @property
    def known(self) -> frozenset[str]:
        """What the table tells, an address in one column or another being one thing."""
        return frozenset(map(family, filter(None, self.keys)))


def heading(kind: Kind, cells: Sequence[str], chosen: Mapping[str, str] | None = None) -> Heading:
    """What the columns with these headings hold; `chosen` says it by hand, as key → heading.

    Raises Unusable for a key that there is not, or a heading that the table has not.
    """
    titles = [cell(words) for words in cells]
    keys = [key_of(kind, title) for title in titles]
    if PHONES & set(keys):  # beside a column of phones "address" is a street, and "number" counts the rows
        keys = [None if key == "address" else key for key in keys]
    for key, title in (chosen or {}).items():
        at = _column(title, titles)
        if key != IGNORE:
            keys = [None if known is not None and family(known) == key else known for known in keys]
        keys[at] = None if key == IGNORE else key
    known = _columns(kind)
    found = Heading(keys, titles, frozenset(key for key, column in known.items() if column.joins))
    _settle(found)
    return found


def check(kind: Kind, chosen: Mapping[str, str]) -> None:
    """Raise Unusable for a column chosen by hand that no table of this kind has."""
    for key in chosen:
        if key not in names(kind) and key != IGNORE:
            raise Unusable(f"there is no column {key!r} to choose; write one of: {', '.join(names(kind))}, {IGNORE}")


def names(kind: Kind) -> list[str]:
    """What a table of this kind may tell, each by the name that --column knows."""
    return list(dict.fromkeys(["address", "whatsapp", "name", *map(family, _columns(kind))]))


def count(kind: Kind, cells: Sequence[str]) -> int:
    """How many of these cells are headings that we know."""
    return sum(key_of(kind, words) is not None for words in cells)


def family(key: str) -> str:
    """What a column is called where it does not matter which of several like it is meant."""
    return next((name for name, keys in FAMILIES.items() if key in keys), key)


def key_of(kind: Kind, title: str) -> str | None:
    """What a column with this heading holds, or None. The whole heading tells more than words in it."""
    whole = _plain(title)
    words = _plain(BRACKETS.sub(" ", title)) or whole
    if not words or len(words) > LONGEST:
        return None
    every = _columns(kind).values()
    for spelling in (whole, words):
        for column in every:
            if spelling in column.exactly:
                return column.key
    if any(_stands_in(part, words) for part in _never()):
        return None
    inside = [(len(part), column.key) for column in every for part in column.within if _stands_in(part, words)]
    return max(inside, key=lambda one: one[0])[1] if inside else None


def same(one: str, other: str) -> bool:
    """Whether two headings are the same but for capitals, accents, punctuation and spaces."""
    return fold(cell(one)) == fold(cell(other)) or (_plain(one) == _plain(other) != ())


def _column(title: str, titles: Sequence[str]) -> int:
    found = [at for at, each in enumerate(titles) if each and same(each, title)]
    if not found:
        there = ", ".join(repr(each) for each in titles if each)
        raise Unusable(f"there is no column {title!r}; the table has: {there}")
    return found[0]


def _settle(found: Heading) -> None:
    """Of several columns that hold the same, say which is taken."""
    for key in dict.fromkeys(map(family, filter(None, found.keys))):
        order = FAMILIES.get(key, (key,))
        at = [i for one in order for i, known in enumerate(found.keys) if known == one]
        if len(at) < 2 or key in found.joins:
            continue
        first, *others = (found.titles[i] for i in at)
        found.notes.append(
            f"{key}: {first!r} is taken, and where that is empty {' or '.join(map(repr, others))}; "
            f"--column {key}=... chooses another"
        )


def _plain(title: str) -> Words:
    return tuple("".join(c if c.isalnum() else " " for c in fold(cell(title))).split())


def _stands_in(part: Words, words: Words) -> bool:
    return any(words[at : at + len(part)] == part for at in range(len(words) - len(part) + 1))


@cache
def _columns(kind: Kind) -> dict[str, Column]:
    """The columns of such a table, those that are its own first."""
    listed = lists()
    found: dict[str, Column] = {}
    for part in (kind, "shared"):
        for key, said in listed[part].items():
            own = found.get(key)
            exactly = frozenset(map(_plain, said["is"])) | (own.exactly if own else frozenset())
            within = (*map(_plain, said.get("holds", [])), *(own.within if own else ()))
            found[key] = Column(key, exactly, within, bool(said.get("joins")))
    return found


@cache
def _never() -> tuple[Words, ...]:
    return tuple(_plain(words) for words in lists()["never"]["holds"])


@cache
def lists() -> dict[str, dict[str, dict[str, list[str]]]]:
    """What columns are called, as columns.toml has it."""
    read: dict[str, dict[str, dict[str, list[str]]]] = tomllib.loads((HERE / "columns.toml").read_text("utf-8"))
    return read
