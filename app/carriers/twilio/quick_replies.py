"""Buttons and lists as Twilio's Content API keeps them.

Sources: twilio.com/docs/content/twilio-quick-reply, twilio.com/docs/content/twiliolist-picker. Inside WhatsApp's
window neither needs an approval; a list is never approved.
"""

from typing import Any

from app.carriers.twilio import contents
from app.carriers.twilio.transport import Transport
from models.delivery.contents import Kind
from models.delivery.shown import WORDS, Shape


def keep(transport: Transport, shape: Shape, language: str) -> str:
    """Have Twilio keep a layout; returns its id. Raises CarrierError."""
    return contents.make(transport, resource(shape, language))


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
    variables = {str(n): "words" if str(n) == WORDS else f"sample-{n}" for n in range(1, last + 1)}
    return contents.named(shape.called, language, variables, {kind: {"body": f"{{{{{WORDS}}}}}", **more}})
