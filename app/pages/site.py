"""All pages together, and what they share with the running hotline."""

from fastapi import FastAPI

from app.hotline import Hotline
from app.pages import trouble
from app.pages.board import door, duty, live, me, one_request, people, pictures, proposals, purse, rules, waits
from app.pages.board.members import NotLetIn
from app.pages.figures import page as figures
from app.pages.figures.counting import Counting
from app.pages.public import flyers, frame, guide, home, policies
from app.pages.rendering import ASSETS
from app.web.assets import VENDORED

PUBLIC = (home, policies, flyers, guide)
BOARD = (door, waits, live, one_request, pictures, people, me, duty, figures, proposals, purse, rules)


def add(app: FastAPI, hotline: Hotline) -> None:
    """Have the application show them."""
    app.state.counting = Counting(hotline)
    app.state.live = live.Live(hotline)
    for module in (*PUBLIC, *BOARD):
        app.include_router(module.router)
    app.add_exception_handler(NotLetIn, door.refused)
    app.add_exception_handler(frame.WhichLine, frame.choose)
    trouble.handle(app)
    for assets in (ASSETS, VENDORED):
        app.mount(assets.mount, assets.files())


def stop(app: FastAPI) -> None:
    """Count and draw no more."""
    app.state.counting.stop()
