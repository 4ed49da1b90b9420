"""What the carrier says became of a text: in any order, any number of times, at any moment, the end is the same."""

import random
from collections.abc import Callable
from itertools import permutations

import httpx
import pytest
from sqlmodel import select

from app.carriers.base import Sent
from app.outbound.results import SendOutcome
from models import people
from models.delivery.handover import LeasedText
from models.delivery.outbound import State, StatusEvent
from models.store.session import Session
from tests import webhooks
from tests.fake_twilio import When
from tests.fakes import PUBLIC, status_update
from tests.world import ANA, DEE, World


def shuffled(words: list[str]) -> list[str]:
    mixed = words * 3
    random.Random(7).shuffle(mixed)
    return mixed


def say(world: World, row: int, *words: str) -> State:
    """The carrier says this about a text; returns where it then stands."""
    for word in words:
        world.hotline.ingest.status(status_update(row, word, sid="SM1", code=None)).result()
    return world.row(row).state


def told(world: World) -> list[str]:
    return world.hotline.database.read(lambda s: list(s.exec(select(StatusEvent.status))))


@pytest.mark.parametrize(
    ("words", "end"),
    [
        (("queued", "sending", "sent", "delivered"), State.DELIVERED),
        (("sent", "delivered", "read"), State.READ),
        (("queued", "sent", "undelivered"), State.FAILED),
        (("accepted", "queued", "failed"), State.FAILED),
    ],
)
def test_every_order_ends_the_same(world: World, words: tuple[str, ...], end: State) -> None:
    orders = list(permutations(words))
    rows = [world.put(body=f"text {n}") for n in range(len(orders))]
    assert {say(world, row, *order) for row, order in zip(rows, orders, strict=True)} == {end}
    assert len(told(world)) == len(orders) * len(words)


@pytest.mark.parametrize(
    ("words", "code", "end"),
    [
        (("answer", "queued", "sent", "delivered"), None, (State.DELIVERED, 0)),
        (("answer", "sent", "sent", "undelivered"), 30001, (State.HELD, 1)),  # to be sent again, once counted
        (("answer", "sent", "undelivered", "undelivered"), 30003, (State.HELD, 1)),
        (("answer", "sent", "undelivered", "undelivered"), 30005, (State.FAILED, 0)),
        (("answer", "sent", "failed", "undelivered"), 30023, (State.READY, 0)),
        (("answer", "sent", "undelivered", "delivered"), 30001, (State.DELIVERED, None)),
        (("answer", "read", "undelivered", "sent"), 30005, (State.READ, None)),
    ],
)
def test_every_order_of_callbacks_and_of_the_answer_to_the_post_ends_the_same(
    world: World, words: tuple[str, ...], code: int | None, end: tuple[State, int | None]
) -> None:
    """Proof 6: the answer to the POST is one more piece of news, wherever it comes."""
    orders = sorted(set(permutations(words)))
    rows = [world.put(to=f"+1202555{n:04d}", body=f"text {n}") for n in range(len(orders))]
    parcels = {parcel.id: parcel for parcel in world.lease(len(rows))}
    for row, order in zip(rows, orders, strict=True):
        for word in order:
            if word == "answer":
                answered(world, parcels[row], f"SM{row}")
            else:
                world.hotline.ingest.status(status_update(row, word, sid=f"SM{row}", code=code)).result()
    kept = [world.row(row) for row in rows]
    assert {row.state for row in kept} == {end[0]}
    assert end[1] is None or {row.retries for row in kept} == {end[1]}
    assert all(len(world.attempts(row)) == 1 for row in rows)


def answered(world: World, parcel: LeasedText, sid: str) -> None:
    """The POST comes back."""
    sender = world.hotline.sender
    sender._back.append(SendOutcome(parcel, Sent(sid)))
    sender._write(list(sender._back))


