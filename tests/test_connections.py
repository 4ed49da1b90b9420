"""What a stranger can do with connections, and what the others notice of it: real sockets, a real server."""

import asyncio
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI, Request, Response

from app.web import connections
from app.web.connections import LARGEST_HEAD, Connections, network
from app.web.server import Server
from tests import webhooks
from tests.command import HOTLINE, python
from tests.fakes import ACCOUNT, LINE, PUBLIC, TOKEN
from tests.flood import flooding
from tests.logscan import Overheard

PATIENCE = 0.3  # seconds, so that nobody has to wait for ten
MOST = 8
LARGE = 20 * 2**20  # bytes, more than any system's buffers hold
ENDLESS = 32 * 2**20  # bytes; the system's own buffers take some five millions of them
GET = b"GET /%b HTTP/1.1\r\nHost: x\r\n\r\n"
HALF = b"POST /echo HTTP/1.1\r\nHost: x\r\nX-Half: "
TWILIO = {
    "TWILIO_ACCOUNT_SID": ACCOUNT,
    "TWILIO_AUTH_TOKEN": TOKEN,
    "TWILIO_API_URL": "http://127.0.0.1:1",
    "PUBLIC_URL": PUBLIC,
    "HOTLINE_NUMBER": LINE,
}

web = FastAPI()
hits: list[str] = []


@web.get("/{page}")
async def page(page: str) -> Response:
    hits.append(page)
    if page == "slow":
        await asyncio.sleep(2 * PATIENCE)
    return Response(b"x" * (LARGE if page == "large" else 2))


@web.post("/echo")
async def echo(request: Request) -> Response:
    return Response(await request.body())


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    running = Server(web, Connections(MOST, patience=PATIENCE))
    running.config.port = 0
    running.config.load()
    thread = threading.Thread(target=running.run)
    thread.start()
    while not running.started:
        assert thread.is_alive()
        time.sleep(0.01)
    yield running
    running.should_exit = True
    thread.join()


@pytest.fixture
def patient(server: Server) -> Iterator[None]:
    server.connections.patience = 30
    yield
    server.connections.patience = PATIENCE


@pytest.fixture
def port(server: Server) -> Iterator[int]:
    hits.clear()
    found: int = server.servers[0].sockets[0].getsockname()[1]
    yield found
    deadline = time.monotonic() + 10
    while server.connections.open and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not server.connections.open
    assert not server.connections._waiting


@contextmanager
def wire(port: int, said: bytes = b"", *, source: str = "127.0.0.1") -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=10, source_address=(source, 0)) as opened:
        opened.sendall(said)
        yield opened


def heard(opened: socket.socket) -> bytes:
    """Everything until the other end closes."""
    said = b""
    try:
        while more := opened.recv(65536):
            said += more
    except ConnectionResetError:
        pass
    return said


def is_open(opened: socket.socket) -> bool:
    opened.setblocking(False)
    try:
        return opened.recv(1, socket.MSG_PEEK) != b""
    except BlockingIOError:
        return True
    except ConnectionResetError:
        return False


def test_who_does_not_finish_is_closed(port: int) -> None:
    """Nothing said, half a head, empty lines, half a body, half of a second request."""
    body = HALF + b"\r\nContent-Length: 9\r\n\r\nabc"
    begun = [b"", HALF, b"\r\n", b"GET /a HTTP/1.1\r\n", body, GET % b"a" + HALF]
    began = time.monotonic()
    with ExitStack() as stack:
        opened = [stack.enter_context(wire(port, said)) for said in begun]
        time.sleep(PATIENCE / 2)
        assert all(is_open(each) or said.startswith(GET % b"a") for each, said in zip(opened, begun, strict=True))
        for each in opened:
            each.settimeout(10)
            heard(each)
    assert PATIENCE < time.monotonic() - began < 4


def test_a_byte_now_and_then_is_no_excuse(port: int) -> None:
    began = time.monotonic()
    with wire(port, HALF) as opened, suppress(OSError):
        while time.monotonic() < began + 5:
            opened.sendall(b"x")
            time.sleep(PATIENCE / 5)
    assert time.monotonic() - began < 4


@pytest.mark.parametrize("close", [b"", b"Connection: close\r\n"])
def test_who_does_not_read_the_answer_is_closed(port: int, server: Server, close: bytes) -> None:
    with wire(port) as opened:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        opened.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n" + close + b"\r\n")
        deadline = time.monotonic() + 5
        while not hits or server.connections.open:
            assert time.monotonic() < deadline, "it is held for ever"
            time.sleep(0.02)


