"""What is needed again and again: a table of what says so and of what only sounds like it (tests/repeats.tab)."""

import csv
from pathlib import Path

import pytest

from handlers.understanding import needs
from handlers.understanding.when.repeating import CODES

TABLE = Path(__file__).with_name("repeats.tab").read_text(encoding="utf-8").splitlines()
ROWS = [row for row in csv.reader(TABLE, delimiter="\t", quoting=csv.QUOTE_NONE) if row and row[0][0] != "#"]


@pytest.mark.parametrize(("text", "expected"), ROWS, ids=[row[0] for row in ROWS])
def test_how_often_a_text_says_that_something_is_needed(text: str, expected: str) -> None:
    repeats = needs.understand(text).repeats
    said = "-"
    if repeats is not None:
        said = repeats.freq + (f"/{repeats.interval}" if repeats.interval > 1 else "")
        days = ",".join(CODES[day] for day in repeats.days)
        said += f" {days}" if days else f" {repeats.of_month}" if repeats.of_month else ""
    assert said == expected


def test_the_table_has_enough_of_both() -> None:
    missed = [row for row in ROWS if row[1] == "-"]
    assert len(ROWS) - len(missed) >= 50
    assert len(missed) >= 30
