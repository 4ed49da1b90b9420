"""The spool: what a slow or absent database could not take is on disk, and comes back once and in order."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel import col, select

from app.database.engine import Busy
from app.hotline import Hotline
from app.inbound import ingest
from app.inbound.ingest import Ingest, MustWait
from app.inbound.receive import Taken
from app.inbound.spool import STALE, Spool, SpooledWebhook
from app.inbound.spool_worker import TRIES
from models.delivery.outbound import StatusEvent
from models.inbound import Heard, Inbound
from models.lines import Channel
from models.store.session import Session
from tests import webhooks
from tests.fakes import LINE, MORNING, Recorder, StillClock, twilio_settings

ANA, BEN = "+12025550101", "+12025550102"

pytestmark = pytest.mark.anyio


class Shaky(Hotline):
    """A hotline whose database is away, slow or overworked when the test says so."""

    away = False
    busy = False
    poison = ""  # a text that neither a handler nor our apology survives

    def receive(self, heard: Heard, waits: MustWait | None = None) -> "Future[Taken]":
        if self.busy:
            raise Busy
        if self.away:
            return failed(OperationalError("a statement", {}, ConnectionError("gone")))
        if self.poison and self.poison in heard.body:
            return failed(ZeroDivisionError())
        return super().receive(heard, waits)


def failed(error: Exception) -> "Future[Any]":
    future: Future[Any] = Future()
    future.set_exception(error)
    return future


@pytest.fixture
def shaky(database_url: str, clock: StillClock) -> Iterator[Shaky]:
    running = Shaky(twilio_settings(database_url), carrier=Recorder(), clock=clock)
    running.prepare()
    yield running
    running.stop()


@contextmanager
def held_up(hotline: Hotline) -> Iterator[None]:
    """Keep the database busy with one endless transaction for each that it can run at once."""
    begun, go = threading.Semaphore(0), threading.Event()

    def work(_: Session) -> None:
        begun.release()
        go.wait(30)

    held = [hotline.database.write(work) for _ in range(64)]
    begun.acquire()
    try:
        yield
    finally:
        go.set()
        for one in held:
            one.result(30)


def slip(sender: str, body: str, *, at: int = 0) -> SpooledWebhook:
    return SpooledWebhook(webhooks.sms(sender, body), MORNING + timedelta(seconds=at))


def bodies(hotline: Hotline) -> list[str]:
    return hotline.database.read(lambda s: list(s.exec(select(Inbound.body).order_by(col(Inbound.id)))))


def test_a_slip_comes_back_as_it_went_in(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "deep" / "spool")
    one = SpooledWebhook({"Body": "ñ 🙏 \n", "From": ANA, "To": BEN, "MessageSid": "SM1"}, MORNING)
    two = SpooledWebhook({"MessageStatus": "sent"}, MORNING, about=42)
    for each in (one, two):
        spool.put(each)
        assert spool.holds(each.key)
    found = [file for box in spool.boxes() for file in spool.oldest(box)]
    assert sorted((spool.read(file) for file in found), key=lambda s: s.key) == [one, two]
    assert spool.waiting() == 2
    for file in found:
        spool.done(file)
    assert (spool.waiting(), spool.boxes(), spool.holds(one.key)) == (0, [], False)


def test_nobody_else_may_read_it_and_no_name_holds_a_number(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    spool.put(slip(ANA, "hello"))
    (box,) = spool.boxes()
    (file,) = spool.oldest(box)
    assert [oct(path.stat().st_mode & 0o777) for path in (spool.folder, box, file)] == ["0o700", "0o700", "0o600"]
    assert "2025550101" not in str(file.relative_to(tmp_path))
    spool.quarantine(file)
    assert [oct(path.stat().st_mode & 0o777) for path in (spool.folder / "quarantine").iterdir()] == ["0o600"]


def test_the_oldest_comes_first_whenever_it_was_written(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    for at in (3, 1, 2):
        spool.put(slip(ANA, str(at), at=at))
    (box,) = spool.boxes()
    said = []
    for file in spool.oldest(box, 5):
        said.append(spool.read(file).said["Body"])
        spool.done(file)
    assert said == ["1", "2", "3"]


def test_what_was_only_begun_to_be_written_is_no_text_and_goes_away(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    spool.put(slip(ANA, "hello"))
    begun = spool.folder / ".writing" / "begun"
    begun.write_text('{"said": {"Bo')
    assert spool.waiting() == 1
    written = StillClock().now().fromtimestamp(begun.stat().st_mtime, MORNING.tzinfo)
    spool.sweep(written)
    assert begun.exists()
    spool.sweep(written + STALE * 2)
    assert not begun.exists()
    assert spool.waiting() == 1


def test_one_process_at_a_time_empties_it(tmp_path: Path) -> None:
    spool, same = Spool(tmp_path), Spool(tmp_path)
    with spool.turn() as ours, same.turn() as theirs:
        assert (ours, theirs) == (True, False)
    with same.turn() as theirs:
        assert theirs


async def test_a_slow_database_makes_nobody_wait_long(shaky: Shaky) -> None:
    loop = asyncio.get_running_loop()
    with held_up(shaky):
        began = loop.time()
        assert await shaky.ingest.take(slip(ANA, "hello")) is Taken.SPOOLED
        assert ingest.DATABASE_TIMEOUT <= loop.time() - began < ingest.DATABASE_TIMEOUT + 2
        began = loop.time()
        assert await shaky.ingest.take(slip(BEN, "hello")) is Taken.SPOOLED
        assert loop.time() - began < 1  # the database was just seen to be slow
        assert shaky.spooled() == 2
    assert shaky.spool_worker.once() == 2
    assert sorted(shaky.database.read(lambda s: list(s.exec(select(Inbound.from_address))))) == [ANA, BEN]


async def test_a_text_whose_slow_transaction_goes_through_after_all_is_one_text(shaky: Shaky) -> None:
    go = threading.Event()
    first = shaky.database.write

    def slow(work: Any, rescue: Any = None, **how: Any) -> "Future[Any]":
        def and_wait(session: Session) -> Any:
            result = work(session)
            go.wait(30)
            return result

        return first(and_wait, rescue, **how)

    shaky.database.write = slow  # type: ignore[method-assign]
    one = slip(ANA, "I need food")
    assert await shaky.ingest.take(one) is Taken.SPOOLED
    shaky.database.write = first  # type: ignore[method-assign]
    go.set()
    assert shaky.spool_worker.once() == 1
    assert bodies(shaky) == ["I need food"]


async def test_nobody_overtakes_themselves(shaky: Shaky) -> None:
    shaky.away = True
    for at in range(5):
        assert await shaky.ingest.take(slip(ANA, f"text {at}", at=at)) is Taken.SPOOLED
    shaky.away = False
    shaky.ingest.back()
    # The database is back, but older texts of hers wait: the newer ones queue up behind them, Ben's do not.
    assert await shaky.ingest.take(slip(ANA, "text 5", at=5)) is Taken.SPOOLED
    assert await shaky.ingest.take(slip(BEN, "me too", at=6)) is Taken.HANDLED
    assert bodies(shaky) == ["me too"]
    assert shaky.spool_worker.once() == 6
    assert await shaky.ingest.take(slip(ANA, "text 6", at=7)) is Taken.HANDLED
    assert bodies(shaky) == ["me too", *(f"text {at}" for at in range(7))]


async def test_a_text_that_waits_in_the_database_while_an_older_one_is_spooled_lets_it_go_first(shaky: Shaky) -> None:
    with held_up(shaky):
        older = asyncio.create_task(shaky.ingest.take(slip(ANA, "older")))
        await asyncio.sleep(1)
        newer = asyncio.create_task(shaky.ingest.take(slip(ANA, "newer", at=1)))
        assert await older is Taken.SPOOLED
    assert await newer is Taken.SPOOLED  # though the database had time for it
    assert bodies(shaky) == []
    shaky.spool_worker.once()
    assert bodies(shaky) == ["older", "newer"]


async def test_what_is_still_at_the_door_is_waited_for(shaky: Shaky) -> None:
    with held_up(shaky):
        older = asyncio.create_task(shaky.ingest.take(slip(ANA, "older")))
        await asyncio.sleep(0.1)
        shaky.ingest.spool.put(slip(ANA, "newer", at=1))
        assert shaky.spool_worker.once() == 0
        assert await older is Taken.SPOOLED
    assert shaky.spool_worker.once() == 2
    assert bodies(shaky) == ["older", "newer"]


async def test_a_text_that_can_never_be_handled_is_put_aside_and_holds_up_nobody_for_ever(shaky: Shaky) -> None:
    shaky.poison = "poison"
    assert await shaky.ingest.take(slip(ANA, "poison")) is Taken.SPOOLED
    assert await shaky.ingest.take(slip(ANA, "and this?", at=1)) is Taken.SPOOLED
    assert await shaky.ingest.take(slip(BEN, "hello", at=2)) is Taken.HANDLED
    for _ in range(TRIES):
        shaky.spool_worker.once()
        shaky.spool_worker.once()
        shaky.clock.advance(timedelta(hours=1))
    assert bodies(shaky) == ["hello", "and this?"]
    assert (shaky.spooled(), shaky.quarantined()) == (0, 1)


async def test_what_was_put_aside_is_tried_again_at_the_next_start(shaky: Shaky) -> None:
    shaky.ingest.spool.put(slip(ANA, "hello"))
    (box,) = shaky.ingest.spool.boxes()
    (file,) = shaky.ingest.spool.oldest(box)
    shaky.ingest.spool.quarantine(file)
    assert (shaky.spooled(), shaky.quarantined()) == (0, 1)
    shaky.ingest.spool.requeue_quarantined()
    assert shaky.spool_worker.once() == 1
    assert bodies(shaky) == ["hello"]


async def test_a_file_that_is_no_slip_is_put_aside_at_once(shaky: Shaky) -> None:
    shaky.ingest.spool.put(slip(ANA, "hello"))
    (box,) = shaky.ingest.spool.boxes()
    for name, content in (("1", "{"), ("2", "[]"), ("3", '{"said": 1}'), ("4", '{"said": {}, "at": "2026-03-03"}')):
        (box / name).write_text(content)
    for _ in range(TRIES + 1):
        shaky.spool_worker.once()
        shaky.spool_worker.once()
        shaky.clock.advance(timedelta(hours=1))
    assert bodies(shaky) == ["hello"]
    assert (shaky.spooled(), shaky.quarantined()) == (0, 4)


async def test_a_file_that_the_disk_does_not_give_holds_up_nobody_else(shaky: Shaky) -> None:
    for sender in (ANA, BEN):
        shaky.ingest.spool.put(slip(sender, f"from {sender}"))
    stuck, other = shaky.ingest.spool.boxes()
    (stuck / "0").mkdir()  # it sorts first, and reading it is an error of the disk's
    for _ in range(2):
        shaky.spool_worker.once()
    assert len(bodies(shaky)) == 1
    assert not other.exists()
    (stuck / "0").rmdir()
    shaky.spool_worker.once()
    assert len(bodies(shaky)) == 2


async def test_a_database_that_stays_away_loses_nothing(shaky: Shaky) -> None:
    shaky.away = True
    await shaky.ingest.take(slip(ANA, "hello"))
    for _ in range(3 * TRIES):
        assert shaky.spool_worker.once() == 0
        shaky.clock.advance(timedelta(hours=1))
    assert (shaky.spooled(), shaky.quarantined()) == (1, 0)
    shaky.away, shaky.busy = False, True
    assert shaky.spool_worker.once() == 0
    shaky.busy = False
    assert shaky.spool_worker.once() == 1


class Stalled(Spool):
    """A disk that answers only when the test says so."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.goes_on = threading.Event()

    def put(self, slip: SpooledWebhook) -> None:
        self.goes_on.wait(30)
        super().put(slip)


