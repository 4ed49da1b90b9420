"""A surge on a line with a history, lived through with the real handlers: a crew that carries so many a day, no more.

`python -m tests.benchmarks surge` lives through the long one, among people who mostly do not answer.
"""

from datetime import datetime, timedelta
from itertools import count, pairwise
from statistics import median

from sqlmodel import col, select

from app.hotline import Hotline
from models.delivery.outbound import Outbound
from models.requests import Event, Request, State, Urgency
from models.store.session import Session
from tests.besieged import ON_DUTY, VOLUNTEERS, Besieged, phone

HANDS = 6  # requests a day
USUALLY, SURGE = 4, 12  # new ones a day
BEFORE, LASTS, AFTER = 6, 5, 9  # days
DAY = timedelta(days=1)
LONGEST_SILENCE = timedelta(days=3, hours=1)


class Crew:
    """Neighbors who ask, and hands that take the oldest they were asked about, the urgent ones first."""

    def __init__(self, hotline: Hotline) -> None:
        self.line = Besieged(hotline)
        self.line.people()
        # Nobody reaches a limit of their own, and nobody is asked twice.
        self.line.rule(rate_sms=1e6, brake_requests=0, offers_per_day=0, daily_ceiling="", duty_again=100_000)
        self.line.rule(waves=[1], gap_today=240, queue_claims=15)
        self.neighbors = count(0)
        self.urgent_waits: list[float] = []  # seconds

    def day(self, asks: int, *, urgent: bool = False) -> None:
        """Thirteen hours by day, and the night."""
        for hour in range(13):
            for _ in range(asks * (hour + 1) // 13 - asks * hour // 13):
                n = next(self.neighbors)
                self.line.say(f"I need groceries for two, {n + 1} Oak St", by=phone(n))
            if urgent and hour == 5:
                n = next(self.neighbors)
                self.line.say(f"URGENT: baby formula, {n + 1} Oak St", by=phone(n))
                self.carry()
            for _ in range(HANDS * (hour + 1) // 13 - HANDS * hour // 13):
                self.carry()
            self.line.later(hours=1)
        self.line.later(hours=11)

    def carry(self) -> None:
        """One request is taken, brought and confirmed."""
        taken = [r for r in self.line.requests() if r.state is State.OPEN and not r.in_line]
        if not taken:
            return
        first = min(taken, key=lambda r: (r.urgency is not Urgency.URGENT, r.number))
        helper = VOLUNTEERS[first.number % len(VOLUNTEERS)]
        if first.urgency is Urgency.URGENT:
            self.urgent_waits.append((self.line.hotline.clock.now() - first.created_at).total_seconds())
        self.line.say(f"CLAIM {first.number}", by=helper)
        self.line.say(f"DONE {first.number}", by=helper)
        self.line.say("1", by=phone(first.number - 1))


def told_first(session: Session) -> dict[int, tuple[datetime, datetime]]:
    """By request in line, when it came and the day of its turn that its neighbor was told at once."""
    found: dict[int, tuple[datetime, datetime]] = {}
    events = select(Event.request_id, Event.at, Event.words).where(Event.kind == "turn_told").order_by(col(Event.id))
    for request_id, at, words in session.exec(events):
        if words:
            found.setdefault(request_id, (at, datetime.fromisoformat(words)))
    return found


def silences(texts: list[Outbound], requests: list[Request]) -> list[timedelta]:
    """The longest that each in line heard nothing, until their turn."""
    found = []
    for request in requests:
        assert request.turn_at is not None
        theirs = [t.created_at for t in texts if t.request_id == request.id and t.person_id == request.person_id]
        heard = [at for at in theirs if at <= request.turn_at] + [request.turn_at]
        found.append(max((b - a for a, b in pairwise(heard)), default=timedelta(0)))
    return found


def test_a_surge_waits_in_line_and_hears_what_comes_true(hotline: Hotline) -> None:
    crew = Crew(hotline)
    for _ in range(BEFORE):
        crew.day(USUALLY, urgent=True)
    assert not any(r.queued_at for r in crew.line.requests())
    usual = median(crew.urgent_waits)
    for _ in range(LASTS):
        crew.day(SURGE, urgent=True)
    for _ in range(AFTER):
        crew.day(USUALLY // 2, urgent=True)
    everybody = crew.line.requests()
    queued = sorted((r for r in everybody if r.queued_at), key=lambda r: (r.queued_at, r.number))
    assert len(queued) > 20
    assert not [r.number for r in queued if r.turn_at is None]  # nobody lost
    assert not [r.number for r in queued if r.urgency is Urgency.URGENT]
    assert all(a.turn_at <= b.turn_at for a, b in pairwise(queued) if a.turn_at and b.turn_at)  # nobody passed
    assert max(silences(crew.line.texts(), queued)) <= LONGEST_SILENCE  # nobody without a word
    told = hotline.database.read(told_first)
    assert set(told) == {r.id for r in queued}
    said = median((turn - at) / DAY for at, turn in told.values())
    real = median((r.turn_at - r.queued_at) / DAY for r in queued if r.turn_at and r.queued_at)
    assert 0.75 <= real / said <= 1.25, (said, real)
    assert median(crew.urgent_waits) == usual  # as if there was no surge
    for dee in ON_DUTY:  # a flood of requests, a text when it begins and one when it ends
        assert [t.phrase for t in crew.line.texts("duty_line_on", "duty_line_off", to=dee)] == [
            "duty_line_on",
            "duty_line_off",
        ]
