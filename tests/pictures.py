"""Two pictures of everything that is remembered, and what happened between them: what promises are held against."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from sqlmodel import SQLModel, col, select

from models import lines
from models.alarms import Alarm
from models.assignments import Assignment
from models.assignments import State as Holding
from models.delivery.outbound import Outbound
from models.duty_tasks import DutyTask
from models.inbound import Heard, Inbound
from models.lines import Line
from models.offers import Offer
from models.people import Address, Person
from models.requests import Event, Request
from models.store.session import Session

T = TypeVar("T", bound=SQLModel)


@dataclass(frozen=True)
class Picture:
    """Everything that is remembered, at one moment."""

    now: datetime
    requests: dict[int, Request]
    people: dict[int, Person]
    addresses: list[Address]
    offers: list[Offer]
    assignments: list[Assignment]
    texts: dict[int, Outbound]
    heard: dict[int, Inbound]
    events: list[Event]
    alarms: dict[int, Alarm]  # by request
    tasks: list[DutyTask]  # for duty
    line: Line | None = None

    def holders(self, request_id: int, *states: Holding) -> list[int]:
        """Who has (or had) this request."""
        held = [a for a in self.assignments if a.request_id == request_id]
        return [a.person_id for a in held if not states or a.state in states]


def picture(session: Session, now: datetime) -> Picture:
    """Read everything."""

    def table(of: type[T]) -> list[T]:
        return list(session.exec(select(of).order_by(col(of.id))))  # type: ignore[attr-defined]

    return Picture(
        now,
        {r.id: r for r in table(Request)},
        {p.id: p for p in table(Person)},
        table(Address),
        table(Offer),
        table(Assignment),
        {t.id: t for t in table(Outbound)},
        {t.id: t for t in table(Inbound)},
        table(Event),
        {a.request_id: a for a in table(Alarm)},
        table(DutyTask),
        next(iter(lines.all_lines(session)), None),
    )


@dataclass(frozen=True)
class Step:
    """What happened between two pictures. `said` is a text that came in, if that is what happened."""

    was: Picture
    now: Picture
    said: Heard | None = None
    time_acted: bool = False
    new: list[Outbound] = field(default_factory=list)
    inbound: Inbound | None = None

    @property
    def speaker(self) -> Person | None:
        return self.now.people.get(self.inbound.person_id or 0) if self.inbound else None

    def told(self, person_id: int, *, about: int | None = None) -> list[Outbound]:
        """The texts of this step to somebody."""
        return [t for t in self.new if t.person_id == person_id and (about is None or t.request_id == about)]

    def reachable(self, person_id: int) -> bool:
        person = self.now.people[person_id]
        return person.opted_out_at is None and person.silent_since is None


def step(was: Picture, now: Picture, said: Heard | None = None, *, time_acted: bool = False) -> Step:
    """The difference between two pictures."""
    new = [text for id_, text in now.texts.items() if id_ not in was.texts]
    came = [text for id_, text in now.heard.items() if id_ not in was.heard]
    return Step(was, now, said, time_acted, new, came[0] if came else None)
