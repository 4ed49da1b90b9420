"""The carrier's webhooks: verify, hand over, and answer only when what was said is on disk."""

import asyncio
from dataclasses import replace

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.carriers.base import Webhook
from app.database.engine import Busy
from app.hotline import Hotline
from models.inbound import Heard

log = structlog.get_logger()

LARGEST = 64 * 1024  # bytes; a text with ten pictures is under 10 KiB
SLOWEST = 4.0  # seconds that posting it may take; with the database's and the disk's share it stays under Twilio's 15
RETRY_AFTER = 2  # seconds
NOT_POSTED = Response(status_code=405, headers={"Allow": "POST"})


class Webhooks:
    """ASGI middleware that takes what the carrier posts and lets everything else pass.

    As a route of FastAPI it would take 0.1 ms more of every text, for things that no webhook needs.
    """

    def __init__(self, app: ASGIApp, hotline: Hotline) -> None:
        self.app = app
        self.hotline = hotline

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the carrier, or pass on one request. A slash behind a path is easily pasted along."""
        if scope["type"] != "http" or scope["path"].removesuffix("/") not in self.hotline.carrier.webhooks:
            await self.app(scope, receive, send)
            return
        posted = scope["method"] == "POST"
        answer = await answered(self.hotline, Request(scope, receive)) if posted else NOT_POSTED
        await answer(scope, receive, send)


async def answered(hotline: Hotline, request: Request) -> Response:
    """The carrier brings a text, or says what became of one of ours."""
    try:
        async with asyncio.timeout(SLOWEST):
            body = await _body(request)
    except TimeoutError:
        return Response(status_code=408)
    except ClientDisconnect:  # nobody is there to be answered
        return Response(status_code=400)
    if len(body) > LARGEST:
        return Response(status_code=413)
    path, query = request.scope["path"], request.scope["query_string"].decode("ascii", "replace")
    webhook = Webhook(hotline.carrier.name, path, query, body, hotline.clock.now())
    try:
        genuine = hotline.carrier.verify(webhook, request.headers)  # over the address to the letter
        if path.endswith("/"):
            path = path.removesuffix("/")
            webhook = replace(webhook, path=path)
        status = await _take(hotline, webhook) if genuine else 403
    except Exception as error:  # a fault of ours: the carrier comes again, and gets nothing that it could pass on
        log.error("webhook_broke", error=type(error).__name__, exc_info=error)
        status = 503
    if status == 403:
        log.warning("refused_unsigned", path=path)
        return Response(status_code=403)
    answer = hotline.carrier.answer(path, status)
    headers = {"Retry-After": str(RETRY_AFTER)} if status == 503 else {}
    return Response(answer.body, answer.status, headers, answer.media_type)


async def _take(hotline: Hotline, webhook: Webhook) -> int:
    """Have it taken in. 200 means that it is on disk, or that there is nothing to keep."""
    incoming = hotline.ingest.read(webhook)
    if incoming is None:
        log.warning("webhook_says_nothing", path=webhook.path)
        return 200
    try:
        taken = await hotline.ingest.take(incoming)
    except Busy:
        log.warning("too_busy")
        return 503
    if isinstance(incoming.said, Heard):
        hotline.ingest.count(taken)
    return 200


async def _body(request: Request) -> bytes:
    """What was posted, or the beginning of what is too much."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            break
    return bytes(body)
