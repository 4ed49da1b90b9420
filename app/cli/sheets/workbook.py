"""Workbooks (.xlsx), and what else people save a table as: named, with what to do instead."""

import io
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import openpyxl
from openpyxl.utils import get_column_letter

from app.cli.sheets.cells import Unusable, cell, written
from app.cli.sheets.grid import Grid

MOST_UNPACKED = 200_000_000  # bytes
INSTEAD = "open it there and save it as .xlsx or CSV"
# How files begin that hold a table for their owner and none for us.
BEGINS = (
    (b"\xd0\xcf\x11\xe0", f"is an old Excel workbook (.xls), or one that is locked with a password; {INSTEAD}"),
    (b"%PDF", "is a PDF, which keeps no table; save the spreadsheet it came from as .xlsx or CSV"),
    (b"{\\rtf", f"is a text document; put the table into a spreadsheet and {INSTEAD}"),
    (b"\x89PNG", "is a picture; save the spreadsheet itself as .xlsx or CSV"),
    (b"\xff\xd8\xff", "is a picture; save the spreadsheet itself as .xlsx or CSV"),
    (b"\x1f\x8b", "is packed; unpack it first"),
    (b"BEGIN:VCARD", "is a list of contacts (vCard); export them as CSV, such as with Google Contacts"),
    (b"SQLite format 3", "is a database, not a table; export its table as CSV"),
)
MARKUP = (b"<!doctype html", b"<html", b"<table", b"<?xml")
# What is inside other packed files.
PACKED = (
    ("xl/workbook.bin", f"is a binary Excel workbook (.xlsb); {INSTEAD}"),
    ("content.xml", f"is a LibreOffice document (.ods); {INSTEAD}"),
    ("Index/Document.iwa", "is a Numbers document; in Numbers choose File, Export To, CSV or Excel"),
    ("Index.zip", "is a Numbers document; in Numbers choose File, Export To, CSV or Excel"),
    ("word/document.xml", f"is a Word document; put the table into a spreadsheet and {INSTEAD}"),
)


def is_packed(data: bytes) -> bool:
    """Whether it is a zip file, as workbooks are."""
    return data.startswith(b"PK")


def refuse(data: bytes) -> None:
    """Raise Unusable for a file that is no table but something else, and say what."""
    for begins, what in BEGINS:
        if data.startswith(begins):
            raise Unusable(f"this {what}")
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:20].lower().startswith(MARKUP):
        raise Unusable(f"this is a web page, whatever its name says; {INSTEAD}")


def grids(data: bytes) -> list[Grid]:
    """Every sheet that can be seen, in order. Raises Unusable."""
    _check(data)
    with _opened(data, values=True) as book, _opened(data, values=False) as formulas:
        found, hidden = [], []
        for sheet in book.worksheets:
            if sheet.sheet_state != "visible":
                hidden.append(sheet.title)
                continue
            found.append(_grid(sheet, formulas[sheet.title]))
    if not found:
        raise Unusable("the workbook has no sheet that can be seen")
    for one in found if hidden else []:
        one.notes.append(f"hidden sheets, not read: {', '.join(hidden)}")
    return found


def _check(data: bytes) -> None:
    """Raise Unusable for what is packed but no workbook, or would fill the memory."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            inside = {entry.filename: entry.file_size for entry in packed.infolist()}
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise Unusable("this is a packed file that is damaged; save it again as .xlsx or CSV") from error
    for name, what in PACKED:
        if name in inside:
            raise Unusable(f"this {what}")
    if "xl/workbook.xml" not in inside:
        raise Unusable(f"this is a packed file, not a workbook; unpack it, or {INSTEAD}")
    if sum(inside.values()) > MOST_UNPACKED:
        raise Unusable("the workbook is far too large for a list; copy the table alone into a new one")


@contextmanager
def _opened(data: bytes, *, values: bool) -> Iterator[Any]:
    """The workbook, read as it comes; with the values of its formulas, or their words. Raises Unusable."""
    with warnings.catch_warnings():  # of what it leaves aside: colors, rules, drop-down lists
        warnings.simplefilter("ignore")
        try:
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=values)
            try:
                yield book
            finally:
                book.close()
        except Unusable:
            raise
        except Exception as error:  # a damaged one fails in any of a hundred ways, all of which mean the same
            raise Unusable("the workbook is damaged; open it, and save it again as .xlsx or CSV") from error


def _grid(sheet: Any, formulas: Any) -> Grid:
    found = Grid(name=sheet.title, counted="row")
    unknown: list[str] = []
    for number, (row, as_made) in enumerate(zip(_rows(sheet), _rows(formulas), strict=False), 1):
        unknown += [
            f"{get_column_letter(at)}{number}"
            for at, (value, made) in enumerate(zip(row, as_made, strict=False), 1)
            if value is None and isinstance(made, str) and made.startswith("=")
        ]
        cells = [written(value) for value in row]
        if not any(map(cell, cells)):
            continue
        if found.too_long(number):
            break
        found.add(number, cells)
    if unknown:
        found.notes.append(
            f"{len(unknown)} cells hold formulas that were never worked out, the first is {unknown[0]}; "
            "open the workbook once and save it"
        )
    return found


def _rows(sheet: Any) -> Iterator[tuple[Any, ...]]:
    sheet.reset_dimensions()  # what a sheet says of its own size is often wrong
    yield from sheet.iter_rows(values_only=True)
