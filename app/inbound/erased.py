"""Texts of people who were erased: what they wrote before brings nobody back, who writes anew is known again."""

from datetime import datetime, timedelta

from models import inbound, kept_apart, marks, people
from models.inbound import Heard
from models.lines import Line
from models.people import Address, Person
from models.store.session import Session

A_SECOND = timedelta(seconds=1)  # the carrier's list tells no shorter times


def sift(session: Session, line: Line, heard: Heard, now: datetime, person: Person, address: Address) -> bool:
    """Whether a text of somebody not known before was written before they were erased; then it is dropped.

    It came late, from the spool or the carrier's list, or a second time. Of any other the author is known again, as
    somebody who said STOP if they did.
    """
    mark = marks.find(session, line, heard.from_address)
    if mark is None:
        kept_apart.known_again(session, line, person.id, heard.from_address)
        return False
    late = heard.at is not None and heard.at + A_SECOND < mark.erased_at
    if late or marks.is_of_last(session, line, mark, heard.id) or inbound.known_sids(session, [heard.id]):
        people.unmake(session, person, address)
        inbound.store_erased(session, line.id, heard, now)
        return True
    for name, moment in mark.values.items():
        setattr(person, name, moment)
    session.add(person)
    kept_apart.known_again(session, line, person.id, heard.from_address)
    marks.known_again(session, mark, now)
    return False
