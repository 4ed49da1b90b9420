"""What a passed proposal does: done as the host would do it, with an event that has its number, or not at all."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.database.engine import Database
from app.hotline import Hotline
from app.simulator.sandbox import StillClock
from handlers import phrasebook
from handlers.decisions import effects
from handlers.decisions.effects import CannotDo, Effect, Refusal
from handlers.rules import changing
from handlers.turn import Context
from models import line_events, lines, people, person_events, proposals, purse, removals
from models.line_events import LineEvent
from models.lines import Answer, Line, Resource
from models.person_events import BACK, REMOVED
from models.proposals import Proposal
from models.store.session import Session
from tests import fakes
from tests.visiting import visitor

BEN, DEE = "+12025550102", "+12025550104"


def proposed(context: Context, by: int, words: str) -> Proposal:
    """A proposal with what its words do."""
    found = effects.read(context, words)
    assert isinstance(found, Effect), words
    made = {"language": "en", "hours": 1, "effect": found.pack()}
    return proposals.add(context.session, context.line, by, words, context.now, **made)  # type: ignore[arg-type]


def done(context: Context, proposal: Proposal) -> None:
    """It has passed."""
    effect = effects.of(proposal)
    assert effect is not None
    list(effects.carry_out(context, effect, proposal))
    context.session.flush()


def in_one(hotline: Hotline, clock: StillClock, act: Callable[[Context], None]) -> None:
    """Something happens on the line."""
    hotline.database.write(lambda s: act(Context(s, lines.by_id(s, 1), clock.now()))).result()


def decide(hotline: Hotline, clock: StillClock, by: int, *words: str) -> None:
    """These are proposed and pass, one after the other."""
    for each in words:
        in_one(hotline, clock, lambda context, each=each: done(context, proposed(context, by, each)))  # type: ignore[misc]


def history(hotline: Hotline) -> list[LineEvent]:
    return hotline.database.read(lambda s: line_events.latest(s, 1, 100))[::-1]


DECIDED = [
    ("SET quiet 22-7", [("rule", "quiet_from", None, 22), ("rule", "quiet_until", None, 7)]),
    ("PONER puertas por día 4", [("rule", "doors_per_day", None, 4)]),
    ("SET duty first money, childcare", [("rule", "duty_first", None, ["money", "childcare"])]),
    ("AREA ADD Mill Pond", [("area", "Mill Pond", None, [])]),
    (
        "ANSWER laundry: free on Mondays",
        [("answer", "laundry", None, {"heard": ["laundry"], "words": "free on Mondays", "language": None})],
    ),
    (
        "HELP food: St Paul's pantry, Sat 10-2",
        [
            ("resource", "St Paul's pantry, Sat 10-2", None,
             {"needs": ["food"], "words": "St Paul's pantry, Sat 10-2", "language": None})
        ],
    ),
    ("NAME Mill Pond Neighbors", [("setting", "name", "Neighbors' Hotline", "Mill Pond Neighbors")]),
    ("GREETING: We share food", [("setting", "greeting", None, "We share food")]),
    ("PAUSE FOR 3 DAYS", [("pause", "", None, "2026-03-06T13:00:00+00:00")]),
]  # fmt: skip


@pytest.mark.parametrize(("words", "events"), DECIDED, ids=[words for words, _ in DECIDED])
def test_what_is_decided_is_done_with_events_that_have_its_number_and_undone(
    hotline: Hotline, clock: StillClock, words: str, events: list[tuple[str, str, object, object]]
) -> None:
    ben = visitor(hotline, BEN, "Ben").person_id
    known = len(history(hotline))
    decide(hotline, clock, ben, words)
    found = history(hotline)[known:]
    assert [(e.kind, e.name, e.before, e.after) for e in found] == events
    assert {(e.by_person_id, e.proposal_id) for e in found} == {(ben, 1)}
    for event in found[::-1]:
        decide(hotline, clock, ben, f"UNDO H{event.id}")
    undone = history(hotline)[known + len(found) :][::-1]
    assert [(e.kind, e.name, e.after, e.before) for e in undone] == events
    assert None not in {e.proposal_id for e in undone}


def test_what_was_taken_away_comes_back(hotline: Hotline, clock: StillClock) -> None:
    ben = visitor(hotline, BEN, "Ben").person_id

    def begin(context: Context) -> None:
        changing.add_area(context, "Riverside", ["the river"], changing.HOST)
        changing.put_answer(context, Answer(("pantry", "food bank"), "Sat 10-2", "en"), changing.HOST)
        changing.put_resource(context, Resource(("food",), "Pantry at St Paul's"), changing.HOST)

    in_one(hotline, clock, begin)
    last = history(hotline)[-1].id
    decide(hotline, clock, ben, "AREA OFF riverside", "ANSWER pantry: off", "HELP OFF st paul")
    decide(hotline, clock, ben, *(f"UNDO H{last + n}" for n in (1, 2, 3)))

    def look(session: Session) -> tuple[list[tuple[str, list[str]]], list[Answer], list[Resource]]:
        line = lines.by_id(session, 1)
        return [(a.name, a.aliases) for a in lines.areas(session, 1)], line.own_answers, line.other_help

    assert hotline.database.read(look) == (
        [("Riverside", ["the river"])],
        [Answer(("pantry", "food bank"), "Sat 10-2", "en")],
        [Resource(("food",), "Pantry at St Paul's")],
    )


def test_somebody_is_put_out_and_taken_back_by_all(hotline: Hotline, clock: StillClock) -> None:
    ben, dee = visitor(hotline, BEN, "Ben").person_id, visitor(hotline, DEE, "Dee", duty=True).person_id
    decide(hotline, clock, ben, "REMOVE Dee", f"READMIT {dee}")
    happened = hotline.database.read(lambda s: person_events.happened(s, dee, [REMOVED, BACK], clock.now()))
    assert [(e.kind, e.by_person_id, e.proposal_id) for e in happened] == [(REMOVED, ben, 1), (BACK, ben, 2)]
    assert hotline.database.read(lambda s: people.by_id(s, dee)).helps


def test_two_phones_of_one_person_become_one_while_all_decide_on_them(hotline: Hotline, clock: StillClock) -> None:
    ben, dee = visitor(hotline, BEN, "Ben").person_id, visitor(hotline, DEE, "Dee").person_id
    other = visitor(hotline, "+12025550105", "Dee Alvarez").person_id
    made: list[int] = []
    in_one(hotline, clock, lambda context: made.append(proposed(context, ben, f"REMOVE {other}").id))

    def merge(context: Context) -> None:
        kept, gone = (people.by_id(context.session, each) for each in (dee, other))
        removals.merge(context.session, kept, gone, context.now)

    in_one(hotline, clock, merge)
    in_one(hotline, clock, lambda context: done(context, proposals.by_id(context.session, made[0])))
    assert not hotline.database.read(lambda s: people.by_id(s, dee)).helps


def test_what_all_decide_to_spend_stands_in_the_purse_as_approved(hotline: Hotline, clock: StillClock) -> None:
    ben = visitor(hotline, BEN, "Ben").person_id
    decide(hotline, clock, ben, "SPEND $40.50 for diapers", "GASTAR 30 dólares en pan")
    found = hotline.database.read(lambda s: purse.every(s, 1))
    kept = [(e.cents, e.words, e.person_id, e.proposal_id, e.state, e.is_spent) for e in found]
    approved = purse.State.APPROVED
    assert kept == [(4050, "diapers", ben, 1, approved, True), (3000, "pan", ben, 2, approved, True)]


REFUSED = [
    ("SET doors per day lots", "set_no_value"),
    ("SET dors per day 4", "set_near"),
    ("AREA OFF Elm", "effect_no_area"),
    (f"AREA ADD {'Mill Pond ' * 5}", "effect_area_long"),
    ("ANSWER where do we wash all of our clothes: Oak", "effect_answer_how"),
    (f"ANSWER laundry: {'free ' * 80}", "effect_answer_how"),
    ("ANSWER laundry: off", "effect_no_answer"),
    ("HELP magic: nobody", "effect_resource_how"),
    ("HELP OFF St Paul", "effect_no_resource"),
    ("REMOVE Gwen", "effect_nobody"),
    ("REMOVE 99", "effect_nobody"),
    ("READMIT 1", "effect_not_out"),
    ("READMIT Ben", "effect_readmit_how"),
    ("PAUSE UNTIL whenever", "effect_pause_how"),
    (f"NAME: {'Mill ' * 20}", "effect_name_how"),
    ("NAME: see evil.com", "effect_name_how"),
    (f"GREETING: {'hello ' * 30}", "effect_greeting_how"),
    ("UNDO H99", "effect_undo_none"),
    ("SPEND €40 for diapers", "effect_spend_how"),
    ("SPEND $0", "effect_spend_how"),
]


@pytest.mark.parametrize(("words", "phrase"), REFUSED)
def test_what_cannot_be_is_refused_with_what_to_write(
    hotline: Hotline, clock: StillClock, words: str, phrase: str
) -> None:
    visitor(hotline, BEN, "Ben")

    def look(context: Context) -> None:
        found = effects.read(context, words)
        assert isinstance(found, Refusal)
        assert found.phrase == phrase
        assert all(phrasebook.book(code).say(phrase, found.values) for code in phrasebook.languages())

    in_one(hotline, clock, look)


PEOPLE_DO = [
    *("we buy a fridge", "set up a fridge on Oak St", "answer the phone faster", "name a cook for Friday"),
    *(
        "greeting people at the door",
        "remove the old couch from the porch",
        "help each other more",
        "undo the mess",
        "spend more time together",
    ),
    *("pause the cooking class", "take back the empty bottles to the store", "help: more hands on saturday"[4:], ""),
]


@pytest.mark.parametrize("words", PEOPLE_DO)
def test_what_people_do_has_no_effect(hotline: Hotline, clock: StillClock, words: str) -> None:
    in_one(hotline, clock, lambda context: _is_nothing(effects.read(context, words)))


def _is_nothing(found: object) -> None:
    assert found is None


TWICE = [
    ("AREA ADD Mill Pond", "cannot_area_there"),
    ("AREA OFF Riverside", "cannot_area_gone"),
    ("ANSWER pantry: off", "cannot_answer_gone"),
    ("HELP OFF St Paul", "cannot_resource_gone"),
    ("REMOVE Dee", "cannot_remove"),
    ("PAUSE FOR 1 DAY", "cannot_pause"),
    ("UNDO H{last}", "cannot_undo"),
]


@pytest.mark.parametrize(("words", "why"), TWICE)
def test_what_cannot_be_done_any_more_changes_nothing_and_says_why(
    hotline: Hotline, clock: StillClock, words: str, why: str
) -> None:
    """Two propose the same: the first to pass does it."""
    ben = visitor(hotline, BEN, "Ben").person_id
    visitor(hotline, DEE, "Dee")

    def begin(context: Context) -> None:
        changing.add_area(context, "Riverside", [], changing.HOST)
        changing.put_answer(context, Answer(("pantry",), "Sat 10-2"), changing.HOST)
        changing.put_resource(context, Resource(("food",), "Pantry at St Paul's"), changing.HOST)
        changing.set_figures(context, {"doors_per_day": 4}, changing.HOST)

    in_one(hotline, clock, begin)
    said = words.format(last=history(hotline)[-1].id)
    both: list[int] = []
    in_one(hotline, clock, lambda context: both.extend(proposed(context, ben, said).id for _ in range(2)))
    if why == "cannot_pause":
        clock.advance(timedelta(days=2))
    else:
        in_one(hotline, clock, lambda context: done(context, proposals.by_id(context.session, both[0])))
    known = len(history(hotline))

    def again(context: Context) -> None:
        with pytest.raises(CannotDo) as raised:
            done(context, proposals.by_id(context.session, both[1]))
        assert str(raised.value) == why
        assert phrasebook.book("es").say(why)

    in_one(hotline, clock, again)
    assert len(history(hotline)) == known


def test_what_another_line_changed_is_not_undone_here(hotline: Hotline, clock: StillClock) -> None:
    def look(context: Context) -> None:
        other = lines.add(context.session, context.now, name="Elm", sms="+12025550190")
        context.session.flush()
        changing.set_figures(Context(context.session, other, context.now), {"doors_per_day": 4}, changing.HOST)
        context.session.flush()
        event = line_events.latest(context.session, other.id, 1)[0]
        found = effects.read(context, f"UNDO H{event.id}")
        assert isinstance(found, Refusal)
        assert found.phrase == "effect_undo_none"

    in_one(hotline, clock, look)


def test_what_the_settings_say_does_not_take_back_what_was_decided(database_url: str, clock: StillClock) -> None:
    def run(words: str = "", **more: Any) -> tuple[str, int]:
        running = Hotline(fakes.settings(database_url, **more), carrier=fakes.Recorder(), clock=clock)
        running.prepare()
        if words:
            decide(running, clock, visitor(running, BEN, "Ben").person_id, *words.split("; "))
        line: Line = running.database.read(lambda s: lines.by_id(s, 1))
        running.stop()
        return line.name, line.policy.reply_limit

    first: dict[str, Any] = {"hotline_name": "Oak Neighbors", "hotline_reply_limit": 9}
    assert run(**first) == ("Oak Neighbors", 9)
    decided = ("Mill Pond Neighbors", 7)
    assert run("NAME Elm Neighbors; NAME Mill Pond Neighbors; SET reply limit 7", **first) == decided
    assert run(**first) == decided
    assert run(hotline_name="Ash Neighbors", hotline_reply_limit=8) == ("Ash Neighbors", 8)  # the host's newer word
    assert run(**first) == ("Oak Neighbors", 9)


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["decide", "host", "undo"]),
        st.sampled_from(["doors_per_day", "max_open", "vouches_per_week", "decided_only"]),
        st.sampled_from(["1", "3", "default"]),
    ),
    max_size=8,
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ACTS)
def test_the_history_tells_every_rule(base: Database, acts: list[tuple[str, str, str]]) -> None:
    """A rule changes only by a passed proposal or by the host, with an event: played again, it is what holds."""

    def work(session: Session) -> None:
        now = StillClock().now()
        line = lines.add(session, now, name="Elm")
        session.flush()
        context = Context(session, line, now)
        by = people.add(session, line, lines.Channel.SMS, BEN, now, name="Ben", helper=True).id
        for how, name, value in acts:
            shall = None if value == "default" else int(value)
            if name == "decided_only" and shall is not None:
                continue
            if how == "host":
                changing.set_figures(context, {name: shall}, changing.HOST)
            elif how == "decide":
                done(context, proposed(context, by, f"SET {name} {value}"))
            else:
                known = line_events.latest(session, line.id, 1)
                if known and isinstance(effects.read(context, f"UNDO H{known[0].id}"), Effect):
                    done(context, proposed(context, by, f"UNDO H{known[0].id}"))
            session.flush()
        told: dict[str, object] = {}
        for event in line_events.since(session, line.id, 0):
            assert told.get(event.name) == event.before
            assert (event.by_person_id is None) == (event.proposal_id is None)
            told[event.name] = event.after
        assert {name: value for name, value in told.items() if value is not None} == line.rules
        raise _Done

    with pytest.raises(_Done):
        base.write(work).result()


class _Done(Exception):
    """Nothing of it is kept: the next example begins with an empty line."""
