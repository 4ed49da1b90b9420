"""The line closes for a while: `PAUSE UNTIL MONDAY`."""

from datetime import datetime

from handlers.asking import unmet
from handlers.decisions.effects import opening
from handlers.decisions.effects.kinds import CannotDo, Effect, Refusal
from handlers.pauses import pause
from handlers.turn import Context, Texts
from handlers.wording.summary import Said
from models.proposals import Proposal

KIND = "pause"
FEW = 2  # words that name a time badly
RESTS = "effect_pause_rests"  # a pause would shorten it, and duty could end it


class Pause:
    """Nobody is asked until then, but in danger."""

    def read(self, context: Context, words: str) -> Effect | Refusal | None:
        """Until when."""
        begun = opening.of(KIND, words)
        if begun is None or not begun.rest:
            return None
        if context.line.is_resting(context.now):
            return Refusal(RESTS)
        ends = pause.moment(context, words)  # with its "until": that day we are back
        if ends is not None:
            return Effect(KIND, {"until": ends.isoformat()})
        # "we pause until we are more" is for people to judge.
        return Refusal("effect_pause_how") if len(begun.rest.split()) <= FEW else None

    def said(self, context: Context, effect: Effect) -> Said:
        """Until when."""
        return Said("effect_pause", {"when": unmet.soon(context, _ends(effect))})

    def carry_out(self, context: Context, effect: Effect, proposal: Proposal) -> Texts:
        """Raises CannotDo if it was decided too late, or the line rests by now."""
        if context.line.is_resting(context.now):
            raise CannotDo(RESTS)
        ends = _ends(effect)
        if ends <= context.now:
            raise CannotDo("cannot_pause")
        pause.begin(context, ends, by=proposal.by_person_id, proposal=proposal.id)
        yield from context.tell_duty("pause_decided", when=unmet.soon(context, ends))


def _ends(effect: Effect) -> datetime:
    return datetime.fromisoformat(effect.values["until"])
