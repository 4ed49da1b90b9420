"""Which phrase may leave by which template once WhatsApp's window is closed. Declared here and nowhere else.

A template says what its phrase says, with the same values. Where there is none, whoever is written to hears at most
that something waits for them (KNOCKS), by a template of its own; it follows when they write.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from handlers.phrasebook import Book
from handlers.turn import Text
from handlers.wording import layouts
from handlers.wording.summary import Ours
from models.delivery.forms import Form
from models.lines import Line


@dataclass(frozen=True)
class Use:
    """By which template a phrase may leave, and which of its values fill a variable, where the names differ."""

    template: str
    filled: Mapping[str, tuple[str, ...]]


def _by(template: str, **filled: tuple[str, ...]) -> Use:
    return Use(template, filled)


ALARM = _by("alarm", words=("where", "words"))
RECEIPT = _by("receipt")
TEMPLATES: Mapping[str, Use] = {
    "offer": _by("offer"),
    "claimed": _by("claimed"),
    "claimed_instead": _by("claimed"),
    "duty_emergency": ALARM,
    "duty_emergency_again": ALARM,
    "duty_emergency_still": ALARM,
    "duty_emergency_lapsed": ALARM,
    "duty_emergency_at_home": _by("alarm_quiet", words=("where", "words")),
    "duty_emergency_silent": _by("alarm_silent", words=("where", "words")),
    "duty_emergency_person": ALARM,
    "duty_emergency_urgent": ALARM,
    "remind_helper": _by("reminder"),
    "remind_helper_words": _by("reminder"),
    "remind_neighbor": _by("reminder_neighbor"),
    "did_you_get_it": RECEIPT,
    "did_you_get_it_too": RECEIPT,
    "receipt_reminder": RECEIPT,
    "receipt_reminder_too": RECEIPT,
    "watch_call": _by("watch"),
    "message_waits": _by("message"),
}
# What people say and send, for their reader alone: duty, the other side, what opens a talk: it waits, announced.
KNOCKS = frozenset(
    """from_helper from_neighbor from_helper_sent from_neighbor_sent from_duty duty_wrote duty_sent duty_receipt
    media_came offer_answer closed_neighbor duty_wants_person""".split()
)
KEPT_FOR_DAYS = KNOCKS | {"claimed", "claimed_instead", "claim_yours", "assigned_you"}  # still matter after days
ELSEWHERE = frozenset({"offer", "watch_call"})  # these do not wait: somebody else is asked instead


def form(book: Book, line: Line, text: Text) -> Form | None:
    """The template by which a text may leave, filled with its values; None where there is none, or a value lacks."""
    use = TEMPLATES.get(text.phrase)
    if use is None:
        return None
    layout = layouts.of(use.template, book)
    values = {**text.values, "line": Ours(line.name)}
    said: dict[str, str] = {}
    for name in layout.names:
        parts = [book.worded(values.get(of)).strip(" ,.") for of in use.filled.get(name, (name,))]
        longest = layouts.LONGEST_WORDS if name == "words" else layouts.LONGEST_VALUE
        said[name] = layouts.clean(": ".join(part for part in parts if part), longest)
    if not all(said.values()):
        return None
    return Form(template=layout.name, language=layout.language, names=tuple(said), variables=tuple(said.values()))
