"""A figure of the line: `SET quiet 22-7`, `SET doors per day 4`, `SET duty first money, childcare`."""

from typing import Any

from handlers.decisions.effects import opening
from handlers.decisions.effects.kinds import CannotDo, Effect, Refusal
from handlers.phrasebook import Value
from handlers.rules import changing, figures
from handlers.rules.figures.heard import ENDS, NoValue, Setting, read
from handlers.rules.figures.saying import FigureSpan
from handlers.rules.figures.table import FIGURES, shown
from handlers.turn import Context, Texts
from handlers.wording.summary import Said
from models.proposals import Proposal

KIND = "set"


class SetFigures:
    """What the line lives by."""

    def read(self, context: Context, words: str) -> Effect | Refusal | None:
        """The figures, and what they shall be."""
        begun = opening.of(KIND, words)
        if begun is None:
            return None
        found = read(begun.rest)
        if found is None:
            return None
        if isinstance(found, Setting):
            return Effect(KIND, {"figures": dict(found.values)})
        if isinstance(found, NoValue):
            what, now = self._now(context, found.name)
            return Refusal("set_no_value", {"what": what, "now": now})
        return Refusal("set_near", {"spoken": found.spoken})

    def said(self, context: Context, effect: Effect) -> Said:
        """What they are now, and then."""
        values = effect.values["figures"]
        if set(values) == set(ENDS):
            then = {name: figures.DEFAULT_OF[name] if value is None else value for name, value in values.items()}
            what, now = self._now(context, ENDS[0])
            after = FigureSpan(*(then[end] for end in ENDS))
            return Said("effect_set", {"what": what, "before": now, "after": after})
        ((name, value),) = values.items()
        what, now = figures.named(name), figures.said(context, name, getattr(context.line.policy, name, None))
        return Said("effect_set", {"what": what, "before": now, "after": figures.said(context, name, value)})

    def carry_out(self, context: Context, effect: Effect, proposal: Proposal) -> Texts:
        """From now on the line lives by them. Raises CannotDo for a figure that this version does not know."""
        values = effect.values["figures"]
        if not all(_holds(name, value) for name, value in values.items()):
            raise CannotDo("cannot_set")
        changing.set_figures(context, values, changing.decided(proposal))
        yield from ()  # the result of the proposal tells it

    def _now(self, context: Context, name: str) -> tuple[Value, Value]:
        policy = context.line.policy
        if name in ENDS:
            return Said("unit_quiet"), FigureSpan(policy.quiet_from, policy.quiet_until)
        return figures.named(name), figures.said(context, name, getattr(policy, name))


def _holds(name: str, value: Any) -> bool:
    """Whether it may still be written for this figure: another version of the hotline may know other bounds."""
    if name not in FIGURES:
        return False
    try:
        return value is None or FIGURES[name].read(shown(value)) is not None
    except ValueError:
        return False
