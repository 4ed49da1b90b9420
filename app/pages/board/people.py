"""Volunteers, for whoever is on duty: a list, and one by one. What is done about somebody is pressed twice."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Request, Response

from app.pages import wording
from app.pages.board import acting
from app.pages.board.acting import Act
from app.pages.board.frame import page
from app.pages.board.members import CurrentMember, Member
from app.web.forms import OwnForm, whole_number
from handlers import phrasebook
from handlers.understanding.intents import Need
from handlers.views import one_volunteer, volunteers
from handlers.views.one_volunteer import OneVolunteer
from handlers.views.volunteers import Filter, Listed
from models.lines import Area
from models.store.session import Session
from models.volunteers import Standing

router = APIRouter(prefix="/board/people", include_in_schema=False)

PATH = "/board/people"
ACTS = ("vouch", "remove", "ban", "revoke", "unban")
WITH_WORDS = ("ban", "remove", "revoke")  # why, which only whoever is on duty reads
MUST_SAY = "ban"
NEWCOMERS = 6  # above the list


@dataclass(frozen=True)
class Link:
    """A filter that can be chosen."""

    name: str
    href: str
    chosen: bool


@dataclass(frozen=True)
class Choice:
    """One thing to filter by: what is chosen, and what could be."""

    key: str  # of its heading
    chosen: str
    links: Sequence[Link]


@router.get("")
def people(request: Request, member: CurrentMember) -> Response:
    """The list, filtered by its address."""
    _for_duty(member)
    wanted, after = _filter(request), whole_number(request.query_params.get("after", ""))

    def read(session: Session) -> tuple[Listed, Listed | None, Sequence[Area]]:
        context, reader = member.context(session)
        first = wanted == Filter() and not after
        waits = volunteers.listed(context, reader, Filter(Standing.NEW)) if first else None
        return volunteers.listed(context, reader, wanted, after), waits, context.areas

    listed, waits, areas = member.hotline.database.read(read)
    return page(
        member,
        "board/people.html",
        "people",
        rows=listed.rows,
        own_language=phrasebook.book(member.language).name,
        more=_address(wanted, listed.after) if listed.after is not None else None,
        waits=waits.rows[:NEWCOMERS] if waits else (),
        more_waits=_address(Filter(Standing.NEW)) if waits and len(waits.rows) > NEWCOMERS else None,
        standings=_standings(member, wanted),
        choices=_choices(member, wanted, areas),
        filtered=replace(wanted, standing=Standing.IN) != Filter(),
        unfiltered=_address(Filter(wanted.standing)),
        standing=wanted.standing,
        now=member.hotline.clock.now(),
    )


@router.get("/{number}")
def one(member: CurrentMember, number: str) -> Response:
    """One volunteer. A neighbor, a number of nobody, and anybody for who is not on duty, are the same: nothing."""
    _for_duty(member)
    return _one(member, whole_number(number))


@router.post("/{number}")
def do(member: CurrentMember, number: str, form: OwnForm) -> Response:
    """The first press shows what would be done, the second does it."""
    _for_duty(member)
    who, act, why = whole_number(number), form.text("act"), form.text("why").strip()
    if act not in ACTS or _look(member, who) is None:
        raise HTTPException(404)
    if not form.text("sure") or (act == MUST_SAY and not why):
        return _one(member, who, asks=act, missing=bool(form.text("sure")))
    wanted = Act(act, (who,), why if act in WITH_WORDS else "")
    came = acting.done(member, wanted, form.id)
    if came.trouble is not None:
        return _one(came.member, who, asks=act, why=why, trouble=came.trouble)
    return _one(came.member, who, said=came.said)


def _for_duty(member: Member) -> None:
    if not member.on_duty:
        raise HTTPException(404)


def _look(member: Member, number: int) -> OneVolunteer | None:
    def read(session: Session) -> OneVolunteer | None:
        context, person = member.context(session)
        return one_volunteer.look(context, person, number)

    return member.hotline.database.read(read)


def _one(
    member: Member,
    number: int,
    *,
    asks: str | None = None,
    missing: bool = False,
    why: str = "",
    said: Sequence[str] = (),
    trouble: str | None = None,
) -> Response:
    found = _look(member, number) if member.on_duty else None
    if found is None:
        raise HTTPException(404)
    return page(
        member,
        "board/one_person.html",
        "people",
        said=said,
        trouble=trouble,
        one=found,
        row=found.row,
        asks=asks,
        missing=missing,
        why=why,
        with_words=asks in WITH_WORDS,
        must_say=asks == MUST_SAY,
        now=member.hotline.clock.now(),
    )


def _filter(request: Request) -> Filter:
    said = request.query_params
    return Filter(
        standing=Standing(said["show"]) if said.get("show") in {*Standing} else Standing.IN,
        area=whole_number(said.get("area", "")) or None,
        need=Need(said["need"]) if said.get("need") in {*Need} else None,
        language=said["language"] if said.get("language") in phrasebook.languages() else None,
        free=said.get("free") == "1",
        silent=said.get("silent") == "1",
    )


def _address(wanted: Filter, after: int | None = None) -> str:
    said = {
        "show": wanted.standing if wanted.standing is not Standing.IN else None,
        "area": wanted.area,
        "need": wanted.need,
        "language": wanted.language,
        "free": "1" if wanted.free else None,
        "silent": "1" if wanted.silent else None,
        "after": after,
    }
    chosen = {name: str(value) for name, value in said.items() if value is not None}
    return f"{PATH}?{urlencode(chosen)}" if chosen else PATH


def _standings(member: Member, wanted: Filter) -> list[Link]:
    say = wording.of(member.language).say
    return [
        Link(say(f"people.standing_{each}"), _address(Filter(each)), wanted.standing is each)
        for each in (Standing.IN, Standing.NEW, Standing.OUT)
    ]


def _choices(member: Member, wanted: Filter, areas: Sequence[Area]) -> list[Choice]:
    words = wording.of(member.language)
    say, need = words.say, words.book.need
    moments = [
        Link(say("people.free"), _address(replace(wanted, free=True, silent=False)), wanted.free),
        Link(say("people.silent"), _address(replace(wanted, silent=True, free=False)), wanted.silent),
    ]
    named = [Link(a.name, _address(replace(wanted, area=a.id)), a.id == wanted.area) for a in areas]
    kinds = [Link(need(each), _address(replace(wanted, need=each)), each is wanted.need) for each in Need]
    tongues = [
        Link(phrasebook.book(code).name, _address(replace(wanted, language=code)), code == wanted.language)
        for code in phrasebook.languages()
    ]
    anybody = {
        "moment": replace(wanted, free=False, silent=False),
        "area": replace(wanted, area=None),
        "need": replace(wanted, need=None),
        "language": replace(wanted, language=None),
    }
    found = []
    for key, links in (("moment", moments), ("area", named), ("need", kinds), ("language", tongues)):
        chosen = next((link.name for link in links if link.chosen), say("people.any"))
        every = Link(say("people.any"), _address(anybody[key]), chosen == say("people.any"))
        if links:
            found.append(Choice(key, chosen, [every, *links]))
    return found
