"""The README is true: it names every command a person can text, every command of the terminal and every setting."""

import re
from pathlib import Path

import pytest
from handlers.understanding.command_index import command_index
from handlers.understanding.commands import ORDERS, SETTINGS, WORDS, parse
from typer.main import get_command

from app import cli
from app.settings import Settings
from handlers import phrasebook
from handlers.understanding.intents import Free
from handlers.understanding.words import split

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```", README, re.M | re.S)
SMALL_TALK = {"thanks", "hello"}  # heard, but nothing to advertise
TYPED = re.findall(r"`([^`]+)`", README[README.index("## What people can text") : README.index("## Going live")])


def test_first_comes_the_command_that_runs_it_then_the_one_that_tests_it() -> None:
    assert BLOCKS[0].strip().endswith("hotline serve")
    assert BLOCKS[1].strip().endswith("pytest")


@pytest.mark.parametrize("setting", Settings.model_fields)
def test_a_setting_is_named(setting: str) -> None:
    assert f"`{setting.upper()}`" in README


def commands() -> list[tuple[str, str]]:
    found = []
    for family in cli.FAMILIES:
        command = get_command(cli.app).get_command(None, family)  # type: ignore[attr-defined]
        found += [(family, sub) for sub in getattr(command, "commands", {"": None})]
    return found


@pytest.mark.parametrize(("family", "sub"), commands())
def test_a_command_of_the_terminal_is_named(family: str, sub: str) -> None:
    row = next(line for line in README.splitlines() if line.startswith(f"| `hotline {family}"))
    assert f"`{sub}`" in row or f"`hotline {family} {sub}".strip() + "`" in row


@pytest.mark.parametrize("name", sorted({*ORDERS, *WORDS, *SETTINGS, "stop", "language"} - SMALL_TALK))
def test_a_command_that_people_text_is_named(name: str) -> None:
    said = {name for text in TYPED for name in names_of(text)}
    assert name in said


def names_of(text: str) -> set[str]:
    words = [w.text for w in split(text)]
    keys = [tuple(words[:n]) for n in range(len(words), 0, -1)]
    rows = next((command_index().phrases[key] for key in keys if key in command_index().phrases), ())
    return {phrase.name for phrase in rows}


@pytest.mark.parametrize("text", [t for t in TYPED if any(c.isupper() for c in t.split()[0]) and t not in ("ALL",)])
def test_what_the_readme_says_to_text_is_understood(text: str) -> None:
    assert not isinstance(parse(text), Free)


def test_every_language_is_in_the_table() -> None:
    for code in phrasebook.languages():
        name = {"en": "English", "es": "Spanish"}[code]
        assert f"| {name} |" in README


def test_the_procfile_runs_commands_that_exist() -> None:
    for line in (ROOT / "Procfile").read_text().splitlines():
        assert line.split()[1:3][1] in cli.FAMILIES
