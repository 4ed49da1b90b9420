"""What is on each simulated phone: the texts that left it and reached it, merged in time order.

Only reads. The hotline itself never needs this; the simulated phones do.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col, select

from app.inbound import tick
from app.simulator import taps
from models import attachments
from models.attachments import Piece
from models.delivery import forms
from models.delivery.forms import Form
from models.delivery.outbound import Attempt, Outbound, State, is_in
from models.inbound import Inbound
from models.lines import Channel
from models.offers import Offer
from models.people import Address, Person
from models.store.session import Session
from models.store.statements import Precompiled
from models.store.types import UtcDateTime

LARGEST_ID = 2**31 - 1
WAITING = (State.READY, State.HELD, State.UNCERTAIN)  # texts that may have a moment before which nothing happens


@dataclass(frozen=True)
class Phone:
    """An address and whose it is."""

    address: Address
    person: Person

    @property
    def id(self) -> int:
        """The address's id: one person may have two phones."""
        return self.address.id

    @property
    def name(self) -> str:
        """Whose phone it is; the bare address where nobody said."""
        return self.person.name or self.address.value


@dataclass(frozen=True)
class Entry:
    """One text as its phone shows it. `state` is None for a text that left the phone: it has arrived with us."""

    id: str
    mine: bool
    channel: Channel
    body: str
    at: datetime
    state: State | None = None
    segments: int | None = None
    intent: str | None = None
    media: int = 0
    location: str | None = None
    pieces: tuple[Piece, ...] = ()  # pictures and voice messages
    form: Form | None = None  # what its phone shows beside its words
    template: bool = False  # it left as one


@dataclass(frozen=True)
class Arrival:
    """A text that the carrier took, and the attempt that handed it over: attempts are numbered in sending order."""

    attempt_id: int
    person_id: int
    channel: Channel
    to: str
    body: str
    segments: int


def phones(session: Session, line_id: int, limit: int | None = None) -> list[Phone]:
    """The line's phones, the oldest first; with `limit`, those that had a text most recently."""
    last_text = (
        select(sa.func.max(Outbound.created_at)).where(col(Outbound.person_id) == col(Person.id)).scalar_subquery()
    )
    stirred = sa.func.coalesce(last_text, col(Address.last_heard_at), col(Address.created_at))
    found = session.exec(
        select(Address, Person)
        .join(Person, col(Person.id) == col(Address.person_id))
        .where(Address.line_id == line_id)
        .order_by(stirred.desc(), col(Address.id).desc())
        .limit(limit)
    )
    return sorted((Phone(address, person) for address, person in found), key=lambda phone: phone.id)


def phone(session: Session, line_id: int, phone_id: int) -> Phone | None:
    """One of the line's phones."""
    address = session.get(Address, phone_id) if phone_id <= LARGEST_ID else None
    if address is None or address.line_id != line_id:
        return None
    return Phone(address, session.get_one(Person, address.person_id))


def count(session: Session, line_id: int) -> int:
    """How many phones the line knows."""
    return int(session.exec(select(sa.func.count()).where(Address.line_id == line_id)).one())


def numbers(session: Session, line_id: int) -> set[str]:
    """Every address anybody texts this line from."""
    return set(session.exec(select(Address.value).where(Address.line_id == line_id)))


def merged(session: Session, shown: list[Phone], limit: int) -> dict[int, list[Entry]]:
    """The last `limit` texts of each of these phones, oldest first, by the phone's id."""
    owners = {(p.person.id, p.address.channel, p.address.value): p.id for p in shown}
    people = sorted({p.person.id for p in shown})
    threads: defaultdict[int, list[Entry]] = defaultdict(list)
    heard_texts, sent_texts = _heard(session, people, limit), _sent(session, people, limit)
    came = _came(session, heard_texts)
    along = {piece.id: piece for piece in attachments.by_ids(session, _enclosed(sent_texts))}
    for heard in heard_texts:
        if phone_id := owners.get((heard.person_id or 0, heard.channel, heard.from_address)):
            threads[phone_id].append(
                Entry(
                    id=f"in-{heard.id}",
                    mine=True,
                    channel=heard.channel,
                    body=heard.body,
                    at=heard.received_at,
                    intent=heard.intent,
                    media=len(heard.media),
                    location=heard.location,
                    pieces=came.get((heard.person_id or 0, heard.received_at), ()),
                )
            )
    for sent in sent_texts:
        if phone_id := owners.get((sent.person_id, sent.channel, sent.to)):
            threads[phone_id].append(
                Entry(
                    id=f"out-{sent.id}",
                    mine=False,
                    channel=sent.channel,
                    body=taps.words(sent),
                    form=taps.form_of(sent),
                    template=forms.sent_by(sent.form) is not None,
                    at=sent.created_at,
                    state=sent.state,
                    segments=sent.segments,
                    pieces=(along[sent.attachment_id],) if sent.media and sent.attachment_id in along else (),
                )
            )
    # An answer bears the very moment of the text it answers, so at a tie what was said goes first.
    return {phone: sorted(texts, key=lambda e: (e.at, not e.mine))[-limit:] for phone, texts in threads.items()}


