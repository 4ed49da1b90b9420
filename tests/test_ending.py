"""A line ends: two processes, or one that is killed again and again, tell all once, and everybody is forgotten."""

import random
import re
import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel, col, select

from app.hotline import Hotline
from app.telemetry.findings import Level
from app.web.diagnosis import people
from handlers.decisions import effects
from handlers.decisions.effects import CannotDo, Effect, Refusal
from handlers.pauses import ending, resting
from handlers.rules import changing
from handlers.turn import Context
from models import line_events, lines, proposals, purse
from models.delivery.outbound import Outbound
from models.inbound import Heard
from models.lines import Channel, Ending
from models.people import Person
from models.proposals import Proposal
from models.requests import LIVE, Request
from models.store.session import Session
from tests import fakes, neighbors, racing
from tests.command import Command
from tests.fakes import LINE, Recorder, StillClock
from tests.racing import TICK, Racers

ANA, BEN, CARO, DEE = (f"+1202555010{n}" for n in range(1, 5))
VOLUNTEERS = {BEN: "Benedetta", CARO: "Carolina", DEE: "Deirdre"}
SAID = "groceries for two, 14 Larkspur Lane"
WHY = "for the lanterns"
SECRETS = (ANA, *VOLUNTEERS, *VOLUNTEERS.values(), "arkspur", "lantern", "quilting")
TO_VOLUNTEERS = (
    "end_told_helper", "end_list", "end_purse_soon", "end_purse", "end_thanks", "proposal_line_ended",
)  # fmt: skip
TO_WHO_WAITS = ("end_told_neighbor", "end_handed_on", "end_closed")
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
DAYS, A_DAY = 23, 8  # days, and moments of each
STEPS = (1, 7, 10, 20)  # the days on which something happens


def says(hotline: Hotline, who: str, words: str) -> None:
    hotline.receive(Heard(uuid4().hex, Channel.SMS, who, LINE, words)).result()


def in_one(hotline: Hotline, act: Any) -> Any:
    return hotline.database.write(lambda s: act(Context(s, lines.by_id(s, 1), hotline.clock.now()))).result()


def inhabit(hotline: Hotline) -> None:
    """Volunteers, a neighbor who waits, money that is owed and money that is left, and something to decide."""

    def begin(context: Context) -> None:
        for number, name in VOLUNTEERS.items():
            neighbors.add(
                *(context.session, context.line, Channel.SMS, number, context.now - 90 * DAY),
                **{"name": name, "helper": True, "duty": number == DEE},  # type: ignore[arg-type]
            )
        purse.add(context.session, context.line, purse.Kind.GIVEN, 5000, context.now, by=None, approved=True)

    in_one(hotline, begin)
    says(hotline, ANA, f"need {SAID}")
    for each in VOLUNTEERS:
        says(hotline, each, "pass")
    says(hotline, BEN, f"SPENT 12.50 {WHY}")
    says(hotline, BEN, "PROPOSE 3 weeks quilting on Sundays")


def end(hotline: Hotline) -> None:
    """In ten days; everybody is forgotten ten days later."""

    def decide(context: Context) -> None:
        found = ending.days(context, "in 10 days", "in 20 days")
        assert isinstance(found, ending.Days), found
        ending.decide(context, found.ends_at, found.erases_at, changing.HOST)

    in_one(hotline, decide)


def told(hotline: Hotline) -> Counter[tuple[str, str | None]]:
    """How often each text about the end was written to whom."""
    names = dict(enumerate((*VOLUNTEERS, ANA), 1))
    about = col(Outbound.phrase).in_((*TO_VOLUNTEERS, *TO_WHO_WAITS))
    query = select(Outbound.phrase, Outbound.person_id).where(about)
    return hotline.database.read(lambda s: Counter((phrase, names.get(who or 0)) for phrase, who in s.exec(query)))


def kept(session: Session) -> dict[str, str]:
    """All that a database holds, by table."""
    return {t.name: "\n".join(map(repr, session.execute(sa.select(t)))) for t in SQLModel.metadata.sorted_tables}


