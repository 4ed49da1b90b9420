"""Whoever sets the line up: the first volunteer, on duty, whose phone the line is tried with."""

from app.database.engine import Database
from app.golive import roster
from app.golive.dialog import Stop
from app.golive.setup import Setup
from app.settings import Settings
from models import people
from models.lines import Channel
from models.store.session import Session

QUESTION = (
    "Your first name and your own mobile phone, such as: {example}. You become the first volunteer, on duty: what "
    "the hotline cannot do alone comes to you (DUTY OFF, by text, ends that). The line is tried with this phone, too."
)


def run(setup: Setup, settings: Settings, database: Database) -> str:
    """Ask who it is, unless that is known; returns the number of their phone. Raises Stop."""
    known = _address(setup, settings, database)
    if known is not None:
        return known

    def read(said: str) -> int:
        found, wrong = roster.read(said, settings.hotline_country)
        if wrong or len(found) != 1:
            raise ValueError(wrong[0] if wrong else "write one name and one number")
        (one,) = found
        kept = roster.keep(setup, settings, database, [{**one, "duty": "yes"}])
        if kept.refused:
            raise ValueError(kept.refused[0])
        return kept.ids[0]

    setup.state.operator = setup.dialog.ask(
        QUESTION.format(example=roster.example(settings, "Ana")), "--phone", read, given=setup.given.phone
    )
    setup.state.save()
    number = _address(setup, settings, database)
    if number is None:
        raise Stop("Your phone was erased from the hotline just now. Run hotline golive again.")
    return number


def _address(setup: Setup, settings: Settings, database: Database) -> str | None:
    def work(session: Session) -> str | None:
        person = people.find(session, roster.line_of(session, settings).id, setup.state.operator or 0)
        homes = people.addresses_on(session, person.id, Channel.SMS) if person else []
        return homes[0].value if homes else None

    return database.read(work) if setup.state.operator is not None else None
