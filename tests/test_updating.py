"""An update is taken back, fails half-way, or comes under a running hotline: nothing is lost, the cure is said.

The newer version is this one in a folder of its own, with one more migration.
"""

import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory
from typer.main import get_command

from app import cli
from app.database import migrations
from app.inbound.spool import Spool
from tests import fakes, webhooks
from tests.command import Command, python
from tests.following import checkout
from tests.put_back import tools
from tests.serving import process, until

__all__ = ["tools"]
pytestmark = pytest.mark.usefixtures("tools")

RUN = "from app.cli import run; run()"
MIGRATION = '''"""A newer version's."""

import os
import signal
import time
from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "ffff00000001", "{head}", None, None


def upgrade() -> None:
    op.create_table(
        "gift",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_gift_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gift")),
    )
    for table in ("person", "inbound", "request"):
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("new", sa.String(), server_default="", nullable=False))
    op.execute("UPDATE person SET new = name, name = 'changed by the newer one'")
    {then}
'''
# Updates across these need every process to be stopped first; none that is made now does.
STOP_FIRST = {
    "19f481c04747": ["('outbound', 'rank') is new and must be given"],
    "ee746e6ded85": ["('request', 'due_by') is gone"],
}
AT_LAST = 'op.execute("UPDATE person SET name = new")'
FAILS = "op.execute('INSERT INTO nowhere VALUES (1)')"
DIES = "os.kill(os.getpid(), signal.SIGKILL)"
WAITS = f"""Path("migrating").touch()
    while not Path("go").exists():
        time.sleep(0.02)
    {AT_LAST}"""