def is_over(hotline: Hotline) -> None:
    """Each was told each thing once, and is forgotten, in all tables; what counts is there."""
    to_all = [(phrase, who) for phrase in TO_VOLUNTEERS for who in VOLUNTEERS]
    assert told(hotline) == Counter([*to_all, *((phrase, ANA) for phrase in TO_WHO_WAITS)])
    line = hotline.database.read(lambda s: lines.by_id(s, 1))
    assert line.ending is Ending.ERASED
    known = hotline.database.read(lambda s: list(s.exec(select(Person))))
    assert len(known) == 4
    assert all(person.erased_at and person.cleared_at and not person.name for person in known)
    tables = hotline.database.read(kept)
    assert {(name, each) for name, rows in tables.items() for each in SECRETS if each in rows} == set()
    assert hotline.database.read(lambda s: list(s.exec(select(Request).where(col(Request.state).in_(LIVE))))) == []
    assert hotline.database.read(lambda s: s.exec(select(sa.func.count()).select_from(Request)).one()) == 1
    assert hotline.database.read(lambda s: purse.totals(s, 1).there) == 5000
    assert hotline.database.read(lambda s: proposals.open_ones(s, 1)) == []


def moments(first: datetime) -> list[datetime]:
    """Some minutes of each day: enough for all steps, one after the other."""
    return [first + day * DAY + n * MINUTE for day in range(1, DAYS) for n in range(A_DAY)]


def test_two_processes_take_each_step_once(hotline: Hotline, both: Racers, database_url: str) -> None:
    inhabit(hotline)
    end(hotline)
    for moment in moments(hotline.clock.now()):
        hotline.clock.advance(moment - hotline.clock.now())
        doing = [pool.submit(racing.act, database_url, moment, TICK, 0) for pool in both.pools]
        for one in doing:
            one.result()
    both.leave(database_url)
    is_over(hotline)
    said = Command(database_url).good("report", "--since", "2026-01-01", "--until", "2026-12-31")
    assert re.search(r"for +1\nasked for again +0", said)


def test_the_doctor_does_not_miss_who_has_gone(hotline: Hotline) -> None:
    inhabit(hotline)
    end(hotline)

    def found() -> set[tuple[Level, str]]:
        now = hotline.clock.now()
        return hotline.database.read(lambda s: {(f.level, f.what) for f in people.line(s, lines.by_id(s, 1), now)})

    assert (Level.WARNING, "has no areas, so nobody is asked by where they are") in found()
    hotline.clock.advance(30 * DAY)
    ended = "has ended: it answers with one sentence, and in danger with whom to call"
    assert found() == {(Level.OK, ended)}


def test_the_purse_stands_until_it_is_paid(hotline: Hotline, database_url: str) -> None:
    """Whoever is to be paid is forgotten with everybody; what is owed is not."""
    inhabit(hotline)
    for who in (CARO, DEE):
        says(hotline, who, "OK S2")
    end(hotline)
    for moment in moments(hotline.clock.now()):
        hotline.clock.advance(moment - hotline.clock.now())
        hotline.tick()
    run = Command(database_url)
    assert run.json("money", "list")["to_pay"] == "12.50"
    run.good("money", "paid", "S2")
    assert run.json("money", "list")["to_pay"] == "0.00"


def live(database_url: str, progress: str, left: Sequence[datetime]) -> None:
    """Let these moments pass, one after the other, and say of each that it has begun."""
    running = Hotline(fakes.settings(database_url), carrier=Recorder(), clock=StillClock(left[0]))
    for moment in left:
        running.clock.advance(moment - running.clock.now())
        Path(progress).write_text(moment.isoformat())
        running.tick()
    running.stop()


def test_killed_between_its_steps_it_goes_on_with_the_next(
    hotline: Hotline, database_url: str, tmp_path: Path
) -> None:
    inhabit(hotline)
    end(hotline)
    left, progress, chance = moments(hotline.clock.now()), tmp_path / "now", random.Random(21)
    stops = [left[(day - 1) * A_DAY + chance.randrange(1, A_DAY - 1)] for day in STEPS]
    for stop in [*stops, None]:
        process = get_context("spawn").Process(target=live, args=(database_url, str(progress), left))
        process.start()
        while process.is_alive() and (stop is None or not reached(progress, stop)):
            time.sleep(0.001)
        if stop is not None:
            process.kill()
        process.join()
        assert process.exitcode == (0 if stop is None else -9)
        left = [moment for moment in left if moment >= datetime.fromisoformat(progress.read_text())]
    hotline.clock.advance(left[-1] - hotline.clock.now())
    is_over(hotline)


