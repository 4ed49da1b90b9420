"""What is proposed, and where it stands: PROPOSALS, and all of one."""

from typing import Any

from handlers.decisions import proposal_words
from handlers.turn import Context, Texts, Turn
from handlers.understanding.intents import Free, Order
from handlers.understanding.words import split
from handlers.wording.summary import Lines, Quoted, Said
from models import kept_apart, people
from models import proposals as proposals_of
from models.people import Person
from models.proposals import Proposal, State, Tally, Voice

LATELY = 3  # decided ones in a list
LISTED, WHY = 60, 120  # characters of somebody's words, in a list and of a reason
MOST_REMARKS = 5  # in one text, the last ones
ROWS = {
    State.OPEN: "proposal_row",
    State.PASSED: "proposal_row_passed",
    State.FAILED: "proposal_row_failed",
    State.WITHDRAWN: "proposal_row_withdrawn",
}
WHOLE = {
    State.OPEN: "proposal",
    State.PASSED: "proposal_over_passed",
    State.FAILED: "proposal_over_failed",
    State.WITHDRAWN: "proposal_over_withdrawn",
}
YOURS = {
    Voice.AGREE: "proposal_yours_agree",
    Voice.ASIDE: "proposal_yours_aside",
    Voice.BLOCK: "proposal_yours_block",
}


def list_(turn: Turn, _: Order) -> Texts:
    """PROPOSALS: the open ones, and the last that were decided."""
    found = [p for p in proposals_of.open_ones(turn.session, turn.line.id) if p.words]
    last = proposals_of.latest(turn.session, turn.line.id, LATELY + len(found))
    over = [p for p in last if not p.is_open and p.words][:LATELY]
    if not found and not over:
        yield turn.reply("proposals_none")
        return
    rows = Lines([Said(ROWS[p.state], _row(turn, p)) for p in (*found, *over)])
    yield turn.reply("proposals" if found else "proposals_over", rows=rows)


def asked(turn: Turn, intent: Free) -> Texts:
    """How the vote is going, in words: the proposal that they name, or the only open one; else all of them."""
    named = [word.number for word in split(intent.words) if word.number is not None]
    known = [proposals_of.by_number(turn.session, turn.line.id, number) for number in named]
    found = [p for p in known if p is not None and p.words]
    found = found or [p for p in proposals_of.open_ones(turn.session, turn.line.id) if p.words]
    if len(found) == 1:
        yield from whole(turn, found[0])
    else:
        yield from list_(turn, Order("proposals"))


def _row(context: Context, proposal: Proposal) -> dict[str, Any]:
    return {
        "number": proposal.number,
        "words": proposal_words.cut(proposal.words, LISTED),
        "until": proposal_words.until(context, proposal),
        **proposal_words.counted(proposal, tally(context, proposal)),
    }


def told(context: Context, proposal: Proposal) -> dict[str, Any]:
    """What a text to one person says of it, its words whole."""
    return {
        "number": proposal.number,
        "words": Quoted(proposal.words),
        "does": proposal_words.does(context, proposal) if proposal.is_open else None,
        "until": proposal_words.until(context, proposal),
    }


def tally(context: Context, proposal: Proposal) -> Tally:
    """How it stands."""
    return proposals_of.tally(context.session, proposal, context.line.policy)


def whole(turn: Turn, proposal: Proposal) -> Texts:
    """All that there is to know of it: words, numbers, reasons, questions, and what the speaker said."""
    apart = kept_apart.of(turn.session, turn.speaker.id)
    reasons = [v for v in proposals_of.votes(turn.session, proposal) if v.words and v.person_id not in apart]
    yield turn.reply(
        WHOLE[proposal.state],
        **told(turn, proposal),
        **proposal_words.counted(proposal, tally(turn, proposal)),
        name=proposal_words.named(turn, proposal_words.by(turn, proposal), turn.speaker),
        why=proposal_words.why(turn, reasons, WHY),
        said=_remarks(turn, proposal, apart),
        yours=_yours(turn, proposal) if proposal.is_open else None,
    )


def over(turn: Turn, proposal: Proposal) -> Texts:
    """It takes no more voices or words: what came of it, or that it is being counted."""
    if not proposal.is_open:
        yield from whole(turn, proposal)
    else:
        words = proposal_words.cut(proposal.words, LISTED)
        yield turn.reply("proposal_time_is_up", number=proposal.number, words=words)


def _remarks(turn: Turn, proposal: Proposal, apart: set[int]) -> Said | None:
    """What was asked and answered, but by those from whom the speaker is kept apart."""
    found = [r for r in proposals_of.remarks(turn.session, proposal) if r.person_id not in apart][-MOST_REMARKS:]
    if not found:
        return None
    who = people.by_ids(turn.session, [remark.person_id for remark in found])
    rows = [_remark(turn, who[remark.person_id], remark.words) for remark in found]
    return Said("proposal_remarks", {"rows": Lines(rows)})


def _remark(context: Context, person: Person, words: str) -> Said:
    return Said("proposal_remark_row", {"name": proposal_words.name(context, person), "words": Quoted(words)})


def _yours(turn: Turn, proposal: Proposal) -> Said:
    """What the speaker said to it, or how to."""
    said = proposals_of.voice_of(turn.session, proposal, turn.speaker.id)
    if said is not None:
        return Said(YOURS[said])
    may = proposals_of.may_vote(turn.speaker, proposal)
    return Said("proposal_yours_none" if may else "proposal_yours_not", {"number": proposal.number})
