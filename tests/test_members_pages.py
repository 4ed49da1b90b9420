"""People, duty, oneself and the rules in a browser: by keyboard, without script, on small screens, in Spanish."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from app.hotline import Hotline
from models import line_events, lines, people
from models.store.session import Session
from tests import fakes
from tests.browser import look, tab_to, watched, window
from tests.fakes import Recorder, StillClock
from tests.standing import served
from tests.table import Site
from tests.visiting import Visitor, visitor

ANA, BEN, CARO, DEE, EVE = (f"+1202555010{n}" for n in range(1, 6))


@pytest.fixture(scope="module")
def site(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A line with rules of its own, some volunteers, somebody new, requests in hand and waiting."""
    file = shutil.copy(migrated_file, tmp_path_factory.mktemp("members") / "hotline.db")
    hotline = Hotline(fakes.settings(f"sqlite:///{file}"), carrier=Recorder(), clock=StillClock())
    hotline.prepare()

    def rules(session: Session) -> None:
        line = lines.by_id(session, 1)
        with line_events.recorded(session, line, hotline.clock.now()):
            area = lines.add_area(session, 1, "Oak Hill")
            area.aliases = ["Oak St", "20001"]
            line.rules = {**line.rules, "doors_per_day": 4, "quiet_from": 22}
            line.set_answers([lines.Answer(("pantry open",), "The pantry is open Tue 10-12.", None)])
            line.set_other_help([lines.Resource(("food",), "Pantry at St Paul's, 202-555-0188", "es")])
            for each in (area, line):
                session.add(each)

    hotline.database.write(rules).result()
    visitor(hotline, DEE, "Dee Alvarez", duty=True)
    eve = visitor(hotline, EVE, "Eve Moreno", duty=True, language="es")
    ben = visitor(hotline, BEN, "Ben Carter")
    for words in ("need groceries for two near Oak St", "need a ride to the clinic tomorrow from Oak St"):
        Visitor(hotline, ANA).says(words)
    ben.says("CLAIM 1")
    for words in ("JOIN", "Caro Villavicencio", "1", "1"):
        Visitor(hotline, CARO).says(words)
    for words in ("SHIFT WED 18-22", "SHIFT CANT WED", "SHIFT FRI 18-22", "BROADCAST We meet on Saturday at ten."):
        eve.says(words)
    eve.says("PROPONGO Nos vemos los lunes a las diez en la iglesia")
    ben.says("BLOCK 1 the church is closed on Mondays")
    ben.says("SPENT $31.50 ice and bread")
    hotline.clock.advance(timedelta(minutes=5))
    hotline.tick()  # whoever is asked about anything is asked before somebody looks
    with served(hotline) as home:
        yield Site(hotline, home, 1)
    hotline.stop()


def number_of(site: Site, name: str) -> int:
    def find(session: Session) -> int:
        return next(person.id for person in people.everybody(session, 1) if person.name.startswith(name))

    return site.hotline.database.read(find)


def opened(page: Page, site: Site, number: str) -> None:
    """Come onto the board as everybody does: by the link from a text."""
    page.goto(site.home + Visitor(site.hotline, number).link())
    page.locator(".door button").click()
    expect(page.get_by_role("navigation").first).to_be_visible()


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    """Dee's browser, on the board."""
    with window(browser) as context, watched(context) as page:
        opened(page, site, DEE)
        yield page


@pytest.mark.parametrize(
    "path", ["people", "people?show=new", "people/{ben}", "duty", "me", "rules", "proposals", "proposals/1", "purse"]
)
def test_look(page: Page, site: Site, path: str) -> None:
    page.goto(f"{site.home}/board/{path.format(ben=number_of(site, 'Ben'))}")
    look(page, f"members-{path.partition('?')[0].partition('/')[0]}-{len(path)}")


def test_look_in_spanish_as_somebody_on_duty(browser: Browser, site: Site) -> None:
    with window(browser) as context, watched(context) as page:
        opened(page, site, EVE)
        for path in ("people", "duty", "me", "rules", "proposals", "purse"):
            page.goto(f"{site.home}/board/{path}")
            expect(page.locator("html")).to_have_attribute("lang", "es")
            look(page, f"members-es-{path}")


def test_by_keyboard_somebody_is_banned_only_by_the_second_press(page: Page, site: Site) -> None:
    visitor(site.hotline, "+12025550106", "Otto")
    who = number_of(site, "Otto")
    page.goto(f"{site.home}/board/people/{who}")
    tab_to(page, "button[value=ban]")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Ban Otto?")).to_be_visible()
    expect(page.get_by_label("Why?")).to_be_focused()
    look(page, "members-ask")
    page.set_viewport_size({"width": 320, "height": 800})
    tab_to(page, "a.button")
    page.keyboard.press("Enter")  # no, go back
    expect(page.get_by_role("heading", name="Ban Otto?")).to_have_count(0)

    def banned(session: Session) -> bool:
        return people.by_id(session, who).banned_at is not None

    assert not site.hotline.database.read(banned)
    tab_to(page, "button[value=ban]")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Why?")).to_be_focused()
    page.keyboard.type("unkind <b>words</b>")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Otto")
    expect(page.get_by_text('by Dee Alvarez (1): "unkind <b>words</b>"')).to_be_visible()
    assert site.hotline.database.read(banned)


def test_without_script_a_broadcast_is_seen_before_it_is_sent(browser: Browser, site: Site) -> None:
    with window(browser, script=False) as context, watched(context) as page:
        Visitor(site.hotline, DEE).says("PASS 2")  # its number would be an answer, too
        opened(page, site, DEE)
        page.goto(f"{site.home}/board/duty")
        page.get_by_role("button", name="No, do not").click()  # Eve's
        expect(page.get_by_role("status")).to_contain_text("OK, I don't send it.")
        page.get_by_label("Your words").fill("Bring <i>chairs</i>")
        page.get_by_role("button", name="See what it would be").click()
        expect(page.locator("blockquote").first).to_contain_text('(Dee): "Bring <i>chairs</i>"')
        page.get_by_role("button", name="Ask a second person").click()
        expect(page.get_by_role("status")).to_contain_text("I've asked Eve to confirm")