async def test_before_a_disk_that_stalls_only_so_many_wait_and_the_carrier_comes_again(
    shaky: Shaky, tmp_path: Path
) -> None:
    shaky.away = True
    disk = Stalled(tmp_path / "stalled")
    door = Ingest(shaky, disk)
    waiting = [asyncio.create_task(door.take(slip(ANA, f"{n}"))) for n in range(ingest.MOST_PENDING_WRITES)]
    await asyncio.sleep(0)
    try:
        with pytest.raises(Busy):
            await door.take(slip(BEN, "one too many"))
    finally:
        disk.goes_on.set()
    assert set(await asyncio.gather(*waiting)) == {Taken.SPOOLED}
    assert await door.take(slip(BEN, "now there is room")) is Taken.SPOOLED
    assert disk.waiting() == ingest.MOST_PENDING_WRITES + 1
    door.close()


async def test_what_became_of_a_text_is_kept_too(shaky: Shaky) -> None:
    shaky.receive(Heard("SM1", Channel.SMS, ANA, LINE, "hello")).result()
    said = {"MessageStatus": "delivered", "MessageSid": "SM2", "ErrorCode": ""}
    with held_up(shaky):
        assert await shaky.ingest.take(SpooledWebhook(said, MORNING, about=1)) is Taken.SPOOLED
    assert shaky.spool_worker.once() == 1
    assert shaky.database.read(lambda s: list(s.exec(select(StatusEvent.status)))) == ["delivered"]


