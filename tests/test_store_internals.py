"""What models/store uses of SQLAlchemy, SQLModel and the drivers without their promise, entry by entry.

The list is in `models/store/__init__.py`. A failure here says which of it has changed: read that entry before a new
minor version is let in by pyproject.toml.
"""

import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from importlib.metadata import version
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlmodel import SQLModel, col, select

from app.database.engine import Database
from models import inbound, lines, offers, people, requests
from models.delivery import handover, queue
from models.lines import Area, Channel, Line
from models.people import Address, Person
from models.requests import Event, Request, State
from models.store import rows
from models.store.lists import in_list
from models.store.session import Session
from models.store.statements import Compiled, Precompiled, wrap_dbapi_error
from models.store.types import UtcDateTime, table
from tests.fakes import LINE, MORNING
from tests.serving import ROOT

ANA = "+12025550101"
PINNED = ("sqlalchemy", "sqlmodel")
ELSEWHERE = timezone(timedelta(hours=-5))


@pytest.fixture
def engine(base: Database) -> Engine:
    """The engine of a database in which Ana has asked for something."""
    base.write(_fill).result()
    return base.engine


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as opened:
        yield opened


def _fill(session: Session) -> None:
    line = lines.add(session, MORNING, name="Oak", sms=LINE)
    lines.add_area(session, line.id, "Oak St").aliases = ["oak", 'the "corner"']
    ana, _ = people.get_or_create(session, line, Channel.SMS, ANA, MORNING, name="Ana")
    ana.languages, ana.pending_question = ["en", "es"], {"question": "need"}
    for state in (State.DRAFT, State.OPEN, State.CLOSED):
        requests.create(session, line, person_id=ana.id, state=state, now=MORNING, needs=["food"], people=3)


def by_the_driver(connection: Connection, compiled: Compiled, values: dict[str, Any]) -> list[Any]:
    """Plain values, as `Session.fetch` has them before they become objects."""
    driver: Any = connection.connection.driver_connection
    found = []
    for row in driver.execute(compiled.sql, compiled.parameters(values)).fetchall():
        cells = list(row)
        for n, process in compiled.result_processors:
            cells[n] = None if cells[n] is None else process(cells[n])
        found.append(tuple(cells))
    return found


PERSON, EVENT, REQUEST = table(Person), table(Event), table(Request)
STATEMENTS: dict[str, tuple[sa.Executable, dict[str, Any]]] = {
    "every type, on the way out": (sa.select(PERSON), {}),
    "JSON": (sa.select(table(Area)), {}),
    "a parameter twice, another in between": (
        sa.select(PERSON.c.name).where(
            sa.or_(PERSON.c.name == sa.bindparam("name"), PERSON.c.id == sa.bindparam("id")),
            PERSON.c.name == sa.bindparam("name"),
        ),
        {"name": "Ana", "id": -1},
    ),
    "values of the statement's own, of types that are converted": (
        sa.select(REQUEST.c.number).where(REQUEST.c.state == State.OPEN, REQUEST.c.created_at == MORNING),
        {},
    ),
    "values of its own beside parameters": (
        sa.select(REQUEST.c.id, sa.literal("it's 5 %")).where(
            REQUEST.c.state != State.CLOSED, REQUEST.c.created_at <= sa.bindparam("now", type_=UtcDateTime)
        ),
        {"now": MORNING.astimezone(ELSEWHERE)},
    ),
    "nothing": (sa.select(REQUEST.c.outcome, REQUEST.c.next_action_at), {}),
    "RETURNING": (
        sa.update(REQUEST)
        .where(REQUEST.c.number == sa.bindparam("which"))
        .values(state=State.HELD, changed_at=sa.bindparam("now", type_=UtcDateTime), wave=REQUEST.c.wave + 1)
        .returning(REQUEST.c.state, REQUEST.c.changed_at, REQUEST.c.wave),
        {"which": 2, "now": MORNING},
    ),
    "a union": (sa.union_all(sa.select(REQUEST.c.state), sa.select(sa.literal("open", REQUEST.c.state.type))), {}),
    "an insert": (
        sa.insert(EVENT)
        .values(request_id=1, at=sa.bindparam("at", type_=UtcDateTime), kind="note")
        .returning(EVENT.c.at, EVENT.c.kind, EVENT.c.words),
        {"at": MORNING},
    ),
    "a list": (sa.select(REQUEST.c.number).where(in_list(REQUEST.c.state, "some")), {"some": ["open", "closed"]}),
}


