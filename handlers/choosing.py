"""Which request somebody means: the numbers they typed, or the only one it can be."""

from collections.abc import Sequence

from handlers.summary import Several, Verb
from handlers.turn import Text, Turn
from models.requests import Request


def chosen(
    turn: Turn, numbers: tuple[int, ...], among: Sequence[Request], verb: str, nothing: str
) -> tuple[list[Request], list[Text]]:
    """The requests meant, and what to say about those that cannot be.

    A number that we do not know and one that is not theirs get the same answer.
    """
    if not numbers:
        if len(among) == 1:
            return [among[0]], []
        if not among:
            return [], [turn.reply(nothing)]
        return [], [turn.reply("which_one", choices=Several([Verb(verb, r.number) for r in among], style="or"))]
    mine = {r.number: r for r in among}
    found = [mine[n] for n in numbers if n in mine]
    texts = [turn.reply("unknown_number", number=n) for n in numbers if n not in mine]
    return found, texts
