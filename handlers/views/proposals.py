"""What the group decides together: what is open and how it stands, and what was decided. Voices are numbers; whoever
said why stands there with their name."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from handlers.decisions import effects
from handlers.decisions.effects import Effect, Refusal
from handlers.phrasebook import Value
from handlers.turn import Context
from handlers.wording.summary import Quoted, Said
from models import kept_apart, people, proposals
from models.people import Person
from models.proposals import Proposal, State, Tally, Voice

DECIDED = 30  # on a page


@dataclass(frozen=True)
class Why:
    """Somebody's voice to the present words, and why."""

    by: Value
    voice: Voice
    words: Quoted
    mine: bool


@dataclass(frozen=True)
class Remarked:
    """A question, or an answer to one."""

    by: Value
    words: Quoted
    at: datetime
    mine: bool


@dataclass(frozen=True)
class Listed:
    """A proposal in one row. `by` is None for who is kept apart from its reader."""

    number: int
    by: Value | None
    mine: bool
    words: str
    does: Value | None  # by itself, as things stand; once it is over, nothing any more
    acts: bool  # whether it does something by itself
    state: State
    asked_at: datetime
    closes_at: datetime
    ended_at: datetime | None
    counting: bool  # its time is up, and it is not counted yet
    tally: Tally | None  # None for what was withdrawn
    not_done: Value | None  # why what it should do could not be done
    voice: Voice | None  # of its reader, to the present words
    may_vote: bool

    @property
    def waits(self) -> bool:
        """Whether its reader's voice is asked for."""
        return self.may_vote and self.voice is None

    @property
    def missing(self) -> int:
        """How many voices it still needs."""
        return max(0, self.tally.needed - self.tally.agreed - self.tally.aside) if self.tally is not None else 0


@dataclass(frozen=True)
class Shown:
    """One proposal with all that was said to it."""

    row: Listed
    revision: int  # of its words, from 1
    hours: int
    whys: Sequence[Why]
    remarks: Sequence[Remarked]


@dataclass(frozen=True)
class Together:
    """All of them: what is open, and a page of what is over."""

    open: Sequence[Shown]
    over: Sequence[Listed]
    earlier: int | None  # the number before which there are more
    hours: int  # that a proposal is open where nobody says how long


@dataclass(frozen=True)
class Preview:
    """What words would be as a proposal: what they do by themselves, or why they do not, and whom it asks."""

    does: Value | None
    refusal: Value | None
    readers: int


def look(context: Context, person: Person, before: int | None = None) -> Together:
    """What is open, what closes first before the others; of what is over the latest, or those before this number."""
    session, line = context.session, context.line
    waits = proposals.open_ones(session, line.id)
    found = proposals.latest(session, line.id, DECIDED + 1 + len(waits), before=before)
    over = [each for each in found if not each.is_open]
    return Together(
        open=[_shown(context, person, each) for each in waits],
        over=[_listed(context, person, each) for each in over[:DECIDED]],
        earlier=over[DECIDED - 1].number if len(over) > DECIDED else None,
        hours=line.policy.decide_hours,
    )


def one(context: Context, person: Person, number: int) -> Shown | None:
    """The proposal with this number; None where there is none."""
    found = proposals.by_number(context.session, context.line.id, number)
    return _shown(context, person, found) if found is not None else None


def waiting(context: Context, person: Person) -> int:
    """How many ask for somebody's voice and have not heard it."""
    return sum(
        each.closes_at > context.now
        and proposals.may_vote(person, each)
        and proposals.voice_of(context.session, each, person.id) is None
        for each in proposals.open_ones(context.session, context.line.id)
    )


def preview(context: Context, words: str) -> Preview:
    """What the words would be, if somebody proposed them now."""
    found = effects.read(context, words)
    readers = people.how_many_help(context.session, context.line.id) - 1
    if isinstance(found, Refusal):
        return Preview(None, Said(found.phrase, found.values), readers)
    return Preview(effects.said(context, found) if found is not None else None, None, readers)


def doing(context: Context, tried: Sequence[str]) -> list[str]:
    """Of these words, those that do by themselves what they say."""
    return [words for words in tried if isinstance(effects.read(context, words), Effect)]


def _shown(context: Context, person: Person, proposal: Proposal) -> Shown:
    session = context.session
    apart = kept_apart.of(session, person.id)
    whys = [vote for vote in proposals.votes(session, proposal) if vote.words and vote.person_id not in apart]
    remarks = [each for each in proposals.remarks(session, proposal) if each.person_id not in apart]
    known = people.by_ids(session, [*(each.person_id for each in whys), *(each.person_id for each in remarks)])
    named = {id_: context.somebody(each) for id_, each in known.items()}
    return Shown(
        _listed(context, person, proposal),
        proposal.revision,
        proposal.hours,
        [
            Why(named[vote.person_id], vote.voice, Quoted(vote.words or ""), vote.person_id == person.id)
            for vote in whys
        ],
        [
            Remarked(named[each.person_id], Quoted(each.words), each.at, each.person_id == person.id)
            for each in remarks
        ],
    )


def _listed(context: Context, person: Person, proposal: Proposal) -> Listed:
    effect = effects.of(proposal)
    by = people.by_id(context.session, proposal.by_person_id)
    hidden = by.id in kept_apart.of(context.session, person.id)
    return Listed(
        number=proposal.number,
        by=None if hidden else context.somebody(by),
        mine=by.id == person.id,
        words=proposal.words,
        does=effects.said(context, effect) if effect is not None and proposal.is_open else None,
        acts=effect is not None,
        state=proposal.state,
        asked_at=proposal.asked_at,
        closes_at=proposal.closes_at,
        ended_at=proposal.closed_at,
        counting=proposal.is_open and proposal.closes_at <= context.now,
        tally=(
            proposals.tally(context.session, proposal, context.line.policy)
            if proposal.state is not State.WITHDRAWN
            else None
        ),
        not_done=Said(proposal.undone_because) if proposal.undone_because else None,
        voice=proposals.voice_of(context.session, proposal, person.id) if proposal.is_open else None,
        may_vote=proposal.is_open and proposal.closes_at > context.now and proposals.may_vote(person, proposal),
    )
