"""A place that somebody shared, as a pin on a map: for who may see the door, or for the other side of a match.

Only WhatsApp shows one; by SMS the words say where it is.
"""

import re
from dataclasses import replace

from handlers.turn import Context, Text, Texts, Turn
from handlers.wording.summary import Ours
from models.delivery.forms import Pin
from models.delivery.outbound import Lane
from models.people import Person
from models.requests import Request

SPOT = re.compile(r"(-?\d{1,3}\.\d{1,12}),\s?(-?\d{1,3}\.\d{1,12})\)?\s*$")  # how a shared place ends
POLE, TURN = 90, 180  # degrees
CARRIED = frozenset({"from_neighbor", "from_helper"})  # phrases by which words go to the other side


def shown(context: Context, request: Request, person: Person) -> Texts:
    """The pin for somebody who was just told where it is; nothing where the neighbor shared no place."""
    pin = _read(request.place, request)
    if pin is not None:
        yield _text(context, request, person, pin, Lane.SAFETY)


def along(turn: Turn, request: Request, texts: Texts) -> Texts:
    """The texts, and after the one that carries a place which was just shared to the other side, its pin."""
    pin = _read(turn.heard.location, request)
    for text in texts:
        yield text
        if pin is not None and text.phrase in CARRIED:
            told = _text(turn, request, text.to, pin, text.lane)
            yield replace(told, not_before=text.not_before)


def _text(context: Context, request: Request, person: Person, pin: Pin, lane: Lane) -> Text:
    spot = Ours(f"{pin.latitude},{pin.longitude}")
    return replace(context.tell(person, "pin", about=request, lane=lane, spot=spot), pin=pin)


def _read(place: str | None, request: Request) -> Pin | None:
    """Where it is, in degrees, if it was shared so."""
    found = SPOT.search(place or "")
    if found is None:
        return None
    latitude, longitude = float(found[1]), float(found[2])
    return (
        Pin(latitude, longitude, f"#{request.number}") if abs(latitude) <= POLE and abs(longitude) <= TURN else None
    )
