"""What volunteers can look at: what is open, one request, what they have in hand."""

from collections.abc import Sequence
from typing import Any

from handlers.asking import brake
from handlers.helping import company, leasing
from handlers.needs import on_behalf
from handlers.safety import discreet
from handlers.turn import Context, Texts, Turn
from handlers.understanding.intents import Order
from handlers.where import doors
from handlers.wording import summary
from handlers.wording.summary import Ours, Said, Sight
from models import assignments, kept_apart, offers, requests
from models.people import Person
from models.requests import Request, State

SHOWN = 5  # open requests in one answer
AT_ONCE, LOOKED_AT = 3, 60  # told unasked to somebody who is free now; of so many


def list_(turn: Turn, _: Order) -> Texts:
    """LIST: what still needs somebody, what fits this volunteer first."""
    waiting = requests.taking(turn.session, turn.line.id)
    in_hand = {request.id for _, request in turn.held}
    open_now = [
        request
        for request in waiting
        if request.id not in in_hand and may_meet(turn, turn.speaker, request) and not brake.booked(turn, request)
    ]
    if not open_now:
        yield turn.reply("list_empty")
        return
    can, near = set(turn.speaker.can), set(turn.speaker.areas)
    open_now.sort(
        key=lambda r: (bool(can) and not can & set(r.needs), bool(near) and r.area_id not in near, r.number)
    )
    rows = _rows(turn, side_by_side(open_now)[:SHOWN])
    left = len(open_now) - SHOWN
    more = Said("list_more", {"n": left}) if left > 0 else None
    yield turn.reply("list", rows=rows, more=more, first=open_now[0].number)


def fitting(context: Context, person: Person) -> Said | None:
    """What is open now that fits this volunteer and was not passed by them, the urgent and the oldest first."""
    if not person.helps:
        return None
    waits = requests.open_longest(context.session, context.line.id, LOOKED_AT)
    passed = offers.passed_of(context.session, person.id, waits)
    can, areas = set(person.can), set(person.areas)
    some = any(request.state is State.CLAIMED for request in waits)  # of which one may be theirs
    in_hand = [r.id for _, r in assignments.held_by(context.session, person.id)] if some else []
    found = [
        request
        for request in waits
        if may_meet(context, person, request)
        and request.id not in (*passed, *in_hand)
        and (not can or can & set(request.needs) or request.needs == ["other"])
        and (not areas or request.area_id is None or request.area_id in areas)
    ]
    if not found:
        return None
    rows = _rows(context, side_by_side(found)[:AT_ONCE])
    return Said("fits_you", {"rows": rows, "first": found[0].number})


def side_by_side(found: Sequence[Request]) -> list[Request]:
    """What waits at one building together, where the first of it stands."""
    together: dict[str, list[Request]] = {}
    for request in found:
        together.setdefault(request.building or f"#{request.number}", []).append(request)
    return [request for each in together.values() for request in each]


def _rows(context: Context, shown: Sequence[Request]) -> summary.Lines:
    """A row for each; of what is at one building, all but the first say so."""
    first: dict[str, int] = {}
    rows = []
    for request in shown:
        before = first.setdefault(request.building, request.number) if request.building else request.number
        what = context.what(request)
        beside = Said("listed_beside", {"what": what, "first": before}) if before != request.number else what
        rows.append(Said("row", {"number": request.number, "what": beside, "place": None}))
    return summary.Lines(rows)


def may_meet(context: Context, person: Person, request: Request) -> bool:
    """Whether somebody may look at what a neighbor needs, and come."""
    return request.person_id != person.id and not kept_apart.are(context.session, request, person.id)


def mine(turn: Turn, _: Order) -> Texts:
    """MINE: what I have in hand, and what I asked for."""
    held = [r for _, r in turn.held]
    own = turn.own
    in_hand = {r.id: (doors.again(r, a), doors.sight(turn, r, a)) for a, r in turn.held}
    if not held and not own and len(turn.offered) == 1:  # "mine!" of who was asked may be a yes
        yield turn.reply("offer_waits", number=turn.offered[0])
        return
    if not held and not own:
        yield turn.reply("mine_empty" if turn.speaker.helps else "nothing_asked")
        return
    for request in held:
        leasing.heard(turn, request)
    if held:
        yield turn.reply("mine", rows=summary.Lines([_row(turn, r, *in_hand[r.id]) for r in held]))
    if own:
        yield turn.reply("mine_asked", rows=summary.Lines([_row(turn, r, sight=Sight.NEAR) for r in own]))


def info(turn: Turn, order: Order) -> Texts:
    """INFO 42: as much as this person may know."""
    held = [r for _, r in turn.held]
    own = turn.own
    numbers = order.numbers or tuple(r.number for r in (held or own)[:1])
    if not numbers:
        yield turn.reply("info_what")
    for number in numbers:
        request = requests.by_number(turn.session, turn.line.id, number)
        if request is None:
            yield turn.reply("unknown_number", number=number)
        elif request in held or request in own:
            leasing.heard(turn, request)
            yield from _in_full(turn, request)
        elif turn.speaker.helps and request.has_room and may_meet(turn, turn.speaker, request):
            yield turn.reply("info_open", about=request, what=turn.what(request))
        else:
            yield turn.reply("unknown_number", number=number)


def _in_full(turn: Turn, request: Request) -> Texts:
    """All of it, for the neighbor; for whoever has it in hand, the door too if they may see it."""
    held = next((assignment for assignment, r in turn.held if r is request), None)
    place, words, hidden, to_duty = summary.at_place(request), summary.they_wrote(request), False, None
    if held is not None:
        (place, words, hidden), to_duty = doors.show(turn, request, turn.speaker, held)
    what, code = turn.what(request, Sight.ANYBODY if hidden else Sight.NEAR), Ours(request.code_word)
    phone = discreet.of(turn, request) if held is not None else None
    others = company.with_whom(turn, request, turn.speaker.id) if held is not None else _who_comes(turn, request)
    values: dict[str, Any] = {"place": place, "code": code, "others": others, "words": words, "phone": phone}
    yield turn.reply("info_full", about=request, what=what, who=on_behalf.asks_for(turn, request), **values)
    yield from to_duty or ()


def _who_comes(turn: Turn, request: Request) -> Said | None:
    """For the neighbor: who has it, where several are to help."""
    crew = company.everybody(turn, request)
    return Said("crew_have_it", {"name": crew, **company.counts(request)}) if crew else None


def _row(turn: Context, request: Request, place: Said | None = None, sight: Sight = Sight.ANYBODY) -> Said:
    return Said("row", {"number": request.number, "what": turn.what(request, sight), "place": place})
