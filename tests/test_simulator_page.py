"""The simulator's page in a real browser, against a real server: by mouse, by keyboard, on small screens."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from app.hotline import Hotline
from app.simulator.phones import STOPPED_NOTE
from tests import fakes
from tests.browser import look, overflow, tab_to, watched, window
from tests.table import Site, by_day, served

HOSTILE = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
RIGHT_TO_LEFT = "\u202eأحتاج إلى طعام\u202c"


@pytest.fixture(scope="module")
def hotline_served(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One server for all tests here; each has a line of its own."""
    file = shutil.copy(migrated_file, tmp_path_factory.mktemp("page") / "hotline.db")
    with served(Hotline(fakes.settings(f"sqlite:///{file}"), clock=by_day())) as site:
        yield site


@pytest.fixture
def site(hotline_served: Site) -> Site:
    """A line with nobody around it yet."""
    number = f"+120255501{99 - len(hotline_served.phones.lines())}"
    return hotline_served.another_line(f"Line {number}", number)


@pytest.fixture(scope="module")
def context(browser: Browser, hotline_served: Site) -> Iterator[BrowserContext]:
    """A browser window; one for all, so that htmx and the style sheets are read once."""
    with window(browser) as opened:
        yield opened


@pytest.fixture
def page(context: BrowserContext, site: Site) -> Iterator[Page]:
    """The page, open."""
    with watched(context) as opened:
        opened.goto(site.url)
        yield opened


def test_a_new_hotline_invites_to_the_story_and_tells_it_to_the_end(page: Page, site: Site) -> None:
    expect(page.get_by_role("heading", name="Neighbors help neighbors")).to_be_visible()
    page.get_by_role("button", name="Show me how it works").click()
    expect(page.get_by_role("heading", name="Dee")).to_be_visible()
    for step in range(1, 7):
        page.get_by_role("button", name="Next:").click()
        expect(page.get_by_label(f"Step {step} of 6")).to_be_visible()
    expect(page.locator("#story")).to_contain_text("#1 is fulfilled")
    expect(page.get_by_role("log", name="Texts on Ben's phone")).to_contain_text("#1: they got it")
    expect(page.get_by_role("log", name="Texts on Dee's phone").locator(".text")).to_have_count(1)
    expect(page.locator(".text small", has_text="delivered").first).to_be_visible()
    page.get_by_role("button", name="Tell it again").press("Enter")
    expect(page.get_by_label("Step 0 of 6")).to_be_visible()
    page.keyboard.press("Enter")  # the focus went along to the next button
    expect(page.get_by_role("log", name="Texts on Rosa's phone")).to_contain_text("You are #2")


def test_the_story_can_play_by_itself_and_pause(page: Page, site: Site) -> None:
    page.clock.install()
    page.reload()
    page.get_by_role("button", name="Show me how it works").click()
    page.get_by_role("button", name="Play by itself").click()
    expect(page.get_by_label("Step 1 of 6")).to_be_visible()
    page.clock.run_for(6500)
    expect(page.get_by_label("Step 2 of 6")).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Play by itself")).to_be_visible()
    page.clock.run_for(20_000)
    expect(page.get_by_label("Step 2 of 6")).to_be_visible()


def test_by_keyboard_alone_from_ask_to_claim(page: Page, site: Site) -> None:
    tab_to(page, "form[action='/simulator/volunteer'] input[name=name]")
    page.keyboard.type("Ben")
    page.keyboard.press("Enter")
    ben = page.get_by_role("log", name="Texts on Ben's phone")
    expect(ben).to_be_visible()
    expect(page.get_by_label("Text from Ben")).to_be_focused()
    tab_to(page, "form[action='/simulator/neighbor'] input[name=name]")
    page.keyboard.type("Ana")
    page.keyboard.press("Enter")
    ana = page.get_by_role("log", name="Texts on Ana's phone")
    expect(page.get_by_label("Text from Ana")).to_be_focused()
    page.keyboard.type("need groceries for two near Oak St")
    page.keyboard.press("Enter")
    expect(ana.locator(".mine")).to_contain_text("need groceries for two near Oak St")
    expect(page.get_by_label("Text from Ana")).to_have_value("")
    expect(ben).to_contain_text("CLAIM 1 or PASS 1")
    expect(ben.locator(".theirs small")).to_contain_text("delivered · 1 segment")
    found = site.phones.named(site.line_id, "Ben")
    assert found is not None
    tab_to(page, f"#box-{found.id}")
    page.keyboard.type("CLAIM 1")
    page.keyboard.press("Enter")
    expect(ben).to_contain_text("#1 is yours")
    expect(ana).to_contain_text("Ben takes #1")


