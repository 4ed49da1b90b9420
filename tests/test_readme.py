"""README.md and docs/hosting.md are true: every setting and every command of the terminal is named there."""

import re
from enum import StrEnum
from pathlib import Path

import pytest
from babel import Locale
from typer.main import get_command

from app import cli
from app.settings import Settings
from handlers import phrasebook
from handlers.registry import understand
from handlers.understanding.intents import Free
from models import requests
from models.delivery import outbound

ROOT = Path(__file__).parent.parent
README, HOSTING = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/hosting.md"))
BLOCKS = re.findall(r"^```sh\n(.*?)^```", README, re.M | re.S)
TYPED = re.findall(r"`([^`]+)`", README[README.index("## What people can text") : README.index("## Going live")])


def test_first_comes_the_command_that_runs_it_then_the_one_that_tests_it() -> None:
    assert BLOCKS[0].strip().endswith("hotline serve")
    assert BLOCKS[1].strip().endswith("pytest")


@pytest.mark.parametrize("setting", Settings.model_fields)
def test_a_setting_is_named(setting: str) -> None:
    assert f"`{setting.upper()}`" in HOSTING


def commands() -> list[tuple[str, str]]:
    found = []
    for family in cli.FAMILIES:
        command = get_command(cli.app).get_command(None, family)  # type: ignore[attr-defined]
        found += [(family, sub) for sub in getattr(command, "commands", {"": None})]
    return found


@pytest.mark.parametrize(("family", "sub"), commands())
def test_a_command_of_the_terminal_is_named(family: str, sub: str) -> None:
    row = next(line for line in HOSTING.splitlines() if line.startswith(f"| `hotline {family}"))
    assert f"`{sub}`" in row or f"`hotline {family} {sub}".strip() + "`" in row


@pytest.mark.parametrize("text", [t for t in TYPED if any(c.isupper() for c in t.split()[0]) and t not in ("ALL",)])
def test_what_the_readme_says_to_text_is_understood(text: str) -> None:
    assert not isinstance(understand(text).intent, Free)


def test_every_language_is_in_the_table() -> None:
    for code in phrasebook.languages():
        assert f"| {Locale.parse(code).get_display_name('en')} |" in README


def drawn(name: str) -> set[str]:
    """The states in the diagram of the architecture that has this one."""
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    (diagram,) = [
        block for block in re.findall(r"```mermaid\n(.*?)```", text, re.S) if re.search(rf"\b{name}\b", block)
    ]
    return set(re.findall(r"\b\w+(?= -->)|(?<=--> )\w+", diagram))


@pytest.mark.parametrize(("states", "name"), [(requests.State, "draft"), (outbound.State, "leased")])
def test_the_diagrams_have_every_state_and_no_other(states: type[StrEnum], name: str) -> None:
    assert drawn(name) == {str(state) for state in states}


def test_the_procfile_runs_commands_that_exist() -> None:
    for line in (ROOT / "Procfile").read_text().splitlines():
        assert line.split()[1:3][1] in cli.FAMILIES
