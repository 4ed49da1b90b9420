"""A picture or voice message of a request, on a page of its own: nobody sees it by looking at the request."""

from fastapi import APIRouter, Response

from app.pages.board import frame
from app.pages.board.members import CurrentMember, Member
from app.web import media
from app.web.assets import HEADERS
from app.web.forms import whole_number
from handlers.views import pictures
from handlers.views.pictures import Shown
from models.store.session import Session

router = APIRouter(prefix="/board/requests", include_in_schema=False)

PLAYED = {**HEADERS, "Content-Security-Policy": f"{HEADERS['Content-Security-Policy']}; media-src 'self'"}


@router.get("/{number}/pictures/{picture}")
def look(member: CurrentMember, number: str, picture: str) -> Response:
    """It, and who sent it; that they looked is written down."""
    wanted, id_ = whole_number(number), whole_number(picture)

    def open_(session: Session) -> Shown | None:
        context, person = member.context(session)
        return pictures.open_(context, person, wanted, id_, on_duty=member.on_duty)

    found = member.hotline.database.write(open_).result(timeout=member.hotline.database_timeout)
    if found is None:
        return frame.page(member, "board/no_request.html", "waits", status=404, number=wanted)
    shown = frame.page(member, "board/picture.html", "waits", picture=found, number=wanted)
    shown.headers.update(PLAYED)
    return shown


@router.get("/{number}/pictures/{picture}/file")
def file(member: CurrentMember, number: str, picture: str) -> Response:
    """Its bytes."""

    def read(session: Session) -> Response:
        context, person = member.context(session)
        found = pictures.content(context, person, whole_number(number), whole_number(picture), on_duty=member.on_duty)
        return Response(status_code=404, headers=media.HEADERS) if found is None else media.as_it_is(found)

    return member.hotline.database.read(read)


def of(member: Member, number: int) -> list[Shown]:
    """What the request's page tells of."""

    def read(session: Session) -> list[Shown]:
        context, person = member.context(session)
        return pictures.of(context, person, number, on_duty=member.on_duty)

    return member.hotline.database.read(read)
