"""Uncertain texts whose bodies Twilio's list shows changed: prefixed by a trial account, blanked by redaction."""

from collections.abc import Callable
from datetime import timedelta
from itertools import chain, repeat

import pytest

from app.carriers.twilio.bodies import TRIAL, fits
from models.delivery.outbound import State
from tests.fake_twilio import Carried, Mood
from tests.world import ANA, World

LONG = "need groceries for two near Oak St, " * 6  # two segments
SHOWN: dict[str, Callable[[str], str | None]] = {
    "prefixed": lambda body: TRIAL + body,
    "blank": lambda body: "",
    "cut": lambda body: (TRIAL + body)[:80],
}


@pytest.mark.parametrize("shown", SHOWN)
@pytest.mark.parametrize("mood", [Mood.DROP, Mood.BREAK])
@pytest.mark.parametrize("body", ["hello", LONG])
def test_a_text_is_known_again_however_its_body_is_shown(world: World, shown: str, mood: Mood, body: str) -> None:
    world.twilio.told, world.twilio.shows = lambda words: [], SHOWN[shown]
    world.twilio.next(mood)
    row = world.put(body=body)
    for _ in range(10):
        world.drain(after=timedelta(seconds=31))
    assert [text.sid for text in world.twilio.sent] == [world.row(row).sid]
    assert world.row(row).state in (State.ACCEPTED, State.DELIVERED)


def test_several_without_words_are_told_apart_by_their_order(world: World) -> None:
    """All of the first POST of each are taken without an answer, and nothing of their words is left."""
    world.twilio.told, world.twilio.shows = lambda words: [], SHOWN["blank"]
    rows = []
    for n in range(3):
        world.twilio.moods = chain([Mood.DROP], repeat(Mood.ANSWER))
        rows.append(world.put(body=f"text {n}"))
        world.drain(after=timedelta(seconds=3))
    for _ in range(12):
        world.drain(after=timedelta(seconds=31))
    assert [world.row(row).sid for row in rows] == [text.sid for text in world.twilio.sent]
    assert [text.body for text in world.twilio.sent] == ["text 0", "text 1", "text 2"]


def test_where_it_cannot_be_told_nothing_goes_twice_and_somebody_hears(world: World) -> None:
    """Of two, one was taken, and the list does not say which."""
    world.duty()
    world.twilio.told, world.twilio.shows = lambda words: [], SHOWN["blank"]
    rows = []
    for n, mood in enumerate((Mood.DROP, Mood.LOSE)):
        world.twilio.moods = chain([mood], repeat(Mood.ANSWER))
        rows.append(world.put(body=f"text {n}"))
        world.drain(after=timedelta(seconds=3))
    for _ in range(12):
        world.drain(after=timedelta(seconds=31))
    assert len([text for text in world.twilio.sent if text.to == ANA and text.body == "text 0"]) == 1
    assert world.row(rows[0]).state is not State.FAILED


def test_a_text_of_another_length_is_not_taken_for_ours(world: World) -> None:
    """Somebody wrote to the same phone from the console; their words are gone as well."""
    world.twilio.told = lambda words: []
    world.twilio.next(Mood.LOSE)
    row = world.put(body="hello")
    world.drain()
    fields = {"From": "+12025550100"}
    other = Carried("SM" + "9" * 32, "+12025550100", ANA, LONG, world.clock.now(), False, "sent", fields, shown_as="")
    world.twilio.carried.append(other)
    for _ in range(12):
        world.drain(after=timedelta(seconds=31))
    assert (world.row(row).state, world.row(row).sid) == (State.UNCERTAIN, None)
    assert world.row(row).reported_at is not None


@pytest.mark.parametrize(
    ("ours", "listed", "fit"),
    [
        *[("hello", "1", True), ("hello", "0", True), ("hello", None, True), ("hello", "2", False), (LONG, 2, True)],
        *[("x" * 150, "2", True), ("x" * 150, "1", True)],  # as it is, and behind what a trial account says first
    ],
)
def test_the_length_of_what_is_gone(ours: str, listed: object, fit: bool) -> None:
    assert fits(ours, listed) is fit
