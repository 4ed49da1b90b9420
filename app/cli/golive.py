"""`hotline golive`: from nothing to a talking line, one question at a time; every answer can also come by option."""

import sys
from collections.abc import Mapping
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Annotated

import typer

from app.carriers import carrier_for
from app.cli import console, doctor
from app.cli.people import entries, first_texts
from app.cli.people.first_texts import Welcome
from app.clock import Clock
from app.golive import evening, folder, progress, undo
from app.golive.dialog import Dialog, Stop
from app.golive.setup import Given, Setup
from app.golive.state import State, Unreadable
from app.settings import Settings
from app.telemetry.findings import Level
from models.lines import Line
from models.people import Person
from models.store.session import Session

app = typer.Typer()

LEFT = "\nLeft here. What is done is kept: hotline golive goes on where it was."


@app.command()
def golive(
    name: Annotated[str | None, typer.Option("--name", help="What the group calls its hotline.")] = None,
    language: Annotated[str | None, typer.Option("--language", help="What most neighbors speak, such as es.")] = None,
    country: Annotated[str | None, typer.Option("--country", help="Two letters, such as US.")] = None,
    timezone: Annotated[str | None, typer.Option("--timezone", help="Such as America/Chicago.")] = None,
    account_sid: Annotated[
        str | None, typer.Option("--account-sid", help="Twilio's, AC…; its token is asked.")
    ] = None,
    number: Annotated[str | None, typer.Option("--number", help="What neighbors text, if there are several.")] = None,
    public_url: Annotated[str | None, typer.Option("--public-url", help="Where Twilio reaches it, https://…")] = None,
    database_url: Annotated[str | None, typer.Option("--database-url", help="Another one than DATABASE_URL.")] = None,
    phone: Annotated[str | None, typer.Option("--phone", help='You: "Ana +12025550101".')] = None,
    volunteer: Annotated[
        list[str] | None, typer.Option("--volunteer", help='"Ben +12025550102", "Dee +12025550103 duty"; repeat it.')
    ] = None,
    welcome: Welcome = None,
    wait: Annotated[
        float, typer.Option("--wait", min=0, max=60, help="Minutes to wait for the answer to the test text.")
    ] = 5,
    yes: Annotated[bool, typer.Option("--yes", help="Change what is shown at Twilio without asking.")] = False,
    status: Annotated[bool, typer.Option("--status", help="Say what is done and what waits.")] = False,
    undo_: Annotated[bool, typer.Option("--undo", help="Set back what was changed at Twilio and in .env.")] = False,
) -> None:
    """Go live with Twilio: from nothing to a line that talks. Can be left at any moment, and goes on where it was.

    Without a terminal everything comes by options, and the auth token as TWILIO_AUTH_TOKEN in the environment.
    """
    values = {
        "HOTLINE_NAME": name,
        "HOTLINE_LANGUAGE": language,
        "HOTLINE_COUNTRY": country,
        "HOTLINE_TIMEZONE": timezone,
        "TWILIO_ACCOUNT_SID": account_sid,
        "HOTLINE_NUMBER": number,
        "PUBLIC_URL": public_url,
        "DATABASE_URL": database_url,
    }
    here = Path.cwd()
    try:
        folder.check(here)
        with nullcontext() if status else folder.alone(here):
            setup = Setup(
                Dialog(sys.stdin.isatty(), yes),
                Given({n: v for n, v in values.items() if v}, phone, tuple(volunteer or ()), welcome, wait * 60),
                State.load(here),
                here,
                keep,
                first_texts.offer,
                console.opened,
                look_over,
            )
            good = _run(setup, status=status, undoing=undo_)
    except (typer.Abort, KeyboardInterrupt, EOFError):
        console.fail(LEFT)
    except Stop as stop:
        console.fail(f"\n{stop}")
    except Unreadable as error:
        console.fail(str(error))
    if not good:
        raise typer.Exit(1)


def _run(setup: Setup, *, status: bool, undoing: bool) -> bool:
    if status:
        progress.show(setup)
    elif undoing:
        undo.run(setup)
    else:
        return evening.run(setup)
    return True


def keep(session: Session, line: Line, row: Mapping[str, str], settings: Settings) -> Person:
    """Keep somebody as `hotline person add` does. Raises Unusable."""
    own = settings.hotline_number, settings.hotline_whatsapp
    return entries.read(session, line, row, own).keep(session, line, Clock().now())


def look_over(settings: Settings) -> bool:
    """Show what the doctor finds; whether nothing is a problem."""
    with closing(carrier_for(settings)) as carrier:
        found = list(doctor.every(settings, carrier))
    doctor.show(found, as_json=False)
    return all(finding.level is not Level.PROBLEM for finding in found)
