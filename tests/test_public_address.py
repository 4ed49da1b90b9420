"""PUBLIC_URL as doctor and /health see it: how long its certificate lasts, and whether it leads here.

The servers are real ones, on this machine alone, with certificates of an authority that the test trusts.
"""

import http.server
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from sqlalchemy.exc import OperationalError

from app.hotline import Hotline
from app.main import create_app
from app.telemetry.findings import Finding, Level
from app.web import address
from app.web.address import Look, Watch
from app.web.proof import BEGINS
from app.web.snapshot import HealthMonitor
from tests import fakes
from tests.fakes import LINE, StillClock
from tests.health_fakes import health
from tests.test_cli_doctor import REAL
from tests.world import World

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


class Silent(http.server.ThreadingHTTPServer):
    """A server that says nothing of a handshake that fails, which is what is tested here."""

    def handle_error(self, *_: object) -> None:
        return


class Answers(http.server.BaseHTTPRequestHandler):
    """Answers a nonce as the hotline of `ANSWERING` would."""

    def do_GET(self) -> None:
        said = f"{BEGINS}{answering(self.path.rpartition('/')[2])}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: object) -> None:
        return


def answering(nonce: str) -> str:
    return f"answer to {nonce}"


@contextmanager
def serving(certificate: ssl.SSLContext | None) -> Iterator[str]:
    """A web server with this certificate that answers as the hotline should; its address."""
    server = Silent(("127.0.0.1", 0), Answers)
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


def test_a_good_certificate_and_how_long_it_lasts(authority: trustme.CA, trusted: ssl.SSLContext) -> None:
    with serving(certificate(authority)) as url:
        seen = address.look(url, answering, NOW, trusted)
        other = address.look(url, lambda _: "another database's", NOW, trusted)
    assert seen.days_left == 59
    found = only(seen)  # `localhost` is for this machine alone
    assert (found.level, "only from this machine" in found.what) == (Level.WARNING, True)
    found = only(other)
    assert found.level is Level.PROBLEM
    assert found.what.startswith("PUBLIC_URL: another hotline answers at localhost")
    assert found.what.endswith(", so no text comes in")


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
        seen = address.look(url, answering, NOW, trusted)
    late = [each for each in seen.wrong if "certificate" in each.what]
    assert [each.level for each in late] == ([] if level is None else [level])
    assert all(each.what.startswith("the certificate of PUBLIC_URL ends in ") for each in late)
    assert all(each.do == address.RENEW for each in late)


def test_what_stands_in_between_is_said_as_the_carrier_meets_it(
    authority: trustme.CA, trusted: ssl.SSLContext
) -> None:
    wrong = {
        "has expired": certificate(authority, -90 * DAY, -DAY),
        "is not valid yet by this machine's clock": certificate(authority, DAY, 90 * DAY),
        "is for another name": context(authority.issue_cert("elsewhere.example.org")),
        "comes without the one that it was signed with": certificate(trustme.CA()),
    }
    for what, shown in wrong.items():
        with serving(shown) as url:
            seen = address.look(url, answering, NOW, trusted)
        found = only(seen)
        assert (found.level, what in found.what, seen.ends) == (Level.PROBLEM, True, None)


def test_nobody_answers(trusted: ssl.SSLContext) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    found = only(address.look(f"https://localhost:{port}", answering, NOW, trusted))
    assert found.level is Level.WARNING  # some routers let nobody in from inside
    assert found.what == "PUBLIC_URL does not answer when it is asked from this machine"
    with serving(None) as url:
        found = only(address.look(url.replace("http:", "https:"), answering, NOW, trusted))
        assert (found.level, "does not speak https" in found.what) == (Level.PROBLEM, True)
        assert address.look(url, answering, NOW, trusted).ends is None


def test_what_no_name_can_be_is_said_and_is_no_fault_of_ours(trusted: ssl.SSLContext) -> None:
    for name in ("hotline..example.org", f"{'a' * 64}.example.org"):
        found = only(address.look(f"https://{name}", answering, NOW, trusted))
        assert (found.level, found.what) == (
            Level.PROBLEM,
            "PUBLIC_URL: it is no web address, so no text comes in",
        )


def test_a_database_that_is_away_tells_nothing_of_the_address(clock: StillClock) -> None:
    def away(*_: object) -> Look:
        raise OperationalError("", None, OSError("away"))

    watch = Watch("https://hotline.example.org", answering, clock, away)
    assert watch.once() == address.SOON
    assert watch.latest is None


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
    monitor.address = Watch("https://hotline.example.org", answering, clock, lambda *_: looks.pop(0))
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
