"""Phone numbers as phones open them: links, and QR codes of the same links."""

from functools import lru_cache
from urllib.parse import quote

import segno
from markupsafe import Markup

QUIET_ZONE = 4  # light modules around a QR code, as its standard asks for


def sms(number: str, words: str = "") -> str:
    """Opens a text to the number; with words, they stand in it already.

    The words are a second parameter behind an empty first one: Android and RFC 5724 read what is behind "?", iPhones
    what is behind "&", and each passes over the empty one.
    """
    return f"sms:{number}?&body={quote(words)}" if words else f"sms:{number}"


def whatsapp(number: str, words: str = "") -> str | None:
    """Opens a chat with the number; None where WhatsApp has no link for it."""
    if not number.startswith("+"):
        return None
    return f"https://wa.me/{number[1:]}" + (f"?text={quote(words)}" if words else "")


@lru_cache(64)
def qr(link: str) -> Markup:
    """The link as a drawing that a phone's camera reads. A quarter of it may be dirty: it hangs on lamp posts."""
    code = segno.make(link, error="q", micro=False)
    return Markup(code.svg_inline(border=QUIET_ZONE, omitsize=True, svgclass="qr", lineclass="ink"))
