"""After a backup was put back: nobody is taken for somebody else, and nobody erased comes back, by whatever way."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import col, select

from app.backups import erased
from models import board_sessions, erasing, lines, people, removals
from models.inbound import Inbound
from models.lines import Channel
from models.people import Person
from models.requests import Request
from models.store.session import Session
from tests import neighbors
from tests.put_back import backed_up, begun, lose_all_but_noted, restored, sent, tools
from tests.test_restore import ANA, BEN, CARO, bodies, caught_up, volunteer
from tests.world import World

__all__ = ["tools"]
pytestmark = pytest.mark.usefixtures("tools")

MAL, KIM = "+12025550109", "+12025550120"
AN_HOUR, A_MINUTE = timedelta(hours=1), timedelta(minutes=1)
EITHER = pytest.mark.parametrize("present", [True, False])


def at(session: Session, number: str) -> Person | None:
    found = people.by_address(session, lines.all_lines(session)[0], Channel.SMS, number)
    return found[0] if found else None


def id_of(world: World, number: str) -> int:
    def work(session: Session) -> int:
        found = at(session, number)
        assert found is not None
        return found.id

    return world.hotline.database.read(work)


def is_known(world: World, number: str) -> bool:
    return world.hotline.database.read(lambda session: at(session, number) is not None)


def is_vouched(world: World, number: str) -> bool:
    def work(session: Session) -> bool:
        found = at(session, number)
        return found is not None and found.vouched_at is not None

    return world.hotline.database.read(work)


def says(world: World, number: str, *texts: str) -> None:
    for text in texts:
        world.twilio.text(number, text)
        while world.hotline.spool_worker.once():  # where the machine was too busy to take it at once
            pass
        world.drain()
        world.clock.advance(A_MINUTE)


def merged(world: World, kept: str, gone: str) -> None:
    def work(session: Session) -> None:
        one, other = at(session, kept), at(session, gone)
        assert one is not None
        assert other is not None
        removals.merge(session, one, other, world.clock.now())

    world.hotline.database.write(work).result()


def put_back(world: World, file: Path, present: bool = True) -> int:
    """The backup takes the place of the database, or of a lost one beside which only `.erased` is left."""
    erased.note(world.hotline.settings, world.hotline.database)
    if present:
        world.stop()
    else:
        lose_all_but_noted(world)  # the ids of people stand there, if nothing else
    world.clock.advance(AN_HOUR)
    return restored(world, file).settled.erased


def test_nobody_is_on_the_board_after_it(world: World, tmp_path: Path) -> None:
    volunteer(world)

    def lets_in(session: Session) -> str:
        line, now = lines.all_lines(session)[0], world.clock.now()
        ben = at(session, BEN)
        assert ben is not None
        link = board_sessions.by_link(session, board_sessions.ask(session, line.id, ben.id, now), now)
        assert link is not None
        key = board_sessions.open_(session, link, now, ends_at=now + timedelta(days=9), duty_until=None)
        assert key is not None
        return key

    key = world.hotline.database.write(lets_in).result()
    backed_up(world, tmp_path / "b")
    says(world, BEN, "LOGOUT")
    put_back(world, tmp_path / "b", present=True)
    with begun(world) as again:
        now = again.clock.now()
        assert again.hotline.database.read(lambda session: board_sessions.by_key(session, key, now)) is None


@EITHER
def test_a_vouch_that_is_read_back_is_for_nobody_else(world: World, tmp_path: Path, present: bool) -> None:
    volunteer(world)
    backed_up(world, tmp_path / "b")
    world.clock.advance(AN_HOUR)

    def kim(session: Session) -> None:  # on the machine itself, so no text brings her back
        line = lines.all_lines(session)[0]
        neighbors.add(session, line, Channel.SMS, KIM, world.clock.now(), name="Kim", helper=True)

    world.hotline.database.write(kim).result()
    says(world, ANA, "JOIN", "Friend", "1")
    says(world, MAL, "JOIN", "Mallory", "1")
    given_out = {id_of(world, number) for number in (KIM, ANA, MAL)}
    says(world, BEN, f"VOUCH {id_of(world, ANA)}")
    assert is_vouched(world, ANA)
    put_back(world, tmp_path / "b", present)
    with begun(world) as again:
        caught_up(again)
        assert is_known(again, MAL)
        assert not is_vouched(again, MAL)
        assert not is_vouched(again, ANA)
        assert not given_out & {id_of(again, number) for number in (ANA, MAL)}


def test_the_file_says_how_far_the_ids_of_people_got(world: World, tmp_path: Path) -> None:
    backed_up(world, tmp_path / "b")
    for n in range(150):  # more than the least gap
        world.twilio.text(f"+1{212 + n // 100}55501{n % 100:02}", "hello")
    last = id_of(world, "+12135550149")
    put_back(world, tmp_path / "b", present=False)
    with begun(world) as again:
        says(again, CARO, "hello")
        assert id_of(again, CARO) > last


def test_a_second_restore_gives_no_id_of_the_first(world: World, tmp_path: Path) -> None:
    backed_up(world, tmp_path / "b")
    given_out: set[int] = set()
    for n in range(3):
        lose_all_but_noted(world)
        restored(world, tmp_path / "b")
        with begun(world) as again:
            says(again, f"+1202555012{n}", "hello")
            new = id_of(again, f"+1202555012{n}")
            assert new not in given_out
            given_out.add(new)


def test_a_merge_frees_no_id(world: World) -> None:
    for number in (CARO, ANA):
        says(world, number, "I need groceries for two, 14 Oak St")
    gone = id_of(world, ANA)
    merged(world, CARO, ANA)
    assert id_of(world, ANA) == id_of(world, CARO)
    says(world, MAL, "hello")
    assert id_of(world, MAL) > gone

    def empty(session: Session) -> tuple[str, bool, object]:
        row = session.get_one(Person, gone)
        return row.name, row.erased_at is not None, people.find(session, row.line_id, gone)

    assert world.hotline.database.read(empty) == ("", True, None)


@EITHER
def test_nobody_is_erased_because_somebody_with_their_id_was(world: World, tmp_path: Path, present: bool) -> None:
    says(world, CARO, "I need groceries for two, 14 Oak St")
    says(world, ANA, "I need a ride, 9 Elm St")
    backed_up(world, tmp_path / "b")
    world.clock.advance(AN_HOUR)
    merged(world, CARO, ANA)
    says(world, MAL, "hello", "FORGET ME", "1")
    assert not is_known(world, MAL)
    assert put_back(world, tmp_path / "b", present) == 0
    with begun(world) as again:
        assert is_known(again, ANA)
        assert is_known(again, CARO)
        caught_up(again)
        assert not is_known(again, MAL)


@EITHER
@pytest.mark.parametrize("by", [ANA, CARO])
def test_who_was_merged_and_erased_comes_back_with_neither_phone(
    world: World, tmp_path: Path, present: bool, by: str
) -> None:
    says(world, CARO, "I need groceries for two, 14 Oak St")
    says(world, ANA, "I need marmalade and a ride, 9 Elm St")
    world.clock.advance(AN_HOUR)
    backed_up(world, tmp_path / "b")
    world.clock.advance(AN_HOUR)
    merged(world, CARO, ANA)
    says(world, by, "FORGET ME", "1")
    before = sum(sent(world.twilio).values())
    assert put_back(world, tmp_path / "b", present) == 2
    with begun(world) as again:
        caught_up(again)
        assert not is_known(again, ANA)
        assert not is_known(again, CARO)
        words = again.hotline.database.read(lambda s: [request.text for request in s.exec(select(Request))])
        assert not any(words)
        assert not [body for body in bodies(again) if body]
        assert sum(sent(again.twilio).values()) == before


@EITHER
@pytest.mark.parametrize("ahead", [0, 3, 60, -60])
def test_who_erased_themselves_by_text_stays_so(world: World, tmp_path: Path, present: bool, ahead: int) -> None:
    """However the carrier's clock and ours differ."""
    says(world, ANA, "I need marmalade and a ride, 9 Elm St")
    world.clock.advance(AN_HOUR)
    backed_up(world, tmp_path / "b")
    world.clock.advance(AN_HOUR)
    for text in ("FORGET ME", "1"):
        world.twilio.text(ANA, text)
        world.drain()
    for carried in world.twilio.carried:
        if carried.body in ("FORGET ME", "1"):
            carried.created += timedelta(seconds=ahead)
    world.clock.advance(AN_HOUR)
    before = sum(sent(world.twilio).values())
    assert put_back(world, tmp_path / "b", present) == 1
    with begun(world) as again:
        caught_up(again)
        assert not is_known(again, ANA)
        assert sum(sent(again.twilio).values()) == before
        says(again, ANA, "hello")
        assert is_known(again, ANA)


