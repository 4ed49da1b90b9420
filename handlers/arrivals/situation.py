"""What may be waiting for somebody's answer when their text comes in: looked up only where a text leaves it open."""

from dataclasses import dataclass
from functools import cached_property

from handlers.turn import LET_GO, OFFERING, PROPOSING, Turn
from handlers.understanding.intents import Question, Role
from handlers.understanding.words import clean, fold, split
from models import assignments, recurring, requests
from models.delivery import told
from models.requests import TALKING, Outcome, State

HELPERS = 50  # of the last ones


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

    @property
    def asked_last(self) -> bool:
        """Whether the proposal we asked about is what we told them last; of another question nobody need know."""
        last = self.turn.told_last
        return self.question is not Question.PROPOSAL or (last is not None and last[0] in PROPOSING)

    @cached_property
    def offers(self) -> tuple[int, ...]:
        """Requests they were asked about and have not answered."""
        return self.turn.offered

    @cached_property
    def offered_last(self) -> bool:
        """Whether an offer, or where it stands with one, is what we said to them last."""
        last = self.turn.told_last
        return last is not None and last[0] in OFFERING

    @cached_property
    def own(self) -> tuple[int, ...]:
        """Requests of their own that are not over."""
        return tuple(r.number for r in self.turn.own)

    @cached_property
    def helpers(self) -> tuple[str, ...]:
        """The first names of who had something of theirs in hand."""
        if not self.turn.asked_for:
            return ()
        found = assignments.helpers_of(self.turn.session, self.turn.speaker.id, HELPERS)
        return tuple(fold(person.name).split()[0] for person in found if person.name)

    @property
    def called(self) -> str:
        """Their own first name as we know it."""
        return fold(self.turn.speaker.name).split()[0] if self.turn.speaker.name.strip() else ""

    @property
    def opted_out(self) -> bool:
        """Whether they told us to stop."""
        return self.turn.speaker.opted_out_at is not None

    @property
    def in_danger(self) -> bool:
        """Whether a request of theirs tells of danger."""
        return any(request.danger for request in self.turn.own)

    @property
    def quoted(self) -> int | None:
        """The request that the text of ours tells of to which theirs is a reply."""
        return self.turn.replied_about

    def is_(self, role: Role) -> bool:
        """Whether they are this to the hotline. Most roles cost nothing to find out, for the turn knows them."""
        speaker, own = self.turn.speaker, self.turn.own
        match role:
            case Role.ANYONE:
                return True
            case Role.NEIGHBOR:
                talks = any(r.duty_person_id is not None and r.state is not State.DRAFT for r in own)
                return not (speaker.on_duty or talks or self.turn.held)
            case Role.NOBODYS_HELPER:
                return not (speaker.on_duty or self.turn.held)
            case Role.ALONE:
                return self.is_(Role.NEIGHBOR) and not any(r.state in TALKING for r in own)
            case Role.VOLUNTEER:
                return speaker.helps
            case Role.DUTY:
                return speaker.on_duty
            case Role.NAMED:
                told_them = told.last_words_to(self.turn.session, speaker.id)
                return self.called in {word.text for word in split(clean(told_them))}
            case Role.OFFERED:
                return bool(self.offers)
            case Role.TOO_LATE:
                last = self.turn.told_last if speaker.helps and not self.offers else None
                return last is not None and last[0] in OFFERING and last[1] is not None
            case Role.LET_GO:
                last = self.turn.told_last if speaker.helps and not self.turn.held else None
                return last is not None and last[0] in LET_GO and last[1] is not None
            case Role.HOLDING:
                return bool(self.turn.held)
            case Role.HELPED:
                return bool(self.turn.helped)
            case Role.REPEATING:
                return bool(recurring.of_person(self.turn.session, speaker.id))
            case Role.DRAFTING:
                return any(r.state is State.DRAFT for r in own)
            case Role.WAITING:
                return any(r.state in (State.OPEN, State.HELD) for r in own)
            case Role.GIVEN_UP:
                latest = None if own else requests.last_of(self.turn.session, speaker.id)
                return latest is not None and latest.outcome is Outcome.UNMET and latest.blanked_at is None
            case Role.MATCHED:
                return any(r.state in TALKING for r in own)
            case Role.DELIVERED:
                return any(r.state is State.DELIVERED for r in own) or bool(self.turn.ended)
