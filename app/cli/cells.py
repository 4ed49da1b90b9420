"""Cells of a table for a spreadsheet, none of which is taken for a formula. Every export goes through here."""

import csv
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

FORMULA = ("=", "+", "-", "@")
CONTROL = ("\t", "\r", "\n")


def harmless(value: Any) -> str:
    """A cell that no spreadsheet takes for a formula: neighbors write it, and a formula can send data away.

    Also where the sign is one of full width, or follows what cannot be seen.
    """
    if isinstance(value, list):
        value = ", ".join(map(str, value))
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    seen = "".join(c for c in text if unicodedata.category(c) not in ("Cf", "Cc") and not c.isspace())
    signed = unicodedata.normalize("NFKC", seen[:1]).startswith((*FORMULA, "\u2212"))
    return f"'{text}" if signed or text.startswith(CONTROL) else text


def write(file: TextIO, head: Sequence[str], rows: Iterable[Iterable[Any]]) -> None:
    """A table as CSV."""
    table = csv.writer(file, lineterminator="\n")
    table.writerow(head)
    table.writerows([harmless(cell) for cell in row] for row in rows)
