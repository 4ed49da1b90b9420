"""GET /health: quick whatever the database does, and in words that say what to do."""

import asyncio
import threading
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from app.carriers.base import Action
from app.carriers.twilio import errors, remedies
from app.hotline import Hotline
from app.inbound.receive import Taken
from app.main import create_app
from app.telemetry import words
from app.telemetry.heartbeat import Heartbeat
from app.web import diagnosis
from app.web.measures import Room
from models.delivery import backlog, windows
from models.delivery.outbound import Lane, State
from models.lines import Channel
from models.store.session import Session
from tests import fakes, webhooks
from tests.fakes import LINE, WHATSAPP, StillClock
from tests.health_fakes import PATIENT, Hung, another_line, ask, health, make, pause_number, set_rule, spend
from tests.plans import plan
from tests.world import ANA, World

pytestmark = pytest.mark.anyio

HOUR = timedelta(hours=1)


async def test_all_is_well(hotline: Hotline) -> None:
    hotline.start()
    hotline.sender.once()
    hotline.tick()
    said = await health(create_app(hotline=hotline))
    for measured in ("disk_free_mb", "database_mb", "open_files", "open_files_most"):
        assert said.pop(measured) is not None or (measured == "disk_free_mb" and not hotline.settings.database_file)
    for slow in ("spool worker", "picture worker", "nightly backup"):
        said["threads"].get(slow, {}).pop("worked", None)  # they come round only after a second
    assert said == {
        "status": "ok",
        "reasons": [],
        "database": "ok",
        "carrier": "simulator",
        "texts": dict.fromkeys(Taken, 0),
        "unsent": {
            lane: {"texts": 0, "oldest_seconds": None} for lane in ("emergency", "safety", "reply", "notice", "bulk")
        },
        "uncertain": 0,
        "held": 0,
        "waiting_for_window": 0,
        "held_oldest_seconds": None,
        "failed_in_a_day": 0,
        "unreported_in_a_day": 0,
        "paused": [],
        "over_budget": [],
        "spooled": 0,
        "quarantined": 0,
        "alarms_unheard": 0,
        "on_duty": 0,
        "templates": None,
        "disk_days_left": None,
        "backup_age_seconds": None,
        "certificate_days_left": None,
        "threads": {
            "sender": {"alive": True, "worked": "2026-03-03T15:00:00+00:00"},
            "ticker": {"alive": True, "worked": "2026-03-03T15:00:00+00:00"},
            "spool worker": {"alive": True},
            "picture worker": {"alive": True},
            **({"nightly backup": {"alive": True}} if hotline.settings.database_file else {}),
        },
    }


async def test_threads_that_do_not_run_are_named(hotline: Hotline) -> None:
    nightly = "nightly backup" in hotline.threads  # on SQLite
    said = await health(create_app(hotline=hotline))
    assert said["status"] == "degraded"
    assert said["threads"]["sender"] == {"alive": False, "worked": None}
    assert said["reasons"] == [
        "nothing is sent: the sender does not run. To do: restart the hotline.",
        "nobody is reminded, no more volunteers are asked: the ticker does not run. To do: restart the hotline.",
        "texts kept beside the database are not taken in: the spool worker does not run. To do: restart the hotline.",
        "pictures and voice messages are not passed on: the picture worker does not run. To do: restart the hotline.",
        *(["no backup is made: the nightly backup does not run. To do: restart the hotline."] * nightly),
    ]


async def test_a_thread_that_gets_nothing_done_is_named(hotline: Hotline, clock: StillClock) -> None:
    stuck = threading.Event()
    hotline.heartbeats = {"sender": Heartbeat(threading.Thread(target=stuck.wait, daemon=True), began_at=clock.now())}
    hotline.heartbeats["sender"].thread.start()
    assert (await health(create_app(hotline=hotline)))["status"] == "ok"
    clock.advance(timedelta(minutes=10))
    said = await health(create_app(hotline=hotline))
    assert said["reasons"] == [
        "nothing is sent: the sender has got nothing done for 10 minutes. "
        "To do: read the log; if it says nothing, restart the hotline."
    ]
    stuck.set()


