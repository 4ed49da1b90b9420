"""Whether PUBLIC_URL leads to this very hotline, asked as a carrier would ask; and what stands in between if not."""

import ipaddress
import secrets
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import httpx

from app.settings import is_public
from app.web.proof import AWAY, BEGINS, PATH, Answering

TIMEOUT = httpx.Timeout(10.0, connect=5.0)  # seconds; Twilio gives a text 15 in all
LONGEST = 4096  # bytes that are looked at
PASS_ON = "pass on everything, every path, to the port of `hotline serve`"
# What OpenSSL finds wrong with a certificate: openssl.org/docs/manmaster/man3/X509_STORE_CTX_get_error.html
TOO_EARLY, EXPIRED, SELF_SIGNED, SELF_SIGNED_CHAIN, NO_ISSUER, OTHER_NAME, OTHER_IP = 9, 10, 18, 19, 20, 62, 64
CERTIFICATES = {
    TOO_EARLY: ("is not valid yet by this machine's clock", "set the clock: sudo timedatectl set-ntp true"),
    EXPIRED: ("has expired", "have it renewed; Caddy and most hosts do so by themselves, if port 80 or 443 is open"),
    SELF_SIGNED: ("was signed by nobody", "get one that phones trust; Caddy gets it by itself"),
    SELF_SIGNED_CHAIN: (
        "was signed by somebody unknown",
        "get one that phones trust; Caddy does by itself",
    ),
    NO_ISSUER: ("comes without the one that it was signed with", "give the proxy the full chain (fullchain.pem)"),
    OTHER_NAME: ("is for another name", "get one for exactly this name, or write the name that it is for"),
    OTHER_IP: ("is for another name", "write the name that it is for: certificates are seldom for numbers"),
}
CLOUDFLARE = {
    521: "nothing listens on the machine behind it",
    522: "the machine behind it does not answer",
    523: "it does not find the machine behind it",
    525: "it and the machine behind it do not agree on a certificate",
    526: "the certificate of the machine behind it is no good",
    530: "it does not find the machine, or the tunnel, behind it",
}


@dataclass(frozen=True)
class Proof:
    """Whether it leads here. `what` was found, and what to `do`; nothing to do if all is well."""

    ok: bool
    what: str
    do: str = ""
    public: bool = True  # whether somebody outside can reach it; if not, a carrier cannot, whatever is `ok` from here


def prove(public_url: str, answering: Answering, *, http: httpx.Client | None = None) -> Proof:
    """Ask for a fresh nonce through PUBLIC_URL, and compare. `public_url` has no slash at its end."""
    nonce = secrets.token_urlsafe(32)
    expected = answering(nonce)
    if expected is None:
        return Proof(False, "this hotline's database has no line yet", "start it once: hotline serve")
    url = f"{public_url}{PATH}{nonce}"
    try:
        with _client(http) as client, client.stream("GET", url, follow_redirects=False) as answer:
            return _read(public_url, url, answer, f"{BEGINS}{expected}")
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        return _unreached(public_url, error)


def _client(http: httpx.Client | None) -> httpx.Client:
    # A proxy of this machine's own (HTTPS_PROXY) is no way by which a carrier comes.
    return http or httpx.Client(timeout=TIMEOUT, trust_env=False, headers={"User-Agent": "hotline"})


def _read(public_url: str, url: str, answer: httpx.Response, expected: str) -> Proof:
    host, status = urlsplit(public_url).hostname or "", answer.status_code
    if answer.is_redirect:
        return _redirected(public_url, url, answer.headers.get("location", ""))
    body = b"".join(_first(answer)).decode("utf-8", "replace").strip()
    if status == 200 and secrets.compare_digest(body.encode(), expected.encode()):
        return _reached(host)
    if status == 200 and body.startswith(BEGINS):
        what = f"another hotline answers at {host}, with another database than the one here"
        do = "end the other one, or run this where that one runs, with its DATABASE_URL"
        return Proof(False, what, do)
    if status == 200:
        return Proof(False, f"another program's page is at {host}", f"have the proxy {PASS_ON}")
    if "ngrok-error-code" in answer.headers:
        return Proof(False, f"the tunnel to {host} is not open", "start it again, and compare its address with this")
    if status in CLOUDFLARE:
        what = f"Cloudflare answers for {host}, but {CLOUDFLARE[status]} (HTTP {status})"
        return Proof(False, what, "start the hotline or its tunnel, and look at its address in Cloudflare")
    if status == 503 and body == AWAY:
        return Proof(False, "the hotline answers, but its database does not", "run: hotline doctor")
    if status in (502, 503, 504):
        what = f"the proxy at {host} answers, but nothing behind it does (HTTP {status})"
        do = "start the hotline (hotline serve), and compare PORT with the port that the proxy passes on to"
        return Proof(False, what, do)
    if status in (401, 403, 407, 429):
        what = f"something at {host} lets nobody in (HTTP {status}): a password, a firewall, a check for robots"
        return Proof(False, what, "switch it off for this address: a carrier cannot type a password")
    if status == 404:
        what = f"a web server answers at {host}, but no hotline (HTTP 404)"
        return Proof(False, what, f"have the proxy {PASS_ON}. If an older hotline runs there, start it again")
    return Proof(False, f"what answers at {host} is in trouble (HTTP {status})", f"have the proxy {PASS_ON}")


