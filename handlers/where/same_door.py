"""Two phones ask for the same at the same door: whoever is on duty hears of it, and neither of the two ever does.

Whoever texts somebody's address must not learn from us that somebody there asks for help. So nobody there is asked,
and what is told is told to duty alone, who may know them.
"""

from handlers.turn import Context, Texts
from handlers.where import neighboring
from handlers.wording.summary import Needs, Ours
from models import households, kept_apart, people, requests
from models.requests import Request


def told(context: Context, request: Request) -> Texts:
    """A request has just been put out: whether another waits that may be of the same home."""
    if request.building is None or request.in_danger:
        return
    waits = requests.next_door(context.session, request)
    twin = next((other for other in waits if _is_twin(context, request, other)), None)
    if twin is None:
        return
    needs, number = Needs(tuple(n for n in request.needs if n in twin.needs)), Ours(f"#{twin.number}")
    for text in context.tell_duty("duty_same_door", about=request, but=request.person_id, other=number, what=needs):
        if text.to.id != twin.person_id and not kept_apart.hides(context.session, twin, text.to.id):
            yield text


def _is_twin(context: Context, request: Request, other: Request) -> bool:
    """Whether it is another's, for the same, at the very same door; nothing of danger, nor of a phone others read."""
    if other.person_id == request.person_id or other.in_danger or not {*request.needs} & {*other.needs} - {"other"}:
        return False
    if (
        request.place is None
        or other.place is None
        or neighboring.door(request.place) != neighboring.door(other.place)
    ):
        return False
    if other.person_id in households.members(context.session, request.person_id):
        return False
    both = people.by_ids(context.session, [request.person_id, other.person_id])
    if any(person.discreet_since or person.silent_since for person in both.values()):
        return False
    return other.person_id not in kept_apart.of(context.session, request.person_id)
