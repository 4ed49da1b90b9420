"""What is there is promised to nobody twice, and never more of it than there is; so is what people would give."""

import shutil
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from app.hotline import Hotline
from handlers.goods import pledging, things
from handlers.turn import Context
from models import kept_apart, lines, people, pledges, requests, stock
from models.lines import Channel
from models.pledges import Kind, MatchState, Pledge, PledgeMatch
from models.requests import Request
from models.requests import State as RequestState
from models.store.session import Session
from tests import fakes
from tests.fakes import MORNING, Recorder, StillClock

WEEK = timedelta(days=7)
HOUSEHOLDS = 6


def requests_of(session: Session, many: int) -> list[Request]:
    """So many open requests for diapers, each of somebody else."""
    line = lines.all_lines(session)[0]
    made = []
    for n in range(many):
        person, _ = people.get_or_create(session, line, Channel.SMS, f"+130355501{n:02}", MORNING)
        what = {"needs": ["baby"], "text": "diapers"}
        made.append(requests.create(session, line, person_id=person.id, state=RequestState.OPEN, now=MORNING, **what))
    session.flush()
    return made


def hotline_on(url: str) -> Hotline:
    """A hotline whose threads are not running."""
    return Hotline(fakes.settings(url), carrier=Recorder(), clock=StillClock())


def promise_all(url: str, item_id: int, ids: list[int]) -> list[bool]:
    """What each of two hotlines does: promise one to each of these requests, each in a transaction of its own."""
    hotline = hotline_on(url)

    def one(id_: int, session: Session) -> bool:
        item = session.get_one(stock.StockItem, item_id)
        return stock.promise(session, item, id_, 1, MORNING)

    won = [hotline.database.write(partial(one, id_)).result() for id_ in ids]
    hotline.stop()
    return won


def test_two_hotlines_promise_no_more_than_there_is(hotline: Hotline, database_url: str) -> None:
    def put(session: Session) -> tuple[int, list[int]]:
        ids = [request.id for request in requests_of(session, 20)]
        line = lines.all_lines(session)[0]
        return stock.add(session, line.id, "diapers", MORNING, count=7, until=MORNING + WEEK).id, ids

    item_id, ids = hotline.database.write(put).result()
    with ThreadPoolExecutor(2) as pool:  # each with connections of its own, as two processes have
        both = [pool.submit(promise_all, database_url, item_id, order) for order in (ids, ids[::-1])]
        won = [each for process in both for each in process.result()]

    def look(session: Session) -> tuple[int | None, Counter[stock.State]]:
        item = session.get_one(stock.StockItem, item_id)
        return item.left, Counter(each.state for each in stock.known(session, item))

    left, states = hotline.database.write(look).result()
    assert (sum(won), left, states[stock.State.PROMISED]) == (7, 0, 7)


def take_all(url: str, ids: list[int]) -> list[bool]:
    """The same of what somebody would give: one is kept for each of these matches, as long as there are some."""
    hotline = hotline_on(url)

    def one(id_: int, session: Session) -> bool:
        found = session.get_one(PledgeMatch, id_)
        return pledges.take(session, found, session.get_one(Pledge, found.pledge_id), MORNING)

    won = [hotline.database.write(partial(one, id_)).result() for id_ in ids]
    hotline.stop()
    return won


def test_two_hotlines_keep_no_more_than_were_offered(hotline: Hotline, database_url: str) -> None:
    def put(session: Session) -> tuple[int, list[int]]:
        line = lines.all_lines(session)[0]
        giver, _ = people.get_or_create(session, line, Channel.SMS, "+12025550106", MORNING)
        what = {"kind": Kind.GOODS, "count": 3, "until": MORNING + WEEK, "text": "3 strollers"}
        pledge = pledges.keep(session, line.id, giver.id, MORNING, **what)
        found = [pledges.match(session, pledge, each, MORNING) for each in requests_of(session, 12)]
        return pledge.id, [each.id for each in found if each is not None]

    pledge_id, ids = hotline.database.write(put).result()
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(take_all, database_url, order) for order in (ids, ids[::-1])]
        won = [each for hotline_ in both for each in hotline_.result()]
    left = hotline.database.write(lambda session: session.get_one(Pledge, pledge_id).left).result()
    assert (sum(won), left) == (3, 0)


