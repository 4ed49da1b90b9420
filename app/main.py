"""The web application: `create_app(settings)`, and `app` for uvicorn."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio.to_thread
from fastapi import FastAPI
from fastapi.responses import RedirectResponse, Response

from app import logs, vitals, webhook
from app.hotline import Hotline
from app.metrics import Timed
from app.pages import simulator
from app.settings import Settings
from app.watch import Watch


def create_app(settings: Settings | None = None, hotline: Hotline | None = None) -> FastAPI:
    """The hotline as a web application. Raises pydantic's ValidationError for wrong settings."""
    running = hotline or Hotline(settings or Settings())
    logs.configure(running.settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await anyio.to_thread.run_sync(running.prepare)
        running.start()
        yield
        await anyio.to_thread.run_sync(running.stop)

    app = FastAPI(title="hotline", lifespan=lifespan, openapi_url=None)
    app.state.hotline = running
    app.state.watch = Watch(running)
    app.add_middleware(Timed, metrics=running.metrics)
    app.include_router(webhook.router)
    app.include_router(vitals.router)
    if running.settings.simulated:
        app.include_router(simulator.router)
        app.mount("/static", simulator.STATIC, name="static")

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
