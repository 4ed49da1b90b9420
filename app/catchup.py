"""Catches up on texts whose webhook never arrived: the carrier's own list says what should have come.

A host that was down for a night reads the whole night when it is back. Every process looks; the unique id of a text
makes sure that it is taken in once.
"""

import threading
from datetime import datetime, timedelta

import structlog

from app import form
from app.carriers import Carrier, Received
from app.database import Database, is_passing
from app.pulse import Pulse
from app.reception import Reception
from app.spool import Slip
from app.switchboard import Taken
from models import inbound, lines
from models.lines import Channel
from models.session import Session

log = structlog.get_logger()

EVERY = 300.0  # seconds between looks
BACK = timedelta(hours=1)  # how far each looks beyond the one before: the list lags
FARTHEST = timedelta(hours=24)  # how far the first one looks, at most
PATIENCE = timedelta(minutes=16)  # without a look that went well, after which somebody should see why
GRACE = timedelta(seconds=20)  # a younger text is left to its own webhook, which says more than the list


class CatchUp:
    """Looks into the carrier's list, from a thread of its own."""

    def __init__(self, reception: Reception, database: Database, carrier: Carrier) -> None:
        self.reception = reception
        self.database = database
        self.carrier = carrier
        self.clock = reception.inner.clock
        self._complete: datetime | None = None  # up to here nothing is missing
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="catch up", daemon=True)
        self.pulse = Pulse(self._thread, patience=PATIENCE)

    def prepare(self) -> None:
        """Note how far we got before we stopped, while no new text has come that would hide it."""
        self._complete = self.database.read(inbound.latest)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        wait = 0.0
        while not self._stopping.wait(wait):
            wait = EVERY
            try:
                if self.once():
                    wait = GRACE.total_seconds()  # some were too young
                self.pulse.beat(self.clock.now())
            except Exception as error:  # the carrier or the database is away; the next round looks as far back
                log.error("catch_up_failed", error=type(error).__name__, exc_info=error)

    def once(self) -> int:
        """Take in what is missing; returns how many texts were left because they are too young."""
        now = self.clock.now()
        since = max((self._complete or now) - BACK, now - FARTHEST)
        received = self.carrier.received(self.database.read(_numbers), since)
        listed = {text.sid: text for text in received if form.sid_of(text.said) is not None}
        known = self.database.read(lambda session: inbound.known(session, list(listed)))
        missing = sorted((text for sid, text in listed.items() if sid not in known), key=lambda text: text.at)
        ripe = [text for text in missing if now - text.at >= GRACE]
        taken = sum(1 for text in ripe if not self._stopping.is_set() and self._taken(text))
        if taken:
            log.warning("texts_caught_up", texts=taken)
        if taken == len(ripe):
            self._complete = now
        return len(missing) - len(ripe)

    def _taken(self, text: Received) -> bool:
        """Take in one text. One that fails holds up no other; it is looked at again."""
        try:
            return self._take(text)
        except Exception as error:
            if is_passing(error):
                raise
            log.error("not_caught_up", error=type(error).__name__, exc_info=error)
            return False

    def _take(self, text: Received) -> bool:
        """Take in one text. False if older ones of its sender are in the spool; it is looked at again."""
        said = dict(text.said)
        if form.figure(said.get("NumMedia")):
            said |= self.carrier.pictures(text.sid)
        slip = Slip({name: form.readable(value) for name, value in said.items()}, text.at)

        def waits() -> bool:
            return self.reception.doubtful(slip.key) or self.reception.spool.holds(slip.key)

        taken = self.reception.hand_over(slip, waits).result()
        if taken is Taken.SPOOLED:
            return False
        self.reception.inner.count(taken)
        return True


def _numbers(session: Session) -> list[str]:
    """What people text, as the carrier writes it."""
    return [
        ("whatsapp:" if channel is Channel.WHATSAPP else "") + number
        for line in lines.all_lines(session)
        for channel in Channel
        if (number := line.number(channel))
    ]
