"""GET /health, for whoever watches the host. Nothing in it is about anybody."""

from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from app.hotline import Hotline
from app.web import diagnosis
from app.web.diagnosis import Status
from app.web.diagnosis.templates import approved
from app.web.snapshot import DatabaseFigures, Snapshot, take_snapshot
from models.delivery.outbound import Lane, State

router = APIRouter()


@router.get("/health", include_in_schema=False)
async def health(request: Request) -> JSONResponse:
    """Whether the hotline can take texts, and what somebody should look at."""
    snapshot = await take_snapshot(request)
    hotline: Hotline = request.app.state.hotline
    code = 503 if diagnosis.status(snapshot) is Status.DOWN else 200
    return JSONResponse(as_json(snapshot, hotline), status_code=code, headers={"Cache-Control": "no-store"})


def as_json(snapshot: Snapshot, hotline: Hotline) -> dict[str, Any]:
    """A look as JSON. The keys are always the same; what only the database knows is null while it is away."""
    figures = snapshot.figures
    waiting = figures.waiting if figures else {}
    return {
        "status": diagnosis.status(snapshot).value,
        "reasons": [f"{reason.what}. To do: {reason.do}." for reason in diagnosis.findings(snapshot)],
        "database": "ok" if figures else "does not answer",
        "carrier": hotline.carrier.name,
        "texts": hotline.counts(),
        "unsent": {
            lane.name.lower(): {
                "texts": waiting[lane].count if lane in waiting else 0,
                "oldest_seconds": age_seconds(waiting[lane].since, snapshot.now) if lane in waiting else None,
            }
            for lane in Lane
        }
        if figures
        else None,
        "uncertain": figures.unsettled.get(State.UNCERTAIN, (0, None))[0] if figures else None,
        "held": figures.unsettled.get(State.HELD, (0, None))[0] if figures else None,
        "waiting_for_window": figures.for_window if figures else None,
        "held_oldest_seconds": held_seconds(snapshot) if figures else None,
        "failed_in_a_day": figures.unarrived.failed if figures else None,
        "unreported_in_a_day": figures.unarrived.unreported if figures else None,
        "paused": [
            {
                "line": paused.line,
                "channel": paused.channel.value,
                "error": paused.code,
                "since": _stamp(paused.since),
                "until": _stamp(paused.until),
            }
            for paused in figures.paused
        ]
        if figures
        else None,
        "over_budget": figures.over_budget if figures else None,
        "spooled": snapshot.spool.waiting,
        "quarantined": snapshot.spool.quarantined,
        "alarms_unheard": sum(count for count, _ in figures.unheard.values()) if figures else None,
        "on_duty": figures.on_duty if figures else None,
        "templates": _templates(figures),
        "database_mb": None if figures is None or figures.size is None else figures.size // 2**20,
        "disk_free_mb": snapshot.room.free // 2**20 if snapshot.room else None,
        "disk_days_left": snapshot.room.days_left if snapshot.room else None,
        "backup_age_seconds": age_seconds(last, snapshot.now) if (last := snapshot.backups.last) else None,
        "open_files": snapshot.open_files.used if snapshot.open_files else None,
        "open_files_most": snapshot.open_files.limit if snapshot.open_files else None,
        "certificate_days_left": snapshot.address.days_left if snapshot.address else None,
        "threads": {
            name: {"alive": heartbeat.alive, "worked": _stamp(heartbeat.worked_at)}
            for name, heartbeat in snapshot.heartbeats.items()
        },
    }


def _templates(figures: DatabaseFigures | None) -> dict[str, int] | None:
    """How many of WhatsApp's templates are approved; null where nobody texts by WhatsApp."""
    if figures is None or figures.templates is None:
        return None
    return {"approved": approved(figures.templates), "all": len(figures.templates)}


def held_seconds(snapshot: Snapshot) -> int | None:
    """Since when the oldest held text is wanted."""
    assert snapshot.figures is not None
    held = snapshot.figures.held
    since = min((one for one in (held.asked_to_wait, held.others) if one is not None), default=None)
    return None if since is None else age_seconds(since, snapshot.now)


def age_seconds(since: datetime, now: datetime) -> int:
    return max(int((now - since) / timedelta(seconds=1)), 0)


def _stamp(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
