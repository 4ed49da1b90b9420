"""Lanes, one pace: replies go first, bulk is never starved, the rate is never exceeded, and money has an end.

Long forms: `pytest -m campaign tests/test_lanes.py`.
"""

import random
import threading
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import accumulate, pairwise
from typing import Any

import pytest
from sqlmodel import select

from app.carriers.base import Action, CarrierError, Outgoing, Sent
from app.carriers.simulator import Simulator
from app.hotline import Hotline
from models import lines
from models.delivery import line_numbers
from models.delivery.outbound import Lane, Outbound, State
from models.inbound import Heard
from models.lines import Channel
from models.store.session import Session
from tests import fakes, neighbors
from tests.fakes import MORNING, StillClock
from tests.world import ANA, DEE, World

SECOND = timedelta(seconds=1)


@dataclass
class Paced(Simulator):
    """A carrier that minds the pace, and notes when each text came."""

    clock: StillClock
    paced = True
    simulated = False
    came: list[tuple[float, Outgoing]] = field(default_factory=list)
    busy: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, text: Outgoing) -> Sent:
        with self.lock:
            if self.busy:
                raise CarrierError(Action.AGAIN, "busy")
            self.came.append(((self.clock.now() - MORNING).total_seconds(), text))
            return Sent(f"SM{len(self.came)}")

    def bodies(self) -> list[str]:
        return [text.body for _, text in self.came]


@dataclass
class Lanes(World):
    """A hotline on a carrier that minds the pace."""

    carrier: Paced

    def rule(self, **rules: Any) -> None:
        def work(session: Session) -> None:
            for line in lines.all_lines(session):
                line.rules = {**line.rules, **rules}
                session.add(line)

        self.hotline.database.write(work).result()

    def pass_by(self, seconds: float, step: float = 0.5) -> None:
        """Time goes by, and what may leave leaves."""
        for _ in range(round(seconds / step)):
            self.hotline.sender.drain()
            self.clock.advance(timedelta(seconds=step))

    def any_waits(self) -> bool:
        """Whether anything has not left yet."""
        query = select(Outbound.id).where(Outbound.state == State.READY).limit(1)
        return bool(self.hotline.database.read(lambda s: s.exec(query)))


@pytest.fixture
def lanes(database_url: str, clock: StillClock) -> Iterator[Lanes]:
    carrier = Paced(clock)
    hotline = Hotline(fakes.twilio_settings(database_url), carrier=carrier, clock=clock, database_timeout=60)
    hotline.prepare()
    yield Lanes(hotline, None, clock, carrier)  # type: ignore[arg-type]
    hotline.stop()


def phone(n: int) -> str:
    return f"+1202555{n // 100:02d}{n % 100:02d}"


def within_pace(came: list[tuple[float, int]], rate: float, burst: float = 0) -> bool:
    """Whether in no stretch of time, from any text to any later, more left than the rate allows and one burst."""
    sums = [0, *accumulate(units for _, units in came)]
    ahead = [at * rate - before for (at, _), before in zip(came, sums, strict=False)]
    return all(later >= highest - burst - 1e-3 for highest, later in zip(accumulate(ahead, max), ahead, strict=True))


