"""What waits side by side is offered to one volunteer together: one text, one of what they are asked in a day.

Only what they would be asked about by itself, never danger, nor more than they may take. Each stays an offer of its
own: somebody else may take it meanwhile, it expires, and it is theirs by CLAIM and its number.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from handlers import phrasebook
from handlers.asking import pacing
from handlers.members import newcomers
from handlers.phrasebook import Value
from handlers.turn import Context
from handlers.where import doors, neighboring
from handlers.wording import segments
from handlers.wording.summary import Lines, Place, Said, Several, What
from models import assignments, kept_apart, offers, requests
from models.assignments import Assignment
from models.people import Person
from models.requests import Request, State

Going = Mapping[int, Request]  # who goes where, by id, with what they go for
BESIDE = 2  # more beside the first: an offer is one segment
DOORS = 2  # fewer are neither a bundle nor a way from one to the next


def going_there(context: Context, request: Request) -> Going:
    """Who goes to its building anyway, by id, with what for: they are in the first wave, no larger for that.

    So its neighbor cannot tell by our answer whether somebody else there has asked.
    """
    if request.in_danger:
        return {}
    there: dict[int, Request] = {}
    for id_, held in assignments.at_building(context.session, request):
        if not held.in_danger:
            there.setdefault(id_, held)
    return there


def offered(
    context: Context, request: Request, helpers: Sequence[Person], there: Going | None = None
) -> dict[int, Value]:
    """What each of those who have just been asked about a request reads of it, and of what waits beside it.

    What is offered beside it is written down here. Who goes `there` is looked up where it is not known.
    """
    what = context.what(request)
    said: dict[int, Value] = {helper.id: what for helper in helpers}
    if request.building is None or request.in_danger or not helpers:
        return said
    there = going_there(context, request) if there is None else there
    waits = [
        other for other in requests.next_door(context.session, request) if _may_go_along(context, request, other)
    ]
    known = offers.made(context.session, [r.id for r in waits], [h.id for h in helpers]) if waits else set()
    for helper in helpers:
        fitting = [r for r in waits if (r.id, helper.id) not in known and _fits(context, helper, r)]
        beside, bundled = _in_one_text(context, helper, request, what, fitting[: _room(context, helper)])
        if bundled is not None:
            until = pacing.expires(context, request, helper)
            offers.add(context.session, request, beside, helper.id, context.now, until)
            said[helper.id] = bundled
        elif (held := there.get(helper.id)) is not None:
            said[helper.id] = Said("offer_where_you_go", {"what": what, "held": held.number})
    return said


def _in_one_text(
    context: Context, helper: Person, request: Request, what: What, beside: Sequence[Request]
) -> tuple[Sequence[Request], Said | None]:
    """As many of these as one segment says, and how it says them; None where not even one fits in."""
    book = phrasebook.book(helper.speaks(context.line))
    while beside:
        same = all(other.building == request.building for other in beside)
        phrase = "offer_same_building" if same else "offer_same_block"
        rows = Several([_briefly(context, other) for other in beside])
        said = Said(phrase, {"what": what, "rows": rows})
        text = book.say("offer", {"number": request.number, "what": said})
        if segments.count(segments.thrifty(text)) == 1:
            return beside, said
        beside = beside[:-1]
    return (), None


def _briefly(context: Context, request: Request) -> Said:
    """`#43 diapers`: what is known of it from the first is left out."""
    what = replace(context.what(request), where=None, area=None, words=None)
    return Said("beside_row", {"number": request.number, "what": what})


def _may_go_along(context: Context, request: Request, other: Request) -> bool:
    """Whether one who comes for the first could do the other on the same way."""
    if request.presses or other.presses or other.helpers_wanted > 1 or request.helpers_wanted > 1:
        return False  # what cannot wait is asked for by itself
    if not other.wave or other.building is None or other.in_line or other.is_booked(context.now):
        return False  # nobody is asked: it is in line, held, or fetched at a distribution
    return _same_day(context, request, other)


def _same_day(context: Context, request: Request, other: Request) -> bool:
    """Whether one errand could serve both, as far as either has said when."""
    zone = ZoneInfo(context.line.timezone)
    days = [{at.astimezone(zone).date() for at in (r.needed_from, r.needed_until) if at} for r in (request, other)]
    return not all(days) or bool(days[0] & days[1])


def _fits(context: Context, helper: Person, request: Request) -> bool:
    """Whether they would be asked about it by itself, as far as they themselves decide it."""
    needs = {*request.needs} - {"other"}
    able = not helper.can or not needs or bool(needs.intersection(helper.can))
    near = not helper.areas or request.area_id is None or request.area_id in helper.areas
    if not (able and near) or request.person_id == helper.id:
        return False
    if kept_apart.are(context.session, request, helper.id) or not newcomers.may_take(context, helper, request):
        return False
    return helper.id not in assignments.ever_on(context.session, request)


def _room(context: Context, helper: Person) -> int:
    """How many they may take beside the first."""
    in_hand = len(assignments.held_by(context.session, helper.id))
    return max(0, min(BESIDE, newcomers.room(context, helper, in_hand) - 1))


def together(context: Context, person: Person) -> list[Request]:
    """What they were offered in one text and have not answered, and nobody has taken; empty if that is but one.

    Empty, too, where two texts wait for an answer: "all" could mean either.
    """
    waiting = list(offers.bundles(context.session, person.id).values())
    if len(waiting) != 1 or len(waiting[0]) < DOORS:
        return []
    return [request for request in waiting[0] if request.state is State.OPEN]


def rest(context: Context, person: Person, request: Request) -> list[Request]:
    """What was offered to them in the text that led with this request, besides it."""
    led = offers.bundles(context.session, person.id).get(request.id, [])
    return [other for other in led if other.id != request.id]


def route(context: Context, person: Person, taken: Sequence[Request]) -> Lines | None:
    """In which order to knock, of what they have just taken and what else they have next door; None for one door.

    A door is said only where they have been shown it.
    """
    blocks = {request.block for request in taken if request.block}
    held = [pair for pair in assignments.held_by(context.session, person.id) if pair[1].block in blocks]
    on_the_way = [pair for pair in held if any(_beside(context, pair[1], request) for request in taken)]
    new = {request.id for request in taken}
    beside = {r.block for _, r in on_the_way}
    on_the_way += [(a, r) for a, r in held if r.id in new and r.block in beside and (a, r) not in on_the_way]
    if len({neighboring.door(r.place) for _, r in on_the_way if r.place} - {None}) < DOORS:
        return None
    in_order = sorted(on_the_way, key=lambda pair: neighboring.in_order(pair[1]))
    return Lines([_door(context, person, *pair) for pair in in_order])


def _beside(context: Context, request: Request, other: Request) -> bool:
    return request.id != other.id and request.block == other.block and _same_day(context, request, other)


def _door(context: Context, person: Person, held: Assignment, request: Request) -> Said:
    hidden = doors.look(context, request, person, held).hidden
    shown = not hidden and request.place is not None
    at = Said("door_of", {"place": Place(request.place or "")}) if shown else Said("door_unseen")
    return Said("door_row", {"number": request.number, "at": at})
