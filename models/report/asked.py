"""What was asked for in a span: kinds of help by week, areas, languages, and how each request ended and why."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

import sqlalchemy as sa

from models import lines
from models.assignments import Assignment
from models.report.span import Span, between, bucket
from models.requests import Event, Outcome, Request
from models.store.session import Session
from models.store.types import table

REQUESTS, ASSIGNMENTS, EVENTS = table(Request), table(Assignment), table(Event)
OTHER = "other"  # of a request that names nothing we have a word for
NOWHERE = ""  # the area of a request that is in none of the line's, or in one that nobody knows


class Ending(StrEnum):
    """How a request ended, or that it goes on; of what came to nothing, why."""

    HELPED = "helped"  # the neighbor said that it came
    PARTLY = "partly"
    UNCONFIRMED = "unconfirmed"  # it was said to be done, and the neighbor said nothing
    GOES_ON = "goes_on"
    NOBODY_TO_ASK = "nobody_to_ask"  # unmet: no volunteer fitted
    NOBODY_COULD = "nobody_could"  # unmet: some were asked, and none of them took it
    FELL_THROUGH = "fell_through"  # unmet: somebody had it, and gave it back or fell silent
    GIVEN_UP = "given_up"  # duty ended it while somebody had it
    REFERRED = "referred"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"  # it goes on as part of another one


CAME = (Ending.HELPED, Ending.PARTLY)
NOT_MET = (Ending.NOBODY_TO_ASK, Ending.NOBODY_COULD, Ending.FELL_THROUGH, Ending.GIVEN_UP)
BY_OUTCOME = {
    None: Ending.GOES_ON,
    Outcome.FULFILLED: Ending.HELPED,
    Outcome.PARTIAL: Ending.PARTLY,
    Outcome.UNCONFIRMED: Ending.UNCONFIRMED,
    Outcome.ABANDONED: Ending.GIVEN_UP,
    Outcome.REFERRED: Ending.REFERRED,
    Outcome.WITHDRAWN: Ending.WITHDRAWN,
    Outcome.MERGED: Ending.MERGED,
}
UNMET = (Ending.NOBODY_TO_ASK, Ending.NOBODY_COULD, Ending.FELL_THROUGH)  # in the order of `_why`


@dataclass(frozen=True)
class Asked:
    """What was asked for. A request for two kinds of help counts in both of them, and once among `requests`."""

    requests: Mapping[date, int]  # by week
    needs: Mapping[date, Mapping[str, int]]  # by week, by kind of help
    languages: Mapping[str, int]
    endings: Mapping[Ending, int]
    by_need: Mapping[str, Mapping[Ending, int]]
    by_area: Mapping[str, Mapping[Ending, int]]  # by its name; each request in one
    by_language: Mapping[str, Mapping[Ending, int]]
    by_first_need: Mapping[str, Mapping[Ending, int]]  # each request in one: of what it named first

    @property
    def total(self) -> int:
        """How many requests there were."""
        return sum(self.requests.values())

    @property
    def needed(self) -> list[str]:
        """The kinds of help, the one that was asked for most first."""
        return sorted(self.by_need, key=lambda need: (-sum(self.by_need[need].values()), need))


@dataclass(frozen=True)
class Group:
    """Requests that are alike in all that is counted, and how many they are."""

    week: date
    needs: tuple[str, ...]
    area: str
    language: str
    ending: Ending
    count: int


def read(session: Session, line_id: int, span: Span) -> Asked:
    """Of the requests that were made in the span."""
    return counted(span, groups(session, line_id, span))


def groups(session: Session, line_id: int, span: Span) -> Iterable[Group]:
    """The requests of the span, counted by the database: there are far fewer groups than requests."""
    each = (
        sa.select(
            bucket(REQUESTS.c.created_at, span.edges(span.weeks)).label("week"),
            sa.cast(REQUESTS.c.needs, sa.String).label("needs"),
            REQUESTS.c.area_id,
            REQUESTS.c.language,
            REQUESTS.c.outcome,
            _why().label("why"),
        )
        .where(REQUESTS.c.line_id == line_id, *between(session, Request, "created_at", span.since, span.until))
        .subquery()
    )
    query = sa.select(*each.c, sa.func.count()).group_by(*each.c)
    areas = {area.id: area.name for area in lines.areas(session, line_id)}
    for week, needs, area_id, language, outcome, why, count in session.execute(query):
        ending = UNMET[why] if outcome is Outcome.UNMET else BY_OUTCOME[outcome]
        area = areas.get(area_id, NOWHERE)
        yield Group(span.weeks[week], tuple(json.loads(needs)) or (OTHER,), area, language, ending, count)


def _why() -> sa.ColumnElement[int]:
    """Why nobody helped, looked up for what is unmet alone."""
    claimed = sa.exists().where(ASSIGNMENTS.c.request_id == REQUESTS.c.id)
    asked = sa.exists().where(EVENTS.c.request_id == REQUESTS.c.id, EVENTS.c.kind == "wave")
    unmet = sa.func.coalesce(REQUESTS.c.outcome, "") == Outcome.UNMET.value
    return sa.case((~unmet, 0), (claimed, 2), (asked, 1), else_=0)


def counted(span: Span, alike: Iterable[Group]) -> Asked:
    """The figures of these groups of requests."""
    requests: Counter[date] = Counter(dict.fromkeys(span.weeks, 0))
    needs: dict[date, Counter[str]] = {week: Counter() for week in span.weeks}
    languages, endings = Counter[str](), Counter[Ending]()
    by_need, by_area, by_language, by_first_need = (dict[str, Counter[Ending]]() for _ in range(4))
    for group in alike:
        requests[group.week] += group.count
        languages[group.language] += group.count
        endings[group.ending] += group.count
        for need in dict.fromkeys(group.needs):
            needs[group.week][need] += group.count
            by_need.setdefault(need, Counter())[group.ending] += group.count
        for each, name in (
            (by_area, group.area),
            (by_language, group.language),
            (by_first_need, group.needs[0]),
        ):
            each.setdefault(name, Counter())[group.ending] += group.count
    return Asked(
        MappingProxyType(requests),
        MappingProxyType(needs),
        MappingProxyType(languages),
        MappingProxyType(endings),
        *(MappingProxyType(each) for each in (by_need, by_area, by_language, by_first_need)),
    )
