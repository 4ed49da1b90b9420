"""Alarms that nobody has answered, as whoever is on duty is told of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from handlers.phrasebook import Value
from handlers.safety import alarms
from handlers.turn import Context
from handlers.wording.summary import Said
from models import requests
from models.alarms import Alarm
from models.people import Person
from models.requests import Request


@dataclass(frozen=True)
class Unheard:
    """One of them; `phrase` is the one by which duty was told first."""

    number: int
    phrase: str
    place: Value
    words: Value
    raised_at: datetime


def look(context: Context, person: Person) -> Iterator[Unheard]:
    """Those that this person may hear of, the one that waits longest first."""
    for alarm in alarms.for_whom(context, person):
        yield of(context, alarm, requests.by_id(context.session, alarm.request_id), person)


def of(context: Context, alarm: Alarm, request: Request, person: Person) -> Unheard:
    """This one."""
    text = alarms.read_to(context, alarm, request, person)[0]
    where = text.values["where"]
    place = where.values["place"] if isinstance(where, Said) else None
    return Unheard(request.number, text.phrase, place, text.values["words"], alarm.raised_at)
