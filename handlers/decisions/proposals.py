"""Deciding together by text: PROPOSE, AGREE, ASIDE, BLOCK, ASK, AMEND, PROPOSALS, PROPOSAL, and a plain yes or no.

A voice may be given again until the end; the last one counts. Nobody decides for all, and nobody is counted by name.
"""

from datetime import timedelta

from handlers.decisions import agenda, deciding, effects, proposal_words, which_proposal
from handlers.decisions.effects import Refusal
from handlers.turn import Text, Texts, Turn
from handlers.understanding.arguments import Proposed
from handlers.understanding.intents import Answer, Order, Question
from handlers.wording.summary import Quoted, Several, Verb
from models import kept_apart
from models import proposals as proposals_of
from models.delivery import line_numbers
from models.delivery.outbound import Lane
from models.people import Person
from models.proposals import Proposal, Voice

LONGEST = 600  # characters
SHORTEST_HOURS, LONGEST_HOURS = 24, 60 * 24  # that one is open: whoever sleeps or works shall have a voice
MOST_EACH, MOST_OPEN = 2, 5  # open ones of one person, and of the line
MOST_A_DAY = 3  # of one person, whatever becomes of them
MOST_WORDINGS = 6  # of one: each asks everybody anew
LONGEST_REMARK = 300
YES, NO = 1, 2
DAY = timedelta(days=1)


def propose(turn: Turn, order: Order) -> Texts:
    """PROPOSE words, PROPOSE 2 weeks words: all volunteers are asked."""
    said: Proposed | None = order.argument
    if said is None or not said.words:
        yield turn.reply("proposal_how", hours=turn.line.policy.decide_hours)
    elif (refused := _may_not_propose(turn, said)) is not None:
        yield refused
    elif turn.matches:  # "propongo que nos veamos a las 5", said to whoever they help
        turn.ask(turn.speaker, Question.PROPOSES, options=NO, words=f"{said.hours or 0} {said.words}")
        yield turn.reply("proposal_for_all", words=proposal_words.cut(said.words, agenda.LISTED))
    else:
        yield from _proposed(turn, said, order.language)


def for_all(turn: Turn, intent: Answer) -> Texts:
    """Whether what they said is for all volunteers, or for whom they talk with: 1 for all, 2 not."""
    asked = turn.asked
    if asked is None or intent.choice not in (YES, NO):
        yield turn.reply("proposal_for_all_which")
        return
    turn.unask(turn.speaker)
    if intent.choice == NO:
        yield turn.reply("proposal_not_for_all")
        return
    hours, _, words = asked.words.partition(" ")
    said = Proposed(words, int(hours) or None)
    refused = _may_not_propose(turn, said)
    yield from iter([refused]) if refused is not None else _proposed(turn, said, None)


