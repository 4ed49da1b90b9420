"""Twilio's two webhooks, a text that came in and what became of one of ours, read into our own words."""

import base64
import binascii
import re
from typing import Any
from urllib.parse import parse_qs

from app.carriers.base import StatusUpdate, Webhook
from app.carriers.twilio import addresses, rich
from app.carriers.twilio.errors import STATUSES, action_for, code_of
from app.carriers.twilio.signature import Fields, fields_of
from models.inbound import Heard

MESSAGE, STATUS = "/twilio/message", "/twilio/status"
PATHS = {MESSAGE: "message", STATUS: "status"}

LONGEST_HANDLE = 255  # characters of an address
LONGEST_SID = 64  # characters; Twilio's have 34
SID = re.compile(r"(?:SM|MM)[0-9a-fA-F]{32}")
MOST_MEDIA = 10  # pictures on one text, by the carrier's rule
MEDIA = re.compile(r"Media(?:Url|ContentType)\d+$")
PLACE = ("Label", "Address")
LONGEST_PLACE = 200  # characters of what a phone calls a shared place
OWN = frozenset("MessageSid SmsSid SmsMessageSid From To Body Latitude Longitude Label Address".split())


def parse(webhook: Webhook, account: str | None = None) -> Heard | StatusUpdate | None:
    """What a call says; None if it names no text, or is not about this account."""
    said = readable(fields_of(webhook.body))
    if account is not None and said.get("AccountSid", account) != account:
        return None
    return _status(said, webhook.query) if webhook.path == STATUS else _message(said, webhook)


def readable(fields: Fields) -> dict[str, str]:
    """The fields without what no database and no phone takes: NUL, bytes that are no UTF-8, halves of characters."""
    return {
        name.decode("utf-8", "replace").replace("\0", ""): value.decode("utf-8", "replace").replace("\0", "")
        for name, value in fields
    }


def _status(said: dict[str, str], query: str) -> StatusUpdate | None:
    outbound_id = figure(parse_qs(query).get("id", [""])[-1])
    word = said.get("MessageStatus") or said.get("SmsStatus")
    # The signature does not say where the query ends and the first name begins: `?id=1` and a field `2…` would bear
    # the one of `?id=12`. No name of Twilio's begins with a digit.
    if outbound_id is None or not word or any(not name[:1].isalpha() for name in said):
        return None
    code = code_of(said.get("ErrorCode"))
    sid = message_sid(said.get("MessageSid") or said.get("SmsSid"))
    return StatusUpdate(outbound_id, word, STATUSES.get(word), sid, code, action_for(code))


def _message(said: dict[str, str], webhook: Webhook) -> Heard | None:
    sid = sid_of(said)
    if sid is None:
        return None
    author, to = said["From"], said["To"]
    count = figure(said.get("NumMedia"))
    media = tuple(
        (said[f"MediaUrl{n}"], said.get(f"MediaContentType{n}", ""))
        for n in range(MOST_MEDIA if count is None else min(count, MOST_MEDIA))
        if said.get(f"MediaUrl{n}")
    )
    body = rich.words(said)
    return Heard(
        id=sid,
        channel=addresses.channel(author),
        from_address=addresses.bare(author),
        to=addresses.bare(to),
        body=unwrapped(body),
        media=media,
        location=_location(said),
        at=webhook.at,
        replied_to=message_sid(said.get("OriginalRepliedMessageSid")),
        pressed=rich.pressed(said),
        manner=rich.manner(said),
        carrier_answered=said.get("OptOutType") or None,
        hidden_id=addresses.hidden_id(author, said.get("ExternalUserId")),
        rcs=addresses.is_rcs(author) or addresses.is_rcs(to),
        fields={
            k: v for k, v in said.items() if (k not in OWN or (k == "Body" and v != body)) and not MEDIA.match(k)
        },
    )


def sid_of(said: dict[str, str]) -> str | None:
    """Twilio's id of the text, or None for fields that name no id, author or receiver: they are no text."""
    sid = message_sid(said.get("MessageSid") or said.get("SmsMessageSid") or said.get("SmsSid"))
    return sid if sid and handle(said.get("From")) and handle(said.get("To")) else None


def message_sid(value: Any) -> str | None:
    """Twilio's id of a text; None for anything that is not exactly in its form."""
    return value if isinstance(value, str) and SID.fullmatch(value) else None


def told_sid(value: Any) -> str | None:
    """The id that the API itself gives, over a connection of ours: any short word will do."""
    plain = isinstance(value, str) and 0 < len(value) <= LONGEST_SID and value.isascii() and value.isprintable()
    return value if plain else None


def handle(text: str | None) -> str | None:
    """An address; None for one so long that no index holds it: Twilio makes no such, and no retry helps."""
    return text if text and len(text) <= LONGEST_HANDLE else None


def figure(text: str | None) -> int | None:
    """A number that Twilio sent; None for anything that is not plain digits, or more than a database holds."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None


def _location(said: dict[str, str]) -> str | None:
    named = ", ".join(said[name] for name in PLACE if said.get(name))[:LONGEST_PLACE]
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
