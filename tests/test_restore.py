"""After a backup was put back: nothing is sent twice, no number is used twice, nobody erased comes back.

And what came in since is taken in. The carrier is the fake Twilio, which goes on while the hotline is gone.
"""

import os
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import col, select

from app.backups import contents, erased, missing
from app.backups.contents import Damaged
from app.backups.restoring import CannotRestore
from app.carriers.base import CarrierError
from app.database.running import HotlineRuns
from app.inbound.reconcile import MINIMUM_AGE
from models import erasing, kept_apart, lines, people, removals, restores
from models.delivery import workers
from models.delivery.outbound import Outbound, State
from models.inbound import Inbound
from models.lines import Channel
from models.people import Address, Person
from models.requests import Request
from models.store.session import Session
from tests import neighbors
from tests.command import Command
from tests.fake_twilio import Mood
from tests.fake_twilio_api import Carried
from tests.put_back import backed_up, begun, lose, lose_all_but_noted, restored, sent, tools
from tests.world import World

__all__ = ["tools"]
pytestmark = pytest.mark.usefixtures("tools")

ANA, BEN, CARO = "+12025550101", "+12025550102", "+12025550103"
A_NIGHT = timedelta(hours=8)


def volunteer(world: World) -> None:
    def work(session: Session) -> None:
        line = lines.all_lines(session)[0]
        neighbors.add(session, line, Channel.SMS, BEN, world.clock.now(), name="Ben", helper=True)

    world.hotline.database.write(work).result()


def caught_up(world: World) -> None:
    """The first look at the carrier's list, time's part, and whatever leaves after it."""
    world.clock.advance(MINIMUM_AGE)
    world.hotline.reconciler.once()
    for _ in range(6):
        world.hotline.tick()
        world.drain(after=timedelta(seconds=31))


def bodies(world: World) -> list[str]:
    return world.hotline.database.read(lambda s: list(s.exec(select(Inbound.body).order_by(col(Inbound.id)))))


def numbers(world: World) -> list[int]:
    return world.hotline.database.read(lambda s: list(s.exec(select(Request.number).order_by(col(Request.number)))))


def test_what_waited_and_left_since_is_not_sent_again_and_what_did_not_is(world: World, tmp_path: Path) -> None:
    left, waits = world.put(ANA, "this one left"), world.put(BEN, "this one waits")
    backed_up(world, tmp_path / "b")
    world.twilio.page_for[BEN] = 404  # nobody takes it
    world.drain()
    assert sent(world.twilio) == {(ANA, "this one left"): 1}
    lose(world)
    world.twilio.page_for.clear()
    world.clock.advance(A_NIGHT)
    assert restored(world, tmp_path / "b").settled.texts == 2
    with begun(world) as again:
        caught_up(again)
        assert sent(again.twilio) == {(ANA, "this one left"): 1, (BEN, "this one waits"): 1}
        assert again.row(left).state is State.DELIVERED
        assert again.row(waits).state is State.DELIVERED


def test_what_the_hotline_did_since_is_not_done_again(world: World, tmp_path: Path) -> None:
    volunteer(world)
    world.twilio.text(ANA, "I need groceries for two, 14 Oak St")
    world.drain()
    backed_up(world, tmp_path / "b")
    for _ in range(3):  # waves go out, Ben is asked, and says no
        world.clock.advance(timedelta(seconds=20))
        world.hotline.tick()
        world.drain()
    before = sent(world.twilio)
    assert any(to == BEN for to, _ in before)
    world.twilio.text(BEN, "PASS 1")
    world.twilio.text(CARO, "HELP")
    world.drain()
    before = sent(world.twilio)
    lose(world)
    world.clock.advance(timedelta(minutes=20))
    restored(world, tmp_path / "b")
    with begun(world) as again:
        caught_up(again)
        assert sorted(bodies(again)) == ["HELP", "I need groceries for two, 14 Oak St", "PASS 1"]
        after = sent(again.twilio)
        assert {text: after[text] for text in before} == before


def test_texts_since_are_taken_in_however_old_the_backup_is(world: World, tmp_path: Path) -> None:
    world.twilio.text(ANA, "hello")
    world.drain()
    backed_up(world, tmp_path / "b")
    for day in range(4):
        world.clock.advance(timedelta(days=1))
        world.twilio.text(BEN, f"STATUS {day}")
    lose(world)
    restored(world, tmp_path / "b")
    with begun(world) as again:
        assert again.hotline.reconciler.catching_up
        caught_up(again)
        assert bodies(again) == ["hello", *(f"STATUS {day}" for day in range(4))]
        assert not again.hotline.reconciler.catching_up
    with begun(world) as third:  # and once is enough
        assert not third.hotline.reconciler.catching_up


