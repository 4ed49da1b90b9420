"""What a proposal does by itself once it has passed: a figure of the line, an area, somebody put out or taken back…

Each kind stands in a module of its own; KINDS is read in order, those that are sure of their words first.
"""

from collections.abc import Mapping

from handlers.decisions.effects import (
    answer,
    area,
    ending,
    figure,
    name,
    opening,
    pausing,
    person,
    resource,
    resting,
    spend,
    undo,
)
from handlers.decisions.effects.kinds import CannotDo, Effect, Kind, Refusal
from handlers.rules import changing, own_answers
from handlers.turn import Context, Texts
from handlers.wording.summary import Said
from models.lines import LONGEST_NAME
from models.proposals import Proposal

__all__ = ["KINDS", "CannotDo", "Effect", "Kind", "Refusal", "carry_out", "of", "read", "said"]

KINDS: Mapping[str, Kind] = {
    undo.KIND: undo.Undo(),
    figure.KIND: figure.SetFigures(),
    area.KIND: area.ChangeArea(),
    answer.KIND: answer.ChangeAnswer(),
    resource.KIND: resource.ChangeResource(),
    person.REMOVE: person.Remove(),
    person.READMIT: person.Readmit(),
    pausing.KIND: pausing.Pause(),
    spend.KIND: spend.Spend(),
    resting.KIND: resting.Rest(),
    ending.END: ending.End(),
    ending.GO_ON: ending.GoOn(),
    name.NAME: name.Rename(),
    name.GREETING: name.Greet(),
}


# What whoever names an effect and nothing more is told to write; the keys are those of [effects].
HOW: Mapping[str, Refusal] = {
    "set": Refusal("effect_set_how"),
    "area_add": Refusal("effect_area_how"),
    "area_off": Refusal("effect_area_how"),
    "answer": Refusal("effect_answer_how", {"n": own_answers.LONGEST}),
    "resource": Refusal("effect_resource_how", {"n": changing.LONGEST_RESOURCE}),
    "resource_off": Refusal("effect_resource_how", {"n": changing.LONGEST_RESOURCE}),
    "remove": Refusal("effect_who_how"),
    "readmit": Refusal("effect_readmit_how"),
    "pause": Refusal("effect_pause_how"),
    "pause_alone": Refusal("effect_pause_how"),
    "spend": Refusal("effect_spend_how"),
    "name": Refusal("effect_name_how", {"n": LONGEST_NAME}),
    "greeting": Refusal("effect_greeting_how", {"n": changing.LONGEST_GREETING}),
    "undo": Refusal("effect_undo_how"),
}


def read(context: Context, words: str) -> Effect | Refusal | None:
    """What the words of a proposal do by themselves; None for words that people carry out."""
    for named, how in HOW.items():
        if (begun := opening.of(named, words)) is not None and not begun.rest.strip(" .!?"):
            return how
    for kind in KINDS.values():
        if (found := kind.read(context, words)) is not None:
            return found
    return None


def of(proposal: Proposal) -> Effect | None:
    """What a proposal does."""
    if proposal.effect is None:
        return None
    values = {name: value for name, value in proposal.effect.items() if name != "kind"}
    return Effect(proposal.effect["kind"], values)


def said(context: Context, effect: Effect) -> Said:
    """What an effect would change, as things stand."""
    return KINDS[effect.kind].said(context, effect)


def carry_out(context: Context, effect: Effect, proposal: Proposal) -> Texts:
    """Do it. Raises CannotDo where that is not possible any more: nothing is changed then."""
    yield from KINDS[effect.kind].carry_out(context, effect, proposal)
