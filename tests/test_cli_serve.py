"""`hotline serve` and `hotline work` as they are run: the real command, its own process, a bare environment."""

import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy.engine import make_url

from tests.command import Command, process
from tests.fakes import ACCOUNT, LINE, PUBLIC, TOKEN

PATIENCE = 60.0  # seconds; the first import on a slow machine takes some
TWILIO = {
    "TWILIO_ACCOUNT_SID": ACCOUNT,
    "TWILIO_AUTH_TOKEN": TOKEN,
    "TWILIO_API_URL": "http://127.0.0.1:1",
    "PUBLIC_URL": PUBLIC,
    "HOTLINE_NUMBER": LINE,
}

Running = list["subprocess.Popen[str]"]


@pytest.fixture
def running() -> Iterator[Running]:
    started: Running = []
    yield started
    for each in started:
        each.kill()
        each.communicate()


def says(running: "subprocess.Popen[str]", pattern: str) -> re.Match[str]:
    """Read what a process says until it says this."""
    assert running.stdout is not None
    said = ""
    while line := running.stdout.readline():
        said += line
        if found := re.search(pattern, line):
            return found
    raise AssertionError(said + (running.stderr.read() if running.stderr else ""))


def screen(running: "subprocess.Popen[str]", last: str) -> list[str]:
    """The lines that a process says at the start, up to the one that says this."""
    assert running.stdout is not None
    said: list[str] = []
    while not said or last not in said[-1]:
        line = running.stdout.readline()
        assert line, [*said, running.stderr.read() if running.stderr else ""]
        said.append(line.rstrip("\n"))
    return said


def health(port: str) -> httpx.Response:
    return httpx.get(f"http://127.0.0.1:{port}/health", timeout=PATIENCE)


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_one_command_and_nothing_else(running: Running, tmp_path: Path, sign: signal.Signals) -> None:
    serve = process(["serve", "--port", "0"], tmp_path)
    running.append(serve)
    said = says(serve, r"Open http://127\.0\.0\.1:(\d+)/simulator in a browser")
    answer = health(said[1])
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    assert "server" not in answer.headers
    began = time.monotonic()
    serve.send_signal(sign)
    out, err = serve.communicate(timeout=PATIENCE)
    assert (out, err, serve.returncode) == ("", "", 0)
    assert time.monotonic() - began < 10
    assert (tmp_path / "hotline.db").stat().st_size > 0
    assert not (tmp_path / "hotline.db-wal").exists()  # closed in good order: everything is in the one file


def test_an_open_page_does_not_keep_it_from_stopping(running: Running, tmp_path: Path) -> None:
    serve = process(["serve", "--port", "0"], tmp_path)
    running.append(serve)
    port = says(serve, r"Open http://127\.0\.0\.1:(\d+)/simulator")[1]
    with socket.create_connection(("127.0.0.1", int(port))) as held:
        held.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert held.recv(100)
        serve.terminate()
        assert serve.wait(PATIENCE) == 0


