"""A database that was set up in a way that cannot work: what is missing is named, with the words that mend it."""

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from app.cli import trouble
from app.database import suitable
from app.settings import Settings
from app.telemetry.findings import Level
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


def refused(url: str, *said: str) -> None:
    """Every command that would do something says the same, and does nothing."""
    for command in (*COMMANDS, "work", "tick"):
        done = Command(url)(*command.split())
        assert done.exit_code == 1, (command, done.output)
        for words in said:
            assert words in done.output, command


def test_a_database_that_its_host_has_closed_for_writing_is_refused(postgres: PostgreSQL) -> None:
    url = postgres.blank()
    name = str(make_url(url).database)
    postgres._do("ALTER DATABASE {} SET default_transaction_read_only = on", name)
    refused(url, "can only be read", f"ALTER DATABASE {name} RESET default_transaction_read_only;")
    postgres._do("ALTER DATABASE {} RESET default_transaction_read_only", name)
    assert "up to date" in Command(url).good("migrate")
    postgres.drop(url)


def test_a_schema_that_may_not_even_be_used_is_named(postgres: PostgreSQL, strange: str, role: str) -> None:
    with psycopg.connect(strange.replace(f"{role}@", "postgres@")) as owner:
        owner.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    refused(strange, f"GRANT USAGE, CREATE ON SCHEMA public TO {role};")
    with psycopg.connect(strange.replace(f"{role}@", "postgres@")) as owner:
        owner.execute(f"GRANT USAGE, CREATE ON SCHEMA public TO {role}")
    assert "up to date" in Command(strange).good("migrate")


ODD = {
    "client_encoding": "LATIN1",
    "default_transaction_isolation": "serializable",
    "statement_timeout": "2s",
    "timezone": "Asia/Kathmandu",
    "datestyle": "SQL, DMY",
}


def test_whatever_a_host_has_set_for_a_role_people_are_heard(postgres: PostgreSQL, role: str) -> None:
    url = postgres.blank()
    postgres._do("ALTER DATABASE {} OWNER TO {}", str(make_url(url).database), role)
    for name, value in ODD.items():
        statement = sql.SQL("ALTER ROLE {} SET {} = {}").format(*map(sql.Identifier, (role, name)), value)
        postgres._admin.execute(statement)
    run = Command(url.replace("postgres@", f"{role}@"))
    assert "up to date" in run.good("migrate")
    run.good("person", "add", "+12025550101", "--name", "Оля", "--helper")
    assert "Оля" in run.good("person", "list")
    assert "PROBLEM" not in run.good("doctor")
    held = run.database()
    shown = "SELECT current_setting('transaction_isolation'), current_setting('statement_timeout')"
    found = held.read(lambda session: session.connection.exec_driver_sql(shown).one())
    assert tuple(found) == ("read committed", "5s")
    held.close()
    postgres.drop(url)


def test_a_database_without_a_free_connection_says_what_to_do(postgres: PostgreSQL, role: str) -> None:
    url = postgres.blank()
    postgres._do("ALTER ROLE {} CONNECTION LIMIT 0", role)
    refused(url.replace("postgres@", f"{role}@"), "It has no connection left. Each hotline process keeps at most 10")
    postgres.drop(url)


def test_a_name_that_is_not_there_is_no_matter_of_migrating(postgres: PostgreSQL) -> None:
    url = postgres.url(new_name())
    refused(url, "createdb NAME")
    assert "Run: hotline migrate" not in Command(url)("person", "list").output
    refused(url.replace("postgres@", f"{new_name()}@"), "It does not know this user")


