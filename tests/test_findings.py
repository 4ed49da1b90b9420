"""Each finding appears when something is wrong, says what to do, and is gone once it is mended."""

import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.backups import making
from app.database.running import Presence, is_running
from app.hotline import Hotline
from app.main import create_app
from app.settings import Settings
from app.telemetry.findings import Finding, Level
from app.telemetry.words import count_of
from app.web import diagnosis, measures
from app.web.diagnosis import backups, host, people
from app.web.measures import OpenFiles, Room
from handlers.wording import layouts
from models import lines, timers
from models import people as kept_people
from models.delivery import contents, workers
from models.delivery.contents import Approval, Kind
from models.lines import Channel
from models.store.session import Session
from tests import fakes
from tests.command import Command
from tests.fakes import StillClock
from tests.health_fakes import health
from tests.test_cli_doctor import levels
from tests.visiting import visitor
from tests.world import World

DAY = timedelta(days=1)
NOW = datetime.now(UTC)
EVERY = len(layouts.every())


@pytest.fixture
def run(migrated_file: Path, tmp_path: Path) -> Command:
    return Command(f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'hotline.db')}")


@pytest.fixture
def settings(run: Command, tmp_path: Path) -> Settings:
    (tmp_path / "backups").mkdir(mode=0o700)
    return fakes.settings(f"sqlite:///{tmp_path / 'hotline.db'}", backup_folder=tmp_path / "backups")


def backup(settings: Settings, age: timedelta, size: int, ending: str = ".db") -> Path:
    """A file with the name of a backup that is so old."""
    assert settings.backups is not None
    path = settings.backups / f"hotline-{NOW - age:%Y%m%dT%H%M%SZ}{ending}"
    path.write_bytes(bytes(size))
    path.chmod(0o600)
    return path


def what(found: list[Finding]) -> list[str]:
    assert all(each.do for each in found if each.level is not Level.OK)
    return [each.what for each in found]


# The disk.


def test_how_fast_the_disk_fills_is_measured_by_the_backups(settings: Settings, tmp_path: Path) -> None:
    assert measures.growth(settings) is None
    backup(settings, 10 * DAY, 1_000_000)
    backup(settings, 8 * DAY, 1_200_000)
    assert measures.growth(settings) is None  # two days tell nothing
    backup(settings, timedelta(0), 2_000_000)
    backup(settings, DAY, 9_000_000, "-before-migration.db")  # none of those made by night
    # 100 kB a day, in the database and in each of the three backups beside it
    assert measures.growth(settings) == pytest.approx(4 * 100_000)
    room = measures.room(settings)
    assert room is not None
    assert room.days_left == int(room.free / measures.growth(settings))  # type: ignore[operator]


def test_backups_that_are_encrypted_since_lately_are_not_compared_with_those_before(settings: Settings) -> None:
    backup(settings, 9 * DAY, 1_000)
    backup(settings, 2 * DAY, 900_000, ".db.age")
    backup(settings, timedelta(0), 900_000, ".db.age")
    assert measures.growth(settings) is None
    backup(settings, 4 * DAY, 900_000, ".db.age")
    assert measures.growth(settings) == 0


@pytest.mark.parametrize(
    ("room", "said"),
    [
        (Room(2**30, None), "can be written to, 1.0 GB free; how fast it fills is not known before backups of"),
        (Room(2**30, 0.0), "can be written to, 1.0 GB free; which last for years at this rate"),
        (Room(400 * 2**20, 2**20), "can be written to, 400 MB free; which last for about 400 days at this rate"),
    ],
)
def test_room_enough(room: Room, said: str) -> None:
    assert host.disk(room) == []
    assert host.disk_in_order(room).what.startswith(said)


# Open files.


def test_open_files_are_counted() -> None:
    before = measures.open_files()
    if before is None:
        pytest.skip("this system does not tell")
    held = [os.open(os.devnull, os.O_RDONLY) for _ in range(20)]
    after = measures.open_files()
    for each in held:
        os.close(each)
    assert after is not None
    assert after.used >= before.used + 15  # others may have closed some meanwhile
    assert after.limit == before.limit > after.used


def test_nearly_no_files_left() -> None:
    assert host.open_files(None) == host.open_files(OpenFiles(799, 1000)) == []
    (found,) = host.open_files(OpenFiles(800, 1000))
    assert found.level is Level.PROBLEM
    assert "LimitNOFILE=4096" in (found.do or "")


