"""Words that are a command, and of whoever says them now are none: an hour, an agreement, talk between two."""

from datetime import timedelta

from handlers.distributions import distro_table
from handlers.helping import lease
from handlers.turn import Turn
from handlers.understanding.intents import Order
from handlers.understanding.orders import APPROVE, CLAIM, DONE, PASS, SPENT
from handlers.understanding.reading import Reading
from models import requests
from models.requests import Timing

FAR_OFF = timedelta(hours=2)
NEIGHBORS_WORD = frozenset({"rescheduled_helper", "from_neighbor"})
HOURS = 12  # on a clock
AT_A_TABLE = frozenset({"here", "not_here"})
DUTYS = frozenset({"assign", "show"})  # whose words are also said to each other: "give 2 to her", "who has 3"
SAME = "same"
GAVE = "gave"
OF_THE_PURSE = frozenset({SPENT, GAVE, APPROVE, "why"})
LOOKED_AT = frozenset({"purse", "rules", "history"})  # "la caja" and "the rules" are also said to each other
OF_OTHERS = frozenset({*DUTYS, *AT_A_TABLE, *OF_THE_PURSE, *LOOKED_AT, SAME})


def is_talk(turn: Turn, order: Order, reading: Reading) -> bool:
    """Whether two who are talking say it to each other."""
    return _is_hour(turn, order, reading) or _is_agreed(turn, order)


def is_of_others(turn: Turn, order: Order, reading: Reading) -> bool:
    """Whether it is a command to others only: "here in 5" away from a table, "same" or "spent 300 on rent" of a
    neighbor, "give 2 to my neighbor" of who is not on duty."""
    if order.command == SAME:
        return not order.numbers and not turn.speaker.on_duty
    if order.command in OF_THE_PURSE:
        talk = order.command == GAVE and order.argument is not None and not order.argument.sure and turn.matches
        return not turn.speaker.helps or bool(talk)
    if order.command in LOOKED_AT and order.argument is None and (turn.matches or not turn.speaker.helps):
        return len(turn.heard.body.split()) > 1
    if order.command in DUTYS:
        return not turn.speaker.on_duty and _is_everyday(order, reading)
    return order.command in AT_A_TABLE and not distro_table.means(turn, order)


def _is_everyday(order: Order, reading: Reading) -> bool:
    return any(phrase.everyday and phrase.name == order.command for phrase, _ in reading.begins)


def _is_hour(turn: Turn, order: Order, reading: Reading) -> bool:
    """Whether "ok 5" or "no 6" of two who are talking is the hour, for nothing of that number is theirs to answer."""
    if order.command not in (CLAIM, PASS) or len(order.numbers) != 1 or len(turn.matches) != 1 or order.bare:
        return False
    number = order.numbers[0]
    found = requests.by_number(turn.session, turn.line.id, number)
    return number <= HOURS and _is_everyday(order, reading) and (found is None or not found.live)


def _is_agreed(turn: Turn, order: Order) -> bool:
    """Whether a bare "listo" agrees to what the neighbor has just said of an hour that is far off yet."""
    plain = order.command == DONE and not order.numbers and not order.note and order.spent is None
    if not plain or len(turn.held) != 1 or turn.told_last is None or turn.told_last[0] not in NEIGHBORS_WORD:
        return False
    held, request = turn.held[0]
    named = lease.window(held, request)
    sharp = request.needed_as is Timing.AT and held.on_the_way_at is None
    return sharp and named is not None and named.begins - turn.now > FAR_OFF
