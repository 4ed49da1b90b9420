"""What the page of figures has no room for, with what it has: all that `hotline report` tells of a span."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from models.lines import Line
from models.report import again, books, claims, texts, waves, ways, whole
from models.report.again import Key, Repeats, Shared
from models.report.asked import CAME
from models.report.books import Books
from models.report.claims import Claims
from models.report.span import Span
from models.report.texts import Carried
from models.report.waves import Waves
from models.report.ways import Way
from models.report.whole import Report
from models.requests import Request
from models.store.session import Session
from models.store.types import UtcDateTime, table

REQUESTS = table(Request)


@dataclass(frozen=True)
class Ledger:
    """All figures of a span, and of this moment."""

    report: Report
    carried: Carried
    waves: Waves
    claims: Claims
    repeats: Repeats
    shared: Shared
    ways: Mapping[Way, int]
    books: Books

    @property
    def met(self) -> int:
        """How many of the requests that were made in the span ended with a neighbor who said that help came."""
        return sum(self.report.asked.endings.get(ending, 0) for ending in CAME)


def began(session: Session, line: Line) -> date:
    """The day before which nothing has happened on a line: its first, or that of its oldest request."""
    first = sa.select(sa.func.min(REQUESTS.c.created_at, type_=UtcDateTime)).where(REQUESTS.c.line_id == line.id)
    earliest = session.execute(first).scalar_one() or line.created_at
    return min(earliest, line.created_at).astimezone(ZoneInfo(line.timezone)).date()


def read(session: Session, line: Line, span: Span, now: datetime, *, door: Key, house: Key) -> Ledger:
    """Every figure. Nothing is written; of a million texts it takes seconds."""
    return Ledger(
        whole.read(session, line, span, now),
        texts.carried(session, line, span),
        waves.read(session, line.id, span),
        claims.read(session, line.id, span),
        again.repeats(session, line.id, span),
        again.shared(session, line.id, door, house),
        ways.read(session, line.id, span),
        books.read(session, line, span),
    )
