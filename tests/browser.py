"""A real browser for tests of pages: what a page asked for and complained about, axe-core, a look at every width.

`LOOK=/tmp/look pytest -k test_look` leaves a picture of every page at every width, light and dark, in that folder.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

ARGUMENTS = (
    "--headless=new --no-sandbox --disable-gpu --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
).split()
PATIENCE = 20_000  # milliseconds; a busy machine is no failure
WIDTHS = (320, 768, 1280, 1600)
HEIGHT = 800
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
FOLDER = "LOOK"
AXE = Path(__file__).parent / "vendor" / "axe.min.js"  # axe-core 4.14.1 from npm, as it is there
# What moved by itself while the page was built: a share of the window. Browsers call a page calm below 0.1
# (web.dev/cls); on a busy machine a page that is painted half-arrived moves by less than a thousandth.
CALM = 0.002
SHIFTS = """() => new Promise(done => {
    let sum = 0;
    const add = each => { sum += each.hadRecentInput ? 0 : each.value; };
    new PerformanceObserver(list => list.getEntries().forEach(add))
        .observe({type: "layout-shift", buffered: true});
    setTimeout(() => done(sum), 100);
})"""

expect.set_options(timeout=PATIENCE)


@dataclass
class Seen:
    """What a page asked for and complained about."""

    hosts: set[str | None] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's. Skips the test where there is none, unless this is CI."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        why = "no chromium on this machine; apt-get install chromium tests the pages too"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield started
        started.close()


@contextmanager
def window(browser: Browser, *, script: bool = True) -> Iterator[BrowserContext]:
    """A window with cookies of its own: one person's phone or computer."""
    opened = browser.new_context(viewport={"width": 1280, "height": HEIGHT}, java_script_enabled=script)
    opened.set_default_timeout(PATIENCE)
    yield opened
    opened.close()


@contextmanager
def watched(context: BrowserContext) -> Iterator[Page]:
    """A page that may fetch nothing from elsewhere, and about which the browser must have nothing to complain."""
    opened = context.new_page()
    seen = watch(opened)
    yield opened
    opened.close()
    assert seen.hosts <= {"127.0.0.1"}
    assert seen.complaints == []


def watch(page: Page) -> Seen:
    """Note down from now on what the page does."""
    seen = Seen()
    page.on("request", lambda request: seen.hosts.add(urlsplit(request.url).hostname))
    page.on("console", lambda m: seen.complaints.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    page.on("dialog", lambda dialog: seen.complaints.append(dialog.message))
    return seen


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the element has the focus."""
    for _ in range(60):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"{selector} cannot be reached with the keyboard")


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than the window."""
    return int(page.evaluate("document.scrollingElement.scrollWidth - innerWidth"))


def shifted(page: Page) -> float:
    """How much of the page jumped while it was built, as browsers count it (cumulative layout shift)."""
    return float(page.evaluate(SHIFTS))


def barriers(page: Page) -> list[str]:
    """What axe-core finds in the way of somebody who reads with other means: a rule and an element a line.

    It is run through the browser's debugger, which a Content-Security-Policy does not concern.
    """
    if not page.evaluate("() => typeof window.axe === 'object'"):
        page.evaluate(_axe())
    found: list[dict[str, Any]] = page.evaluate("async () => (await axe.run()).violations")
    return [f"{rule['id']}: {node['html']} {node['failureSummary']}" for rule in found for node in rule["nodes"]]


@cache
def _axe() -> str:
    return f"() => {{ {AXE.read_text(encoding='utf-8')} }}"


def look(page: Page, name: str) -> None:
    """See the page at every width, light and dark: it fits, nothing jumped, and axe-core finds nothing.

    Where LOOK names a folder, it gets a picture of each.
    """
    folder = os.environ.get(FOLDER)
    wrong: dict[str, list[str]] = {}
    if (shift := shifted(page)) > CALM:
        wrong[f"jumps while it is built, by {shift}"] = ["first sight"]
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": HEIGHT})
            found = barriers(page)
            if (more := overflow(page)) > 0:
                found.append(f"{more} pixels too wide")
            for trouble in found:
                wrong.setdefault(trouble, []).append(f"{width}, {scheme}")
            if folder:
                Path(folder).mkdir(parents=True, exist_ok=True)
                file = Path(folder) / f"{name}-{width}-{scheme}.png"
                page.screenshot(path=file, full_page=True, animations="disabled")
    assert not wrong, "\n".join(f"{name} at {'; '.join(where)}: {trouble}" for trouble, where in wrong.items())
