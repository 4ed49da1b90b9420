"""Several phones of one home: joined by a code that goes from hand to hand, and by nobody's guess.

No text ever asks somebody about another at their address, nor tells one home of another: who texts somebody's door to
find out whether they ask for help, or who is there, learns nothing.
"""

from handlers.members import codes
from handlers.turn import Texts, Turn
from handlers.understanding.intents import Answer, Order, Question
from handlers.wording.summary import Ours
from models import households, kept_apart

YES, NO = 1, 2


def household(turn: Turn, order: Order) -> Texts:
    """HOUSEHOLD: a code for another phone in the same home. HOUSEHOLD 482913: from that phone."""
    if turn.speaker.discreet_since is not None:  # others would read here what they ask for
        yield turn.reply("household_quiet")
    elif order.numbers:
        yield from _typed(turn, str(order.numbers[0]))
    else:
        code = households.show_code(turn.session, turn.speaker, turn.now, turn.now + codes.LASTS)
        yield turn.reply("household_code", code=Ours(code))


def _typed(turn: Turn, code: str) -> Texts:
    if codes.too_many(turn):
        yield turn.reply("code_enough")
        return
    found = households.with_code(turn.session, turn.line.id, code, turn.now)
    if found is not None and found == turn.speaker.household_id:
        yield turn.reply("household_other_phone")
    elif found is None or _apart(turn, found):
        codes.wrong(turn)
        yield turn.reply("household_unknown")
    elif households.of(turn.session, turn.speaker):
        yield turn.reply("household_leave_first")
    else:
        turn.ask(turn.speaker, Question.HOUSEHOLD, options=NO, words=code)
        yield turn.reply("household_join")


def _apart(turn: Turn, household_id: int) -> bool:
    """Whether anybody there is kept apart from the speaker: to them the code is nobody's."""
    apart = kept_apart.of(turn.session, turn.speaker.id)
    return not apart.isdisjoint(households.who(turn.session, household_id))


def answered(turn: Turn, intent: Answer) -> Texts:
    """1: they live together, and each may see what the other needs. 2: they do not."""
    code = turn.asked.words if turn.asked else ""
    turn.unask(turn.speaker)
    if intent.choice != YES:
        yield turn.reply("household_not")
        return
    found = households.with_code(turn.session, turn.line.id, code, turn.now)
    if (
        found is None
        or _apart(turn, found)
        or households.of(turn.session, turn.speaker)
        or not households.join(turn.session, turn.speaker, found, code, turn.now)
    ):
        yield turn.reply("household_unknown")
        return
    yield turn.reply("household_joined")
    for other in households.sharing(turn.session, turn.speaker):
        yield turn.tell(other, "household_grows")


def leave(turn: Turn, _: Order) -> Texts:
    """LEAVE HOUSEHOLD: from now on nobody sees theirs, and nobody is told."""
    left = households.leave(turn.session, turn.speaker)
    yield turn.reply("household_left" if left else "household_none")
