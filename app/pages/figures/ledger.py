"""A ledger's tidy table as people read it: a section for each thing, with a sentence of what it counts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby

from babel.numbers import format_decimal

from app.pages.figures.sheet import NOTHING, Reader
from models.report.public import LEAST, OTHERS
from models.report.rows import SECONDS, SHARE, UNNAMED, USD, Row

RECKONED = frozenset({"asked_per_claim", "answers_per_wave", "gini", "came_in", "paid"})  # figures that are no counts


@dataclass(frozen=True)
class Section:
    """Rows that belong together; the first cell of each names it. None of them where nothing has happened."""

    title: str
    means: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Teller:
    """Says the rows of a ledger in one language."""

    reader: Reader
    public: bool

    def sections(self, rows: Sequence[Row]) -> list[Section]:
        """Every section, in order."""
        found = []
        for name, each in groupby(rows, lambda row: row.section):
            of = list(each)
            whole, named = [row for row in of if not row.name], [row for row in of if row.name]
            title, means = self.say(f"{name}_title"), self.say(f"{name}_means")
            if not any(row.value for row in of):
                found.append(Section(title, self.say("too_few" if self.public else "nothing"), (), ()))
                continue
            told = [[self.say(f"figure_{row.figure}"), self.value(row)] for row in whole]
            found.append(Section(title, means, ("", ""), told))
            if table := self._pivoted(name, named):
                found.append(table)
        return found

    def _pivoted(self, section: str, rows: Sequence[Row]) -> Section | None:
        """A row for each name that has anything to tell, a column for each figure."""
        by_name: dict[str, dict[str, Row]] = {}
        for row in rows:
            by_name.setdefault(row.name, {})[row.figure] = row
        shown = {name: each for name, each in by_name.items() if any(row.value for row in each.values())}
        if not shown:
            return None
        figures = list(dict.fromkeys(row.figure for row in rows))
        head = ["", *(self.say(f"figure_{figure}") for figure in figures)]
        body = [
            [self.name(section, name), *(self.value(each[f]) if f in each else "" for f in figures)]
            for name, each in shown.items()
        ]
        return Section("", "", head, body)

    def say(self, key: str, **values: object) -> str:
        """A phrase of words/CODE/report.toml."""
        return self.reader.words.say(f"report.{key}", **values)

    def name(self, section: str, name: str) -> str:
        """Of whom or what a row is, in words."""
        reader = self.reader
        if name == OTHERS and self.public:
            return reader.say("others")
        if section == "load":
            return self.say("least_loaded", percent=reader.percent(int(name.split("_")[2]) / 100))
        named: Mapping[str, Callable[[str], str]] = {
            "needs": reader.need,
            "languages": reader.language,
            "areas": lambda area: self.say("no_area") if area == UNNAMED else area,
            "texts": lambda lane: reader.say(f"lane_{lane}"),
            "books": lambda month: reader.month(date.fromisoformat(f"{month}-01")),
        }
        return named[section](name) if section in named else self.say(f"{section}_{name}")

    def value(self, row: Row) -> str:
        """A value with its unit, as short as it can be."""
        reader, value = self.reader, row.value
        if value is None:
            counts = self.public and row.unit not in (SECONDS, SHARE, USD) and row.figure not in RECKONED
            return reader.say("fewer", count=LEAST) if counts else NOTHING
        if isinstance(value, Decimal):
            return reader.sum(value, row.unit)
        if row.unit == SECONDS:
            return reader.seconds(value)
        if row.unit == USD:
            return reader.money(value)
        if row.unit == SHARE:
            return reader.percent(value)
        said = str(format_decimal(value, "#,##0.##", reader.code))
        return reader.say("at_least", count=said) if self.public and isinstance(value, int) else said