def test_half_typed_text_survives_what_arrives(page: Page, site: Site) -> None:
    ben = site.volunteer("Ben")
    ana = site.neighbor("Ana")
    box = page.get_by_label("Text from Ben")
    box.click()
    page.keyboard.type("I can  after work")
    for _ in "after work ":
        page.keyboard.press("ArrowLeft")
    site.texts(ana, "need groceries for two near Oak St")
    expect(page.locator(f"#thread-{ben.id}")).to_contain_text("CLAIM 1")
    expect(box).to_be_focused()
    page.keyboard.type("come")
    site.texts(ana, "MORE 1 and bread")
    expect(page.locator(f"#thread-{ana.id}")).to_contain_text("and bread")
    expect(box).to_have_value("I can come after work")
    expect(box).to_be_focused()


def test_new_texts_scroll_into_view_and_are_announced(page: Page, site: Site) -> None:
    ana = site.neighbor("Ana")
    for n in range(8):
        site.texts(ana, f"need groceries for two near Oak St {n}")
    thread = page.get_by_role("log", name="Texts on Ana's phone")
    expect(thread.locator(".mine").last).to_contain_text("Oak St 7")
    expect(thread.locator(".text").last).to_be_in_viewport()
    assert thread.evaluate("log => log.scrollHeight - log.scrollTop - log.clientHeight") <= 1
    assert thread.get_attribute("role") == "log"  # which is announced politely by itself


def test_a_text_of_several_lines_is_typed_with_shift(page: Page, site: Site) -> None:
    ana = site.neighbor("Ana")
    box = page.get_by_label("Text from Ana")
    box.click()
    page.keyboard.press("Enter")  # nothing to send
    page.keyboard.type("need groceries")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("near Oak St")
    page.keyboard.press("Enter")
    expect(page.locator(f"#thread-{ana.id} .mine p")).to_have_text("need groceries\nnear Oak St")


def test_the_clock_moves_forward(page: Page, site: Site) -> None:
    before = site.hotline.clock.now()
    today = site.phones.table(site.line_id).now
    for button in ("1 day later", "10 minutes later"):
        with page.expect_response("**/simulator/wait"):
            page.get_by_role("button", name=button).click()
    passed = (site.hotline.clock.now() - before).total_seconds() / 60
    assert 1450 <= passed < 1452
    expect(page.locator("#clock")).not_to_contain_text(f"{today:%b} {today.day},")


def test_strange_texts_and_names_are_shown_as_they_are(page: Page, site: Site) -> None:
    page.get_by_label("Name").first.fill(f"<b>{HOSTILE}"[:40])
    page.get_by_role("button", name="Add a neighbor").click()
    box = page.locator(".write textarea").first
    for words in (HOSTILE, RIGHT_TO_LEFT, "w" * 1600):
        expect(box).to_have_value("")
        box.fill(words)
        box.press("Enter")
        expect(page.locator(".mine p").last).to_have_text(words)
    assert page.title() != "owned"
    assert page.locator(".phones img, .phones script, .phones b").count() == 0
    assert page.locator(".mine p").nth(1).evaluate("p => getComputedStyle(p).direction") == "rtl"
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 740})
        assert overflow(page) <= 0


def test_it_fits_every_screen(page: Page, site: Site) -> None:
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 780})
        assert overflow(page) <= 0, f"empty, at {width}"
    phones = [site.volunteer(f"Volunteer {n} with a long name") for n in range(9)]
    last = page.locator(f"#phone-{phones[-1].id}")
    expect(last).to_be_attached()
    for width in (360, 390, 768, 1280):
        page.set_viewport_size({"width": width, "height": 780})
        for tab, phone in (("Volunteer 0", phones[0]), ("Volunteer 8", phones[8])):
            page.get_by_role("link", name=tab).click()
            expect(page.locator(f"#phone-{phone.id}")).to_be_in_viewport(ratio=0.9)
            expect(page.get_by_label(f"Text from {tab}")).to_be_focused()
            expect(page.locator(f"[data-tab='{phone.id}']")).to_have_attribute("aria-current", "true")
        assert overflow(page) <= 0, f"full, at {width}"


