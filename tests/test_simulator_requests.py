"""Who may drive the simulator, and what it answers to nonsense: no browser needed."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.hotline import Hotline
from app.main import create_app
from tests import fakes
from tests.serving import within
from tests.table import Site, by_day, served

FORMS = ("say", "tap", "neighbor", "volunteer", "wait", "story")
OURS = {"sec-fetch-site": "same-origin"}
HOME = "home"  # stands for the address that the test's server has


def post(site: Site, form: str, headers: dict[str, str] | None = None, **fields: Any) -> httpx.Response:
    """Send a form of the page; by default as the page itself does."""
    given = {name: value.replace(HOME, site.home) for name, value in (OURS if headers is None else headers).items()}
    data = {"line": str(site.line_id), **{name: str(value) for name, value in fields.items()}}
    return httpx.post(f"{site.home}/simulator/{form}", data=data, headers=given)


def version(site: Site) -> str:
    return httpx.get(site.url).text.split('name="version" value="')[1].split('"')[0]


@pytest.fixture(scope="module")
def hotline_served(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One server for all tests here; each has a line of its own."""
    file = shutil.copy(migrated_file, tmp_path_factory.mktemp("requests") / "hotline.db")
    with served(Hotline(fakes.settings(f"sqlite:///{file}"), clock=by_day())) as site:
        yield site


@pytest.fixture
def site(hotline_served: Site) -> Site:
    """A line with nobody around it yet."""
    number = f"+120255501{99 - len(hotline_served.phones.lines()):02}"
    return hotline_served.another_line(f"Line {number}", number)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "https://elsewhere.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9"},
        {"origin": HOME, "sec-fetch-site": "cross-site"},
        {"origin": HOME, "sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
    ],
)
def test_a_page_elsewhere_cannot_drive_the_phones(site: Site, form: str, headers: dict[str, str]) -> None:
    assert post(site, form, headers, name="Ana", do="begin", minutes=10).status_code == 403
    assert site.phones.all(site.line_id) == []


@pytest.mark.parametrize("headers", [OURS, {"origin": HOME}, {"origin": HOME, **OURS}])
def test_its_own_page_can(site: Site, headers: dict[str, str]) -> None:
    answer = post(site, "neighbor", headers, name="Ana")
    (ana,) = site.phones.all(site.line_id)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/simulator?line={site.line_id}#phone-{ana.id}"


def test_the_page_may_use_nothing_from_elsewhere(site: Site) -> None:
    policy = httpx.get(site.url).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_what_has_not_changed_is_not_sent_again(site: Site) -> None:
    ana = site.neighbor("Ana")
    known = {"line": str(site.line_id), "version": version(site)}
    # The minute may turn between the two looks, and then the clock has changed.
    assert httpx.get(f"{site.home}/simulator/table", params=known).status_code in (
        (204,) if version(site) == known["version"] else (200,)
    )
    post(site, "say", phone=ana.id, words="hello")
    assert "hello" in httpx.get(f"{site.home}/simulator/table", params=known).text


@pytest.mark.parametrize("line", ["", "-1", "x", "9" * 30, "\u0663"])
def test_nonsense_for_a_line_is_the_first_one(site: Site, line: str) -> None:
    assert httpx.get(f"{site.home}/simulator", params={"line": line}).status_code == 200


def test_a_line_that_there_is_not(site: Site) -> None:
    assert httpx.get(f"{site.home}/simulator?line=4711").status_code == 404


@pytest.mark.parametrize(
    ("form", "fields"),
    [
        ("say", {}),
        ("say", {"phone": 999999999, "words": "hello"}),
        ("say", {"phone": "first", "words": "x" * 2000}),
        ("volunteer", {"name": "Ben", "language": "tlh"}),
    ],
)
def test_what_cannot_be_done_is_said(site: Site, form: str, fields: dict[str, Any]) -> None:
    first = site.neighbor("Ana").id
    given = {name: first if value == "first" else value for name, value in fields.items()}
    for headers in (OURS, {**OURS, "hx-request": "true"}):
        answer = post(site, form, headers, **given)
        assert answer.status_code == 422
        assert 'class="notice trouble"' in answer.text


def test_the_phone_of_another_line_is_not_here(site: Site, hotline_served: Site) -> None:
    elsewhere = hotline_served.neighbor("Omar")
    assert post(site, "say", phone=elsewhere.id, words="hello").status_code == 422


@pytest.mark.parametrize(
    ("form", "fields"),
    [
        ("wait", {"minutes": "-5"}),
        ("wait", {"minutes": "soon"}),
        ("story", {"do": "next", "told": 3}),
        ("story", {"do": "dance"}),
        ("story", {"do": "end"}),
        ("volunteer", {"area": "x", "duty": "yes"}),
        ("neighbor", {"channel": "pigeon", "name": "\u202e\0" * 50}),
    ],
)
def test_nonsense_does_no_harm(site: Site, form: str, fields: dict[str, Any]) -> None:
    assert post(site, form, **fields).status_code == 303
    assert httpx.get(site.url).status_code == 200


@pytest.mark.parametrize(("body", "status"), [(b"words=" + b"x" * 70_000, 413), (b"a&" * 500, 400)])
def test_too_much_is_refused(site: Site, body: bytes, status: int) -> None:
    assert httpx.post(f"{site.home}/simulator/say", content=body, headers=OURS).status_code == status


def test_two_pages_that_play_along_tell_each_step_once(site: Site) -> None:
    post(site, "story", do="begin")
    for _ in range(2):
        post(site, "story", do="next", told=0)
    assert "Step 1 of 6" in httpx.get(site.url).text


def test_with_a_real_carrier_there_is_no_simulator(database_url: str) -> None:
    application = create_app(fakes.twilio_settings(database_url))
    post_within = within(application)
    assert post_within("http://127.0.0.1/simulator/neighbor", b"name=Ana", OURS) == 404
    assert post_within("http://127.0.0.1/static/htmx.min.js", b"", OURS) == 404
    application.state.hotline.stop()
