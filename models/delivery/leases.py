"""Leases queued texts by lane, pace and budget.

The pace is kept on the row of the number they leave from, which one process at a time locks: any number of processes
together never exceed it.
"""

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from models.delivery import doubted, handover, line_numbers, queue, spending
from models.delivery.handover import OUT, LeasedText, Way
from models.delivery.line_numbers import LineNumber, Pace
from models.delivery.outbound import Lane, Outbound, State, filtered_before, is_in
from models.delivery.queue import Due
from models.delivery.windows import Gate
from models.lines import Channel, Line, by_id, midnight
from models.requests import State as RequestState
from models.store.session import Session
from models.store.statements import Precompiled
from models.store.types import table

FROM = table(LineNumber)

PER_PHONE = 4  # texts to one phone leased at once: more would only queue behind each other
# Of ten texts of a busy number three are replies, one is a notice and one is bulk, whatever else waits: nothing
# starves. Emergency answers take nobody's turn.
RESERVED_TURNS = {1: Lane.REPLY, 4: Lane.NOTICE, 5: Lane.REPLY, 7: Lane.REPLY, 9: Lane.BULK}
TURNS = 10

LINE_NUMBERS = Precompiled(select(LineNumber).order_by(col(LineNumber.id)).with_for_update(skip_locked=True))
NEW_NUMBERS = (
    sa.select(sa.func.min(OUT.c.line_id), OUT.c.channel, OUT.c.from_number)
    .where(
        is_in(State.READY),
        ~sa.exists().where(FROM.c.channel == OUT.c.channel, FROM.c.number == OUT.c.from_number),
    )
    .group_by(OUT.c.channel, OUT.c.from_number)
)


@dataclass(frozen=True)
class LeaseTerms:
    """What a lease minds besides lanes and pace."""

    worker: str  # who leases
    lasts: timedelta  # longer than any POST may take
    probe_lasts: timedelta  # after which the next probe goes, if nothing came back of this one
    paced: bool  # whether the carrier minds how fast texts come
    after_stop: frozenset[str] = frozenset()  # phrases that go even to somebody who said STOP
    filtered: tuple[int, ...] = ()  # errors after which the same words never go to the same address again


@dataclass
class Lease:
    """What one lease brought."""

    texts: list[LeasedText] = field(default_factory=list)
    lost: list[int] = field(default_factory=list)  # texts given up on, to be reported
    rejected: int = 0  # texts that were due and may not leave
    shut: list[int] = field(default_factory=list)  # texts that WhatsApp does not take now, and without a template
    over_budget: list[int] = field(default_factory=list)  # lines whose bulk waits until tomorrow, not reported yet
    next_at: datetime | None = None  # when the pace of a number lets it go on

    def waits(self, until: datetime) -> None:
        """A number may send again then."""
        self.next_at = until if self.next_at is None else min(self.next_at, until)


def lease(
    session: Session, now: datetime, room: int, terms: LeaseTerms, turns: Counter[int], *, discover: bool = True
) -> Lease:
    """Take at most `room` texts that may leave now, and write down the attempt to send each.

    Two processes never get the same text: PostgreSQL skips locked rows, SQLite has one writer. `turns` counts what
    this process has leased for each number, so that bulk gets its turn. To `discover` numbers that have not sent
    before, all that waits is looked through; it is done anyway when there is nothing else to do.
    """
    leasing = _Leasing(session, now, terms, turns)
    leasing.of_all(room)
    idle = not leasing.lease.texts and leasing.lease.next_at is None
    if (discover or idle) and _discovered(session):
        leasing.of_all(room)
    return leasing.lease


def _discovered(session: Session) -> bool:
    """Whether there was a number that has texts to send and no row of its own yet."""
    return any([line_numbers.add(session, *row) for row in session.execute(NEW_NUMBERS).all()])  # noqa: C419 - add them all


