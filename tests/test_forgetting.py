"""Nothing stays of somebody who was erased, nobody is texted who was, and nobody comes back by what comes late."""

import shutil
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from app.backups import making
from app.hotline import Hotline
from app.inbound.receive import Taken
from handlers.members import forgetting, keeping
from handlers.turn import Context
from models import erasing, lines
from models.erasures import Erasure
from models.inbound import Heard, Inbound
from models.lines import Channel
from models.marks import Mark
from models.people import Address, Person
from models.requests import Request
from models.store.session import Session
from tests import fakes, neighbors, traces
from tests.fakes import Recorder, StillClock

ANA, ZEB, CARO, DEE, FAY = (f"+1202555010{n}" for n in range(1, 6))
NAME, WORDS, DOOR = "Zebulon Quillfeather", "marmalade", "77 Wisteria Court"
TRACES = ["2025550102", "555-0102", "Zebulon", "Quillfeather", WORDS, "Wisteria", "xylophone", "QUINCE"]
COUNT = iter(range(1, 1_000_000))


class Line:
    """A hotline with some people, and the phones they hold."""

    def __init__(self, hotline: Hotline, carrier: Recorder, clock: StillClock) -> None:
        self.hotline, self.carrier, self.clock = hotline, carrier, clock

        def work(session: Session) -> None:
            line, now = lines.all_lines(session)[0], clock.now()
            line.rules = {**line.rules, "reply_limit": 0, "answers_per_day": 0, "rate_sms": 1e3}
            session.add(line)
            for number, name, duty in ((ZEB, NAME, False), (CARO, "Caro", False), (DEE, "Dee", True)):
                neighbors.add(session, line, Channel.SMS, number, now, name=name, helper=True, duty=duty)

        hotline.database.write(work).result()

    def heard(self, who: str, words: str, sid: str | None = None) -> Heard:
        return Heard(
            sid or f"SM{next(COUNT):032x}", Channel.SMS, who, fakes.LINE, words, at=self.clock.now(),
            fields={"From": who, "Body": words},
        )  # fmt: skip

    def says(self, who: str, words: str, sid: str | None = None) -> Taken:
        taken = self.hotline.receive(self.heard(who, words, sid)).result()
        self.clock.advance(timedelta(seconds=20))
        self.hotline.tick()
        self.hotline.sender.drain()
        return taken

    def waits(self, **span: float) -> None:
        """Let time act, a few times on the way."""
        for _ in range(4):
            self.clock.advance(timedelta(**span) / 4)
            self.hotline.tick()
            self.hotline.sender.drain()

    def told(self, who: str) -> list[str]:
        return [text.body for text in self.carrier.carried if text.to == who]

    def known(self, who: str) -> bool:
        return self.hotline.database.read(
            lambda s: s.exec(select(Address).where(Address.value == who)).first() is not None
        )


@pytest.fixture
def line(hotline: Hotline, carrier: Recorder, clock: StillClock) -> Line:
    return Line(hotline, carrier, clock)


def busy(line: Line) -> None:
    """Zeb asks, helps, writes, holds, is written about."""
    line.says(ANA, "Need groceries for two near Elm St")
    line.says(ZEB, f"I need {WORDS} and medicine for two at {DOOR}")
    line.says(CARO, "LIST")
    line.says(CARO, "INFO 2")
    line.says(CARO, "CLAIM 2")
    line.says(ZEB, "CLAIM 1 I bring xylophone")
    line.says(ZEB, f"@1 I am on my way with {WORDS}, call me at 202-555-0102")
    line.says(ANA, "thank you Zebulon, see you soon")
    line.says(DEE, "QUEUE")
    line.says(DEE, "SHOW 2")
    line.says(DEE, "NOTE 1 Zebulon Quillfeather has it, 555-0102")
    line.says(DEE, f"NOTE 2 lives at {DOOR}")
    line.says(ZEB, f"@2 it is {DOOR}, the red door, QUINCE")
    line.says(CARO, f"@2 I come to {DOOR} then, {WORDS} in the bag")
    line.says(ANA, "PERSON")
    line.says(ZEB, f"PERSON I hear {WORDS}")
    line.says(DEE, "WHO 1")
    line.says(DEE, "BROADCAST Zebulon looks for a bicycle")
    line.says(DEE, "1")


def erase(line: Line) -> None:
    line.says(ZEB, "FORGET ME")
    line.says(ZEB, "FORGET ME")
    line.waits(minutes=8)


