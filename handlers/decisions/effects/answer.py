"""What the group answers itself: `ANSWER laundry: the laundry on Oak is free on Mondays`, `ANSWER laundry: off`."""

from handlers.decisions.effects import opening
from handlers.decisions.effects.kinds import CannotDo, Effect, Refusal, brief
from handlers.rules import changing, own_answers
from handlers.turn import Context, Texts
from handlers.understanding.words import fold
from handlers.wording.summary import Quoted, Said
from models.lines import Answer
from models.proposals import Proposal

KIND = "answer"


class ChangeAnswer:
    """An answer to a phrase, in the place of the one that there was; or none any more."""

    def read(self, context: Context, words: str) -> Effect | Refusal | None:
        """The phrase before the colon, and the answer behind it."""
        begun = opening.of(KIND, words)
        if begun is None or ":" not in begun.rest:
            return None
        before, _, behind = begun.rest.partition(":")
        heard, said = " ".join(fold(before).split()), " ".join(behind.split())
        if own_answers.wrong(heard) is not None or not said or len(said) > own_answers.LONGEST:
            return Refusal("effect_answer_how", {"n": own_answers.LONGEST})
        if not opening.is_off(said):
            return Effect(KIND, {"heard": heard, "words": said})
        if not _of(context, heard):
            return Refusal("effect_no_answer", {"heard": Quoted(heard)})
        return Effect(KIND, {"heard": heard, "words": None})

    def said(self, context: Context, effect: Effect) -> Said:
        """The answer there is, and the one there would be."""
        heard, known = effect.values["heard"], _of(context, effect.values["heard"])
        now = Said("effect_now", {"words": brief(known[0].words)}) if known else None
        if effect.values["words"] is None:
            return Said("effect_answer_off", {"heard": brief(heard)})
        return Said("effect_answer", {"heard": brief(heard), "now": now})

    def carry_out(self, context: Context, effect: Effect, proposal: Proposal) -> Texts:
        """Raises CannotDo where an answer that shall go has gone."""
        heard, by = effect.values["heard"], changing.decided(proposal)
        known = _of(context, heard)
        if effect.values["words"] is not None:
            changing.put_answer(context, Answer((heard,), effect.values["words"]), by)
        elif known:
            changing.set_answers(context, [a for a in context.line.own_answers if a not in known], by)
        else:
            raise CannotDo("cannot_answer_gone")
        yield from ()


def _of(context: Context, heard: str) -> list[Answer]:
    """The group's answers to this phrase, in whatever language."""
    return [known for known in context.line.own_answers if heard in known.heard]
