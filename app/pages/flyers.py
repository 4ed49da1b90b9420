"""What hangs in laundromats and lies on counters: a poster with strips to tear off, and cards, eight to a sheet."""

from fastapi import APIRouter, Response

from app.pages import public
from app.pages.public import CurrentVisit

router = APIRouter(include_in_schema=False)

STRIPS = 9
CARDS = 8


@router.get("/poster")
def poster(visit: CurrentVisit) -> Response:
    """One sheet, A4 or Letter."""
    return public.page(visit, "poster.html", "poster.title", strips=STRIPS)


@router.get("/card")
def card(visit: CurrentVisit) -> Response:
    """Eight cards on a sheet, with marks to cut along."""
    return public.page(visit, "card.html", "card.title", cards=CARDS)
