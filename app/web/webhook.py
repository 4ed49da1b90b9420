"""The carrier's webhooks: verify, hand over, and answer only when what was said is on disk."""

import asyncio
from dataclasses import replace

import structlog
from fastapi import APIRouter, Request, Response
from starlette.requests import ClientDisconnect

from app.carriers.base import Carrier, Webhook
from app.database.engine import Busy
from app.hotline import Hotline
from models.inbound import Heard

log = structlog.get_logger()

LARGEST = 64 * 1024  # bytes; a text with ten pictures is under 10 KiB
SLOWEST = 4.0  # seconds that posting it may take; with the database's and the disk's share it stays under Twilio's 15
RETRY_AFTER = 2  # seconds


def router(carrier: Carrier) -> APIRouter:
    """A route for every path that this carrier calls, also with a slash behind it: that is easily pasted along."""
    routes = APIRouter()
    for path in carrier.webhooks:
        for spelled in (path, f"{path}/"):
            routes.add_api_route(spelled, receive_webhook, methods=["POST"], include_in_schema=False)
    return routes


async def receive_webhook(request: Request) -> Response:
    """The carrier brings a text, or says what became of one of ours."""
    hotline: Hotline = request.app.state.hotline
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
