"""What waits side by side: offered to one volunteer together, never against a rule, and taken by one of several."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from app.hotline import Hotline
from handlers.asking import bundles, waves
from handlers.members import newcomers
from handlers.turn import Context, Text
from handlers.where import neighboring
from models import assignments, kept_apart, lines, people, requests
from models.lines import Channel
from models.offers import PENDING, Offer
from models.people import Person
from models.requests import Request, State, Urgency
from models.store.session import Session
from tests.fakes import MORNING
from tests.racing import BEN, CARO, Course

NEEDS = ("food", "baby", "transport", "safety")
DOORS = ("88 River Rd apt 2", "88 River Road #10", "88 river rd 10a", "94 River Rd", "12 Oak St", "")
PLACES = st.builds(
    "{} {}{}".format,
    st.sampled_from(("8", "88", "104", "104b")),
    st.sampled_from(("River Rd", "river road", "N Oak St", "calle Roble")),
    st.sampled_from(("", " apt 2", " apt 10", " #10a", " apt b", ", 3rd floor", ", the blue door")),
)


class Undone(Exception):
    """What an example has written goes again."""


def request_at(number: int, place: str) -> Request:
    return Request(
        id=number, line_id=1, number=number, person_id=1, state=State.OPEN, needs=["food"], place=place,
        changed_at=MORNING, created_at=MORNING,
    )  # fmt: skip


@given(st.lists(PLACES, max_size=8), st.randoms(use_true_random=False))
def test_doors_have_one_order_whatever_order_they_come_in(places: list[str], chance: object) -> None:
    found = [request_at(n, place) for n, place in enumerate(places)]
    mixed = list(found)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert sorted(mixed, key=neighboring.in_order) == sorted(found, key=neighboring.in_order)
    houses = [
        (door.street, door.house)
        for r in sorted(found, key=neighboring.in_order)
        if (door := neighboring.door(r.place or ""))
    ]
    assert houses == sorted(houses)


@pytest.mark.parametrize(
    ("one", "other", "building", "block"),
    [
        ("88 River Rd apt 2", "88 river road #10, blue door", True, True),
        ("88 River Rd", "94 River Rd", False, True),
        ("88 River Rd", "104 River Rd", False, False),
        ("calle Roble 14", "calle Roble 14 apto 3", True, True),
        ("14 Oak St", "14 N Oak St", False, False),
    ],
)
def test_how_the_same_house_is_written(one: str, other: str, *, building: bool, block: bool) -> None:
    here, there = neighboring.door(one), neighboring.door(other)
    assert here is not None
    assert there is not None
    assert (here.building == there.building, here.block == there.block) == (building, block)


def test_apartments_go_as_people_count_them() -> None:
    places = ["88 River Rd apt 10", "88 River Rd apt 2", "8 River Rd", "88 River Rd apt 2b", "somewhere near"]
    ordered = sorted((request_at(n, place) for n, place in enumerate(places)), key=neighboring.in_order)
    assert [r.place for r in ordered] == [places[i] for i in (2, 1, 3, 0, 4)]


def test_danger_and_refuges_are_beside_nothing() -> None:
    for known in ({"danger": "violence_at_home"}, {"needs": ["safety"]}, {"place": "shelter, 88 River Rd"}):
        request = request_at(1, "88 River Rd")
        for name, value in known.items():
            setattr(request, name, value)
        neighboring.note(request)
        assert request.building is None


ASKS = st.tuples(
    st.sampled_from(DOORS),
    st.sampled_from(NEEDS),
    st.sampled_from((None, *Urgency)),
    st.booleans(),
    st.integers(0, 3),
)
HELPS = st.tuples(st.sampled_from((None, 0, 1, 2, 5)), st.sampled_from(([], ["food"], ["food", "baby"])))


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    asks=st.lists(ASKS, min_size=2, max_size=7),
    helps=st.lists(HELPS, min_size=1, max_size=5),
    apart=st.sets(st.tuples(st.integers(0, 3), st.integers(0, 4)), max_size=4),
    again=st.integers(0, 2),
)
def test_no_rule_is_broken_by_offering_together(
    hotline: Hotline,
    asks: list[tuple[str, str, Urgency | None, bool, int]],
    helps: list[tuple[int | None, list[str]]],
    apart: set[tuple[int, int]],
    again: int,
) -> None:
    def work(session: Session) -> None:
        line = lines.add(session, MORNING, name="another line", sms="+12025550150")
        context = Context(session, line, MORNING)
        askers = [people.get_or_create(session, line, Channel.SMS, f"+1202555010{n}", MORNING)[0] for n in range(4)]
        helpers = [
            people.get_or_create(session, line, Channel.SMS, f"+1303555010{n}", MORNING)[0] for n in range(len(helps))
        ]
        for helper, (most, can) in zip(helpers, helps, strict=True):
            helper.helper_since = helper.vouched_at = MORNING
            helper.max_open, helper.can = most, can
            session.add(helper)
        session.flush()
        for one, other in apart:
            if other < len(helpers):
                kept_apart.keep(session, line.id, askers[one].id, helpers[other].id, MORNING)
        made, texts = list[Request](), list[Text]()
        for place, need, urgency, danger, who in asks:
            what = {"place": place or None, "needs": [need], "urgency": urgency, "danger": "raid" if danger else None}
            draft = requests.create(session, line, person_id=askers[who].id, state=State.DRAFT, now=MORNING, **what)
            texts += waves.open_up(context, draft, "opened", (State.DRAFT,))
            made.append(draft)
        for _ in range(again):
            for request in made:
                texts += waves.ask_next(context, request)
        session.flush()
        _holds(session, context, helpers, {request.id: request for request in made}, texts)
        raise Undone

    with pytest.raises(Undone):
        hotline.database.write(work).result()


def _holds(
    session: Session, context: Context, helpers: list[Person], made: dict[int, Request], texts: list[Text]
) -> None:
    offers = list(session.exec(select(Offer).where(Offer.line_id == context.line.id)))
    assert len({(offer.request_id, offer.person_id) for offer in offers}) == len(offers)
    for offer in offers:
        request = made[offer.request_id]
        assert not kept_apart.are(session, request, offer.person_id)
        assert request.person_id != offer.person_id
        if offer.lead_request_id is not None:
            lead = made[offer.lead_request_id]
            assert not request.presses
            assert not lead.in_danger
            assert request.block == lead.block is not None
            assert (lead.id, offer.person_id) in {(each.request_id, each.person_id) for each in offers}
    for helper in helpers:
        together: dict[int, int] = {}
        for offer in offers:
            if offer.person_id == helper.id and offer.state in PENDING:
                led = offer.lead_request_id or offer.request_id
                together[led] = together.get(led, 0) + 1
        room = newcomers.room(context, helper, len(assignments.held_by(session, helper.id)))
        assert all(many <= max(room, 1) for many in together.values())
        read = [made[text.request_id or 0] for text in texts if text.phrase == "offer" and text.to.id == helper.id]
        counted = session.get_one(Person, helper.id)
        session.refresh(counted)
        assert counted.asked_today == sum(not request.in_danger for request in read)


def test_what_nobody_is_asked_about_goes_along_with_nothing(hotline: Hotline) -> None:
    """Not what is in line, held, or fetched at a distribution; what waits as others do goes along."""

    def work(session: Session) -> None:
        context = Context(session, lines.add(session, MORNING, name="another line", sms="+12025550150"), MORNING)
        later = MORNING + timedelta(hours=1)
        first = request_at(1, "88 River Rd apt 2")
        for known, along in (
            ({}, True),
            ({"wave": 0}, False),
            ({"queued_at": MORNING}, False),
            ({"queued_at": MORNING, "turn_at": MORNING}, True),
            ({"booked_until": later}, False),
        ):
            other = request_at(2, "88 River Rd apt 3")
            other.wave = 1
            neighboring.note(other)
            for name, value in known.items():
                setattr(other, name, value)
            assert bundles._may_go_along(context, first, other) is along, known

    hotline.database.read(work)


def test_two_take_what_overlaps_at_once(course: Course) -> None:
    """Each request has one who has it, and each hears of exactly those that are theirs."""
    for words in (
        ("claim all", "claim all"),
        ("claim {1} {0}", "claim all"),
        ("claim {0}", "claim {1}"),
        ("pass", "claim all"),
    ):
        numbers = [course.asked(place=f"88 River Rd apt {n}", state=State.DRAFT) for n in (1, 2)]
        _offer(course, numbers)
        deeds = [(who, said.format(*numbers)) for who, said in zip((BEN, CARO), words, strict=True)]
        course.race(numbers[0], *deeds)
        stories = [course.story(number) for number in numbers]
        for story in stories:
            assert len(story.holders) <= 1, story
            assert {text.to for text in story.said("claim_yours")} == story.holders, story
        if "pass" not in words:
            assert all(story.holders for story in stories)
        course.over()


def _offer(course: Course, numbers: list[int]) -> None:
    """Both volunteers are asked about both, each text leading with another."""

    def work(session: Session) -> None:
        context = course.context(session)
        for number in numbers:
            request = requests.by_number(session, context.line.id, number)
            assert request is not None
            context.line.rules = {**context.line.rules, "first_wave": 1}
            waves.open_up(context, request, "opened", (State.DRAFT,))

    course.hotline.database.write(work).result()