class _Leasing:
    """One lease, number by number."""

    def __init__(self, session: Session, now: datetime, terms: LeaseTerms, turns: Counter[int]) -> None:
        self.session = session
        self.now = now
        self.terms = terms
        self.turns = turns
        self.lease = Lease()

    @cached_property
    def busy(self) -> dict[str, list[str]]:
        """The phones that wait for an earlier text, once the held texts whose time has come are released."""
        handover.release_held(self.session, self.now)
        return queue.busy(self.session)

    def of_all(self, room: int) -> None:
        """Lease for every number that may send."""
        rows = self.session.fetch(LINE_NUMBERS)
        start = self.turns.total() % len(rows) if rows else 0  # nobody is always the first to fill the room
        for line_number in [*rows[start:], *rows[:start]]:
            left = room - len(self.lease.texts)
            if left > 0 and (line_number.paused_until is None or line_number.paused_until <= self.now):
                self._of(line_number, by_id(self.session, line_number.line_id), left)

    def _of(self, line_number: LineNumber, line: Line, room: int) -> None:
        pace = Pace(line_number, line, self.now) if self.terms.paced else None
        last = Lane.BULK
        if pace is not None and not pace.fits(1):
            self.lease.waits(pace.when(1))
            if not queue.emergency_waits(self.session, line_number.channel, line_number.number):
                return
            last = Lane.EMERGENCY
        elif self._over_budget(line_number, line):
            last = Lane.NOTICE
        probes = line_number.pause_code is not None
        chosen, ways = self._chosen(line_number, line, 1 if probes else room, pace, last)
        lasts, worker = self.terms.lasts, self.terms.worker
        leased = handover.take(self.session, chosen, self.now, lasts, worker, probes=probes, ways=ways)
        if not leased:
            return
        self.lease.texts += leased
        self.turns[line_number.id] += sum(text.lane != Lane.EMERGENCY for text in leased)
        if probes:
            line_number.paused_until = self.now + self.terms.probe_lasts
        if pace is not None:
            line_number.next_at = pace.next_at
            self.lease.waits(pace.when(1))
        self.session.add(line_number)
        segments = sum(text.segments for text in leased)
        spending.spend(self.session, line, segments, spending.charge(self.session, line, leased), self.now)

    def _chosen(
        self, line_number: LineNumber, line: Line, room: int, pace: Pace | None, last: Lane
    ) -> tuple[list[int], Mapping[int, Way]]:
        """The texts that may leave now, and by which way those do that leave by WhatsApp."""
        chosen: list[int] = []
        phones: Counter[str] = Counter()
        above = line_numbers.over_ceiling(self.session, line, self.now)
        check = _LastCheck(self.session, self.now, self.terms, midnight(line, self.now) if above else None)
        check.gate = Gate(self.session, self.now) if line_number.channel is Channel.WHATSAPP else None
        want = room if pace is None else max(1, min(room, int(pace.free)))
        for row in self._ordered(line_number, want, last):
            if phones[row.to] >= PER_PHONE or not check.passes(row):
                continue
            if pace is not None:
                units = 1 if line_number.channel is Channel.WHATSAPP else row.segments
                overdraw = row.lane == Lane.EMERGENCY
                if not pace.fits(units, overdraw=overdraw):
                    self.lease.waits(pace.when(units, overdraw=overdraw))  # whatever is smaller does not slip past it
                    break
                pace.take(units)
            chosen.append(row.id)
            phones[row.to] += 1
            if len(chosen) == room:
                break
        check.settle(self.lease)
        return chosen, check.gate.ways if check.gate else {}

    def _over_budget(self, line_number: LineNumber, line: Line) -> bool:
        if not line_numbers.over_budget(self.session, line, self.now):
            return False
        bulk = select(Outbound.id).where(
            is_in(State.READY),
            Outbound.channel == line_number.channel,
            Outbound.from_number == line_number.number,
            Outbound.lane == Lane.BULK,
        )
        bulk_waits = self.session.exec(bulk.limit(1)).first() is not None
        if bulk_waits and line_numbers.mark_reported(self.session, line, self.now):
            self.lease.over_budget.append(line.id)
        return True

    def _ordered(self, line_number: LineNumber, want: int, last: Lane) -> Iterator[Due]:
        """What this number has to send, in the order of lanes, but that some turns belong to the later lanes."""
        most = 2 * want + 20
        turn = self.turns[line_number.id]
        others = deque(self._due(line_number, Lane.EMERGENCY, last, most))
        complete = len(others) < most
        while others and others[0].lane == Lane.EMERGENCY:
            yield others.popleft()
        if not others:
            return
        favoured = {
            RESERVED_TURNS[slot % TURNS] for slot in range(turn, turn + want) if slot % TURNS in RESERVED_TURNS
        }
        first: dict[Lane, deque[Due]] = {}
        for lane in favoured:
            if lane <= others[-1].lane or complete:  # all there is of it, or enough, was read already
                first[lane] = deque(row for row in others if row.lane == lane)
            elif lane <= last:
                first[lane] = deque(self._due(line_number, lane, lane, want))
        given: set[int] = set()
        for slot in range(turn, turn + 2 * most):
            mine = first.get(RESERVED_TURNS.get(slot % TURNS, Lane.EMERGENCY)) or others
            row = mine.popleft() if mine else None
            while row is not None and row.id in given:
                mine = mine or others
                row = mine.popleft() if mine else None
            if row is None:
                return
            given.add(row.id)
            yield row

    def _due(self, line_number: LineNumber, first: Lane, last: Lane, most: int) -> list[Due]:
        return queue.due(
            self.session, line_number.channel, line_number.number, first, last, most, now=self.now, busy=self.busy
        )


