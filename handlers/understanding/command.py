"""The declaration of a command: all that the grammar, the registry, `hotline parse` and the tests know of it."""

from collections.abc import Set
from dataclasses import KW_ONLY, dataclass
from enum import Enum, StrEnum
from typing import Generic, TypeVar

from handlers.understanding.arguments import Argument
from handlers.understanding.intents import Question

Handler = TypeVar("Handler")


class Who(Enum):
    """Who may say a command."""

    ANYONE = "anyone"
    JOINED = "joined"  # who has asked to be a volunteer, vouched for or not
    VOLUNTEER = "volunteer"
    DUTY = "duty"


class Note(Enum):
    """Where words of the person's own may follow a command."""

    AFTER_NUMBER = "after a number"  # "claim 42 after 6"
    SET_OFF = "set off"  # also without a number, after punctuation: "done, left it at the door"
    ONE_OWN = "one own"  # also without a number, if they have one request of their own: "more diapers please"
    ARGUMENT = "argument"  # the words of the argument: "area Oak"


class Told(StrEnum):
    """Where people learn of a command: the phrase that names it."""

    HELP = "help"
    HELPERS = "help_helper"
    DUTY = "help_duty"
    README = "readme"  # in no help text, and its declaration says why
    NOWHERE = "nowhere"  # small talk: nothing to advertise


TOLD_TO = {Who.ANYONE: Told.HELP, Who.JOINED: Told.HELPERS, Who.VOLUNTEER: Told.HELPERS, Who.DUTY: Told.DUTY}


@dataclass(frozen=True)
class Command(Generic[Handler]):
    """Something people can text. What follows from it is its handler's."""

    name: str  # in English; its key in every phrasebook's [hear]
    handler: Handler
    by: Who = Who.ANYONE
    _: KW_ONLY
    numbers: bool = False  # whether it takes the numbers of requests, and words after them
    note: Note = Note.AFTER_NUMBER
    of_proposals: bool = False  # the number is that of a proposal; without one its words are ordinary
    money: bool = False  # whether beside it somebody may say what they spent
    argument: Argument | None = None
    refusal: str = ""  # what who may not say it is answered; if empty, what all commands of this kind answer
    told: Told | None = None  # if not in the help text for those who may say it
    spellings: tuple[str, ...] = ()  # more keys in [hear] that are this command; its argument tells them apart
    sign: str = ""  # what it begins with instead of a word
    before_note: str = ""  # a list in [function_words] that stands before the note: "assign 42 to Ana"
    typo_forgiven: bool = False  # a typo in it harms nobody: it neither trusts anybody nor ends anything
    gives_way_to: Set[Question] = frozenset()  # when we asked one of these, its words are the answer
    commits: bool = False  # who says it no longer thinks of what HELP had asked
    while_stopped: bool = False  # also for who has told us to stop
    tells_language: bool = True  # whether who says it speaks the language it is written in

    @property
    def told_in(self) -> Told:
        """Where people learn of it."""
        return self.told or TOLD_TO[self.by]

    @property
    def small_talk(self) -> bool:
        """Whether it asks for nothing; machines, too, say so."""
        return self.told_in is Told.NOWHERE

    @property
    def keys(self) -> tuple[str, ...]:
        """Its keys in every phrasebook's [hear]."""
        return () if self.sign else (self.name, *self.spellings)