def test_a_process_that_stops_in_between_reads_it_from_the_beginning(world: World, tmp_path: Path) -> None:
    world.twilio.text(ANA, "hello")
    backed_up(world, tmp_path / "b")
    world.clock.advance(timedelta(days=3))
    world.twilio.text(BEN, "STATUS 1")
    lose(world)
    world.clock.advance(timedelta(days=1))
    restored(world, tmp_path / "b")
    with begun(world) as again:
        again.twilio.text(CARO, "STATUS 2")  # would hide how far the backup got
    with begun(world) as third:
        caught_up(third)
        assert sorted(bodies(third)) == ["STATUS 1", "STATUS 2", "hello"]


def test_time_waits_for_what_came_in_since_but_not_for_ever(world: World, tmp_path: Path) -> None:
    world.twilio.text(ANA, "I need groceries for two, 14 Oak St")
    backed_up(world, tmp_path / "b")
    lose(world)
    world.clock.advance(timedelta(hours=1))
    restored(world, tmp_path / "b")
    with begun(world) as again:
        hotline = again.hotline
        hotline.ticker.heartbeat.began_at = again.clock.now()
        hotline._tick_on()
        assert hotline.ticker.heartbeat.worked_at is None
        again.clock.advance(timedelta(minutes=2))
        hotline._tick_on()
        assert hotline.ticker.heartbeat.worked_at == again.clock.now()


def test_no_request_number_is_used_twice(world: World, tmp_path: Path) -> None:
    world.twilio.text(ANA, "I need groceries for two, 14 Oak St")
    backed_up(world, tmp_path / "b")
    given_out = set()
    for n in range(8):
        world.twilio.text(f"+1202555011{n}", "I need diapers, 3 Elm St")
    given_out = set(numbers(world))
    lose(world)
    world.clock.advance(A_NIGHT)
    done = restored(world, tmp_path / "b")
    with begun(world) as again:
        caught_up(again)
        new = set(numbers(again)) - {1}
        assert len(new) == 8
        assert not new & given_out
        assert set(done.settled.numbers.values()) == {min(new)} == {200}


def test_the_gap_grows_with_what_a_busy_line_gives_out(world: World, tmp_path: Path) -> None:
    def busy(session: Session) -> None:
        line = lines.all_lines(session)[0]
        line.last_request = 400
        session.add(line)
        person, _ = people.get_or_create(session, line, Channel.SMS, ANA, world.clock.now())
        for number in range(1, 401):
            now = world.clock.now()
            values = {"line_id": line.id, "person_id": person.id, "state": "closed", "changed_at": now}
            session.insert_later(Request, number=number, created_at=now, **values)

    world.hotline.database.write(busy).result()
    backed_up(world, tmp_path / "b")
    lose(world)
    world.clock.advance(timedelta(days=3))
    assert set(restored(world, tmp_path / "b").settled.numbers.values()) == {400 + 2 * 3 * 400 + 100}


def test_the_database_that_is_there_says_how_far_its_numbers_got(world: World, tmp_path: Path) -> None:
    backed_up(world, tmp_path / "b")

    def far(session: Session) -> None:
        line = lines.all_lines(session)[0]
        line.last_request = 7777
        session.add(line)

    world.hotline.database.write(far).result()
    world.stop()
    assert set(restored(world, tmp_path / "b").settled.numbers.values()) == {7800}
    with begun(world):
        pass


def test_a_late_callback_about_a_text_the_backup_does_not_know_changes_no_other(world: World, tmp_path: Path) -> None:
    world.put(ANA, "before")
    world.drain()
    backed_up(world, tmp_path / "b")
    unknown = world.put(BEN, "since")
    world.drain()
    (late,) = [text for text in world.twilio.sent if text.body == "since"]
    lose(world)
    restored(world, tmp_path / "b")
    with begun(world) as again:
        new = again.put(CARO, "new")
        assert new > unknown + 1000
        again.twilio.say(late, "delivered")
        again.twilio.settle()
        assert again.row(new).state is State.READY
        again.drain()
        assert sent(again.twilio)[CARO, "new"] == 1


