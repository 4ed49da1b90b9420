"""What somebody has in hand, and what they brought, as far as their screen may show it: as MINE by text."""

from handlers.safety import discreet
from handlers.turn import Context
from models import assignments, kept_apart
from models.assignments import Assignment
from models.people import Person
from models.requests import Request


def in_hand(context: Context, person: Person) -> list[tuple[Assignment, Request]]:
    """What they have in hand."""
    return [] if discreet.keeps_carried(person) else assignments.held_by(context.session, person.id)


def brought(context: Context, person: Person) -> list[tuple[Assignment, Request]]:
    """What they say is there, while its neighbor has not answered; nothing of who asked for somebody else."""
    if discreet.keeps_carried(person):
        return []
    found = assignments.brought_by(context.session, person.id)
    return [(held, request) for held, request in found if not kept_apart.hides(context.session, request, person.id)]
