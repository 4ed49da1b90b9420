"""The spool: what a slow or absent database could not take is on disk, and comes back once and in order."""

import asyncio
import errno
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from app.carriers.base import StatusUpdate, Webhook
from app.database.engine import Busy
from app.hotline import Hotline
from app.inbound import ingest
from app.inbound.receive import Taken
from app.inbound.spool import Spool
from app.inbound.spool_worker import TRIES
from models.delivery.outbound import StatusEvent
from models.inbound import Heard, Inbound
from models.lines import Channel
from models.store.session import Session
from tests import webhooks
from tests.fakes import LINE, MORNING, StillClock, TwilioRecorder, ingest_by, twilio_settings
from tests.shaky import ANA, BEN, NOT_OURS, Shaky, bodies, held_up, put, sms

TIMEOUT = 0.3  # seconds that a webhook waits for the database here; in the field it is three

pytestmark = pytest.mark.anyio


@pytest.fixture
def hotline(database_url: str, clock: StillClock) -> Iterator[Hotline]:
    settings = twilio_settings(database_url)
    running = Hotline(settings, carrier=TwilioRecorder(settings), clock=clock, database_timeout=TIMEOUT)
    running.prepare()
    yield running
    running.stop()


@pytest.fixture
def shaky(hotline: Hotline) -> Shaky:
    return ingest_by(hotline, Shaky)


async def test_a_slow_database_makes_nobody_wait_long(hotline: Hotline, shaky: Shaky) -> None:
    loop = asyncio.get_running_loop()
    with held_up(shaky):
        began = loop.time()
        assert await shaky.take(sms(ANA, "hello")) is Taken.SPOOLED
        assert TIMEOUT <= loop.time() - began < TIMEOUT + 2
        began = loop.time()
        assert await shaky.take(sms(BEN, "hello")) is Taken.SPOOLED
        assert loop.time() - began < 1  # the database was just seen to be slow
        assert shaky.spool.waiting() == 2
    assert hotline.spool_worker.once() == 2
    assert sorted(shaky.database.read(lambda s: list(s.exec(select(Inbound.from_address))))) == [ANA, BEN]


async def test_a_slow_transaction_that_goes_through_after_all_makes_one_text(hotline: Hotline, shaky: Shaky) -> None:
    go = threading.Event()
    first = shaky.database.write

    def slow(work: Any, rescue: Any = None, **how: Any) -> "Future[Any]":
        def and_wait(session: Session) -> Any:
            result = work(session)
            go.wait(30)
            return result

        return first(and_wait, rescue, **how)

    shaky.database.write = slow  # type: ignore[method-assign]
    one = sms(ANA, "I need food")
    assert await shaky.take(one) is Taken.SPOOLED
    shaky.database.write = first  # type: ignore[method-assign]
    go.set()
    assert hotline.spool_worker.once() == 1
    assert bodies(shaky) == ["I need food"]


async def test_nobody_overtakes_themselves(hotline: Hotline, shaky: Shaky) -> None:
    shaky.away = True
    for at in range(5):
        assert await shaky.take(sms(ANA, f"text {at}", at=at)) is Taken.SPOOLED
    shaky.away = False
    shaky.back()
    # The database is back, but older texts of hers wait: the newer ones queue up behind them, Ben's do not.
    assert await shaky.take(sms(ANA, "text 5", at=5)) is Taken.SPOOLED
    assert await shaky.take(sms(BEN, "me too", at=6)) is Taken.HANDLED
    assert bodies(shaky) == ["me too"]
    assert hotline.spool_worker.once() == 6
    assert await shaky.take(sms(ANA, "text 6", at=7)) is Taken.HANDLED
    assert bodies(shaky) == ["me too", *(f"text {at}" for at in range(7))]


async def test_a_text_that_waits_in_the_database_while_an_older_one_is_spooled_lets_it_go_first(
    hotline: Hotline, shaky: Shaky
) -> None:
    with held_up(shaky):
        older = asyncio.create_task(shaky.take(sms(ANA, "older")))
        await asyncio.sleep(1)
        newer = asyncio.create_task(shaky.take(sms(ANA, "newer", at=1)))
        assert await older is Taken.SPOOLED
    assert await newer is Taken.SPOOLED  # though the database had time for it
    assert bodies(shaky) == []
    hotline.spool_worker.once()
    assert bodies(shaky) == ["older", "newer"]


