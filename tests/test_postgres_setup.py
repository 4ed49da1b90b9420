"""A PostgreSQL that was set up in a way that cannot work: what is missing is named, with the words that mend it."""

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from app.cli import trouble
from app.settings import Settings
from tests.command import Command
from tests.postgres import PostgreSQL, new_name

COMMANDS = ["migrate", "serve --port 0", "doctor", "person list"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def role(postgres: PostgreSQL) -> Iterator[str]:
    """A role that owns nothing."""
    role = new_name()
    postgres._do("CREATE ROLE {} LOGIN", role)
    yield role
    postgres._do("DROP ROLE {}", role)


@pytest.fixture
def strange(postgres: PostgreSQL, role: str) -> Iterator[str]:
    """Another's database, as a role that may do no more there than anybody."""
    url = postgres.blank()
    yield url.replace("postgres@", f"{role}@")
    postgres.drop(url)


def test_the_grant_that_is_missing_is_named_and_mends_it(postgres: PostgreSQL, strange: str, role: str) -> None:
    run = Command(strange)
    for command in COMMANDS:
        done = run(*command.split())
        assert done.exit_code == 1
        assert f"GRANT CREATE ON SCHEMA public TO {role};" in done.output
        assert "Run: hotline migrate" not in done.output
        assert "run: hotline migrate" not in done.output
    (grant,) = set(re.findall(r"GRANT .*?;", run("migrate").output))
    with psycopg.connect(strange.replace(f"{role}@", "postgres@")) as owner:
        owner.execute(grant)
    assert "up to date" in run.good("migrate")
    assert "PROBLEM" not in run.good("doctor")


def test_who_owns_the_tables_may_be_somebody_else(postgres: PostgreSQL, role: str) -> None:
    url = postgres.migrated()
    run = Command(url.replace("postgres@", f"{role}@"))
    said = run("doctor").output
    found = re.findall(r"GRANT .*?;", said)
    assert found == [f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role};"]
    with psycopg.connect(url) as owner:
        owner.execute(found[0])
        owner.execute(f"GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO {role}")
    assert "answers and is up to date" in run.good("doctor")
    with psycopg.connect(url) as owner:
        owner.execute(f"DROP OWNED BY {role}")
    postgres.empty(url)


def test_a_name_that_needs_quotes_gets_them() -> None:
    url = Settings(_env_file=None, database_url="postgresql://my-app@127.0.0.1/own").database
    assert trouble.grant("", url).endswith('GRANT CREATE ON SCHEMA public TO "my-app";')


LATIN = "CREATE DATABASE {} ENCODING LATIN1 LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"


@pytest.mark.parametrize("command", COMMANDS)
def test_a_database_that_cannot_hold_every_letter_is_refused(postgres: PostgreSQL, command: str) -> None:
    name = new_name()
    postgres._do(LATIN, name)
    done = Command(postgres.url(name))(*command.split())
    assert done.exit_code == 1
    assert "keeps letters as LATIN1, so it cannot hold what people text" in done.output
    assert "createdb --encoding=UTF8 --template=template0 NAME" in done.output
    with psycopg.connect(postgres.url(name)) as connection:
        assert connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)
    postgres.drop(postgres.url(name))
