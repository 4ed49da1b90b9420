"""`hotline line resource …`: who else helps with what, told to neighbors whom nobody here could help yet."""

from typing import Annotated

import typer
from rapidfuzz import process

from app.cli import console
from app.cli.console import AsJson, InLine
from app.clock import Clock
from handlers.rules import changing
from handlers.turn import Context
from handlers.understanding.intents import Need
from handlers.wording import segments
from models.lines import Line, Resource
from models.store.session import Session

app = typer.Typer(no_args_is_help=True)


@app.callback()
def main() -> None:
    """Add, list and remove other help nearby: a pantry, a shelter, a legal clinic, with its hours and number."""


@app.command()
def add(
    words: Annotated[str, typer.Argument(help='Such as "Pantry at St Paul\'s, Tue 10-12, 202-555-0188".')],
    need: Annotated[list[str], typer.Option("--need", help="What they help with, such as food; again for more.")],
    language: Annotated[str, typer.Option("--language", help="Whoever speaks it is told this one.")] = "",
    line: InLine = None,
) -> None:
    """Add other help. A neighbor hears of it once, when everybody here was asked and nobody could."""
    needs = tuple(dict.fromkeys(_need(said) for said in need))
    words = " ".join(words.split())
    if not words or len(words) > changing.LONGEST_RESOURCE:
        console.fail(f"Write who helps, where and when, in at most {changing.LONGEST_RESOURCE} characters.", 2)
    code = console.language_code(language)
    new = Resource(needs, words, code)

    def work(session: Session) -> int:
        found = console.line_named(session, line)
        return changing.put_resource(Context(session, found, Clock().now()), new, changing.HOST)

    with console.opened(console.settings()) as kept:
        number = kept.write(work).result()
    cost = console.count(segments.count(segments.thrifty(words)), "segment")
    typer.echo(f"{number}: {', '.join(needs)} -> {words} ({cost})")


def _need(said: str) -> str:
    known = [str(need) for need in Need]
    said = said.strip().lower()
    if said in known:
        return said
    near = process.extractOne(said, known, score_cutoff=70)
    hint = f" Did you mean {near[0]}?" if near else ""
    console.fail(f"--need: there is no need {said!r}.{hint} There are: {', '.join(known)}", 2)


@app.command("list")
def list_(line: InLine = None, as_json: AsJson = False) -> None:
    """The other help that a line knows of."""
    with console.opened(console.settings()) as kept:
        found = kept.read(lambda session: console.line_named(session, line).other_help)
    if as_json:
        console.as_json([{"needs": [*r.needs], "words": r.words, "language": r.language} for r in found])
        return
    rows = [[n, ", ".join(r.needs), r.words, r.language] for n, r in enumerate(found, 1)]
    console.table(["no.", "needs", "who helps", "language"], rows)


@app.command()
def remove(
    number: Annotated[int, typer.Argument(help="Its number in the list.")],
    line: InLine = None,
) -> None:
    """Take other help off the list."""

    def work(session: Session) -> Line | str:
        found = console.line_named(session, line)
        known = found.other_help
        if not 1 <= number <= len(known):
            return f"There is no number {number}. See them all with: hotline line resource list"
        left = [*known[: number - 1], *known[number:]]
        changing.set_resources(Context(session, found, Clock().now()), left, changing.HOST)
        return found

    with console.opened(console.settings()) as kept:
        done = kept.write(work).result()
    if isinstance(done, str):
        console.fail(done)
    typer.echo(f"{len(done.other_help)} left.")
