"""The simulator's page: phones on a table, live. It exists only where the simulator is the carrier.

Every second the browser asks what is new and merges it into the page by id, so that the box somebody types in
is never touched. Everything works without script too, by reloading.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.staticfiles import StaticFiles

from app.simulator import rendering
from app.simulator.phones import CannotDo, Phones
from app.simulator.rendering import Notice
from app.simulator.story_sessions import Stories
from app.simulator.threads import LARGEST_ID
from models.lines import Channel

LARGEST = 64 * 1024  # bytes of a form
LONGEST_WAIT = 7 * 24 * 60  # minutes

STATIC = StaticFiles(directory=rendering.STATIC_FILES)


@asynccontextmanager
async def _around(app: FastAPI) -> AsyncIterator[None]:
    # Starts after the hotline is prepared: FastAPI enters a router's lifespan inside the application's.
    app.state.phones = Phones(app.state.hotline)
    app.state.stories = Stories(app.state.phones)
    yield


router = APIRouter(lifespan=_around, include_in_schema=False)


@dataclass(frozen=True)
class Form:
    """What a form said; fields may repeat."""

    fields: dict[str, list[str]]

    def text(self, name: str) -> str:
        """The field's value, empty where it is missing."""
        return self.fields.get(name, [""])[0]

    def number(self, name: str) -> int:
        """The field as a whole number; 0 for anything else, which is nobody's id."""
        return _number(self.text(name))

    def numbers(self, name: str) -> tuple[int, ...]:
        """All values of a field that may be ticked several times."""
        return tuple(_number(value) for value in self.fields.get(name, []))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


async def _own_form(request: Request) -> Form:
    """The posted form, if a page of ours sent it: a web page elsewhere must not drive a tool on this computer."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    ours = site == "same-origin" if site else bool(origin) and urlsplit(origin).netloc == request.headers.get("host")
    if not ours:
        raise HTTPException(403, "This form is not from the simulator's own page.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            raise HTTPException(413)
    try:
        fields = parse_qs(body.decode("ascii", "replace"), keep_blank_values=True, max_num_fields=200)
    except ValueError as error:
        raise HTTPException(400) from error
    return Form(fields)


OwnForm = Annotated[Form, Depends(_own_form)]


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
        return HTMLResponse(
            parts.answer(notice), status_code=422 if notice.trouble else 200, headers=rendering.HEADERS
        )
    if notice.trouble:
        return _page(request, line_id, notice)
    return RedirectResponse(f"/simulator?line={line_id}{at}", status_code=303)


def _page(request: Request, line_id: int, notice: Notice) -> Response:
    phones = _phones(request)
    parts = rendering.parts(phones.table(line_id), _stories(request).of(line_id))
    page = parts.page(phones.lines(), notice)
    return HTMLResponse(page, status_code=422 if notice.trouble else 200, headers=rendering.HEADERS)


@router.get("/simulator/")
def too_long() -> Response:
    """The page, for whoever types a slash too many."""
    return RedirectResponse("/simulator")


@router.get("/simulator")
def look(request: Request, line: str = "") -> Response:
    """The whole page."""
    return _page(request, _line_id(request, _number(line)), Notice())


@router.get("/simulator/table")
def live(request: Request, line: str = "", version: str = "") -> Response:
    """What is on the table, or nothing (204) where the browser has it already."""
    line_id = _line_id(request, _number(line))
    parts = rendering.parts(_phones(request).table(line_id), _stories(request).of(line_id))
    if parts.version == version:
        return Response(status_code=204, headers=rendering.HEADERS)
    return HTMLResponse(parts.answer(), headers=rendering.HEADERS)


@router.post("/simulator/say")
def say(request: Request, form: OwnForm) -> Response:
    """Somebody types on a phone."""
    line_id, phone_id = _line_id(request, form.number("line")), form.number("phone")
    try:
        _phones(request).say(line_id, min(phone_id, LARGEST_ID), form.text("words"))
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
