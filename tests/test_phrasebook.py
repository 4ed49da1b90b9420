"""Every phrase that is said exists, and none costs more than it is worth. For whole languages: test_languages.py."""

import ast
import re
import string
from pathlib import Path
from typing import Any

from handlers import phrasebook
from handlers.understanding.intents import Question
from handlers.wording import segments
from tests.examples import every

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


@every(EVERY)
def test_a_phrase_is_written_in_cheap_characters(code: str, phrase: str) -> None:
    assert segments.is_gsm7(segments.thrifty(example(code, phrase) + "." * 70))


@every(EVERY)
def test_a_phrase_costs_little(code: str, phrase: str) -> None:
    cost = segments.count(segments.thrifty(example(code, phrase)))
    assert cost <= (1 if phrase in ONE_SEGMENT else DEAREST)


def sources() -> dict[str, str]:
    """The code that may say a phrase."""
    files = [file for folder in ("handlers", "app/inbound", "app/outbound") for file in (ROOT / folder).rglob("*.py")]
    understanding = ROOT / "handlers" / "understanding"
    saying = (file for file in files if understanding not in file.parent.parents)
    return {str(file.relative_to(ROOT)): file.read_text() for file in saying}


def unsaid(code: dict[str, str], said: set[str]) -> list[str]:
    """Phrases that the code says and no phrasebook has, and those that nothing says."""
    words = {
        node.value
        for text in code.values()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    built = {p for p in said if re.match(r"status_|state_|answer_|cannot_|when_|unit_|a_", p)}
    idle = [f'en.toml: [say] "{p}" is said by nothing. Take it out.' for p in sorted(said - words - built)]
    spoken = re.compile(r"(?:reply|tell_duty|Said)\(\s*\"(\w+)\"|tell\(\s*[\w.\[\]()]+,\s*\"(\w+)\"")
    found = ((file, one or two) for file, text in code.items() for one, two in spoken.findall(text))
    return idle + [
        f'{file} says "{p}". Write it under [say] in every phrasebook.' for file, p in found if p not in said
    ]


def test_every_phrase_that_a_handler_says_exists_and_none_is_idle() -> None:
    said = set(phrasebook.book("en").pages["say"])
    assert unsaid(sources(), said) == []
    assert unsaid(sources(), said - {"relay_what"}) == [
        'handlers/talking/relay.py says "relay_what". Write it under [say] in every phrasebook.'
    ]
    assert unsaid(sources(), {*said, "farewell"}) == ['en.toml: [say] "farewell" is said by nothing. Take it out.']


def test_every_question_of_ours_can_be_said_again() -> None:
    """Where a text could mean two things, or is none of the choices, how to answer is said."""
    said = {code: phrasebook.book(code).pages["say"] for code in CODES}
    assert [(code, q) for code in CODES for q in Question if f"answer_{q}" not in said[code]] == []


@every(CODES)
def test_one_is_said_as_one(code: str) -> None:
    """A phrase with a form for one says in it something else than for more: "1 vecino", not "1 vecinos"."""
    said = phrasebook.book(code).pages["say"]
    counted = {p: s for p, s in said.items() if isinstance(s, dict) and {"one", "other"} <= s.keys()}
    assert counted
    assert [p for p, s in counted.items() if s["one"] == s["other"]] == []
