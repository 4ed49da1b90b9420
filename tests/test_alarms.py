"""Alarms: five of a danger go one by one, then one a minute; a segment each; counted by person, whatever restarts."""

from datetime import timedelta
from itertools import count, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import col, select

from app.hotline import Hotline
from handlers import phrasebook
from handlers.safety.alarms import FIRST
from handlers.wording import segments
from handlers.wording.summary import Quoted, Said
from models import lines
from models.delivery.outbound import Outbound, State
from models.inbound import Heard
from models.lines import Channel
from models.store.session import Session
from tests import neighbors
from tests.fakes import LINE, MORNING, settings

ANA, BEN, EVA, DEE, GUS = (f"+1202555010{n}" for n in (1, 2, 5, 4, 7))
sids = count(1)


def say(hotline: Hotline, sender: str, words: str, *, after: float = 0) -> None:
    hotline.clock.advance(timedelta(seconds=after))
    hotline.receive(Heard(f"SM{next(sids):032x}", Channel.SMS, sender, LINE, words)).result()


@pytest.fixture
def watched(hotline: Hotline) -> Hotline:
    """A hotline with two people on duty."""

    def work(session: Session) -> None:
        line = lines.all_lines(session)[0]
        for number, name in ((DEE, "Dee"), (GUS, "Gus")):
            neighbors.add(session, line, Channel.SMS, number, MORNING, name=name, duty=True, language="en")

    hotline.database.write(work).result()
    return hotline


def alarms(hotline: Hotline, to: str = DEE) -> list[Outbound]:
    query = select(Outbound).where(Outbound.to == to, col(Outbound.phrase).startswith("duty_emergency"))
    return hotline.database.read(lambda s: list(s.exec(query.order_by(col(Outbound.id)))))


def test_later_texts_of_one_person_are_one_alarm_a_minute(watched: Hotline) -> None:
    for n in range(26):
        say(watched, ANA, f"not breathing {n}", after=5)
        watched.sender.drain()
    watched.clock.advance(timedelta(minutes=2))
    watched.sender.drain()
    for duty in (DEE, GUS):
        rows = alarms(watched, duty)
        left = [row.not_before or row.created_at for row in rows]
        assert len(rows) == FIRST + 2
        assert {row.state for row in rows} == {State.DELIVERED}
        said = " ".join(row.body for row in rows)
        assert [n for n in range(FIRST) if f'"not breathing {n}"' not in said] == []
        assert ["11 more" in rows[-2].body, "10 more" in rows[-1].body] == [True, True]
        assert left == sorted(left)
    leased = [row.changed_at for row in alarms(watched)]
    assert all(b - a >= timedelta(seconds=55) for a, b in pairwise(leased[FIRST - 1 :]))


def test_a_danger_taken_back_and_named_anew_is_the_same(watched: Hotline) -> None:
    for n in range(1, 13):
        say(watched, ANA, "my father is not breathing", after=3)
        say(watched, ANA, f"NEVERMIND {n}", after=1)
    watched.clock.advance(timedelta(minutes=1))
    watched.sender.drain()
    assert len(alarms(watched)) == FIRST + 1


def test_another_person_is_not_merged_and_not_delayed(watched: Hotline) -> None:
    for n in range(8):
        say(watched, ANA, f"not breathing {n}", after=1)
    say(watched, EVA, "my son is not breathing", after=1)
    watched.sender.drain()
    assert alarms(watched)[-1].state is State.DELIVERED
    assert "my son is not breathing" in alarms(watched)[-1].body


def test_after_a_quiet_minute_the_next_goes_at_once_and_after_an_hour_all_begins_anew(watched: Hotline) -> None:
    for n in range(7):
        say(watched, ANA, f"not breathing {n}", after=1)
    before = len(alarms(watched))
    say(watched, ANA, "not breathing again", after=180)
    assert (len(alarms(watched)), alarms(watched)[-1].not_before) == (before + 1, None)
    watched.clock.advance(timedelta(hours=1, minutes=1))
    for n in range(FIRST):
        say(watched, ANA, f"not breathing anew {n}", after=1)
    assert len(alarms(watched)) == before + 1 + FIRST


def test_what_waits_to_be_told_survives_a_restart(watched: Hotline, database_url: str) -> None:
    for n in range(7):
        say(watched, ANA, f"not breathing {n}", after=1)
    again = Hotline(settings(database_url), carrier=watched.carrier, clock=watched.clock)
    say(again, ANA, "not breathing 7", after=1)
    again.clock.advance(timedelta(minutes=1))
    again.sender.drain()
    assert '3 more: "not breathing 7 / not breathing 6 / not breathing 5"' in alarms(watched)[-1].body
    again.stop()


