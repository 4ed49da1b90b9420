"""Who may send what now: texts are leased by lane, by the pace of their sender and by the line's budget.

The pace is kept on the sender's row, which one process at a time holds: any number of them together never exceed it.
"""

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from models import senders
from models.base import Moment
from models.lines import Channel, Line, by_id
from models.outbound import Attempt, Lane, Outbound, Result, State, is_in, refused_before
from models.people import Address, Person
from models.requests import Request
from models.requests import State as RequestState
from models.senders import Sender

TOGETHER = 0.25  # seconds' worth of texts that may leave in one burst; at a segment a second that is one text
PER_PHONE = 4  # texts to one phone leased at once: more would only queue behind each other
BUSY_PHONES = 2_000  # texts in flight or held that are minded for the order of those after them
# Of ten texts of a busy sender one goes to notices and one to bulk, whatever else waits: nothing starves.
FAVOURED = {4: Lane.NOTICE, 9: Lane.BULK}
TURNS = 10


@dataclass(frozen=True)
class Terms:
    """What a lease minds besides lanes and pace."""

    lasts: timedelta  # longer than any POST may take
    paced: bool  # whether the carrier minds how fast texts come
    after_stop: frozenset[str] = frozenset()  # phrases that go even to somebody who said STOP
    filtered: tuple[int, ...] = ()  # errors after which the same words never go to the same address again


@dataclass(frozen=True)
class Parcel:
    """A leased text and the attempt it is leased for."""

    id: int
    line_id: int
    person_id: int
    channel: Channel
    sender: str
    to: str
    body: str
    segments: int
    lane: int
    phrase: str
    expires_at: datetime | None
    leased_until: datetime
    attempt_id: int
    probes: bool = False  # its sender rested: this one text shows whether it may go on


@dataclass(frozen=True)
class Handed:
    """A text that the carrier took."""

    id: int
    attempt_id: int
    sid: str


@dataclass
class Lease:
    """What one lease brought."""

    parcels: list[Parcel] = field(default_factory=list)
    lost: list[int] = field(default_factory=list)  # texts given up on, of which somebody must hear
    sifted: int = 0  # texts that were due and may not leave
    broke: list[int] = field(default_factory=list)  # lines whose bulk waits for tomorrow's budget, told to nobody yet
    next_at: datetime | None = None  # when a sender's pace lets it go on

    def waits(self, until: datetime) -> None:
        """A sender goes on then."""
        self.next_at = until if self.next_at is None else min(self.next_at, until)


class Pace:
    """How much a sender may send at this moment: segments by SMS, messages by WhatsApp (GCRA).

    In any stretch of time no more leaves than the rate allows and one burst; a text dearer than a burst goes alone,
    and all after it wait until it is paid for.
    """

    def __init__(self, sender: Sender, line: Line, now: datetime) -> None:
        policy = line.policy
        rate = policy.rate_whatsapp if sender.channel is Channel.WHATSAPP else policy.rate_sms
        self.rate = max(rate, 0.01)  # a figure set by hand must not stop everything
        self.burst = max(1.0, self.rate * TOGETHER)
        self.now = now
        self.next_at = max(sender.next_at or now, now)

    @property
    def free(self) -> float:
        """Units that may leave now."""
        return self.burst - (self.next_at - self.now).total_seconds() * self.rate + 1e-6 * self.rate

    def fits(self, units: int) -> bool:
        """Whether a text of so many units may leave now."""
        return self.free >= min(units, self.burst)

    def when(self, units: int) -> datetime:
        """When it may."""
        return self.now + timedelta(seconds=max(min(units, self.burst) - self.free, 0) / self.rate)

    def take(self, units: int) -> None:
        """It leaves."""
        self.next_at += timedelta(seconds=units / self.rate)


def lease(session: Session, now: datetime, room: int, terms: Terms, turns: Counter[int]) -> Lease:
    """Take at most `room` texts that may leave now, and write down the attempt to send each.

    Two senders never get the same text: PostgreSQL skips locked rows, SQLite has one writer. `turns` counts what
    this process has leased for each sender, so that bulk gets its turn.
    """
    found = Lease()
    release(session, now)
    _lease_all(session, now, room, terms, turns, found)
    if not found.parcels and _adopted(session):
        _lease_all(session, now, room, terms, turns, found)
    return found


