"""CSV and its kin, in whatever encoding, with whatever separator a program, a country or a habit has given it."""

import codecs
import csv
import io
from collections.abc import Callable, Iterator, Sequence

from app.cli.sheets.cells import cell
from app.cli.sheets.grid import Broken, Grid

SEPARATORS = ",;\t|"
LOOKED_AT = 15  # lines at the top, among which the headings are
# A byte order mark tells the encoding; UTF-32's begins as UTF-16's does.
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)
MOSTLY_NULL = 0.3  # of the bytes: of ASCII in UTF-16 it is half


def grid(data: bytes, known: Callable[[Sequence[str]], int]) -> Grid:
    """The table in a text; `known` counts the headings among cells, by which the separator is found."""
    text = decoded(data).replace("\0", "")
    found = Grid()
    for number, cells in _records(text, _separator(text, known)):
        if isinstance(cells, list) and (not any(map(cell, cells)) or (number == 1 and _names_separator(cells[0]))):
            continue
        if found.too_long(number):
            break
        found.add(number, cells)
    return found


def decoded(data: bytes) -> str:
    """The text of a file: Unicode in any of its forms, or what older spreadsheets write. Never fails."""
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    start = data[:2000]
    if start and start.count(0) / len(start) > MOSTLY_NULL:
        return data.decode("utf-16-be" if start[0] == 0 else "utf-16-le", "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        # Lines that end as on an old Mac alone: so Excel saves "CSV (Macintosh)".
        old_mac = b"\r" in data and b"\n" not in data
        return data.decode("mac_roman" if old_mac else "cp1252", "replace")


def _separator(text: str, known: Callable[[Sequence[str]], int]) -> str:
    """What stands after sep=; else that with which one of the first lines names the most columns that we know."""
    top = [line for line in io.StringIO(text[:100_000], newline=None) if line.strip()][:LOOKED_AT]
    if top and _names_separator(top[0]) and (named := top[0].strip().strip('"')[4:]) in SEPARATORS and named:
        return named
    if top and _names_separator(top[0]):
        top = top[1:]

    def fits(separator: str) -> tuple[int, int]:
        heads = [next(csv.reader([line], delimiter=separator, skipinitialspace=True), []) for line in top]
        return max(map(known, heads), default=0), sum(min(len(cells), 3) for cells in heads)

    return max(SEPARATORS, key=fits)


def _names_separator(line: str) -> bool:
    return line.strip().strip('"').lower()[:4] == "sep=" and len(line.strip().strip('"')) <= 5


def _records(text: str, separator: str) -> Iterator[tuple[int, list[str] | Broken]]:
    """Each record with the number of its first line; what is wrong in place of one that cannot be read.

    After a broken record reading resumes on the very next line: an unclosed quotation mark costs one row, not all.
    """
    lines = list(io.StringIO(text, newline=""))
    at = 0
    while at < len(lines):
        reader = csv.reader(_from(lines, at), delimiter=separator, strict=True, skipinitialspace=True)
        try:
            cells = next(reader)
        except csv.Error:
            yield at + 1, Broken("cannot be read; look for a quotation mark that is missing or not closed")
            at += 1
            continue
        yield at + 1, cells
        at += reader.line_num


def _from(lines: list[str], at: int) -> Iterator[str]:
    return (lines[i] for i in range(at, len(lines)))
