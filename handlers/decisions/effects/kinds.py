"""A kind of effect: read from the words after PROPOSE, it says what it would change, and is carried out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from handlers.phrasebook import Value
from handlers.turn import Context, Texts
from handlers.wording.quoting import beginning
from handlers.wording.summary import Quoted, Said
from models.proposals import Proposal

BRIEF = 24  # characters of words that an effect says again: it is asked about in one segment


def brief(words: str) -> Quoted:
    """The beginning of words that stand in the proposal, or on the line already."""
    return Quoted(beginning(words, BRIEF))


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
    values: Mapping[str, Value] = field(default_factory=dict)


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
