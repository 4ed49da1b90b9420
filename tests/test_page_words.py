"""The words on the pages: the same in every language, none missing, none left over."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from app.pages import wording
from app.pages.wording import FOLDER

PAGES = FOLDER.parent
LANGUAGES = wording.languages()
QUOTED = re.compile(r"""["']([\w.]+)["']""")
NOT_OURS = re.compile(r"\b(clients?|tickets?|beneficiar\w+|cases?|clientes?|casos?|usuarios?)\b", re.I)
# How somebody says "tú" is seen in what they do not say.
FORMAL = re.compile(r"\busted\b|(?:^|[.:!?;¡] ?)(?:escriba|llame|diga|haga|mire|abra)\b", re.I)


def phrases(code: str) -> dict[str, str | dict[str, str]]:
    """Every phrase of a language, by FILE.KEY."""
    return {f"{file}.{key}": form for file, keys in wording.of(code).files.items() for key, form in keys.items()}


def forms(phrase: str | dict[str, str]) -> list[str]:
    return list(phrase.values()) if isinstance(phrase, dict) else [phrase]


def blanks(text: str) -> set[str]:
    """What is to be filled in."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def pieces() -> Iterator[str]:
    """Every piece of quoted text in the templates and the modules of the pages."""
    for template in (PAGES / "templates").glob("**/*.html"):
        yield from QUOTED.findall(template.read_text(encoding="utf-8"))
    for module in PAGES.glob("**/*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


@pytest.mark.parametrize("code", LANGUAGES[1:])
def test_every_language_has_the_same_phrases_to_be_filled_in_the_same_way(code: str) -> None:
    first, other = phrases(LANGUAGES[0]), phrases(code)
    assert other.keys() == first.keys()
    for name, phrase in first.items():
        assert isinstance(other[name], dict) == isinstance(phrase, dict), name
        wanted = set().union(*map(blanks, forms(phrase)))
        assert set().union(*map(blanks, forms(other[name]))) == wanted, name


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_phrase_with_forms_has_one_for_any_number(code: str) -> None:
    for name, phrase in phrases(code).items():
        if isinstance(phrase, dict):
            assert "other" in phrase, name
            assert phrase.keys() <= {"zero", "one", "two", "few", "many", "other"}, name


def test_no_phrase_is_missing() -> None:
    known, files = phrases(LANGUAGES[0]), "|".join(wording.of(LANGUAGES[0]).files)
    named = {piece for piece in pieces() if re.fullmatch(rf"({files})\.\w*[a-z0-9]", piece)}
    assert {piece for piece in named - known.keys() if not piece.endswith((".html", ".css", ".js"))} == set()


def test_no_phrase_is_left_over() -> None:
    """A phrase is named as it is, or put together: of a beginning ("home.example_", "rules.") or an end."""
    said = set(pieces())
    begins = tuple(piece for piece in said if re.fullmatch(r"\w+\.(\w+_)?", piece))
    parts = tuple(piece for piece in said if re.fullmatch(r"_\w+|\w+_", piece))
    left_over = [
        name
        for name in phrases(LANGUAGES[0])
        if name not in said
        and (key := name.partition(".")[2]) not in said
        and not name.startswith(begins)
        and not any(key.startswith(part) or key.endswith(part) for part in parts)
    ]
    assert left_over == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_pages_speak_like_a_neighbor(code: str) -> None:
    for name, phrase in phrases(code).items():
        assert not [form for form in forms(phrase) if NOT_OURS.search(form)], name
        if code == "es":
            assert not [form for form in forms(phrase) if FORMAL.search(form)], name


def test_languages_are_where_they_are_looked_for() -> None:
    assert {folder.name for folder in Path(FOLDER).iterdir() if folder.is_dir()} == set(LANGUAGES)
