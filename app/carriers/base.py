"""What a carrier is: whoever brings texts in, takes texts out, and says what became of them.

Everything that is one carrier's alone stands in its own folder: the paths of its webhooks, how they are verified and
what they say, how a text is sent and looked up, its error codes and their remedies, its part of `hotline doctor`.
SMS and WhatsApp are data on a text, not two code paths.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from app.settings import Settings
from app.telemetry.findings import Finding
from handlers.wording.layouts import Layout
from models.delivery.contents import Approval
from models.delivery.forms import Form
from models.delivery.handover import SentAs
from models.delivery.outbound import State
from models.delivery.shown import Shape
from models.inbound import Heard
from models.lines import Channel


class Action(StrEnum):
    """What to do about a text that the carrier did not take or could not deliver."""

    AGAIN = "again"  # never processed: back off and send it later
    AWAY = "away"  # never processed, for nobody was there, or somebody else: the number pauses for seconds
    QUEUE_FULL = (
        "queue_full"  # never processed, for the number's own queue is full: this number pauses, others do not
    )
    LOOK_UP = "look_up"  # may have been processed: look, and never send blindly again
    TRANSIENT = "transient"  # could not be delivered yet: after 1, 5 and 30 minutes
    SOFT = "soft"  # the phone was out of reach: once more, and three strikes make the address doubtful
    QUOTA = "quota"  # the number has used up its allowance: it pauses until the reset
    OPTED_OUT = "opted_out"  # they told the carrier STOP
    BAD_ADDRESS = "bad_address"  # no text will ever arrive there
    FILTERED = "filtered"  # the carrier does not like these words
    CONTENT = "content"  # we built the text wrongly: whoever runs the host must know
    WINDOW = "window"  # WhatsApp, more than 24 hours after they last wrote: by SMS instead
    QUIET = "quiet"  # it was held back for the hour of the day: in the morning where they are
    LOOP = "loop"  # two machines talk with each other: the pair pauses
    GEOGRAPHY = "geography"  # a country we may not text: somebody may be pumping
    ACCOUNT = "account"  # the account is at fault, not the text: the lane pauses and keeps its texts
    UNKNOWN = "unknown"  # a code that the carrier's table does not know: final for one text, kept where all meet it


@dataclass(frozen=True)
class Webhook:
    """One call of a carrier's webhook, as it came: what the spool keeps while the database is away."""

    carrier: str  # its name
    path: str
    query: str
    body: bytes
    at: datetime  # when it came to us


@dataclass(frozen=True)
class StatusUpdate:
    """What a carrier says became of a text of ours."""

    outbound_id: int
    status: str  # in the carrier's own word, kept as it is
    state: State | None  # in ours; None for a word that we do not know
    sid: str | None  # the carrier's id of the text
    code: int | None = None  # the carrier's error
    action: Action = Action.UNKNOWN  # what a failure asks for


@dataclass(frozen=True)
class Answer:
    """What a carrier is told when it calls a webhook."""

    status: int
    body: bytes = b""
    media_type: str | None = None


@dataclass(frozen=True)
class Outgoing:
    """A text to hand over. `lasts` is in seconds: how long the carrier may still try.

    An `essential` one answers or helps somebody; others are words to many.
    """

    id: int
    channel: Channel
    from_number: str
    to: str
    body: str
    lasts: int | None = None
    by_rcs: bool = False  # they last wrote by RCS: by that if it can be, else by SMS
    essential: bool = True
    media: str | None = None  # the path at our public address of what goes along; whoever has it may look
    form: Form | None = None  # what it is besides its words
    sent_as: SentAs | None = None  # the template to send in place of its words


@dataclass(frozen=True)
class Sent:
    """The carrier took it."""

    sid: str
    state: State = State.ACCEPTED
    price: str | None = None
    code: int | None = None  # its error, where it took the text and says in the same breath that it failed
    action: Action = Action.UNKNOWN  # what that asks for


@dataclass(frozen=True)
class SentMessage:
    """A text in the carrier's list that is ours, or may be: then it did take it."""

    sid: str
    state: State
    created: datetime
    code: int | None = None
    action: Action = Action.UNKNOWN  # what its error asks for
    certain: bool = True  # False where its words are gone, so that it could be any text to this phone
    fits: bool = True  # whether all else that is known of it (its length, who sent it) is as it would be


@dataclass(frozen=True)
class ReceivedMessage:
    """A text in the carrier's list of what came in; `fields` are what the list says of it."""

    sid: str
    at: datetime
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class Verdict:
    """How far WhatsApp is with a template, and why it refused it, in its own words."""

    approval: Approval
    reason: str | None = None


@dataclass(frozen=True)
class Remedy:
    """An error in plain words, for whoever runs the hotline."""

    what: str
    do: str


class CarrierError(Exception):
    """A text was not taken, or nobody knows. `wait` is in seconds, where the carrier named a time.

    The message holds no number.
    """

    def __init__(self, action: Action, what: str, *, code: int | None = None, wait: float | None = None) -> None:
        super().__init__(what)
        self.action = action
        self.code = code
        self.wait = wait


class CannotTell(Exception):
    """The carrier keeps no list, so it cannot say whether it took a text. Then nobody sends it again."""