@pytest.fixture
def calm(world: World) -> World:
    """A hotline whose threads are taken as given."""
    world.hotline.heartbeats = {}
    return world


async def test_what_waits_is_told_by_lane(calm: World) -> None:
    app = create_app(hotline=calm.hotline)
    calm.put(body="first", lane=Lane.REPLY)
    calm.clock.advance(timedelta(seconds=30))
    calm.put(body="second", lane=Lane.REPLY)
    calm.put(body="everybody", lane=Lane.BULK)
    make(calm.hotline.database, calm.put(body="gone", lane=Lane.SAFETY), state=State.SENT)
    calm.clock.advance(timedelta(seconds=10))
    said = await health(app)
    assert said["status"] == "ok"
    assert said["unsent"] == {
        "emergency": {"texts": 0, "oldest_seconds": None},
        "safety": {"texts": 0, "oldest_seconds": None},
        "reply": {"texts": 2, "oldest_seconds": 40},
        "notice": {"texts": 0, "oldest_seconds": None},
        "bulk": {"texts": 1, "oldest_seconds": 10},
    }
    calm.clock.advance(timedelta(minutes=5))
    said = await health(app)
    assert said["reasons"] == [
        "2 replies not sent, the oldest waiting for 5 minutes. "
        "To do: see that hotline serve or hotline work runs, and what its log says."
    ]


async def test_a_text_that_is_put_off_is_not_late(calm: World) -> None:
    later = calm.clock.now() + HOUR
    make(calm.hotline.database, calm.put(), not_before=later)
    calm.clock.advance(timedelta(minutes=59))
    said = await health(create_app(hotline=calm.hotline))
    assert (said["status"], said["unsent"]["reply"]["oldest_seconds"]) == ("ok", 59 * 60)
    calm.clock.advance(timedelta(minutes=3))
    assert (await health(create_app(hotline=calm.hotline)))["status"] == "ok"
    calm.clock.advance(timedelta(minutes=3))
    assert (await health(create_app(hotline=calm.hotline)))["status"] == "degraded"


async def test_a_number_at_rest_is_told_with_what_to_do_and_without_the_number(calm: World) -> None:
    calm.put(body="waits")
    calm.clock.advance(timedelta(minutes=30))
    pause_number(calm.hotline.database, calm.clock.now(), 20003)
    pause_number(calm.hotline.database, calm.clock.now(), 63051, channel=Channel.WHATSAPP, number=WHATSAPP)
    answer = await ask(create_app(hotline=calm.hotline), "/health")
    said = answer.json()
    assert answer.status_code == 200
    assert said["paused"] == [
        {
            "line": "Neighbors' Hotline",
            "channel": channel,
            "error": code,
            "since": "2026-03-03T14:30:00+00:00",
            "until": "2026-03-03T15:35:00+00:00",
        }
        for channel, code in (("sms", 20003), ("whatsapp", 63051))
    ]
    assert said["reasons"][0] == (
        "Neighbors' Hotline has sent nothing by SMS for 60 minutes: Twilio refuses the credentials, or the account "
        "has run out of money (error 20003). To do: look at the balance in Twilio's console, copy TWILIO_ACCOUNT_SID "
        "and TWILIO_AUTH_TOKEN again, and restart. It is tried again in 5 minutes, and nothing is lost meanwhile."
    )
    assert len(said["reasons"]) == 2  # the text that waits is told by its cause
    assert LINE[2:] not in answer.text
    assert WHATSAPP[2:] not in answer.text


async def test_a_rest_that_is_over_is_forgotten(calm: World) -> None:
    pause_number(calm.hotline.database, calm.clock.now() - HOUR, 20003)
    assert (await health(create_app(hotline=calm.hotline)))["paused"] == []


async def test_uncertain_texts_are_counted_and_old_ones_are_a_reason(calm: World) -> None:
    for n in range(2):
        make(calm.hotline.database, calm.put(body=f"text {n}"), state=State.UNCERTAIN)
    app = create_app(hotline=calm.hotline)
    assert {key: (await health(app))[key] for key in ("status", "uncertain")} == {"status": "ok", "uncertain": 2}
    calm.clock.advance(HOUR)
    (reason,) = (await health(app))["reasons"]
    assert reason.startswith("nobody knows whether 2 texts arrived, the oldest for 60 minutes. To do: ")


