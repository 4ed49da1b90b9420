"""The line rests for long, as all decide: `REST UNTIL MAY 4`."""

from datetime import datetime

from handlers.asking import unmet
from handlers.decisions.effects import opening
from handlers.decisions.effects.kinds import CannotDo, Effect, Refusal
from handlers.pauses import resting
from handlers.rules import changing
from handlers.turn import Context, Texts
from handlers.understanding import when
from handlers.wording.summary import Said
from models.proposals import Proposal

KIND = "rest"
TOO_LONG = "effect_rest_ends"


class Rest:
    """Nobody is asked until then, but in danger; who asks hears who else helps."""

    def read(self, context: Context, words: str) -> Effect | Refusal | None:
        """Until when."""
        begun = opening.of(KIND, words)
        if begun is None:
            return None
        until = resting.moment(context, begun.rest)
        if until is None:
            named = not begun.rest or opening.of("until", begun.rest) or when.span(begun.rest)
            return Refusal("effect_rest_how") if named else None
        return Effect(KIND, {"until": until.isoformat()}) if _before_end(context, until) else Refusal(TOO_LONG)

    def said(self, context: Context, effect: Effect) -> Said:
        """Until when."""
        return Said("effect_rest", {"when": unmet.soon(context, _until(effect))})

    def carry_out(self, context: Context, effect: Effect, proposal: Proposal) -> Texts:
        """Raises CannotDo if it was decided too late, or the line ends before."""
        until = _until(effect)
        if until <= context.now:
            raise CannotDo("cannot_pause")
        if not _before_end(context, until):
            raise CannotDo(TOO_LONG)
        yield from resting.begin(context, until, changing.decided(proposal))


def _before_end(context: Context, until: datetime) -> bool:
    return context.line.ends_at is None or until <= context.line.ends_at


def _until(effect: Effect) -> datetime:
    return datetime.fromisoformat(effect.values["until"])
