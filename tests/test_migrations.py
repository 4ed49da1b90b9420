"""Migrations make exactly the models' tables on both databases, and never cost anybody's data."""

import subprocess
import sys

import pytest
import sqlalchemy as sa
from alembic import command
from sqlalchemy.engine import URL

from app.database import migrations
from tests.command import Command
from tests.fakes import MORNING, settings

MIGRATE = """
import sys
from sqlalchemy.engine import make_url
from app.database import migrations
print("ready", flush=True)
sys.stdin.readline()
migrations.upgrade(make_url(sys.argv[1]))
"""


def url_of(database_url: str) -> URL:
    return settings(database_url).database


def tables(url: URL) -> set[str]:
    engine = sa.create_engine(url)
    names = set(sa.inspect(engine).get_table_names())
    engine.dispose()
    return names - {"alembic_version"}


def test_migrating_an_empty_database_gives_exactly_the_models_tables(blank_url: str) -> None:
    url = url_of(blank_url)
    assert not migrations.up_to_date(url)
    migrations.upgrade(url)
    assert migrations.up_to_date(url)


def test_a_table_that_no_model_describes_is_noticed(database_url: str) -> None:
    url = url_of(database_url)
    assert migrations.up_to_date(url)
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE line ADD COLUMN surprise VARCHAR"))
    engine.dispose()
    unlike = migrations.up_to_date(url)
    with engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE line DROP COLUMN surprise"))
    engine.dispose()
    assert not unlike


def test_down_to_nothing_and_up_again(blank_url: str) -> None:
    url = url_of(blank_url)
    migrations.upgrade(url)
    before = tables(url)
    with migrations._migrating(url) as connection:
        command.downgrade(migrations.alembic_config(connection), "base")
    assert tables(url) == set()
    migrations.upgrade(url)
    assert tables(url) == before
    assert migrations.up_to_date(url)


def test_migrating_twice_changes_nothing(database_url: str) -> None:
    url = url_of(database_url)
    migrations.upgrade(url)
    assert migrations.up_to_date(url)


def test_what_points_to_a_table_outlives_its_rebuilding(database_url: str) -> None:
    # SQLite alters a table by making a new one and dropping the old, which with foreign keys on deletes children.
    url = url_of(database_url)
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO line (id, name, language, timezone, country, emergency_number, from_settings,"
                " last_request, rules, created_at)"
                " VALUES (1, 'Oak', 'en', 'UTC', 'US', '911', false, 0, '{}', :now)"
            ),
            {"now": str(MORNING)},
        )
        connection.execute(sa.text("INSERT INTO area (id, line_id, name, aliases) VALUES (1, 1, 'Oak St', '[]')"))
    engine.dispose()
    with migrations._migrating(url) as connection:
        rebuild(connection)
    with engine.connect() as connection:
        assert connection.execute(
            sa.text("SELECT line.name, area.name FROM area JOIN line ON line_id = line.id")
        ).all() == [("Oak", "Oak St")]
    engine.dispose()
    assert migrations.up_to_date(url)


def rebuild(connection: sa.Connection) -> None:
    from alembic.migration import MigrationContext  # noqa: PLC0415
    from alembic.operations import Operations  # noqa: PLC0415

    operations = Operations(MigrationContext.configure(connection))
    with operations.batch_alter_table("line", recreate="auto") as batch:
        batch.alter_column("name", type_=sa.String(200), existing_nullable=False)
    with operations.batch_alter_table("line", recreate="auto") as batch:
        batch.alter_column("name", type_=sa.String(), existing_nullable=False)


@pytest.mark.parametrize("revision", sorted(migrations.SQUASHED))
@pytest.mark.parametrize("args", [["migrate"], ["migrate", "--check"], ["serve", "--port", "0"], ["request", "list"]])
def test_a_database_of_before_the_first_release_is_refused_with_the_cure(
    blank_url: str, revision: str, args: list[str]
) -> None:
    before_the_first_release(blank_url, revision)
    done = Command(blank_url)(*args)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "was made before the first release, and its tables cannot be carried over. Keep it and" in done.stderr
    way = "move " if blank_url.startswith("sqlite") else "make an empty database, or write another DATABASE_URL"
    assert way in done.stderr
    assert "hotline request export" in done.stderr
    assert tables(url_of(blank_url)) == {"message"}, "it is left as it was"


def test_the_doctor_says_that_a_database_is_of_before_the_first_release(blank_url: str) -> None:
    before_the_first_release(blank_url, min(migrations.SQUASHED))
    done = Command(blank_url)("doctor")
    assert done.exit_code == 1
    assert "was made before the first release, and its tables cannot be carried over\n" in done.stdout
    assert "Keep it and start with a new one: " in done.stdout


def before_the_first_release(url: str, revision: str) -> None:
    engine = sa.create_engine(url_of(url))
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
        connection.execute(sa.text("INSERT INTO alembic_version VALUES (:revision)"), {"revision": revision})
        connection.execute(sa.text("CREATE TABLE message (id INTEGER)"))
    engine.dispose()


def test_two_processes_migrating_at_once_take_turns(blank_url: str) -> None:
    url = url_of(blank_url).render_as_string(hide_password=False)
    both = [
        subprocess.Popen(
            [sys.executable, "-c", MIGRATE, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    for one in both:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    for one in both:
        one.communicate("go\n", timeout=60)
    assert [one.returncode for one in both] == [0, 0]
    assert migrations.up_to_date(url_of(blank_url))
