"""Bursts: however a person cuts what they have to say into texts, it is one request with one answer."""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import timedelta
from itertools import count, permutations
from pathlib import Path

import httpx
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlmodel import col, select

from app.hotline import Hotline
from app.inbound import tick
from app.simulator import sandbox, timelapse
from app.simulator.sandbox import Databases
from handlers import registry
from handlers.arrivals import bursts
from handlers.understanding import needs
from handlers.understanding.intents import Free
from handlers.understanding.parts import in_order, together
from models import lines
from models.delivery.outbound import Outbound, State
from models.inbound import Heard
from models.lines import Area, Channel, Policy
from models.requests import Request
from models.store.session import Session
from tests import neighbors
from tests.fake_twilio import FakeTwilio
from tests.fakes import LINE, PUBLIC, Recorder, StillClock, twilio_settings
from tests.serving import process, until
from tests.world import quick

ANA, BEN = "+12025550101", "+12025550102"
PAUSE = timedelta(seconds=Policy().burst_seconds)
sids = count(1)

WHOLE = [
    "hi i need some help with food and diapers size 3 for 4 people we're on oak st near the church",
    "we are a family of five and we need groceries and a ride to the clinic today, 14 Oak St apt 3",
    "our heat is out since friday and we need blankets for two adults and a boy at 20 Pine Street",
    "could someone please bring my mother her medicine she lives at 9 Elm Ave and can not walk",
    "necesito comida y leche para mis tres hijos, vivo en la calle 8 numero 12",
    "somos cuatro y nos hace falta agua y pañales para hoy, estamos en calle Pine 20",
    "mi mamá necesita que alguien la lleve al doctor mañana, avenida 5 numero 30",
]


class Line:
    """A hotline that answers once people have said all."""

    def __init__(self, url: str) -> None:
        self.clock, self.carrier = StillClock(), Recorder()
        self.hotline = Hotline(sandbox.settings(url), carrier=self.carrier, clock=self.clock)
        self.hotline.prepare()
        self.hotline.database.write(self._set).result()

    def _set(self, session: Session) -> None:
        line = lines.all_lines(session)[0]
        line.rules = {}
        session.add(line)
        session.add(Area(line_id=line.id, name="Oak Hill", aliases=["oak st", "20001"]))
        neighbors.add(session, line, Channel.SMS, BEN, self.clock.now(), name="Ben", helper=True)

    def say(self, words: str, by: str = ANA) -> None:
        self.hotline.receive(Heard(f"SM{next(sids):032x}", Channel.SMS, by, LINE, words)).result()

    def later(self, seconds: float) -> None:
        timelapse.pass_time(self.hotline, timedelta(seconds=seconds), self.hotline.sender.drain)

    def burst(self, texts: Sequence[str], by: str = ANA, apart: float = 3.5) -> None:
        """Somebody types these one after the other, and then nothing more."""
        for words in texts:
            self.say(words, by)
            self.later(apart)
        self.later(60)

    def requests(self) -> list[Request]:
        return self.hotline.database.read(lambda s: list(s.exec(select(Request).order_by(col(Request.id)))))

    def got(self, to: str = ANA) -> list[str]:
        """What reached a phone, by phrase."""
        query = select(Outbound).where(Outbound.to == to).order_by(col(Outbound.id))
        rows = self.hotline.database.read(lambda s: list(s.exec(query)))
        return [row.phrase for row in rows if row.state is State.DELIVERED]


@pytest.fixture
def line(database_url: str) -> Iterator[Line]:
    running = Line(database_url)
    yield running
    running.hotline.stop()


def what(request: Request) -> tuple[object, ...]:
    """What a request is about."""
    return sorted(request.needs), request.people, request.urgency, request.place, request.vicinity, request.area_id


def pieces(draw: st.DrawFn, whole: str) -> list[str]:
    """A text cut at some of its spaces, into texts that are no commands by themselves."""
    words = whole.split()
    cuts = sorted(draw(st.sets(st.integers(1, len(words) - 1), max_size=5)))
    cut = [" ".join(words[a:b]) for a, b in zip([0, *cuts], [*cuts, len(words)], strict=True)]
    free = all(isinstance(registry.understand(piece).intent, Free) for piece in cut)
    return cut if free else [whole]


@st.composite
def texts(draw: st.DrawFn) -> tuple[str, list[str]]:
    whole = draw(st.sampled_from(WHOLE))
    return whole, pieces(draw, whole)


@given(texts())
@settings(max_examples=60)
def test_any_split_is_read_as_the_whole(said: tuple[str, list[str]]) -> None:
    whole, cut = said
    one, several = needs.understand(whole), bursts.read("\n".join(cut))
    assert (several.kind, several.needs, several.people, several.urgency) == (
        one.kind,
        one.needs,
        one.people,
        one.urgency,
    )
    assert several.exact or several.place == one.place


