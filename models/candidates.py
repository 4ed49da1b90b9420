"""Volunteers who could be asked about a request: a query for each kind of them, read from indexes in their order."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import col

from models.assignments import Assignment, completed_by_anybody
from models.assignments import State as AssignmentState
from models.kept_apart import KeptApart
from models.lines import Channel, Line, day, minute, waking
from models.offers import Offer
from models.people import HELPING, Address, Person
from models.requests import Outcome, Request, Urgency
from models.store.lists import in_list
from models.store.session import Session
from models.store.statements import Precompiled
from models.store.types import UtcDateTime, table

UNLIMITED = 2**31 - 1
EMPTY = "[]"  # an empty list as JSON: anything, anywhere
CUT_OFF_FOR = timedelta(days=1)  # after that they are tried again, and duty hears of it again
EVERY = 3  # of so many requests, those are asked about one who let many offers go unanswered


class Among(StrEnum):
    """Which volunteers to look for."""

    FREE = "free"  # no offer to answer, and those they had they mostly answered
    TIRED = "tired"  # no offer to answer, and several in a row they let expire
    CALLED_OFF = "called_off"  # an offer to answer that can wait, unlike this request
    LATER = "later"  # they cannot be asked now, but later: an offer to answer, not their hours, or no way to them


class Candidate(NamedTuple):
    """A volunteer who could do what is asked, and what decides who is asked first."""

    id: int
    speaks: bool = True  # the language of the neighbor
    among: Among = Among.FREE
    lives_there: bool = False  # does such things in the very area
    last_asked_at: datetime | None = None


class Search(NamedTuple):
    """What makes a query of its own."""

    among: Among
    same_language: bool
    first: bool  # nobody was asked about it yet, or had it
    urgent: bool
    night: bool
    tired_too: bool  # this time those count as everybody else
    newcomers_too: bool  # those whom somebody vouched for by text and who have hardly helped yet
    needs: int
    area: bool
    only: bool = False  # no others than these are looked for


def _awake(search: Search) -> sa.ColumnElement[bool]:
    """Whether they may be texted at this minute."""
    begins, ends, now = col(Person.hours_from), col(Person.hours_until), sa.bindparam("minute", type_=sa.Integer)
    in_hours = sa.or_(
        begins.is_(None),
        begins == ends,
        sa.and_(begins < ends, begins <= now, now < ends),
        sa.and_(begins > ends, sa.or_(begins <= now, now < ends)),
    )
    if not search.urgent:
        return in_hours
    may_be_woken = sa.or_(col(Person.wake_since).is_not(None), col(Person.on_duty_since).is_not(None))
    return may_be_woken if search.night else sa.or_(in_hours, may_be_woken)


def _state(search: Search) -> list[sa.ColumnElement[bool]]:
    """What sets these volunteers apart from the others."""
    pending, unanswered = col(Person.pending_offer_request_id), col(Person.unanswered)
    most = sa.bindparam("unanswered_most", type_=sa.Integer)
    if search.among is Among.FREE:
        return [pending.is_(None), _awake(search), ~_cut_off(), *([] if search.tired_too else [unanswered < most])]
    if search.among is Among.TIRED:
        return [pending.is_(None), _awake(search), ~_cut_off(), unanswered >= most]
    if search.among is Among.LATER:
        return [sa.or_(pending.is_not(None), ~_awake(search), _cut_off())]
    theirs = sa.exists().where(
        col(Request.id) == pending,
        sa.func.coalesce(col(Request.urgency), Urgency.TODAY) != Urgency.URGENT,
        col(Request.emergency).is_(False),
        col(Request.danger).is_(None),
    )
    return [pending.is_not(None), _awake(search), ~_cut_off(), theirs]


def _cut_off() -> sa.ColumnElement[bool]:
    """Whether a text found WhatsApp's window closed and no other way to them, and nothing has changed since."""
    since: Any = sa.bindparam("cut_off_since", type_=UtcDateTime)
    theirs, other = aliased(Address), aliased(Address)
    language = sa.func.coalesce(col(Person.language), sa.bindparam("line_language"))
    found = sa.exists().where(
        col(theirs.person_id) == col(Person.id),
        col(theirs.waits_told_at) > since,
        sa.func.coalesce(col(theirs.window_opened_at), since) < col(theirs.waits_told_at),
    )
    by_sms = sa.exists().where(
        col(other.person_id) == col(Person.id), col(other.channel) == Channel.SMS, col(other.last_heard_at) > since
    )
    return sa.and_(found, ~by_sms, ~in_list(language, "by_template"))


