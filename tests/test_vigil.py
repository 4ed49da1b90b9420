"""Alarms wait until somebody has heard them: whatever happens, each has a next moment, was heard, or has ended."""

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import ClassVar

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlmodel import col, select

from app.hotline import Hotline
from app.outbound import outbox
from app.web import snapshot
from app.web.diagnosis import danger
from handlers.rules.figures import reading as figures
from models import lines, people, requests
from models.alarms import Alarm
from models.delivery.outbound import Outbound, State
from models.inbound import Heard
from models.lines import Channel
from models.people import Person
from models.requests import Request
from models.store.session import Session
from tests import fakes, neighbors
from tests.fakes import LINE, MORNING, WHATSAPP, Recorder, StillClock
from tests.serving import until

ANA, EVA, BEN, CARO, DEE, GUS = (f"+1202555010{n}" for n in (1, 5, 2, 3, 4, 7))
HELPERS = {"Ben": BEN, "Caro": CARO}
sids = count(1)


def crew(session: Session) -> None:
    line = lines.all_lines(session)[0]
    for name, number in (*HELPERS.items(), ("Dee", DEE), ("Gus", GUS)):
        neighbors.add(
            session, line, Channel.SMS, number, MORNING, name=name, helper=True, duty=name == "Dee", language="en"
        )


@pytest.fixture
def watched(hotline: Hotline) -> Hotline:
    """A hotline with Dee on duty, and three others who help."""
    hotline.database.write(crew).result()
    return hotline


def say(hotline: Hotline, sender: str, words: str, *, channel: Channel = Channel.SMS) -> None:
    to = LINE if channel is Channel.SMS else WHATSAPP
    hotline.receive(Heard(f"SM{next(sids):032x}", channel, sender, to, words)).result()


def later(hotline: Hotline, **time: float) -> None:
    hotline.clock.advance(timedelta(**time))
    hotline.tick()
    hotline.sender.drain()


def texts(hotline: Hotline, to: str, phrase: str = "") -> list[Outbound]:
    query = select(Outbound).where(Outbound.to == to, col(Outbound.phrase).startswith(phrase))
    return hotline.database.read(lambda s: list(s.exec(query.order_by(col(Outbound.id)))))


def alarms(hotline: Hotline) -> list[Alarm]:
    return hotline.database.read(lambda s: list(s.exec(select(Alarm).order_by(col(Alarm.id)))))


def test_a_restart_forgets_no_alarm(watched: Hotline, database_url: str) -> None:
    say(watched, ANA, "my father is not breathing")
    again = Hotline(fakes.settings(database_url), carrier=watched.carrier, clock=watched.clock)
    later(again, minutes=3)
    assert [row.phrase for row in texts(again, DEE)] == ["duty_emergency", "duty_emergency_still"]
    again.stop()


def test_two_that_let_time_act_at_once_say_it_once(watched: Hotline, database_url: str) -> None:
    say(watched, ANA, "my father is not breathing")
    watched.clock.advance(timedelta(minutes=3))
    other = Hotline(fakes.settings(database_url), carrier=watched.carrier, clock=watched.clock)
    watched.tick()
    other.tick()
    assert len(texts(watched, DEE, "duty_emergency_still")) == 1
    other.stop()


def test_a_running_hotline_repeats_an_alarm_though_no_request_is_due(watched: Hotline) -> None:
    say(watched, ANA, "my father is not breathing")
    watched.tick()
    watched.clock.advance(timedelta(minutes=3))
    due = watched.database.read(requests.next_due)
    assert due is None or due > watched.clock.now()
    watched.start()
    until(lambda: bool(texts(watched, DEE, "duty_emergency_still")), seconds=20)


@pytest.mark.parametrize(
    "words", ["@1 I am here", "ON IT 1", "CLOSE 1 all well", "FALSE ALARM 1", "I am calling you"]
)
def test_any_word_of_duty_is_an_answer(watched: Hotline, words: str) -> None:
    say(watched, ANA, "my father is not breathing")
    watched.clock.advance(timedelta(seconds=30))
    say(watched, DEE, words)
    (alarm,) = alarms(watched)
    assert not alarm.unheard
    later(watched, minutes=5)
    assert texts(watched, DEE, "duty_emergency_still") == []