class _LastCheck:
    """The last check before a text is leased: STOP, expiry, the state of its address. Nothing is lost silently."""

    def __init__(self, session: Session, now: datetime, terms: LeaseTerms, offers_wait: datetime | None) -> None:
        self.session = session
        self.now = now
        self.terms = terms
        self.offers_wait = offers_wait  # until then, because today's money for texts is spent
        self.rejected: dict[int, tuple[State, dict[str, Any], bool]] = {}
        self.doubted: dict[int, datetime] = {}
        self.gate: Gate | None = None  # of WhatsApp
        self.shut: list[int] = []

    def passes(self, row: Due) -> bool:
        """Whether the text may leave; if not, its new state is noted."""
        rejection = self._rejection(row)
        if rejection is not None:
            self.rejected[row.id] = rejection
        return rejection is None

    def _rejection(self, row: Due) -> tuple[State, dict[str, Any], bool] | None:
        """Its new state, other columns to set, and whether it is to be reported."""
        if row.opted_out_at is not None and row.phrase not in self.terms.after_stop:
            return State.CANCELLED, {}, False
        if row.phrase == "offer" and row.request_state not in (None, RequestState.OPEN) and not row.has_room:
            return State.EXPIRED, {}, False  # somebody has it already
        if self.offers_wait is not None and row.phrase == "offer" and row.lane > Lane.SAFETY:
            lasts = (row.expires_at or self.now) - self.now
            return State.READY, {"not_before": self.offers_wait, "expires_at": self.offers_wait + lasts}, False
        if row.expires_at is not None and row.expires_at <= self.now:
            return State.EXPIRED, {}, True
        failed = State.FAILED, {"error_code": row.undeliverable_code}, True
        if row.undeliverable_at is not None and (row.last_heard_at or row.undeliverable_at) <= row.undeliverable_at:
            return failed
        if row.paused_until is not None and row.paused_until > self.now:
            return State.HELD, {"not_before": row.paused_until}, False
        codes = self.terms.filtered
        if row.undeliverable_code in codes and filtered_before(self.session, row.id, codes):
            return failed
        if row.look_since is not None:
            self.doubted[row.id] = row.look_since
            return doubted.look_first(self.now)
        return None if self.gate is None else self._at_gate(self.gate, row)

    def _at_gate(self, gate: Gate, row: Due) -> tuple[State, dict[str, Any], bool] | None:
        """WhatsApp's window: what may not pass waits, until it is decided in this transaction what follows."""
        if gate.passes(row):
            return None
        self.shut.append(row.id)
        return State.WAITS, {}, False

    def settle(self, lease: Lease) -> None:
        """Write the new states down."""
        for id_, (state, more, report) in self.rejected.items():
            changed = self.session.execute(
                sa.update(OUT)
                .where(OUT.c.id == id_, is_in(State.READY))
                .values(state=state, changed_at=self.now, **more)
            )
            if changed.rowcount == 1:
                lease.rejected += 1
                if id_ in self.doubted:
                    doubted.began(self.session, id_, self.doubted[id_], self.now)
                lease.lost += [id_] if report else []
                lease.shut += [id_] if id_ in self.shut else []
