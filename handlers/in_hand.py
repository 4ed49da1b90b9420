"""Somebody who has a request in hand writes as people do: late, there, nobody home, cannot come after all.

Where it is not certain that they give it back, their words go to the neighbor, and one short question asks.
"""

from datetime import timedelta

from handlers import browse, carry, choosing, relaying, rescheduling, timing, waves
from handlers.summary import brief
from handlers.turn import Context, Text, Texts, Turn
from handlers.understanding.intents import Act, Answer, Free, Order, Question
from handlers.volunteer_talk import waits
from models import assignments, offers, people, requests
from models.assignments import Assignment
from models.assignments import State as AssignmentState
from models.requests import Request, State

DOUBT_LASTS = timedelta(hours=1)  # without a word, it is open again
ON_THE_WAY = timedelta(minutes=90)  # whoever says that they are there within these is as good as on the way
COMING, NOT_COMING = 1, 2


def delivered(turn: Turn, intent: Free) -> Texts:
    """It is there: the neighbor is asked."""
    (_, request), texts = _one(turn, "done")
    yield from texts
    if request is not None:
        yield from carry.done(turn, Order("done", (request.number,), intent.words))


def set_off(turn: Turn, intent: Free) -> Texts:
    """They are on the way; the second time, their words alone go on."""
    (held, request), texts = _one(turn, "omw")
    yield from texts
    if held is None or request is None:
        return
    if _names_later(turn, request, intent):
        yield from rescheduling.by_helper(turn, held, request, intent.meaning.when, intent.words)
    elif held.on_the_way_at is None:
        yield from carry.omw(turn, Order("omw", (request.number,), intent.words))
    else:
        carry.trust(turn, held, request)
        yield from relaying.pass_on(turn, request, intent.words)


def another_time(turn: Turn, intent: Free) -> Texts:
    """They come at another time: the neighbor reads it and says if that will not do."""
    (held, request), texts = _one(turn, "omw")
    yield from texts
    if held is not None and request is not None:
        yield from rescheduling.by_helper(turn, held, request, intent.meaning.when, intent.words)


def _names_later(turn: Turn, request: Request, intent: Free) -> bool:
    """Whether they name a time that is not now: "i'll be there at 6" is no setting off at 2."""
    needed = timing.resolved(turn, intent.meaning.when, request)
    return needed is not None and timing.comes_at(needed) - turn.now > ON_THE_WAY


def late(turn: Turn, intent: Free) -> Texts:
    """They come, but late."""
    (held, request), texts = _one(turn, "omw")
    yield from texts
    if held is not None and request is not None:
        carry.trust(turn, held, request)
        requests.record(turn.session, request, "late", turn.now, by=turn.speaker.id)
        if (needed := timing.resolved(turn, intent.meaning.when, request)) is not None:
            timing.comes(turn, held, request, needed)
        yield from relaying.pass_on(turn, request, intent.words)


def nobody_home(turn: Turn, intent: Free) -> Texts:
    """They stand at the door: the neighbor is asked at once."""
    (_, request), texts = _one(turn, "done")
    yield from texts
    if request is not None:
        requests.record(turn.session, request, "nobody_home", turn.now, by=turn.speaker.id)
        yield from relaying.pass_on(turn, request, intent.words, as_="at_your_door", told="asked_at_door")


def second_helper(turn: Turn, intent: Free) -> Texts:
    """It takes two: whoever is on duty is asked, and the neighbor reads along."""
    (_, request), texts = _one(turn, "omw")
    yield from texts
    if request is None:
        return
    requests.record(turn.session, request, "note", turn.now, by=turn.speaker.id, words=intent.words)
    told = list(turn.tell_duty("duty_wants_hands", about=request, but=turn.speaker.id, words=brief(intent.words)))
    phrase = "hands_asked" if told else "hands_nobody"
    yield from relaying.pass_on(turn, request, intent.words, told=phrase)
    yield from told


def give_back(turn: Turn, intent: Free) -> Texts:
    """They cannot come: it goes to somebody else at once."""
    (_, request), texts = _one(turn, "drop")
    yield from texts
    if request is not None:
        yield from carry.drop(turn, Order("drop", (request.number,), intent.words), told="given_back")


