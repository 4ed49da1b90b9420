"""Whether a webhook comes from Twilio: HMAC over the exact URL and the sorted fields.

Source: twilio.com/docs/usage/security.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from twilio.request_validator import RequestValidator, get_signature_algorithm

Fields = tuple[tuple[bytes, bytes], ...]

HEADER = "X-Twilio-Signature"
SETTINGS_HEADER = "X-Twilio-Webhooks-Signature-Settings"
HASHES = {"HMAC_SHA1": hashlib.sha1, "HMAC_SHA256": hashlib.sha256}
SID = re.compile(rb"(?:SM|MM)[0-9a-fA-F]{32}")
NAMED = re.compile(rb"(?:MessageSid|SmsSid)(" + SID.pattern + rb")")
NAMES = frozenset({b"MessageSid", b"SmsMessageSid", b"SmsSid"})
BREAK = b"\n"  # no part of an id, nor of its name
REPLIED_TO = b"OriginalRepliedMessageSid"  # names an earlier text


@lru_cache(1)  # a call is verified, and then read
def fields_of(body: bytes) -> Fields:
    """The fields of a form exactly as sent, blank ones included: Twilio signs them too."""
    pairs = []
    for part in body.replace(b"+", b" ").split(b"&"):
        if part:
            name, _, value = part.partition(b"=")
            pairs.append((_plain(name), _plain(value)))
    return tuple(pairs)


def _plain(part: bytes) -> bytes:
    return unquote_to_bytes(part) if b"%" in part else part


def algorithm_of(settings: str | None) -> str:
    """The hash that the settings header names, such as `key=…,algorithm=HMAC_SHA256`; without one, the old hash."""
    return str(get_signature_algorithm(settings))


def genuine(url: str, fields: Fields, signature: str, tokens: Iterable[str], algorithm: str = "HMAC_SHA1") -> bool:
    """Whether `signature` was made with one of the tokens over this URL and these fields."""
    hashing = HASHES.get(algorithm.upper())
    if hashing is None:
        return False
    signed = url.encode() + b"".join(name + value for name, value in sorted(set(fields)))
    given = signature.encode("utf-8", "replace")
    for token in tokens:
        made = base64.b64encode(hmac.new(token.encode(), signed, hashing).digest())
        if hmac.compare_digest(made, given):
            return True
    return _by_the_book(url, fields, signature, tokens, algorithm)


def names_one_text(fields: Fields) -> bool:
    """Whether every id in what was signed is the one that the fields name.

    Names and values are signed as one string, so who has seen a signed call can cut it elsewhere and it is signed all
    the same. Its true id stays in that string wherever it is cut: hidden, or beside another one, it gives the cut
    away. Somebody who writes such an id into a text only delays that text: it is taken in from Twilio's list.
    """
    run = b"".join(
        BREAK if name == REPLIED_TO and SID.fullmatch(value) else name + value for name, value in sorted(set(fields))
    )
    signed = set(NAMED.findall(run.replace(b"\0", b"")))
    return not signed or (len(signed) == 1 and signed <= {value for name, value in fields if name in NAMES})


def _by_the_book(url: str, fields: Fields, signature: str, tokens: Iterable[str], algorithm: str) -> bool:
    # Twilio's own validator also tolerates a port in the URL; at twenty times the cost it only runs on a mismatch.
    try:
        form: dict[str, str] = {name.decode(): value.decode() for name, value in fields}
        if len(form) < len(fields):
            return False  # the validator would check one of two namesakes, and we might read the other
        return any(RequestValidator(token).validate(url, form, signature, algorithm) for token in tokens)
    except ValueError:  # not UTF-8, or a URL it cannot read
        return False
