"""The simulated phone network: every text arrives at once, and nobody pays."""

from uuid import uuid4

from app.carriers import Outgoing, Sent
from models.outbound import State


class Simulator:
    """A carrier without phones. The pages of the simulator show what it carried."""

    def send(self, text: Outgoing) -> Sent:
        """Deliver the text."""
        return Sent(sid=f"SM{uuid4().hex}", state=State.DELIVERED)

    def close(self) -> None:
        """Nothing to let go of."""
