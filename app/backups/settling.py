"""What must be true of a database after a backup was put in its place, before a hotline runs on it.

What happened since the backup is not in it, and did happen: texts were sent, numbers given out, people erased. So
whatever waits to be sent, and all that is said of what came in since or of what time brings about, is looked for at
the carrier before it leaves (models/delivery/doubted.py); numbers go on behind a gap (models/delivery/gaps.py); the
carrier's list of what came in is read back to the backup's newest text (app/inbound/reconcile.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType

from app.backups.erased import Erased
from models import erasing, inbound, lasting, lines, removals, timers
from models.delivery import doubted, gaps
from models.lasting import Record
from models.people import Person
from models.restores import Restore
from models.store.session import Session

LEAST_DOUBT, MOST_DOUBT = timedelta(minutes=15), timedelta(days=1)


@dataclass
class Settled:
    """What was done."""

    read_from: datetime  # the backup's newest text
    texts: int = 0  # that are looked for before they leave
    erased: int = 0
    numbers: dict[str, int] = field(default_factory=dict)  # the next request of each line


def settle(
    session: Session,
    now: datetime,
    erased: list[Erased],
    given_out: Mapping[int, int],
    records: Sequence[Record] = (),
    keys: Mapping[int, str] = MappingProxyType({}),
    noted: Mapping[int, int] = MappingProxyType({}),
) -> Settled:
    """Make it so. `given_out` are the last request numbers that are known to have been given out, by line.

    `records` are what must not be undone, `keys` those of lines that had none when the backup was made.
    """
    every = lines.all_lines(session)
    began = min((line.created_at for line in every), default=now)
    read_from = min(inbound.last_received_at(session) or began, now)
    backup_at = min(max(read_from, gaps.newest_moment(session) or read_from), now)
    done = Settled(read_from, texts=doubted.doubt_all(session, read_from))
    for line in every:
        done.numbers[line.name] = gaps.of_requests(
            session, line, backup_at, now, given_out.get(line.id, 0), noted.get(line.id, 0)
        )
    for line in every:
        if not line.hash_key and (key := keys.get(line.id)):
            line.hash_key = key
            session.add(line)
    done.erased = _erase(session, erased, now)
    lasting.hold(session, records, backup_at)
    removals.part(session, now)
    session.flush()
    gaps.of_texts(session, backup_at, now)
    # What time brings about again takes about as long as it took the first time.
    doubt = min(max(now - backup_at, LEAST_DOUBT), MOST_DOUBT)
    session.create(Restore, at=now, read_from=read_from, doubted_until=now + doubt)
    return done


def _erase(session: Session, erased: list[Erased], now: datetime) -> int:
    """Erase once more whoever was erased since."""
    count = 0
    for person_id, at in dict(erased).items():
        person = session.get(Person, person_id)
        if person is None or person.created_at > at:  # another who has the number of one that is gone
            continue
        removals.let_go(session, person, now)
        line = lines.by_id(session, person.line_id)
        erasing.erase(session, line, person, at)  # what they wrote since then makes them known again
        timers.bring_forward(session, line.id, timers.CLEARING, now)
        count += 1
    return count
