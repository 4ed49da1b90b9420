"""The same job written naively, as the tutorials of FastAPI, SQLModel and Twilio do: a session and a commit a text.

It shares nothing with the hotline, and keeps what the hotline keeps: the whole webhook, people and their addresses,
requests under their line's numbers, offers, assignments, a history, texts to send. Where the two differ it does less:
it understands no words but CLAIM, and chooses among all volunteers alike. What is on disk is as safe as ours.
"""

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import parse_qsl

import sqlalchemy as sa
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from sqlmodel import Field, Session, SQLModel, col, create_engine, select
from twilio.request_validator import RequestValidator

from tests.benchmarks import yardstick

PUBLIC_URL = os.environ.get("PUBLIC_URL", "")
URL = os.environ.get("DATABASE_URL", "sqlite://").replace("postgresql://", "postgresql+psycopg://")
CLAIM = re.compile(r"\b(?:claim|take)\W+(\d+)", re.I)
WAVE = 3  # volunteers asked about a request


class Base(SQLModel):
    """Tables of its own, apart from the hotline's."""

    metadata = sa.MetaData()


class Line(Base, table=True):
    """A group's hotline, by the numbers that people text."""

    id: int = Field(default=None, primary_key=True)
    sms: str = Field(unique=True)
    whatsapp: str = Field(unique=True)
    last_need: int = 0


class Person(Base, table=True):
    """Whoever has texted, and the volunteers among them."""

    id: int = Field(default=None, primary_key=True)
    line_id: int = Field(foreign_key="line.id")
    name: str = ""
    volunteers: bool = Field(default=False, index=True)
    last_asked_at: datetime | None = None


class Address(Base, table=True):
    """Where a person's texts come from."""

    id: int = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    value: str = Field(unique=True, index=True)


class Incoming(Base, table=True):
    """A text that came in."""

    id: int = Field(default=None, primary_key=True)
    sid: str = Field(unique=True, index=True)
    person_id: int = Field(foreign_key="person.id")
    body: str
    fields: dict[str, str] = Field(sa_column=sa.Column(sa.JSON, nullable=False))
    received_at: datetime


class Need(Base, table=True):
    """A request, by the number that people claim."""

    id: int = Field(default=None, primary_key=True)
    line_id: int = Field(foreign_key="line.id")
    number: int = Field(index=True)
    person_id: int = Field(foreign_key="person.id")
    text: str
    state: str = "open"
    claimed_by: int | None = Field(default=None, foreign_key="person.id")
    created_at: datetime


class Offer(Base, table=True):
    """A volunteer was asked about a request."""

    id: int = Field(default=None, primary_key=True)
    need_id: int = Field(foreign_key="need.id", index=True)
    person_id: int = Field(foreign_key="person.id")
    state: str = "sent"


class Assignment(Base, table=True):
    """A volunteer has a request in hand."""

    id: int = Field(default=None, primary_key=True)
    need_id: int = Field(foreign_key="need.id", index=True)
    person_id: int = Field(foreign_key="person.id")
    taken_at: datetime


class Event(Base, table=True):
    """Something that happened to a request."""

    id: int = Field(default=None, primary_key=True)
    need_id: int = Field(foreign_key="need.id", index=True)
    person_id: int = Field(foreign_key="person.id")
    kind: str
    at: datetime


class Outgoing(Base, table=True):
    """A text that waits to be sent."""

    id: int = Field(default=None, primary_key=True)
    incoming_id: int = Field(foreign_key="incoming.id")  # what it answers or came of
    to: str
    body: str
    state: str = Field(default="ready", index=True)


SQLITE = {"check_same_thread": False, "timeout": 30}
engine = create_engine(URL, connect_args=SQLITE if URL.startswith("sqlite") else {})
validator = RequestValidator(os.environ.get("TWILIO_AUTH_TOKEN", ""))
app = FastAPI(openapi_url=None)

if URL.startswith("sqlite"):

    @sa.event.listens_for(engine, "connect")
    def durable(connection: sa.PoolProxiedConnection, _: object) -> None:
        """As the hotline sets it."""
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.cursor().execute(f"PRAGMA {pragma}")


def get_session() -> Iterator[Session]:
    """A session for each text."""
    with Session(engine) as session:
        yield session