def test_nothing_is_left_after_a_busy_day(line: Line, tmp_path: Path) -> None:
    """In no table, no file and no backup made since; that logs have none of it at any time is for test_logscan.py."""
    busy(line)
    assert len(traces.in_tables(line.hotline, TRACES)) > 20
    erase(line)
    assert traces.in_tables(line.hotline, TRACES) == []
    settings = line.hotline.settings
    if settings.database_file:  # what pg_dump writes is read by pg_restore alone, and comes from the same tables
        making.make(settings, line.clock.now(), kept=line.hotline.database, file=tmp_path / "b")
    assert traces.in_files(tmp_path, TRACES) == []
    assert "erased" in line.told(ZEB)[-1]


def test_in_many_texts_they_are_looked_for_a_little_at_a_time(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits while a million texts are read: each transaction looks at few, and forgets what it looks for."""
    few = 7
    monkeypatch.setattr(erasing, "ROWS", few)
    busy(line)
    line.says(ZEB, "FORGET ME")
    line.says(ZEB, "FORGET ME")

    def unread(session: Session) -> int:
        return sum(sum(one.unread.values()) for one in session.exec(select(Erasure)))

    left = [line.hotline.database.read(unread)]
    while left[-1]:
        line.clock.advance(forgetting.GO_ON)
        line.hotline.tick()
        left.append(line.hotline.database.read(unread))
    assert len(left) > 5
    assert all(before - after <= few for before, after in pairwise(left))
    line.waits(minutes=8)
    assert traces.in_tables(line.hotline, TRACES) == []
    assert line.hotline.database.read(lambda s: len(s.exec(select(Erasure)))) == 0


def test_by_night_one_person_is_erased_in_a_transaction(line: Line) -> None:
    def silent(session: Session) -> None:
        one, now = lines.all_lines(session)[0], line.clock.now()
        for n in range(6, 9):
            neighbors.add(session, one, Channel.SMS, f"+1202555010{n}", now - timedelta(days=500), name="Silent")
        for person in session.exec(select(Person).where(Person.name == "Silent")):
            person.created_at = now - timedelta(days=500)
            session.add(person)

    line.hotline.database.write(silent).result()

    def night(session: Session) -> int:
        context = Context(session, lines.all_lines(session)[0], line.clock.now())
        list(keeping.act(context))
        return len(session.exec(select(Person).where(Person.name == "Silent")))

    assert [line.hotline.database.write(night).result() for _ in range(3)] == [2, 1, 0]


def test_what_counts_stays(line: Line) -> None:
    busy(line)

    def figures(session: Session) -> tuple[int, int]:
        return len(session.exec(select(Request))), len(session.exec(select(Inbound)))

    requests, texts = line.hotline.database.read(figures)
    erase(line)
    assert line.hotline.database.read(figures) == (requests, texts + 2)
    people = line.hotline.database.read(lambda s: s.exec(select(Person).where(Person.name == NAME)))
    assert people == []


def test_nobody_erased_is_texted_by_what_others_do(line: Line) -> None:
    busy(line)
    erase(line)
    before = len(line.told(ZEB))
    for words in (
        "@2 are you there",
        "ASSIGN 1 Zebulon",
        "CLOSE 2 done",
        "BROADCAST to all",
        "1",
        "DONE 1",
        "CLOSE 1 x",
    ):
        line.says(DEE, words)
    line.says(ANA, "Need groceries for two near Elm St")
    line.says(ANA, "chest pain, help")
    line.waits(days=3)
    assert len(line.told(ZEB)) == before
    assert not line.known(ZEB)


def test_a_second_delivery_brings_nobody_back(line: Line) -> None:
    line.says(ZEB, "hello", sid="SM" + "a" * 32)
    line.says(ZEB, "FORGET ME")
    line.says(ZEB, "1", sid="SM" + "b" * 32)
    told = len(line.told(ZEB))
    line.waits(minutes=8)
    for sid in ("a" * 32, "b" * 32):
        assert line.says(ZEB, "1", sid="SM" + sid) is Taken.SEEN
    assert not line.known(ZEB)
    assert len(line.told(ZEB)) == told


def test_what_was_written_before_and_comes_late_brings_nobody_back(line: Line, tmp_path: Path) -> None:
    """From the spool or the carrier's list, however late."""
    late = line.heard(ZEB, f"and {WORDS}")
    line.says(ZEB, "FORGET ME")
    line.says(ZEB, "1")
    for _ in range(2):
        assert line.hotline.receive(late).result() is Taken.SEEN
    line.waits(minutes=8)
    assert not line.known(ZEB)
    assert traces.in_tables(line.hotline, [WORDS, "2025550102"]) == []
    assert late.id in line.hotline.database.read(lambda s: [one.sid for one in s.exec(select(Inbound))])


def test_who_said_stop_is_not_texted_before_start(line: Line) -> None:
    line.says(ZEB, "STOP")
    line.says(ZEB, "DELETE MY DATA")
    line.waits(minutes=8)
    assert traces.in_tables(line.hotline, TRACES) == []
    told = len(line.told(ZEB))
    line.says(ZEB, "I need food at Elm St")
    assert "You had stopped" in line.told(ZEB)[told]
    line.says(ANA, "Need groceries for two near Elm St")
    line.waits(hours=4)
    assert len(line.told(ZEB)) == told + 1
    line.says(ZEB, "START")
    assert "Welcome back" in line.told(ZEB)[-1]


def test_a_mark_is_of_no_use_without_its_key(line: Line) -> None:
    erase(line)
    erased = line.hotline.database.read(lambda s: s.exec(select(Mark)).one())
    assert ZEB not in erased.hash
    assert len(erased.hash) == 64
    assert erased.kept == {}
    line.says(ZEB, "hello")
    again = line.hotline.database.read(lambda s: s.exec(select(Mark)).one())
    assert again.known_again_at is not None  # only for a backup that still knows who it was


def test_what_others_asked_for_stays_as_it_is(line: Line) -> None:
    busy(line)
    erase(line)
    first = line.hotline.database.read(lambda s: s.exec(select(Request).order_by(Request.number)))[0]  # type: ignore[arg-type]
    assert first.text == "Need groceries for two near Elm St"
    assert first.state == "open"


def test_texts_that_wait_for_them_do_not_leave(line: Line) -> None:
    line.hotline.receive(line.heard(ZEB, "LIST")).result()
    line.hotline.receive(line.heard(ZEB, "FORGET ME")).result()
    line.clock.advance(timedelta(seconds=30))
    line.hotline.receive(line.heard(ZEB, "1")).result()
    line.hotline.sender.drain()
    assert len(line.told(ZEB)) == 1
    assert "erased" in line.told(ZEB)[0]


SAYINGS = st.sampled_from(
    [
        (ZEB, f"I need {WORDS} and food at {DOOR}"),
        (ZEB, "CLAIM 1 xylophone"),
        (ZEB, "DONE 1"),
        (ZEB, f"@1 {WORDS}"),
        (ZEB, "DUTY ON"),
        (ZEB, "NEVERMIND"),
        (ZEB, "STOP"),
        (ZEB, "1"),
        (ZEB, f"PERSON {WORDS}"),
        (ZEB, "help, chest pain"),
        (ANA, "Need groceries for two near Elm St"),
        (ANA, "is Zebulon coming?"),
        (ANA, "1"),
        (CARO, "CLAIM 2"),
        (CARO, "DONE 2"),
        (CARO, "@2 which door?"),
        (DEE, "QUEUE"),
        (DEE, "MERGE 2 1"),
        (DEE, "ON IT 1"),
        (DEE, "ON IT 2"),
        (DEE, "ASSIGN 1 Zebulon"),
        (DEE, "CLOSE 1 Zebulon has it"),
        (DEE, "NOTE 2 Zebulon Quillfeather"),
    ]
)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=st.lists(SAYINGS, max_size=14), then=st.lists(SAYINGS.filter(lambda said: said[0] != ZEB), max_size=4))
def test_whatever_happened_nothing_is_left_and_nobody_is_texted(
    story: list[tuple[str, str]], then: list[tuple[str, str]], migrated_file: Path
) -> None:
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{shutil.copy(migrated_file, Path(folder) / 'hotline.db')}"
        carrier, clock = Recorder(), StillClock()
        hotline = Hotline(fakes.settings(url), carrier=carrier, clock=clock)
        hotline.prepare()
        try:
            live(Line(hotline, carrier, clock), Path(folder), story, then)
        finally:
            hotline.stop()


def live(line: Line, folder: Path, story: list[tuple[str, str]], then: list[tuple[str, str]]) -> None:
    """This happens, then Zeb is erased, then that."""
    for who, words in story:
        line.says(who, words)
    for n in range(1, 6):  # or a danger must be read first
        line.says(DEE, f"ON IT {n}")
    line.says(ZEB, "FORGET ME")
    for again in ("1", "FORGET ME"):  # where the 1 could be an offer's number, it is said once more
        if line.known(ZEB):
            line.says(ZEB, again)
    line.waits(minutes=8)
    assert not line.known(ZEB)
    told = len(line.told(ZEB))
    assert traces.in_tables(line.hotline, TRACES) == []
    assert traces.in_files(folder, TRACES) == []
    for who, words in then:
        line.says(who, words)
    line.waits(days=2)
    assert len(line.told(ZEB)) == told
