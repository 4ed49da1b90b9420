"""The web application: `create_app(settings)`, and `app` for uvicorn."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio.to_thread
import structlog
from fastapi import Depends, FastAPI

from app.carriers.simulator import SimulatorRefused
from app.hosts import DiskIsLost
from app.hotline import Hotline
from app.pages import site
from app.settings import Settings
from app.simulator import pages as simulator_pages
from app.simulator import rendering as simulator_rendering
from app.simulator.phones import Phones
from app.telemetry import logs
from app.telemetry.metrics import Timed
from app.web import access, health, media, metrics, proof
from app.web.head import HeadAsGet
from app.web.snapshot import HealthMonitor
from app.web.webhook import Webhooks
from handlers import registry

log = structlog.get_logger()

ANY_TEXT = "food near Oak St, please"
PAGES_AT_ONCE = 6  # drawn; more wait: whoever looks must not take the connections that texts need, or the processor


def create_app(settings: Settings | None = None, hotline: Hotline | None = None) -> FastAPI:
    """The hotline as a web application.

    Raises pydantic's ValidationError for wrong settings, and SimulatorRefused where those of a carrier were lost.
    """
    running = hotline or Hotline(settings or Settings())
    logs.configure(running.settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        try:
            await anyio.to_thread.run_sync(running.prepare)
        except (SimulatorRefused, DiskIsLost) as refused:  # a traceback alone would not say why
            log.error("refused_to_start", why=str(refused))
            raise
        # Reads every list of words: the first text must not wait for that, or it would go to the spool.
        await anyio.to_thread.run_sync(registry.understand, ANY_TEXT)
        if (
            running.carrier.simulated
        ):  # before the threads are watched: hours that pass at once look like a standstill
            await anyio.to_thread.run_sync(Phones(running).catch_up)
        running.start()
        anyio.to_thread.current_default_thread_limiter().total_tokens = PAGES_AT_ONCE
        yield
        await anyio.to_thread.run_sync(site.stop, app)
        await anyio.to_thread.run_sync(running.stop)

    app = FastAPI(title="hotline", lifespan=lifespan, openapi_url=None, redirect_slashes=False)
    app.state.hotline = running
    app.state.health_monitor = HealthMonitor(running)
    app.add_middleware(Webhooks, hotline=running)
    app.add_middleware(Timed, metrics=running.metrics, webhooks=running.carrier.webhooks)
    app.include_router(health.router)
    app.include_router(metrics.router)
    app.include_router(media.router)
    app.include_router(proof.router)
    site.add(app, running)
    if running.carrier.simulated:
        app.include_router(simulator_pages.router, dependencies=[Depends(access.simulator_guard)])
        app.add_exception_handler(access.NotForEverybody, access.refusal)
        app.mount(simulator_rendering.ASSETS.mount, simulator_rendering.ASSETS.files())

    app.add_middleware(HeadAsGet)
    return app


def __getattr__(name: str) -> Any:
    # `uvicorn app.main:app` reads the settings when it asks for `app`, not whenever something imports this module.
    if name == "app":
        return create_app()
    raise AttributeError(name)
