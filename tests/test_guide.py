"""The guide to start a group: its page is its file, every command it names exists, both languages say the same."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from playwright.sync_api import Browser, expect
from typer.main import get_command

from app import cli
from app.hotline import Hotline
from app.pages.public import guide
from handlers import phrasebook
from handlers.registry import understand
from handlers.understanding.intents import Order
from tests import fakes
from tests.browser import look, tab_to, watched, window
from tests.table import Site, served

FILES = {"en": "starting-a-group.md", "es": "starting-a-group.es.md"}
TEXTS = {code: (guide.FOLDER / name).read_text(encoding="utf-8") for code, name in FILES.items()}
TYPED = [(code, typed) for code, text in TEXTS.items() for typed in re.findall(r"`([^`]+)`", text)]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A hotline whose own language is Spanish."""
    file = tmp_path_factory.mktemp("guide") / "hotline.db"
    with served(Hotline(fakes.settings(f"sqlite:///{file}", hotline_language="es"))) as running:
        yield running


@pytest.mark.parametrize(("code", "typed"), [each for each in TYPED if each[1][0].isupper()])
def test_what_it_says_to_text_is_a_command_and_in_its_own_language(code: str, typed: str) -> None:
    intent = understand(typed).intent
    assert isinstance(intent, Order)
    assert any(typed.lower().startswith(way) for way in phrasebook.book(code).pages["hear"][intent.command]) or (
        understand(typed).language in (code, None)
    )


@pytest.mark.parametrize("typed", sorted({typed for _, typed in TYPED if typed.startswith("hotline ")}))
def test_what_it_says_to_type_in_a_terminal_exists(typed: str) -> None:
    command: Any = get_command(cli.app)
    for word in typed.split()[1:]:
        if hasattr(command, "get_command"):
            command = command.get_command(None, word)
            assert command is not None, f"{word} is no command"
    assert not hasattr(command, "get_command"), "it stops in the middle"
    options = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in typed.split() if word.startswith("--")} <= options


def test_nothing_else_stands_in_it_as_typed() -> None:
    others = {typed for _, typed in TYPED if not typed[0].isupper() and not typed.startswith("hotline ")}
    assert others == {"/poster", "/card"}


def test_both_languages_have_the_same_parts() -> None:
    def shape(text: str) -> list[str]:
        tokens = MarkdownIt().enable("table").parse(text)
        return [token.type for token in tokens if token.type != "inline" and "paragraph" not in token.type]

    def commands(code: str) -> Counter[str]:
        typed = [typed for language, typed in TYPED if language == code]
        return Counter(t if t[0] in "h/" else getattr(understand(t).intent, "command", "") for t in typed)

    assert shape(TEXTS["en"]) == shape(TEXTS["es"])
    assert commands("en") == commands("es")
    links = [re.findall(r"\]\((https:[^)]+)\)", text) for text in TEXTS.values()]
    assert links[0] == links[1]


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "es"),
        ("de", "es"),
        ("en-US,en;q=0.9", "en"),
        ("fr, en;q=0.5, es;q=0.7", "es"),
        ("es;q=0, en", "en"),
        ("*", "es"),
        ("en;q=x, ;;;, <script>", "es"),
    ],
)
def test_it_is_in_the_readers_language(site: Site, accepted: str, language: str) -> None:
    page = httpx.get(f"{site.home}/start", headers={"Accept-Language": accepted})
    assert page.status_code == 200
    assert f'<html lang="{language}">' in page.text
    assert page.headers["content-language"] == language
    assert "Accept-Language" in page.headers["vary"]


def test_each_language_has_an_address(site: Site) -> None:
    for code, text in TEXTS.items():
        page = httpx.get(f"{site.home}/start/{code}").text
        assert f'<html lang="{code}">' in page
        assert text.splitlines()[0].removeprefix("# ") in page
    assert httpx.get(f"{site.home}/start/xx").text == httpx.get(f"{site.home}/start").text


def test_all_of_the_file_and_no_link_to_another_is_on_the_page() -> None:
    for code, text in TEXTS.items():
        drawn = guide.guide(code)
        for block in MarkdownIt().enable("table").parse(text):
            for piece in block.children or []:
                left_out = block.content.endswith(".md)") or block.content == drawn.title
                assert left_out or escapeHtml(piece.content) in drawn.html
        assert re.findall(r'href="(?!https:)([^"]+)', drawn.html) == ["/poster", "/card"]
        assert [name for name, _ in drawn.chapters] == re.findall(r'<h2 id="([^"]+)"', drawn.html)


def test_look_at_the_guide(browser: Browser, site: Site) -> None:
    with window(browser) as context, watched(context) as page:
        for code in guide.languages():
            page.goto(f"{site.home}/start/{code}")
            look(page, f"start-{code}")


def test_by_keyboard_to_a_chapter_and_to_the_other_language(browser: Browser, site: Site) -> None:
    with window(browser, script=False) as context, watched(context) as page:
        page.goto(f"{site.home}/start/en")
        tab_to(page, "a[href='#at-the-door']")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="At the door")).to_be_in_viewport()
        page.goto(f"{site.home}/start/en")
        tab_to(page, "a[hreflang='es']")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Una línea con tus vecinos")
