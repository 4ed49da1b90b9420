"""The purse on the board: who sees what of it, its receipts, and a story by buttons that is the one by text."""

from collections.abc import Sequence
from datetime import timedelta
from html import unescape

import pytest
from sqlmodel import select

from app.hotline import Hotline
from models import kept_apart, lines, people, sweeping
from models.purse import PurseEntry, PurseEvent
from models.store.session import Session
from tests.by_board import same_story
from tests.request_cast import Cast, gather
from tests.test_board_deciding import PURSE, people_of
from tests.test_board_pictures import sends
from tests.test_board_proposals import PATH
from tests.visiting import Visitor, visitor

RECEIPT = f"{PURSE}/S1/receipt"
GAL, HAL = "+12025550107", "+12025550108"


@pytest.fixture
def cast(hotline: Hotline) -> Cast:
    """Ben has brought what Ana asked for, and has spent something on it."""
    found = gather(hotline)
    found.ben.says("CLAIM 1")
    sends(found.ben, "DONE 1 $31.50")
    return found


def purse_of(who: Visitor) -> str:
    answer = who.get(PURSE)
    assert answer.status_code == 200
    return unescape(answer.text)


def receipts(who: Visitor) -> tuple[int, int]:
    """The answers to the page of the receipt, and to the picture."""
    return who.get(RECEIPT).status_code, who.get(f"{RECEIPT}/file").status_code


def test_a_receipt_is_the_picture_that_was_sent_for_whoever_may_say_ok(hotline: Hotline, cast: Cast) -> None:
    for who in (cast.fay, cast.dee, cast.ben):
        assert f'href="{RECEIPT}"' in purse_of(who)
        assert receipts(who) == (200, 200)
    file = cast.fay.get(f"{RECEIPT}/file")
    assert file.headers["content-type"] == "image/jpeg"
    assert file.content.startswith(b"\xff\xd8")
    for one in (cast.fay, cast.dee):
        one.submit(PURSE, act="ok", entry="S1")
    assert "To be paid" in purse_of(cast.fay)
    assert Visitor(hotline, cast.fay.number).get(f"{RECEIPT}/file").status_code == 401


def test_nobody_reads_what_was_spent_for_them(hotline: Hotline, cast: Cast) -> None:
    """Ana becomes a volunteer, and would find her own groceries in the purse."""
    ana = helping(cast.ana).let_in()
    shown = purse_of(ana)
    assert "S1" not in shown
    assert "Ben" not in shown
    assert "$31.50" in shown.partition('id="waits"')[0]  # all sums count it
    assert receipts(ana) == (404, 404)
    for act, words in (("ok", ""), ("why", "was that mine?")):
        assert ana.submit(PURSE, act=act, entry="S1", words=words).status_code == 404
    assert ana.carried() == []


def test_nobody_reads_of_who_is_kept_apart_from_them(hotline: Hotline, cast: Cast) -> None:
    now = hotline.clock.now()
    hotline.database.write(lambda s: kept_apart.keep(s, 1, cast.fay.person_id, cast.ben.person_id, now)).result()
    assert "S1" not in purse_of(cast.fay)
    assert receipts(cast.fay) == (404, 404)
    assert "S1" in purse_of(cast.dee)


def test_a_screen_that_others_read_does_not_say_for_whom_it_was(hotline: Hotline, cast: Cast) -> None:
    assert "#1" in purse_of(cast.ben)
    cast.ben.says("QUIET")
    quiet = purse_of(cast.ben)
    assert "#1" not in quiet
    assert "S1" in quiet
    assert "#1" in purse_of(cast.dee)


def test_who_is_no_volunteer_any_more_sees_no_purse(hotline: Hotline, cast: Cast) -> None:
    assert receipts(cast.fay) == (200, 200)

    def ban(session: Session) -> None:
        fay = people.by_id(session, cast.fay.person_id)
        fay.banned_at = hotline.clock.now()
        session.add(fay)

    hotline.database.write(ban).result()
    assert cast.fay.get(PURSE).status_code == 401
    assert receipts(cast.fay) == (401, 401)


