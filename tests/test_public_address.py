"""PUBLIC_URL as a carrier sees it: certificates, redirects and strangers are named, each with what to do about it.

The servers are real ones, on this machine alone, with certificates of an authority that the test trusts.
"""

import http.server
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import trustme
import uvicorn

from app.hotline import Hotline
from app.main import create_app
from app.telemetry.findings import Finding, Level
from app.web import address
from app.web.address import Look, Watch
from app.web.snapshot import HealthMonitor
from tests import fakes
from tests.fakes import LINE, StillClock
from tests.health_fakes import health
from tests.serving import until
from tests.test_cli_doctor import REAL
from tests.world import World

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
HEALTHY = json.dumps({"status": "ok", "reasons": [], "carrier": "twilio"})


class Silent(http.server.ThreadingHTTPServer):
    """A server that says nothing of a handshake that fails, which is what is tested here."""

    def handle_error(self, *_: object) -> None:
        return


class Answers(http.server.BaseHTTPRequestHandler):
    """Says what it is told to; its class is made anew for each server."""

    status, body, headers_ = 200, HEALTHY, dict[str, str]()

    def do_GET(self) -> None:
        self.send_response(self.status)
        for name, value in {**self.headers_, "Content-Length": str(len(self.body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.body.encode())

    def log_message(self, *_: object) -> None:
        return


@contextmanager
def serving(
    certificate: ssl.SSLContext | None, status: int = 200, body: str = HEALTHY, **headers: str
) -> Iterator[str]:
    """A web server with this certificate that answers so; its address."""
    handler = type("Handler", (Answers,), {"status": status, "body": body, "headers_": headers})
    server = Silent(("127.0.0.1", 0), handler)
    if certificate is not None:
        server.socket = certificate.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"{'http' if certificate is None else 'https'}://localhost:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def trusted(authority: trustme.CA) -> ssl.SSLContext:
    """What whoever looks trusts."""
    made = ssl.create_default_context()
    authority.configure_trust(made)
    return made


def context(leaf: trustme.LeafCert) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf.configure_cert(made)
    return made


def certificate(by: trustme.CA, begins: timedelta = -30 * DAY, ends: timedelta = 60 * DAY) -> ssl.SSLContext:
    return context(by.issue_cert("localhost", not_before=NOW + begins, not_after=NOW + ends))


def only(seen: Look) -> Finding:
    (found,) = seen.wrong
    assert found.about == "address"
    assert found.do
    return found


def test_a_hotline_behind_a_good_certificate(
    authority: trustme.CA, trusted: ssl.SSLContext, tmp_path: Path, clock: StillClock
) -> None:
    hotline = Hotline(fakes.settings(f"sqlite:///{tmp_path / 'hotline.db'}"), clock=clock)
    leaf = authority.issue_cert("localhost", not_before=NOW - 30 * DAY, not_after=NOW + 60 * DAY)
    key, chain = tmp_path / "key.pem", tmp_path / "chain.pem"
    key.write_bytes(leaf.private_key_pem.bytes())
    chain.write_bytes(b"".join(each.bytes() for each in leaf.cert_chain_pems))
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(hotline=hotline),
            host="127.0.0.1",
            port=0,
            ssl_keyfile=key,
            ssl_certfile=chain,
            log_level="error",
            ws="none",
        )
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    until(lambda: server.started)
    try:
        seen = address.look(f"https://localhost:{server.servers[0].sockets[0].getsockname()[1]}", NOW, trusted)
    finally:
        server.should_exit = True
        thread.join()
    assert seen.wrong == ()
    assert seen.days_left == 59
    assert address.in_order(seen).what == "PUBLIC_URL leads to a hotline, with a certificate for 59 days"


@pytest.mark.parametrize(
    ("begins", "ends", "level"),
    [
        (-80 * DAY, 10 * DAY, Level.WARNING),  # of ninety days
        (-89 * DAY, 1 * DAY, Level.PROBLEM),
        (-60 * DAY, 30 * DAY, None),
        (-4 * DAY, 2 * DAY, None),  # of six days, that are renewed at half
        (-5.2 * DAY, 0.8 * DAY, Level.WARNING),
    ],
)
def test_a_certificate_that_ends_soon(
    authority: trustme.CA, trusted: ssl.SSLContext, begins: timedelta, ends: timedelta, level: Level | None
) -> None:
    with serving(certificate(authority, begins, ends)) as url:
        seen = address.look(url, NOW, trusted)
    if level is None:
        assert seen.wrong == ()
        return
    found = only(seen)
    assert found.level is level
    assert found.what.startswith("the certificate of PUBLIC_URL ends in ")
    assert found.do == address.RENEW


def test_certificates_that_no_carrier_takes(authority: trustme.CA, trusted: ssl.SSLContext) -> None:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own = trustme.CA()
    with own.cert_pem.tempfile() as cert, own.private_key_pem.tempfile() as key:
        made.load_cert_chain(cert, key)
    halved = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf = authority.create_child_ca().issue_cert("localhost")
    with leaf.cert_chain_pems[0].tempfile() as cert, leaf.private_key_pem.tempfile() as key:
        halved.load_cert_chain(cert, key)  # cert.pem in place of fullchain.pem
    wrong = {
        "has expired": certificate(authority, -90 * DAY, -DAY),
        "is not valid yet": certificate(authority, DAY, 90 * DAY),
        "is for another name": context(authority.issue_cert("elsewhere.example.org")),
        "was made by nobody whom others trust": made,
        "comes without those it rests on": halved,
    }
    for what, shown in wrong.items():
        with serving(shown) as url:
            found = only(address.look(url, NOW, trusted))
        assert found.level is Level.PROBLEM
        assert found.what == f"the certificate of PUBLIC_URL {what}: no text comes in"
    with serving(certificate(authority)) as url:  # the same server, once it is right
        assert address.look(url, NOW, trusted).wrong == ()


@pytest.mark.parametrize(
    ("status", "body", "location", "said", "do"),
    [
        (301, "", "http://localhost/health", "leads on to http://localhost, unencrypted", "without a redirect"),
        (308, "", "https://www.example.org/health", "leads on to https://www.example.org, and", "write PUBLIC_URL="),
        (
            502,
            "Bad Gateway",
            "",
            "a proxy answers at PUBLIC_URL, but no hotline behind it (502)",
            "start hotline serve",
        ),
        (404, "<h1>Welcome to nginx!</h1>", "", "something else answers, not a hotline (404", "every path"),
        (200, '{"status": "UP"}', "", "something else answers, not a hotline (200", "every path"),
        (200, "[" * 60_000, "", "something else answers, not a hotline (200", "every path"),
    ],
)
def test_others_that_answer(
    authority: trustme.CA, trusted: ssl.SSLContext, status: int, body: str, location: str, said: str, do: str
) -> None:
    with serving(certificate(authority), status, body, **({"Location": location} if location else {})) as url:
        found = only(address.look(url, NOW, trusted))
    assert found.level is Level.PROBLEM
    assert said in found.what
    assert do in (found.do or "")


def test_a_hotline_whose_database_is_away_is_a_hotline(authority: trustme.CA, trusted: ssl.SSLContext) -> None:
    down = json.dumps({"status": "down", "reasons": ["the database does not answer"], "carrier": "twilio"})
    with serving(certificate(authority), 503, down) as url:
        assert address.look(url, NOW, trusted).wrong == ()


def test_nobody_answers(trusted: ssl.SSLContext) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    found = only(address.look(f"https://localhost:{port}", NOW, trusted))
    assert found.level is Level.WARNING  # some routers let nobody in from inside
    assert found.what == "PUBLIC_URL does not answer at all when it is asked from this machine"
    with serving(None) as url:
        found = only(address.look(url.replace("http:", "https:"), NOW, trusted))
    assert (found.level, found.what) == (Level.PROBLEM, "there is no https at PUBLIC_URL that can be spoken with")


def test_a_name_that_nobody_knows() -> None:
    def asked(code: int) -> Finding:
        error = httpx.ConnectError("no such name")
        error.__cause__ = socket.gaierror(code, "no such name")
        return address._unreachable("https://hotline.example.org", error)

    unknown = asked(socket.EAI_NONAME)
    assert (unknown.level, unknown.what) == (Level.PROBLEM, "nobody knows a machine named hotline.example.org")
    assert asked(socket.EAI_AGAIN).level is Level.WARNING  # this machine cannot ask just now


@pytest.mark.anyio
async def test_health_says_what_the_last_look_has_found(world: World, clock: StillClock) -> None:
    wrong = Finding(
        Level.PROBLEM, "address", "the certificate of PUBLIC_URL has expired: no text comes in", "renew it"
    )
    looks = [
        Look(clock.now(), (wrong,)),
        Look(clock.now(), (), clock.now() + timedelta(days=60, hours=3)),
    ]
    world.hotline.heartbeats = {}
    app = create_app(hotline=world.hotline)
    monitor: HealthMonitor = app.state.health_monitor
    assert monitor.address is None  # the fake carrier is on this machine
    assert (await health(app))["certificate_days_left"] is None
    monitor.address = Watch("https://hotline.example.org", clock, lambda *_: looks.pop(0))
    assert (await health(app))["status"] == "ok"  # nobody has looked yet
    assert monitor.address.once() == address.SOON
    said = await health(app)
    assert (said["status"], said["certificate_days_left"]) == ("degraded", None)
    assert said["reasons"] == [f"{wrong.what}. To do: renew it."]
    assert monitor.address.once() == address.SELDOM
    said = await health(app)
    assert (said["status"], said["reasons"], said["certificate_days_left"]) == ("ok", [], 60)


@pytest.mark.parametrize(
    ("env", "watched"),
    [
        ({}, True),
        ({"TWILIO_API_URL": "http://127.0.0.1:1"}, False),  # an emulator on this machine
        ({"PUBLIC_URL": "http://192.168.1.5:8000"}, False),
    ],
)
def test_only_an_address_out_there_is_looked_at(tmp_path: Path, env: dict[str, str], watched: bool) -> None:
    settings = fakes.settings(
        f"sqlite:///{tmp_path / 'hotline.db'}", **{name.lower(): value for name, value in {**REAL, **env}.items()}
    )
    assert settings.hotline_number == LINE
    hotline = Hotline(settings)
    hotline.prepare()
    assert (HealthMonitor(hotline).address is not None) is watched
    hotline.stop()
