"""`hotline line answer …`: what a group answers itself, such as when its pantry is open."""

from typing import Annotated

import typer

from app.cli import console
from app.cli.console import AsJson, InLine
from app.clock import Clock
from handlers.rules import changing, own_answers
from handlers.turn import Context
from handlers.understanding.words import fold
from handlers.wording import segments
from models.lines import Answer, Line
from models.store.session import Session

app = typer.Typer(no_args_is_help=True)


@app.callback()
def main() -> None:
    """Add, list and remove a group's own answers: pantry hours, where the fridge stands."""


@app.command()
def add(
    heard: Annotated[
        list[str],
        typer.Argument(help='What people ask, such as "pantry open|hours": all the words, in any order; | is "or".'),
    ],
    say: Annotated[str, typer.Option("--say", help="What is answered.")],
    language: Annotated[str, typer.Option("--language", help="Who speaks it gets this one, if several fit.")] = "",
    line: InLine = None,
) -> None:
    """Answer a question of the neighborhood; the same phrases once more put a new answer in the place of the old."""
    phrases = tuple(dict.fromkeys(" ".join(fold(phrase).split()) for phrase in heard))
    for phrase in phrases:
        if problem := own_answers.wrong(phrase):
            console.fail(f"{phrase!r}: {problem}.", 2)
    words = " ".join(say.split())
    if not words or len(words) > own_answers.LONGEST:
        console.fail(f"--say: write an answer of at most {own_answers.LONGEST} characters.", 2)
    code = console.language_code(language)
    answer = Answer(phrases, words, code)

    def work(session: Session) -> int:
        found = console.line_named(session, line)
        return changing.put_answer(Context(session, found, Clock().now()), answer, changing.HOST)

    with console.opened(console.settings()) as kept:
        number = kept.write(work).result()
    cost = console.count(segments.count(segments.thrifty(words)), "segment")
    typer.echo(f"{number}: {' / '.join(phrases)} -> {words} ({cost})")


@app.command("list")
def list_(line: InLine = None, as_json: AsJson = False) -> None:
    """The line's own answers."""
    with console.opened(console.settings()) as kept:
        found = kept.read(lambda session: console.line_named(session, line).own_answers)
    if as_json:
        console.as_json([{"heard": [*a.heard], "say": a.words, "language": a.language} for a in found])
        return
    rows = [[n, " / ".join(a.heard), a.words, a.language] for n, a in enumerate(found, 1)]
    console.table(["no.", "heard", "answer", "language"], rows)


@app.command()
def remove(
    number: Annotated[int, typer.Argument(help="Its number in the list.")],
    line: InLine = None,
) -> None:
    """Take an answer back."""

    def work(session: Session) -> Line | str:
        found = console.line_named(session, line)
        known = found.own_answers
        if not 1 <= number <= len(known):
            return f"There is no answer {number}. See them all with: hotline line answer list"
        left = [*known[: number - 1], *known[number:]]
        changing.set_answers(Context(session, found, Clock().now()), left, changing.HOST)
        return found

    with console.opened(console.settings()) as kept:
        done = kept.write(work).result()
    if isinstance(done, str):
        console.fail(done)
    typer.echo(console.count(len(done.own_answers), "answer is left.", "answers are left."))
