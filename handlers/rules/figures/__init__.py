"""The figures a line lives by: what may be written for each, in which groups they stand, and how they are said."""

from typing import Any

from handlers.phrasebook import Value
from handlers.rules.figures.groups import DECIDED, DEFAULT, DEFAULT_OF, GROUP_OF, GROUPS, UNITS, Unit
from handlers.rules.figures.saying import FigureName, FigureValue
from handlers.turn import Context
from models.lines import Policy

__all__ = [
    "DECIDED",
    "DEFAULT",
    "DEFAULT_OF",
    "GROUPS",
    "GROUP_OF",
    "UNITS",
    "Unit",
    "decided_only",
    "named",
    "plain",
    "said",
]


def named(name: str) -> Value:
    """What people call a figure: "Exact places a day"."""
    return FigureName(name)


def said(context: Context, name: str, value: Any = None) -> Value:
    """A value of a figure in words: "6 places"; of None the default, by which a line lives that has no own."""
    return FigureValue(name, getattr(DEFAULT, name, None) if value is None else value)


def plain(value: Any) -> Any:
    """A value as JSON keeps it, to be compared."""
    return [*value] if isinstance(value, tuple) else value


def decided_only(policy: Policy, name: str) -> bool:
    """Whether the group has kept this figure to its decisions; which figures these are always is one of them."""
    return name == DECIDED or name in policy.decided_only or GROUP_OF.get(name) in policy.decided_only
