"""The board in a real browser, against a real server: live, by keyboard, on small screens, without script."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from app.hotline import Hotline
from models import requests
from models.requests import State
from tests import board_street
from tests.browser import look, tab_to, watched, window
from tests.standing import aside, served, still
from tests.visiting import Visitor


@dataclass
class Street:
    """A hotline that is served, and the people around it."""

    hotline: Hotline
    url: str
    ana: Visitor
    ben: Visitor
    caro: Visitor
    dee: Visitor
    eve: Visitor

    def state(self, number: int) -> State:
        """How it stands with a request."""
        line_id = 1
        found = self.hotline.database.read(lambda s: requests.by_number(s, line_id, number))
        assert found is not None
        return found.state


@pytest.fixture
def street(migrated_file: Path, tmp_path: Path) -> Iterator[Street]:
    """Two requests that wait, one of them in Caro's hands, and Dee on duty."""
    with still(migrated_file, tmp_path) as hotline:
        people = board_street.street(hotline)
        people["ana"].says("Need groceries for two at 45 Oak St")
        people["ana"].says("I need a ride to the clinic on Friday at 10, 45 Oak St")
        people["caro"].says("TOMO 2")
        for name in ("ben", "caro", "dee"):
            aside(people[name].let_in)
        with served(hotline) as url:
            yield Street(hotline, url, **people)


@pytest.fixture
def opened(browser: Browser, street: Street) -> Iterator["Opened"]:
    with ExitStack() as stack:
        yield Opened(browser, street, stack)


@dataclass
class Opened:
    """Pages of the board, each in a window of its own."""

    browser: Browser
    street: Street
    stack: ExitStack

    def by(self, who: Visitor, *, script: bool = True, complains: bool = False) -> Page:
        """The board as somebody sees it; the browser may complain only where a page is refused on purpose."""
        context = self.stack.enter_context(window(self.browser, script=script))
        cookie = {"name": "board", "value": who.cookies["board"], "url": f"{self.street.url}/board"}
        context.add_cookies([cookie])  # type: ignore[list-item]
        page = context.new_page() if complains else self.stack.enter_context(watched(context))
        page.goto(f"{self.street.url}/board")
        return page


def test_what_comes_in_appears_without_touching_what_somebody_types(street: Street, opened: Opened) -> None:
    page = opened.by(street.ben)
    card = page.locator("#r1")
    card.get_by_text("Say when you come").click()
    box = card.get_by_label("Goes along to them")
    box.press_sequentially("i come at ")
    street.eve.says("Could somebody walk my dog this week? 9 Oak St")
    expect(page.locator("#r3")).to_contain_text("Help with a pet")
    expect(box).to_be_focused()
    box.press_sequentially("6")
    box.press("Enter")  # the button of this card, and of no other
    expect(page.locator("#notice")).to_contain_text("#1 is yours")
    expect(page.locator("#notice")).to_be_focused()
    expect(page.locator("#l-mine #r1")).to_contain_text("You have it")
    expect(page.locator("#l-open #r1")).to_have_count(0)
    assert street.state(1) is State.CLAIMED
    assert any("i come at 6" in text for text in street.ben.carried())


def test_an_alarm_appears_on_top_and_goes_when_somebody_is_on_it(street: Street, opened: Opened) -> None:
    page, other = opened.by(street.dee), opened.by(street.dee)
    street.eve.says("chest pain, cant breathe")
    alarm = page.get_by_role("region", name="Somebody may be in danger")
    expect(alarm).to_contain_text("chest pain, cant breathe")
    alarm.get_by_role("button", name="I'm on it #3").click()
    expect(page.locator("#notice")).to_contain_text("#3")
    expect(page.locator("#alarms .card")).to_have_count(0)
    expect(other.locator("#alarms .card")).to_have_count(0)


@pytest.mark.parametrize("script", [True, False])
def test_no_single_press_ends_an_emergency(street: Street, opened: Opened, script: bool) -> None:
    street.eve.says("chest pain, cant breathe")
    page = opened.by(street.dee, script=script)
    alarm, yes = page.locator("#alarms #r3"), page.get_by_role("button", name="Yes, a false alarm #3")
    expect(yes).to_be_hidden()
    asks = alarm.locator("summary")
    expect(asks).to_have_text("False alarm #3", use_inner_text=True)
    asks.click()
    expect(alarm).to_contain_text("Was nothing the matter with #3? They are told that all is well, and it ends.")
    expect(asks).to_have_text("No, go back #3", use_inner_text=True)
    asks.click()
    expect(yes).to_be_hidden()
    assert street.state(3) is State.HELD
    asks.click()
    yes.click()
    expect(page.locator("#notice")).to_contain_text("#3")
    expect(page.locator("#r3")).to_have_count(0)
    assert street.state(3) is State.CLOSED


def test_on_a_small_phone_an_alarm_can_be_taken_at_once(street: Street, opened: Opened) -> None:
    street.eve.says("chest pain, cant breathe, i am at 12 Oak St in the back, please hurry")
    page = opened.by(street.dee)
    page.set_viewport_size({"width": 320, "height": 568})
    page.reload()
    expect(page.get_by_role("button", name="I'm on it #3")).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("link", name="Urgent")).to_be_hidden()
    page.get_by_text("Show only").click()
    page.get_by_role("link", name="Urgent").click()
    expect(page.get_by_text("Show only")).to_contain_text("Urgent")
    expect(page.get_by_role("link", name="Show everything")).to_be_visible()


