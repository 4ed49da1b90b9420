"""When, where and with what a volunteer wants to be asked."""

import re
from datetime import datetime, timedelta

from handlers.helping import browse, claim
from handlers.members import newcomers
from handlers.needs import timing
from handlers.turn import Text, Texts, Turn
from handlers.understanding import when
from handlers.understanding.intents import Act, Free, Need, Order
from handlers.understanding.when.expression import TimeExpression
from handlers.where import places
from handlers.wording.summary import Hour, Needs, Ours, Several
from models import offers, people, requests
from models.requests import Timing

MOST = 50
DAY = 24  # hours
WEEK = 7  # days
ONE_MINUTE = timedelta(minutes=1)
MORNING, EVENING = 8, 20  # o'clock, on the line's clock
NOON = 12 * 60
PARTS = re.compile(r",|;|\b(?:or|and|nor|o|y|ni)\b", re.IGNORECASE)  # two hours may be named in one text


def away(turn: Turn, order: Order) -> Texts:
    """AWAY 3D, AWAY UNTIL FRIDAY: no offers until then; AWAY: none until BACK."""
    said: int | TimeExpression | None = order.argument
    if isinstance(said, int):
        yield _away(turn, turn.now + timedelta(hours=said))
    else:
        yield _away(turn, timing.until(turn, said, turn.heard.body))


def _away(turn: Turn, end: datetime | None) -> Text:
    turn.speaker.away_until = end or turn.now + people.FOREVER
    turn.session.add(turn.speaker)
    return turn.reply("away_until", when=timing.moment(turn, end)) if end else turn.reply("away")


def back(turn: Turn, _: Order) -> Texts:
    """BACK: ask me again."""
    turn.speaker.away_until = None
    turn.session.add(turn.speaker)
    yield turn.reply("back", open=browse.fitting(turn, turn.speaker))


def max_(turn: Turn, order: Order) -> Texts:
    """MAX 2: at most two in hand at a time."""
    turn.speaker.max_open = min(order.argument, MOST)
    turn.session.add(turn.speaker)
    most = newcomers.most_open(turn, turn.speaker)
    yield turn.reply("max" if most else "max_none", n=most)


def hours(turn: Turn, order: Order) -> Texts:
    """HOURS 9-18: asked between these hours alone; HOURS ALL: at any hour that the line asks at."""
    speaker = turn.speaker
    span: tuple[int, int] | None = order.argument
    if span is not None:
        whole = span[0] == span[1]
        speaker.hours_from, speaker.hours_until = (None, None) if whole else span
        turn.session.add(speaker)
    if speaker.hours_from is None or speaker.hours_until is None:
        policy = turn.line.policy
        begins, ends = Hour(policy.quiet_until * 60), Hour(policy.quiet_from * 60)
        yield turn.reply("hours_all" if span is not None else "hours_none", begins=begins, ends=ends)
    else:
        yield turn.reply("hours", begins=Hour(speaker.hours_from), ends=Hour(speaker.hours_until))


def only(turn: Turn, order: Order) -> Texts:
    """ONLY RIDES: asked about nothing else; ONLY ALL: about anything."""
    turn.speaker.can = [str(n) for n in order.argument]
    turn.session.add(turn.speaker)
    phrase = "only" if order.argument else "only_all"
    needs = Needs(tuple(turn.speaker.can))
    yield turn.reply(phrase, needs=needs, open=browse.fitting(turn, turn.speaker))


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
        yield turn.reply("area", area=Ours(found.name), open=browse.fitting(turn, turn.speaker))
    elif order.argument:
        turn.speaker.areas = []
        turn.session.add(turn.speaker)
        yield turn.reply("area_all", open=browse.fitting(turn, turn.speaker))
    else:
        yield turn.reply("area_which", choices=names)


def goes_away(turn: Turn, intent: Free) -> Texts:
    """Out of town until Monday: no offers until then; until BACK, where they do not say when."""
    pending = offers.pending_numbers(turn.session, turn.speaker.id)
    request = requests.by_number(turn.session, turn.line.id, pending[0]) if len(pending) == 1 else None
    yield _away(turn, timing.until(turn, intent.meaning.when or when.of(intent.words, month_ends=True), intent.words))
    if request is not None:  # and so they cannot do what they were asked about
        yield from (t for t in claim.pass_(turn, Order("pass", (request.number,))) if t.to.id != turn.speaker.id)


def not_at_night(turn: Turn, intent: Free) -> Texts:
    """Nothing at night, not even what is urgent: hours of their own, those they name or from morning to evening."""
    speaker = turn.speaker
    begins, ends = _day_of(intent.words)
    speaker.hours_from, speaker.hours_until = begins, ends
    speaker.wake_since = None
    turn.session.add(speaker)
    yield turn.reply("hours_day", begins=Hour(begins), ends=Hour(ends))


def _day_of(words: str) -> tuple[int, int]:
    """From which minute until which they may be asked: "not before 9am or after 8pm"."""
    begins, ends = MORNING * 60, EVENING * 60
    for said in map(when.of, PARTS.split(words)):
        if said is None or said.clock is None:
            continue
        minute = said.clock.hour * 60 + said.clock.minute
        if said.timing is Timing.BEFORE and minute <= NOON:
            begins = minute
        elif said.timing is Timing.AFTER:
            ends = minute if said.clock.sure or minute > NOON else minute + NOON
    return (begins, ends) if begins < ends else (MORNING * 60, EVENING * 60)


def not_these(turn: Turn, intent: Free) -> Texts:
    """Stop asking me about rides: about anything but these."""
    not_ = {*intent.meaning.needs_if_asked} - {Need.OTHER}
    if not not_ and Act.GOES_AWAY in intent.acts:  # "no me manden nada por dos semanas"
        yield from goes_away(turn, intent)
        return
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
