"""`hotline money …`: for whoever holds the group's account: what to pay back to whom, what was paid, what came in.

The software pays nothing. Whatever is noted here is an event "by the host", which every volunteer may read.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from secrets import token_hex
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from babel.numbers import get_currency_name, list_currencies

from app.cli import cells, console
from app.cli.cells import NoBom, To
from app.cli.console import AsJson, InLine
from app.clock import Clock
from app.outbound import outbox
from handlers import phrasebook
from handlers.members import naming
from handlers.money import approving
from handlers.turn import Context, Texts
from models import people, purse, purse_steps, requests
from models.lines import Line
from models.purse import Kind, PurseEntry, State
from models.store.session import Session

ENTRY = re.compile(r"([sg])?(\d{1,9})", re.IGNORECASE)
AMOUNT = re.compile(r"\d{1,9}(?:[.,]\d{1,3})?")
FIELDS = "entry kind state amount currency person name request words said_at approved_at paid_at ok".split()
HOST = "(the host)"
ERASED = "(erased)"

Entries = Annotated[
    list[str], typer.Argument(metavar="ENTRY…", help="Such as S12, S13: hotline money list shows them.")
]
Undo = Annotated[bool, typer.Option("--undo", help="That was a mistake: put it back to what it was before.")]

app = typer.Typer(no_args_is_help=True)


@app.callback()
def main() -> None:
    """The group's purse, for whoever holds the account: what to pay back, what was paid, what came in."""


@app.command("list")
def list_(
    everything: Annotated[bool, typer.Option("--all", help="Also what is settled.")] = False,
    as_json: AsJson = False,
    line: InLine = None,
) -> None:
    """Where the purse stands, what is to be paid back to whom, and what waits."""

    def work(session: Session) -> tuple[Line, purse.Totals, list[dict[str, Any]]]:
        chosen = console.line_named(session, line)
        found = (purse.every if everything else purse.unsettled)(session, chosen.id)
        rows = [_row(session, chosen, entry) for entry in found]
        return chosen, purse.totals(session, chosen.id), rows

    with console.opened(console.settings()) as kept:
        chosen, totals, rows = kept.read(work)
    units = {
        "there": totals.there,
        "came in": totals.came_in,
        "paid": totals.paid,
        "to pay": totals.to_pay,
        "waits for OK": totals.waiting,
        "not counted yet": totals.unconfirmed,
    }
    if as_json:
        sums = {name.replace(" ", "_"): _units(chosen, cents) for name, cents in units.items()}
        shown = [{name: _plain(value, chosen) for name, value in row.items()} for row in rows]
        console.as_json({"currency": purse.currency(chosen), **sums, "entries": shown})
        return
    typer.echo(", ".join(f"{name} {_shown(chosen, cents)}" for name, cents in units.items()))
    wanted = ["entry", "state", "amount", "name", "request", "words", "said_at"]
    console.table(
        ["entry", "state", "amount", "to or from", "request", "words", "said"],
        [[_cell(row[name], chosen) for name in wanted] for row in rows],
    )
    if totals.to_pay:
        typer.echo("Pay them as you do, then note it: hotline money paid S12")


@app.command()
def export(to: To = None, no_bom: NoBom = False, line: InLine = None) -> None:
    """The books: every entry as a table for a spreadsheet, CSV on standard output or a file (--to purse.xlsx)."""

    def work(session: Session) -> tuple[Line, list[dict[str, Any]]]:
        chosen = console.line_named(session, line)
        return chosen, [_row(session, chosen, entry) for entry in purse.every(session, chosen.id)]

    with console.opened(console.settings()) as kept:
        chosen, rows = kept.read(work)
    cells.save(to, FIELDS, ([_cell(row[name], chosen) for name in FIELDS] for row in rows), bom=not no_bom)
    if to is not None:
        who = "Names and what people wrote are in it: keep it within the group."
        typer.echo(f"{console.count(len(rows), 'row')} written to {to}. {who}")


@app.command()
def paid(entries: Entries, undo: Undo = False, line: InLine = None) -> None:
    """Note that you have paid these back; each volunteer hears it."""

    def step(context: Context, entry: PurseEntry) -> Texts | None:
        done = (purse_steps.unpay if undo else purse_steps.pay)(context.session, entry, context.now)
        return approving.paid(context, entry, undone=undo) if done else None

    _note(entries, line, step, "is to be paid again" if undo else "is paid", _why_not_paid)


@app.command()
def received(
    what: Annotated[str, typer.Argument(help="An amount that came in, such as 50.00; or an entry, such as G13.")],
    words: Annotated[str, typer.Argument(help="From where; nobody's name need be in it.")] = "",
    undo: Undo = False,
    line: InLine = None,
) -> None:
    """Note what came in: a sum, or what a volunteer said with GAVE and you now have."""
    if ENTRY.fullmatch(what) and what[0] in "gG":

        def step(context: Context, entry: PurseEntry) -> Texts | None:
            done = (purse_steps.unreceive if undo else purse_steps.receive)(context.session, entry, context.now)
            if not done:
                return None
            return iter(()) if undo else approving.counts(context, entry)

        _note([what], line, step, "does not count any more" if undo else "counts", _why_not_received)
        return
    if undo:
        console.fail("Name the entry that was a mistake, such as: hotline money received G13 --undo", 2)

    def work(session: Session) -> tuple[str, str]:
        chosen = console.line_named(session, line)
        cents = _cents(chosen, what)
        made = purse.add(
            session, chosen, Kind.GIVEN, cents, Clock().now(), by=None, words=" ".join(words.split()), approved=True
        )
        return made.name, _shown(chosen, cents)

    with console.opened(console.settings()) as kept:
        name, amount = kept.write(work).result()
    typer.echo(f"{name}: {amount} came in. A slip? hotline money received {name} --undo")


