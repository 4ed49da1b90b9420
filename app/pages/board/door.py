"""How one comes onto the board and leaves it: the link from a text shows a button, the button opens the board, once.

A link alone opens nothing: phones fetch links to show what is behind them.
"""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.hotline import Hotline
from app.outbound import outbox
from app.pages import rendering, wording
from app.pages.board import members
from app.pages.board.members import COOKIE, CurrentMember
from app.web.forms import OwnForm
from handlers.members import board
from handlers.members.board import PATH
from handlers.turn import Context
from models import board_sessions, lines
from models.store.session import Session

router = APIRouter(include_in_schema=False)


@router.get(PATH + "/{secret}")
def look(request: Request, secret: str) -> Response:
    """What a link shows: a button. Nobody's name, for links are forwarded."""
    hotline: Hotline = request.app.state.hotline
    found = hotline.database.read(lambda session: members.waiting(session, hotline, secret))
    if found is None:
        return _over(request)
    _, person, line = found
    return rendering.page("board/door.html", person.speaks(line), line.timezone, group=line.name, secret=secret)


@router.post("/board/enter")
def enter(request: Request, form: OwnForm) -> Response:
    """The button: the browser gets a key, and the phone that asked for the link hears of it.

    Whoever this browser was on the board before is off it; it brings their key along only below /board.
    """
    hotline: Hotline = request.app.state.hotline
    secret, before = form.text("secret"), request.cookies.get(COOKIE)
    # Looked at first: what strangers guess must not take the place of texts in the queue of what is written.
    if hotline.database.read(lambda session: members.waiting(session, hotline, secret)) is None:
        return _over(request)
    opened = hotline.database.write(lambda session: _enter(session, hotline, secret, before))
    key = opened.result(timeout=hotline.database_timeout)
    if key is None:
        return _over(request)
    hotline.sender.wake()
    response = RedirectResponse("/board", status_code=303)
    response.set_cookie(
        COOKIE,
        key,
        max_age=int(members.LASTS.total_seconds()),
        path="/board",
        secure=(hotline.settings.public_url or "").startswith("https:"),
        httponly=True,
        samesite="lax",
    )
    return response


@router.get("/board/leave")
def left() -> Response:
    """The address that stands there after leaving: nothing is left by looking at it."""
    return RedirectResponse("/board", status_code=303)


@router.post("/board/leave")
def leave(member: CurrentMember, _: OwnForm) -> Response:
    """This browser leaves the board."""
    hotline = member.hotline
    ended = hotline.database.write(lambda s: board_sessions.end(s, member.session_id, hotline.clock.now()))
    ended.result(timeout=hotline.database_timeout)
    response = rendering.page("board/left.html", member.language, member.zone)
    response.delete_cookie(COOKIE, path="/board")
    return response


def refused(request: Request, _: Exception) -> Response:
    """The board, for whoever is not let in: how one comes in, and nothing else."""
    return _over(request, 401)


def _enter(session: Session, hotline: Hotline, secret: str, before: str | None) -> str | None:
    found = members.waiting(session, hotline, secret)
    if found is None:
        return None
    link, person, line = found
    now = hotline.clock.now()
    ends_at, duty_until = members.lasts(session, line, person, now)
    key = board_sessions.open_(session, link, now, ends_at=ends_at, duty_until=duty_until)
    if key is None:
        return None
    if before and (earlier := board_sessions.by_key(session, before, now)) is not None:
        board_sessions.end(session, earlier.id, now)
    told = board.opened(Context(session, line, now), person)
    outbox.queue(session, line, f"board-{link.link_hash[:32]}", [told], now)
    return key


def _over(request: Request, status: int = 410) -> Response:
    """That nothing is open, in the language of the browser: nobody knows who looks."""
    hotline: Hotline = request.app.state.hotline
    line = hotline.database.read(lambda session: lines.all_lines(session)[0])
    language = wording.preferred(request.headers.get("accept-language", ""), line.language)
    return rendering.page("board/shut.html", language, line.timezone, status=status, group=line.name)
