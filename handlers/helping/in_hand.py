"""Somebody who has a request in hand writes as people do: late, there, cannot come after all.

Where it is not certain that they give it back, their words go to the neighbor, and one short question asks.
"""

from collections.abc import Generator
from datetime import timedelta
from typing import Any

from handlers.helping import browse, carry, claim, hands, lease, leasing
from handlers.helping.volunteer_talk import waits
from handlers.needs import choosing, rescheduling, timing
from handlers.talking import relaying
from handlers.turn import Text, Texts, Turn
from handlers.understanding.intents import Act, Answer, Free, Order, Question
from handlers.wording.summary import When
from models import assignments, offers, people, requests
from models.assignments import Assignment
from models.requests import Request, State

DOUBT_LASTS = timedelta(hours=1)  # without a word, it is open again
ON_THE_WAY = timedelta(minutes=90)  # whoever says that they are there within these is as good as on the way
COMING, NOT_COMING, DONE = 1, 2, 3


def delivered(turn: Turn, intent: Free) -> Texts:
    """It is there: the neighbor is asked."""
    if (found := (yield from _one(turn, "done"))) is not None:
        words = intent.note if intent.spent else intent.words
        yield from carry.done(turn, Order("done", (found[1].number,), words, spent=intent.spent))


def set_off(turn: Turn, intent: Free) -> Texts:
    """They are on the way; the second time, their words alone go on."""
    if (found := (yield from _one(turn, "omw"))) is None:
        return
    held, request = found
    if _names_later(turn, request, intent):
        yield from rescheduling.by_helper(turn, held, request, intent.meaning.when, intent.words)
    elif held.on_the_way_at is None:
        yield from carry.omw(turn, Order("omw", (request.number,), intent.words))
    else:
        carry.trust(turn, held, request, on_the_way=True)
        yield from relaying.pass_on(turn, request, intent.words)


def another_time(turn: Turn, intent: Free) -> Texts:
    """They come at another time: the neighbor reads it and says if that will not do."""
    if (found := (yield from _one(turn, "omw"))) is not None:
        held, request = found
        yield from rescheduling.by_helper(turn, held, request, intent.meaning.when, intent.words)


def _names_later(turn: Turn, request: Request, intent: Free) -> bool:
    """Whether they name a time that is not now: "i'll be there at 6" is no setting off at 2."""
    needed = timing.resolved(turn, intent.meaning.when, request)
    return needed is not None and lease.comes_at(needed) - turn.now > ON_THE_WAY


def late(turn: Turn, intent: Free) -> Texts:
    """They come, but late."""
    if (found := (yield from _one(turn, "omw"))) is not None:
        held, request = found
        carry.trust(turn, held, request)
        requests.record(turn.session, request, "late", turn.now, by=turn.speaker.id)
        if (needed := timing.resolved(turn, intent.meaning.when, request)) is not None:
            timing.comes(turn, held, request, needed)
        yield from relaying.pass_on(turn, request, intent.words)


def second_helper(turn: Turn, intent: Free) -> Texts:
    """It takes two: somebody else is asked to come along, and the neighbor reads it."""
    if (found := (yield from _one(turn, "omw"))) is None:
        return
    yield from hands.from_helper(turn, found[1], intent.words)


def give_back(turn: Turn, intent: Free) -> Texts:
    """They cannot come: it goes to somebody else at once."""
    if (found := (yield from _one(turn, "drop"))) is not None:
        yield from carry.drop(turn, Order("drop", (found[1].number,), intent.words), told="given_back")


def doubt(turn: Turn, intent: Free) -> Texts:
    """They may not come: the neighbor reads it, and they are asked; without an answer it is soon open again."""
    if (found := (yield from _one(turn, "drop"))) is None:
        return
    held, request = found
    until = leasing.deadline(turn, held, request, DOUBT_LASTS)
    asked: dict[str, Any] = {"leased_until": until, "nudged_at": turn.now, "warned_at": turn.now}
    if not assignments.change(turn.session, held, **asked):
        yield turn.reply(leasing.lost(turn, held, request), about=request)
        return
    leasing.look_again(turn, held, request)
    requests.record(turn.session, request, "doubt", turn.now, by=turn.speaker.id)
    turn.ask(turn.speaker, Question.COMING, request, options=NOT_COMING)
    when = When(until, turn.line.timezone)
    yield from relaying.pass_on(turn, request, intent.words, told="still_coming", when=when, renews=False)