def test_a_text_on_its_way_when_the_backup_was_made_is_looked_for(world: World, tmp_path: Path) -> None:
    world.put(ANA, "on its way")
    world.lease()
    backed_up(world, tmp_path / "b")
    lose(world)
    world.clock.advance(A_NIGHT)
    restored(world, tmp_path / "b")
    with begun(world) as again:
        caught_up(again)
        assert sent(again.twilio) == {(ANA, "on its way"): 1}


def test_a_text_that_the_carrier_took_and_never_answered_for_stays_one(world: World, tmp_path: Path) -> None:
    world.put(ANA, "taken")
    backed_up(world, tmp_path / "b")
    world.twilio.next(Mood.DROP)
    world.drain()
    lose(world)
    restored(world, tmp_path / "b")
    with begun(world) as again:
        caught_up(again)
        assert sent(again.twilio) == {(ANA, "taken"): 1}


def test_what_is_said_new_is_not_taken_for_what_was_said_before(world: World, tmp_path: Path) -> None:
    backed_up(world, tmp_path / "b")
    world.twilio.text(CARO, "HELP")
    world.drain()
    lose(world)
    world.clock.advance(A_NIGHT)
    restored(world, tmp_path / "b")
    with begun(world) as again:
        caught_up(again)
        before = sent(again.twilio)
        again.clock.advance(timedelta(minutes=5))
        again.twilio.text(CARO, "HELP")  # she asks again, and is answered again
        again.drain()
        assert sum(sent(again.twilio).values()) == sum(before.values()) + 1


@pytest.mark.parametrize("present", [True, False])
def test_nobody_erased_since_comes_back(world: World, tmp_path: Path, present: bool) -> None:
    volunteer(world)
    for number in (ANA, CARO):
        world.twilio.text(number, "I need groceries for two, 14 Oak St")
    world.drain()
    backed_up(world, tmp_path / "b")
    world.clock.advance(timedelta(hours=1))

    def erase(session: Session) -> None:
        line = lines.all_lines(session)[0]
        found = people.by_address(session, line, Channel.SMS, ANA)
        assert found is not None
        erasing.erase(session, line, found[0], world.clock.now())

    world.hotline.database.write(erase).result()
    if present:
        world.stop()
    else:
        assert erased.note(world.hotline.settings, world.hotline.database) == 1
        assert erased.note(world.hotline.settings, world.hotline.database) == 0
        assert oct(erased.file_of(world.hotline.settings).stat().st_mode & 0o777) == "0o600"
        lose_all_but_noted(world)
    done = restored(world, tmp_path / "b")
    assert done.settled.erased == 1
    with begun(world) as again:

        def trace(session: Session) -> list[object]:
            seen = [*session.exec(select(Inbound)), *session.exec(select(Outbound)), *session.exec(select(Request))]
            seen += [*session.exec(select(Address)), *session.exec(select(Person))]
            return [row for row in seen if ANA in str(row.model_dump())]

        assert again.hotline.database.read(trace) == []
        texts = again.hotline.database.read(lambda s: [r.text for r in s.exec(select(Request))])
        assert sorted(map(bool, texts)) == [False, True]


def test_it_refuses_while_a_hotline_runs(world: World, tmp_path: Path) -> None:
    backed_up(world, tmp_path / "b")
    world.hotline.sender.once()  # a sign of life
    with pytest.raises(HotlineRuns):
        restored(world, tmp_path / "b")
    assert world.hotline.database.read(restores.latest) is None


def test_what_was_there_is_put_aside_and_can_be_put_back(world: World, tmp_path: Path) -> None:
    world.twilio.text(ANA, "hello")
    backed_up(world, tmp_path / "b")
    world.twilio.text(BEN, "hello too")
    world.stop()
    aside = restored(world, tmp_path / "b").aside
    assert aside is not None
    assert contents.of(aside).texts > contents.of(tmp_path / "b").texts
    assert oct(aside.stat().st_mode & 0o777) == "0o600"
    restored(world, aside)
    with begun(world) as again:
        assert bodies(again) == ["hello", "hello too"]


def test_a_database_that_is_damaged_is_put_aside_too(world: World, tmp_path: Path) -> None:
    file = world.hotline.settings.database_file
    if file is None:
        pytest.skip("a file is SQLite's")
    world.twilio.text(ANA, "hello")
    backed_up(world, tmp_path / "b")
    world.stop()
    file.write_bytes(b"\0" * 5000)
    aside = restored(world, tmp_path / "b").aside
    assert aside is not None
    assert aside.read_bytes() == b"\0" * 5000
    with begun(world) as again:
        assert bodies(again) == ["hello"]


