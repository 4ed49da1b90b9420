"""Every error code of TWILIO.md does what the table there says, as an answer to the POST and by status callback."""

import itertools
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import select
from structlog.testing import capture_logs

from app.carriers.base import Action, CarrierError, Outgoing, Sent
from app.carriers.simulator import Simulator
from app.carriers.twilio import errors
from app.carriers.twilio.errors import ACTIONS
from app.hotline import Hotline
from app.outbound import error_policy
from models import people
from models.delivery import line_numbers
from models.delivery.outbound import Lane, Outbound, State
from models.lines import Channel
from models.people import Address, Person
from models.store.session import Session
from tests import fakes
from tests.fakes import StillClock, status_update
from tests.world import ANA, DEE, World

# TWILIO.md, row by row, written down a second time: a slip in the one shows in the other.
MEANT = {
    "again": "20429",
    "queue_full": "21611",
    "look_up": "20500 20503",
    "transient": "30001 30017 30022 30410 30500 63009 63010 63012",
    "soft": "30003 30008",
    "quota": "63017 63018 30023 30027 63038 60728",
    "opted_out": "21610",
    "bad_address": "21211 21217 21614 21612 21635 30004 30005 30006 63003 63014 63024 63032 63033",
    "filtered": "30007 63013 63026",
    "content": "21602 21617 21620 21623 21655 21656 30019 63005 63006 63019 63021 63027 63028 63030 63040 63041 "
    "63042",
    "window": "63016",
    "quiet": "30047 30610 30615",
    "loop": "14107",
    "geography": "21408 30450",
    "account": "20003 20005 10001 30002 21606 21608 21701 21702 21703 21704 21705 30032 30033 30034 30035 "
    "63001 63007 63008 63015 63020 63051 20008 21659 21660 21661 21712 90010",
    "unknown": "99999 30099 21999",
}
TABLE = [(int(code), Action(action)) for action, codes in MEANT.items() for code in codes.split()]
# Codes that nobody has heard of yet, of families that are about us: the account, the API, our numbers, our services.
OURS = [(code, Action.ACCOUNT) for code in (10000, 20404, 20999, 21669, 21799, 90099)]
EVERY = TABLE + OURS
ONCE = {
    *(Action.OPTED_OUT, Action.BAD_ADDRESS, Action.FILTERED, Action.CONTENT, Action.WINDOW),
    Action.GEOGRAPHY,
}
LONG = timedelta(hours=3)  # less than a reply lives


def test_the_table_has_these_codes_and_no_others() -> None:
    assert {code: action for code, action in TABLE if action is not Action.UNKNOWN} == ACTIONS


@pytest.mark.parametrize(("code", "action"), EVERY)
def test_a_code_in_a_refusal_asks_for_this(code: int, action: Action) -> None:
    assert errors.classify_response(400, code) == (action, code)
    assert errors.classify_response(503, code)[0] is Action.LOOK_UP  # whatever it says, it may have taken the text


@pytest.mark.parametrize(
    ("status", "action"),
    [
        *[(status, Action.LOOK_UP) for status in (500, 502, 503, 504, 408)],
        (429, Action.AGAIN),
        *[(status, Action.AWAY) for status in (300, 302, 400, 401, 403, 404, 407, 413, 451, 499)],
    ],
)
def test_an_answer_without_a_code_is_told_by_its_status(status: int, action: Action) -> None:
    assert errors.classify_response(status, None)[0] is action


@dataclass
class Refusing(Simulator):
    """A carrier that refuses every text to Ana with one code, or takes it and then says so by callback."""

    code: int
    clock: StillClock
    calls_back: bool
    paced = True
    simulated = False
    posts: list[tuple[float, Outgoing]] = field(default_factory=list)
    taken: list[tuple[Outgoing, str]] = field(default_factory=list)

    def send(self, text: Outgoing) -> Sent:
        self.posts.append(((self.clock.now() - fakes.MORNING).total_seconds(), text))
        sid = f"SM{len(self.posts)}"
        if text.to == ANA and not self.calls_back:
            raise CarrierError(errors.action_for(self.code), f"error {self.code}", code=self.code)
        self.taken.append((text, sid))
        return Sent(sid)

    def codes(self, action: Action) -> tuple[int, ...]:
        return errors.TABLE[action]

    def to(self, number: str) -> list[Outgoing]:
        return [text for _, text in self.posts if text.to == number]