@pytest.mark.parametrize(("limit", "most"), [(None, 1000), (4096, 1000), (1024, 448), (256, 64), (64, 1)])
def test_how_many_connections_so_many_files_are_enough_for(limit: int | None, most: int) -> None:
    found = host.connections_at_once(limit)
    assert f"hold {count_of(most, 'connection')} at once" in found.what
    assert (found.level is Level.WARNING) is (most < 100)


# Who can read and write.


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such permissions")
def test_what_others_could_change(settings: Settings, tmp_path: Path) -> None:
    before = what([*host.private(settings)])
    kept = backup(settings, DAY, 10)
    kept.chmod(0o644)
    tmp_path.chmod(0o707)
    found = [each for each in host.private(settings) if each.what not in before]
    assert what(found) == [
        f"others who use this machine can read {kept}",
        f"others who use this machine can write in {tmp_path}, where the database lies",
    ]
    kept.chmod(0o600)
    tmp_path.chmod(0o1777)  # as /tmp: nobody touches what is another's
    assert what([*host.private(settings)]) == before


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can give files away")
def test_what_root_has_made_in_anothers_folder(settings: Settings, tmp_path: Path) -> None:
    assert what([*host.owners(settings)]) == []
    os.chown(tmp_path, 12345, 12345)
    os.chown(tmp_path / "backups", 12345, 12345)
    (found,) = host.owners(settings)
    assert found.what.startswith(f"{tmp_path / 'hotline.db'} belongs to root, its folder to 12345")
    assert (found.do or "").startswith(f"chown -R 12345 {tmp_path / 'hotline.db'}")
    os.chown(tmp_path / "hotline.db", 12345, 12345)
    assert what([*host.owners(settings)]) == []


def test_who_looks_as_root() -> None:
    assert host.user(1000) == []
    assert [each.level for each in host.user(0)] == [Level.OK]


# Backups.


def test_a_backup_that_cannot_be_read(settings: Settings) -> None:
    damaged = backup(settings, timedelta(hours=5), 100_000)
    found = [each for each in backups.check(settings, NOW) if each.level is Level.PROBLEM]
    assert what(found) == [f"the last is 5 hours old: {damaged}, but it is no backup of a hotline"]
    damaged.unlink()
    making.make(settings, NOW)
    (whole,) = backups.check(settings, NOW)
    assert whole.level is Level.OK
    assert "whole, with 0 requests and 0 texts; 1 file in all" in whole.what


def test_a_night_that_was_missed(settings: Settings) -> None:
    backup(settings, timedelta(hours=40), 10)
    late = backups.of_running(measures.backups(settings), NOW)
    assert what(late) == ["the last backup is 40 hours old, though one is made each night"]
    backup(settings, timedelta(hours=1), 10)
    assert backups.of_running(measures.backups(settings), NOW) == []


# Who is there.


def test_who_is_on_duty_is_named_to_whoever_runs_it_and_counted_for_whoever_watches(run: Command) -> None:
    run.good(*"person add 2025550101 --name Ana --helper".split())
    nobody = "line Neighbors' Hotline: nobody is on duty, so nobody hears of emergencies"
    assert any(said.startswith(nobody) for said in levels(run)["warning"])
    run.good(*"person add 2025550102 --name Dee --helper --duty".split())
    found = levels(run)
    assert not any(said.startswith(nobody) for said in found["warning"])
    assert "line Neighbors' Hotline: 1 on duty: Dee" in found["ok"]
    assert "line Neighbors' Hotline: 2 volunteers, vouched for" in found["ok"]


@pytest.mark.anyio
async def test_health_counts_who_is_on_duty(world: World) -> None:
    app = create_app(hotline=world.hotline)
    before = await health(app)
    world.hotline.heartbeats = {}
    add(world.hotline, "Dee Miller")
    after = await health(app)
    assert after["on_duty"] == before["on_duty"] + 1
    assert "Dee" not in str(after)


def add(hotline: Hotline, name: str) -> None:
    def work(session: Session) -> None:
        line, now = lines.all_lines(session)[0], hotline.clock.now()
        kept_people.add(
            session, line, Channel.SMS, "+12025550177", now,
            name=name, helper=True, duty=True, language="en", areas=[], can=[],
        )  # fmt: skip

    hotline.database.write(work).result()


def test_gaps_in_the_roster(hotline: Hotline, clock: StillClock) -> None:
    def said() -> list[str]:
        def look(session: Session) -> list[Finding]:
            return [*people.line(session, lines.all_lines(session)[0], clock.now())]

        return what(hotline.database.read(look))

    assert not any("roster" in each for each in said())
    dee = visitor(hotline, "+12025550104", "Dee Miller", duty=True)
    dee.says("SHIFT FRI 18-22")
    (roster,) = [each for each in said() if "roster" in each]
    assert roster.startswith("the roster has ")
    dee.says("DUTY OFF")
    (nobody,) = [each for each in said() if each.startswith("nobody is on duty")]
    assert nobody.endswith("; the next turn begins in 3 days")


