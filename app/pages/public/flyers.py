"""What hangs in laundromats and lies on counters: a poster with strips to tear off, and cards, eight to a sheet."""

from fastapi import APIRouter, Response

from app.pages.public import frame
from app.pages.public.frame import CurrentVisit

router = APIRouter(include_in_schema=False)

STRIPS = 9
CARDS = 8


@router.get("/poster")
def poster(visit: CurrentVisit) -> Response:
    """One sheet, A4 or Letter."""
    return frame.page(visit, "public/poster.html", "poster.title", strips=STRIPS)


@router.get("/card")
def card(visit: CurrentVisit) -> Response:
    """Eight cards on a sheet, with marks to cut along."""
    return frame.page(visit, "public/card.html", "card.title", cards=CARDS)
