"""What a text is beside its words: a pressed button, a row of a list, a forwarded text, a reaction, an edit.

Sources: twilio.com/docs/messaging/guides/webhook-request (`ButtonText`, `ButtonPayload`, `Forwarded`,
`FrequentlyForwarded`, `MessageType`), and replies as WhatsApp itself sends them, which `InteractiveData` carries
(developers.facebook.com/docs/whatsapp/cloud-api/webhooks). Twilio says of reactions, edits and deletions only that
new parameters come without notice, so each is known by any of the words that it may go by; a word that nobody knows
makes it a plain text.
"""

import json
from collections.abc import Mapping
from typing import Any

from models.delivery.forms import Pin
from models.inbound import Manner

LONGEST_ID = 200  # characters of a button's id, the most that the Content API takes
REPLIES = ("button_reply", "list_reply")  # in InteractiveData
YES = "true"
MANNERS = {
    "reaction": Manner.REACTION,
    "edit": Manner.EDIT,
    "edited": Manner.EDIT,
    "revoke": Manner.DELETION,
    "delete": Manner.DELETION,
    "deleted": Manner.DELETION,
}  # what MessageType may say


def pressed(said: Mapping[str, str]) -> str | None:
    """The id of the button or row that was pressed; None where none was, or for one that is too long to be ours."""
    found = said.get("ButtonPayload") or said.get("ListId") or _reply(said).get("id")
    return found if isinstance(found, str) and 0 < len(found) <= LONGEST_ID else None


def words(said: Mapping[str, str]) -> str:
    """What somebody wrote; of a button or row, the title that they saw."""
    title = said.get("Body") or said.get("ButtonText") or said.get("ListTitle") or _reply(said).get("title")
    return title if isinstance(title, str) else ""


def manner(said: Mapping[str, str]) -> Manner | None:
    """How it came, where it is no plain text."""
    if said.get("Forwarded") == YES or said.get("FrequentlyForwarded") == YES:
        return Manner.FORWARDED
    return MANNERS.get(said.get("MessageType", "").lower())


def geo(pin: Pin) -> str:
    """A place on a map as `PersistentAction` has it (twilio.com/docs/whatsapp/api, "location messages")."""
    return f"geo:{pin.latitude},{pin.longitude}" + (f"|{pin.label}" if pin.label else "")


def _reply(said: Mapping[str, str]) -> Mapping[str, Any]:
    """The id and title in WhatsApp's own words; nothing where these are not in its form."""
    written = said.get("InteractiveData")
    if not written:
        return {}
    try:
        read = json.loads(written)
    except (ValueError, RecursionError):
        return {}
    inside = read.get("interactive", read) if isinstance(read, dict) else {}
    found = (inside.get(name) for name in REPLIES) if isinstance(inside, dict) else ()
    return next((reply for reply in found if isinstance(reply, dict)), {})