def reached(progress: Path, stop: datetime) -> bool:
    """Whether that moment has begun; the file may be half written."""
    said = progress.read_text() if progress.exists() else ""
    return len(said) == len(stop.isoformat()) and datetime.fromisoformat(said) >= stop


def test_the_day_that_the_host_named_is_told_to_all_as_the_hosts(hotline: Hotline) -> None:
    inhabit(hotline)
    end(hotline)
    hotline.tick()
    told_all = select(Outbound.body).where(Outbound.phrase == "end_told_helper")
    texts = hotline.database.read(lambda s: list(s.exec(told_all)))
    assert len(texts) == len(VOLUNTEERS)
    assert all(text.startswith("The host decided: Neighbors' Hotline ends on Mar 13.") for text in texts)
    (event,) = hotline.database.read(lambda s: [e for e in line_events.latest(s, 1, 9) if e.kind == line_events.END])
    assert (event.by_person_id, event.proposal_id, event.before) == (None, None, None)


def proposed(context: Context, words: str) -> Proposal:
    """A proposal with what its words do."""
    found = effects.read(context, words)
    assert isinstance(found, Effect), (words, found)
    made: dict[str, Any] = {"language": "en", "hours": 1, "effect": found.pack()}
    return proposals.add(context.session, context.line, 1, words, context.now, **made)


def carried_out(context: Context, proposal: Proposal) -> list[str]:
    """The phrases that follow from it."""
    effect = effects.of(proposal)
    assert effect is not None
    return [text.phrase for text in effects.carry_out(context, effect, proposal)]


def refused(context: Context, words: str) -> str | None:
    found = effects.read(context, words)
    return found.phrase if isinstance(found, Refusal) else None


def rest(context: Context) -> None:
    found = resting.moment(context, "until May 4")
    assert found is not None
    assert [text.phrase for text in resting.begin(context, found, changing.HOST)] == ["rest_begins"] * 3
    context.session.flush()


def test_no_pause_shortens_a_rest(hotline: Hotline) -> None:
    inhabit(hotline)

    def act(context: Context) -> None:
        pause = proposed(context, "PAUSE FOR 3 DAYS")
        rest(context)
        assert refused(context, "PAUSE FOR 3 DAYS") == "effect_pause_rests"
        with pytest.raises(CannotDo, match="effect_pause_rests"):
            carried_out(context, pause)
        assert context.line.is_resting(context.now)

    in_one(hotline, act)


def test_a_rest_of_the_host_is_undone_by_all_and_every_volunteer_hears_so(hotline: Hotline) -> None:
    inhabit(hotline)

    def act(context: Context) -> None:
        rest(context)
        event = line_events.latest(context.session, 1, 1)[0]
        assert carried_out(context, proposed(context, f"UNDO H{event.id}")) == ["rest_over"] * 3
        assert not context.line.is_paused(context.now)

    in_one(hotline, act)


def test_who_would_undo_an_end_hears_how_it_is_taken_back(hotline: Hotline) -> None:
    inhabit(hotline)
    end(hotline)

    def act(context: Context) -> None:
        of_it = [e for e in line_events.latest(context.session, 1, 9) if e.kind in ("end", "erase")]
        assert [refused(context, f"UNDO H{event.id}") for event in of_it] == ["effect_undo_end"] * 2
        assert carried_out(context, proposed(context, "GO ON")) == []
        assert context.line.ends_at is None

    in_one(hotline, act)


def test_no_rest_lasts_longer_than_the_line(hotline: Hotline) -> None:
    inhabit(hotline)

    def act(context: Context) -> Proposal:
        return proposed(context, "REST UNTIL MAY 4")

    long = in_one(hotline, act)
    end(hotline)

    def late(context: Context) -> None:
        assert refused(context, "REST UNTIL MAY 4") == "effect_rest_ends"
        assert isinstance(effects.read(context, "REST UNTIL MARCH 10"), Effect)
        with pytest.raises(CannotDo, match="effect_rest_ends"):
            carried_out(context, proposals.by_id(context.session, long.id))

    in_one(hotline, late)
