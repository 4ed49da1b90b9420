"""Who else comes, where several help with one request: by the names that others read, and how many of how many."""

from typing import Any

from handlers.summary import Said, Several
from handlers.turn import Context
from models import assignments
from models.assignments import Assignment
from models.people import Person
from models.requests import Request


def others(context: Context, request: Request, but: int) -> list[tuple[Assignment, Person]]:
    """Who has it in hand beside this person, the first to take it first."""
    if not request.several:
        return []
    return [pair for pair in assignments.all_on(context.session, request) if pair[1].id != but]


def names(context: Context, people: list[Person]) -> Several:
    """`Ben, Gus and a neighbor`."""
    return Several([context.somebody(person) for person in people])


def with_whom(context: Context, request: Request, but: int) -> Said | None:
    """Beside whom somebody comes, and how many are wanted; nothing where one alone does it."""
    if not request.several:
        return None
    them = [person for _, person in others(context, request, but)]
    values = counts(request)
    return Said("crew_with", {**values, "name": names(context, them)}) if them else Said("crew_first", values)


def everybody(context: Context, request: Request) -> Several | None:
    """All who have it in hand, by name; None if nobody has, or one alone does it."""
    them = [person for _, person in others(context, request, 0)]
    return names(context, them) if them else None


def counts(request: Request) -> dict[str, Any]:
    """How many have it, and how many are wanted."""
    return {"have": request.helpers_have, "wanted": request.helpers_wanted}