@dataclass
class Case(World):
    """A hotline whose carrier refuses Ana."""

    carrier: Refusing

    def play(self, lasts: timedelta = LONG) -> None:
        """Let time pass as long as anything is to be tried."""
        until = self.clock.now() + lasts
        while True:
            self.hotline.sender.drain()
            self._call_back()
            self.hotline.sender.drain()
            due = self._next()
            if due is None or due > until:
                self.clock.advance(until - self.clock.now())
                return
            self.clock.advance(due - self.clock.now() + timedelta(seconds=1))

    def _call_back(self) -> None:
        taken, self.carrier.taken = self.carrier.taken, []
        for text, sid in taken:
            if text.to == ANA:
                for _ in range(2):  # said twice, it counts once
                    self.hotline.ingest.status(
                        status_update(text.id, "undelivered", sid=sid, code=self.carrier.code)
                    ).result()
            else:
                self.hotline.ingest.status(status_update(text.id, "delivered", sid=sid, code=None)).result()

    def _next(self) -> datetime | None:
        def work(session: Session) -> list[datetime | None]:
            rows = session.exec(select(Outbound.not_before).where(Outbound.not_before != None))  # noqa: E711
            return [*rows, *[sender.paused_until for sender in line_numbers.paused(session, self.clock.now())]]

        return min((at for at in self.hotline.database.read(work) if at and at > self.clock.now()), default=None)

    def address(self, value: str = ANA) -> Address:
        return self.hotline.database.read(lambda s: s.exec(select(Address).where(Address.value == value)).one())

    def opted_out(self) -> bool:
        found = self.hotline.database.read(lambda s: s.get_one(Person, self.address().person_id))
        return found.opted_out_at is not None

    def quotas(self) -> int:
        """How often duty is to hear of a quota."""
        query = select(Outbound.id).where(Outbound.phrase == "duty_quota")
        return len(self.hotline.database.read(lambda s: s.exec(query)))

    def helps(self) -> None:
        """Ana is a volunteer: what WhatsApp does not take may go to her phone."""

        def work(session: Session) -> None:
            person = session.get_one(Person, self.address().person_id)
            person.helper_since = person.vouched_at = self.clock.now()
            session.add(person)

        self.hotline.database.write(work).result()

    def heard_from_ana(self) -> None:
        def work(session: Session) -> None:
            address = session.get_one(Address, self.address().id)
            address.last_heard_at = self.clock.now()
            session.add(address)

        self.hotline.database.write(work).result()

    def paused(self) -> set[Channel]:
        now = self.clock.now()
        return {s.channel for s in self.hotline.database.read(lambda s: line_numbers.paused(s, now))}


@pytest.fixture
def sqlite_url(tmp_path: Path, migrated_file: Path) -> str:
    return f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'hotline.db')}"


def case(url: str, code: int, by: str) -> Case:
    clock = StillClock()
    carrier = Refusing(code, clock, by == "callback")
    hotline = Hotline(fakes.twilio_settings(url), carrier=carrier, clock=clock)
    hotline.prepare()
    made = Case(hotline, None, clock, carrier)  # type: ignore[arg-type]
    made.quicken()
    made.duty()
    return made


@pytest.fixture
def cases(sqlite_url: str) -> Iterator[list[Case]]:
    made: list[Case] = []
    yield made
    for one in made:
        one.hotline.stop()


