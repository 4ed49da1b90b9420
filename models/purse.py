"""The purse: what volunteers spent and what came in, who said that it is all right, and what was paid.

Amounts are whole cents (the smallest unit of the line's one currency), never floats. Nothing is paid by the software:
whoever holds the account says what they have paid. An entry's amount never goes, not with whoever said it either;
each step of it is an event. What becomes of an entry is in models/purse_steps.py.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from babel.numbers import get_currency_precision, get_territory_currencies
from sqlmodel import BigInteger, Column, Field, col, select

from models import line_events
from models.due_rows import DueRow, DueRows
from models.lines import Line
from models.proposals import Proposal
from models.store.session import Session
from models.store.types import EnumString, Model, UtcDateTime, table

MOST = 10**11  # cents in one entry: what is more is a telephone number, or a slip
DOLLARS = "USD"  # where a country has no currency that Babel knows
OK_ONLY = sa.text("kind = 'ok'")
UNSETTLED = sa.text("state IN ('waiting', 'asked', 'approved')")


class Kind(StrEnum):
    """What an entry is."""

    SPENT = "spent"  # a volunteer laid it out, and gets it back
    GIVEN = "given"  # it came in


class State(StrEnum):
    """Where an entry stands."""

    WAITING = "waiting"  # for the OK of others
    ASKED = "asked"  # somebody wants to know more first
    APPROVED = "approved"  # spent: to be paid. Given: it counts
    PAID = "paid"
    WITHDRAWN = "withdrawn"  # it was a mistake, whoever had made it


class Act(StrEnum):
    """What happened to an entry."""

    SAID = "said"
    CHANGED = "changed"  # its amount
    ASKED_FOR_OK = "asked_for_ok"  # `by_person_id` is who was asked
    OK = "ok"
    WHY = "why"
    ANSWER = "answer"
    APPROVED = "approved"
    PAID = "paid"
    UNPAID = "unpaid"  # it had been noted as paid by mistake
    UNRECEIVED = "unreceived"  # the same of what came in
    WITHDRAWN = "withdrawn"


class PurseEntry(DueRow, table=True):
    """One sum. Its number is the line's own, one row for both kinds: S12 was spent, G13 was given."""

    __table_args__ = (
        sa.UniqueConstraint("line_id", "number"),
        sa.Index("ix_purseentry_unsettled", "line_id", sqlite_where=UNSETTLED, postgresql_where=UNSETTLED),
        sa.Index("ix_purseentry_due", "next_at"),
        sa.Index("ix_purseentry_said", "line_id", "said_at"),
        sa.Index("ix_purseentry_request", "request_id"),
        sa.Index("ix_purseentry_person", "person_id"),
    )

    number: int
    kind: Kind = Field(sa_type=EnumString(Kind))
    state: State = Field(default=State.WAITING, sa_type=EnumString(State))
    cents: int = Field(sa_column=Column(BigInteger, nullable=False))
    revision: int = 1  # of the amount; an OK is to one of them
    person_id: int | None = Field(default=None, foreign_key="person.id")  # who laid it out or has it; None: the host
    request_id: int | None = Field(default=None, foreign_key="request.id")  # for which it was spent
    proposal_id: int | None = Field(default=None, foreign_key="proposal.id")  # by which all had decided it
    attachment_id: int | None = Field(default=None, foreign_key="attachment.id")  # the picture of its receipt
    words: str | None = None  # on what, or from where
    asker_id: int | None = Field(default=None, foreign_key="person.id")  # who asked WHY last
    said_at: datetime = Field(sa_type=UtcDateTime)
    approved_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    paid_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    changed_at: datetime = Field(sa_type=UtcDateTime)

    @property
    def is_spent(self) -> bool:
        """Whether it goes out of the purse."""
        return self.kind is Kind.SPENT

    @property
    def name(self) -> str:
        """By which people call it: `S12`, `G13`."""
        return f"{'S' if self.is_spent else 'G'}{self.number}"


