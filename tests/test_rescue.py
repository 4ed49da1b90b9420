"""Work that fails leaves no trace, and what its rescue keeps is kept."""

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from app.database import engine
from app.database.engine import Database
from models.store.session import Session
from tests.naming import add, line, stored


def test_a_fault_of_ours_leaves_no_trace_and_the_rescue_is_kept(base: Database) -> None:
    def broken(session: Session) -> str:
        session.add(line("half done"))
        session.flush()
        raise KeyError("a phrase")

    def rescue(session: Session, error: Exception) -> str:
        assert isinstance(error, KeyError)
        session.add(line("rescued"))
        return "kept"

    assert base.write(broken, rescue).result() == "kept"
    assert stored(base) == ["rescued"]


def test_a_rescue_that_fails_too_says_so(base: Database) -> None:
    def broken(session: Session) -> None:
        raise KeyError

    def worse(session: Session, error: Exception) -> None:
        session.add(line("half saved"))
        session.flush()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        base.write(broken, worse).result()
    assert stored(base) == []


def test_a_database_that_is_away_is_no_fault_to_be_rescued(base: Database) -> None:
    def broken(session: Session) -> None:
        raise OperationalError("a statement", {}, ConnectionError("gone"))

    with pytest.raises(OperationalError):
        base.write(broken, lambda *_: None).result()


def test_a_row_that_cannot_be_kept_is_rescued(base: Database) -> None:
    def broken(session: Session) -> str:
        session.execute(sa.text("INSERT INTO area (id, line_id, name, aliases) VALUES (1, 99, 'nowhere', '[]')"))
        return "kept"

    assert base.write(broken, lambda *_: "rescued").result() == "rescued"


def test_a_row_that_is_there_already_is_tried_ten_times_on_postgresql_and_then_rescued(base: Database) -> None:
    base.write(add("first")).result()
    tries = 0

    def again(session: Session) -> str:
        nonlocal tries
        tries += 1
        session.execute(sa.text("INSERT INTO line SELECT * FROM line"))
        return "kept"

    assert base.write(again, lambda *_: "rescued").result() == "rescued"
    assert tries == (1 if isinstance(base, engine.SQLite) else 10)  # one writer meets nobody who made it at once
    assert stored(base) == ["first"]
