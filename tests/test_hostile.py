"""Hostile volunteers: what one phone, or one that was stolen, gets out of a line in a short time.

What each attack got before is in docs/safety.md; here stands what it gets now.
"""

from datetime import timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import col, select

from app.hotline import Hotline
from models import assignments, kept_apart, lines, people, person_events
from models.assignments import Assignment
from models.delivery.outbound import Outbound
from models.inbound import Heard
from models.lines import Channel
from models.people import Person
from models.requests import Request, State
from models.store.session import Session
from tests import neighbors
from tests.fakes import LINE

BEN, CARO, DEE, EVE, GUS = (f"+1202555010{n}" for n in (2, 3, 4, 5, 6))
SECOND_PHONES = [f"+120255501{n}" for n in (61, 62, 63)]
DOORS = [f"{n} Oak St apt {n}" for n in range(101, 121)]
sids = count(1)


def say(hotline: Hotline, sender: str, words: str, *, after: float = 1) -> None:
    hotline.clock.advance(timedelta(seconds=after))
    hotline.receive(Heard(f"SH{next(sids):032x}", Channel.SMS, sender, LINE, words)).result()


def bodies(hotline: Hotline, to: str) -> list[str]:
    texts = select(Outbound.body).where(Outbound.to == to).order_by(col(Outbound.id))
    return hotline.database.read(lambda s: list(s.exec(texts)))


def doors(hotline: Hotline, to: str) -> int:
    """How many exact places this phone was told."""
    told = "\n".join(bodies(hotline, to))
    return sum(door in told for door in DOORS)


def person(hotline: Hotline, number: str) -> Person:
    def work(session: Session) -> Person:
        found = people.by_address(session, lines.all_lines(session)[0], Channel.SMS, number)
        assert found is not None
        return found[0]

    return hotline.database.read(work)


@pytest.fixture
def line(hotline: Hotline) -> Hotline:
    """Twenty neighbors who asked for something at their doors; Ben and Caro help, Dee does duty and is off."""

    def work(session: Session) -> None:
        of = lines.all_lines(session)[0]
        of.rules = {**of.rules, "burst_seconds": 0, "reply_limit": 0, "answers_per_day": 0, "brake_requests": 0}
        session.add(of)
        for number, name in ((BEN, "Ben"), (CARO, "Caro"), (DEE, "Dee"), (GUS, "Gus")):
            who = neighbors.add(session, of, Channel.SMS, number, hotline.clock.now(), name=name, helper=True)
            who.duty_at = hotline.clock.now() if name == "Dee" else None

    hotline.database.write(work).result()
    for n, door in enumerate(DOORS):
        say(hotline, f"+120255501{n + 20}", f"need groceries, {door}")
    return hotline


def joins(hotline: Hotline, number: str, name: str) -> int:
    for words in ("JOIN", name, "1"):
        say(hotline, number, words)
    return person(hotline, number).id


def newcomer(hotline: Hotline, number: str = EVE) -> int:
    who = joins(hotline, number, "Eve")
    say(hotline, BEN, f"VOUCH {who}")
    assert person(hotline, number).helps
    return who


def in_hand(hotline: Hotline, number: str) -> int:
    who = person(hotline, number).id
    return hotline.database.read(lambda s: len(assignments.held_by(s, who)))


def test_five_claims_and_drops_by_a_newcomer_give_no_door(line: Hotline) -> None:
    newcomer(line)
    say(line, EVE, "CLAIM 1 2 3 4 5")
    say(line, EVE, "MINE")
    for words in ("INFO 1", "DROP 1 2 3", "CLAIM 4 5", "MINE"):
        say(line, EVE, words)
    assert doors(line, EVE) == 0  # before: five in eight seconds


def test_claims_and_drops_of_an_old_hand_give_a_few_doors_a_day_and_tell_duty_once(line: Hotline) -> None:
    for number in range(1, 21):
        say(line, BEN, f"CLAIM {number}")
        say(line, BEN, f"INFO {number}")
        say(line, BEN, f"DROP {number}")
    assert doors(line, BEN) == 6  # before: twenty
    say(line, DEE, "DUTY ON")
    for number in range(1, 21):
        say(line, BEN, f"CLAIM {number}")
        say(line, BEN, f"DROP {number}")
    assert sum("exact places" in body for body in bodies(line, DEE)) == 1
    say(line, BEN, "CLAIM 20", after=25 * 3600)
    assert doors(line, BEN) == 7


def test_a_newcomer_on_duty_sees_no_door(line: Hotline) -> None:
    newcomer(line)
    say(line, EVE, "DUTY ON")
    for number in range(1, 11):
        say(line, EVE, f"SHOW {number}")
    for number in range(1, 11):
        say(line, EVE, f"ASSIGN {number} Eve")
    assert doors(line, EVE) == 0  # before: ten in a minute
    assert any("Eve" in body and "on duty" in body for body in bodies(line, DEE))  # who was off hears of it


