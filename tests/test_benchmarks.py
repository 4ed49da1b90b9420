"""The benchmarks work: the load is signed and understood, what it leaves behind is checked, and a table comes out.

No time is judged here; a machine that runs tests is too busy for that.
"""

import socket
import subprocess
import sys
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
import sqlalchemy as sa
from fastapi.routing import APIRoute
from sqlalchemy.engine import make_url

from app.hotline import Hotline
from app.main import create_app
from app.pages.board import members
from handlers.registry import understand
from handlers.understanding.intents import Free, Kind, Order
from tests import fakes
from tests.benchmarks import against, checks, load, pages, servers, texts
from tests.benchmarks.figures import Goal, Report
from tests.benchmarks.load import Volley
from tests.benchmarks.reading import PATIENCE, Reader
from tests.benchmarks.rows import Plan
from tests.benchmarks.stock import fill
from tests.serving import ROOT

# A link that opens once, a stream, one page in another language, one proposal, and what is for programs.
NO_PAGES = {
    "/media/{key}",
    "/board/requests/{number}/pictures/{picture}",
    "/board/requests/{number}/pictures/{picture}/file",
    "/board/proposals/{number}",
    "/board/purse/{name}/receipt",
    "/board/purse/{name}/receipt/file",
    "/b/{secret}",
    "/board/leave",
    "/board/live",
    "/start/{language}",
    "/robots.txt",
    "/health",
    "/metrics",
    "/.well-known/hotline/{nonce}",
}


