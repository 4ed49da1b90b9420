"""The fake carrier's console: the numbers of its account, their webhooks, its Messaging Services and their pools."""

from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from tests.fakes import ACCOUNT, LINE, PUBLIC, WHATSAPP

ROOT = f"/2010-04-01/Accounts/{ACCOUNT}"
SERVICE = "MG00000000000000000000000000000001"
GOOD = f"{PUBLIC}/twilio/message#rc=2&rp=ct,rt,5xx&ct=2000&rt=5000&tt=14000"


@dataclass
class Numbers:
    """What somebody has set in the console: all well until the test says otherwise."""

    numbers: dict[str, dict[str, object]] = field(default_factory=lambda: {LINE: number()})
    services: dict[str, dict[str, object]] = field(default_factory=lambda: {SERVICE: service()})
    senders: dict[str, dict[str, object]] = field(default_factory=lambda: {WHATSAPP: sender()})
    pools: dict[str, list[str]] = field(default_factory=lambda: {SERVICE: [LINE]})

    def answer(self, path: str, query: str) -> dict[str, object] | None:
        """What Twilio's API says at this path, or None where it is not about numbers or nothing is there."""
        if path == f"{ROOT}/IncomingPhoneNumbers.json":
            wanted = dict(parse_qsl(query)).get("PhoneNumber")
            found = [{"phone_number": n, **of} for n, of in self.numbers.items() if wanted in (None, n)]
            return {"incoming_phone_numbers": found, "page": 0, "page_size": 50, "next_page_uri": None, "uri": path}
        sid, _, below = path.removeprefix("/v1/Services/").partition("/")
        if path.startswith("/v1/Services/") and sid in self.services:
            if below == "PhoneNumbers":
                pool = [{"sid": f"PN{n:032}", "phone_number": each} for n, each in enumerate(self.pools.get(sid, []))]
                return {"phone_numbers": pool, "meta": {"key": "phone_numbers", "page": 0, "next_page_url": None}}
            return self.services[sid] if not below else None
        return self._senders(path)

    def _senders(self, path: str) -> dict[str, object] | None:
        of = {
            f"XE{n:032}": {"sender_id": f"whatsapp:{each}", **of} for n, (each, of) in enumerate(self.senders.items())
        }
        if path == "/v2/Channels/Senders":
            bare = [{"sid": sid, **each, "webhook": None} for sid, each in of.items()]  # only each one says its own
            return {"senders": bare, "meta": {"key": "senders", "page": 0, "next_page_url": None}}
        sid = path.removeprefix("/v2/Channels/Senders/")
        return {"sid": sid, **of[sid]} if sid in of else None


def number(url: str = GOOD, **more: object) -> dict[str, object]:
    """A number's resource, as far as its texts go."""
    return {
        "account_sid": ACCOUNT,
        "sid": f"PN{1:032}",
        "capabilities": {"voice": True, "sms": True, "mms": True, "fax": False},
        "sms_url": url,
        "sms_method": "POST",
        "sms_fallback_url": f"{PUBLIC}/twilio/message",
        "sms_fallback_method": "POST",
        "sms_application_sid": "",
        **more,
    }


def sender(url: str = GOOD, status: str = "ONLINE") -> dict[str, object]:
    """A WhatsApp sender's resource."""
    hook = {"callback_url": url, "callback_method": "POST", "fallback_method": "POST"}
    return {"status": status, "webhook": {**hook, "fallback_url": f"{PUBLIC}/twilio/message"}}


def service(url: str | None = GOOD, **more: object) -> dict[str, object]:
    """A Messaging Service's resource."""
    return {
        "account_sid": ACCOUNT,
        "sid": SERVICE,
        "inbound_request_url": url,
        "inbound_method": "POST",
        "fallback_url": f"{PUBLIC}/twilio/message",
        "fallback_method": "POST",
        "use_inbound_webhook_on_number": False,
        **more,
    }