@pytest.mark.parametrize(("given", "needed", "meet"), [
    ("have 2 strollers", "need a carriola", True), ("have 2 strollers", "diapers please", False),
    ("baby things", "diapers please", True), ("pañales", "diapers size 2", True), ("sillón", "need a couch", True),
    ("i can bring pots and pans", "necesito pan", False), ("can drive", "canned soup", True),
    ("have a wheelchair", "need a chair", False), ("free bed", "an air mattress", False),
])  # fmt: skip
def test_a_stroller_is_no_diapers(given: str, needed: str, meet: bool) -> None:
    assert things.meet(things.named(given), things.named(needed)) is meet


class Shelf(RuleBasedStateMachine):
    """One thing in stock and a few requests, whatever becomes of them in whatever order."""

    files: ClassVar = count()
    blank: ClassVar[Path]

    def __init__(self) -> None:
        super().__init__()
        self.file = self.blank.with_name(f"shelf{next(self.files)}.db")
        shutil.copy(self.blank, self.file)
        self.hotline = hotline_on(f"sqlite:///{self.file}")
        self.hotline.prepare()
        self.ids, self.item_id = self.hotline.database.write(self.fill).result()
        self.count, self.promised, self.spent = 3, set[int](), 0

    def fill(self, session: Session) -> tuple[list[int], int]:
        ids = [request.id for request in requests_of(session, HOUSEHOLDS)]
        line = lines.all_lines(session)[0]
        return ids, stock.add(session, line.id, "diapers", MORNING, count=3, until=MORNING + WEEK).id

    def teardown(self) -> None:
        self.hotline.stop()
        self.file.unlink(missing_ok=True)

    def item(self, session: Session) -> stock.StockItem:
        return session.get_one(stock.StockItem, self.item_id)

    @rule(n=st.integers(0, HOUSEHOLDS - 1), many=st.integers(1, 2))
    def promise(self, n: int, many: int) -> None:
        def work(session: Session) -> bool:
            return stock.promise(session, self.item(session), self.ids[n], many, MORNING)

        room = self.count - self.spent - self.held()
        won = self.hotline.database.write(work).result()
        assert won == (n not in self.promised and n not in self.gone() and room >= many)
        if won:
            self.promised.add(n)

    @rule(
        n=st.integers(0, HOUSEHOLDS - 1),
        to=st.sampled_from((stock.State.GIVEN, stock.State.REFUSED, stock.State.LAPSED)),
    )
    def settle(self, n: int, to: stock.State) -> None:
        before = self.states()

        def work(session: Session) -> bool:
            return stock.settle(session, self.item(session), self.ids[n], to, MORNING)

        won = self.hotline.database.write(work).result()
        was = before.get(self.ids[n])
        assert won == (was is not None and was[0] in (stock.State.ASKED, stock.State.PROMISED))
        if n in self.promised:
            self.promised.discard(n)
            if to is stock.State.GIVEN:
                assert was is not None
                self.spent += was[1]

    @rule(many=st.integers(0, 5))
    def recount(self, many: int) -> None:
        def work(session: Session) -> None:
            stock.recount(session, self.item(session), many, MORNING)

        self.hotline.database.write(work).result()
        self.count, self.spent = max(many, self.held()), 0

    def states(self) -> dict[int, tuple[stock.State, int]]:
        def work(session: Session) -> dict[int, tuple[stock.State, int]]:
            known = stock.known(session, self.item(session))
            assert len(known) == len({each.request_id for each in known})
            return {each.request_id: (each.state, each.count) for each in known}

        return self.hotline.database.write(work).result()

    def gone(self) -> set[int]:
        return {n for n, id_ in enumerate(self.ids) if self.states().get(id_, (None, 0))[0] is stock.State.GIVEN}

    def held(self) -> int:
        return sum(many for state, many in self.states().values() if state is stock.State.PROMISED)

    @invariant()
    def what_is_there_is_what_is_left_and_what_is_promised(self) -> None:
        left = self.hotline.database.write(lambda session: self.item(session).left).result()
        assert left is not None
        assert left >= 0
        assert left + self.held() + self.spent == self.count


