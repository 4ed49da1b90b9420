"""The same job written naively, as the tutorials of FastAPI, SQLModel and Twilio do: a session and a commit a text.

It shares nothing with the hotline. Where the two differ it does less: it understands no words but CLAIM, chooses
among all volunteers alike, and writes down no history. What is on disk when it answers is as safe as the hotline's.
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


class Person(Base, table=True):
    """Whoever has texted, and the volunteers among them."""

    id: int = Field(default=None, primary_key=True)
    address: str = Field(unique=True, index=True)
    name: str = ""
    volunteers: bool = Field(default=False, index=True)
    last_asked_at: datetime | None = None


class Incoming(Base, table=True):
    """A text that came in."""

    id: int = Field(default=None, primary_key=True)
    sid: str = Field(unique=True, index=True)
    person_id: int = Field(foreign_key="person.id")
    body: str
    received_at: datetime


class Need(Base, table=True):
    """A request; its id is the number that people claim."""

    id: int = Field(default=None, primary_key=True)
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
        sender = session.exec(select(Person).where(Person.address == form["From"])).first()
        if sender is None:
            sender = Person(address=form["From"])
            session.add(sender)
            session.flush()
        text = Incoming(sid=form["MessageSid"], person_id=sender.id, body=form["Body"], received_at=now)
        session.add(text)
        session.flush()
        if found := CLAIM.search(text.body):
            claim(session, text, sender, int(found[1]))
        else:
            ask(session, text, sender, now)
        session.commit()
    return Response("<Response/>", media_type="text/xml")


def claim(session: Session, text: Incoming, sender: Person, number: int) -> None:
    """Take an open request, unless somebody else was faster."""
    still_open = col(Need.id) == number, col(Need.state) == "open"
    taken = session.exec(sa.update(Need).where(*still_open).values(state="claimed", claimed_by=sender.id))
    if not taken.rowcount:
        say(session, text, sender, f"#{number} is not open any more. Thank you!")
        return
    need = session.get_one(Need, number)
    for offer in session.exec(select(Offer).where(Offer.need_id == number)):
        offer.state = "accepted" if offer.person_id == sender.id else "superseded"
        session.add(offer)
    say(session, text, sender, f"#{number} is yours: {need.text}. Text DONE {number} when it is done.")
    say(session, text, session.get_one(Person, need.person_id), f"{sender.name} is coming to help with #{number}.")


def ask(session: Session, text: Incoming, sender: Person, now: datetime) -> None:
    """Note a request down and ask the volunteers who have not been asked for longest."""
    need = Need(person_id=sender.id, text=text.body, created_at=now)
    session.add(need)
    session.flush()
    others = select(Person).where(col(Person.volunteers), Person.id != sender.id)
    for volunteer in session.exec(others.order_by(col(Person.last_asked_at).nulls_first()).limit(WAVE)):
        volunteer.last_asked_at = now
        session.add(volunteer)
        session.add(Offer(need_id=need.id, person_id=volunteer.id))
        say(session, text, volunteer, f"A neighbor needs help: {need.text}. Text CLAIM {need.id} to help.")
    say(session, text, sender, f"Got it, #{need.id}. We are asking volunteers near you.")


def say(session: Session, text: Incoming, to: Person, body: str) -> None:
    """Queue a text."""
    session.add(Outgoing(incoming_id=text.id, to=to.address, body=body))


if __name__ == "__main__":
    yardstick.serve(app)