def test_with_how_few_oks_it_counts_stands_on_the_page(hotline: Hotline) -> None:
    gal = visitor(hotline, GAL, "Gal").let_in()
    gal.says("SPENT 4.20 stamps")
    assert "No OK: nobody else could say one." in purse_of(gal)
    hal = visitor(hotline, HAL, "Hal", language="es").let_in()
    gal.says("SPENT 6 tape")
    hal.submit(PURSE, act="ok", entry="S2")
    assert "1 OK: nobody else could say one." in purse_of(gal)
    assert "1 OK: nadie más podía decirlo." in purse_of(hal)
    assert "$4.20" in purse_of(hal)  # as her texts say it


def test_whoever_goes_on_duty_later_keeps_their_device(hotline: Hotline, cast: Cast) -> None:
    """A browser let in before may say OK and look at a receipt during a watch and after it."""
    for words in ("DUTY ON", "DUTY OFF"):
        cast.fay.says(words)
        assert "S1" in purse_of(cast.fay)
        assert receipts(cast.fay) == (200, 200)
    assert cast.fay.submit(PURSE, act="ok", entry="S1").status_code == 200
    assert "You said OK." in purse_of(cast.fay)


def helping(who: Visitor) -> Visitor:
    """The host makes a volunteer of them."""
    return visitor(who.hotline, who.number, "Ana Lopez")


LATE = "mis pacientes llaman tarde"
STORY: Sequence[tuple[str, str, str, dict[str, str]]] = (
    ("ben", "PROPOSE SET quiet hours 22-7", PATH, {"words": "SET quiet hours 22-7", "hours": "0", "sure": "1"}),
    ("dee", "ASK 1 and on Sundays?", f"{PATH}/1", {"act": "ask", "words": "and on Sundays?"}),
    ("ben", "ASK 1 the same", f"{PATH}/1", {"act": "ask", "words": "the same"}),
    ("caro", f"BLOQUEO 1 {LATE}", f"{PATH}/1", {"act": "block", "words": LATE}),
    ("ben", "AMEND 1 SET quiet hours 23-7", f"{PATH}/1", {"act": "amend", "words": "SET quiet hours 23-7"}),
    ("dee", "AGREE 1", f"{PATH}/1", {"act": "agree"}),
    ("caro", "ACUERDO 1", f"{PATH}/1", {"act": "agree"}),
    ("caro", "POR QUE S1 was it for two?", PURSE, {"act": "why", "entry": "S1", "words": "was it for two?"}),
    ("ben", "WHY S1 for four", PURSE, {"act": "why", "entry": "S1", "words": "for four"}),
    ("caro", "APRUEBO S1", PURSE, {"act": "ok", "entry": "S1"}),
    ("dee", "OK S1", PURSE, {"act": "ok", "entry": "S1"}),
)


def test_a_whole_story_by_buttons_is_the_one_by_text(pair: tuple[Hotline, Hotline]) -> None:
    """A proposal, a block, other words, its end and its act; a question about a sum, the answer and two OKs."""

    def begin(hotline: Hotline) -> dict[str, Visitor]:
        all_ = people_of(hotline)
        all_["ben"].says("SPENT $31.50 ice")
        for each in all_.values():
            each.let_in()
        return all_

    def end(all_: dict[str, Visitor]) -> None:
        ben = all_["ben"]
        ben.hotline.clock.advance(timedelta(hours=73))
        ben.hotline.tick()
        ben.hotline.sender.drain()
        assert ben.hotline.database.read(lambda s: lines.by_id(s, 1).policy.quiet_from) == 23
        assert "1 OK" not in purse_of(ben)

    texts = same_story(pair, begin, STORY, end)
    assert any("S1: $31.50 is approved" in body for _, body in texts)


def test_words_of_what_is_long_over_go_and_sums_stay(hotline: Hotline, cast: Cast) -> None:
    cast.fay.submit(PURSE, act="why", entry="S1", words="for two?")
    cast.ben.says("SPENT 12 tape for the boxes")

    def words(session: Session) -> set[str]:
        found = {row.words for row in session.exec(select(PurseEntry))}
        found |= {row.words for row in session.exec(select(PurseEvent))}
        return {each for each in found if each}

    def sweep(days: int) -> None:
        hotline.clock.advance(timedelta(days=days))

        def work(session: Session) -> None:
            sweeping.blank(session, lines.by_id(session, 1), hotline.clock.now())

        hotline.database.write(work).result()

    sweep(29)
    assert hotline.database.read(words) == {"for two?", "tape for the boxes"}
    sweep(2)
    assert hotline.database.read(words) == set()
    told = " ".join(cast.dee.says("PURSE"))
    assert "S1 $31.50" in told
    assert "S2 $12.00" in told
