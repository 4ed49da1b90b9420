"""Everything that is kept of one person, by models/retention.py: for themselves to read."""

from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any

import sqlalchemy as sa

from models.people import Person
from models.requests import Request
from models.retention import RETENTION, whose
from models.store.session import Session
from models.store.types import table


def export(session: Session, person: Person) -> dict[str, list[dict[str, Any]]]:
    """Every row that is theirs or about what they asked for, by table; times as text."""
    session.flush()
    found: dict[str, list[dict[str, Any]]] = {}
    for of, retention in RETENTION.items():
        if retention.of:
            rows = sa.select(table(of)).where(whose(of, person.id)).order_by(table(of).c.id)
            found[table(of).name] = [_plain(row) for row in session.execute(rows).mappings()]
    return found


def count_requests(session: Session, person_id: int) -> int:
    """How many requests of theirs are known."""
    return int(session.exec(sa.select(sa.func.count()).where(table(Request).c.person_id == person_id)).one())  # type: ignore[call-overload]


def _plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(name): _said(value) for name, value in row.items()}


def _said(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return b64encode(value).decode()
    return value.value if isinstance(value, Enum) else value
