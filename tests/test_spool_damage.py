"""A spool that others have put things into: one bad file stops neither the others nor /health nor the webhooks."""

import json
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from app.hotline import Hotline
from app.inbound.receive import Taken
from app.inbound.spool import LARGEST, LOCK, QUARANTINE, STALE, WRITING, Spool
from app.main import create_app
from models.inbound import Inbound
from tests.fakes import MORNING, StillClock, TwilioRecorder, ingest_by, twilio_settings
from tests.health_fakes import ask, health
from tests.shaky import ANA, BEN, Shaky, bodies, put, sms

pytestmark = pytest.mark.anyio

GOOD = {"carrier": "twilio", "path": "/twilio/message", "query": "", "body": "Body=x", "at": MORNING.isoformat()}


def packed(**other: Any) -> Callable[[Path], object]:
    return lambda file: file.write_text(json.dumps({**GOOD, **other}))


def a_socket(file: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        here = Path.cwd()
        os.chdir(file.parent)  # a socket's path must be short
        try:
            listening.bind(file.name)
        finally:
            os.chdir(here)


def boxes_are_files(folder: Path) -> None:
    for n in range(0x1000):
        if n % 2 and not (folder / f"{n:03x}").exists():
            (folder / f"{n:03x}").touch()


def full_folder(file: Path) -> None:
    file.mkdir()
    (file / "x").write_text("x")


# Each makes one bad thing; its name sorts before every webhook's.
IN_A_BOX: dict[str, Callable[[Path], object]] = {
    "empty": lambda file: file.write_bytes(b""),
    "cut": lambda file: file.write_text(json.dumps(GOOD)[:-20]),
    "bytes": lambda file: file.write_bytes(bytes(range(256)) * 40),
    "list": lambda file: file.write_text("[]"),
    "number as body": packed(body=1),
    "null as path": packed(path=None),
    "number as time": packed(at=4),
    "time without zone": packed(at="2026-03-03T15:00:00"),
    "list as carrier": packed(carrier=["twilio"]),
    "another carrier": packed(carrier="pigeon"),
    "letters no byte has": packed(body="Body=\u20ac"),
    "deep": lambda file: file.write_text("[" * 100_000),
    "huge": lambda file: file.write_text(json.dumps({**GOOD, "body": "x" * LARGEST})),
    "folder": lambda file: file.mkdir(),
    "full folder": full_folder,
    "pipe": os.mkfifo,
    "socket": a_socket,
    "link to nothing": lambda file: file.symlink_to("nowhere"),
    "link to itself": lambda file: file.symlink_to(file.name),
    "link to a file": lambda file: file.symlink_to("/dev/zero"),
}
NAMES = ["0", "0 with a space", "0\udcff", "0\n", "0" * 200]
IN_THE_FOLDER: dict[str, Callable[[Path], object]] = {
    "boxes are files": boxes_are_files,
    "box is a loop": lambda folder: (folder / "000").symlink_to("000"),
    "box is a pipe": lambda folder: os.mkfifo(folder / "002"),
    "drafts are a file": lambda folder: (folder / WRITING).write_text("x"),
    "quarantine is a file": lambda folder: (folder / QUARANTINE).write_text("x"),
    "lock is a folder": lambda folder: (folder / LOCK).mkdir(),
    "odd names": lambda folder: [(folder / name).write_text("x") for name in ("\udcff", "x y", ".hidden")],
}
SENDERS = [ANA, BEN, *(f"+1212555{n:04}" for n in range(100, 110))]


@pytest.fixture
def database_url(migrated_file: Path, tmp_path: Path) -> str:
    """What is on the disk beside it does not depend on the database."""
    file = tmp_path / "hotline.db"
    file.write_bytes(migrated_file.read_bytes())
    return f"sqlite:///{file}"


@pytest.fixture
def hotline(twilio_hotline: Hotline) -> Hotline:
    return twilio_hotline


def spoil(spool: Spool) -> int:
    """Put everything bad into every box, and return how many things that was."""
    made = 0
    for box in spool.boxes():
        for n, make in enumerate(IN_A_BOX.values()):
            make(box / f"{n:04}")
            made += 1
        for name in NAMES:
            (box / name).write_text("{")
            made += 1
    return made


def said(hotline: Hotline) -> dict[str, list[str]]:
    """The texts in the database, by sender, in the order in which they were handled."""
    found: dict[str, list[str]] = {}
    rows = select(Inbound.from_address, Inbound.body).order_by(col(Inbound.id))
    for sender, body in hotline.database.read(lambda s: list(s.exec(rows))):
        found.setdefault(sender, []).append(body)
    return found


@pytest.mark.parametrize("kind", IN_A_BOX)
def test_a_bad_file_is_put_aside_and_what_is_behind_it_taken_in_at_once(hotline: Hotline, kind: str) -> None:
    spool = hotline.ingest.spool
    for at in range(3):
        put(spool, sms(ANA, f"text {at}", at=at))
    IN_A_BOX[kind](spool.boxes()[0] / "0")
    assert hotline.spool_worker.once() == 3
    assert bodies(hotline) == ["text 0", "text 1", "text 2"]
    assert (spool.waiting(), spool.quarantined()) == (0, 1)


async def test_everything_bad_at_once_keeps_no_good_text_from_its_place(hotline: Hotline) -> None:
    spool = hotline.ingest.spool
    for at in range(3):
        for sender in SENDERS:
            put(spool, sms(sender, f"STATUS {at}", at=at))
    made = spoil(spool)
    (spool.folder / WRITING).rmdir()
    for make in IN_THE_FOLDER.values():
        with suppress(FileExistsError):  # a box that is in use
            make(spool.folder)
    hotline.spool_worker.start()  # cleans up, and must not break
    hotline.spool_worker.stop()
    hotline.spool_worker.thread.stopping = False
    hotline.spool_worker.once()
    assert said(hotline) == {sender: [f"STATUS {at}" for at in range(3)] for sender in SENDERS}
    answer = await health(create_app(hotline=hotline))
    assert (answer["status"], answer["spooled"], answer["quarantined"]) == ("degraded", 0, made)
    assert "x y" not in str(answer)


@pytest.mark.parametrize("kind", IN_THE_FOLDER)
async def test_what_is_in_the_way_of_a_folder_is_moved_and_nothing_is_refused(hotline: Hotline, kind: str) -> None:
    ingest = ingest_by(hotline, Shaky)
    ingest.spool.folder.mkdir()
    IN_THE_FOLDER[kind](ingest.spool.folder)
    hotline.spool_worker.start()
    hotline.spool_worker.stop()
    assert [await ingest.take(sms(sender, "now", at=0)) for sender in SENDERS] == [Taken.HANDLED] * len(SENDERS)
    ingest.away = True
    assert [await ingest.take(sms(sender, "away", at=1)) for sender in SENDERS] == [Taken.SPOOLED] * len(SENDERS)
    ingest.away = False
    ingest.back()
    hotline.spool_worker.thread.stopping = False
    assert hotline.spool_worker.once() == len(SENDERS)
    assert said(hotline) == {sender: ["now", "away"] for sender in SENDERS}
    put(ingest.spool, sms(ANA, "hello"))  # the quarantine works too
    file = next(file for box in ingest.spool.boxes() for file in ingest.spool.oldest(box))
    file.write_text("{")
    hotline.spool_worker.once()
    assert (ingest.spool.waiting(), ingest.spool.quarantined()) == (0, 1)


def no_folder(folder: Path) -> None:
    folder.write_text("not ours")


def nowhere(folder: Path) -> None:
    folder.symlink_to("nowhere")


def in_a_circle(folder: Path) -> None:
    folder.symlink_to(folder.name)


def under_a_file(folder: Path) -> None:
    folder.parent.write_text("x")


@pytest.mark.parametrize("damage", [no_folder, nowhere, in_a_circle, under_a_file])
async def test_something_else_in_place_of_the_spool_is_said_and_only_costs_what_comes_during_an_outage(
    database_url: str, clock: StillClock, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    folder = tmp_path / "here" / "spool"
    folder.parent.mkdir() if damage is not under_a_file else None
    damage(folder)
    settings = twilio_settings(database_url, hotline_spool=folder)
    hotline = Hotline(settings, carrier=TwilioRecorder(settings), clock=clock)
    hotline.prepare()
    ingest = ingest_by(hotline, Shaky)
    app = create_app(hotline=hotline)
    hotline.spool_worker.start()
    hotline.spool_worker._look()
    assert await ingest.take(sms(ANA, "hello")) is Taken.HANDLED
    answer = await health(app)
    assert answer["status"] == "degraded"
    assert answer["reasons"][-1] == (
        "texts could not be kept while the database is away: the spool's folder is no folder. "
        "To do: make it a folder in which the hotline may write, or set HOTLINE_SPOOL to one."
    )
    assert hotline.spool_worker.thread.heartbeat.worked_at is not None
    ingest.away = True
    with pytest.raises((FileExistsError, NotADirectoryError)):
        await ingest.take(sms(BEN, "hello"))
    assert (await ask(app, "/metrics")).status_code == 200
    hotline.stop()


class ReadOnly(Spool):
    """A disk on which nothing can be written any more."""

    def put(self, *_: Any) -> None:
        raise OSError(30, "Read-only file system")

    def done(self, file: Path) -> None:
        raise OSError(30, "Read-only file system")


async def test_a_spool_that_can_no_longer_be_written_to_keeps_no_text_from_a_healthy_database(
    hotline: Hotline,
) -> None:
    put(hotline.ingest.spool, sms(ANA, "first"))
    hotline.ingest.spool = hotline.spool_worker.spool = ReadOnly(hotline.ingest.spool.folder)
    assert await hotline.ingest.take(sms(ANA, "second", at=1)) is Taken.HANDLED
    assert hotline.spool_worker.once() == 1
    assert hotline.spool_worker.once() == 0  # it cannot be removed, and is not read again and again
    assert bodies(hotline) == ["second", "first"]
    hotline.ingest.spool = hotline.spool_worker.spool = Spool(hotline.ingest.spool.folder)


def test_drafts_that_are_none_do_not_keep_the_hotline_from_starting(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    (spool.folder / WRITING / "folder").mkdir(parents=True)
    spool.remove_stale_drafts(MORNING + STALE * 100_000)
    for name in ("abc", "abc-", "abc-..", "xyz-1", "-"):
        (spool.folder / QUARANTINE / name).mkdir(parents=True)
    (spool.folder / QUARANTINE / "abd-").write_text("x")
    spool.requeue_quarantined()
    assert (spool.waiting(), spool.quarantined()) == (0, 6)
