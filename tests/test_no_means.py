"""Give what you can, get what you need: nothing asks for, stores or ranks by means, merit, standing or past asking.

What is counted of people, by what things are ordered, what is shown and said: everything is walked, and whatever
speaks of a person must be declared in no_means.toml with the reason why. The rest is shown by what happens, in
test_same_for_all.py.
"""

import ast
import dataclasses
import importlib
import inspect
import pkgutil
import re
import string
import tomllib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from handlers import phrasebook, views
from handlers.wording import segments
from handlers.wording.summary import Said
from models.candidates import Candidate
from models.households import Household
from models.lines import Policy
from models.people import Person
from models.retention import RETENTION
from models.store.types import table

ROOT = Path(__file__).parent.parent
DECLARED: Mapping[str, Any] = tomllib.loads((Path(__file__).parent / "no_means.toml").read_text(encoding="utf-8"))
TYPED = frozenset("hear hear_with_number tells_of takes function_words urgency verbs things other_person".split())
OTHERWISE = {"Outbound.rank", "Address.ranked_until"}  # of texts on their way: fair between those who cause them
LINKS = frozenset("number id before after area need goes_on_as request person".split())  # by which something is found
PERSON = {"name", "names", "by", "helper"}
NUMBER = {"n", "count", "share", "percent", "days", "times", "matches", "money", "amount", "have", "wanted"}
COUNTS = re.compile(r"\bfunc\.(?:count|sum|avg|rank|row_number|percent_rank|ntile)\(|\b_counted\(|\b_figure\(")
OF_PEOPLE = re.compile(r"\bperson_id\b|\bperson_ids\b|\bPerson(?:Event)?\b|\bPEOPLE\b|\bPERSON\b|\bAssignment\b")
COUNTING = ("count", "sum", "avg", "rank", "row_number")
TABLES = {model.__name__ for model in RETENTION} | {"of", "columns"}
SPEAKS_OF_PEOPLE = re.compile(
    r"\b(some(?:body|one)|whoever|person|phone|volunteers?|neighbors?|newcomers?|households?|people|who|they|their|nobody|itself|sides?)\b",
    re.I,
)


def declared(what: str) -> set[str]:
    """The names that a reason is given for."""
    reasons = DECLARED[what] if what != "words" else DECLARED["words"]["may_stand"]
    named = [name for names in reasons.values() for name in names.split()]
    assert len(named) == len({*named}), f"twice in [{what}]: {sorted(n for n in {*named} if named.count(n) > 1)}"
    return {*named}


def compare(what: str, found: Collection[str], then: str) -> None:
    """Everything found is declared, and nothing else is."""
    unknown, gone = sorted({*found} - declared(what)), sorted(declared(what) - {*found})
    assert not unknown, f"{then} If it must be so, say why in tests/no_means.toml, [{what}]: {' '.join(unknown)}"
    assert not gone, (
        f"there is no such thing any more, take it out of tests/no_means.toml, [{what}]: {' '.join(gone)}"
    )


def test_every_number_that_stands_with_a_person_has_a_reason() -> None:
    found = set[str]()
    for model, kept in RETENTION.items():
        if not (kept.of or kept.about or model is Household):
            continue
        for column in table(model).columns:
            if column.primary_key or column.foreign_keys or isinstance(column.type, sa.DateTime):
                continue
            told = isinstance(column.type, (sa.Integer, sa.Numeric, sa.Boolean))
            dates = column.type.__class__.__name__ == "UtcDateTime"
            if told or (model in (Person, Household) and not dates):
                found.add(f"{model.__name__}.{column.key}")
    compare("columns", found, "A column that says something of people.")


def test_no_column_is_called_after_means_or_merit() -> None:
    forbidden = re.compile(rf"(?:^|_)(?:{DECLARED['words']['en']})(?:_|$)")
    names = [f"{model.__name__}.{c.key}" for model in RETENTION for c in table(model).columns]
    assert len(names) > 300
    assert [name for name in names if forbidden.search(name.partition(".")[2]) and name not in OTHERWISE] == []