@pytest.mark.parametrize("what", STATEMENTS)
def test_a_compiled_statement_gives_what_sqlalchemy_gives(connection: Connection, what: str) -> None:
    statement, values = STATEMENTS[what]
    compiled = Precompiled[Any](statement).on(connection.dialect)
    with connection.begin() as transaction:
        theirs = [tuple(row) for row in connection.execute(statement, values)]
        transaction.rollback()
    with connection.begin() as transaction:
        connection.execute(sa.text("SELECT 1"))  # the driver's statements are in the transaction that this one began
        ours = by_the_driver(connection, compiled, values)
        transaction.rollback()
    assert theirs, "a comparison with nothing proves nothing"
    changed = "positiontup, bind_names, binds, construct_params or a type's processors mean something else now"
    assert sorted(map(repr, ours)) == sorted(map(repr, theirs)), changed


def test_the_tables_that_a_statement_touches_are_found() -> None:
    dialect = sqlite.dialect()
    touched: dict[Precompiled[Any], set[str]] = {
        people.AT_ADDRESS: set(),  # whole objects by what never changes
        requests.LIVE_OF: {"request"},
        lines.NEXT_NUMBER: {"line"},
        offers.PENDING_OF: {"offer", "request"},
        handover.START_ATTEMPTS: {"attempt", "outbound"},
        handover.LEASE: {"outbound"},
        inbound.STORE["sqlite"]: {"inbound"},
        queue.DUE: {"outbound", "person", "address", "request"},
        Precompiled[Any](sa.select(sa.exists().where(PERSON.c.id == 1))): {"person"},
        Precompiled[Any](sa.delete(EVENT).where(EVENT.c.request_id.in_(sa.select(REQUEST.c.id)))): {
            "event",
            "request",
        },
        Precompiled[Any](sa.union_all(sa.select(PERSON.c.id), sa.select(REQUEST.c.id))): {"person", "request"},
    }
    found = {statement: set(statement.on(dialect).autoflush) for statement in touched}
    assert found == touched, "sqlalchemy.sql.util.find_tables overlooks a table: a query would miss pending changes"


def test_an_entitys_columns_stand_in_a_row_in_its_tables_order() -> None:
    statement = select(Person, Address.value, Address).join(Address, col(Address.person_id) == col(Person.id))
    layout = rows.RowLayout.of(statement)
    width = len(rows.columns(Person))
    assert [(cls, start) for cls, start, *_ in layout.entities] == [(Person, 0), (None, width), (Address, width + 1)]
    expected = [*rows.columns(Person), "value", *rows.columns(Address)]
    names = [column.name for column in statement.selected_columns]
    assert names == expected, "selected_columns no longer lists an entity's columns in its table's order"


def test_whether_a_statement_returns_rows_is_known() -> None:
    silent = sa.update(EVENT).values(kind="note")
    message = "_returning no longer says whether there is a RETURNING"
    assert rows.RowLayout.of(silent).types == (), message
    assert len(rows.RowLayout.of(silent.returning(EVENT.c.id, EVENT.c.at)).types) == 2, message
    assert len(rows.RowLayout.of(sa.delete(EVENT).returning(EVENT.c.id)).types) == 1, message
    assert rows.RowLayout.of(sa.insert(EVENT)).types == (), message


