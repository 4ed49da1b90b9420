"""All figures of a line at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from models.lines import Line
from models.report import asked, duty, helping, pressure, texts, times
from models.report.asked import Asked
from models.report.duty import Duty
from models.report.helping import Asks, Load
from models.report.pressure import Queue, Surging
from models.report.span import DAY, Span
from models.report.texts import Texts
from models.report.times import Times
from models.store.session import Session

DAYS = 21  # of texts and money, the latest of the span


@dataclass(frozen=True)
class Report:
    """What a line has done in a span of time, and how it is at the moment. Nothing in it is about anybody."""

    at: datetime
    span: Span
    asked: Asked
    times: Times
    asks: Mapping[date, Asks]
    load: Load
    texts: Texts
    duty: Duty
    surging: Surging
    queue: Queue


def read(session: Session, line: Line, span: Span, now: datetime) -> Report:
    """Every figure. Nothing is written; of a million texts it takes about a second: not while somebody waits."""
    days = Span(span.zone, max(span.first, span.last - (DAYS - 1) * DAY), span.last)
    return Report(
        now,
        span,
        asked.read(session, line.id, span),
        times.read(session, line.id, span),
        helping.asks(session, line.id, span),
        helping.load(session, line.id, span),
        texts.read(session, line, days),
        duty.read(session, line.id, span),
        pressure.surging(session, line, now),
        pressure.queue(session, line.id, now),
    )
