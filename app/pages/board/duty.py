"""Duty: who is on and who is next, for everybody; and for whoever is on, what drags, notes, broadcasts, the brake."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from fastapi import APIRouter, HTTPException, Response

from app.pages.board import acting, saying
from app.pages.board.acting import Act, Outcome
from app.pages.board.frame import page
from app.pages.board.members import CurrentMember, Member
from app.web.forms import Form, OwnForm
from handlers.understanding.intents import Question
from handlers.understanding.shift_words import CANT, OFF
from handlers.views import roster, to_many, watch
from handlers.views.roster import Roster
from handlers.views.to_many import Preview, Undecided
from handlers.views.watch import Watch
from models.lines import Area
from models.store.session import Session

router = APIRouter(prefix="/board/duty", include_in_schema=False)

SEND, DONT = 1, 2
ASKED = "asked"  # the readers of a broadcast who wait for help
UNCLEAR = "duty.until_unclear"
TAPS = frozenset({"tap_open", "tap_close", "tap_auto"})
OF_DUTY = TAPS | {"broadcast", "send", "dont", "pause", "resume", "brake_on", "brake_off"}


@dataclass(frozen=True)
class Draft:
    """A broadcast that somebody has written and not yet sent on."""

    words: str
    to: str  # `asked`, the id of an area, or nothing for all volunteers
    preview: Preview


@dataclass(frozen=True)
class Seen:
    """All that the page shows."""

    roster: Roster
    areas: Sequence[Area]
    watch: Watch | None
    undecided: Sequence[Undecided]


@router.get("")
def duty(member: CurrentMember) -> Response:
    """The roster; and what duty sees, for whoever is on it."""
    return _page(Outcome(member, []))


@router.post("")
def do(member: CurrentMember, form: OwnForm) -> Response:
    """Each form is one text. Words to many are shown first as they would be."""
    kind, form_id = form.text("act"), form.id
    if kind in OF_DUTY and not member.on_duty:
        raise HTTPException(404)
    if kind == "broadcast":
        return _broadcast(member, form)
    if kind in ("send", "dont"):
        choice = SEND if kind == "send" else DONT
        return _page(acting.answered(member, Question.BROADCAST, form.text("broadcast"), choice, form_id))
    if kind == "pause":
        return _pause(member, form)
    wanted = _wanted(member, form)
    if wanted is None:
        raise HTTPException(400)
    if kind == "out" and not form.text("sure"):
        return _page(Outcome(member, []), leaves=_date(form.text("on")))
    return _page(acting.done(member, wanted, form_id))


def _wanted(member: Member, form: Form) -> Act | None:
    """What the form asks for; None where no form of the page says that."""
    language, kind = member.language, form.text("act")
    if kind in ("on", "off"):
        return saying.switched("duty", on=kind == "on")
    if kind in ("brake_on", "brake_off"):
        return saying.switched("brake", on=kind == "brake_on")
    if kind in TAPS:
        return saying.tap(kind)
    if kind == "shift":
        begins, ends = form.number("from") % 24, form.number("until") % 24
        once = form.text("once") == "1"
        return saying.shift(form.number("day") % 7, begins, ends or 24, once=once, language=language)
    if kind in ("cant", "out", "cover"):
        on, today = _date(form.text("on")), _today(member)
        if on is None:
            return None
        if kind == "cover":
            return saying.cover(on, today, language)
        return saying.shift_out(CANT if kind == "cant" else OFF, on, today, language)
    return Act("resume") if kind == "resume" else None


def _pause(member: Member, form: Form) -> Response:
    """Words that do not say until when are asked about here, and not by a text; they stay where they were typed."""
    until = form.text("until").strip()

    def understood(session: Session) -> bool:
        return watch.understands(member.context(session)[0], until)

    if not member.hotline.database.read(understood):
        return _page(Outcome(member, [], UNCLEAR), until=until)
    came = acting.done(member, Act("pause", words=until), form.id)
    if came.trouble == saying.UNCLEAR:
        came = replace(came, trouble=UNCLEAR)
    return _page(came, until=until if came.trouble else "")


def _broadcast(member: Member, form: Form) -> Response:
    """First what it would be: whom it reaches, and what it costs. Then duty confirms it, as by text."""
    words, to = " ".join(form.text("words").split()), form.text("to")
    area = next((area for area in _areas(member) if str(area.id) == to), None)
    if not words:
        return _page(Outcome(member, [], "duty.broadcast_what"))
    if form.text("sure"):
        name = area.name if area else None
        wanted = saying.broadcast(words, asked=to == ASKED, area=name, language=member.language)
        came = acting.done(member, wanted, form.id)
        return _page(came, _draft(member, words, to, area) if came.trouble else None)
    return _page(Outcome(member, []), _draft(member, words, to, area))


def _draft(member: Member, words: str, to: str, area: Area | None) -> Draft:
    def read(session: Session) -> Preview:
        context, person = member.context(session)
        return to_many.preview(context, person, words, asked=to == ASKED, area_id=area.id if area else None)

    return Draft(words, to, member.hotline.database.read(read))


def _areas(member: Member) -> Sequence[Area]:
    return member.hotline.database.read(lambda session: member.context(session)[0].areas)


def _page(came: Outcome, draft: Draft | None = None, *, leaves: date | None = None, until: str = "") -> Response:
    """The page: with words to many to be looked at, turns that shall leave the roster, or words as typed."""
    member = came.member

    def read(session: Session) -> Seen:
        context, person = member.context(session)
        return Seen(
            roster.look(context, person),
            context.areas,
            watch.look(context, person) if member.on_duty else None,
            [*to_many.undecided(context, person)] if member.on_duty else (),
        )

    seen = member.hotline.database.read(read)
    return page(
        member,
        "board/duty.html",
        "duty",
        said=came.said,
        trouble=came.trouble,
        roster=seen.roster,
        watch=seen.watch,
        areas=seen.areas,
        undecided=seen.undecided,
        draft=draft if member.on_duty else None,
        leaves=[each for each in seen.roster.planned if each.mine and each.day == leaves],
        until=until,
        unclear=came.trouble == UNCLEAR,
        days=[saying.weekday(day, member.language) for day in range(7)],
        hours=saying.hours_of_day(member.language),
        now=member.hotline.clock.now(),
    )


def _today(member: Member) -> date:
    return member.hotline.clock.now().astimezone(ZoneInfo(member.zone)).date()


def _date(said: str) -> date | None:
    try:
        return datetime.strptime(said, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        return None
