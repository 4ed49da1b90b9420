"""Buttons and lists as Twilio's Content API keeps them.

Sources: twilio.com/docs/content/twilio-quick-reply, twilio.com/docs/content/twiliolist-picker. Inside WhatsApp's
window neither needs an approval; a list is never approved.
"""

from typing import Any
from urllib.parse import urlsplit, urlunsplit

from app.carriers.base import Action, CarrierError
from app.carriers.twilio import webhook
from app.carriers.twilio.transport import Transport, error_code, refusal, said
from models.delivery.contents import Kind
from models.delivery.shown import WORDS, Shape

PATH = "/v1/Content"
HOSTS = {"api.twilio.com": "content.twilio.com"}  # an emulator serves both


def keep(transport: Transport, shape: Shape, language: str) -> str:
    """Have Twilio keep a layout; returns its id. Raises CarrierError."""
    parts = urlsplit(transport.address(PATH))
    address = urlunsplit(parts._replace(netloc=HOSTS.get(parts.netloc, parts.netloc)))
    answer = transport.ask("POST", address, json=resource(shape, language))
    if answer.status_code >= 300:
        raise refusal(answer.status_code, error_code(answer))
    sid = webhook.told_sid(said(answer).get("sid"))
    if sid is None:
        raise CarrierError(Action.UNKNOWN, "an answer that is none")
    return sid


def resource(shape: Shape, language: str) -> dict[str, Any]:
    """A layout in Twilio's form: its titles, and variables in the places of all else."""
    if shape.kind is Kind.LIST:
        items = [{"item": f"{{{{{n}}}}}", "id": f"{{{{{n + 1}}}}}"} for n in range(2, 2 + 2 * shape.rows, 2)]
        kind, more = "twilio/list-picker", {"button": shape.titles[0], "items": items}
        last = 1 + 2 * shape.rows
    else:
        actions = [{"title": title, "id": f"{{{{{n}}}}}"} for n, title in enumerate(shape.titles, 2)]
        kind, more = "twilio/quick-reply", {"actions": actions}
        last = 1 + len(shape.titles)
    return {
        "friendly_name": f"hotline_{shape.name}_{shape.digest}",
        "language": language,
        "variables": {str(n): "words" if str(n) == WORDS else f"sample-{n}" for n in range(1, last + 1)},
        "types": {kind: {"body": f"{{{{{WORDS}}}}}", **more}},
    }
