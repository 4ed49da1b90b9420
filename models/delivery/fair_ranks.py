"""Fair queueing: inside a lane, whoever causes few texts goes before whoever causes many.

A text's rank is the moment at which it has its turn. The first that an address causes has it at once, each further
one so much later as the one before is large, so that a flood lines up behind its own first text and not before
others. Nothing starves: a rank is a moment, and once it has passed, all that is queued later comes later. It orders
what waits and delays nothing: an idle number sends the text of any rank.

At a segment a second this holds while fewer than 30 phones flood at once. What goes before everything goes once in a
while to each: 300 phones that all speak of danger would fill a number.
"""

from datetime import UTC, datetime, timedelta

from models.delivery.outbound import Lane
from models.people import Address

A_SEGMENT = timedelta(seconds=30)  # between what one phone causes: a thirtieth of the slowest number
OF_VOLUNTEERS = timedelta(seconds=3)  # a third: somebody on duty has much to say, and was vouched for
TOLD = timedelta(minutes=5)  # in which whoever was told whom to call is told again without going before all others
LONGEST_LEAD = timedelta(days=7)  # a rank further ahead is of a clock that was set back


class FairRanks:
    """The places in the queue of what follows from one text, kept with the address it came from; or from time."""

    def __init__(self, now: datetime, address: Address | None = None, *, vouched: bool = False) -> None:
        self.now = now
        self.address = address
        self.segment = OF_VOLUNTEERS if vouched else A_SEGMENT
        self._moment = now.timestamp()
        self._until = address.ranked_until if address is not None else {}

    def place(self, lane: Lane, segments: int, not_before: datetime | None = None) -> tuple[Lane, datetime]:
        """Lane and rank of the next text of this size, which would like to be in this lane."""
        turn = self._turn(lane)
        if lane is Lane.EMERGENCY and turn > self._moment:
            lane = Lane.SAFETY
            turn = self._turn(lane)
        if not_before is not None:
            turn = max(turn, not_before.timestamp())
        gap = TOLD if lane is Lane.EMERGENCY else self.segment * segments
        turns = {**self._until, str(int(lane)): turn + gap.total_seconds()}
        self._until = {lane: until for lane, until in turns.items() if until > self._moment}
        if self.address is not None:
            self.address.ranked_until = self._until
        return lane, self.now if turn == self._moment else datetime.fromtimestamp(turn, UTC)

    def _turn(self, lane: Lane) -> float:
        until = self._until.get(str(int(lane)), self._moment)
        return self._moment if until > self._moment + LONGEST_LEAD.total_seconds() else max(until, self._moment)