async def test_what_is_still_at_the_door_is_waited_for(hotline: Hotline, shaky: Shaky) -> None:
    with held_up(shaky):
        older = asyncio.create_task(shaky.take(sms(ANA, "older")))
        await asyncio.sleep(0.1)
        put(shaky.spool, sms(ANA, "newer", at=1))
        assert hotline.spool_worker.once() == 0
        assert await older is Taken.SPOOLED
    assert hotline.spool_worker.once() == 2
    assert bodies(shaky) == ["older", "newer"]


async def test_a_text_that_can_never_be_handled_is_put_aside_and_holds_up_nobody_for_ever(
    hotline: Hotline, shaky: Shaky
) -> None:
    shaky.poison = "poison"
    assert await shaky.take(sms(ANA, "poison")) is Taken.SPOOLED
    assert await shaky.take(sms(ANA, "and this?", at=1)) is Taken.SPOOLED
    assert await shaky.take(sms(BEN, "hello", at=2)) is Taken.HANDLED
    for _ in range(TRIES):
        hotline.spool_worker.once()
        hotline.spool_worker.once()
        shaky.clock.advance(timedelta(hours=1))
    assert bodies(shaky) == ["hello", "and this?"]
    assert (shaky.spool.waiting(), shaky.spool.quarantined()) == (0, 1)


async def test_what_was_put_aside_is_tried_again_at_the_next_start(hotline: Hotline, shaky: Shaky) -> None:
    put(shaky.spool, sms(ANA, "hello"))
    (box,) = shaky.spool.boxes()
    (file,) = shaky.spool.oldest(box)
    shaky.spool.quarantine(file)
    assert (shaky.spool.waiting(), shaky.spool.quarantined()) == (0, 1)
    shaky.spool.requeue_quarantined()
    assert hotline.spool_worker.once() == 1
    assert bodies(shaky) == ["hello"]


async def test_a_file_that_is_no_webhook_is_put_aside_at_once(hotline: Hotline, shaky: Shaky) -> None:
    put(shaky.spool, sms(ANA, "hello"))
    (box,) = shaky.spool.boxes()
    for name, content in (("1", "{"), ("2", "[]"), ("3", '{"body": 1}'), ("4", NOT_OURS)):
        (box / name).write_text(content)
    for _ in range(TRIES + 1):
        hotline.spool_worker.once()
        hotline.spool_worker.once()
        shaky.clock.advance(timedelta(hours=1))
    assert bodies(shaky) == ["hello"]
    assert (shaky.spool.waiting(), shaky.spool.quarantined()) == (0, 4)


async def test_a_file_that_the_disk_does_not_give_is_tried_again_and_holds_up_no_other_box(
    hotline: Hotline, shaky: Shaky
) -> None:
    for sender in (ANA, BEN):
        put(shaky.spool, sms(sender, f"from {sender}"))
    stuck, other = shaky.spool.boxes()
    shaky.spool = hotline.spool_worker.spool = Faulty(shaky.spool.folder, stuck)
    hotline.spool_worker.once()
    assert len(bodies(shaky)) == 1
    assert not other.exists()
    shaky.spool.faulty = None
    shaky.clock.advance(timedelta(minutes=1))
    hotline.spool_worker.once()
    assert len(bodies(shaky)) == 2


class Faulty(Spool):
    """A disk that gives nothing of one box for now."""

    def __init__(self, folder: Path, faulty: Path) -> None:
        super().__init__(folder)
        self.faulty: Path | None = faulty

    def read(self, file: Path) -> Webhook:
        if file.parent == self.faulty:
            raise OSError(errno.EIO, "Input/output error")
        return super().read(file)


async def test_a_database_that_stays_away_loses_nothing(hotline: Hotline, shaky: Shaky) -> None:
    shaky.away = True
    await shaky.take(sms(ANA, "hello"))
    for _ in range(3 * TRIES):
        assert hotline.spool_worker.once() == 0
        shaky.clock.advance(timedelta(hours=1))
    assert (shaky.spool.waiting(), shaky.spool.quarantined()) == (1, 0)
    shaky.away, shaky.busy = False, True
    assert hotline.spool_worker.once() == 0
    shaky.busy = False
    assert hotline.spool_worker.once() == 1


