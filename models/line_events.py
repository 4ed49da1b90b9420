"""What changed of a line: figures, answers, resources, areas, name and numbers, its breaks; by whom, and when."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import JSON, Column, Field, col, select

from models import lines
from models.lines import Line
from models.store.session import Session
from models.store.types import Model, UtcDateTime

RULE, ANSWER, RESOURCE, AREA, SETTING = "rule", "answer", "resource", "area", "setting"
PAUSE, BRAKE, TAP = "pause", "brake", "tap"  # by text
END, ERASE = "end", "erase"  # the day on which the line ends, and the one on which it forgets everybody
HOST = "host"  # what whoever has the host did that changes no figure: its name is one of these, `after` how many
LINE_ADDED, RESTORED = "line_added", "restored"
ERASED, LIST_TAKEN_BACK = "erased", "list_taken_back"  # people
REQUESTS_IMPORTED, REQUESTS_TAKEN_BACK = "requests_imported", "requests_taken_back"
SETTINGS = ("name", "sms", "whatsapp", "language", "timezone", "country", "emergency_number", "greeting")

LARGEST_ID = 2**31 - 1  # that PostgreSQL compares with a column of ids


class LineEvent(Model, table=True):
    """One change. `before` and `after` are None where there was nothing, or is nothing any more: for a figure, where
    the line lives by the default."""

    __table_args__ = (sa.Index("ix_lineevent_line", "line_id", "id"),)

    id: int = Field(default=None, primary_key=True)
    line_id: int = Field(foreign_key="line.id")
    at: datetime = Field(sa_type=UtcDateTime)
    kind: str
    name: str  # which figure, area or setting; what an answer is to, what a resource says
    before: Any = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    after: Any = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    # Who did it; with a proposal, who had proposed it. None: whoever has the host.
    by_person_id: int | None = Field(default=None, foreign_key="person.id")
    proposal_id: int | None = Field(default=None, foreign_key="proposal.id")  # by which all had decided it


def record(
    session: Session,
    line_id: int,
    kind: str,
    name: str,
    now: datetime,
    *,
    before: Any = None,
    after: Any = None,
    by: int | None = None,
    proposal: int | None = None,
) -> None:
    """Write down a change; `proposal` is the id of the one by which all had decided it."""
    session.insert_later(
        LineEvent,
        line_id=line_id,
        at=now,
        kind=kind,
        name=name,
        before=before,
        after=after,
        by_person_id=by,
        proposal_id=proposal,
    )


@contextmanager
def recorded(
    session: Session, line: Line, now: datetime, *, by: int | None = None, proposal: int | None = None
) -> Iterator[None]:
    """Write down whatever is changed of a line inside: figures, answers, resources, areas, name and numbers."""
    before = as_it_is(session, line)
    yield
    after = as_it_is(session, line)
    for key in dict.fromkeys((*before, *after)):
        if before.get(key) != after.get(key):
            record(
                session, line.id, *key, now, before=before.get(key), after=after.get(key), by=by, proposal=proposal
            )


def as_it_is(session: Session, line: Line) -> dict[tuple[str, str], Any]:
    """All that may change, by its kind and name."""
    answers = {(ANSWER, _in_language(" / ".join(each["heard"]), each)): each for each in line.answers}
    resources = {(RESOURCE, _in_language(each["words"], each)): each for each in line.resources}
    areas = {(AREA, area.name): [*area.aliases] for area in lines.areas(session, line.id)}
    return {
        **{(SETTING, name): getattr(line, name) for name in SETTINGS},
        **{(RULE, name): value for name, value in line.rules.items()},
        **answers,
        **resources,
        **areas,
    }


def _in_language(name: str, kept: dict[str, Any]) -> str:
    """Two that differ in nothing else are two."""
    return f"{name} ({kept['language']})" if kept["language"] else name


def latest(session: Session, line_id: int, most: int, *, before: int | None = None) -> list[LineEvent]:
    """The last changes of a line, the latest first; of those before this one."""
    theirs = select(LineEvent).where(LineEvent.line_id == line_id)
    if before is not None:
        theirs = theirs.where(col(LineEvent.id) < before)
    return list(session.exec(theirs.order_by(col(LineEvent.id).desc()).limit(most)))


def since(session: Session, line_id: int, last: int) -> list[LineEvent]:
    """What was changed after the event with that id, in order."""
    theirs = select(LineEvent).where(LineEvent.line_id == line_id, col(LineEvent.id) > last)
    return list(session.exec(theirs.order_by(col(LineEvent.id))))


def by_id(session: Session, line_id: int, event_id: int) -> LineEvent | None:
    """The change of this line with this id."""
    if event_id > LARGEST_ID:
        return None
    return session.exec(select(LineEvent).where(LineEvent.line_id == line_id, LineEvent.id == event_id)).first()


def decided_since(session: Session, line_id: int, kind: str, name: str, written: Any) -> bool:
    """Whether all have decided on something since the settings first said `written`, as they still do.

    Then the decision holds. Settings that say something else are the host's newer word.
    """
    theirs = LineEvent.line_id == line_id, LineEvent.kind == kind, LineEvent.name == name
    of_it = list(session.exec(select(LineEvent).where(*theirs).order_by(col(LineEvent.id))))
    if not of_it or of_it[-1].proposal_id is None:
        return False
    by_host = [event for event in of_it if event.proposal_id is None]
    before: Any = by_host[-1].after if by_host else of_it[0].before
    return bool(before == written)


def last_of_each(session: Session, line_id: int) -> dict[tuple[str, str], LineEvent]:
    """The last change of each thing, by its kind and name."""
    newest = sa.select(sa.func.max(col(LineEvent.id))).where(col(LineEvent.line_id) == line_id)
    newest = newest.group_by(col(LineEvent.kind), col(LineEvent.name))
    found = select(LineEvent).where(col(LineEvent.id).in_(newest))
    return {(event.kind, event.name): event for event in session.exec(found)}
