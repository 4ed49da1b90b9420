"""A carrier is its own folder: the gateway in tests/gateway runs the whole loop without a line changed elsewhere."""

import re
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlmodel import col, select

from app.cli.doctor import every
from app.hotline import Hotline
from app.main import create_app
from app.telemetry.findings import Level
from app.web import diagnosis
from app.web.address import Look
from app.web.snapshot import HealthMonitor, read
from models import lines
from models.delivery.outbound import Outbound, State, StatusEvent
from models.inbound import Inbound
from models.lines import Channel
from models.requests import Outcome, Request
from models.store.session import Session
from tests import fakes, neighbors
from tests.fakes import LINE, StillClock
from tests.gateway.carrier import Gateway
from tests.gateway.server import GatewayServer
from tests.serving import within

ANA, BEN, DEE = "+12025550101", "+12025550102", "+12025550104"


@pytest.fixture
def server() -> Iterator[GatewayServer]:
    with GatewayServer() as running:
        yield running


@pytest.fixture
def hotline(database_url: str, clock: StillClock, server: GatewayServer) -> Iterator[Hotline]:
    settings = fakes.settings(database_url, hotline_number=LINE, public_url="https://hotline.example.org")
    running = Hotline(settings, carrier=Gateway(server.access), clock=clock, database_timeout=fakes.PATIENT)
    running.prepare()
    running.database.write(_people).result()
    server.post = within(create_app(hotline=running))
    yield running
    running.stop()


def _people(session: Session) -> None:
    line = lines.all_lines(session)[0]
    line.rules = {"rate_sms": 1e6, "burst_seconds": 0}
    session.add(line)
    neighbors.add(session, line, Channel.SMS, BEN, fakes.MORNING, name="Ben", helper=True)
    neighbors.add(session, line, Channel.SMS, DEE, fakes.MORNING, name="Dee", duty=True)


def say(hotline: Hotline, server: GatewayServer, phone: str, words: str) -> None:
    hotline.clock.advance(timedelta(seconds=30))
    assert server.text(phone, LINE, words, sid=f"{hotline.clock.now():%H%M%S}") == 200
    hotline.sender.drain()


def test_the_whole_loop(hotline: Hotline, server: GatewayServer) -> None:
    say(hotline, server, ANA, "need groceries for two near Oak St")
    assert server.said_to(ANA)[-1].startswith("Got it: Groceries for 2, Oak St. You are #1.")
    assert server.said_to(BEN)[-1] == "#1 Groceries for 2. CLAIM 1 or PASS 1"
    say(hotline, server, BEN, "CLAIM 1")
    assert re.match(r"Ben takes #1! Code word at the door: \w+\.", server.said_to(ANA)[-1])
    say(hotline, server, BEN, "DONE 1")
    say(hotline, server, ANA, "1")
    assert server.said_to(BEN)[-1].startswith("#1: they got it. Thank you, neighbor!")
    (request,) = hotline.database.read(lambda s: list(s.exec(select(Request))))
    assert request.outcome is Outcome.FULFILLED
    first = hotline.database.read(lambda s: list(s.exec(select(Inbound).order_by(col(Inbound.id)))))[0]
    assert (first.from_address, first.fields) == (ANA, {"operator": "Oak Mobile"})
    for taken in server.taken:
        assert server.report(taken, "delivered") == 200
    assert {row.state for row in texts(hotline)} == {State.DELIVERED}
    assert hotline.database.read(lambda s: set(s.exec(select(StatusEvent.status)))) == {"delivered"}


def test_a_text_comes_twice_and_is_one(hotline: Hotline, server: GatewayServer) -> None:
    for _ in range(2):
        assert server.text(ANA, LINE, "HELP", sid="7") == 200
    hotline.sender.drain()
    assert len(server.said_to(ANA)) == 1


