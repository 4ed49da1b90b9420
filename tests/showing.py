"""The two pictures in the README, taken anew: `python -m tests.showing`. Made-up neighbors on a made-up street."""

import tempfile
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize
from sqlalchemy.engine import make_url

from app.database import migrations
from app.hotline import Hotline
from models import lines
from models.store.session import Session
from tests import board_street, fakes, standing
from tests.browser import chromium
from tests.fakes import Recorder, StillClock
from tests.standing import aside
from tests.table import by_day, served
from tests.visiting import Visitor, visitor

IMAGES = Path(__file__).parent.parent / "docs" / "images"
SIZE: ViewportSize = {"width": 1280, "height": 760}
STEPS = 5  # of the guided story
ASKED = (  # minutes that pass before it is said
    (0, "ana", "Need groceries for two at 45 Oak St"),
    (70, "eve", "I need a ride to the clinic on Friday at 10, 9 Oak St"),
    (25, "kim", "out of diapers size 4, Oak St, today please"),
    (5, "lou", "can somebody pick up my medicine at the pharmacy tomorrow morning, Oak St"),
    (40, "eve", "can somebody help me carry a couch on saturday afternoon, 9 Oak St, third floor"),
)


def main() -> None:
    """Take both."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        simulator(browser, Path(folder) / "simulator.db")
        board(browser, Path(folder) / "board.db")


def simulator(browser: Browser, file: Path) -> None:
    """Phones on a table, with most of the guided story told."""
    with served(Hotline(fakes.settings(f"sqlite:///{file}"), clock=by_day())) as site:
        page = browser.new_page(viewport=SIZE)
        page.goto(site.url)
        page.get_by_role("button", name="Show me how it works").click()
        for step in range(1, STEPS + 1):
            page.get_by_role("button", name="Next:").click()
            page.get_by_label(f"Step {step} of 6").wait_for()
        _take(page, "simulator")


def board(browser: Browser, file: Path) -> None:
    """What waits, as whoever is on duty sees it."""
    migrations.upgrade(make_url(f"sqlite:///{file}"))
    clock = StillClock()
    hotline = Hotline(fakes.settings(f"sqlite:///{file}"), carrier=Recorder(), clock=clock)
    hotline.prepare()
    dee = _street(hotline, clock)
    with standing.served(hotline) as url:
        context = browser.new_context(viewport=SIZE)
        context.add_cookies([{"name": "board", "value": dee.cookies["board"], "url": f"{url}/board"}])
        page = context.new_page()
        page.goto(f"{url}/board")
        _take(page, "board")
    hotline.stop()


def _street(hotline: Hotline, clock: StillClock) -> Visitor:
    people = board_street.street(hotline)

    def named(session: Session) -> None:
        line = lines.all_lines(session)[0]
        line.name = "Oak Street Neighbors"
        session.add(line)

    hotline.database.write(named).result()
    for name, number in (("kim", "+12025550107"), ("lou", "+12025550108"), ("hal", "+12025550109")):
        people[name] = visitor(hotline, number, name.title(), helper=False)
    for minutes, who, words in ASKED:
        clock.advance(timedelta(minutes=minutes))
        hotline.tick()
        people[who].says(words)
    people["ben"].says("CLAIM 1")
    people["ben"].says("OMW 1")
    people["caro"].says("TOMO 2")
    clock.advance(timedelta(minutes=12))
    hotline.tick()
    people["hal"].says("my dad fell and cant get up, 7 Elm Rd")
    clock.advance(timedelta(minutes=2))
    return aside(people["dee"].let_in)


def _take(page: Page, name: str) -> None:
    page.wait_for_timeout(1500)  # until what moves has come to rest
    page.screenshot(path=IMAGES / f"{name}.png")


if __name__ == "__main__":
    main()
