"""What the tests of /health, /metrics and doctor share: asking an application, and days on which things are wrong."""

from datetime import datetime, timedelta
from typing import Any

import httpx
from fastapi import FastAPI
from sqlmodel import col, select

from app.database.engine import Database, SQLite
from models import lines
from models.delivery.line_numbers import LineNumber, Spending
from models.delivery.outbound import Outbound, State
from models.lines import Channel, Line
from models.store.session import Session
from tests.fakes import LINE

PATIENT = 60.0  # seconds


async def ask(
    app: FastAPI, path: str, *, client: str = "127.0.0.1", patient: bool = True, **headers: str
) -> httpx.Response:
    """GET a path, as somebody at this address would.

    Machines that test stand still at times: the database has long to answer, except in tests where it never does.
    """
    if patient:
        app.state.health_monitor.database_timeout = PATIENT
    sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    transport = httpx.ASGITransport(app, client=(client, 4242))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as asking:
        return await asking.get(path, headers=sent)


async def health(app: FastAPI) -> dict[str, Any]:
    """What /health says while it answers 200."""
    answer = await ask(app, "/health")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def pause_number(
    database: Database, now: datetime, code: int | None, *, channel: Channel = Channel.SMS, number: str = LINE
) -> None:
    """The carrier refuses a number since an hour ago, for five minutes more."""

    def work(session: Session) -> None:
        line_number = session.exec(
            select(LineNumber).where(LineNumber.channel == channel, LineNumber.number == number)
        ).first()
        line_number = line_number or LineNumber(
            line_id=lines.all_lines(session)[0].id, channel=channel, number=number
        )
        line_number.paused_since, line_number.paused_until = now - timedelta(hours=1), now + timedelta(minutes=5)
        line_number.pause_code = code
        session.add(line_number)

    database.write(work).result()


def spend(database: Database, day: str, micros: int, segments: int) -> None:
    """What the first line has spent on a day."""

    def work(session: Session) -> None:
        line = lines.all_lines(session)[0]
        session.add(Spending(line_id=line.id, day=day, micros=micros, segments=segments))

    database.write(work).result()


def set_rule(database: Database, **rules: Any) -> None:
    """Give the first line figures of its own."""

    def work(session: Session) -> None:
        line = lines.all_lines(session)[0]
        line.rules = {**line.rules, **rules}
        session.add(line)

    database.write(work).result()


def make(database: Database, outbound_id: int, **values: Any) -> None:
    """Change a queued text as if it had come to that."""

    def work(session: Session) -> None:
        row = session.exec(select(Outbound).where(col(Outbound.id) == outbound_id)).one()
        for name, value in values.items():
            setattr(row, name, value)
        session.add(row)

    database.write(work).result()


def another_line(database: Database, now: datetime, name: str, sms: str) -> Line:
    """One more group on the same deployment."""
    return database.write(lambda session: lines.add(session, now, name=name, sms=sms)).result()


class Hung(SQLite):
    """A database that says nothing until it is released."""

    def __init__(self, url: Any, released: Any) -> None:
        super().__init__(url)
        self.released = released
        self.asked = 0

    def read(self, work: Any, *, unhurried: bool = False) -> Any:
        self.asked += 1
        self.released.wait(60)
        return super().read(work, unhurried=unhurried)


__all__ = ["Hung", "State", "another_line", "ask", "health", "make", "pause_number", "set_rule", "spend"]
