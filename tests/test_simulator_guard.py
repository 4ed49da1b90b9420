"""The simulator shows every phone and carries nothing: where it must not run, and who may look at it."""

import asyncio
import json
import re
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from app.carriers.simulator import SimulatorRefused
from app.hotline import Hotline
from app.main import create_app
from app.simulator import pages
from app.simulator.phones import Phones
from app.simulator.story_sessions import Stories
from models import lines
from models.delivery.outbound import StatusEvent
from models.store.session import Session
from tests import fakes
from tests.command import Command, process
from tests.fakes import LINE, PUBLIC
from tests.world import ANA, World

PUBLIC_HOST = "hotline.example.org"
DEMO = "demo.example.org"
HERE = ("127.0.0.1", 50000)
ELSEWHERE = ("192.0.2.7", 50000)


def simulated(url: str, **more: Any) -> Hotline:
    """The hotline as it is after its host lost Twilio's variables."""
    return Hotline(fakes.settings(url, hotline_number=LINE, **more))


def refused(hotline: Hotline) -> bool:
    try:
        hotline.prepare()
    except SimulatorRefused:
        return True
    finally:
        hotline.stop()
    return False


@pytest.mark.parametrize("public", [PUBLIC, "http://hotline.example.org:8000", "https://8.8.8.8"])
def test_not_where_the_address_is_public(tmp_path: Path, public: str) -> None:
    url = f"sqlite:///{tmp_path / 'hotline.db'}"
    with pytest.raises(SimulatorRefused, match=r"^PUBLIC_URL is public, and no carrier is set up"):
        simulated(url, public_url=public)
    with pytest.raises(SimulatorRefused):
        create_app(fakes.settings(url, public_url=public))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("public", "hosts"),
    [(None, None), ("http://127.0.0.1:8000", None), ("http://pi.local", None), (PUBLIC, f"x.example, {PUBLIC_HOST}")],
)
def test_but_at_home_or_under_a_name_that_is_meant_for_it(
    tmp_path: Path, public: str | None, hosts: str | None
) -> None:
    url = f"sqlite:///{tmp_path / 'hotline.db'}"
    assert not refused(simulated(url, public_url=public, hotline_simulator_hosts=hosts))


def test_not_where_people_came_by_a_carrier(world: World, database_url: str) -> None:
    """Whatever is named: real people are never shown."""
    assert world.hotline.database.read(lines.real_carriers) == ["twilio"]
    queued = world.put(ANA, "your groceries are on the way")
    assert refused(simulated(database_url))
    assert refused(simulated(database_url, public_url=PUBLIC, hotline_simulator_hosts=PUBLIC_HOST))
    world.drain()
    assert world.row(queued).sid is not None  # it waited for the carrier


def test_nor_where_a_carrier_ran_before_its_name_was_kept(world: World, database_url: str) -> None:
    queued = world.put(ANA)

    def older(session: Session) -> None:
        for line in lines.all_lines(session):
            line.carrier = None
            session.add(line)
        session.add(StatusEvent(outbound_id=queued, at=datetime.now(UTC), status="delivered"))

    world.hotline.database.write(older).result()
    assert refused(simulated(database_url))


def test_a_simulator_may_come_back(database_url: str) -> None:
    assert not refused(simulated(database_url))
    assert not refused(simulated(database_url))


@pytest.fixture
def lived(tmp_path: Path) -> Command:
    """The command in a shell without the carrier's variables, on a database with real people."""
    url = f"sqlite:///{tmp_path / 'hotline.db'}"
    real = Hotline(fakes.twilio_settings(url))
    real.prepare()
    real.stop()
    return Command(url)


@pytest.mark.parametrize("command", ["serve --port 0", "work", "chat"])
def test_every_command_that_would_show_or_send_says_so(lived: Command, command: str) -> None:
    done = lived(*command.split(), input="")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("This database has real people, who came by twilio, and no carrier is set up")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("command", ["serve --port 0", "work", "chat"])
def test_they_say_so_of_the_address_too(tmp_path: Path, command: str) -> None:
    done = Command(f"sqlite:///{tmp_path / 'hotline.db'}", PUBLIC_URL=PUBLIC)(*command.split(), input="")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("PUBLIC_URL is public, and no carrier is set up")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "hotline.db").exists()


def test_people_can_still_be_looked_up(lived: Command) -> None:
    assert lived("person", "list").exit_code == 0
    assert lived("tick").exit_code == 0


def test_the_doctor_sees_it(lived: Command) -> None:
    done = lived("doctor", "--json", PUBLIC_URL=PUBLIC)
    assert done.exit_code == 1
    problems = {each["about"]: each for each in json.loads(done.stdout) if each["level"] == "problem"}
    assert set(problems) == {"carrier", "address"}
    assert problems["carrier"]["what"].startswith("This database has real people, who came by twilio")
    assert problems["address"]["what"].startswith("PUBLIC_URL is public, and no carrier is set up")
    for each in problems.values():
        assert "TWILIO_ACCOUNT_SID" in each["what"] + each["do"]


