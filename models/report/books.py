"""The purse in a span: what came in and what was paid, by month; sums alone, in the line's one currency."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from models import purse
from models.lines import Line
from models.purse import Kind, PurseEntry, State
from models.report.span import Span
from models.store.session import Session
from models.store.types import table

ENTRIES = table(PurseEntry)


@dataclass
class Flow:
    """Sums in cents, and of how many entries each is."""

    came_in: int = 0
    entries_in: int = 0
    paid: int = 0
    entries_paid: int = 0


@dataclass(frozen=True)
class Books:
    """What came in and was paid; `months` by the first day of each, in order, those in which nothing did left out."""

    currency: str  # ISO 4217
    decimals: int
    whole: Flow = field(default_factory=Flow)
    months: Mapping[date, Flow] = field(default_factory=dict)

    def units(self, cents: int) -> Decimal:
        """A sum in whole units of the currency, with all its decimals."""
        return Decimal(cents).scaleb(-self.decimals)


def read(session: Session, line: Line, span: Span) -> Books:
    """Came in counts when it was confirmed, paid when whoever holds the account said so, by the line's own clock."""
    counted = sa.case((ENTRIES.c.kind == Kind.SPENT, ENTRIES.c.paid_at), else_=ENTRIES.c.approved_at)
    settled = sa.or_(
        sa.and_(ENTRIES.c.kind == Kind.SPENT, ENTRIES.c.state == State.PAID),
        sa.and_(ENTRIES.c.kind == Kind.GIVEN, ENTRIES.c.state == State.APPROVED),
    )
    at = sa.type_coerce(counted, ENTRIES.c.paid_at.type).label("at")
    rows = sa.select(at, ENTRIES.c.kind, ENTRIES.c.cents).where(
        ENTRIES.c.line_id == line.id, settled, at >= span.since, at < span.until
    )
    whole, months, zone = Flow(), dict[date, Flow](), ZoneInfo(line.timezone)
    for when, kind, cents in session.execute(rows.order_by(at)):
        month = when.astimezone(zone).date().replace(day=1)
        for flow in (whole, months.setdefault(month, Flow())):
            if kind is Kind.SPENT:
                flow.paid, flow.entries_paid = flow.paid + cents, flow.entries_paid + 1
            else:
                flow.came_in, flow.entries_in = flow.came_in + cents, flow.entries_in + 1
    return Books(purse.currency(line), purse.decimals(line), whole, months)
