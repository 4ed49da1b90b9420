"""Work for a database: lines that get a name, and which of them are on disk."""

import sqlalchemy as sa
from sqlmodel import select

from app.database.engine import Database, Work
from models.lines import Line
from models.store.session import Session
from tests.fakes import MORNING


def line(name: str) -> Line:
    return Line(name=name, created_at=MORNING)


def add(name: str) -> Work[str]:
    def work(session: Session) -> str:
        session.add(line(name))
        return name

    return work


def names(session: Session) -> list[str]:
    return sorted(session.exec(select(Line.name)))


def stored(base: Database) -> list[str]:
    """What a connection of its own sees."""
    engine = sa.create_engine(base.url)
    with engine.connect() as connection:
        found = names(Session(connection))
    engine.dispose()
    return found
