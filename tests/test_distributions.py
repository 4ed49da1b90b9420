"""Distributions: whatever is said in whatever order, places are never overfilled and nobody is invited twice."""

import shutil
from collections import Counter
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlmodel import col, select

from app.hotline import Hotline
from app.inbound.receive import Taken
from models import distributions, households, invitations, lines, people, requests, stock
from models.delivery.outbound import Outbound
from models.distributions import HOLDS, Distribution, Invitation, Slot, Stage, State
from models.inbound import Heard
from models.lines import Channel
from models.people import Person
from models.report import pressure, ways
from models.report.span import Span
from models.report.ways import Way
from models.requests import Request
from models.requests import State as RequestState
from models.store.session import Session
from tests import fakes, neighbors
from tests.fakes import LINE, Recorder, StillClock

DEE, BEN = "+12025550104", "+12025550102"
NEIGHBORS = [f"+120255502{n:02}" for n in range(24)]
FEW = NEIGHBORS[:8]
PLAN = "DISTRO {} 10-12 at Elm Hall, {} places, for food"
SHORT = settings(max_examples=3, stateful_step_count=30, suppress_health_check=list(HealthCheck))
ANSWERS = (
    "1 | 2 | 3 | 4 | 5 | no | FORGET ME | any | another | at 11 | 11:30 | cant make it sorry | NEVERMIND | STOP |"
    " START | need groceries, 14 Oak St | STATUS | thanks"
).split(" | ")
sids = count(1)


def begin(hotline: Hotline, *, rules: dict[str, object] | None = None) -> None:
    """Dee is on duty, Ben helps with rides; nobody else can be asked about food."""

    def work(session: Session) -> None:
        line = lines.all_lines(session)[0]
        line.rules = {"reply_limit": 0, "rate_sms": 1e6, "burst_seconds": 0, "answers_per_day": 0, **(rules or {})}
        session.add(line)
        now = hotline.clock.now()
        neighbors.add(session, line, Channel.SMS, DEE, now, name="Dee", helper=True, duty=True, can=["childcare"])
        neighbors.add(session, line, Channel.SMS, BEN, now, name="Ben", helper=True, can=["transport"])

    hotline.database.write(work).result()


def say(hotline: Hotline, who: str, words: str) -> None:
    """A text comes in."""
    taken = hotline.receive(Heard(f"SM{next(sids)}", Channel.SMS, who, LINE, words)).result()
    assert taken is Taken.HANDLED


def said(hotline: Hotline, *phrases: str) -> Counter[str]:
    """To whom these were said, and how often."""
    query = select(Outbound.to).where(col(Outbound.phrase).in_(phrases))
    return hotline.database.read(lambda session: Counter(session.exec(query)))


def sums(session: Session) -> None:
    """What must hold at every moment."""
    for each in session.exec(select(Distribution)):
        slots = list(session.exec(select(Slot).where(Slot.distribution_id == each.id)))
        rows = list(session.exec(select(Invitation).where(Invitation.distribution_id == each.id)))
        assert sum(slot.capacity for slot in slots) == each.places
        held = Counter(row.slot for row in rows if row.state in HOLDS)
        for slot in slots:
            assert 0 <= slot.walkins <= slot.taken <= slot.capacity
            assert slot.taken == held[slot.slot] + slot.walkins
        assert held.total() + sum(slot.walkins for slot in slots) <= each.places
        assert len({row.person_id for row in rows}) == len(rows)
        tags = [row.tag for row in rows if row.tag is not None]
        assert len({*tags}) == len(tags)
        counted = distributions.counts(session, each)
        assert counted.invited == len(rows) == counted.states.total()
        assert counted.left == each.places - held.total() - counted.walkins
        if each.stage is not Stage.ON:
            assert not any(row.state in (State.INVITED, State.BOOKED) for row in rows)
    going = list(session.exec(select(Invitation).where(Invitation.state == State.BOOKED)))
    booked = {row.request_id for row in going}
    assert len(booked) == len(going)
    held_back = select(Request).where(col(Request.booked_until).is_not(None), Request.state == RequestState.OPEN)
    missed = {row.request_id for row in session.exec(select(Invitation).where(Invitation.state == State.NO_SHOW))}
    assert {request.id for request in session.exec(held_back)} <= booked | missed  # nobody waits for a lost place


