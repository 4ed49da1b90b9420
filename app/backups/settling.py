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

from models import board_sessions, inbound, lasting, line_events, lines, moves, removals
from models.delivery import doubted, gaps, workers
from models.delivery.gaps import GivenOut
from models.lasting import Record
from models.restores import Restore
from models.store.session import Session

NOTHING = GivenOut()
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
    given_out: GivenOut,
    records: Sequence[Record] = (),
    keys: Mapping[int, str] = MappingProxyType({}),
    noted: GivenOut = NOTHING,
) -> Settled:
    """Make it so. `given_out` is all that was given out, `noted` what was by some time before.

    `records` are what must not be undone, `keys` those of lines that had none when the backup was made.
    """
    every = lines.all_lines(session)
    began = min((line.created_at for line in every), default=now)
    read_from = min(inbound.last_received_at(session) or began, now)
    backup_at = min(max(read_from, gaps.newest_moment(session) or read_from), now)
    done = Settled(read_from, texts=doubted.doubt_all(session, read_from))
    for line in every:
        done.numbers[line.name] = gaps.of_requests(
            session, line, backup_at, now, given_out.requests.get(line.id, 0), noted.requests.get(line.id, 0)
        )
    for line in every:
        if not line.hash_key and (key := keys.get(line.id)):
            line.hash_key = key
            session.add(line)
    done.erased = lasting.hold(session, records, backup_at, now)
    removals.part(session, now)
    workers.forget_all(session)
    moves.forget_all(session)
    board_sessions.forget_all(session)
    session.flush()
    gaps.of_texts(session, backup_at, now)
    gaps.of_people(session, backup_at, now, given_out.person, noted.person)
    # What time brings about again takes about as long as it took the first time.
    doubt = min(max(now - backup_at, LEAST_DOUBT), MOST_DOUBT)
    for line in every:
        line_events.record(
            session, line.id, line_events.HOST, line_events.RESTORED, now, before=backup_at.isoformat()
        )
    session.create(Restore, at=now, read_from=read_from, doubted_until=now + doubt)
    return done