def test_an_old_hand_on_duty_sees_a_few_doors_a_day(line: Hotline) -> None:
    say(line, BEN, "DUTY ON")
    for number in range(1, 11):
        say(line, BEN, f"SHOW {number}")
        say(line, BEN, f"ASSIGN {number} Ben")
    assert doors(line, BEN) == 6  # before: ten in a minute


def test_max_binds_claims(line: Hotline) -> None:
    say(line, BEN, "CLAIM " + " ".join(str(n) for n in range(1, 21)))
    assert in_hand(line, BEN) == 3  # before: twenty
    newcomer(line)
    say(line, EVE, "MAX 20")
    say(line, EVE, "CLAIM " + " ".join(str(n) for n in range(4, 21)))
    assert in_hand(line, EVE) == 3


def test_who_was_vouched_for_cannot_vouch_for_their_own_phones(line: Hotline) -> None:
    newcomer(line)
    for n, phone in enumerate(SECOND_PHONES):
        say(line, EVE, f"VOUCH {joins(line, phone, f'Zed{chr(97 + n)}')}")
    assert not any(person(line, phone).helps for phone in SECOND_PHONES)  # before: all three


def test_one_person_vouches_for_few_a_week_once_the_line_is_not_young(line: Hotline) -> None:
    line.clock.advance(timedelta(days=31))
    phones = [*SECOND_PHONES, "+12025550164", "+12025550165"]
    for n, phone in enumerate(phones):
        say(line, BEN, f"VOUCH {joins(line, phone, f'Zed{chr(97 + n)}')}")
    assert sum(person(line, phone).helps for phone in phones) == 3


def test_a_close_is_seen_by_the_neighbor_and_by_others(line: Hotline) -> None:
    newcomer(line)
    say(line, EVE, "DUTY ON")
    for number in (1, 2, 3):
        say(line, EVE, f"CLOSE {number} spam")
    assert any("#1 is closed" in body for body in bodies(line, "+12025550120"))
    told = [body for body in bodies(line, DEE) if "closed #1" in body]
    assert len(told) == 1  # before: nobody
    assert "closed #3" in told[0]


def test_a_stolen_duty_phone_is_shut_out_by_one_word(line: Hotline) -> None:
    say(line, BEN, "CLAIM 1 2")
    say(line, BEN, "DUTY ON")
    say(line, DEE, "DUTY ON")
    say(line, DEE, f"REVOKE {person(line, BEN).id}")
    ben = person(line, BEN)
    assert not ben.on_duty
    assert not ben.helps
    assert in_hand(line, BEN) == 0
    before = len(bodies(line, BEN))
    for words in ("SHOW 3", "CLAIM 3", "DUTY ON", "MINE"):
        say(line, BEN, words)
    assert not any(door in body for door in DOORS[2:] for body in bodies(line, BEN)[before:])
    assert not person(line, BEN).on_duty


def test_one_phone_on_duty_cannot_put_everybody_out(line: Hotline) -> None:
    say(line, GUS, "DUTY ON")
    newcomer(line)
    say(line, EVE, "DUTY ON")
    for victim in (BEN, CARO, DEE, GUS):
        say(line, EVE, f"BAN {person(line, victim).id} so")
    assert all(person(line, victim).helps for victim in (BEN, CARO, DEE, GUS))
    for victim in (BEN, CARO, DEE, EVE):
        say(line, GUS, f"BAN {person(line, victim).id} so")
    assert sum(not person(line, victim).helps for victim in (BEN, CARO, DEE, EVE)) == 3
    say(line, EVE, f"UNBAN {person(line, BEN).id}")  # a newcomer cannot undo it
    assert not person(line, BEN).helps


def test_who_is_banned_is_answered_once_and_heard_in_danger(line: Hotline) -> None:
    say(line, DEE, "DUTY ON")
    say(line, DEE, f"BAN {person(line, BEN).id} took things")
    before = len(bodies(line, BEN))
    for words in ("hello", "CLAIM 1", "need food, 3 Elm St", "JOIN"):
        say(line, BEN, words)
    assert len(bodies(line, BEN)) == before + 1
    say(line, BEN, "my chest hurts and i cant breathe")
    assert "911" in bodies(line, BEN)[-1]
    assert any("EMERGENCY" in body for body in bodies(line, DEE))
    assert line.database.read(lambda s: len(list(s.exec(select(Request))))) == len(DOORS) + 1


