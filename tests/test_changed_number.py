"""A changed number: what follows to the new phone, what of the old one goes, and who cannot take over whom."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

import pytest
from sqlmodel import col, select

from app.hotline import Hotline
from models import board_sessions, former, kept_apart, lines, people, person_events
from models.delivery.outbound import Outbound, State
from models.inbound import Heard
from models.lines import Channel, Line
from models.number_changes import NumberChange, Step
from models.people import Address, Person
from models.requests import Request
from models.store.session import Session
from tests import neighbors
from tests.fakes import LINE, WHATSAPP, StillClock

T = TypeVar("T")
ANA, BEN, DEE, NEW, MAL = (f"+120255501{n:02}" for n in (1, 2, 4, 11, 20))
HIDDEN, OLD_ID = "US.13491208655302741918", "US.99991208655302741918"
DAY = timedelta(days=1)


class Town:
    """Phones around a hotline."""

    def __init__(self, hotline: Hotline) -> None:
        self.hotline = hotline
        self.sent = 0
        assert isinstance(hotline.clock, StillClock)
        self.clock = hotline.clock

        def settle(session: Session) -> None:
            line = self.line(session)
            line.rules = {**line.rules, "reply_limit": 0}
            session.add(line)
            now = self.clock.now()
            neighbors.add(session, line, Channel.SMS, BEN, now, name="Ben", helper=True)
            neighbors.add(session, line, Channel.SMS, DEE, now, name="Dee", duty=True)

        self.do(settle)

    @staticmethod
    def line(session: Session) -> Line:
        return lines.all_lines(session)[0]

    def do(self, work: Callable[[Session], T]) -> T:
        return self.hotline.database.write(work).result()

    def say(self, number: str, words: str, *, hidden: str | None = None) -> None:
        """Somebody texts, and what follows leaves."""
        self.sent += 1
        channel = Channel.WHATSAPP if hidden else Channel.SMS
        to = WHATSAPP if hidden else LINE
        heard = Heard(f"SM{self.sent:032x}", channel, number, to, words, hidden_id=hidden)
        self.hotline.receive(heard).result()
        self.hotline.sender.drain()
        self.clock.advance(timedelta(seconds=20))

    def later(self, by: timedelta) -> None:
        """Time passes, and acts."""
        self.clock.advance(by)
        self.hotline.tick()
        self.hotline.sender.drain()

    def at(self, number: str) -> Person | None:
        def look(session: Session) -> Person | None:
            found = session.exec(select(Address).where(Address.value == number)).first()
            return session.get_one(Person, found.person_id) if found else None

        return self.do(look)

    def who(self, number: str) -> int:
        person = self.at(number)
        assert person is not None
        return person.id

    def told(self, number: str) -> list[str]:
        """The phrases that went to a number."""
        return [text.phrase for text in self.sent_to(number)]

    def code(self, number: str) -> str:
        """The code that a phone was shown last."""
        shown = [found[1] for text in self.sent_to(number) if (found := re.search(r"CODE (\d{6})", text.body))]
        return shown[-1]

    def sent_to(self, number: str) -> list[Outbound]:
        sent = select(Outbound).where(Outbound.to == number).order_by(col(Outbound.id))
        return self.do(lambda s: list(s.exec(sent)))

    def move(self, old: str, new: str) -> None:
        """The old phone shows a code, and the new one sends it."""
        self.say(old, "NEW NUMBER")
        self.say(new, f"CODE {self.code(old)}")

    def lost(self, new: str, words: str) -> int:
        """A new phone says that the old one is gone; the number of its talk with duty."""
        self.say(new, words)
        self.say(new, "1")
        return max(self.do(lambda s: [r.number for r in s.exec(select(Request))]))


@pytest.fixture
def town(hotline: Hotline) -> Town:
    return Town(hotline)


def test_requests_whom_they_vouched_for_and_the_board_follow(town: Town) -> None:
    ben = town.who(BEN)

    def before(session: Session) -> str:
        newcomer = neighbors.add(session, town.line(session), Channel.SMS, MAL, town.clock.now(), helper=True)
        newcomer.vouched_by_person_id = ben
        session.add(newcomer)
        return board_sessions.ask(session, 1, ben, town.clock.now())

    town.do(before)
    town.say(BEN, "I need a ride to the clinic, 12 Elm St")
    town.move(BEN, NEW)
    assert (town.who(NEW), town.at(BEN)) == (ben, None)
    assert [r.person_id for r in town.do(lambda s: s.exec(select(Request)))] == [ben]
    assert town.do(lambda s: people.vouched_by(s, 1, ben)) != []
    assert town.do(lambda s: board_sessions.end_all(s, ben, town.clock.now())) == 0
    kinds = town.do(lambda s: [e.kind for e in s.exec(select(person_events.PersonEvent))])
    assert {person_events.NEW_NUMBER, person_events.MERGED} <= set(kinds)
    assert town.told(DEE)[-1] == "duty_moved"
    assert town.do(lambda s: [p.id for p in former.of_number(s, town.line(s), BEN)]) == []  # they have an address
    assert town.do(lambda s: s.get_one(Person, ben).former) != []


def test_pairs_that_are_kept_apart_follow(town: Town) -> None:
    town.say(ANA, "need groceries for 2 near Oak St")
    ana, ben = town.who(ANA), town.who(BEN)
    town.do(lambda s: kept_apart.keep(s, 1, ana, ben, town.clock.now()))
    town.move(ANA, NEW)
    town.move(BEN, MAL)
    assert town.do(lambda s: kept_apart.of(s, ana)) == {ben}
    assert (town.who(NEW), town.who(MAL)) == (ana, ben)


def test_a_ban_follows_whoever_says_they_are_the_same(town: Town) -> None:
    ben = town.who(BEN)

    def ban(session: Session) -> None:
        person = session.get_one(Person, ben)
        person.banned_at = town.clock.now()
        session.add(person)

    number = town.lost(NEW, "this is ben with a new phone")
    town.do(ban)
    town.say(DEE, f"SAME {number} Ben")
    assert town.told(DEE)[-1] == "same_nobody"  # who is out has no name to be called by
    town.do(lambda s: _same(s, town, NEW, ben))
    town.later(timedelta(hours=13))
    new = town.at(NEW)
    assert new is not None
    assert (new.id, new.banned_at is not None, town.who(BEN)) == (ben, True, ben)  # the old number stays banned, too


def _same(session: Session, town: Town, new: str, old: int) -> None:
    """As SAME does of who is no volunteer any more, and can be named by no name."""
    address = session.exec(select(Address).where(Address.value == new)).first()
    assert address is not None
    change = session.exec(select(NumberChange).where(NumberChange.person_id == address.person_id)).first()
    assert change is not None
    change.step, change.other_person_id, change.by_person_id = Step.OBJECTION, old, 2
    change.next_at = town.clock.now() + timedelta(hours=12)
    session.add(change)


def test_who_asks_and_who_has_it_cannot_become_one(town: Town) -> None:
    town.say(NEW, "need groceries for 2 near Oak St")
    town.say(BEN, "CLAIM 1")
    town.say(BEN, "NEW NUMBER")
    town.say(NEW, f"CODE {town.code(BEN)}")
    town.say(NEW, "1")
    assert town.who(NEW) != town.who(BEN)
    assert town.told(NEW)[-1] == "number_hindered"
    assert "duty_hindered" in town.told(DEE)


def test_two_phones_with_something_to_lose_are_both_kept(town: Town) -> None:
    town.say(NEW, "need groceries for 2 near Oak St")
    town.say(BEN, "NEW NUMBER")
    town.say(NEW, f"CODE {town.code(BEN)}")
    assert town.told(NEW)[-1] == "code_confirm"
    town.say(NEW, "1")
    assert town.who(NEW) == town.who(BEN)
    assert town.told(NEW)[-1] == "moved_both"


def test_a_code_is_too_old_after_a_day(town: Town) -> None:
    town.say(BEN, "NEW NUMBER")
    code = town.code(BEN)
    town.later(DAY)
    town.say(NEW, f"CODE {code}")
    assert (town.told(NEW)[-1], town.who(NEW) == town.who(BEN)) == ("code_unknown", False)


def test_a_second_code_takes_the_place_of_the_first(town: Town) -> None:
    town.say(BEN, "NEW NUMBER")
    first = town.code(BEN)
    town.say(BEN, "NEW NUMBER")
    town.say(NEW, f"CODE {first}")
    assert town.told(NEW)[-1] == "code_unknown"


def test_nobody_guesses_a_code_however_many_phones_try(town: Town) -> None:
    town.say(BEN, "NEW NUMBER")
    code = town.code(BEN)
    for phone in range(30, 40):
        for n in range(4):
            town.say(f"+120255501{phone}", f"CODE {100_000 + (int(code) + phone * 10 + n) % 900_000}")
    town.say(NEW, f"CODE {code}")
    assert town.told(NEW)[-1] == "code_enough"
    assert town.who(NEW) != town.who(BEN)
    town.later(timedelta(hours=1))
    town.say(NEW, f"CODE {code}")
    assert (town.at(BEN), town.told(NEW)[-1]) == (None, "moved_here")


def test_what_hides_the_old_number_goes_with_it(town: Town) -> None:
    town.say(ANA, "need groceries for 2 near Oak St", hidden=OLD_ID)
    ana = town.who(ANA)
    town.say(ANA, "NEW NUMBER", hidden=OLD_ID)
    town.say(NEW, f"CODE {town.code(ANA)}", hidden=HIDDEN)
    assert (town.who(NEW), town.who(HIDDEN)) == (ana, ana)
    assert (town.at(ANA), town.at(OLD_ID)) == (None, None)


def test_what_waits_for_the_old_phone_goes_to_the_new_one(town: Town) -> None:
    ben, now = town.who(BEN), town.clock.now()

    def waiting(session: Session) -> None:
        session.create(
            Outbound, line_id=1, person_id=ben, key="waits", phrase="offer", channel=Channel.SMS, from_number=LINE,
            to=BEN, body="later", segments=1, lane=3, rank=now, state=State.HELD, not_before=now + DAY,
            created_at=now, changed_at=now,
        )  # fmt: skip

    town.do(waiting)
    town.move(BEN, NEW)
    assert town.do(lambda s: [t.to for t in s.exec(select(Outbound).where(Outbound.key == "waits"))]) == [NEW]


def test_duty_cannot_say_so_unless_somebody_asked(town: Town) -> None:
    town.say(ANA, "need groceries for 2 near Oak St")
    town.say(MAL, "need a ride to the clinic, 12 Elm St")
    town.say(DEE, "SAME 2 1")
    assert town.told(DEE)[-1] == "same_unknown"
    town.later(DAY)
    assert town.who(MAL) != town.who(ANA)


def test_who_is_silent_on_the_old_phone_is_moved_only_after_the_time_to_object(town: Town) -> None:
    number = town.lost(NEW, "this is ben with a new phone")
    town.say(DEE, f"SAME {number} Ben")
    town.later(timedelta(hours=11))
    assert town.who(NEW) != town.who(BEN)
    town.later(timedelta(hours=2))
    assert town.at(BEN) is None
    assert "moved_here" in town.told(NEW)
    talk = town.do(lambda s: s.exec(select(Request)).first())
    assert talk is not None
    assert talk.outcome is not None
