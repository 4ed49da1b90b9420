"""Whom we ask: what the database finds by its indexes is what a patient person would find with a pencil."""

import random
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select

from app.hotline import Hotline
from handlers.asking import matching, waves
from handlers.helping import leasing
from handlers.turn import Context
from models import assignments, candidates, lines, offers, people, requests
from models.candidates import Among, Candidate, Search
from models.lines import Channel, Line
from models.offers import Offer
from models.people import Person
from models.requests import Request, State, Urgency
from models.store.session import Session
from tests.fakes import MORNING
from tests.plans import plan

NEEDS = ["food", "medicine", "transport"]


def candidate(id_: int, asked: int | None = None, **more: Any) -> Candidate:
    """A volunteer last asked so many minutes after some moment, or never."""
    return Candidate(id_, last_asked_at=None if asked is None else MORNING + timedelta(minutes=asked), **more)


def chosen(crowd: list[Candidate], size: int) -> list[int]:
    return [candidate.id for candidate in matching.choose(crowd, size)]


def test_the_least_recently_asked_comes_first() -> None:
    assert chosen([candidate(1, 3), candidate(2, 1), candidate(3, 2)], 2) == [2, 3]


def test_of_those_asked_at_the_same_moment_whoever_lives_there_comes_first() -> None:
    assert chosen([candidate(1, 1), candidate(2, 1, lives_there=True)], 2) == [2, 1]


def test_one_place_is_for_somebody_who_was_never_asked() -> None:
    assert chosen([*(candidate(n, n) for n in range(1, 4)), candidate(9)], 3) == [1, 2, 9]
    assert chosen([candidate(1, 1), candidate(9)], 1) == [1]  # no wave hangs on a newcomer alone


def test_strangers_and_those_who_do_not_answer_only_fill_up() -> None:
    crowd = [candidate(1, 1, among=Among.CALLED_OFF), candidate(4, 0, among=Among.TIRED)]
    assert chosen([*crowd, candidate(2, 2, speaks=False), candidate(3, 3)], 4) == [3, 2, 4, 1]


@dataclass
class Scene:
    """A line with volunteers of all kinds, and a request."""

    session: Session
    dice: random.Random
    line: Line
    volunteers: list[Person]
    request: Request
    can_wait: Request
    night: bool
    minute: int  # of the day, on the line's clock

    def patiently(self, now: datetime, size: int) -> list[int]:
        """The choice, made by looking at every volunteer."""
        found = [
            Candidate(
                p.id,
                speaks=self.request.language in (p.languages or [p.language or self.line.language]),
                among=among,
                lives_there=self.request.area_id in p.areas,
                last_asked_at=p.last_asked_at,
            )
            for p in self.volunteers
            if self.fits(p, now) and (among := self.among(p)) is not None
        ]
        looked_at: list[Candidate] = []
        for among in (Among.FREE, Among.TIRED, Among.CALLED_OFF):
            for speaks in (True, False):
                if len(looked_at) < size:
                    looked_at += [c for c in found if (c.among, c.speaks) == (among, speaks)]
        return chosen(looked_at, size)

    def among(self, p: Person) -> Among | None:
        """In which turn somebody is looked for, if at all."""
        urgent = self.request.urgency is Urgency.URGENT
        may_be_woken = urgent and (p.wake_since is not None or p.on_duty_since is not None)
        if not (self.in_hours(p) and not self.night) and not may_be_woken:
            return None
        if p.digest_since is not None and not urgent:
            return None
        if p.pending_offer_request_id is not None:
            return Among.CALLED_OFF if urgent and p.pending_offer_request_id == self.can_wait.id else None
        tired = p.unanswered >= self.line.policy.unanswered_most and self.request.number % 3 != 0
        return Among.TIRED if tired else Among.FREE

    def in_hours(self, p: Person) -> bool:
        """Whether their own hours are now."""
        if p.hours_from is None or p.hours_until is None or p.hours_from == p.hours_until:
            return True
        minutes = range(p.hours_from, p.hours_until + (1440 if p.hours_until < p.hours_from else 0))
        return self.minute in minutes or self.minute + 1440 in minutes

    def fits(self, p: Person, now: datetime) -> bool:
        """Whether a volunteer may be asked at all."""
        needs = {need for need in self.request.needs if need != "other"}
        most = self.line.policy.max_open if p.max_open is None else p.max_open
        return (
            p.helps
            and p.opted_out_at is None
            and (p.away_until is None or p.away_until <= now)
            and (not p.can or not needs or bool(needs & set(p.can)))
            and (not p.areas or self.request.area_id is None or self.request.area_id in p.areas)
            and len(assignments.held_by(self.session, p.id)) < most
            and not self.session.exec(
                select(Offer).where(Offer.request_id == self.request.id, Offer.person_id == p.id)
            )
        )


