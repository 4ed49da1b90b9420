"""Twilio's two webhooks. Verify, hand over, and answer only when what was said is on disk."""

import asyncio

import structlog
from fastapi import APIRouter, Request, Response
from starlette.requests import ClientDisconnect

from app.carriers.twilio import form, signature
from app.carriers.twilio.signature import Fields
from app.database.engine import Busy
from app.hotline import Hotline
from app.inbound.spool import SpooledWebhook

log = structlog.get_logger()
router = APIRouter()

LARGEST = 64 * 1024  # bytes; a text with ten pictures is under 10 KiB
SLOWEST = 4.0  # seconds that posting it may take; with the database's and the disk's share it stays under Twilio's 15
RETRY_AFTER = 2  # seconds
NOT_FOR_US = Response(status_code=403)


def twiml(status: int = 200, *, retry_after: int | None = None) -> Response:
    """An empty answer: replies go out through the outbox. Anything but XML would be texted to the sender."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return Response("<Response/>", status_code=status, media_type="text/xml", headers=headers)


@router.post("/twilio/message", include_in_schema=False)
async def message(request: Request) -> Response:
    """A text has come in, by SMS or WhatsApp."""
    hotline: Hotline = request.app.state.hotline
    fields = await _verified(request, hotline)
    if isinstance(fields, Response):
        return fields
    said = _said(fields)
    if form.sid_of(said) is None:
        log.warning("text_without_sender")
        return twiml()
    return await _take(hotline, SpooledWebhook(said, hotline.clock.now())) or twiml()


@router.post("/twilio/status", include_in_schema=False)
async def status(request: Request) -> Response:
    """The carrier says what became of a text of ours."""
    hotline: Hotline = request.app.state.hotline
    fields = await _verified(request, hotline)
    if isinstance(fields, Response):
        return fields
    said = _said(fields)
    about = form.figure(request.query_params.get("id"))
    refusal = None
    if about is not None and (said.get("MessageStatus") or said.get("SmsStatus")):
        refusal = await _take(hotline, SpooledWebhook(said, hotline.clock.now(), about))
    return refusal or Response(status_code=204)


async def _take(hotline: Hotline, slip: SpooledWebhook) -> Response | None:
    """Have it taken in. None means that it is on disk; whatever else happens, there is no 200."""
    try:
        taken = await hotline.ingest.take(slip)
    except Busy:
        log.warning("too_busy")
        return twiml(503, retry_after=RETRY_AFTER)
    except Exception as error:
        log.error("not_taken", error=type(error).__name__, exc_info=error)
        return twiml(503)
    if slip.about is None:
        hotline.count(taken)
    return None


async def _verified(request: Request, hotline: Hotline) -> Fields | Response:
    try:
        async with asyncio.timeout(SLOWEST):
            body = await _body(request)
    except TimeoutError:
        return Response(status_code=408)
    except ClientDisconnect:  # nobody is there to be answered
        return Response(status_code=400)
    if len(body) > LARGEST:
        return Response(status_code=413)
    fields = signature.fields_of(body)
    query = request.scope["query_string"].decode("ascii", "replace")
    url = f"{hotline.settings.public_url}{request.scope['path']}" + (f"?{query}" if query else "")
    given = request.headers.get("x-twilio-signature", "")
    algorithm = signature.algorithm_of(request.headers.get(signature.SETTINGS_HEADER))
    if not given or not signature.genuine(url, fields, given, hotline.settings.tokens, algorithm):
        log.warning("refused_unsigned", path=request.scope["path"])
        return NOT_FOR_US
    return fields


async def _body(request: Request) -> bytes:
    """What was posted, or the beginning of what is too much."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            break
    return bytes(body)


def _said(fields: Fields) -> dict[str, str]:
    # NUL cannot be stored in PostgreSQL, and nothing that is not UTF-8 can be sent on.
    return {_text(name): form.readable(_text(value)) for name, value in fields}


def _text(part: bytes) -> str:
    return part.decode("utf-8", "replace")
