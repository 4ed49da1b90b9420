"""The browser's helpers notice what they are there for: `look` fails on a page that somebody could not use."""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import FOLDER, SCHEMES, WIDTHS, barriers, look, shifted, watch, window

POLICY = "default-src 'none'; img-src data:"  # no script at all
SOUND = """
<!doctype html>
<html lang="en">
<head><title>Sound</title><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"></head>
<body><main><h1>Sound</h1><p>Hello, <a href="#a">neighbor</a>.</p></main></body>
</html>
""".strip()


@contextmanager
def served(html: str) -> Iterator[str]:
    """A page under the pages' own kind of policy."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Security-Policy", POLICY)
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with window(browser) as opened:
        yield opened.new_page()


def opened(page: Page, html: str) -> None:
    with served(html) as url:
        page.goto(url)


def test_a_sound_page_is_looked_at_under_a_strict_policy_and_pictured(
    page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path / "shots"))
    seen = watch(page)
    opened(page, SOUND)
    look(page, "sound")
    names = {file.name for file in (tmp_path / "shots").iterdir()}
    assert names == {f"sound-{width}-{scheme}.png" for width in WIDTHS for scheme in SCHEMES}
    assert seen.complaints == []


@pytest.mark.parametrize(
    ("instead", "found"),
    [
        ('<p><input name="door"></p>', "label"),
        ('<p><font color="#bbbbbb">Hello</font></p>', "color-contrast"),
        ('<p><img src="data:,"></p>', "image-alt"),
        ("<h4>Hello</h4>", "heading-order"),
    ],
)
def test_what_stands_in_somebodys_way_is_found(page: Page, instead: str, found: str) -> None:
    opened(page, SOUND.replace("<p>Hello", f"{instead}<p>Hello"))
    assert [barrier.partition(":")[0] for barrier in barriers(page)] == [found]
    with pytest.raises(AssertionError, match=found):
        look(page, "unsound")


def test_what_is_too_wide_is_found(page: Page) -> None:
    opened(page, SOUND.replace("Hello,", "Hello" * 100))
    with pytest.raises(AssertionError, match=r"unsound at 320, light; 320, dark: .* pixels too wide"):
        look(page, "unsound")


def test_what_jumps_is_found(page: Page) -> None:
    opened(page, SOUND)
    assert shifted(page) == 0
    page.evaluate("""() => new Promise(done => requestAnimationFrame(() => {
        const late = document.createElement("div");
        late.style.height = "200px";
        document.body.prepend(late);
        requestAnimationFrame(() => requestAnimationFrame(done));
    }))""")
    with pytest.raises(AssertionError, match="jumps"):
        look(page, "unsound")
