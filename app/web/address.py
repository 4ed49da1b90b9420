"""PUBLIC_URL as somebody outside sees it: its name, its certificate, and whether a hotline answers there.

A carrier is stricter than a browser: it follows no redirect with a text, and takes no certificate that is a little
wrong. From the machine itself not all of it can be seen: some routers let nobody in who comes from inside, so what
does not answer is no more than a warning.
"""

import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import httpx

from app.clock import Clock
from app.telemetry.findings import Finding, Level
from app.telemetry.heartbeat import BackgroundThread

ABOUT = "address"
PATIENCE = 5.0  # seconds for each step
LARGEST = 64 * 1024  # bytes of an answer that are read
FIRST = 60.0  # seconds after the start: by then a proxy on the same machine has seen that the hotline is there
SELDOM, SOON = 24 * 3600.0, 3600.0  # seconds between looks; where something is wrong
# Ninety days' certificates are renewed at two thirds of them, six days' ones at half.
LATE, LATE_SHARE = timedelta(days=14), 5
LAST = timedelta(days=2)
A_DAY = timedelta(days=1)
NO_SUCH_NAME = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}
BEHIND = {502, 503, 504}  # what a proxy says when nobody is behind it
KEYS = {"status", "reasons", "carrier"}  # which a hotline's /health has, whatever it says

# OpenSSL's X509_V_ERR_… (openssl-verification-options(1)): what is wrong with a certificate, and what to do.
NOT_YET, EXPIRED, SELF_SIGNED, SELF_SIGNED_ABOVE, NO_ISSUER, NO_CHAIN, OTHER_NAME = 9, 10, 18, 19, 20, 21, 62
RENEW = "see why the proxy does not renew it (Caddy and certbot do so by themselves): its log says so"
REAL = "let the proxy get one that every browser takes, as Caddy does by itself"
CERTIFICATE = {
    NOT_YET: ("is not valid yet", "see that this machine's clock is right: timedatectl set-ntp true"),
    EXPIRED: ("has expired", RENEW),
    SELF_SIGNED: ("was made by nobody whom others trust", REAL),
    SELF_SIGNED_ABOVE: ("was made by nobody whom others trust", REAL),
    NO_ISSUER: ("comes without those it rests on", "give the proxy the whole chain: fullchain.pem, not cert.pem"),
    NO_CHAIN: ("comes without those it rests on", "give the proxy the whole chain: fullchain.pem, not cert.pem"),
    OTHER_NAME: ("is for another name", "let the proxy get one for this name, or write the other into PUBLIC_URL"),
}


@dataclass(frozen=True)
class Look:
    """One look at the address: what is wrong, and when its certificate ends, where it has one that is right."""

    at: datetime
    wrong: tuple[Finding, ...]
    ends: datetime | None = None

    @property
    def days_left(self) -> int | None:
        """Of the certificate, in whole days."""
        return None if self.ends is None else (self.ends - self.at) // A_DAY


def look(url: str, now: datetime, trusted: ssl.SSLContext | None = None) -> Look:
    """Look at a public address as the carrier would, within some seconds. Raises nothing."""
    trusted = trusted or httpx.create_ssl_context()
    found: list[Finding] = []
    ends: datetime | None = None
    try:
        with (
            httpx.Client(verify=trusted, timeout=PATIENCE, follow_redirects=False, trust_env=False) as client,
            client.stream("GET", f"{url}/health") as answer,
        ):
            connection = answer.extensions["network_stream"].get_extra_info("ssl_object")
            if connection is not None:
                ends, late = _certificate(connection.getpeercert(), now)
                found += late
            found += _answer(url, answer)
    except (httpx.HTTPError, OSError) as error:
        found.append(_unreachable(url, error))
    return Look(now, tuple(found), ends)


def in_order(seen: Look) -> Finding:
    """What to say where nothing is wrong."""
    left = f", with a certificate for {_days(seen.days_left)}" if seen.days_left is not None else ""
    return Finding(Level.OK, ABOUT, f"PUBLIC_URL leads to a hotline{left}")