class Two(RuleBasedStateMachine):
    """Two strollers of one giver and a few requests."""

    files: ClassVar = count()
    blank: ClassVar[Path]

    def __init__(self) -> None:
        super().__init__()
        self.file = self.blank.with_name(f"pledge{next(self.files)}.db")
        shutil.copy(self.blank, self.file)
        self.hotline = hotline_on(f"sqlite:///{self.file}")
        self.hotline.prepare()
        self.pledge_id, self.matches = self.hotline.database.write(self.fill).result()
        self.given = 0

    def fill(self, session: Session) -> tuple[int, list[int]]:
        line = lines.all_lines(session)[0]
        giver, _ = people.get_or_create(session, line, Channel.SMS, "+12025550106", MORNING)
        pledge = pledges.keep(
            session, line.id, giver.id, MORNING, kind=Kind.GOODS, count=2, until=MORNING + WEEK, text="2 strollers"
        )
        found = [pledges.match(session, pledge, each, MORNING) for each in requests_of(session, 4)]
        return pledge.id, [each.id for each in found if each is not None]

    def teardown(self) -> None:
        self.hotline.stop()
        self.file.unlink(missing_ok=True)

    @rule(n=st.integers(0, 3), act=st.sampled_from(("take", "promise", "give_back", "given", "refuse")))
    def act(self, n: int, act: str) -> None:
        def work(session: Session) -> None:
            found, pledge = session.get_one(PledgeMatch, self.matches[n]), session.get_one(Pledge, self.pledge_id)
            if act == "take":
                pledges.take(session, found, pledge, MORNING)
            elif act == "promise":
                pledges.take(session, found, pledge, MORNING, to=MatchState.PROMISED)
            elif act == "give_back":
                pledges.give_back(session, found, pledge, MORNING)
            elif act == "given":
                pledges.given(session, found, pledge, MORNING)
            else:
                pledges.refuse(session, found, MORNING)

        self.hotline.database.write(work).result()

    @invariant()
    def two_are_two(self) -> None:
        def work(session: Session) -> tuple[Pledge, Counter[MatchState]]:
            found = [session.get_one(PledgeMatch, id_).state for id_ in self.matches]
            return session.get_one(Pledge, self.pledge_id), Counter(found)

        pledge, states = self.hotline.database.write(work).result()
        kept = states[MatchState.TAKEN] + states[MatchState.PROMISED] + states[MatchState.GIVEN]
        assert pledge.left == 2 - kept
        assert (pledge.state is pledges.State.USED_UP) == (states[MatchState.GIVEN] == 2)


@pytest.mark.parametrize("machine", [Shelf, Two])
def test_whatever_happens_nothing_is_promised_twice(
    machine: type[Shelf] | type[Two], migrated_file: Path, tmp_path: Path
) -> None:
    machine.blank = Path(shutil.copy(migrated_file, tmp_path / "blank.db"))
    few = hypothesis_settings(max_examples=12, stateful_step_count=12, deadline=None)
    run_state_machine_as_test(machine, settings=few)


def test_who_is_kept_apart_is_never_matched(hotline: Hotline) -> None:
    """Neither as a volunteer nor as a neighbor who gives."""

    def work(session: Session) -> None:
        line = lines.all_lines(session)[0]
        (request,) = requests_of(session, 1)
        giver, _ = people.get_or_create(session, line, Channel.SMS, "+12025550106", MORNING)
        pledge = pledges.keep(
            session, line.id, giver.id, MORNING, kind=Kind.GOODS, needs=["baby"], until=MORNING + WEEK, text="diapers"
        )
        context = Context(session, line, MORNING)
        assert pledging.fits(context, pledge, giver, request)
        kept_apart.keep(session, line.id, request.person_id, giver.id, MORNING)
        assert not pledging.fits(context, pledge, giver, request)
        assert pledging.meet(context, request) == pledging.seek(context, pledge, giver) == []

    hotline.database.write(work).result()
