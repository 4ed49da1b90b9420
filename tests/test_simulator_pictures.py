"""Pictures and voice messages on the simulator's phones, in a real browser: with script and without."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from app.hotline import Hotline
from app.simulator import samples
from app.simulator.threads import Phone
from tests import fakes
from tests.browser import look, watched, window
from tests.table import Site, by_day, served

LONGEST = 20_000  # milliseconds


@pytest.fixture
def site(migrated_file: Path, tmp_path: Path) -> Iterator[Site]:
    file = shutil.copy(migrated_file, tmp_path / "hotline.db")
    with served(Hotline(fakes.settings(f"sqlite:///{file}"), clock=by_day())) as made:
        yield made


def matched(site: Site) -> tuple[Phone, Phone]:
    """Ana has asked, and Ben has it in hand."""
    ben, ana = site.volunteer("Ben"), site.neighbor("Ana")
    site.texts(ana, "need groceries for two near Oak St")
    site.texts(ben, "claim 1")
    return ana, ben


def sends(page: Page, name: str, file: str, kind: str, content: bytes) -> None:
    phone = page.locator("section.phone", has=page.get_by_role("heading", name=name))
    phone.get_by_text("Send a picture or voice message").click()
    phone.locator("input[type=file]").set_input_files({"name": file, "mimeType": kind, "buffer": content})
    phone.get_by_role("button", name=f"Send it as {name}").click()


def on(page: Page, name: str, what: str) -> None:
    """A picture has arrived on this phone, and the browser has seen it."""
    thread = page.get_by_role("log", name=f"Texts on {name}'s phone")
    if what == "picture":
        image = thread.locator(".text img").last
        expect(image).to_be_visible(timeout=LONGEST)
        page.wait_for_function("image => image.complete && image.naturalWidth > 0", arg=image.element_handle())
    else:
        expect(thread.locator(".text audio").last).to_be_visible(timeout=LONGEST)


def test_a_picture_and_a_voice_message_go_from_phone_to_phone(browser: Browser, site: Site) -> None:
    matched(site)
    with window(browser) as context, watched(context) as page:
        page.goto(site.url)
        sends(page, "Ana", "door.jpg", "image/jpeg", samples.picture((1200, 900)))
        on(page, "Ana", "picture")
        on(page, "Ben", "picture")
        sends(page, "Ben", "voice.ogg", "audio/ogg", samples.voice())
        on(page, "Ana", "voice")
        page.reload()
        look(page, "simulator-pictures")


def test_the_same_without_script(browser: Browser, site: Site) -> None:
    matched(site)
    with window(browser, script=False) as context, watched(context) as page:
        page.goto(site.url)
        sends(page, "Ana", "door.jpg", "image/jpeg", samples.picture())
        thread = page.get_by_role("log", name="Texts on Ana's phone")
        expect(thread.locator(".mine img")).to_have_count(1, timeout=LONGEST)
        expect(page.get_by_role("log", name="Texts on Ben's phone").locator(".theirs img")).to_have_count(1)


def test_what_is_no_picture_is_answered_as_ever(browser: Browser, site: Site) -> None:
    matched(site)
    with window(browser) as context, watched(context) as page:
        page.goto(site.url)
        sends(page, "Ana", "notice.pdf", "application/pdf", b"%PDF-1.7")
        thread = page.get_by_role("log", name="Texts on Ana's phone")
        expect(thread).to_contain_text("I can't open files; a photo of the page works.", timeout=LONGEST)


def test_files_come_from_our_own_page_alone(site: Site) -> None:
    ana, _ = matched(site)
    form = {"line": str(site.line_id), "phone": str(ana.id)}
    url, files = f"{site.home}/simulator/picture", {"file": ("a.jpg", samples.picture(), "image/jpeg")}
    assert httpx.post(url, data=form, files=files).status_code == 403
    ours = {"Origin": site.home}
    assert httpx.post(url, data=form, headers=ours).status_code == 422  # nothing was chosen
    assert httpx.post(url, data=form, files=files, headers=ours).status_code == 303
    assert httpx.get(f"{site.home}/simulator/pictures/99").status_code == 404
