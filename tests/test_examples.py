"""A table that is checked in one go tells of each row that is wrong."""

import pytest

from tests.examples import AT_ONCE, every


def is_even(number: int) -> None:
    assert number % 2 == 0


def sums(a: int, b: int, whole: int) -> None:
    assert a + b == whole


def test_every_row_that_is_wrong_is_named() -> None:
    with pytest.raises(pytest.fail.Exception) as failed:
        every([2, 3, 4, 5])(is_even)([2, 3, 4, 5])
    assert [line[:18] for line in str(failed.value).splitlines() if "AssertionError" in line] == [
        "3: AssertionError ",
        "5: AssertionError ",
    ]
    with pytest.raises(pytest.fail.Exception, match="1 of 2 rows"):
        every([(1, 1, 2)])(sums)([(1, 1, 2), (1, 1, 3)])


def test_no_row_is_left_out() -> None:
    checked = every(range(2 * AT_ONCE + 1))(is_even)
    (mark,) = checked.pytestmark  # type: ignore[attr-defined]
    assert [row for rows in mark.args[1] for row in rows] == list(range(2 * AT_ONCE + 1))


def test_a_table_without_rows_proves_nothing() -> None:
    with pytest.raises(AssertionError, match="proves nothing"):
        every([])