def coming(turn: Turn, intent: Answer) -> Texts:
    """The answer to "do you still come?"."""
    if (found := (yield from _asked_about(turn, intent))) is None:
        return
    held, request = found
    if intent.choice is None:
        yield turn.reply("coming_or_not", about=request)
    elif intent.choice != COMING:
        yield from carry.drop(turn, Order("drop", (request.number,)))
    elif carry.trust(turn, held, request):
        yield turn.reply("still_yours", about=request)
        yield _comes(turn, request, "comes_after_all")
    else:
        yield turn.reply(leasing.lost(turn, held, request), about=request)


def going(turn: Turn, intent: Answer) -> Texts:
    """The answer to "how is it going?": the neighbor hears it if they were told that there was none."""
    if (found := (yield from _asked_about(turn, intent))) is None:
        return
    held, request = found
    waits = held.warned_at is not None
    if intent.choice is None:
        yield turn.reply("going_or_not", about=request)
    elif intent.choice == NOT_COMING:
        yield from carry.drop(turn, Order("drop", (request.number,)))
    elif intent.choice == DONE:
        yield from carry.done(turn, Order("done", (request.number,)))
    elif carry.trust(turn, held, request):
        yield turn.reply("going_well", about=request)
        if waits:
            yield _comes(turn, request, "still_on_it")
    else:
        yield turn.reply(leasing.lost(turn, held, request), about=request)


def _after_all(turn: Turn, intent: Answer, request: Request) -> Texts:
    """The same answer, too late: who comes after all has it again, if nobody else has."""
    if intent.choice is None:
        yield turn.reply("lapsed", about=request)
        return
    turn.unask(turn.speaker, request)
    if intent.choice == NOT_COMING:
        yield turn.reply("dropped", about=request)
    elif intent.choice == DONE:
        yield from carry.done(turn, Order("done", (request.number,)))
    else:
        yield from claim.claim(turn, Order("claim", (request.number,)))


def place(turn: Turn, intent: Free) -> Texts:
    """Where is it? We know, or the neighbor does."""
    if (found := (yield from _one(turn, "info"))) is None:
        return
    request = found[1]
    if request.place:
        yield from browse.info(turn, Order("info", (request.number,)))
    else:
        yield from relaying.pass_on(turn, request, intent.words)


def number(turn: Turn, __: Free) -> Texts:
    """What is her phone number? It stays private, on both sides."""
    if (found := (yield from _one(turn, "info"))) is not None:
        yield turn.reply("numbers_private", about=found[1])


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


def there_after_all(turn: Turn, intent: Free) -> Texts:
    """It was given to others for their silence, and they are nearly there."""
    yield from carry.omw(turn, Order("omw", _let_go(turn), intent.words))


def done_after_all(turn: Turn, intent: Free) -> Texts:
    """The same, and they have been there."""
    yield from carry.done(turn, Order("done", _let_go(turn), intent.words))


def takes_again(turn: Turn, intent: Free) -> Texts:
    """The same, and they can still do it: it is theirs again, if it is open."""
    yield from claim.claim(turn, Order("claim", _let_go(turn), intent.words, when=intent.meaning.when))


def _let_go(turn: Turn) -> tuple[int, ...]:
    about = turn.told_last[1] if turn.told_last else None
    return (requests.by_id(turn.session, about).number,) if about is not None else ()


def welcome(_: Turn, __: Free) -> Texts:
    """No problem, anytime: the end of a talk needs no answer."""
    yield from ()


def _comes(turn: Turn, request: Request, phrase: str) -> Text:
    neighbor = people.by_id(turn.session, request.person_id)
    return turn.tell(neighbor, phrase, about=request, name=turn.somebody(turn.speaker))


def _asked_about(turn: Turn, intent: Answer) -> Generator[Text, None, tuple[Assignment, Request] | None]:
    """What we asked them about, if they still have it; else says so, or that it lapsed and what follows now."""
    about = turn.asked.request_id if turn.asked else None
    found = next((pair for pair in turn.held if pair[1].id == about), None)
    lapsed = requests.by_id(turn.session, about) if found is None and about is not None else None
    if lapsed is not None and assignments.has_lapsed(turn.session, lapsed, turn.speaker.id):
        yield from _after_all(turn, intent, lapsed)
    elif found is None:
        turn.unask(turn.speaker)
        yield turn.reply("nothing_in_hand")
    return found


def _one(turn: Turn, verb: str) -> Generator[Text, None, tuple[Assignment, Request] | None]:
    """What they speak of: the one they reply to, or the only one they have; else says the choices."""
    quoted = [pair for pair in turn.held if pair[1] is turn.replied]
    if quoted:
        return quoted[0]
    found, texts = choosing.chosen(turn, (), [r for _, r in turn.held], verb, "nothing_in_hand")
    yield from texts
    return next((pair for pair in turn.held if pair[1] is found[0]), None) if found else None
