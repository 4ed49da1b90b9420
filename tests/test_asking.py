"""Whom to ask, how many, when: one unanswered offer at a time, quiet hours, and what is measured."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from app.hotline import Hotline
from app.inbound import tick
from app.outbound import outbox, unasked
from handlers.asking import waves
from handlers.turn import Context, Text
from models import answering, lines, offers, people, requests
from models.answering import USUAL, Curve, Outcome
from models.delivery.outbound import Lane, Outbound
from models.lines import DEFAULT_POLICY, Channel, Line, Policy
from models.offers import Offer, State
from models.people import Person
from models.requests import Request, Urgency
from models.requests import State as RequestState
from models.store.session import Session
from tests import neighbors
from tests.fakes import MORNING

HOUR = timedelta(hours=1)
USUAL_CURVE = Curve(tuple(m for m, _ in USUAL), tuple(share for _, share in USUAL))


def volunteers(session: Session, line: Line, many: int, now: datetime) -> list[Person]:
    """So many, who can do all and everywhere."""
    return [
        neighbors.add(session, line, Channel.SMS, f"+1303555{n:04}", now, name=f"N{n}", helper=True)
        for n in range(many)
    ]


def asked_for(session: Session, line: Line, now: datetime, urgency: Urgency | None = None) -> Request:
    """Something to eat, for somebody."""
    asker, _ = people.get_or_create(session, line, Channel.SMS, "+12025550101", now)
    return requests.create(
        session, line, person_id=asker.id, state=RequestState.OPEN, now=now, needs=["food"], urgency=urgency
    )


def first_line(session: Session) -> Line:
    return lines.all_lines(session)[0]


# How many, and when.


@pytest.mark.parametrize("chance", [0.05, 0.1, 0.25, 0.47])
def test_a_later_wave_is_as_many_as_it_takes_to_get_about_one_yes(chance: float) -> None:
    pace = answering.pace(DEFAULT_POLICY, Urgency.TODAY)
    assert pace.size(0, [], chance, USUAL_CURVE) == 3
    later = pace.size(1, [], chance, USUAL_CURVE)
    assert abs(later * chance - pace.yeses) <= chance
    assert pace.size(1, [(100, 0.0)], chance, USUAL_CURVE) == 1  # enough may still come


@given(st.sampled_from(list(Urgency)), st.floats(0.02, 0.9), st.integers(1, 40), st.floats(0, 200))
def test_the_next_wave_goes_when_too_few_may_still_come(
    urgency: Urgency, chance: float, many: int, age: float
) -> None:
    pace = answering.pace(DEFAULT_POLICY, urgency)
    gap = pace.gap([(many, age)], chance, USUAL_CURVE)
    assert pace.least <= gap <= pace.longest
    if gap < pace.longest:
        assert pace.expected([(many, age)], chance, USUAL_CURVE, gap) < pace.more_below
    if gap > pace.least:
        assert pace.expected([(many, age)], chance, USUAL_CURVE, gap - 0.1) >= pace.more_below


def test_fixed_sizes_and_gaps_override_what_is_measured() -> None:
    pace = answering.pace(Policy(waves=(2, 5), gap_today=45), Urgency.TODAY)
    assert [pace.size(wave, [], 0.1, USUAL_CURVE) for wave in range(3)] == [2, 5, 5]
    assert pace.gap([(2, 0.0)], 0.1, USUAL_CURVE) == 45


# What is measured.


def outcomes(many: int, minutes: float, *, answered: bool = True, yes: bool = False) -> list[Outcome]:
    return [Outcome(("food",), 10, minutes, answered, yes)] * many


def answers_as(found: list[Outcome], policy: Policy = DEFAULT_POLICY) -> answering.Answering:
    return answering.Answering(policy, answering.measured(found))


def test_with_nothing_measured_the_usual_holds() -> None:
    known = answering.Answering(DEFAULT_POLICY, {})
    assert known.chance(["food"], 10) == DEFAULT_POLICY.yes_prior
    assert [known.curve.at(minutes) for minutes in (12, 60, 120)] == [0.5, 0.82, 0.92]


def test_who_says_yes_is_counted_by_need_and_hour_and_eased_by_what_is_usual() -> None:
    known = answers_as([*outcomes(300, 5, yes=True), *outcomes(300, 700, answered=False)])
    assert 0.4 < known.chance(["food"], 10) < 0.5
    assert known.chance(["food"], 10) > known.chance(["pets"], 10) > known.chance(["food"], 10) - 0.05
    few = answers_as(outcomes(1, 5, yes=True))
    assert few.chance(["pets"], 20) == pytest.approx((1 + 2) / 21)


def test_whoever_was_let_off_early_counts_as_asked_for_as_long_as_they_were() -> None:
    early = answers_as([*outcomes(30, 5, yes=True), *outcomes(270, 1, answered=False)])
    late = answers_as([*outcomes(30, 5, yes=True), *outcomes(270, 700, answered=False)])
    assert early.chance() > 2 * late.chance()


def test_slow_answers_make_the_curve_slow_and_figures_override_it() -> None:
    slow = answers_as(outcomes(1000, 100))
    assert slow.curve.at(60) < 0.3 < USUAL_CURVE.at(60)
    assert list(slow.curve.shares) == sorted(slow.curve.shares)
    fixed = Policy(answer_minutes=(5, 10, 20), yes_chance=0.3)
    assert answers_as(outcomes(1000, 100), fixed).curve.at(10) == 0.82
    assert answers_as(outcomes(1000, 100), fixed).chance(["food"], 10) == 0.3


def test_every_night_it_is_measured_from_the_offers(hotline: Hotline) -> None:
    def work(session: Session) -> None:
        line = first_line(session)
        for n in range(40):
            request = asked_for(session, line, MORNING)
            for person in volunteers(session, line, 2, MORNING):
                person.pending_offer_request_id = None
                session.add(person)
                offers.create(session, request, [person], 1, MORNING)
                to = State.ACCEPTED if n % 2 else State.PASSED
                offers.settle(session, request.id, to, MORNING + 7 * timedelta(minutes=1), person_id=person.id)
        tick.tick(session, MORNING)
        assert first_line(session).answering["offers"] == 80
        assert 0.3 < answering.of(first_line(session)).chance(["food"], 10) < 0.5

    hotline.database.write(work).result()


# One unanswered offer at a time.


@pytest.fixture
def other(hotline: Hotline) -> Iterator[Hotline]:
    """Another process on the same database."""
    running = Hotline(hotline.settings, carrier=hotline.carrier, clock=hotline.clock)
    yield running
    running.stop()


def test_two_processes_that_ask_for_two_requests_never_ask_the_same_volunteer(
    hotline: Hotline, other: Hotline
) -> None:
    def prepare(session: Session) -> list[int]:
        line = first_line(session)
        volunteers(session, line, 4, MORNING)
        return [asked_for(session, line, MORNING).id for _ in range(8)]

    ids = hotline.database.write(prepare).result()

    def ask(at: int) -> None:
        def work(session: Session) -> None:
            context = Context(session, first_line(session), MORNING)
            waves.ask_next(context, requests.by_id(session, ids[at]), first=True)

        (hotline, other)[at % 2].database.write(work).result()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(8)))
    made = hotline.database.read(lambda s: [(o.person_id, o.request_id) for o in s.exec(select(Offer))])
    assert len(made) == 4
    assert len({person for person, _ in made}) == 4


def test_a_volunteer_whom_somebody_else_has_asked_meanwhile_is_left_out(hotline: Hotline) -> None:
    def work(session: Session) -> None:
        line = first_line(session)
        both = volunteers(session, line, 2, MORNING)
        one, two = asked_for(session, line, MORNING), asked_for(session, line, MORNING)
        assert offers.create(session, one, both[:1], 1, MORNING) == both[:1]
        assert offers.create(session, two, both, 1, MORNING) == both[1:]
        session.refresh(both[0])
        assert both[0].pending_offer_request_id == one.id
        assert both[0].asked_today == both[1].asked_today == 1

    hotline.database.write(work).result()


def test_the_text_of_an_earlier_life_of_a_request_leaves_its_newer_offer_alone(hotline: Hotline) -> None:
    def work(session: Session) -> None:
        line = first_line(session)
        (helper,) = volunteers(session, line, 1, MORNING)
        request = asked_for(session, line, MORNING)
        context = Context(session, line, MORNING)
        outbox.queue(session, line, "first", waves.ask_next(context, request, first=True), MORNING)
        text = session.exec(select(Outbound).where(Outbound.phrase == "offer")).one()
        offers.reset(session, request.id)
        later = Context(session, line, MORNING + HOUR)
        assert waves.asked(waves.ask_next(later, request)) == 1
        outbox.report_failure(session, text, later.now)
        assert offers.pending_numbers(session, helper.id) == [request.number]
        newer = session.exec(select(Offer)).one()
        assert offers.settle(session, request.id, State.UNDELIVERED, later.now, made_by=newer.created_at) != []

    hotline.database.write(work).result()


def test_an_offer_expires_and_three_in_a_row_are_counted_until_they_write(hotline: Hotline) -> None:
    def work(session: Session) -> None:
        line = first_line(session)
        (helper,) = volunteers(session, line, 1, MORNING)
        now = MORNING
        for expected in (1, 2, 3):
            request = asked_for(session, line, now)
            waves.ask_next(Context(session, line, now), request, first=True)
            requests.close(session, request, requests.Outcome.WITHDRAWN, now)
            now += timedelta(minutes=line.policy.offer_lasts)
            tick.tick(session, now)
            session.refresh(helper)
            assert (helper.unanswered, helper.pending_offer_request_id) == (expected, None)

    hotline.database.write(work).result()


# Quiet hours.


@given(
    hour=st.integers(0, 47),
    minute=st.integers(0, 59),
    lane=st.sampled_from(list(Lane)),
    wakes=st.booleans(),
    heard=st.integers(0, 90),
    own=st.sampled_from([None, (540, 1080), (1320, 360)]),
)
def test_nobody_is_texted_unasked_in_quiet_hours(
    hour: int, minute: int, lane: Lane, wakes: bool, heard: int, own: tuple[int, int] | None
) -> None:
    now = MORNING + timedelta(hours=hour, minutes=minute)
    line = Line(id=1, name="Oak", created_at=MORNING)
    person = Person(id=1, line_id=1, created_at=MORNING)
    person.hours_from, person.hours_until = own or (None, None)
    home = people.Address(
        id=1, line_id=1, person_id=1, channel=Channel.SMS, value="+12025550101", created_at=MORNING,
        last_heard_at=now - timedelta(minutes=heard),
    )  # fmt: skip
    text = Text(person, "offer", {}, lane, wakes=wakes)
    leaves = unasked.may_leave(None, line, text, home, now) or now  # type: ignore[arg-type]
    asleep = not people.waking(line, person).at(now)
    if lane in (Lane.NOTICE, Lane.BULK) and asleep and not wakes and heard > 30:
        has_any = people.waking(line, person).next(now) is not None
        assert people.waking(line, person).at(leaves) or not has_any
        assert leaves > now or not has_any
    else:
        assert leaves == now


def test_a_text_that_waits_for_the_morning_lives_from_then_on(hotline: Hotline) -> None:
    night = MORNING - 7 * HOUR

    def work(session: Session) -> None:
        line = first_line(session)
        (helper,) = volunteers(session, line, 1, night)
        context = Context(session, line, night)
        outbox.queue(session, line, "x", [context.tell(helper, "duty_quota")], night)
        row = session.exec(select(Outbound)).one()
        assert row.not_before == MORNING - 2 * HOUR
        assert row.expires_at == MORNING - 2 * HOUR + outbox.LIFETIMES[Lane.NOTICE]

    hotline.database.write(work).result()
