"""Reconciler: the carrier's own list says which texts should have come and never reached us; they are taken in.

A host that was down for a night reads the whole night when it is back. Every process looks; the unique id of a text
makes sure that it is taken in once.
"""

from datetime import datetime, timedelta

import structlog

from app.carriers.base import ReceivedMessage
from app.database.engine import is_transient
from app.inbound.ingest import Ingest
from app.inbound.receive import Taken
from app.telemetry.heartbeat import BackgroundThread
from models import inbound, lines, restores
from models.lines import Channel
from models.store.session import Session

log = structlog.get_logger()

INTERVAL = 300.0  # seconds between looks
OVERLAP = timedelta(hours=1)  # how far each looks beyond the one before: the list lags
LONGEST_LOOKBACK = timedelta(hours=24)  # how far the first one looks, at most
STALE_AFTER = timedelta(minutes=16)  # without a look that went well, after which somebody should see why
MINIMUM_AGE = timedelta(seconds=20)  # a younger text is left to its own webhook, which says more than the list


class Reconciler:
    """Looks into the carrier's list, from a thread of its own."""

    def __init__(self, ingest: Ingest) -> None:
        self.ingest = ingest
        self.database = ingest.database
        self.carrier = ingest.carrier
        self.clock = ingest.clock
        self._complete: datetime | None = None  # up to here nothing is missing
        self.catching_up = False  # a backup was put back, and what came in since it was made is not all here yet
        self.thread = BackgroundThread(
            "reconciler", self._round, interval=INTERVAL, first_in=0.0, stale_after=STALE_AFTER
        )

    def prepare(self) -> None:
        """Note how far we got before we stopped, while no new text has come that would hide it."""
        self._complete = self.database.read(inbound.last_received_at)
        restored = self.ingest.restored = self.database.read(restores.latest)
        self.catching_up = restored is not None and restored.caught_up_at is None and self.carrier.lists_received
        if restored is not None and self.catching_up:  # what has come since would hide how far the backup got
            self._complete = restored.read_from

    def start(self) -> None:
        """Begin to look."""
        self.thread.start()

    def stop(self) -> None:
        """Look no more."""
        self.thread.stop()

    def _round(self) -> float:
        too_young = self.once()  # where it fails, the next round looks as far back
        self.thread.heartbeat.beat(self.clock.now())
        return MINIMUM_AGE.total_seconds() if too_young else INTERVAL

    def once(self) -> int:
        """Take in what is missing; returns how many texts were left because they are too young."""
        now = self.clock.now()
        since = (self._complete or now) - OVERLAP
        if not self.catching_up:  # a backup may be older than that
            since = max(since, now - LONGEST_LOOKBACK)
        received = self.carrier.received(self.database.read(_numbers), since)
        listed = {text.sid: text for text in received}
        known = self.database.read(lambda session: inbound.known_sids(session, list(listed)))
        missing = sorted((text for sid, text in listed.items() if sid not in known), key=lambda text: text.at)
        ripe = [text for text in missing if now - text.at >= MINIMUM_AGE]
        taken = sum(1 for text in ripe if not self.thread.stopping and self._taken(text))
        if taken:
            log.warning("texts_caught_up", texts=taken)
        if taken == len(ripe):
            self._complete = now
            self._caught_up(now, all_of_it=len(missing) == len(ripe))
        return len(missing) - len(ripe)

    def _caught_up(self, now: datetime, *, all_of_it: bool) -> None:
        restored = self.ingest.restored
        if not self.catching_up or restored is None or not all_of_it or self.thread.stopping:
            return
        self.database.write(lambda session: restores.caught_up(session, restored.id, now)).result()
        self.catching_up = False

    def _taken(self, text: ReceivedMessage) -> bool:
        """Take in one text. One that fails holds up no other; it is looked at again."""
        try:
            return self._take(text)
        except Exception as error:
            if is_transient(error):
                raise
            log.error("not_caught_up", error=type(error).__name__, exc_info=error)
            return False

    def _take(self, text: ReceivedMessage) -> bool:
        """Take in one text. False if older ones of the same phone are in the spool; it is looked at again."""
        incoming = self.ingest.read(self.carrier.as_webhook(text))
        if incoming is None:  # listed, and yet no text
            return True
        key = incoming.key
        taken = self.ingest.hand_over(
            incoming, lambda: self.ingest.is_doubtful(key) or self.ingest.spool.holds(key)
        ).result()
        if taken is Taken.SPOOLED:
            return False
        self.ingest.count(taken)
        return True


def _numbers(session: Session) -> list[tuple[Channel, str]]:
    """What people text, on each channel."""
    return [
        (channel, number)
        for line in lines.all_lines(session)
        for channel in Channel
        if (number := line.number(channel))
    ]
