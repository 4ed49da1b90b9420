"""Danger on the board, for whoever is on duty: how many alarms nobody has answered, and who is on the others."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from handlers.phrasebook import Value
from handlers.safety import alarms
from handlers.turn import Context
from models import alarms as kept
from models import requests
from models.people import Person
from models.requests import Request


@dataclass(frozen=True)
class Taken:
    """Who is on it (None is the reader), since when, and when it is said again unless they are seen at work."""

    name: Value
    since: datetime
    again_at: datetime | None


def unheard(context: Context, person: Person) -> int:
    """How many alarms of others nobody has answered, as far as this person on duty may hear of them."""
    up = [requests.by_id(context.session, alarm.request_id) for alarm in alarms.for_whom(context, person)]
    return sum(request.person_id != person.id for request in up)


def taken(context: Context, person: Person, shown: Collection[Request]) -> dict[int, Taken]:
    """By id of those of others that tell of danger: who is on it."""
    ids = [request.id for request in shown if request.in_danger and request.person_id != person.id]
    return {
        id_: Taken(
            None if by.id == person.id else context.numbered(by), alarm.heard_at or alarm.raised_at, alarm.next_at
        )
        for id_, (alarm, by) in kept.taken(context.session, ids).items()
    }