def test_health_is_degraded_while_nobody_has_answered(watched: Hotline) -> None:
    def findings() -> list[str]:
        now = watched.clock.now()
        figures_ = watched.database.read(lambda session: snapshot.read(session, now))
        return [finding.what for finding in danger(figures_, now)]

    assert findings() == []
    say(watched, ANA, "my father is not breathing")
    watched.clock.advance(timedelta(minutes=4))
    (found,) = findings()
    assert "nobody has answered 1 alarm, the oldest for 4 minutes" in found
    say(watched, DEE, "ON IT 1")
    assert findings() == []


def test_who_is_written_to_in_silence_gets_nothing_at_all(watched: Hotline) -> None:
    say(watched, ANA, "I need groceries for two, 14 Oak St")
    say(watched, ANA, "my husband hits me")
    watched.sender.drain()
    before = len(texts(watched, ANA))
    say(watched, ANA, "please dont text me back")
    say(watched, BEN, "CLAIM 1")
    for _ in range(20):
        later(watched, minutes=15)
    assert len([row for row in texts(watched, ANA) if row.state is State.DELIVERED]) == before
    say(watched, ANA, "he left")
    watched.sender.drain()
    assert len(texts(watched, ANA)) > before


def test_an_alarm_that_whatsapp_no_longer_takes_goes_by_sms_and_the_other_way_round(watched: Hotline) -> None:
    def work(session: Session) -> None:
        line = lines.all_lines(session)[0]
        line.whatsapp = WHATSAPP
        session.add(line)
        people.get_or_create(session, line, Channel.WHATSAPP, DEE, MORNING, last_heard_at=MORNING)

    watched.database.write(work).result()
    say(watched, ANA, "my father is not breathing")
    watched.clock.advance(timedelta(seconds=1))

    def fail(session: Session) -> None:
        row = session.exec(select(Outbound).where(Outbound.phrase == "duty_emergency")).one()
        outbox.report_failure(session, row, watched.clock.now())

    watched.database.write(fail).result()
    channels = [row.channel for row in texts(watched, DEE, "duty_emergency")]
    assert sorted(channels) == [Channel.SMS, Channel.WHATSAPP]


def test_where_no_way_leads_to_who_is_on_duty_others_are_asked_at_once(watched: Hotline) -> None:
    say(watched, ANA, "my father is not breathing")

    def fail(session: Session) -> None:
        row = session.exec(select(Outbound).where(Outbound.phrase == "duty_emergency")).one()
        outbox.report_failure(session, row, watched.clock.now())

    watched.database.write(fail).result()
    assert [len(texts(watched, number, "watch_call")) for number in (BEN, CARO, GUS)] == [1, 1, 1]


def test_the_call_says_nothing_of_what_it_is_about(watched: Hotline) -> None:
    say(watched, DEE, "DUTY OFF")
    say(watched, ANA, "my father is not breathing at 14 Oak St")
    (called,) = texts(watched, BEN, "watch_call")
    assert "14" not in called.body
    assert "breath" not in called.body
    assert called.segments == 1


def test_an_hour_has_so_many_calls_whatever_the_alarms(watched: Hotline) -> None:
    def more(session: Session) -> None:
        line = lines.all_lines(session)[0]
        for n in range(60):
            neighbors.add(session, line, Channel.SMS, f"+1212555{n:04}", MORNING, name="Nel", helper=True)

    watched.database.write(more).result()
    say(watched, DEE, "DUTY OFF")
    for n in range(8):
        say(watched, f"+1312555{n:04}", "my father is not breathing")
        later(watched, minutes=6)
    query = select(Outbound).where(Outbound.phrase == "watch_call")
    rows = watched.database.read(lambda s: list(s.exec(query)))
    assert 20 <= len(rows) <= 30


