"""Twilio's own list of the texts that came in, read like the webhooks that should have brought them."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from twilio.rest import Client

from app.carriers.base import ReceivedMessage, Webhook
from app.carriers.twilio.webhook import MESSAGE, figure, sid_of

PAGE = 1_000  # messages at a time, the most Twilio gives
MEDIA_AT = "https://api.twilio.com"  # as webhooks name it


def received(client: Client, numbers: Iterable[str | None], since: datetime) -> Iterator[ReceivedMessage]:
    """Texts to these numbers (None: to any of the account) since then; in no order, and perhaps twice."""
    for number in numbers:
        asked: dict[str, Any] = {} if number is None else {"to": number}
        for message in client.messages.stream(**asked, date_sent_after=since, page_size=PAGE):
            at = message.date_sent or message.date_created
            # What is still "receiving" has no words yet, and the filter of dates may count in whole days.
            if _word(message.direction) == "inbound" and _word(message.status) == "received" and at and at >= since:
                fields = _fields(message, at)
                if sid_of(fields) is not None:
                    yield ReceivedMessage(str(message.sid), at, fields)


def _fields(message: Any, at: datetime) -> dict[str, str]:
    said = {
        "MessageSid": message.sid,
        "AccountSid": message.account_sid,
        "MessagingServiceSid": message.messaging_service_sid,
        "From": message.from_,
        "To": message.to,
        "Body": message.body,
        "NumMedia": message.num_media,
        "NumSegments": message.num_segments,
        "DateSent": at.isoformat(),
    }
    return {name: str(value) for name, value in said.items() if value is not None}


def as_webhook(client: Client, carrier: str, message: ReceivedMessage) -> Webhook:
    """A text of the list as its webhook would have brought it. Its pictures are asked for, if it has any."""
    fields = dict(message.fields)
    if figure(fields.get("NumMedia")):
        fields |= _pictures(client, message.sid)
    body = urlencode(list(fields.items()), errors="surrogatepass").encode()
    return Webhook(carrier, MESSAGE, "", body, message.at)


def _pictures(client: Client, sid: str) -> dict[str, str]:
    said = {}
    for n, one in enumerate(client.messages(sid).media.list()):
        said[f"MediaUrl{n}"] = MEDIA_AT + str(one.uri).removesuffix(".json")
        said[f"MediaContentType{n}"] = str(one.content_type)
    return said


def _word(said: Any) -> str:
    return str(getattr(said, "value", said))
