"""What goes wrong while a proposal is closed: the others are closed all the same, and people hear of it."""

from datetime import timedelta

import pytest
from sqlmodel import col, select

from app.hotline import Hotline
from app.inbound.receive import Taken
from models import lines, proposals, timers
from models.delivery.outbound import Outbound
from models.inbound import Heard
from models.lines import Channel
from models.people import Person
from models.proposals import Proposal, State, Voice
from models.store.session import Session
from tests import neighbors
from tests.fakes import LINE, StillClock

BEN, CARO, DEE = "+12025550102", "+12025550103", "+12025550104"
ASKED_FOR = timedelta(hours=72)
UNKNOWN = {"kind": "a kind of a later version", "values": []}
BROKEN = {"kind": "remove", "person": 999}
WRONG = {"kind": "set", "figures": {"doors_per_day": -4}}


@pytest.fixture
def asked(hotline: Hotline, clock: StillClock) -> list[int]:
    """Ben, Caro, and Dee on duty; returns their ids."""

    def work(session: Session) -> list[int]:
        line = lines.by_id(session, 1)
        people = [
            neighbors.add(session, line, Channel.SMS, BEN, clock.now(), name="Ben", helper=True),
            neighbors.add(session, line, Channel.SMS, CARO, clock.now(), name="Caro", helper=True),
            neighbors.add(session, line, Channel.SMS, DEE, clock.now(), name="Dee", duty=True),
        ]
        return [person.id for person in people]

    found = hotline.database.write(work).result()
    clock.advance(timedelta(minutes=1))
    return found


def propose(hotline: Hotline, clock: StillClock, by: int, effect: dict[str, object] | None, *more: int) -> int:
    """A proposal with such an effect to which these agree too; returns its id."""

    def work(session: Session) -> int:
        now = clock.now()
        made = proposals.add(
            session, lines.by_id(session, 1), by, "we do it", now, language="en", hours=72, effect=effect
        )
        for person in more:
            assert proposals.vote(session, made, person, Voice.AGREE, now)
        timers.bring_forward(session, made.line_id, timers.DECIDING, made.closes_at)
        return made.id

    return hotline.database.write(work).result()


def texts(hotline: Hotline, *phrases: str) -> list[Outbound]:
    found = select(Outbound).where(col(Outbound.phrase).in_(phrases)).order_by(col(Outbound.id))
    return hotline.database.read(lambda s: list(s.exec(found)))


def kept(hotline: Hotline, id_: int) -> Proposal:
    return hotline.database.read(lambda s: proposals.by_id(s, id_))


@pytest.mark.parametrize("effect", [UNKNOWN, BROKEN, WRONG], ids=["unknown", "broken", "wrong"])
def test_what_cannot_be_done_for_a_fault_of_ours_is_told_and_holds_up_no_other(
    hotline: Hotline, clock: StillClock, asked: list[int], effect: dict[str, object]
) -> None:
    ben, caro, _ = asked
    first = propose(hotline, clock, ben, effect, caro)
    other = propose(hotline, clock, caro, {"kind": "set", "figures": {"doors_per_day": 3}}, ben)
    clock.advance(ASKED_FOR)
    hotline.tick()
    assert [(kept(hotline, id_).state, kept(hotline, id_).undone_because) for id_ in (first, other)] == [
        (State.PASSED, "cannot_set" if effect is WRONG else "cannot_fault"),
        (State.PASSED, None),
    ]
    policy = hotline.database.read(lambda s: lines.by_id(s, 1).policy)
    assert (policy.doors_per_day, policy.quiet_from) == (3, 21)
    results = texts(hotline, "proposal_passed", "proposal_passed_short")
    assert sorted((text.to, text.body.split()[1]) for text in results) == sorted(
        (who, number) for who in (BEN, CARO, DEE) for number in "12"
    )
    assert not [text.body for text in results if ("cannot be done" in text.body) != (text.body.split()[1] == "1")]
    assert [text.to for text in texts(hotline, "duty_cannot_do")] == ([] if effect is WRONG else [DEE])
    clock.advance(timedelta(hours=2))
    hotline.tick()
    assert len(texts(hotline, "proposal_passed", "proposal_passed_short")) == 6


@pytest.mark.parametrize(
    "words", ["BLOCK 1 too far", "BLOCK 1", "ASIDE 1", "AGREE 1", "AMEND 1 we do not", "PROPOSAL 1 OFF"]
)
def test_after_its_time_and_before_it_is_counted_whoever_texts_hears_that_time_is_up(
    hotline: Hotline, clock: StillClock, asked: list[int], words: str
) -> None:
    ben, caro, _ = asked
    made = propose(hotline, clock, ben, None, caro)
    clock.advance(ASKED_FOR)
    by = CARO if "1" in words and words.split(maxsplit=1)[0] in ("BLOCK", "ASIDE", "AGREE") else BEN
    assert hotline.receive(Heard("late", Channel.SMS, by, LINE, words)).result() is Taken.HANDLED
    (answer,) = texts(hotline, "proposal_time_is_up")
    assert answer.to == by
    hotline.tick()
    over = kept(hotline, made)
    assert (over.state, over.revision, over.agreed, over.aside, over.blocked) == (State.PASSED, 1, 2, 0, 0)


def test_whoever_was_out_when_it_was_counted_never_seems_to_have_counted(
    hotline: Hotline, clock: StillClock, asked: list[int]
) -> None:
    """And whoever goes afterwards has counted all the same."""
    ben, caro, dee = asked
    made = propose(hotline, clock, ben, None, caro)

    def say(session: Session) -> None:
        proposals.vote(session, proposals.by_id(session, made), dee, Voice.BLOCK, clock.now(), words="no")

    def banned(id_: int, at: object) -> None:
        def work(session: Session) -> None:
            person = session.get_one(Person, id_)
            person.banned_at = at  # type: ignore[assignment]
            session.add(person)

        hotline.database.write(work).result()

    def said(session: Session) -> list[int]:
        return sorted(vote.person_id for vote in proposals.votes(session, proposals.by_id(session, made)))

    hotline.database.write(say).result()
    banned(dee, clock.now())
    clock.advance(ASKED_FOR)
    hotline.tick()
    over = kept(hotline, made)
    assert (over.state, over.agreed, over.blocked) == (State.PASSED, 2, 0)
    banned(dee, None)
    banned(caro, clock.now())
    assert hotline.database.read(said) == [ben, caro]
