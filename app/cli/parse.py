"""`hotline parse`: each text on standard input, and what it would be taken to mean without any context."""

import json
import re
import sys
from dataclasses import asdict
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, BinaryIO

import typer

from app.cli import console
from handlers import registry
from handlers.understanding.explain import explain
from handlers.understanding.intents import Amount, Free, Intent, Kind, Machine, Order, Wordless
from handlers.understanding.when.expression import TimeExpression
from models.requests import Urgency

INDENT = "    "
STEERS = re.compile(r"[\x7f-\x9f\u2028\u2029]")  # json.dumps escapes what is below U+0020

app = typer.Typer()


@app.command()
def parse(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    explained: Annotated[bool, typer.Option("--explain", help="Below each text, the words that decided.")] = False,
) -> None:
    """Read one text a line; say each again, and below it what it means."""
    if as_json and explained:
        raise typer.BadParameter("--explain is for people: leave out --json")
    failed = False
    for number, raw in enumerate(_stdin(), start=1):
        text = raw.decode("utf-8", "replace").rstrip("\r\n").removeprefix("\ufeff")
        try:
            found = meaning(text)
        except Exception as error:  # a fault of ours in one text must not cost the answers to all others
            typer.echo(f"line {number}: a fault of ours, {type(error).__name__}", err=True)
            found, failed = nothing(None), True
        if as_json:
            print(one_line({"text": text, **found}), flush=True)
            continue
        below = [INDENT + readable(found), *(INDENT * 2 + reason for reason in (reasons(text) if explained else ()))]
        print("\n".join(map(console.plain, [text, *below])), flush=True)
    raise typer.Exit(1 if failed else 0)


def one_line(found: dict[str, Any]) -> str:
    """As JSON on one line, whatever its reader takes for the end of one; what steers a terminal is escaped."""
    return STEERS.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(found, ensure_ascii=False))


def _stdin() -> BinaryIO:
    # Bytes, so that only a line feed ends a text: decoded lines would also break at U+2028 and the like.
    return sys.stdin.buffer


def meaning(text: str) -> dict[str, Any]:
    """The contract's object for one text."""
    understood = registry.understand(text)
    intent = understood.intent
    if isinstance(intent, Wordless | Machine):
        return nothing(None)
    if isinstance(intent, Free):
        said = intent.meaning
        hands = {} if said.helpers is None else {"helpers": said.helpers}  # only where several are asked for
        return {
            "intent": said.kind.value,
            "needs": [need.value for need in said.needs],
            "people": said.people,
            **hands,
            "urgent": said.emergency or said.urgency is Urgency.URGENT,
            "emergency": said.emergency,
            "place": said.place,
            "language": understood.language,
        }
    return {"intent": registry.name(intent), **_parts(intent), "language": understood.language}


def reasons(text: str) -> list[str]:
    """Which words led to what was understood, for whoever mends the lists."""
    intent = registry.understand(text).intent
    if isinstance(intent, Machine):
        return [f"no person wrote it: {intent.kind}".replace("_", " ")]
    if not isinstance(intent, Free):
        return [] if isinstance(intent, Wordless) else ["a command, by the phrasebook's [hear]"]
    return [f'{r.understood}: "{r.words}"{f"  {r.listed}" if r.listed else ""}' for r in explain(text)]


def nothing(language: str | None) -> dict[str, Any]:
    """Free words that say nothing."""
    return {
        "intent": Kind.OTHER.value,
        "needs": [],
        "people": None,
        "urgent": False,
        "emergency": False,
        "place": None,
        "language": language,
    }


def _parts(intent: Intent) -> dict[str, Any]:
    if not isinstance(intent, Order):  # without a situation nothing is an answer
        return {"numbers": [], "note": ""}
    argument = registry.BY_NAME[intent.command].argument
    taken = {argument.name: _simple(intent.argument)} if argument else {}
    spent = {"spent": _simple(asdict(intent.spent))} if intent.spent else {}  # only where they say so
    return {"numbers": list(intent.numbers), "note": intent.note, **taken, **spent}


def _simple(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_simple(part) for part in value]
    if isinstance(value, TimeExpression):
        return {name: _simple(part) for name, part in asdict(value).items() if part not in (None, False)}
    if isinstance(value, Amount):
        return _simple(asdict(value))
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict):
        return {name: _simple(part) for name, part in value.items()}
    return value.value if isinstance(value, StrEnum) else value


def readable(found: dict[str, Any]) -> str:
    """The same on one line for people: the intent, then whatever it holds."""
    held = {name: value for name, value in found.items() if name != "intent" and value not in (None, "", [], False)}
    said = (
        f"{name} {', '.join(map(str, value)) if isinstance(value, list) else value}".replace("_", " ")
        for name, value in held.items()
    )
    return "  ".join([found["intent"], *(s.removesuffix(" True") for s in said)])
