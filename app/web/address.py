"""PUBLIC_URL as somebody outside sees it: whether it leads to this hotline, and for how long its certificate lasts.

From the machine itself not all of it can be seen: some routers let nobody in who comes from inside, so what does not
answer at all is no more than a warning.
"""

import socket
import ssl
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import httpx
from sqlalchemy.exc import DBAPIError

from app.clock import Clock
from app.telemetry.findings import Finding, Level
from app.telemetry.heartbeat import BackgroundThread
from app.telemetry.words import count_of
from app.web import reach
from app.web.proof import Answering

ABOUT = "address"
PATIENCE = 5.0  # seconds for each step
FIRST = 60.0  # seconds after the start: by then a proxy on the same machine has seen that the hotline is there
SELDOM, SOON = 24 * 3600.0, 3600.0  # seconds between looks; where something is wrong
# Ninety days' certificates are renewed at two thirds of them, six days' ones at half.
LATE, LATE_SHARE = timedelta(days=14), 5
LAST = timedelta(days=2)
A_DAY = timedelta(days=1)
RENEW = "see why the proxy does not renew it (Caddy and certbot do so by themselves): its log says so"


@dataclass(frozen=True)
class Look:
    """One look at the address: what is wrong, and when its certificate ends, where it has one that is right."""

    at: datetime
    wrong: tuple[Finding, ...] = ()
    ends: datetime | None = None

    @property
    def days_left(self) -> int | None:
        """Of the certificate, in whole days."""
        return None if self.ends is None else (self.ends - self.at) // A_DAY


Looking = Callable[[str, Answering, datetime], Look]


def look(url: str, answering: Answering, now: datetime, trusted: ssl.SSLContext | None = None) -> Look:
    """Look at a public address as the carrier would, within some seconds. Raises DBAPIError by `answering`."""
    trusted = trusted or httpx.create_ssl_context()
    try:
        ends = _certificate_ends(url, trusted)
    except (OSError, UnicodeError) as error:
        if not isinstance(error, socket.gaierror | ssl.SSLError | UnicodeError):
            return Look(now, (_no_answer(url),))
        ends = None  # what is wrong is said by whoever asks as the carrier does
    client = httpx.Client(verify=trusted, timeout=reach.TIMEOUT, trust_env=False)
    proof = reach.prove(url, answering, http=client)
    wrong = [*([] if ends is None else _late(*ends, now))]
    if not proof.ok:
        wrong.append(Finding(Level.PROBLEM, ABOUT, f"PUBLIC_URL: {proof.what}, so no text comes in", proof.do))
    elif not proof.public:
        wrong.append(Finding(Level.WARNING, ABOUT, f"PUBLIC_URL: {proof.what}", proof.do))
    return Look(now, tuple(wrong), ends[1] if ends else None)


def in_order(seen: Look) -> Finding:
    """What to say where nothing is wrong."""
    left = f", with a certificate for {count_of(seen.days_left, 'day')}" if seen.days_left is not None else ""
    return Finding(Level.OK, ABOUT, f"PUBLIC_URL leads to this hotline{left}")


class Watch:
    """Looks at the address now and then, so that nobody who asks how it is waits for it."""

    def __init__(self, url: str, answering: Answering, clock: Clock, looking: Looking = look) -> None:
        self.url = url
        self.answering = answering
        self.clock = clock
        self.looking = looking
        self.latest: Look | None = None
        self.thread = BackgroundThread("address", self.once, interval=SELDOM, first_in=FIRST)

    def once(self) -> float:
        """Look; returns in how many seconds to look again."""
        try:
            self.latest = self.looking(self.url, self.answering, self.clock.now())
        except DBAPIError:  # which is said elsewhere
            return SOON
        return SOON if self.latest.wrong else SELDOM


def _certificate_ends(url: str, trusted: ssl.SSLContext) -> tuple[datetime, datetime] | None:
    """When the certificate begins and ends; None without https. Raises OSError, of which ssl.SSLError is one.

    Raises UnicodeError where the name can be none: `https://a..b`.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    with closing(socket.create_connection((host, port), PATIENCE)) as connection:
        if parts.scheme != "https":
            return None
        with trusted.wrap_socket(connection, server_hostname=host) as tls:
            given = tls.getpeercert() or {}
    begins, ends = (ssl.cert_time_to_seconds(str(given[name])) for name in ("notBefore", "notAfter"))
    return datetime.fromtimestamp(begins, UTC), datetime.fromtimestamp(ends, UTC)


def _late(begins: datetime, ends: datetime, now: datetime) -> list[Finding]:
    """Whether a certificate ends too soon to be renewed in good time."""
    left, share = ends - now, (ends - begins) / LATE_SHARE
    if left >= min(LATE, share):
        return []
    level = Level.PROBLEM if left < min(LAST, share / 2) else Level.WARNING
    what = f"the certificate of PUBLIC_URL ends in {count_of(left // A_DAY, 'day')}, and then no text comes in"
    return [Finding(level, ABOUT, what, RENEW)]


def _no_answer(url: str) -> Finding:
    what = "PUBLIC_URL does not answer when it is asked from this machine"
    do = (
        f"open {url}/health on a phone without Wi-Fi: if it shows an answer, all is well, for some routers let "
        "nobody in from inside. Else see that the proxy runs, and that ports 80 and 443 lead to it"
    )
    return Finding(Level.WARNING, ABOUT, what, do)