def test_the_mark_at_the_tab_is_as_live_as_the_page(street: Street, opened: Opened) -> None:
    page = opened.by(street.dee)
    expect(page.locator("#live")).to_have_class("soft listens")
    expect(page.get_by_text("Changes by itself")).to_be_visible()
    expect(page.get_by_role("link", name="Look again")).to_be_hidden()
    street.eve.says("chest pain, cant breathe")
    expect(page.get_by_role("link", name="What waits 1 alarm that nobody has answered")).to_be_visible()
    street.dee.says("ON IT 3")
    expect(page.locator("#mark")).to_be_hidden()
    expect(page.locator("#l-held #r3")).to_contain_text("You are on it.")


def test_a_card_opens_wherever_it_is_touched(street: Street, opened: Opened) -> None:
    page = opened.by(street.dee)
    card = page.locator("#r2")
    expect(card).to_contain_text("Look at it")
    box = card.bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] - 8, box["y"] + box["height"] - 8)
    expect(page).to_have_url(f"{street.url}/board/requests/2")


def test_tabs_are_one_row_and_all_that_is_pressed_has_room_for_a_thumb(street: Street, opened: Opened) -> None:
    street.eve.says("chest pain, cant breathe")
    page = opened.by(street.dee)
    for width in (320, 390, 768):
        page.set_viewport_size({"width": width, "height": 700})
        page.goto(f"{street.url}/board")
        tops = page.locator(".bar nav a").evaluate_all("all => all.map(each => each.getBoundingClientRect().top)")
        assert len(tops) == 6
        assert len(set(tops)) == 1
        page.locator(".bar nav a").last.focus()
        expect(page.locator(".bar nav a").last).to_be_in_viewport(ratio=1)
        low = page.locator("button, summary, .filters a, .jump a, .bar nav a, .button").evaluate_all(
            "all => all.filter(each => each.checkVisibility() && each.getBoundingClientRect().height < 44)"
            ".map(each => each.textContent)"
        )
        assert low == []


def test_whoever_is_off_the_board_sees_nothing_of_it_any_more(street: Street, opened: Opened) -> None:
    page = opened.by(street.ben, complains=True)
    expect(page.locator("#r1")).to_be_visible()
    street.ben.says("LOGOUT")
    expect(page.get_by_role("heading", name="The board is closed")).to_be_visible()
    expect(page.locator("#r1")).to_have_count(0)


def test_by_keyboard_alone(street: Street, opened: Opened) -> None:
    page = opened.by(street.ben)
    tab_to(page, ".skip")
    page.keyboard.press("Enter")
    tab_to(page, "#r1 button[value=claim]")
    page.keyboard.press("Enter")
    expect(page.locator("#notice")).to_be_focused()
    tab_to(page, "#l-mine #r1 button[value=omw]")
    page.keyboard.press("Enter")
    expect(page.locator("#l-mine #r1")).to_contain_text("On the way.")
    tab_to(page, "#l-mine #r1 button[value=done]")
    page.keyboard.press("Enter")
    expect(page.locator("#r1")).to_contain_text("You brought it.")
    expect(page.locator("#r1 button")).to_have_count(0)
    assert street.state(1) is State.DELIVERED


def test_what_was_refused_can_be_pressed_again(street: Street, opened: Opened) -> None:
    street.ben.says("MAX 0")
    page = opened.by(street.ben)
    page.get_by_role("button", name="I'll take it #1").click()
    expect(page.locator("#notice")).to_contain_text("MAX")
    street.ben.says("MAX 3")
    page.get_by_role("button", name="I'll take it #1").click()
    expect(page.locator("#notice")).to_contain_text("#1 is yours")


def test_a_filter_survives_what_comes_in(street: Street, opened: Opened) -> None:
    page = opened.by(street.dee)
    page.get_by_text("Kind of help").click()
    page.get_by_role("link", name="a ride", exact=True).click()
    expect(page.locator(".card")).to_have_count(1)
    street.ben.says("CLAIM 1")
    street.caro.says("VOY 2")
    expect(page.locator("#r2")).to_contain_text("On the way.")
    expect(page.locator("#r1")).to_have_count(0)
    assert page.url.endswith("/board?need=transport")


def test_without_script(street: Street, opened: Opened) -> None:
    page = opened.by(street.ben, script=False)
    street.eve.says("Could somebody walk my dog this week? 9 Oak St")
    expect(page.locator("#r3")).to_have_count(0)
    page.get_by_role("link", name="Look again").click()
    expect(page.locator("#r3")).to_be_visible()
    page.get_by_role("button", name="I'll take it #1").click()
    expect(page.locator("#notice")).to_contain_text("#1 is yours")
    expect(page.locator("#l-mine #r1")).to_be_visible()


def test_look_at_the_board(street: Street, opened: Opened) -> None:
    street.eve.says("chest pain, cant breathe, 9 Oak St")
    street.eve.says("URGENT diapers for my baby")
    street.hotline.clock.advance(timedelta(hours=3))
    for name, who in (("duty", street.dee), ("volunteer", street.caro)):
        page = opened.by(who)
        expect(page.locator(".card")).not_to_have_count(0)
        look(page, f"board-{name}")
