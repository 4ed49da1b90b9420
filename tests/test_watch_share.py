"""How long each had the watch, who is thanked for most of it, and who is asked for turns first."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from app.hotline import Hotline
from handlers.on_duty import duty_share, rota
from handlers.turn import Context
from models import lines, people, person_events, watch
from models.lines import Channel
from models.store.session import Session
from tests import neighbors
from tests.fakes import MORNING

NAMES = ("Ana", "Ben", "Caro", "Dee")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONTH = timedelta(days=29)  # from 3 March to 1 April


def team(session: Session, names: Sequence[str] = NAMES) -> dict[str, int]:
    """Volunteers by name, none of them on duty."""
    line = lines.all_lines(session)[0]
    made = {
        name: neighbors.add(session, line, Channel.SMS, f"+1202555010{n}", MORNING, name=name, helper=True)
        for n, name in enumerate(names, 1)
    }
    session.flush()
    return {name: person.id for name, person in made.items()}


def stood(session: Session, person_id: int, since: timedelta, until: timedelta) -> None:
    """Somebody had the watch from then until then, counted from the first morning."""
    person = people.by_id(session, person_id)
    person.on_duty_since = MORNING + since
    watch.end(session, person, MORNING + until)
    session.flush()


def test_hours_are_counted_within_the_span_and_so_are_those_under_way(hotline: Hotline) -> None:
    def work(session: Session) -> None:
        known = team(session)
        stood(session, known["Ana"], -10 * HOUR, 4 * HOUR)  # began before
        stood(session, known["Ben"], 2 * HOUR, 3 * HOUR)
        stood(session, known["Ben"], 9 * HOUR, 20 * HOUR)  # ends after
        stood(session, known["Caro"], -9 * HOUR, -HOUR)  # is over before
        people.by_id(session, known["Dee"]).on_duty_since = MORNING + 8 * HOUR  # goes on
        session.add(people.by_id(session, known["Dee"]))
        session.flush()
        found = watch.held(session, 1, MORNING, MORNING + 10 * HOUR)
        assert found == {known["Ana"]: 4 * HOUR, known["Ben"]: 2 * HOUR, known["Dee"]: 2 * HOUR}

    hotline.database.write(work).result()


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        ({"Dee": 20, "Ana": 4}, 83),
        ({"Dee": 12, "Ana": 12}, None),
        ({"Dee": 1}, 100),
        ({}, None),
    ],
)
def test_most_of_the_watch_is_said_once_a_month(hotline: Hotline, hours: dict[str, int], said: int | None) -> None:
    def work(session: Session) -> None:
        known = team(session)
        for day in range(28):
            for name, long in hours.items():
                stood(session, known[name], day * DAY, day * DAY + long * HOUR)
        line = lines.all_lines(session)[0]
        april = Context(session, line, MORNING + MONTH)
        found = duty_share.share(april)
        assert (found.percent if found else None) == said
        texts = [*duty_share.act(april)]
        assert sorted(text.phrase for text in texts) == (
            [*["duty_share"] * 3, "duty_share_yours"] if said is not None else []
        )
        session.flush()
        assert [*duty_share.act(Context(session, line, MORNING + MONTH + DAY))] == []

    hotline.database.write(work).result()


def test_one_week_of_much_is_not_said(hotline: Hotline) -> None:
    def work(session: Session) -> None:
        known = team(session)
        stood(session, known["Dee"], 2 * DAY, 8 * DAY)
        for day in range(9, 28, 7):
            stood(session, known["Ana"], day * DAY, day * DAY + HOUR)
        line = lines.all_lines(session)[0]
        assert duty_share.share(Context(session, line, MORNING + MONTH)) is None

    hotline.database.write(work).result()


def test_of_two_nothing_is_said_and_a_group_may_switch_it_off(hotline: Hotline) -> None:
    def work(session: Session) -> None:
        known = team(session, NAMES[:2])
        line = lines.all_lines(session)[0]
        for day in range(28):
            stood(session, known["Ana"], day * DAY, day * DAY + 10 * HOUR)
        april = Context(session, line, MORNING + MONTH)
        assert duty_share.share(april) is None
        neighbors.add(session, line, Channel.SMS, "+12025550109", MORNING, name="Gus", helper=True)
        session.flush()
        assert duty_share.share(april) is not None
        line.rules = {**line.rules, "duty_share_weeks": 0}
        assert duty_share.share(april) is None

    hotline.database.write(work).result()


def test_who_had_least_of_the_watch_is_asked_first_and_newcomers_last(hotline: Hotline) -> None:
    def work(session: Session) -> None:
        known = team(session)
        stood(session, known["Ana"], 0 * HOUR, 9 * HOUR)
        stood(session, known["Ben"], 0 * HOUR, 2 * HOUR)
        person_events.record(session, 1, known["Caro"], person_events.ASKED_TURN, MORNING)
        gus = neighbors.add(
            session, lines.all_lines(session)[0], Channel.SMS, "+12025550109", MORNING, name="Gus", helper=True
        )
        gus.vouched_by_person_id = known["Ana"]
        session.add(gus)
        session.flush()
        context = Context(session, lines.all_lines(session)[0], MORNING + DAY)
        everybody = [*(people.by_id(session, id_) for id_ in known.values()), gus]
        assert [p.name for p in rota.by_turns(context, everybody)] == ["Dee", "Caro", "Ben", "Ana", "Gus"]

    hotline.database.write(work).result()
