"""PUBLIC_URL is proved to lead to this very hotline; whatever else answers there is named, with what to do."""

import shutil
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
import trustme
from sqlalchemy import make_url

from app.database import engine
from app.hotline import Hotline
from app.web import proof, reach
from app.web.proof import PATH
from app.web.reach import Proof
from tests import fakes, serving
from tests.fakes import Recorder

NONCE = "a" * 43
HERE = "127.0.0.1"
BRIEF = httpx.Timeout(0.5)


def answering(_: str) -> str:
    return "what only we can say"


class Standing(BaseHTTPRequestHandler):
    """Whatever stands at PUBLIC_URL instead of us: says what the test has it say, whoever asks for what."""

    def do_GET(self) -> None:
        status, headers, body = self.server.says  # type: ignore[attr-defined]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


class Web(ThreadingHTTPServer):
    """A web server. Who does not like its certificate hangs up, and that is nothing to be told."""

    def handle_error(self, request: object, client_address: object) -> None:
        """Keep quiet."""


@contextmanager
def standing(
    status: int = 200, headers: dict[str, str] | None = None, body: bytes = b"", tls: ssl.SSLContext | None = None
) -> Iterator[str]:
    server = Web((HERE, 0), Standing)
    shown = {name: value.replace("HERE", f"{HERE}:{server.server_port}") for name, value in (headers or {}).items()}
    server.says = status, shown, body  # type: ignore[attr-defined]
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http{'s' if tls else ''}://{HERE}:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def listening(backlog: int = 5) -> Iterator[tuple[socket.socket, str]]:
    with socket.create_server((HERE, 0), backlog=backlog) as taken:
        yield taken, f"http://{HERE}:{taken.getsockname()[1]}"


def refused(found: Proof) -> str:
    assert not found.ok
    assert found.do
    return found.what


# A real hotline, in a process of its own.


def test_a_running_hotline_is_known_by_its_database(database_url: str, migrated_file: Path, tmp_path: Path) -> None:
    shutil.copy(migrated_file, tmp_path / "other.db")
    with serving.process(fakes.settings(database_url), tmp_path) as running:
        base = engine.connect(make_url(database_url))
        other = Hotline(fakes.settings(f"sqlite:///{tmp_path / 'other.db'}"), carrier=Recorder())
        try:
            assert reach.prove(running.url, proof.from_database(other.database)).what == (
                "this hotline's database has no line yet"
            )
            other.prepare()
            serving.until(lambda: reach.prove(running.url, proof.from_database(base)).ok)
            found = reach.prove(running.url, proof.from_database(base))
            assert found.what == f"{HERE} leads to this hotline, but only from this machine or its own network"
            assert (found.public, bool(found.do)) == (False, True)
            stale = reach.prove(running.url, proof.from_database(other.database))
            assert refused(stale) == f"another hotline answers at {HERE}, with another database than the one here"
            assert reach.prove(f"{running.url}/sub", proof.from_database(base)).what.endswith("no hotline (HTTP 404)")
            asked = httpx.get(f"{running.url}{PATH}{NONCE}")
            head = httpx.head(f"{running.url}{PATH}{NONCE}")
            assert (head.status_code, head.content, head.headers) == (200, b"", asked.headers)
            assert asked.headers["cache-control"] == "no-store"
            assert asked.text != httpx.get(f"{running.url}{PATH}{NONCE}b").text
            for bad in ("short", "a" * 65, "a" * 30 + ".", "%2B12025550100" + "a" * 20):
                assert httpx.get(f"{running.url}{PATH}{bad}").status_code == 404
        finally:
            base.close()
            other.stop()


# What else may answer there.


@pytest.mark.parametrize(
    ("status", "headers", "body", "what"),
    [
        (200, {}, b"<html>Buy this domain</html>", f"another program's page is at {HERE}"),
        (200, {}, b"", f"another program's page is at {HERE}"),
        (200, {}, b"hotline something else\n", f"another hotline answers at {HERE}, with another database than"),
        (404, {}, b"", f"a web server answers at {HERE}, but no hotline (HTTP 404)"),
        (404, {"Ngrok-Error-Code": "ERR_NGROK_3200"}, b"", f"the tunnel to {HERE} is not open"),
        (502, {}, b"", f"the proxy at {HERE} answers, but nothing behind it does (HTTP 502)"),
        (503, {}, b"", f"the proxy at {HERE} answers, but nothing behind it does (HTTP 503)"),
        (503, {}, b"The database does not answer.\n", "the hotline answers, but its database does not"),
        (530, {}, b"", f"Cloudflare answers for {HERE}, but it does not find the machine, or the tunnel, behind it"),
        (521, {}, b"", f"Cloudflare answers for {HERE}, but nothing listens on the machine behind it (HTTP 521)"),
        (401, {}, b"", f"something at {HERE} lets nobody in (HTTP 401)"),
        (403, {}, b"", f"something at {HERE} lets nobody in (HTTP 403)"),
        (500, {}, b"", f"what answers at {HERE} is in trouble (HTTP 500)"),
    ],
)
def test_another_answer(status: int, headers: dict[str, str], body: bytes, what: str) -> None:
    with standing(status, headers, body) as url:
        assert refused(reach.prove(url, answering)).startswith(what)


