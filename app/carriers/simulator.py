"""The simulated phone network: every text arrives at once, and nobody pays."""

from datetime import datetime
from uuid import uuid4

from app.carriers.base import Outgoing, ReceivedMessage, Sent, SentMessage
from models.delivery.outbound import State


class Simulator:
    """A carrier without phones. The pages of the simulator show what it carried."""

    paced = False

    def send(self, text: Outgoing) -> Sent:
        """Deliver the text."""
        return Sent(sid=f"SM{uuid4().hex}", state=State.DELIVERED)

    def received(self, numbers: list[str], since: datetime) -> list[ReceivedMessage]:
        """Nothing: what is typed on a phone is in the hotline at once."""
        return []

    def pictures(self, sid: str) -> dict[str, str]:
        """None: the phones have no camera."""
        return {}

    def find(self, text: Outgoing, since: datetime) -> list[SentMessage]:
        """Nothing: it remembers no text, and what it took it has delivered."""
        return []

    def close(self) -> None:
        """Nothing to let go of."""
