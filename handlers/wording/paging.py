"""Long lists in few segments: as many rows as fit, the rest on the next page."""

from collections.abc import Callable, Sequence

from handlers import phrasebook
from handlers.phrasebook import Value
from handlers.wording import segments
from handlers.wording.summary import Said

MOST = 3  # segments in one answer


def page(
    rows: Sequence[Value], number: int, language: str, say: Callable[[Sequence[Value], bool], Said]
) -> tuple[Sequence[Value], bool]:
    """The rows of this page, counted from 1, for a reader of this language; and whether there are more.

    `say` is the whole text with these rows, and with the words that tell of more.
    """
    book, begins = phrasebook.book(language), 0
    for _ in range(number - 1):
        begins += _fit(rows[begins:], book, say)
    fit = _fit(rows[begins:], book, say)
    return rows[begins : begins + fit], begins + fit < len(rows)


def _fit(rows: Sequence[Value], book: phrasebook.Book, say: Callable[[Sequence[Value], bool], Said]) -> int:
    """How many of the first rows one answer holds; at least one, if there are any."""
    fit = min(1, len(rows))
    while fit < len(rows):
        whole = book.worded(say(rows[: fit + 1], fit + 1 < len(rows)))
        if segments.count(segments.thrifty(whole)) > MOST:
            break
        fit += 1
    return fit
