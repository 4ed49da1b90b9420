"""That PUBLIC_URL leads to this hotline: it answers a nonce as only whoever has its database, or its secret, can.

`hotline golive` asks through PUBLIC_URL (reach.py). Beside a running hotline it reads the same database, and knows
the answer. Where nothing runs yet, `standing_in` listens on PORT for a moment, with a secret made for it.
"""

import hashlib
import hmac
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from anyio import to_thread
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import PlainTextResponse
from sqlalchemy.exc import DBAPIError

from app.database.engine import Database
from app.hotline import Hotline
from app.web.head import HeadAsGet
from app.web.server import Server
from models import marks

PATH = "/.well-known/hotline/"
NONCE = re.compile(r"[A-Za-z0-9_-]{22,64}")
BEGINS = "hotline "  # before the answer: another hotline says so too, and then something else
NOT_KEPT = {"Cache-Control": "no-store"}
ANSWERING = 15.0  # seconds that a server has to begin and to end

Answering = Callable[[str], str | None]

router = APIRouter()


@router.get(f"{PATH}{{nonce}}", include_in_schema=False)
async def proof(request: Request, nonce: str) -> Response:
    """The answer to a nonce."""
    hotline: Hotline = request.app.state.hotline
    try:
        return await _answered(from_database(hotline.database), nonce)
    except DBAPIError:
        return PlainTextResponse("The database does not answer.\n", 503, NOT_KEPT)


def from_database(database: Database) -> Answering:
    """The answer of the hotline that runs on this database; None before it has a line."""
    return lambda nonce: database.read(lambda session: marks.answer(session, nonce))


def from_secret(secret: str) -> Answering:
    """The answer by a secret of one's own."""
    return lambda nonce: hmac.new(secret.encode(), nonce.encode(), hashlib.sha256).hexdigest()


async def _answered(answering: Answering, nonce: str) -> Response:
    answer = await to_thread.run_sync(answering, nonce) if NONCE.fullmatch(nonce) else None
    if answer is None:
        return PlainTextResponse("Not found.\n", 404, NOT_KEPT)
    return PlainTextResponse(f"{BEGINS}{answer}\n", headers=NOT_KEPT)


@contextmanager
def standing_in(listening: socket.socket, secret: str) -> Iterator[None]:
    """Answer nonces on this socket, and nothing else, in place of a hotline that does not run yet.

    Raises TimeoutError where the server does not begin.
    """
    app = FastAPI(openapi_url=None, redirect_slashes=False)

    @app.get(f"{PATH}{{nonce}}")
    async def answer(nonce: str) -> Response:
        return await _answered(from_secret(secret), nonce)

    app.add_middleware(HeadAsGet)
    server = _Begun(app)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="standing in", daemon=True)
    thread.start()
    try:
        if not server.begun.wait(ANSWERING):
            raise TimeoutError("the server for the proof did not begin")
        yield
    finally:
        server.should_exit = True
        thread.join(ANSWERING)


class _Begun(Server):
    """Says when it can be asked."""

    def __init__(self, app: FastAPI) -> None:
        super().__init__(app)
        self.begun = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer."""
        await super().startup(sockets=sockets)
        self.begun.set()
