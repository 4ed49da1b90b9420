"""Has WhatsApp's templates kept and approved through the carrier, and looks how far WhatsApp is with them.

Safe to run as often as one likes: the digest of a template decides, and what the carrier keeps already is not made
anew. A changed wording is another template; until it is approved the one before goes on being used.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from app.carriers.base import Carrier, CarrierError, Verdict
from app.clock import Clock
from app.database.engine import Database
from app.telemetry.heartbeat import BackgroundThread
from handlers.wording import layouts
from handlers.wording.layouts import Layout
from models.delivery import contents
from models.delivery.contents import Approval, Content, Kind
from models.store.session import Session

log = structlog.get_logger()

INTERVAL = 300.0  # seconds between looks while WhatsApp has something to decide
SELDOM = timedelta(hours=6)  # between looks at what is decided: it may be paused, or come back


@dataclass(frozen=True)
class Standing:
    """A template, how far WhatsApp is with it, and what went wrong at the carrier, if anything did."""

    layout: Layout
    content: Content | None
    older: Content | None = None  # an approved wording from before, which is used meanwhile
    trouble: str | None = None


def standings(session: Session, account: str, trouble: dict[str, str] | None = None) -> list[Standing]:
    """How it stands with every template in every language."""
    known = contents.all_of(session, account, Kind.TEMPLATE)
    found = []
    for layout in layouts.every():
        same = [row for row in known if (row.name, row.language) == (layout.name, layout.language)]
        current = next((row for row in same if row.digest == layout.digest), None)
        older = next((row for row in same if row.digest != layout.digest and row.approval is Approval.APPROVED), None)
        found.append(Standing(layout, current, older, (trouble or {}).get(layout.called)))
    return found


def submit(database: Database, carrier: Carrier, now: datetime) -> list[Standing]:
    """Have every template kept and submitted that is not; returns how it stands. Raises CarrierError at first."""
    account, trouble = carrier.account_id, dict[str, str]()
    missing = [s for s in database.read(lambda s: standings(s, account)) if not _is_submitted(s.content)]
    there = carrier.kept_templates() if missing else {}
    for each in missing:
        layout = each.layout
        try:
            sid = each.content.sid if each.content else there.get(layout.called) or carrier.keep_template(layout)
            _note(database, account, layout, sid, Verdict(Approval.NONE), now)
            _note(database, account, layout, sid, carrier.submit_template(layout, sid), now)
        except CarrierError as error:
            log.warning("template_not_submitted", template=layout.called, action=error.action, code=error.code)
            trouble[layout.called] = str(error)
    return database.read(lambda s: standings(s, account, trouble))


def keep_all(session: Session, carrier: Carrier, now: datetime, approval: Approval) -> None:
    """A simulated network knows all our templates, and has got so far with them."""
    known = {
        (row.name, row.language, row.digest) for row in contents.all_of(session, carrier.account_id, Kind.TEMPLATE)
    }
    for layout in layouts.every():
        if (layout.name, layout.language, layout.digest) not in known:
            row = _add(session, carrier.account_id, layout, carrier.keep_template(layout), now)
            row.approval = approval


def refresh(database: Database, carrier: Carrier, now: datetime, *, decided: bool = True) -> int:
    """Ask how far WhatsApp is with what was submitted, also with what is `decided`; returns how many have changed."""
    rows = database.read(lambda s: contents.all_of(s, carrier.account_id, Kind.TEMPLATE))
    changed = 0
    for row in rows:
        if row.approval is Approval.WAITS or (decided and row.approval is not Approval.NONE):
            verdict = carrier.template_verdict(row.sid)
            if (verdict.approval, verdict.reason) != (row.approval, row.reason):
                _decide(database, row, verdict, now)
                say = log.warning if verdict.approval in (Approval.REFUSED, Approval.PAUSED) else log.info
                say("template_decided", template=row.name, language=row.language, approval=verdict.approval)
                changed += 1
    return changed


def _is_submitted(content: Content | None) -> bool:
    return content is not None and content.approval is not Approval.NONE


def _note(database: Database, account: str, layout: Layout, sid: str, verdict: Verdict, now: datetime) -> None:
    def work(session: Session) -> None:
        row = contents.find(session, account, Kind.TEMPLATE, layout.name, layout.language, layout.digest)
        if row is None:
            row = _add(session, account, layout, sid, now)
            session.flush()
        if verdict.approval is not Approval.NONE:
            contents.decide(session, row.id, *_as_kept(verdict), now)

    database.write(work).result()


def _add(session: Session, account: str, layout: Layout, sid: str, now: datetime) -> Content:
    return contents.add(
        *(session, account, Kind.TEMPLATE, layout.name, layout.language, layout.digest),
        names=list(layout.names),
        buttons=[button.says for button in layout.buttons],
        body=layout.numbered,
        sid=sid,
        now=now,
    )


def _decide(database: Database, row: Content, verdict: Verdict, now: datetime) -> None:
    database.write(lambda session: contents.decide(session, row.id, *_as_kept(verdict), now)).result()


def _as_kept(verdict: Verdict) -> tuple[Approval, str | None]:
    return verdict.approval, verdict.reason


def look(database: Database, carrier: Carrier, now: datetime, *, decided: bool = False) -> bool:
    """The same; whether the carrier could be asked."""
    try:
        refresh(database, carrier, now, decided=decided)
    except CarrierError as error:
        log.warning("templates_not_looked_at", action=error.action, code=error.code)
        return False
    return True


class Approvals:
    """A thread that looks how far WhatsApp is."""

    def __init__(self, database: Database, carrier: Carrier, clock: Clock) -> None:
        self.database = database
        self.carrier = carrier
        self.clock = clock
        self._all_looked_at: datetime | None = None
        self.thread = BackgroundThread("templates", self._round, interval=INTERVAL)

    def start(self) -> None:
        """Begin to look."""
        self.thread.start()

    def stop(self) -> None:
        """Look no more."""
        self.thread.stop()

    def _round(self) -> None:
        self.once()
        self.thread.heartbeat.beat(self.clock.now())

    def once(self) -> None:
        """Look at what waits, and seldom at all; where the carrier cannot be asked, the next round does."""
        now = self.clock.now()
        every = self._all_looked_at is None or now - self._all_looked_at >= SELDOM
        if look(self.database, self.carrier, now, decided=every) and every:
            self._all_looked_at = now
