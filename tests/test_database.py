"""The one writer of SQLite and the pool of PostgreSQL: what is answered is on disk, and nobody pays for another."""

import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import Future, wait
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlmodel import select

from app.database import engine
from app.database.engine import Database
from models.lines import Line
from models.store.session import Session
from models.store.statements import Precompiled
from models.store.types import table
from tests.fakes import MORNING
from tests.naming import add, line, stored

WRITER = """
import sys
from sqlalchemy.engine import make_url
from models.store.session import Session
from app.database import engine
from models import lines
held = engine.connect(make_url(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
def one_more(session: Session) -> int:
    return lines.next_request_number(session, lines.all_lines(session)[0])
for future in [held.write(one_more) for _ in range(int(sys.argv[2]))]:
    print(future.result())
held.close()
"""


def hold_the_writer(base: Database) -> tuple[threading.Event, Future[Any]]:
    """Keep one transaction open, so that what is written meanwhile waits together."""
    begun, go = threading.Event(), threading.Event()

    def work(_: Session) -> None:
        begun.set()
        go.wait(30)

    held = base.write(work)
    begun.wait(30)
    return go, held


def test_the_answer_comes_only_after_the_commit(base: Database) -> None:
    for n in range(5):
        assert base.write(add(f"line {n}")).result() == f"line {n}"
        assert f"line {n}" in stored(base)


def test_nothing_is_seen_before_the_commit(base: Database) -> None:
    seen: list[str] = []

    def work(session: Session) -> None:
        session.add(line("early"))
        session.flush()
        seen.extend(stored(base))

    base.write(work).result()
    assert seen == []
    assert stored(base) == ["early"]


