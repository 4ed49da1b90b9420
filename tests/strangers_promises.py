"""What must hold after every step of tests/strangers.py, whoever left, came back, was put out or is kept apart."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from sqlmodel import col, select

from app.carriers.base import Outgoing
from app.outbound.discretion import ALLOWED_IN_SILENCE
from app.outbound.outbox import ALLOWED_AFTER_STOP
from handlers.members import forgetting
from models import person_events
from models.assignments import Assignment
from models.assignments import State as Holding
from models.delivery.outbound import Outbound
from models.inbound import Inbound
from models.kept_apart import KeptApart
from models.offers import PENDING, Offer
from models.people import Address, Person
from models.person_events import BACK, PUT_OUT
from models.requests import Outcome, Request, State
from models.store.session import Session
from tests import traces

CLEARED = timedelta(minutes=10)  # after which nothing of theirs is on its way any more
Broken = Iterator[str]


class Somebody(Protocol):
    """A phone of the story."""

    @property
    def number(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def word(self) -> str: ...

    @property
    def traces(self) -> list[str]: ...


@dataclass
class Known:
    """What must hold from now on, by phone."""

    present: set[str] = field(default_factory=set)  # who has an address
    erased: dict[str, datetime] = field(default_factory=dict)  # and has not texted since
    last_words: Counter[str] = field(default_factory=Counter)  # confirmations to who was erased, since then
    apart: set[tuple[str, str]] = field(default_factory=set)  # neighbor and volunteer
    banned: set[str] = field(default_factory=set)
    stopped: set[str] = field(default_factory=set)
    numbers: dict[int, datetime] = field(default_factory=dict)  # of requests, and when each came
    live_numbers: list[int] = field(default_factory=list)
    sent: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # what caused it, to whom, what it said
    mentioned: dict[str, datetime] = field(default_factory=dict)  # when others said the name of somebody last

    def says(self, number: str, words: str, also: Iterable[str]) -> None:
        """Somebody texts; `also` are their other phones."""
        self.erased.pop(number, None)
        self.last_words.pop(number, None)
        if words == "STOP":
            self.stopped.add(number)
        elif words == "START":
            self.stopped -= {number, *also}

    def restored(self, then: "Known") -> None:
        """A backup was put back that was made then. What must never be undone still holds."""
        self.present = set(then.present)
        self.apart |= then.apart
        self.banned |= then.banned


@dataclass
class Step:
    """What left since the last step, and what is kept now."""

    known: Known
    new: list[Outgoing]
    phones: Sequence[Somebody]
    now: datetime
    settled: bool  # time has passed, and all that could leave has left
    backup_at: datetime | None

    def look(self, session: Session) -> list[str]:
        """Every promise that is broken; notes what must hold from now on."""
        self.rows = {row.id: row for row in session.exec(select(Outbound).where(col(Outbound.id).in_(self.ids)))}
        self.people = {person.id: person for person in session.exec(select(Person))}
        self._count(session)
        homes = list(session.exec(select(Address)))
        self.phones_of = {id_: {h.value for h in homes if h.person_id == id_} for id_ in self.people}
        self.person_of = {home.value: home.person_id for home in homes}
        self.requests = {request.id: request for request in session.exec(select(Request))}
        broken = [
            *self.numbers_are_used_once(),
            *self.who_left_is_left_alone(),
            *self.who_stopped_is_left_alone(),
        ]
        self._note(session)
        broken += [
            *self.nobody_banned_is_matched(session),
            *self.who_is_apart_never_meets(session),
            *(self.nothing_stays(session) if self.settled else ()),
        ]
        return broken

    @property
    def ids(self) -> list[int]:
        return [text.id for text in self.new]

    def _count(self, session: Session) -> None:
        """By the text that caused it; what time brought about has no cause."""
        causes = {str(id_): sid for id_, sid in session.exec(select(Inbound.id, Inbound.sid))}
        for text in self.new:
            key = self.rows[text.id].key if text.id in self.rows else ""
            self.known.sent[causes.get(key.partition(":")[0], ""), text.to, text.body] += 1

    def _note(self, session: Session) -> None:
        known, here = self.known, set(self.person_of)
        for gone in known.present - here:
            known.erased[gone] = self.now
        known.present = here
        for pair in session.exec(select(KeptApart)):
            neighbors, helpers = (self.phones_of.get(id_ or 0, set()) for id_ in (pair.neighbor_id, pair.helper_id))
            known.apart |= {(one, other) for one in neighbors for other in helpers}
        for phone, id_ in self.person_of.items():
            if self.people[id_].banned_at is not None:
                known.banned.add(phone)
            elif phone in known.banned:
                happened = person_events.last(session, id_, *PUT_OUT, BACK)
                if happened is not None and happened.kind == BACK:
                    known.banned.discard(phone)
        known.numbers |= {request.number: request.created_at for request in self.requests.values()}
        known.live_numbers = sorted(request.number for request in self.requests.values() if request.live)[-3:]

    def numbers_are_used_once(self) -> Broken:
        for request in self.requests.values():
            if self.known.numbers.get(request.number, request.created_at) != request.created_at:
                yield f"#{request.number} is another request than before"

    def who_left_is_left_alone(self) -> Broken:
        """But for one word that they are erased."""
        for text in self.new:
            if text.to not in self.person_of and text.to in self.known.present | set(self.known.erased):
                row = self.rows.get(text.id)
                if row is None or row.phrase != forgetting.DONE:
                    before = text.to in self.known.present  # what was on its way while they left
                    if not before:
                        yield f"{text.to} was erased and reads {text.body!r}"
                    continue
                self.known.last_words[text.to] += 1
                if self.known.last_words[text.to] > 1:
                    yield f"{text.to} is told twice that they are erased"

    def who_stopped_is_left_alone(self) -> Broken:
        for text in self.new:
            phrase = self.rows[text.id].phrase if text.id in self.rows else ""
            if text.to in self.known.stopped and phrase not in ALLOWED_AFTER_STOP | ALLOWED_IN_SILENCE:
                yield f"{text.to} said STOP and reads {phrase}: {text.body!r}"

    def _matches(self, session: Session) -> Iterator[tuple[Request, Person, str]]:
        """Who has what in hand, and who is asked about what."""
        for held in session.exec(select(Assignment).where(Assignment.state == Holding.ACTIVE)):
            if self.requests[held.request_id].state is State.CLAIMED:
                yield self.requests[held.request_id], self.people[held.person_id], "has"
        for offer in session.exec(select(Offer).where(col(Offer.state).in_(PENDING))):
            yield self.requests[offer.request_id], self.people[offer.person_id], "is asked about"

    def nobody_banned_is_matched(self, session: Session) -> Broken:
        for request, helper, how in self._matches(session):
            if self.phones_of[helper.id] & self.known.banned:
                yield f"{helper.name} is banned and {how} #{request.number}"
        for text in self.new:
            if text.to in self.known.banned:
                for other in self.phones:
                    theirs = self.phones_of.get(self.person_of.get(text.to, 0), {text.to})
                    if other.number not in theirs and other.traces[2] in text.body:
                        yield f"{text.to} is banned and is told of {other.name}'s door"

    def _neighbors(self, request: Request) -> set[str]:
        """The phones of whoever this request goes on for."""
        found = set(self.phones_of[request.person_id])
        for gone in self.requests.values():
            if gone.parent_request_id == request.id and gone.outcome is Outcome.MERGED:
                found |= self._neighbors(gone)
        return found

    def who_is_apart_never_meets(self, session: Session) -> Broken:
        for request, helper, how in self._matches(session):
            for neighbor in self._neighbors(request):
                for phone in self.phones_of[helper.id]:
                    if self.known.apart & {(neighbor, phone), (phone, neighbor)}:
                        yield f"{phone} {how} #{request.number} of {neighbor}, and the two are kept apart"
        words = {one.number: one.word for one in self.phones}
        for text in self.new:
            reader = self.people.get(self.person_of.get(text.to, 0))
            if reader is None:
                continue
            mine = {words[phone] for phone in self.phones_of[reader.id]}
            for pair in self.known.apart:
                other = pair[1] if text.to == pair[0] else pair[0] if text.to == pair[1] else None
                if other and words[other] not in mine and words[other] in text.body:
                    yield f"{text.to} reads the words of {other}, and the two are kept apart: {text.body!r}"

    def nothing_stays(self, session: Session) -> Broken:
        """Of who was erased, in any table."""
        for one in self.phones:
            at = self.known.erased.get(one.number)
            if at is None or self.now - at < CLEARED:
                continue
            said = self.known.mentioned.get(one.number)
            again = said is not None and said >= min(at, self.backup_at or at)
            things = [thing for thing in one.traces if not (again and thing == one.name)]
            yield from (f"of {one.name}, who was erased: {found}" for found in traces.find(session, things))
