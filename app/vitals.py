"""GET /health, for whoever watches the host, and GET /metrics, for Prometheus. Nothing in them is about anybody."""

import asyncio
import hmac
import ipaddress
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import anyio.to_thread
import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from app.hotline import Hotline
from app.watch import Look, Status, Watch
from models.outbound import Lane, State

log = structlog.get_logger()
router = APIRouter()

ANSWERS_WITHIN = 2.0  # seconds that the database has; whoever watches mostly gives up after five
PROXIED = frozenset({"forwarded", "via", "x-real-ip", "x-client-ip", "true-client-ip", "cf-connecting-ip", "cf-ray"})
OURS = frozenset({"localhost", "127.0.0.1", "[::1]"})
UNSETTLED = (State.LEASED, State.UNCERTAIN, State.HELD)


@router.get("/health", include_in_schema=False)
async def health(request: Request) -> JSONResponse:
    """Whether the hotline can take texts, and what somebody should look at."""
    look = await looked(request)
    hotline: Hotline = request.app.state.hotline
    code = 503 if look.status is Status.DOWN else 200
    return JSONResponse(told(look, hotline), status_code=code, headers={"Cache-Control": "no-store"})


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request) -> Response:
    """The figures for Prometheus, for whoever has the token; without one, for this machine alone."""
    hotline: Hotline = request.app.state.hotline
    token = hotline.settings.hotline_metrics_token
    if not (_has(request, token.get_secret_value()) if token else _is_here(request)):
        do = (
            "send HOTLINE_METRICS_TOKEN as a bearer token" if token else "set HOTLINE_METRICS_TOKEN, or ask from here"
        )
        return PlainTextResponse(f"not for everybody: {do}\n", status_code=403)
    gauges = CollectorRegistry()
    gauges.register(Gauges(await looked(request)))
    said = generate_latest(hotline.metrics.registry) + generate_latest(gauges)
    return Response(said, media_type=CONTENT_TYPE_LATEST)


async def looked(request: Request) -> Look:
    """One look at the hotline, within two seconds whatever the database does."""
    watch: Watch = request.app.state.watch
    try:
        books = await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(watch.books())), ANSWERS_WITHIN)
    except Exception as error:  # too late, or refused in whatever way: it does not answer
        log.warning("database_does_not_answer", error=type(error).__name__)
        books = None
    return await anyio.to_thread.run_sync(watch.look, books)


def _has(request: Request, token: str) -> bool:
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    # Compared as bytes, for a stranger may write any characters; in a time that tells nothing about the token.
    return hmac.compare_digest(given.strip().encode(), token.encode()) and kind.lower() == "bearer"


def _is_here(request: Request) -> bool:
    """Whether this machine itself asks, not somebody through a proxy on it: behind one, everybody is loopback.

    No header is believed: any that a proxy adds only refuses. One that adds none still gives itself away by the
    public name it passes on, or by its old HTTP.
    """
    if request.client is None or any(name in PROXIED or name.startswith("x-forwarded") for name in request.headers):
        return False
    host = request.headers.get("host", "").lower()
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    if name not in OURS or request.scope.get("http_version") == "1.0":
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def told(look: Look, hotline: Hotline) -> dict[str, Any]:
    """A look as JSON. The keys are always the same; what only the database knows is null while it is away."""
    books = look.books
    waiting = books.waiting if books else {}
    return {
        "status": look.status.value,
        "reasons": [f"{reason.what}. To do: {reason.do}." for reason in look.reasons()],
        "database": "ok" if books else "does not answer",
        "carrier": "simulator" if hotline.settings.simulated else "twilio",
        "texts": hotline.counts(),
        "unsent": {
            lane.name.lower(): {
                "texts": waiting[lane].count if lane in waiting else 0,
                "oldest_seconds": _age(waiting[lane].since, look.now) if lane in waiting else None,
            }
            for lane in Lane
        }
        if books
        else None,
        "uncertain": books.unsettled.get(State.UNCERTAIN, (0, None))[0] if books else None,
        "held": books.unsettled.get(State.HELD, (0, None))[0] if books else None,
        "at_rest": [
            {
                "line": rest.line,
                "channel": rest.channel.value,
                "error": rest.code,
                "since": _stamp(rest.since),
                "until": _stamp(rest.until),
            }
            for rest in books.resting
        ]
        if books
        else None,
        "over_budget": books.over_budget if books else None,
        "spooled": look.spooled,
        "refused": look.refused,
        "disk_free_mb": None if look.free is None else look.free // 2**20,
        "threads": {
            name: {"alive": pulse.alive, "worked": _stamp(pulse.worked_at)} for name, pulse in look.pulses.items()
        },
    }


def _age(since: datetime, now: datetime) -> int:
    return max(int((now - since) / timedelta(seconds=1)), 0)


def _stamp(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None


class Gauges(Collector):
    """One look at the hotline in Prometheus' form. A line goes by its id."""

    def __init__(self, look: Look) -> None:
        self.look = look

    def collect(self) -> Iterator[Metric]:
        """Every figure of the look; those of a database that is away are left out rather than made up."""
        look = self.look
        yield GaugeMetricFamily("hotline_database_up", "Whether the database answers", value=float(bool(look.books)))
        yield GaugeMetricFamily("hotline_spooled_texts", "Texts kept beside the database", value=look.spooled)
        yield GaugeMetricFamily("hotline_refused_texts", "Of these, put aside after a fault", value=look.refused)
        if look.free is not None:
            yield GaugeMetricFamily("hotline_disk_free_bytes", "Room for the database", value=look.free)
        alive = GaugeMetricFamily("hotline_thread_alive", "Whether a thread runs", labels=["thread"])
        worked = GaugeMetricFamily("hotline_thread_worked_time_seconds", "When it last came round", labels=["thread"])
        for name, pulse in look.pulses.items():
            alive.add_metric([name], float(pulse.alive))
            if pulse.worked_at is not None:
                worked.add_metric([name], pulse.worked_at.timestamp())
        yield alive
        yield worked
        if look.books is not None:
            yield from self._books()

    def _books(self) -> Iterator[Metric]:
        books, now = self.look.books, self.look.now
        assert books is not None
        depth = GaugeMetricFamily("hotline_unsent_texts", "Texts that have not left", labels=["lane"])
        oldest = GaugeMetricFamily("hotline_oldest_unsent_seconds", "Age of the oldest of them", labels=["lane"])
        for lane in Lane:
            held = books.waiting.get(lane)
            depth.add_metric([lane.name.lower()], held.count if held else 0)
            oldest.add_metric([lane.name.lower()], _age(held.since, now) if held else 0)
        unsettled = GaugeMetricFamily("hotline_unsettled_texts", "Texts between two states", labels=["state"])
        for state in UNSETTLED:
            unsettled.add_metric([state.value], books.unsettled.get(state, (0, now))[0])
        resting = GaugeMetricFamily(
            "hotline_senders_at_rest", "Numbers that the carrier refuses", labels=["channel", "error"]
        )
        refused = [(rest.channel.value, str(rest.code or "")) for rest in books.resting]
        for labels in sorted(set(refused)):
            resting.add_metric(labels, refused.count(labels))
        spent = GaugeMetricFamily("hotline_spent_today", "Money spent on the line's own day", labels=["line"])
        segments = GaugeMetricFamily("hotline_segments_today", "Segments on the line's own day", labels=["line"])
        for line, day in sorted(books.spent.items()):
            spent.add_metric([str(line)], day.micros / 1_000_000)
            segments.add_metric([str(line)], day.segments)
        yield from (depth, oldest, unsettled, resting, spent, segments)
