"""Deciding together, as far as it does not wait for anybody's text: who is told of a proposal, reminded, and the end.

Whoever may not be texted unasked, or is away until it is over, is asked nothing; their voice counts all the same.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog

from handlers.decisions import effects, proposal_words
from handlers.phrasebook import Value
from handlers.turn import Context, Text, Texts
from handlers.understanding.intents import Question
from handlers.wording.summary import Lines, Ours, Quoted, Said
from models import kept_apart, lines, people, timers
from models import proposals as proposals_of
from models.delivery.outbound import Lane
from models.people import Person
from models.proposals import Proposal, State, Tally, Voice
from models.store.session import is_fault

log = structlog.get_logger()

TIMER = timers.DECIDING
RETRY_AFTER = timedelta(hours=1)  # until one on which we stumbled is looked at again
LONGEST_WHY = 60  # characters, in what goes to all
TO_ANSWER = timedelta(hours=3)  # at least, for whoever reads of it in their digest
OPTIONS = 2  # answers to a proposal: agree, stand aside
SHORT = {  # with as many of the words as one segment holds
    "proposal_asked": "proposal_asked_short",
    "proposal_changed": "proposal_changed_short",
    "proposal_reminder": "proposal_reminder_short",
    "proposal_withdrawn": "proposal_withdrawn",
    "proposal_passed": "proposal_passed_short",
    "proposal_blocked": "proposal_blocked_short",
    "proposal_too_few": "proposal_too_few_short",
}
WAS = {"effect_set": "effect_was_set", "effect_words": "effect_was_words"}  # what "now" becomes once it is done


def readers(context: Context, proposal: Proposal) -> list[Person]:
    """Who has a voice in it and may be texted unasked before it is over."""
    return [p for p in proposals_of.electorate(context.session, proposal) if may_be_told(context, p, proposal)]


def may_be_told(context: Context, person: Person, proposal: Proposal) -> bool:
    """Whether somebody may be texted unasked about it: nobody whose phone others read, nor who is away to its end."""
    if not person.helps or person.opted_out_at or person.silent_since or person.discreet_since:
        return False
    back = person.back_at(context.now)
    return not person.is_away(context.now) or (proposal.is_open and back is not None and back < proposal.closes_at)


def tell_all(
    context: Context,
    proposal: Proposal,
    phrase: str,
    *,
    to: Sequence[Person] | None = None,
    but: int | None = None,
    asks: bool = False,
    **values: Value,
) -> Texts:
    """A text in one segment to everybody who has a voice in it, or to these; with `asks`, it is answered by a yes."""
    author = proposal_words.by(context, proposal)
    common: dict[str, Value] = {"number": proposal.number, "words": Quoted(proposal.words), **values}
    openly, hidden = (
        {**common, "name": each} for each in (proposal_words.name(context, author), Said("a_volunteer"))
    )
    apart = kept_apart.of(context.session, author.id)
    for person in readers(context, proposal) if to is None else to:
        if person.id == but:
            continue
        if asks:
            ask(context, person, proposal)
        yield Text(
            person,
            phrase,
            hidden if person.id in apart else openly,
            Lane.BULK,
            not_before=person.back_at(context.now),
            expires_at=proposal.closes_at if proposal.is_open else None,
            short=SHORT.get(phrase, ""),
            # Who sleeps reads in the morning how it stands then. A result is one of its own: the question is over.
            merged=f"proposal-{proposal.id}-{person.id}" if proposal.state in (State.OPEN, State.WITHDRAWN) else "",
        )


def ask(context: Context, person: Person, proposal: Proposal) -> None:
    """A plain yes of theirs is about this from now on, unless they were asked something else."""
    waiting = context.asked_of(person)
    idle = waiting is not None and waiting.question is Question.NEED and waiting.request_id is None
    # Whoever writes at all is there: whether they are still on duty needs no answer any more.
    if waiting is None or idle or waiting.question in (Question.PROPOSAL, Question.STILL_ON):
        context.ask(person, Question.PROPOSAL, options=OPTIONS, words=str(proposal.id))


def unask(context: Context, person: Person, proposal: Proposal) -> None:
    """They have said what they say to it."""
    waiting = person.pending_question
    if waiting and waiting["question"] == Question.PROPOSAL and waiting["words"] == str(proposal.id):
        context.unask(person)


def ask_all(context: Context, proposal: Proposal, phrase: str) -> tuple[int, list[Text]]:
    """Ask everybody but who proposed it: how many, and the texts to those who do not read it in their digest."""
    bring_forward(context, proposal)
    to = [person for person in readers(context, proposal) if person.id != proposal.by_person_id]
    return len(to), [*_asked(context, proposal, phrase, to)]


def _asked(context: Context, proposal: Proposal, phrase: str, to: Sequence[Person]) -> Texts:
    alone = [person for person in to if not reads_in_digest(context, person, proposal)]
    values: dict[str, Any] = {
        "does": proposal_words.does(context, proposal),
        "until": proposal_words.until(context, proposal),
    }
    yield from tell_all(context, proposal, phrase, to=alone, asks=True, **values)


def reads_in_digest(context: Context, person: Person, proposal: Proposal) -> bool:
    """Whether somebody hears of it in their digest, in time to answer."""
    if person.digest_since is None or person.is_away(context.now):
        return False
    moment = lines.next_of(context.line, context.now, context.line.policy.digest_hours)
    in_time = moment + TO_ANSWER <= proposal.closes_at
    return in_time and people.awake_at(context.line, person, moment) == moment


def in_digest(context: Context, person: Person, since: datetime, to: datetime) -> Said | None:
    """What somebody is asked about, or reminded of, in the digest of that time; nothing that they have answered."""
    found = [
        proposal
        for proposal in proposals_of.open_ones(context.session, context.line.id)
        if since < (proposal.reminded_at or proposal.asked_at) <= to and proposal.closes_at > context.now
        if proposal.words and proposal.by_person_id != person.id and is_silent(context, proposal, person)
    ]
    if not found:
        return None
    if len(found) == 1:
        ask(context, person, found[0])
    rows = [
        Said(
            "digest_proposal",
            {
                "number": proposal.number,
                "name": proposal_words.named(context, proposal_words.by(context, proposal), person),
                "until": proposal_words.until(context, proposal),
                "words": proposal_words.cut(proposal.words, LONGEST_WHY),
                "does": proposal_words.does(context, proposal),
            },
        )
        for proposal in found
    ]
    return Said("digest_proposals", {"rows": Lines(rows), "first": found[0].number})


def is_silent(context: Context, proposal: Proposal, person: Person) -> bool:
    """Whether somebody has a voice in it and has not given it to its present words."""
    said = proposals_of.voice_of(context.session, proposal, person.id)
    return said is None and proposals_of.may_vote(person, proposal)


def bring_forward(context: Context, proposal: Proposal) -> None:
    """See to it that time acts on it."""
    timers.bring_forward(context.session, context.line.id, TIMER, min(_moments(context, proposal)))


def _moments(context: Context, proposal: Proposal) -> list[datetime]:
    """When time acts on it: its end, and once before to those who were silent."""
    reminder = _reminds_at(context, proposal)
    return [proposal.closes_at, *([reminder] if reminder is not None else [])]


def _reminds_at(context: Context, proposal: Proposal) -> datetime | None:
    """When the silent are reminded; None if they were, or it is not open for twice that long."""
    hours = context.line.policy.decide_reminder
    if proposal.reminded_at is not None or hours <= 0 or proposal.hours < 2 * hours:
        return None
    return proposal.closes_at - timedelta(hours=hours)


def next_moment(context: Context) -> datetime | None:
    """The first of all these that is to come."""
    found = proposals_of.open_ones(context.session, context.line.id)
    moments = [moment for proposal in found for moment in _moments(context, proposal)]
    return min((moment for moment in moments if moment > context.now), default=None)


def act(context: Context) -> Texts:
    """Remind the silent, count the voices of what is over, and do what was decided."""
    for proposal in proposals_of.open_ones(context.session, context.line.id):
        try:
            with context.session.savepoint():
                texts = list(_step(context, proposal))
        except Exception as error:
            if not is_fault(error):
                raise
            log.error("proposal_failed", proposal=proposal.id, error=type(error).__name__, exc_info=error)
            timers.bring_forward(context.session, context.line.id, TIMER, context.now + RETRY_AFTER)
        else:
            yield from texts


def _step(context: Context, proposal: Proposal) -> Texts:
    reminder = _reminds_at(context, proposal)
    if not proposal.words:  # whoever proposed it was erased, and their words with them
        yield from withdrawn(context, proposal)
    elif proposal.closes_at <= context.now:
        yield from _closed(context, proposal)
    elif reminder is not None and reminder <= context.now:
        yield from _reminded(context, proposal)


def withdrawn(context: Context, proposal: Proposal) -> Texts:
    """It is taken back: nobody need think of it any more."""
    phrase = "proposal_withdrawn" if proposal.words else "proposal_gone"
    yield from _taken_back(context, proposal, phrase, but=proposal.by_person_id)


def ended(context: Context) -> Texts:
    """The line has ended: what is over is counted, and who had a voice in what is left hears so."""
    yield from act(context)
    for proposal in proposals_of.open_ones(context.session, context.line.id):
        yield from _taken_back(context, proposal, "proposal_line_ended", line=Ours(context.line.name))


def _taken_back(context: Context, proposal: Proposal, phrase: str, *, but: int | None = None, **values: Any) -> Texts:
    """It ends without a result: who had a voice in it hears so, and is asked no more."""
    to = readers(context, proposal)
    if not proposals_of.withdraw(context.session, proposal, context.now):
        return
    for person in to:
        unask(context, person, proposal)
    yield from tell_all(context, proposal, phrase, to=to, but=but, **values)


def _reminded(context: Context, proposal: Proposal) -> Texts:
    if not proposals_of.remind(context.session, proposal, context.now):
        return
    said = {vote.person_id for vote in proposals_of.votes(context.session, proposal)}
    silent = [person for person in readers(context, proposal) if person.id not in said]
    yield from _asked(context, proposal, "proposal_reminder", silent)


def _closed(context: Context, proposal: Proposal) -> Texts:
    """The voices are counted once; what was decided is done; all hear what came of it, in numbers."""
    to = readers(context, proposal)
    found = proposals_of.close(context.session, proposal, context.line.policy, context.now)
    if found is None:
        return
    for person in to:
        unask(context, person, proposal)
    change, texts = _carried_out(context, proposal) if proposal.state is State.PASSED else (None, [])
    blocks = [v for v in proposals_of.votes(context.session, proposal) if v.voice is Voice.BLOCK and v.words][:1]
    apart = kept_apart.of(context.session, blocks[0].person_id) if blocks else set()
    values: dict[str, Any] = {**proposal_words.counted(proposal, found), "done": _done(proposal, change)}
    for hidden in (False, True):
        those = [person for person in to if (person.id in apart) is hidden]
        reason = None if hidden else proposal_words.why(context, blocks, LONGEST_WHY)
        yield from tell_all(context, proposal, result(proposal, found), to=those, why=reason, **values)
    yield from texts


def result(proposal: Proposal, tally: Tally) -> str:
    """The phrase that says what came of it."""
    if proposal.state is State.PASSED:
        return "proposal_passed"
    if proposal.state is State.WITHDRAWN:
        return "proposal_withdrawn"
    return "proposal_blocked" if tally.blocked else "proposal_too_few"


def _done(proposal: Proposal, change: Said | None) -> Said | None:
    """What has changed by it, or why nothing has."""
    if proposal.state is not State.PASSED:
        return None
    if proposal.undone_because:
        return Said("proposal_undone", {"why": Said(proposal.undone_because)})
    if change is None:
        return None
    return Said("proposal_done", {"what": Said(WAS.get(change.phrase, change.phrase), change.values)})


def _carried_out(context: Context, proposal: Proposal) -> tuple[Said | None, list[Text]]:
    """Do what it does, or keep why that is not possible any more. Returns what changes, said before it is done."""
    effect = effects.of(proposal)
    if effect is None:
        return None, []
    try:
        with context.session.savepoint():
            return effects.said(context, effect), list(effects.carry_out(context, effect, proposal))
    except effects.CannotDo as error:
        why, texts = str(error), []
    except Exception as error:
        if not is_fault(error):
            raise
        log.error("decision_failed", proposal=proposal.id, error=type(error).__name__, exc_info=error)
        why, texts = "cannot_fault", list(context.tell_duty("duty_cannot_do", number=proposal.number))
    proposal.undone_because = why
    context.session.add(proposal)
    return None, texts
