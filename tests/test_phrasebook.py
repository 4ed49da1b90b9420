"""Every language says the same things with the same values, and no phrase costs more than it is worth."""

import ast
import re
import string
from pathlib import Path
from typing import Any

import pytest

from app.carriers import segments
from handlers import phrasebook

ROOT = Path(__file__).parent.parent
CODES = phrasebook.languages()
EVERY = [(code, phrase) for code in CODES for phrase in phrasebook.book("en").pages["say"]]
DEAREST = 3  # segments; only HELP and the like may cost more than one or two
SAMPLE = {"n": 12, "number": 1234, "people": 5, "first": 1234, "who": 321, "rest": 1235, "all": 3}
ONE_SEGMENT = ("offer", "passed_on", "still_looking", "receipt_reminder", "claim_too_late", "omw_thanks", "dropped")


def forms(code: str, phrase: str) -> list[str]:
    said: Any = phrasebook.book(code).pages["say"][phrase]
    return list(said.values()) if isinstance(said, dict) else [said]


def fields(form: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(form) if name}


def example(code: str, phrase: str) -> str:
    longest = max(forms(code, phrase), key=len)
    what = "Groceries and baby things for 12, Oak Hill, today"
    return longest.format_map({**dict.fromkeys(fields(longest), "Maria"), **SAMPLE, "what": what, "dial": "911"})


@pytest.mark.parametrize("code", CODES)
def test_languages_say_the_same_things(code: str) -> None:
    english, other = phrasebook.book("en").pages, phrasebook.book(code).pages
    for page in ("say", "needs", "urgency", "verbs", "hear"):
        assert set(other[page]) == set(english[page]), page


@pytest.mark.parametrize(("code", "phrase"), EVERY)
def test_a_phrase_has_the_same_values_in_every_language(code: str, phrase: str) -> None:
    wanted = set().union(*map(fields, forms("en", phrase)))
    assert set().union(*map(fields, forms(code, phrase))) == wanted


@pytest.mark.parametrize(("code", "phrase"), EVERY)
def test_a_phrase_is_written_in_cheap_characters(code: str, phrase: str) -> None:
    assert segments.is_gsm7(segments.thrifty(example(code, phrase) + "." * 70))


@pytest.mark.parametrize(("code", "phrase"), EVERY)
def test_a_phrase_costs_little(code: str, phrase: str) -> None:
    cost = segments.count(segments.thrifty(example(code, phrase)))
    assert cost <= (1 if phrase in ONE_SEGMENT else DEAREST)


def test_every_phrase_that_a_handler_says_exists_and_none_is_idle() -> None:
    said = set(phrasebook.book("en").pages["say"])
    words: set[str] = set()
    for file in [
        *ROOT.glob("handlers/*.py"),
        *ROOT.glob("handlers/understanding/*.py"),
        *ROOT.glob("app/inbound/*.py"),
        *ROOT.glob("app/outbound/*.py"),
    ]:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                words.add(node.value)
    built = {p for p in said if re.match(r"status_|state_|answer_", p)}
    assert said - words - built == set()
    spoken = re.compile(r"(?:reply|tell_duty|Said)\(\s*\"(\w+)\"|tell\(\s*[\w.\[\]()]+,\s*\"(\w+)\"")
    for file in ROOT.glob("handlers/*.py"):
        for one, two in spoken.findall(file.read_text()):
            assert (one or two) in said, f"{file.name} says {one or two!r}"
