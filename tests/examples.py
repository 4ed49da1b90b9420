"""Tables of examples: every row is checked, a hundred in a test, and every one that is wrong is named.

A test for each of thousands of rows took longer to begin, to report and to end than to run.
"""

import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest

AT_ONCE = 100

Check = Callable[..., None]
Checked = Callable[[Sequence[Any]], None]


def every(table: Iterable[Any]) -> Callable[[Check], Checked]:
    """Let a test that takes one row, or its fields, check all of them."""
    rows = list(table)
    assert rows, "a table without rows proves nothing"
    chunks = [rows[at : at + AT_ONCE] for at in range(0, len(rows), AT_ONCE)]

    def checking(check: Check) -> Checked:
        whole = len(inspect.signature(check).parameters) == 1

        def test(rows: Sequence[Any]) -> None:
            wrong = []
            for row in rows:
                try:
                    check(row) if whole else check(*row)
                except Exception as error:
                    wrong.append(f"{row!r}: {type(error).__name__} {error}")
            if wrong:
                pytest.fail(f"{len(wrong)} of {len(rows)} rows:\n" + "\n".join(wrong), pytrace=False)

        test.__name__, test.__qualname__, test.__doc__ = check.__name__, check.__qualname__, check.__doc__
        test.__module__ = check.__module__
        checked: Checked = pytest.mark.parametrize(
            "rows", chunks, ids=[str(at * AT_ONCE) for at in range(len(chunks))]
        )(test)
        return checked

    return checking
