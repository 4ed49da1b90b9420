"""What a proposal does by itself once it has passed: a figure of the line, an area, somebody put out or taken back…

A kind of effect reads it from the words after PROPOSE, says what it would change as things stand, and carries it out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from handlers.phrasebook import Value
from handlers.summary import Said
from handlers.turn import Context, Texts
from models.proposals import Proposal


@dataclass(frozen=True)
class Effect:
    """What shall be done: a kind, and what it needs to know, as JSON keeps it."""

    kind: str
    values: Mapping[str, Any]

    def pack(self) -> dict[str, Any]:
        """As kept with the proposal."""
        return {"kind": self.kind, **self.values}


@dataclass(frozen=True)
class Refusal:
    """Why words that name an effect do not say one, as a phrase that tells what to write."""

    phrase: str
    values: Mapping[str, Value]


class CannotDo(Exception):
    """Decided, and it cannot be done as things stand; its text is a phrase that says why."""


class Kind(Protocol):
    """One kind of effect."""

    def read(self, context: Context, words: str) -> Effect | Refusal | None:
        """The effect that the words name; None where they name no such thing."""

    def said(self, context: Context, effect: Effect) -> Said:
        """What it would change: "quiet hours: now 21-8, then 22-7"."""

    def carry_out(self, context: Context, effect: Effect, proposal: Proposal) -> Texts:
        """Do it, with an event that has the proposal's id. Raises CannotDo."""


KINDS: Mapping[str, Kind] = {}


def read(context: Context, words: str) -> Effect | Refusal | None:
    """What the words of a proposal do by themselves; None for words that people carry out."""
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