class Afternoons(RuleBasedStateMachine):
    """Any number of distributions, planned, changed, called off, booked, visited and missed."""

    migrated: Path
    folder: Path
    made = count(1)

    def __init__(self) -> None:
        super().__init__()
        file = shutil.copy(self.migrated, self.folder / f"{next(self.made)}.db")
        self.clock = StillClock()
        self.hotline = Hotline(fakes.settings(f"sqlite:///{file}"), carrier=Recorder(), clock=self.clock)
        self.hotline.prepare()

    def teardown(self) -> None:
        self.hotline.stop()

    @initialize(places=st.sampled_from([1, 3, 5, 9]))
    def ask(self, places: int) -> None:
        """Some ask, and a distribution is on."""
        begin(self.hotline)
        for who in FEW:
            say(self.hotline, who, "need groceries, 14 Oak St")
        say(self.hotline, DEE, PLAN.format("tomorrow", places))
        say(self.hotline, DEE, "1")
        self.hotline.tick()

    @rule(who=st.sampled_from(FEW), words=st.sampled_from(ANSWERS))
    def answers(self, who: str, words: str) -> None:
        self.clock.advance(timedelta(seconds=4))
        say(self.hotline, who, words)

    @rule(who=st.sampled_from(FEW), words=st.sampled_from(["1", "2", "any"]))
    def books(self, who: str, words: str) -> None:
        self.answers(who, words)

    @rule(
        words=st.sampled_from(
            "1 | 2 | DISTRO D1 2 places | DISTRO D1 9 places | DISTRO D2 5 places | DISTRO D1 OFF |"
            " DISTRO D2 OFF rain | DISTRO | DISTRO D1".split(" | ")
        )
    )
    def duty(self, words: str) -> None:
        self.clock.advance(timedelta(seconds=4))
        say(self.hotline, DEE, words)

    @rule(day=st.sampled_from(["today", "tomorrow", "friday"]), places=st.sampled_from([1, 4, 7]))
    def plans(self, day: str, places: int) -> None:
        self.clock.advance(timedelta(seconds=4))
        say(self.hotline, DEE, PLAN.format(day, places))
        say(self.hotline, DEE, "1")

    @rule(
        verb=st.sampled_from(["HERE", "HERE", "NOT HERE"]),
        whom=st.sampled_from("1 | 2 | 3 | 1 4 5 | WALKIN | WALKIN 3 | D1 2 | D2 1".split(" | ")),
    )
    def table(self, verb: str, whom: str) -> None:
        self.clock.advance(timedelta(seconds=4))
        say(self.hotline, BEN, f"{verb} {whom}")

    @rule(minutes=st.sampled_from([1, 31, 61, 125, 6 * 60, 11 * 60, 24 * 60]))
    def time(self, minutes: int) -> None:
        self.clock.advance(timedelta(minutes=minutes))
        self.hotline.tick()

    @rule()
    def to_the_table(self) -> None:
        """It is the hour in which the next one begins."""
        coming = self.hotline.database.read(lambda session: distributions.coming(session, 1))
        if coming and coming[0].begins_at > self.clock.now():
            self.clock.advance(coming[0].begins_at - self.clock.now())
            self.hotline.tick()

    @invariant()
    def adds_up(self) -> None:
        self.hotline.database.read(sums)


@pytest.fixture
def afternoons(migrated_file: Path, tmp_path: Path) -> type[Afternoons]:
    return type("Told", (Afternoons,), {"migrated": migrated_file, "folder": tmp_path})


def test_places_are_never_overfilled_and_all_sums_add_up(afternoons: type[Afternoons]) -> None:
    run_state_machine_as_test(afternoons, settings=SHORT)


