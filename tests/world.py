"""A hotline with the fake Twilio as its carrier, and shortcuts to what is kept of every text."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

from sqlmodel import col, select

from app.hotline import Hotline
from models import lines, people
from models.delivery import leases
from models.delivery.handover import LeasedText
from models.delivery.outbound import Attempt, Lane, Outbound, State
from models.lines import Channel
from models.store.session import Session
from tests import neighbors
from tests.fake_twilio import FakeTwilio
from tests.fakes import StillClock

ANA, DEE = "+12025550101", "+12025550104"


def quick(session: Session) -> None:
    """Numbers that may send as fast as a test likes; how pace is kept has tests of its own."""
    for line in lines.all_lines(session):
        line.rules = {**line.rules, "rate_sms": 1e6, "rate_whatsapp": 1e6}
        session.add(line)


@dataclass
class World:
    """A hotline and its carrier."""

    hotline: Hotline
    twilio: FakeTwilio
    clock: StillClock
    stopped: bool = field(default=False, init=False)

    def stop(self) -> None:
        """Let the hotline end, once."""
        self.twilio.settle()
        if not self.stopped:
            self.stopped = True
            self.hotline.stop()

    def put(
        self,
        to: str = ANA,
        body: str = "hello",
        *,
        channel: Channel = Channel.SMS,
        lane: Lane = Lane.REPLY,
        phrase: str = "test",
        segments: int = 1,
        lives: timedelta | None = None,
    ) -> int:
        """Queue a text; returns its id."""

        def work(session: Session) -> int:
            line = lines.all_lines(session)[0]
            person, address = people.get_or_create(session, line, channel, to, self.clock.now())
            if channel is Channel.WHATSAPP:
                address.window_opened_at = self.clock.now()  # they have just written
                session.add(address)
            row = Outbound(
                line_id=line.id,
                person_id=person.id,
                key=f"{phrase}:{channel}:{to}:{body[:20]}:{lane}",
                phrase=phrase,
                channel=channel,
                from_number=line.number(channel) or "",
                to=to,
                body=body,
                segments=segments,
                expires_at=None if lives is None else self.clock.now() + lives,
                lane=lane,
                state=State.READY,
                rank=self.clock.now(),
                created_at=self.clock.now(),
                changed_at=self.clock.now(),
            )
            session.add(row)
            session.flush()
            return row.id

        return self.hotline.database.write(work).result()

    def quicken(self) -> None:
        """Let the numbers send as fast as the test likes."""
        self.hotline.database.write(quick).result()

    def duty(self) -> None:
        """Put somebody on duty."""

        def work(session: Session) -> None:
            line = lines.all_lines(session)[0]
            neighbors.add(session, line, Channel.SMS, DEE, self.clock.now(), name="Dee", duty=True)

        self.hotline.database.write(work).result()

    def lease(self, room: int = 10) -> list[LeasedText]:
        """Lease what may leave, as a sender does that dies right after."""
        now, terms = self.clock.now(), self.hotline.sender.terms
        return self.hotline.database.write(lambda s: leases.lease(s, now, room, terms, Counter()).texts).result()

    def waits(self, outbound_id: int) -> float:
        """In how many seconds a text is looked at again."""
        until = self.row(outbound_id).not_before
        assert until is not None
        return (until - self.clock.now()).total_seconds()

    def row(self, outbound_id: int) -> Outbound:
        return self.hotline.database.read(lambda s: s.get_one(Outbound, outbound_id))

    def attempts(self, outbound_id: int) -> list[Attempt]:
        query = select(Attempt).where(Attempt.outbound_id == outbound_id).order_by(col(Attempt.id))
        return self.hotline.database.read(lambda s: list(s.exec(query)))

    def drain(self, *, after: timedelta = timedelta(0)) -> None:
        """Send what can be sent, and let the callbacks come."""
        self.clock.advance(after)
        asked = -1
        while asked != len(self.twilio.asked):
            asked = len(self.twilio.asked)
            self.hotline.sender.drain()
            self.twilio.settle()