async def test_texts_that_wait_for_whatsapps_window_are_counted(calm: World) -> None:
    for n, state in enumerate((State.WAITS, State.WAITS, State.EXPIRED)):
        make(calm.hotline.database, calm.put(body=f"text {n}"), state=state)
    app = create_app(hotline=calm.hotline)
    said = await health(app)
    assert (said["status"], said["waiting_for_window"]) == ("ok", 2)  # duty was told of whom
    assert 'hotline_unsettled_texts{state="waits"} 2.0' in (await ask(app, "/metrics")).text


async def test_texts_kept_beside_the_database_are_a_reason(calm: World) -> None:
    spool, webhook = calm.hotline.ingest.spool, webhooks.text_webhook(webhooks.sms(ANA, "hello"), calm.clock.now())
    for _ in range(3):
        spool.put(webhook, ANA)
    spool.quarantine(spool.oldest(spool.boxes()[0])[0])
    said = await health(create_app(hotline=calm.hotline))
    assert (said["status"], said["spooled"], said["quarantined"]) == ("degraded", 2, 1)
    waiting, refused = said["reasons"]
    assert waiting.startswith("2 texts came while the database was away, kept on disk and not answered yet. To do: ")
    assert refused.startswith("1 text could not be taken in even later; the spool keeps them aside in: quarantine. ")


async def test_a_spent_budget_is_told_and_texts_to_many_that_wait_for_it_are_no_reason(calm: World) -> None:
    set_rule(calm.hotline.database, daily_budget="1.25")
    spend(calm.hotline.database, "2026-03-04", 1_250_000, 150)
    calm.put(lane=Lane.BULK)
    app = create_app(hotline=calm.hotline)
    calm.clock.advance(timedelta(hours=13))  # eleven at night
    assert [(await health(app))[key] for key in ("status", "over_budget")] == ["degraded", []]
    calm.clock.advance(timedelta(hours=2))
    assert [(await health(app))[key] for key in ("status", "over_budget")] == ["ok", ["Neighbors' Hotline"]]


async def test_a_look_that_never_goes_well_is_named(world: World) -> None:
    """The carrier's list cannot be read from the start: nothing has been heard of it, which is a reason too."""
    catching = world.hotline.heartbeats["reconciler"]
    stuck = threading.Event()
    catching.thread = threading.Thread(target=stuck.wait, daemon=True)
    catching.thread.start()
    catching.began_at = world.clock.now()
    world.hotline.heartbeats = {"reconciler": catching}
    app = create_app(hotline=world.hotline)
    world.clock.advance(timedelta(minutes=15))
    assert (await health(app))["status"] == "ok"
    world.clock.advance(timedelta(minutes=2))
    (reason,) = (await health(app))["reasons"]
    assert reason.startswith(
        "texts that never reached us are not fetched from the carrier: the reconciler has got nothing done"
    )
    stuck.set()


@pytest.mark.parametrize(
    ("room", "told"),
    [
        (None, []),
        (Room(10 * 2**30, None), []),
        (Room(10 * 2**30, 0.0), []),
        (Room(10 * 2**30, 10 * 2**20), []),
        (Room(50 * 2**20, None), ["only 50 MB are free"]),
        (Room(2**30, 100 * 2**20), ["1.0 GB are free, which at this rate last for about 10 days"]),
    ],
)
async def test_a_disk_that_fills_is_a_reason(room: Room | None, told: list[str]) -> None:
    assert [found.what for found in diagnosis.disk(room)] == told


async def test_a_database_that_refuses_is_503(calm: World) -> None:
    with calm.hotline.database.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE outbound RENAME TO away"))
    app = create_app(hotline=calm.hotline)
    answer = await ask(app, "/health")
    with calm.hotline.database.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE away RENAME TO outbound"))
    said = answer.json()
    assert answer.status_code == 503
    assert (said["status"], said["database"], said["unsent"]) == ("down", "does not answer", None)
    assert said["reasons"][0].startswith("the database does not answer. To do: see that it runs")
    assert said["texts"] == dict.fromkeys(Taken, 0)
    assert said["spooled"] == 0
    assert (await ask(app, "/health")).status_code == 200


