"""Ranks: whoever causes few texts goes first, nobody waits for ever, and ten thousand texts of one hide nobody's."""

from collections import Counter
from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from models import lines, people
from models.delivery import leases, queue
from models.delivery.fair_ranks import A_SEGMENT, LONGEST_LEAD, TOLD, FairRanks
from models.delivery.line_numbers import BURST, MOST_SEGMENTS, OVERDRAFT
from models.delivery.outbound import Lane, Outbound, State
from models.lines import Channel
from models.people import Address
from models.store.session import Session
from tests.fakes import LINE, MORNING
from tests.plans import plan
from tests.test_lanes import Lanes, lanes, phone  # noqa: F401 - a fixture
from tests.world import ANA

FLOOD = 10_000


def address() -> Address:
    return Address(id=1, line_id=1, person_id=1, channel=Channel.SMS, value=ANA, ranked_until={}, created_at=MORNING)


def test_the_first_of_each_lane_has_its_turn_at_once_and_the_next_later() -> None:
    home = address()
    ranks = FairRanks(MORNING, home)
    assert ranks.place(Lane.REPLY, 2) == (Lane.REPLY, MORNING)
    assert ranks.place(Lane.REPLY, 1) == (Lane.REPLY, MORNING + 2 * A_SEGMENT)
    assert ranks.place(Lane.NOTICE, 1) == (Lane.NOTICE, MORNING)
    later = FairRanks(MORNING + timedelta(seconds=10), home)
    assert later.place(Lane.REPLY, 1) == (Lane.REPLY, MORNING + 3 * A_SEGMENT)


def test_whoever_was_told_whom_to_call_is_told_again_behind_those_who_were_not() -> None:
    home = address()
    assert FairRanks(MORNING, home).place(Lane.EMERGENCY, 1) == (Lane.EMERGENCY, MORNING)
    soon = MORNING + timedelta(minutes=1)
    assert FairRanks(soon, home).place(Lane.EMERGENCY, 1) == (Lane.SAFETY, soon)
    later = MORNING + TOLD
    assert FairRanks(later, home).place(Lane.EMERGENCY, 1) == (Lane.EMERGENCY, later)


def test_somebody_vouched_for_may_say_more() -> None:
    stranger, known = FairRanks(MORNING), FairRanks(MORNING, vouched=True)
    for ranks in (stranger, known):
        ranks.place(Lane.REPLY, 3)
    assert known.place(Lane.REPLY, 1)[1] < stranger.place(Lane.REPLY, 1)[1]


def test_an_address_remembers_only_what_is_still_ahead() -> None:
    home = address()
    FairRanks(MORNING, home).place(Lane.REPLY, 1)
    assert list(home.ranked_until) == [str(int(Lane.REPLY))]
    FairRanks(MORNING + 2 * A_SEGMENT, home).place(Lane.NOTICE, 1)
    assert list(home.ranked_until) == [str(int(Lane.NOTICE))]


def test_a_clock_that_was_set_back_puts_nobody_behind_for_ever() -> None:
    home = address()
    FairRanks(MORNING + timedelta(days=400), home).place(Lane.REPLY, 1)
    assert FairRanks(MORNING, home).place(Lane.REPLY, 1) == (Lane.REPLY, MORNING)


@given(st.lists(st.tuples(st.integers(0, 90), st.sampled_from(list(Lane)), st.integers(1, 11)), max_size=30))
def test_whatever_one_phone_causes_little_of_it_has_its_turn_at_a_time(texts: list[tuple[int, Lane, int]]) -> None:
    """In any stretch of time its share is a segment every thirty seconds, and one text."""
    home, now = address(), MORNING
    had: dict[Lane, list[tuple[float, int]]] = {}
    for wait, wanted, segments in texts:
        now += timedelta(seconds=wait)
        lane, rank = FairRanks(now, home).place(wanted, segments)
        assert lane == wanted or (wanted, lane) == (Lane.EMERGENCY, Lane.SAFETY)
        assert now <= rank <= now + LONGEST_LEAD
        had.setdefault(lane, []).append((rank.timestamp(), segments))
    for lane, ranked in had.items():
        assert [rank for rank, _ in ranked] == sorted(rank for rank, _ in ranked)
        for n, (first, _) in enumerate(ranked):
            for m in range(n + 1, len(ranked)):
                between = sum(segments for _, segments in ranked[n:m])
                gap = (
                    TOLD.total_seconds() * (m - n) if lane is Lane.EMERGENCY else A_SEGMENT.total_seconds() * between
                )
                assert ranked[m][0] - first >= gap - 1e-3


