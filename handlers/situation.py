"""What may be waiting for somebody's answer when their text comes in: looked up only where a text leaves it open."""

from dataclasses import dataclass
from functools import cached_property

from handlers.turn import Turn
from handlers.understanding.intents import Question
from models import offers


@dataclass(frozen=True)
class LiveSituation:
    """The situation of whoever speaks in this turn. Most texts are clear without a look into the database."""

    turn: Turn

    @property
    def language(self) -> str:
        """What they read and write."""
        return self.turn.speaker.speaks(self.turn.line)

    @property
    def question(self) -> Question | None:
        """What we last asked them."""
        return self.turn.asked.question if self.turn.asked else None

    @property
    def options(self) -> int:
        """How many numbered answers we offered."""
        return self.turn.asked.options if self.turn.asked else 0

    @cached_property
    def offers(self) -> tuple[int, ...]:
        """Requests they were asked about and have not answered."""
        return (
            tuple(offers.pending_numbers(self.turn.session, self.turn.speaker.id)) if self.turn.speaker.helps else ()
        )

    @cached_property
    def own(self) -> tuple[int, ...]:
        """Requests of their own that are not over."""
        return tuple(r.number for r in self.turn.own)

    @property
    def opted_out(self) -> bool:
        """Whether they told us to stop."""
        return self.turn.speaker.opted_out_at is not None

    @property
    def in_danger(self) -> bool:
        """Whether a request of theirs tells of danger."""
        return any(request.danger for request in self.turn.own)
