"""What time does about a distribution: invites, reminds, lets go of places, and counts when it is over."""

from collections.abc import Generator
from dataclasses import replace
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from handlers.distributions import distributing
from handlers.goods import stocking
from handlers.turn import Context, Text, Texts
from handlers.understanding.intents import Question
from handlers.wording.summary import Needs, Said
from models import distributions, households, invitations, lines, people, requests, stock
from models.delivery.outbound import Lane
from models.distributions import Counts, Distribution, Invitation, Stage, State
from models.people import Person
from models.requests import Request
from models.requests import State as RequestState

BATCH = 50  # households in one transaction: texts that come in wait for it
LATELY = timedelta(days=14)
ROWS = 8
LOOK = timedelta(hours=1)  # until it is looked at again who could be invited
A_MOMENT = timedelta(seconds=1)
LEAST_CHANCE = 0.05  # of a yes, with which invitations are reckoned
MISSED_OPTIONS, KEEP_OPTIONS = 4, 2
IDLE = frozenset({Question.STILL_NEEDED, Question.SURGE})  # questions that need no digit of theirs at once


def act(context: Context, distribution: Distribution) -> Texts:
    """It is due: whatever has its time now, then when to look again."""
    session, now = context.session, context.now
    if distribution.stage is Stage.PLANNED:  # whoever announced it never said yes
        distributions.move(session, distribution, Stage.OFF, (Stage.PLANNED,), next_at=None)
        return
    if distribution.stage is not Stage.ON:
        distributions.schedule(session, distribution, None)
        return
    _let_go(context, distribution)
    _expire(context, distribution)
    yield from _table(context, distribution)
    yield from _remind(context, distribution)
    _missed(context, distribution)
    if distributing.over_at(context, distribution) <= now:
        yield from _over(context, distribution)
        return
    more = yield from _invite(context, distribution)
    _schedule(context, distribution, at_once=more)


def _let_go(context: Context, distribution: Distribution) -> None:
    """Who was helped otherwise, took it back or wants no texts any more: their place is for others."""
    for one in invitations.let_go(context.session, distribution):
        was = one.state
        if distributing.release(context, distribution, one, State.GONE, (State.INVITED, State.BOOKED, State.FULL)):
            request = requests.by_id(context.session, one.request_id)
            context.unask(people.by_id(context.session, one.person_id), request)
            if was is State.BOOKED:
                distributing.goes_on(context, one)


def _expire(context: Context, distribution: Distribution) -> None:
    """Who has not answered makes room for the next; a late answer counts while there is a place."""
    for one in invitations.of(context.session, distribution, State.INVITED):
        if one.answer_until <= context.now:
            invitations.settle(context.session, one, State.EXPIRED, (State.INVITED,), context.now)


def _table(context: Context, distribution: Distribution) -> Texts:
    """An hour before it begins duty hears how the table works."""
    begins = distribution.begins_at - distributing.EARLIER
    if distribution.told_at is not None or begins > context.now:
        return
    distribution.told_at = context.now
    context.session.add(distribution)
    counted = distributions.counts(context.session, distribution)
    told = distributing.told(context, distribution)
    yield from context.tell_duty("duty_distro_today", n=counted.states[State.BOOKED], **told)


def _remind(context: Context, distribution: Distribution) -> Texts:
    now = context.now
    for one in invitations.of(context.session, distribution, State.BOOKED):
        begins = distribution.slot_begins(one.slot or 0)
        soon = distributing.soon(context, distribution, one)
        evening = distributing.evening(context, distribution, one)
        if now >= begins:
            continue
        if soon is not None and soon <= now:
            one.soon_at = one.evening_at = now
            yield _reminder(context, distribution, one, "distro_soon")
        elif evening is not None and evening <= now:
            one.evening_at = now
            yield _reminder(context, distribution, one, "distro_tomorrow")
        context.session.add(one)


def _reminder(context: Context, distribution: Distribution, one: Invitation, phrase: str) -> Text:
    person, request = people.by_id(context.session, one.person_id), requests.by_id(context.session, one.request_id)
    told = distributing.told(context, distribution)
    at = distributing.at(context, distribution, one.slot)
    hour = distributing.at(context, distribution, one.slot, day=False)
    return context.tell(person, phrase, about=request, at=at, hour=hour, tag=one.tag, **told)


