"""How one comes onto the board and leaves it: the link from a text shows a button, the button opens the board, once.

A link alone opens nothing: phones fetch links to show what is behind them.
"""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.hotline import Hotline
from app.outbound import outbox
from app.pages import rendering
from app.pages.board import members
from app.pages.board.members import COOKIE, CurrentMember
from app.web.forms import OwnForm
from handlers import board
from handlers.board import PATH
from handlers.turn import Context
from models import board_sessions, lines
from models.lines import Line
from models.store.session import Session

router = APIRouter(include_in_schema=False)


@router.get(PATH + "/{secret}")
def look(request: Request, secret: str) -> Response:
    """What a link shows: a button. Nobody's name, for links are forwarded."""
    hotline: Hotline = request.app.state.hotline
    found = hotline.database.read(lambda session: _shown(session, hotline, secret))
    if found is None:
        return _over(hotline)
    language, zone, name = found
    return rendering.page("board/door.html", language, zone, group=name, headers={"Referrer-Policy": "same-origin"})


@router.post(PATH + "/{secret}")
def enter(request: Request, secret: str, _: OwnForm) -> Response:
    """The button: the browser gets a key, and the phone that asked for the link hears of it."""
    hotline: Hotline = request.app.state.hotline
    entered = hotline.database.write(lambda session: _enter(session, hotline, secret)).result()
    if entered is None:
        return _over(hotline)
    hotline.sender.wake()
    response = RedirectResponse("/board", status_code=303)
    response.set_cookie(
        COOKIE,
        entered,
        max_age=int(members.LASTS.total_seconds()),
        path="/board",
        secure=(hotline.settings.public_url or "").startswith("https:"),
        httponly=True,
        samesite="lax",
    )
    return response


@router.post("/board/leave")
def leave(member: CurrentMember, _: OwnForm) -> Response:
    """This browser leaves the board."""
    hotline = member.hotline
    hotline.database.write(lambda s: board_sessions.end(s, member.session_id, hotline.clock.now())).result()
    response = rendering.page("board/left.html", member.language, member.zone)
    response.delete_cookie(COOKIE, path="/board")
    return response


def refused(request: Request, _: Exception) -> Response:
    """The board, for whoever is not let in: how one comes in, and nothing else."""
    return _over(request.app.state.hotline, 401)


def _shown(session: Session, hotline: Hotline, secret: str) -> tuple[str, str, str] | None:
    found = members.waiting(session, hotline, secret)
    if found is None:
        return None
    _, person, line = found
    return person.speaks(line), line.timezone, line.name


def _enter(session: Session, hotline: Hotline, secret: str) -> str | None:
    found = members.waiting(session, hotline, secret)
    if found is None:
        return None
    kept, person, line = found
    now = hotline.clock.now()
    ends_at, duty_until = members.lasts(session, line, person, now)
    key = board_sessions.open_(session, secret, now, ends_at=ends_at, duty_until=duty_until)
    if key is not None:
        told = board.opened(Context(session, line, now), person)
        outbox.queue(session, line, f"board-{kept.link_hash[:32]}", [told], now)
    return key


def _over(hotline: Hotline, status: int = 410) -> Response:
    def first(session: Session) -> Line:
        return lines.all_lines(session)[0]

    line = hotline.database.read(first)
    return rendering.page("board/shut.html", line.language, line.timezone, status=status, group=line.name)
