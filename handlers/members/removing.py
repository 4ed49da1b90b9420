"""Putting a volunteer out, by whoever is on duty or has the host; and taking them back, which takes a second person.

What they had goes out again, kindly; they get one neutral sentence. Of those for whom they vouched duty looks at the
newcomers again.
"""

from typing import Any

from handlers.asking import waves
from handlers.helping import gathering
from handlers.members import my_data
from handlers.on_duty import duty_acts, duty_tasks, raising, rota
from handlers.phrasebook import Value
from handlers.repeating import recurring
from handlers.talking import relaying
from handlers.turn import DAY, Context, Text, Texts, Turn
from handlers.understanding.intents import Machine, Order, Understood
from handlers.wording.summary import Ours, Quoted, Said
from models import assignments, board_sessions, offers, people, person_events, pledges, requests, shifts
from models.assignments import State as AssignmentState
from models.delivery import outbound
from models.delivery.outbound import Lane
from models.offers import State as OfferState
from models.people import Person
from models.person_events import BACK, BANNED, PUT_OUT, REMOVED, REVOKED, PersonEvent
from models.requests import Outcome

SAYS = {BANNED: "duty_banned", REMOVED: "duty_removed", REVOKED: "duty_revoked"}  # to others on duty
ANSWERED = "banned_answered"  # the event of the one sentence


def ban(turn: Turn, order: Order) -> Texts:
    """BAN 7 why: they help nobody any more, whoever vouches for them, and are answered nothing but in danger."""
    yield from _put_out(turn, order, BANNED)


def remove(turn: Turn, order: Order) -> Texts:
    """REMOVE 7: no volunteer any more, until somebody vouches for them again."""
    yield from _put_out(turn, order, REMOVED)


def revoke(turn: Turn, order: Order) -> Texts:
    """REVOKE 7: their phone is in other hands. Off duty, and out until somebody vouches for them."""
    yield from _put_out(turn, order, REVOKED)


def unban(turn: Turn, order: Order) -> Texts:
    """UNBAN 7: in again. Whoever put them out cannot say so alone."""
    if not order.numbers:
        yield turn.reply("put_out_whom")
    for number in order.numbers:
        person = people.find(turn.session, turn.line.id, number)
        happened = put_out_by(turn, person) if person else None
        if person is None or happened is None:
            yield turn.reply("unban_not", number=number)
        elif happened.proposal_id is not None:
            yield turn.reply("unban_decided", who=person.id)
        elif happened.by_person_id == turn.speaker.id:
            yield turn.reply("unban_second", name=turn.numbered(person))
        elif turn.is_newcomer(turn.speaker):
            yield turn.reply("put_out_newcomer")
        else:
            yield turn.reply("unbanned", name=turn.numbered(person))
            yield from take_back(turn, person, by=turn.speaker.id)
            yield from _to_others(turn, person, "duty_put_back", "")


def _put_out(turn: Turn, order: Order, kind: str) -> Texts:
    if not order.numbers:
        yield turn.reply("put_out_whom")
    for number in order.numbers:
        person = people.find(turn.session, turn.line.id, number)
        if person is None or person.helper_since is None:
            yield turn.reply("put_out_unknown", number=number)
        elif (refused := _refused(turn, person, order, kind)) is not None:
            yield refused
        else:
            held = len(assignments.held_by(turn.session, person.id))
            texts = [*put_out(turn, person, kind, order.note, by=turn.speaker.id)]
            yield turn.reply("put_out_done", name=turn.numbered(person), n=held, who=person.id)
            yield from _to_others(turn, person, SAYS[kind], order.note)
            yield from texts


def _refused(turn: Turn, person: Person, order: Order, kind: str) -> Text | None:
    """The answer where they cannot be put out by the speaker, or are out already."""
    most = turn.line.policy.put_out_per_day
    if person.id == turn.speaker.id:
        return turn.reply("put_out_self")
    if person.banned_at is not None or (kind != BANNED and person.vouched_at is None):
        return turn.reply("put_out_already", name=turn.numbered(person))
    if turn.is_newcomer(turn.speaker):
        return turn.reply("put_out_newcomer")
    if len(person_events.done_by(turn.session, turn.speaker.id, PUT_OUT, turn.now - DAY)) >= most:
        return turn.reply("put_out_enough", n=most)
    return turn.reply("ban_why", number=person.id) if kind == BANNED and not order.note else None


def _to_others(turn: Turn, person: Person, phrase: str, words: str) -> Texts:
    """The others on duty hear it; where nobody is, a few who do duty."""
    name, by = turn.numbered(person), turn.numbered(turn.speaker)
    why: Value = Said("said_why", {"words": Quoted(words)}) if words else None
    for other in duty_acts.others(turn):
        if other.id != person.id:
            yield turn.tell(other, phrase, name=name, by=by, who=person.id, words=why)


