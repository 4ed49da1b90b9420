"""Everything is carried from one database to another, of either kind, and back: row by row the same."""

import shutil
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings

from app.backups import erased
from app.carriers.base import Webhook
from app.database import engine, migrations, moving_rows
from app.database.moving import CannotMove
from app.inbound.spool import Spool
from models import moves
from models.moves import HalfMoved, MovedAway
from models.people import Person
from models.store.types import table
from tests import fakes
from tests.command import Command, python
from tests.other_database import Content, contents, everything, fill, moved, other_url, url_of
from tests.postgres import PostgreSQL, new_name
from tests.serving import ROOT

__all__ = ["other_url"]
TABLES = moves.Move.metadata.tables
SOME = Content(1, ["Ana", "ñandú"], [7], [fakes.MORNING], [{"a": [1, 2.5, "x"]}], [b"\0\xff"])
EACH_ANEW = [HealthCheck.function_scoped_fixture]

# A move that is killed when it comes to a table for the so-manieth time.
KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from sqlalchemy.engine import make_url
from app.database.moving import Talk, move
left = int(sys.argv[3])
def table(name):
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
move(*map(make_url, sys.argv[1:3]), lambda: datetime.now(UTC), Talk(table, print, print))
"""


def emptied(*urls: str) -> None:
    for url in urls:
        made = sa.create_engine(url_of(url))
        with made.begin() as connection:
            for each in (*reversed(moving_rows.tables()), TABLES["move"]):
                connection.execute(sa.delete(each))
        made.dispose()


def may_run(url: str) -> bool:
    """Whether a hotline may start on this database."""
    with closing(engine.connect(url_of(url))) as kept:
        try:
            kept.read(moves.check)
        except (HalfMoved, MovedAway):
            return False
        return True


def execute(url: str, statement: sa.Executable) -> int:
    made = sa.create_engine(url_of(url))
    with made.begin() as connection:
        found: int = connection.execute(statement).rowcount
    made.dispose()
    return found


@settings(max_examples=3, suppress_health_check=EACH_ANEW)
@given(content=contents())
def test_whatever_is_in_it_is_the_same_there_and_after_it_came_back(
    database_url: str, other_url: str, content: Content
) -> None:
    migrations.upgrade(url_of(other_url))
    emptied(database_url, other_url)
    fill(database_url, content)
    before = everything(database_url)
    assert all(before.values()), "a table is empty"
    done = moved(database_url, other_url)
    assert done.rows == sum(map(len, before.values()))
    assert everything(other_url) == before
    assert (may_run(database_url), may_run(other_url)) == (False, True)
    moved(other_url, database_url)
    assert everything(database_url) == before
    assert (may_run(database_url), may_run(other_url)) == (True, False)


def test_what_changed_there_comes_back_and_ids_go_on(database_url: str, other_url: str) -> None:
    fill(database_url, SOME)
    moved(database_url, other_url)
    line, area, status = (TABLES[name] for name in ("line", "area", "status_event"))
    execute(other_url, sa.update(line).values(name="Elm"))
    newest = sa.select(sa.func.max(status.c.id)).scalar_subquery()
    assert execute(other_url, sa.delete(status).where(status.c.id == newest)) == 1
    last = max(row[0] for row in everything(other_url)["area"])
    line_id = min(row[0] for row in everything(other_url)["line"])
    execute(other_url, sa.insert(area).values(line_id=line_id, name="New", aliases=[]))
    assert max(row[0] for row in everything(other_url)["area"]) > last
    now = everything(other_url)
    moved(other_url, database_url)
    assert everything(database_url) == now


def test_an_id_that_was_given_out_is_not_given_out_again(database_url: str, postgres: PostgreSQL) -> None:
    fill(database_url, SOME)
    one, other = postgres.blank(), postgres.blank()
    moved(database_url, one)
    execute(one, sa.text("SELECT setval('area_id_seq', 500000)"))  # of rows that are gone
    moved(one, other)
    line_id = min(row[0] for row in everything(other)["line"])
    execute(other, sa.insert(TABLES["area"]).values(line_id=line_id, name="New", aliases=[]))
    assert max(row[0] for row in everything(other)["area"]) == 500_001
    for url in (one, other):
        postgres.drop(url)


def test_what_postgresql_cannot_hold_is_left_out(migrated_file: Path, other_url: str, tmp_path: Path) -> None:
    database_url = f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'hotline.db')}"
    fill(database_url, SOME)
    execute(database_url, sa.text("UPDATE person SET name = 'A' || char(0) || 'na'"))
    moved(database_url, other_url)
    names = {row[list(table(Person).c).index(table(Person).c.name)] for row in everything(other_url)["person"]}
    assert names == ({"Ana"} if other_url.startswith("postgresql") else {"A\0na"})


def test_how_much_postgresql_cannot_hold_is_said(migrated_file: Path, postgres: PostgreSQL, tmp_path: Path) -> None:
    database_url, other_url = f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'hotline.db')}", postgres.blank()
    fill(database_url, SOME)
    told = execute(database_url, sa.text("UPDATE person SET name = 'A' || char(0) || 'na'"))
    said = Command(database_url).good("move", other_url)
    rows = "1 row" if told == 1 else f"{told} rows"
    assert f"In {rows} a character that cannot be seen (NUL) was left out" in said
    postgres.drop(other_url)


def test_one_database_by_two_addresses_is_not_moved_onto_itself(postgres: PostgreSQL, tmp_path: Path) -> None:
    one = postgres.migrated(fresh=True)  # with nothing in it that would be in the way
    with pytest.raises(CannotMove, match="has already"):
        moved(one, f"{one}&application_name=other")
    assert may_run(one)
    postgres.drop(one)
    file, linked = tmp_path / "hotline.db", tmp_path / "linked.db"
    migrations.upgrade(url_of(f"sqlite:///{file}"))
    linked.hardlink_to(file)
    with pytest.raises(CannotMove, match="has already"):
        moved(f"sqlite:///{file}", f"sqlite:///{linked}")
    assert may_run(f"sqlite:///{file}")


def test_a_database_with_anything_in_it_is_refused(database_url: str, other_url: str) -> None:
    fill(database_url, SOME)
    migrations.upgrade(url_of(other_url))
    fill(other_url, SOME, rows=1)
    before = everything(other_url)
    with pytest.raises(CannotMove, match="not empty: there is something in its table"):
        moved(database_url, other_url)
    with pytest.raises(CannotMove, match="has already"):
        moved(database_url, database_url)
    assert everything(other_url) == before
    assert may_run(database_url)


def test_a_database_in_which_no_tables_may_be_made_is_refused_with_the_grant(
    tmp_path: Path, postgres: PostgreSQL
) -> None:
    old, role, url = Command(f"sqlite:///{tmp_path / 'hotline.db'}"), new_name(), postgres.blank()
    old.good("person", "list")
    postgres._do("CREATE ROLE {} LOGIN", role)
    said = old("move", url.replace("postgres@", f"{role}@"))
    assert said.exit_code == 1
    assert f"GRANT CREATE ON SCHEMA public TO {role};" in said.output
    assert "Nothing is lost" in said.output
    assert old.good("person", "list")
    postgres.drop(url)
    postgres._do("DROP ROLE {}", role)


def test_words_that_are_none_are_not_quoted(migrated_file: Path, other_url: str, tmp_path: Path) -> None:
    database_url = f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'hotline.db')}"
    fill(database_url, SOME)
    execute(database_url, sa.text("UPDATE person SET name = CAST(x'416e61ff' AS TEXT)"))
    said = Command(database_url)("move", other_url)
    assert said.exit_code == 1
    assert "Could not decode" in said.output
    assert "Ana" not in said.output


def test_tables_of_something_else_are_left_alone(database_url: str, other_url: str) -> None:
    execute(other_url, sa.text("CREATE TABLE person (name VARCHAR)"))
    with pytest.raises(CannotMove, match="not empty"):
        moved(database_url, other_url)
    made = sa.create_engine(url_of(other_url))
    assert sa.inspect(made).get_table_names() == ["person"]
    made.dispose()


@pytest.mark.parametrize("at", [1, 30])
def test_killed_in_between_it_leaves_the_old_one_and_goes_on(
    database_url: str, other_url: str, tmp_path: Path, at: int
) -> None:
    fill(database_url, SOME)
    before = everything(database_url)
    urls = [url_of(url).render_as_string(hide_password=False) for url in (database_url, other_url)]
    args = [sys.executable, "-c", KILLED, *urls, str(at)]
    done = subprocess.run(args, cwd=tmp_path, env={**python(), "PYTHONPATH": str(ROOT)}, check=False)
    assert done.returncode == -signal.SIGKILL
    assert everything(database_url) == before
    assert (may_run(database_url), may_run(other_url)) == (True, False)
    said = Command(other_url)("request", "list")
    assert said.exit_code == 1
    assert "has not ended, and not everything is here yet. Set DATABASE_URL to the old database" in said.output
    moved(database_url, other_url)
    assert everything(other_url) == before
    assert (may_run(database_url), may_run(other_url)) == (False, True)


def test_between_the_two_that_say_that_it_is_done_neither_runs_and_it_goes_on(
    database_url: str, other_url: str
) -> None:
    fill(database_url, SOME)
    before = everything(database_url)
    moved(database_url, other_url)
    execute(other_url, sa.update(TABLES["move"]).values(ended_at=None))
    execute(other_url, sa.delete(TABLES["status_event"]))
    assert (may_run(database_url), may_run(other_url)) == (False, False)
    moved(database_url, other_url)
    assert everything(other_url) == before
    assert (may_run(database_url), may_run(other_url)) == (False, True)


def test_half_of_another_hotline_is_not_gone_on_with(database_url: str, other_url: str, tmp_path: Path) -> None:
    fill(database_url, SOME)
    migrations.upgrade(url_of(other_url))
    with closing(engine.connect(url_of(other_url))) as kept:
        begun = ("another", moves.Direction.HERE, "sqlite:///elsewhere.db", fakes.MORNING)
        kept.write(lambda session: moves.begin(session, *begun)).result()
    with pytest.raises(CannotMove, match=r"from sqlite:///elsewhere.db to there has not ended"):
        moved(database_url, other_url)


def test_what_the_new_one_cannot_take_changes_nothing(database_url: str, other_url: str) -> None:
    fill(database_url, SOME)
    before = everything(database_url)
    migrations.upgrade(url_of(other_url))
    if other_url.startswith("postgresql"):
        execute(other_url, sa.text("ALTER TABLE person ADD CONSTRAINT short CHECK (length(name) < 3) NOT VALID"))
    else:
        trigger = "CREATE TRIGGER full BEFORE INSERT ON person BEGIN SELECT RAISE(ABORT, 'disk is full'); END"
        execute(other_url, sa.text(trigger))
    said = Command(database_url)("move", other_url)
    assert said.exit_code == 1
    assert "Nothing is lost: the old database is as it was" in said.output
    assert "Ana" not in said.output
    assert everything(database_url) == before
    assert not any(everything(other_url).values())
    assert (may_run(database_url), may_run(other_url)) == (True, False)


def test_the_command_says_what_to_set_and_the_old_one_is_refused(
    database_url: str, other_url: str, tmp_path: Path
) -> None:
    old = Command(database_url)
    old.good("person", "add", "+12025550102", "--name", "Ben", "--helper")
    settings = fakes.settings(database_url)
    Spool(settings.spool).put(Webhook("twilio", "/twilio/message", "", b"Body=x", fakes.MORNING), "a")
    with_password = other_url.replace("postgres@", "postgres:s3cret%40word@")
    said = old.good("move", input=f"{with_password}\n")
    assert "is the same. The hotline had to stand still for" in said
    assert "DATABASE_URL=" in said
    assert "s3cret" not in said
    here, there = (each.startswith("sqlite") for each in (database_url, other_url))
    assert (f"HOTLINE_SPOOL={tmp_path}/spool   (1 text" in said) is (settings.spool.absolute() != tmp_path / "spool")
    assert ("makes no backups by itself" in said) is (not there)
    for args in (["request", "list"], ["serve", "--port", "0"], ["tick"], ["move", other_url]):
        refused = old(*args)
        assert refused.exit_code == 1
        assert "This hotline moved to " in refused.output
        assert "Set DATABASE_URL to that database" in refused.output
    assert "problem" in (doctor := old("doctor").output)
    assert "This hotline moved to " in doctor
    new = Command(other_url)
    assert "Ben" in new.good("person", "list")
    assert here or erased.file_of(fakes.settings(other_url)).exists()
    back = new.good("move", database_url)
    assert "is the same" in back
    assert "Ben" in old.good("person", "list")


def test_whoever_goes_on_in_the_old_one_uses_no_number_twice(database_url: str, other_url: str) -> None:
    old = Command(database_url)
    old.good("person", "add", "+12025550102", "--name", "Ben", "--helper")
    assert "nothing to take back" in old("move", "--undo", "--yes").output
    old.good("move", other_url)
    assert old("move", "--undo", input="n\n").exit_code == 1
    assert not may_run(database_url)
    said = old.good("move", "--undo", "--yes")
    assert "the next request is #" in said
    assert may_run(database_url)
    assert "Ben" in old.good("person", "list")
    assert "not empty" in Command(other_url)("move", database_url).output


def test_a_backup_of_the_one_that_was_left_may_be_put_back(migrated_file: Path, tmp_path: Path) -> None:
    old = Command(f"sqlite:///{tmp_path / 'old.db'}")
    old.good("person", "add", "+12025550102", "--name", "Ben", "--helper")
    old.good("move", f"sqlite:///{tmp_path / 'new.db'}")
    old.good("backup", str(tmp_path / "b.db"))
    old.good("restore", str(tmp_path / "b.db"), "--yes")
    assert "Ben" in old.good("person", "list")


@pytest.mark.parametrize(
    ("to", "says"),
    [
        ("mysql://x", "DATABASE_URL: not a database we know"),
        ("sqlite:////nowhere/at/all.db", "DATABASE_URL: there is no folder"),
        ("postgresql://hotline:s3cret@127.0.0.1:1/none", "the old database is as it was"),
    ],
)
def test_an_address_that_is_none_is_explained(tmp_path: Path, to: str, says: str) -> None:
    old = Command(f"sqlite:///{tmp_path / 'hotline.db'}")
    assert "There is no database" in old("move", to).output
    old.good("person", "list")
    said = old("move", to)
    assert said.exit_code in (1, 2)
    assert says in said.output
    assert "s3cret" not in said.output
    assert "No person" not in old.good("person", "list")


def test_nothing_is_carried_that_is_not_listed() -> None:
    assert len(moving_rows.tables()) == len(TABLES) - 1
