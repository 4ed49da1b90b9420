"""The purse: where it stands, what waits for an OK with its receipt, and one's own entries. An OK is a text."""

import re
from collections.abc import Callable

from fastapi import APIRouter, HTTPException, Request, Response

from app.pages import wording
from app.pages.board import acting, saying
from app.pages.board.acting import Outcome
from app.pages.board.frame import page
from app.pages.board.members import CurrentMember, Member
from app.web import media
from app.web.forms import Form, OwnForm, whole_number
from handlers.views import purse
from handlers.views.purse import Waiting
from handlers.wording.summary import Money

router = APIRouter(prefix="/board/purse", include_in_schema=False)

NAME = re.compile(r"[SG](\d{1,9})", re.ASCII)
ACTS = ("ok", "why")
MUST_SAY = "purse.why_what"


@router.get("")
def look(request: Request, member: CurrentMember) -> Response:
    """All of it; of the latest entries those before one."""
    return _page(Outcome(member, []), before=whole_number(request.query_params.get("before", "")) or None)


@router.post("")
def do(member: CurrentMember, form: OwnForm) -> Response:
    """OK, or a question or its answer, about one entry."""
    kind, name, words = form.text("act"), form.text("entry"), form.text("words").strip()
    if kind not in ACTS or _look(member, name) is None:
        raise HTTPException(404)
    if kind == "why" and not words:
        return _page(Outcome(member, [], MUST_SAY), form)
    came = acting.done(member, saying.about_entry(kind, _number(name), words), form.id)
    return _page(came, form if came.trouble else None)


@router.get("/{name}/receipt")
def receipt(member: CurrentMember, name: str) -> Response:
    """The picture of a receipt, on a page of its own."""
    found = _look(member, name)
    if found is None or not found.receipt:
        raise HTTPException(404)
    return page(member, "board/receipt.html", "purse", each=found, money=_money(member))


@router.get("/{name}/receipt/file")
def file(member: CurrentMember, name: str) -> Response:
    """Its bytes."""
    found = member.hotline.database.read(lambda session: purse.receipt(*member.context(session), _number(name)))
    return Response(status_code=404, headers=media.HEADERS) if found is None else media.as_it_is(found)


def _number(name: str) -> int:
    found = NAME.fullmatch(name)
    return whole_number(found[1]) if found else 0


def _look(member: Member, name: str) -> Waiting | None:
    number = _number(name)
    found = member.hotline.database.read(lambda session: purse.one(*member.context(session), number))
    return found if found is not None and found.row.name == name else None


def _money(member: Member) -> Callable[[int], str]:
    """What writes an amount of the line's currency as texts in the member's language do."""
    code, country = member.hotline.database.read(lambda session: purse.currency(member.context(session)[0]))
    book = wording.of(member.language).book
    return lambda cents: Money(cents, code, country).in_words(book)


def _page(came: Outcome, typed: Form | None = None, *, before: int | None = None) -> Response:
    member = came.member
    found = member.hotline.database.read(lambda session: purse.look(*member.context(session), before))
    return page(
        member,
        "board/purse.html",
        "purse",
        said=came.said,
        trouble=came.trouble,
        purse=found,
        money=_money(member),
        typed=typed or Form({}),
        before=before,
        now=member.hotline.clock.now(),
    )
