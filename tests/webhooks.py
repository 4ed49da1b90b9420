"""Twilio's side of a webhook: the fields it sends for a text, and its signature over them.

Written from Twilio's documentation, sharing nothing with app/carriers/twilio: the two check each other.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import parse_qsl, urlencode
from uuid import uuid4

from app.carriers.base import Webhook
from tests.fakes import ACCOUNT, LINE, PUBLIC, TOKEN, WHATSAPP

AGENT = "eastside_agent"
FORM = "application/x-www-form-urlencoded"
SETTINGS = b"X-Twilio-Webhooks-Signature-Settings"
HASHES = {"HMAC_SHA1": hashlib.sha1, "HMAC_SHA256": hashlib.sha256}
MESSAGE = f"{PUBLIC}/twilio/message"
STATUS = f"{PUBLIC}/twilio/status"


def new_sid(kind: str = "SM") -> str:
    """An id as Twilio makes them."""
    return kind + uuid4().hex


def sms(sender: str, body: str, *, to: str = LINE, sid: str | None = None, **more: str) -> dict[str, str]:
    """Everything Twilio posts for an SMS, blank fields included."""
    sid = sid or new_sid()
    return {
        "ToCountry": "US",
        "ToState": "DC",
        "SmsMessageSid": sid,
        "NumMedia": "0",
        "ToCity": "",
        "FromZip": "",
        "SmsSid": sid,
        "FromState": "DC",
        "SmsStatus": "received",
        "FromCity": "",
        "Body": body,
        "FromCountry": "US",
        "To": to,
        "MessagingServiceSid": "MG00000000000000000000000000000001",
        "ToZip": "",
        "NumSegments": "1",
        "MessageSid": sid,
        "AccountSid": ACCOUNT,
        "From": sender,
        "ApiVersion": "2010-04-01",
        **more,
    }


def whatsapp(
    sender: str, body: str, *, to: str = WHATSAPP, sid: str | None = None, name: str = "Ana", **more: str
) -> dict[str, str]:
    """Everything Twilio posts for a WhatsApp message."""
    sid = sid or new_sid()
    return {
        "SmsMessageSid": sid,
        "NumMedia": "0",
        "ProfileName": name,
        "MessageType": "text",
        "SmsSid": sid,
        "WaId": sender.removeprefix("+"),
        "SmsStatus": "received",
        "Body": body,
        "To": f"whatsapp:{to}",
        "NumSegments": "1",
        "ReferralNumMedia": "0",
        "MessageSid": sid,
        "AccountSid": ACCOUNT,
        "ChannelMetadata": '{"type":"whatsapp","data":{"context":{"ProfileName":"Ana","WaId":"12025550101"}}}',
        "From": f"whatsapp:{sender}",
        "ApiVersion": "2010-04-01",
        **more,
    }


def rcs(sender: str, body: str, *, to: str = AGENT, sid: str | None = None, **more: str) -> dict[str, str]:
    """Everything Twilio posts for an RCS message: to an agent in the pool of a Messaging Service."""
    return {**sms(sender, body, to=to, sid=sid, **more), "From": f"rcs:{sender}", "To": f"rcs:{to}"}


def pictures(count: int) -> dict[str, str]:
    """The fields for this many pictures."""
    media = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Messages/MM1/Media/ME"
    fields = {"NumMedia": str(count)}
    for n in range(count):
        fields |= {f"MediaUrl{n}": f"{media}{n:032x}", f"MediaContentType{n}": "image/jpeg"}
    return fields


def form(fields: Mapping[str, str]) -> bytes:
    """The fields as the body of a POST; halves of characters go as the bytes that faulty phones send."""
    return urlencode(list(fields.items()), errors="surrogatepass").encode()


def text_webhook(fields: Mapping[str, str], at: datetime) -> Webhook:
    """The call that brings a text, as the spool keeps it."""
    return Webhook("twilio", "/twilio/message", "", form(fields), at)


def sign(url: str, body: bytes, *, token: str = TOKEN, algorithm: str = "HMAC_SHA1") -> str:
    """Twilio's signature: the URL, then every name and value in order of name; a pair sent twice counts once."""
    pairs = parse_qsl(body.decode("latin-1"), keep_blank_values=True, encoding="latin-1")
    said = url + "".join(name + value for name, value in sorted(set(pairs)))
    return base64.b64encode(hmac.new(token.encode(), said.encode("latin-1"), HASHES[algorithm]).digest()).decode()


def headers(url: str, body: bytes, *, token: str = TOKEN) -> dict[str, str]:
    """The headers Twilio sends with this body to this URL."""
    return {
        "Content-Type": FORM,
        "X-Twilio-Signature": sign(url, body, token=token),
        "I-Twilio-Idempotency-Token": str(uuid4()),
        "User-Agent": "TwilioProxy/1.1",
    }
