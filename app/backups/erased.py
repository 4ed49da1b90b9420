"""What a restore must not undo, in a file beside the database: it outlives that, and whoever restores reads it.

A line is a record of models/lasting.py, which names nobody; or the last request number that a line gave out, or the
last id of a person. There is no word, name or phone number in it.
"""

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from app.database.engine import Database
from app.settings import Settings
from models import lasting
from models.delivery import gaps
from models.delivery.gaps import GivenOut
from models.lasting import Kind, Record

LONG_AGO = datetime.fromisoformat("2000-01-01T00:00:00+00:00")
NUMBER, PERSON = "number", "person"  # the kinds of a line that tells a request number, or the id of a person


@dataclass
class Noted:
    """All that the file says."""

    records: list[Record] = field(default_factory=list)
    numbers: dict[int, int] = field(default_factory=dict)  # the last of each line
    person: int = 0

    @property
    def given_out(self) -> GivenOut:
        """What was, by then."""
        return GivenOut(self.numbers, self.person)


def file_of(settings: Settings) -> Path:
    """Where it is noted."""
    database = settings.database_file
    if database is not None:
        return database.with_name(f"{database.name}.erased")
    return settings.spool.absolute().parent / f"{settings.database.database}.erased"


def noted(settings: Settings) -> Noted:
    """All that the file says; a line that cannot be read says nothing."""
    found = Noted()
    with suppress(OSError):
        for line in file_of(settings).read_text("utf-8").splitlines():
            with suppress(ValueError, KeyError, TypeError):
                _read(line, found)
    return found


def _read(line: str, into: Noted) -> None:
    record = json.loads(line)
    if record["kind"] == NUMBER:
        into.numbers[record["line"]] = max(into.numbers.get(record["line"], 0), record["last"])
    elif record["kind"] == PERSON:
        into.person = max(into.person, record["last"])
    else:
        datetime.fromisoformat(record["at"])
        into.records.append(record)


def note(settings: Settings, kept: Database) -> int:
    """Write down what the database knows of this and the file does not; returns how many numbers were erased."""
    known = noted(settings)
    last = max((datetime.fromisoformat(record["at"]) for record in known.records), default=LONG_AGO)
    records = kept.read(lambda session: lasting.since(session, last), unhurried=True)
    new = [record for record in records if record not in known.records]
    lines = [json.dumps(record) for record in [*new, *_higher(kept.read(gaps.last_numbers), known)]]
    if lines:
        handle = os.open(file_of(settings), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "a", encoding="utf-8") as writing:
            writing.writelines(f"{line}\n" for line in lines)
            writing.flush()
            os.fsync(writing.fileno())
    return sum(record["kind"] == Kind.MARK for record in new)


def _higher(given_out: GivenOut, known: Noted) -> Iterator[Record]:
    for line, number in given_out.requests.items():
        if number > known.numbers.get(line, 0):
            yield {"kind": NUMBER, "line": line, "last": number}
    if given_out.person > known.person:
        yield {"kind": PERSON, "last": given_out.person}
