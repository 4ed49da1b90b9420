"""A request's page in a real browser: by keyboard, without script, at every width, light and dark."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from app.hotline import Hotline
from tests.browser import HEIGHT, SCHEMES, WIDTHS, barriers, look, overflow, tab_to, watched, window
from tests.request_cast import DOOR, Cast, gather
from tests.standing import aside, served, still
from tests.visiting import Visitor

FOLDED = "details.act:has([value={}]) > summary"
BUTTON = "form:has([value={}]) button"


@pytest.fixture
def hotline(migrated_file: Path, tmp_path: Path) -> Iterator[Hotline]:
    """One that stands still but for its pages."""
    with still(migrated_file, tmp_path) as running:
        yield running


@pytest.fixture
def cast(hotline: Hotline) -> Cast:
    return aside(lambda: gather(hotline))


@pytest.fixture
def home(hotline: Hotline, cast: Cast) -> Iterator[str]:
    with served(hotline) as url:
        yield url


@contextmanager
def opened(browser: Browser, home: str, who: Visitor, *, script: bool = True, number: int = 1) -> Iterator[Page]:
    """The request's page as somebody sees it who is let in."""
    with window(browser, script=script) as context:
        context.add_cookies([{"name": "board", "value": who.cookies["board"], "url": home}])
        with watched(context) as page:
            page.goto(f"{home}/board/requests/{number}")
            yield page


def press(page: Page, selector: str) -> None:
    tab_to(page, selector)
    page.keyboard.press("Enter")


def test_a_request_is_taken_carried_and_given_back_by_keyboard_alone(browser: Browser, home: str, cast: Cast) -> None:
    with opened(browser, home, cast.ben, script=False) as page:
        press(page, ".first summary")
        tab_to(page, "#claim-words")
        page.keyboard.type("after six <b>sharp</b>")
        press(page, BUTTON.format("claim"))
        expect(page.locator("#notice")).to_contain_text("is yours, thank you")
        expect(page.locator(".facts")).to_contain_text(DOOR)
        press(page, BUTTON.format("omw"))
        expect(page.locator("#notice")).to_contain_text("on the way")
        press(page, FOLDED.format("relay"))
        tab_to(page, "#relay-words")
        page.keyboard.type("is rice fine?")
        press(page, BUTTON.format("relay"))
        expect(page.locator("#notice")).to_contain_text("Passed on")
        press(page, FOLDED.format("drop"))
        tab_to(page, "#drop-words")
        page.keyboard.type("flat tire")
        press(page, BUTTON.format("drop"))
        expect(page.locator("#notice")).to_contain_text("goes to somebody else")
        expect(page.locator(".facts")).to_have_count(0)
        expect(page.locator("button.big")).to_have_count(0)  # not to be taken again in passing
    said = aside(cast.ana.carried)
    assert any("after six <b>sharp</b>" in text for text in said)
    assert any("is rice fine?" in text for text in said)


def test_duty_reads_gives_it_on_and_ends_it_by_keyboard_alone(browser: Browser, home: str, cast: Cast) -> None:
    aside(lambda: cast.fay.says("@1 any allergies?"))
    with opened(browser, home, cast.dee) as page:
        assert DOOR not in page.content()
        press(page, BUTTON.format("place"))
        expect(page.locator(".facts")).to_contain_text(DOOR)
        press(page, BUTTON.format("talk"))
        expect(page.locator(".entries")).to_contain_text("CLAIM 1 or PASS 1")
        press(page, FOLDED.format("assign"))
        tab_to(page, "#assign-who")
        page.keyboard.press("B")
        press(page, BUTTON.format("assign"))
        expect(page.locator("#notice")).to_contain_text("Ben Carter's now")
        expect(page.locator(".facts")).to_contain_text("Ben Carter (2)")
        press(page, FOLDED.format("close"))
        tab_to(page, "#close-words")
        page.keyboard.type("the church went")
        press(page, BUTTON.format("close"))
        expect(page.locator("#notice")).to_contain_text("is closed and the neighbor told")
        expect(page.locator(".state")).to_have_text("closed")


@pytest.fixture
def lived(hotline: Hotline, cast: Cast) -> Cast:
    """Much has happened to the request."""

    def live() -> None:
        cast.ben.says("CLAIM 1 I can come at 5")
        cast.ana.says("thank you! the bell is broken, please call up to the window, or write here once you are there")
        cast.dee.says("NOTE 1 she cannot carry heavy bags")
        cast.ben.says("OMW 1")
        cast.fay.says("Supercalifragilisticexpialidocious" * 4)
        cast.dee.says(f"NOTE 1 {'W' * 200}")

    aside(live)
    return cast


@pytest.mark.parametrize("who", ["ben", "fay", "dee"])
def test_look_at_a_request(browser: Browser, home: str, lived: Cast, who: str) -> None:
    with opened(browser, home, getattr(lived, who)) as page:
        look(page, f"request-{who}")


def test_look_at_one_with_all_that_is_folded_open(browser: Browser, home: str, lived: Cast) -> None:
    with opened(browser, home, lived.dee) as page:
        page.locator(BUTTON.format("talk")).click()
        expect(page.locator(".entries")).to_contain_text("the bell is broken")
        for each in page.locator("details.act > summary").all():
            each.click()
        for scheme, width in product(SCHEMES, WIDTHS):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": HEIGHT})
            assert barriers(page) == []
            assert overflow(page) <= 0


def test_look_at_what_is_not_there(browser: Browser, home: str, cast: Cast) -> None:
    with window(browser) as context:
        context.add_cookies([{"name": "board", "value": cast.fay.cookies["board"], "url": home}])
        page = context.new_page()
        page.goto(f"{home}/board/requests/9")
        look(page, "request-none")