def _enclosed(texts: list[Outbound]) -> list[int]:
    """What goes along with these texts, but as a link."""
    return [text.attachment_id for text in texts if text.attachment_id and text.media and text.media not in text.body]


def _came(session: Session, texts: list[Inbound]) -> dict[tuple[int, datetime], tuple[Piece, ...]]:
    """What came with these texts, by who sent it and when: it bears the very moment of its text."""
    moments = {(text.person_id, text.received_at) for text in texts if text.media and text.person_id}
    found: defaultdict[tuple[int, datetime], tuple[Piece, ...]] = defaultdict(tuple)
    for piece in attachments.of_people(session, sorted({person for person, _ in moments if person})):
        found[piece.person_id, piece.created_at] += (piece,)
    return found


def _heard(session: Session, people: list[int], limit: int) -> list[Inbound]:
    back = sa.func.row_number().over(
        partition_by=(col(Inbound.person_id), col(Inbound.channel), col(Inbound.from_address)),
        order_by=col(Inbound.id).desc(),
    )
    newest = select(col(Inbound.id), back.label("back")).where(col(Inbound.person_id).in_(people)).subquery()
    query = select(Inbound).join(newest, newest.c.id == col(Inbound.id)).where(newest.c.back <= limit)
    return list(session.exec(query.order_by(col(Inbound.id))))


def _sent(session: Session, people: list[int], limit: int) -> list[Outbound]:
    back = sa.func.row_number().over(
        partition_by=(col(Outbound.person_id), col(Outbound.channel), col(Outbound.to)),
        order_by=col(Outbound.id).desc(),
    )
    theirs = col(Outbound.person_id).in_(people), Outbound.state != State.CANCELLED  # such a text never left
    newest = select(col(Outbound.id), back.label("back")).where(*theirs).subquery()
    query = select(Outbound).join(newest, newest.c.id == col(Outbound.id)).where(newest.c.back <= limit)
    return list(session.exec(query.order_by(col(Outbound.id))))


def latest(session: Session) -> datetime | None:
    """When the last text of all came or went."""
    moments = [
        session.exec(select(sa.func.max(Inbound.received_at))).one(),
        session.exec(select(sa.func.max(Outbound.changed_at))).one(),
    ]
    return max((moment for moment in moments if moment is not None), default=None)


def _leaving(state: State) -> Precompiled[datetime | None]:
    later = col(Outbound.not_before) > sa.bindparam("now", type_=UtcDateTime)
    return Precompiled(select(sa.func.min(Outbound.not_before)).where(is_in(state), later))


LEAVING = [_leaving(state) for state in WAITING]


def next_moment(session: Session, now: datetime) -> datetime | None:
    """When something next happens by itself: time acts on something, or a text leaves that had to wait.

    A moment that is past is the former's: texts that may leave already leave when somebody sends.
    """
    moments = [tick.next_due(session), attachments.next_due(session)]
    for leaves in LEAVING:
        moments.append(session.fetch(leaves, now=now).one())
    return min((moment for moment in moments if moment is not None), default=None)


def last_attempt(session: Session) -> int:
    """The number of the last attempt to send anything."""
    return session.exec(select(sa.func.max(Attempt.id))).one() or 0


def arrivals(session: Session, line_id: int, after: int) -> list[Arrival]:
    """What was handed to the carrier after this attempt, in the order in which it was sent."""
    query = (
        select(Attempt.id, Outbound)
        .join(Outbound, col(Outbound.id) == col(Attempt.outbound_id))
        .where(Outbound.line_id == line_id, col(Attempt.id) > after, Attempt.result == "taken")
        .order_by(col(Attempt.id))
    )
    return [
        Arrival(attempt_id, text.person_id, text.channel, text.to, taps.shown(text), text.segments)
        for attempt_id, text in session.exec(query)
    ]


def asked(session: Session, request_id: int) -> list[int]:
    """The volunteers who were asked about a request, in the order they were chosen."""
    return list(session.exec(select(Offer.person_id).where(Offer.request_id == request_id).order_by(col(Offer.id))))
