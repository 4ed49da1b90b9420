"""Addresses as Twilio writes them: a number, `whatsapp:` or `rcs:` before one, an id where WhatsApp hides the number.

RCS is SMS in another dress: the same numbers, one opt-out for both, and a Messaging Service falls back by itself. So
whoever writes from `rcs:+1…` is on the SMS channel here, and the agent that they wrote to (`rcs:name`) is no number.
"""

import re

from models.lines import Channel

WHATSAPP, RCS = "whatsapp:", "rcs:"
HIDDEN = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")  # a business-scoped user id, with its country


def channel(address: str) -> Channel:
    """How a text from there travels."""
    return Channel.WHATSAPP if address.startswith(WHATSAPP) else Channel.SMS


def bare(address: str) -> str:
    """The number, the id, or the agent's name, without what stands before it."""
    return address.removeprefix(WHATSAPP).removeprefix(RCS)


def is_rcs(address: str) -> bool:
    """Whether it is reached by RCS."""
    return address.startswith(RCS)


def hidden_id(author: str, said: str | None) -> str | None:
    """The id by which WhatsApp knows who wrote, whether or not it says their number."""
    found = bare(said or author)
    return found if channel(author) is Channel.WHATSAPP and HIDDEN.fullmatch(found) else None
