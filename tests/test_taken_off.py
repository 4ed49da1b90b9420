"""Whoever was taken off the line has no address: what is left of them is seen and erased by the number they had."""

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.cli.people import changes
from models import lines, people
from models.lines import Channel
from models.people import Person
from models.store.session import Session
from tests import traces
from tests.command import Command
from tests.put_back import backed_up, begun, restored, tools
from tests.test_restore import ANA, CARO, caught_up
from tests.world import World

__all__ = ["tools"]

WORDS = ["2025550101", "marmalade"]


def asks(world: World, number: str, words: str = "I need marmalade and a ride, 9 Elm St") -> None:
    world.twilio.text(number, words)
    while world.hotline.spool_worker.once():  # where the machine was too busy to take it at once
        pass
    world.drain()
    world.clock.advance(timedelta(minutes=10))
    world.hotline.tick()
    world.drain()


def taken_off(world: World, number: str) -> None:
    def work(session: Session) -> None:
        line = lines.all_lines(session)[0]
        found = people.by_address(session, line, Channel.SMS, number)
        assert found is not None
        assert changes.take_off(session, line, found[0], world.clock.now()) is False

    world.hotline.database.write(work).result()
    world.drain()
    world.clock.advance(timedelta(hours=1))


def left(world: World) -> set[str]:
    return set(traces.in_tables(world.hotline, WORDS))


def forgets(world: World) -> None:
    world.twilio.text(ANA, "FORGET ME")
    world.drain()
    world.clock.advance(timedelta(minutes=1))
    world.twilio.text(ANA, "1")
    world.drain()
    for _ in range(3):
        world.clock.advance(timedelta(hours=2))
        world.hotline.tick()
        world.drain()


@pytest.mark.parametrize("before_hashes", [False, True])
def test_forget_me_takes_what_was_left_of_who_was_taken_off(world: World, before_hashes: bool) -> None:
    """Also of one who was taken off by a version that kept no hash of the number."""
    asks(world, ANA)
    asks(world, CARO, "I need diapers, 3 Elm St")
    taken_off(world, ANA)
    if before_hashes:
        world.hotline.database.write(lambda s: s.execute(sa.update(Person).values(former=[]))).result()
    asks(world, ANA, "I need marmalade again")
    taken_off(world, ANA)  # twice
    assert left(world)
    forgets(world)
    assert left(world) == set()
    assert traces.in_tables(world.hotline, ["diapers"])


def test_who_is_known_again_reads_and_erases_the_old_rows_with_the_new(world: World) -> None:
    asks(world, ANA)
    taken_off(world, ANA)
    asks(world, ANA, "hello")
    forgets(world)
    assert left(world) == set()


@pytest.mark.usefixtures("tools")
@pytest.mark.parametrize("removed_in_backup", [True, False])
def test_a_restore_brings_none_of_it_back(world: World, tmp_path: Path, removed_in_backup: bool) -> None:
    asks(world, ANA)
    if removed_in_backup:
        taken_off(world, ANA)
    world.clock.advance(timedelta(hours=1))
    backed_up(world, tmp_path / "b")
    world.clock.advance(timedelta(hours=1))
    if not removed_in_backup:
        taken_off(world, ANA)
    forgets(world)
    world.stop()
    world.clock.advance(timedelta(hours=1))
    restored(world, tmp_path / "b")
    with begun(world) as again:
        caught_up(again)
        assert left(again) == set()


def test_the_host_sees_and_erases_it_by_the_number(migrated_file: Path, tmp_path: Path) -> None:
    run = Command(f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'hotline.db')}")
    run.good("person", "add", ANA, "--name", "Ana", "--helper")
    run.good("person", "remove", "1", "--yes")
    assert run("person", "export", CARO).exit_code == 1
    assert run("person", "forget", CARO, "--yes").exit_code == 1
    assert json.loads(run.good("person", "export", ANA))["person"][0]["id"] == 1
    assert "Erased" in run.good("person", "forget", ANA, "--yes")
    assert run("person", "export", ANA).exit_code == 1
    assert run("person", "add", ANA, "--name", "Ana", "--helper").exit_code == 1  # as after any erasure
