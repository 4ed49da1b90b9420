"""docs/hosting: each page is followed word for word as far as it can be here, and says what was tried."""

import ast
import re
import shlex
import subprocess
from pathlib import Path

import httpx
import pytest
from typer.main import get_command

from app import cli
from app.hosts import LOSES_ITS_DISK
from tests.following import ROOT, Follower, blocks, checkout, environment, free_port
from tests.postgres import PostgreSQL

PAGES = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs/hosting").glob("*.md"))
SERVER, PI, PROCFILE, TUNNEL, WINDOWS = (
    f"docs/hosting/{name}.md" for name in ("server", "raspberry-pi", "procfile", "tunnel", "windows")
)
TWILIO = {
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "0" * 32,
    "TWILIO_API_URL": "http://127.0.0.1:9",  # nobody is there
    "PUBLIC_URL": "https://hotline.example.org",
    "HOTLINE_NUMBER": "+12025550100",
}


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_linked_and_says_what_was_tried_and_what_not(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    tried = text.partition("## What was tried")[2]
    assert "by a test" in tried or "a test looks" in tried
    assert "| not tried |" in tried
    for where in ("README.md", "docs/hosting.md"):
        assert page.removeprefix("docs/" if where.startswith("docs/") else "") in (ROOT / where).read_text()


@pytest.mark.parametrize("page", [*PAGES, "docs/hosting.md", "docs/importing.md"])
def test_every_command_on_a_page_exists_with_its_options(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    written = [line for block in re.findall(r"^```\w+\n(.*?)^```", text, re.M | re.S) for line in block.splitlines()]
    for line in written:
        if found := re.search(r"(?:^|[/\\ ])hotline ((?:[a-z]\S*)(?: .*?)?)(?: \||$)", line):
            args = shlex.split(found.group(1), comments=True)
            command = get_command(cli.app)
            while args and hasattr(command, "get_command") and (child := command.get_command(None, args[0])):
                command, args = child, args[1:]
            if (not hasattr(command, "commands") and command.name in cli.FAMILIES) or args:
                options = {name for param in command.params for name in param.opts}
                assert {arg.partition("=")[0] for arg in args if arg.startswith("--")} <= options, line


def test_a_rented_server(tmp_path: Path, port: int) -> None:
    here = Follower(tmp_path, port, nano="echo HOTLINE_NAME=Oak >> $1", git=f"mkdir -p $3; touch {tmp_path}/cloned")
    needs, clone, somebody, command, unit, caddy, *containers = blocks(SERVER)
    here.run(needs, tmp_path)
    checkout(tmp_path / "opt/hotline")
    here.run(clone, tmp_path)
    here.run(somebody, tmp_path)
    assert (tmp_path / "var/lib/hotline/.env").stat().st_mode & 0o777 == 0o600
    assert "settings: every variable can be read" in here.run(command, tmp_path)
    here.run(unit, tmp_path)
    written = dict(
        line.split("=", 1)
        for line in (tmp_path / "etc/systemd/system/hotline.service").read_text().splitlines()
        if "=" in line
    )
    started = written["ExecStart"].removeprefix(str(tmp_path))
    assert started == "/opt/hotline/.venv/bin/hotline serve"
    home = Path(written["WorkingDirectory"])
    assert "Oak is running" in here.serve(f"exec {started}", home, lambda client: None)
    assert (home / "hotline.db").exists()
    here.run(caddy, tmp_path)
    here.run(containers[0], tmp_path)
    here.run(containers[1], tmp_path)
    assert re.search(r"^POSTGRES_PASSWORD=[0-9a-f]{48}$", (tmp_path / ".env").read_text(), re.M)
    assert [line.split()[0] for line in here.called] == [
        *["apt-get"] * 2, "git", "useradd", "nano", *["systemctl"] * 4, "nano", *["docker"] * 4,
    ]  # fmt: skip


def test_a_raspberry_pi_does_as_a_server_does() -> None:
    text = (ROOT / PI).read_text()
    assert "(server.md), word for word" in text
    check, clock = blocks(PI)
    assert check == "dpkg --print-architecture\n"
    assert clock.startswith("sudo systemctl enable ")


def test_a_laptop_with_a_tunnel(tmp_path: Path, port: int) -> None:
    here, folder = Follower(tmp_path, port), checkout(tmp_path / "hotline")
    first, tunnel, pretend, settings, real = blocks(TUNNEL)
    host = {"Host": "four-words.trycloudflare.com"}

    def refused(client: httpx.Client) -> None:
        assert client.get("/simulator").status_code == 200
        assert client.get("/simulator", headers=host).status_code == 403

    def shown(client: httpx.Client) -> None:
        assert client.get("/simulator", headers=host).status_code == 200

    here.serve(first, folder, refused)
    here.run(tunnel, folder)
    here.serve(pretend, folder, shown)
    here.env.update(TWILIO)
    assert all(line.split("=")[0] in {*TWILIO, "DATABASE_URL"} for line in settings.splitlines())
    (folder / ".env").write_text("".join(f"{line}\n" for line in settings.splitlines() if "…" not in line))
    doctor, *rest = real.splitlines()
    here.run(f"{doctor} || test $? = 1", folder)  # Twilio does not answer
    assert "is running on port" in here.serve("\n".join(rest), folder, lambda client: None)


def test_what_heroku_builds_and_runs(postgres: PostgreSQL, tmp_path: Path, port: int) -> None:
    here = Follower(tmp_path, port)
    for block in blocks(PROCFILE):
        here.run(block.replace("git push heroku", "heroku git push"), tmp_path)
    folder, url = checkout(tmp_path / "build"), postgres.blank()
    built = environment(
        UV_PROJECT_ENVIRONMENT=str(tmp_path / "python"), UV_PYTHON=str(Path(here.root / "bin/python3"))
    )
    uv = ["uv", "sync", "--locked", "--no-default-groups"]
    done = subprocess.run(uv, cwd=folder, env=built, check=False, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    here.env = {**TWILIO, "PATH": f"{tmp_path}/python/bin:{here.env['PATH']}", "PORT": str(port), "DYNO": "web.1"}
    processes = dict(line.split(": ", 1) for line in (folder / "Procfile").read_text().splitlines())
    try:
        refused = subprocess.run(["hotline", "migrate"], cwd=folder, env=here.env, check=False, capture_output=True)
        assert refused.returncode == 1
        here.env["DATABASE_URL"] = url.replace("postgresql+psycopg", "postgres")
        here.run(processes["release"], folder)
        both = f"{processes['worker']} & exec {processes['web']}"
        said = here.serve(both, folder, lambda client: None)
        assert "is working" in said
        assert "is running on port" in said
    finally:
        postgres.drop(url)


def test_the_page_names_every_host_that_loses_its_disk() -> None:
    text = (ROOT / PROCFILE).read_text()
    for variable, name in LOSES_ITS_DISK.items():
        assert re.search(rf"^\| {re.escape(name)}.* \| `{variable}`", text, re.M)


# What Python has not got on Windows, taken away before anything of ours is read. The libraries are read first: they
# have ways of their own there, which need a Windows.
WITHOUT = """
import importlib, os, signal, socket, sys
sys.modules["uvloop"] = None
for name in {libraries!r}:
    importlib.import_module(name)
filelock = sys.modules["filelock"]
filelock.FileLock = filelock.SoftFileLock  # that of Unix is made of what is taken away
asyncio = importlib.import_module("asyncio")
asyncio.ProactorEventLoop = asyncio.SelectorEventLoop
sys.platform = "win32"
for name in ("fcntl", "resource", "pwd", "grp", "termios", "pty"):
    sys.modules[name] = None
for module, names in {{
    os: "fork killpg getuid geteuid getgid nice fchown chown O_NOFOLLOW O_NONBLOCK O_CLOEXEC O_DIRECTORY",
    signal: "SIGKILL SIGHUP SIGUSR1 SIGALRM SIGQUIT",
    socket: "SO_REUSEPORT",
}}.items():
    for name in names.split():
        if hasattr(module, name):
            delattr(module, name)
from app.cli import run
run()
"""


def libraries() -> list[str]:
    """Every module that ours import, and that is not ours."""
    found: set[str] = set()
    for path in (path for name in ("app", "handlers", "models") for path in (ROOT / name).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module)
            elif isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
    return sorted(name for name in found if name.split(".")[0] not in ("app", "handlers", "models"))


def test_the_simulator_starts_without_what_windows_lacks(tmp_path: Path, port: int) -> None:
    (tmp_path / "start.py").write_text(WITHOUT.format(libraries=[*libraries(), "uvicorn.loops.asyncio"]))

    def asked(client: httpx.Client) -> None:
        for form, fields in (("neighbor", {"name": "Ana"}), ("say", {"phone": "1", "words": "Need groceries for 2"})):
            page = {"sec-fetch-site": "same-origin"}
            done = client.post(
                f"/simulator/{form}", data={"line": "1", **fields}, headers=page, follow_redirects=True
            )
            assert done.status_code == 200, done.text
        assert "Need groceries for 2" in done.text

    here = Follower(tmp_path / "machine", port)
    said = here.serve(f"exec python3 {tmp_path}/start.py serve", tmp_path, asked)
    assert "simulated phone network" in said
