"""What is said when a line goes live: the test text to whoever sets it up, and what carriers ask to be shown.

Carriers want samples of what really goes out. These are the phrases themselves, with the samples that stand beside
the templates in the phrasebook.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from handlers.phrasebook import Book, Value
from handlers.turn import Text
from handlers.wording import layouts
from handlers.wording.summary import Ours
from models.delivery.outbound import Lane
from models.lines import Line
from models.people import Person

SAMPLE_NUMBER = 42
ASKED = 3  # volunteers in the sample


@dataclass(frozen=True)
class CarrierAnswers:
    """What the carrier itself answers to the three words that are its own."""

    help: str
    stop: str
    start: str


def test_text(line: Line, person: Person) -> Text:
    """To the phone of whoever sets the line up."""
    return Text(person, "line_test", {"line": Ours(line.name)}, Lane.REPLY)


def samples(book: Book, line: str) -> list[str]:
    """Texts as they go out: to a neighbor, to a volunteer, to the neighbor again."""
    offered, taken = (layouts.of(name, book).samples for name in ("offer", "claimed"))
    number: Mapping[str, Value] = {"number": SAMPLE_NUMBER}
    ours, what = {"line": Ours(line)}, {"what": Ours(offered["what"])}
    claimed = {"name": Ours(taken["name"]), "code": Ours(taken["code"]), "note": Ours(""), "door": Ours("")}
    return [
        book.say("hello", {**ours, "greeting": None}),
        book.say("got_it", {**number, **what, "n": ASKED}),
        book.say("introduction", ours) + book.say("offer", {**number, **what}),
        book.say("claimed", {**number, **claimed}),
        book.say("receipt_reminder", number),
    ]


def carrier_answers(book: Book, line: str, dial: str) -> CarrierAnswers:
    """What to paste as the carrier's own answers to HELP, STOP and START."""
    ours: Mapping[str, Value] = {"line": Ours(line), "dial": Ours(dial)}
    return CarrierAnswers(book.say("carrier_help", ours), book.say("stopped", ours), book.say("started", ours))
