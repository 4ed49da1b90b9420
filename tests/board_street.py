"""A street whose board is looked at: who lives there, what waits, and how a page is read."""

import re

import httpx

from app.hotline import Hotline
from models import lines, requests
from models.lines import Area
from models.requests import State, Urgency
from models.store.session import Session
from tests.visiting import Visitor, visitor

ANA, BEN, CARO, DEE, EVE, HAL = (f"+1202555010{n}" for n in range(1, 7))
CARD = re.compile(r'<li id="r(\d+)" class="card"')


def numbers(page: httpx.Response) -> list[int]:
    """The requests on the page, in order."""
    return [int(number) for number in CARD.findall(page.text)]


def columns(page: httpx.Response) -> dict[str, str]:
    """How many each column says there are."""
    return dict(re.findall(r'<h2 id="h-(\w+)">[^<]*<span class="n">([\d,]+)</span>', page.text))


def answer_of(page: httpx.Response) -> str:
    """What is said to whoever pressed."""
    return page.text.partition('<div id="notice"')[2].partition("</div>")[0]


def street(hotline: Hotline) -> dict[str, Visitor]:
    """An area, two who ask, a volunteer, a Spanish-speaking one, and one on duty."""

    def area(session: Session) -> Area:
        line = lines.all_lines(session)[0]
        return session.create(Area, line_id=line.id, name="Oak Hill", aliases=["Oak St"])

    hotline.database.write(area).result()
    people_ = {
        "ana": visitor(hotline, ANA, "Ana Lima", helper=False),
        "eve": visitor(hotline, EVE, "Eve Moss", helper=False),
        "ben": visitor(hotline, BEN, "Ben Carter"),
        "caro": visitor(hotline, CARO, "Caro Díaz", language="es"),
        "dee": visitor(hotline, DEE, "Dee Miller", duty=True),
    }
    people_["dee"].says("DUTY ON")
    return people_


def claimed(hotline: Hotline) -> dict[str, Visitor]:
    """Groceries that Ben has in hand, and a ride that is open."""
    all_ = street(hotline)
    all_["ana"].says("Need groceries for two at 45 Oak St apt 3")
    all_["ben"].says("CLAIM 1")
    all_["eve"].says("I need a ride to the clinic from 9 Oak St")
    return all_


def many(hotline: Hotline, asker: Visitor, count: int, state: State = State.OPEN) -> None:
    """So many requests; every third for a ride, every tenth of them urgent."""

    def ask(session: Session) -> None:
        line = lines.all_lines(session)[0]
        for n in range(count):
            what = {"needs": ["transport" if n % 3 == 0 else "food"]}
            requests.create(
                session,
                line,
                person_id=asker.person_id,
                state=state,
                now=hotline.clock.now(),
                urgency=Urgency.URGENT if n % 10 == 0 else None,
                **what,
            )

    hotline.database.write(ask).result()
