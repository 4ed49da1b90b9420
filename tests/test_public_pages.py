"""The pages for everybody: whose number it is, in which language, as true as the line's own figures."""

import asyncio
import re
from datetime import timedelta
from html import unescape
from typing import Any

import httpx
import pytest
import segno

from app.hotline import Hotline
from app.main import create_app
from app.pages import phones, wording
from app.pages.public import home, numbers
from app.simulator.sandbox import StillClock
from app.web.assets import VENDORED
from handlers import registry
from handlers.understanding.intents import Free, Order
from models import lines
from models.store.session import Session
from tests import fakes
from tests.fakes import LINE, PUBLIC, WHATSAPP
from tests.visiting import HOME, Visitor, visitor

PAGES = ("/", "/how", "/privacy", "/terms", "/poster", "/card")
HOSTILE = "<b>Oak</b> & \"Co\" <script>x()</script> 'n' {name}"
LARGEST = 60 * 1024  # bytes, of a page and all it needs
SENT = re.compile(r'(?:href|src)="(/(?:pages|vendored)/[^"?]+)')


@pytest.fixture
def somebody(twilio_hotline: Hotline) -> Visitor:
    """Somebody who looks at the pages of a hotline that is live."""
    return Visitor(twilio_hotline, "+12025550199")


def change(hotline: Hotline, **values: Any) -> None:
    """The line is another."""

    def work(session: Session) -> None:
        line = lines.all_lines(session)[0]
        for name, value in values.items():
            setattr(line, name, value)
        session.add(line)

    hotline.database.write(work).result()


def another(hotline: Hotline, **values: Any) -> int:
    """One more line; its id."""
    return hotline.database.write(lambda s: lines.add(s, hotline.clock.now(), **values)).result().id


