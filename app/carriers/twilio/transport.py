"""httpx under Twilio's own client, with timeouts: it says whether a text may have been taken when no answer comes.

Twilio's client spends more time on building a message than the network does on carrying it, so texts are posted
without it (`ask`); everything else goes through it (`request`). Whoever answers is not believed to be Twilio: a
proxy, a captive portal or an error page may stand in its place, and say anything.
"""

import json
import math
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
from twilio.http import HttpClient
from twilio.http.response import Response

from app.carriers.base import Action, CarrierError
from app.carriers.twilio import errors

TIMEOUT = 10.0  # seconds; Twilio answers a message within one
CONNECT_TIMEOUT = 5.0  # seconds
CONNECTIONS = 20


class Transport(HttpClient):
    """One account's way to Twilio's API. Raises CarrierError."""

    def __init__(self, api: str, account: str, token: str, *, timeout: float = TIMEOUT) -> None:
        self.api = urlsplit(api)
        self.http = httpx.Client(
            auth=(account, token),
            timeout=httpx.Timeout(timeout, connect=min(CONNECT_TIMEOUT, timeout)),
            limits=httpx.Limits(max_connections=CONNECTIONS),
        )

    def ask(self, method: str, url: str | httpx.URL, **parts: Any) -> httpx.Response:
        """Make one request, never a second."""
        try:
            answer = self.http.request(method, url, **parts)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.LocalProtocolError) as error:
            raise CarrierError(Action.AWAY, f"no connection: {type(error).__name__}") from error
        except httpx.HTTPError as error:
            raise CarrierError(Action.LOOK_UP, f"no answer: {type(error).__name__}") from error
        if answer.status_code >= 500 or answer.status_code in (408, 429):
            raise refusal(answer.status_code, error_code(answer), wait=_retry_after(answer))
        return answer

    def request(
        self,
        method: str,
        uri: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """What Twilio's client calls, for the one account that we have."""
        wanted = urlsplit(uri)
        url = self.address(wanted.path, wanted.query)
        answer = self.ask(method, url, params=params, data=data, headers=headers)
        return Response(answer.status_code, answer.text)

    def address(self, path: str, query: str = "") -> str:
        """Where a path of Twilio's API is."""
        return urlunsplit((self.api.scheme, self.api.netloc, self.api.path + path, query, ""))

    def close(self) -> None:
        """Close the connections."""
        self.http.close()


def refusal(status: int, code: int | None, *, wait: float | None = None) -> CarrierError:
    """What a refusal means."""
    action, code = errors.classify_response(status, code)
    return CarrierError(action, f"error {code}", code=code, wait=wait)


def said(answer: httpx.Response) -> dict[str, Any]:
    """The JSON object that an answer is; nothing for what is none, however it was meant."""
    try:
        found = json.loads(answer.content)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def error_code(answer: httpx.Response) -> int | None:
    """Twilio's own code for what is wrong, if the answer names one."""
    return errors.code_of(said(answer).get("code"))


def _retry_after(answer: httpx.Response) -> float | None:
    """In how many seconds to come again, where the answer says so, in seconds or as a date by its own clock."""
    asked = answer.headers.get("retry-after", "")
    try:
        wait = float(asked)
    except ValueError:
        try:
            now = answer.headers.get("date", "")
            wait = (parsedate_to_datetime(asked) - parsedate_to_datetime(now)).total_seconds()
        except (ValueError, TypeError, OverflowError):  # no date, or one of the two without a zone
            return None
    return wait if math.isfinite(wait) and wait > 0 else None
