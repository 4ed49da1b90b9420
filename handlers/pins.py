"""The place that a neighbor shared, as a pin on a map, for who may see the door and has a phone that shows one."""

import re
from dataclasses import replace

from handlers.summary import Ours
from handlers.turn import Context, Texts
from models.delivery.forms import Pin
from models.delivery.outbound import Lane
from models.people import Person
from models.requests import Request

SPOT = re.compile(r"(-?\d{1,3}\.\d{1,12}),\s?(-?\d{1,3}\.\d{1,12})\)?\s*$")  # how a shared place ends
POLE, TURN = 90, 180  # degrees


def shown(context: Context, request: Request, person: Person) -> Texts:
    """The pin for somebody who was just told where it is; nothing where the neighbor shared no place."""
    pin = of(request)
    if pin is not None:
        spot = Ours(f"{pin.latitude},{pin.longitude}")
        yield replace(context.tell(person, "pin", about=request, lane=Lane.SAFETY, spot=spot), pin=pin)


def of(request: Request) -> Pin | None:
    """Where it is, in degrees, if it was shared so."""
    found = SPOT.search(request.place or "")
    if found is None:
        return None
    latitude, longitude = float(found[1]), float(found[2])
    return (
        Pin(latitude, longitude, f"#{request.number}") if abs(latitude) <= POLE and abs(longitude) <= TURN else None
    )
