"""HEAD on every page: as GET, without the body. Whoever watches a host often asks so."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HeadAsGet:
    """ASGI middleware that has GET answer HEAD.

    With the first of a body the answer is over: a stream would go on for minutes for nobody. Who makes one is told
    that the other end has left.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on one request."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return
        over = asyncio.Event()

        async def without_body(message: Message) -> None:
            if message["type"] != "http.response.body":
                await send(message)
            elif not over.is_set():
                over.set()
                await send({"type": "http.response.body", "body": b""})

        asked = False

        async def until_over() -> Message:
            nonlocal asked
            if not asked:
                asked = True
                return await receive()
            await over.wait()
            return {"type": "http.disconnect"}

        await self.app({**scope, "method": "GET"}, until_over, without_body)