def test_every_query_that_counts_by_person_has_a_reason() -> None:
    found = set[str]()
    for file in sorted((ROOT / "models").rglob("*.py")):
        module = ".".join(file.relative_to(ROOT / "models").with_suffix("").parts)
        for top in ast.parse(file.read_text(encoding="utf-8")).body:
            source = ast.unparse(top)
            if COUNTS.search(source) and OF_PEOPLE.search(source):
                name = top.name if isinstance(top, (ast.FunctionDef, ast.ClassDef)) else source.split("=")[0]
                found.add(f"{module}.{name.partition(':')[0].strip()}")
    compare("counts", found, "A query that counts what somebody did or had.")


def test_every_key_by_which_rows_are_ordered_has_a_reason() -> None:
    """By what requests wait, volunteers are asked and lists are read; a new key is found by its name."""
    found = set[str]()
    for file in sorted((ROOT / "models").rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "order_by":
                found |= {key for each in node.args for key in keys(each, given_names(tree))}
            elif isinstance(node, ast.keyword) and node.arg == "order_by":
                found |= {*keys(node.value, given_names(tree))}
    compare("order", found, "Something is put in order by it.")


def given_names(tree: ast.Module) -> dict[str, list[ast.expr]]:
    """What a file gives names to: a key may be made some lines before it is used."""
    found: dict[str, list[ast.expr]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found.setdefault(node.targets[0].id, []).append(node.value)
        elif (
            isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Tuple)
            and isinstance(node.value, ast.Tuple)
        ):
            for target, value in zip(node.targets[0].elts, node.value.elts, strict=False):
                found.setdefault(ast.unparse(target), []).append(value)
    return found


def keys(node: ast.AST, given: Mapping[str, list[ast.expr]]) -> Iterator[str]:
    """The columns that a key is made of, by their names, and the figures that it counts."""
    for each in ast.walk(node):
        if (
            isinstance(each, ast.Attribute)
            and ast.unparse(each.value) in ("sa.func", "func")
            and each.attr in COUNTING
        ):
            yield f"func.{each.attr}"
        elif isinstance(each, ast.Attribute) and each.attr != "c" and is_table(each.value):
            yield each.attr
        elif isinstance(each, ast.Name) and each.id in given:
            rest = {name: values for name, values in given.items() if name != each.id}
            for value in given[each.id]:
                yield from keys(value, rest)


def is_table(node: ast.expr) -> bool:
    """Whether columns are read from it: a model, or the columns of its table."""
    return (isinstance(node, ast.Name) and node.id in TABLES) or (
        isinstance(node, ast.Attribute) and node.attr == "c"
    )


def test_who_is_asked_first_knows_nothing_else_of_a_volunteer() -> None:
    """`matching.choose` sees these alone; a new one that could rank people is to be thought about here."""
    assert list(Candidate._fields) == ["id", "speaks", "among", "lives_there", "last_asked_at"]


def test_every_figure_that_speaks_of_a_person_has_a_reason() -> None:
    means = tomllib.loads((ROOT / "app/pages/words/en/rule_means.toml").read_text(encoding="utf-8"))
    figures = {field.name for field in dataclasses.fields(Policy)}
    found = {name for name in figures if SPEAKS_OF_PEOPLE.search(str(means.get(name, "somebody")))}
    compare("figures", found, "A figure that speaks of people.")


def test_every_number_that_the_board_shows_has_a_reason() -> None:
    found = set[str]()
    for each in pkgutil.iter_modules(views.__path__):
        module = importlib.import_module(f"{views.__name__}.{each.name}")
        for name, of in inspect.getmembers(module, dataclasses.is_dataclass):
            if not isinstance(of, type) or of.__module__ != module.__name__:
                continue
            for field in dataclasses.fields(of):
                number = re.search(r"\b(?:int|float|Decimal)\b", re.sub(r"\[.*\]", "", str(field.type)))
                listed = re.fullmatch(r"collections\.abc\.Sequence\[(?:int|float)\]", str(field.type))
                plain = field.type in (int, float) or str(field.type) in ("int | None", "float | None") or listed
                if (number or listed) and plain and field.name not in LINKS:
                    found.add(f"{each.name}.{name}.{field.name}")
    compare("shown", found, "A number that members read.")


def test_a_phrase_with_a_name_and_a_number_has_a_reason() -> None:
    found = set[str]()
    for code in phrasebook.languages():
        for phrase, forms in phrasebook.book(code).pages["say"].items():
            text = " ".join(forms.values()) if isinstance(forms, Mapping) else forms
            fields = {field for _, field, _, _ in string.Formatter().parse(text) if field}
            if fields & PERSON and fields & NUMBER:
                found.add(phrase)
    compare("phrases", found, "It says a number beside somebody's name.")


def texts(of: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a table, with the names of the keys that lead to it."""
    for key, value in of.items():
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, str):
                yield f"{before}{key}", each
            elif isinstance(each, Mapping):
                yield from texts(each, f"{before}{key}.")


def said_in(code: str) -> Iterator[tuple[str, str]]:
    """All that anybody reads of us in a language: answers, buttons, templates, pages and the guide to starting."""
    book = phrasebook.book(code).pages
    for section in book:
        if section not in TYPED and isinstance(book[section], Mapping):
            yield from texts(book[section], f"{section}.")
    for file in sorted((ROOT / "app/pages/words" / code).glob("*.toml")):
        yield from texts(tomllib.loads(file.read_text(encoding="utf-8")), f"{file.stem}.")
    ending = "" if code == "en" else f".{code}"
    guide = (ROOT / f"docs/starting-a-group{ending}.md").read_text(encoding="utf-8")
    yield "starting-a-group", guide


def hits() -> Iterator[tuple[str, str]]:
    """Where such a word stands, and its sentence."""
    for code in phrasebook.languages():
        word = re.compile(rf"\b(?:{DECLARED['words'][code]})\b", re.I)
        for key, text in said_in(code):
            for found in word.finditer(text):
                yield (f"{key}:{found[0]}" if key == "starting-a-group" else key), text
    word = re.compile(rf"\b(?:{DECLARED['words']['en']})\b", re.I)
    for file in sorted((ROOT / "app").rglob("*.html")):
        told = re.sub(r"<[^>]*>|\{[{%].*?[%}]\}", " ", file.read_text(encoding="utf-8"), flags=re.S)
        for found in word.finditer(told):
            yield f"{file.name}:{found[0]}", told


def test_nothing_we_say_asks_for_means_or_praises_merit() -> None:
    compare("words", {key for key, _ in hits()}, "A word that weighs people.")


@pytest.mark.parametrize(
    "said",
    [
        "What is your monthly income?",
        "Do you deserve this?",
        "Ben has 12 points, our top volunteer",
        "Show proof of address",
        "How often have you asked before?",
        "A 5 day streak!",
    ],
)
def test_the_words_are_found(said: str) -> None:
    assert re.search(rf"\b(?:{DECLARED['words']['en']})\b", said, re.I)


@pytest.mark.parametrize("code", phrasebook.languages())
@pytest.mark.parametrize(
    ("phrase", "more"), [("receipt_yes", "join"), ("receipt_yes_helper", "ask"), ("distro_thanks", "join")]
)
def test_what_is_said_once_fits_into_the_thanks(code: str, phrase: str, more: str) -> None:
    """One segment, also once a line has had very many requests."""
    told = Said("receipt_join" if more == "join" else "receipt_ask")
    said = phrasebook.book(code).say(phrase, {"number": 99_999, more: told})
    assert said.endswith(phrasebook.book(code).pages["say"][told.phrase])
    assert segments.count(segments.thrifty(said)) == 1