def test_on_a_small_screen_a_tab_tells_of_a_new_text(page: Page, site: Site) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    ana = site.neighbor("Ana")
    site.volunteer("Ben")
    tab = page.get_by_role("link", name="Ben")
    expect(tab).to_be_visible()
    site.texts(ana, "need groceries for two near Oak St")
    expect(tab).to_have_class("unread")
    tab.click()
    expect(page.get_by_role("log", name="Texts on Ben's phone")).to_be_in_viewport(ratio=0.5)
    expect(tab).not_to_have_class("unread")


def test_the_phone_company_confirms_stop(page: Page, site: Site) -> None:
    ana = site.neighbor("Ana")
    site.texts(ana, "STOP")
    expect(page.locator(f"#thread-{ana.id} .note")).to_have_text(STOPPED_NOTE)
    expect(page.locator(f"#label-{ana.id}")).to_contain_text("said STOP")


def test_whatsapp_looks_like_whatsapp(page: Page, site: Site) -> None:
    form = page.locator("form[action='/simulator/neighbor']")
    form.get_by_label("Name").fill("Ana")
    form.get_by_label("Texts by").select_option("whatsapp")
    form.get_by_role("button").click()
    expect(page.get_by_label("Text from Ana")).to_be_focused()
    page.keyboard.type("need groceries for two near Oak St")
    page.keyboard.press("Enter")
    expect(page.locator(".whatsapp .top")).to_contain_text("WhatsApp")
    expect(page.locator(".whatsapp .theirs small")).to_contain_text("delivered")
    expect(page.locator(".whatsapp .text small", has_text="segment")).to_have_count(0)


def test_nothing_moves_for_whom_movement_is_too_much(page: Page, site: Site) -> None:
    page.emulate_media(reduced_motion="reduce")
    site.texts(site.neighbor("Ana"), "hello")
    expect(page.locator(".theirs")).to_be_visible()
    assert page.locator(".text").first.evaluate("e => getComputedStyle(e).animationName") == "none"
    assert page.locator(".phone").evaluate("e => getComputedStyle(e).animationName") == "none"


def test_when_the_hotline_is_away_nothing_typed_is_lost(browser: Browser, site: Site) -> None:
    context = browser.new_context()
    page = context.new_page()
    ana = site.neighbor("Ana")
    page.goto(site.url)
    context.set_offline(True)
    expect(page.get_by_text("The hotline does not answer")).to_be_visible()
    box = page.get_by_label("Text from Ana")
    box.fill("need groceries near Oak St")
    box.press("Enter")
    expect(box).to_have_value("need groceries near Oak St")
    context.set_offline(False)
    expect(page.get_by_text("The hotline does not answer")).to_be_hidden()
    box.press("Enter")
    expect(page.locator(f"#thread-{ana.id} .mine")).to_have_count(1)
    context.close()


def test_without_script_everything_still_works(browser: Browser, site: Site) -> None:
    with window(browser, script=False) as context, watched(context) as page:
        page.goto(site.url)
        page.get_by_label("Name").first.fill("Ana")
        page.get_by_role("button", name="Add a neighbor").click()
        page.get_by_label("Text from Ana").fill("need groceries for two near Oak St")
        page.get_by_role("button", name="Send as Ana").click()
        expect(page.locator(".mine")).to_contain_text("need groceries for two near Oak St")
        page.get_by_role("button", name="Show me how it works").click()
        page.get_by_role("button", name="Next:").click()
        expect(page.locator("#story")).to_contain_text("texts the hotline in her own words")


def test_look_at_an_empty_table_and_at_a_story_that_was_told(page: Page, site: Site) -> None:
    look(page, "simulator-empty")
    page.get_by_role("button", name="Show me how it works").click()
    for step in range(1, 7):
        page.get_by_role("button", name="Next:").click()
        expect(page.get_by_label(f"Step {step} of 6")).to_be_visible()
    page.reload()
    look(page, "simulator-told")


def test_each_line_has_its_own_phones(page: Page, site: Site) -> None:
    hillside = site.another_line("Hillside", "+12025550150")
    site.neighbor("Ana")
    hillside.neighbor("Omar")
    page.reload()
    expect(page.get_by_role("heading", name="Ana")).to_be_visible()
    page.get_by_label("Hotline", exact=True).select_option("Hillside")
    page.get_by_role("button", name="Go there").click()
    expect(page.get_by_role("heading", name="Omar")).to_be_visible()
    expect(page.get_by_role("heading", name="Ana")).to_have_count(0)
    page.get_by_label("Text from Omar").fill("need diapers near Hill St")
    page.keyboard.press("Enter")
    expect(page.locator(".theirs")).to_contain_text("You are #1")