@EITHER
def test_who_was_erased_and_wrote_again_is_somebody_new_after_it_too(
    world: World, tmp_path: Path, present: bool
) -> None:
    says(world, ANA, "I need marmalade and a ride, 9 Elm St")
    backed_up(world, tmp_path / "b")
    world.clock.advance(AN_HOUR)
    says(world, ANA, "FORGET ME", "1")
    world.clock.advance(A_MINUTE)
    says(world, ANA, "hello again")
    assert put_back(world, tmp_path / "b", present) == 1
    with begun(world) as again:
        caught_up(again)
        assert is_known(again, ANA)
        assert [body for body in bodies(again) if body] == ["hello again"]


@EITHER
def test_who_was_erased_before_the_backup_is_not_erased_again(world: World, tmp_path: Path, present: bool) -> None:
    for number in (ANA, CARO, MAL):
        says(world, number, "I need marmalade and a ride, 9 Elm St", "FORGET ME", "1")
    world.clock.advance(A_MINUTE)
    says(world, CARO, "hello again")
    world.clock.advance(AN_HOUR)

    def by_hand(session: Session) -> None:  # changes nothing else, so the backup seems to be older than this
        found = at(session, CARO)
        assert found is not None
        erasing.erase(session, lines.all_lines(session)[0], found, world.clock.now())

    world.hotline.database.write(by_hand).result()
    backed_up(world, tmp_path / "b")
    assert put_back(world, tmp_path / "b", present) == 0
    with begun(world) as again:
        caught_up(again)
        heard = again.hotline.database.read(lambda s: list(s.exec(select(Inbound.body).order_by(col(Inbound.id)))))
        assert not any(heard)
