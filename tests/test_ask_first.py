"""Whom a request names to be asked first: alone for a while, or beside others where it presses."""

from datetime import timedelta

import pytest

from app.hotline import Hotline
from handlers.asking import waves
from handlers.turn import Context
from models import kept_apart, lines, people, requests
from models.lines import Channel
from models.people import Person
from models.requests import Request, State, Urgency
from models.store.session import Session
from tests.fakes import MORNING


def scene(session: Session, urgency: Urgency | None = None) -> tuple[Context, Request, list[Person]]:
    """A line with six volunteers, of whom the last two were asked last, and a request that names these first."""
    line = lines.add(session, MORNING, name="another line", sms="+12025550150")
    context = Context(session, line, MORNING)
    asker, _ = people.get_or_create(session, line, Channel.SMS, "+12025550101", MORNING)
    helpers = []
    for n in range(6):
        person, _ = people.get_or_create(session, line, Channel.SMS, f"+130355501{n:02}", MORNING)
        person.helper_since = person.vouched_at = MORNING
        person.last_asked_at = MORNING - timedelta(hours=9 - n)
        session.add(person)
        helpers.append(person)
    session.flush()
    request = requests.create(
        session,
        line,
        person_id=asker.id,
        state=State.OPEN,
        now=MORNING,
        needs=["food"],
        urgency=urgency,
        ask_first=[helpers[5].id, helpers[4].id],
    )
    session.flush()
    return context, request, helpers


def chosen(session: Session, context: Context, request: Request) -> list[int]:
    return [each.id for each in waves.choose(context, request, 3, first=True)]


def test_they_come_before_who_was_asked_least_recently(hotline: Hotline) -> None:
    def work(session: Session) -> None:
        context, request, helpers = scene(session)
        assert chosen(session, context, request) == [helpers[5].id, helpers[4].id, helpers[0].id]

    hotline.database.write(work).result()


@pytest.mark.parametrize("why", ["away", "opted out", "apart", "max", "hours", "other things", "asked enough"])
def test_who_may_not_be_asked_is_not_asked_first_either(hotline: Hotline, why: str) -> None:
    def work(session: Session) -> None:
        context, request, helpers = scene(session)
        last = helpers[5]
        if why == "away":
            last.away_until = MORNING + timedelta(days=1)
        elif why == "opted out":
            last.opted_out_at = MORNING
        elif why == "apart":
            kept_apart.keep(session, context.line.id, request.person_id, last.id, MORNING)
        elif why == "max":
            last.max_open = 0
        elif why == "hours":
            last.hours_from, last.hours_until = 60, 61
        elif why == "other things":
            last.can = ["transport"]
        else:
            last.asked_on, last.asked_today = lines.day(context.line, MORNING), context.line.policy.offers_per_day
        session.add(last)
        session.flush()
        assert chosen(session, context, request) == [helpers[4].id, helpers[0].id, helpers[1].id]

    hotline.database.write(work).result()


@pytest.mark.parametrize(("urgency", "asked"), [(None, 2), (Urgency.URGENT, 3)])
def test_they_are_asked_alone_unless_it_presses(hotline: Hotline, urgency: Urgency | None, asked: int) -> None:
    def work(session: Session) -> None:
        context, request, helpers = scene(session, urgency)
        texts = waves.ask_next(context, request, first=True)
        assert [text.to.id for text in texts if text.phrase == "offer"][:2] == [helpers[5].id, helpers[4].id]
        assert waves.asked(texts) == asked
        assert request.next_action_at is not None
        assert request.next_action_at - MORNING <= timedelta(minutes=context.line.policy.ask_first_alone)
        later = Context(session, context.line, request.next_action_at)
        assert waves.asked(waves.ask_next(later, request)) >= 3  # then the others

    hotline.database.write(work).result()