class PurseEvent(Model, table=True):
    """One step of an entry; who did it, or None for whoever has the host."""

    __table_args__ = (
        sa.Index("ix_purseevent_entry", "entry_id", "id"),
        sa.Index("ix_purseevent_person", "by_person_id", "kind"),
        sa.Index(
            "ix_purseevent_ok",
            "entry_id",
            "revision",
            "by_person_id",
            unique=True,
            sqlite_where=OK_ONLY,
            postgresql_where=OK_ONLY,
        ),
    )

    id: int = Field(default=None, primary_key=True)
    line_id: int = Field(foreign_key="line.id")
    entry_id: int = Field(foreign_key="purseentry.id")
    kind: Act = Field(sa_type=EnumString(Act))
    revision: int  # of the entry, when it happened
    cents: int = Field(sa_column=Column(BigInteger, nullable=False))  # as it was from then on
    by_person_id: int | None = Field(default=None, foreign_key="person.id")
    words: str | None = None
    at: datetime = Field(sa_type=UtcDateTime)


DUE_ROWS = DueRows(PurseEntry)


@dataclass(frozen=True)
class Totals:
    """Where the purse stands, in cents."""

    came_in: int = 0
    paid: int = 0
    to_pay: int = 0  # approved, and not paid yet
    waiting: int = 0  # spent, and not approved yet; what is asked about counts
    unconfirmed: int = 0  # said to have come in, and not counted yet

    @property
    def there(self) -> int:
        """What must be there."""
        return self.came_in - self.paid


def currency(line: Line) -> str:
    """The line's one currency, by its ISO 4217 code: what was set, or that of its country."""
    if line.currency:
        return line.currency
    found = get_territory_currencies(line.country)
    return str(found[0]) if found else DOLLARS


def decimals(line: Line) -> int:
    """How many digits after the point an amount has in its currency, by ISO 4217: 2 for most, 0 for yen."""
    return int(get_currency_precision(currency(line)))


def set_currency(session: Session, line: Line, code: str, now: datetime) -> bool:
    """Count in this currency from now on; False once there is an entry, for that counts in another."""
    session.flush()
    before, lines = currency(line), table(Line)
    entries = sa.exists().where(col(PurseEntry.line_id) == line.id)
    free = sa.true() if before == code else ~entries
    won = session.execute(sa.update(lines).where(lines.c.id == line.id, free).values(currency=code)).rowcount == 1
    session.refresh(line)
    if won and before != code:
        line_events.record(session, line.id, line_events.SETTING, "currency", now, before=before, after=code)
    return won


def add(
    session: Session,
    line: Line,
    kind: Kind,
    cents: int,
    now: datetime,
    *,
    by: int | None,
    words: str | None = None,
    request_id: int | None = None,
    proposal_id: int | None = None,
    approved: bool = False,
) -> PurseEntry:
    """A new entry under the line's next number. From the first on the line's currency is fixed.

    `approved`: nobody else need say OK.
    """
    lines, money = table(Line), currency(line)
    taken = sa.update(lines).where(lines.c.id == line.id)
    values = {"last_purse_entry": lines.c.last_purse_entry + 1, "currency": money}
    number: int = session.execute(taken.values(values).returning(lines.c.last_purse_entry)).scalar_one()
    made = session.create(
        PurseEntry,
        line_id=line.id,
        number=number,
        kind=kind,
        state=State.APPROVED if approved else State.WAITING,
        approved_at=now if approved else None,
        cents=cents,
        person_id=by,
        request_id=request_id,
        proposal_id=proposal_id,
        words=words or None,
        said_at=now,
        changed_at=now,
    )
    session.flush()
    record(session, made, Act.SAID, now, by=by, words=words or None)
    if approved:
        record(session, made, Act.APPROVED, now, by=None)
    return made


def decided(session: Session, line: Line, proposal: Proposal, cents: int, words: str, now: datetime) -> PurseEntry:
    """What all have decided to spend: it is approved already, and to be paid to whoever proposed it."""
    by = proposal.by_person_id
    return add(session, line, Kind.SPENT, cents, now, by=by, words=words, proposal_id=proposal.id, approved=True)


def record(
    session: Session,
    entry: PurseEntry,
    kind: Act,
    now: datetime,
    *,
    by: int | None,
    words: str | None = None,
) -> None:
    """Write down one step of it."""
    session.create(
        PurseEvent,
        line_id=entry.line_id,
        entry_id=entry.id,
        kind=kind,
        revision=entry.revision,
        cents=entry.cents,
        by_person_id=by,
        words=words,
        at=now,
    )


def by_number(session: Session, line_id: int, number: int) -> PurseEntry | None:
    """The line's entry with this number."""
    return session.exec(select(PurseEntry).where(PurseEntry.line_id == line_id, PurseEntry.number == number)).first()


