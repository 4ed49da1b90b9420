"""The figures in a real browser: they come by themselves, and without script; at every width, by keyboard."""

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from app.hotline import Hotline
from app.pages.board.members import COOKIE
from models import lines
from models.store.session import Session
from tests import browser as looking
from tests import fakes, histories, visiting
from tests.fakes import Recorder
from tests.standing import aside, served, still
from tests.table import Site, by_day
from tests.test_figures_page import FOR_ALL, busy, quiet

ROOM = 11  # pixels, the least height of letters that can be read on a phone
LETTERS = """() => Math.min(...[...document.querySelectorAll('.plot')].map(plot =>
    parseFloat(getComputedStyle(plot.querySelector('text')).fontSize) * plot.getBoundingClientRect().width / 320))"""
# Words of a plot that are drawn over each other, or beyond its sheet.
CROSSED = """() => [...document.querySelectorAll('.plot')].flatMap(plot => {
    const sheet = plot.closest('.sheet').getBoundingClientRect();
    const all = [...plot.querySelectorAll('text')].map(t => [t.textContent, t.getBoundingClientRect()]);
    const out = all.filter(([, r]) => r.left < sheet.left || r.right > sheet.right).map(([words]) => words);
    const over = all.flatMap(([words, a], n) => all.slice(n + 1)
        .filter(([, b]) => a.left < b.right - 1 && b.left < a.right - 1)
        .filter(([, b]) => a.top < b.bottom - 3 && b.top < a.bottom - 3)
        .map(([other]) => `${words} | ${other}`));
    return [...out, ...over];
})"""


@pytest.fixture(scope="module")
def site(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A busy line, served."""
    file = shutil.copy(migrated_file, tmp_path_factory.mktemp("figures") / "hotline.db")
    hotline = Hotline(fakes.settings(f"sqlite:///{file}"), carrier=Recorder(), clock=by_day())
    hotline.prepare()
    history = busy(hotline)

    def keep(session: Session) -> None:
        histories.keep(session, history, [lines.all_lines(session)[0].id])

    hotline.database.write(keep).result()
    with served(hotline) as home:
        yield Site(hotline, home, 1)
    hotline.stop()


@pytest.fixture(scope="module", params=["en", "es"])
def context(
    browser: Browser, site: Site, request: pytest.FixtureRequest
) -> Iterator[Callable[[bool], BrowserContext]]:
    """Opens windows, with script or without, in which somebody is let in whose phone is in this language."""
    number = {"en": "+12025550181", "es": "+12025550182"}[request.param]
    with ThreadPoolExecutor(1) as aside:  # the browser has an event loop running here
        member = visiting.visitor(site.hotline, number, "Ana", language=request.param)
        aside.submit(member.let_in).result()
    key = next(str(cookie.value) for cookie in member.cookies.jar)
    with ExitStack() as opened:

        def open_(script: bool) -> BrowserContext:
            window = opened.enter_context(looking.window(browser, script=script))
            window.add_cookies([{"name": COOKIE, "value": key, "url": f"{site.home}/board"}])
            return window

        yield open_


@pytest.fixture
def page(site: Site, context: Callable[[bool], BrowserContext]) -> Iterator[Page]:
    """The figures, open; the browser has nothing to complain about."""
    with looking.watched(context(True)) as opened:
        opened.goto(f"{site.home}/board/figures?weeks=12")
        expect(opened.locator("#figures .figure")).to_have_count(len(FOR_ALL))  # by themselves
        yield opened


def test_at_every_width_it_fits_and_can_be_read(page: Page) -> None:
    page.reload()  # so that nothing but the page itself is built
    looking.look(page, "figures")
    for width in looking.WIDTHS:
        page.set_viewport_size({"width": width, "height": looking.HEIGHT})
        assert page.evaluate(LETTERS) >= ROOM
        assert page.evaluate(CROSSED) == []


def test_look_at_the_figures_of_a_quiet_line(browser: Browser, migrated_file: Path, tmp_path: Path) -> None:
    with still(migrated_file, tmp_path) as hotline, served(hotline) as home:
        history = quiet(hotline.clock.now())

        def keep(session: Session) -> None:
            histories.keep(session, history, [lines.all_lines(session)[0].id])

        hotline.database.write(keep).result()
        member = visiting.visitor(hotline, "+12025550181", "Ana")
        aside(member.let_in)
        key = next(str(cookie.value) for cookie in member.cookies.jar)
        with looking.window(browser) as window, looking.watched(window) as opened:
            window.add_cookies([{"name": COOKIE, "value": key, "url": f"{home}/board"}])
            opened.goto(f"{home}/board/figures")
            expect(opened.locator("#figures .figure")).to_have_count(len(FOR_ALL))
            opened.reload()
            looking.look(opened, "figures-quiet")


def test_with_all_tables_open_it_fits_too(page: Page) -> None:
    for summary in page.locator("summary").all():
        summary.click()
    for width in looking.WIDTHS:
        page.set_viewport_size({"width": width, "height": looking.HEIGHT})
        assert looking.overflow(page) == 0
        assert looking.barriers(page) == []


def test_by_keyboard_one_gets_to_the_numbers_and_to_another_time(page: Page) -> None:
    looking.tab_to(page, 'a[href="/board/figures?weeks=52"]')
    page.keyboard.press("Enter")
    expect(page.locator('[aria-current="page"][href="/board/figures?weeks=52"]')).to_be_visible()
    expect(page.locator("#figures .figure")).to_have_count(len(FOR_ALL))
    looking.tab_to(page, "#surge summary")
    page.keyboard.press("Enter")
    expect(page.locator("#surge table")).to_be_visible()
    page.keyboard.press("Tab")  # and its rows can be scrolled to
    assert page.evaluate("document.activeElement.matches('#surge .scroll')")


def test_without_script_a_link_looks_again(site: Site, context: Callable[[bool], BrowserContext]) -> None:
    opened = context(False).new_page()
    opened.goto(f"{site.home}/board/figures?weeks=4")
    for _ in range(100):
        if opened.locator("#figures .figure").count():
            break
        opened.locator("#figures a").click()
    assert opened.locator("#figures .figure").count() == len(FOR_ALL)
    assert urlsplit(opened.url).path == "/board/figures"
