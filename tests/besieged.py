"""A line under attack: two on duty, thirty volunteers, and what strangers' texts cause."""

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count

from sqlmodel import col, select

from app.hotline import Hotline
from app.inbound.receive import Taken
from app.simulator import timelapse
from models import lines
from models.delivery.outbound import Outbound
from models.inbound import Heard
from models.lines import Channel
from models.requests import Request
from models.store.session import Session
from tests import neighbors
from tests.benchmarks.texts import area_codes
from tests.fakes import LINE, WHATSAPP

ATTACKER = "+12025550101"
ON_DUTY = ("+12025550110", "+12025550111")
VOLUNTEERS = tuple(f"+131255501{n:02}" for n in range(28))  # those on duty are volunteers too: thirty in all


def phone(n: int) -> str:
    """Phones of nobody, each in a block of its own."""
    areas = area_codes()
    return f"+1{areas[n % len(areas)]}55501{n // len(areas):02}"


def report(words: str) -> None:
    """Say what was measured, for whoever looks: `pytest -s`."""
    sys.stdout.write(f"\n{words}\n")


@dataclass
class Besieged:
    """The line, and shortcuts."""

    hotline: Hotline
    sids: Iterator[int] = field(default_factory=lambda: count(1))

    def people(self) -> None:
        """Put everybody on the line."""

        def work(session: Session) -> None:
            line = lines.all_lines(session)[0]
            for number in (*ON_DUTY, *VOLUNTEERS):
                duty = number in ON_DUTY
                neighbors.add(
                    session, line, Channel.SMS, number, self.hotline.clock.now(), name="Vi", helper=True, duty=duty
                )

        self.hotline.database.write(work).result()

    def rule(self, **rules: object) -> None:
        def work(session: Session) -> None:
            line = lines.all_lines(session)[0]
            line.rules = {**line.rules, **rules}
            session.add(line)

        self.hotline.database.write(work).result()

    def say(self, words: str, by: str = ATTACKER, channel: Channel = Channel.SMS) -> Taken:
        to = WHATSAPP if channel is Channel.WHATSAPP else LINE
        return self.hotline.receive(Heard(f"SM{next(self.sids):032x}", channel, by, to, words)).result()

    def later(self, **by: float) -> None:
        """Time passes, and acts."""
        timelapse.pass_time(self.hotline, timedelta(**by), together=timedelta(minutes=1))

    def send(self) -> None:
        """What may leave leaves."""
        self.hotline.sender.drain()

    def texts(self, *phrases: str, to: str | None = None) -> list[Outbound]:
        """What was queued, with one of these phrases if any are given."""
        query = select(Outbound).order_by(col(Outbound.id))
        rows = self.hotline.database.read(lambda s: list(s.exec(query)))
        return [row for row in rows if (not phrases or row.phrase in phrases) and to in (None, row.to)]

    def phrases(self, to: str) -> list[str]:
        return [row.phrase for row in self.texts(to=to)]

    def offers(self) -> Counter[str]:
        """How many offers each volunteer was made."""
        return Counter(row.to for row in self.texts("offer"))

    def segments(self) -> int:
        """What all of it costs."""
        return sum(row.segments for row in self.texts())

    def requests(self) -> list[Request]:
        return self.hotline.database.read(lambda s: list(s.exec(select(Request).order_by(col(Request.id)))))