class Stalled(Spool):
    """A disk that answers only when the test says so."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.goes_on = threading.Event()

    def put(self, webhook: Webhook, key: str) -> None:
        self.goes_on.wait(30)
        super().put(webhook, key)


async def test_before_a_disk_that_stalls_only_so_many_wait_and_the_carrier_comes_again(
    shaky: Shaky, tmp_path: Path
) -> None:
    disk = Stalled(tmp_path / "stalled")
    door = Shaky(shaky.database, shaky.carrier, shaky.clock, disk, shaky.sender, shaky.metrics)
    door.away = True
    waiting = [asyncio.create_task(door.take(sms(ANA, f"{n}"))) for n in range(ingest.MOST_PENDING_WRITES)]
    await asyncio.sleep(0)
    try:
        with pytest.raises(Busy):
            await door.take(sms(BEN, "one too many"))
    finally:
        disk.goes_on.set()
    assert set(await asyncio.gather(*waiting)) == {Taken.SPOOLED}
    assert await door.take(sms(BEN, "now there is room")) is Taken.SPOOLED
    assert disk.waiting() == ingest.MOST_PENDING_WRITES + 1
    door.close()


async def test_what_became_of_a_text_is_kept_too(hotline: Hotline, shaky: Shaky) -> None:
    hotline.receive(Heard("SM1", Channel.SMS, ANA, LINE, "hello")).result()
    body = webhooks.form({"MessageStatus": "delivered", "MessageSid": "SM2", "ErrorCode": ""})
    update = shaky.read(Webhook("twilio", "/twilio/status", "id=1", body, MORNING))
    assert update is not None
    with held_up(shaky):
        assert await shaky.take(update) is Taken.SPOOLED
    assert hotline.spool_worker.once() == 1
    assert shaky.database.read(lambda s: list(s.exec(select(StatusEvent.status)))) == ["delivered"]


async def test_texts_in_the_spool_outlive_the_process(database_url: str, clock: StillClock) -> None:
    settings = twilio_settings(database_url)
    before = Hotline(settings, carrier=TwilioRecorder(settings), clock=clock)
    before.prepare()
    ingest = ingest_by(before, Shaky)
    ingest.away = True
    for at in range(3):
        await ingest.take(sms(ANA, f"text {at}", at=at))
    before.stop()
    after = Hotline(settings, carrier=TwilioRecorder(settings), clock=clock)
    after.prepare()
    after.start()
    for _ in range(100):
        if len(bodies(after)) == 3:
            break
        await asyncio.sleep(0.1)
    after.stop()
    again = Hotline(settings, carrier=TwilioRecorder(settings), clock=clock)
    assert bodies(again) == ["text 0", "text 1", "text 2"]
    assert again.ingest.spool.waiting() == 0
    again.stop()


async def test_thousands_come_back_each_in_their_senders_order(hotline: Hotline, shaky: Shaky) -> None:
    senders = [f"+1212555{n:04}" for n in range(100, 140)]
    for at in range(5):
        for sender in senders:
            put(shaky.spool, sms(sender, f"STATUS {at}", at=at))
    assert hotline.spool_worker.once() == 200
    said: dict[str, list[str]] = {}
    for sender, body in shaky.database.read(
        lambda s: list(s.exec(select(Inbound.from_address, Inbound.body).order_by(col(Inbound.id))))
    ):
        said.setdefault(sender, []).append(body)
    assert said == {sender: [f"STATUS {at}" for at in range(5)] for sender in senders}


class Breaking(TwilioRecorder):
    """A carrier whose parser breaks on some calls, as a new version might on old ones."""

    def parse(self, call: Webhook) -> Heard | StatusUpdate | None:
        if call.path == "/old":
            raise IndexError
        return super().parse(call)


async def test_a_call_that_breaks_its_carriers_parser_holds_up_nobody(database_url: str, clock: StillClock) -> None:
    settings = twilio_settings(database_url)
    hotline = Hotline(settings, carrier=Breaking(settings), clock=clock)
    hotline.prepare()
    hotline.ingest.spool.put(Webhook("twilio", "/old", "", b"", MORNING), "first")
    put(hotline.ingest.spool, sms(ANA, "hello"))
    assert hotline.spool_worker.once() == 1
    assert bodies(hotline) == ["hello"]
    assert hotline.ingest.spool.quarantined() == 1
    hotline.stop()
