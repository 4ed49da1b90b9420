"""A table in a file: CSV or a workbook, its heading found wherever it stands, each row by what its columns hold.

    table = reading.read(file.read_bytes(), "people")
    for row in table.rows:
        row.number, row.values.get("address"), row.others.get("Favorite color")

Nothing is left out in silence: a row is in `rows` or in `refused`, a column in `taken` or in `ignored`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from openpyxl.utils import get_column_letter

from app.cli.sheets import columns, delimited, workbook
from app.cli.sheets.cells import Unusable, cell
from app.cli.sheets.columns import Heading, Kind, family
from app.cli.sheets.grid import MOST_BYTES, Broken, Grid

LOOKED_AT = delimited.LOOKED_AT  # rows at the top, among which the heading is: titles may stand above it
WHATSAPP = "whatsapp"


@dataclass(frozen=True)
class Row:
    """One row: what its known columns say by key, and the others by their headings. No cell is empty."""

    number: int  # of the line in a text, or the row in a sheet
    values: Mapping[str, str]
    others: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Table:
    """The rows of a table, and what of it was not read."""

    rows: list[Row] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)  # the row's number, and why
    taken: list[tuple[str, str]] = field(default_factory=list)  # what a column holds, and its heading
    ignored: list[str] = field(default_factory=list)  # headings of columns that nobody knows
    notes: list[str] = field(default_factory=list)  # what was chosen among several, what could not be seen
    counted: str = "line"  # what the numbers count: "line" or "row"


def read(data: bytes, kind: Kind, chosen: Mapping[str, str] | None = None, *, sheet: str | None = None) -> Table:
    """The table in a file, of people or of what they ask for.

    `chosen` says by hand what columns hold, as key → heading; `sheet` names the one to read in a workbook, which is
    by itself the one with the most columns that we know. Raises Unusable for a file that is no such table.
    """
    chosen = chosen or {}
    columns.check(kind, chosen)
    if len(data) > MOST_BYTES:
        raise Unusable(f"the file has more than {MOST_BYTES // 1_000_000} MB, far more than a list has")
    workbook.refuse(data)
    if workbook.is_packed(data):
        return _of_sheets(workbook.grids(data), kind, chosen, sheet)
    if sheet is not None:
        raise Unusable("only a workbook has sheets; leave --sheet out")
    grid = delimited.grid(data, lambda cells: _fits(kind, cells, chosen))
    if not grid.rows:
        raise Unusable("the file is empty")
    return _table(grid, kind, chosen)


def _of_sheets(grids: Sequence[Grid], kind: Kind, chosen: Mapping[str, str], named: str | None) -> Table:
    if named is not None:
        grid = next((one for one in grids if columns.same(one.name, named)), None)
        if grid is None:
            raise Unusable(f"there is no sheet {named!r}; there are: {', '.join(one.name for one in grids)}")
        if not grid.rows:
            raise Unusable(f"the sheet {grid.name!r} is empty")
        return _table(grid, kind, chosen)
    filled = [grid for grid in grids if grid.rows]
    if not filled:
        raise Unusable("the workbook is empty")
    best = max(filled, key=lambda grid: _best_row(grid, kind, chosen)[1])
    table = _table(best, kind, chosen)
    if others := [grid.name for grid in filled if grid is not best]:
        left = ", ".join(others)
        table.notes.insert(0, f"read is the sheet {best.name!r}, and not: {left}; --sheet chooses another")
    return table


def _table(grid: Grid, kind: Kind, chosen: Mapping[str, str]) -> Table:
    table = Table(notes=list(grid.notes), counted=grid.counted)
    at, _ = _best_row(grid, kind, chosen)
    if at is None:
        raise Unusable(_no_heading(grid, kind))
    cells = grid.rows[at][1]
    assert isinstance(cells, list)
    heading = columns.heading(kind, cells, chosen)
    table.notes += heading.notes
    for number, row in grid.rows[:at]:  # titles above the heading are no rows; what is broken may be
        if isinstance(row, Broken):
            table.refused.append((number, row.why))
    surplus: set[int] = set()
    for number, row in grid.rows[at + 1 :]:
        if isinstance(row, Broken):
            table.refused.append((number, row.why))
        elif grid.counted == "line" and any(map(cell, row[len(heading.keys) :])):
            table.refused.append((number, "more cells than headings; put quotation marks around a cell with a comma"))
        else:
            surplus |= {i for i, words in enumerate(row) if _untitled(heading, i) and cell(words)}
            table.rows.append(_row(heading, number, row))
    for key, title in zip(heading.keys, heading.titles, strict=True):
        if key is not None:
            table.taken.append((family(key), title))
        elif title:
            table.ignored.append(title)
    table.ignored += [f"column {get_column_letter(i + 1)}, which has no heading" for i in sorted(surplus)]
    return table


def _untitled(heading: Heading, at: int) -> bool:
    return at >= len(heading.keys) or (heading.keys[at] is None and not heading.titles[at])


def _row(heading: Heading, number: int, cells: Sequence[str]) -> Row:
    values: dict[str, str] = {}
    rank: dict[str, int] = {}
    others: dict[str, str] = {}
    for key, title, words in zip(heading.keys, heading.titles, cells, strict=False):
        if not cell(words):
            continue
        if key is None:
            if title:
                others.setdefault(title, words)
            continue
        name = family(key)
        order = columns.FAMILIES.get(name, (name,)).index(key)
        if key in heading.joins and key in values:
            values[key] += f"; {words}"
        elif name not in values or order < rank[name]:
            values[name], rank[name] = words, order
    full = [cell(values.pop(part, "")) for part in ("first_name", "last_name")]
    if "name" not in values and any(full):
        values["name"] = " ".join(filter(None, full))
    return Row(number, values, others)


def _best_row(grid: Grid, kind: Kind, chosen: Mapping[str, str]) -> tuple[int | None, int]:
    """Which of the first rows is the heading, and how many columns it names; it must name where people are."""
    best: tuple[int | None, int] = (None, 0)
    for at, (_, cells) in enumerate(grid.rows[:LOOKED_AT]):
        if isinstance(cells, list) and (fits := _fits(kind, cells, chosen)) > best[1] and _tells(kind, cells, chosen):
            best = at, fits
    return best


def _fits(kind: Kind, cells: Sequence[str], chosen: Mapping[str, str]) -> int:
    by_hand = sum(any(columns.same(words, title) for words in cells) for title in chosen.values())
    return columns.count(kind, cells) + by_hand * len(cells)


def _tells(kind: Kind, cells: Sequence[str], chosen: Mapping[str, str]) -> bool:
    """Whether a heading names the column without which nothing can be done: a phone's, or of requests the need."""
    named = {family(key) for words in cells if (key := columns.key_of(kind, words))}
    named |= {family(key) for key, title in chosen.items() if any(columns.same(words, title) for words in cells)}
    return bool(named & ({"address", WHATSAPP} if kind == "people" else {"address", WHATSAPP, "need"}))


def _no_heading(grid: Grid, kind: Kind) -> str:
    first = next((cells for _, cells in grid.rows if isinstance(cells, list)), [])
    there = ", ".join(repr(cell(words)) for words in first[:20] if cell(words))
    known = ", ".join(name for name in columns.names(kind) if name not in (WHATSAPP, "first_name", "last_name"))
    by_hand = f". The table begins with: {there}; say which it is, such as --column address=Tel" if there else ""
    return f"the first row must name the columns, such as: {known}{by_hand}"
