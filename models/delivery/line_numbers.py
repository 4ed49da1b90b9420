"""The numbers a line sends from: rate limit and pauses of each, and what a line has spent in a day."""

from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import BigInteger, Column, Field, Integer, col, select

from models.lines import Channel, Line, day
from models.store.session import Session
from models.store.statements import Precompiled
from models.store.types import EnumString, Model, UtcDateTime, table

MILLION = 1_000_000
LONGEST_PAUSE = timedelta(hours=1)
MOST_SEGMENTS = 11  # of one text: what is longer goes in parts, or one would hold up all others for half a minute
OVERDRAFT = 10  # segments of emergency answers that leave beyond the pace, after the largest text too
BURST = 0.25  # seconds' worth of texts that may leave at once; at a segment a second that is one text


class LineNumber(Model, table=True):
    """One number on one channel, shared by all processes that send from it."""

    __tablename__ = "line_number"
    __table_args__ = (sa.UniqueConstraint("channel", "number"),)

    id: int = Field(default=None, primary_key=True)
    line_id: int = Field(foreign_key="line.id")
    channel: Channel = Field(sa_type=EnumString(Channel))
    number: str
    next_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # when the next segment may leave
    paused_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    paused_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    pause_code: int | None = None  # the carrier's error because of which it is paused


class Spending(Model, table=True):
    """What a line has spent on one of its local days."""

    __table_args__ = (sa.UniqueConstraint("line_id", "day"),)

    id: int = Field(default=None, primary_key=True)
    line_id: int = Field(foreign_key="line.id")
    day: str  # the line's local date, as 2026-03-03
    segments: int = 0
    micros: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))  # millionths of the currency
    heard_micros: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default="0"))  # came in
    # The last text that came in and is counted.
    heard_to: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default="0"))
    reported_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # when duty heard that bulk waits
    ceiling_reported_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # and that waves wait, too


class Pace:
    """Rate limit of one number (GCRA), in segments by SMS and messages by WhatsApp.

    In any stretch of time no more leaves than the rate allows and one burst; a text larger than a burst goes
    alone, and all after it wait until the rate has caught up. Whoever is in danger does not wait for that: their
    answers may `overdraw` the pace, by so much that they leave at once even after the largest text.
    """

    def __init__(self, line_number: LineNumber, line: Line, now: datetime) -> None:
        policy = line.policy
        rate = policy.rate_whatsapp if line_number.channel is Channel.WHATSAPP else policy.rate_sms
        self.rate = max(rate, 0.01)  # a figure set by hand must not stop everything
        self.burst = max(1.0, self.rate * BURST)
        self.now = now
        owed = line_number.next_at or now
        # More than that is owed only where a clock was set back: nobody shall wait for it.
        if (owed - now).total_seconds() * self.rate > self.burst + 2 * MOST_SEGMENTS + OVERDRAFT:
            owed = now
        self.next_at = max(owed, now)

    @property
    def free(self) -> float:
        """Units that may leave now."""
        return self.burst - (self.next_at - self.now).total_seconds() * self.rate + 1e-6 * self.rate

    def fits(self, units: int, *, overdraw: bool = False) -> bool:
        """Whether a text of so many units may leave now."""
        return self._missing(units, overdraw) <= 0

    def when(self, units: int, *, overdraw: bool = False) -> datetime:
        """When it may."""
        return self.now + timedelta(seconds=max(self._missing(units, overdraw), 0) / self.rate)

    def _missing(self, units: int, overdraw: bool) -> float:
        return min(units, self.burst) - self.free - (MOST_SEGMENTS + OVERDRAFT if overdraw else 0)

    def take(self, units: int) -> None:
        """It leaves."""
        self.next_at += timedelta(seconds=units / self.rate)


def paused(session: Session, now: datetime) -> list[LineNumber]:
    """The numbers that send nothing for now, because the carrier refused the account, the number or its quota."""
    return list(
        session.exec(select(LineNumber).where(col(LineNumber.paused_until) > now).order_by(col(LineNumber.id)))
    )


def of_line(session: Session, line_id: int) -> list[LineNumber]:
    """Every number that the line has sent from."""
    return list(session.exec(select(LineNumber).where(LineNumber.line_id == line_id).order_by(col(LineNumber.id))))


def add(session: Session, line_id: int, channel: Channel, number: str) -> bool:
    """Make a number known; False if it is already, even if another process was just faster."""
    on: Any = postgresql if session.dialect.name == "postgresql" else sqlite
    made = session.execute(
        on.insert(LineNumber)
        .values(line_id=line_id, channel=channel, number=number)
        .on_conflict_do_nothing(index_elements=["channel", "number"])
        .returning(col(LineNumber.id))
    )
    return made.first() is not None


def pause(
    session: Session,
    line_number: LineNumber,
    code: int,
    now: datetime,
    at_least: timedelta,
    at_most: timedelta = LONGEST_PAUSE,
) -> None:
    """Pause a number, as long again as it has been paused already (exponential backoff), within these bounds."""
    since = line_number.paused_since or now
    line_number.paused_since = since
    line_number.paused_until = now + max(at_least, min(now - since, at_most))
    line_number.pause_code = code
    session.add(line_number)


def resume(session: Session, channel: Channel, number: str) -> None:
    """The carrier takes texts from this number again."""
    for line_number in session.exec(
        select(LineNumber).where(LineNumber.channel == channel, LineNumber.number == number)
    ):
        line_number.paused_since = line_number.paused_until = line_number.pause_code = None
        session.add(line_number)


def over_budget(session: Session, line: Line, now: datetime) -> bool:
    """Whether the line has spent what it may today: bulk waits. Without a budget it never has."""
    return _beyond(session, line, line.policy.daily_budget, now)


def over_ceiling(session: Session, line: Line, now: datetime) -> bool:
    """Whether the line has spent so much today that no more volunteers are asked, but for danger."""
    return _beyond(session, line, line.policy.daily_ceiling, now)


def _beyond(session: Session, line: Line, figure: str, now: datetime) -> bool:
    return bool(figure) and reached(figure, spent_today(session, line, now))


def reached(figure: str, micros: int) -> bool:
    """Whether so many millionths are as much as a figure of money allows. Without a figure they never are."""
    return bool(figure) and micros >= _money(figure, Decimal("Infinity")) * MILLION


SPENT: Precompiled[int] = Precompiled(
    select(Spending.micros).where(
        col(Spending.line_id) == sa.bindparam("line_id"), col(Spending.day) == sa.bindparam("on_day")
    )
)


def spent_today(session: Session, line: Line, now: datetime) -> int:
    """What the line has spent on its local day, in millionths of its currency."""
    return session.fetch(SPENT, line_id=line.id, on_day=day(line, now)).first() or 0


def mark_ceiling_reported(session: Session, line: Line, now: datetime) -> bool:
    """Note that duty hears of today's ceiling; True for the first who says so."""
    return _mark(session, line, now, "ceiling_reported_at")


def mark_reported(session: Session, line: Line, now: datetime) -> bool:
    """Note that today's spent budget is reported to duty; True for the first who does."""
    return _mark(session, line, now, "reported_at")


def _mark(session: Session, line: Line, now: datetime, name: str) -> bool:
    of = table(Spending)
    today = of.c.line_id == line.id, of.c.day == day(line, now)
    return session.execute(sa.update(of).where(*today, of.c[name].is_(None)).values({name: now})).rowcount == 1


def _money(amount: str, otherwise: Decimal) -> Decimal:
    """A figure that a person has set; one that cannot be read must not stop the texts."""
    try:
        return Decimal(amount)
    except InvalidOperation:
        return otherwise