def _no_newcomer() -> sa.ColumnElement[bool]:
    """Whom the host added, or who has helped often enough (handlers/members/newcomers.py)."""
    theirs = completed_by_anybody().where(col(Assignment.person_id) == col(Person.id))
    came, by_hand = theirs.correlate(Person).scalar_subquery(), col(Person.vouched_by_person_id).is_(None)
    return sa.or_(by_hand, came >= sa.bindparam("newcomer_matches", type_=sa.Integer))


def _merged() -> Any:
    """Whose requests were merged into this one, or into one that was."""
    one, other = aliased(Request), aliased(Request)
    here: Any = sa.bindparam("request_id")
    into = sa.select(col(other.id)).where(col(other.parent_request_id) == here, col(other.outcome) == Outcome.MERGED)
    through = sa.or_(col(one.parent_request_id) == here, col(one.parent_request_id).in_(into))
    return sa.select(col(one.person_id)).where(through, col(one.outcome) == Outcome.MERGED)


@cache
def _candidates(search: Search) -> Precompiled[Any]:
    """The first few of those asked before and of those never asked, each read from an index in its order."""
    asked_already = sa.exists().where(
        col(Offer.request_id) == sa.bindparam("request_id"), col(Offer.person_id) == col(Person.id)
    )
    had_it = sa.exists().where(
        col(Assignment.request_id) == sa.bindparam("request_id"), col(Assignment.person_id) == col(Person.id)
    )
    apart = [
        sa.exists().where(one == col(Person.id), sa.or_(other == sa.bindparam("asker_id"), other.in_(_merged())))
        for one, other in (
            (col(KeptApart.helper_id), col(KeptApart.neighbor_id)),
            (col(KeptApart.neighbor_id), col(KeptApart.helper_id)),
        )
    ]
    in_hand = (
        sa.select(sa.func.count())
        .where(col(Assignment.person_id) == col(Person.id), col(Assignment.state) == AssignmentState.ACTIVE)
        .correlate(Person)
        .scalar_subquery()
    )
    can, languages, areas = (sa.cast(column, sa.Text) for column in (Person.can, Person.languages, Person.areas))
    speaks = sa.or_(
        languages.contains(sa.bindparam("as_language")),
        sa.and_(
            languages == EMPTY,
            sa.func.coalesce(Person.language, sa.bindparam("line_language")) == sa.bindparam("language"),
        ),
    )
    able = [can.contains(sa.bindparam(f"as_need{n}")) for n in range(search.needs)]
    spaced = sa.func.replace(sa.func.replace(areas, "[", " "), "]", ",")  # " 1, 12,"
    lives_there = spaced.contains(sa.bindparam("as_area")) if search.area else sa.false()
    fits = [
        col(Person.line_id) == sa.bindparam("line_id"),
        col(Person.id) != sa.bindparam("asker_id"),
        col(Person.id) != sa.bindparam("complained_of", type_=sa.Integer),
        *HELPING,
        *(~each for each in apart),
        sa.or_(col(Person.away_until).is_(None), col(Person.away_until) <= sa.bindparam("now", type_=UtcDateTime)),
        *_state(search),
        *([in_list(table(Person).c.id, "only")] if search.only else []),
        *([] if search.urgent else [col(Person.digest_since).is_(None)]),
        *([] if search.newcomers_too else [_no_newcomer()]),
        *([sa.or_(can == EMPTY, *able)] if search.needs else []),
        *([sa.or_(areas == EMPTY, lives_there)] if search.area else []),
        *([] if search.among is Among.LATER else [speaks if search.same_language else ~speaks]),
        *([] if search.first else [~asked_already, ~had_it]),
        sa.func.coalesce(Person.max_open, sa.bindparam("max_open")) > in_hand,
        sa.or_(
            col(Person.asked_on).is_(None),
            col(Person.asked_on) != sa.bindparam("today"),
            col(Person.asked_today) < sa.bindparam("most_offers", type_=sa.Integer),
        ),
    ]

    def few(who: sa.ColumnElement[bool]) -> Any:
        order = col(Person.last_asked_at), *([lives_there.desc()] if search.area else []), col(Person.id)
        some = sa.select(col(Person.id), lives_there.label("lives_there"), col(Person.last_asked_at))
        some = some.where(*fits, who).order_by(*order).limit(sa.bindparam("limit", type_=sa.Integer))
        return sa.select(some.subquery())

    known, never = col(Person.last_asked_at).is_not(None), col(Person.last_asked_at).is_(None)
    # Offers and assignments of this very transaction are of other requests, or written already.
    return Precompiled(sa.union_all(few(known), few(never)), autoflush=(Person,))


