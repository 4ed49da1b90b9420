"""Rows of a list of requests, as people keep one: what each column says, and whether the row is still open."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from dateutil import parser

from app.cli import request_export
from app.cli.request_export import FIELDS, ONLY_WHOLE
from app.cli.sheets import reading
from app.cli.sheets.cells import Unusable, cell
from app.cli.sheets.reading import Row, Table
from app.cli.sheets.values import parts, yes
from handlers import phrasebook
from handlers.setup.importing import Listed
from handlers.understanding.intents import Need
from handlers.understanding.needs import understand
from handlers.understanding.words import fold
from models.lines import Line
from models.requests import Urgency

WORDS = Path(__file__).with_name("request_import.toml")
MOST_PEOPLE = 99
DASHES = ("-", "–", "—")
MONTH_FIRST = frozenset({"US", "PR", "PH", "FM", "MH", "PW", "GU", "VI", "AS", "MP"})  # CLDR 46: M/d/yy
ISO = re.compile(r"\d{4}-\d{1,2}-\d{1,2}")
# What our own export calls what a list tells; its other columns say what became of it here.
OURS = {
    "address": "phone", "name": "name", "need": "needs", "people": "people", "urgency": "urgency", "area": "area",
    "place": "place", "language": "language", "asked": "created_at", "status": "state", "notes": "text",
}  # fmt: skip


class Stands(StrEnum):
    """Where a list says that a request stands."""

    OPEN = "open"
    TAKEN = "taken"
    OVER = "over"


class Dates(parser.parserinfo):
    """Dates as they are written in English and in Spanish."""

    JUMP = [*parser.parserinfo.JUMP, "de", "del", "a", "las", "el"]
    MONTHS = [
        (*known, *spanish)
        for known, spanish in zip(
            parser.parserinfo.MONTHS,
            [
                ("ene", "enero"), ("febrero",), ("marzo",), ("abr", "abril"), ("mayo",), ("junio",), ("julio",),
                ("ago", "agosto"), ("septiembre", "setiembre"), ("octubre",), ("noviembre",), ("dic", "diciembre"),
            ],
            strict=True,
        )
    ]  # fmt: skip


def read(data: bytes, chosen: Mapping[str, str], sheet: str | None) -> Table:
    """The table in a file; one of our own is known by its headings. Raises Unusable."""
    table = reading.read(data, "requests", chosen, sheet=sheet)
    headings = {title for _, title in table.taken} | {*table.ignored}
    ours = _ours(headings)
    if not ours:
        return table
    table = reading.read(data, "requests", ours | dict(chosen), sheet=sheet)
    table.rows = [replace(row, values=_asker(row)) for row in table.rows]
    return table


def _asker(row: Row) -> Mapping[str, str]:
    """What a row of our own export tells, with the name of whom it is for, where the phone is another's."""
    found = next((row.others[title] for title in _for_names() if title in row.others), None)
    return {**row.values, "name": found} if found else row.values


def _for_names() -> list[str]:
    return [request_export.headings(code, ["for_name"])[0] for code in (None, *request_export.said())]


def _ours(headings: set[str]) -> dict[str, str]:
    """The columns of a table that `hotline request export` wrote, by what a list tells; none of another."""
    for code in (None, *request_export.said()):
        names = dict(zip([*FIELDS, *ONLY_WHOLE], request_export.headings(code, [*FIELDS, *ONLY_WHOLE]), strict=True))
        if {*request_export.headings(code, FIELDS)} <= headings:
            return {key: names[field] for key, field in OURS.items() if names[field] in headings}
    return {}


