"""Whatever is answered in the carrier's place, or the carrier makes up: `send` says taken, or what to do."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st

from app.carriers.base import Action, CarrierError, Outgoing, Sent, SentMessage
from app.carriers.twilio import errors
from app.carriers.twilio.account import Account
from app.carriers.twilio.bodies import TRIAL, Likeness, likeness
from app.carriers.twilio.carrier import Twilio
from models.delivery.outbound import State
from models.lines import Channel
from tests import webhooks
from tests.fake_twilio import Carried, Mood
from tests.fakes import ACCOUNT, LINE, PUBLIC, TOKEN
from tests.world import ANA, DEE, World

BEN = "+12025550102"
TEXT = Outgoing(1, Channel.SMS, LINE, ANA, "hello")
NOW = datetime(2026, 3, 3, 15, tzinfo=UTC)


@dataclass
class Impostor:
    """Answers every request with the same status, headers and bytes."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    url: str = ""

    @contextmanager
    def listening(self) -> Iterator["Impostor"]:
        impostor = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", "0")))
                self.send_response(impostor.status)
                for name, value in impostor.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(impostor.body)))
                self.end_headers()
                self.wfile.write(impostor.body)

            do_GET = do_POST

            def date_time_string(self, timestamp: float | None = None) -> str:
                return "Wed, 21 Oct 2026 07:28:00 GMT"

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        self.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


@pytest.fixture(scope="module")
def impostor() -> Iterator[Impostor]:
    with Impostor().listening() as listening:
        yield listening


@pytest.fixture(scope="module")
def carrier(impostor: Impostor) -> Iterator[Twilio]:
    made = Twilio(Account(ACCOUNT, (TOKEN,), impostor.url, PUBLIC), timeout=5.0)
    yield made
    made.close()


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just("9" * 5_000),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(["sid", "status", "code", "price", "error_code", "message", "messages"])
WORDS = st.sampled_from([f"SM{7:032x}", "queued", "failed", 20003, 21211, 99999, "21610", 1e400, -1, True, 10**40])
objects = st.dictionaries(NAMES, WORDS | anything, max_size=6).map(lambda it: json.dumps(it).encode())
bodies = st.one_of(
    objects,
    anything.map(lambda it: json.dumps(it).encode()),
    st.binary(max_size=60),
    st.sampled_from([b"", b"<html>", b"[" * 100_000, b'{"code":' * 50_000, b'{"code": 1e999}', b"\xff", b"null"]),
)
WAITS = ["nan", "inf", "-inf", "-5", "1e308", "7", "Wed, 21 Oct 2026 07:28:00 GMT", "soon", "9" * 400, "0x10", "١"]
statuses = st.sampled_from([*range(200, 209), *range(300, 309), *range(400, 430), 451, 499, 500, 502, 503, 504, 599])


def outcome(carrier: Twilio) -> Sent | CarrierError:
    """What became of a text: nothing else is ever raised."""
    try:
        return carrier.send(TEXT)
    except CarrierError as error:
        return error


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(statuses, bodies, st.none() | st.sampled_from(WAITS[:-1]))
@example(404, b"<html>", "3600")
@example(429, b'{"code": 20429}', "nan")
@example(400, b'{"code": ' + b"9" * 5_000 + b"}", None)
@example(404, b'{"code": 404, "message": "not found"}', None)
@example(201, json.dumps({"sid": f"SM{7:032x}", "status": [], "price": {}, "error_code": "x"}).encode(), None)
def test_send_only_ever_says_taken_or_what_to_do(
    impostor: Impostor, carrier: Twilio, status: int, body: bytes, wait: str | None
) -> None:
    impostor.status, impostor.body = status, b"" if status in (204, 205, 304) else body
    impostor.headers = {} if wait is None else {"Retry-After": wait}
    said = outcome(carrier)
    event(f"{status // 100}xx: {said.action}")
    assert said.code is None or 0 < said.code < 100_000
    if isinstance(said, Sent):
        assert status < 300
        assert 0 < len(said.sid) <= 64
        assert said.price is None or len(said.price) <= 20
    else:
        assert said.wait is None or 0 < said.wait < float("inf")
        assert status < 500 or said.action is Action.LOOK_UP
        if said.action not in (Action.LOOK_UP, Action.AWAY, Action.AGAIN):  # what ends a text, or rests the account
            assert errors.code_of(json.loads(body)["code"]) == said.code  # is the carrier's own word
    try:
        found = carrier.find(TEXT, NOW)
    except CarrierError:
        found = []
    assert all(isinstance(one, SentMessage) for one in found)


@pytest.mark.parametrize(
    ("asked", "waits"),
    [("7", 7), ("0.5", 0.5), ("nan", None), ("inf", None), ("-7", None), ("soon", None), ("", None),
     ("Wed, 21 Oct 2026 07:28:30 GMT", 30), ("Wed, 21 Oct 2026 07:27:00 GMT", None)],
)  # fmt: skip
def test_how_long_it_asks_to_wait(impostor: Impostor, carrier: Twilio, asked: str, waits: float | None) -> None:
    impostor.status, impostor.body = 429, b'{"code": 20429}'
    impostor.headers = {"Retry-After": asked}
    refused = outcome(carrier)
    assert isinstance(refused, CarrierError)
    assert refused.wait == waits


@pytest.mark.parametrize(
    ("value", "code"),
    [(21610, 21610), ("21610", 21610), (True, None), (10**40, None), ("9" * 5_000, None), (-3, None), (0, None),
     (404, None), ("404", None),
     (1e400, None), (21610.0, None), ([21610], None), ({}, None), (None, None), ("٢١٦١٠", None), ("", None)],
)  # fmt: skip
def test_what_is_a_code(value: object, code: int | None) -> None:
    assert errors.code_of(value) == code


