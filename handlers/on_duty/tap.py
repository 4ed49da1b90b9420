"""TAP: whoever is on duty lets new requests in: all at once, so many a day, none, or as hands can."""

from handlers.asking import admission, brake, in_line
from handlers.turn import Texts, Turn
from handlers.understanding.arguments import TapTurned
from handlers.understanding.intents import Order
from handlers.wording.summary import Said
from models import line_events, surges, timers
from models.surges import Surge, Tap

SAID = {Tap.OPEN: "tap_open", Tap.CLOSED: "tap_closed", Tap.RATE: "tap_rate", Tap.AUTO: "tap_auto"}
TOLD = {
    Tap.OPEN: "duty_tap_open",
    Tap.CLOSED: "duty_tap_closed",
    Tap.RATE: "duty_tap_rate",
    Tap.AUTO: "duty_tap_auto",
}


def tap(turn: Turn, order: Order) -> Texts:
    """TAP OPEN, TAP 5, TAP CLOSE, TAP AUTO; alone it tells how the line stands."""
    said: TapTurned | None = order.argument
    if said is None:
        found = admission.pressure(turn)
        yield turn.reply("tap_which", pressure=Said("queue_pressure", {"pressure": found}) if found else None)
        return
    row = surges.of_line(turn.session, turn.line)
    before = _told(row)
    n = _set(turn, row, said)
    turn.session.add(row)
    surges.forget(turn.session, turn.line)
    timers.bring_forward(turn.session, turn.line.id, in_line.ROUND, turn.now)
    session, line_id, by = turn.session, turn.line.id, turn.speaker.id
    line_events.record(session, line_id, line_events.TAP, "", turn.now, before=before, after=_told(row), by=by)
    yield turn.reply(SAID[row.tap], n=n, rate=row.tap_rate, days=turn.line.policy.queue_days)
    name = turn.somebody(turn.speaker)
    yield from turn.tell_duty(TOLD[row.tap], but=turn.speaker.id, name=name, rate=row.tap_rate)


def _told(row: Surge) -> str:
    """As it is written down: a rate by its number."""
    return str(row.tap_rate) if row.tap is Tap.RATE else str(row.tap)


def _set(turn: Turn, row: Surge, said: TapTurned) -> int:
    """Turn it; returns how many in line are asked about now."""
    row.tap, row.tap_rate, row.reminded_at = Tap(said.tap), said.rate, turn.now
    if row.tap is Tap.OPEN:
        brake.decide(turn, go_on=True)  # nothing else holds them back, either
        row.queued_since = row.over_since = None
        return admission.let_out(turn, row, in_line.EVERYBODY)
    if row.tap is not Tap.AUTO and row.queued_since is None:
        row.queued_since = turn.now
    row.turn_at = turn.now if row.tap is Tap.RATE or row.turn_at is None else row.turn_at
    return 0