def test_a_large_answer_arrives_whole(port: int) -> None:
    assert len(httpx.get(f"http://127.0.0.1:{port}/large").content) == LARGE


@pytest.mark.parametrize(
    "begun",
    [HALF, b"GET /", b"POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Trailer: "],
    ids=["header", "address", "trailer"],
)
def test_a_line_without_an_end_is_read_no_further(port: int, begun: bytes) -> None:
    sent = 0
    with wire(port, begun) as opened, suppress(OSError):
        while sent < ENDLESS:
            sent += opened.send(b"x" * 4096)
    assert sent < ENDLESS  # what the system's own buffers take


@pytest.mark.parametrize(("length", "status"), [(LARGEST_HEAD - 500, 200), (2 * LARGEST_HEAD, 400)])
def test_a_long_head(port: int, length: int, status: int) -> None:
    answer = httpx.get(f"http://127.0.0.1:{port}/a", headers={"X-Long": "x" * length})
    assert answer.status_code == status
    assert httpx.get(f"http://127.0.0.1:{port}/a").status_code == 200


def test_a_request_in_small_pieces_is_heard(port: int) -> None:
    said = b"POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"
    with wire(port) as opened:
        for at in range(len(said)):
            opened.sendall(said[at : at + 1])
        assert heard(opened).endswith(b"\r\n\r\nhello")


def test_requests_one_after_the_other_share_a_connection(port: int) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        for _ in range(20):
            assert client.get("/a").status_code == 200
            assert client.post("/echo", content=b"x" * 60_000).content == b"x" * 60_000


def test_ten_thousand_requests_in_a_packet_are_one(port: int) -> None:
    with wire(port, GET % b"slow" + GET % b"a" * 10_000) as opened:
        said = heard(opened)
    assert said.count(b"HTTP/1.1 200 OK") == 1
    assert b"connection: close" in said
    assert hits == ["slow"]


def test_there_are_no_websockets(port: int) -> None:
    """They would have none of these limits."""
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "x",
    }
    answer = httpx.get(f"http://127.0.0.1:{port}/a", headers=upgrade)
    assert (answer.status_code, hits) == (200, ["a"])


@pytest.mark.usefixtures("patient")
def test_a_newcomer_takes_the_place_of_who_holds_the_most(port: int) -> None:
    """The oldest of them goes; an address that is slow alone stays, and so does whoever is being answered."""
    with ExitStack() as stack:
        alone = stack.enter_context(wire(port, HALF, source="127.0.0.2"))
        answered = stack.enter_context(wire(port, GET % b"slow"))
        many = [stack.enter_context(wire(port, HALF)) for _ in range(MOST - 2)]
        assert httpx.get(f"http://127.0.0.1:{port}/a").status_code == 200
        assert [is_open(each) for each in many] == [False, *[True] * (MOST - 3)]
        for _ in range(MOST):
            many.append(stack.enter_context(wire(port, HALF)))
            assert httpx.get(f"http://127.0.0.1:{port}/a").status_code == 200
        assert is_open(alone)
        assert answered.recv(100).startswith(b"HTTP/1.1 200 OK")


@pytest.mark.usefixtures("patient")
def test_where_all_are_being_answered_a_newcomer_has_to_come_again(port: int) -> None:
    with ExitStack() as stack:
        asked = [stack.enter_context(wire(port, GET % b"slow")) for _ in range(MOST)]
        while len(hits) < MOST:
            time.sleep(0.01)
        assert heard(stack.enter_context(wire(port, GET % b"a"))) == b""
        assert all(each.recv(100).startswith(b"HTTP/1.1 200 OK") for each in asked)
    assert hits == ["slow"] * MOST


def test_a_household_has_one_network() -> None:
    assert network("192.0.2.7") == "192.0.2.7"
    assert network("2001:db8::1") == network("2001:db8::ffff:1") != network("2001:db8:0:1::1")
    assert network("fe80::1%eth0") == "fe80::/64"