def test_a_backup_that_is_damaged_or_another_thing_changes_nothing(world: World, tmp_path: Path) -> None:
    backed_up(world, tmp_path / "b")
    whole = (tmp_path / "b").read_bytes()
    (tmp_path / "half").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "words").write_bytes(b"hello")
    with closing(sqlite3.connect(tmp_path / "other")) as other:
        other.execute("CREATE TABLE x (y)")
        other.commit()
    world.stop()
    for name in ("half", "words", "other"):
        with pytest.raises((Damaged, CannotRestore)):
            restored(world, tmp_path / name)
    with pytest.raises(CannotRestore, match="no file"):
        restored(world, tmp_path / "nothing")
    assert not missing.put_aside(world.hotline.settings)
    assert not [name for name in os.listdir(tmp_path) if name.startswith(".restoring")]  # noqa: PTH208
    with begun(world) as again:
        assert again.hotline.database.read(restores.latest) is None


def test_everything_that_was_acknowledged_before_the_backup_is_in_it(world: World, tmp_path: Path) -> None:
    for n in range(20):
        assert world.twilio.text(f"+120255501{n + 1:02}", f"STATUS {n}") == 200
        made = backed_up(world, tmp_path / f"b{n}")
        assert made.contents.texts >= n + 1
        assert made.contents.people >= n + 1


def test_erasing_takes_the_words_and_hands_on_what_was_in_hand(world: World) -> None:
    volunteer(world)
    world.twilio.text(ANA, "I need groceries for two, 14 Oak St")
    world.twilio.text(CARO, "I need diapers, 3 Elm St")
    world.twilio.text(BEN, "CLAIM 1 2")
    world.drain()

    def work(session: Session) -> Counter[str]:
        line = lines.all_lines(session)[0]
        for number in (ANA, BEN):
            found = people.by_address(session, line, Channel.SMS, number)
            assert found is not None
            removals.let_go(session, found[0], world.clock.now())
            erasing.erase(session, line, found[0], world.clock.now())
        session.flush()
        return Counter(str(r.state) for r in session.exec(select(Request)))

    assert world.hotline.database.write(work).result() == {"closed": 1, "open": 1}
    world.drain()


@pytest.mark.parametrize("present", [True, False])
def test_bans_and_pairs_made_since_hold_and_who_came_and_left_since_does_not_come_back(
    world: World, tmp_path: Path, present: bool
) -> None:
    volunteer(world)
    world.twilio.text(ANA, "I need groceries for two, 14 Oak St")
    world.twilio.text(BEN, "CLAIM 1")
    world.drain()
    backed_up(world, tmp_path / "b")
    world.clock.advance(timedelta(hours=1))
    world.twilio.text(CARO, "I need marmalade and food, 3 Elm St")  # not in the backup
    world.drain()

    def since(session: Session) -> None:
        line, now = lines.all_lines(session)[0], world.clock.now()
        ana, ben, caro = (people.by_address(session, line, Channel.SMS, n)[0] for n in (ANA, BEN, CARO))  # type: ignore[index]
        kept_apart.keep(session, line.id, ana.id, ben.id, now)
        ben.banned_at = now
        session.add(ben)
        erasing.erase(session, line, caro, now)

    world.clock.advance(timedelta(minutes=5))
    world.hotline.database.write(since).result()
    erased.note(world.hotline.settings, world.hotline.database)
    noted = erased.file_of(world.hotline.settings).read_bytes()
    assert not [number for number in (ANA, BEN, CARO) if number[2:].encode() in noted]
    if present:
        world.stop()
    else:
        lose_all_but_noted(world)
    world.clock.advance(A_NIGHT)
    restored(world, tmp_path / "b")
    with begun(world) as again:
        caught_up(again)

        def now_is(session: Session) -> tuple[bool, bool, bool, str]:
            line = lines.all_lines(session)[0]
            ana, ben = (people.by_address(session, line, Channel.SMS, n)[0] for n in (ANA, BEN))  # type: ignore[index]
            request = session.exec(select(Request).where(Request.number == 1)).one()
            caro = people.by_address(session, line, Channel.SMS, CARO)
            assert request.person_id == ana.id
            return (
                ben.banned_at is not None,
                kept_apart.are(session, request, ben.id),
                caro is None,
                str(request.state),
            )

        assert again.hotline.database.read(now_is) == (True, True, True, "open")
        assert not [body for body in bodies(again) if "marmalade" in body]
        again.twilio.text(CARO, "hello again")
        assert again.hotline.database.read(
            lambda s: people.by_address(s, lines.all_lines(s)[0], Channel.SMS, CARO) is not None
        )