@pytest.mark.parametrize("by", ["post", "callback"])
@pytest.mark.parametrize(("code", "action"), EVERY)
def test_every_code_does_what_the_table_says(
    cases: list[Case], sqlite_url: str, code: int, action: Action, by: str
) -> None:
    it = case(sqlite_url, code, by)
    cases.append(it)
    row = it.put()
    with capture_logs() as logs:
        it.play()
    kept, posts, told = it.row(row), [at for at, text in it.carrier.posts if text.to == ANA], it.carrier.to(DEE)
    said_to_host = [log for log in logs if log["log_level"] == "error"]
    if by == "callback" and action in (Action.AGAIN, Action.QUEUE_FULL, Action.LOOK_UP):
        action = Action.TRANSIENT  # the carrier did process it
    assert (kept.error_code, not kept.sid or by == "callback") == (code, True)
    assert len(posts) == 1 or action not in ONCE
    match action:
        case Action.AGAIN | Action.QUEUE_FULL:
            assert kept.state is (State.READY if code in errors.TABLE[Action.QUEUE_FULL] else State.HELD)
            assert len(posts) > 5
            assert told == []
        case Action.LOOK_UP:
            assert kept.state in (State.UNCERTAIN, State.READY)  # while it waits to go again
            assert len(told) == 1
            waits = [b - a for a, b in itertools.pairwise(posts)]
            assert all(wait >= 180 for wait in waits)
            assert [round(wait / 60) - 3 for wait in waits[:6]] == [0, 1, 5, 15, 30, 30]
        case Action.TRANSIENT:
            assert (kept.state, len(told)) == (State.FAILED, 1)
            assert [round((b - a) / 60) for a, b in itertools.pairwise(posts)] == [1, 5, 30]
        case Action.SOFT:
            assert (kept.state, len(told), it.address().unreachable_count) == (State.FAILED, 1, 2)
            assert [round((b - a) / 60) for a, b in itertools.pairwise(posts)] == [30]
        case Action.QUOTA:
            assert (kept.state, kept.sid, it.paused()) == (State.READY, None, {Channel.SMS})
            assert 2 <= len(posts) <= 8
            assert it.quotas() == 1  # duty's text waits for the reset too
        case Action.OPTED_OUT:
            assert kept.state is State.FAILED
            assert it.opted_out()
        case Action.BAD_ADDRESS:
            assert (kept.state, len(told), it.address().undeliverable_code) == (State.FAILED, 1, code)
        case Action.FILTERED | Action.GEOGRAPHY | Action.WINDOW:
            assert (kept.state, len(told)) == (State.FAILED, 1)
        case Action.LOOP:
            assert (kept.state, len(told), len(posts)) == (State.FAILED, 1, 4)
            assert min(b - a for a, b in itertools.pairwise(posts)) >= 900
        case Action.CONTENT:
            assert (kept.state, len(told), len(said_to_host)) == (State.FAILED, 1, 1)
        case Action.UNKNOWN:  # a POST is tried once more: perhaps all are refused
            assert (kept.state, len(told)) == (State.FAILED, 1)
            assert len(posts) == len(said_to_host) == (1 if by == "callback" else 2)
        case Action.QUIET:
            assert (kept.state, len(posts), told) == (State.HELD, 3, [])  # by day in an hour, and again
        case Action.ACCOUNT:
            assert (kept.state, kept.sid, it.paused()) == (State.READY, None, {Channel.SMS})
            assert 2 <= len(posts) <= (12 if by == "callback" else 50)
            assert len(said_to_host) == len(posts)


@pytest.mark.parametrize("by", ["post", "callback"])
def test_three_strikes_make_an_address_doubtful(cases: list[Case], sqlite_url: str, by: str) -> None:
    it = case(sqlite_url, 30003, by)
    cases.append(it)
    for n in range(2):
        it.put(body=f"text {n}")
        it.play()
    assert any("Perhaps the number is no longer theirs" in text.body for text in it.carrier.to(DEE))
    assert it.address().unreachable_count == 4
    it.carrier.code, it.carrier.calls_back = 0, False
    later = it.put(body="now it works")
    it.hotline.ingest.status(status_update(later, "delivered", sid="SM9", code=None)).result()
    assert it.address().unreachable_count == 0


def test_nothing_more_goes_to_a_bad_address_until_it_writes(cases: list[Case], sqlite_url: str) -> None:
    it = case(sqlite_url, 30005, "post")
    cases.append(it)
    it.put(body="first")
    it.play()
    later = it.put(body="second")
    it.play(timedelta(minutes=1))
    assert (it.row(later).state, it.row(later).error_code, it.row(later).tries) == (State.FAILED, 30005, 0)
    assert [text.body for text in it.carrier.to(ANA)] == ["first"]
    assert len(it.carrier.to(DEE)) == 2
    it.heard_from_ana()
    it.put(body="third")
    it.play(timedelta(minutes=1))
    assert [text.body for text in it.carrier.to(ANA)] == ["first", "third"]


def test_filtered_words_never_go_to_that_address_again_and_others_do(cases: list[Case], sqlite_url: str) -> None:
    it = case(sqlite_url, 30007, "callback")
    cases.append(it)
    it.put(body="cheap loans")
    it.play(timedelta(minutes=1))
    again = it.put(body="cheap loans", lane=Lane.NOTICE)
    other = it.put(body="groceries")
    elsewhere = it.put(to="+12025550107", body="cheap loans")
    it.play(timedelta(minutes=1))
    assert (it.row(again).state, it.row(again).tries) == (State.FAILED, 0)
    assert (it.row(other).tries, it.row(elsewhere).state) == (1, State.DELIVERED)


def closed_window(cases: list[Case], sqlite_url: str) -> Case:
    """WhatsApp takes nothing more for somebody who has written by SMS once."""
    it = case(sqlite_url, 63016, "post")
    cases.append(it)
    it.put(body="they have written by SMS once")
    it.play(timedelta(minutes=1))
    it.carrier.posts.clear()
    it.helps()
    return it


def test_a_whatsapp_window_that_closed_turns_to_sms(cases: list[Case], sqlite_url: str) -> None:
    it = closed_window(cases, sqlite_url)
    row = it.put(body="¿Llegó? Está aquí", channel=Channel.WHATSAPP)
    it.play(timedelta(minutes=1))
    ways = [(text.channel, text.to, text.body) for _, text in it.carrier.posts]
    assert ways[0] == (Channel.WHATSAPP, ANA, "¿Llegó? Está aquí")
    assert ways[1] == (Channel.SMS, ANA, "¿Llegó? Está aquí")
    assert it.row(row).state is State.CANCELLED