def test_one_that_fails_takes_nobody_down(base: Database) -> None:
    go, held = hold_the_writer(base)

    def broken(session: Session) -> None:
        session.add(line("broken"))
        session.flush()
        raise ZeroDivisionError

    def conflicting(session: Session) -> None:
        twin = session.create(Line, name="twin", created_at=MORNING)
        session.execute(sa.insert(Line).values(id=twin.id, name="twin", created_at=MORNING, rules={}))

    futures: list[Future[Any]] = [
        base.write(add("before")),
        base.write(broken),
        base.write(conflicting),
        base.write(add("after")),
    ]
    go.set()
    wait([held, *futures], timeout=30)
    assert [type(f.exception()) for f in futures] == [type(None), ZeroDivisionError, IntegrityError, type(None)]
    assert stored(base) == ["after", "before"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_a_full_disk_takes_back_is_acknowledged_to_nobody(base: Database) -> None:
    """SQLite then undoes the whole transaction, with all that those before wrote."""
    go, held = hold_the_writer(base)

    def disk_full(session: Session) -> str:
        session.connection.exec_driver_sql("ROLLBACK")
        raise OperationalError("a statement", {}, sqlite3.OperationalError("database or disk is full"))

    futures = [base.write(work, lambda _, __: "rescued") for work in (add("before"), disk_full, add("after"))]
    go.set()
    wait([held, *futures], timeout=30)
    assert [type(f.exception()) for f in futures] == [OperationalError] * 3
    assert stored(base) == []
    assert base.write(add("next")).result() == "next"
    assert stored(base) == ["next"]


def test_texts_that_wait_share_commits_on_sqlite(base: Database) -> None:
    if not isinstance(base, engine.SQLite):
        assert base.url.get_backend_name() == "postgresql"
        return
    commits: list[int] = []
    sa.event.listen(base._writer, "commit", lambda _: commits.append(1))
    go, held = hold_the_writer(base)
    futures: list[Future[Any]] = [base.write(add(f"line {n:03}")) for n in range(engine.BATCH)]
    go.set()
    wait([held, *futures], timeout=30)
    assert len(commits) == 2
    assert len(stored(base)) == engine.BATCH


def test_what_a_savepoint_keeps_needs_no_file_on_sqlite(base: Database) -> None:
    if base.url.get_backend_name() == "sqlite":
        kept = base.write(lambda session: session.execute(sa.text("PRAGMA temp_store")).scalar_one()).result()
        assert kept == 2  # in memory


def test_who_hangs_up_while_waiting_takes_nobody_down(base: Database) -> None:
    go, held = hold_the_writer(base)
    gone, after = base.write(add("gone")), base.write(add("after"))
    gone.cancel()
    go.set()
    assert after.result(timeout=10) == "after"
    held.result(timeout=10)
    assert base.write(add("later")).result(timeout=10) == "later"
    assert {"after", "later"} <= set(stored(base))


def test_what_is_written_first_is_committed_first_on_one_thread(base: Database) -> None:
    done: list[int] = []
    for n in range(20):
        base.write(add(f"line {n}")).add_done_callback(lambda _, n=n: done.append(n))  # type: ignore[misc]
    base.write(add("last")).result()
    if isinstance(base, engine.SQLite):
        assert done == sorted(done)
    base.close()
    assert sorted(done) == list(range(20))


def test_what_comes_in_goes_before_what_goes_out(base: Database) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def slow(_: Session) -> None:
        begun.set()
        may_end.wait(30)

    own = base.write(slow)
    assert begun.wait(30)
    assert base.wait_until_idle(30), "work of the hotline's own holds up nobody"
    may_end.set()
    own.result()

    begun.clear()
    may_end.clear()
    text = base.write(slow, by="+12025550101")
    assert not base.wait_until_idle(0.01), "a text waits, and is let pass"
    assert begun.wait(30)
    assert not base.wait_until_idle(0.01), "it is worked on"
    may_end.set()
    text.result()
    assert base.wait_until_idle(30)


def test_closing_finishes_what_was_begun(base: Database) -> None:
    futures = [base.write(add(f"line {n}")) for n in range(100)]
    base.close()
    assert all(f.done() and f.exception() is None for f in futures)
    assert len(stored(base)) == 100


def test_times_come_back_in_utc_and_none_without_a_zone_goes_in(base: Database) -> None:
    base.write(add("oak")).result()
    assert base.read(lambda s: s.exec(select(Line.created_at)).one()) == MORNING
    assert base.read(lambda s: s.exec(select(Line.created_at)).one()).utcoffset() == timedelta(0)
    naive = Line(name="naive", created_at=MORNING.replace(tzinfo=None))
    with pytest.raises(ValueError, match="time zone"):
        base.write(lambda s: s.add(naive)).result()


def test_two_that_lock_each_other_out_are_both_served(base: Database) -> None:
    a, b = base.write(lambda s: [s.create(Line, name="oak", created_at=MORNING).id for _ in range(2)]).result()
    tries: list[int] = []
    both_hold_one = threading.Barrier(2)

    def crosswise(first: int, second: int) -> engine.Work[None]:
        meeting = [both_hold_one] if isinstance(base, engine.PostgreSQL) else []

        def work(session: Session) -> None:
            tries.append(first)
            count_up(session, first)
            if meeting:
                meeting.pop().wait(10)
            count_up(session, second)

        return work

    other = engine.connect(base.url)  # as another process has it
    futures = [base.write(crosswise(a, b)), other.write(crosswise(b, a))]
    wait(futures, timeout=30)
    other.close()
    assert [f.exception() for f in futures] == [None, None]
    assert base.read(lambda s: list(s.exec(select(Line.last_request)))) == [2, 2]
    assert len(tries) == 2 if isinstance(base, engine.SQLite) else len(tries) > 2


def count_up(session: Session, line_id: int) -> None:
    session.execute(sa.update(Line).where(sa.column("id") == line_id).values(last_request=Line.last_request + 1))


def test_two_processes_write_to_one_database(base: Database, database_url: str) -> None:
    base.write(add("oak")).result()
    url = base.url.render_as_string(hide_password=False)
    both = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, url, "150"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    for one in both:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    said = [one.communicate("go\n", timeout=60)[0].split() for one in both]
    assert [one.returncode for one in both] == [0, 0]
    assert sorted(int(n) for part in said for n in part) == list(range(1, 301))
    base.check()


def test_a_look_sees_what_was_committed_last_and_outlives_its_connection(base: Database) -> None:
    named: Precompiled[str] = Precompiled(
        sa.select(table(Line).c.name).where(table(Line).c.name == sa.bindparam("name"))
    )
    assert base.lookup(named, name="oak") == []
    base.write(add("oak")).result()
    assert base.lookup(named, name="oak") == ["oak"]
    cut_off(base)
    with pytest.raises(DBAPIError):
        base.lookup(named, name="oak")
    assert base.lookup(named, name="oak") == ["oak"]


def cut_off(base: Database) -> None:
    """The connection kept for looking is gone, and does not know it."""
    if isinstance(base, engine.PostgreSQL):
        own: Precompiled[int] = Precompiled(sa.select(sa.func.pg_backend_pid()))
        (pid,) = base.lookup(own)
        base.read(lambda s: s.execute(sa.select(sa.func.pg_terminate_backend(pid, 5_000))))
    elif base._lookup_connection is not None:
        base._lookup_connection.connection.dbapi_connection.close()  # type: ignore[union-attr]


def test_a_database_that_does_not_answer_says_so(base: Database) -> None:
    away = base.url.set(database="/nowhere/at/all.db" if base.url.get_backend_name() == "sqlite" else "nowhere")
    absent = engine.connect(away)
    with pytest.raises(OperationalError):
        absent.check()
    absent.engine.dispose()
