"""What the tests share: both databases, a hotline on each, a clock that stands still."""

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from playwright.sync_api import Browser
from sqlalchemy.engine import make_url

from app.database import engine, migrations
from app.database.engine import Database
from app.hotline import Hotline
from app.main import create_app
from app.telemetry import logs
from tests import fakes, logscan, memory
from tests.browser import chromium
from tests.fake_twilio import FakeTwilio
from tests.fakes import Recorder, StillClock
from tests.postgres import PostgreSQL, blank_database
from tests.racing import Course, Racers, racers
from tests.serving import looking_within, within
from tests.world import World, quick

BOTH = ["sqlite", "postgresql"]
PATIENCE = 60  # seconds: a busy machine may stand still for longer than somebody at a phone or browser waits

# The same examples every time, however slow the machine: a suite that fails must fail again.
hypothesis.settings.register_profile("suite", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("suite")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--record", action="store_true", help="write what was answered into the transcripts")


def pytest_configure(config: pytest.Config) -> None:
    memory.use()
    # A run in the background ignores Ctrl+C, and every process that it starts would do so too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    logs.configure()  # as every process of ours does first
    config.pluginmanager.register(logscan.Ears(), "logscan")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory for this test alone: what is written beside a database stays there."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgreSQL]:
    """A PostgreSQL server; it starts when the first test asks."""
    server = PostgreSQL()
    yield server
    server.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real browser. No longer than a module: Playwright has an event loop running, and others want their own."""
    with chromium() as started:
        yield started


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database with the hotline's tables, to be copied."""
    file = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    migrations.upgrade(make_url(f"sqlite:///{file}"))
    return file


@pytest.fixture
def base(database_url: str) -> Iterator[Database]:
    """That database by itself, without a hotline."""
    held = engine.connect(make_url(database_url))
    yield held
    held.close()


@pytest.fixture(params=BOTH)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database with the hotline's tables, of either kind, for this test alone."""
    if request.param == "sqlite":
        file = f"sqlite:///{shutil.copy(request.getfixturevalue('migrated_file'), tmp_path / 'hotline.db')}"
        yield file
        logscan.learn(file)
        return
    server: PostgreSQL = request.getfixturevalue("postgres")
    url = server.migrated(fresh=request.node.get_closest_marker("fresh") is not None)
    yield url
    server.empty(url)


@pytest.fixture(params=BOTH)
def blank_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without any table, of either kind, for this test alone."""
    with blank_database(request, tmp_path / "blank.db") as url:
        yield url


@pytest.fixture
def clock() -> StillClock:
    """Tuesday 3 March 2026, 10 AM in New York, until the test moves it."""
    return StillClock()


@pytest.fixture
def carrier() -> Recorder:
    """The simulated network; `carrier.carried` is what left."""
    return Recorder()


@pytest.fixture
def hotline(database_url: str, clock: StillClock, carrier: Recorder) -> Iterator[Hotline]:
    """A hotline on either database whose threads are not running: the test drains and ticks."""
    settings = fakes.settings(database_url, hotline_whatsapp=fakes.WHATSAPP)
    running = Hotline(settings, carrier=carrier, clock=clock, database_timeout=PATIENCE)
    running.prepare()
    yield running
    running.stop()


@pytest.fixture(params=BOTH)
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Hotline, Hotline]]:
    """Two such hotlines of one kind that know nothing of each other, at the same moment (tests/by_board.py)."""
    urls: list[str]
    if request.param == "sqlite":
        file = request.getfixturevalue("migrated_file")
        urls = [f"sqlite:///{shutil.copy(file, tmp_path / name)}" for name in ("texted.db", "pressed.db")]
    else:
        server: PostgreSQL = request.getfixturevalue("postgres")
        urls = [server.migrated(), server.migrated()]
    one, other = (
        Hotline(
            fakes.settings(url, hotline_whatsapp=fakes.WHATSAPP),
            carrier=Recorder(),
            clock=StillClock(),
            database_timeout=PATIENCE,
        )
        for url in urls
    )
    for each in (one, other):
        each.prepare()
    yield one, other
    for each, url in zip((one, other), urls, strict=True):
        each.stop()
        if request.param == "sqlite":
            logscan.learn(url)
        else:
            server.empty(url)


@pytest.fixture
def twilio_hotline(database_url: str, clock: StillClock) -> Iterator[Hotline]:
    """The same with Twilio's webhooks as they come; what would be posted to it is kept instead."""
    settings = fakes.twilio_settings(database_url)
    running = Hotline(settings, carrier=fakes.TwilioRecorder(settings), clock=clock, database_timeout=PATIENCE)
    running.prepare()
    yield running
    running.stop()


@pytest.fixture
def world(database_url: str, clock: StillClock) -> Iterator[World]:
    """A hotline whose carrier is the fake Twilio; callbacks and texts reach it without a network."""
    with FakeTwilio(clock=clock) as twilio:
        settings = fakes.twilio_settings(database_url, twilio_api_url=twilio.url)
        running = Hotline(settings, clock=clock, database_timeout=fakes.PATIENT)
        running.prepare()
        running.database.write(quick).result()
        app = create_app(hotline=running)
        twilio.post, twilio.media.look = within(app), looking_within(app)
        made = World(running, twilio, clock)
        yield made
        made.stop()


@pytest.fixture(scope="module")
def both() -> Iterator[Racers]:
    with racers() as found:
        yield found


@pytest.fixture
def course(hotline: Hotline, both: Racers) -> Iterator[Course]:
    yield Course(hotline, both)
    both.leave(hotline.settings.database_url)
