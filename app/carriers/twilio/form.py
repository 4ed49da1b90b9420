"""A text as the carrier's fields describe it, by webhook, in its list or in the spool, read into a `Heard`."""

import base64
import binascii
import re
from datetime import datetime

from models.inbound import Heard
from models.lines import Channel

LONGEST_HANDLE = 255  # characters; Twilio's ids have 34
MOST_MEDIA = 10  # pictures on one text, by the carrier's rule
MEDIA = re.compile(r"Media(?:Url|ContentType)\d+$")
PLACE = ("Label", "Address")
OWN = frozenset("MessageSid SmsSid SmsMessageSid From To Body Latitude Longitude Label Address".split())


def readable(text: str) -> str:
    """The text without what no database and no phone takes: NUL and halves of characters."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def sid_of(said: dict[str, str]) -> str | None:
    """The carrier's id of the text, or None for fields that name no id, sender or receiver: they are no text."""
    sid = handle(said.get("MessageSid") or said.get("SmsMessageSid") or said.get("SmsSid"))
    return sid if sid and handle(said.get("From")) and handle(said.get("To")) else None


def handle(text: str | None) -> str | None:
    """An id or an address; None for one so long that no index holds it: no carrier makes such, and no retry helps."""
    return text if text and len(text) <= LONGEST_HANDLE else None


def heard_from(said: dict[str, str], at: datetime | None = None) -> Heard:
    """The text that these fields describe. Raises ValueError where they are no text."""
    sid = sid_of(said)
    if sid is None:
        raise ValueError("a text without id, sender or receiver")
    sender, to = said["From"], said["To"]
    channel = Channel.WHATSAPP if sender.startswith("whatsapp:") else Channel.SMS
    count = figure(said.get("NumMedia"))
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
        from_address=sender.removeprefix("whatsapp:"),
        to=to.removeprefix("whatsapp:"),
        body=unwrapped(body),
        media=media,
        location=_location(said),
        at=at,
        carrier_answered=said.get("OptOutType") or None,
        fields={
            k: v for k, v in said.items() if (k not in OWN or (k == "Body" and v != body)) and not MEDIA.match(k)
        },
    )


def figure(text: str | None) -> int | None:
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
