"""Dockerfile, compose.yaml, the systemd unit, the lock file: by their linters, and by what they do here."""

import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from compose_spec import PyCompose

from app import hosts
from app.settings import Settings
from tests.command import Command
from tests.following import ROOT, UV, Follower, environment, free_port

HADOLINT = Path(sys.executable).with_name("hadolint")
LOCK = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
Step = tuple[str, str]  # a Dockerfile's instruction, and what follows it


def dockerfile() -> list[Step]:
    """Every instruction of the Dockerfile in its order, over the ends of lines."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(encoding="utf-8"), flags=re.M).replace("\\\n", " ")
    lines = (line.partition(" ") for line in text.splitlines() if line)
    return [(name, rest.strip()) for name, _, rest in lines]


def for_the_image(to: Path) -> None:
    """Copy what .dockerignore lets through: it shuts everything out, and names what may in."""
    shut, *lines = (line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#"))
    assert shut == "*"
    for line in lines:
        if line.startswith("!"):
            path = ROOT / line[1:]
            (to / line[1:]).parent.mkdir(parents=True, exist_ok=True)
            if path.is_dir():
                shutil.copytree(path, to / line[1:], ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copyfile(path, to / line[1:])


def test_hadolint_has_no_complaint() -> None:
    done = subprocess.run([HADOLINT, ROOT / "Dockerfile"], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_image_is_slim_and_runs_as_nobody_in_particular() -> None:
    steps = dockerfile()
    assert all(rest.startswith("python:3.13-slim-") for name, rest in steps if name == "FROM")
    assert [rest for name, rest in steps if name == "USER"] == ["10001"]
    assert "VOLUME" not in dict(steps)  # Railway builds nothing that has it; hosts.check takes its place
    assert {"HEALTHCHECK", "CMD"} <= {name for name, _ in steps}
    (uv,) = (package["version"] for package in LOCK["package"] if package["name"] == "uv")
    assert f"uv=={uv}" in (ROOT / "Dockerfile").read_text()


def test_the_steps_of_the_dockerfile_run_in_a_clean_folder(tmp_path: Path) -> None:
    """All but three: the image's own pip (as README's command in CI), apt-get and useradd, which change a machine."""
    src, opt, data = (tmp_path / name for name in ("src", "opt", "data"))
    for folder in (src, opt, data):
        folder.mkdir()
    here = Follower(tmp_path / "machine", free_port())
    env = environment(UV_PYTHON=sys.executable)
    env["PATH"] = f"{UV.parent}:{env['PATH']}"
    elsewhere = {"/src": str(src), "/opt/hotline": f"{opt}/hotline", "/data": str(data)}
    left: list[str] = []

    def placed(text: str) -> str:
        return re.sub("|".join(elsewhere), lambda found: elsewhere[found.group()], text)

    for name, rest in dockerfile():
        if name == "ENV":
            for pair in shlex.split(placed(rest).replace("$PATH", env["PATH"])):
                key, _, value = pair.partition("=")
                env[key] = value
            env["UV_COMPILE_BYTECODE"] = "0"  # half a minute
        elif name == "COPY" and not rest.startswith("--from"):
            for_the_image(src) if rest == ". ." else [shutil.copy(ROOT / each, src) for each in rest.split()[:-1]]
        elif name == "RUN" and rest.startswith("uv "):
            done = subprocess.run(shlex.split(rest), cwd=src, env=env, check=False, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
        elif name == "RUN":
            left.append(shlex.split(rest)[0])
        elif name == "CMD":
            command = json.loads(rest)
        elif name == "HEALTHCHECK":
            healthy = json.loads(rest.partition(" CMD ")[2])
    assert left == ["pip", "apt-get", "useradd"]
    shutil.rmtree(src)
    here.env = {**env, "PORT": str(here.port), "HOTLINE_SIMULATOR_HOSTS": "localhost"}
    elsewhere_mounted = {
        **here.env,
        hosts.VOLUME: "/volume",
    }  # temporary files may be on a mounted folder, as data may
    lost = subprocess.run(
        command, cwd=data, env=elsewhere_mounted, check=False, capture_output=True, text=True, timeout=60
    )
    assert lost.returncode == 1
    assert "A container does not keep its disk" in lost.stderr
    here.env["HOTLINE_DISK_STAYS"] = "1"

    def well(_: httpx.Client) -> None:
        subprocess.run(healthy, cwd=data, env=here.env, check=True)

    assert "is running" in here.serve(f"exec {shlex.join(command)}", data, well)
    assert (data / "hotline.db").exists()
    assert subprocess.run(healthy, cwd=data, env=here.env, check=False, capture_output=True).returncode == 1


def test_compose_is_as_its_specification_says() -> None:
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    PyCompose.from_yaml(text).validate()
    written: dict[str, Any] = yaml.safe_load(text)
    services = PyCompose.from_yaml(text).to_spec().services or {}
    assert set(services) == {"hotline", "database", "caddy"}
    named = {mount.split(":")[0] for each in written["services"].values() for mount in each.get("volumes", [])}
    assert named == set(written["volumes"])
    published = [name for name, each in written["services"].items() if each.get("ports")]
    assert published == ["caddy"]  # nothing else can be reached from outside
    hotline = written["services"]["hotline"]
    url = hotline["environment"]["DATABASE_URL"]
    Settings(_env_file=None, database_url=re.sub(r"\$\{.*\}", "secret", url))
    assert hotline["depends_on"]["database"]["condition"] == "service_healthy"


# --- the systemd unit


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    file = tmp_path / "hotline.service"
    file.write_text(
        Command().good("systemd", "--folder", "/var/lib/oak street 5%", "--user", "oak", "--port", "8010")
    )
    return file


def analyze(*args: object) -> "subprocess.CompletedProcess[str]":
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed here")
    return subprocess.run([program, *map(str, args)], check=False, capture_output=True, text=True)


def test_systemd_takes_the_unit(unit: Path) -> None:
    done = analyze("verify", unit)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_unit_is_shut_in(unit: Path) -> None:
    done = analyze("security", "--no-pager", "--offline=yes", "--threshold=20", unit)  # tenths: 0 is shut, 100 open
    assert done.returncode == 0, done.stdout


def test_the_unit_says_what_was_asked_for(unit: Path) -> None:
    said = unit.read_text()
    for line in (
        *("User=oak", "WorkingDirectory=/var/lib/oak street 5%%", 'ReadWritePaths="/var/lib/oak street 5%%"'),
        *("Restart=always", "RestartPreventExitStatus=2", "ProtectSystem=strict", "NoNewPrivileges=yes"),
    ):
        assert f"\n{line}\n" in said
    assert re.search(r"\nExecStart=\S+/hotline serve --port 8010\n", said)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--folder", "lib"),
        ("--folder", "/"),
        ("--folder", '/a"b'),
        ("--user", "root"),
        ("--user", "a b"),
        ("--port", "80"),
    ],
)
def test_a_unit_that_cannot_be_is_refused(option: str, value: str) -> None:
    done = Command()("systemd", option, value)
    assert done.exit_code == 2
    assert option in done.output or value in done.output


# --- hosts that lose their disk


@pytest.mark.parametrize("variable", hosts.LOSES_ITS_DISK)
def test_a_disk_that_is_lost_is_refused_with_the_cure_unless_told(variable: str, tmp_path: Path) -> None:
    file = tmp_path / "volume" / "hotline.db"
    settings = Settings(_env_file=None, database_url=f"sqlite:///{file}")
    with pytest.raises(hosts.DiskIsLost, match=r"Add a PostgreSQL.*DATABASE_URL.*HOTLINE_DISK_STAYS=1"):
        # Of our own image a mounted folder is told apart; here that may be where temporary files are.
        hosts.check(settings, {variable: "x"} if variable != hosts.IMAGE else {variable: "x", hosts.VOLUME: "/data"})
    hosts.check(settings.model_copy(update={"hotline_disk_stays": True}), {variable: "x"})
    hosts.check(settings, {variable: "x", hosts.VOLUME: str(tmp_path / "volume")})
    hosts.check(Settings(_env_file=None, database_url="postgresql://a:b@c/d"), {variable: "x"})
    hosts.check(settings, {variable: ""})


@pytest.mark.parametrize("command", ["migrate", "serve --port 0", "work", "person list", "doctor"])
def test_every_command_refuses_it(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = Command(DYNO="web.1")(*command.split())
    assert done.exit_code == 1
    assert "Heroku does not keep its disk" in done.output
    assert not (tmp_path / "hotline.db").exists()


def test_it_is_told_by_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Command(DYNO="web.1", HOTLINE_DISK_STAYS="1").good("migrate")
    assert "HOTLINE_DISK_STAYS: neither yes nor no" in Command(HOTLINE_DISK_STAYS="maybe")("migrate").output


# --- where its libraries are ready made


def without_wheel(*platform: str) -> set[str]:
    """What the hotline needs, and is not ready made for a platform; each word must be in a wheel's name."""
    by_name: dict[str, list[dict[str, Any]]] = {}
    for package in LOCK["package"]:
        by_name.setdefault(package["name"], []).append(package)
    found: set[str] = set()
    seen: set[str] = set()

    def walk(name: str, extras: tuple[str, ...]) -> None:
        for package in by_name[name]:
            wheels = [wheel["url"].rpartition("/")[2] for wheel in package.get("wheels", [])]
            ready = any(w.endswith("-any.whl") or all(word in w for word in platform) for w in wheels)
            if name != "hotline" and not ready:
                found.add(name)
            needed = [] if name in seen else package.get("dependencies", [])
            for more in (package.get("optional-dependencies", {}).get(extra, []) for extra in extras):
                needed = [*needed, *more]
            seen.add(name)
            for each in needed:
                walk(each["name"], tuple(each.get("extra", ())))

    walk("hotline", ())
    return found


def test_where_everything_is_ready_made_and_where_not() -> None:
    assert without_wheel("manylinux", "x86_64") == without_wheel("manylinux", "aarch64") == set()
    assert without_wheel("win_amd64") == {"uvloop"}  # which is not asked for there
    assert "psycopg-binary" in without_wheel("win_arm64")
    missing = without_wheel("manylinux", "armv7l")
    assert {"psycopg-binary", "pillow", "rapidfuzz", "regex"} <= missing
    (binary,) = (package for package in LOCK["package"] if package["name"] == "psycopg-binary")
    assert "sdist" not in binary  # so that no compiler helps
    pi = " ".join((ROOT / "docs/hosting/raspberry-pi.md").read_text().split())
    assert "64-bit" in pi
    assert "cannot be installed on it" in pi
