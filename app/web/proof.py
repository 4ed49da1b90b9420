"""That PUBLIC_URL leads to this hotline: it answers a nonce as only whoever has its database can.

`hotline golive` asks through PUBLIC_URL (reach.py), reads the same database, and so knows the answer beforehand.
"""

import re
from collections.abc import Callable

from anyio import to_thread
from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from sqlalchemy.exc import DBAPIError

from app.database.engine import Database
from app.hotline import Hotline
from models import marks

PATH = "/.well-known/hotline/"
NONCE = re.compile(r"[A-Za-z0-9_-]{22,64}")
BEGINS = "hotline "  # before the answer: another hotline says so too, and then something else
AWAY = "The database does not answer."
NOT_KEPT = {"Cache-Control": "no-store"}

Answering = Callable[[str], str | None]

router = APIRouter()


@router.get(f"{PATH}{{nonce}}", include_in_schema=False)
async def proof(request: Request, nonce: str) -> Response:
    """The answer to a nonce."""
    hotline: Hotline = request.app.state.hotline
    answer = None
    if NONCE.fullmatch(nonce):
        try:
            answer = await to_thread.run_sync(from_database(hotline.database), nonce)
        except DBAPIError:
            return PlainTextResponse(f"{AWAY}\n", 503, NOT_KEPT)
    if answer is None:
        return PlainTextResponse("Not found.\n", 404, NOT_KEPT)
    return PlainTextResponse(f"{BEGINS}{answer}\n", headers=NOT_KEPT)


def from_database(database: Database) -> Answering:
    """The answer of the hotline that runs on this database; None before it has a line."""
    return lambda nonce: database.read(lambda session: marks.answer(session, nonce))