def _missed(context: Context, distribution: Distribution) -> None:
    """Who has not come by a while after their slot: their place is for walk-ins, or for who can still come."""
    for one in invitations.of(context.session, distribution, State.BOOKED):
        slot = one.slot or 0
        if distribution.slot_ends(slot) + distributing.grace(context) > context.now:
            continue
        if distributing.release(context, distribution, one, State.NO_SHOW):
            soonest = distributing.notice(context)
            later = range(slot + 1, distribution.slots)
            open_ = [s for s in later if distribution.slot_begins(s) >= context.now + soonest]
            if open_:
                distributions.pass_on(context.session, distribution, slot, open_[-1])


def _over(context: Context, distribution: Distribution) -> Texts:
    """Everybody hears how it was: who did not come kindly, duty in figures."""
    session = context.session
    if not distributions.move(session, distribution, Stage.OVER, (Stage.ON,), over_at=context.now, next_at=None):
        return
    for one in invitations.of(session, distribution, State.INVITED):
        invitations.settle(session, one, State.EXPIRED, (State.INVITED,), context.now)
    for one in invitations.of(session, distribution, State.NO_SHOW):
        yield from _miss(context, distribution, one)
    counted = distributions.counts(session, distribution)
    stocking.handed_out(context, distribution.needs, counted.handed_out)
    yield from context.tell_duty("duty_distro_over", **result(context, distribution, counted))


def _miss(context: Context, distribution: Distribution, one: Invitation) -> Texts:
    """One kind word, and what they need goes on; after two in a row what would help."""
    person = people.by_id(context.session, one.person_id)
    request = distributing.goes_on(context, one)
    if request is None or person.opted_out_at is not None:
        return
    told = distributing.told(context, distribution)
    again = invitations.missed_before(context.session, one)
    question, options = (Question.DISTRO_MISSED, MISSED_OPTIONS) if again else (Question.STILL_NEEDED, KEEP_OPTIONS)
    if context.ask_if_free(person, question, request, options=options):
        yield context.tell(person, "distro_missed_twice" if again else "distro_missed", about=request, **told)
    else:
        yield context.tell(person, "distro_missed_too", about=request, **told)


def result(context: Context, distribution: Distribution, counted: Counts) -> dict[str, Any]:
    """What a text says of how it stands, or was."""
    states = counted.states
    return {
        **distributing.told(context, distribution),
        "invited": counted.invited,
        "booked": counted.booked,
        "came": states[State.CAME],
        "walkins": counted.walkins,
        "missed": states[State.NO_SHOW],
        "cannot": states[State.DECLINED] + states[State.GONE] + states[State.FULL],
        "silent": states[State.EXPIRED],
        "waiting": states[State.INVITED],
        "left": counted.left,
        "places": counted.places,
    }


def rows(context: Context) -> list[Said]:
    """Those to come, and those of the last two weeks, a line each."""
    on = distributions.coming(context.session, context.line.id)
    over = distributions.lately(context.session, context.line.id, context.now - LATELY)
    phrases = {Stage.ON: "distro_row", Stage.OVER: "distro_row_over", Stage.OFF: "distro_row_off"}
    found = [(each, distributions.counts(context.session, each)) for each in (*on, *over)[:ROWS]]
    return [Said(phrases[each.stage], result(context, each, counted)) for each, counted in found]


