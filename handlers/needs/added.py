"""What a neighbor adds to a request: where it asks for what duty reads first, it becomes a request of its own."""

from handlers.needs import intake
from handlers.turn import Texts, Turn
from handlers.understanding import needs
from handlers.understanding.intents import Need
from handlers.wording import takes
from models.requests import Request


def read_first(turn: Turn, request: Request, words: str) -> Texts | None:
    """What follows where these words ask for money, say. None where they may be read by whoever has the request."""
    added = needs.understand(words)
    new = {str(need) for need in added.needs} - {*request.needs, Need.OTHER}
    listed = new.intersection(turn.line.policy.duty_first)
    if request.in_danger or request.person_id != turn.speaker.id or not listed:
        return None
    if listed != new and not (Need.MONEY in listed and takes.tells(words, "cash")):
        return None
    return intake.begin(turn, words, added, like=request)
