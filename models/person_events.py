"""Person events: what was done to people, by whom and why, and which places they were shown. Only ever added to."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, col, select

from models.store.session import Session
from models.store.statements import Precompiled
from models.store.types import Model, UtcDateTime

VOUCHED = "vouched"
BANNED, REMOVED, REVOKED, BACK = "banned", "removed", "revoked", "back"
RENAMED, MERGED, TAKEN_OFF = "renamed", "merged", "taken_off"  # by whoever has the host
# By whoever has the host: somebody came in by hand or by a list, or what is known of them changed (words: what).
ADDED, CHANGED = "added", "changed"
WATCH_BEGAN, WATCH_ENDED = "watch_began", "watch_ended"  # both written when a watch ends (models/watch.py)
ASKED_TURN = "asked_turn"  # whether they would take a turn on duty that somebody cannot
ASKED_STILL_ON = "asked_still_on"  # whether they are still on duty
NEW_NUMBER, NEW_NUMBER_REFUSED = "new_number", "new_number_refused"  # another phone says it is theirs; it is not
WRONG_CODE = "wrong_code"  # they texted a code that was nobody's
# Their texts end: they said so to us, or the carrier lets nothing through to them; and begin again.
STOPPED, CUT_OFF, STARTED = "stopped", "cut_off", "started"
PUT_OUT = (BANNED, REMOVED, REVOKED)
FIRST_TEXT = "first_text"  # whoever has the host agreed to tell them who will text them, and why
TOLD_TO_JOIN, TOLD_TO_ASK = (
    "told_to_join",
    "told_to_ask",
)  # each once, with a thank-you (members/inviting.py)
FOUNDED = "founded"  # they were one of those who began the line, until then
END_TOLD, GOES_ON_TOLD = "end_told", "goes_on_told"  # they have heard that the line ends; that it does not, after all
SAW_PLACE, NO_PLACE = "saw_place", "no_place"  # an exact place was shown to them, or was not, for it was one too many


class PersonEvent(Model, table=True):
    """Something that happened to a person, or that one on duty did about a request (`duty_close` and its like)."""

    __table_args__ = (
        sa.Index("ix_personevent_person", "person_id", "kind", "at"),
        sa.Index("ix_personevent_by", "by_person_id", "kind", "at"),
    )

    id: int = Field(default=None, primary_key=True)
    line_id: int = Field(foreign_key="line.id")
    person_id: int = Field(foreign_key="person.id")
    at: datetime = Field(sa_type=UtcDateTime)
    kind: str
    by_person_id: int | None = Field(default=None, foreign_key="person.id")  # None: time, or whoever has the host
    request_id: int | None = Field(default=None, foreign_key="request.id")
    words: str | None = None
    proposal_id: int | None = Field(default=None, foreign_key="proposal.id")  # by which all had decided it


def record(
    session: Session,
    line_id: int,
    person_id: int,
    kind: str,
    now: datetime,
    *,
    by: int | None = None,
    request_id: int | None = None,
    words: str | None = None,
    proposal: int | None = None,
) -> None:
    """Write down what happened."""
    session.insert_later(
        PersonEvent,
        line_id=line_id,
        person_id=person_id,
        kind=kind,
        at=now,
        by_person_id=by,
        request_id=request_id,
        words=words,
        proposal_id=proposal,
    )


PLACES: Precompiled[Any] = Precompiled(
    sa.select(col(PersonEvent.request_id))
    .where(
        col(PersonEvent.person_id) == sa.bindparam("person_id"),
        col(PersonEvent.kind) == sa.bindparam("kind"),
        col(PersonEvent.at) > sa.bindparam("since", type_=UtcDateTime),
    )
    .distinct()
)


def places(session: Session, person_id: int, kind: str, since: datetime) -> set[int]:
    """The requests whose exact place this person was shown since then, or was not (`kind`)."""
    return set(session.fetch(PLACES, person_id=person_id, kind=kind, since=since))


def happened(session: Session, person_id: int, kinds: Sequence[str], since: datetime) -> list[PersonEvent]:
    """What of these kinds happened to this person since then, in order."""
    theirs = select(PersonEvent).where(
        PersonEvent.person_id == person_id, col(PersonEvent.kind).in_(kinds), PersonEvent.at >= since
    )
    return list(session.exec(theirs.order_by(col(PersonEvent.id))))


def count(session: Session, line_id: int, kind: str, since: datetime) -> int:
    """How often this happened to anybody on the line since then."""
    theirs = PersonEvent.line_id == line_id, PersonEvent.kind == kind, PersonEvent.at >= since
    return int(session.exec(select(sa.func.count(col(PersonEvent.id))).where(*theirs)).one())


def done_by(session: Session, person_id: int, kinds: Sequence[str], since: datetime) -> list[PersonEvent]:
    """What of these kinds this person did since then, in order."""
    theirs = select(PersonEvent).where(
        PersonEvent.by_person_id == person_id, col(PersonEvent.kind).in_(kinds), PersonEvent.at >= since
    )
    return list(session.exec(theirs.order_by(col(PersonEvent.id))))


def of_line(
    session: Session, line_id: int, kinds: Sequence[str], most: int, *, before: datetime | None = None
) -> list[PersonEvent]:
    """What of these kinds happened last to anybody on the line, the latest first; before this moment."""
    theirs = select(PersonEvent).where(PersonEvent.line_id == line_id, col(PersonEvent.kind).in_(kinds))
    if before is not None:
        theirs = theirs.where(PersonEvent.at < before)
    return list(session.exec(theirs.order_by(col(PersonEvent.at).desc(), col(PersonEvent.id).desc()).limit(most)))


def last_at(session: Session, person_ids: Collection[int], kind: str) -> dict[int, datetime]:
    """When this happened to each of these people last; who is not in it, it never did."""
    theirs = select(PersonEvent.person_id, sa.func.max(col(PersonEvent.at), type_=UtcDateTime)).where(
        col(PersonEvent.person_id).in_(person_ids), PersonEvent.kind == kind
    )
    return dict(session.exec(theirs.group_by(col(PersonEvent.person_id))))


def is_decided_out(session: Session, person_id: int) -> bool:
    """Whether all have decided that they are out, and nothing has happened since: nobody takes them back alone."""
    happened = last(session, person_id, *PUT_OUT, BACK, VOUCHED)
    return happened is not None and happened.kind in PUT_OUT and happened.proposal_id is not None


def last(session: Session, person_id: int, *kinds: str) -> PersonEvent | None:
    """Which of these happened to this person last, if any."""
    theirs = select(PersonEvent).where(PersonEvent.person_id == person_id, col(PersonEvent.kind).in_(kinds))
    return session.exec(theirs.order_by(col(PersonEvent.id).desc()).limit(1)).first()
