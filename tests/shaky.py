"""A way in that breaks when a test says so, and texts on that way."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy.exc import OperationalError
from sqlmodel import col, select

from app.carriers.twilio.webhook import parse
from app.database.engine import Busy
from app.hotline import Hotline
from app.inbound.ingest import Incoming, Ingest, MustWait
from app.inbound.receive import Taken
from app.inbound.spool import Spool
from models.inbound import Heard, Inbound
from models.store.session import Session
from tests import webhooks
from tests.fakes import MORNING

ANA, BEN = "+12025550101", "+12025550102"
NOT_OURS = json.dumps({"carrier": "another", "path": "/", "query": "", "body": "", "at": MORNING.isoformat()})


class Shaky(Ingest):
    """Takes texts into a database that is away, slow or overworked when the test says so."""

    away = False
    busy = False
    poison = ""  # a text that neither a handler nor our apology survives

    def receive(self, heard: Heard, must_wait: MustWait | None = None) -> "Future[Taken]":
        if self.busy:
            raise Busy
        if self.away:
            return failed(OperationalError("a statement", {}, ConnectionError("gone")))
        if self.poison and self.poison in heard.body:
            return failed(ZeroDivisionError())
        return super().receive(heard, must_wait)


def failed(error: Exception) -> "Future[Any]":
    future: Future[Any] = Future()
    future.set_exception(error)
    return future


@contextmanager
def held_up(hotline: Hotline | Ingest) -> Iterator[None]:
    """Keep the database busy with one endless transaction for each that it can run at once."""
    begun, go = threading.Semaphore(0), threading.Event()

    def work(_: Session) -> None:
        begun.release()
        go.wait(30)

    held = [hotline.database.write(work) for _ in range(64)]
    begun.acquire()
    try:
        yield
    finally:
        go.set()
        for one in held:
            one.result(30)


def sms(sender: str, body: str, *, at: int = 0) -> Incoming:
    """A text on its way in, so many seconds after the hour."""
    came = MORNING + timedelta(seconds=at)
    webhook = webhooks.text_webhook(webhooks.sms(sender, body), came)
    said = parse(webhook)
    assert said is not None
    return Incoming(webhook, said)


def put(spool: Spool, incoming: Incoming) -> None:
    spool.put(incoming.webhook, incoming.key)


def bodies(hotline: Hotline | Ingest) -> list[str]:
    return hotline.database.read(lambda s: list(s.exec(select(Inbound.body).order_by(col(Inbound.id)))))
