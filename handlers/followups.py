"""What time alone triggers: the next wave, a question left unanswered, a receipt nobody gave, a text that failed."""

from datetime import timedelta

from handlers.asking import brake, bundles, in_line, unmet, waiting, waves
from handlers.helping import overdue
from handlers.needs import choosing, intake
from handlers.on_duty import duty_tasks
from handlers.talking import talks
from handlers.turn import RECEIPT_ANSWERS, Context, Texts, unpack
from handlers.understanding.intents import Question
from handlers.wording.summary import Ours, Said, brief
from models import events, offers, people, requests
from models.delivery.outbound import Lane, Outbound
from models.duty_tasks import DutyTask
from models.offers import Offer
from models.offers import State as OfferState
from models.requests import Outcome, Request, State

SECOND = 2  # wave, of which the neighbor hears: the first was no answer


def act(context: Context, request: Request) -> Texts:
    """A request is due: whatever its state asks for now."""
    if request.state is State.DRAFT:
        yield from _draft(context, request)
    elif request.state is State.OPEN:
        yield from _open(context, request)
    elif request.state is State.DELIVERED:
        yield from _delivered(context, request)
    elif request.state is State.HELD:
        yield from duty_tasks.look(context, request)
    elif request.state is State.CLAIMED:
        yield from overdue.act(context, request)
    else:
        requests.schedule(context.session, request, None)
        yield from _merged(context, request)


def _draft(context: Context, request: Request) -> Texts:
    """They have said all: answer. No answer to our question: ask volunteers with what we know rather than wait."""
    neighbor = people.by_id(context.session, request.person_id)
    asked = context.asked_of(neighbor)
    if (asked and asked.request_id == request.id) or request.created_at + intake.waiting(context) <= context.now:
        context.unask(neighbor, request)
        yield from intake.put_out(context, request)
    else:
        yield from intake.answer(context, request)


def our_fault(context: Context, request: Request) -> Texts:
    """What they said of a new request could not be answered: they hear it, and whoever is on duty gets the words."""
    neighbor = people.by_id(context.session, request.person_id)
    yield context.tell(neighbor, "our_fault", about=request, lane=Lane.REPLY)
    yield from context.tell_duty("our_fault_duty", about=request, but=neighbor.id, words=brief(request.text))


def _open(context: Context, request: Request) -> Texts:
    """Nobody took it in time: ask more, and do not leave the neighbor guessing."""
    if theirs := brake.elsewhere(context, request):
        requests.schedule(context.session, request, theirs.until)
        return
    if request.in_line and not (yield from in_line.look(context, request)):
        return
    if not request.wave and _is_over(request):
        request.needed_as = request.needed_from = request.needed_until = None  # "today" was when they asked
    plan = unmet.plan(context, request)
    paused = context.line.is_paused(context.now) and not request.in_danger
    if not paused and not request.wave and plan.question_at <= context.now and plan.since_began("held_back"):
        requests.record(context.session, request, "turn", context.now)  # nobody could say no while it was held back
        plan = unmet.plan(context, request)
    if not paused and not (yield from waiting.act(context, request, plan)):
        return
    again, first = not paused and plan.round_is_due, not request.wave
    if again:
        unmet.ask_anew(context, request)
    texts = waves.ask_next(context, request)
    count = waves.asked(texts)
    phrase = None
    if first and count:
        phrase = "asks_at_once" if request.presses and request.queued_at is not None else "asking_now"
    elif first and _nobody_yet(context, request) and not plan.since_began("nobody_yet_told"):
        requests.record(context.session, request, "nobody_yet_told", context.now)
        phrase = "line_turn_nobody"
    elif again and plan.first_round and not first:
        phrase = "asked_again"
    elif count and request.wave == SECOND and plan.first_round:
        phrase = "still_looking"
    if phrase is not None:
        neighbor = people.by_id(context.session, request.person_id)
        values = {**unmet.promised(context, request), "dial": Ours(context.line.emergency_number)}
        yield context.tell(neighbor, phrase, about=request, n=count, **values)
    yield from texts


def _nobody_yet(context: Context, request: Request) -> bool:
    """Whether its turn has come and nobody is free, at an hour at which somebody could be."""
    return request.turn_at is not None and not request.presses and brake.held(context, request) is None


def _is_over(request: Request) -> bool:
    """Whether the time that it was needed at was over before its turn came; to be asked of what was in line."""
    over = request.needed_until or request.needed_from
    return over is not None and request.turn_at is not None and over <= request.turn_at


