"""`hotline whatsapp …`: what WhatsApp must approve before it may leave outside a person's day."""

from contextlib import closing
from typing import Annotated, Any

import typer

from app.carriers import carrier_for
from app.carriers.base import CarrierError
from app.cli import console
from app.cli.console import AsJson
from app.clock import Clock
from app.outbound import templates as approvals
from app.outbound.templates import Standing
from handlers.wording import layouts
from models.delivery.contents import Approval

app = typer.Typer(no_args_is_help=True)

SAID = {
    Approval.NONE: "not submitted",
    Approval.WAITS: "submitted, WhatsApp has not decided yet",
    Approval.APPROVED: "approved",
    Approval.REFUSED: "REFUSED",
    Approval.PAUSED: "PAUSED by WhatsApp, for its readers complained",
}
CHANGED = "another wording is approved and is used meanwhile"


@app.callback()
def main() -> None:
    """WhatsApp outside a person's day: what may leave then, and how far its approval is."""


@app.command()
def templates(
    submit: Annotated[
        bool, typer.Option("--submit", help="Have those approved that are not; safe to run again.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show every template with its variables, samples and buttons, and how far WhatsApp is with it."""
    found = console.settings()
    with closing(carrier_for(found)) as carrier, console.opened(found) as kept:
        now = Clock().now()
        unasked: str | None = None
        try:
            standings = approvals.submit(kept, carrier, now) if submit else []
            approvals.refresh(kept, carrier, now)
        except CarrierError as error:
            unasked = f"{error}"
        trouble = {each.layout.called: each.trouble for each in standings if each.trouble} if unasked is None else {}
        standings = kept.read(lambda s: approvals.standings(s, carrier.account_id, trouble))
    if as_json:
        console.as_json([_packed(each) for each in standings])
    else:
        for each in standings:
            _show(each)
        typer.echo(_summary(standings))
    if unasked is not None:
        console.fail(f"WhatsApp could not be asked, so this may be old: {unasked}. See: hotline doctor")
    if trouble or any(_approval(each) is Approval.REFUSED for each in standings):
        raise typer.Exit(1)


def _approval(standing: Standing) -> Approval:
    return standing.content.approval if standing.content else Approval.NONE


def _packed(standing: Standing) -> dict[str, Any]:
    layout, content = standing.layout, standing.content
    return {
        "name": layout.name,
        "language": layout.language,
        "called": layout.called,
        "category": layouts.CATEGORY,
        "body": layout.numbered,
        "variables": {str(n): name for n, name in enumerate(layout.names, 1)},
        "samples": {str(n): layout.samples[name] for n, name in enumerate(layout.names, 1)},
        "buttons": [button.title for button in layout.buttons],
        "sid": content.sid if content else None,
        "state": _approval(standing).value,
        "reason": content.reason if content else None,
        "older_in_use": standing.older is not None,
        "trouble": standing.trouble,
    }


def _show(standing: Standing) -> None:
    layout, content = standing.layout, standing.content
    said = SAID[_approval(standing)]
    why = f": {content.reason}" if content is not None and content.reason else ""
    meanwhile = f" ({CHANGED})" if standing.older is not None and _approval(standing) is not Approval.APPROVED else ""
    typer.echo(f"{layout.name} {layout.language}: {console.plain(said + why)}{meanwhile}")
    if standing.trouble:
        typer.echo(f"  Twilio did not take it: {console.plain(standing.trouble)}")
    sid = f", {content.sid}" if content else ""
    typer.echo(f"  {layout.called}, {layouts.CATEGORY.lower()}{sid}")
    typer.echo(f"  {layout.numbered}")
    for n, name in enumerate(layout.names, 1):
        typer.echo(f"  {{{{{n}}}}} {name}: {layout.samples[name]}")
    if layout.buttons:
        typer.echo(f"  buttons: {', '.join(button.title for button in layout.buttons)}")
    typer.echo("")


def _summary(standings: list[Standing]) -> str:
    by = {approval: sum(_approval(each) is approval for each in standings) for approval in Approval}
    said = ", ".join(f"{count} {SAID[approval].split(',')[0].lower()}" for approval, count in by.items() if count)
    if by[Approval.NONE]:
        return f"{said}. To have them approved: hotline whatsapp templates --submit"
    if by[Approval.REFUSED]:
        return f"{said}. Change the wording in handlers/phrasebook/*.toml, [templates], and submit again"
    return f"{said}."
