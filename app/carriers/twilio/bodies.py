"""Whether a body in Twilio's list is one of ours, though Twilio may have changed it on the way.

A trial account puts a sentence before every text, long bodies are cut, redaction leaves nothing at all.
"""

from enum import Enum, auto

from app.carriers.base import Outgoing
from handlers.wording import segments

TRIAL = "Sent from your Twilio trial account - "
TELLING = 20  # characters in common, from which on a body that was cut or added to is known again


class Likeness(Enum):
    """How much a body in the list is like ours."""

    SAME = auto()
    UNKNOWN = auto()  # nothing is left of it to compare
    OTHER = auto()


def likeness(ours: str, listed: object) -> Likeness:
    """How much what is listed is like what we sent."""
    said = plain(listed if isinstance(listed, str) else "")
    mine, trial = plain(ours), plain(TRIAL)
    if not said or said == trial:
        return Likeness.UNKNOWN
    if said == mine or said.removeprefix(trial).strip() == mine:
        return Likeness.SAME
    if len(mine) >= TELLING and said.endswith(mine):
        return Likeness.SAME  # with something else before it
    cut = said.removeprefix(trial).strip().removesuffix("...").strip()
    return Likeness.SAME if len(cut) >= TELLING and mine.startswith(cut) else Likeness.OTHER


def fits(ours: str, segments_listed: object) -> bool:
    """Whether a body that is gone had the length of ours: Twilio still says of how many segments it was, or 0 for
    not known yet (of a Messaging Service)."""
    written = str(segments_listed or "0")
    return written in {"0", str(segments.count(ours)), str(segments.count(TRIAL + ours))}


def likeness_of(ours: Outgoing, listed: object) -> Likeness:
    """The same of a text that may have left in fewer words, for its buttons say the others."""
    whole = likeness(ours.body, listed)
    shorter = ours.form.words if ours.form else ""
    return likeness(shorter, listed) if whole is Likeness.OTHER and shorter else whole


def plain(body: str) -> str:
    """A body as it can be compared: Twilio may write dear characters plainly and trim the ends."""
    return " ".join(body.translate(segments.PLAINLY).split())