def test_an_object_made_without_a_constructor_reads_and_writes_its_dict() -> None:
    person = rows.instantiate(Person, {**rows.defaults(Person), "name": "Ana", "line_id": 1})
    message = "an attribute of a mapped class no longer reads `__dict__`, or needs `_sa_instance_state`"
    assert (person.name, person.languages, person.away_until, person.helps) == ("Ana", [], None, False), message
    person.name = "Ana Maria"
    assert person.__dict__["name"] == person.name == "Ana Maria", message
    assert "_sa_instance_state" not in person.__dict__, message
    assert person != rows.instantiate(Person, dict(person.__dict__))


def test_the_defaults_of_new_rows_are_those_of_the_constructor() -> None:
    of: dict[type[SQLModel], dict[str, Any]] = {
        Line: {"name": "Oak"},
        Person: {"line_id": 1},
        Request: {"line_id": 1},
    }
    for cls, given in of.items():
        made = cls(**given)
        theirs = {name: made.__dict__.get(name) for name in rows.columns(cls)}
        assert {**rows.defaults(cls), **given} == theirs, "model_fields no longer has the defaults"
    assert rows.defaults(Person)["can"] is not rows.defaults(Person)["can"], "two rows share one list"


@pytest.mark.parametrize("dialect", [sqlite.dialect(), postgresql.dialect()], ids=lambda one: str(one.name))  # type: ignore[no-untyped-call]
def test_times_go_in_as_sqlalchemy_would_write_them(dialect: sa.Dialect) -> None:
    ours = UtcDateTime().dialect_impl(dialect).bind_processor(dialect)
    theirs = sa.DateTime(timezone=True).dialect_impl(dialect).bind_processor(dialect)
    for time in (MORNING, MORNING.replace(microsecond=120), datetime(1, 1, 1, tzinfo=UTC)):
        plain = time if theirs is None else theirs(time)
        assert (ours(time) if ours else time) == plain, "SQLAlchemy writes a DateTime in another way now"
        assert (ours(time.astimezone(UTC)) if ours else time) == plain
    if ours is not None:
        with pytest.raises(ValueError, match="time zone"):
            ours(MORNING.replace(tzinfo=None))


def test_the_drivers_connection_is_in_the_transaction_that_sqlalchemy_began(engine: Engine) -> None:
    with engine.connect() as connection:
        with connection.begin() as transaction:
            driver: Any = connection.connection.driver_connection
            connection.execute(sa.text("SELECT 1"))
            driver.execute("UPDATE person SET name = 'nobody'")
            assert getattr(driver, "in_transaction", True), (
                "sqlite3's in_transaction no longer tells of a transaction"
            )
            transaction.rollback()
        assert not getattr(driver, "in_transaction", False)
        assert connection.scalar(sa.select(PERSON.c.name)) == "Ana", "what the driver was told outlived the rollback"
        assert hasattr(driver, "pipeline") is (connection.dialect.name == "postgresql")
        assert hasattr(driver, "executemany") is (connection.dialect.name == "sqlite")


def test_a_drivers_error_becomes_sqlalchemys_without_the_values(connection: Connection) -> None:
    driver: Any = connection.connection.driver_connection
    sql = "INSERT INTO area (id, line_id, name, aliases) SELECT id, line_id, 'secret', '[]' FROM area"
    with pytest.raises(connection.dialect.loaded_dbapi.Error) as raised:
        driver.execute(sql)
    wrapped = wrap_dbapi_error(raised.value, sql, connection.dialect)
    assert isinstance(wrapped, IntegrityError), "DBAPIError.instance no longer picks the class by the driver's error"
    assert (wrapped.orig, wrapped.params) == (raised.value, None)
    away = wrap_dbapi_error(connection.dialect.loaded_dbapi.OperationalError("gone"), sql, connection.dialect)
    assert isinstance(away, OperationalError)


def test_the_next_minor_version_is_not_let_in() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for name in PINNED:
        (wanted,) = [one for one in project["dependencies"] if one.startswith(name)]
        major, minor, *_ = version(name).split(".")
        assert wanted.endswith(f",<{major}.{int(minor) + 1}"), f"{wanted}: say below which version its internals hold"