def scene(session: Session, seed: int, now: datetime, *, first: bool) -> Scene:
    """A line by chance, always the same for one seed."""
    dice = random.Random(seed)
    line = lines.add(session, now, name="another line", sms="+12025550150")
    areas = [lines.add_area(session, line.id, f"area {n}") for n in range(12)]
    asker, _ = people.get_or_create(session, line, Channel.SMS, "+12025550101", now)

    def asked_for(need: list[str], urgency: Urgency | None = None) -> Request:
        return requests.create(
            session,
            line,
            person_id=asker.id,
            state=State.OPEN,
            now=now,
            needs=need,
            language=dice.choice(["en", "es"]),
            area_id=dice.choice([None, areas[0].id, areas[1].id]),
            urgency=urgency,
        )

    for _ in range(seed % 3):
        asked_for(["food"])
    urgency = Urgency.URGENT if seed % 4 else None
    request = asked_for(dice.choice([["food"], ["food", "medicine"], ["other"], NEEDS]), urgency)
    can_wait, urgent_too = asked_for(["food"]), asked_for(["food"], Urgency.URGENT)
    volunteers = []
    for n in range(dice.randrange(60)):
        person, _ = people.get_or_create(session, line, Channel.SMS, f"+130355501{n:02}", now)
        person.helper_since = now
        person.vouched_at = now if dice.random() < 0.9 else None
        person.opted_out_at = now if dice.random() < 0.1 else None
        person.away_until = dice.choice([None, None, None, now, now + timedelta(hours=1)])
        person.can = dice.choice([[], [], ["food"], dice.sample(NEEDS, 2)])
        person.areas = dice.choice([[], [areas[0].id], [areas[10].id], [areas[11].id, areas[1].id]])
        person.languages = dice.choice([[], ["en"], ["es"], ["en", "es"], ["est"]])
        person.language = dice.choice([None, "en", "es"])
        person.last_asked_at = dice.choice([None, *(now - timedelta(hours=h) for h in (1, 2, 3))])
        person.max_open = dice.choice([None, None, 0, 1])
        person.pending_offer_request_id = dice.choice([None, None, None, can_wait.id, urgent_too.id])
        person.unanswered = dice.choice([0, 0, 0, 2, 3, 5])
        person.wake_since = now if dice.random() < 0.2 else None
        person.digest_since = now if dice.random() < 0.1 else None
        person.hours_from, person.hours_until = dice.choice(
            [(None, None), (None, None), (540, 1080), (600, 1080), (1080, 601), (1320, 600), (0, 0)]
        )
        session.add(person)
        if dice.random() < 0.2:
            held = asked_for(["food"])
            assignments.start(session, leasing.draw_up(Context(session, line, now), held, person.id))
        if not first and dice.random() < 0.1:
            offers.create(session, request, [person], 1, now)
        session.refresh(person)
        volunteers.append(person)
    session.flush()
    night = bool(seed % 2)
    minute = 3 * 60 if night else 10 * 60
    return Scene(session, dice, line, volunteers, request, can_wait, night, minute)


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("seed", range(40))
def test_few_looks_find_whom_a_look_at_everybody_finds(hotline: Hotline, seed: int, first: bool) -> None:
    def work(session: Session) -> tuple[list[int], list[int]]:
        now = MORNING - timedelta(hours=7) if seed % 2 else MORNING
        drawn = scene(session, seed, now, first=first)
        size = drawn.dice.choice([1, 2, 3, 10_000])
        patiently = drawn.patiently(now, size)
        found = waves.choose(Context(session, drawn.line, now), drawn.request, size, first=first)
        return [candidate.id for candidate in found], patiently

    found, patiently = hotline.database.write(work).result()
    assert found == patiently


@pytest.mark.parametrize(
    ("among", "index"),
    [(Among.FREE, "ix_person_free"), (Among.TIRED, "ix_person_free"), (Among.CALLED_OFF, "ix_person_busy")],
)
@pytest.mark.fresh
def test_volunteers_are_read_in_the_order_of_their_index(hotline: Hotline, among: Among, index: str) -> None:
    """With a hundred thousand people, a choice that read and sorted them would take as long as ten texts."""
    looked_for = Search(
        among,
        same_language=True,
        first=True,
        urgent=True,
        night=False,
        tired_too=False,
        newcomers_too=True,
        needs=1,
        area=True,
    )
    search = candidates._candidates(looked_for)
    asked = {
        "line_id": 1,
        "line_language": "en",
        "language": "en",
        "max_open": 3,
        "asker_id": 1,
        "request_id": 1,
        "complained_of": 0,
    }
    asked |= {"as_language": '"en"', "as_area": " 1,", "as_need0": '"food"', "now": MORNING, "limit": 3}
    asked |= {"today": "2026-03-03", "most_offers": 10, "minute": 600, "unanswered_most": 3}
    asked |= {"cut_off_since": MORNING, "by_template": ["en"]}

    def work(session: Session) -> str:
        compiled = search.on(session.dialect)
        bound = compiled.parameters(asked)
        return plan(session, compiled.sql, tuple(bound) if compiled.positional else bound)

    assert set(re.findall(r"ix_person\w+", hotline.database.read(work))) == {index}
