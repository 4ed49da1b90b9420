"""The rows of a database that has seen some life: plain dictionaries, the same on every run."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from models.lines import Channel
from tests import fakes, webhooks
from tests.benchmarks import texts

Row = dict[str, Any]

SPAN = timedelta(days=90)  # the time over which everything stored came in
# No limit of a real line stands in the way of the load.
PATIENT = {
    "reply_limit": 0,
    "burst_seconds": 0,  # the first wave, which time would bring, is part of what is measured
    "quiet_from": 8,  # whatever the hour at which it is measured
    "quiet_until": 8,
    "max_open": 1_000_000,
    "most_open_requests": 0,
    "requests_per_day": 0,
    "offers_per_day": 0,
    "brake_requests": 0,
    "daily_ceiling": "1000000",
}
OWN = ("MessageSid", "SmsSid", "SmsMessageSid", "From", "To", "Body")


@dataclass(frozen=True)
class Plan:
    """What is in a database before the first text."""

    open: int  # requests, each with three volunteers asked; the load claims them
    helpers: int = 200
    people: int = 0  # in all; at least the volunteers and whoever asked
    closed: int = 0  # requests that are over
    messages: int = 0  # half came in, half went out
    ready: int = 0  # texts that wait to be sent
    rules: Row = field(default_factory=dict)
    lived_in: bool = False  # with requests in every state, their history, and texts that belong to them

    @property
    def everybody(self) -> int:
        """Volunteers first, then neighbors; every open request has a neighbor of its own."""
        return max(self.people, self.helpers + self.open)


@dataclass(frozen=True)
class Rows:
    """Row `n` of each table. Ids are given, so that rows can name each other."""

    plan: Plan
    now: datetime
    size: int  # messages either way, among which the span is divided

    def ago(self, n: int, of: int) -> datetime:
        """A time within the span, the later the greater `n`."""
        return self.now - SPAN * (1 - n / (of + 1))

    def line(self) -> Row:
        """The group's line, which the settings describe too."""
        return {
            "id": 1,
            "name": "Oak Street Neighbors",
            "sms": fakes.LINE,
            "whatsapp": fakes.WHATSAPP,
            "language": "en",
            "timezone": "America/New_York",
            "country": "US",
            "emergency_number": "911",
            "from_settings": True,
            "last_request": self.plan.open + self.plan.closed,
            "rules": {**PATIENT, **self.plan.rules},
            "created_at": self.now - SPAN,
        }

    def area(self, n: int) -> Row:
        """One of the three areas."""
        name, street = [*texts.AREAS.items()][n - 1]
        return {"id": n, "line_id": 1, "name": name, "aliases": [street]}

    def person(self, n: int) -> Row:
        """Volunteers first; a tenth of them has never been asked."""
        helps = n < self.plan.helpers
        since = self.ago(n, self.plan.everybody)
        return {
            "id": n + 1,
            "line_id": 1,
            "name": f"Volunteer {n}" if helps else "",
            "language": "es" if n % 4 == 3 else "en",
            "languages": [["en"], ["en", "es"], ["en"], ["es"]][n % 4] if helps else [],
            "can": [[], [], texts.NEEDS[:3], texts.NEEDS[2:]][n % 4] if helps else [],
            "areas": [n // 8 % 3 + 1] if helps and n // 4 % 2 else [],
            "helper_since": since if helps else None,
            "vouched_at": since if helps else None,
            "last_asked_at": self.ago(n, self.plan.helpers) if helps and n % 10 else None,
            "pending_offer_request_id": self.weighed.get(n),
            "created_at": since,
        }

    @cached_property
    def weighed(self) -> dict[int, int]:
        """Which request a volunteer was asked about last and has not answered: a third has one, the rest are free."""
        numbers = range(1, self.plan.open + 1)
        last = {self.asked(number, n): number for number in numbers for n in range(3)}
        return {n: number for n, number in last.items() if n % 3 == 0}

    def asked(self, number: int, n: int) -> int:
        """Which volunteer was asked about a request, as one of three."""
        return (texts.asked_first(number, self.plan.helpers) + n) % self.plan.helpers

    def address(self, n: int) -> Row:
        """Where person `n` texts from."""
        helpers = self.plan.helpers
        channel, value = texts.helper(n) if n < helpers else texts.neighbor(n - helpers)
        return {
            "id": n + 1,
            "line_id": 1,
            "person_id": n + 1,
            "channel": channel,
            "value": value,
            "reply_times": [],
            "unreachable_count": 0,
            "last_heard_at": self.ago(n, self.plan.everybody),
            "window_opened_at": self.now if channel is Channel.WHATSAPP else None,  # they wrote today
            "created_at": self.ago(n, self.plan.everybody),
        }

    def request(self, number: int) -> Row:
        """An open request, or one that is over."""
        is_open = number <= self.plan.open
        others = self.plan.everybody - self.plan.helpers
        return {
            "id": number,
            "line_id": 1,
            "number": number,
            "person_id": self.plan.helpers + (number - 1) % others + 1,
            "state": "open" if is_open else "closed",
            "outcome": None if is_open else "fulfilled",
            "needs": [texts.NEEDS[number % 5]],
            "text": texts.ask(number),
            "people": 3,
            "urgency": None,
            "emergency": False,
            "area_id": number % 3 + 1,
            "place": f"{100 + number} {[*texts.AREAS.values()][number % 3]}",
            "language": "en",
            "helpers_wanted": 1,
            "code_word": "maple",
            "wave": 1,
            "next_action_at": self.now + timedelta(days=1) if is_open else None,
            "changed_at": self.ago(number, self.plan.open + self.plan.closed),
            "created_at": self.ago(number, self.plan.open + self.plan.closed),
        }

    def events(self, number: int) -> Iterable[Row]:
        """How request `n` began."""
        yield {"request_id": number, "at": self.now - SPAN, "kind": "asked", "state": "draft"}

    def offer(self, number: int, n: int) -> Row:
        """One of the three volunteers asked about a request."""
        return {
            "id": 3 * number + n - 2,
            "line_id": 1,
            "request_id": number,
            "person_id": self.asked(number, n) + 1,
            "wave": 1,
            "state": "sent" if number <= self.plan.open else "superseded" if n else "accepted",
            "created_at": self.now - SPAN,
        }

    def assignments(self, number: int) -> Iterable[Row]:
        """Who helped with a request, where it is over."""
        if number <= self.plan.open:
            return
        at = self.ago(number, self.plan.open + self.plan.closed)
        yield {
            "request_id": number,
            "person_id": self.asked(number, 0) + 1,
            "state": "done",
            "taken_at": at,
            "ended_at": at,
        }

    def inbound(self, n: int) -> Row:
        """A text that came in."""
        sid = f"SMa{n}"
        channel, sender = texts.neighbor(n)
        said = webhooks.sms(sender, texts.ask(n), sid=sid)
        return {
            "id": n,
            "line_id": 1,
            "sid": sid,
            "channel": channel,
            "from_address": sender,
            "person_id": n % self.plan.everybody + 1,
            "body": said["Body"],
            "media": [],
            "fields": {name: value for name, value in said.items() if name not in OWN},
            "intent": "ask",
            "received_at": self.ago(n, self.size),
        }

    def outbound(self, n: int, state: str) -> Row:
        """A text that went out, or waits to."""
        person = n % self.plan.everybody
        to = texts.helper(person) if person < self.plan.helpers else texts.neighbor(person - self.plan.helpers)
        return {
            "id": n,
            "line_id": 1,
            "person_id": person + 1,
            "key": f"{n}:0" if state != "ready" else f"ready-{n}:0",
            "phrase": "got_it",
            "channel": to[0],
            "from_number": fakes.LINE if to[0] == "sms" else fakes.WHATSAPP,
            "to": to[1],
            "body": f"Got it, #{n}. We are asking 3 volunteers near you and write as soon as one of them can come.",
            "segments": 1,
            "lane": 2,
            "rank": self.now if state == "ready" else self.ago(n, self.size),
            "state": state,
            "tries": 0 if state == "ready" else 1,
            "retries": 0,
            "sid": None if state == "ready" else f"SMc{n}",
            "created_at": self.now if state == "ready" else self.ago(n, self.size),
            "changed_at": self.now if state == "ready" else self.ago(n, self.size),
        }

    def attempt(self, n: int) -> Row:
        """How text `n` was handed over."""
        at = self.ago(n, self.size)
        return {"id": n, "outbound_id": n, "started_at": at, "ended_at": at, "result": "taken", "sid": f"SMc{n}"}

    def status(self, n: int) -> Row:
        """What the carrier said of text `n`."""
        return {"id": n, "outbound_id": n, "at": self.ago(n, self.size), "status": "delivered", "sid": f"SMc{n}"}

    def belonging(self, new: sa.ColumnElement[int]) -> dict[str, sa.ColumnElement[Any]]:
        """The columns of a text that went out that follow from its id alone."""
        return {"person_id": new * 31 % self.plan.everybody + 1}

    def more(self) -> Iterable[tuple[str, Iterable[Row]]]:
        """What there is besides: a table's name and its rows."""
        return ()
