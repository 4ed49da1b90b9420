"""Pictures on the members' board: who may look at one, and that it is written down who did."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from app.hotline import Hotline
from app.simulator import samples
from app.simulator.sandbox import Recorder
from models import kept_apart, lines
from models.inbound import Heard
from models.lines import Channel
from tests.browser import HEIGHT, WIDTHS, barriers, look, overflow, watched, window
from tests.request_cast import Cast, gather, kinds, make_newcomer, see
from tests.standing import aside, served, still
from tests.visiting import BETWEEN, Visitor

PICTURE = "/board/requests/1/pictures/{}"
HERE = "A picture from Ana"
SIDS = count(1)
LOADS = """audio => new Promise((done, no) => {
  audio.oncanplay = done; audio.onerror = no; audio.preload = "auto"; audio.load();
})"""


@pytest.fixture
def cast(hotline: Hotline) -> Cast:
    return gather(hotline)


def sends(who: Visitor, words: str = "", *, content: bytes | None = None) -> list[str]:
    """Somebody sends a picture, and it is fetched; what left because of it."""
    hotline = who.hotline
    carrier = hotline.carrier
    assert isinstance(carrier, Recorder)
    hotline.clock.advance(BETWEEN)
    content = samples.picture() if content is None else content
    kind = "audio/ogg" if content.startswith(b"OggS") else "image/jpeg"
    to = hotline.database.read(lambda session: lines.all_lines(session)[0].sms or "")
    media = ((carrier.hold(content), kind),)
    hotline.receive(Heard(f"MMboard{next(SIDS):025}", Channel.SMS, who.number, to, words, media=media)).result()
    while hotline.fetcher.once():
        pass
    return who.carried()


def shown(who: Visitor, id_: int = 1) -> tuple[int, int]:
    """The answers to the page of a picture, and to the picture."""
    path = PICTURE.format(id_)
    return who.get(path).status_code, who.get(f"{path}/file").status_code


def test_who_has_it_in_hand_and_duty_may_look_and_nobody_else(hotline: Hotline, cast: Cast) -> None:
    sends(cast.ana, "this is my shelf")
    assert HERE not in see(cast.ben)
    assert shown(cast.ben) == shown(cast.fay) == (404, 404)
    cast.ben.says("CLAIM 1")
    assert HERE in see(cast.ben)
    assert shown(cast.ben) == (200, 200)
    assert HERE in see(cast.dee)
    assert shown(cast.dee) == (200, 200)
    assert HERE not in see(cast.fay)
    assert shown(cast.fay) == (404, 404)
    cast.ben.says("DROP 1")
    assert shown(cast.ben) == (404, 404)


def test_it_is_written_down_who_looked_and_once(hotline: Hotline, cast: Cast) -> None:
    sends(cast.ana)
    assert "picture_seen" not in kinds(hotline)
    see(cast.dee)
    assert "picture_seen" not in kinds(hotline)  # the request's page shows none
    for _ in range(3):
        shown(cast.dee)
    assert kinds(hotline).count("picture_seen") == 1
    assert "looked at a picture or voice message" in see(cast.dee)
    assert any("looked at a picture" in text for text in cast.dee.says("WHO 1"))


def test_a_receipt_is_for_duty_and_its_sender(hotline: Hotline, cast: Cast) -> None:
    cast.ben.says("CLAIM 1")
    told = sends(cast.ben, "DONE 1 $31.50")
    assert any("Ben spent $31.50 (#1, groceries)" in text for text in told)
    assert shown(cast.dee) == (200, 200)
    assert "for whoever is on duty" in see(cast.dee)
    assert shown(cast.fay) == (404, 404)


def test_a_newcomer_sees_none_before_the_door(hotline: Hotline, cast: Cast) -> None:
    make_newcomer(hotline, cast.fay, cast.ben)
    sends(cast.ana)
    cast.fay.says("CLAIM 1")
    assert shown(cast.fay) == (404, 404)
    assert HERE not in see(cast.fay)
    cast.ana.says("1")  # they may see the door
    assert shown(cast.fay) == (200, 200)


def test_whoever_is_kept_apart_sees_none(hotline: Hotline, cast: Cast) -> None:
    sends(cast.ana)
    ana, dee, now = cast.ana.person_id, cast.dee.person_id, hotline.clock.now()
    hotline.database.write(lambda session: kept_apart.keep(session, 1, ana, dee, now)).result()
    assert shown(cast.dee) == (404, 404)
    assert HERE not in see(cast.dee)


def test_what_is_served_is_itself_and_nothing_else(cast: Cast) -> None:
    sends(cast.ana)
    answer = cast.dee.get(f"{PICTURE.format(1)}/file")
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    for wrong in ("0", "2", "x", "99999999999"):
        assert cast.dee.get(f"/board/requests/1/pictures/{wrong}/file").status_code == 404
        assert cast.dee.get(f"/board/requests/2/pictures/{wrong}").status_code == 404


def test_who_is_forgotten_takes_their_pictures_along(cast: Cast) -> None:
    sends(cast.ana)
    cast.ana.says("FORGET ME")
    cast.ana.says("1")
    assert shown(cast.dee) == (404, 404)
    assert HERE not in see(cast.dee)


@pytest.fixture
def standing(migrated_file: Path, tmp_path: Path) -> Iterator[Hotline]:
    """One that stands still but for its pages."""
    with still(migrated_file, tmp_path) as running:
        yield running


def test_look_at_a_picture_and_a_voice_message(browser: Browser, standing: Hotline) -> None:
    def story() -> Cast:
        made = gather(standing)
        sends(made.ana, content=samples.picture((1200, 900)))
        sends(made.ana, content=samples.voice(2))
        return made

    cast = aside(story)
    with served(standing) as home, window(browser) as context:
        context.add_cookies([{"name": "board", "value": cast.dee.cookies["board"], "url": home}])
        with watched(context) as page:
            page.goto(f"{home}/board/requests/1")
            look(page, "request-with-pictures")
            page.get_by_role("link", name=HERE).click()
            image = page.locator("img.picture")
            expect(image).to_be_visible()
            assert image.evaluate("image => image.naturalWidth") == 1200
            look(page, "picture")
            page.goto(f"{home}{PICTURE.format(2)}")
            audio = page.locator("audio")
            for width in WIDTHS:  # not `look`: the browser's own player moves its buttons while it is built
                page.set_viewport_size({"width": width, "height": HEIGHT})
                assert (barriers(page), overflow(page)) == ([], 0)
            audio.evaluate(LOADS)
            assert audio.evaluate("audio => audio.duration") > 1