def _first(answer: httpx.Response) -> Iterator[bytes]:
    read = 0
    for part in answer.iter_bytes():
        yield part
        read += len(part)
        if read > LONGEST:
            return


def _reached(host: str) -> Proof:
    if is_public(host) and _is_outside(host):
        return Proof(True, f"{host} leads to this hotline")
    what = f"{host} leads to this hotline, but only from this machine or its own network"
    return Proof(True, what, "write an address that works from a phone, away from your own Wi-Fi", public=False)


def _is_outside(host: str) -> bool:
    """Whether a name leads to an address in the internet, as this machine knows it."""
    try:
        found = {str(address[0]).partition("%")[0] for *_, address in socket.getaddrinfo(host, None)}
    except OSError:
        return False
    return any(ipaddress.ip_address(each).is_global for each in found)


def _redirected(public_url: str, url: str, location: str) -> Proof:
    """Twilio signs the address that it was given, so a redirect loses every text."""
    try:
        here, there = urlsplit(url), urlsplit(urljoin(url, location))
        port = there.port
    except ValueError:
        return Proof(False, "it leads on to an address that cannot be read", f"have the proxy {PASS_ON}")
    name = f"{there.hostname or ''}{f':{port}' if port else ''}"
    if there.hostname != here.hostname:
        what = f"{here.hostname} leads on to {name}"
        do = f"write PUBLIC_URL as {there.scheme}://{name}, if that is yours; else end the redirect"
        return Proof(False, what, do)
    if (here.scheme, there.scheme) == ("http", "https"):
        return Proof(False, "http leads on to https", f"write PUBLIC_URL as https:{public_url.partition(':')[2]}")
    if (here.scheme, there.scheme) == ("https", "http"):
        return Proof(False, "https leads back to http, which is not encrypted", "end that redirect in the proxy")
    what = f"{here.hostname} leads on to another page of its own: {there.path}"
    return Proof(False, what, f"switch off logins and redirects for this address; {PASS_ON}")


def _unreached(public_url: str, error: Exception) -> Proof:
    """Why nobody answered. What went wrong first is at the end of the chain of causes."""
    parts = urlsplit(public_url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    for cause in _causes(error):
        match cause:
            case socket.gaierror(errno=socket.EAI_AGAIN):
                what = f"nobody can be asked where {host} is: this machine finds no name server"
                return Proof(False, what, "look at this machine's network")
            case socket.gaierror():
                do = f"see whether {host} is spelled right; a new name takes up to a day to be known everywhere"
                return Proof(False, f"nobody knows the name {host}", do)
            case ssl.SSLCertVerificationError(verify_code=code):
                what, do = CERTIFICATES.get(code, ("is no good", "get one that phones trust; Caddy does by itself"))
                return Proof(False, f"the certificate at {host} {what}", do)
            case ssl.SSLError():
                what = f"port {port} of {host} does not speak https"
                return Proof(False, what, "let a proxy such as Caddy answer there: it gets a certificate by itself")
            case ConnectionRefusedError():
                what = f"{host} is there, but nothing listens on its port {port}"
                return Proof(False, what, "start the proxy or the tunnel, and let the firewall pass that port")
            case httpx.ConnectTimeout():
                what = f"{host} does not answer on port {port}"
                do = "let the firewall and the router pass that port; compare the name's address with the machine's"
                return Proof(False, what, do)
            case httpx.TimeoutException():
                what = f"{host} takes the call, but says nothing"
                return Proof(False, what, "start the hotline and the proxy again, and look at the proxy's log")
            case httpx.RemoteProtocolError():
                what = f"what answers at {host} is no web server, or hangs up"
                return Proof(False, what, f"compare the port in PUBLIC_URL with the proxy's, and have it {PASS_ON}")
            case httpx.InvalidURL() | httpx.UnsupportedProtocol() | UnicodeError():
                do = "write it with nothing after it, such as https://hotline.example.org"
                return Proof(False, "it is no web address", do)
    return Proof(False, f"{host} cannot be reached ({type(error).__name__})", "look at this machine's network")


def _causes(error: BaseException) -> list[BaseException]:
    """An error and what caused it, the first cause first."""
    found: list[BaseException] = []
    one: BaseException | None = error
    while one is not None and one not in found:
        found.append(one)
        one = one.__cause__ or one.__context__
    return found[::-1]
