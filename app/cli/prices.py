"""`hotline line price`: what texts cost by country, channel and direction, and a line's own prices over that."""

from typing import Annotated, Any

import typer

from app.cli import console, figure_rows
from app.cli.console import AsJson, InLine
from models import prices
from models.lines import Line
from models.prices import Price, Way
from models.regions import ANYWHERE, MARKETS
from models.store.session import Session


def price(
    country: Annotated[
        str, typer.Argument(help="Two letters, or * for all others; without one, the line's own.")
    ] = "",
    channel: Annotated[str, typer.Argument(help="sms, mms, rcs or whatsapp; without one, all are shown.")] = "",
    kind: Annotated[str, typer.Argument(help="out or in; by WhatsApp service, utility or in.")] = "",
    amount: Annotated[str, typer.Argument(help="What it costs: a segment by SMS and RCS, else a message.")] = "",
    default: Annotated[bool, typer.Option("--default", help="Put it back to what the table says.")] = False,
    line: InLine = None,
    as_json: AsJson = False,
) -> None:
    """Show what texts to a country and from it cost, with sources, or set what the carrier really takes from you."""
    place = country.strip().upper() or None
    if default and amount:
        console.fail("--default puts a price back: write no amount.", 2)
    if (default or amount) and not (place and channel and kind):
        console.fail("Write a country, a channel and a direction, such as: hotline line price MX sms out 0.05", 2)
    if amount or default:
        try:
            wanted = prices.read(f"{place} {channel.lower()} {kind.lower()} {amount or 0}")
        except ValueError as error:
            console.fail(f"{error}".capitalize() + ".", 2)
    row = f"{place} {channel.lower()} {kind.lower()}"

    def work(session: Session) -> Line:
        found = console.line_named(session, line)
        if amount or default:
            others = [kept for kept in found.policy.prices if not kept.startswith(f"{row} ")]
            own = others if default else [*others, f"{row} {wanted.carrier:f}"]
            figure_rows.set_by_host(session, found, {"prices": own or None})
        return found

    with console.opened(console.settings()) as kept:
        changed = kept.write(work).result() if amount or default else kept.read(work)
    shown = rows(changed, place or changed.country, channel.lower(), kind.lower())
    if as_json:
        console.as_json(shown)
        return
    console.table(
        ["country", "channel", "direction", "price", "of", "as of", "what it is"],
        [list(each.values()) for each in shown],
    )


def rows(line: Line, country: str, channel: str = "", kind: str = "") -> list[dict[str, Any]]:
    """What each kind of text costs in a country, by the table or the line's own."""
    asked = [(way, each) for way in Way for each in prices.KINDS[way]]
    asked = [(way, each) for way, each in asked if channel in ("", way) and kind in ("", each)]
    return [_row(country, prices.price(line.policy, way, each, country)) for way, each in asked]


def _row(country: str, found: Price) -> dict[str, Any]:
    amount = f"{found.amount.normalize():f}"
    return {
        "country": country,
        "channel": found.way.value,
        "direction": found.kind.value,
        "price": f"{amount} ({found.carrier:f} and {found.fees:f} fees)" if found.fees else amount,
        "of": "a segment" if found.way in prices.BY_SEGMENT else "a message",
        "as of": str(found.read_on or ""),
        "what it is": what(found, country),
    }


def what(found: Price, country: str) -> str:
    """How sure a price is, and where it is from."""
    if not found.source:
        return "the line's own"
    whose = (
        "" if found.place == country else " for all others" if found.place == ANYWHERE else f" for {_market(country)}"
    )
    return f"{'an estimate' if found.estimate else 'listed'}{whose}: {found.source}"


def _market(country: str) -> str:
    return MARKETS[country].replace("_", " ")
