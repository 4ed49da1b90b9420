"""Tables for a spreadsheet, in which no cell is taken for a formula. Every export goes through here.

A file that neighbors' words are in is opened by somebody's spreadsheet, which runs what looks like a formula, guesses
at letters without a mark, and turns a ZIP code into a number and a house number into a date.
"""

import csv
import io
import os
import re
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO, Annotated, Any

import typer
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils import get_column_letter

FORMULA = ("=", "+", "-", "@", "\u2212")
CONTROL = ("\t", "\r", "\n")
UNSEEN = frozenset({"Cf", "Cc", "Zs", "Zl", "Zp"})  # classes of what stands before a sign and is not seen
FILLERS = "\u115f\u1160\u3164\uffa0\u2800"  # letters by their class, and not seen either
# What a spreadsheet would read as another number or a day: 02134, 202555010112, 1E5, 3-4, 3/4/26. Never 2026-10-01.
TURNED = re.compile(
    r"0\d+|\d[\d ]{11,}|\d+(?:[.,]\d+)?e[+-]?\d+"
    r"|\d{1,2}([/.-])\d{1,4}(?:\1\d{1,4})?|\d{4}[/.]\d{1,2}(?:[/.]\d{1,2})?",
    re.IGNORECASE | re.ASCII,
)
# Where a spreadsheet whose country separates by something else than commas ends a cell of ours, quoted or not.
ENDS = re.compile(r"([;\t|\n\r]+)")
QUOTES = "\"'`\u2018\u2019\u201c\u201d"
BOM = "\ufeff"
WORKBOOK = ".xlsx"
WIDEST = 60  # letters of a column in a workbook
LONGEST = 32_000  # characters: a cell of a workbook holds 32,767
WITHOUT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # XML has no way to write these

To = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help=f"Write it into a file: a workbook if its name ends in {WORKBOOK}, else CSV.",
        dir_okay=False,
    ),
]
NoBom = Annotated[bool, typer.Option("--no-bom", help="Leave out the mark by which Excel knows CSV to be UTF-8.")]


def harmless(value: Any) -> str:
    """A cell that no spreadsheet takes for a formula: neighbors write it, and a formula can send data away.

    Also where the sign is one of full width, or follows what cannot be seen or quotation marks.
    """
    text = _text(value)
    if isinstance(value, int | float):
        return text
    return f"'{text}" if text.startswith(CONTROL) or _first(text).startswith(FORMULA) else text


def in_csv(value: Any) -> str:
    """The same for a CSV file, whose reader guesses where cells end and what they are.

    No part of it is a formula either, and what would be turned into another number or a day stays as it is.
    """
    first, *more = ENDS.split(harmless(value))
    text = first + "".join(harmless(part) if n % 2 else part for n, part in enumerate(more))
    return f"'{text}" if isinstance(value, str) and TURNED.fullmatch(text.strip()) else text


def write(file: IO[str], head: Sequence[str], rows: Iterable[Iterable[Any]]) -> None:
    """A table as CSV."""
    table = csv.writer(file, lineterminator="\n")
    table.writerow([in_csv(name) for name in head])
    table.writerows([in_csv(cell) for cell in row] for row in rows)


def save(to: Path | None, head: Sequence[str], rows: Iterable[Iterable[Any]], *, bom: bool = True) -> None:
    """A table on standard output as CSV, or in a file that only its owner may read. Raises OSError.

    CSV begins with a BOM, without which Excel takes UTF-8 for what the machine's country used once; on a screen not.
    """
    if to is None:
        sys.stdout.write(BOM if bom and not sys.stdout.isatty() else "")
        write(sys.stdout, head, rows)
        return
    if is_workbook(to):
        found = workbook(head, rows)
    else:
        out = io.StringIO(newline="")
        write(out, head, rows)
        found = out.getvalue().encode("utf-8-sig" if bom else "utf-8", "replace")
    with os.fdopen(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(found)


def is_workbook(to: Path | None) -> bool:
    """Whether a file of this name is written as a workbook."""
    return to is not None and to.suffix.lower() == WORKBOOK


def workbook(head: Sequence[str], rows: Iterable[Iterable[Any]]) -> bytes:
    """The same as a workbook, which opens alike in every country: CSV's comma is a semicolon to many an Excel.

    Numbers and moments are such, all else is text and never a formula.
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet("hotline")
    table = [[*head], *([*row] for row in rows)]
    sheet.freeze_panes = "A2"
    for n in range(len(head)):
        widest = max((len(_text(row[n])) for row in table if n < len(row)), default=0)
        sheet.column_dimensions[get_column_letter(n + 1)].width = min(widest, WIDEST) + 2
    for row in table:
        cells = []
        for value in row:
            plain = isinstance(value, int | float | datetime) and not isinstance(value, bool)
            cell = WriteOnlyCell(sheet, value if plain else WITHOUT.sub("", harmless(value))[:LONGEST] or None)
            if not plain:
                cell.data_type = "s"  # by itself openpyxl writes "#N/A" as an error, and would "=1" as a formula
            elif isinstance(value, datetime):
                cell.number_format = "yyyy-mm-dd hh:mm"
            cells.append(cell)
        sheet.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M")
        case list():
            return ", ".join(map(str, value))
    return str(value)


def _first(text: str) -> str:
    """The first character that counts, as it is without its full width."""
    for c in text:
        if unicodedata.category(c) not in UNSEEN and not unicodedata.combining(c) and c not in FILLERS + QUOTES:
            return unicodedata.normalize("NFKC", c)
    return ""
