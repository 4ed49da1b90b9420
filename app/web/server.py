"""The web server: uvicorn, set up for the hotline, with limits on what a stranger may do to it."""

import asyncio
import socket
from functools import partial
from typing import Any, cast

import uvicorn
from fastapi import FastAPI

from app.web.connections import LARGEST_REQUEST, Connection, Connections, room

SHUTDOWN = 5  # seconds that open pages get to finish when the hotline is told to stop
LARGEST_UPLOAD = 17_000_000  # bytes: as much as a carrier brings, and the form around it
SWEEP = 10  # of uvicorn's ticks, which are a tenth of a second


class Server(uvicorn.Server):
    """Serves the application until told to stop."""

    def __init__(self, app: FastAPI, connections: Connections | None = None) -> None:
        self.connections = connections or Connections(room(), largest=_largest(app))
        config = uvicorn.Config(
            app,
            # Whatever makes a connection will do for uvicorn, but it says that it wants a class.
            http=cast(type[asyncio.Protocol], partial(Connection, self.connections)),
            ws="none",  # its connections would have no limits
            backlog=self.connections.most,
            log_level="warning",
            log_config=None,  # app/telemetry/logs.py writes its lines too
            access_log=False,
            proxy_headers=False,
            server_header=False,
            lifespan="on",
            timeout_graceful_shutdown=SHUTDOWN,
        )
        super().__init__(config)
        self._live = getattr(app.state, "live", None)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop: streams end now, for they never would by themselves."""
        if self._live is not None:
            self._live.stop()
        await super().shutdown(sockets)

    async def on_tick(self, counter: int) -> Any:
        """What uvicorn does ten times a second."""
        if counter % SWEEP == 0:
            self.connections.sweep(asyncio.get_running_loop().time())
        return await super().on_tick(counter)


def _largest(app: FastAPI) -> int:
    """How large a request may be: pretend phones send pictures."""
    hotline = getattr(app.state, "hotline", None)
    simulated = hotline is not None and hotline.carrier.simulated
    return LARGEST_UPLOAD if simulated else LARGEST_REQUEST