@given(st.lists(texts(), min_size=6, max_size=6))
@settings(max_examples=5, phases=[Phase.generate])  # each example is a story: making a failing one smaller takes long
def test_any_split_makes_the_request_that_the_whole_text_makes(said: list[tuple[str, list[str]]]) -> None:
    with sandbox.databases() as databases, databases.fresh() as url:
        running = Line(url)
        for n, (whole, cut) in enumerate(said):
            running.burst([whole], by=f"+121255501{2 * n:02}")
            running.burst(cut, by=f"+121255501{2 * n + 1:02}")
        found = running.requests()
        assert len(found) == 2 * len(said)
        for n, (one, several) in enumerate(zip(found[::2], found[1::2], strict=True)):
            assert what(one)[:3] == what(several)[:3], said[n]
            assert several.place == one.place or said[n][1][-1] in (several.place or ""), said[n]
            for phone in (2 * n, 2 * n + 1):
                assert running.got(f"+121255501{phone:02}") in (["got_it"], ["got_it_nobody"]), said[n]
        running.hotline.stop()


THREE = [
    "(1/3) hello my name is Rosa. I live at 12 Oak St.",
    "(2/3) I need some gro",
    "(3/3) ceries for my 3 kids. Blue door",
]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_numbered_parts_in_any_order_are_the_text(order: tuple[int, ...], tmp_path: Path) -> None:
    parts = [THREE[n] for n in order]
    assert (
        together(parts)
        == "hello my name is Rosa. I live at 12 Oak St. I need some groceries for my 3 kids. Blue door"
    )
    with Databases(tmp_path).fresh() as url:
        running = Line(url)
        running.burst(parts, apart=0.5)
        (request,) = running.requests()
        assert (request.needs, request.people, request.place) == (["food"], 3, "12 Oak St")
        assert request.text == together(parts)
        assert running.got() == ["got_it"]
        running.hotline.stop()


@pytest.mark.parametrize(
    ("pieces_", "whole"),
    [
        (["2/2 and milk", "1/2 we need bread"], "we need bread and milk"),
        (["[2 of 2] and milk", "[1 of 2] we need bread"], "we need bread and milk"),
        (["y leche (2/2)", "necesitamos pan (1/2)"], "necesitamos pan y leche"),
        (["(2 de 2) ñales", "(1 de 2) necesitamos pa"], "necesitamos pañales"),
        (["1/2 gallon of milk please", "14 oak st"], "1/2 gallon of milk please 14 oak st"),
        (["need diapers size 3", "14 oak st"], "need diapers size 3, 14 oak st"),
        (["(3/2) odd", "(0/2) odder"], "(3/2) odd (0/2) odder"),
        (["tail end", "x" * 153], "x" * 153 + " tail end"),
        (["x" * 160, "tail end"], "x" * 160 + " tail end"),
        (["", "(1/1) bread", " "], "bread"),
    ],
)
def test_pieces_are_put_together(pieces_: list[str], whole: str) -> None:
    assert " ".join(together(pieces_).split()) == whole


@given(st.lists(st.text(max_size=200), max_size=20))
@settings(max_examples=100)
def test_nothing_that_was_said_is_lost(said: list[str]) -> None:
    assert len(in_order(said)) == len(said)
    kept = "".join(sorted("".join(together(said).split())))
    digits = "0123456789/()[] \t:ofde,"
    wanted = "".join(sorted("".join("".join(said).split())))
    assert [c for c in kept if c.lower() not in digits] == [c for c in wanted if c.lower() not in digits]


@pytest.mark.parametrize("text", ["(1/2) " * 270, "1/2 " * 400, "(" * 1600, "[1 of " * 266, " " * 1600, "a\n" * 800])
def test_no_text_takes_long_to_put_together(text: str) -> None:
    began = time.process_time()
    together([text, text])
    together(text.split("\n"))
    assert time.process_time() - began < 0.5


def test_the_answer_waits_for_eight_seconds_and_not_longer(line: Line) -> None:
    line.say("need groceries for 2, 14 Oak St")
    line.later(7.9)
    assert line.got() == line.got(BEN) == []
    line.later(0.2)
    assert line.got() == ["got_it"]
    assert line.got(BEN) == ["offer"]


def test_whoever_goes_on_and_on_is_answered_in_between(line: Line) -> None:
    line.say("need groceries at 14 Oak St")
    for n in range(30):
        line.later(4)
        line.say(f"and {'abcdefghijklmnopqrstuvwxyzabcd'[n] * 6} too")
    assert line.got()[0] == "got_it"
    assert 3 <= len(line.got()) <= 6
    assert len(line.requests()) == 1


