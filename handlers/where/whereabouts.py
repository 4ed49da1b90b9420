"""Where help should come: said, added to later, or the same as last time. Only who comes sees the door."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from handlers.turn import Turn
from handlers.understanding import placing
from handlers.understanding.intents import Understanding
from handlers.where import neighboring, places
from models import requests
from models.lines import Area
from models.requests import Request

LONGEST_VICINITY = 40  # characters; what of it goes out in offers, handlers/where/vicinity.py says
LONGEST_PLACE = 200  # characters of a door and how to find it
REMEMBERED = timedelta(days=60)  # how long "same address" can mean an earlier request


def locate(
    request: Request, words: str, meaning: Understanding, areas: Sequence[Area], shared: str | None = None
) -> None:
    """Note where it is: the area may be told to anybody, the door only to whoever comes."""
    area = places.find(meaning.place or words, areas) or places.find(shared or words, areas)
    if area is not None:
        request.area_id = area.id
    if shared:
        request.place = shared
    elif meaning.place and meaning.public:
        request.vicinity = meaning.place[:LONGEST_VICINITY]
    elif meaning.place:
        request.place = meaning.place
    neighboring.note(request)


def known(request: Request) -> bool:
    """Whether we know at all where it is."""
    return bool(request.place or request.area_id or request.vicinity)


def answered(turn: Turn, request: Request, words: str, meaning: Understanding) -> bool:
    """Note what somebody whom we asked says of where they are; False if it is no place."""
    if placing.answers_same(words) and recall(turn, request):
        return True
    areas = turn.areas
    area = places.find(words, areas)
    if not placing.looks_like_place(words, meaning, area=area is not None):
        return False
    locate(request, words, meaning, areas)
    nowhere = not (request.place or meaning.public or area)
    if nowhere or placing.says_more(words, meaning):  # a door, or how to find it
        request.place = words[:LONGEST_PLACE]
    neighboring.note(request)
    turn.session.add(request)
    return True


def recall(turn: Turn, request: Request) -> bool:
    """Take the place of their latest request that had one, for "same address"; False if there is none."""
    before = requests.placed_since(turn.session, request, turn.now - REMEMBERED)
    if before is None:
        return False
    request.area_id, request.vicinity, request.place = before.area_id, before.vicinity, before.place
    neighboring.note(request)
    turn.session.add(request)
    return True


def learn(turn: Turn, request: Request, words: str, meaning: Understanding) -> None:
    """Note the door, or how to find it, which a neighbor mentions by the way; in danger, any place."""
    if request.person_id != turn.speaker.id:
        return
    if request.danger and not request.place:
        locate(request, words, meaning, turn.areas, turn.heard.location)
        turn.session.add(request)
        return
    before = request.place or request.vicinity
    if before and (door := placing.corrected(words, meaning, before)):
        locate(request, words, replace(meaning, place=door), turn.areas)
        if request.place == before:  # they had told a door, and correct it by a crossing
            request.place = door
        turn.session.add(request)
        return
    door = words if placing.says_more(words, meaning) else meaning.place
    if meaning.exact and door and not any(c.isdigit() for c in request.place or ""):
        request.place = f"{door}, {request.place}"[:LONGEST_PLACE] if request.place else door[:LONGEST_PLACE]
    elif placing.describes_door(words, meaning) and words.casefold() not in (request.place or "").casefold():
        request.place = f"{request.place}, {words}"[:LONGEST_PLACE] if request.place else words[:LONGEST_PLACE]
    neighboring.note(request)
    turn.session.add(request)
