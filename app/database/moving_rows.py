"""Rows on their way from one database to another: read by their types on both sides, compared block by block.

A row is the same on both sides when all of its values are: numbers, words, truth, bytes, moments in UTC to the
microsecond, JSON by its text. Rows whose ids are next to each other make a block; of a block that differs every row
is written anew, and what was written is read again.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Protocol

import sqlalchemy as sa

from models import retention
from models.moves import Move
from models.store.session import Session
from models.store.types import table

BLOCK = 1_000  # ids
BLOCK_OF_FILES = 8  # of rows that may hold a picture each

Row = tuple[Any, ...]
Span = tuple[int, int]  # ids, both included
Reading = tuple[int, Callable[[Any], Any]]  # which value of a row, and what makes of it that of its column's type
Progress = Callable[[str], None]  # called with the name of each table before its rows are written


class NotTheSame(Exception):
    """What was read back is not what was written. Nothing has changed; the message names the table."""


@dataclass(frozen=True)
class Digest:
    """How many rows a block has, and what is in them."""

    count: int
    content: bytes


Digests = dict[str, dict[int, Digest]]  # of a table's blocks, by their numbers


def as_typed(row: Row, readings: list[Reading]) -> Row:
    """A driver's row, its values as their columns' types have them."""
    values = list(row)
    for n, read in readings:
        if values[n] is not None:
            values[n] = read(values[n])
    return tuple(values)


class Side(Protocol):
    """One of the two databases, within a transaction of its own."""

    session: Session
    changed: set[tuple[str, Any]]  # rows in which something was left out that the other cannot hold: tables and ids

    def rows(self, of: sa.Table, span: Span | None) -> Iterator[list[Row]]:
        """Its rows in the order of their ids, so many at a time as a block has ids."""
        ...

    def next_id(self, of: sa.Table) -> int:
        """The id that its next row would have."""
        ...

    def writing(self) -> AbstractContextManager[None]:
        """While this lasts, rows may be written in any order; at its end each that another one names is there."""
        ...

    def delete(self, of: sa.Table, span: Span | None) -> None:
        """Remove these rows."""
        ...

    def write(self, of: sa.Table, rows: Iterable[list[Row]]) -> None:
        """Write these."""
        ...

    def set_next_id(self, of: sa.Table, number: int) -> None:
        """Its next row shall have this id, or a higher one."""
        ...


@dataclass
class Carried:
    """What both databases hold now, and what it took."""

    digests: Digests = field(default_factory=dict)
    written: int = 0  # rows

    @property
    def rows(self) -> int:
        """All of them."""
        return sum(digest.count for blocks in self.digests.values() for digest in blocks.values())


def tables() -> list[sa.Table]:
    """All that is carried, those that others name first. What is known of moves stays where it is."""
    known = {table(cls).name for cls in retention.RETENTION} - {table(Move).name}
    return [each for each in table(Move).metadata.sorted_tables if each.name in known]


def is_numbered(of: sa.Table) -> bool:
    """Whether its ids are numbers. The rows of the others, of which there are few, are one block."""
    return isinstance(of.c.id.type, sa.Integer)


def block_size(of: sa.Table) -> int:
    """How many ids make a block."""
    return BLOCK_OF_FILES if any(isinstance(c.type, sa.LargeBinary) for c in of.c) else BLOCK


def digests(side: Side, of: sa.Table, span: Span | None = None) -> dict[int, Digest]:
    """The digest of every block of a table that has rows."""
    return {number: _digest(rows) for number, rows in _blocks(side.rows(of, span), of)}


def all_digests(side: Side) -> Digests:
    """The digests of every table."""
    return {each.name: digests(side, each) for each in tables()}


def carry(source: Side, target: Side, there: Digests, progress: Progress) -> Carried:
    """Make the target's rows the source's. `there` are the digests of what it holds. Raises NotTheSame."""
    done = Carried()
    anew: dict[str, list[Span | None]] = {}
    with target.writing():
        # All that goes must be gone before anything comes: what was one row's may be another's by now.
        for each in tables():
            if not there[each.name]:
                anew[each.name] = [None]
                continue
            done.digests[each.name] = found = digests(source, each)
            differ = sorted(n for n in {*found, *there[each.name]} if found.get(n) != there[each.name].get(n))
            anew[each.name] = list(_spans(differ, each))
            for span in anew[each.name]:
                target.delete(each, span)
        for each in tables():
            progress(each.name)
            for span in anew[each.name]:
                written = _Noted(source.rows(each, span), each)
                target.write(each, written)
                done.written += written.count
                if each.name not in done.digests:
                    done.digests[each.name] = written.digests
            target.set_next_id(each, source.next_id(each))
    for each in tables():
        _compare(target, each, done.digests[each.name], anew[each.name])
    return done


def _compare(target: Side, of: sa.Table, expected: dict[int, Digest], spans: list[Span | None]) -> None:
    """Read back what was written."""
    for span in spans:
        size = block_size(of)
        here = expected if span is None else {n: d for n, d in expected.items() if span[0] <= n * size <= span[1]}
        if digests(target, of, span) != here:
            raise NotTheSame(f"What was written into the table {of.name} is not what is read from there")


class _Noted:
    """Rows that pass by, and their digests."""

    def __init__(self, rows: Iterator[list[Row]], of: sa.Table) -> None:
        self._rows, self._of = rows, of
        self.digests: dict[int, Digest] = {}
        self.count = 0

    def __iter__(self) -> Iterator[list[Row]]:
        for number, rows in _blocks(self._rows, self._of):
            self.digests[number] = _digest(rows)
            self.count += len(rows)
            yield rows


def _blocks(chunks: Iterator[list[Row]], of: sa.Table) -> Iterator[tuple[int, list[Row]]]:
    at, size, numbered = list(of.c).index(of.c.id), block_size(of), is_numbered(of)
    rows = (row for chunk in chunks for row in chunk)
    for number, block in groupby(rows, key=lambda row: row[at] // size if numbered else 0):
        yield number, list(block)


def _digest(rows: list[Row]) -> Digest:
    return Digest(len(rows), hashlib.sha256(repr(rows).encode()).digest())


def _spans(blocks: list[int], of: sa.Table) -> Iterator[Span | None]:
    """The ids of these blocks; those next to each other together."""
    if not is_numbered(of):
        yield from [None] if blocks else []
        return
    size = block_size(of)
    for _, run in groupby(enumerate(blocks), key=lambda pair: pair[1] - pair[0]):
        numbers = [number for _, number in run]
        yield numbers[0] * size, (numbers[-1] + 1) * size - 1