@app.command()
def currency(
    code: Annotated[str, typer.Argument(help="Three letters, such as EUR; without them, it is shown.")] = "",
    line: InLine = None,
) -> None:
    """In which currency a group keeps its purse: its country's, unless you say another before the first entry."""
    wanted = code.strip().upper()
    if wanted and wanted not in list_currencies():
        console.fail(f"There is no currency {code!r}. Write its three letters, such as USD or EUR.", 2)

    def work(session: Session) -> tuple[bool, str]:
        chosen = console.line_named(session, line)
        done = not wanted or purse.set_currency(session, chosen, wanted, Clock().now())
        return done, purse.currency(chosen)

    with console.opened(console.settings()) as kept:
        done, now = kept.write(work).result() if wanted else kept.read(work)
    if not done:
        console.fail(
            f"The purse has entries in {now} already, and keeps to it: sums of two currencies add up to nothing."
        )
    typer.echo(f"{now}: {get_currency_name(now, locale='en')}")


def _note(
    said: list[str],
    line: str | None,
    step: Callable[[Context, PurseEntry], Texts | None],
    done: str,
    why_not: Callable[[PurseEntry], str],
) -> None:
    """Take one step of each of these entries, or of none."""

    def work(session: Session) -> list[str]:
        now, chosen = Clock().now(), console.line_named(session, line)
        told = list[str]()
        for entry in [_named(session, chosen, each) for each in said]:
            texts = step(Context(session, chosen, now), entry)
            if texts is None:
                console.fail(f"{entry.name}: {why_not(entry)} Nothing was changed.")
            outbox.queue(session, chosen, f"purse-{entry.id}-{token_hex(8)}", texts, now)
            told.append(f"{entry.name} {done}: {_shown(chosen, entry.cents)}, {_who(session, chosen, entry)}")
        return told

    with console.opened(console.settings()) as kept:
        for row in kept.write(work).result():
            typer.echo(console.plain(row))


def _named(session: Session, line: Line, said: str) -> PurseEntry:
    found = ENTRY.fullmatch(said.strip().strip(",#"))
    entry = purse.by_number(session, line.id, int(found[2])) if found else None
    if entry is None or (found is not None and found[1] and not entry.name.startswith(found[1].upper())):
        console.fail(f"There is no {said} in the purse of {line.name}. See: hotline money list --all")
    return entry


def _why_not_paid(entry: PurseEntry) -> str:
    if not entry.is_spent:
        return "that came in; it is not to be paid."
    return {
        State.WAITING: "it waits for the OK of others (they text it).",
        State.ASKED: "somebody has asked about it (WHY), and it waits for the answer.",
        State.APPROVED: "it is not noted as paid.",
        State.PAID: "it is noted as paid already.",
        State.WITHDRAWN: "it was taken back.",
    }[entry.state]


def _why_not_received(entry: PurseEntry) -> str:
    if entry.is_spent:
        return "that was spent; it did not come in."
    return "it counts already." if entry.state is State.APPROVED else "it does not count."


def _cents(line: Line, said: str) -> int:
    scaled = None
    if AMOUNT.fullmatch(said.strip()):
        scaled = Decimal(said.strip().replace(",", ".")).scaleb(purse.decimals(line))
    if scaled is None or scaled != scaled.to_integral_value() or not 0 < scaled <= purse.MOST:
        console.fail(f"{said!r} is no amount. Write it with its cents, such as 50.00, or an entry, such as G13.", 2)
    return int(scaled)


def _row(session: Session, line: Line, entry: PurseEntry) -> dict[str, Any]:
    request = requests.by_id(session, entry.request_id) if entry.request_id is not None else None
    who_ok = [_name(line, person.name) for person in purse_steps.oks(session, entry)]
    return {
        "entry": entry.name,
        "kind": entry.kind.value,
        "state": entry.state.value,
        "amount": Decimal(_units(line, entry.cents)),  # a number to a spreadsheet, and exact
        "currency": purse.currency(line),
        "person": entry.person_id,
        "name": _who(session, line, entry),
        "request": f"#{request.number}" if request is not None else None,
        "words": entry.words,
        "said_at": entry.said_at,
        "approved_at": entry.approved_at,
        "paid_at": entry.paid_at,
        "ok": ", ".join(who_ok),
    }


def _who(session: Session, line: Line, entry: PurseEntry) -> str:
    if entry.person_id is None:
        return HOST
    person = people.by_id(session, entry.person_id)
    return ERASED if person.erased_at is not None else _name(line, person.name)


def _name(line: Line, stored: str) -> str:
    return naming.whole(stored, line.name) or "(no name)"


def _units(line: Line, cents: int) -> str:
    """An amount in whole units with its decimals: as text, for a float would lose cents."""
    return f"{Decimal(cents).scaleb(-purse.decimals(line)):.{purse.decimals(line)}f}"


def _shown(line: Line, cents: int) -> str:
    return approving.money_of(line, cents).in_words(phrasebook.book("en"))


def _plain(value: Any, line: Line) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    return console.stamp(value, line) if hasattr(value, "isoformat") else value


def _cell(value: Any, line: Line) -> Any:
    """Moments on the line's own clock."""
    return value.astimezone(ZoneInfo(line.timezone)).replace(tzinfo=None) if hasattr(value, "isoformat") else value
