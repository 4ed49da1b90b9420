"""The brake and the ceiling: what waits goes out, danger never waits, and no offer gets lost."""

from datetime import timedelta

import pytest

from app.hotline import Hotline
from app.web import diagnosis, snapshot
from models import lines, surges
from models.delivery import spending
from models.delivery.outbound import State
from models.lines import Channel
from models.store.session import Session
from tests.besieged import ON_DUTY, VOLUNTEERS, Besieged, phone

DEE = ON_DUTY[0]


@pytest.fixture
def line(hotline: Hotline) -> Besieged:
    found = Besieged(hotline)
    found.people()
    # Each has one offer to answer at a time: as few are asked about a request as leave somebody for all of them.
    found.rule(rate_sms=1e6, brake_requests=5, waves=[1], gap_today=240)
    return found


def ask(line: Besieged, count: int, *, since: int = 0) -> None:
    for n in range(since, since + count):
        line.say(f"I need groceries for two, {n + 1} Oak St", by=phone(n))


def findings(line: Besieged) -> list[str]:
    def read(session: Session) -> list[str]:
        figures = snapshot.read(session, line.hotline.clock.now())
        return [finding.about for finding in diagnosis.too_much(figures)]

    return line.hotline.database.read(read)


def test_more_than_ever_are_asked_about_one_by_one(line: Besieged) -> None:
    ask(line, 9)
    assert [row.body.split(",")[0] for row in line.texts("duty_surge")] == ["6 new requests in 10 minutes"] * 2
    assert line.phrases(phone(5)) == ["got_it"]  # the first that is too many has the first slot
    assert [line.phrases(phone(n)) for n in (6, 7, 8)] == [["got_it_surge"]] * 3
    assert findings(line) == ["brake"]
    for n in (6, 7, 8):
        line.later(seconds=62)
        assert line.phrases(phone(n)) == ["got_it_surge", "asking_now"]
        assert line.phrases(phone(n + 1)) in ([], ["got_it_surge"])
    line.later(hours=2)
    ask(line, 1, since=9)
    assert line.phrases(phone(9)) == ["got_it"]
    assert findings(line) == []


def test_nobody_waits_longer_than_two_hours(line: Besieged) -> None:
    line.rule(brake_gap=60)
    ask(line, 20)
    line.later(hours=2, minutes=1)
    assert all(request.wave for request in line.requests())


def test_go_on_lets_everybody_go_and_learns_how_many_there_were(line: Besieged) -> None:
    ask(line, 12)
    line.say("BRAKE OFF", by=DEE)
    line.later(seconds=5)
    assert all(request.wave for request in line.requests())
    assert line.phrases(ON_DUTY[1])[-1] in ("surge_go_on_other", "offer")
    ask(line, 10, since=12)
    assert "got_it_surge" not in {row.phrase for n in range(12, 22) for row in line.texts(to=phone(n))}
    kept = line.hotline.database.read(lambda s: s.get_one(surges.Surge, 1))
    assert kept.most == 22
    line.later(hours=7)
    ask(line, 20, since=22)  # no more than ever
    assert len(line.texts("duty_surge")) == 2


def test_danger_is_never_held(line: Besieged) -> None:
    ask(line, 8)
    line.rule(daily_ceiling="0.01", waves=[3])
    line.send()
    line.say("my husband has chest pain, 3 Oak St", by=phone(50))
    assert line.phrases(phone(50)) == ["emergency"]
    line.say("OPEN 9", by=DEE)
    offers = [row for row in line.texts("offer") if row.body.startswith("#9 ")]
    assert len(offers) == 3
    line.send()
    assert {row.state for row in line.texts("offer") if row.body.startswith("#9 ")} == {State.DELIVERED}


def test_the_ceiling_holds_offers_that_wait_already_and_loses_none(line: Besieged) -> None:
    ask(line, 1)
    line.hotline.database.write(
        lambda s: spending.spend(s, lines.all_lines(s)[0], 10_000, 118_000_000, line.hotline.clock.now())
    ).result()
    line.say("STATUS", by=phone(0))
    line.send()
    assert {row.state for row in line.texts("offer")} == {State.READY}
    assert {row.state for row in line.texts(to=phone(0))} == {State.DELIVERED}
    line.hotline.clock.advance(timedelta(hours=13))  # nearly midnight; an offer lives four hours
    line.send()
    assert {row.state for row in line.texts("offer")} == {State.READY}
    line.hotline.clock.advance(timedelta(hours=2))
    line.send()
    assert {row.state for row in line.texts("offer")} == {State.DELIVERED}


def test_beyond_the_ceiling_nobody_is_asked_until_the_next_day_and_duty_hears_it_once(line: Besieged) -> None:
    ask(line, 1)
    line.send()
    line.rule(daily_ceiling="0.01")
    ask(line, 3, since=1)
    assert [line.phrases(phone(n)) for n in (1, 2, 3)] == [["got_it_ceiling"]] * 3
    assert len(line.texts("duty_ceiling")) == 2
    assert findings(line) == ["money"]
    line.say("CLAIM 2", by=VOLUNTEERS[0])
    assert "claim_yours" in line.phrases(VOLUNTEERS[0])
    line.later(hours=15)
    assert [line.phrases(phone(n)) for n in (2, 3)] == [["got_it_ceiling"]] * 2  # it is night
    line.later(hours=8)
    assert [line.phrases(phone(n))[1] for n in (2, 3)] == ["asking_now"] * 2


def test_offers_a_day_end_for_each_volunteer_but_for_danger(line: Besieged) -> None:
    line.rule(brake_requests=0, offers_per_day=2, waves=[30])
    ask(line, 1)
    line.later(hours=2, minutes=1)
    ask(line, 1, since=1)
    line.later(hours=2, minutes=1)
    ask(line, 3, since=2)
    assert set(line.offers().values()) == {2}
    assert [line.phrases(phone(n)) for n in (2, 3, 4)] == [["got_it_nobody"]] * 3
    line.say("my husband has chest pain, 3 Oak St", by=phone(50))
    line.say("OPEN 6", by=DEE)
    assert set(line.offers().values()) == {3}
    line.later(days=1)
    assert {row.body.split()[0] for row in line.texts("offer")} >= {"#3", "#4", "#5"}  # before others once more


def test_by_whatsapp_it_is_the_same(line: Besieged) -> None:
    for n in range(8):
        line.say(f"I need groceries for two, {n + 1} Oak St", by=phone(n), channel=Channel.WHATSAPP)
    assert line.phrases(phone(7)) == ["got_it_surge"]
