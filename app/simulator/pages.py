"""The simulator's page: phones on a table, live. It exists only where the simulator is the carrier.

Every second the browser asks what is new and merges it into the page by id, so that the box somebody types in
is never touched. Everything works without script too, by reloading.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from fastapi import APIRouter, FastAPI, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse

from app.simulator import rendering, uploads
from app.simulator.phones import CannotDo, Phones
from app.simulator.rendering import Notice
from app.simulator.story_sessions import Stories
from app.simulator.threads import LARGEST_ID
from app.simulator.uploads import Upload
from app.web import media
from app.web.assets import HEADERS
from app.web.forms import Form, OwnForm, whole_number
from models import attachments
from models.lines import Channel

PLAYED = {**HEADERS, "Content-Security-Policy": f"{HEADERS['Content-Security-Policy']}; media-src 'self'"}
LONGEST_WAIT = 7 * 24 * 60  # minutes


@asynccontextmanager
async def _around(app: FastAPI) -> AsyncIterator[None]:
    # Starts after the hotline is prepared: FastAPI enters a router's lifespan inside the application's.
    app.state.phones = Phones(app.state.hotline)
    app.state.stories = Stories(app.state.phones)
    yield


router = APIRouter(lifespan=_around, include_in_schema=False)


def _phones(request: Request) -> Phones:
    phones: Phones = request.app.state.phones
    return phones


def _stories(request: Request) -> Stories:
    stories: Stories = request.app.state.stories
    return stories


def _line_id(request: Request, wanted: int) -> int:
    """The line somebody asked for, else the first. Raises HTTPException where there is none."""
    lines = _phones(request).lines()
    if not lines or (wanted and wanted not in {line.id for line in lines}):
        raise HTTPException(404, "There is no such line.")
    return wanted or lines[0].id


def _answer(request: Request, line_id: int, notice: Notice, at: str = "") -> Response:
    """What is on the table now, as a piece of the page, or by way of a reload where there is no script."""
    if "hx-request" in request.headers:
        parts = rendering.parts(_phones(request).table(line_id), _stories(request).of(line_id))
        return HTMLResponse(parts.answer(notice), status_code=422 if notice.trouble else 200, headers=PLAYED)
    if notice.trouble:
        return _page(request, line_id, notice)
    return RedirectResponse(f"/simulator?line={line_id}{at}", status_code=303)


def _page(request: Request, line_id: int, notice: Notice) -> Response:
    phones = _phones(request)
    parts = rendering.parts(phones.table(line_id), _stories(request).of(line_id))
    page = parts.page(phones.lines(), notice)
    return HTMLResponse(page, status_code=422 if notice.trouble else 200, headers=PLAYED)


@router.get("/simulator/")
def too_long() -> Response:
    """The page, for whoever types a slash too many."""
    return RedirectResponse("/simulator")


@router.get("/simulator")
def look(request: Request, line: str = "") -> Response:
    """The whole page."""
    return _page(request, _line_id(request, whole_number(line)), Notice())


@router.get("/simulator/table")
def live(request: Request, line: str = "", version: str = "") -> Response:
    """What is on the table, or nothing (204) where the browser has it already."""
    line_id = _line_id(request, whole_number(line))
    parts = rendering.parts(_phones(request).table(line_id), _stories(request).of(line_id))
    if parts.version == version:
        return Response(status_code=204, headers=PLAYED)
    return HTMLResponse(parts.answer(), headers=PLAYED)


@router.post("/simulator/say")
def say(request: Request, form: OwnForm) -> Response:
    """Somebody types on a phone."""
    line_id, phone_id = _line_id(request, form.number("line")), form.number("phone")
    try:
        _phones(request).say(line_id, min(phone_id, LARGEST_ID), form.text("words"))
    except CannotDo as error:
        return _answer(request, line_id, Notice(trouble=str(error)))
    return _answer(request, line_id, Notice(), f"#phone-{phone_id}")


@router.post("/simulator/picture")
async def picture(request: Request) -> Response:
    """Somebody sends a file from a phone."""
    sent = await uploads.read(request)
    line_id = await run_in_threadpool(_line_id, request, sent.line_id)
    return await run_in_threadpool(_picture, request, line_id, sent)


def _picture(request: Request, line_id: int, sent: Upload) -> Response:
    try:
        if not sent.content:
            raise CannotDo("Choose a picture or a voice message first.")
        _phones(request).say(line_id, min(sent.phone_id, LARGEST_ID), sent.words, (sent.content_type, sent.content))
    except CannotDo as error:
        return _answer(request, line_id, Notice(trouble=str(error)))
    return _answer(request, line_id, Notice(), f"#phone-{sent.phone_id}")


@router.get("/simulator/pictures/{number}")
def piece(request: Request, number: str) -> Response:
    """A picture or voice message as it lies on a phone."""
    id_ = whole_number(number)
    found = _phones(request).hotline.database.read(lambda session: attachments.content(session, id_))
    return Response(status_code=404, headers=PLAYED) if found is None else media.as_it_is(found)


@router.post("/simulator/tap")
def tap(request: Request, form: OwnForm) -> Response:
    """Somebody presses a button or a row under a text."""
    line_id, phone_id = _line_id(request, form.number("line")), form.number("phone")
    text = min(form.number("text"), LARGEST_ID)
    try:
        _phones(request).tap(line_id, min(phone_id, LARGEST_ID), text, form.text("choice"))
    except CannotDo as error:
        return _answer(request, line_id, Notice(trouble=str(error)))
    return _answer(request, line_id, Notice(), f"#phone-{phone_id}")


@router.post("/simulator/neighbor")
def neighbor(request: Request, form: OwnForm) -> Response:
    """Another neighbor's phone."""
    line_id = _line_id(request, form.number("line"))
    try:
        phone = _phones(request).add_neighbor(line_id, form.text("name"), _channel(form))
    except CannotDo as error:
        return _answer(request, line_id, Notice(trouble=str(error)))
    words = f"{phone.name}'s phone is on the table. Type what {phone.name} needs."
    return _answer(request, line_id, Notice(words, go=f"box-{phone.id}"), f"#phone-{phone.id}")


