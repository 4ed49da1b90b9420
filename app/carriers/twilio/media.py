"""Fetches what somebody sent along, from Twilio alone: the address is a stranger's word until it is checked.

Media are at `https://api.twilio.com/2010-04-01/Accounts/{AC…}/Messages/{MM…}/Media/{ME…}`, behind the account's basic
auth, and that answers with a redirect to a store on another host, which is signed by itself and must not see the
token.
Source: https://www.twilio.com/docs/messaging/api/media-resource, and for the stores Twilio's support on
"Protect Media Access with HTTP Basic Authentication": one with it, another for accounts without.
"""

import re
import time
from collections.abc import Mapping
from urllib.parse import urljoin, urlsplit

import httpx

from app.carriers.base import Action, CarrierError, MediaGone
from app.carriers.twilio.transport import Transport, refusal

API = re.compile(r"api(?:\.[a-z0-9-]+){0,2}\.twilio\.com")  # the regional ones, too
# Where a store is, and with what its paths begin: S3 is everybody's.
STORES: Mapping[str, str] = {
    "https://media.twiliocdn.com": "/",
    "https://mms.twiliocdn.com": "/",
    "https://s3-external-1.amazonaws.com": "/media.twiliocdn.com/",
}
PATH = re.compile(r"/2010-04-01/Accounts/(AC[0-9a-fA-F]{32})/Messages/[A-Z]{2}\w{1,40}/Media/ME\w{1,40}(?:\.json)?")
REDIRECTS = 3
SECONDS = 20.0  # for all of it: a connection that drips is let go
GONE = frozenset({404, 410})


def fetch(transport: Transport, account: str, url: str, most: int, *, stores: Mapping[str, str] = STORES) -> bytes:
    """The bytes of a piece of media, at most so many. Raises MediaGone, and CarrierError where it may come later."""
    try:
        return _fetched(transport, account, url, most, stores)
    except ValueError as error:  # of urllib's: an address that is none
        raise MediaGone("no address") from error


def _fetched(transport: Transport, account: str, url: str, most: int, stores: Mapping[str, str]) -> bytes:
    wanted = urlsplit(url)
    path = PATH.fullmatch(wanted.path)
    own = wanted.scheme == "https" and API.fullmatch(wanted.netloc) is not None
    if not (own or url.startswith(transport.address("/2010-04-01/"))) or path is None or path[1] != account:
        raise MediaGone("no address of the account's media")
    until = time.monotonic() + SECONDS
    at, client = transport.address(wanted.path), transport.http
    with httpx.Client(timeout=client.timeout, follow_redirects=False, trust_env=False) as bare:
        for _ in range(REDIRECTS + 1):
            answer = _read(client if at.startswith(transport.address("/")) else bare, at, most, until)
            if isinstance(answer, bytes):
                return answer
            at = urljoin(at, answer.headers.get("location", ""))
            if not (at.startswith(transport.address("/")) or _is_store(at, stores)):
                raise MediaGone("it leads elsewhere")
    raise MediaGone("it leads round and round")


def discard(transport: Transport, account: str, url: str) -> None:
    """Delete it there. Raises CarrierError."""
    path = PATH.fullmatch(urlsplit(url).path)
    if path is not None and path[1] == account:
        answer = transport.ask("DELETE", transport.address(urlsplit(url).path))
        if answer.status_code not in (204, 404):
            raise refusal(answer.status_code, None)


def _is_store(url: str, stores: Mapping[str, str]) -> bool:
    """Whether Twilio really leads there."""
    there = urlsplit(url)
    begins = stores.get(f"{there.scheme}://{there.netloc}")
    return begins is not None and there.path.startswith(begins) and ".." not in there.path


def _read(client: httpx.Client, url: str, most: int, until: float) -> bytes | httpx.Response:
    """The body, or the answer where that is a redirect."""
    try:
        with client.stream("GET", url) as answer:
            if answer.is_redirect:
                return answer
            if answer.status_code in GONE:
                raise MediaGone(f"status {answer.status_code}")
            if answer.status_code != 200:
                raise refusal(answer.status_code, None)
            if int(answer.headers.get("content-length") or 0) > most:
                raise MediaGone("too large")
            body = bytearray()
            for chunk in answer.iter_bytes():
                body += chunk
                if len(body) > most:
                    raise MediaGone("too large")
                if time.monotonic() > until:
                    raise CarrierError(Action.AWAY, "too slow")
            return bytes(body)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise CarrierError(Action.AWAY, f"no media: {type(error).__name__}") from error
