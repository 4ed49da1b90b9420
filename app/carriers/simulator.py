"""The simulated phone network: every text arrives at once, and nobody pays."""

from collections.abc import Iterator
from datetime import datetime
from uuid import uuid4

from app.carriers.base import Carrier, Outgoing, Sent, SentMessage
from app.telemetry.findings import Finding, Level
from models.delivery.outbound import State
from models.lines import Channel


class Simulator(Carrier):
    """A carrier without phones. The pages of the simulator show what it carried."""

    name = "simulator"
    paced = False
    simulated = True
    reports_delivery = False

    def send(self, text: Outgoing) -> Sent:
        """Deliver the text."""
        return Sent(sid=f"SM{uuid4().hex}", state=State.DELIVERED)

    def find(self, text: Outgoing, since: datetime) -> list[SentMessage]:
        """Nothing: it remembers no text, and what it took it has delivered."""
        return []

    def checks(self, numbers: list[tuple[Channel, str]], now: datetime) -> Iterator[Finding]:
        """That nothing real is sent."""
        do = "for real ones, set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN"
        yield Finding(Level.OK, "carrier", "the simulator; no real text is sent", do)
