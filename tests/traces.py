"""Looks for somebody in all that a hotline keeps: every text column of the database, its file, the spool."""

from pathlib import Path

import sqlalchemy as sa

from app.hotline import Hotline
from models import METADATA
from models.store.session import Session


def in_tables(hotline: Hotline, things: list[str]) -> list[str]:
    """Where these things stand in any column, as table.column: the thing."""
    return hotline.database.read(lambda session: find(session, things))


def find(session: Session, things: list[str]) -> list[str]:
    """The same within a transaction."""
    found = []
    for name, table in METADATA.tables.items():
        for row in session.execute(sa.select(table)).mappings():
            said = {column: str(value).lower() for column, value in row.items() if value is not None}
            found += [f"{name}.{c}: {t}" for c, words in said.items() for t in things if t.lower() in words]
    return found


def in_files(folder: Path, things: list[str]) -> list[str]:
    """Which files below a folder hold one of these things, whether SQLite still counts it or not."""
    found = []
    for file in folder.rglob("*"):
        if file.is_file():
            content = file.read_bytes().lower()
            found += [f"{file.name}: {thing}" for thing in things if thing.lower().encode() in content]
    return found