def by_id(session: Session, entry_id: int) -> PurseEntry:
    """The entry with this id, which must exist."""
    return session.get_one(PurseEntry, entry_id)


def with_receipt(session: Session, attachment_id: int) -> PurseEntry | None:
    """What this picture is the receipt of."""
    return session.exec(select(PurseEntry).where(PurseEntry.attachment_id == attachment_id)).first()


def events(session: Session, entry: PurseEntry) -> list[PurseEvent]:
    """What happened to it, in order."""
    return list(session.exec(select(PurseEvent).where(PurseEvent.entry_id == entry.id).order_by(col(PurseEvent.id))))


def unsettled(session: Session, line_id: int) -> list[PurseEntry]:
    """What waits for an OK, for an answer or to be paid, in the order of its numbers."""
    state, open_ = col(PurseEntry.state), (State.WAITING, State.ASKED, State.APPROVED)
    counted = sa.and_(state == State.APPROVED, col(PurseEntry.kind) == Kind.GIVEN)
    found = select(PurseEntry).where(PurseEntry.line_id == line_id, state.in_(open_), ~counted)
    return list(session.exec(found.order_by(col(PurseEntry.number))))


def latest(session: Session, line_id: int, most: int, *, before: int | None = None) -> list[PurseEntry]:
    """The last entries, the latest first; of those before this number."""
    theirs = select(PurseEntry).where(PurseEntry.line_id == line_id)
    if before is not None:
        theirs = theirs.where(col(PurseEntry.number) < before)
    return list(session.exec(theirs.order_by(col(PurseEntry.number).desc()).limit(most)))


def every(session: Session, line_id: int) -> list[PurseEntry]:
    """All entries, in the order of their numbers."""
    return list(
        session.exec(select(PurseEntry).where(PurseEntry.line_id == line_id).order_by(col(PurseEntry.number)))
    )


def totals(session: Session, line_id: int) -> Totals:
    """Where the purse stands: the sums of its entries."""
    rows = sa.select(col(PurseEntry.kind), col(PurseEntry.state), sa.func.sum(col(PurseEntry.cents)))
    rows = rows.where(col(PurseEntry.line_id) == line_id).group_by(col(PurseEntry.kind), col(PurseEntry.state))
    found = {(kind, state): int(cents) for kind, state, cents in session.execute(rows)}
    waits = (State.WAITING, State.ASKED)
    return Totals(
        came_in=found.get((Kind.GIVEN, State.APPROVED), 0),
        paid=found.get((Kind.SPENT, State.PAID), 0),
        to_pay=found.get((Kind.SPENT, State.APPROVED), 0),
        waiting=sum(found.get((Kind.SPENT, state), 0) for state in waits),
        unconfirmed=sum(found.get((Kind.GIVEN, state), 0) for state in waits),
    )


def spent_since(session: Session, line_id: int, since: datetime) -> int:
    """What was spent since then in all, in cents, paid or not."""
    return _sum(session, line_id, col(PurseEntry.said_at) > since)


def spent_on(session: Session, line_id: int, request_id: int) -> int:
    """The same for one request."""
    return _sum(session, line_id, col(PurseEntry.request_id) == request_id)


def _sum(session: Session, line_id: int, *where: sa.ColumnElement[bool]) -> int:
    spent = col(PurseEntry.kind) == Kind.SPENT, col(PurseEntry.state) != State.WITHDRAWN
    query = sa.select(sa.func.coalesce(sa.func.sum(col(PurseEntry.cents)), 0))
    return int(session.execute(query.where(col(PurseEntry.line_id) == line_id, *spent, *where)).scalar_one())


def said_lately(session: Session, person_id: int, since: datetime) -> list[PurseEntry]:
    """What somebody said since then and did not take back, the latest first."""
    theirs = PurseEntry.person_id == person_id, PurseEntry.state != State.WITHDRAWN, col(PurseEntry.said_at) >= since
    return list(session.exec(select(PurseEntry).where(*theirs).order_by(col(PurseEntry.number).desc())))


def schedule(session: Session, entry: PurseEntry, at: datetime | None) -> None:
    """Set when it is looked at next."""
    entry.next_at = at
    session.add(entry)


def attach(session: Session, entry: PurseEntry, attachment_id: int) -> None:
    """A picture is its receipt."""
    entry.attachment_id = attachment_id
    session.add(entry)