@pytest.mark.parametrize(
    ("location", "what", "do"),
    [
        ("https://HERE/x", "http leads on to https", "write PUBLIC_URL as https://HERE"),
        (
            "https://www.example.org/x",
            f"{HERE} leads on to www.example.org",
            "write PUBLIC_URL as https://www.example.org",
        ),
        ("http://other.example.org:8000/x", f"{HERE} leads on to other.example.org:8000", "write PUBLIC_URL as"),
        ("/login?next=x", f"{HERE} leads on to another page of its own: /login", "switch off logins"),
        ("http://[x", "it leads on to an address that cannot be read", "have the proxy pass on everything"),
    ],
)
def test_a_redirect_is_not_followed(location: str, what: str, do: str) -> None:
    with standing(308, {"Location": location}) as url:
        found = reach.prove(url, answering)
        assert refused(found) == what
        assert found.do.startswith(do.replace("HERE", url.partition("://")[2]))


def test_nothing_listens() -> None:
    with listening() as (_, url):
        pass
    assert refused(reach.prove(url, answering)) == f"{HERE} is there, but nothing listens on its port {url[-5:]}"


def test_a_firewall_swallows_the_call() -> None:
    with listening(backlog=0) as (taken, url):
        waiting = [socket.socket() for _ in range(3)]  # more than its queue holds
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(taken.getsockname())
        found = reach.prove(url, answering, http=httpx.Client(timeout=BRIEF))
        for each in waiting:
            each.close()
    assert refused(found) == f"{HERE} does not answer on port {url[-5:]}"


def test_somebody_takes_the_call_and_says_nothing() -> None:
    with listening() as (_, url):
        found = reach.prove(url, answering, http=httpx.Client(timeout=BRIEF))
    assert refused(found) == f"{HERE} takes the call, but says nothing"


def test_what_answers_is_no_web_server() -> None:
    with listening() as (taken, url):

        def speak() -> None:
            call, _ = taken.accept()
            with call:
                call.sendall(b"SSH-2.0-OpenSSH_9.9\r\n")
                call.recv(4096)

        thread = threading.Thread(target=speak)
        thread.start()
        found = reach.prove(url, answering)
        thread.join()
    assert refused(found) == f"what answers at {HERE} is no web server, or hangs up"


def test_nobody_knows_the_name() -> None:
    found = refused(reach.prove("https://hotline.invalid", answering))
    assert found.startswith(("nobody knows the name hotline.invalid", "nobody can be asked where hotline.invalid is"))


def test_an_address_that_is_none() -> None:
    assert refused(reach.prove("https://a..b", answering)) == "it is no web address"


# Certificates.


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def context(authority: trustme.CA, *names: str, until: datetime | None = None) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names, not_after=until).configure_cert(made)
    return made


def trusting(authority: trustme.CA) -> httpx.Client:
    trusted = ssl.create_default_context()
    authority.configure_trust(trusted)
    return httpx.Client(verify=trusted, timeout=5)


def test_a_good_certificate(authority: trustme.CA) -> None:
    with standing(200, {}, b"hotline what only we can say\n", tls=context(authority, HERE)) as url:
        assert reach.prove(url, answering, http=trusting(authority)).ok


def test_bad_certificates(authority: trustme.CA) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    with standing(tls=context(authority, "elsewhere.example.org")) as url:
        found = refused(reach.prove(url, answering, http=trusting(authority)))
        assert found == f"the certificate at {HERE} is for another name"
    with standing(tls=context(authority, "elsewhere.example.org")) as url:
        found = refused(reach.prove(url.replace(HERE, "localhost"), answering, http=trusting(authority)))
        assert found == "the certificate at localhost is for another name"
    with standing(tls=context(authority, HERE, until=yesterday)) as url:
        found = refused(reach.prove(url, answering, http=trusting(authority)))
        assert found == f"the certificate at {HERE} has expired"
    with standing(tls=context(authority, HERE)) as url:
        found = refused(reach.prove(url, answering))
        assert found == f"the certificate at {HERE} comes without the one that it was signed with"


def test_https_leads_back_to_http(authority: trustme.CA) -> None:
    with standing(302, {"Location": f"http://{HERE}/x"}, tls=context(authority, HERE)) as url:
        found = refused(reach.prove(url, answering, http=trusting(authority)))
        assert found == "https leads back to http, which is not encrypted"


def test_http_where_https_belongs() -> None:
    with standing() as url:
        found = refused(reach.prove(url.replace("http:", "https:"), answering))
        assert found == f"port {url[-5:]} of {HERE} does not speak https"
