"""A conversation: the phones in it, its steps and what came of each, and how it is written down.

How one is written is told in tests/transcripts/hello.txt; transcript_reader reads it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from app.simulator import sandbox
from app.simulator.timelapse import TYPING
from models.delivery.contents import Approval
from models.inbound import Manner
from models.lines import Channel, Resource


@dataclass(frozen=True)
class Phone:
    """A phone in the story: whose, and what the hotline knows of its owner beforehand."""

    label: str  # as written before `>` and `<`
    name: str
    value: str
    channel: Channel = Channel.SMS
    roles: frozenset[str] = frozenset()
    language: str | None = None
    areas: tuple[str, ...] = ()
    can: tuple[str, ...] = ()
    max_open: int | None = None
    known: bool = False  # somebody added this person before the story begins
    new: bool = False  # and has not told them yet who will text them

    @property
    def number(self) -> str:
        """What this phone texts."""
        return sandbox.WHATSAPP if self.channel is Channel.WHATSAPP else sandbox.LINE


@dataclass(frozen=True)
class Says:
    """A text, so long after the one before."""

    phone: Phone
    words: str
    after: timedelta = TYPING
    picture: str | None = None  # its content type; a voice note is one too
    place: tuple[str, str] | None = None  # latitude and longitude
    tap: str | None = None  # the title of a button or row that is pressed, and perhaps of which request
    to: int | None = None  # they reply to the last text about this request; 0 for the last of all
    manner: Manner | None = None


@dataclass(frozen=True)
class Waits:
    """Time passes."""

    by: timedelta


@dataclass(frozen=True)
class Welcomes:
    """Whoever has the host sends a first text to the volunteers who are `new`."""


@dataclass(frozen=True)
class Lists:
    """A list that the host imports has a row of what somebody needs; where `told`, they hear of it."""

    name: str
    words: str
    told: bool


@dataclass(frozen=True)
class Stands:
    """A request's state, and its outcome once it is closed."""

    number: int
    stands: str


HAPPENS = (Says, Waits, Welcomes, Lists)  # all else only looks, and takes no time


@dataclass(frozen=True)
class Step:
    """One line of the story as written, what it means, and what is said to have followed from it."""

    line: str
    act: Says | Waits | Welcomes | Lists | Stands | None = None
    heard: tuple[tuple[str, str], ...] = ()


@dataclass
class Transcript:
    """A story. `start` is when it begins, by the line's clock; None for the usual morning."""

    start: datetime | None = None
    settings: dict[str, str] = field(default_factory=dict)
    areas: dict[str, list[str]] = field(default_factory=dict)
    resources: list[Resource] = field(default_factory=list)
    rules: dict[str, float | str] = field(default_factory=dict)
    phones: dict[str, Phone] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    templates: Approval | None = None  # how far WhatsApp is with our templates; None: it knows none

    def write(self) -> str:
        """The story as text, answers in a column below the line that caused them."""
        lines = [line for step in self.steps for line in self.lines(step)]
        return "\n".join(lines).rstrip() + "\n"

    def lines(self, step: Step) -> Iterator[str]:
        """A step as text."""
        width = max((len(label) for label in self.phones), default=0)
        yield step.line
        yield from (f"{name:<{width}} < {words}".rstrip() for name, words in step.heard)

    def pauses(self) -> tuple[timedelta, list[timedelta]]:
        """How long after its beginning the first step begins, and how long after each step the next one does.

        A text comes some seconds after the step before it, as its own line says, and time that passes by `@` is
        counted from some seconds after the last text.
        """
        between = [timedelta(0)] * len(self.steps)
        first, last = timedelta(0), None
        for at, step in enumerate(self.steps):
            if isinstance(step.act, HAPPENS):
                spoke = last is not None and isinstance(self.steps[last].act, Says)
                pause = step.act.after if isinstance(step.act, Says) else TYPING if spoke else timedelta(0)
                if last is None:
                    first = pause
                else:
                    between[last] = pause
                last = at
        if last is not None and isinstance(self.steps[last].act, Says):
            between[last] = TYPING
        return first, between


def answered(told: Transcript, went: Transcript) -> Transcript:
    """The story as told, with the answers that really came."""
    steps = [replace(as_told, heard=as_went.heard) for as_told, as_went in zip(told.steps, went.steps, strict=True)]
    return replace(told, steps=steps)
