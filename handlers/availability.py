"""When, where and with what a volunteer wants to be asked."""

from datetime import timedelta

from handlers import places
from handlers.summary import Needs, Ours, Several, When
from handlers.turn import Texts, Turn
from handlers.understanding.intents import Order

FOREVER = timedelta(days=3650)
MOST = 50


def away(turn: Turn, order: Order) -> Texts:
    """AWAY 3D: no offers until then; AWAY: none until BACK."""
    hours: int | None = order.argument
    if hours is None:
        _until(turn, FOREVER)
        yield turn.reply("away")
    else:
        _until(turn, timedelta(hours=hours))
        yield turn.reply("away_until", when=When(turn.now + timedelta(hours=hours), turn.line.timezone))


def _until(turn: Turn, span: timedelta) -> None:
    turn.speaker.away_until = turn.now + span
    turn.session.add(turn.speaker)


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