async def verified(request: Request) -> dict[str, str]:
    """The form, once the signature fits. (`request.form()` would need another library, and take longer.)"""
    form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
    if not validator.validate(PUBLIC_URL + request.url.path, form, request.headers.get("X-Twilio-Signature", "")):
        raise HTTPException(403)
    return form


@app.post("/twilio/message")
def message(
    form: Annotated[dict[str, str], Depends(verified)], session: Annotated[Session, Depends(get_session)]
) -> Response:
    """A text has come in."""
    now = datetime.now(UTC)
    if session.exec(select(Incoming).where(Incoming.sid == form["MessageSid"])).first() is None:
        to = form["To"].removeprefix("whatsapp:")
        line = session.exec(select(Line).where(sa.or_(col(Line.sms) == to, col(Line.whatsapp) == to))).one()
        known = select(Person).join(Address).where(Address.value == form["From"])
        sender = session.exec(known).first()
        if sender is None:
            sender = Person(line_id=line.id)
            session.add(sender)
            session.flush()
            session.add(Address(person_id=sender.id, value=form["From"]))
        text = Incoming(sid=form["MessageSid"], person_id=sender.id, body=form["Body"], fields=form, received_at=now)
        session.add(text)
        session.flush()
        if found := CLAIM.search(text.body):
            claim(session, line, text, sender, int(found[1]), now)
        else:
            ask(session, line, text, sender, now)
        session.commit()
    return Response("<Response/>", media_type="text/xml")


def claim(session: Session, line: Line, text: Incoming, sender: Person, number: int, now: datetime) -> None:
    """Take an open request, unless somebody else was faster."""
    still_open = col(Need.line_id) == line.id, col(Need.number) == number, col(Need.state) == "open"
    taken = session.exec(sa.update(Need).where(*still_open).values(state="claimed", claimed_by=sender.id))
    if not taken.rowcount:
        say(session, text, sender, f"#{number} is not open any more. Thank you!")
        return
    need = session.exec(select(Need).where(Need.line_id == line.id, Need.number == number)).one()
    session.add(Assignment(need_id=need.id, person_id=sender.id, taken_at=now))
    session.add(Event(need_id=need.id, person_id=sender.id, kind="claimed", at=now))
    for offer in session.exec(select(Offer).where(Offer.need_id == need.id)):
        offer.state = "accepted" if offer.person_id == sender.id else "superseded"
        session.add(offer)
    say(session, text, sender, f"#{number} is yours: {need.text}. Text DONE {number} when it is done.")
    say(session, text, session.get_one(Person, need.person_id), f"{sender.name} is coming to help with #{number}.")


def ask(session: Session, line: Line, text: Incoming, sender: Person, now: datetime) -> None:
    """Note a request down and ask the volunteers who have not been asked for longest."""
    line.last_need = Line.last_need + 1  # two at once get two numbers
    session.add(line)
    session.flush()
    need = Need(line_id=line.id, number=line.last_need, person_id=sender.id, text=text.body, created_at=now)
    session.add(need)
    session.flush()
    session.add(Event(need_id=need.id, person_id=sender.id, kind="asked", at=now))
    session.add(Event(need_id=need.id, person_id=sender.id, kind="opened", at=now))
    session.add(Event(need_id=need.id, person_id=sender.id, kind="wave", at=now))
    others = select(Person).where(col(Person.volunteers), Person.id != sender.id)
    for volunteer in session.exec(others.order_by(col(Person.last_asked_at).nulls_first()).limit(WAVE)):
        volunteer.last_asked_at = now
        session.add(volunteer)
        session.add(Offer(need_id=need.id, person_id=volunteer.id))
        say(session, text, volunteer, f"A neighbor needs help: {need.text}. Text CLAIM {need.number} to help.")
    say(session, text, sender, f"Got it, #{need.number}. We are asking volunteers near you.")


def say(session: Session, text: Incoming, to: Person, body: str) -> None:
    """Queue a text."""
    address = session.exec(select(Address.value).where(Address.person_id == to.id)).first()
    session.add(Outgoing(incoming_id=text.id, to=address or "", body=body))


if __name__ == "__main__":
    yardstick.serve(app)
