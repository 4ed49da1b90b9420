"""The rows of a line that people have lived with: requests in every state with their history, alarms, duty, and texts
that belong to requests. It is what pages are measured on; all else is as in `rows`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from tests.benchmarks import texts
from tests.benchmarks.rows import Row, Rows

TEXTS_A_REQUEST = 5
DUTY = 3  # volunteers who are on duty now
NEWCOMERS = 25  # neighbors who want to help, and for whom nobody has vouched yet
ALARMS = 3  # that nobody has heard
TASKS = 30  # that wait for duty
OUTCOMES = ("fulfilled",) * 7 + ("partial", "unmet", "unconfirmed", "withdrawn", "referred", "merged")
STATES = {0: "claimed", 50: "delivered", 25: "held", 75: "draft"}  # of what is not open: of each hundred
CLAIMED = ("claimed", "delivered")
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class LivedIn(Rows):
    """Row `n` of each table."""

    def state(self, number: int) -> str:
        """Where a request stands."""
        if number <= self.plan.open:
            return "open"
        return STATES.get((number - self.plan.open) % 100, "closed")

    def began(self, number: int) -> datetime:
        """When it was asked for: what is open is as old as what is over."""
        is_open, count = number <= self.plan.open, (self.plan.open, self.plan.closed)
        return self.ago(number if is_open else number - self.plan.open, count[not is_open])

    def moved(self, number: int) -> datetime:
        """When it last changed: within a day and a half."""
        return min(self.began(number) + HOUR * (1 + number % 36), self.now)

    def asker(self, number: int) -> int:
        """The id of whoever asked for it."""
        return self.plan.helpers + (number - 1) % (self.plan.everybody - self.plan.helpers) + 1

    def taker(self, number: int) -> int:
        """The id of the volunteer who took it, where somebody did."""
        return self.asked(number, 0) + 1

    def person(self, n: int) -> Row:
        """Some are new, some on duty, some away."""
        helps = n < self.plan.helpers
        new = self.plan.helpers <= n < self.plan.helpers + NEWCOMERS
        since = self.ago(n, self.plan.everybody)
        return super().person(n) | {
            "name": f"Volunteer {n}" if helps else f"Neighbor {n}" if n % 3 else "",
            "helper_since": since if helps or new else None,
            "vouched_at": since if helps else None,
            "vouched_by_person_id": n // 2 + 1 if helps and n else None,
            "on_duty_since": self.now - 2 * HOUR if n < DUTY else None,
            "away_until": self.now + 48 * HOUR if helps and n % 20 == 19 else None,
        }

    def request(self, number: int) -> Row:
        """In every state, with every urgency."""
        state = self.state(number)
        return super().request(number) | {
            "person_id": self.asker(number),
            "state": state,
            "outcome": OUTCOMES[number % len(OUTCOMES)] if state == "closed" else None,
            "urgency": (None, "today", "anytime", "urgent")[number % 4] if number % 3 else None,
            "danger": "life" if self.alarmed(number) else None,
            "emergency": self.alarmed(number),
            "vicinity": [*texts.AREAS.values()][number % 3],
            "language": "es" if number % 4 == 3 else "en",
            "people": 1 + number % 6,
            "next_action_at": None if state == "closed" else self.now + timedelta(days=1),
            "changed_at": self.moved(number),
            "created_at": self.began(number),
        }

    def alarmed(self, number: int) -> bool:
        """Whether it tells of danger that nobody has heard of yet."""
        first = self.plan.open + 25  # the first that is held
        return self.state(number) == "held" and number < first + 100 * ALARMS

    def events(self, number: int) -> Iterator[Row]:
        """All that happened to it."""
        state, asked, took = self.state(number), self.began(number), self.taker(number)
        yield _event(number, asked, "asked", self.asker(number), state="held" if state == "held" else "draft")
        if state in ("draft", "held"):
            return
        yield _event(number, asked, "opened", self.asker(number), state="open")
        yield _event(number, asked, "wave", None, words="3")
        if number % 10 == 0:
            yield _event(number, asked + HOUR / 2, "note", 1, words="Called them; they are home after 4")
        if state == "open":
            return
        yield _event(number, asked + HOUR / 2, "claimed", took, state="claimed")
        yield _event(number, asked + HOUR * 0.7, "on_the_way", took)
        if state == "claimed":
            return
        yield _event(number, asked + HOUR * (1 + number % 36) * 0.9, "delivered", took, state="delivered")
        if state == "closed":
            yield _event(number, self.moved(number), "closed", self.asker(number), state="closed")

    def offer(self, number: int, n: int) -> Row:
        """Of three, one took it or nobody yet; some have said no."""
        is_open, at = self.state(number) == "open", self.began(number)
        passed = n > 0 and (number + n) % 4 == 0  # the first is who will claim it
        state = "passed" if passed else "sent" if is_open else "superseded" if n else "accepted"
        answered = None if state == "sent" else at + HOUR / 2
        return super().offer(number, n) | {"state": state, "created_at": at, "answered_at": answered}

    def assignments(self, number: int) -> Iterator[Row]:
        """Who has it in hand, or had."""
        state, at = self.state(number), self.began(number) + HOUR / 2
        if state not in (*CLAIMED, "closed"):
            return
        yield {
            "request_id": number,
            "person_id": self.taker(number),
            "state": "active" if state in CLAIMED else "done",
            "note": "after 6" if number % 9 == 0 else None,
            "taken_at": at,
            "heard_at": at,
            "leased_until": self.now + 24 * HOUR if state in CLAIMED else at + 6 * HOUR,
            "ended_at": None if state in CLAIMED else self.moved(number),
        }

    def outbound(self, n: int, state: str) -> Row:
        """What a delivered text has cost, too."""
        return super().outbound(n, state) | {"price": "0.0083" if state != "ready" else None, "lane": 1 + n % 4}

    def belonging(self, new: sa.ColumnElement[int]) -> dict[str, sa.ColumnElement[Any]]:
        """To which request a text of this id belongs, to whom it went and what it said; five in a row are one's."""
        total, helpers = self.plan.open + self.plan.closed, self.plan.helpers
        number = new // TEXTS_A_REQUEST % total + 1
        nth = new % TEXTS_A_REQUEST
        said = sa.cast(number, sa.String)
        asker = helpers + (number - 1) % (self.plan.everybody - helpers) + 1
        offered = nth.between(1, 3)
        return {
            "request_id": number,
            "person_id": sa.case((offered, (3 * number % helpers + nth - 1) % helpers + 1), else_=asker),
            "phrase": sa.case((nth == 0, "got_it"), (offered, "offer"), else_="claimed"),
            "body": sa.case(
                (nth == 0, "Got it: Groceries for 3, Oak St. You are #" + said + ". I'm asking 3 neighbors now."),
                (offered, "#" + said + " Groceries for 3. CLAIM " + said + " or PASS " + said),
                else_="Ben takes #" + said + "! Code word at the door: maple.",
            ),
        }

    def more(self) -> Iterable[tuple[str, Iterable[Row]]]:
        """What there is besides: a table's name and its rows."""
        numbers = range(1, self.plan.open + self.plan.closed + 1)
        alarmed = [number for number in numbers if self.alarmed(number)]
        yield "alarm", map(self._alarm, alarmed)
        yield "dutytask", map(self._task, range(1, min(TASKS, self.plan.open) + 1))
        yield "shift", map(self._shift, range(min(14, self.plan.helpers)))
        vouched = range(1, self.plan.helpers)
        yield (
            "personevent",
            (self._about(n + 1, "vouched", self.ago(n, self.plan.everybody), by=n // 2 + 1) for n in vouched),
        )
        yield "personevent", map(self._saw, numbers[self.plan.open :])
        yield "spending", map(self._spent, range(90))
        yield "broadcast", map(self._broadcast, range(1, 13))

    def _alarm(self, number: int) -> Row:
        return {
            "line_id": 1,
            "request_id": number,
            "person_id": self.asker(number),
            "kind": "life",
            "words": "my chest hurts and i cant breathe",
            "raised_at": self.now - HOUR / 4,
            "step": 1,
        }

    def _task(self, number: int) -> Row:
        return {
            "line_id": 1,
            "request_id": number,
            "phrase": "duty_question",
            "raised_at": self.now - HOUR * number,
            "said": 1,
        }

    def _shift(self, n: int) -> Row:
        starts = (self.now - 2 * HOUR).replace(minute=0, second=0, microsecond=0) + 12 * HOUR * n
        return {
            "line_id": 1,
            "person_id": n + 1,
            "starts_at": starts,
            "ends_at": starts + 12 * HOUR,
            "begins": 8 * 60,
            "ends": 20 * 60,
            "weekly": True,
            "asked": [],
            "created_at": self.now - 24 * HOUR,
        }

    def _about(self, person_id: int, kind: str, at: datetime, by: int | None, request_id: int | None = None) -> Row:
        return {
            "line_id": 1,
            "person_id": person_id,
            "at": at,
            "kind": kind,
            "by_person_id": by,
            "request_id": request_id,
        }

    def _saw(self, number: int) -> Row:
        return self._about(self.taker(number), "saw_place", self.began(number) + HOUR / 2, None, number)

    def _spent(self, n: int) -> Row:
        day = (self.now - timedelta(days=n)).date().isoformat()
        return {"line_id": 1, "day": day, "segments": 5_000 + 37 * n, "micros": 41_500_000 + 300_000 * n}

    def _broadcast(self, n: int) -> Row:
        at = self.now - timedelta(days=7 * n)
        return {
            "line_id": 1,
            "by_person_id": 1,
            "words": f"Saturday {n}: we pack boxes at ten",
            "audience": "volunteers",
            "created_at": at,
            "confirmed_by_person_id": 2,
            "sent_at": at + HOUR / 12,
        }


def _event(
    number: int, at: datetime, kind: str, by: int | None, *, state: str | None = None, words: str | None = None
) -> Row:
    return {"request_id": number, "at": at, "kind": kind, "state": state, "by_person_id": by, "words": words}
