"""A changed number, as somebody would use it who wants to be somebody else, or while other things happen."""

from datetime import timedelta

import pytest
from sqlmodel import select

from app.hotline import Hotline
from models import joining, kept_apart
from models.delivery.outbound import Outbound, State
from models.lines import Channel
from models.number_changes import NumberChange, Step
from models.people import Person
from models.requests import Request
from models.store.session import Session
from tests.fakes import WHATSAPP
from tests.test_changed_number import ANA, BEN, DEE, MAL, NEW, Town


@pytest.fixture
def town(hotline: Hotline) -> Town:
    return Town(hotline)


def _open(town: Town) -> list[Step]:
    found = select(NumberChange).where(NumberChange.ended_at == None)  # noqa: E711 - a column
    return town.do(lambda s: [change.step for change in s.exec(found)])


def test_who_is_one_already_is_not_joined_with_themselves(town: Town) -> None:
    ben = town.who(BEN)
    town.say(NEW, "NEW NUMBER")
    town.say(BEN, f"CODE {town.code(NEW)}")  # and is asked
    town.say(BEN, "NEW NUMBER")
    town.say(NEW, f"CODE {town.code(BEN)}")
    town.say(NEW, "1")
    assert town.who(NEW) == ben
    person = town.at(NEW)
    assert person is not None
    assert (person.erased_at, person.name) == (None, "Ben")
    assert town.told(NEW)[-1] != "moved_here" or _open(town) == []


def test_who_was_joined_otherwise_is_not_asked_about_it(town: Town) -> None:
    ben = town.who(BEN)
    town.say(NEW, "NEW NUMBER")
    town.say(BEN, f"CODE {town.code(NEW)}")
    new = town.who(NEW)
    now = town.clock.now()
    town.do(lambda s: joining.join(s, s.get_one(Person, ben), s.get_one(Person, new), now))
    town.say(BEN, "1")
    person = town.at(BEN)
    assert person is not None
    assert (person.id, person.erased_at, person.name) == (ben, None, "Ben")


def test_a_code_that_the_old_phone_was_shown_is_worth_nothing_once_they_have_moved(town: Town) -> None:
    town.say(BEN, "NEW NUMBER")
    stolen = town.code(BEN)
    town.say(NEW, "NEW NUMBER")
    town.say(BEN, f"CODE {town.code(NEW)}")
    town.say(BEN, "1")
    ben = town.who(NEW)
    town.say(MAL, f"CODE {stolen}")
    assert town.told(MAL)[-1] == "code_unknown"
    assert (town.who(NEW), town.who(MAL) == ben) == (ben, False)


def test_yes_is_about_the_phone_that_was_named_last(town: Town) -> None:
    town.say(NEW, "NEW NUMBER")
    town.say(MAL, "NEW NUMBER")
    town.say(BEN, f"CODE {town.code(MAL)}")  # somebody talked them into it
    town.say(BEN, f"CODE {town.code(NEW)}")
    ben = town.who(BEN)
    town.say(BEN, "1")
    town.later(timedelta(minutes=2))
    assert (town.at(BEN), town.who(NEW), town.who(MAL) == ben) == (None, ben, False)


def test_who_is_kept_apart_from_somebody_is_never_them(town: Town) -> None:
    town.say(ANA, "need groceries for 2 near Oak St")
    ana, ben = town.who(ANA), town.who(BEN)
    town.do(lambda s: kept_apart.keep(s, 1, ana, ben, town.clock.now()))
    town.say(BEN, "NEW NUMBER")
    town.say(ANA, f"CODE {town.code(BEN)}")  # he holds her phone in his hand
    town.say(ANA, "1")
    assert (town.who(ANA), town.who(BEN)) == (ana, ben)
    assert town.told(ANA)[-1] == "number_apart"
    assert "duty_apart" in town.told(DEE)


def test_duty_cannot_make_one_of_who_is_kept_apart(town: Town) -> None:
    town.say(ANA, "need groceries for 2 near Oak St")
    ana = town.who(ANA)
    number = town.lost(NEW, "this is ana with a new phone")
    new = town.who(NEW)
    town.do(lambda s: kept_apart.keep(s, 1, ana, new, town.clock.now()))
    town.say(DEE, f"SAME {number} 1")
    assert town.told(DEE)[-1] == "duty_apart"
    assert "number_objection" not in town.told(ANA)


