"""The web application: `create_app(settings)`, and `app` for uvicorn."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio.to_thread
from fastapi import FastAPI
from fastapi.responses import JSONResponse, RedirectResponse, Response
from sqlalchemy.exc import SQLAlchemyError

from app import logs, webhook
from app.hotline import Hotline
from app.pages import simulator
from app.settings import Settings


def create_app(settings: Settings | None = None, hotline: Hotline | None = None) -> FastAPI:
    """The hotline as a web application. Raises pydantic's ValidationError for wrong settings."""
    logs.configure()
    running = hotline or Hotline(settings or Settings())

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await anyio.to_thread.run_sync(running.prepare)
        running.start()
        yield
        await anyio.to_thread.run_sync(running.stop)

    app = FastAPI(title="hotline", lifespan=lifespan, openapi_url=None)
    app.state.hotline = running
    app.include_router(webhook.router)
    if running.settings.simulated:
        app.include_router(simulator.router)
        app.mount("/static", simulator.STATIC, name="static")

    @app.get("/health")
    def health() -> JSONResponse:
        """Whether the hotline can take texts."""
        try:
            running.database.check()
        except SQLAlchemyError:
            return JSONResponse({"status": "down", "database": "does not answer"}, status_code=503)
        carrier = "simulator" if running.settings.simulated else "twilio"
        return JSONResponse({"status": "ok", "database": "ok", "carrier": carrier, "texts": running.counts()})

    @app.get("/")
    def home() -> Response:
        """Where to look first."""
        return RedirectResponse("/simulator" if running.settings.simulated else "/health")

    return app


def __getattr__(name: str) -> Any:
    # `uvicorn app.main:app` reads the settings when it asks for `app`, not whenever something imports this module.
    if name == "app":
        return create_app()
    raise AttributeError(name)
