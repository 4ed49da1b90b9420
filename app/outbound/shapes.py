"""Has the carrier keep the layouts by which buttons and lists are sent. Nothing hangs on them: without, words go."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial

import structlog

from app.carriers.base import Carrier, CarrierError
from app.clock import Clock
from app.database.engine import Database
from app.telemetry.heartbeat import BackgroundThread
from handlers.wording import buttons
from models.delivery import contents
from models.delivery.shown import Shape
from models.lines import Channel, all_lines
from models.store.session import Session

log = structlog.get_logger()

INTERVAL = 900.0  # seconds between rounds; where nothing is missing, nobody is asked
STALE_AFTER = timedelta(hours=1)


class Shapes:
    """A thread that looks which layouts are missing, and has them made."""

    def __init__(self, database: Database, carrier: Carrier, clock: Clock) -> None:
        self.database = database
        self.carrier = carrier
        self.clock = clock
        self.thread = BackgroundThread(
            "layouts", self._round, interval=INTERVAL, first_in=0.0, stale_after=STALE_AFTER
        )

    def start(self) -> None:
        """Begin to look."""
        self.thread.start()

    def stop(self) -> None:
        """Look no more."""
        self.thread.stop()

    def _round(self) -> None:
        self.once()
        self.thread.heartbeat.beat(self.clock.now())

    def once(self) -> int:
        """Have what is missing made; returns how many that were. The first that is refused ends the round."""
        made, missing = 0, self.database.read(self._missing)
        known: Mapping[str, str] | None = None
        for language, shape in missing:
            if self.thread.stopping:
                break
            try:
                known = self.carrier.kept_templates() if known is None else known
                sid = known.get(shape.called) or self.carrier.keep(shape, language)
            except CarrierError as error:
                log.warning("layout_not_kept", layout=shape.name, action=error.action, code=error.code)
                break
            self.database.write(partial(self._add, language=language, shape=shape, sid=sid)).result()
            made += 1
        return made

    def _missing(self, session: Session) -> list[tuple[str, Shape]]:
        if all(line.number(Channel.WHATSAPP) is None for line in all_lines(session)):
            return []
        return [one for one in buttons.shapes() if not self._known(session, *one)]

    def _known(self, session: Session, language: str, shape: Shape) -> bool:
        account = self.carrier.account_id
        return contents.find(session, account, shape.kind, shape.name, language, shape.digest) is not None

    def _add(self, session: Session, language: str, shape: Shape, sid: str) -> None:
        if not self._known(session, language, shape):  # another process was faster
            contents.add(
                *(session, self.carrier.account_id, shape.kind, shape.name, language, shape.digest),
                names=[],
                buttons=[],
                body="",
                sid=sid,
                now=self.clock.now(),
            )
