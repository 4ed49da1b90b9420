"""What was done about a request and by whom, for any volunteer: no words, no places, nothing of danger."""

from collections.abc import Iterator

from handlers.phrasebook import Value
from handlers.setup import importing
from handlers.turn import Context, Text, Texts, Turn
from handlers.understanding.intents import Order
from handlers.wording import summary
from handlers.wording.summary import Lines, Name, Said, Several, When
from models import events, kept_apart, people, person_events, requests
from models.people import Person
from models.requests import Event, Outcome, Request, State

ROWS = 8  # the latest
LONGEST_CHAIN = 6  # of people who vouched for each other
PUT_OUT = frozenset({"wave", "claimed", "assigned"})  # volunteers have seen it
BY_SOMEBODY = {
    "claimed": "who_claimed",
    "on_the_way": "who_on_the_way",
    "delivered": "who_delivered",
    "dropped": "who_dropped",
    "lapsed": "who_lapsed",
    "stopped": "who_dropped",
    "left": "who_dropped",
    "nobody_home": "who_nobody_home",
    "talk_read": "who_talk_read",
    "picture_seen": "who_picture_seen",
    "held": "who_held",
    "opened": "who_opened",
    "note": "who_noted",
    "on_it": "who_on_it",
    "helper_removed": "who_removed",
}
ON_DUTY = frozenset({"held", "opened", "reopened"})  # also what happens by itself, or by the neighbor
BY_HOST = {"area_removed": "who_area_removed"}
BY_NEIGHBOR = {"asked": "who_asked", "reopened": "who_reopened"}
CAME = {Outcome.FULFILLED: "who_came", Outcome.PARTIAL: "who_came_partly", Outcome.WITHDRAWN: "who_withdrawn"}


def who(turn: Turn, order: Order) -> Texts:
    """WHO 42: what was done and by whom, in order."""
    if not order.numbers:
        yield turn.reply("which_number")
    for number in order.numbers:
        request = requests.by_number(turn.session, turn.line.id, number)
        history = events.history(turn.session, request) if request is not None else []
        person = people.find(turn.session, turn.line.id, number) if turn.speaker.on_duty else None
        hidden = request is not None and kept_apart.hides(turn.session, request, turn.speaker.id)
        if request is not None and not hidden and may_be_seen(request, history):
            told = [*rows(turn, request, history)]
            yield turn.reply("who", about=request, rows=Lines(told[-ROWS:]))
        elif person is None or person.helper_since is None:
            yield turn.reply("unknown_number", number=number)
        if person is not None and person.helper_since is not None:
            yield _person(turn, person)


def _person(turn: Turn, person: Person) -> Text:
    """Who vouched for a volunteer, who for that one, and for whom they did: for whoever is on duty."""
    theirs = [turn.numbered(each) for each in people.vouched_by(turn.session, turn.line.id, person.id)]
    vouched = Said("who_vouched", {"names": Several(theirs[-LONGEST_CHAIN:])}) if theirs else None
    return turn.reply("who_person", chain=Lines(chain(turn, person)), vouched=vouched)


def chain(context: Context, person: Person) -> list[Said]:
    """Who vouched for a volunteer, who for that one, and so on, or since when one of them is out."""
    found: list[Said] = []
    one = person
    while len(found) < LONGEST_CHAIN:
        name, by = context.numbered(one), one.vouched_by_person_id
        if one.banned_at is not None or one.vouched_at is None:
            out = person_events.last(context.session, one.id, *person_events.PUT_OUT)
            when = When(out.at, context.line.timezone) if out else None
            found.append(Said("who_out" if out else "who_waits", {"name": name, "when": when}))
        elif by is None:
            found.append(Said("who_by_host", {"name": name}))
        else:
            voucher = context.numbered(people.by_id(context.session, by))
            when = When(one.vouched_at, context.line.timezone)
            found.append(Said("who_by", {"name": name, "by": voucher, "when": when}))
        if by is None:
            break
        one = people.by_id(context.session, by)
    return found


def may_be_seen(request: Request, history: list[Event]) -> bool:
    """Whether any volunteer may know what was done: once others have been asked, and nothing of danger."""
    if request.in_danger or request.state in (State.HELD, State.DRAFT):
        return False
    return any(event.kind in PUT_OUT for event in history)


def rows(context: Context, request: Request, history: list[Event]) -> Iterator[Said]:
    """What was done, a row each, by first names."""
    for event in history:
        when = When(event.at, context.line.timezone)
        if event.kind == "wave":
            yield Said("who_wave", {"when": when, "n": int(event.words or 0)})
        elif event.kind in ON_DUTY and event.by_person_id in (None, request.person_id):
            if event.kind in BY_NEIGHBOR:
                yield Said(BY_NEIGHBOR[event.kind], {"when": when})
        elif event.kind == "reopened":
            yield Said("who_opened", {"when": when, "name": _name(context, event.by_person_id)})
        elif event.kind == "merged":
            merged = {"when": when, "name": _name(context, event.by_person_id), "other": _number(event.words)}
            yield Said("who_merged", merged)
        elif event.kind in BY_HOST:
            yield Said(BY_HOST[event.kind], {"when": when})
        elif event.kind in BY_NEIGHBOR:
            yield Said(BY_NEIGHBOR[event.kind], {"when": when})
        elif event.kind in BY_SOMEBODY:
            yield Said(BY_SOMEBODY[event.kind], {"when": when, "name": _name(context, event.by_person_id)})
        elif event.kind == "assigned":
            given = _given(context, event.words or "")
            yield Said("who_assigned", {"when": when, "name": given, "by": _name(context, event.by_person_id)})
        elif event.kind == "closed" and request.outcome is not None:
            yield _ended(context, request, event)


def _ended(context: Context, request: Request, event: Event) -> Said:
    """How it ended; where somebody on duty ended it, who that was."""
    when = When(event.at, context.line.timezone)
    ours = event.by_person_id not in (None, request.person_id)
    if request.outcome is Outcome.MERGED:
        return Said("who_merged_away", {"when": when, "name": _name(context, event.by_person_id)})
    if event.words == importing.UNDONE:
        return Said("who_taken_back", {"when": when})
    if request.outcome in CAME:
        return Said(CAME[request.outcome], {"when": when})
    if ours:
        return Said("who_closed_by", {"when": when, "name": _name(context, event.by_person_id)})
    return Said("who_closed", {"when": when})


def _number(words: str | None) -> int:
    """The number of another request, as an event keeps it: "#3"."""
    digits = (words or "").removeprefix("#")
    return int(digits) if digits.isdigit() else 0


def _given(context: Context, words: str) -> Value:
    """To whom it was given: by their number, or by their name as it was written down before."""
    if words.isdigit():
        return _name(context, int(words))
    return summary.name(words, context.line.name) or Said("somebody")


def _name(context: Context, person_id: int | None) -> Name | Said:
    person = people.by_id(context.session, person_id) if person_id is not None else None
    return (context.name(person) if person else None) or Said("somebody")