def test_words_end_with_the_match(line: Hotline) -> None:
    say(line, BEN, "CLAIM 1")
    say(line, "+12025550120", "dont send Ben again")
    before = len(bodies(line, "+12025550120"))
    for _ in range(5):
        say(line, BEN, "@1 i know where you live")
    assert len(bodies(line, "+12025550120")) == before
    say(line, CARO, "CLAIM 1")
    say(line, CARO, "DONE 1")
    say(line, "+12025550120", "3")  # it did not come: one text is left to say where it is
    before = len(bodies(line, "+12025550120"))
    for _ in range(5):
        say(line, CARO, "@1 it is on the porch")
    assert len(bodies(line, "+12025550120")) == before + 1


def test_words_of_who_writes_on_and_on_go_together(line: Hotline) -> None:
    say(line, BEN, "CLAIM 1")
    before = len(bodies(line, "+12025550120"))
    for n in range(40):
        say(line, BEN, f"@1 word {n}")
    assert len(bodies(line, "+12025550120")) - before <= 12  # before: forty


@pytest.mark.parametrize(
    "said",
    [
        ["DROP 1", "CLAIM 1 i know where you live"],
        ["I can come at 5 pm", "CLAIM 1 at 5 pm you witch"],
        ["OMW 1", "NOTHOME 1"],
        ["OMW 1 open up", "NOTHOME 1 open the door"],
        ["@1 hey", "OMW 1 hey", "NOTHOME 1", "I can come at 5 pm", "CLAIM 1 at 6 pm"],
    ],
)
def test_no_command_is_a_way_around_the_pace(said: list[str], line: Hotline) -> None:
    say(line, BEN, "CLAIM 1")
    before = len(bodies(line, "+12025550120"))
    for _ in range(20):
        for words in said:
            say(line, BEN, words)
    line.tick()
    line.sender.drain()
    assert len(bodies(line, "+12025550120")) - before <= 12  # before: thirty-two to forty


def test_what_somebody_gave_back_they_take_again_by_duty_alone(line: Hotline) -> None:
    say(line, BEN, "CLAIM 1")
    say(line, BEN, "DROP 1")
    say(line, BEN, "CLAIM 1")
    assert "gave it back" in bodies(line, BEN)[-1]
    say(line, DEE, "DUTY ON")
    say(line, DEE, "ASSIGN 1 Ben")
    assert "yours" in bodies(line, BEN)[-1]


@pytest.mark.parametrize("later", [timedelta(0), timedelta(days=1)])
def test_texts_that_go_together_leave_again_in_the_same_minute(later: timedelta, line: Hotline) -> None:
    """Before: of the same key in the outbox, so that the text was answered by an error."""
    say(line, BEN, "CLAIM 1")
    for n in range(12):
        say(line, BEN, f"@1 word {n}")
    line.sender.drain()
    line.clock.advance(later)
    for words in (*("@1 word" for _ in range(12)), "NOTHOME 1", "NOTHOME 1"):
        say(line, BEN, words)
    assert not any("Something broke" in body for body in bodies(line, BEN))


ACTS = st.lists(
    st.tuples(
        st.sampled_from([BEN, CARO, GUS]), st.sampled_from(["CLAIM 1", "DROP 1", "DONE 1", "not", "3", "assign"])
    ),
    max_size=12,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
def test_two_who_are_kept_apart_never_meet(acts: list[tuple[str, str]], apart_lines: list[Hotline]) -> None:
    """Whatever is said in which order: nobody has something in hand of a neighbor who does not want them again."""
    line = apart_lines[0]
    ana = f"+1202555{9000 + next(sids):04d}"[:12]
    say(line, ana, "need groceries near Elm St")
    number = line.database.read(lambda s: s.exec(select(Request.number).order_by(col(Request.id).desc())).first())
    for who, words in acts:
        name = person(line, who).name
        if words == "not":
            say(line, ana, f"dont send {name} again")
        elif words == "3":
            say(line, ana, "3")
        elif words == "assign":
            say(line, DEE, f"ASSIGN {number} {name}")
        else:
            say(line, who, words.replace("1", str(number)))
        assert line.database.read(apart_but_matched) == []


def apart_but_matched(session: Session) -> list[int]:
    held = session.exec(
        select(Assignment, Request)
        .join(Request, col(Request.id) == col(Assignment.request_id))
        .where(Assignment.state == assignments.State.ACTIVE, Request.state == State.CLAIMED)
    )
    return [request.number for a, request in held if kept_apart.are(session, request, a.person_id)]


@pytest.fixture
def apart_lines(line: Hotline) -> list[Hotline]:
    say(line, DEE, "DUTY ON")
    return [line]


def test_every_ban_is_an_event(line: Hotline) -> None:
    say(line, DEE, "DUTY ON")
    ben, dee = person(line, BEN).id, person(line, DEE).id
    say(line, DEE, f"BAN {ben} took things")
    kept = line.database.read(lambda s: person_events.last(s, ben, *person_events.PUT_OUT))
    assert kept is not None
    assert (kept.kind, kept.by_person_id, kept.words) == (person_events.BANNED, dee, "took things")