@pytest.fixture
def planned(hotline: Hotline) -> Hotline:
    """Twenty households are invited to three places."""
    begin(hotline, rules={"distro_yes": 0.15})
    for who in NEIGHBORS[:20]:
        say(hotline, who, "need groceries, 14 Oak St")
    say(hotline, DEE, PLAN.format("tomorrow", 3))
    say(hotline, DEE, "1")
    hotline.tick()
    return hotline


def test_twenty_book_the_last_three_places_at_once(planned: Hotline) -> None:
    assert said(planned, "distro_invite") == Counter(NEIGHBORS[:20])
    url = planned.settings.database_url
    other = Hotline(fakes.settings(url), carrier=Recorder(), clock=StillClock(planned.clock.now()))
    both = planned, other
    going = [
        both[n % 2].receive(Heard(f"RM{n}", Channel.SMS, who, LINE, ("any", "1")[n % 4 // 2]))
        for n, who in enumerate(NEIGHBORS[:20])
    ]
    assert {one.result() for one in going} == {Taken.HANDLED}
    other.stop()
    planned.database.read(sums)
    booked = said(planned, "distro_booked", "distro_booked_number")
    assert booked.total() == 3
    assert booked + said(planned, "distro_full", "distro_filled") == Counter(NEIGHBORS[:20])


def test_a_batch_that_was_cut_short_invites_nobody_twice(hotline: Hotline) -> None:
    """The process ends in the middle of a batch, before its commit, and again right after it."""
    begin(hotline)
    for who in FEW:
        say(hotline, who, "need groceries, 14 Oak St")
    say(hotline, DEE, PLAN.format("tomorrow", 20))
    say(hotline, DEE, "1")

    class Killed(Exception):
        pass

    def half(session: Session) -> None:
        (each,) = distributions.coming(session, 1)
        for request in invitations.waiting(session, each, hotline.clock.now(), 4):
            invitations.invite(session, each, request, 1, hotline.clock.now(), each.begins_at)
        session.flush()
        raise Killed

    with pytest.raises(Killed):
        hotline.database.write(half).result()
    hotline.tick()
    hotline.tick()
    assert said(hotline, "distro_invite") == Counter(FEW)
    hotline.database.read(sums)


def test_a_household_is_invited_once(hotline: Hotline) -> None:
    begin(hotline)
    for who in FEW[:3]:
        say(hotline, who, "need groceries, 14 Oak St")

    def together(session: Session) -> None:
        line, now = lines.all_lines(session)[0], hotline.clock.now()
        one, other, _ = (person(session, who) for who in FEW[:3])
        code = households.show_code(session, one, now, now + timedelta(hours=1))
        session.refresh(one)
        assert one.household_id is not None
        assert households.join(session, other, one.household_id, code, now)
        assert line

    hotline.database.write(together).result()
    say(hotline, DEE, PLAN.format("tomorrow", 20))
    say(hotline, DEE, "1")
    hotline.tick()
    assert said(hotline, "distro_invite") == Counter([FEW[0], FEW[2]])


def person(session: Session, number: str) -> Person:
    """Whose phone this is."""
    found = people.by_address(session, lines.all_lines(session)[0], Channel.SMS, number)
    assert found is not None
    return found[0]


def test_it_is_for_what_is_in_stock_and_not_for_whom_it_is_promised_to(hotline: Hotline) -> None:
    begin(hotline)
    say(hotline, FEW[0], "need groceries, 14 Oak St")
    say(hotline, FEW[1], "need diapers, 15 Oak St")
    say(hotline, FEW[2], "need diapers, 16 Oak St")

    def fill(session: Session) -> None:
        now = hotline.clock.now()
        until = now + timedelta(days=7)
        item = stock.add(session, 1, "diapers", now, needs=["baby"], count=9, until=until)
        session.flush()
        promised = requests.live_of(session, person(session, FEW[2]).id)[0]
        assert stock.promise(session, item, promised.id, 1, now)

    hotline.database.write(fill).result()
    say(hotline, DEE, "DISTRO tomorrow 10-12 at Elm Hall, 8 places")
    say(hotline, DEE, "1")
    hotline.tick()
    assert said(hotline, "distro_invite") == Counter([FEW[1]])


@given(data=st.data())
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
def test_stock_is_never_promised_twice(migrated_file: Path, tmp_path: Path, data: st.DataObject) -> None:
    """What is kept for the places of a distribution is promised to nobody else, nor is what was given there."""
    file = shutil.copy(migrated_file, tmp_path / f"{next(sids)}.db")
    clock = StillClock()
    hotline = Hotline(fakes.settings(f"sqlite:///{file}"), carrier=Recorder(), clock=clock)
    hotline.prepare()
    begin(hotline)
    there = data.draw(st.integers(1, 9), "diapers")

    def adds_up(session: Session) -> None:
        kept = sum(each.places for each in distributions.reserving(session, 1, ["baby"]))
        over = [each for each in session.exec(select(Distribution)) if each.stage in (Stage.OVER, Stage.OFF)]
        given_there = sum(distributions.counts(session, each).handed_out for each in over)
        (item,) = session.exec(select(stock.StockItem))
        promised = sum(each.count for each in stock.known(session, item) if each.state in stock.HOLDING)
        assert promised + kept + given_there <= there
        assert item.left is not None
        assert item.left == there - promised - given_there
        both = [row for row in session.exec(select(Invitation)) if row.state in (State.BOOKED, State.INVITED)]
        assert not stock.holds(session, [row.request_id for row in both])

    say(hotline, DEE, f"STOCK diapers {there}")
    plan = "DISTRO {} 10-11 at Elm Hall, {} places"
    for _ in range(data.draw(st.integers(4, 16), "steps")):
        clock.advance(timedelta(seconds=4))
        match data.draw(st.sampled_from(["ask", "ask", "yes", "yes", "keep", "plan", "off", "time", "came"]), "step"):
            case "ask":
                say(hotline, data.draw(st.sampled_from(FEW)), "need diapers, 14 Oak St")
            case "yes":
                say(hotline, data.draw(st.sampled_from(FEW)), data.draw(st.sampled_from(["1", "2", "yes"])))
            case "keep":
                say(hotline, data.draw(st.sampled_from(FEW)), "KEEP")
            case "plan":
                say(hotline, DEE, plan.format(data.draw(st.sampled_from(["tomorrow", "friday"])), there - 1 or 1))
                say(hotline, DEE, "1")
            case "off":
                say(hotline, DEE, f"DISTRO D{data.draw(st.sampled_from([1, 2]))} OFF")
            case "came":
                say(hotline, BEN, data.draw(st.sampled_from(["HERE 1", "HERE 2", "HERE WALKIN 2"])))
            case "time":
                clock.advance(timedelta(minutes=data.draw(st.sampled_from([1, 90, 20 * 60]))))
        hotline.tick()
        hotline.database.read(adds_up)
        hotline.database.read(sums)
    hotline.stop()


def test_who_found_all_places_taken_comes_first_when_one_is_free(hotline: Hotline) -> None:
    """Before who was not invited yet, in order, each with a place to themselves; once, however often time looks."""
    begin(hotline, rules={"distro_yes": 0.25})
    for who in FEW[:4]:
        say(hotline, who, "need groceries, 14 Oak St")
    say(hotline, DEE, PLAN.format("tomorrow", 1))
    say(hotline, DEE, "1")
    hotline.tick()
    for who in (FEW[1], FEW[3], FEW[2]):
        say(hotline, who, "any")
    assert said(hotline, "distro_full", "distro_filled") == Counter([FEW[3], FEW[2]])
    say(hotline, FEW[4], "need groceries, 15 Oak St")
    say(hotline, FEW[1], "no")
    for _ in range(3):
        hotline.clock.advance(timedelta(minutes=70))
        hotline.tick()
    assert said(hotline, "distro_freed_for_you") == Counter([FEW[2]])
    assert not said(hotline, "distro_invite")[FEW[4]]
    say(hotline, FEW[2], "1")
    assert said(hotline, "distro_booked_number")[FEW[2]] == 1
    hotline.database.read(sums)


def test_a_place_that_nobody_came_for_goes_on_to_a_later_slot(hotline: Hotline) -> None:
    """And whoever waits longest is invited to it, if they can still come."""
    begin(hotline, rules={"distro_yes": 1.0})
    for who in FEW[:2]:
        say(hotline, who, "need groceries, 14 Oak St")
    say(hotline, DEE, "DISTRO tomorrow 10-18 at Elm Hall, 1 place, for food")
    say(hotline, DEE, "1")
    hotline.tick()
    say(hotline, FEW[0], "any")
    assert said(hotline, "distro_invite") == Counter([FEW[0]])
    hotline.clock.advance(timedelta(days=1, minutes=59))
    hotline.tick()
    assert not said(hotline, "distro_invite")[FEW[1]]
    hotline.clock.advance(timedelta(minutes=2))
    hotline.tick()
    hotline.database.read(sums)
    assert said(hotline, "distro_invite")[FEW[1]] == 1
    say(hotline, FEW[1], "1")
    assert said(hotline, "distro_booked_number")[FEW[1]] == 1
    hotline.database.read(sums)


def test_nobody_is_invited_in_danger_nor_urgent_requests_held(hotline: Hotline) -> None:
    begin(hotline)
    say(hotline, FEW[0], "URGENT need groceries today, 14 Oak St")
    say(hotline, DEE, PLAN.format("tomorrow", 20))
    say(hotline, DEE, "1")
    hotline.tick()
    say(hotline, FEW[0], "any")
    request = hotline.database.read(lambda session: requests.by_number(session, 1, 1))
    assert request is not None
    assert request.booked_until is not None
    assert not request.is_booked(hotline.clock.now())
    assert request.next_action_at is not None
    assert request.next_action_at < request.booked_until


def test_a_plan_that_became_too_old_invites_nobody(hotline: Hotline) -> None:
    begin(hotline)
    say(hotline, FEW[0], "need groceries, 14 Oak St")
    say(hotline, DEE, PLAN.format("friday", 20))
    hotline.clock.advance(timedelta(days=2))
    hotline.tick()
    say(hotline, DEE, "1")
    hotline.tick()
    assert said(hotline, "distro_again") == Counter([DEE])
    assert not said(hotline, "distro_invite")


def test_a_slip_at_the_table_is_undone_whole(hotline: Hotline) -> None:
    """What else they asked for went on, and all of it is asked for again."""
    begin(hotline)
    say(hotline, FEW[0], "need groceries and a ride, 14 Oak St")
    say(hotline, DEE, PLAN.format("tomorrow", 20))
    say(hotline, DEE, "1")
    hotline.tick()
    say(hotline, FEW[0], "1")
    hotline.clock.advance(timedelta(days=1))
    for words, needs in (("HERE 1", {"transport"}), ("NOT HERE 1", {"food", "transport"})):
        say(hotline, BEN, words)
        request = hotline.database.read(lambda session: requests.by_number(session, 1, 1))
        assert request is not None
        assert {*request.needs} == needs
    hotline.database.read(sums)


def test_the_report_tells_how_help_came_and_who_has_a_place(hotline: Hotline) -> None:
    begin(hotline)
    say(hotline, DEE, "STOCK diapers 9 at Elm Hall")
    say(hotline, FEW[0], "need groceries, 14 Oak St")
    say(hotline, FEW[1], "need groceries, 15 Oak St")
    say(hotline, FEW[2], "need diapers, 16 Oak St")
    say(hotline, FEW[2], "1")
    say(hotline, FEW[2], "DONE 3")
    say(hotline, DEE, PLAN.format("tomorrow", 20))
    say(hotline, DEE, "1")
    hotline.tick()
    say(hotline, FEW[0], "1")
    say(hotline, FEW[1], "1")
    hotline.clock.advance(timedelta(days=1))
    say(hotline, BEN, "HERE 1")

    def told(session: Session) -> tuple[dict[Way, int], int]:
        line, now = lines.all_lines(session)[0], hotline.clock.now()
        met = ways.read(session, line.id, Span.days_before(line, now, 7))
        return {way: n for way, n in met.items() if n}, pressure.queue(session, line.id, now).booked

    assert hotline.database.read(told) == ({Way.DISTRIBUTION: 1, Way.STOCK: 1}, 1)