def _lease_all(session: Session, now: datetime, room: int, terms: Terms, turns: Counter[int], found: Lease) -> None:
    rows = _senders(session)
    busy = _busy(session) if rows else {}
    start = turns.total() % len(rows) if rows else 0  # nobody is always the first to fill the room
    for sender in [*rows[start:], *rows[:start]]:
        if len(found.parcels) < room:
            _lease_of(session, sender, now, room - len(found.parcels), terms, turns, busy, found)


def _senders(session: Session) -> list[Sender]:
    return list(session.exec(select(Sender).order_by(col(Sender.id)).with_for_update(skip_locked=True)))


def _adopted(session: Session) -> bool:
    """Whether there was a number that has texts to send and no row of its own yet."""
    known = sa.exists().where(
        col(Sender.channel) == col(Outbound.channel), col(Sender.number) == col(Outbound.sender)
    )
    strange = (
        select(sa.func.min(Outbound.line_id), Outbound.channel, Outbound.sender)
        .where(is_in(State.READY), ~known)
        .group_by(col(Outbound.channel), col(Outbound.sender))
    )
    new = [
        senders.add(session, line_id, Channel(channel), number) for line_id, channel, number in session.exec(strange)
    ]
    return any(new)


def _busy(session: Session) -> dict[int, list[str]]:
    """By lane, the phones that wait for an earlier text: what one phone gets arrives in the order it was said.

    A text that the carrier returned for a long while holds up nobody.
    """
    waiting = (
        select(Outbound.lane, Outbound.to)
        .where(sa.or_(is_in(State.LEASED), sa.and_(is_in(State.HELD), col(Outbound.returns) == 0)))
        .limit(BUSY_PHONES)
    )
    busy: dict[int, list[str]] = {lane: [] for lane in Lane}
    for lane, to in session.exec(waiting):
        for later in range(lane, len(Lane)):
            busy[later].append(to)
    return busy


def _lease_of(
    session: Session,
    sender: Sender,
    now: datetime,
    room: int,
    terms: Terms,
    turns: Counter[int],
    busy: dict[int, list[str]],
    found: Lease,
) -> None:
    if sender.rests_until is not None and sender.rests_until > now:
        return
    line = by_id(session, sender.line_id)
    pace = Pace(sender, line, now) if terms.paced else None
    if pace is not None and not pace.fits(1):
        found.waits(pace.when(1))
        return
    probes = sender.rest_code is not None
    want = 1 if probes else room if pace is None else max(1, min(room, int(pace.free)))
    bulk = not _over_budget(session, line, sender, now, found)
    chosen: list[Any] = []
    phones: Counter[str] = Counter()
    sieve = _Sieve(session, now, terms)
    for row in _ordered(session, sender, now, busy, turns[sender.id], want, bulk):
        if phones[row.to] >= PER_PHONE or not sieve.passes(row):
            continue
        if pace is not None:
            units = 1 if sender.channel is Channel.WHATSAPP else row.segments
            if not pace.fits(units):
                found.waits(pace.when(units))  # whatever is smaller does not slip past it
                break
            pace.take(units)
        chosen.append(row)
        phones[row.to] += 1
        if len(chosen) == want:
            break
    sieve.settle(found)
    parcels = _leased(session, [row.id for row in chosen], now, terms, probes)
    if not parcels:
        return
    found.parcels += parcels
    turns[sender.id] += len(parcels)
    if probes:
        sender.rests_until = now + terms.lasts
    if pace is not None:
        sender.next_at = pace.next_at
        found.waits(pace.when(1))
    session.add(sender)
    senders.spend(session, line, sender.channel, sum(parcel.segments for parcel in parcels), len(parcels), now)


def _over_budget(session: Session, line: Line, sender: Sender, now: datetime, found: Lease) -> bool:
    if not senders.over_budget(session, line, now):
        return False
    waiting = select(Outbound.id).where(
        is_in(State.READY),
        Outbound.channel == sender.channel,
        Outbound.sender == sender.number,
        Outbound.lane == Lane.BULK,
    )
    if session.exec(waiting.limit(1)).first() is not None and senders.first_told(session, line, now):
        found.broke.append(line.id)
    return True


