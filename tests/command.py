"""The `hotline` command for tests: in this process, or as the real one; never with this machine's environment."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from app import cli
from app.database import engine
from app.database.engine import Database
from app.settings import Settings
from tests.logscan import Overheard

HOTLINE = Path(sys.executable).with_name("hotline")
PYTHON = ("PATH", "PYTHONPYCACHEPREFIX")
VARIABLES = [name.upper() for name in Settings.model_fields]


class Command:
    """Runs commands in a folder of their own, on a database of their own."""

    def __init__(self, database_url: str | None = None, **env: str) -> None:
        self.env = {"DATABASE_URL": database_url} if database_url else {}
        self.env.update(env)

    def __call__(self, *args: str, input: bytes | str | None = None, **env: str) -> Result:
        """Run `hotline ARGS`. Anything that would print a traceback fails the test."""
        nothing: dict[str, str | None] = dict.fromkeys(VARIABLES)
        done = CliRunner().invoke(cli.app, list(args), input=input, env={**nothing, **self.env, **env})
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done

    def good(self, *args: str, input: bytes | str | None = None, **env: str) -> str:
        """What a command that must succeed says."""
        done = self(*args, input=input, **env)
        assert done.exit_code == 0, done.output
        return done.stdout

    def json(self, *args: str) -> Any:
        """What a command that must succeed says as JSON."""
        return json.loads(self.good(*args, "--json"))

    def database(self) -> Database:
        """The database that the commands use; to be closed."""
        return engine.connect(Settings(_env_file=None, database_url=self.env["DATABASE_URL"]).database)


def python() -> dict[str, str]:
    """What a process of ours is given of this one's environment: where programs are, and what is compiled already."""
    return {name: os.environ[name] for name in PYTHON if name in os.environ}


def process(args: Sequence[str], folder: Path, **env: str) -> "subprocess.Popen[str]":
    """Start the real command in this folder, with this environment and no other."""
    return Overheard(
        [HOTLINE, *args],
        cwd=folder,
        env={**python(), **env},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def typed(args: list[str], answers: str, folder: Path, **env: str) -> tuple[int, str]:
    """What the command says on a terminal to somebody who types these answers, and how it ends."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [HOTLINE, *args], cwd=folder, env={**python(), **env}, stdin=theirs, stdout=theirs, stderr=theirs
    ) as started:
        os.close(theirs)
        os.write(ours, answers.encode())
        said = b""
        while True:
            try:
                part = os.read(ours, 4096)
            except OSError:  # Linux: nobody has the other end open any more
                break
            if not part:
                break
            said += part
    os.close(ours)
    return started.returncode, said.decode("utf-8", "replace").replace("\r\n", "\n")