def text_of(html: str) -> str:
    """What is read of a page."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def links(html: str) -> list[str]:
    return [unescape(link) for link in re.findall(r'href="([^"]+)"', html)]


def test_the_first_page_says_who_this_is_and_opens_a_text(somebody: Visitor) -> None:
    change(somebody.hotline, name="Oak Street Neighbors")
    answer = somebody.get("/")
    assert answer.status_code == 200
    said, found = text_of(answer.text), links(answer.text)
    assert "Oak Street Neighbors" in said
    assert "(202) 555-0100" in said
    assert f"sms:{LINE}" in found
    assert f"https://wa.me/{WHATSAPP[1:]}" in found
    assert f"sms:{LINE}?&body=JOIN" in found
    assert "tel:911" in found
    assert "rehearsal" not in said
    assert "/simulator" not in answer.text


def test_one_tap_from_the_number_to_who_reads_it(somebody: Visitor) -> None:
    page = somebody.get("/?lang=es").text
    number = page.index('class="number')
    assert number < page.index('<a href="/privacy?lang=es">¿Quién lee esto?</a>') < page.index("</section>", number)


def test_in_the_readers_language(somebody: Visitor) -> None:
    asked = somebody.get("/", **{"accept-language": "fr-FR, es-MX;q=0.8, en;q=0.5"})
    assert '<html lang="es">' in asked.text
    assert asked.headers["content-language"] == "es"
    assert asked.headers["vary"] == "Accept-Language"
    assert f"sms:{LINE}?&body=UNIRME" in links(asked.text)
    assert '<html lang="en">' in somebody.get("/?lang=en", **{"accept-language": "es"}).text
    assert '<html lang="en">' in somebody.get("/?lang=tlh").text
    change(somebody.hotline, language="es")
    assert '<html lang="es">' in somebody.get("/").text
    assert '<html lang="es">' in somebody.get("/", **{"accept-language": "de"}).text
    assert '<html lang="en">' in somebody.get("/", **{"accept-language": "en"}).text


def test_the_language_that_was_chosen_goes_along(somebody: Visitor) -> None:
    spanish = somebody.get("/?lang=es").text
    assert "/how?lang=es" in links(spanish)
    assert "/?lang=en" in links(spanish)
    assert "/how" in links(somebody.get("/", **{"accept-language": "es"}).text)


@pytest.mark.parametrize("code", wording.languages())
def test_what_the_pages_say_to_text_is_understood(somebody: Visitor, code: str) -> None:
    say = wording.of(code).say
    for n in range(1, home.EXAMPLES + 1):
        intent = registry.understand(say(f"home.example_{n}")).intent
        assert isinstance(intent, Free)
        assert intent.meaning.needs
        assert intent.meaning.language == code
    page = somebody.get(f"/?lang={code}").text
    shown = {_command(unescape(word)): word for word in re.findall(r'<th scope="row">([^<]+)</th>', page)}
    for command in home.GOOD_TO_KNOW:
        assert f"{shown[command]}</th><td>{say(f'home.{command}')}" in unescape(page)


def _command(word: str) -> str:
    intent = registry.understand(word).intent
    return intent.command if isinstance(intent, Order) else ""


def test_a_rehearsal_says_so_and_is_found_by_nobody(hotline: Hotline) -> None:
    looker = Visitor(hotline, "+12025550199")
    for path in PAGES:
        answer = looker.get(path)
        assert "A rehearsal: the phones here are pretend" in text_of(answer.text), path
        assert "/simulator" in links(answer.text)
        assert answer.headers["x-robots-tag"] == "noindex"
    assert looker.get("/robots.txt").text == "User-agent: *\nDisallow: /\n"


def test_search_engines_find_what_is_for_everybody_and_nothing_else(somebody: Visitor) -> None:
    for path in (*PAGES, "/start"):
        assert somebody.get(path).headers["x-robots-tag"] == "all", path
    for path in ("/board", "/b/guess", "/nowhere", "/?line=77"):
        assert somebody.get(path).headers["x-robots-tag"] == "noindex", path
    closed = somebody.get("/robots.txt").text.splitlines()
    assert {"Disallow: /board", "Disallow: /b/", "Disallow: /simulator"} < set(closed)
    assert not [path for path in PAGES if f"Disallow: {path}" in closed]


def test_several_lines_are_a_choice(somebody: Visitor) -> None:
    second = another(somebody.hotline, name="Elm Hill", sms="+12025550177", language="es")
    for path in PAGES:
        choice = somebody.get(path)
        assert choice.status_code == 200
        assert f"{path}?line={second}" in links(choice.text)
        page = somebody.get(f"{path}?line={second}")
        assert "Elm Hill" in text_of(page.text)
        assert '<html lang="es">' in page.text
        assert "(202) 555-0100" not in text_of(page.text)
        assert f"/how?line={second}" in links(page.text)
        assert f"{path}?line={second}&lang=en" in links(page.text)
    assert "(202) 555-0177" in text_of(somebody.get(f"/?line={second}").text)
    for wrong in ("77", "x", "-1", "1 or 1", "9" * 30):
        assert somebody.get(f"/?line={wrong}").status_code == 404, wrong


@pytest.mark.parametrize(
    ("sms", "whatsapp", "shown", "opens"),
    [
        (LINE, None, "(202) 555-0100", f"sms:{LINE}"),
        (LINE, LINE, "(202) 555-0100", f"sms:{LINE}"),
        (None, WHATSAPP, "(202) 555-0199", f"https://wa.me/{WHATSAPP[1:]}"),
        ("77345", None, "77345", "sms:77345"),
        (None, None, None, None),
        (None, "77345", "77345", None),
    ],
)
def test_whichever_numbers_a_line_has(
    somebody: Visitor, sms: str | None, whatsapp: str | None, shown: str | None, opens: str | None
) -> None:
    change(somebody.hotline, sms=sms, whatsapp=whatsapp)
    for path in PAGES:
        answer = somebody.get(path)
        assert answer.status_code == 200
        assert shown is None or shown in text_of(answer.text), path
        assert "None" not in text_of(answer.text), path
        drawn = re.findall(r'<svg[^>]*class="qr"', answer.text)
        assert bool(drawn) == (opens is not None and path in ("/", "/poster", "/card")), path
    found = links(somebody.get("/").text)
    assert opens is None or opens in found
    assert any(link.startswith("https://wa.me/") for link in found) == (whatsapp not in (None, "77345"))
    assert any(link.startswith("sms:") for link in found) == (sms is not None)


@pytest.mark.parametrize("path", ["/poster", "/card"])
def test_on_paper_whatsapp_is_named_where_it_has_the_same_number(somebody: Visitor, path: str) -> None:
    change(somebody.hotline, sms="+12025550100", whatsapp="+12025550100")
    assert "Also on WhatsApp" in text_of(somebody.get(path).text)
    assert "También por WhatsApp" in text_of(somebody.get(f"{path}?lang=es").text)
    change(somebody.hotline, whatsapp=None)
    assert "WhatsApp" not in text_of(somebody.get(path).text)


@pytest.mark.parametrize(
    ("number", "country", "shown"),
    [
        ("+12025550100", "US", "(202) 555-0100"),
        ("+12025550100", "MX", "+1 202-555-0100"),
        ("+525555550101", "MX", "55 5555 0101"),
        ("+525555550101", "US", "+52 55 5555 0101"),
        ("+493023125001", "DE", "030 23125001"),
        ("+493023125001", "US", "+49 30 23125001"),
        ("77345", "US", "77345"),
    ],
)
def test_numbers_are_written_as_in_the_country(number: str, country: str, shown: str) -> None:
    assert phones.shown(number, country) == shown


def test_a_link_with_words_is_read_by_both_kinds_of_phones() -> None:
    link = numbers.sms(LINE, "JOIN & help")
    assert link == f"sms:{LINE}?&body=JOIN%20%26%20help"
    assert (
        httpx.QueryParams(link.partition("?")[2])["body"] == "JOIN & help"
    )  # what is behind "?", as RFC 5724 has it
    assert link.partition("&")[2] == "body=JOIN%20%26%20help"  # and what an iPhone looks for, behind "&"


def modules(drawing: str) -> list[list[bool]]:
    """The dark and light of a QR code, read out of its drawing as a camera would."""
    size = int(re.search(r'viewBox="0 0 (\d+) \1"', drawing)[1])  # type: ignore[index]
    found = [[False] * size for _ in range(size)]
    path = re.search(r' d="([^"]+)"', drawing)
    assert path is not None
    x, y = 0, 0.0
    for kind, rest in re.findall(r"([Mmh])([^Mmh]+)", path[1]):
        steps = [float(step) for step in re.findall(r"-?[\d.]+", rest)]
        if kind == "h":
            for column in range(x, x + int(steps[0])):
                found[int(y)][column] = True
            x += int(steps[0])
        else:
            x, y = (int(steps[0]), steps[1]) if kind == "M" else (x + int(steps[0]), y + steps[1])
    return found


@pytest.mark.parametrize("path", ["/", "/poster", "/card"])
def test_the_code_is_the_link(somebody: Visitor, path: str) -> None:
    page = somebody.get(path).text
    drawings = re.findall(r'<svg[^>]*class="qr".*?</svg>', page, re.S)
    assert len(drawings) == (8 if path == "/card" else 1)
    code = segno.make(f"sms:{LINE}", error="q", micro=False)
    wanted = [[bool(module) for module in row] for row in code.matrix_iter(border=4)]
    assert all(modules(drawing) == wanted for drawing in drawings)
    other = segno.make("sms:+12025550101", error="q", micro=False)
    assert wanted != [[bool(module) for module in row] for row in other.matrix_iter(border=4)]


@pytest.mark.parametrize("path", PAGES)
def test_names_are_never_markup(somebody: Visitor, path: str) -> None:
    change(somebody.hotline, name=HOSTILE)
    page = somebody.get(path).text
    assert HOSTILE in unescape(page)
    assert "<script" not in page
    assert "<b>" not in page
    for attribute in re.findall(r'content="([^"]*Oak[^"]*)"', page):
        assert unescape(attribute).startswith(HOSTILE)


@pytest.mark.parametrize("path", PAGES)
def test_browsers_keep_a_page_for_a_minute_and_need_little(somebody: Visitor, path: str) -> None:
    answer = somebody.get(path)
    assert answer.headers["cache-control"] == "public, max-age=60"
    assert "set-cookie" not in answer.headers
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert not re.search(r"<script|<style| style=| on\w+=", answer.text)
    needed = set(SENT.findall(answer.text))
    assert needed
    whole = len(answer.content) + sum(len(somebody.get(each).content) for each in needed)
    assert whole < LARGEST
    head = somebody.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["cache-control"] == answer.headers["cache-control"]


@pytest.mark.parametrize("code", wording.languages())
def test_every_link_of_ours_leads_somewhere(somebody: Visitor, code: str) -> None:
    for path in PAGES:
        for link in links(somebody.get(f"{path}?lang={code}").text):
            if link.startswith(("/", PUBLIC)):
                assert somebody.get(link.removeprefix(PUBLIC)).status_code == 200, link


def test_a_shared_link_shows_the_groups_name_and_a_picture(somebody: Visitor) -> None:
    change(somebody.hotline, name="Oak Street Neighbors")
    page = somebody.get("/").text
    said = {name: unescape(value) for name, value in re.findall(r'<meta property="og:(\w+)" content="([^"]*)"', page)}
    assert said["site_name"] == said["title"] == "Oak Street Neighbors"
    assert "(202) 555-0100" in said["description"]
    assert said["url"] == f"{PUBLIC}/"
    picture = somebody.get(said["image"].removeprefix(PUBLIC))
    assert picture.headers["content-type"] == "image/png"
    assert picture.content.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = (int.from_bytes(picture.content[at : at + 4], "big") for at in (16, 20))
    assert (width, height) == (1200, 630)


def test_without_an_address_there_is_no_preview(somebody: Visitor) -> None:
    change(somebody.hotline, web_address=None)
    assert "og:image" not in somebody.get("/").text


@pytest.mark.parametrize("path", ["/", "/how", "/poster", "/card"])
def test_of_a_line_that_has_ended_one_page_is_left(somebody: Visitor, clock: StillClock, path: str) -> None:
    known = [{"needs": ["food"], "words": "Pantry at St Paul's", "language": None}]
    change(somebody.hotline, ends_at=clock.now() - timedelta(days=1), resources=known)
    page = somebody.get(path).text
    assert "This hotline has ended" in page
    assert "Pantry at St Paul" in page
    assert "call 911" in page
    assert "sms:" not in page
    assert "has ended" not in somebody.get("/privacy").text


def test_a_rest_says_who_else_helps(somebody: Visitor, clock: StillClock) -> None:
    until = clock.now() + timedelta(days=90)
    known = [{"needs": ["food"], "words": "Despensa San Pablo", "language": "es"}]
    change(somebody.hotline, paused_until=until, rests_until=until, resources=known)
    assert "Despensa San Pablo" in somebody.get("/?lang=es").text
    assert "Despensa San Pablo" not in somebody.get("/?lang=en").text
    assert "We take a break until" in somebody.get("/poster?lang=en").text


def test_a_break_is_told(somebody: Visitor, clock: StillClock) -> None:
    change(somebody.hotline, paused_until=clock.now() + timedelta(days=2))
    assert "We take a break until Thu 10:00 AM" in text_of(somebody.get("/").text)
    clock.advance(timedelta(days=2))
    assert "break" not in text_of(somebody.get("/").text)


@pytest.mark.parametrize("source", [None, "https://example.org/hotline"])
def test_the_source_is_linked_where_it_is_known(tmp_path: Any, source: str | None) -> None:
    hotline = Hotline(fakes.settings(f"sqlite:///{tmp_path / 'hotline.db'}", source_url=source))
    hotline.prepare()
    found = links(Visitor(hotline, "").get("/").text)
    assert ("https://example.org/hotline" in found) == (source is not None)
    hotline.stop()


@pytest.mark.parametrize(("times", "told"), [(4, None), (6, "at least 5 times")])
def test_what_neighbors_did_is_told_once_it_is_counted_and_never_of_few(
    hotline: Hotline, clock: StillClock, times: int, told: str | None
) -> None:
    ben = visitor(hotline, "+12025550102", "Ben")
    for n in range(1, times + 1):
        ana = Visitor(hotline, f"+120255501{n + 10}")
        ana.says("Need groceries for two near Oak St, any time")
        for words in (f"CLAIM {n}", f"DONE {n}"):
            ben.says(words)
        ana.says("1")
    clock.advance(timedelta(days=31))

    async def looked() -> list[str]:
        app = create_app(hotline=hotline)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HOME) as client:
            first = (await client.get("/")).text
            app.state.counting.stop()  # waits for what is under way
            return [first, (await client.get("/")).text]

    before, after = map(text_of, asyncio.run(looked()))
    assert "What comes of it" not in before  # nobody waits for figures
    assert ("What comes of it" in after) == (told is not None)
    if told is not None:
        assert told in after
        assert "for each other in March" in after
        assert "fewer than 5 neighbors" in after
    for page in (before, after):
        assert "Ben" not in page
        assert str(times) not in re.findall(r"at least (\d+)", page)


def test_what_a_browser_keeps_is_compressed_and_kept_for_a_year(hotline: Hotline) -> None:
    visitor = Visitor(hotline, "+12025550101")
    address = VENDORED.url("htmx.min.js")
    answer = visitor.get(address)
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) < 20_000
    assert "immutable" in answer.headers["cache-control"]
    assert visitor.get(address.partition("?")[0]).headers.get("cache-control") is None
