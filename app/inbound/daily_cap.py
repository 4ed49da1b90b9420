"""What one address may cause in a day. Beyond it, what comes in is still kept and acted on; hardly anything goes out.

Whom to call in danger is said all the same; so are claims, and STOP is confirmed. Whoever is on duty hears of danger
always, and that does not count: alarms have figures of their own (handlers/safety/alarms.py), and so have offers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property

from app.inbound import rate_limit
from app.inbound.rate_limit import CARRIED, NEVER_WAIT, WORDS
from app.outbound.outbox import WHOM_TO_CALL
from app.outbound.reach import Reach
from handlers.decisions import deciding
from handlers.safety import alarms
from handlers.turn import Text, Turn
from handlers.wording import segments
from models.delivery.outbound import Lane
from models.lines import day
from models.people import Address

MORE_FOR_TALK = 5  # times as much for volunteers, and for words to somebody who is there to read them
DANGER_AGAIN = timedelta(minutes=10)  # beyond the cap, between two times that danger is answered
ANSWERS = WHOM_TO_CALL | {"you_stopped"}  # to whoever may be in danger
ALARMS = frozenset(
    {alarms.FIRST_SAID, alarms.AGAIN, alarms.AT_HOME, alarms.SILENT, alarms.PERSON, alarms.URGENT, alarms.LISTED}
)
NOT_COUNTED = ALARMS | {"offer", "broadcast", *deciding.SHORT}  # these have limits of their own
ALWAYS = ALARMS | NEVER_WAIT | {"stopped"}  # STOP is confirmed


@dataclass(frozen=True)
class DailyCap:
    """One address on one local day of its line."""

    turn: Turn
    address: Address
    reach: Reach

    @property
    def most(self) -> int:
        """How many texts it may cause in a day; 0 for any number."""
        policy = self.turn.line.policy
        return policy.answers_per_day if policy.reply_limit > 0 else 0

    @property
    def used(self) -> int:
        """How many it has caused today."""
        return self.address.answered_today if self.address.answered_on == self.today else 0

    @cached_property
    def today(self) -> str:
        """The date there."""
        return day(self.turn.line, self.turn.now)

    def kept(self, texts: list[Text]) -> list[Text]:
        """What of these still goes out."""
        if self.reach is Reach.ALWAYS and not self.spent:
            return texts
        answered = any(text.phrase in ANSWERS for text in texts) and self._answers_danger()
        return [text for text in texts if (answered if text.phrase in ANSWERS else self._goes(text))]

    def count(self, texts: Sequence[Text]) -> bool:
        """Note what goes out; whether the address has just used up its day."""
        before = self.spent
        caused = sum(map(self._weight, texts))
        if caused:
            self.address.answered_on, self.address.answered_today = self.today, self.used + caused
        return bool(caused) and not before and self.spent

    @property
    def spent(self) -> bool:
        """Whether it has caused as many as it may."""
        return 0 < self.most * (MORE_FOR_TALK if self.turn.speaker.helps else 1) <= self.used

    def _goes(self, text: Text) -> bool:
        mine = text.to.id == self.turn.speaker.id
        if mine and self.reach is not Reach.ALWAYS:
            return False
        if text.phrase in ALWAYS or text.lane <= Lane.SAFETY:
            return True
        if text.phrase in CARRIED or self._in_danger:
            return self.most == 0 or self.used < self.most * MORE_FOR_TALK
        return not self.spent or not (mine or text.phrase.startswith("duty_"))

    @cached_property
    def _in_danger(self) -> bool:
        """Whether somebody looks after a danger of theirs: what more they write is read, and answered."""
        return any(request.in_danger for request in self.turn.own)

    def _answers_danger(self) -> bool:
        """Whether they are told now whom to call; abroad once a day."""
        recent, now = rate_limit.unpack(self.address.recent_texts), self.turn.now
        last = datetime.fromtimestamp(recent.alarm, UTC)  # when danger was last answered or told beyond the cap
        first = day(self.turn.line, last) != self.today
        again = abs(now - last) >= DANGER_AGAIN
        answer = first or (again and self.reach is Reach.ALWAYS)
        if answer:
            self.address.recent_texts = replace(recent, alarm=now.timestamp()).pack()
        return answer

    def _weight(self, text: Text) -> int:
        if text.phrase in NOT_COUNTED:
            return 0
        heard = self.turn.heard
        return 1 + segments.count(heard.body or heard.location or "") if text.phrase in WORDS else 1
