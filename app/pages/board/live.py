"""Open pages of the board hear when something has changed, and when they are over: one stream for each.

However many are open, one look a second at the database is made for all of them, and none while nobody listens.
A page hears only the latest version: who does not read holds up nothing and nobody.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import anyio.to_thread
import structlog
from fastapi import APIRouter, Depends, Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from sqlalchemy.exc import SQLAlchemyError

from app.database.sqlite_files import FileGone
from app.hotline import Hotline
from app.pages.board import members
from app.pages.board.members import CurrentMember
from app.web.assets import HEADERS
from models import board_watch
from models.board_watch import Reader, Versions
from models.store.session import Session

log = structlog.get_logger()

EVERY = 1.0  # seconds between two looks
LASTS = 300.0  # seconds of one stream; then the browser opens another
SHARE = 0.1  # seconds for each open page, between two news to one: each of them draws the board anew
AGAIN = 2000  # milliseconds after which it does
MOST = 200  # streams of a process
MOST_OF_ONE = 3  # of one browser: it has six connections to one host
OVER, ELSEWHERE = "over", "elsewhere"

router = APIRouter(prefix="/board", include_in_schema=False)


@dataclass(eq=False)
class Listener:
    """One open page."""

    session_id: int
    version: str = ""
    end: str | None = None  # the event that ends it; empty for none
    news: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def hear(self, version: str) -> None:
        """The board is at this version."""
        if version != self.version:
            self.version = version
            self.news.set()

    def stop(self, event: str) -> None:
        """This was the last it hears."""
        self.end = event
        self.over.set()
        self.news.set()

    async def rest(self, seconds: float) -> None:
        """Hear nothing for so long, unless it ends; then the latest."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.over.wait(), seconds)

    async def events(self, seconds: float) -> AsyncIterator[tuple[str, str]]:
        """What it hears, each as soon as the one before was read, for so long at most: a name, and a version."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while True:
            try:
                await asyncio.wait_for(self.news.wait(), until - loop.time())
            except TimeoutError:
                return
            self.news.clear()
            if self.end is not None:
                if self.end:
                    yield self.end, ""
                return
            yield "changed", self.version


class Live:
    """The open pages of this process, and the one look that is made for all of them."""

    def __init__(self, hotline: Hotline) -> None:
        self.hotline = hotline
        self.listeners: list[Listener] = []
        self.versions = Versions()
        self.looks = 0  # at the database, so far
        self._watching: asyncio.Task[None] | None = None
        self._limiter: anyio.CapacityLimiter | None = None
        self._stopped = False

    @property
    def full(self) -> bool:
        """Whether no other page may listen."""
        return self._stopped or len(self.listeners) >= MOST

    @property
    def watching(self) -> bool:
        """Whether looks are made: somebody listens, or did a moment ago."""
        return self._watching is not None and not self._watching.done()

    @contextmanager
    def listening(self, session_id: int) -> Iterator[Listener]:
        """One more page listens. Of very many of one browser the oldest stops."""
        own = Listener(session_id)
        same = [each for each in self.listeners if each.session_id == session_id]
        for each in same[: len(same) + 1 - MOST_OF_ONE]:
            each.stop(ELSEWHERE)
        self.listeners.append(own)
        if not self.watching:
            self._watching = asyncio.create_task(self._watch())
        try:
            yield own
        finally:
            self.listeners.remove(own)

    def stop(self) -> None:
        """The server stops: every stream ends, and none begins."""
        self._stopped = True
        if self._watching is not None:
            self._watching.cancel()
        for each in self.listeners:
            each.stop("")

    async def _watch(self) -> None:
        self._limiter = self._limiter or anyio.CapacityLimiter(1)  # its own thread: all others may draw pages
        while self.listeners:
            ids = {each.session_id for each in self.listeners}
            versions: dict[int, str | None]
            try:
                versions = await anyio.to_thread.run_sync(
                    self._look, ids, limiter=self._limiter, abandon_on_cancel=True
                )
            except (SQLAlchemyError, FileGone) as error:
                log.warning("board_cannot_look", error=type(error).__name__)
                versions = dict.fromkeys(ids)  # nobody knows
            told = [each for each in self.listeners if each.session_id in ids]
            for each in told:  # one after the other: they all draw the board anew
                if each.session_id not in versions:
                    each.stop(OVER)
                elif version := versions[each.session_id]:
                    each.hear(version)
                await asyncio.sleep(EVERY / len(told))
            if not told:
                await asyncio.sleep(EVERY)

    def _look(self, ids: set[int]) -> dict[int, str | None]:
        """The version for each of these sessions; those that are over are missing."""
        self.looks += 1

        def look(session: Session) -> dict[int, str | None]:
            now = self.hotline.clock.now()
            standing = board_watch.still(session, ids, now).items()
            readers = {
                id_: Reader(person.id, kept.line_id, members.sees_duty(kept, person, now))
                for id_, (kept, person) in standing
                if members.may_look(person)
            }
            found = self.versions.of(session, {*readers.values()})
            return {id_: found[reader] for id_, reader in readers.items()}

        return self.hotline.database.read(look)


async def _headers(response: Response) -> None:
    response.headers.update(HEADERS)


@router.get("/live", response_class=EventSourceResponse, dependencies=[Depends(_headers)])
async def live(request: Request, member: CurrentMember) -> AsyncIterator[ServerSentEvent]:
    """The stream: `changed` with the version of the board, `over` when this browser is on it no more."""
    pages: Live = request.app.state.live
    yield ServerSentEvent(retry=AGAIN, comment="hello")
    if pages.full:
        yield ServerSentEvent(event=ELSEWHERE, raw_data="")
        return
    with pages.listening(member.session_id) as own:
        async for event, data in own.events(LASTS):
            yield ServerSentEvent(event=event, raw_data=data)
            await own.rest(SHARE * len(pages.listeners))
