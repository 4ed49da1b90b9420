"""RULES: the figures the line lives by in words, who decided them and when; in few segments, the rest by topic."""

from collections.abc import Mapping, Sequence

from handlers.phrasebook import Value
from handlers.rules import changes, figures, topics
from handlers.rules.figures.groups import DEFAULT
from handlers.turn import Context, Text, Texts, Turn
from handlers.understanding.arguments import Looked
from handlers.understanding.intents import Order
from handlers.wording import paging
from handlers.wording.summary import Date, Lines, Said
from models import line_events
from models.delivery.outbound import Lane
from models.line_events import RULE, LineEvent

# What people ask about most; those that a group has set come before them.
OFTEN_ASKED = (
    "quiet_from",
    "quiet_until",
    "offer_shows",
    "doors_per_day",
    "decide_hours",
    "decide_quorum",
    "vouch_after_days",
    "errand_limit",
    "week_limit",
    "daily_ceiling",
)


def rules(turn: Turn, order: Order) -> Texts:
    """RULES: what the group has set, and what is asked most; RULES safety: all figures of a topic."""
    asked: Looked = order.argument or Looked()
    kept = line_events.last_of_each(turn.session, turn.line.id)
    last = {name: event for (kind, name), event in kept.items() if kind == RULE}
    names = _first(turn, last) if asked.topic is None else topics.figures_of(asked.topic)
    if not names:  # of areas and answers the history tells
        yield turn.reply("rules_no_figures")
        return

    def say(shown: Sequence[Value], more: bool) -> Said:
        if asked.topic is None:
            return Said("rules", {"rows": Lines(shown)})
        next_page: Mapping[str, Value] = {"topic": topics.word(asked.topic), "n": asked.page + 1}
        return Said("rules_topic", {"rows": Lines(shown), "more": Said("rules_more", next_page) if more else None})

    rows = [_row(turn, name, last.get(name)) for name in names]
    shown, more = paging.page(rows, asked.page, turn.speaker.speaks(turn.line), say)
    if shown:
        said = say(shown, more)
        yield Text(turn.speaker, said.phrase, said.values, Lane.REPLY)
    else:
        yield turn.reply("rules_no_more")


def _first(context: Context, last: Mapping[str, LineEvent]) -> Sequence[str]:
    """The figures that stand otherwise than they came, the last change first; then what is asked most."""
    policy = context.line.policy
    own = [name for name in figures.UNITS if getattr(policy, name) != getattr(DEFAULT, name)]
    own.sort(key=lambda name: last[name].id if name in last else 0, reverse=True)
    return [*own, *(name for name in OFTEN_ASKED if name not in own)]


def _row(context: Context, name: str, event: LineEvent | None) -> Said:
    """One figure; who set it is told of what stands otherwise than it came, or did once."""
    value = getattr(context.line.policy, name)
    said: Mapping[str, Value] = {"what": figures.named(name), "value": figures.said(context, name, value)}
    if event is None and value == getattr(DEFAULT, name):
        return Said("rules_row", said)
    if event is None:  # the settings said so before changes were written down
        return Said("rules_row_by", {**said, "by": Said("by_host")})
    when = Date(event.at, context.line.timezone)
    return Said("rules_row_when", {**said, "by": changes.by(context, event), "when": when})
