"""Other help nearby: `HELP food: St Paul's pantry, Sat 10-2`, `HELP OFF St Paul's`."""

from handlers.decisions.effects import opening
from handlers.decisions.effects.kinds import CannotDo, Effect, Refusal, brief
from handlers.rules import changing
from handlers.turn import Context, Texts
from handlers.understanding import needs
from handlers.understanding.words import fold
from handlers.wording.summary import Needs, Quoted, Said
from models.lines import Resource
from models.proposals import Proposal

KIND = "resource"


class ChangeResource:
    """What neighbors are told of whom nobody here could help."""

    def read(self, context: Context, words: str) -> Effect | Refusal | None:
        """What they help with before the colon, who and when behind it."""
        gone = opening.of("resource_off", words)
        if gone is not None and gone.rest:
            known = [each.words for each in context.line.other_help if fold(gone.rest) in fold(each.words)]
            if len(known) == 1:
                return Effect(KIND, {"off": known[0]})
            return Refusal("effect_no_resource", {"words": Quoted(gone.rest)})
        begun = opening.of(KIND, words)
        if begun is None or ":" not in begun.rest:
            return None
        before, _, behind = begun.rest.partition(":")
        named, said = needs.named(before), " ".join(behind.split())
        if not named or not said or len(said) > changing.LONGEST_RESOURCE:
            return Refusal("effect_resource_how", {"n": changing.LONGEST_RESOURCE})
        return Effect(KIND, {"needs": [str(need) for need in named], "words": said})

    def said(self, context: Context, effect: Effect) -> Said:
        """Who, and with what."""
        if "off" in effect.values:
            return Said("effect_resource_off", {"words": brief(effect.values["off"])})
        return Said("effect_resource", {"needs": Needs(tuple(effect.values["needs"]))})

    def carry_out(self, context: Context, effect: Effect, proposal: Proposal) -> Texts:
        """Raises CannotDo where what shall go has gone."""
        by, known = changing.decided(proposal), context.line.other_help
        if "off" not in effect.values:
            new = Resource(tuple(effect.values["needs"]), effect.values["words"])
            changing.put_resource(context, new, by)
        else:
            left = [each for each in known if each.words != effect.values["off"]]
            if len(left) == len(known):
                raise CannotDo("cannot_resource_gone")
            changing.set_resources(context, left, by)
        yield from ()
