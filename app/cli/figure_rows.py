"""A line's figures in rows, for `hotline line rule` and `hotline line answering`; and how the host sets one."""

from collections.abc import Mapping
from dataclasses import fields
from secrets import token_hex
from typing import Any

from app.clock import Clock
from app.outbound import outbox
from handlers.rules import changing
from handlers.rules.figures.table import FIGURES, shown
from handlers.turn import Context
from models import answering
from models.lines import Line, Policy
from models.store.session import Session


def set_by_host(session: Session, line: Line, values: Mapping[str, Any]) -> None:
    """From now on the line lives by these; whoever would have decided on them hears of it."""
    context = Context(session, line, Clock().now())
    with changing.by_host(context) as told:
        changing.set_figures(context, values, changing.HOST)
    outbox.queue(session, line, f"host-rule-{token_hex(8)}", told.texts, context.now)


def answering_rows(line: Line) -> list[dict[str, str]]:
    """How a line's people answer: what was measured, what is used, and which figure overrides it."""
    known, kept = answering.of(line), line.answering
    own = answering.Answering(line.policy, {})
    rows = [{"what": "offers measured", "measured": str(known.measured), "used": "", "overridden by": ""}]
    for name, (yes, asked) in {"all": kept.get("all", (0, 0)), **kept.get("by", {})}.items():
        need, _, part = name.partition(" ")
        used = known.chance([need], answering.HOUR_IN.get(part))
        rows.append(
            {
                "what": f"yes, {'of all' if name == 'all' else name}",
                "measured": f"{yes:g} of {asked:g}",
                "used": f"{used:.3f}",
                "overridden by": "yes_chance",
            }
        )
    curve, usual = known.curve, own.curve
    for minutes in (12, 60, 120):
        share = f"{curve.at(minutes):.0%}"
        measured = share if known.measured else f"none (usual: {usual.at(minutes):.0%})"
        what = f"answers within {minutes} min"
        rows.append({"what": what, "measured": measured, "used": share, "overridden by": "answer_minutes"})
    return rows


def rows(line: Line) -> list[dict[str, str | bool]]:
    """Every figure of a line: its value, the default, the unit, what it means, and whether it is the line's own."""
    default = Policy()
    return [
        {
            "name": field.name,
            "value": shown(getattr(line.policy, field.name)),
            "default": shown(getattr(default, field.name)),
            "unit": FIGURES[field.name].unit,
            "means": FIGURES[field.name].means,
            "own": field.name in line.rules,
        }
        for field in fields(Policy)
    ]