# What runs.


def test_whether_a_hotline_runs(database_url: str, base: object, clock: StillClock) -> None:
    settings = fakes.settings(database_url)
    running = Hotline(settings, clock=clock)
    now, kept = clock.now(), running.database
    assert not is_running(settings.database, kept, now)
    presence = Presence(settings.database)
    presence.begin()
    kept.write(lambda session: workers.beat(session, "one", now)).result()
    assert is_running(settings.database, kept, now)
    presence.end()
    kept.write(lambda session: workers.leave(session, "one")).result()
    assert not is_running(settings.database, kept, now)
    running.stop()


def test_time_that_does_not_act(run: Command) -> None:
    run.good("tick")
    assert any(said.startswith("running: no hotline runs") for said in levels(run)["ok"])
    kept = run.database()

    def work(session: Session) -> None:
        line = lines.all_lines(session)[0]
        timers.begin(session, line.id, ["shifts"], datetime.now(UTC) - timedelta(hours=3))

    kept.write(work).result()
    kept.close()
    assert (
        "running: time has not acted for 3 hours: nobody is reminded, no more volunteers are asked"
        in (levels(run)["problem"])
    )
    run.good("tick")
    assert levels(run)["problem"] == []


# WhatsApp's templates.


@pytest.mark.anyio
async def test_a_template_that_whatsapp_refuses_is_a_reason(world: World) -> None:
    world.hotline.heartbeats = {}
    app = create_app(hotline=world.hotline)
    assert (await health(app))["templates"] == {"approved": 0, "all": EVERY}
    layout = layouts.every()[0]

    def decide(approval: Approval, reason: str | None) -> None:
        def work(session: Session) -> None:
            account, now = world.hotline.carrier.account_id, world.clock.now()
            row = contents.find(session, account, Kind.TEMPLATE, layout.name, layout.language, layout.digest)
            if row is None:
                row = contents.add(
                    *(session, account, Kind.TEMPLATE, layout.name, layout.language, layout.digest),
                    names=[], buttons=[], body=layout.numbered, sid="HX1", now=now,
                )  # fmt: skip
                session.flush()
            contents.decide(session, row.id, approval, reason, now)

        world.hotline.database.write(work).result()

    decide(Approval.REFUSED, "too many variables")
    said = await health(app)
    assert said["status"] == "degraded"
    assert said["reasons"] == [
        f"{layout.name} {layout.language} was refused by WhatsApp: too many variables. "
        "To do: change its words in handlers/phrasebook, [templates], and submit it again."
    ]
    decide(Approval.APPROVED, None)
    said = await health(app)
    assert (said["status"], said["templates"]) == ("ok", {"approved": 1, "all": EVERY})


# All of it.


def test_the_worst_comes_first_and_other_programs_get_it_as_it_was_found(run: Command) -> None:
    said = run("doctor", HOTLINE_NUMBER="+12025550177", BACKUP_FOLDER="").stdout
    marks = [line.split()[0] for line in said.partition("\n\n")[0].splitlines() if not line.startswith(" ")]
    assert marks == sorted(marks, key=["PROBLEM", "warning", "ok"].index)
    assert {"warning", "ok"} <= {*marks}


def test_what_is_said_at_the_start_is_what_the_doctor_says(run: Command, tmp_path: Path) -> None:
    run.good("line", "list")
    settings = fakes.twilio_settings(f"sqlite:///{tmp_path / 'hotline.db'}", hotline_whatsapp=None)
    hotline = Hotline(settings, carrier=fakes.TwilioRecorder(settings))
    hotline.prepare()
    found = hotline.database.read(
        lambda session: diagnosis.at_start(hotline.settings, hotline.carrier, session, hotline.clock.now())
    )
    hotline.stop()
    wrong = {f"{each.about}: {each.what}" for each in found if each.level is not Level.OK}
    assert len(wrong) >= 3
    assert wrong <= {each for level in ("warning", "problem") for each in levels(run)[level]}


def test_a_demo_that_everybody_may_see_is_said(run: Command) -> None:
    assert not any(said.startswith("simulator:") for said in levels(run)["ok"])
    said = levels(run, HOTLINE_SIMULATOR_HOSTS="demo.example.org")["ok"]
    assert "simulator: whoever reaches it as demo.example.org can read and use every simulated phone" in said
