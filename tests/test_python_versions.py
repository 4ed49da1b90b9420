"""README.md's commands hold on every Python that is supported: uv takes the environment that is there as it is.

.python-version is for hosts: Heroku's buildpack and its kin refuse the checkout without it, or with less than a minor
version in it. uv would take it as the only Python there may be, so every command here tells it which one to take.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
OLDEST = (3, 11)
NAMES = [f"python3.{minor}" for minor in range(OLDEST[1], OLDEST[1] + 10)]


def works(command: str) -> bool:
    """Whether this Python is there: a version manager's stand-in for one that is not, fails."""
    found = shutil.which(command)
    return found is not None and subprocess.run([found, "-c", ""], check=False, capture_output=True).returncode == 0


PYTHONS = [sys.executable, *(name for name in NAMES if works(name))]


@pytest.mark.parametrize("python", PYTHONS)
def test_uv_neither_rebuilds_an_environment_nor_fetches_a_python(python: str, tmp_path: Path) -> None:
    shutil.copy(ROOT / ".python-version", tmp_path)
    name, requires, uv = "nothing", PROJECT["project"]["requires-python"], PROJECT["tool"]["uv"]
    (tmp_path / "pyproject.toml").write_text(
        f'[project]\nname = "{name}"\nversion = "0"\nrequires-python = "{requires}"\n'
        f'[tool.uv]\npackage = false\npython-downloads = "{uv["python-downloads"]}"\n'
    )
    subprocess.run([python, "-m", "venv", "--without-pip", tmp_path / ".venv"], check=True)
    (tmp_path / ".venv" / "mine").touch()  # a rebuilt environment has lost it
    env = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "UV_PYTHON")}
    uv_itself = Path(sys.executable).parent / "uv"
    done = subprocess.run(
        [
            uv_itself,
            "run",
            "-p",
            ".venv",
            "--offline",
            "--no-cache",
            "python",
            "-c",
            "import sys; print(sys.version_info[:2])",
        ],
        check=False,
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    of = subprocess.run(
        [python, "-c", "import sys; print(sys.version_info[:2])"], check=True, capture_output=True, text=True
    )
    assert done.stdout == of.stdout
    assert (tmp_path / ".venv" / "mine").exists()


def test_the_oldest_python_is_the_same_everywhere() -> None:
    assert PROJECT["project"]["requires-python"] == f">={OLDEST[0]}.{OLDEST[1]}"
    assert PROJECT["tool"]["ruff"]["target-version"] == f"py{OLDEST[0]}{OLDEST[1]}"
    for page in ("README.md", "CONTRIBUTING.md"):
        assert f"Python {OLDEST[0]}.{OLDEST[1]} or newer" in re.sub(r"\s+", " ", (ROOT / page).read_text())


def test_the_python_for_hosts_is_written_as_they_read_it() -> None:
    # heroku-buildpack-python, lib/python_version.sh: one line, <major>.<minor> (recommended) or with a patch version.
    said = (ROOT / ".python-version").read_text(encoding="ascii")
    assert re.fullmatch(r"3\.\d+\n", said)
    minor = int(said.partition(".")[2])
    assert minor >= OLDEST[1]
    assert f"FROM python:3.{minor}-" in (ROOT / "Dockerfile").read_text()


COMMANDS = ("README.md", "CONTRIBUTING.md", "Makefile", ".ci/run", ".pre-commit-config.yaml")
PAGES = [*COMMANDS, *(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_uv_says_which_python(page: str) -> None:
    for command in re.findall(r"[\\/]uv (?:run|sync|lock)\b.*", (ROOT / page).read_text(encoding="utf-8")):
        assert re.match(r"\S+ \w+ (-p \.venv|.*--python )", command), command
