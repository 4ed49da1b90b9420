"""AGAIN: the same as last time, and whoever helped then is asked first."""

from handlers.needs import intake
from handlers.repeating import standing
from handlers.turn import Texts, Turn
from handlers.understanding import needs as reading_needs
from handlers.understanding.intents import Free, Kind, Need, Order, Question, Understanding
from handlers.understanding.when import repeating
from models import assignments, requests
from models.assignments import State as AssignmentState
from models.requests import Request, Urgency


def again(turn: Turn, order: Order) -> Texts:
    """AGAIN 42, "same as last week": a request like that one, at no time but one that they name now."""
    live = [request for request in turn.own if not intake.only_talks(request)]
    last = _meant(turn, order)
    if last is None and order.numbers:
        yield turn.reply("unknown_number", number=order.numbers[0])
    elif last is not None and last.live:
        yield standing.of(turn, last)
    elif live and not order.numbers:
        for request in live:
            yield standing.of(turn, request)
    elif last is None:
        turn.ask(turn.speaker, Question.NEED, options=len(intake.OFFERED_NEEDS))
        yield turn.reply("again_nothing")
    else:
        yield from _same(turn, last, order)


def in_words(turn: Turn, intent: Free) -> Texts:
    """The same in words of their own: "could you do the same as last time, but for 5"."""
    yield from again(turn, Order("again", note=intent.words, when=intent.meaning.when))


def _meant(turn: Turn, order: Order) -> Request | None:
    if not order.numbers:
        return requests.last_ended(turn.session, turn.speaker.id)
    found = requests.by_number(turn.session, turn.line.id, order.numbers[0])
    mine = found is not None and found.person_id == turn.speaker.id and not found.in_danger
    return found if mine else None


def _same(turn: Turn, last: Request, order: Order) -> Texts:
    """What is still known of it; what is not, such as words that are gone, is asked."""
    holder = assignments.on(turn.session, last, AssignmentState.DONE, AssignmentState.ACTIVE)
    added = reading_needs.understand(order.note)
    named = [need for need in added.needs_if_asked if need is not Need.OTHER]
    needs = tuple(dict.fromkeys([*(Need(need) for need in last.needs), *named]))
    if last.blanked_at is not None and set(needs) <= {Need.OTHER}:
        needs = ()
    told = last.urgency if last.urgency is not Urgency.URGENT else None
    repeats = repeating.of(order.note)  # not what the old words said of it: that has gone on, or was ended
    meaning = Understanding(
        Kind.ASK, needs, people=added.people or last.people, urgency=told, when=order.when, repeats=repeats
    )
    words = "\n".join(part for part in (last.text, order.note) if part)
    first = [holder[1].id] if holder is not None else []
    yield from intake.begin(turn, words, meaning, like=last, at_once=True, again=first)