SAID = {
    'FATAL: password authentication failed for user "app"': "perhaps there is a new one",
    "FATAL: sorry, too many clients already": "no connection left",
    "remaining connection slots are reserved for roles with the SUPERUSER attribute": "no connection left",
    'no pg_hba.conf entry for host "192.0.2.1", user "app", database "own", no encryption': "?sslmode=require",
    'no pg_hba.conf entry for host "192.0.2.1", user "app", database "own", SSL encryption': "this machine's address",
    "server does not support SSL, but SSL was required": "sslmode=disable",
    "SSL error: certificate verify failed": "sslrootcert=system",
    'root certificate file "/root/.postgresql/root.crt" does not exist': "sslrootcert=system",
    "SSL error: sslv3 alert certificate has expired": "must renew it",
    "[Errno 101] Network is unreachable": "(IPv6)",
    "[Errno -2] Name or service not known": "behind the @",
    "FATAL: the database system is starting up": "try again in a minute",
    "FATAL: the database system is not yet accepting connections": "try again in a minute",
    "FATAL: Tenant or user not found": "the project in the user's name",
    "ERROR: Endpoint ID is not specified": "endpoint%3D",
    "ERROR: cannot execute INSERT in a read-only transaction": "only be read",
    'FATAL: unsupported startup parameter in options: "search_path"': "does not take search_path from",
    "FATAL: unsupported startup parameter: options": "does not take options from",
    "FATAL: no more connections allowed (max_client_conn)": "no connection left",
    "canceling statement due to lock timeout": "another program holds its tables",
    "something that nobody has heard before": "Check DATABASE_URL, and that it is running.",
}


@pytest.mark.parametrize("said", SAID)
def test_what_hosts_say_leads_to_what_helps(said: str) -> None:
    told = trouble.unreachable(OperationalError("", None, psycopg.OperationalError(said)))
    assert SAID[said] in told
    assert "{0}" not in told


QUERIES = {
    "pgbouncer=true": "leave it out: the hotline notices a pooler by itself",
    "sslmode=require&connection_limit=1": "leave it out: the hotline sees to that by itself",
    "schema=public": "options=-csearch_path%3DNAME",
    "ssl=true": "write sslmode=require",
    "sslmode=no-verify": "hosts mostly want require",
    "sslmode=require&s3cretword=x": "nobody knows parameter 2 behind its ?",
}


@pytest.mark.parametrize("query", QUERIES)
def test_what_stands_behind_the_question_mark_for_others_is_said(query: str) -> None:
    done = Command(f"postgres://app@127.0.0.1/own?{query}")("migrate")
    assert done.exit_code == 2
    assert QUERIES[query] in done.output
    assert "s3cret" not in done.output


@pytest.mark.parametrize(
    "query", ["sslmode=require&channel_binding=require", "options=endpoint%3Dx", "sslmode=disable"]
)
def test_what_hosts_hand_out_for_postgresql_is_taken(query: str) -> None:
    found = Settings(_env_file=None, database_url=f"postgres://app:x@[::1]:5433/own?{query}").database
    assert (found.host, found.port) == ("::1", 5433)


@pytest.mark.parametrize(("version", "fits"), [("3.34.1", False), ("3.35.0", True), ("3.53.2", True)])
def test_an_old_sqlite_is_refused(version: str, fits: bool) -> None:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        connection.connection.driver_connection.create_function("sqlite_version", 0, lambda: version)  # type: ignore[union-attr]
        if fits:
            suitable.check(connection, needed=None)
        else:
            with pytest.raises(suitable.Unsuitable, match=r"its SQLite is 3\.34\.1.*Install a newer Python"):
                suitable.check(connection, needed=None)
    engine.dispose()


MOUNTS = """\
/dev/vda1 / ext4 rw,relatime 0 0
server:/export /mnt/shared nfs4 rw,vers=4.2 0 0
/dev/vdb1 /mnt/shared/own xfs rw 0 0
//nas/share /mnt/my\\040disk cifs rw 0 0
me@host:/ /home/me/far fuse.sshfs rw 0 0
"""


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("/srv/hotline.db", None),
        ("/mnt/shared/hotline.db", "nfs4"),
        ("/mnt/shared/own/hotline.db", None),
        ("/mnt/sharedother/hotline.db", None),
        ("/mnt/my disk/hotline.db", "cifs"),
        ("/home/me/far/off/hotline.db", "fuse.sshfs"),
    ],
)
def test_a_disk_of_another_machine_is_known(file: str, kind: str | None) -> None:
    assert suitable.network_disk(Path(file), MOUNTS) == kind
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        told = list(suitable.notes(connection, Path(file), MOUNTS))
    engine.dispose()
    assert [each.level for each in told] == ([Level.WARNING] if kind else [])
    assert all(f"({kind})" in each.what and "two machines" in (each.do or "") for each in told)
