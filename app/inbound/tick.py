"""What time alone triggers, one transaction after the other: alarms, requests, offers, duty tasks, timers."""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from secrets import token_hex

import structlog

from app.database.engine import is_transient
from app.inbound import receive
from app.inbound.daily_cap import DailyCap
from app.outbound import outbox, reach
from handlers import followups, rounds
from handlers.distributions import distro_clock
from handlers.goods import pledging, stocking
from handlers.members import changed_number
from handlers.money import approving
from handlers.repeating import occurrences
from handlers.safety import vigil
from handlers.turn import Context, Texts, Turn
from models import (
    alarms,
    distributions,
    duty_tasks,
    lines,
    number_changes,
    offers,
    people,
    pledges,
    purse,
    recurring,
    requests,
    stock,
    timers,
)
from models.delivery import doubted
from models.delivery.fair_ranks import FairRanks
from models.due_rows import DueRows, Row
from models.inbound import Heard
from models.requests import Request, State
from models.store.session import Session

log = structlog.get_logger()

RETRY_AFTER = timedelta(hours=1)  # until something on which we stumbled is looked at again
A_MOMENT = timedelta(seconds=1)  # until something is looked at again that is due still: a tick must come to its end
TIMER = "timer"  # where a line has ended these alone go on: its own last steps are among them
DUE_BATCH = 10  # things of each kind that one transaction acts on: texts that come in wait for it


def next_due(session: Session) -> datetime | None:
    """When time next has to act on anything."""
    due_rows = (alarms, duty_tasks, timers, number_changes, recurring, pledges, stock, distributions, purse)
    sources = (requests, offers, *(each.DUE_ROWS for each in due_rows))
    moments = (source.next_due(session) for source in sources)
    return min((moment for moment in moments if moment is not None), default=None)


def tick(session: Session, now: datetime) -> int:
    """Let time act on what is due, a bounded number of each kind; returns of how many things. The caller commits.

    Alarms that nobody has answered are said again before anything else. One on which we stumbled is tried again when
    its lease ends.
    """
    with doubted.after_restore(session, now):
        acted = _rows(session, now, "alarm", alarms.DUE_ROWS, vigil.act)
        acted += _requests(session, now)
        acted += _offers(session, now)
        acted += _rows(session, now, "duty", duty_tasks.DUE_ROWS, followups.duty_waits)
        acted += _rows(session, now, "number", number_changes.DUE_ROWS, changed_number.act, retry=RETRY_AFTER)
        acted += _rows(session, now, "recurring", recurring.DUE_ROWS, occurrences.act, retry=RETRY_AFTER)
        acted += _rows(session, now, "pledge", pledges.DUE_ROWS, pledging.act, retry=RETRY_AFTER)
        acted += _rows(session, now, "stock", stock.DUE_ROWS, stocking.act, retry=RETRY_AFTER)
        acted += _rows(session, now, "distro", distributions.DUE_ROWS, distro_clock.act, retry=RETRY_AFTER)
        acted += _rows(session, now, "purse", purse.DUE_ROWS, approving.act, retry=RETRY_AFTER)
        acted += _rows(session, now, TIMER, timers.DUE_ROWS, rounds.act, retry=RETRY_AFTER)
    return acted


def _rows(
    session: Session,
    now: datetime,
    kind: str,
    rows: DueRows[Row],
    act: Callable[[Context, Row], Texts],
    *,
    retry: timedelta | None = None,
) -> int:
    acted = 0
    for row in rows.due(session, now, DUE_BATCH):
        if not rows.acquire(session, row, now):
            continue
        acted += 1
        context = _context(session, row.line_id, now)
        if kind != TIMER and context.line.has_ended(now):
            row.next_at = None
            session.add(row)
        elif not _attempt(context, _key(kind, row.id), partial(act, context, row)) and retry is not None:
            row.next_at = now + retry
            session.add(row)
    return acted


def _requests(session: Session, now: datetime) -> int:
    acted = 0
    ranks: defaultdict[int, FairRanks] = defaultdict(lambda: FairRanks(now))  # by whoever asked
    for request in requests.due(session, now, DUE_BATCH):
        if not requests.acquire(session, request, request.next_action_at, now):
            continue
        acted += 1
        context, key = _context(session, request.line_id, now), _key("tick", request.id)
        if request.state is State.DRAFT:
            _answer_draft(context, request, key)
        elif not _attempt(context, key, partial(followups.act, context, request), ranks[request.person_id]):
            requests.schedule(session, request, now + RETRY_AFTER)
        if request.next_action_at is not None and request.next_action_at <= now:
            requests.schedule(session, request, now + A_MOMENT)
    return acted


def _answer_draft(context: Context, request: Request, key: str) -> None:
    if not _guarded(context, partial(_answer, context, request, key), request=request.id):
        requests.schedule(context.session, request, context.now + RETRY_AFTER)
        fault = followups.our_fault(context, request)
        outbox.queue(context.session, context.line, f"{key}-fault", fault, context.now)


def _answer(context: Context, request: Request, key: str) -> None:
    """The answer to what a neighbor has said of a new request: it counts as if it were given at once."""
    texts = list(followups.act(context, request))
    neighbor = people.by_id(context.session, request.person_id)
    address = people.reply_addresses(context.session, [neighbor.id]).get(neighbor.id)
    if address is None:
        outbox.queue(context.session, context.line, key, texts, context.now)
        return
    heard = Heard(key, address.channel, address.value, "", "")
    turn = Turn(context.session, context.line, context.now, speaker=neighbor, heard=heard)
    cap = DailyCap(turn, address, reach.of(turn.line, neighbor, address.channel, address.value))
    receive.queue(turn, address, key, receive.limited(cap, None, texts))


def _offers(session: Session, now: datetime) -> int:
    """Offers that nobody answered expire; their volunteers are free for others."""
    found = offers.due(session, now, DUE_BATCH)
    for offer in found:
        context, key = _context(session, offer.line_id, now), _key("expired", offer.id)
        if not _attempt(context, key, partial(followups.expired, context, offer)):
            offers.postpone(session, offer, now + RETRY_AFTER)
    return len(found)


def _attempt(context: Context, key: str, act: Callable[[], Texts], ranks: FairRanks | None = None) -> bool:
    """Do it and queue what follows; False if we stumbled."""

    def queue() -> None:
        outbox.queue(context.session, context.line, key, act(), context.now, ranks=ranks)

    return _guarded(context, queue, key=key)


def _guarded(context: Context, do: Callable[[], object], **about: object) -> bool:
    """Do it; False if we stumbled: one fault of ours must not hold up all the others."""
    try:
        with context.session.savepoint():
            do()
    except Exception as error:
        if is_transient(error):
            raise
        log.error("followup_failed", **about, error=type(error).__name__, exc_info=error)
        return False
    return True


def _context(session: Session, line_id: int, now: datetime) -> Context:
    return Context(session, lines.by_id(session, line_id), now)


def _key(kind: str, id_: int) -> str:
    """Unique for every time that something is acted on, were it twice in one moment: what frees somebody wakes it."""
    return f"{kind}-{id_}-{token_hex(8)}"
