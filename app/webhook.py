"""Twilio's two webhooks. Verify, hand over, and answer only when what was said is on disk."""

import asyncio
import base64
import binascii
import re

import structlog
from fastapi import APIRouter, Request, Response

from app import signature
from app.hotline import Hotline
from app.signature import Fields
from models.inbound import Heard
from models.lines import Channel

log = structlog.get_logger()
router = APIRouter()

LARGEST = 64 * 1024  # bytes; a text with ten pictures is under 10 KiB
LONGEST_HANDLE = 255  # characters; Twilio's ids have 34
MOST_MEDIA = 10  # pictures on one text, by the carrier's rule
MEDIA = re.compile(r"Media(?:Url|ContentType)\d+$")
PLACE = ("Label", "Address")
OWN = frozenset("MessageSid SmsSid SmsMessageSid From To Body Latitude Longitude Label Address".split())
NOT_FOR_US = Response(status_code=403)


def twiml(status: int = 200) -> Response:
    """An empty answer: replies go out through the outbox. Anything but XML would be texted to the sender."""
    return Response("<Response/>", status_code=status, media_type="text/xml")


@router.post("/twilio/message", include_in_schema=False)
async def message(request: Request) -> Response:
    """A text has come in, by SMS or WhatsApp."""
    hotline: Hotline = request.app.state.hotline
    fields = await _verified(request, hotline)
    if isinstance(fields, Response):
        return fields
    heard = heard_from(_said(fields))
    if heard is None:
        log.warning("text_without_sender")
        return twiml()
    try:
        # A carrier that hangs up early must not undo what is half done: it will ask again, and find it done.
        taken = await asyncio.shield(asyncio.wrap_future(hotline.receive(heard)))
    except Exception as error:  # whatever it is: no 200 for what is not on disk
        log.error("text_not_taken", error=type(error).__name__, exc_info=error)
        return twiml(503)
    hotline.count(taken)
    return twiml()


@router.post("/twilio/status", include_in_schema=False)
async def status(request: Request) -> Response:
    """The carrier says what became of a text of ours."""
    hotline: Hotline = request.app.state.hotline
    fields = await _verified(request, hotline)
    if isinstance(fields, Response):
        return fields
    said = _said(fields)
    about = _figure(request.query_params.get("id"))
    word = said.get("MessageStatus") or said.get("SmsStatus")
    if word and about is not None:
        try:
            await asyncio.wrap_future(
                hotline.status(about, word, sid=_handle(said.get("MessageSid")), code=_figure(said.get("ErrorCode")))
            )
        except Exception as error:
            log.error("status_not_taken", error=type(error).__name__, exc_info=error)
            return twiml(503)
    return Response(status_code=204)


async def _verified(request: Request, hotline: Hotline) -> Fields | Response:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            return Response(status_code=413)
    fields = signature.fields_of(bytes(body))
    query = request.scope["query_string"].decode("ascii", "replace")
    url = f"{hotline.settings.public_url}{request.scope['path']}" + (f"?{query}" if query else "")
    given = request.headers.get("x-twilio-signature", "")
    algorithm = signature.algorithm_of(request.headers.get(signature.SETTINGS_HEADER))
    if not given or not signature.genuine(url, fields, given, hotline.settings.tokens, algorithm):
        log.warning("refused_unsigned", path=request.scope["path"])
        return NOT_FOR_US
    return fields


def _said(fields: Fields) -> dict[str, str]:
    # NUL cannot be stored in PostgreSQL, and nothing that is not UTF-8 can be sent on.
    return {name.decode("utf-8", "replace"): readable(value.decode("utf-8", "replace")) for name, value in fields}


def readable(text: str) -> str:
    """The text without what no database and no phone takes: NUL and halves of characters."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def heard_from(said: dict[str, str]) -> Heard | None:
    """The text that a webhook's fields describe, or None where they name no sender, receiver or id."""
    sid = _handle(said.get("MessageSid") or said.get("SmsMessageSid") or said.get("SmsSid"))
    sender, to = _handle(said.get("From")), _handle(said.get("To"))
    if not (sid and sender and to):
        return None
    channel = Channel.WHATSAPP if sender.startswith("whatsapp:") else Channel.SMS
    count = _figure(said.get("NumMedia"))
    media = tuple(
        (said[f"MediaUrl{n}"], said.get(f"MediaContentType{n}", ""))
        for n in range(MOST_MEDIA if count is None else min(count, MOST_MEDIA))
        if said.get(f"MediaUrl{n}")
    )
    # A tapped button or list row says more exactly than its label what was meant.
    body = said.get("ButtonPayload") or said.get("ListId") or said.get("Body", "")
    return Heard(
        id=sid,
        channel=channel,
        sender=sender.removeprefix("whatsapp:"),
        to=to.removeprefix("whatsapp:"),
        body=unwrapped(body),
        media=media,
        location=_location(said),
        carrier_answered=said.get("OptOutType") or None,
        fields={
            k: v for k, v in said.items() if (k not in OWN or (k == "Body" and v != body)) and not MEDIA.match(k)
        },
    )


def _handle(text: str | None) -> str | None:
    """An id or an address; None for one so long that no index holds it: no carrier makes such, and no retry helps."""
    return text if text and len(text) <= LONGEST_HANDLE else None


def _figure(text: str | None) -> int | None:
    """A number the carrier sent; None for anything that is not plain digits, or more than a database holds."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None


def _location(said: dict[str, str]) -> str | None:
    named = ", ".join(said[name] for name in PLACE if said.get(name))
    if said.get("Latitude") and said.get("Longitude"):
        spot = f"{said['Latitude']},{said['Longitude']}"
        return f"{named} ({spot})" if named else spot
    return named or None


def unwrapped(body: str) -> str:
    """A body that a faulty carrier delivered as base64, as it was written. Anything else stays as it is.

    Only long, padded, purely base64 bodies that decode to readable text with a space count: no person types that.
    """
    if len(body) < 24 or len(body) % 4 or " " in body.strip():
        return body
    try:
        text = base64.b64decode(body, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return body
    return text if " " in text and text.isprintable() else body