def _ordered(
    session: Session, sender: Sender, now: datetime, busy: dict[int, list[str]], turn: int, want: int, bulk: bool
) -> Iterator[Any]:
    """What this sender has to send, in the order of lanes, but that some turns belong to the later lanes."""
    lanes = [lane for lane in Lane if bulk or lane is not Lane.BULK]
    favoured = {FAVOURED.get(slot % TURNS) for slot in range(turn, turn + want)} - {None}
    limit = 2 * want + 20
    others = deque(_candidates(session, sender, now, busy, lanes, limit))
    all_seen = len(others) < limit
    first = {
        lane: deque(
            [row for row in others if row.lane == lane]
            if all_seen
            else _candidates(session, sender, now, busy, [lane], want)
        )
        for lane in lanes
        if lane in favoured
    }
    given: set[int] = set()
    for slot in range(turn, turn + 2 * limit):
        mine = first.get(FAVOURED.get(slot % TURNS, Lane.SAFETY)) or others
        row = mine.popleft() if mine else None
        while row is not None and row.id in given:
            mine = mine or others
            row = mine.popleft() if mine else None
        if row is None:
            return
        given.add(row.id)
        yield row


def _candidates(
    session: Session, sender: Sender, now: datetime, busy: dict[int, list[str]], lanes: list[Lane], limit: int
) -> list[Any]:
    query = (
        sa.select(
            col(Outbound.id),
            col(Outbound.person_id),
            col(Outbound.to),
            col(Outbound.lane),
            col(Outbound.segments),
            col(Outbound.phrase),
            col(Outbound.expires_at),
            col(Person.opted_out_at),
            col(Address.bad_at),
            col(Address.bad_code),
            col(Address.heard_at),
            col(Address.rests_until),
            col(Request.state).label("about"),
        )
        .select_from(Outbound)
        .join(Person, col(Person.id) == col(Outbound.person_id))
        .outerjoin(
            Address,
            sa.and_(
                col(Address.line_id) == col(Outbound.line_id),
                col(Address.value) == col(Outbound.to),
                col(Address.channel) == col(Outbound.channel),
            ),
        )
        .outerjoin(Request, col(Request.id) == col(Outbound.request_id))
        .where(
            is_in(State.READY),
            col(Outbound.channel) == sender.channel,
            col(Outbound.sender) == sender.number,
            col(Outbound.lane).in_(lanes),
            sa.or_(col(Outbound.not_before).is_(None), col(Outbound.not_before) <= now),
            *[sa.or_(col(Outbound.lane) != lane, col(Outbound.to).not_in(to)) for lane, to in busy.items() if to],
        )
        .order_by(col(Outbound.lane), col(Outbound.id))
        .limit(limit)
    )
    return list(session.execute(query).all())


class _Sieve:
    """The last look before a text is leased: STOP, expiry, what is known of its address. Nothing is lost silently."""

    def __init__(self, session: Session, now: datetime, terms: Terms) -> None:
        self.session = session
        self.now = now
        self.terms = terms
        self.fates: dict[int, tuple[State, dict[str, Any], bool]] = {}

    def passes(self, row: Any) -> bool:
        """Whether the text may leave; what becomes of it otherwise is noted."""
        fate = self._fate(row)
        if fate is not None:
            self.fates[row.id] = fate
        return fate is None

    def _fate(self, row: Any) -> tuple[State, dict[str, Any], bool] | None:
        """Its new state, what else to note, and whether somebody must hear of it."""
        if row.opted_out_at is not None and row.phrase not in self.terms.after_stop:
            return State.CANCELLED, {}, False
        if row.phrase == "offer" and row.about not in (None, RequestState.OPEN):
            return State.EXPIRED, {}, False  # somebody has it already
        if row.expires_at is not None and row.expires_at <= self.now:
            return State.EXPIRED, {}, True
        if row.bad_at is not None and (row.heard_at is None or row.heard_at <= row.bad_at):
            return State.FAILED, {"error_code": row.bad_code}, True
        if row.rests_until is not None and row.rests_until > self.now:
            return State.HELD, {"not_before": row.rests_until}, False
        if row.bad_code in self.terms.filtered and refused_before(self.session, row.id, self.terms.filtered):
            return State.FAILED, {"error_code": row.bad_code}, True
        return None

    def settle(self, found: Lease) -> None:
        """Write the fates down."""
        for id_, (state, more, told) in self.fates.items():
            changed = self.session.execute(
                sa.update(Outbound)
                .where(col(Outbound.id) == id_, is_in(State.READY))
                .values(state=state, changed_at=self.now, **more)
                .execution_options(synchronize_session=False)
            )
            if changed.rowcount == 1:  # type: ignore[attr-defined]
                found.sifted += 1
                found.lost += [id_] if told else []


