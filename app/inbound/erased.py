"""Texts of people who were erased: what they wrote before brings nobody back, who writes anew is known again."""

from datetime import datetime, timedelta

from models import inbound, kept_apart, marks, people
from models.inbound import Heard
from models.lines import Line
from models.people import Person
from models.store.session import Session

A_SECOND = timedelta(seconds=1)  # the carrier's list tells no shorter times


def sift(session: Session, line: Line, heard: Heard, now: datetime, person: Person) -> bool:
    """Whether a text of somebody not known before was written before they were erased; then it is dropped.

    It came late, from the spool or the carrier's list, or a second time. Of any other the author is known again, as
    somebody who said STOP if they did.
    """
    addresses = [each for each in (heard.from_address, heard.hidden_id) if each is not None]
    found = (marks.find(session, line, each) for each in addresses)
    mark = next((each for each in found if each is not None), None)
    if mark is None:
        _known_again(session, line, person, addresses)
        return False
    late = heard.at is not None and heard.at + A_SECOND < mark.erased_at
    if late or marks.is_of_last(session, line, mark, heard.id) or inbound.known_sids(session, [heard.id]):
        people.unmake(session, person)
        inbound.store_erased(session, line.id, heard, now)
        return True
    for name, moment in mark.values.items():
        setattr(person, name, moment)
    session.add(person)
    _known_again(session, line, person, addresses)
    marks.known_again(session, mark, now)
    return False


def _known_again(session: Session, line: Line, person: Person, addresses: list[str]) -> None:
    for each in dict.fromkeys(addresses):
        kept_apart.known_again(session, line, person.id, each)
