"""The processes of a benchmark: the hotline as it is run, the yardstick, the carrier."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests import fakes
from tests.benchmarks.launch import COMMIT_TAKES, TEXTS_A_COMMIT
from tests.command import HOTLINE
from tests.serving import ROOT, environment

PATIENCE = 60.0  # seconds to stop
READY = re.compile(r"port (\d+)")
SLOW_DISK = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>
static int slowly(const char *name, int file) {
    struct timespec rest = {0, %d};
    nanosleep(&rest, 0);
    return ((int (*)(int)) dlsym(RTLD_NEXT, name))(file);
}
int fsync(int file) { return slowly("fsync", file); }
int fdatasync(int file) { return slowly("fdatasync", file); }
"""


@dataclass(frozen=True)
class Server:
    """A process that listens."""

    port: int
    pid: int
    log: Path

    @property
    def memory(self) -> float | None:
        """What it has in memory, in MB; None where the machine does not say."""
        status = Path(f"/proc/{self.pid}/status")
        found = re.search(r"VmRSS:\s+(\d+) kB", status.read_text()) if status.exists() else None
        return int(found[1]) / 1024 if found else None

    @property
    def cpu(self) -> float | None:
        """How long it has kept a core busy, in seconds; None where the machine does not say."""
        stat = Path(f"/proc/{self.pid}/stat")
        if not stat.exists():
            return None
        user, system = stat.read_text().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    @property
    def troubles(self) -> list[str]:
        """What it logged as an error."""
        return [line for line in self.log.read_text(errors="replace").splitlines() if "level='error'" in line]


@contextmanager
def spawned(command: Sequence[str | Path], folder: Path, env: dict[str, str]) -> Iterator[Server]:
    """A process that says its port once it listens, and is told to stop at the end."""
    log = folder / f"{len(list(folder.glob('*.log')))}.log"
    with log.open("w") as errors:
        popen = subprocess.Popen(
            command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True
        )
    try:
        assert popen.stdout is not None
        said = next((found for line in popen.stdout if (found := READY.search(line))), None)
        if said is None:
            raise RuntimeError(f"{command[0]} did not start: {log.read_text()[-2000:]}")
        yield Server(int(said[1]), popen.pid, log)
        popen.terminate()
        popen.communicate(timeout=PATIENCE)
    finally:
        if popen.poll() is None:
            popen.kill()
            popen.communicate()


def module(name: str, folder: Path, url: str = "sqlite:///none.db") -> AbstractContextManager[Server]:
    """One of the benchmark's own small servers."""
    env = environment(fakes.twilio_settings(url))
    return spawned([sys.executable, "-m", f"tests.benchmarks.{name}"], folder, env)


@contextmanager
def hotline(
    url: str, folder: Path, carrier: Server, *, fsync: float = 0.0, texts_a_commit: int | None = None
) -> Iterator[Server]:
    """`hotline serve` with signatures on and its background work running.

    `fsync` is in seconds, for a disk that takes so long.
    """
    settings = fakes.twilio_settings(url, twilio_api_url=f"http://127.0.0.1:{carrier.port}")
    env = environment(settings)
    command: list[str | Path] = [HOTLINE]
    if fsync or texts_a_commit:
        command = [sys.executable, ROOT / "tests/benchmarks/launch.py"]
    if texts_a_commit:
        env[TEXTS_A_COMMIT] = str(texts_a_commit)
    if fsync:
        env |= slow_disk(folder, fsync)
    with spawned([*command, "serve", "--host", "127.0.0.1", "--port", "0"], folder, env) as server:
        yield server


def slow_disk(folder: Path, fsync: float) -> dict[str, str]:
    """The environment in which every fsync of a process takes so many seconds longer.

    Where there is no C compiler, commits do instead; that spares the checkpoints, so it flatters a little.
    """
    compiler = shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        return {COMMIT_TAKES: str(fsync)}
    source, shim = folder / "slow_disk.c", folder / "slow_disk.so"
    source.write_text(SLOW_DISK % int(fsync * 1e9))
    subprocess.run([compiler, "-shared", "-fPIC", "-o", shim, source, "-ldl"], check=True)
    return {"LD_PRELOAD": str(shim)}


def settled(hotlines: Sequence[Server]) -> None:
    """Wait until what a database was too slow for has come to it from the spool."""
    deadline = time.monotonic() + PATIENCE
    while any(httpx.get(f"http://127.0.0.1:{one.port}/health").json()["spooled"] for one in hotlines):
        if time.monotonic() > deadline:
            raise RuntimeError("texts stay in the spool")
        time.sleep(0.2)


def tally(carrier: Server) -> tuple[int, int, float]:
    """What the carrier took since it was last asked: texts, different ones, seconds from the first to the last."""
    said = httpx.get(f"http://127.0.0.1:{carrier.port}/tally").json()
    return said["count"], said["different"], said["seconds"]
