"""The line rests for long, as all decide: `REST UNTIL MAY 4`."""

from datetime import datetime

from handlers import changing, resting, timing, unmet
from handlers.effects import opening
from handlers.effects.kinds import CannotDo, Effect, Refusal
from handlers.summary import Said
from handlers.turn import Context, Texts
from handlers.understanding import when
from models.proposals import Proposal

KIND = "rest"


class Rest:
    """Nobody is asked until then, but in danger; who asks hears who else helps."""

    def read(self, context: Context, words: str) -> Effect | Refusal | None:
        """Until when."""
        begun = opening.of(KIND, words)
        if begun is None:
            return None
        until = timing.until(context, when.of(begun.rest), begun.rest)
        if until is not None:
            longest = context.now + resting.LONGEST
            return Effect(KIND, {"until": until.isoformat()}) if until <= longest else Refusal("effect_rest_how")
        return Refusal("effect_rest_how") if not begun.rest or opening.of("until", begun.rest) else None

    def said(self, context: Context, effect: Effect) -> Said:
        """Until when."""
        return Said("effect_rest", {"when": unmet.soon(context, _until(effect))})

    def carry_out(self, context: Context, effect: Effect, proposal: Proposal) -> Texts:
        """Raises CannotDo if it was decided too late."""
        until = _until(effect)
        if until <= context.now:
            raise CannotDo("cannot_pause")
        yield from resting.begin(context, until, changing.decided(proposal))


def _until(effect: Effect) -> datetime:
    return datetime.fromisoformat(effect.values["until"])