def candidates(
    session: Session,
    line: Line,
    request: Request,
    now: datetime,
    few: int,
    *,
    among: Among,
    same_language: bool = True,
    first: bool = False,
    by_template: Sequence[str] = (),
    only: Sequence[int] = (),
) -> list[Candidate]:
    """The first `few` volunteers who could be asked about this request, and the first few never asked for anything.

    Either those who share a language with the neighbor (`same_language`) or those who do not; `among` says which
    of them. All do such things there, have room for one more, want to be texted at this hour, and are neither away
    nor opted out, nor found to be out of reach; who reads one of the languages `by_template` is in reach at WhatsApp
    though its window is closed. At night only those who may be woken, for what is urgent. Left out are the neighbor
    and whoever was asked about it already or had it: nobody, if this is its `first` wave ever. Who was asked often
    enough today is asked only where somebody is in danger; half of how often that is belongs to first waves, lest a
    few requests use up everybody's day. With `only`, nobody but these: they are known by name, and half a day does
    not bind them.
    """
    policy = line.policy
    most_offers = policy.offers_per_day if not request.wave and not only else (policy.offers_per_day + 1) // 2
    needs = [need for need in request.needs if need != "other"]
    search = Search(
        among,
        same_language=same_language,
        first=first,
        urgent=request.presses,
        night=not waking(line).at(now),
        tired_too=request.number % EVERY == 0,
        newcomers_too=request.in_danger or policy.is_for_newcomers(request.needs),
        needs=len(needs),
        area=request.area_id is not None,
        only=bool(only),
    )
    if search.tired_too and among is Among.TIRED:
        return []  # they were among the others
    found = session.fetch(
        _candidates(search),
        line_id=line.id,
        line_language=line.language,
        max_open=policy.max_open,
        language=request.language,
        as_language=json.dumps(request.language),
        as_area=f" {request.area_id},",
        now=now,
        minute=minute(line, now),
        unanswered_most=policy.unanswered_most,
        asker_id=request.person_id,
        complained_of=request.about_person_id or 0,
        request_id=request.id,
        limit=few,
        today=day(line, now),
        cut_off_since=now - CUT_OFF_FOR,
        by_template=list(by_template),
        newcomer_matches=policy.newcomer_matches,
        most_offers=UNLIMITED if request.in_danger or not most_offers else most_offers,
        **({"only": list(only)} if only else {}),
        **{f"as_need{n}": json.dumps(need) for n, need in enumerate(needs)},
    )
    return [Candidate(id_, same_language, among, *rest) for id_, *rest in found]
