"""Who sees what, and the terms: what people want to know, and what carriers ask for before they carry a line's texts.

What carriers look for (A2P 10DLC, toll-free verification): the group's name; how somebody agrees to get texts; which
texts and how many; "message and data rates may apply"; STOP and HELP; whom to ask; that numbers go to nobody for
marketing; how long what is kept; a date. Every figure is the line's own.
"""

from datetime import UTC, datetime

from fastapi import APIRouter, Response

from app.pages.public import frame
from app.pages.public.frame import CurrentVisit

router = APIRouter(include_in_schema=False)

REVISED = datetime(2026, 11, 26, 12, tzinfo=UTC)  # when these words last changed


@router.get("/privacy")
def privacy(visit: CurrentVisit) -> Response:
    """Who sees what, what is kept, and for how long."""
    settings = visit.hotline.settings
    weeks = settings.backup_keep_weekly + 1 if settings.backups else None  # the week that is not over yet
    return frame.page(
        visit,
        "public/privacy.html",
        "privacy.title",
        policy=visit.line.policy,
        revised=REVISED,
        backup_weeks=weeks,
    )


@router.get("/terms")
def terms(visit: CurrentVisit) -> Response:
    """What one agrees to by texting."""
    return frame.page(visit, "public/terms.html", "terms.title", policy=visit.line.policy, revised=REVISED)
