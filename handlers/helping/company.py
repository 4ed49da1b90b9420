"""Who else comes, where several help with one request: by the names that others read, and how many of how many."""

from collections.abc import Sequence
from typing import Any

from handlers.turn import Context
from handlers.wording.summary import Name, Said, Several
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


def meant(context: Context, request: Request, words: str = "") -> list[Person]:
    """Of whom these words about whoever has it are: of several those whom they name, else all.

    Nobody may hear a complaint of themselves, so that where it could be any of them it is of each.
    """
    them = [person for _, person in assignments.holding(context.session, request)]
    return named_in(words, them) or them


def named_in(words: str, people: Sequence[Person]) -> list[Person]:
    """Those of these whose first name the words have."""
    said = {word.strip(".,;:!?'\"()").removesuffix("'s").casefold() for word in words.replace("\u2019", "'").split()}
    return [one for one in people if one.name.strip() and one.name.split()[0].casefold() in said]


def one_of(context: Context, people: Sequence[Person]) -> Name | Said | Several | None:
    """`Ben or Gus`: one of them, and it was not said who."""
    names_ = [context.somebody(person) for person in people]
    return Several(names_, style="or") if len(names_) > 1 else names_[0] if names_ else None


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
