"""The simulator's page in another country: its guided story has numbers of that country, and nobody's."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from sqlmodel import select

from app.hotline import Hotline
from handlers.setup import pretend_numbers
from models.people import Address
from tests import fakes
from tests.browser import watched, window
from tests.table import Site, by_day, served


@pytest.fixture(params=["GB", "KE"])
def abroad(request: pytest.FixtureRequest, migrated_file: Path, tmp_path: Path) -> Iterator[Site]:
    file = shutil.copy(migrated_file, tmp_path / "abroad.db")
    with served(Hotline(fakes.settings(f"sqlite:///{file}", hotline_country=request.param), clock=by_day())) as site:
        yield site


def test_the_story_is_told_to_its_end_on_the_page(browser: Browser, abroad: Site) -> None:
    line = abroad.phones.lines()[0]
    with window(browser) as opened, watched(opened) as page:
        page.goto(abroad.url)
        page.get_by_role("button", name="Show me how it works").click()
        for step in range(1, 7):
            page.get_by_role("button", name="Next:").click()
            expect(page.get_by_label(f"Step {step} of 6")).to_be_visible()
        expect(page.locator("#story")).to_contain_text("#1 is fulfilled")
    found = abroad.hotline.database.read(lambda s: {address.value for address in s.exec(select(Address))})
    assert found <= set(pretend_numbers.of(line.country)[1:])