class Reader:
    """Reads the rows of one table."""

    def __init__(self, table: Table, line: Line, now: datetime) -> None:
        self.line, self.now = line, now
        self.headings = dict(table.taken)
        self.day_first = _day_first([row.values.get("asked", "") for row in table.rows], line.country)

    def stands(self, row: Row) -> Stands:
        """Where a row says that it stands. Raises Unusable for words that do not tell."""
        written = cell(row.values.get("status", ""))
        said = _plain(written)
        told = said or not written or written in DASHES  # a tick alone tells nothing
        found = next((Stands(name) for name, words in _words()["status"].items() if told and said in words), None)
        if written and _plain(self.headings.get("status", "")) in _words()["over"]["headings"]:
            try:
                return Stands.OVER if yes("status", written) else Stands.OPEN
            except Unusable:
                return found or Stands.OVER  # "3/4 by Ben" in a column of what is done
        if found is None:
            raise Unusable(f"status {written!r}: not understood; write open, or done where it is over")
        return found

    def listed(self, row: Row) -> tuple[Listed, list[str]]:
        """What a row asks for, and what of it was not understood. Raises Unusable."""
        said = {key: cell(words) for key, words in row.values.items()}
        notes = []
        urgency, sure = _urgency(said.get("urgency", ""))
        if not sure:
            notes.append(f"urgency {said['urgency']!r}")
        asked_at = self._moment(said.get("asked", ""))
        if asked_at is None and said.get("asked"):
            notes.append(f"date {said['asked']!r}")
        people = _people(said.get("people", ""))
        if people is None and said.get("people"):
            notes.append(f"people {said['people']!r}")
        need, more = said.get("need", ""), said.get("notes", "")
        if not need and not more:
            raise Unusable("nothing says what is needed")
        named = [_needs().get(_plain(part)) for part in parts(need)]
        known = tuple(filter(None, named)) if all(named) else ()
        listed = Listed(
            words="" if known and more else need or more,
            more=more if need else "",
            needs=known,
            people=people,
            urgency=urgency,
            area=said.get("area", ""),
            place=said.get("place", ""),
            asked_at=min(asked_at, self.now) if asked_at else None,
        )
        return listed, notes

    def _moment(self, written: str) -> datetime | None:
        """The moment that a cell names, on the line's own clock where it tells no zone; in UTC."""
        if not written:
            return None
        zone: tzinfo = ZoneInfo(self.line.timezone)
        start = self.now.astimezone(zone).replace(hour=12, minute=0, second=0, microsecond=0)
        day_first = self.day_first and not ISO.match(written)
        try:
            found: datetime = parser.parse(written, Dates(), dayfirst=day_first, default=start.replace(tzinfo=None))
            return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
        except (ValueError, OverflowError, TypeError):
            return None


def _day_first(dates: list[str], country: str) -> bool:
    """Which comes first in 3/4/2026: whatever the column shows, else as the line's country has it."""
    found = [match for date in dates if (match := re.match(r"\s*(\d{1,2})[/.-](\d{1,2})[/.-]\d{2,4}", date))]
    if any(int(each[1]) > 12 for each in found):
        return True
    return country.upper() not in MONTH_FIRST and not any(int(each[2]) > 12 for each in found)


def _urgency(written: str) -> tuple[Urgency | None, bool]:
    """How soon, and whether the words tell."""
    said = _plain(written)
    for name, words in _words()["urgency"].items():
        if said in words:
            return (Urgency(name) if said else None), True
    if said.isdigit():
        return None, False
    found = understand(written).urgency
    return found, found is not None


def _people(written: str) -> int | None:
    if written.isdigit():
        return int(written) if 1 <= int(written) <= MOST_PEOPLE else None
    if parted := re.findall(r"\d{1,2}", written):  # "2 adults, 3 kids"
        total = sum(map(int, parted))
        return total if 1 <= total <= MOST_PEOPLE and "-" not in written else None
    return understand(f"for {written}").people if written else None


def _plain(words: str) -> str:
    return " ".join("".join(c if c.isalnum() else " " for c in fold(cell(words))).split())


@cache
def _needs() -> dict[str, Need]:
    """Needs by our own names, as an export has them: those of programs, and those of each language that we speak."""
    found = {_plain(need): need for need in Need}
    for code in phrasebook.languages():
        found |= {_plain(phrasebook.book(code).need(need)): need for need in Need}
    return found


@cache
def _words() -> dict[str, dict[str, frozenset[str]]]:
    lists = tomllib.loads(WORDS.read_text(encoding="utf-8"))
    return {
        about: {name: frozenset(map(_plain, words)) for name, words in found.items()}
        for about, found in lists.items()
    }