@dataclass(frozen=True)
class Newer:
    """A newer version, and where it runs."""

    folder: Path
    home: Path
    env: dict[str, str]

    def start(self, *args: str) -> "subprocess.Popen[str]":
        """Begin a command of it."""
        return subprocess.Popen(
            [sys.executable, "-c", RUN, *args],
            cwd=self.home,
            env={**python(), **self.env, "PYTHONPATH": str(self.folder)},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def __call__(self, *args: str) -> tuple[int, str]:
        """Run a command of it: its exit code, and all it said."""
        running = self.start(*args)
        said, _ = running.communicate(timeout=120)
        return running.returncode, said


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkout(tmp_path_factory.mktemp("newer"))


@pytest.fixture
def old(database_url: str, tmp_path: Path) -> Iterator[Command]:
    """This version, on a database with somebody in it."""
    run = Command(database_url, BACKUP_FOLDER=str(tmp_path / "backups"))
    run.good("person", "add", "+12025550102", "--name", "Ben", "--helper")
    yield run
    engine = sa.create_engine(fakes.settings(database_url).database)
    with engine.begin() as connection:  # as the next test wants it
        if "gift" in sa.inspect(engine).get_table_names():
            connection.execute(sa.text("DROP TABLE gift"))
            for table in ("person", "inbound", "request"):
                connection.execute(sa.text(f"ALTER TABLE {table} DROP COLUMN new"))
            connection.execute(sa.text("UPDATE alembic_version SET version_num = :head"), {"head": migrations.head()})
    engine.dispose()


def newer(program: Path, old: Command, home: Path, then: str = AT_LAST) -> Newer:
    """The newer version, whose migration ends so."""
    text = MIGRATION.format(head=migrations.head(), then=then)
    (program / "migrations/versions/ffff00000001_newer.py").write_text(text)
    return Newer(program, home, old.env)


def tables(database_url: str) -> set[str]:
    engine = sa.create_engine(fakes.settings(database_url).database)
    try:
        return set(sa.inspect(engine).get_table_names())
    finally:
        engine.dispose()


# What is written after a command's name, so that it comes to its database.
WORDS = {
    "serve": ["--port 0"],
    "migrate": ["", "--check"],
    "move": ["sqlite:///other.db", "--undo"],
    "person add": ["+12025550105"],
    "person export": ["1"],
    "person forget": ["1"],
    "person import": ["list.csv"],
    "person merge": ["1 2"],
    "person rename": ["1 Cay"],
    **{f"person {what}": ["1"] for what in ("ban", "remove", "revoke", "unban")},
    "request show": ["1"],
    "request import": ["list.csv"],
    "line add": ["Second --sms +12025550199"],
    "line end": ["tomorrow"],
    "line rest": ["tomorrow"],
    "money paid": ["S1"],
    "money received": ["$5"],
    **{f"line {what}": ["1"] for what in ("remove", "answer remove", "resource remove", "area add", "area remove")},
    "line answer add": ["hours --say Always"],
    "line resource add": ["Pantry --need food"],
}
# `play` has a database of its own, `backup` saves whatever there is, `restore` is the cure, and `golive` asks much
# before it opens the database as all others do.
WITHOUT_DATABASE = {"golive", "play", "parse", "backup", "restore", "systemd"}


def every_command() -> set[str]:
    """The names of all commands."""

    def below(command: Any, name: str) -> Iterator[str]:
        if not hasattr(command, "commands"):
            yield name
            return
        for each in command.list_commands(None):
            yield from below(command.get_command(None, each), f"{name} {each}".strip())

    return set(below(get_command(cli.app), ""))


def test_a_newer_database_is_refused_by_every_command_until_it_is_taken_back(
    old: Command, program: Path, tmp_path: Path, database_url: str
) -> None:
    update = newer(program, old, tmp_path)
    assert update("migrate") == (0, "The database is up to date.\n")
    assert update("person", "add", "+12025550103", "--name", "Cay")[0] == 0
    (backup,) = (tmp_path / "backups").glob("*-before-migration.*")
    (tmp_path / "list.csv").write_text("phone,name\n+12025550104,Dee\n")
    for name in sorted(every_command() - WITHOUT_DATABASE - {"doctor"}):
        for more in WORDS.get(name, [""]):
            done = old(*name.split(), *more.split())
            assert done.exit_code == 1, (name, more, done.output)
            assert "The database belongs to a newer hotline than this one. Update the program" in done.output, name
            assert f"put back what was there before: hotline restore {backup}, which was made" in done.output, name
    doctor = old("doctor")
    assert doctor.exit_code == 1
    assert "belongs to a newer hotline than this one" in doctor.output
    assert f"hotline restore {backup}" in doctor.output
    said = old.good("restore", str(backup), "--yes")
    assert "Now start the hotline" in said
    assert "Ben" in old.good("person", "list")
    assert old.good("migrate", "--check")
    assert "gift" not in tables(database_url)
    assert update("migrate")[0] == 0, "and the update can be tried again"
    assert "Ben" in update("person", "list")[1]


@pytest.mark.parametrize("then", [FAILS, DIES])
def test_a_migration_that_ends_half_way_leaves_everything_as_it_was(
    old: Command, program: Path, tmp_path: Path, database_url: str, then: str
) -> None:
    before = tables(database_url)
    code, said = newer(program, old, tmp_path, then)("migrate")
    if then == DIES:
        assert code == -signal.SIGKILL
    else:
        assert code == 1
        assert "The tables could not be changed: " in said
        assert "They are as they were, and nothing is lost: go on with the version that you had" in said
    assert tables(database_url) == before
    assert old.good("migrate", "--check")
    assert "Ben" in old.good("person", "list")
    assert newer(program, old, tmp_path)("migrate")[0] == 0, "a version in which it is mended goes on"


def test_two_that_update_at_once_take_turns(old: Command, program: Path, tmp_path: Path) -> None:
    update = newer(program, old, tmp_path)
    both = [update.start("migrate") for _ in range(2)]
    assert [each.communicate(timeout=120)[0].splitlines()[-1] for each in both] == ["The database is up to date."] * 2
    assert update("person", "list")[1].count("Ben") == 1


def test_texts_that_come_to_the_old_one_during_an_update_are_kept_and_answered(
    old: Command, program: Path, tmp_path: Path, database_url: str
) -> None:
    settings = fakes.twilio_settings(
        database_url, twilio_api_url="http://127.0.0.1:1", hotline_spool=tmp_path / "spool"
    )
    update = newer(program, old, tmp_path, WAITS)
    with process(settings, tmp_path) as running:
        text(running.url, 1)
        migrating = update.start("migrate")
        until((tmp_path / "migrating").exists)
        for n in (2, 3):
            text(running.url, n)
        assert Spool(settings.spool).waiting() == 2
        (tmp_path / "go").touch()
        assert migrating.communicate(timeout=120)[0].endswith("up to date.\n")
        until(lambda: Spool(settings.spool).waiting() == 0)
        text(running.url, 4)
        running.end()
        assert running.ended_well
    engine = sa.create_engine(settings.database)
    with engine.connect() as connection:
        bodies = list(connection.execute(sa.text("SELECT body FROM inbound ORDER BY body")).scalars())
        asked = connection.execute(sa.text("SELECT count(*) FROM request")).scalar_one()
    engine.dispose()
    assert bodies == [f"I need groceries for {n}, 14 Oak St" for n in (1, 2, 3, 4)]
    assert asked == 4


def text(url: str, n: int) -> None:
    """A neighbor texts, and the carrier hears that it was taken."""
    body = webhooks.form(webhooks.sms(f"+120255501{n + 10}", f"I need groceries for {n}, 14 Oak St"))
    headers = webhooks.headers(webhooks.MESSAGE, body)
    posted = httpx.post(f"{url}/twilio/message", content=body, headers=headers, timeout=60)
    assert posted.status_code == 200


def test_no_migration_takes_from_an_older_process_what_it_reads_or_writes(blank_url: str) -> None:
    """Where several processes are updated one by one, the older ones go on with the newer tables for a while."""
    url = fakes.settings(blank_url).database
    with migrations._migrating(url) as connection:
        config = migrations.alembic_config(connection)
        every = [each.revision for each in ScriptDirectory.from_config(config).walk_revisions()][::-1]
        before = Shape({}, {}, set())
        for revision in every:
            command.upgrade(config, revision)
            after = Shape.of(connection)
            assert before.broken_by(after) == STOP_FIRST.get(revision, []), revision
            before = after


@dataclass(frozen=True)
class Shape:
    """What a program relies on in a database's tables."""

    columns: dict[tuple[str, str], str]  # their types
    may_be_left_out: dict[tuple[str, str], bool]
    unique: set[tuple[str, tuple[str, ...]]]

    @classmethod
    def of(cls, connection: sa.Connection) -> "Shape":
        """As they are."""
        inspector = sa.inspect(connection)
        columns, left_out, unique = {}, {}, set()
        for table in set(inspector.get_table_names()) - {"alembic_version"}:
            for column in inspector.get_columns(table):
                key = table, column["name"]
                columns[key] = str(column["type"])
                left_out[key] = bool(column["nullable"] or column["default"] is not None or column["name"] == "id")
            found = [index["column_names"] for index in inspector.get_indexes(table) if index["unique"]]
            unique |= {(table, tuple(map(str, names))) for names in found}
        return cls(columns, left_out, unique)

    def broken_by(self, newer: "Shape") -> list[str]:
        """What would fail in a program that knows these tables, on newer ones."""
        old_tables = {table for table, _ in self.columns}
        new = {key for key in newer.columns if key[0] in old_tables and key not in self.columns}
        return [
            *(f"{key} is gone" for key in self.columns.keys() - newer.columns.keys()),
            *(
                f"{key} has another type"
                for key, kind in self.columns.items()
                if newer.columns.get(key, kind) != kind
            ),
            *(f"{key} is new and must be given" for key in new if not newer.may_be_left_out[key]),
            *(
                f"{key} must be given now"
                for key, left in self.may_be_left_out.items()
                if left and not newer.may_be_left_out.get(key, True)
            ),
            *(
                f"{table} {names} must be unique now"
                for table, names in newer.unique - self.unique
                if all((table, name) in self.columns for name in names)
            ),
        ]
