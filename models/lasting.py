"""What a restore must not undo, told without a number or a name: who was erased, banned or kept apart, by hash.

It is noted in a file beside the database (app/backups/erased.py). The ids of people say nothing there: after a
restore somebody else may have them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from models import erasing, former, kept_apart, lines, marks, person_events, removals, timers
from models.kept_apart import SIDES
from models.lines import Line
from models.marks import Mark
from models.people import Address, Person
from models.person_events import BACK, BANNED, PersonEvent
from models.store.session import Session

Record = Mapping[str, Any]  # as it is written: at, kind and line, and what the kind needs


class Kind(StrEnum):
    """What happened."""

    MARK = "mark"
    BAN = "ban"
    BACK = "back"
    APART = "apart"


def since(session: Session, moment: datetime) -> list[Record]:
    """What happened from then on, in order. Nothing of a line that has no key yet: nothing was hashed there."""
    found: list[Record] = []
    for line in lines.all_lines(session):
        if not line.hash_key:
            continue
        of = _Hashes(session, line)
        for mark in session.exec(select(Mark).where(Mark.line_id == line.id, col(Mark.erased_at) >= moment)):
            kept = {"hash": mark.hash, "kept": mark.kept, "sids": mark.sids}
            found.append(_record(Kind.MARK, line, mark.erased_at, **kept))
        banned = select(Person).where(Person.line_id == line.id, col(Person.banned_at) >= moment)
        for person in session.exec(banned):
            for hash_ in of.person(person.id):
                found.append(_record(Kind.BAN, line, person.banned_at or moment, hash=hash_))
        back = select(PersonEvent).where(
            col(PersonEvent.line_id) == line.id, col(PersonEvent.kind) == BACK, col(PersonEvent.at) >= moment
        )
        for event in session.exec(back):
            for hash_ in of.person(event.person_id):
                found.append(_record(Kind.BACK, line, event.at, hash=hash_))
        for pair in kept_apart.since(session, moment):
            if pair.line_id == line.id:
                neighbor = of.side(pair.neighbor_id, pair.neighbor_hash)
                helper = of.side(pair.helper_id, pair.helper_hash)
                found.append(_record(Kind.APART, line, pair.at, neighbor=neighbor, helper=helper))
    return sorted(found, key=lambda record: str(record["at"]))


def keys(session: Session) -> dict[int, str]:
    """The key of each line that has one."""
    return {line.id: line.hash_key for line in lines.all_lines(session) if line.hash_key}


def hold(session: Session, records: Iterable[Record], backup_at: datetime, now: datetime) -> int:
    """Let what happened since a backup hold in it; returns how many people that it knows were erased since."""
    erased = 0
    by_line: defaultdict[int, list[Record]] = defaultdict(list)
    for record in records:
        if datetime.fromisoformat(record["at"]) >= backup_at:
            by_line[record["line"]].append(record)
    for line in lines.all_lines(session):
        if line.id in by_line and line.hash_key:
            of = _Hashes(session, line)
            for record in sorted(by_line[line.id], key=lambda one: str(one["at"])):
                if record["kind"] == Kind.MARK:
                    erased += _erase(session, line, record, of, now)
                else:
                    _hold(session, line, record, of, backup_at)
    return erased


def _erase(session: Session, line: Line, record: Record, of: "_Hashes", now: datetime) -> int:
    """Erase once more who had a number when it was erased, and lay its mark. By the number: ids may be another's."""
    at, hash_ = datetime.fromisoformat(record["at"]), record["hash"]
    if hash_ in of.erased_at and of.erased_at[hash_] >= at:  # the backup knows of it
        return 0
    for one in former.of_hash(session, line.id, hash_):
        erasing.empty_former(session, line, one, at)
        timers.bring_forward(session, line.id, timers.CLEARING, now)
    count, person_id = 0, of.people.get(hash_)
    if person_id is not None:
        person = session.get_one(Person, person_id)
        if person.created_at > at:  # they are known again
            return 0
        removals.let_go(session, person, now)
        erasing.erase(session, line, person, at)  # what they wrote since then makes them known again
        timers.bring_forward(session, line.id, timers.CLEARING, now)
        of.forget(person_id)
        count = 1
    marks.leave_hashed(session, line.id, hash_, at, record["kept"], record.get("sids", ()))
    return count


def _hold(session: Session, line: Line, record: Record, of: "_Hashes", backup_at: datetime) -> None:
    at = datetime.fromisoformat(record["at"])
    match record["kind"]:
        case Kind.APART:
            sides = [[of.known(hash_, side) for hash_ in record[side]] for side in SIDES]
            for neighbor in sides[0]:
                for helper in sides[1]:
                    kept_apart.add(session, {"line_id": line.id, "at": at, **neighbor, **helper})
        case Kind.BAN | Kind.BACK as kind:
            banned_at = at if kind == Kind.BAN else None
            person_id = of.people.get(record["hash"])
            if person_id is not None:
                person = session.get_one(Person, person_id)
                if (person.banned_at is None) != (banned_at is None):
                    person.banned_at = banned_at
                    session.add(person)
                    event = BANNED if banned_at else BACK
                    person_events.record(session, line.id, person_id, event, at)
            elif banned_at:  # not known yet: they are again by what is read back of the carrier's list
                kept = {"banned_at": at.isoformat()}
                marks.leave_hashed(session, line.id, record["hash"], backup_at - timedelta(seconds=1), kept)
            else:
                marks.unkeep(session, line.id, record["hash"], "banned_at")


def _record(kind: Kind, line: Line, at: datetime, **more: Any) -> Record:
    return {"at": at.isoformat(), "kind": str(kind), "line": line.id, **more}


class _Hashes:
    """The hashes of all numbers that are known on a line."""

    def __init__(self, session: Session, line: Line) -> None:
        homes = session.execute(
            sa.select(col(Address.value), col(Address.person_id)).where(col(Address.line_id) == line.id)
        )
        known = [(marks.hashed(session, line, value), value, person_id) for value, person_id in homes.all()]
        self.people = {
            hash_: person_id for hash_, value, person_id in known for hash_ in (hash_, *marks.hashes(line, value))
        }
        self.of: defaultdict[int, list[str]] = defaultdict(list)
        for hash_, person_id in self.people.items():
            self.of[person_id].append(hash_)
        self.erased_at = marks.erased_at(session, line.id)

    def forget(self, person_id: int) -> None:
        """They are erased."""
        for hash_ in self.of.pop(person_id, []):
            del self.people[hash_]

    def person(self, person_id: int) -> list[str]:
        """The hashes of somebody's numbers."""
        return sorted(self.of[person_id])

    def side(self, person_id: int | None, hash_: str) -> list[str]:
        """Those of one side of a pair."""
        return [hash_] if person_id is None else self.person(person_id)

    def known(self, hash_: str, side: str) -> dict[str, Any]:
        """The columns of that side: by id whoever is known, by hash anybody else."""
        person_id = self.people.get(hash_)
        return {f"{side}_id": person_id, f"{side}_hash": "" if person_id is not None else hash_}
