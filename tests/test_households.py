"""Who lives together: by a code alone; what each of them may see; and what an address tells an outsider: nothing."""

from datetime import timedelta
from typing import Any

import pytest

from app.hotline import Hotline
from models import households, kept_apart, lines, people, requests
from models.lines import Channel
from models.people import Person
from models.requests import Request, State
from models.store.session import Session
from tests.besieged import ON_DUTY, VOLUNTEERS, Besieged, phone
from tests.fakes import MORNING

DAY = timedelta(days=1)
ANA, OUT = phone(40), phone(41)


def person(session: Session, n: int) -> Person:
    line = lines.all_lines(session)[0]
    return people.get_or_create(session, line, Channel.SMS, f"+1202555017{n}", MORNING)[0]


def together(session: Session, *others: int) -> list[Person]:
    """The first of them shows a code, and the others bring it."""
    found = [person(session, n) for n in others]
    session.flush()
    for one in found[1:]:
        code = households.show_code(session, found[0], MORNING, MORNING + DAY)
        home = households.with_code(session, one.line_id, code, MORNING)
        assert home is not None
        assert households.join(session, one, home, code, MORNING)
    return found


def wants(session: Session, one: Person, *needs: str, **known: Any) -> Request:
    line = lines.all_lines(session)[0]
    what: dict[str, Any] = {"state": State.OPEN, "needs": list(needs), **known}
    return requests.create(session, line, person_id=one.id, now=MORNING, **what)


def test_all_of_them_are_members_of_one_home_and_who_leaves_is_alone(hotline: Hotline) -> None:
    def work(session: Session) -> None:
        one, two, three = together(session, 1, 2, 3)
        assert households.members(session, two.id) == [one.id, two.id, three.id]
        assert households.members(session, person(session, 4).id) == [person(session, 4).id]
        assert households.leave(session, two)
        assert not households.leave(session, two)
        assert households.members(session, two.id) == [two.id]
        assert households.members(session, one.id) == [one.id, three.id]

    hotline.database.write(work).result()


def test_a_code_is_good_for_one_phone_once_and_for_a_day(hotline: Hotline) -> None:
    def work(session: Session) -> None:
        one, two, three = (person(session, n) for n in (1, 2, 3))
        code = households.show_code(session, one, MORNING, MORNING + DAY)
        home = households.with_code(session, one.line_id, code, MORNING)
        assert home is not None
        assert households.with_code(session, one.line_id, code, MORNING + DAY) is None
        assert not households.join(session, two, home, code, MORNING + DAY)
        assert households.join(session, two, home, code, MORNING)
        assert not households.join(session, three, home, code, MORNING)
        assert households.members(session, three.id) == [three.id]
        anew = households.show_code(session, one, MORNING, MORNING + DAY)
        assert households.leave(session, two)  # who leaves takes the code that waits along
        assert households.with_code(session, one.line_id, anew, MORNING) is None

    hotline.database.write(work).result()


@pytest.mark.parametrize(
    ("needs", "known", "seen"),
    [
        (("food", "baby"), {}, True),
        (("medicine",), {}, False),
        (("food", "medicine"), {}, False),
        (("transport",), {}, False),
        (("safety",), {}, False),
        (("other",), {}, False),
        ((), {}, False),
        (("food",), {"state": State.HELD}, False),
        (("food",), {"danger": "violence_at_home"}, False),
        (("food",), {"emergency": True}, False),
        (("food",), {"state": State.CLOSED}, False),
    ],
)
def test_what_a_home_sees(hotline: Hotline, needs: tuple[str, ...], known: dict[str, object], *, seen: bool) -> None:
    def work(session: Session) -> None:
        one, two = together(session, 1, 2)
        request = wants(session, one, *needs, **known)
        assert ([r.id for r in households.shared(session, two)] == [request.id]) is seen
        assert households.shared(session, one) == []

    hotline.database.write(work).result()


@pytest.mark.parametrize("why", ["discreet", "reads along", "silent", "stopped", "apart", "danger", "left"])
def test_nothing_is_shared_any_more(hotline: Hotline, why: str) -> None:
    def work(session: Session) -> None:
        one, two = together(session, 1, 2)
        wants(session, one, "food")
        if why == "left":
            households.leave(session, one)
        elif why == "apart":
            kept_apart.keep(session, one.line_id, one.id, two.id, MORNING)
        elif why == "danger":  # perhaps of the other one
            wants(session, one, "safety", state=State.HELD, danger="violence_at_home")
        else:
            which, name = {
                "discreet": (one, "discreet_since"),
                "reads along": (two, "discreet_since"),
                "silent": (one, "silent_since"),
                "stopped": (one, "opted_out_at"),
            }[why]
            setattr(which, name, MORNING)
            session.add(which)
        assert households.shared(session, two) == []

    hotline.database.write(work).result()


def told(line: Besieged, asks_at: str, *, taken: bool) -> list[str]:
    """All that somebody reads who texts this address and asks how it stands, where Ana has asked for food before."""
    line.people()
    line.say(f"need groceries for 2, {asks_at}", by=ANA)
    if taken:
        line.say("claim 1", by=VOLUNTEERS[0])
    line.later(minutes=5)
    line.say("need groceries for 2, 88 River Rd apt 3", by=OUT)
    line.later(minutes=5)
    line.say("status", by=OUT)
    line.say("need groceries for 2, 88 River Rd apt 3", by=OUT)
    line.say("household", by=OUT)
    line.later(minutes=5)
    return [text.body if text.phrase != "household_code" else "" for text in line.texts(to=OUT)]


@pytest.mark.parametrize("taken", [False, True])
def test_who_texts_an_address_learns_nothing_of_who_asks_there(pair: tuple[Hotline, Hotline], *, taken: bool) -> None:
    """Word for word the same as where nobody there has asked; duty alone hears of it."""
    there, elsewhere = map(Besieged, pair)
    assert told(there, "88 River Road #3", taken=taken) == told(elsewhere, "12 Elm St", taken=taken)
    assert there.phrases(ON_DUTY[0]).count("duty_same_door") == (not taken)
    assert "duty_same_door" not in elsewhere.phrases(ON_DUTY[0])
    assert "duty_same_door" not in there.phrases(OUT) + there.phrases(ANA)