def test_other_servers_do_not_start_it_either(lived: Command) -> None:
    """`uvicorn app.main:app`: the application refuses, whoever serves it, and the log says why."""
    app = create_app(fakes.settings(lived.env["DATABASE_URL"]))

    async def start() -> None:
        async with app.router.lifespan_context(app):
            raise AssertionError("it started")

    with pytest.raises(SimulatorRefused):
        asyncio.run(start())
    hotline: Hotline = app.state.hotline
    hotline.stop()


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_it_listens_on_this_machine_alone(tmp_path: Path, host: str) -> None:
    done = Command(f"sqlite:///{tmp_path / 'hotline.db'}")("serve", "--host", host, "--port", "0")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "whoever reaches this address" in done.stderr
    assert "HOTLINE_SIMULATOR_HOSTS" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_host_that_is_named_may_show_it(tmp_path: Path) -> None:
    env = {"HOTLINE_SIMULATOR_HOSTS": DEMO, "PUBLIC_URL": f"https://{DEMO}"}
    serve = process(["serve", "--host", "0.0.0.0", "--port", "0"], tmp_path, **env)
    try:
        assert serve.stdout is not None
        screen = ""
        while "/simulator" not in screen and (line := serve.stdout.readline()):
            screen += line.replace("\n", " ")
        assert f"Whoever reaches it as {DEMO}" in screen
        port = re.search(r":(\d+)/simulator", screen)
        assert port
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as route:  # which sends nothing
            route.connect(("192.0.2.1", 9))
            address = route.getsockname()[0]
        for at, host, status in (
            ("127.0.0.1", f"localhost:{port[1]}", 200),
            (address, DEMO, 200),
            (address, f"{DEMO}:{port[1]}", 200),
            (address, "localhost", 403),
            (address, "evil.example", 403),
        ):
            answer = httpx.get(f"http://{at}:{port[1]}/simulator", headers={"Host": host})
            assert answer.status_code == status, (at, host)
    finally:
        serve.terminate()
        serve.communicate(timeout=60)


@pytest.fixture
def app(migrated_file: Path, tmp_path: Path) -> Iterator[FastAPI]:
    running = simulated(f"sqlite:///{tmp_path / 'hotline.db'}")
    running.prepare()
    application = create_app(hotline=running)
    application.state.phones = Phones(running)
    application.state.stories = Stories(application.state.phones)
    yield application
    running.stop()


def ask(app: FastAPI, path: str, method: str = "GET", at: tuple[str, int] = HERE, **headers: str) -> httpx.Response:
    """Ask from an address; as a form of the page's own does, whatever the host."""
    given = {"sec-fetch-site": "same-origin", **{name.replace("_", "-"): value for name, value in headers.items()}}

    async def once() -> httpx.Response:
        transport = httpx.ASGITransport(app, client=at)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as asking:
            return await asking.request(method, path, headers=given)

    return asyncio.run(once())


ROUTES = [each for each in pages.router.routes if isinstance(each, APIRoute)]
PAGES = [(each.path, method) for each in ROUTES for method in each.methods or ()]


@pytest.mark.parametrize(("path", "method"), PAGES)
def test_nobody_else_may_look_or_type(app: FastAPI, path: str, method: str) -> None:
    """A page elsewhere that had its name point here, somebody in the network, somebody behind a proxy."""
    for strange in (
        ask(app, path, method, Host="rebound.example"),
        ask(app, path, method, Host="127.0.0.1.rebound.example:8000"),
        ask(app, path, method, Host=""),
        ask(app, path, method, at=ELSEWHERE),
        ask(app, path, method, x_forwarded_for="192.0.2.7"),
    ):
        assert strange.status_code == 403
        assert strange.headers["content-type"].startswith("text/plain")
        assert "rebound" not in strange.text
    assert ask(app, path, method).status_code != 403


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:80", "[::1]", "[::1]:8000", "LOCALHOST"])
def test_this_machine_may(app: FastAPI, host: str) -> None:
    assert ask(app, "/simulator/table", Host=host).status_code != 403


def test_whoever_watches_the_host_may_ask_by_any_name(app: FastAPI) -> None:
    assert ask(app, "/health", at=ELSEWHERE, Host="10.0.0.7:8000").status_code == 200


def test_a_database_on_its_own_is_not_told_apart_by_its_people(tmp_path: Path) -> None:
    """People added by hand in the simulator are pretend people."""
    run = Command(f"sqlite:///{tmp_path / 'hotline.db'}")
    run.good("person", "add", "+12025550101", "--name", "Ana", "--helper")
    with closing(sqlite3.connect(tmp_path / "hotline.db")) as kept:
        assert kept.execute("SELECT carrier FROM line").fetchall() == [(None,)]
    assert not refused(simulated(run.env["DATABASE_URL"]))