@router.post("/simulator/volunteer")
def volunteer(request: Request, form: OwnForm) -> Response:
    """Another volunteer's phone."""
    line_id = _line_id(request, form.number("line"))
    try:
        phone = _phones(request).add_volunteer(
            line_id,
            form.text("name"),
            _channel(form),
            language=form.text("language") or None,
            duty=bool(form.text("duty")),
            areas=form.numbers("area"),
        )
    except CannotDo as error:
        return _answer(request, line_id, Notice(trouble=str(error)))
    words = f"{phone.name}'s phone is on the table. It buzzes when somebody needs what {phone.name} can do."
    return _answer(request, line_id, Notice(words, go=f"box-{phone.id}"), f"#phone-{phone.id}")


@router.post("/simulator/wait")
def wait(request: Request, form: OwnForm) -> Response:
    """Time passes."""
    line_id = _line_id(request, form.number("line"))
    _phones(request).pass_time(timedelta(minutes=min(form.number("minutes"), LONGEST_WAIT)))
    return _answer(request, line_id, Notice())


@router.post("/simulator/story")
def story(request: Request, form: OwnForm) -> Response:
    """The guided story: begin it, tell the next step, let it run or pause, close it."""
    line_id = _line_id(request, form.number("line"))
    try:
        _stories(request).turn(line_id, form.text("do"), form.number("told"))
    except CannotDo as error:
        return _answer(request, line_id, Notice(trouble=str(error)))
    return _answer(request, line_id, Notice())


def _channel(form: Form) -> Channel:
    return Channel.WHATSAPP if form.text("channel") == Channel.WHATSAPP else Channel.SMS
