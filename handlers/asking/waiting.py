"""A neighbor whose request nobody has taken: warned in time, asked whether they still need it, let go kindly."""

from collections.abc import Generator

from handlers.asking import unmet, waves
from handlers.asking.unmet import Plan
from handlers.repeating import standing
from handlers.turn import Context, Text, Texts, Turn
from handlers.understanding.intents import Answer, Free, Question
from handlers.wording.summary import Sight
from models import offers, people, requests
from models.delivery.outbound import Lane
from models.offers import State as OfferState
from models.requests import Outcome, Request, State

YES, NO = 1, 2


def act(context: Context, request: Request, plan: Plan) -> Generator[Text, None, bool]:
    """What time owes the neighbor of an open request now; returns whether volunteers are asked about it as well."""
    now = context.now
    if plan.end_at is not None and plan.end_at <= now:
        yield from _let_go(context, request)
        return False
    if plan.passes_at is not None and plan.passes_at <= now:
        yield from _passed(context, request)
        return False
    if plan.warning_at is not None and plan.warning_at <= now:
        yield from _warn(context, request)
    if plan.question_at <= now:
        yield from _still_needed(context, request, plan)
    if plan.passed:
        requests.schedule(context.session, request, unmet.plan(context, request).next(None))
        return False
    return True


def _warn(context: Context, request: Request) -> Texts:
    """Nobody has it yet, and its time is near: they can still look elsewhere, and duty can call somebody."""
    requests.record(context.session, request, "warned", context.now)
    neighbor = people.by_id(context.session, request.person_id)
    yield context.tell(neighbor, "time_near", about=request, when=context.when(request))
    yield from unmet.other_help(context, request)
    what = context.what(request, Sight.NEAR)
    yield from context.tell_duty("duty_time_near", about=request, but=neighbor.id, what=what)


def _passed(context: Context, request: Request) -> Texts:
    """Its time has come and nobody had it: nobody is asked for what may be over, but the neighbor."""
    requests.record(context.session, request, "time_passed", context.now)
    offers.settle(context.session, request.id, OfferState.SUPERSEDED, context.now)
    requests.schedule(context.session, request, unmet.plan(context, request).next(None))
    yield _question(context, request, "time_passed", "time_passed_too")
    yield from unmet.other_help(context, request)


def _still_needed(context: Context, request: Request, plan: Plan) -> Texts:
    requests.record(context.session, request, "still_need", context.now)
    phrases = ("time_passed", "time_passed_too") if plan.passed else ("still_need", "still_need_too")
    yield _question(context, request, *phrases)


def _question(context: Context, request: Request, phrase: str, in_words: str) -> Text:
    """Asked with digits where nothing else waits for one, else with words that need none."""
    neighbor = people.by_id(context.session, request.person_id)
    what = context.what(request, Sight.NEAR)
    asks = context.ask_if_free(neighbor, Question.STILL_NEEDED, request, options=NO)
    return context.tell(neighbor, phrase if asks else in_words, about=request, what=what)


def _let_go(context: Context, request: Request) -> Texts:
    """They have not said a word for long: it ends, and one word of theirs begins it again."""
    if waves.close(context, request, Outcome.UNMET, out_of=(State.OPEN,)):
        neighbor = people.by_id(context.session, request.person_id)
        context.unask(neighbor, request)
        yield context.tell(neighbor, "unmet", about=request, what=context.what(request, Sight.NEAR))


def answered(turn: Turn, intent: Answer) -> Texts:
    """The answer to "still need it?"."""
    about = turn.asked.request_id if turn.asked else None
    request = requests.by_id(turn.session, about) if about is not None else None
    turn.unask(turn.speaker)
    if request is None or request.state not in (State.OPEN, State.CLOSED):
        yield standing.of(turn, request) if request is not None else turn.reply("nothing_waits")
    elif intent.choice == NO and request.live:
        if waves.close(turn, request, Outcome.WITHDRAWN, by=turn.speaker.id):
            yield turn.reply("withdrawn", about=request)
            yield from waves.let_off(turn, request)
        else:
            yield standing.of(turn, request)
    elif intent.choice == YES:
        yield from wanted(turn, request)
    else:
        yield standing.of(turn, request)


def still_needs(turn: Turn, _: Free) -> Texts:
    """They still need it, they say, asked or not; also after it was closed for their silence."""
    found = [request for request in turn.own if request.state is State.OPEN]
    if not found and turn.own:
        for request in turn.own:
            yield standing.of(turn, request)
        return
    last = requests.last_of(turn.session, turn.speaker.id)
    for request in found or ([last] if last is not None else []):
        yield from wanted(turn, request)


def wanted(turn: Turn, request: Request) -> Texts:
    """They want it still: who has not answered is asked once more, right now."""
    turn.unask(turn.speaker, request)
    if request.in_line:
        yield standing.of(turn, request)  # it keeps its place
        return
    plan = unmet.plan(turn, request)
    requests.record(turn.session, request, "still_needed", turn.now, by=turn.speaker.id)
    request.wanted_at = turn.now
    if plan.passed or not request.live:
        request.needed_as = request.needed_from = request.needed_until = None
    turn.session.add(request)
    if request.live:
        unmet.ask_anew(turn, request)
        texts = waves.ask_next(turn, request)
    else:
        request.outcome = None
        texts = waves.open_up(turn, request, "reopened", (State.CLOSED,), by=turn.speaker.id)
    if not request.live:  # somebody else was faster, and ended it
        yield standing.of(turn, request)
        return
    count = waves.asked(texts)
    yield turn.reply("still_wanted", about=request, lane=Lane.REPLY, n=count, **unmet.promised(turn, request))
    yield from (text for text in texts if text.phrase != "asked_all")
