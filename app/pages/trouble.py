"""What a browser is shown instead of a page: there is none, or the database does not answer; texts go on."""

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exception_handlers import http_exception_handler
from fastapi.responses import PlainTextResponse, RedirectResponse
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoneFree
from starlette.exceptions import HTTPException as AnyHTTPException

from app.database.job_queue import NOT_DONE
from app.database.sqlite_files import FileGone
from app.hotline import Hotline
from app.pages import rendering, wording
from app.pages.board import frame, members
from app.pages.board.members import Member, NotLetIn

TRY_AGAIN = 30  # seconds
NO_PAGES = ("/twilio", "/health", "/metrics", "/simulator", "/static", "/pages", "/vendored")  # not for people's eyes
NO_DATABASE = (OperationalError, InterfaceError, NoneFree, FileGone, *NOT_DONE)
BOARD = "/board"
SAID = {400: "strange", 403: "elsewhere", 404: "nowhere", 405: "strange", 413: "strange", 500: "broken", 503: "away"}


def handle(app: FastAPI) -> None:
    """Have the application show these pages."""
    app.add_exception_handler(AnyHTTPException, _refused)
    for error in NO_DATABASE:
        app.add_exception_handler(error, _away)
    app.add_exception_handler(Exception, _broken)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, AnyHTTPException)
    if error.status_code not in SAID or request.scope["path"].startswith(NO_PAGES):
        return await http_exception_handler(request, error)
    if request.url.path == BOARD or request.url.path.startswith(f"{BOARD}/"):
        return await run_in_threadpool(_on_the_board, request, error)
    return _page(request, error.status_code, error.headers)


def _on_the_board(request: Request, error: AnyHTTPException) -> Response:
    """The same with the board's tabs, for whoever is let in. The address of a button alone leads to what waits."""
    if error.status_code == 405 and request.method in ("GET", "HEAD"):
        return RedirectResponse(BOARD, 303)
    looks = _member(request) if error.status_code != 503 else None
    if looks is None:
        return _page(request, error.status_code, error.headers)
    shown = frame.page(looks, "board/trouble.html", "", status=error.status_code, why=SAID[error.status_code])
    shown.headers.update(error.headers or {})
    return shown


def _member(request: Request) -> Member | None:
    try:
        return members.member(request)
    except (NotLetIn, *NO_DATABASE):
        return None


def _away(request: Request, _: Exception) -> Response:
    if request.scope["path"].startswith(NO_PAGES):
        raise HTTPException(503)
    return _page(request, 503, {"Retry-After": str(TRY_AGAIN)})


def _broken(request: Request, _: Exception) -> Response:
    """A fault of ours: it is in the log."""
    if request.scope["path"].startswith(NO_PAGES):
        return PlainTextResponse("Internal Server Error", status_code=500)
    return _page(request, 500, {})


def _page(request: Request, status: int, headers: object) -> Response:
    hotline: Hotline = request.app.state.hotline
    language = wording.preferred(request.headers.get("accept-language", ""), hotline.settings.hotline_language)
    more = dict(headers) if isinstance(headers, dict) else {}
    zone = hotline.settings.hotline_timezone
    return rendering.page("trouble.html", language, zone, status=status, headers=more, why=SAID[status])
