"""What was done about a request and by whom, for any volunteer: no words, no places, nothing of danger."""

from collections.abc import Iterator

from handlers import summary
from handlers.phrasebook import Value
from handlers.summary import Lines, Name, Said, When
from handlers.turn import Texts, Turn
from handlers.understanding.intents import Order
from models import events, people, requests
from models.requests import Event, Outcome, Request, State

ROWS = 8  # the latest
PUT_OUT = frozenset({"wave", "claimed", "assigned"})  # volunteers have seen it
BY_HELPER = {
    "claimed": "who_claimed",
    "on_the_way": "who_on_the_way",
    "delivered": "who_delivered",
    "dropped": "who_dropped",
    "lapsed": "who_lapsed",
    "stopped": "who_dropped",
    "left": "who_dropped",
    "nobody_home": "who_nobody_home",
}
BY_NEIGHBOR = {"asked": "who_asked", "reopened": "who_reopened"}
CAME = {Outcome.FULFILLED: "who_came", Outcome.PARTIAL: "who_came_partly", Outcome.WITHDRAWN: "who_withdrawn"}


def who(turn: Turn, order: Order) -> Texts:
    """WHO 42: what was done and by whom, in order."""
    if not order.numbers:
        yield turn.reply("which_number")
    for number in order.numbers:
        request = requests.by_number(turn.session, turn.line.id, number)
        history = events.history(turn.session, request) if request is not None else []
        if request is None or not _may_be_seen(request, history):
            yield turn.reply("unknown_number", number=number)
            continue
        rows = [*_rows(turn, request, history)]
        yield turn.reply("who", about=request, rows=Lines(rows[-ROWS:]))


def _may_be_seen(request: Request, history: list[Event]) -> bool:
    if request.in_danger or request.state in (State.HELD, State.DRAFT):
        return False
    return any(event.kind in PUT_OUT for event in history)


def _rows(turn: Turn, request: Request, history: list[Event]) -> Iterator[Said]:
    for event in history:
        when = When(event.at, turn.line.timezone)
        if event.kind == "wave":
            yield Said("who_wave", {"when": when, "n": int(event.words or 0)})
        elif event.kind in BY_NEIGHBOR:
            yield Said(BY_NEIGHBOR[event.kind], {"when": when})
        elif event.kind in BY_HELPER:
            yield Said(BY_HELPER[event.kind], {"when": when, "name": _name(turn, event.by_person_id)})
        elif event.kind == "assigned":
            given: Value = summary.name(event.words or "", turn.line.name) or Said("somebody")
            yield Said("who_assigned", {"when": when, "name": given, "by": _name(turn, event.by_person_id)})
        elif event.kind == "closed" and request.outcome is not None:
            yield Said(CAME.get(request.outcome, "who_closed"), {"when": when})


def _name(turn: Turn, person_id: int | None) -> Name | Said:
    person = people.by_id(turn.session, person_id) if person_id is not None else None
    return (turn.name(person) if person else None) or Said("somebody")