def _invite(context: Context, distribution: Distribution) -> Generator[Text, None, bool]:
    """The next households, the oldest need first, as many as there are likely places for; whether there are more."""
    line, session, now = context.line, context.session, context.now
    if line.is_paused(now) or not lines.waking(line).at(now):
        return False
    open_ = distributing.free(context, distribution, soonest=distributing.notice(context))
    room = distributing.room(context, distribution)
    waking = lines.waking(line).after(now, timedelta(hours=line.policy.distro_answer_hours))
    until = min(waking, distribution.slot_begins(open_[-1])) if open_ else now
    yield from _offer_freed(context, distribution, open_, room, until)
    pending = invitations.of(session, distribution, State.INVITED)
    again = sum(one.batch == 0 for one in pending)  # each has a place to itself: nobody hears "full" twice
    want = ceil((room - again) / max(line.policy.distro_yes, LEAST_CHANCE)) - (len(pending) - again)
    if not open_ or want <= 0:
        return False
    few = min(want, BATCH)
    found = invitations.waiting(session, distribution, now, 2 * few + BATCH)
    promised = stock.holds(session, [request.id for request in found])
    chosen = 0
    for request in found:
        if chosen >= few:
            break
        person = people.by_id(session, request.person_id)
        home = households.members(session, person.id)
        if request.id in promised or not _is_free(context, person) or invitations.any_of(session, distribution, home):
            continue
        one = invitations.invite(session, distribution, request, distribution.batches + 1, now, until)
        session.flush()
        chosen += 1
        yield invitation(context, distribution, one, person, request, open_)
    if chosen:
        distribution.batches += 1
        session.add(distribution)
    return chosen == few and want > few


def _offer_freed(context: Context, distribution: Distribution, open_: list[int], room: int, until: datetime) -> Texts:
    """Who wanted to come when all places were taken is offered one that became free, the first of them first."""
    session, now = context.session, context.now
    room -= sum(one.batch == 0 for one in invitations.of(session, distribution, State.INVITED))
    full = invitations.of(session, distribution, State.FULL) if room > 0 else []
    for one in full:
        person, request = people.by_id(session, one.person_id), requests.by_id(session, one.request_id)
        if room <= 0 or request.state is not RequestState.OPEN or not _is_free(context, person):
            continue
        values = {"batch": 0, "invited_at": now, "answer_until": until}
        if invitations.settle(session, one, State.INVITED, (State.FULL,), now, **values):
            room -= 1
            yield invitation(context, distribution, one, person, request, open_, phrase="distro_freed_for_you")


def _is_free(context: Context, person: Person) -> bool:
    """Whether a digit of theirs would mean nothing else: what they were asked lately is let be."""
    asked = context.asked_of(person)
    if asked is None or asked.question in IDLE or person.question_asked_at is None:
        return True
    hours = timedelta(hours=context.line.policy.distro_answer_hours)
    return context.now - person.question_asked_at > hours


def invitation(
    context: Context,
    distribution: Distribution,
    one: Invitation,
    person: Person,
    request: Request,
    open_: list[int],
    *,
    phrase: str = "distro_invite",
) -> Text:
    """The text that invites them: what, when, where, and a few times to pick from."""
    slots = distributing.shown(open_)
    more = len(open_) > len(slots)
    words = f"{one.id}:{','.join(map(str, slots))}:{int(more)}:{','.join(map(str, slots))}"
    context.ask(person, Question.DISTRO, request, options=len(slots) + more + 1, words=words)
    told = distributing.told(context, distribution)
    met = tuple(need for need in distribution.needs if need in request.needs)
    told["what"] = Needs(met)
    picks = distributing.choices(context, distribution, slots, more=more)
    text = context.tell(person, phrase, about=request, lane=Lane.BULK, choices=picks, **told)
    return replace(text, expires_at=one.answer_until)


def _schedule(context: Context, distribution: Distribution, *, at_once: bool) -> None:
    session, now, line = context.session, context.now, context.line
    ends = [distributing.over_at(context, distribution)]
    if distribution.told_at is None:
        ends.append(distribution.begins_at - distributing.EARLIER)
    for one in invitations.of(session, distribution, State.INVITED, State.BOOKED):
        ends += [one.answer_until] if one.state is State.INVITED else distributing.moments(context, distribution, one)
    last = distribution.slot_begins(distribution.slots - 1) - distributing.notice(context)
    if now < last:
        paused = line.paused_until if line.is_paused(now) else None
        ends.append(now if at_once else lines.waking(line).wakes(max(now + LOOK, paused or now)))
    distributions.schedule(session, distribution, max(min(ends), now + A_MOMENT))
