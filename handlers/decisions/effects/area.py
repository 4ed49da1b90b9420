"""A part of the neighborhood: `AREA ADD Mill Pond`, `AREA OFF Mill Pond`."""

from handlers.decisions.effects import opening
from handlers.decisions.effects.kinds import CannotDo, Effect, Refusal
from handlers.rules import changing
from handlers.turn import Context, Texts
from handlers.understanding.words import fold
from handlers.wording.summary import Ours, Quoted, Said, Several
from models import areas
from models.proposals import Proposal

KIND = "area"
LONGEST = 40  # characters: it stands in every offer


class ChangeArea:
    """One more, or one less."""

    def read(self, context: Context, words: str) -> Effect | Refusal | None:
        """Which, and whether it comes or goes."""
        if (gone := opening.of("area_off", words)) is not None and gone.rest:
            known = changing.area_named(context, gone.rest)
            if known is not None:
                return Effect(KIND, {"off": known.name})
            every = Several([Ours(area.name) for area in context.areas]) if context.areas else Said("unit_none")
            return Refusal("effect_no_area", {"area": Quoted(gone.rest), "areas": every})
        begun = opening.of("area_add", words)
        if begun is None or not begun.rest:
            return None
        name = " ".join(begun.rest.split())
        if not fold(name).strip() or len(name) > LONGEST:
            return Refusal("effect_area_long", {"n": LONGEST})
        if changing.taken(context, name) or changing.area_named(context, name):
            return Refusal("effect_area_there", {"area": Quoted(name)})
        return Effect(KIND, {"add": name})

    def said(self, context: Context, effect: Effect) -> Said:
        """Its name; and how much is there, of one that would go."""
        if "add" in effect.values:
            return Said("effect_area_new", {"area": Quoted(effect.values["add"])})
        area = changing.area_named(context, effect.values["off"])
        live = areas.used(context.session, area).live if area is not None else 0
        return Said("effect_area_off", {"area": Quoted(effect.values["off"]), "n": live})

    def carry_out(self, context: Context, effect: Effect, proposal: Proposal) -> Texts:
        """Raises CannotDo where somebody else has added or taken away the same."""
        by = changing.decided(proposal)
        name = effect.values.get("add") or effect.values["off"]
        known = changing.area_named(context, name)
        if "add" in effect.values:
            if known is not None or changing.taken(context, name):
                raise CannotDo("cannot_area_there")
            changing.add_area(context, name, (), by)
        else:
            if known is None:
                raise CannotDo("cannot_area_gone")
            changing.remove_area(context, known, by)
        yield from ()