def put_out(
    context: Context, person: Person, kind: str, words: str, *, by: int | None, proposal: int | None = None
) -> Texts:
    """They are no volunteer any more: what they had goes out again, and nothing that waits for them is sent.

    With the id of a proposal all have decided it, and `by` had proposed it.
    """
    session, now = context.session, context.now
    done: dict[str, Any] = {"by": by, "words": words or None, "proposal": proposal}
    person_events.record(session, context.line.id, person.id, kind, now, **done)
    was_on, held = person.on_duty, assignments.held_by(session, person.id)
    if kind == BANNED:
        person.banned_at = now
    else:
        person.vouched_at = None
    person.wake_since = None
    board_sessions.end_all(session, person.id, now)
    context.unask(person)
    session.add(person)
    if was_on:
        rota.go_off(context, person)
        duty_tasks.left(context)
    shifts.remove_of(session, person.id)
    outbound.cancel_for(session, person.id, now)
    yield context.tell(person, "put_out", lane=Lane.REPLY)
    for number in offers.pending_numbers(session, person.id):
        if (offered := requests.by_number(session, context.line.id, number)) is not None:
            offers.settle(session, offered.id, OfferState.SUPERSEDED, now, person_id=person.id)
    for assignment, request in held:
        if assignments.end(session, assignment, AssignmentState.RELEASED, now):
            texts = waves.place_freed(context, request, "put_out", by=by)
            neighbor = people.by_id(session, request.person_id)
            yield from gathering.one_less(context, request, person, neighbor, waves.asked(texts))
            yield from texts
    if kind == BANNED:
        recurring.end_all(context, person.id)
        pledges.end_all(session, person.id, now)
        yield from _close_own(context, person, by)
    yield from _look_again(context, person)


def _close_own(context: Context, person: Person, by: int | None) -> Texts:
    """Nobody is sent to them, either; danger stays with duty."""
    for request in requests.live_of(context.session, person.id):
        if request.in_danger or not waves.close(context, request, Outcome.ABANDONED, by=by):
            continue
        for helper in waves.released(context, request):
            yield context.tell(helper, "closed_helper", about=request)


def _look_again(context: Context, person: Person) -> Texts:
    """Newcomers for whom they vouched: somebody else shall say whether they know them."""
    by = context.numbered(person)
    for newcomer in people.vouched_by(context.session, context.line.id, person.id):
        if newcomer.helps and context.is_newcomer(newcomer):
            name, who = context.numbered(newcomer), newcomer.id
            yield from context.tell_duty(raising.LOOK_AGAIN, but=who, name=name, by=by, who=who)


def take_back(context: Context, person: Person, *, by: int | None, proposal: int | None = None) -> Texts:
    """In again, as they were."""
    happened = person_events.last(context.session, person.id, *PUT_OUT)
    if person.vouched_at is None and happened is not None and happened.kind != BANNED:
        person.vouched_at = context.now
    person.banned_at = None
    context.session.add(person)
    person_events.record(context.session, context.line.id, person.id, BACK, context.now, by=by, proposal=proposal)
    yield context.tell(person, "put_back", name=context.somebody(person))


def put_out_by(context: Context, person: Person) -> PersonEvent | None:
    """What put them out, with who did it; None if they are not out."""
    happened = person_events.last(context.session, person.id, *PUT_OUT, BACK)
    return happened if happened is not None and is_out(person) else None


def is_out(person: Person) -> bool:
    """Whether they are banned, or nobody vouches for them any more."""
    return person.banned_at is not None or person.vouched_at is None


def while_banned(turn: Turn, understood: Understood) -> Texts | None:
    """What somebody who is banned is answered: one sentence a day at most. None where they are heard all the same."""
    intent = understood.intent
    carrier = isinstance(intent, Order) and intent.command in ("stop", "start")
    if understood.danger is not None or carrier or isinstance(intent, Machine):
        return None
    if my_data.is_about(turn, intent):  # the mark of the ban stays
        return None
    if danger := next((request for request in turn.own if request.in_danger), None):
        return relaying.to_duty(turn, danger, turn.heard.body)
    return _one_sentence(turn)


def _one_sentence(turn: Turn) -> Texts:
    if not person_events.happened(turn.session, turn.speaker.id, [ANSWERED], turn.now - DAY):
        person_events.record(turn.session, turn.line.id, turn.speaker.id, ANSWERED, turn.now)
        yield turn.reply("banned", dial=Ours(turn.line.emergency_number))