def test_a_second_restore_of_the_same_backup_uses_no_number_of_the_first(world: World, tmp_path: Path) -> None:
    backed_up(world, tmp_path / "b")
    given_out: set[int] = set()
    for n in range(2):
        lose_all_but_noted(world)
        restored(world, tmp_path / "b")
        with begun(world) as again:
            again.twilio.text(f"+1202555012{n}", "I need diapers, 3 Elm St")
            assert not given_out & set(numbers(again))
            given_out |= set(numbers(again))


def test_where_the_list_cannot_be_read_nothing_is_sent_again_and_it_is_read_once_it_can(
    world: World, tmp_path: Path
) -> None:
    volunteer(world)
    world.twilio.text(ANA, "I need groceries for two, 14 Oak St")
    world.drain()
    backed_up(world, tmp_path / "b")
    world.clock.advance(timedelta(seconds=20))
    world.hotline.tick()
    world.twilio.text(BEN, "PASS 1")
    world.drain()
    before = sent(world.twilio)
    lose(world)
    restored(world, tmp_path / "b")
    with begun(world) as again:

        def refuses(_: object) -> list[Carried]:
            raise ConnectionError

        again.twilio.listed = refuses
        for _ in range(10):  # minutes
            again.clock.advance(timedelta(minutes=1))
            with pytest.raises(CarrierError):
                again.hotline.reconciler.once()
            again.hotline.tick()
            again.drain()
            assert again.hotline.reconciler.catching_up
            assert sent(again.twilio) == before
        again.twilio.listed = list
        caught_up(again)
        assert not again.hotline.reconciler.catching_up
        assert sorted(bodies(again)) == ["I need groceries for two, 14 Oak St", "PASS 1"]
        after = sent(again.twilio)
        assert {text: after[text] for text in before} == before


def test_a_clock_that_ran_ahead_hinders_no_second_restore(world: World, tmp_path: Path) -> None:
    """A simulator's clock is moved by hand; and what a worker says of itself is in the backup, too."""
    ahead = world.clock.now() + timedelta(days=30)
    world.hotline.database.write(lambda session: workers.beat(session, "killed", ahead)).result()
    backed_up(world, tmp_path / "b")
    world.stop()
    for _ in range(2):
        restored(world, tmp_path / "b")


def test_there_is_a_database_at_any_moment_of_a_restore(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever pulls the plug leaves the old one or the new one, with all that was committed."""
    file = world.hotline.settings.database_file
    if file is None:
        pytest.skip("a file is SQLite's")
    backed_up(world, tmp_path / "b")
    world.twilio.text(ANA, "hello")
    world.hotline.presence.end()  # it is killed, and leaves a log
    seen: list[int] = []

    def looked(done: Callable[..., object]) -> Callable[..., object]:
        def look(self: Path, *args: object, **named: object) -> object:
            result = done(self, *args, **named)
            if self.name.startswith(file.name) or (args and str(args[0]).endswith(file.name)):
                copy = tmp_path / f"copy-{len(seen)}"
                copy.mkdir()
                for suffix in ("", "-wal", "-shm"):
                    with suppress(FileNotFoundError):
                        shutil.copy(f"{file}{suffix}", copy / f"x{suffix}")
                with closing(sqlite3.connect(copy / "x")) as there:
                    seen.append(there.execute("SELECT count(*) FROM inbound").fetchone()[0])
            return result

        return look

    for name in ("rename", "replace", "unlink", "hardlink_to"):
        monkeypatch.setattr(Path, name, looked(getattr(Path, name)))
    aside = restored(world, tmp_path / "b").aside
    monkeypatch.undo()
    assert aside is not None
    assert contents.of(aside).texts == 2
    assert seen[0] == 1
    assert seen[-1] == 0


@pytest.mark.parametrize("left", ["hotline.db.erased", "hotline.db.aside-20260303T150000Z", ".restoring-0a1b"])
def test_nobody_begins_with_an_empty_database_where_one_was(tmp_path: Path, left: str) -> None:
    run = Command(f"sqlite:///{tmp_path / 'hotline.db'}")
    (tmp_path / left).write_text("")
    for command in (["person", "list"], ["migrate"], ["work"]):
        done = run(*command)
        assert done.exit_code == 1
        assert "hotline restore" in done.output
        assert not (tmp_path / "hotline.db").exists()
    assert "PROBLEM  database" in run("doctor").output
    (tmp_path / left).unlink()
    assert run("person", "list").exit_code == 0
