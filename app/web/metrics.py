"""GET /metrics, for Prometheus. Nothing in it is about anybody."""

import hmac
from collections.abc import Iterator

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from app.hotline import Hotline
from app.web.access import is_here
from app.web.health import age_seconds, held_seconds
from app.web.snapshot import Snapshot, take_snapshot
from models.delivery.outbound import Lane, State

router = APIRouter()

UNSETTLED = (State.LEASED, State.UNCERTAIN, State.HELD)


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request) -> Response:
    """The figures for Prometheus, for whoever has the token; without one, for this machine alone."""
    hotline: Hotline = request.app.state.hotline
    token = hotline.settings.hotline_metrics_token
    if not (_has(request, token.get_secret_value()) if token else is_here(request)):
        do = (
            "send HOTLINE_METRICS_TOKEN as a bearer token" if token else "set HOTLINE_METRICS_TOKEN, or ask from here"
        )
        return PlainTextResponse(f"not for everybody: {do}\n", status_code=403)
    gauges = CollectorRegistry()
    gauges.register(Gauges(await take_snapshot(request)))
    said = generate_latest(hotline.metrics.registry) + generate_latest(gauges)
    return Response(said, media_type=CONTENT_TYPE_LATEST)


def _has(request: Request, token: str) -> bool:
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    # Compared as bytes, for a stranger may write any characters; in a time that tells nothing about the token.
    return hmac.compare_digest(given.strip().encode(), token.encode()) and kind.lower() == "bearer"


class Gauges(Collector):
    """One look at the hotline in Prometheus' form. A line goes by its id."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot

    def collect(self) -> Iterator[Metric]:
        """Every figure of the look; those of a database that is away are left out rather than made up."""
        snapshot = self.snapshot
        yield GaugeMetricFamily(
            "hotline_database_up", "Whether the database answers", value=float(bool(snapshot.figures))
        )
        yield GaugeMetricFamily(
            "hotline_spooled_texts", "Texts kept beside the database", value=snapshot.spool.waiting
        )
        yield GaugeMetricFamily(
            "hotline_quarantined_texts", "Of these, put aside after a fault", value=snapshot.spool.quarantined
        )
        if snapshot.room is not None:
            yield GaugeMetricFamily("hotline_disk_free_bytes", "Room for the database", value=snapshot.room.free)
        if snapshot.open_files is not None:
            yield GaugeMetricFamily(
                "hotline_open_files", "Files this process has open", value=snapshot.open_files.used
            )
        alive = GaugeMetricFamily("hotline_thread_alive", "Whether a thread runs", labels=["thread"])
        worked = GaugeMetricFamily("hotline_thread_worked_time_seconds", "When it last came round", labels=["thread"])
        for name, heartbeat in snapshot.heartbeats.items():
            alive.add_metric([name], float(heartbeat.alive))
            if heartbeat.worked_at is not None:
                worked.add_metric([name], heartbeat.worked_at.timestamp())
        yield alive
        yield worked
        if snapshot.figures is not None:
            yield from self._figures()

    def _figures(self) -> Iterator[Metric]:
        figures, now = self.snapshot.figures, self.snapshot.now
        assert figures is not None
        depth = GaugeMetricFamily("hotline_unsent_texts", "Texts that have not left", labels=["lane"])
        oldest = GaugeMetricFamily("hotline_oldest_unsent_seconds", "Age of the oldest of them", labels=["lane"])
        for lane in Lane:
            waits = figures.waiting.get(lane)
            depth.add_metric([lane.name.lower()], waits.count if waits else 0)
            oldest.add_metric([lane.name.lower()], age_seconds(waits.since, now) if waits else 0)
        unsettled = GaugeMetricFamily("hotline_unsettled_texts", "Texts between two states", labels=["state"])
        for state in UNSETTLED:
            unsettled.add_metric([state.value], figures.unsettled.get(state, (0, now))[0])
        unsettled.add_metric([State.WAITS.value], figures.for_window)
        paused = GaugeMetricFamily(
            "hotline_paused_numbers", "Numbers that the carrier refuses", labels=["channel", "error"]
        )
        refused = [(number.channel.value, str(number.code or "")) for number in figures.paused]
        for labels in sorted(set(refused)):
            paused.add_metric(labels, refused.count(labels))
        spent = GaugeMetricFamily("hotline_spent_today", "Money spent on the line's own day", labels=["line"])
        segments = GaugeMetricFamily("hotline_segments_today", "Segments on the line's own day", labels=["line"])
        for line, day in sorted(figures.spent.items()):
            spent.add_metric([str(line)], day.micros / 1_000_000)
            segments.add_metric([str(line)], day.segments)
        unarrived = GaugeMetricFamily(
            "hotline_unarrived_texts",
            "Of the last 24 hours: failed, or never reported by the carrier",
            labels=["result"],
        )
        unarrived.add_metric(["failed"], figures.unarrived.failed)
        unarrived.add_metric(["unreported"], figures.unarrived.unreported)
        held = GaugeMetricFamily(
            "hotline_oldest_held_seconds", "Age of the oldest held text", value=held_seconds(self.snapshot) or 0
        )
        yield from (depth, oldest, unsettled, held, unarrived, paused, spent, segments)