# Leases.


def test_emergency_answers_leave_beyond_the_pace_and_the_rest_makes_up_for_it(lanes: Lanes) -> None:  # noqa: F811
    lanes.put(to=phone(99), body="long", segments=MOST_SEGMENTS)
    lanes.pass_by(0.5)
    for n in range(OVERDRAFT + 3):
        lanes.put(to=phone(n), body=f"call 911 {n}", lane=Lane.EMERGENCY)
    lanes.put(to=phone(50), body="reply")
    lanes.pass_by(1, 0.5)
    left = OVERDRAFT + 2  # the long text was paid off by a segment meanwhile, and one is always free
    assert sorted(lanes.carrier.bodies()[1:]) == sorted(f"call 911 {n}" for n in range(left))
    lanes.pass_by(60, 0.5)
    came = {text.body: at for at, text in lanes.carrier.came}
    assert came["reply"] == pytest.approx(MOST_SEGMENTS + OVERDRAFT + 3, abs=1)
    assert max(came.values()) == came["reply"]
    assert BURST < 1


def test_replies_keep_three_of_ten_turns_while_safety_never_ends(lanes: Lanes) -> None:  # noqa: F811
    for n in range(60):
        lanes.put(to=phone(n), body=f"safety {n}", lane=Lane.SAFETY)
        lanes.put(to=phone(100 + n), body=f"reply {n}")
    lanes.pass_by(40, 1)
    kinds = Counter(body.split()[0] for body in lanes.carrier.bodies())
    assert kinds == {"safety": 28, "reply": 12}


def flood(session: Session) -> None:
    """Ten thousand texts that one phone has caused, to many; and one each of twenty others, queued after them."""
    line = lines.all_lines(session)[0]
    person, home = people.get_or_create(session, line, Channel.SMS, ANA, MORNING)
    ranks = FairRanks(MORNING, home)
    for n in range(FLOOD + 20):
        lane, rank = (ranks if n < FLOOD else FairRanks(MORNING)).place(Lane.REPLY, 1)
        session.insert_later(
            Outbound,
            line_id=line.id,
            person_id=person.id,
            key=f"flood:{n}",
            phrase="test",
            channel=Channel.SMS,
            from_number=LINE,
            to=ANA if n < FLOOD and n % 2 else phone(n % 5_000),
            body=f"flood {n}" if n < FLOOD else f"other {n}",
            segments=1,
            lane=lane,
            rank=rank,
            state=State.READY,
            created_at=MORNING,
            changed_at=MORNING,
        )


def test_ten_thousand_texts_of_one_hide_nobodys(lanes: Lanes) -> None:  # noqa: F811
    database, terms = lanes.hotline.database, lanes.hotline.sender.terms
    lanes.rule(rate_sms=100.0)
    lanes.put(to=phone(9_999), body="the first")
    lanes.hotline.sender.drain()
    lanes.clock.advance(timedelta(seconds=10))

    def leased(session: Session) -> list[str]:
        texts = leases.lease(session, lanes.clock.now(), 16, terms, Counter(), discover=False).texts
        return [text.body for text in texts]

    database.write(flood).result()
    # As the database does by itself after a while: until then it may plan as if the table were empty.
    database.write(lambda session: session.execute(sa.text("ANALYZE outbound"))).result()
    assert database.write(leased).result() == ["flood 0", *[f"other {n}" for n in range(FLOOD, FLOOD + 15)]]
    lanes.clock.advance(timedelta(seconds=1))
    assert database.write(leased).result()[:5] == [f"other {n}" for n in range(FLOOD + 15, FLOOD + 20)]


@pytest.mark.fresh
def test_a_lease_reads_the_queue_in_the_order_of_its_index(lanes: Lanes) -> None:  # noqa: F811
    def work(session: Session) -> list[str]:
        due, waits = (one.on(session.dialect) for one in (queue.DUE, queue.EMERGENCY))
        named = {"on_channel": Channel.SMS, "number": LINE}
        asked = {**named, "first": 0, "last": 4, "now": MORNING, "most": 20, **queue.busy(session)}
        return [
            plan(session, one.sql, tuple(values) if isinstance(values, list) else values)
            for one, values in ((due, due.parameters(asked)), (waits, waits.parameters(named)))
        ]

    for said in lanes.hotline.database.read(work):
        assert "ix_outbound_next" in said
        assert "TEMP B-TREE" not in said
        assert "Sort" not in said