def test_a_lines_own_numbers_are_told(watched: Hotline) -> None:
    def work(session: Session) -> None:
        line = lines.all_lines(session)[0]
        line.country, line.emergency_number = "ES", "112"
        line.rules = {"danger_numbers": figures.danger_numbers("self_harm=024,poison=915 620 420")}
        session.add(line)

    watched.database.write(work).result()
    say(watched, ANA, "i want to die")
    say(watched, EVA, "my son drank bleach")
    assert "112" in texts(watched, ANA)[0].body
    assert "024" in texts(watched, ANA)[0].body
    assert "915 620 420" in texts(watched, EVA)[0].body


@pytest.mark.parametrize("said", ["self_harm", "nonsense=988", "self_harm=call me", "", "self_harm=988,,"])
def test_what_is_no_number_for_a_danger_is_refused(said: str) -> None:
    if said:
        with pytest.raises(ValueError, match="self_harm=988"):
            figures.danger_numbers(said)
    else:
        assert figures.danger_numbers(said) == []


SAYS = {
    ANA: "my father is not breathing|im ok now|where are you|14 Oak St|NEVERMIND|STATUS|STOP|START|dont text back|"
    "DONE|my husband hits me|out of insulin|i want to die|need groceries, Oak St",
    EVA: "mi mama no respira|ya estoy bien|se acabó la insulina|no contesten|ya no|falsa alarma",
    DEE: "ON IT|ON IT 1|ON IT 2|@1 hello|@2 hello|CLOSE 1 ok|FALSE ALARM 1|FALSE ALARM 2|OPEN 1|OPEN 2|HOLD 1|QUEUE|"
    "ASSIGN 1 Ben|DUTY OFF|DUTY ON|on my way",
    BEN: "CLAIM 1|CLAIM 2|DUTY ON|DUTY OFF|WAKE ON|on it|DONE 1|DROP 1|@1 I can't breathe",
}


class Vigil(RuleBasedStateMachine):
    """Anybody says anything, and time passes."""

    url: ClassVar[Callable[[], str]]

    def __init__(self) -> None:
        super().__init__()
        settings = fakes.settings(type(self).url())
        self.hotline = Hotline(settings, carrier=Recorder(), clock=StillClock())
        self.hotline.prepare()
        self.hotline.database.write(crew).result()

    def teardown(self) -> None:
        self.hotline.stop()

    @rule(said=st.sampled_from([(who, words) for who, said in SAYS.items() for words in said.split("|")]))
    def say(self, said: tuple[str, str]) -> None:
        self.hotline.clock.advance(timedelta(seconds=20))
        say(self.hotline, *said)

    @rule(minutes=st.sampled_from([1, 3, 5, 11, 60, 600]))
    def wait(self, minutes: int) -> None:
        later(self.hotline, minutes=minutes)

    @invariant()
    def every_alarm_has_a_next_moment_or_was_heard_or_has_ended(self) -> None:
        now = self.hotline.clock.now()

        def look(session: Session) -> None:
            for alarm in session.exec(select(Alarm)):
                request = session.get_one(Request, alarm.request_id)
                assert alarm.next_at is not None or not alarm.unheard, request.state
                assert alarm.next_at is None or alarm.next_at <= now + timedelta(hours=4)
                assert alarm.ended_at is None or alarm.next_at is None
                assert request.live or alarm.ended_at is not None
            for row in session.exec(select(Outbound).where(col(Outbound.created_at) == now)):
                person = session.get_one(Person, row.person_id)
                assert person.silent_since is None or row.phrase == "from_duty" or row.state is State.CANCELLED

        self.hotline.database.read(look)


def test_no_alarm_is_ever_forgotten(blank_url: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    if blank_url.startswith("postgresql"):
        pytest.skip("one of both is enough for stories; the other tests run on both")
    made = count()

    def url() -> str:
        return f"sqlite:///{tmp_path_factory.mktemp('vigil')}/{next(made)}.db"

    class Story(Vigil):
        pass

    Story.url = staticmethod(url)
    steps = hypothesis_settings(max_examples=15, stateful_step_count=25, deadline=None)
    run_state_machine_as_test(Story, settings=steps)
