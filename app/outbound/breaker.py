"""Breaker: when the carrier says nothing, or nothing that helps, one try at a time goes instead of all that wait.

A POST without an answer makes a text uncertain, so an outage must not be found out by all of them. What this process
has noticed counts until the database has it: then the number pauses, and its probes show when the carrier is back.
"""

import threading
from collections import Counter
from datetime import datetime, timedelta

from app.carriers.base import Action, CarrierError, Sent
from app.clock import Clock
from models.delivery.handover import LeasedText

IN_A_ROW = 3  # POSTs of one number without an answer, after which it is no accident
LOOK_AGAIN_AFTER = timedelta(seconds=10)  # when the carrier's list could not be read
NO_LIST = frozenset({Action.AWAY, Action.LOOK_UP, Action.AGAIN})


class Breaker:
    """What this process has noticed of an outage. Safe for many threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._unanswered: Counter[str] = Counter()  # POSTs in a row, by the number they left from
        self._leased = 0  # the last attempt that was leased
        self._held_back: dict[str, int] = {}  # the last that goes back instead of out, by number
        self._list_fails = False
        self._look_again_at: datetime | None = None

    def leased(self, texts: list[LeasedText]) -> None:
        """These texts are about to be posted."""
        with self._lock:
            self._leased = max([self._leased, *(text.attempt_id for text in texts)])

    def holds_back(self, text: LeasedText) -> bool:
        """Whether an outage was noticed after this text was leased: it goes back, and not out."""
        with self._lock:
            return not text.probes and text.attempt_id <= self._held_back.get(text.from_number, 0)

    def note(self, text: LeasedText, result: Sent | CarrierError) -> bool:
        """What came back of a POST; returns whether it is one of an outage."""
        with self._lock:
            number = text.from_number
            if isinstance(result, CarrierError) and result.action is Action.AWAY:
                self._held_back[number] = self._leased
            if not isinstance(result, CarrierError) or result.action is not Action.LOOK_UP:
                self._unanswered[number] = 0
                return False
            self._unanswered[number] += 1
            outage = text.probes or self._unanswered[number] >= IN_A_ROW
            if outage:
                self._held_back[number] = self._leased
            return outage

    def note_look(self, result: object) -> None:
        """What came back of a look in the carrier's list."""
        with self._lock:
            self._list_fails = isinstance(result, CarrierError) and result.action in NO_LIST
            self._look_again_at = self._clock.now() + LOOK_AGAIN_AFTER if self._list_fails else None

    def looks(self, most: int) -> int:
        """How many looks may be made now: one at a time while the list cannot be read."""
        with self._lock:
            if not self._list_fails:
                return most
            wait = self._look_again_at is not None and self._clock.now() < self._look_again_at
            return 0 if wait else min(most, 1)