@pytest.mark.parametrize("word", ["STOP", "QUIET"])
def test_a_phone_that_cannot_be_asked_loses_nothing_because_it_says_nothing(town: Town, word: str) -> None:
    town.say(ANA, "need groceries for 2 near Oak St")
    town.say(ANA, word)
    ana = town.who(ANA)
    number = town.lost(MAL, "this is ana with a new phone")
    town.say(DEE, f"SAME {number} 1")
    town.later(timedelta(hours=14))
    assert (town.who(ANA), town.who(MAL) == ana) == (ana, False)
    assert "same_silent" in town.told(DEE)


def test_whoever_is_erased_meanwhile_ends_it(town: Town) -> None:
    town.say(NEW, "NEW NUMBER")
    code = town.code(NEW)
    town.say(NEW, "FORGET ME")
    town.say(NEW, "1")
    assert town.at(NEW) is None
    town.say(BEN, f"CODE {code}")
    assert town.told(BEN)[-1] == "code_unknown"
    assert _open(town) == []


@pytest.mark.parametrize("who", [NEW, ANA])
def test_whoever_is_erased_before_it_moves_takes_nothing_along(town: Town, who: str) -> None:
    town.say(ANA, "my friend and I need groceries near Oak St")
    number = town.lost(NEW, "this is ana with a new phone")
    town.say(DEE, f"SAME {number} 1")
    town.say(who, "FORGET ME")
    town.say(who, "1")
    town.later(timedelta(hours=2))
    town.later(timedelta(hours=2))
    assert town.at(who) is None
    assert _open(town) == []
    assert "moved_here" not in town.told(NEW)


def test_duty_reads_of_a_lost_phone_even_if_they_asked_for_a_person_before(town: Town) -> None:
    town.say(NEW, "PERSON")
    town.say(NEW, "NEW NUMBER")
    town.say(NEW, "1")
    assert "duty_lost_phone" in town.told(DEE)


def test_one_text_with_many_codes_is_as_many_guesses(town: Town) -> None:
    town.say(BEN, "NEW NUMBER")
    code = int(town.code(BEN))
    wrong = [f"CODE {100_000 + (code + n) % 900_000}" for n in range(1, 9)]
    town.say(MAL, ". ".join([*wrong, f"CODE {code}"]))
    town.say(MAL, " ".join(map(str, [code + 1, code + 2, code])))
    assert town.who(MAL) != town.who(BEN)


def test_somebody_on_duty_has_something_to_lose(town: Town) -> None:
    town.say(NEW, "NEW NUMBER")
    town.say(DEE, f"CODE {town.code(NEW)}")
    assert town.told(DEE)[-1] == "code_confirm"
    talk = town.do(lambda s: s.exec(select(Request)).first())
    assert talk is None


def test_what_waits_for_whatsapps_window_goes_to_the_new_phone(town: Town) -> None:
    town.say(ANA, "need groceries for 2 near Oak St", hidden="US.99991208655302741918")
    ana, now = town.who(ANA), town.clock.now()

    def waiting(session: Session) -> None:
        session.create(
            Outbound, line_id=1, person_id=ana, key="waits", phrase="from_helper", channel=Channel.WHATSAPP,
            from_number=WHATSAPP, to=ANA, body="I come at five", segments=1, lane=2, rank=now, state=State.WAITS,
            created_at=now, changed_at=now,
        )  # fmt: skip

    town.do(waiting)
    town.say(ANA, "NEW NUMBER", hidden="US.99991208655302741918")
    town.say(NEW, f"CODE {town.code(ANA)}")
    [text] = town.do(lambda s: list(s.exec(select(Outbound).where(Outbound.key == "waits"))))
    assert (text.to, text.channel, text.sid is not None) == (NEW, Channel.SMS, True)


def test_duty_reads_what_they_texted_and_no_digit(town: Town) -> None:
    town.lost(NEW, "NEW NUMBER")
    [text] = [text for text in town.sent_to(DEE) if text.phrase == "duty_lost_phone"]
    assert '"1"' not in text.body
