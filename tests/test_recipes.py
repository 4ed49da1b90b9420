"""The recipes in docs/ are followed to the letter, on a copy of this folder, and make what they promise."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command_checks import ROOT

COMMAND, NEED = ((ROOT / f"docs/new-{what}.md").read_text(encoding="utf-8") for what in ("command", "need"))
PARSE = ("-c", "from app.cli import run; run()", "parse")
# Each block begins with the file it is about, and where in it: nothing (the whole file), after, or instead of.
BLOCK = re.compile(
    r'^```\w*\n# (?P<file>\S+\.\w+)(?:, (?P<where>after|instead of) "(?P<what>[^"\n]+)")?\n(?P<text>.*?)^```$',
    re.M | re.S,
)
COPIED = ("app", "handlers", "models", "migrations", "tests", "README.md", "pyproject.toml")

NOT_YET = {"handlers/goods/fridge.py", "app/carriers/yours/carrier.py"}  # what a recipe is about to make


def follow(recipe: str, root: Path) -> None:
    """Do what the recipe's blocks say."""
    for block in BLOCK.finditer(recipe):
        file, text = root / block["file"], block["text"]
        if block["where"] is None:
            assert not file.exists(), f"{file.name} is there already"
            file.write_text(text, encoding="utf-8")
            continue
        before = file.read_text(encoding="utf-8")
        after = block["where"] == "after"
        found = re.search(rf"^{re.escape(block['what'])}.*\n" if after else re.escape(block["what"]), before, re.M)
        assert found is not None, f"{file.name} has no {block['what']!r}"
        now = found[0] + text if after else text.removesuffix("\n")
        file.write_text(before[: found.start()] + now + before[found.end() :], encoding="utf-8")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of this folder, as a volunteer would check it out."""
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def run(folder: Path, *arguments: str, said: str = "", code: int = 0) -> str:
    """What Python prints in that folder, with the code that is there."""
    done = subprocess.run(
        [sys.executable, *arguments],
        check=False,
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PATH": "/usr/bin:/bin", "HOME": str(folder)},
        input=said,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def understood(folder: Path, texts: str) -> list[str]:
    """What `hotline parse` says below each of these texts."""
    return [line.strip() for line in run(folder, *PARSE, said=texts).splitlines()[1::2]]


def test_the_recipe_makes_a_command_that_is_understood_and_answered(copy: Path) -> None:
    follow(COMMAND, copy)
    assert run(copy, "-m", "tests.command_checks") == ""
    assert run(copy, "-m", "tests.language_checks") == ""
    assert understood(copy, "Where is the fridge?\nnevera!\n") == ["fridge  language en", "fridge  language es"]
    run(copy, "-m", "pytest", "-n", "0", "tests/test_transcripts.py", "--record", "-k", "fridge and sqlite")
    assert (copy / "tests/transcripts/fridge.txt").read_text(encoding="utf-8").splitlines()[-4:] == [
        "Ana  > Where is the fridge?",
        "Ana < The fridge stands at 14 Oak St, open day and night. Take what you need, leave what you can.",
        "Eva  > NEVERA",
        "Eva < La nevera esta en 14 Oak St, abierta dia y noche. Toma lo que necesites, deja lo que puedas.",
    ]


def test_a_row_that_is_left_out_does_not_stay_silent(copy: Path) -> None:
    rows = [block[0] for block in BLOCK.finditer(COMMAND) if block["file"] == "handlers/registry.py"]
    assert len(rows) == 2
    recipe = COMMAND
    for row in rows:
        recipe = recipe.replace(row, "")
    follow(recipe, copy)
    assert run(copy, "-m", "tests.command_checks", code=1).splitlines() == [
        f'{code}.toml: [hear] has words for "fridge", which is no command. Give it a row in handlers/registry.py, '
        'Command("fridge", …), or take them out.'
        for code in ("en", "es")
    ]


def test_the_recipe_makes_a_need_that_is_heard_and_offered(copy: Path) -> None:
    follow(NEED, copy)
    assert run(copy, "-m", "tests.language_checks") == ""
    said = understood(copy, "can someone give me a haircut, oak st\nnecesito un corte de pelo\n")
    assert [line.partition("  place")[0] for line in said] == [
        "ask  needs haircut",
        "ask  needs haircut  language es",
    ]
    offer = "from handlers.phrasebook import book; print(book('es').need('haircut'))"
    assert run(copy, "-c", offer) == "un corte de pelo\n"


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", *sorted(f"docs/{p.name}" for p in (ROOT / "docs").glob("*.md"))])
def test_what_a_page_points_to_is_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    for link in links:
        assert ((ROOT / page).parent / link).exists(), link
    for path in re.findall(r"`((?:app|handlers|models|migrations|tests|docs)/[\w/.\-]*\w)`", text):
        assert (ROOT / path).exists() or path in NOT_YET, path