def test_a_quick_run_prints_a_table_and_loses_nothing(tmp_path: Path) -> None:
    command = ["full", "naive", "session", "--quick", "--database", "sqlite", "--folder", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks", *command],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    rows = done.stdout.splitlines()
    assert rows[1].split()[:3] == ["benchmark", "database", "figure"]
    assert sum("of the yardstick" in row for row in rows) == 1
    assert sum("of naive" in row for row in rows) == 2
    assert sum("SQLModel's session of ours" in row for row in rows) == 5
    kept = [row for row in rows if "kept once and answered" in row]
    assert len(kept) == 2
    assert all(row.endswith("met") for row in kept)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("n", range(0, 400, 7))
def test_what_neighbors_text_is_understood_as_a_request(n: int) -> None:
    meant = understand(texts.ask(n)).intent
    assert isinstance(meant, Free)
    assert (meant.meaning.kind, meant.meaning.emergency, bool(meant.meaning.needs)) == (Kind.ASK, False, True)


@pytest.mark.parametrize("words", sorted(set(texts.CLAIMS)))
def test_what_volunteers_text_is_understood_as_a_claim(words: str) -> None:
    assert understand(words.format(number=42)).intent == Order("claim", (42,))


def test_everybody_has_an_address_of_their_own() -> None:
    of = (texts.helper, 5_000), (texts.neighbor, 30_000), (texts.caller, 30_000)
    assert len({address(n) for address, count in of for n in range(count)}) == 65_000


def test_a_text_that_was_lost_or_not_answered_is_noticed(database_url: str) -> None:
    supply = texts.mixed(200)
    ask, claim = next(supply), next(supply)
    engine = sa.create_engine(make_url(database_url.replace("postgresql://", "postgresql+psycopg://")))
    with engine.begin() as connection:
        fill(connection, Plan(open=20, messages=20))
        connection.execute(sa.update(checks.inbound).where(checks.inbound.c.id == 1).values(sid=ask.sid))
        connection.execute(sa.update(checks.outbound).where(checks.outbound.c.id == 1).values(key="elsewhere"))
    engine.dispose()
    found = checks.kept(database_url, [ask, claim], prepared=20)
    assert (found.taken, found.right, found.unasked) == (2, 0, 1)
    assert found.complaints == ["1 not kept", "1 not answered", "1 claims that took nothing"]


def test_a_line_that_was_lived_with_has_all_that_pages_show(database_url: str) -> None:
    engine = sa.create_engine(make_url(database_url.replace("postgresql://", "postgresql+psycopg://")))
    plan = Plan(open=40, helpers=60, closed=400, messages=30_000, lived_in=True)
    with engine.begin() as connection:
        fill(connection, plan)
        if connection.dialect.name == "sqlite":  # the other has looked already
            assert connection.execute(sa.text("PRAGMA foreign_key_check")).all() == []
        states = {
            row.state: row.total
            for row in connection.execute(sa.text("SELECT state, count(*) AS total FROM request GROUP BY state"))
        }
        strays = connection.execute(
            sa.text(
                "SELECT count(*) FROM outbound o JOIN request r ON r.id = o.request_id"
                " WHERE o.person_id <> r.person_id"
                " AND o.person_id NOT IN (SELECT person_id FROM offer WHERE request_id = r.id)"
            )
        ).scalar()
        backwards = connection.execute(
            sa.text(
                "SELECT count(*) FROM outbound a JOIN outbound b ON b.id = a.id + 1 WHERE b.created_at < a.created_at"
            )
        ).scalar()
        counts = [
            connection.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar()
            for table in ("inbound", "outbound", "attempt", "status_event", "offer")
        ]
    engine.dispose()
    assert states == {"open": 40, "claimed": 4, "delivered": 4, "held": 4, "draft": 4, "closed": 384}
    assert (strays, backwards) == (0, 0)
    assert counts == [15_000, 15_000, 15_000, 15_000, 3 * 440]


def test_whoever_is_let_in_for_the_benchmark_sees_the_board_as_volunteer_or_duty(database_url: str) -> None:
    engine = sa.create_engine(make_url(database_url.replace("postgresql://", "postgresql+psycopg://")))
    with engine.begin() as connection:
        fill(connection, Plan(open=20, helpers=40, closed=100, lived_in=True))
    engine.dispose()
    keys = pages.let_in(database_url)
    hotline = Hotline(fakes.twilio_settings(database_url))
    hotline.prepare()
    try:
        for who, several in keys.items():
            assert len(set(several)) == pages.PAGES_OPEN // 2
            found = hotline.database.read(lambda session, key=several[-1]: members.look(session, hotline, key))  # type: ignore[misc]
            assert found is not None
            assert found.on_duty is (who is pages.Who.DUTY)
    finally:
        hotline.stop()


def test_every_page_is_looked_at() -> None:
    app = create_app(hotline=Hotline(fakes.twilio_settings("sqlite:///none.db")))
    read = {page.path.partition("?")[0] for page in pages.PAGES}
    routers = [getattr(each, "original_router", app) for each in app.routes]
    missing = {
        route.path
        for router in routers
        for route in router.routes
        if isinstance(route, APIRoute) and "GET" in (route.methods or ())
        if not any(route.path_regex.fullmatch(path) for path in read)
    }
    assert missing <= NO_PAGES


def test_a_page_is_read_again_when_the_server_has_hung_up_and_never_if_there_is_none(tmp_path: Path) -> None:
    with servers.module("yardstick", tmp_path) as server:
        reader = Reader(server.port)
        first, page = reader.get("/")
        assert page.endswith(b"</title>")
        assert 0 < first < PATIENCE
        assert reader.connection.sock is not None
        reader.connection.sock.shutdown(socket.SHUT_RD)
        assert reader.get("/")[1] == page
        with pytest.raises(RuntimeError, match="/nowhere answers 404"):
            reader.get("/nowhere")
        reader.close()


def test_the_naive_server_keeps_every_text_once_and_none_that_is_not_signed(tmp_path: Path) -> None:
    *signed, other = islice(texts.mixed(200), 21)
    forged = replace(other, wire=other.wire.replace(b"X-Twilio-Signature: ", b"X-Twilio-Signature: x"))
    url = against.filled(f"sqlite:///{tmp_path / 'naive.db'}", Plan(open=10))
    with servers.module("naive", tmp_path, url) as server:
        once, again = (load.fire(signed, [server.port], connections=4) for _ in range(2))
        refused = load.fire([forged], [server.port], connections=1).refused
    assert (len(once.taken), len(again.taken), refused) == (20, 20, 1)
    found = against.kept(url, once.taken, prepared=10)
    assert (found.taken, found.right, found.unasked, found.complaints) == (20, 20, 0, [])
    missed = against.kept(url, [*once.taken, other], prepared=10)
    assert (missed.taken, missed.right, missed.unasked, len(missed.complaints)) == (21, 20, 1, 1)


def test_percentiles_and_verdicts() -> None:
    volley = Volley(
        times=[n / 100 for n in range(1, 201)], taken=[texts.prepared(1, texts.helper(0), "hi")], lasted=2
    )
    assert (volley.rate, volley.p99, volley.longest) == (0.5, 1.98, 2.0)
    report = Report()
    report.figure("full", "SQLite", "p99", [90.0, 110.0, 120.0], unit="ms", digits=0, goal=Goal("< 100 ms", most=100))
    report.count("full", "SQLite", 9, 10, ["1 not kept"])
    assert report.rows[0] == ("full", "SQLite", "p99", "110 ms", "90 - 120", "< 100 ms", "missed")
    assert report.lost == 1
    assert replace(Goal("any"), least=1.0).met(1.0)
    assert len(report.table().splitlines()) == 5