def test_the_port_may_come_from_the_environment(running: Running, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    serve = process(["serve"], tmp_path, PORT=port)
    running.append(serve)
    assert says(serve, r"http://127\.0\.0\.1:(\d+)/simulator")[1] == port
    assert health(port).status_code == 200


def test_a_taken_port_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        serve = process(["serve", "--port", str(port)], tmp_path)
        out, err = serve.communicate(timeout=PATIENCE)
    assert (serve.returncode, out) == (1, "")
    assert err == (
        f"Port {port} is taken, perhaps by a hotline that already runs. Try: hotline serve --port {port + 1}\n"
    )


def test_an_address_that_is_not_ours_is_said(tmp_path: Path) -> None:
    serve = process(["serve", "--host", "192.0.2.1", "--port", "0"], tmp_path)
    _, err = serve.communicate(timeout=PATIENCE)
    assert serve.returncode == 1
    assert err.startswith("Cannot listen on 192.0.2.1")
    assert err.count("\n") == 1


def test_with_twilio_it_says_what_to_paste(running: Running, tmp_path: Path) -> None:
    serve = process(["serve", "--port", "0"], tmp_path, **TWILIO)
    running.append(serve)
    port = says(serve, rf"is running on port (\d+) for {re.escape(LINE)} \(SMS\)")[1]
    assert says(serve, "Incoming messages").string.strip().endswith(f"{PUBLIC}/twilio/message")
    assert "have a proxy on it, such as Caddy" in says(serve, "Only this machine").string
    assert health(port).json()["carrier"] == "twilio"
    assert httpx.get(f"http://127.0.0.1:{port}/simulator").status_code == 404


def test_it_says_in_one_screen_what_is_on_and_what_is_missing(
    running: Running, tmp_path: Path, database_url: str
) -> None:
    run = Command(database_url)
    run.good("line", "area", "Oak")
    run.good(*"person add 2025550101 --name Dorothea --helper".split())
    serve = process(["serve", "--port", "0"], tmp_path, DATABASE_URL=database_url)
    running.append(serve)
    said = screen(serve, "/simulator in a browser")
    whole, rows = "\n".join(said), {line[:10].strip(): line[10:] for line in said}
    assert len(said) <= 24
    assert max(map(len, said)) <= 80
    assert "\x1b" not in whole
    assert rows["carrier"].startswith("simulated; WhatsApp on, ")
    kind = "SQLite" if database_url.startswith("sqlite") else "PostgreSQL"
    assert re.match(rf"{kind}, (\d+ KB|[\d.]+ MB), ", rows["database"])
    assert rows["people"] == "1 volunteer, 0 on duty now"
    assert rows["speaks"] == "English, Spanish; in danger people are told to call 911"
    assert rows["quiet"].startswith("from 21:00 to 8:00 only what is urgent is texted")
    assert "For real ones, when you are ready: hotline golive" in said
    missing = [line for line in said if line.startswith("  - ")]  # pretend phones bring their people along
    assert missing == ([] if kind == "SQLite" else ["  - backup: none is made by itself"])
    assert "Dorothea" not in whole  # it goes into logs
    assert "0101" not in whole
    password = make_url(database_url).password
    assert password is None or password not in whole


def test_it_says_what_is_missing_with_what_mends_it(running: Running, tmp_path: Path) -> None:
    run = Command(f"sqlite:///{tmp_path / 'hotline.db'}", HOTLINE_WHATSAPP="")
    run.good(*"person add 2025550101 --name Dorothea --helper".split())
    serve = process(["serve", "--port", "0"], tmp_path, **TWILIO)
    running.append(serve)
    said = screen(serve, "serve --host 0.0.0.0")
    at = said.index("What is missing:")
    assert "  - line Neighbors' Hotline: has no areas, so nobody is asked by where they are" in said[at:]
    assert '      hotline line area "Oak Street"' in said[at:]
    assert "  - line Neighbors' Hotline: nobody is on duty, so nobody hears of emergencies" in said[at:]
    assert "  All of it: hotline doctor" in said[at:]
    assert "has no volunteer" not in "".join(said)
    assert len(said) <= 24


def test_a_hotline_that_lacks_nothing_says_so_by_silence(running: Running, tmp_path: Path) -> None:
    run = Command(f"sqlite:///{tmp_path / 'hotline.db'}", HOTLINE_WHATSAPP="")
    run.good("line", "area", "Oak")
    run.good(*"person add 2025550101 --name Dorothea --duty".split())
    serve = process(["serve", "--port", "0"], tmp_path, **TWILIO)
    running.append(serve)
    said = screen(serve, "serve --host 0.0.0.0")
    assert len(said) <= 24
    assert "What is missing:" not in said
    assert said[0] == "carrier   Twilio; WhatsApp off"
    assert f"pages     {PUBLIC}" in said
    assert "people    1 volunteer, 1 on duty now" in said


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_work_without_a_web_server(running: Running, tmp_path: Path, sign: signal.Signals) -> None:
    work = process(["work"], tmp_path)
    running.append(work)
    said = screen(work, "is working")
    assert [line[:10] for line in said[:-1]] == ["database  ", "carrier   "]
    work.send_signal(sign)
    out, err = work.communicate(timeout=PATIENCE)
    assert (out, err, work.returncode) == ("", "", 0)


def test_a_worker_and_a_server_share_a_database(running: Running, tmp_path: Path) -> None:
    both = [process(["serve", "--port", "0"], tmp_path), process(["work"], tmp_path)]
    running += both
    port = says(both[0], r"http://127\.0\.0\.1:(\d+)/simulator")[1]
    says(both[1], "is working")
    assert health(port).status_code == 200
    for each in both:
        each.terminate()
        assert each.communicate(timeout=PATIENCE) == ("", "")
        assert each.returncode == 0
