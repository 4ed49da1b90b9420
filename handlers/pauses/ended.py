"""What whoever writes hears of a line that ends in a few days, or has ended: who else helps, and whom to call."""

from collections.abc import Collection
from typing import Any

from handlers.asking import unmet
from handlers.turn import Context, Text, Turn
from handlers.wording.summary import Date, Ours
from models.people import Person


def nothing_new(turn: Turn, needs: Collection[str] = ()) -> Text:
    """To who asks for something so late that nobody could bring it any more."""
    phrase = "ended" if turn.line.has_ended(turn.now) else "ends_soon"
    return turn.reply(phrase, day=day(turn), **said(turn, turn.speaker, needs))


def said(context: Context, person: Person, needs: Collection[str] = ()) -> dict[str, Any]:
    """What all such texts say."""
    return {
        "line": Ours(context.line.name),
        "dial": Ours(context.line.emergency_number),
        "others": unmet.who_else(context, person, [str(need) for need in needs]),
    }


def day(context: Context) -> Date:
    """When it ends."""
    return Date(context.line.ends_at or context.now, context.line.timezone)
