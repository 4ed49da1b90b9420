"""The way to one account's settings at Twilio, for reading and writing, and why it refuses, in plain words."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

import httpx
from tenacity import RetryCallState, Retrying, retry_if_result, stop_after_attempt, wait_exponential_jitter
from twilio.http.response import Response

from app.carriers.base import Remedy
from app.carriers.twilio.console import Console, ConsoleError, ReadOnlyClient, refusals, refused
from app.carriers.twilio.remedies import is_known, remedy

TWILIO_API = "https://api.twilio.com"
TRIES = 4  # of a request that Twilio has not looked at, because too many came (429)
LONGEST_WAIT = 20.0  # seconds between two of them, whatever Twilio asks for: a person sits and waits
JSON = {"Content-Type": "application/json"}
BUSY = 429
NOT_TAKEN = "CERTIFICATE_VERIFY_FAILED"  # as OpenSSL names it; httpx passes its words on
REFUSALS: dict[int, Remedy] = {
    20003: Remedy(
        "Twilio does not know this Account SID and Auth Token together",
        "open console.twilio.com; both stand on its first page, under Account Info. Press Show, then copy the token",
    ),
    20008: Remedy(
        "these are Twilio's test credentials, which reach no phone",
        "copy the live Account SID and Auth Token: they stand above the test credentials in Twilio's console",
    ),
    20404: Remedy("Twilio knows no such thing", "look in its console whether somebody took it away"),
    20429: Remedy("Twilio is being asked too much at once", "wait a minute, then run this again"),
    21404: Remedy("a trial account can have one number only", "use the one that it has, or upgrade the account"),
    21421: Remedy("Twilio knows no such number", "choose one of those that are shown"),
    21422: Remedy("somebody else has just taken this number", "choose another one"),
    21615: Remedy(
        "this country's rules ask for a local address before a number may be had",
        "add one in Twilio's console: Phone Numbers, Regulatory Compliance, Addresses. Then run this again",
    ),
    21631: Remedy(
        "this country's rules ask for an address before a number may be had",
        "add one in Twilio's console: Phone Numbers, Regulatory Compliance, Addresses. Then run this again",
    ),
    21649: Remedy(
        "this country's rules ask for papers before a number may be had",
        "hand them in, in Twilio's console: Phone Numbers, Regulatory Compliance, Bundles. It takes some days",
    ),
    21712: Remedy(
        "the number is in the sender pool of another Messaging Service, and can only be in one",
        "use that service, or take the number out there: Twilio's console, Messaging, Services, Sender Pool",
    ),
    21714: Remedy("this Messaging Service's sender pool is full", "make another service for the hotline"),
    21715: Remedy("the number cannot text", "choose a number that can (SMS)"),
}


class Refused(Exception):
    """It cannot be done: `what` is wrong, and what to `do` about it. `code` is Twilio's own error, if it gave one."""

    def __init__(self, what: str, do: str, code: int | None = None) -> None:
        super().__init__(f"{what}. To do: {do}.")
        self.what, self.do, self.code = what, do, code


class WritingClient(ReadOnlyClient):
    """Sends along what is to be set. Only what Twilio has not looked at is asked again."""

    def __init__(self, api: str, sleep: Callable[[float], None] = time.sleep) -> None:
        super().__init__(api)
        self.tries = Retrying(
            retry=retry_if_result(lambda answer: answer.status_code == BUSY),
            stop=stop_after_attempt(TRIES),
            wait=_patience,
            sleep=sleep,
            retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
        )

    def call(self, method: str, url: str, data: dict[str, object] | None, **more: Any) -> httpx.Response:
        """Send it along, and ask again for as long as too many ask. Raises httpx.HTTPError where no answer comes."""
        as_json = (more.get("headers") or {}).get("Content-Type") == JSON["Content-Type"]
        sent: dict[str, Any] = {"json" if as_json else "data": data}
        return self.tries(self.http.request, method, url, **sent, **more)


class Access(Console):
    """One account, to be read and set up. Close it; as a context manager it closes itself."""

    def __init__(
        self, *, account: str, token: str, api: str = TWILIO_API, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        super().__init__(account=account, token=token, api=api, http=WritingClient(api, sleep))
        self.sid = account

    def check(self, answer: Response) -> None:
        """Raise ConsoleError for what Twilio refused, where its client was asked without its own checks."""
        if answer.status_code >= 400:
            raise refused(answer)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def asking() -> Iterator[None]:
    """What Twilio refuses while it is asked is a Refused, in plain words."""
    try:
        with refusals():
            yield
    except ConsoleError as error:
        known = explained(error)
        raise Refused(known.what, known.do, error.code) from error


def explained(error: ConsoleError) -> Remedy:
    """Why Twilio did not do as it was asked, and what to do."""
    if error.code is None and NOT_TAKEN in str(error.__cause__):
        what = "this machine does not take Twilio's certificate: its clock is wrong, or a filter stands in between"
        do = "look at the clock (date), and set it: sudo timedatectl set-ntp true. Then run this again"
        return Remedy(what, do)
    if error.code is None:
        do = "check this machine's network, then run this again: it goes on where it was"
        return Remedy(f"Twilio cannot be reached ({error})", do)
    known = REFUSALS.get(error.code) or (remedy(error.code) if is_known(error.code) else None)
    if known is None:
        known = Remedy("Twilio refuses this", f"read https://www.twilio.com/docs/api/errors/{error.code}")
    return Remedy(f"{known.what} ({error})", known.do)


def _patience(state: RetryCallState) -> float:
    """How long to wait: as Twilio asks, in seconds, else longer each time."""
    answer = state.outcome.result() if state.outcome else None
    asked = answer.headers.get("retry-after", "") if answer is not None else ""
    backoff = wait_exponential_jitter(initial=1, max=LONGEST_WAIT)(state)
    return min(float(asked), LONGEST_WAIT) if asked.isdecimal() else float(backoff)
