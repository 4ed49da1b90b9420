"""Tables for spreadsheets: no cell is a formula, whatever a neighbor wrote and whoever's program opens the file."""

import csv
import io
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from app.cli import cells
from app.cli.cells import LONGEST, harmless, in_csv

SIGNS = "=+-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u207a\u207c\u2212"
UNSEEN = " \t\r\n\u00a0\u2003\u200b\u200e\u2060\ufeff\xad\u3164\x00\x1f\"'"
TEXT = {"s", "inlineStr"}
wild = st.text(st.sampled_from(SIGNS + UNSEEN + ";|,aZ\u00f1\u4e2d1") | st.characters(exclude_categories=["Cs"]))
attacks = st.builds(
    lambda before, unseen, sign: f"{before}{unseen}{sign}cmd|' /C calc'!A0",
    st.sampled_from(["", "", "hello;", "hello\n", "hello\t", "hello|", "hello;\u200b", "hello; '"]),
    st.text(st.sampled_from(UNSEEN), max_size=3),
    st.sampled_from(SIGNS),
)
texts = wild | attacks


def opened(written: str) -> Iterator[str]:
    """Every cell, as programs of different countries take the file apart, quotation marks heeded or not."""
    for separator in ",;\t|":
        for row in csv.reader(io.StringIO(written, newline=""), delimiter=separator):
            yield from row
    for line in written.splitlines():
        for separator in ";\t|":
            yield from line.split(separator)


def runs(cell: str) -> bool:
    """Whether a spreadsheet could take this for a formula: the first thing to be seen in it is a sign for one."""
    seen = (c for c in cell if unicodedata.category(c) not in ("Cf", "Cc", "Zs", "Zl", "Zp") and c != "\u3164")
    return next(seen, "") in [*SIGNS]


@given(texts)
def test_no_cell_is_a_formula(text: str) -> None:
    shown = harmless(text)
    assert not runs(shown)
    assert shown in (text, f"'{text}")


@given(st.lists(st.lists(texts, min_size=2, max_size=3), max_size=4))
def test_no_part_of_a_file_is_a_formula_however_it_is_taken_apart(rows: list[list[str]]) -> None:
    out = io.StringIO(newline="")
    cells.write(out, ["a", "b"], rows)
    written = out.getvalue()
    assert not [cell for cell in opened(written) if runs(cell)]
    assert [len(row) for row in csv.reader(io.StringIO(written, newline=""))] == [2, *map(len, rows)]


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters=";|\t\r\n")))
def test_what_is_written_is_read_again_by_a_program(text: str) -> None:
    out = io.StringIO(newline="")
    cells.write(out, ["a", "b"], [[text, "end"]])
    _, (read, end) = csv.reader(io.StringIO(out.getvalue(), newline=""))
    assert (read in (text, f"'{text}"), end) == (True, "end")


@given(st.lists(texts, min_size=1, max_size=5))
def test_a_workbook_has_words_and_no_formula(row: list[str]) -> None:
    sheet = load_workbook(io.BytesIO(cells.workbook(["a"], [[*row, "end"]])))["hotline"]
    for cell, text in zip(next(sheet.iter_rows(min_row=2)), row, strict=False):
        shown = str(cell.value or "")
        assert cell.data_type in TEXT or cell.value is None
        assert not runs(shown)
        assert shown.startswith("'") or not runs(text)


def test_a_workbook_keeps_numbers_moments_and_what_looks_like_an_error() -> None:
    moment = datetime(2026, 3, 3, 10, 5, tzinfo=UTC).replace(tzinfo=None)  # on the line's own clock
    found = cells.workbook(
        ["a", "b", "c", "d"], [[3, moment, "#N/A", True], [None, ["food", "water"], "02134", "x" * 40_000]]
    )
    first, second = [*load_workbook(io.BytesIO(found))["hotline"].iter_rows(min_row=2)]
    assert [cell.value for cell in first] == [3, moment, "#N/A", "true"]
    assert [cell.data_type for cell in first[:2]] == ["n", "d"]
    assert {cell.data_type for cell in first[2:]} <= TEXT
    assert [cell.value for cell in second] == [None, "food, water", "02134", "x" * LONGEST]


@pytest.mark.parametrize(
    "kept",
    [
        "02134",
        "202555010112",
        "4111 1111 1111 1111",
        "1E5",
        "2.5e10",
        "3/4",
        "3-4",
        "12.3.26",
        "3-2026",
        "2026/3",
        "12.50",
    ],
)
def test_what_a_spreadsheet_would_turn_into_something_else_stays(kept: str) -> None:
    assert in_csv(kept) == f"'{kept}"
    assert harmless(kept) == kept


@pytest.mark.parametrize("plain", ["12 Oak St", "3rd ave", "4B", "3", "2026-10-01", "America/New_York", "x;y"])
def test_what_stays_by_itself_has_no_mark(plain: str) -> None:
    assert in_csv(plain) == plain


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, ""), (True, "true"), (3, "3"), (-3, "-3"), (["food", "water"], "food, water"), ([], "")],
)
def test_other_cells(value: object, shown: str) -> None:
    assert harmless(value) == shown
