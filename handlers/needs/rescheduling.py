"""Another time, in anybody's words: "can we make it thursday instead" of a neighbor, "i come at 6" of who helps them.

Nothing is refused: the other side reads it, with the words, and says so if it will not do.
"""

from handlers.helping import company, leasing
from handlers.needs import choosing, timing
from handlers.safety import discreet
from handlers.talking import pace, relaying
from handlers.turn import Texts, Turn
from handlers.understanding.intents import Free
from handlers.understanding.when.expression import TimeExpression
from handlers.wording.summary import Quoted
from models import assignments, people, requests
from models.assignments import Assignment
from models.assignments import State as AssignmentState
from models.delivery.outbound import Lane
from models.requests import Request, State

STILL_TO_COME = (State.DRAFT, State.OPEN, State.CLAIMED, State.HELD)


def by_neighbor(turn: Turn, intent: Free) -> Texts:
    """Can we make it Thursday instead?"""
    own = [request for request in turn.own if request.state in STILL_TO_COME]
    quoted = [request for request in own if request.number == intent.quoted]
    found, texts = choosing.chosen(turn, (), quoted or own, "more", "nothing_asked")
    yield from texts
    for request in found:
        if them := relaying.whom_it_is_about(turn, request, intent.words):
            yield from relaying.about_them(turn, request, them, intent.words)
            continue
        requests.keep_words(turn.session, request, intent.words)
        yield from moved(turn, request, intent.meaning.when, intent.words)


def moved(turn: Turn, request: Request, when: TimeExpression | None, words: str) -> Texts:
    """A neighbor's request is for another time now: whoever has it hears it, and may not be able to come then."""
    if not timing.note(turn, request, when):
        yield from relaying.pass_on(turn, request, words)
        return
    requests.record(turn.session, request, timing.RESCHEDULED, turn.now, by=turn.speaker.id, words=words)
    then = turn.when(request)
    turn.session.refresh(request)  # written now: whoever takes it at this moment reads it, or is found here
    if request.several and request.state is State.CLAIMED:
        yield from _moved_for_all(turn, request, words)
        return
    found = assignments.on(turn.session, request, AssignmentState.ACTIVE)
    if found is None or not leasing.set_time(turn, found[0], request, None):
        yield turn.later(turn.reply("rescheduled", about=request, when=then))
        return
    held, helper = found
    held.on_the_way_at = None
    turn.session.add(held)
    reached = helper.opted_out_at is None
    phrase = "rescheduled_told" if reached else "rescheduled_unheard"
    yield turn.reply(phrase, about=request, when=then, name=turn.somebody(helper))
    if reached:
        said = Quoted(words)
        text = turn.tell(helper, "rescheduled_helper", about=request, lane=Lane.REPLY, when=then, words=said)
        yield from pace.paced(turn, request, turn.speaker, text, words)


def _moved_for_all(turn: Turn, request: Request, words: str) -> Texts:
    """The same, where several have it: each may not be able to come then."""
    then, told = turn.when(request), []
    for held, helper in assignments.all_on(turn.session, request):
        if leasing.set_time(turn, held, request, None):
            held.on_the_way_at = None
            turn.session.add(held)
            told.append(helper)
    reached = [helper for helper in told if helper.opted_out_at is None]
    if reached:
        phrase = "rescheduled_told_all" if len(reached) > 1 else "rescheduled_told"
        yield turn.reply(phrase, about=request, when=then, name=company.names(turn, reached))
    else:
        yield turn.later(turn.reply("rescheduled", about=request, when=then))
    for helper in reached:
        text = turn.tell(helper, "rescheduled_helper", about=request, lane=Lane.REPLY, when=then, words=Quoted(words))
        yield from pace.paced(turn, request, turn.speaker, text, words)


def by_helper(turn: Turn, held: Assignment, request: Request, when: TimeExpression | None, words: str) -> Texts:
    """Can I come tomorrow at 9 instead? The neighbor decides, and reads it where it is none of their times."""
    needed = timing.resolved(turn, when, request)
    neighbor = people.by_id(turn.session, request.person_id)
    if needed is None or neighbor.opted_out_at is not None or neighbor.silent_since is not None:
        yield from relaying.pass_on(turn, request, words)
        return
    if not timing.comes(turn, held, request, needed):
        yield turn.reply(leasing.lost(turn, held, request), about=request)
        return
    held.on_the_way_at = None
    turn.session.add(held)
    then = timing.said(turn, needed)
    yield turn.reply("comes_kept" if discreet.kept_from(neighbor) else "comes_told", about=request, when=then)
    text = turn.tell(
        neighbor,
        "comes_neighbor_misses" if timing.misses(request, needed) else "comes_neighbor",
        about=request,
        lane=Lane.REPLY,
        name=turn.somebody(turn.speaker),
        when=then,
        needed=turn.when(request),
        words=Quoted(words),
    )
    yield from pace.paced(turn, request, turn.speaker, text, words)
