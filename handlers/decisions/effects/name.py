"""What the group is called, and how it greets: `NAME Oak Street Neighbors`, `GREETING: we share food`."""

from handlers.decisions.effects import opening
from handlers.decisions.effects.kinds import CannotDo, Effect, Refusal, brief
from handlers.phrasebook import Value
from handlers.rules import changing
from handlers.turn import Context, Texts
from handlers.understanding.words import fold
from handlers.wording import lures
from handlers.wording.quoting import one_paragraph
from handlers.wording.summary import Quoted, Said
from models import lines
from models.lines import LONGEST_NAME
from models.proposals import Proposal

NAME, GREETING = "name", "greeting"


class Rename:
    """Every text of the line says it from then on."""

    def read(self, context: Context, words: str) -> Effect | Refusal | None:
        """The name: behind a colon, or with a capital. "Name a cook for Friday" is something that people do."""
        begun = opening.of(NAME, words)
        if begun is None or not begun.rest or not begun.marked:
            return None
        name = one_paragraph(begun.rest)
        if len(name) > LONGEST_NAME or not fold(name).strip() or lures.found(name):
            return Refusal("effect_name_how", {"n": LONGEST_NAME})
        if _is_anothers(context, name):
            return Refusal("effect_name_taken", {"name": Quoted(name)})
        return Effect(NAME, {"name": name})

    def said(self, context: Context, _: Effect) -> Said:
        """What it is now; what it shall be the proposal says."""
        return Said("effect_words", {"what": Said("our_name"), "before": brief(context.line.name)})

    def carry_out(self, context: Context, effect: Effect, proposal: Proposal) -> Texts:
        """Raises CannotDo where another line here is called so by now."""
        if _is_anothers(context, effect.values["name"]):
            raise CannotDo("cannot_name")
        changing.set_setting(context, "name", effect.values["name"], changing.decided(proposal))
        yield from ()


class Greet:
    """Whoever greets or asks what this is reads it, before what they can write; never whoever is in danger."""

    def read(self, context: Context, words: str) -> Effect | Refusal | None:
        """The words of it; OFF takes it away."""
        begun = opening.of(GREETING, words)
        if begun is None or not begun.rest:
            return None
        if opening.is_off(begun.rest):
            return Effect(GREETING, {"words": None})
        if not begun.marked:
            return None
        said = one_paragraph(begun.rest)
        if len(said) > changing.LONGEST_GREETING:
            return Refusal("effect_greeting_how", {"n": changing.LONGEST_GREETING})
        return Effect(GREETING, {"words": said})

    def said(self, context: Context, _: Effect) -> Said:
        """What it is now; what it shall be the proposal says."""
        return Said("effect_words", {"what": Said("our_greeting"), "before": _quoted(context.line.greeting)})

    def carry_out(self, context: Context, effect: Effect, proposal: Proposal) -> Texts:
        """From now on it is said."""
        changing.set_setting(context, "greeting", effect.values["words"], changing.decided(proposal))
        yield from ()


def _quoted(words: str | None) -> Value:
    return brief(words) if words else Said("unit_none")


def _is_anothers(context: Context, name: str) -> bool:
    every = lines.all_lines(context.session)
    return any(fold(line.name) == fold(name) for line in every if line.id != context.line.id)
