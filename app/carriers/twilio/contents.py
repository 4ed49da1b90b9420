"""WhatsApp's templates through Twilio's Content API: kept there, submitted, and how far WhatsApp is with them.

Sources: twilio.com/docs/content/content-api-resources (`Content`, `ContentAndApprovals`, `ApprovalRequests`) and
twilio.com/docs/whatsapp/tutorial/message-template-approvals-statuses.
"""

from typing import Any
from urllib.parse import urlsplit, urlunsplit

from app.carriers.base import Action, CarrierError, Verdict
from app.carriers.twilio import webhook
from app.carriers.twilio.transport import Transport, error_code, refusal, said
from handlers.wording.layouts import CATEGORY, Layout
from models.delivery.contents import Approval

PATH = "/v1/Content"
PREFIX = "HX"  # of every Content's SID
HOSTS = {"api.twilio.com": "content.twilio.com"}  # an emulator serves both
PAGE = 500
MOST_PAGES = 20
LONGEST_REASON = 300  # characters
APPROVALS = {
    "unsubmitted": Approval.NONE,
    "received": Approval.WAITS,
    "pending": Approval.WAITS,
    "approved": Approval.APPROVED,
    "rejected": Approval.REFUSED,
    "paused": Approval.PAUSED,
    "disabled": Approval.REFUSED,
}


def kept(transport: Transport) -> dict[str, str]:
    """The ids of all that Twilio keeps for this account, by name."""
    found: dict[str, str] = {}
    url: str | None = _address(transport, PATH, f"PageSize={PAGE}")
    for _ in range(MOST_PAGES):
        if url is None:
            break
        page = _told(transport, "GET", url)
        for each in page.get("contents") or ():
            name, sid = each.get("friendly_name"), _sid(each)
            if isinstance(name, str) and sid is not None:
                found.setdefault(name, sid)
        following = (page.get("meta") or {}).get("next_page_url")
        url = _address(transport, PATH, urlsplit(following).query) if isinstance(following, str) else None
    return found


def keep(transport: Transport, layout: Layout) -> str:
    """Have Twilio keep a template; returns its id."""
    return make(transport, resource(layout))


def make(transport: Transport, given: dict[str, Any]) -> str:
    """Have Twilio keep a layout in its own form; returns its id."""
    sid = _sid(_told(transport, "POST", _address(transport, PATH), json=given))
    if sid is None:
        raise CarrierError(Action.UNKNOWN, "an answer that is none")
    return sid


def submit(transport: Transport, layout: Layout, sid: str) -> Verdict:
    """Ask WhatsApp to approve it."""
    asked = {"name": layout.called, "category": CATEGORY}
    return _verdict(
        _told(transport, "POST", _address(transport, f"{PATH}/{sid}/ApprovalRequests/whatsapp"), json=asked)
    )


def verdict(transport: Transport, sid: str) -> Verdict:
    """How far WhatsApp is with it."""
    told = _told(transport, "GET", _address(transport, f"{PATH}/{sid}/ApprovalRequests"))
    whatsapp = told.get("whatsapp")
    return _verdict(whatsapp if isinstance(whatsapp, dict) else {})


def resource(layout: Layout) -> dict[str, Any]:
    """A template in Twilio's form. What a button sends back is a variable: it names the request."""
    names = layout.names
    samples = {str(n): layout.samples[name] for n, name in enumerate(names, 1)}
    body: dict[str, Any] = {"body": layout.numbered}
    if not layout.buttons:
        return named(layout.called, layout.language, samples, {"twilio/text": body})
    number = layout.samples.get("number", "")
    actions = []
    for n, button in enumerate(layout.buttons, len(names) + 1):
        actions.append({"title": button.title, "id": f"{{{{{n}}}}}"})
        samples[str(n)] = f"{button.says} {number}".strip()
    return named(layout.called, layout.language, samples, {"twilio/quick-reply": {**body, "actions": actions}})


def named(called: str, language: str, variables: dict[str, str], types: dict[str, Any]) -> dict[str, Any]:
    """Whatever Twilio is to keep, in its form."""
    return {
        "friendly_name": called,
        "language": language,
        "variables": variables,
        "types": types,
    }


def _verdict(told: dict[str, Any]) -> Verdict:
    status, reason = str(told.get("status", "")).lower(), told.get("rejection_reason")
    if status == "disabled":
        reason = reason or "WhatsApp has switched it off, for its readers complained"
    text = " ".join(reason.split())[:LONGEST_REASON] if isinstance(reason, str) else ""
    return Verdict(APPROVALS.get(status, Approval.WAITS), text or None)


def _sid(told: dict[str, Any]) -> str | None:
    """The id of a Content; None for what is none: a text that went by it would bring nothing."""
    sid = webhook.told_sid(told.get("sid"))
    return sid if sid is not None and sid.startswith(PREFIX) else None


def _told(transport: Transport, method: str, url: str, **parts: Any) -> dict[str, Any]:
    answer = transport.ask(method, url, **parts)
    if answer.status_code >= 300:
        raise refusal(answer.status_code, error_code(answer))
    return said(answer)


def _address(transport: Transport, path: str, query: str = "") -> str:
    parts = urlsplit(transport.address(path, query))
    return urlunsplit(parts._replace(netloc=HOSTS.get(parts.netloc, parts.netloc)))
