"""What somebody in line hears: a word every few days, at once when it takes longer than told, and their turn."""

from collections.abc import Generator
from datetime import datetime, timedelta

from handlers.asking import admission
from handlers.asking.admission import DAY, EASED, FEW, LATER_BY
from handlers.pauses import pause
from handlers.turn import Context, Text, Texts
from models import admission as kept_admission
from models import events, lines, people, surges
from models.requests import Request
from models.surges import Surge, Tap

ROUND = "admission"
OFTEN = timedelta(minutes=30)  # waking ones, between two looks at the line while somebody waits in it
SELDOM = timedelta(hours=2)
AT_NIGHT = (4,)  # o'clock, with all else that is measured: of lines of which nobody knows yet what hands carry
MEASURED = timedelta(hours=20)
MEASURED_WHILE_FULL = timedelta(hours=3)
EVERYBODY = 100_000  # nobody has so long a line


def look(context: Context, request: Request) -> Generator[Text, None, bool]:
    """Time looks at a request in line; returns whether its turn has come."""
    now, waits, row = context.now, admission.waits(context, request), admission.kept(context)
    over = row is None or row.queued_since is None  # it joined at the very moment that the line ended
    if over or admission.passes(context, request, waits.turn):
        kept_admission.leave(context.session, request, now)
        return True
    request.next_action_at = admission.look_at(context)
    context.session.add(request)
    if context.line.is_paused(now):
        yield from pause.told(context, request, waits.turn)
        return False
    said = events.said_since(context.session, request, "turn_told", request.queued_at or now)
    told_at, words = said[-1] if said else (request.queued_at or now, "")
    before = datetime.fromisoformat(words) if words else None
    later = _later(before, told_at, waits.turn)
    silent = now - told_at > timedelta(days=context.line.policy.queue_word_days) - DAY
    if (later or silent or (before is None and waits.turn is not None)) and lines.waking(context.line).at(now):
        phrases = ("line_later", "line_later_closed") if later else ("line_word", "line_word_closed")
        yield _word(context, request, phrases, waits)
    return False


def _later(before: datetime | None, told_at: datetime, turn: datetime | None) -> bool:
    """Whether it takes much longer than they were told."""
    if before is None:
        return False
    return turn is None or turn - before > max(DAY, (before - told_at) * LATER_BY)


def _word(context: Context, request: Request, phrases: tuple[str, str], waits: admission.Waits) -> Text:
    neighbor = people.by_id(context.session, request.person_id)
    values = admission.said(context, request, waits)
    return context.tell(neighbor, phrases[waits.turn is None], about=request, **values)


def act(context: Context) -> Texts:
    """The line is looked at: whether it begins or ends, and whose turn has come."""
    row = surges.of_line(context.session, context.line)
    every = MEASURED_WHILE_FULL if row.queued_since is not None else MEASURED
    if row.measured_at is None or context.now - row.measured_at >= every:
        admission.measure(context, row)
    work = admission.work(context)
    yield from _govern(context, row, work)
    if row.queued_since is None:
        if work.queued:  # whoever joined at the very moment that it ended
            admission.let_out(context, row, EVERYBODY)
    elif context.line.is_paused(context.now):
        row.turn_at = context.now  # hands rest, and owe nobody a turn for it
    elif not work.queued and row.tap is Tap.RATE:
        row.turn_at = max(row.turn_at or context.now, context.now - DAY / row.tap_rate)  # unused slots are gone
    elif most := min(admission.due(context, row, work), work.queued):
        admission.let_out(context, row, most)
    context.session.add(row)


def _govern(context: Context, row: Surge, work: kept_admission.Work) -> Texts:
    policy, now = context.line.policy, context.now
    eased = admission.days(row, work) <= policy.queue_days * EASED or work.all <= FEW * EASED
    if row.tap is Tap.OPEN and eased:
        row.tap = Tap.AUTO
    elif row.tap is Tap.CLOSED and now - (row.reminded_at or now) >= timedelta(days=policy.queue_word_days):
        row.reminded_at = now
        yield from context.tell_duty("duty_tap_still", n=work.queued)
    elif row.tap is Tap.AUTO and row.queued_since is not None and (eased or not policy.queue_days):
        yield from end(context, row)
    elif row.tap is Tap.AUTO and row.queued_since is None:
        if not admission.overwhelmed(context, row, work):
            row.over_since = None
        elif row.over_since is None:
            row.over_since = now
        elif now - row.over_since >= admission.ON_AFTER:
            yield from admission.begin(context, row, work)


def end(context: Context, row: Surge) -> Texts:
    """Hands keep up again: everybody in line is asked about, and what comes is at once."""
    row.queued_since = row.over_since = None
    surges.forget(context.session, context.line)
    turns = admission.let_out(context, row, EVERYBODY)
    yield from context.tell_duty("duty_line_off", n=turns)


def next_moment(context: Context) -> datetime:
    """Soon while somebody waits; else a few times a day, and at night where nobody knows yet what hands carry."""
    row, awake = admission.kept(context), lines.waking(context.line)
    if row is not None and row.queued_since is not None:
        return awake.after(context.now, OFTEN)
    if row is not None and row.claims >= context.line.policy.queue_claims:
        return awake.after(context.now, SELDOM)
    return lines.next_of(context.line, context.now, AT_NIGHT)