def doubt(turn: Turn, intent: Free) -> Texts:
    """They may not come: the neighbor reads it, and they are asked; without an answer it is open again in an hour."""
    (held, request), texts = _one(turn, "drop")
    yield from texts
    if held is None or request is None:
        return
    if held.leased_until is None:
        held.leased_until = turn.now + DOUBT_LASTS
        turn.session.add(held)
        requests.schedule(turn.session, request, held.leased_until)
        requests.record(turn.session, request, "doubt", turn.now, by=turn.speaker.id, words=intent.words)
    turn.ask(turn.speaker, Question.COMING, request, options=NOT_COMING)
    yield from relaying.pass_on(turn, request, intent.words, told="still_coming")


def coming(turn: Turn, intent: Answer) -> Texts:
    """The answer to "do you still come?"."""
    about = turn.asked.request_id if turn.asked else None
    found = next((pair for pair in turn.held if pair[1].id == about), None)
    if found is None:
        turn.unask(turn.speaker)
        yield turn.reply("nothing_in_hand")
        return
    held, request = found
    if intent.choice is None:
        yield turn.reply("coming_or_not", about=request)
    elif intent.choice == COMING:
        carry.trust(turn, held, request)
        yield turn.reply("still_yours", about=request)
        neighbor = people.by_id(turn.session, request.person_id)
        yield turn.tell(neighbor, "comes_after_all", about=request, name=turn.somebody(turn.speaker))
    else:
        yield from carry.drop(turn, Order("drop", (request.number,)))


def unsure(context: Context, request: Request) -> Texts:
    """Time alone: they said that they may not come, and nothing since."""
    found = assignments.on(context.session, request, AssignmentState.ACTIVE)
    if found is None or found[0].leased_until is None or found[0].leased_until > context.now:
        requests.schedule(context.session, request, found[0].leased_until if found else None)
        return
    held, helper = found
    context.unask(helper, request)
    if not assignments.end(context.session, held, AssignmentState.LAPSED, context.now):
        return
    texts = waves.open_up(context, request, "lapsed", (State.CLAIMED,), by=helper.id)
    neighbor = people.by_id(context.session, request.person_id)
    yield context.tell(helper, "lapsed", about=request)
    yield context.tell(neighbor, "helper_dropped", about=request, n=waves.asked(texts))
    yield from texts


def place(turn: Turn, intent: Free) -> Texts:
    """Where is it? We know, or the neighbor does."""
    (_, request), texts = _one(turn, "info")
    yield from texts
    if request is not None and request.place:
        yield from browse.info(turn, Order("info", (request.number,)))
    elif request is not None:
        yield from relaying.pass_on(turn, request, intent.words)


def number(turn: Turn, __: Free) -> Texts:
    """What is her phone number? It stays private, on both sides."""
    (_, request), texts = _one(turn, "info")
    yield from texts
    if request is not None:
        yield turn.reply("numbers_private", about=request)


def talk(turn: Turn, intent: Free) -> Texts:
    """A short yes or no, or a question, while two are talking: it is for the other side, and takes nothing else."""
    for held, request in turn.held:
        if intent.act is Act.ACCEPTS and len(turn.held) == 1:
            carry.trust(turn, held, request)
    yield from chat(turn, intent.words)


def chat(turn: Turn, words: str) -> Texts:
    """Words for the other side; whoever may have meant an offer that came in between learns how to take it."""
    matches = turn.matches
    if len(matches) != 1:
        yield relaying.to_which(turn, matches)
        return
    yield from relaying.pass_on(turn, matches[0], words)
    if turn.told_last and turn.told_last[0] == "offer":
        pending = offers.pending_numbers(turn.session, turn.speaker.id)
        if pending:
            yield waits(turn, pending)


def found_it(turn: Turn, intent: Free) -> Texts:
    """After DONE they say where they left it, or say again that it is done."""
    request = turn.helped[0]
    if request.live and request.state in (State.DELIVERED, State.OPEN):
        as_ = "left_it" if request.state is State.OPEN else ""
        yield from relaying.pass_on(turn, request, intent.words, as_=as_)
    else:
        yield turn.reply("done_already", about=request)


def welcome(_: Turn, __: Free) -> Texts:
    """No problem, anytime: the end of a talk needs no answer."""
    yield from ()


def _one(turn: Turn, verb: str) -> tuple[tuple[Assignment, Request] | tuple[None, None], list[Text]]:
    """What they speak of: the one they reply to, or the only one they have; else the choices."""
    quoted = [pair for pair in turn.held if pair[1] is turn.replied]
    if quoted:
        return quoted[0], []
    found, texts = choosing.chosen(turn, (), [r for _, r in turn.held], verb, "nothing_in_hand")
    return (next(pair for pair in turn.held if pair[1] is found[0]) if found else (None, None)), texts
