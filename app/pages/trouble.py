"""What a browser is shown instead of a page: there is none, or the database does not answer; texts go on."""

from concurrent.futures import CancelledError

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exception_handlers import http_exception_handler
from fastapi.responses import PlainTextResponse
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoneFree
from starlette.exceptions import HTTPException as AnyHTTPException

from app.database.job_queue import Busy
from app.database.sqlite_files import FileGone
from app.hotline import Hotline
from app.pages import rendering, wording

TRY_AGAIN = 30  # seconds
NO_PAGES = ("/twilio", "/health", "/metrics", "/simulator", "/static", "/pages", "/vendored")  # not for people's eyes
SAID = {400: "strange", 403: "elsewhere", 404: "nowhere", 405: "strange", 413: "strange", 500: "broken", 503: "away"}


def handle(app: FastAPI) -> None:
    """Have the application show these pages."""
    app.add_exception_handler(AnyHTTPException, _refused)
    for error in (OperationalError, InterfaceError, NoneFree, FileGone, Busy, TimeoutError, CancelledError):
        app.add_exception_handler(error, _away)
    app.add_exception_handler(Exception, _broken)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, AnyHTTPException)
    if error.status_code not in SAID or request.scope["path"].startswith(NO_PAGES):
        return await http_exception_handler(request, error)
    return _page(request, error.status_code, error.headers)


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
