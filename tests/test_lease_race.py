"""What two processes do to one claim at the same moment: one of them wins, and everybody is told what is so."""

from collections import Counter
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from handlers.helping import leasing
from models.assignments import State as Holding
from models.requests import State, Timing
from tests.racing import ANA, BEN, CARO, DAY, DEE, ELI, HOUR, TICK, Course

ROUNDS = 24
WORDS = (
    "omw {n}", "done {n}", "drop {n}", "1", "3", "the store is packed", "running late",
    "can i come at 8 pm instead?",
)  # fmt: skip
HOPE = ("omw", "did_you_get_it", "comes_neighbor", "still_on_it", "comes_after_all")  # of the neighbor
MOVES, THEN = "can we make it tomorrow at 7:30 pm instead", "7:30 PM"


@pytest.fixture
def watched(course: Course) -> Course:
    """The same, with two people on duty."""
    course.add(DEE, "Dee", duty=True)
    course.add(ELI, "Eli", duty=True)
    return course


def test_a_word_of_the_volunteer_and_the_end_of_the_lease(course: Course) -> None:
    for turn in range(ROUNDS):
        asked = {"leased_until": course.now, "nudged_at": course.now - HOUR, "warned_at": course.now - HOUR / 2}
        number = course.claimed(asked)
        words = WORDS[turn % len(WORDS)].format(n=number)
        story = course.race(number, TICK, (BEN, words))
        lapsed = story.events["lapsed"]
        assert lapsed <= 1
        assert len(story.said("helper_silent")) == lapsed, story
        assert len(story.said("offer")) == lapsed + story.events["dropped"], story
        if story.request.state is State.OPEN:
            assert not story.said(*HOPE), story
            assert {text.to for text in story.said("offer")} == {CARO}
        if story.holders:
            held = story.held[-1]
            assert held.state is Holding.ACTIVE
            assert held.heard_at == course.now
            assert held.leased_until is not None
            assert held.leased_until > course.now
        course.over()


@pytest.mark.parametrize("words", ["drop {n}", "omw {n}", "1", "can i come at 8 pm instead?", ""])
def test_the_neighbor_moves_the_time_while_the_volunteer_speaks_or_is_reminded(course: Course, words: str) -> None:
    for _ in range(ROUNDS // 3):
        at = course.now + 2 * HOUR
        number = course.claimed(needed_as=Timing.AT, needed_from=at, needed_until=at)
        story = course.race(number, (ANA, MOVES), (BEN, words.format(n=number)) if words else TICK)
        assert story.request.needed_from == tomorrow(course)
        (moved,) = story.said("rescheduled", "rescheduled_told")
        later = [text for text in story.said("offer", "remind_helper", "remind_neighbor") if text.id > moved.id]
        assert all(THEN in text.body for text in later), story
        assert len(story.said("rescheduled_told")) == len(story.said("rescheduled_helper")), story
        looked_at_in_time(course, number)
        course.over()


def test_the_neighbor_moves_the_time_while_somebody_takes_it(course: Course) -> None:
    for _ in range(ROUNDS // 2):
        at = course.now + 2 * HOUR
        number = course.asked(needed_as=Timing.AT, needed_from=at, needed_until=at, next_action_at=at)
        story = course.race(number, (ANA, MOVES), (BEN, f"claim {number}"))
        assert story.request.needed_from == tomorrow(course)
        assert THEN in story.said("claim_yours", "rescheduled_helper")[-1].body, story
        looked_at_in_time(course, number)
        course.over()


def tomorrow(course: Course) -> datetime:
    """Tomorrow at half past seven in the evening."""
    return (course.now.astimezone(ZoneInfo("America/New_York")) + DAY).replace(hour=19, minute=30).astimezone(UTC)


def looked_at_in_time(course: Course, number: int) -> None:
    """Time looks at a claim when it must, or earlier."""
    story = course.story(number)
    if story.holders:
        held, request = story.held[-1], story.request
        look = course.hotline.database.read(lambda s: leasing.first_look(course.context(s), request, held))
        assert request.next_action_at is not None
        assert request.next_action_at <= max(look, course.now + HOUR / 60)


@pytest.mark.parametrize("has_it", [True, False])
def test_two_on_duty_give_it_to_two(watched: Course, has_it: bool) -> None:
    for _ in range(ROUNDS // 4):
        number = watched.claimed() if has_it else watched.asked()
        story = watched.race(number, (DEE, f"assign {number} caro"), (ELI, f"assign {number} dee"))
        assert story.holders <= {CARO, DEE}
        assert len(story.holders) == 1
        watched.over()


@pytest.mark.parametrize("words", ["drop {n}", "omw {n}", "done {n}", "the store is packed"])
def test_duty_gives_it_to_another_while_the_volunteer_speaks(watched: Course, words: str) -> None:
    for _ in range(ROUNDS // 6):
        number = watched.claimed()
        story = watched.race(number, (DEE, f"assign {number} caro"), (BEN, words.format(n=number)))
        assert story.holders == {CARO} or story.events["delivered"], story
        assert not story.said("lapsed"), story
        watched.over()


ENDS = [(DEE, "merge {n} {other}"), (DEE, "close {n} found elsewhere"), (ANA, "nevermind {n}"), (ANA, "done {n}")]


@pytest.mark.parametrize(("who", "words"), ENDS)
def test_it_ends_while_somebody_takes_it(watched: Course, who: str, words: str) -> None:
    for _ in range(ROUNDS // 4):
        other, number = watched.asked(), watched.asked()
        story = watched.race(number, (who, words.format(n=number, other=other)), (BEN, f"claim {number}"))
        assert story.request.state is State.CLOSED
        kept = watched.story(other)
        assert kept.believers(set()) == kept.holders, kept
        assert len(kept.holders) == (kept.request.state is State.CLAIMED), kept
        watched.over()


def test_two_that_look_at_the_clock_say_everything_once(course: Course) -> None:
    for _ in range(ROUNDS // 6):
        number = course.claimed({"leased_until": course.now + 3 * HOUR})
        story = course.race(number, TICK, TICK)
        assert [text.phrase for text in story.texts] == ["how_is_it"]
        for _ in range(4):
            course.hotline.clock.advance(HOUR)
            story = course.race(number, TICK, TICK)
        said = Counter(text.phrase for text in story.texts)
        assert said == dict.fromkeys(("how_is_it", "no_word_yet", "lapsed", "helper_silent", "offer"), 1)
        assert story.events["lapsed"] == 1
        course.over()
