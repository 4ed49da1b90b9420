"""Fetches what somebody sent along, from Twilio alone: the address is a stranger's word until it is checked.

Media are at `https://api.twilio.com/2010-04-01/Accounts/{AC…}/Messages/{MM…}/Media/{ME…}`, behind the account's basic
auth, and that answers with a redirect to a store on another host, which is signed by itself and must not see the
token.
Source: https://www.twilio.com/docs/messaging/api/media-resource, and for the stores Twilio's support on
"Protect Media Access with HTTP Basic Authentication": one with it, another for accounts without.
"""

import re
import time
from urllib.parse import urljoin, urlsplit

import httpx

from app.carriers.base import Action, CarrierError, MediaGone
from app.carriers.twilio.transport import Transport, refusal

API = re.compile(r"api(?:\.[a-z0-9-]+){0,2}\.twilio\.com")  # the regional ones, too
# Host of a store, and with what its paths begin: S3 is everybody's.
STORES = {
    "media.twiliocdn.com": "/",
    "mms.twiliocdn.com": "/",
    "s3-external-1.amazonaws.com": "/media.twiliocdn.com/",
}
PATH = re.compile(r"/2010-04-01/Accounts/(AC[0-9a-fA-F]{32})/Messages/[A-Z]{2}\w{1,40}/Media/ME\w{1,40}(?:\.json)?")
REDIRECTS = 3
SECONDS = 20.0  # for all of it: a connection that drips is let go
GONE = frozenset({404, 410})


def fetch(transport: Transport, account: str, url: str, most: int) -> bytes:
    """The bytes of a piece of media, at most so many. Raises MediaGone, and CarrierError where it may come later."""
    wanted = urlsplit(url)
    path = PATH.fullmatch(wanted.path)
    own = wanted.scheme == "https" and API.fullmatch(wanted.netloc) is not None
    if not (own or url.startswith(transport.address("/2010-04-01/"))) or path is None or path[1] != account:
        raise MediaGone("no address of the account's media")
    until = time.monotonic() + SECONDS
    at, client = transport.address(wanted.path), transport.http
    with httpx.Client(timeout=client.timeout, follow_redirects=False, trust_env=False) as bare:
        for _ in range(REDIRECTS + 1):
            ours = at.startswith(transport.address("/"))
            answer = _read(client if ours else bare, at, most, until)
            if isinstance(answer, bytes):
                return answer
            at = urljoin(at, answer.headers.get("location", ""))
            _check(transport, at)
    raise MediaGone("it leads round and round")


def _check(transport: Transport, url: str) -> None:
    """Raise MediaGone for an address to which Twilio does not lead."""
    try:
        there, port = urlsplit(url), urlsplit(url).port
    except ValueError as error:
        raise MediaGone("no address") from error
    if url.startswith(transport.address("/")):
        return
    begins = STORES.get(there.hostname or "")
    elsewhere = begins is None or not there.path.startswith(begins) or ".." in there.path
    if there.scheme != "https" or elsewhere or port not in (None, 443) or there.username:
        raise MediaGone("it leads elsewhere")


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
