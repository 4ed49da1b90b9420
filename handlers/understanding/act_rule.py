"""The declaration of an act: to whom it makes sense, and who acts on it."""

from dataclasses import KW_ONLY, dataclass
from typing import Generic, TypeVar

from handlers.understanding.intents import Act, Role

Handler = TypeVar("Handler")


@dataclass(frozen=True)
class ActRule(Generic[Handler]):
    """What follows when somebody who is this to the hotline does that with their words."""

    act: Act
    to: Role
    handler: Handler
    _: KW_ONLY
    goes_on: bool = (
        False  # what else the text says is taken up as well; or the question of ours that still waits is asked again
    )
    offers_too: bool = True  # whether it may be done by words that offer something
