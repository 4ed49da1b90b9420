"""Imports: which people came, or were changed, by a list that the host brought, and how each was before.

What stands here is there to take an import back. It is emptied with the words of what is long over, and with whoever
is erased.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import JSON, Column, Field, col, select

from models.people import Address, Person
from models.requests import Request
from models.store.session import Session
from models.store.types import EnumString, Model, UtcDateTime, table

# What a list tells of a person, by columns that belong together: they are put back together, or not at all.
TOLD: Mapping[str, tuple[str, ...]] = {
    "name": ("name",),
    "volunteer": ("helper_since", "vouched_at", "vouched_by_person_id", "founder_until"),
    "on duty": ("on_duty_since", "duty_at"),
    "language": ("language",),
    "languages": ("languages",),
    "areas": ("areas",),
    "help": ("can",),
}
MOMENTS = frozenset({"helper_since", "vouched_at", "founder_until", "on_duty_since", "duty_at"})


class Kind(StrEnum):
    """What was imported."""

    PEOPLE = "people"
    REQUESTS = "requests"


class ImportBatch(Model, table=True):
    """One list."""

    __table_args__ = (sa.Index("ix_importbatch_line", "line_id", "id"),)

    id: int = Field(default=None, primary_key=True)
    line_id: int = Field(foreign_key="line.id")
    kind: Kind = Field(sa_type=EnumString(Kind))
    source: str = ""  # the file's name
    made: int = 0  # how many people or requests came by it
    changed: int = 0  # and how many were known, and changed
    created_at: datetime = Field(sa_type=UtcDateTime)
    undone_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class ImportedRow(Model, table=True):
    """What one row of it made or changed. `before` and `after` are the columns of the person that it changed."""

    id: int = Field(default=None, primary_key=True)
    batch_id: int = Field(foreign_key="importbatch.id", index=True)
    line_id: int = Field(foreign_key="line.id")
    person_id: int | None = Field(default=None, foreign_key="person.id", index=True)
    request_id: int | None = Field(default=None, foreign_key="request.id", index=True)
    number: int  # of the row in the list
    is_new: bool
    address_id: int | None = None  # that it gave to somebody known
    before: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    after: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    created_at: datetime = Field(sa_type=UtcDateTime)


def begin(session: Session, line_id: int, kind: Kind, source: str, now: datetime) -> ImportBatch:
    """A new import."""
    return session.create(ImportBatch, line_id=line_id, kind=kind, source=source, created_at=now)


def told(person: Person) -> dict[str, Any]:
    """What a list may tell of somebody, as it stands, for JSON."""
    found = {name: getattr(person, name) for names in TOLD.values() for name in names}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in found.items()}


def record(
    session: Session,
    batch: ImportBatch,
    number: int,
    person: Person,
    before: Mapping[str, Any] | None,
    now: datetime,
    *,
    address_id: int | None = None,
) -> None:
    """Write down what a row made of somebody; `before` is None for who was not known."""
    after = told(person)
    changed = [name for name in after if before is not None and before[name] != after[name]]
    known: dict[str, Any] = {"address_id": address_id}
    if before is not None:
        known |= {
            "before": {name: before[name] for name in changed},
            "after": {name: after[name] for name in changed},
        }
    _row(session, batch, number, person.id, now, is_new=before is None, **known)
    batch.made += before is None
    batch.changed += before is not None
    session.add(batch)


def record_request(
    session: Session, batch: ImportBatch, number: int, request: Request, now: datetime, *, is_new: bool
) -> None:
    """Write down which request a row made, and whether its neighbor was new."""
    _row(session, batch, number, request.person_id, now, is_new=is_new, request_id=request.id)


def _row(
    session: Session, batch: ImportBatch, number: int, person_id: int, now: datetime, *, is_new: bool, **known: Any
) -> None:
    """What a row made, of whom."""
    session.create(
        ImportedRow,
        batch_id=batch.id,
        line_id=batch.line_id,
        person_id=person_id,
        number=number,
        is_new=is_new,
        created_at=now,
        **known,
    )


def requests_of(session: Session, batch: ImportBatch) -> list[tuple[ImportedRow, Request]]:
    """The requests that a list made, with its rows, in its order."""
    query = select(ImportedRow, Request).join(Request, col(Request.id) == col(ImportedRow.request_id))
    return list(session.exec(query.where(ImportedRow.batch_id == batch.id).order_by(col(ImportedRow.id))))


def from_list(session: Session, request_id: int) -> bool:
    """Whether a list brought this request."""
    return (
        session.exec(select(ImportedRow.id).where(ImportedRow.request_id == request_id).limit(1)).first() is not None
    )


def asked_by_list(session: Session, person_id: int) -> bool:
    """Whether a list said that they need something."""
    theirs = ImportedRow.person_id == person_id, col(ImportedRow.request_id).is_not(None)
    return session.exec(select(ImportedRow.id).where(*theirs).limit(1)).first() is not None


def find(session: Session, batch_id: int) -> ImportBatch | None:
    """The import with this number."""
    return session.exec(select(ImportBatch).where(ImportBatch.id == batch_id)).first()


def latest(session: Session, kind: Kind, line_id: int | None = None) -> ImportBatch | None:
    """The last import of this kind, to one line or any, that was not taken back."""
    query = select(ImportBatch).where(ImportBatch.kind == kind, col(ImportBatch.undone_at).is_(None))
    if line_id is not None:
        query = query.where(ImportBatch.line_id == line_id)
    return session.exec(query.order_by(col(ImportBatch.id).desc()).limit(1)).first()


def rows(session: Session, batch: ImportBatch) -> list[ImportedRow]:
    """What it made and changed, the last first."""
    query = select(ImportedRow).where(ImportedRow.batch_id == batch.id)
    return session.exec(query.order_by(col(ImportedRow.id).desc()))


def every(session: Session, kind: Kind) -> list[ImportBatch]:
    """All imports of this kind, the first first."""
    return session.exec(select(ImportBatch).where(ImportBatch.kind == kind).order_by(col(ImportBatch.id)))


def later(session: Session, batch: ImportBatch, person_id: int) -> int | None:
    """A later import, not taken back, that tells of the same person."""
    query = (
        select(ImportBatch.id)
        .join(ImportedRow, col(ImportedRow.batch_id) == col(ImportBatch.id))
        .where(
            ImportedRow.person_id == person_id,
            col(ImportBatch.id) > batch.id,
            col(ImportBatch.undone_at).is_(None),
        )
    )
    return session.exec(query.limit(1)).first()


def put_back(session: Session, row: ImportedRow, person: Person, *, but: Sequence[str] = ()) -> list[str]:
    """Make what a row has changed as it was; returns what stays: it was changed again since, or is in `but`."""
    now, before, after = told(person), row.before or {}, row.after or {}
    stays: list[str] = []
    for what, names in TOLD.items():
        changed = [name for name in names if name in after]
        if not changed:
            continue
        if what in but or any(now[name] != after[name] for name in changed):
            stays.append(what)
            continue
        for name in changed:
            setattr(person, name, _value(name, before[name]))
    session.add(person)
    return stays


def take_address(session: Session, row: ImportedRow) -> bool:
    """Take away the address that a row gave to somebody, unless they have written from it; whether it is gone."""
    if row.address_id is None:
        return True
    theirs = table(Address).c
    unheard = theirs.id == row.address_id, theirs.person_id == row.person_id, theirs.last_heard_at.is_(None)
    session.cache.clear()
    return session.execute(sa.delete(table(Address)).where(*unheard)).rowcount == 1


def _value(name: str, kept: Any) -> Any:
    return datetime.fromisoformat(kept) if name in MOMENTS and kept is not None else kept


def blank(session: Session, line_id: int, before: datetime) -> None:
    """Empty what people were before imports of long ago; those can be taken back no more."""
    old = table(ImportedRow).c
    told_of = old.line_id == line_id, old.created_at < before, sa.or_(old.before.is_not(None), old.after.is_not(None))
    session.execute(sa.update(table(ImportedRow)).where(*told_of).values(before=sa.null(), after=sa.null()))
    lists = table(ImportBatch).c
    named = lists.line_id == line_id, lists.created_at < before, lists.source != ""
    session.execute(sa.update(table(ImportBatch)).where(*named).values(source=""))
