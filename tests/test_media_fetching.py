"""Media are fetched from the carrier alone, with the account's password and for nobody else to see."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from app.carriers.base import CarrierError, MediaGone
from app.carriers.twilio import media
from app.carriers.twilio.transport import Transport
from tests.fake_twilio import FakeTwilio
from tests.fakes import ACCOUNT, TOKEN

MOST = 100_000
OTHER = "AC00000000000000000000000000000002"


class Elsewhere:
    """Another server, which notes who comes and what they show."""

    def __init__(self) -> None:
        self.shown: list[str | None] = []
        self.content = b"a file"
        elsewhere = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                elsewhere.shown.append(self.headers.get("Authorization"))
                self.send_response(200)
                self.end_headers()
                self.wfile.write(elsewhere.content)

            def log_message(self, format: str, *args: object) -> None:
                """Keep quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def stop(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    made = Elsewhere()
    yield made
    made.stop()


@pytest.fixture
def twilio() -> Iterator[FakeTwilio]:
    with FakeTwilio() as made:
        yield made


@pytest.fixture
def transport(twilio: FakeTwilio) -> Iterator[Transport]:
    made = Transport(twilio.url, ACCOUNT, TOKEN, timeout=2)
    yield made
    made.close()


def address(twilio: FakeTwilio, content: bytes = b"a file") -> str:
    return twilio.media.sent(("image/jpeg", content))["MediaUrl0"]


def test_media_are_fetched_with_the_password(twilio: FakeTwilio, transport: Transport) -> None:
    assert media.fetch(transport, ACCOUNT, address(twilio, b"a file"), MOST) == b"a file"
    stranger = Transport(twilio.url, ACCOUNT, "another token", timeout=2)
    with pytest.raises(CarrierError):
        media.fetch(stranger, ACCOUNT, address(twilio), MOST)
    stranger.close()


def test_the_store_is_not_shown_the_password(twilio: FakeTwilio, transport: Transport, elsewhere: Elsewhere) -> None:
    twilio.media.leads_to = f"{elsewhere.url}/files/"
    got = media.fetch(transport, ACCOUNT, address(twilio), MOST, stores={elsewhere.url: "/files/"})
    assert (got, elsewhere.shown) == (b"a file", [None])


def test_nobody_is_led_elsewhere(twilio: FakeTwilio, transport: Transport, elsewhere: Elsewhere) -> None:
    for leads in (f"{elsewhere.url}/", "http://169.254.169.254/latest/", "file:///etc/passwd", "//127.0.0.1/",
                  "https://s3-external-1.amazonaws.com/somebody-elses-bucket/", "http://media.twiliocdn.com/",
                  "https://media.twiliocdn.com.example.org/", "https://media.twiliocdn.com@127.0.0.1/",
                  "https://media.twiliocdn.com:8443/", "https://s3-external-1.amazonaws.com/media.twiliocdn.com/../b/",
                  "https://[/"):  # fmt: skip
        twilio.media.leads_to = leads
        with pytest.raises((MediaGone, CarrierError)):
            media.fetch(transport, ACCOUNT, address(twilio), MOST)
    assert elsewhere.shown == []


def test_an_address_that_is_not_the_accounts_is_not_asked(
    twilio: FakeTwilio, transport: Transport, elsewhere: Elsewhere
) -> None:
    path = f"/2010-04-01/Accounts/{ACCOUNT}/Messages/MM1/Media/ME1"
    for url in ("", "nonsense", f"{elsewhere.url}{path}", f"http://api.twilio.com{path}", f"https://evil.org{path}",
                f"https://api.twilio.com.evil.org{path}", f"https://api.twilio.com@127.0.0.1{path}",
                f"https://api.twilio.com{path.replace(ACCOUNT, OTHER)}", f"https://api.twilio.com{path}/../../x",
                "https://api.twilio.com/2010-04-01/Accounts.json", "https://media.invalid/1", "file:///etc/passwd",
                "https://[/"):  # fmt: skip
        with pytest.raises(MediaGone):
            media.fetch(transport, ACCOUNT, url, MOST)
    assert (twilio.media.asked, elsewhere.shown) == ([], [])


def test_round_and_round_comes_to_an_end(twilio: FakeTwilio, transport: Transport) -> None:
    twilio.media.leads_to = f"{twilio.url}/2010-04-01/Accounts/{ACCOUNT}/Messages/MM1/Media/"
    url = address(twilio)
    with pytest.raises(MediaGone):
        media.fetch(transport, ACCOUNT, url, MOST)
    assert len(twilio.media.asked) <= media.REDIRECTS + 1


def test_what_is_too_large_is_not_read(twilio: FakeTwilio, transport: Transport, elsewhere: Elsewhere) -> None:
    with pytest.raises(MediaGone, match="too large"):
        media.fetch(transport, ACCOUNT, address(twilio, bytes(MOST + 1)), MOST)
    twilio.media.leads_to, elsewhere.content = f"{elsewhere.url}/", bytes(10 * MOST)  # without a length
    with pytest.raises(MediaGone, match="too large"):
        media.fetch(transport, ACCOUNT, address(twilio), MOST, stores={elsewhere.url: "/"})


GONE, LATER = dict.fromkeys((404, 410), MediaGone), dict.fromkeys((401, 403, 408, 429, 500, 503), CarrierError)


@pytest.mark.parametrize(("status", "kind"), [*GONE.items(), *LATER.items()])
def test_whether_it_may_come_later(
    twilio: FakeTwilio, transport: Transport, status: int, kind: type[Exception]
) -> None:
    twilio.media.statuses = [status]
    url = address(twilio)
    with pytest.raises(kind):
        media.fetch(transport, ACCOUNT, url, MOST)
    assert media.fetch(transport, ACCOUNT, url, MOST) == b"a file"
