"""When, where and with what a volunteer wants to be asked."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from handlers import claim, places, timing
from handlers.summary import Needs, Ours, Several, When
from handlers.turn import Text, Texts, Turn
from handlers.understanding import when
from handlers.understanding.intents import Free, Need, Order
from handlers.understanding.when.expression import TimeExpression
from handlers.understanding.when.resolving import resolve
from models import offers, requests
from models.requests import Timing

FOREVER = timedelta(days=3650)
MOST = 50
DAY = 24  # hours
WEEK = 7  # days
ONE_MINUTE = timedelta(minutes=1)
MORNING, EVENING = 8, 20  # o'clock, on the line's clock


def away(turn: Turn, order: Order) -> Texts:
    """AWAY 3D, AWAY UNTIL FRIDAY: no offers until then; AWAY: none until BACK."""
    said: int | TimeExpression | None = order.argument
    if isinstance(said, int):
        yield _away(turn, turn.now + timedelta(hours=said))
    else:
        yield _away(turn, _until(turn, said, turn.heard.body))


def _away(turn: Turn, end: datetime | None) -> Text:
    turn.speaker.away_until = end or turn.now + FOREVER
    turn.session.add(turn.speaker)
    return turn.reply("away_until", when=timing.moment(turn, end)) if end else turn.reply("away")


def back(turn: Turn, _: Order) -> Texts:
    """BACK: ask me again."""
    turn.speaker.away_until = None
    turn.session.add(turn.speaker)
    yield turn.reply("back")


def max_(turn: Turn, order: Order) -> Texts:
    """MAX 2: at most two in hand at a time."""
    turn.speaker.max_open = min(order.argument, MOST)
    turn.session.add(turn.speaker)
    yield turn.reply("max" if turn.speaker.max_open else "max_none", n=turn.speaker.max_open)


def only(turn: Turn, order: Order) -> Texts:
    """ONLY RIDES: asked about nothing else; ONLY ALL: about anything."""
    turn.speaker.can = [str(n) for n in order.argument]
    turn.session.add(turn.speaker)
    yield turn.reply("only" if order.argument else "only_all", needs=Needs(tuple(turn.speaker.can)))


def area(turn: Turn, order: Order) -> Texts:
    """AREA OAK: asked about nothing else; AREA ALL: anywhere."""
    areas = turn.areas
    names = Several([Ours(a.name) for a in areas], style="or")
    if not areas:
        yield turn.reply("area_none")
        return
    found = places.find(order.note, areas)
    if found:
        turn.speaker.areas = [found.id]
        turn.session.add(turn.speaker)
        yield turn.reply("area", area=Ours(found.name))
    elif order.argument:
        turn.speaker.areas = []
        turn.session.add(turn.speaker)
        yield turn.reply("area_all")
    else:
        yield turn.reply("area_which", choices=names)


def goes_away(turn: Turn, intent: Free) -> Texts:
    """Out of town until Monday: no offers until then; until BACK, where they do not say when."""
    pending = offers.pending_numbers(turn.session, turn.speaker.id)
    request = requests.by_number(turn.session, turn.line.id, pending[0]) if len(pending) == 1 else None
    span = when.span(intent.words)
    end = _after(turn, span) if span else _until(turn, intent.meaning.when, intent.words)
    yield _away(turn, end)
    if request is not None:  # and so they cannot do what they were asked about
        yield from (t for t in claim.pass_(turn, Order("pass", (request.number,))) if t.to.id != turn.speaker.id)


def _after(turn: Turn, hours: int) -> datetime:
    """When so many hours are over; of days, the morning of the last one."""
    if hours < DAY:
        return turn.now + timedelta(hours=hours)
    zone = ZoneInfo(turn.line.timezone)
    last = turn.now.astimezone(zone).date() + timedelta(days=hours // DAY)
    return datetime.combine(last, time(MORNING), zone).astimezone(UTC)


def _until(turn: Turn, said: TimeExpression | None, words: str) -> datetime | None:
    """Until when somebody is away who says "until friday", "this weekend" or "back on the 15th": mostly a morning.

    None where they name no time to come.
    """
    if said is None:
        return None
    zone = ZoneInfo(turn.line.timezone)
    today = turn.now.astimezone(zone).date()
    needed = resolve(said, turn.now, zone, turn.line.country)
    if needed is None:
        return None
    if said.clock is not None or said.minutes is not None:
        return needed.end
    ends = said.timing is Timing.BEFORE or when.comes_back(words)
    first = needed.end - ONE_MINUTE if said.timing is Timing.BEFORE and not said.strictly else needed.start
    last = first if ends else needed.end - ONE_MINUTE
    day = last.astimezone(zone).date() + timedelta(days=not ends)
    if day <= today:  # "until friday", said on a Friday
        day += timedelta(days=WEEK)
    return datetime.combine(day, time(MORNING), zone).astimezone(UTC)


def not_at_night(turn: Turn, _: Free) -> Texts:
    """Nothing at night: this night is quiet at once. Hours of their own are not kept yet, and that is said."""
    now = turn.now.astimezone(ZoneInfo(turn.line.timezone))
    if now.hour >= EVENING or now.hour < MORNING:
        morning = (now + timedelta(days=now.hour >= EVENING)).replace(hour=MORNING, minute=0, second=0, microsecond=0)
        turn.speaker.away_until = morning.astimezone(UTC)
        turn.session.add(turn.speaker)
        yield turn.reply("quiet_tonight", when=When(morning, turn.line.timezone))
    else:
        yield turn.reply("no_hours_yet")


def not_these(turn: Turn, intent: Free) -> Texts:
    """Stop asking me about rides: about anything but these."""
    not_ = {*intent.meaning.needs_if_asked} - {Need.OTHER}
    if not not_:
        yield turn.reply("only_which")
        return
    can = [*map(Need, turn.speaker.can)] or [*Need]
    turn.speaker.can = [str(need) for need in can if need not in not_]
    turn.session.add(turn.speaker)
    if turn.speaker.can:
        yield turn.reply("not_these", needs=Needs(tuple(sorted(map(str, not_)))))
    else:  # nothing is left, and nothing would mean anything
        yield _away(turn, None)