def test_words_that_come_while_the_alarm_leaves_have_an_alarm_of_their_own(watched: Hotline) -> None:
    for n in range(6):
        say(watched, ANA, f"not breathing {n}", after=1)

    def leave(session: Session) -> None:
        for row in session.exec(select(Outbound).where(Outbound.phrase == "duty_emergency_again")):
            row.state = State.LEASED
            row.leased_until = watched.clock.now() + timedelta(minutes=5)
            session.add(row)

    watched.database.write(leave).result()
    say(watched, ANA, "not breathing 6", after=1)
    rows = alarms(watched)[-2:]
    assert ["not breathing 6" in row.body for row in rows] == [False, True]
    assert [row.state for row in rows] == [State.LEASED, State.READY]
    assert len(alarms(watched)) == FIRST + 2


def test_whoever_stands_in_danger_on_somebody_elses_errand_is_counted_too(watched: Hotline) -> None:
    def work(session: Session) -> None:
        line = lines.all_lines(session)[0]
        neighbors.add(session, line, Channel.SMS, BEN, MORNING, name="Ben", helper=True, language="en")

    watched.database.write(work).result()
    say(watched, EVA, "I need groceries for two, 14 Oak St")
    say(watched, BEN, "CLAIM 1", after=5)
    for n in range(20):
        say(watched, BEN, f"@1 I can't breathe, chest pain {n}", after=1)
    watched.clock.advance(timedelta(minutes=1))
    watched.sender.drain()
    assert len(alarms(watched)) == FIRST + 1


def test_duty_gets_one_text_of_what_is_said_and_not_two(watched: Hotline) -> None:
    say(watched, ANA, "my father is not breathing")
    say(watched, ANA, "he is still not breathing", after=5)
    query = select(Outbound.phrase).where(Outbound.to == DEE)
    assert watched.database.read(lambda s: list(s.exec(query))) == ["duty_emergency"] * 2


def test_twenty_long_texts_cost_a_segment_an_alarm(watched: Hotline) -> None:
    """They were 984 segments."""
    for n in range(20):
        say(watched, ANA, f"my father is not breathing {n} {'please come, he is on the floor 🚑 ' * 50}"[:1600])
    rows = [row for duty in (DEE, GUS) for row in alarms(watched, duty)]
    print(f"\n20 long texts of danger: {sum(row.segments for row in rows)} segments of alarms")  # noqa: T201
    assert {row.segments for row in rows} == {1}
    assert len(rows) == 2 * (FIRST + 1)


# One segment, whatever the words.

CUT = ("duty_emergency_cut", "duty_emergency_again")


@given(st.text(max_size=400), st.text(alphabet="абвΩ中ع🚑é ", max_size=40), st.integers(1, 99_999))
def test_whatever_is_said_an_alarm_is_one_segment(words: str, place: str, number: int) -> None:
    for language in phrasebook.languages():
        for phrase in CUT:
            book = phrasebook.book(language)

            def say_(some: str, phrase: str = phrase, book: phrasebook.Book = book) -> str:
                where = Said("duty_where", {"place": Quoted(place[:12])})
                return book.say(phrase, {"number": number, "where": where, "words": Quoted(some), "n": 3})

            assert segments.count(segments.in_one(say_, " ".join(segments.plainly(words).split()))) == 1


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("hilfe, er fällt 😱😱 um", "hilfe, er fällt um"),
        ("Mi mamá no respira… “ya”", 'Mi mama no respira... "ya"'),
        ("Čekám, pomoc", "Cekam, pomoc"),
        ("он не дышит 🚑", "он не дышит"),
        ("वह साँस नहीं ले रहा", "वह साँस नहीं ले रहा"),
        ("𝐇𝐞𝐥𝐩 ❤️ me", "Help me"),
        ("🚑", ""),
    ],
)
def test_what_is_dear_and_says_little_is_left_out(words: str, kept: str) -> None:
    assert segments.plainly(words).strip() == kept


def test_in_other_scripts_a_segment_still_holds_words() -> None:
    book = phrasebook.book("en")
    words = "мой муж не дышит, приезжайте скорее, мы на улице Оук 14, дверь открыта, третий этаж"
    cut = segments.in_one(lambda some: book.say(CUT[0], {"number": 42, "where": None, "words": Quoted(some)}), words)
    assert segments.count(cut) == 1
    assert "мой муж не" in cut
    assert "@42" in cut