async def test_texts_in_the_spool_outlive_the_process(database_url: str, clock: StillClock) -> None:
    settings = twilio_settings(database_url)
    before = Shaky(settings, carrier=Recorder(), clock=clock)
    before.prepare()
    before.away = True
    for at in range(3):
        await before.ingest.take(slip(ANA, f"text {at}", at=at))
    before.stop()
    after = Hotline(settings, carrier=Recorder(), clock=clock)
    after.prepare()
    after.start()
    for _ in range(100):
        if len(bodies(after)) == 3:
            break
        await asyncio.sleep(0.1)
    after.stop()
    again = Hotline(settings, carrier=Recorder(), clock=clock)
    assert bodies(again) == ["text 0", "text 1", "text 2"]
    assert again.spooled() == 0
    again.stop()


async def test_thousands_come_back_each_in_their_senders_order(shaky: Shaky) -> None:
    senders = [f"+1212555{n:04}" for n in range(100, 140)]
    for at in range(5):
        for sender in senders:
            shaky.ingest.spool.put(slip(sender, f"STATUS {at}", at=at))
    assert shaky.spool_worker.once() == 200
    said: dict[str, list[str]] = {}
    for sender, body in shaky.database.read(
        lambda s: list(s.exec(select(Inbound.from_address, Inbound.body).order_by(col(Inbound.id))))
    ):
        said.setdefault(sender, []).append(body)
    assert said == {sender: [f"STATUS {at}" for at in range(5)] for sender in senders}
