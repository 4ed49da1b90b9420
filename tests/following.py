"""Follows a page of docs/hosting to the letter: its shell blocks, in a folder of their own, as far as it can be here.

What belongs to the whole machine is put into that folder (/opt, /var, /etc, /usr/local), and programs that change the
machine, cost money or need a person are stood in for: they note that they were called, and do what is told of them.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx

ROOT = Path(__file__).parent.parent
UV = Path(sys.executable).with_name("uv")
NEEDED = re.compile(r"PATH$|UV_(?!PROJECT|PYTHON)|PIP_|SSL_|REQUESTS_|.*_proxy$", re.IGNORECASE)
ELSEWHERE = re.compile(r"/(?:opt|var/lib|etc|usr/local)/")
# The program that runs a command as somebody else; of them the home folder is all that matters here.
SUDO = """\
#!/bin/sh
if [ "$1" = -Hu ]; then export HOME={root}/var/lib/$2; shift 2; fi
exec "$@"
"""
NOTED = '#!/bin/sh\necho "${0##*/} $*" >> {root}/called\n'
INSTALL = '#!/bin/sh\nfor each; do shift; case $each in --owner=*|--group=*) ;; *) set -- "$@" "$each";; esac; done\n'
INSTALL += 'exec /usr/bin/install "$@"\n'


def blocks(page: str) -> list[str]:
    """The shell blocks of a page, in their order."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def checkout(to: Path) -> Path:
    """This folder as git has it, with what is changed and not committed yet."""
    listed = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(listed, check=True, capture_output=True, text=True).stdout.split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file() and not name.startswith("tests/"):
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, to / name)
    return to


def environment(**more: str) -> dict[str, str]:
    """Of this process's environment what installing needs: where programs, packages and certificates are."""
    needed = {name: value for name, value in os.environ.items() if NEEDED.match(name)}
    cache = needed.get("UV_CACHE_DIR") or str(Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "uv")
    return {**needed, "UV_CACHE_DIR": cache, "LANG": "C.UTF-8", **more}


def free_port() -> int:
    """A port on which nobody listens yet."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


class Follower:
    """A pretend machine in a folder, on which the blocks of a page are run."""

    def __init__(self, root: Path, port: int, **standing_in: str) -> None:
        self.root, self.port = root, port
        self.env = environment(HOME=str(root), PORT=str(port))
        self.env["PATH"] = f"{root}/bin:{root}/usr/local/bin:{self.env['PATH']}"
        for folder in ("bin", "opt", "var/lib/hotline", "etc/systemd/system", "etc/caddy", "usr/local/bin"):
            (root / folder).mkdir(parents=True)
        self._stand_in("sudo", SUDO)
        self._stand_in("install", INSTALL)
        self._stand_in("python3", f'#!/bin/sh\nexec {sys.executable} "$@"\n')
        for name in ("apt-get", "useradd", "systemctl", "docker", "heroku", "cloudflared"):
            self._stand_in(name, NOTED)
        for name, script in standing_in.items():
            self._stand_in(name, f"{NOTED}{script}\n")

    @property
    def called(self) -> list[str]:
        """What was called of all that is stood in for."""
        noted = self.root / "called"
        return noted.read_text().splitlines() if noted.exists() else []

    def run(self, block: str, cwd: Path) -> str:
        """What the commands of a block say; fails where one of them does."""
        done = subprocess.run(
            self._shell(block), cwd=cwd, env=self.env, check=False, text=True, capture_output=True, timeout=120
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}{done.stderr}"
        return done.stdout

    def serve(self, block: str, cwd: Path, look: Callable[[httpx.Client], None]) -> str:
        """What a block says that ends with a hotline which stays; `look` may ask it. It is stopped as Ctrl+C does."""
        with subprocess.Popen(
            self._shell(block),
            cwd=cwd,
            env=self.env,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as running:
            try:
                with httpx.Client(base_url=f"http://localhost:{self.port}", timeout=20) as client:
                    answered(client, running)
                    look(client)
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(running.pid, signal.SIGINT)
                said = running.communicate(timeout=60)[0]
        return said

    def _shell(self, block: str) -> list[str]:
        block = ELSEWHERE.sub(lambda found: f"{self.root}{found.group()}", block)
        block = block.replace(
            ".venv/bin/pip install uv", f"ln -s {UV} .venv/bin/uv"
        )  # README's very command in CI does
        return ["bash", "-euo", "pipefail", "-c", block]

    def _stand_in(self, name: str, script: str) -> None:
        file = self.root / "bin" / name
        file.write_text(script.replace("{root}", str(self.root)))
        file.chmod(0o755)


def answered(client: httpx.Client, running: "subprocess.Popen[str]", seconds: float = 120) -> None:
    """Wait until a hotline answers that it is well, or fail with what it said."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            health = client.get("/health")
            assert health.status_code == 200, health.text
            return
        except httpx.TransportError:
            if running.poll() is not None:
                break
            time.sleep(0.1)
    raise AssertionError(f"it does not answer: {running.communicate()[0] if running.poll() is not None else ''}")