async def test_a_postgresql_that_hangs_keeps_nobody_waiting(calm: World) -> None:
    if calm.hotline.settings.database_file:
        pytest.skip("SQLite's way to hang is the next test")
    app = create_app(hotline=calm.hotline)
    url = calm.hotline.settings.database_url.replace("+psycopg", "")
    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE outbound IN ACCESS EXCLUSIVE MODE")
        answer = await asyncio.wait_for(ask(app, "/health", patient=False), PATIENT)
        assert answer.status_code == 503
    assert (await ask(app, "/health")).status_code == 200


async def test_a_database_that_hangs_is_asked_once_however_many_want_to_know(tmp_path: Path) -> None:
    released = threading.Event()
    running = Hotline(fakes.settings(f"sqlite:///{tmp_path / 'hotline.db'}"))
    running.prepare()
    running.database.close()
    hung = Hung(make_url(f"sqlite:///{tmp_path / 'hotline.db'}"), released)
    running.database = hung
    running.heartbeats = {}
    app = create_app(hotline=running)
    async with asyncio.timeout(PATIENT):
        answers = await asyncio.gather(*(ask(app, "/health", patient=False) for _ in range(20)))
        again = await ask(app, "/health", patient=False)
    assert {answer.status_code for answer in [*answers, again]} == {503}
    assert hung.asked == 1
    released.set()
    assert (await ask(app, "/health")).status_code == 200
    running.stop()


@pytest.mark.fresh
async def test_nothing_but_unsettled_texts_is_looked_at(hotline: Hotline) -> None:
    """With a million texts that are through, a look that read them would take seconds."""
    plans = []

    def work(session: Session) -> None:
        connection = session.connection
        seen: list[tuple[str, object]] = []

        @sa.event.listens_for(connection, "before_cursor_execute")
        def note(_: object, __: object, statement: str, parameters: object, *___: object) -> None:
            if statement.startswith("SELECT"):
                seen.append((statement, parameters))

        backlog.by_lane(session, hotline.clock.now())
        backlog.unsettled(session)
        backlog.held(session)
        backlog.unarrived(session, hotline.clock.now())
        windows.count_waiting(session)
        for statement, parameters in seen:
            plans.append(plan(session, statement, parameters))

    hotline.database.read(work)
    indexes = ["next", "pending", "pending", "unarrived", "unarrived", "waits"]
    assert [name for name, said in zip(indexes, plans, strict=True) if f"ix_outbound_{name}" not in said] == []


async def test_every_line_is_told_apart_by_its_name(calm: World) -> None:
    another_line(calm.hotline.database, calm.clock.now(), "Elm Street", "+12025550190")
    pause_number(calm.hotline.database, calm.clock.now(), None)
    (rest,) = (await health(create_app(hotline=calm.hotline)))["paused"]
    assert (rest["line"], rest["error"]) == ("Neighbors' Hotline", None)


def test_every_error_that_rests_a_number_has_a_remedy() -> None:
    pausing = (Action.ACCOUNT, Action.QUOTA, Action.AGAIN, Action.QUEUE_FULL)
    assert {code for action in pausing for code in errors.TABLE[action]} == set(remedies.REMEDIES)


def test_an_error_that_we_do_not_know_can_be_looked_up() -> None:
    assert remedies.remedy(99999).do.endswith("/errors/99999")
    assert remedies.remedy(None) is remedies.AWAY
    assert "(HTTP 404)" in remedies.remedy(404).what
    assert remedies.remedy(20503) is remedies.DOWN


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(-5, "0 seconds"), (59, "59 seconds"), (119, "119 seconds"), (120, "2 minutes"), (7199, "119 minutes"),
     (7200, "2 hours"), (172_800, "2 days")],
)  # fmt: skip
def test_a_span_of_time_in_words(seconds: int, said: str) -> None:
    assert words.span(timedelta(seconds=seconds)) == said
