"""`hotline doctor`: what is wrong and what to do, from the settings to the people on duty. It changes nothing."""

from collections.abc import Iterator
from contextlib import closing

import typer

from app.carriers import carrier_for
from app.carriers.base import Carrier
from app.cli import console
from app.cli.console import AsJson
from app.cli.doctor import checks
from app.cli.trouble import WRONG_SETTINGS, in_settings
from app.clock import Clock
from app.settings import Settings
from app.telemetry.findings import Finding, Level
from app.web import address
from app.web.address import Looking
from app.web.diagnosis import backups

app = typer.Typer()

# As they are read: the worst first.
MARKS = {Level.PROBLEM: "PROBLEM ", Level.WARNING: "warning ", Level.OK: "ok      "}


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Look the hotline over: settings, database, lines, people, carrier."""
    try:
        settings = Settings()
    except ValueError as error:
        show([Finding(Level.PROBLEM, "settings", said) for said in in_settings(error)], as_json)
        raise typer.Exit(WRONG_SETTINGS) from None
    with closing(carrier_for(settings)) as carrier:
        found = list(every(settings, carrier))
    show(found, as_json)
    if any(finding.level is Level.PROBLEM for finding in found):
        raise typer.Exit(1)


def every(settings: Settings, carrier: Carrier, looking: Looking = address.look) -> Iterator[Finding]:
    """All findings, in the order in which they should be mended."""
    yield Finding(Level.OK, "settings", "every variable can be read")
    yield from checks.machine(settings)
    yield from checks.database(settings, carrier)
    yield from checks.spool(settings)
    yield from backups.check(settings, Clock().now())
    yield from checks.public_url(settings, carrier, looking)
    yield from carrier.checks(checks.numbers(settings, carrier), Clock().now())


def show(found: list[Finding], as_json: bool) -> None:
    """Show the findings, the worst first, with what to do under each; other programs get them as they were found."""
    if as_json:
        console.as_json([finding.packed() for finding in found])
        return
    for finding in sorted(found, key=lambda each: list(MARKS).index(each.level)):
        typer.echo(f"{MARKS[finding.level]} {finding.about}: {console.plain(finding.what)}")
        if finding.do:
            typer.echo(f"{'':9}{console.plain(finding.do)}")
    wrong, look = (sum(finding.level is level for finding in found) for level in (Level.PROBLEM, Level.WARNING))
    said = f"{console.count(wrong, 'problem')}, {console.count(look, 'warning')}."
    if wrong:
        first = next(finding for finding in found if finding.level is Level.PROBLEM)
        said += f" Mend the first problem ({first.about}), then run this again."
    typer.echo(f"\n{said}")