def test_commands_and_danger_do_not_wait(line: Line) -> None:
    line.say("need groceries for 2, 14 Oak St")
    for words, phrase in (("STATUS", "status_draft"), ("HELP", "help")):
        line.later(1)
        line.say(words)
        line.hotline.sender.drain()
        assert line.got()[-1] == phrase
    line.later(1)
    line.say("my husband is not breathing")
    line.hotline.sender.drain()
    assert line.got()[-1] == "emergency"


def test_a_request_taken_back_within_the_burst_asks_nobody(line: Line) -> None:
    line.burst(["need groceries for 2, 14 Oak St", "NEVERMIND"])
    assert line.got() == ["withdrawn"]
    assert line.got(BEN) == []


def test_with_no_pause_the_answer_comes_in_the_same_transaction(line: Line) -> None:
    def at_once(session: Session) -> None:
        own = lines.all_lines(session)[0]
        own.rules = {"burst_seconds": 0}
        session.add(own)

    line.hotline.database.write(at_once).result()
    line.say("need groceries for 2, 14 Oak St")
    line.hotline.sender.drain()
    assert line.got() == ["got_it"]
    assert line.got(BEN) == ["offer"]


def test_a_played_line_waits_a_second_and_one_that_goes_live_no_longer(database_url: str) -> None:
    played = Hotline(sandbox.settings(database_url), carrier=Recorder(), clock=StillClock())
    played.prepare()
    assert played.database.read(lambda s: lines.all_lines(s)[0].policy.burst_seconds) == 1
    played.stop()
    live = Hotline(twilio_settings(database_url, hotline_burst_seconds=None), clock=StillClock())
    live.prepare()
    assert live.database.read(lambda s: lines.all_lines(s)[0].policy.burst_seconds) == 8
    live.stop()


def test_two_processes_that_look_at_once_answer_once(line: Line) -> None:
    line.later(0)  # what comes round by the clock comes round now, not then
    line.say("need groceries for 2, 14 Oak St")
    line.clock.advance(PAUSE)
    now = line.clock.now()
    acted = [line.hotline.database.write(lambda s: tick.tick(s, now)) for _ in range(4)]
    assert sum(each.result() for each in acted) == 1
    line.hotline.sender.drain()
    assert line.got() == ["got_it"]


def test_a_text_that_comes_when_the_answer_is_given_is_a_text_of_its_own(line: Line) -> None:
    line.say("need groceries for 2, 14 Oak St")
    line.later(PAUSE.total_seconds())
    line.burst(["and diapers"])
    assert line.got() == ["got_it", "added_or_new"]


def test_a_fault_of_ours_is_told_to_who_wrote_and_to_duty(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ValueError("broken")

    monkeypatch.setattr("handlers.needs.intake.put_out", broken)
    line.burst(["need groceries for 2, 14 Oak St"])
    assert line.got() == ["our_fault"]
    monkeypatch.undo()
    line.later(3700)
    assert line.got() == ["our_fault", "got_it"]


def test_killed_before_the_end_of_a_burst_the_answer_still_goes_out_once(database_url: str, tmp_path: Path) -> None:
    """Nothing of a burst is in memory: whoever runs next answers it, and of several one."""
    with FakeTwilio(post=to_the_process) as twilio:
        settings_ = twilio_settings(
            database_url, hotline_burst_seconds=2, twilio_api_url=twilio.url, hotline_spool=tmp_path / "spool"
        )
        before = Hotline(settings_)
        before.prepare()
        before.database.write(quick).result()
        before.stop()

        def answers() -> list[str]:
            return [text.body for text in twilio.sent if text.to == ANA]

        with process(settings_, tmp_path) as web:
            WHERE[:] = [web.url]
            assert [twilio.text(ANA, words) for words in ("hello", "need groceries", "for 2, 14 Oak St")] == [200] * 3
            web.popen.kill()
            web.popen.wait()
        assert not any("Got it" in body for body in answers())
        with ExitStack() as stack:
            for _ in range(1 if settings_.database_file else 2):
                WHERE[:] = [stack.enter_context(process(settings_, tmp_path)).url]
            until(lambda: any("Got it" in body for body in answers()))
            time.sleep(1.5)
        assert sum("Got it: Groceries for 2, 14 Oak St" in body for body in answers()) == 1
        assert not any("Where are you" in body for body in answers())


WHERE: list[str] = []


def to_the_process(url: str, body: bytes, headers: dict[str, str]) -> int:
    """Post a webhook to whichever process runs last."""
    try:
        return httpx.post(url.replace(PUBLIC, WHERE[0]), content=body, headers=headers, timeout=15).status_code
    except httpx.HTTPError:
        return 0