def test_where_others_read_the_phone_it_waits_there_too(cases: list[Case], sqlite_url: str) -> None:
    it = closed_window(cases, sqlite_url)
    row = it.put(body="diapers", channel=Channel.WHATSAPP)

    def quiet(session: Session) -> None:
        person = people.by_id(session, it.row(row).person_id)
        person.discreet_since = it.clock.now()
        session.add(person)

    it.hotline.database.write(quiet).result()
    it.play(timedelta(minutes=1))
    assert [text.channel for _, text in it.carrier.posts] == [Channel.WHATSAPP]


def test_an_account_at_fault_rests_every_number_of_its_line_and_goes_on_by_one_text(
    cases: list[Case], sqlite_url: str
) -> None:
    it = case(sqlite_url, 30002, "post")
    cases.append(it)
    it.put(to="+12025550108", channel=Channel.WHATSAPP, body="makes its sender known")
    it.put(to="+12025550108", body="makes its sender known")
    it.hotline.sender.drain()
    it.put()
    it.hotline.sender.drain()
    assert it.paused() == {Channel.SMS, Channel.WHATSAPP}
    waiting = [it.put(to=f"+120255501{n}", body=f"text {n}") for n in range(10, 20)]
    it.carrier.posts.clear()
    it.clock.advance(timedelta(minutes=6))
    it.hotline.sender.once()
    assert [text.to for _, text in it.carrier.posts] == [ANA]  # one text shows that nothing is mended
    it.clock.advance(timedelta(minutes=30))
    it.carrier.code, it.carrier.calls_back = 0, True
    it.hotline.sender.once()
    assert len(it.carrier.posts) == 2
    it.hotline.sender.drain()
    assert {it.row(row).state for row in waiting} == {State.ACCEPTED}
    assert Channel.SMS not in it.paused()


def test_a_duty_text_that_fails_is_told_to_nobody(cases: list[Case], sqlite_url: str) -> None:
    it = case(sqlite_url, 21211, "post")
    cases.append(it)
    it.carrier.posts.clear()
    row = it.put(phrase="duty_undelivered")
    it.play()
    assert it.row(row).state is State.FAILED
    assert it.carrier.to(DEE) == []


# Over the network, on both databases: one code for each row of the table.


@pytest.mark.parametrize(
    "code", [20429, 20500, 30001, 30003, 30023, 30005, 30007, 21620, 14107, 21408, 20003, 99999, 30610]
)
def test_a_refusal_over_the_network_acts_as_the_table_says(world: World, code: int) -> None:
    world.duty()
    world.twilio.refused[ANA] = code
    row = world.put()
    world.drain()
    ends = {
        **{20429: State.HELD, 20500: State.UNCERTAIN, 30001: State.HELD, 30003: State.HELD, 30023: State.READY},
        **{14107: State.HELD, 20003: State.READY, 99999: State.HELD, 30610: State.HELD},
    }
    kept = world.row(row)
    assert (kept.state, kept.error_code, kept.tries) == (ends.get(code, State.FAILED), code, 1)


@pytest.mark.parametrize("code", [30001, 30003, 30023, 30005, 30007, 30019, 30450, 30002, 99999])
def test_a_callback_over_the_network_acts_as_the_table_says(world: World, code: int) -> None:
    world.duty()
    world.twilio.undelivered[ANA] = code
    world.twilio.told = lambda words: [*words, *reversed(words)]
    row = world.put()
    world.drain()
    ends = {30001: State.HELD, 30003: State.HELD, 30023: State.READY, 30002: State.READY}
    kept = world.row(row)
    assert (kept.state, kept.error_code, kept.tries) == (ends.get(code, State.FAILED), code, 1)
    if code == 30001:
        world.twilio.undelivered.clear()
        world.drain(after=timedelta(minutes=1))
        assert world.row(row).state is State.DELIVERED
        assert [attempt.result for attempt in world.attempts(row)] == ["returned", "taken"]


def test_who_opted_out_is_known_as_such(world: World) -> None:
    world.twilio.undelivered[ANA] = 21610
    world.put()
    world.drain()
    assert world.hotline.database.read(lambda s: s.exec(select(Person)).one()).opted_out_at is not None


def test_what_failed_together_does_not_come_back_together() -> None:
    for tries in (1, 2, 5, 1_000_000):
        waits = [error_policy.backoff(tries) for _ in range(200)]
        assert all(error_policy.SHORTEST_BACKOFF <= wait <= error_policy.LONGEST_BACKOFF for wait in waits)
        assert len({round(wait, 2) for wait in waits}) > 60
