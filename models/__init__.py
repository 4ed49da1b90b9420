"""What is remembered: one module per noun, each with its table and all of its queries."""

from sqlalchemy.orm import configure_mappers
from sqlmodel import SQLModel

from models import (
    alarms,
    assignments,
    broadcasts,
    distributions,
    duty_tasks,
    erasures,
    households,
    imports,
    inbound,
    kept_apart,
    line_events,
    lines,
    marks,
    number_changes,
    offers,
    people,
    person_events,
    pledges,
    prefixes,
    recurring,
    requests,
    restores,
    shifts,
    stock,
    surges,
    timers,
)
from models.delivery import contents, line_numbers, outbound, workers

configure_mappers()  # SQLAlchemy would do it at the first query of its own session, which is never made here
METADATA = SQLModel.metadata

__all__ = [
    "METADATA",
    "alarms",
    "assignments",
    "broadcasts",
    "contents",
    "distributions",
    "duty_tasks",
    "erasures",
    "households",
    "imports",
    "inbound",
    "kept_apart",
    "line_events",
    "line_numbers",
    "lines",
    "marks",
    "number_changes",
    "offers",
    "outbound",
    "people",
    "person_events",
    "pledges",
    "prefixes",
    "recurring",
    "requests",
    "restores",
    "shifts",
    "stock",
    "surges",
    "timers",
    "workers",
]
