"""Who looks at the board: known by a key that their browser got for a link; they may do what they may by text."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Depends, Request

from app.hotline import Hotline
from handlers.turn import Context
from models import board_sessions, lines, people, shifts
from models.board_sessions import BoardSession
from models.lines import Line
from models.people import Person
from models.store.session import Session

COOKIE = "board"
LASTS = timedelta(days=30)
DUTY_LASTS = timedelta(hours=12)  # the board as duty sees it, where no shift says when duty ends


class NotLetIn(Exception):
    """Somebody asks for the board whom no link has let in, or not any more."""


@dataclass(frozen=True)
class Member:
    """Somebody on the board, as they stood when they asked for the page. `on_duty` is what they may see."""

    key: str
    session_id: int
    person_id: int
    line_id: int
    group: str
    language: str
    zone: str
    on_duty: bool
    watches: bool  # on duty; `on_duty` only if this device was let in for it
    hotline: Hotline

    def context(self, session: Session) -> tuple[Context, Person]:
        """Line and moment, and the member, to read what they may see."""
        line = lines.by_id(session, self.line_id)
        return Context(session, line, self.hotline.clock.now()), people.by_id(session, self.person_id)


def member(request: Request) -> Member:
    """Who asks. Raises NotLetIn."""
    return _known(request.app.state.hotline, request.cookies.get(COOKIE, ""))


def again(member: Member) -> Member:
    """The same member as they stand after what they have just done. Raises NotLetIn."""
    return _known(member.hotline, member.key)


def _known(hotline: Hotline, key: str) -> Member:
    found = hotline.database.read(lambda session: look(session, hotline, key)) if key else None
    if found is None:
        raise NotLetIn
    return found


def look(session: Session, hotline: Hotline, key: str) -> Member | None:
    """Who has this key, if they may still look at the board."""
    now = hotline.clock.now()
    kept = board_sessions.by_key(session, key, now)
    person = session.get(Person, kept.person_id) if kept else None
    if kept is None or person is None or not may_look(person):
        return None
    line = lines.by_id(session, kept.line_id)
    return Member(
        *(key, kept.id, person.id, line.id, line.name, person.speaks(line), line.timezone),
        on_duty=sees_duty(kept, person, now),
        watches=person.on_duty,
        hotline=hotline,
    )


def may_look(person: Person) -> bool:
    """Whether somebody may see the board at all: vouched volunteers, unless they said STOP."""
    return person.helps and person.opted_out_at is None and person.erased_at is None


def sees_duty(kept: BoardSession, person: Person, now: datetime) -> bool:
    """Whether somebody sees what duty sees: on duty, on a device that was let in for this turn of theirs."""
    if person.on_duty_since is None or kept.duty_until is None or kept.opened_at is None:
        return False
    return person.on_duty_since <= kept.opened_at and now < kept.duty_until


def lasts(session: Session, line: Line, person: Person, now: datetime) -> tuple[datetime, datetime | None]:
    """Until when somebody who opens the board now stays on it, and until when they see what duty sees."""
    if not person.on_duty:
        return now + LASTS, None
    running = [s for s in shifts.planned(session, line.id, now) if s.person_id == person.id and s.starts_at <= now]
    until = max((shift.ends_at for shift in running), default=now + DUTY_LASTS)
    return now + LASTS, min(until, now + DUTY_LASTS)


def waiting(session: Session, hotline: Hotline, secret: str) -> tuple[BoardSession, Person, Line] | None:
    """Whom a link is for, if it still opens the board."""
    kept = board_sessions.by_link(session, secret, hotline.clock.now())
    person = session.get(Person, kept.person_id) if kept else None
    if kept is None or person is None or not may_look(person):
        return None
    return kept, person, lines.by_id(session, kept.line_id)


CurrentMember = Annotated[Member, Depends(member)]