@pytest.mark.parametrize("when", [When.AFTER, When.EARLY, When.HELD])
@pytest.mark.parametrize("arranged", [list, lambda words: words * 2, shuffled], ids=["once", "doubled", "shuffled"])
def test_whenever_they_come_the_text_is_delivered_once(
    world: World, when: When, arranged: Callable[[list[str]], list[str]]
) -> None:
    world.twilio.when, world.twilio.told = when, arranged
    row = world.put()
    world.drain()
    world.twilio.release_callbacks()
    kept = world.row(row)
    assert (kept.state, kept.sid) == (State.DELIVERED, world.twilio.sent[0].sid)
    assert set(world.twilio.answers) == {204}
    assert len(world.twilio.sent) == 1


@pytest.mark.parametrize("code", [30003, 30023])
def test_what_comes_back_is_kept_where_others_read_the_phone_since(world: World, code: int) -> None:
    world.twilio.when = When.HELD
    row = world.put()
    world.drain()
    sid = world.twilio.sent[0].sid

    def quiet(session: Session) -> None:
        person = people.by_id(session, world.row(row).person_id)
        person.discreet_since = world.clock.now()
        session.add(person)

    world.hotline.database.write(quiet).result()
    world.hotline.ingest.status(status_update(row, "undelivered", sid=sid, code=code)).result()
    assert world.row(row).state is State.KEPT


def test_a_delivered_text_never_goes_back(world: World) -> None:
    row = world.put()
    world.drain()
    assert say(world, row, "sent", "queued", "sending", "undelivered", "failed", "accepted") is State.DELIVERED


def test_a_text_that_was_thought_lost_and_arrived_is_delivered(world: World) -> None:
    row = world.put()
    assert say(world, row, "undelivered") is State.FAILED
    assert say(world, row, "delivered") is State.DELIVERED


def test_a_text_that_is_not_delivered_is_told_once(world: World) -> None:
    world.duty()
    world.twilio.undelivered[ANA] = 30005
    world.twilio.told = lambda words: words * 3
    row = world.put()
    world.drain()
    assert (world.row(row).state, world.row(row).error_code) == (State.FAILED, 30005)
    assert [fields["To"] for fields in world.twilio.asked] == [ANA, DEE]


def test_a_word_that_twilio_may_invent_is_kept_and_changes_nothing(world: World) -> None:
    row = world.put()
    world.drain()
    assert say(world, row, "teleported") is State.DELIVERED
    assert "teleported" in told(world)


def post(world: World, path: str, body: bytes, *, signed: bool = True) -> int:
    url = PUBLIC + path
    headers = webhooks.headers(url, body) if signed else {}
    return world.twilio.post(url, body, headers)


def test_a_forged_callback_changes_nothing(world: World) -> None:
    row = world.put()
    body = webhooks.form({"MessageSid": "SM1", "MessageStatus": "delivered"})
    assert post(world, f"/twilio/status?id={row}", body, signed=False) == 403
    for_another = webhooks.headers(f"{webhooks.STATUS}?id={row + 1}", body)
    assert world.twilio.post(f"{webhooks.STATUS}?id={row}", body, for_another) == 403
    assert world.row(row).state is State.READY
    assert told(world) == []


@pytest.mark.parametrize(
    "about", ["?id=999999", "?id=", "", "?id=-1", "?id=1e3", "?id=" + "9" * 40, "?id=٤٢", "?id=2147483648"]
)
def test_a_callback_about_nothing_of_ours_is_no_accident(world: World, about: str) -> None:
    body = webhooks.form({"MessageSid": "SM1", "MessageStatus": "delivered"})
    path = str(httpx.URL(f"/twilio/status{about}"))
    assert post(world, path, body) == 204
    assert told(world) == []


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"MessageStatus": ""},
        {"MessageStatus": "x" * 5_000},
        {"MessageStatus": "sent\0", "ErrorCode": "\0"},
        {"MessageStatus": "failed", "ErrorCode": "9" * 30},
        {"MessageStatus": "failed", "ErrorCode": "²"},
        {"MessageStatus": "failed", "ErrorCode": "none", "MessageSid": "\ud800"},
    ],
)
def test_a_strange_callback_is_no_accident(world: World, fields: dict[str, str]) -> None:
    row = world.put()
    assert post(world, f"/twilio/status?id={row}", webhooks.form(fields)) == 204
