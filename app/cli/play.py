"""`hotline play`: conversations from files, each played on a hotline of its own, and what came back."""

import json
import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import structlog
import typer

from app.cli import console
from app.simulator import sandbox, transcript_reader
from app.simulator.sandbox import Databases
from app.simulator.stage import Played, Stage
from app.simulator.transcript import HAPPENS, Transcript
from app.simulator.transcript_reader import Unreadable
from app.telemetry import logs

FAULT = 1
UNREADABLE = 2

app = typer.Typer()


@app.command()
def play(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Written as in tests/transcripts/hello.txt.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a step.")] = False,
) -> None:
    """Play conversations, each on a hotline of its own, and print what came back.

    Nobody is texted, the settings of this machine do not count, and only the conversation moves the clock.

    Ends with 1 if something in the hotline broke, with 2 if a file is not written as a conversation.
    """
    code = 0
    with sandbox.databases() as databases, overheard() as errors:
        for at, file in enumerate(files):
            if len(files) > 1 and not as_json:
                print(f"{'' if at == 0 else chr(10)}# {file}\n")
            code = max(code, _play(file, databases, errors, as_json))
    raise typer.Exit(code)


def _play(file: Path, databases: Databases, errors: list[str], as_json: bool) -> int:
    """Play one file; returns the exit code for it. Whatever is wrong with it, the others are played too."""
    try:
        story = transcript_reader.read(file)
    except Unreadable as error:
        typer.echo(str(error), err=True)
        return UNREADABLE
    code = 0
    try:
        with databases.fresh() as url, closing(Stage(story, url)) as stage:
            for at, step in enumerate(story.steps):
                went = stage.act(at)
                _show(file, story, stage, went, as_json)
                faults = [*errors, *([_named(went.fault)] if went.fault else [])]
                errors.clear()
                for fault in faults:
                    typer.echo(f"{file}: {step.line!r}: a fault of the hotline: {fault}", err=True)
                    code = FAULT
    except BrokenPipeError:  # whoever read our output has seen enough
        raise
    except Exception as error:
        typer.echo(f"{file}: a fault of the hotline: {_named(error)}", err=True)
        code = FAULT
    return code


def _show(file: Path, story: Transcript, stage: Stage, went: Played, as_json: bool) -> None:
    if not as_json:
        # As a transcript, code words as CODE1: what was played can be kept as one, and two runs can be compared.
        print("\n".join(console.plain(line) for line in story.lines(went.step)), flush=True)
    elif isinstance(went.step.act, HAPPENS):
        said = {
            "file": str(file),
            "step": went.step.line,
            "texts": [{"to": to, "body": body} for to, body in went.texts],
            "requests": [asdict(standing) for standing in stage.standings()],
        }
        print(json.dumps(said, ensure_ascii=False), flush=True)


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {logs.masked(str(error))} at {logs.places(error.__traceback__)}"


@contextmanager
def overheard() -> Iterator[list[str]]:
    """What the hotline logs as an error meanwhile. The rest of its log is about things that conversations do."""
    errors: list[str] = []

    def keep(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        what = str(event.pop("event", ""))
        errors.append(" ".join([what, *(f"{name}={value}" for name, value in event.items())]))
        raise structlog.DropEvent

    before = structlog.get_config()
    structlog.configure(
        processors=[logs.without_values, logs.mask, keep],
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
    )
    try:
        yield errors
    finally:
        structlog.configure(processors=before["processors"], wrapper_class=before["wrapper_class"])
