"""Which volunteer somebody on duty means by a name."""

import re

from handlers.turn import Turn
from models import people
from models.people import Person

WITH_NUMBER = re.compile(r"(?P<name>.*?)\s*\(?#?(?P<number>\d{1,9})\)?")


def named(turn: Turn, words: str) -> list[Person]:
    """Who is meant by `Ana`, `Ana Lopez`, `Ana (7)` or `Ana 7`."""
    if (said := WITH_NUMBER.fullmatch(words)) is None:
        return people.volunteers_named(turn.session, turn.line.id, words)
    found = people.volunteers_named(turn.session, turn.line.id, said["name"])
    return [person for person in found if person.id == int(said["number"])]
