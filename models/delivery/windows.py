"""WhatsApp's window: what a person has written opens it for a day; after that only approved templates get through.

When somebody last wrote by WhatsApp is kept with their address, which is written anyway when a text comes in.
"""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import col, select

from models.delivery import contents, forms, shown
from models.delivery.contents import Content
from models.delivery.forms import Form
from models.delivery.handover import SentAs, Way
from models.delivery.outbound import Outbound, State, is_in
from models.delivery.queue import Due
from models.delivery.shown import Shape
from models.people import Address
from models.store.session import Session

LASTS = timedelta(hours=24)  # WhatsApp's rule, after the last text of theirs
MARGIN = timedelta(minutes=1)  # before its end: a POST takes seconds, and clocks differ
MOST_WAITING = 200  # texts that wait for one person and follow when they write
KNOCK = "message_waits"  # the phrase by which they hear that something waits; it leaves by its template alone


def closes_at(opened_at: datetime | None, closed_at: datetime | None) -> datetime | None:
    """Until when words of ours may go there; None where the window is known to be closed, or never was open."""
    if opened_at is None or (closed_at is not None and closed_at >= opened_at):
        return None
    return opened_at + LASTS - MARGIN


def is_open(address: Address, now: datetime) -> bool:
    """Whether words of ours may go to an address at WhatsApp now."""
    closes = closes_at(address.window_opened_at, address.window_closed_at)
    return closes is not None and now < closes


class Gate:
    """What may leave by WhatsApp at this moment: words into an open window, else what has an approved template."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session = session
        self.now = now
        self.ways: dict[int, Way] = {}
        self._approved: dict[tuple[str, str], list[Content]] = {}
        self._shapes: dict[Shape, Content | None] = {}

    def passes(self, row: Due) -> bool:
        """Whether this text may leave; then it is noted how."""
        closes = closes_at(row.window_opened_at, row.window_closed_at)
        form = forms.unpack(row.form)
        if closes is not None and self.now < closes:
            self.ways[row.id] = self._shown(form) if form else None, closes
            return row.phrase != KNOCK
        found = None if form is None else self.sent_as(form)
        if found is not None:
            self.ways[row.id] = found, None
        return found is not None

    def _shown(self, form: Form) -> SentAs | None:
        """The layout that carries its buttons or its list; None where it goes in words."""
        wanted = shown.shape(form)
        if wanted is None:
            return None
        if wanted not in self._shapes:
            self._shapes[wanted] = shown.find(self.session, wanted)
        content = self._shapes[wanted]
        return None if content is None else shown.sent_as(form, content)

    def sent_as(self, form: Form) -> SentAs | None:
        """The newest approved wording of a template that has all it needs, which may be older than ours; filled."""
        if form.template is None:
            return None
        key = form.template, form.language
        if key not in self._approved:
            self._approved[key] = contents.approved(self.session, *key)
        values = form.values
        for content in self._approved[key]:
            if all(values.get(name) for name in content.names):
                return _filled(content, form)
        return None


def _filled(content: Content, form: Form) -> SentAs:
    values, body = form.values, content.body
    variables: dict[str, str] = {}
    for n, name in enumerate(content.names, 1):
        variables[str(n)] = values[name]
        body = body.replace(f"{{{{{n}}}}}", values[name])
    for n, default in enumerate(content.buttons):
        own = form.buttons[n].id if n < len(form.buttons) else f"{default} {values.get('number', '')}".strip()
        variables[str(len(content.names) + n + 1)] = own
    return SentAs(content.sid, variables, body)


def waiting(session: Session, person_id: int, to: str) -> list[Outbound]:
    """What waits for somebody to write at this address, the oldest first."""
    query = select(Outbound).where(
        Outbound.person_id == person_id, col(Outbound.state) == State.WAITS, col(Outbound.to) == to
    )
    return list(session.exec(query.order_by(col(Outbound.id)).limit(MOST_WAITING)))


def waits_already(session: Session, row: Outbound) -> bool:
    """Whether something like it, said before and about the same request, waits for them too."""
    query = select(Outbound.id).where(
        Outbound.person_id == row.person_id,
        col(Outbound.state) == State.WAITS,
        col(Outbound.to) == row.to,
        col(Outbound.request_id) == row.request_id,
        col(Outbound.phrase) == row.phrase,
        col(Outbound.id) < row.id,
    )
    return session.exec(query.limit(1)).first() is not None


def count_waiting(session: Session) -> dict[int, int]:
    """By line, how many texts wait for somebody to write by WhatsApp; lines without one are not in it."""
    query = select(col(Outbound.line_id), sa.func.count()).where(is_in(State.WAITS))
    return dict(session.exec(query.group_by(col(Outbound.line_id))))