def _may_not_propose(turn: Turn, said: Proposed) -> Text | None:
    """Why this cannot be proposed now, in words that say what to do."""
    session, line = turn.session, turn.line
    opened = proposals_of.open_ones(session, line.id)
    if turn.is_newcomer(turn.speaker):
        return turn.reply("proposal_newcomer")
    if len(said.words) > LONGEST:
        return turn.reply("proposal_long", n=LONGEST)
    if said.hours is not None and not SHORTEST_HOURS <= said.hours <= LONGEST_HOURS:
        return turn.reply("proposal_time", hours=SHORTEST_HOURS, days=LONGEST_HOURS // 24)
    mine = [proposal for proposal in opened if proposal.by_person_id == turn.speaker.id]
    if len(mine) >= MOST_EACH:
        return turn.reply("proposal_two_open", numbers=_numbers(mine), number=mine[0].number)
    if proposals_of.made_since(session, line.id, turn.speaker.id, turn.now - DAY) >= MOST_A_DAY:
        return turn.reply("proposal_many_today")
    if len(opened) >= MOST_OPEN:
        return turn.reply("proposal_many_open", n=len(opened), until=proposal_words.until(turn, opened[0]))
    if line_numbers.over_budget(session, line, turn.now):
        return turn.reply("broadcast_spent")
    return None


def _numbers(several: list[Proposal]) -> Several:
    return Several([proposal.number for proposal in several])


def _proposed(turn: Turn, said: Proposed, language: str | None) -> Texts:
    found = effects.read(turn, said.words)
    if isinstance(found, Refusal):
        yield Text(turn.speaker, found.phrase, found.values, Lane.REPLY)
        return
    made = proposals_of.add(
        turn.session,
        turn.line,
        turn.speaker.id,
        said.words,
        turn.now,
        language=language or turn.speaker.speaks(turn.line),
        hours=said.hours or turn.line.policy.decide_hours,
        effect=found.pack() if found else None,
    )
    n, texts = deciding.ask_all(turn, made, "proposal_asked")
    told = {**agenda.told(turn, made), "words": proposal_words.cut(made.words, agenda.LISTED)}
    yield turn.reply("proposal_made", **told, n=n, needed=agenda.tally(turn, made).needed)
    yield from texts


# Voices.


def agree(turn: Turn, order: Order) -> Texts:
    """AGREE 7."""
    yield from _with_voice(turn, order, Voice.AGREE)


def aside(turn: Turn, order: Order) -> Texts:
    """ASIDE 7 why: it may pass, but without them."""
    yield from _with_voice(turn, order, Voice.ASIDE)


def block(turn: Turn, order: Order) -> Texts:
    """BLOCK 7 why: it does not pass so."""
    yield from _with_voice(turn, order, Voice.BLOCK)


def answered(turn: Turn, intent: Answer) -> Texts:
    """A plain yes or no to the one they were asked about: a no lets it pass without them."""
    proposal = which_proposal.asked_about(turn)
    waiting = which_proposal.waiting(turn)
    if proposal is None:
        yield turn.reply("proposal_which_none")
    elif intent.choice not in (YES, NO):
        yield turn.reply("proposal_voice_how", number=proposal.number)
    elif len(waiting) > 1:
        command = "agree" if intent.choice == YES else "aside"
        yield turn.reply("which_one", choices=Several([Verb(command, p.number) for p in waiting], style="or"))
    elif intent.choice == YES:
        yield from _say(turn, proposal, Voice.AGREE, None, "proposal_you_agree")
    else:
        yield from _say(turn, proposal, Voice.ASIDE, None, "proposal_you_aside_no")


def _with_voice(turn: Turn, order: Order, voice: Voice) -> Texts:
    proposal = which_proposal.asked_about(turn) if not order.numbers else which_proposal.found(turn, order)
    if proposal is None:
        yield which_proposal.unknown(turn, order)
        return
    words = order.note or None
    if words is not None and len(words) > LONGEST:
        yield turn.reply("proposal_long", n=LONGEST)
    elif voice is Voice.AGREE:
        yield from _say(turn, proposal, voice, None, "proposal_you_agree")
    elif voice is Voice.ASIDE:
        yield from _say(turn, proposal, voice, words, "proposal_you_aside")
    elif words is None and not proposal.is_over(turn.now):
        yield turn.reply("proposal_block_why", number=proposal.number)
    else:
        yield from _say(turn, proposal, voice, words, "proposal_you_block")


def _say(turn: Turn, proposal: Proposal, voice: Voice, words: str | None, phrase: str) -> Texts:
    """Give the speaker's voice; who proposed it hears why somebody does not go along."""
    if proposal.is_over(turn.now):
        yield from agenda.over(turn, proposal)
        return
    if not proposals_of.may_vote(turn.speaker, proposal):
        yield turn.reply("proposal_no_voice", number=proposal.number)
        return
    before = proposals_of.vote_of(turn.session, proposal, turn.speaker.id)
    blocked = before is not None and before.revision == proposal.revision and before.voice is Voice.BLOCK
    if not proposals_of.vote(turn.session, proposal, turn.speaker.id, voice, turn.now, words=words):
        yield from agenda.over(turn, proposal)
        return
    deciding.unask(turn, turn.speaker, proposal)
    author = proposal_words.by(turn, proposal)
    values = {**agenda.told(turn, proposal), "words": proposal_words.cut(proposal.words, agenda.LISTED)}
    if voice is Voice.BLOCK and _is_apart(turn, author):
        phrase = "proposal_you_block_all"
    yield turn.reply(phrase, **values, name=proposal_words.named(turn, author, turn.speaker))
    if words is not None and voice is not Voice.AGREE:
        told = "proposal_is_blocked" if voice is Voice.BLOCK else "proposal_without"
        yield from _to_author(turn, proposal, author, told, words)
    elif blocked:
        yield from _to_author(turn, proposal, author, "proposal_unblocked", "")


def _to_author(turn: Turn, proposal: Proposal, author: Person, phrase: str, words: str) -> Texts:
    """Whoever proposed it hears of it; where the two are kept apart, only that somebody blocks."""
    if author.id == turn.speaker.id or not author.helps:
        return
    if not _is_apart(turn, author):
        yield turn.tell(
            author,
            phrase,
            number=proposal.number,
            name=proposal_words.name(turn, turn.speaker),
            words=Quoted(words),
        )
    elif phrase == "proposal_is_blocked":
        yield turn.tell(author, "proposal_is_blocked_by", number=proposal.number)


def _is_apart(turn: Turn, person: Person) -> bool:
    return person.id in kept_apart.of(turn.session, turn.speaker.id)


# Words.


def ask(turn: Turn, order: Order) -> Texts:
    """ASK 7 words: to who proposed it and all who follow; so do they answer."""
    proposal = which_proposal.found(turn, order)
    if proposal is None:
        yield which_proposal.unknown(turn, order)
        return
    if not order.note:
        yield turn.reply("proposal_ask_what", number=proposal.number)
        return
    if len(order.note) > LONGEST_REMARK:
        yield turn.reply("proposal_long", n=LONGEST_REMARK)
        return
    if not proposal.is_open:
        yield from agenda.whole(turn, proposal)
        return
    to = [p for p in proposals_of.followers(turn.session, proposal) if p.id != turn.speaker.id and _may_read(turn, p)]
    proposals_of.remark(turn.session, proposal, turn.speaker.id, order.note, turn.now)
    yield turn.reply("proposal_remarked", number=proposal.number, n=len(to))
    for person in to:
        name = proposal_words.named(turn, turn.speaker, person)
        yield turn.tell(person, "proposal_remark", number=proposal.number, name=name, words=Quoted(order.note))


def _may_read(turn: Turn, person: Person) -> bool:
    return not _is_apart(turn, person) and person.opted_out_at is None and person.silent_since is None


def amend(turn: Turn, order: Order) -> Texts:
    """AMEND 7 words: whoever proposed it changes the words, and everybody is asked anew."""
    proposal = which_proposal.found(turn, order)
    if proposal is None:
        yield which_proposal.unknown(turn, order)
        return
    if (refused := _may_not_amend(turn, proposal, order.note)) is not None:
        yield refused
        return
    if proposal.is_over(turn.now):
        yield from agenda.over(turn, proposal)
        return
    found = effects.read(turn, order.note)
    if isinstance(found, Refusal):
        yield Text(turn.speaker, found.phrase, found.values, Lane.REPLY)
        return
    effect, language = found.pack() if found else None, order.language or turn.speaker.speaks(turn.line)
    if not proposals_of.amend(turn.session, proposal, order.note, turn.now, effect=effect, language=language):
        yield from agenda.over(turn, proposal)
        return
    n, texts = deciding.ask_all(turn, proposal, "proposal_changed")
    yield turn.reply("proposal_amended", **agenda.told(turn, proposal), n=n)
    yield from texts


def _may_not_amend(turn: Turn, proposal: Proposal, words: str) -> Text | None:
    if proposal.by_person_id != turn.speaker.id:
        return turn.reply("proposal_not_yours", number=proposal.number)
    if not words:
        return turn.reply("proposal_amend_how", number=proposal.number)
    if len(words) > LONGEST:
        return turn.reply("proposal_long", n=LONGEST)
    if proposal.is_open and proposal.revision >= MOST_WORDINGS:
        return turn.reply("proposal_changed_often", number=proposal.number)
    if line_numbers.over_budget(turn.session, turn.line, turn.now):
        return turn.reply("broadcast_spent")
    return None


def proposal_(turn: Turn, order: Order) -> Texts:
    """PROPOSAL 7: all of it; PROPOSAL 7 OFF takes it back; without a number the only one that is theirs."""
    proposal = which_proposal.found(turn, order) if order.numbers else which_proposal.only_own(turn)
    if proposal is None:
        yield which_proposal.unknown(turn, order)
    elif not order.argument or not proposal.is_open:
        yield from agenda.whole(turn, proposal)
    elif proposal.by_person_id != turn.speaker.id:
        yield turn.reply("proposal_not_yours", number=proposal.number)
    else:
        texts = [*deciding.withdrawn(turn, proposal)]
        if proposal.is_open:  # all have said what they say
            yield from agenda.over(turn, proposal)
            return
        yield turn.reply("proposal_off", number=proposal.number, words=Quoted(proposal.words))
        yield from texts
