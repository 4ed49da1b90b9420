"""Texts that nobody asked for: they wait until their reader is awake, and the first says who writes."""

from datetime import datetime, timedelta

from handlers import phrasebook
from handlers.members import welcoming
from handlers.setup import importing
from handlers.turn import Text
from handlers.wording import segments
from handlers.wording.summary import Ours
from models import imports, people, shifts
from models.delivery.outbound import Lane
from models.lines import Channel, Line
from models.people import Address
from models.store.session import Session

UNASKED = frozenset({Lane.NOTICE, Lane.BULK})
URGENT = frozenset({Lane.EMERGENCY, Lane.SAFETY})
SAYS_SO = welcoming.PHRASES | {importing.PHRASE}  # who writes, and why
IN_TALK = timedelta(minutes=30)  # after somebody's text, in which they are awake, whatever the hour


def may_leave(session: Session, line: Line, text: Text, home: Address, now: datetime) -> datetime | None:
    """Before when a text must not leave: what nobody asked for waits until its reader is awake. None: at once.

    Whoever has taken a turn on duty by night is awake in it; who is on duty without one may sleep.
    """
    if text.to.discreet_since is not None:  # what they get unasked has a moment of its own
        return text.not_before
    heard = home.last_heard_at
    if text.lane not in UNASKED or text.wakes or (heard is not None and now - heard <= IN_TALK):
        return text.not_before
    awake = people.awake_at(line, text.to, text.not_before or now)
    if awake > now and text.to.on_duty and shifts.on_shift(session, text.to.id, now):
        return text.not_before
    return text.not_before if awake == now else awake


def introduced(session: Session, line: Line, text: Text, home: Address, said: list[str], now: datetime) -> list[str]:
    """The first text ever to somebody whom others have added says who writes to them, and why.

    To a volunteer, and to a neighbor whose request came by a list.
    """
    person = text.to
    if person.introduced_at is not None or text.lane is Lane.EMERGENCY:
        return said  # in danger seconds count: the next text says it
    listed = person.helper_since is None and home.last_heard_at is None and imports.asked_by_list(session, person.id)
    if not listed and (person.helper_since is None or text.lane in URGENT):
        return said
    person.introduced_at = now
    session.add(person)
    if home.last_heard_at is not None or text.phrase in SAYS_SO:  # they know
        return said
    book = phrasebook.book(person.speaks(line), line.language)
    intro = book.say("introduction_asked" if listed else "introduction", {"line": Ours(line.name)})
    return [f"{segments.thrifty(intro) if home.channel is Channel.SMS else intro}{said[0]}", *said[1:]]