def _delivered(context: Context, request: Request) -> Texts:
    """Did it come? Reminded once; silence closes it as unconfirmed, never as fulfilled."""
    policy = context.line.policy
    neighbor = people.by_id(context.session, request.person_id)
    asked = unpack(neighbor, context.now, policy)
    missing = asked is not None and (asked.question, asked.request_id) == (Question.MISSING, request.id)
    reminded = events.last_event(context.session, request, "receipt_reminder", "delivered") == "receipt_reminder"
    if not reminded:
        requests.record(context.session, request, "receipt_reminder", context.now)
        requests.schedule(context.session, request, context.now + timedelta(minutes=policy.receipt_closes))
        if missing:
            yield context.tell(neighbor, "what_is_missing", about=request)
        elif context.ask_if_free(neighbor, Question.RECEIPT, request, options=RECEIPT_ANSWERS):
            yield context.tell(neighbor, "receipt_reminder", about=request)
        else:
            yield context.tell(neighbor, "receipt_reminder_too", about=request)
    elif waves.close(
        context, request, Outcome.PARTIAL if missing else Outcome.UNCONFIRMED, out_of=(State.DELIVERED,)
    ):
        context.unask(neighbor, request)
        for helper in waves.released(context, request):  # one of several said that it is done
            yield context.tell(helper, "closed_helper", about=request)
        yield from context.tell_duty("duty_unconfirmed", about=request)


def _merged(context: Context, request: Request) -> Texts:
    """What it was merged into is over: its neighbor hears how, if that was another's."""
    kept = choosing.current(context, request.number)
    if kept is None or kept is request or kept.live:
        return
    waves.wake_merged(context, request)
    if kept.person_id != request.person_id:
        neighbor = people.by_id(context.session, request.person_id)
        phrase = "merged_fulfilled" if kept.outcome is Outcome.FULFILLED else "merged_closed"
        yield context.tell(neighbor, phrase, about=request, kept=kept.number)


def expired(context: Context, offer: Offer) -> Texts:
    """A volunteer did not answer an offer in its time: they may be asked about something else, and hear nothing."""
    if not offers.settle(
        context.session, offer.request_id, OfferState.EXPIRED, context.now, person_id=offer.person_id
    ):
        return
    person = people.by_id(context.session, offer.person_id)
    if offer.lead_request_id is None:  # what one text offered counts once
        person.unanswered += 1
        context.session.add(person)
    waves.freed(context)
    yield from ()


def duty_waits(context: Context, task: DutyTask) -> Texts:
    """Nobody on duty has answered this."""
    yield from duty_tasks.due(context, task)


def undelivered(context: Context, text: Outbound) -> Texts:
    """A text will never arrive: free the offer it was, or tell whoever is on duty that somebody waits."""
    request = requests.by_id(context.session, text.request_id) if text.request_id else None
    if text.phrase == "offer" and request is not None:
        changed = offers.settle(
            context.session,
            request.id,
            OfferState.UNDELIVERED,
            context.now,
            person_id=text.person_id,
            made_by=text.created_at,
        )
        if changed:
            for other in bundles.rest(context, people.by_id(context.session, text.person_id), request):
                undelivered = OfferState.UNDELIVERED
                offers.settle(context.session, other.id, undelivered, context.now, person_id=text.person_id)
        if changed:
            waves.freed(context)
        if changed and request.has_room and not offers.any_pending(context.session, request.id):
            yield from waves.ask_next(context, request)
        return
    if text.phrase in ("stopped", "wrong_number", "you_stopped", "broadcast"):
        return  # to somebody who wants no texts, or to many at once
    if text.phrase.startswith("proposal_"):
        return  # what all decide is read in PROPOSALS, too, and is no matter of duty's
    if text.phrase.startswith("duty_"):
        return  # telling duty that duty cannot be told would go round in circles
    person = people.by_id(context.session, text.person_id)
    yield from context.tell_duty(
        "duty_undelivered" if request else "duty_undelivered_person",
        about=request,
        but=person.id,
        name=context.name(person) or Said("somebody"),
    )
    if request is not None:
        yield from talks.lost(context, text, request)


def doubtful(context: Context, text: Outbound) -> Texts:
    """Several texts in a row found the phone out of reach: perhaps the number is no longer theirs."""
    person = people.by_id(context.session, text.person_id)
    yield from context.tell_duty("duty_doubtful", but=person.id, name=context.name(person) or Said("somebody"))


def quota_used_up(context: Context) -> Texts:
    """The carrier lets no more texts through for now; they wait."""
    yield from context.tell_duty("duty_quota")


def budget_spent(context: Context) -> Texts:
    """Bulk waits for tomorrow; everything else still goes."""
    yield from context.tell_duty("duty_budget")
