"""Who is around one request, for tests of its page."""

from datetime import timedelta
from typing import NamedTuple

from app.hotline import Hotline
from models import events, people, person_events, requests
from models.store.session import Session
from tests.visiting import Visitor, visitor

DOOR = "214 Oak St apt 3"
ASKS = f"Need groceries for two and rice, {DOOR}, ring twice please"
TALK = "Read what they wrote to each other"


class Cast(NamedTuple):
    """Who is there."""

    ana: Visitor  # asks
    ben: Visitor
    fay: Visitor
    dee: Visitor  # on duty


def gather(hotline: Hotline) -> Cast:
    """Ana has asked, and the others are on the board."""
    ana = visitor(hotline, "+12025550101", "Ana Lopez", helper=False)
    ben = visitor(hotline, "+12025550102", "Ben Carter")
    fay = visitor(hotline, "+12025550105", "Fay")
    dee = visitor(hotline, "+12025550104", "Dee Smith", duty=True)
    ana.says(ASKS)
    for one in (ben, fay, dee):
        one.let_in()
    return Cast(ana, ben, fay, dee)


def see(of: Visitor, number: int = 1) -> str:
    """What they see of a request."""
    answer = of.get(f"/board/requests/{number}")
    assert answer.status_code in (200, 404)
    return answer.text


def make_newcomer(hotline: Hotline, who: Visitor, by: Visitor | None) -> None:
    """Somebody vouched for them by text; nobody, where the host added them."""

    def vouched(session: Session) -> None:
        person = people.by_id(session, who.person_id)
        person.vouched_by_person_id = by.person_id if by else None
        session.add(person)

    hotline.database.write(vouched).result()


def doors_seen(hotline: Hotline, who: Visitor) -> set[int]:
    """Whose exact place they were shown within a day, by the requests."""
    since = hotline.clock.now() - timedelta(days=1)
    return hotline.database.read(lambda s: person_events.places(s, who.person_id, person_events.SAW_PLACE, since))


def kinds(hotline: Hotline, request_id: int = 1) -> list[str]:
    """What happened to a request."""
    return hotline.database.read(lambda s: [event.kind for event in events.history(s, requests.by_id(s, request_id))])