class Watch:
    """Looks at the address now and then, so that nobody who asks how it is waits for it."""

    def __init__(self, url: str, clock: Clock, looking: Callable[[str, datetime], Look] = look) -> None:
        self.url = url
        self.clock = clock
        self.looking = looking
        self.latest: Look | None = None
        self.thread = BackgroundThread("address", self.once, interval=SELDOM, first_in=FIRST)

    def once(self) -> float:
        """Look; returns in how many seconds to look again."""
        self.latest = self.looking(self.url, self.clock.now())
        return SOON if self.latest.wrong else SELDOM


def _certificate(given: dict[str, object], now: datetime) -> tuple[datetime, list[Finding]]:
    """When a certificate that is right ends, and whether that is too soon."""
    begins, ends = (
        datetime.fromtimestamp(ssl.cert_time_to_seconds(str(given[name])), UTC) for name in ("notBefore", "notAfter")
    )
    left = ends - now
    if left >= min(LATE, (ends - begins) / LATE_SHARE):
        return ends, []
    level = Level.PROBLEM if left < min(LAST, (ends - begins) / LATE_SHARE / 2) else Level.WARNING
    what = f"the certificate of PUBLIC_URL ends in {_days(left // A_DAY)}, and then no text reaches the hotline"
    return ends, [Finding(level, ABOUT, what, RENEW)]


def _answer(url: str, answer: httpx.Response) -> Iterator[Finding]:
    """Whether it is a hotline that answers."""
    if answer.has_redirect_location:
        leads = answer.url.join(answer.headers["location"])
        where = f"{leads.scheme}://{leads.netloc.decode('ascii', 'replace')}"
        if leads.scheme != "https" and url.startswith("https"):
            what = f"PUBLIC_URL leads on to {where}, unencrypted; the carrier takes no text there"
            yield Finding(Level.PROBLEM, ABOUT, what, "have the proxy pass requests on itself, without a redirect")
        else:
            what = f"PUBLIC_URL leads on to {where}, and the carrier does not follow with a text"
            do = f"write PUBLIC_URL={where} if that is its address, there and at the carrier; else end the redirect"
            yield Finding(Level.PROBLEM, ABOUT, what, do)
        return
    if _is_hotline(answer):
        return
    if answer.status_code in BEHIND:
        what = f"a proxy answers at PUBLIC_URL, but no hotline behind it ({answer.status_code})"
        do = "start hotline serve, and see that the proxy passes requests on to the port that it says"
    else:
        what = f"at PUBLIC_URL something else answers, not a hotline ({answer.status_code} for /health)"
        do = "see that the proxy passes every path of this name on to hotline serve"
    yield Finding(Level.PROBLEM, ABOUT, what, do)


def _is_hotline(answer: httpx.Response) -> bool:
    read = bytearray()
    for piece in answer.iter_bytes():
        read += piece
        if len(read) > LARGEST:
            return False
    try:
        said = httpx.Response(200, content=bytes(read)).json()
    except (ValueError, RecursionError):
        return False
    return isinstance(said, dict) and said.keys() >= KEYS


def _unreachable(url: str, error: Exception) -> Finding:
    """Why nobody answers there."""
    host = urlsplit(url).hostname
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            what, do = CERTIFICATE.get(cause.verify_code, ("is not trusted", REAL))
            return Finding(Level.PROBLEM, ABOUT, f"the certificate of PUBLIC_URL {what}: no text comes in", do)
        if isinstance(cause, ssl.SSLError):
            what = "there is no https at PUBLIC_URL that can be spoken with"
            return Finding(
                Level.PROBLEM, ABOUT, what, "see that a proxy such as Caddy answers for this name on port 443"
            )
        if isinstance(cause, socket.gaierror) and cause.errno in NO_SUCH_NAME:
            do = f"see that {host} is spelled right and leads to this machine (DNS); a new name can take an hour"
            return Finding(Level.PROBLEM, ABOUT, f"nobody knows a machine named {host}", do)
    why = "in time" if isinstance(error, httpx.TimeoutException) else "at all"
    what = f"PUBLIC_URL does not answer {why} when it is asked from this machine"
    do = (
        f"open {url}/health on a phone without Wi-Fi: if it shows an answer, all is well, for some routers let "
        "nobody in from inside. Else see that the proxy runs, and that ports 80 and 443 lead to it"
    )
    return Finding(Level.WARNING, ABOUT, what, do)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _days(count: int | None) -> str:
    return "1 day" if count == 1 else f"{count} days"
