"""Money from the purse that all decide on: `SPEND $40 for diapers`. Nothing is paid by the software."""

from functools import cache

from handlers import phrasebook
from handlers.decisions.effects import opening
from handlers.decisions.effects.kinds import CannotDo, Effect, Refusal
from handlers.money import approving
from handlers.turn import Context, Texts
from handlers.understanding import money
from handlers.understanding.phrases import PhraseIndex
from handlers.understanding.words import split
from handlers.wording.summary import Said
from models import purse
from models.proposals import Proposal

KIND = "spend"


class Spend:
    """It stands in the purse as approved, to be paid to whoever proposed it."""

    def read(self, context: Context, words: str) -> Effect | Refusal | None:
        """How much, and what for. In another currency, or as no sum, it is asked back."""
        begun = opening.of(KIND, words)
        if begun is None or not begun.rest:
            return None
        found = money.begins(begun.rest, _phrases())
        if found is None:
            return None
        cents = approving.cents(context, found[0])
        if not cents:
            return Refusal("effect_spend_how")
        return Effect(KIND, {"cents": cents, "currency": purse.currency(context.line), "words": _what_for(found[1])})

    def said(self, context: Context, effect: Effect) -> Said:
        """How much; what for the proposal says."""
        return Said("effect_spend", {"amount": approving.money_of(context.line, effect.values["cents"])})

    def carry_out(self, context: Context, effect: Effect, proposal: Proposal) -> Texts:
        """Raises CannotDo where the purse has another currency by now."""
        if purse.currency(context.line) != effect.values["currency"]:
            raise CannotDo("cannot_spend")
        cents, words = effect.values["cents"], effect.values["words"]
        purse.decided(context.session, context.line, proposal, cents, words, context.now)
        yield from ()


@cache
def _phrases() -> PhraseIndex:
    return PhraseIndex.of({code: phrasebook.book(code).pages for code in phrasebook.languages()})


def _what_for(rest: str) -> str:
    """What stands behind "for"."""
    words = split(rest)
    led = len(words) > 1 and _phrases().is_function_word("spent_on", words[0].text)
    return " ".join((rest[words[1].start :] if led else rest).split())
