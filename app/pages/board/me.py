"""A member's own page: what they have in hand, how they want to be asked, and what is kept of them."""

from collections.abc import Sequence

from fastapi import APIRouter, HTTPException, Response

from app.pages import rendering
from app.pages.board import acting, saying
from app.pages.board.acting import Act
from app.pages.board.frame import page
from app.pages.board.members import COOKIE, CurrentMember, Member
from app.web.forms import Form, OwnForm
from handlers import phrasebook
from handlers.understanding.intents import Need
from handlers.views import me
from handlers.views.me import Myself
from models.lines import Area
from models.store.session import Session

router = APIRouter(prefix="/board/me", include_in_schema=False)

LOGOUT = "logout"
UNCLEAR = "me.until_unclear"


@router.get("")
def myself(member: CurrentMember) -> Response:
    """What MINE and MY DATA say, and their settings."""
    return _page(member)


@router.post("")
def change(member: CurrentMember, form: OwnForm) -> Response:
    """Each form is one text."""
    wanted = _wanted(member, form)
    if wanted is None:
        raise HTTPException(400)
    if wanted.command == LOGOUT:
        return _leave(member, form)
    came = acting.done(member, wanted, form.id)
    trouble, typed = came.trouble, form.text("until") if came.trouble else ""
    if wanted.command == "away" and trouble == saying.UNCLEAR:
        trouble = UNCLEAR
    return _page(came.member, came.said, trouble, kind=wanted.command, until=typed)


def _leave(member: Member, form: Form) -> Response:
    try:
        acting.act(member, Act(LOGOUT), form.id)
    except acting.CannotDo as error:
        return _page(member, trouble=str(error))
    response = rendering.page("board/left.html", member.language, member.zone)
    response.delete_cookie(COOKIE, path="/board")
    return response


def _page(
    member: Member, said: Sequence[str] = (), trouble: str | None = None, *, kind: str = "", until: str = ""
) -> Response:
    """The page; what was just changed stays unfolded, and words that were refused stay where they were typed."""

    def read(session: Session) -> tuple[Myself, Sequence[Area]]:
        context, person = member.context(session)
        return me.look(context, person), context.areas

    found, areas = member.hotline.database.read(read)
    return page(
        member,
        "board/me.html",
        "me",
        said=said,
        trouble=trouble,
        me=found,
        open=kind,
        until=until,
        unclear=trouble == UNCLEAR,
        areas=areas,
        needs=list(saying.need_words(member.language)),
        languages=[(code, phrasebook.book(code).name) for code in phrasebook.languages()],
        hours=saying.hours_of_day(member.language),
        now=member.hotline.clock.now(),
    )


def _wanted(member: Member, form: Form) -> Act | None:
    """What the form asks for; None where no form of the page says that."""
    language, kind = member.language, form.text("act")
    if kind == "area":
        return _area(member, form.number("area"))
    if kind == "only":
        return saying.only([Need(each) for each in form.fields.get("need", []) if each in {*Need}], language)
    if kind == "hours":
        every = form.text("every") == "1"
        begins, ends = (0, 0) if every else (form.number("from") % 24, form.number("until") % 24)
        return saying.hours(begins, ends, language)
    if kind == "max":
        most = form.number("most")
        return Act("max", words=str(most), argument=most) if most else None
    if kind == "away":
        return Act("away", words=form.text("until").strip())
    if kind == "language":
        code = form.text("language")
        return Act("language", argument=code, said_in=code) if code in phrasebook.languages() else None
    if kind in ("digest", "wake"):
        return saying.switched(kind, on=form.text("on") == "1")
    return Act(kind) if kind in ("back", LOGOUT) else None


def _area(member: Member, area_id: int) -> Act | None:
    if not area_id:
        return saying.area(None, member.language)

    def named(session: Session) -> str | None:
        context, _ = member.context(session)
        return next((area.name for area in context.areas if area.id == area_id), None)

    name = member.hotline.database.read(named)
    return saying.area(name, member.language) if name is not None else None