def _leased(session: Session, ids: list[int], now: datetime, terms: Terms, probes: bool) -> list[Parcel]:
    if not ids:
        return []
    until = now + terms.lasts
    free = select(Outbound.id).where(col(Outbound.id).in_(ids), is_in(State.READY)).with_for_update(skip_locked=True)
    taken = session.execute(
        sa.update(Outbound)
        .where(col(Outbound.id).in_(free), is_in(State.READY))
        .values(
            state=State.LEASED,
            leased_until=until,
            changed_at=now,
            not_before=None,
            sid=None,
            tries=Outbound.tries + 1,
        )
        .returning(
            col(Outbound.id),
            col(Outbound.line_id),
            col(Outbound.person_id),
            col(Outbound.channel),
            col(Outbound.sender),
            col(Outbound.to),
            col(Outbound.body),
            col(Outbound.segments),
            col(Outbound.lane),
            col(Outbound.phrase),
            col(Outbound.expires_at),
        )
        .execution_options(synchronize_session=False)
    )
    rows: dict[int, dict[str, Any]] = {row.id: row._asdict() for row in taken}
    made = session.execute(
        sa.insert(Attempt)
        .from_select(
            ["outbound_id", "started_at"],
            sa.select(col(Outbound.id), sa.literal(now, Moment()))
            .where(col(Outbound.id).in_(rows))
            .order_by(col(Outbound.lane), col(Outbound.id)),
        )
        .returning(col(Attempt.outbound_id), col(Attempt.id))
    )
    attempts: dict[int, int] = {row[0]: row[1] for row in made}
    return [
        Parcel(**rows[id_], leased_until=until, attempt_id=attempts[id_], probes=probes) for id_ in ids if id_ in rows
    ]


def release(session: Session, now: datetime) -> None:
    """Let texts that were held until now be sent."""
    session.execute(
        sa.update(Outbound)
        .where(is_in(State.HELD), col(Outbound.not_before) <= now)
        .values(state=State.READY, not_before=None)
        .execution_options(synchronize_session=False)
    )


def hand_over(session: Session, taken: list[Handed], state: State, now: datetime) -> set[int]:
    """Note of many texts at once that the carrier took them; returns those to which it was news.

    The others had a callback that was faster, and must be looked at one by one.
    """
    sids = {one.id: one.sid for one in taken}
    moved = session.execute(
        sa.update(Outbound)
        .where(col(Outbound.id).in_(sids), is_in(State.LEASED), col(Outbound.sid).is_(None))
        .values(state=state, sid=sa.case(sids, value=col(Outbound.id)), changed_at=now, leased_until=None)
        .returning(col(Outbound.id))
        .execution_options(synchronize_session=False)
    )
    news = set(moved.scalars())
    attempts = {one.attempt_id: one.sid for one in taken if one.id in news}
    if attempts:
        session.execute(
            sa.update(Attempt)
            .where(col(Attempt.id).in_(attempts))
            .values(ended_at=now, result=Result.TAKEN, sid=sa.case(attempts, value=col(Attempt.id)))
            .execution_options(synchronize_session=False)
        )
    return news


def hand_back(session: Session, parcels: list[Parcel], now: datetime) -> None:
    """Put texts back that were leased and not posted: they go with the next lease, in their order."""
    session.execute(
        sa.update(Outbound)
        .where(col(Outbound.id).in_([p.id for p in parcels]), is_in(State.LEASED))
        .values(state=State.READY, tries=Outbound.tries - 1, leased_until=None, changed_at=now)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        sa.update(Attempt)
        .where(col(Attempt.id).in_([p.attempt_id for p in parcels]), col(Attempt.result).is_(None))
        .values(ended_at=now, result=Result.NOT_MADE)
        .execution_options(synchronize_session=False)
    )
