"""The pages for everybody in a real browser: at every width, light and dark, without script, and on paper."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from app.hotline import Hotline
from app.pages import wording
from models import lines
from models.store.session import Session
from tests import fakes
from tests.browser import WIDTHS, look, overflow, tab_to, watched, window
from tests.table import Site, by_day, served
from tests.test_public_pages import HOSTILE, PAGES

LONGEST_NAME = "Neighbors of Washington Heights and Inwood, Upper Manhattan"
LONG_NUMBER = "+525555550101"
SHEETS = {"A4": (210, 297), "Letter": (215.9, 279.4)}  # millimeters
PIXEL = 25.4 / 96  # millimeters
ONE = re.compile(rb"/Type\s*/Page\b(?!s)")
# What is printed, and yet cut off by what it stands in.
CUT_OFF = """() => [...document.querySelectorAll(".poster, .strips li, .card")]
    .filter(each => each.scrollHeight > each.clientHeight + 1 || each.scrollWidth > each.clientWidth + 1)
    .map(each => `${each.className || each.tagName}: ${each.scrollWidth} in ${each.clientWidth},`
        + ` ${each.scrollHeight} in ${each.clientHeight}`)"""


# Cards whose line to cut along is beyond what is printed.
LOST_LINES = """() => [...document.querySelectorAll(".card")].filter(each => {
    const [card, all] = [each, each.parentElement].map(it => it.getBoundingClientRect());
    return card.bottom > all.bottom + .1 || card.right > all.right + .1;
}).map((_, n) => n)"""


# Numbers that are broken, or stick out of their sheet.
OUTSIDE = """() => [...document.querySelectorAll(".number")].filter(each => {
    const words = document.createRange();
    words.selectNodeContents(each);
    const [inner, outer] = [words, each.closest(".sheet, .card, main")].map(it => it.getBoundingClientRect());
    return inner.right > outer.right || inner.height > 1.9 * parseFloat(getComputedStyle(each).fontSize);
}).map(each => each.textContent)"""


@pytest.fixture(scope="module")
def site(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A hotline that is live."""
    with live(migrated_file, tmp_path_factory.mktemp("public")) as opened:
        yield opened


@contextmanager
def live(migrated_file: Path, folder: Path) -> Iterator[Site]:
    file = shutil.copy(migrated_file, folder / "hotline.db")
    settings = fakes.twilio_settings(f"sqlite:///{file}", hotline_name="Oak Street Neighbors")
    with served(Hotline(settings, carrier=fakes.TwilioRecorder(settings), clock=by_day())) as opened:
        yield opened


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    with window(browser, script=False) as opened:
        yield opened


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with window(browser) as opened, watched(opened) as shown:
        yield shown


@pytest.fixture
def line(site: Site) -> Iterator[dict[str, Any]]:
    """What the line shall be; as before, afterwards."""

    def settle(values: dict[str, Any]) -> dict[str, Any]:
        def work(session: Session) -> dict[str, Any]:
            line = lines.all_lines(session)[0]
            before = {name: getattr(line, name) for name in values}
            for name, value in values.items():
                setattr(line, name, value)
            session.add(line)
            return before

        return site.hotline.database.write(work).result()

    class Changes(dict[str, Any]):
        def update(self, **values: Any) -> None:  # type: ignore[override]
            super().update({name: value for name, value in settle(values).items() if name not in self})

    changes = Changes()
    yield changes
    settle(dict(changes))


@pytest.mark.parametrize("path", PAGES)
def test_look_at_every_page(page: Page, site: Site, path: str) -> None:
    page.goto(site.home + path)
    look(page, f"public-{path.strip('/') or 'home'}")


def test_look_at_the_lines(page: Page, migrated_file: Path, tmp_path: Path) -> None:
    with live(migrated_file, tmp_path) as site:
        site.another_line("Elm Hill", "+12025550177")
        page.goto(site.home)
        look(page, "public-lines")
        page.get_by_role("link", name="Elm Hill").click()
        expect(page.get_by_role("heading", name="Elm Hill", level=1)).to_be_visible()


@pytest.mark.parametrize("path", PAGES)
def test_long_names_and_numbers_fit_a_small_phone(page: Page, site: Site, line: Any, path: str) -> None:
    line.update(name=LONGEST_NAME, sms=LONG_NUMBER, whatsapp=LONG_NUMBER)
    for code in wording.languages():
        page.goto(f"{site.home}{path}?lang={code}")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            assert overflow(page) <= 0, (code, width)
            assert page.evaluate(OUTSIDE) == [], (code, width)


def test_by_keyboard(page: Page, site: Site) -> None:
    page.goto(site.home)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To the content")).to_be_focused()
    tab_to(page, "a[href^='sms:']")
    tab_to(page, "a[href='/how']")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="How it works", level=1)).to_be_visible()
    assert page.get_by_role("img").count() == 5


def test_without_script(context: BrowserContext, site: Site) -> None:
    with watched(context) as page:
        for path in PAGES:
            page.goto(site.home + path)
            expect(page.get_by_role("heading", level=1)).to_have_count(1)
        page.get_by_role("link", name="Español").click()
        expect(page.locator("html")).to_have_attribute("lang", "es")


@pytest.mark.parametrize("sheet", SHEETS)
@pytest.mark.parametrize("path", ["/poster", "/card"])
@pytest.mark.parametrize(
    "values",
    [
        {},
        {"name": LONGEST_NAME, "sms": LONG_NUMBER, "whatsapp": "+12025550199"},
        {"name": HOSTILE[:60], "whatsapp": "+12025550100"},
        {"sms": None, "whatsapp": None},
    ],
    ids=["usual", "long", "markup", "no number"],
)
def test_on_paper_it_is_one_sheet(
    page: Page, site: Site, line: Any, sheet: str, path: str, values: dict[str, Any]
) -> None:
    line.update(**values)
    width, height = SHEETS[sheet]
    for code in wording.languages():
        page.goto(f"{site.home}{path}?lang={code}")
        assert len(ONE.findall(page.pdf(format=sheet, print_background=True))) == 1, code
        page.emulate_media(media="print")
        page.set_viewport_size({"width": int((width - 18) / PIXEL), "height": int((height - 9) / PIXEL)})
        assert page.evaluate(CUT_OFF) == [], code
        assert page.evaluate(LOST_LINES) == [], code
        assert page.evaluate("document.scrollingElement.scrollHeight <= innerHeight"), code


def test_a_rehearsal_leads_to_its_phones(page: Page, migrated_file: Path, tmp_path: Path) -> None:
    file = shutil.copy(migrated_file, tmp_path / "hotline.db")
    with served(Hotline(fakes.settings(f"sqlite:///{file}"), clock=by_day())) as site:
        page.goto(f"{site.home}/poster")
        assert len(ONE.findall(page.pdf(format="Letter"))) == 1
        page.emulate_media(media="print")
        expect(page.get_by_text("nobody answers this number")).to_be_visible()
        page.emulate_media(media="screen")
        page.goto(site.home)
        look(page, "public-rehearsal")
        with page.expect_navigation() as opened:
            page.get_by_role("link", name="Try it on pretend phones").click()
        assert opened.value is not None
        assert (opened.value.status, opened.value.headers["x-robots-tag"]) == (200, "noindex")
        assert page.url.startswith(f"{site.home}/simulator")
