"""The simulator's WhatsApp phones: buttons and lists to press, templates, a closed window; also without script."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from app.hotline import Hotline
from app.simulator.threads import Phone
from models.lines import Area, Channel
from models.store.session import Session
from tests import fakes
from tests.browser import look, watched, window
from tests.table import Site, by_day, served


@pytest.fixture(scope="module")
def hotline_served(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One server for all tests here; each has a line of its own."""
    file = shutil.copy(migrated_file, tmp_path_factory.mktemp("buttons") / "hotline.db")
    with served(Hotline(fakes.settings(f"sqlite:///{file}"), clock=by_day())) as site:
        yield site


@pytest.fixture
def site(hotline_served: Site) -> Site:
    """A line with two areas and nobody around it yet."""
    number = f"+120255501{99 - len(hotline_served.phones.lines())}"
    made = hotline_served.another_line(f"Line {number}", number)

    def areas(session: Session) -> None:
        session.add(Area(line_id=made.line_id, name="Oak Hill", aliases=["oak st"]))
        session.add(Area(line_id=made.line_id, name="Pine Flats", aliases=["pine st"]))

    made.hotline.database.write(areas).result()
    return made


@pytest.fixture(scope="module")
def context(browser: Browser, hotline_served: Site) -> Iterator[BrowserContext]:
    with window(browser) as opened:
        yield opened


@pytest.fixture
def page(context: BrowserContext, site: Site) -> Iterator[Page]:
    """The page, open."""
    with watched(context) as opened:
        opened.goto(site.url)
        yield opened


def on_whatsapp(site: Site) -> tuple[Phone, Phone]:
    """Ana, who will ask, and Ben, a volunteer who has written today."""
    ana = site.phones.add_neighbor(site.line_id, "Ana", Channel.WHATSAPP)
    ben = site.phones.add_volunteer(site.line_id, "Ben", Channel.WHATSAPP)
    site.texts(ben, "MINE")
    site.texts(ana, "hi")
    return ana, ben


def asked_and_brought(page: Page, reload: bool) -> None:
    """From a greeting to the closed request, without a word typed but DONE."""

    def press(name: str, whose: str) -> None:
        if reload:
            page.reload()
        page.get_by_role("log", name=f"Texts on {whose}'s phone").get_by_role("button", name=name).last.click()

    ana = page.get_by_role("log", name="Texts on Ana's phone")
    ben = page.get_by_role("log", name="Texts on Ben's phone")
    press("Food", "Ana")
    expect(ana.locator(".mine").last).to_contain_text("Food")
    press("Oak Hill", "Ana")
    expect(ana).to_contain_text("You are #1")
    press("Claim", "Ben")
    expect(ben).to_contain_text("#1 is yours")
    page.get_by_label("Text from Ben").fill("DONE 1")
    page.get_by_role("button", name="Send as Ben").click()
    press("Yes", "Ana")
    expect(ana).to_contain_text("#1 is closed")


def test_buttons_and_lists_are_pressed(page: Page, site: Site) -> None:
    on_whatsapp(site)
    ana = page.get_by_role("log", name="Texts on Ana's phone")
    expect(ana.get_by_role("group", name="Choose").get_by_role("button")).to_have_text(
        ["Food", "Medicine", "A ride", "Something else"]
    )
    expect(ana.locator(".theirs p").last).not_to_contain_text("1 food")
    asked_and_brought(page, reload=False)


def test_they_are_pressed_without_script(browser: Browser, site: Site) -> None:
    on_whatsapp(site)
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(site.url)
        asked_and_brought(page, reload=True)


def test_by_sms_there_are_none(page: Page, site: Site) -> None:
    ana = site.neighbor("Ana")
    site.texts(ana, "hi")
    expect(page.locator(f"#thread-{ana.id}")).to_contain_text("1 food, 2 medicine")
    expect(page.locator(f"#thread-{ana.id}").get_by_role("button")).to_have_count(0)


def test_a_closed_window_and_a_template_are_marked(page: Page, site: Site) -> None:
    ana, ben = on_whatsapp(site)
    top = page.locator(f"#top-{ben.id}")
    expect(top).not_to_contain_text("only templates")
    site.phones.pass_time(timedelta(hours=25))
    expect(top).to_contain_text("only templates")
    site.texts(ana, "need groceries for two, Oak St")
    thread = page.get_by_role("log", name="Texts on Ben's phone")
    expect(thread.locator(".theirs .template").last).to_be_visible()
    thread.get_by_role("button", name="I take it").last.click()
    expect(thread).to_contain_text("#1 is yours")
    expect(top).not_to_contain_text("only templates")


@pytest.mark.parametrize("choice", ["h1-claim-1", "h1-need-0-pets", "", "\0"])
def test_what_was_not_shown_is_refused_kindly(site: Site, choice: str) -> None:
    ana, ben = on_whatsapp(site)
    (hello,) = [text for text in site.phones.table(site.line_id).thread(ana) if text.choices]
    for phone in (ana.id, ben.id, 0):
        fields = {"line": site.line_id, "phone": phone, "text": hello.id.removeprefix("out-"), "choice": choice}
        answer = httpx.post(f"{site.home}/simulator/tap", data=fields, headers={"sec-fetch-site": "same-origin"})
        assert answer.status_code == 422
        assert "no longer" in answer.text


def test_look_buttons(page: Page, site: Site) -> None:
    ana, _ = on_whatsapp(site)
    site.texts(ana, "need groceries for two, Oak St")
    page.reload()
    expect(page.get_by_role("button", name="Claim")).to_be_visible()
    look(page, "simulator-buttons")