def test_only_the_gateway_itself_is_heard(hotline: Hotline, server: GatewayServer) -> None:
    said = {"id": "1", "from": ANA, "to": LINE, "text": "HELP"}
    assert server.call("/gateway/inbound", said, secret="guessed") == 403
    assert server.call("/gateway/inbound", ["no", "object"]) == 200  # signed, and nothing to keep
    assert server.call("/gateway/report", {"reference": "x"}) == 200
    assert server.call("/twilio/message", said) == 404
    assert hotline.database.read(lambda s: list(s.exec(select(Inbound)))) == []


def test_a_lost_answer_is_never_sent_again_and_a_person_is_told(hotline: Hotline, server: GatewayServer) -> None:
    server.silent = True
    say(hotline, server, ANA, "HELP")
    server.silent = False
    for _ in range(8):
        hotline.clock.advance(timedelta(minutes=1))
        hotline.sender.drain()
    assert len(server.said_to(ANA)) == 1
    (row,) = [row for row in texts(hotline) if row.to == ANA]
    assert row.state is State.UNCERTAIN
    assert server.said_to(DEE) == ["A text to somebody could not be delivered."]
    server.report(server.taken[0], "delivered")  # it had arrived after all
    assert texts(hotline)[0].state is State.DELIVERED


def test_a_report_settles_a_lost_answer_before_anybody_is_told(hotline: Hotline, server: GatewayServer) -> None:
    server.silent = True
    say(hotline, server, ANA, "HELP")
    server.silent = False
    hotline.clock.advance(timedelta(seconds=20))
    hotline.sender.drain()  # the first look: it cannot tell
    server.report(server.taken[0], "sent")
    hotline.clock.advance(timedelta(minutes=10))
    hotline.sender.drain()
    assert [row.state for row in texts(hotline)] == [State.SENT]
    assert server.said_to(DEE) == []


def test_its_errors_are_its_own(hotline: Hotline, server: GatewayServer) -> None:
    server.refuses[ANA] = 5  # the account: nothing is lost, and whoever looks is told what to do
    say(hotline, server, ANA, "HELP")
    assert texts(hotline)[0].state is State.READY
    figures = hotline.database.read(lambda s: read(s, hotline.clock.now()))
    snapshot = HealthMonitor(hotline).snapshot(figures)
    (reason,) = [f for f in diagnosis.findings(snapshot) if f.about == "sending"]
    assert "the gateway's prepaid credit is used up (error 5)" in reason.what
    assert str(reason.do).startswith("top it up in the gateway's console")
    server.refuses[ANA] = 1  # the phone: given up
    hotline.clock.advance(timedelta(hours=1))
    hotline.sender.drain()
    assert texts(hotline)[0].state is State.FAILED


def test_while_the_database_is_away_its_calls_wait_in_the_spool(hotline: Hotline, server: GatewayServer) -> None:
    hotline.ingest.database_timeout = 0.0
    released = threading.Event()
    busy = hotline.database.write(lambda _: released.wait())  # on SQLite there is one writer: it has no time
    assert server.text(ANA, LINE, "HELP", sid="1") == 200
    assert hotline.ingest.spool.waiting() == 1
    released.set()
    busy.result()
    hotline.spool_worker.once()
    hotline.sender.drain()
    assert len(server.said_to(ANA)) == 1


def test_doctor_asks_the_gateway(hotline: Hotline, server: GatewayServer) -> None:
    server.credit = 0
    found = list(every(hotline.settings, hotline.carrier, lambda _, __, now: Look(now)))
    about = [(finding.level, finding.what) for finding in found if finding.about == "carrier"]
    assert about == [
        (Level.OK, "the gateway knows us"),
        (Level.PROBLEM, "the gateway's prepaid credit is used up"),
    ]
    address, seen = [finding.what for finding in found if finding.about == "address"]
    assert seen == "PUBLIC_URL leads to this hotline"
    assert address.startswith("Incoming messages, in the gateway's console:")
    server.secret = "another"
    assert [f.what for f in hotline.carrier.checks([], hotline.clock.now())] == ["the gateway refuses our secret"]


def texts(hotline: Hotline) -> list[Outbound]:
    return hotline.database.read(lambda s: list(s.exec(select(Outbound).order_by(col(Outbound.id)))))