@pytest.mark.parametrize(
    "count", [pytest.param(150, id="short"), pytest.param(5_000, id="full", marks=pytest.mark.campaign)]
)
def test_replies_overtake_a_broadcast_that_still_advances(lanes: Lanes, count: int) -> None:
    """Proof 8: a broadcast at one segment a second, replies all along: none waits 3 s, no window is overfull."""
    dice = random.Random(8)
    for n in range(count):
        lanes.put(to=phone(n), body=f"news {n}", lane=Lane.BULK)
    due: dict[str, float] = {}
    bulk_by_minute: dict[int, int] = defaultdict(int)
    next_reply, replies = 0.0, 0
    while lanes.any_waits():
        now = (lanes.clock.now() - MORNING).total_seconds()
        if now >= next_reply:
            lanes.put(to=phone(5_000 + replies), body=f"reply {replies}")
            due[f"reply {replies}"] = now
            replies, next_reply = replies + 1, now + dice.uniform(1.5, 3.5)
        lanes.pass_by(0.5, 0.5)
    waited = []
    for at, text in lanes.carrier.came:
        if text.body in due:
            waited.append(at - due[text.body])
        else:
            bulk_by_minute[int(at // 60)] += 1
    assert max(waited) < 3
    assert within_pace([(at, 1) for at, _ in lanes.carrier.came], 1.0)
    assert len(lanes.carrier.came) == count + replies
    assert min(list(bulk_by_minute.values())[:-1]) >= 25  # what the replies leave


def test_bulk_gets_its_tenth_even_where_replies_never_end(lanes: Lanes) -> None:
    for n in range(100):
        lanes.put(to=phone(n), body=f"reply {n}")
        lanes.put(to=phone(200 + n), body=f"notice {n}", lane=Lane.NOTICE)
        lanes.put(to=phone(400 + n), body=f"news {n}", lane=Lane.BULK)
    lanes.pass_by(100)
    kinds = [body.split()[0] for body in lanes.carrier.bodies()]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {"reply": 80, "notice": 10, "news": 10}
    assert max(b - a for a, b in pairwise(n for n, kind in enumerate(kinds) if kind == "news")) == 10


def test_a_number_that_has_not_sent_before_waits_behind_unknown_number_bulk(lanes: Lanes) -> None:
    for n in range(15):
        lanes.put(to=phone(n), body=f"news {n}", lane=Lane.BULK)
    lanes.pass_by(2.4, step=0.4)
    safety = lanes.put(to="+12025550198", body="call 911", channel=Channel.WHATSAPP, lane=Lane.SAFETY)
    lanes.pass_by(2.0, step=0.4)
    assert lanes.row(safety).state is not State.READY
    assert lanes.any_waits()


@pytest.mark.parametrize(("rate", "burst"), [(1.0, 1), (3.0, 1), (10.0, 2.5), (100.0, 25)])
def test_segments_are_what_counts(lanes: Lanes, rate: float, burst: float) -> None:
    """A text of three segments takes three turns."""
    lanes.rule(rate_sms=rate)
    dice = random.Random(3)
    for n in range(40):
        lanes.put(to=phone(n), body=f"text {n}", segments=dice.randint(1, 4), lane=Lane(1 + n % 4))
    sizes = dict(lanes.hotline.database.read(lambda s: s.exec(select(Outbound.body, Outbound.segments))))
    lanes.pass_by(120 / rate + 2, max(0.5 / rate, 0.05))
    came = [(at, sizes[text.body]) for at, text in lanes.carrier.came]
    assert len(came) == 40
    assert within_pace(came, rate, burst - 1 if burst == 1 else burst)


def test_whatsapp_counts_messages_and_has_a_pace_of_its_own(lanes: Lanes) -> None:
    lanes.rule(rate_sms=1.0, rate_whatsapp=4.0)
    for n in range(20):
        lanes.put(to=phone(n), body=f"sms {n}")
        lanes.put(to=phone(n), body=f"whatsapp {n}", channel=Channel.WHATSAPP, segments=5)
    lanes.pass_by(5, 0.25)
    by = [text.channel for _, text in lanes.carrier.came]
    assert (by.count(Channel.SMS), by.count(Channel.WHATSAPP)) == (5, 20)


def test_any_number_of_processes_keep_one_pace(lanes: Lanes) -> None:
    """Two senders on one database: what they send together is what one might."""
    other = Hotline(lanes.hotline.settings, carrier=lanes.carrier, clock=lanes.clock)
    for n in range(30):
        lanes.put(to=phone(n), body=f"text {n}")
    with ThreadPoolExecutor(2) as both:
        for _ in range(80):
            for done in [both.submit(lanes.hotline.sender.drain), both.submit(other.sender.drain)]:
                done.result()
            lanes.clock.advance(timedelta(seconds=0.5))
    other.stop()
    assert len(lanes.carrier.came) == 30
    assert within_pace([(at, 1) for at, _ in lanes.carrier.came], 1.0)


def test_what_one_phone_gets_keeps_its_order_through_a_busy_spell(lanes: Lanes) -> None:
    lanes.quicken()
    lanes.carrier.busy = True
    for n in range(6):
        lanes.put(body=f"text {n}")
    lanes.put(to=DEE, body="elsewhere")
    lanes.pass_by(2)
    lanes.carrier.busy = False
    lanes.pass_by(60)
    assert [text.body for _, text in lanes.carrier.came if text.to == ANA] == [f"text {n}" for n in range(6)]


def test_a_reply_overtakes_a_notice_of_the_same_phone_that_must_wait(lanes: Lanes) -> None:
    lanes.quicken()
    lanes.carrier.busy = True
    lanes.put(body="notice", lane=Lane.NOTICE)
    lanes.hotline.sender.drain()
    lanes.carrier.busy = False
    lanes.put(body="reply")
    lanes.put(body="news", lane=Lane.BULK)
    lanes.hotline.sender.drain()
    assert lanes.carrier.bodies() == ["reply"]
    lanes.pass_by(10)
    assert lanes.carrier.bodies() == ["reply", "notice", "news"]


def test_a_budget_holds_bulk_alone_and_duty_hears_it_once_a_day(lanes: Lanes) -> None:
    lanes.quicken()
    lanes.rule(daily_budget="0.05", price_sms="0.01")
    lanes.duty()
    for n in range(40):
        lanes.put(to=phone(n), body=f"news {n}", lane=Lane.BULK)
        lanes.pass_by(1)
    sent = [body for body in lanes.carrier.bodies() if body.startswith("news")]
    assert len(sent) == 5
    told = [body for body in lanes.carrier.bodies() if "money" in body]
    assert told == ["Today's money for texts is spent. Newsletters wait until tomorrow; all else still goes out."]
    for lane in (Lane.SAFETY, Lane.REPLY, Lane.NOTICE):
        lanes.put(body=f"lane {lane}", lane=lane)
    lanes.hotline.sender.drain()
    assert lanes.carrier.bodies()[-3:] == ["lane 1", "lane 2", "lane 3"]
    lanes.clock.advance(timedelta(hours=15))  # past midnight in New York
    lanes.hotline.sender.drain()
    later = [body for body in lanes.carrier.bodies() if body.startswith("news")]
    assert len(later) > len(sent)


def test_a_day_is_the_lines_own_and_its_spending_is_counted(lanes: Lanes) -> None:
    lanes.quicken()
    lanes.rule(price_sms="0.0083", price_whatsapp="0.005")
    lanes.put(segments=3)
    lanes.put(channel=Channel.WHATSAPP, segments=3)
    lanes.hotline.sender.drain()
    lanes.clock.advance(timedelta(hours=13, minutes=30))  # half past eleven at night there, tomorrow in UTC
    lanes.put(body="late")
    lanes.hotline.sender.drain()
    days = lanes.hotline.database.read(lambda s: s.exec(select(line_numbers.Spending)))
    assert [(day.day, day.segments, day.micros) for day in days] == [("2026-03-03", 7, 4 * 8_300 + 5_000)]


def test_what_nobody_wants_any_more_is_not_sent_and_is_told(lanes: Lanes) -> None:
    lanes.quicken()
    lanes.duty()
    row = lanes.put(lives=timedelta(minutes=10))
    lanes.clock.advance(timedelta(minutes=11))
    lanes.hotline.sender.drain()
    assert (lanes.row(row).state, lanes.row(row).tries) == (State.EXPIRED, 0)
    assert lanes.carrier.bodies() == ["A text to somebody could not be delivered."]


def test_a_text_that_waits_behind_the_pace_expires_too(lanes: Lanes) -> None:
    """Not only what is next in its lane: all that is queued is swept."""
    for n in range(60):
        lanes.put(to=phone(n), body=f"text {n}", lives=timedelta(seconds=40))
    lanes.pass_by(80, 1)
    kept = lanes.hotline.database.read(lambda s: s.exec(select(Outbound.state).where(Outbound.phrase == "test")))
    assert (len(lanes.carrier.came), set(kept)) == (40, {State.ACCEPTED, State.EXPIRED})


def test_the_carrier_hears_how_long_a_text_is_wanted(world: World) -> None:
    world.put(body="short", lives=timedelta(minutes=10))
    world.put(body="long", lives=timedelta(hours=11))
    world.put(body="whatsapp", lives=timedelta(hours=3), channel=Channel.WHATSAPP)
    world.drain()
    said = {fields["Body"]: fields.get("ValidityPeriod") for fields in world.twilio.asked}
    assert said == {"short": "600", "long": None, "whatsapp": "10800"}


def test_an_offer_of_what_somebody_has_taken_is_not_sent(lanes: Lanes) -> None:
    """At a segment a second the second offer waits; the first volunteer is faster than the pace."""
    helpers = ["+12025550110", "+12025550111"]

    def add(session: Session) -> None:
        line = lines.all_lines(session)[0]
        for n, number in enumerate(helpers):
            neighbors.add(session, line, Channel.SMS, number, MORNING, name=f"Helper{n}", helper=True, language="en")

    lanes.hotline.database.write(add).result()
    say(lanes, ANA, "need groceries for two near Oak St", "SM1")
    lanes.pass_by(2, 1)  # the answer to Ana may take more than one segment
    while not (asked := [text.to for _, text in lanes.carrier.came if text.to in helpers]):
        lanes.pass_by(1, 1)
    say(lanes, asked[0], "CLAIM 1", "SM2")
    lanes.pass_by(30, 1)
    offers = lanes.hotline.database.read(lambda s: s.exec(select(Outbound).where(Outbound.phrase == "offer")))
    assert sorted((offer.to == asked[0], offer.state) for offer in offers) == [
        (False, State.EXPIRED),
        (True, State.ACCEPTED),
    ]


def say(lanes: Lanes, sender: str, words: str, sid: str) -> None:
    lanes.hotline.receive(Heard(sid, Channel.SMS, sender, fakes.LINE, words)).result()