@pytest.mark.parametrize(
    ("soft", "hard", "room"),
    [
        (256, 256, (256 - connections.SPARE) // 2),
        (256, "hard", connections.MOST_CONNECTIONS),
    ],
)
def test_descriptors_are_left_for_the_rest(soft: int, hard: int | str, room: int) -> None:
    limits = f"ulimit -Sn {soft}" + (f" && ulimit -Hn {hard}" if hard != "hard" else "")
    said = "import sys; sys.path.insert(0, sys.argv[1]); from app.web.connections import room; print(room())"
    python = HOTLINE.with_name("python")
    done = subprocess.run(
        ["sh", "-c", f'{limits} && exec {python} -c "{said}" {Path(__file__).parent.parent}'],
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout) == room


class Attacked:
    """`hotline serve` with few descriptors, and somebody who texts meanwhile."""

    def __init__(self, home: Path, descriptors: int) -> None:
        command = f"ulimit -n {descriptors}; exec {HOTLINE} serve --port 0"
        self.popen = Overheard(
            ["sh", "-c", command],
            cwd=home,
            env={**python(), **TWILIO},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.popen.stdout is not None
        screen, found = "", None
        while found is None and (line := self.popen.stdout.readline()):
            screen += line.replace("\n", " ")
            found = re.search(r"port (\d+)", screen)
        assert found, screen
        self.port = int(found[1])
        self.calm = self.memory
        self.took: list[float] = []
        self.statuses: list[int | str] = []

    @property
    def memory(self) -> int:
        """The most it ever had in memory, in MB."""
        found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{self.popen.pid}/status").read_text())
        assert found
        return int(found[1]) // 1024

    def text(self, number: int) -> None:
        """A signed text, on a connection of its own."""
        body = webhooks.form(webhooks.sms(f"+120255501{number % 100:02}", "STATUS"))
        headers = webhooks.headers(webhooks.MESSAGE, body)
        began = time.monotonic()
        try:
            url = f"http://127.0.0.1:{self.port}/twilio/message"
            self.statuses.append(httpx.post(url, content=body, headers=headers, timeout=15).status_code)
        except httpx.HTTPError as error:
            self.statuses.append(type(error).__name__)
        self.took.append(time.monotonic() - began)

    def __str__(self) -> str:
        kept = self.statuses.count(200)
        slowest = f"the slowest in {max(self.took) * 1000:.0f} ms"
        return f"{kept} of {len(self.took)} texts taken, {slowest}, {self.memory - self.calm} MB more memory"


@pytest.fixture
def attacked(tmp_path: Path) -> Iterator[Callable[[int], Attacked]]:
    started: list[Attacked] = []

    def start(descriptors: int) -> Attacked:
        started.append(Attacked(tmp_path, descriptors))
        return started[-1]

    yield start
    for each in started:
        each.popen.terminate()
        _, err = each.popen.communicate(timeout=60)
        assert "Too many open files" not in err
        assert "Traceback" not in err
        assert "Exception in ASGI application" not in err


def endure(hotline: Attacked, seconds: float, **flood: int) -> None:
    with flooding(hotline.port, **flood) as told:
        until = time.monotonic() + seconds
        number = 0
        while time.monotonic() < until:
            hotline.text(number)
            number += 1
            time.sleep(0.02)
    sys.stdout.write(f"\n{flood}: {hotline} ({told()})\n")
    assert set(hotline.statuses) == {200}


def test_texts_are_taken_while_somebody_holds_every_connection(attacked: Callable[[int], Attacked]) -> None:
    """With 256 descriptors; before there were limits, half of the texts got no answer."""
    hotline = attacked(256)
    endure(hotline, 1.5, half=400, silent=50, idle=50, endless=1, trailer=1, pipelined=2, deaf=5)
    assert max(hotline.took) < 10  # a busy machine is no failure; the campaign has the figures
    assert hotline.memory - hotline.calm < 40


@pytest.mark.campaign
@pytest.mark.parametrize(
    "flood",
    [
        {"half": 2000},
        {"scattered": 2000},
        {"silent": 1000, "idle": 1000},
        {"slow": 2000},
        {"endless": 4, "trailer": 4},
        {"pipelined": 5, "deaf": 20},
        {"half": 2000, "silent": 300, "idle": 300, "endless": 2, "trailer": 2, "pipelined": 2, "deaf": 20},
    ],
    ids=",".join,
)
def test_figures(attacked: Callable[[int], Attacked], flood: dict[str, int]) -> None:
    """Each attack for fifteen seconds, with the 1024 descriptors that most systems give."""
    hotline = attacked(1024)
    endure(hotline, 15, **flood)
    assert max(hotline.took) < 1
    assert hotline.memory - hotline.calm < 40