class MediaGone(Exception):
    """What somebody sent is not there (any more), is too large, or is not at the carrier at all."""


class Carrier(ABC):
    """Whoever carries texts."""

    name: ClassVar[str]  # kept with what is spooled, and shown in /health
    paced: ClassVar[bool] = True  # whether it minds how fast texts come
    simulated: ClassVar[bool] = False  # whether no real phone is behind it
    reports_delivery: ClassVar[bool] = True  # whether it says by webhook what became of every text
    lists_received: ClassVar[bool] = False  # whether `received` can say what came in
    deletes: ClassVar[bool] = False  # whether `delete` can be asked
    keeps_layouts: ClassVar[bool] = False  # whether buttons are sent by layouts that it is asked to `keep`
    approves: ClassVar[bool] = False  # whether WhatsApp's templates are submitted through it
    webhooks: ClassVar[Mapping[str, str]] = {}  # the paths it calls by POST, and what each is about, in a word

    @staticmethod
    def is_set_up(settings: Settings) -> bool:
        """Whether the settings describe this carrier. Connects to nobody."""
        return False

    @classmethod
    def from_settings(cls, settings: Settings) -> "Carrier":
        """The carrier that the settings describe, where they do."""
        raise NotImplementedError(f"{cls.name} is not set up by settings")

    def verify(self, webhook: Webhook, headers: Mapping[str, str]) -> bool:
        """Whether this call is the carrier's own. `headers` are found whatever the capitals of their names."""
        return False

    def parse(self, webhook: Webhook) -> Heard | StatusUpdate | None:
        """What a verified call says; None if it says nothing that could be taken in. Never raises."""
        return None

    def answer(self, path: str, status: int) -> Answer:
        """The answer to a call of this path, for an HTTP status: an empty one, in the form the carrier wants."""
        return Answer(status)

    @abstractmethod
    def send(self, text: Outgoing) -> Sent:
        """Hand one text over. Raises CarrierError."""

    @abstractmethod
    def find(self, text: Outgoing, since: datetime) -> list[SentMessage]:
        """The texts that are this one, or may be, of those it took since then, oldest first.

        Raises CarrierError where it cannot be asked now, CannotTell where it never can.
        """

    def received(self, numbers: list[tuple[Channel, str]], since: datetime) -> Iterable[ReceivedMessage]:
        """The texts to these numbers that came in since then, in any order. Raises CarrierError and others."""
        return ()

    def as_webhook(self, message: ReceivedMessage) -> Webhook:
        """A text from that list as its webhook would have brought it; may ask for more. Raises CarrierError."""
        raise NotImplementedError(f"{self.name} keeps no list of what came in")

    def delete(self, sid: str) -> None:
        """Delete a text there, sent or received, if it is there still. Raises CarrierError."""
        raise NotImplementedError(f"{self.name} deletes nothing")

    def fetch(self, url: str, most: int) -> bytes:
        """What somebody sent along with a text, from the address that its webhook named; not more than `most` bytes.

        Raises MediaGone where that never will be got, CarrierError where it may be later.
        """
        raise MediaGone(f"{self.name} brings texts alone")

    def discard(self, url: str) -> None:  # noqa: B027 - most keep nothing
        """Delete it there, now that it was fetched, if the carrier keeps nothing of a line. Raises CarrierError."""

    @property
    def account_id(self) -> str:
        """Whose account it is: another one keeps none of its layouts."""
        return self.name

    def keep(self, shape: Shape, language: str) -> str:
        """Keep a layout for buttons or a list; returns its id there. Raises CarrierError."""
        raise NotImplementedError(f"{self.name} keeps no layouts")

    def kept_templates(self) -> Mapping[str, str]:
        """What it keeps already: its ids by the names that templates are called there. Raises CarrierError."""
        return {}

    def keep_template(self, layout: Layout) -> str:
        """Have it keep a template; returns its id there. Raises CarrierError."""
        raise NotImplementedError(f"{self.name} keeps no templates")

    def submit_template(self, layout: Layout, sid: str) -> Verdict:
        """Ask WhatsApp to approve a template that is kept under this id. Raises CarrierError."""
        raise NotImplementedError(f"{self.name} keeps no templates")

    def template_verdict(self, sid: str) -> Verdict:
        """How far WhatsApp is with a template. Raises CarrierError."""
        raise NotImplementedError(f"{self.name} keeps no templates")

    def codes(self, action: Action) -> tuple[int, ...]:
        """The errors that ask for this."""
        return ()

    def remedy(self, code: int | None) -> Remedy:
        """What an error means and what to do, also for one that is not known."""
        return Remedy("the carrier does not take its texts", "run: hotline doctor")

    def checks(self, numbers: list[tuple[Channel, str]], now: datetime) -> Iterator[Finding]:
        """What `hotline doctor` finds there: credentials, clocks, whether texts to these numbers reach us."""
        yield from ()

    def instructions(self) -> str | None:
        """What whoever just started the hotline has to do at the carrier, in a line."""
        return None

    def close(self) -> None:  # noqa: B027 - most that keep no connection have nothing to do
        """Let go of connections."""