def test_a_callback_with_an_endless_code_is_no_accident(world: World) -> None:
    row = world.put()
    world.drain()
    sid = world.twilio.sent[0].sid
    body = webhooks.form({"MessageSid": sid, "MessageStatus": "read", "ErrorCode": "9" * 400, "AccountSid": ACCOUNT})
    url = f"{webhooks.STATUS}?id={row}"
    assert world.twilio.post(url, body, webhooks.headers(url, body)) == 204
    assert world.row(row).state is State.READ


# A carrier that lies.


@pytest.mark.parametrize(("code", "ends"), [(30005, State.FAILED), (30001, State.HELD), (30002, State.READY)])
def test_one_that_takes_a_text_and_says_in_the_same_breath_that_it_failed(
    world: World, code: int, ends: State
) -> None:
    """It is as good as a callback: tried again where that helps, told where it does not, never lost in silence."""
    world.duty()
    world.twilio.told = lambda words: []
    taken = world.hotline.carrier.send

    class Lying(Twilio):
        def send(self, text: Outgoing) -> Sent:
            if text.to != ANA:
                return taken(text)
            return Sent(f"SM{3:032x}", State.FAILED, None, code, errors.action_for(code))

    world.hotline.sender.carrier = Lying(Account(ACCOUNT, (TOKEN,), world.twilio.url, PUBLIC))
    row = world.put()
    world.drain()
    assert (world.row(row).state, world.row(row).error_code) == (ends, code)
    told = [fields["To"] for fields in world.twilio.asked]
    assert told == ([DEE] if ends is State.FAILED else [])


def test_one_that_lists_somebody_elses_texts_takes_none_for_ours(world: World) -> None:
    world.twilio.told = lambda words: []
    world.put(BEN, "your turn", phrase="b")
    world.drain()
    world.twilio.next(Mood.LOSE)
    row = world.put(ANA, "your turn", phrase="a")
    world.twilio.listed = lambda texts: world.twilio.sent[::-1]  # whatever it was asked for
    for _ in range(12):
        world.drain(after=timedelta(seconds=20))
    assert [text.to for text in world.twilio.sent] == [BEN, ANA]
    assert world.row(row).sid == world.twilio.sent[1].sid


# A body that the carrier has changed.

LONG = "#42 Groceries for 2, Oak St. CLAIM 42 or PASS 42"


@pytest.mark.parametrize(
    ("ours", "listed", "said"),
    [
        ("hello", "hello", Likeness.SAME),
        ("¿Está aquí?", "¿Esta aqui? ", Likeness.SAME),
        ("hello", TRIAL + "hello", Likeness.SAME),
        ("hello", TRIAL + "hello there", Likeness.OTHER),
        ("hello there", TRIAL + "hello", Likeness.OTHER),
        (LONG, TRIAL + LONG[:30], Likeness.SAME),
        (LONG, LONG[:25] + "...", Likeness.SAME),
        (LONG, f"Neighbors: {LONG}", Likeness.SAME),
        (LONG, LONG[:10], Likeness.OTHER),
        ("there", "hello there", Likeness.OTHER),
        ("hello", "", Likeness.UNKNOWN),
        ("hello", None, Likeness.UNKNOWN),
        ("hello", 7, Likeness.UNKNOWN),
        ("hello", TRIAL, Likeness.UNKNOWN),
    ],
)
def test_a_changed_body_is_known_again(ours: str, listed: object, said: Likeness) -> None:
    assert likeness(ours, listed) is said


@pytest.mark.parametrize(
    "changed", [lambda body: TRIAL + body, lambda body: body[:24], lambda body: TRIAL + body[:30]]
)
def test_a_text_whose_body_was_changed_is_not_sent_twice(world: World, changed: Callable[[str], str]) -> None:
    """Case 11: the answer is lost, no callback comes, and the list shows a trial account's sentence before it."""
    world.twilio.told = lambda words: []
    world.twilio.next(Mood.DROP)
    world.twilio.listed = lambda texts: [replace(text, body=changed(text.body)) for text in texts]
    row = world.put(body=LONG)
    for _ in range(12):
        world.drain(after=timedelta(seconds=20))
    assert len(world.twilio.asked) == 1
    assert world.row(row).sid == world.twilio.sent[0].sid


def test_where_nothing_is_left_of_a_body_it_is_found_by_other_marks_and_nothing_is_sent_twice(world: World) -> None:
    world.duty()
    world.twilio.told = lambda words: []

    def blanked(texts: list[Carried]) -> list[Carried]:
        return [replace(text, body="") for text in texts]

    world.twilio.listed = blanked
    known = world.put(body="before", phrase="a")
    world.drain()
    world.twilio.next(Mood.DROP)
    row = world.put()
    for _ in range(20):
        world.drain(after=timedelta(seconds=20))
    assert [text.to for text in world.twilio.sent] == [ANA, ANA]
    assert (world.row(known).state, world.row(row).sid) == (State.ACCEPTED, world.twilio.sent[1].sid)


def test_where_all_that_is_listed_is_known_it_never_arrived_and_goes_again(world: World) -> None:
    world.twilio.told = lambda words: []
    world.twilio.listed = lambda texts: [replace(text, body="") for text in texts]
    world.put(body="before", phrase="a")
    world.drain()
    world.twilio.next(Mood.LOSE)
    world.put()
    for _ in range(12):
        world.drain(after=timedelta(seconds=20))
    assert [text.body for text in world.twilio.sent] == ["before", "hello"]
