"""What a person can mean: one frozen dataclass each. Nonsense is an intent too, never an exception."""

from dataclasses import dataclass, field
from enum import StrEnum

from models.requests import Urgency


class Need(StrEnum):
    """What help is needed with."""

    FOOD = "food"
    WATER = "water"
    MEDICINE = "medicine"
    MEDICAL = "medical"
    SHELTER = "shelter"
    CLOTHING = "clothing"
    MONEY = "money"
    TRANSPORT = "transport"
    CHILDCARE = "childcare"
    ELDERCARE = "eldercare"
    PETS = "pets"
    HOUSEHOLD = "household"
    BABY = "baby"
    UTILITIES = "utilities"
    TOOLS = "tools"
    REPAIR = "repair"
    COMPANY = "company"
    EDUCATION = "education"
    INFORMATION = "information"
    DOCUMENTS = "documents"
    WORK = "work"
    MISSING_PERSON = "missing_person"
    RESCUE = "rescue"
    SAFETY = "safety"
    OTHER = "other"


class Kind(StrEnum):
    """What free words are for."""

    ASK = "ask"
    OFFER = "offer"
    QUESTION = "question"
    OTHER = "other"


class Question(StrEnum):
    """What we may have asked a person last, so that `1` means something."""

    NEED = "need"
    PLACE = "place"
    RECEIPT = "receipt"
    MISSING = "missing"
    WHERETO = "whereto"
    NAME = "name"
    LANGUAGES = "languages"
    AREA = "area"


@dataclass(frozen=True)
class Understanding:
    """What free words say, as far as we understand them."""

    kind: Kind
    needs: tuple[Need, ...] = ()
    people: int | None = None
    urgency: Urgency | None = None
    emergency: bool = False
    place: str | None = None  # in the person's own words
    exact: bool = False  # whether the place names a door, not just a street or a corner
    public: bool = False  # whether it is only a street, a corner or a ZIP code, which anybody may see
    language: str | None = None  # None when the words do not tell


@dataclass(frozen=True)
class Claim:
    numbers: tuple[int, ...] = ()
    note: str = ""
    bare: bool = field(default=False, compare=False)  # just a number, without a word that says "claim"


@dataclass(frozen=True)
class Pass:
    numbers: tuple[int, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Drop:
    numbers: tuple[int, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Omw:
    numbers: tuple[int, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Done:
    numbers: tuple[int, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Status:
    numbers: tuple[int, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class More:
    numbers: tuple[int, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Nevermind:
    numbers: tuple[int, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Info:
    numbers: tuple[int, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Relay:
    """`@42 words`: words for the other side of #42."""

    numbers: tuple[int, ...]
    note: str = ""


@dataclass(frozen=True)
class List:
    """Which requests still need somebody."""


@dataclass(frozen=True)
class Mine:
    """What I have in hand."""


@dataclass(frozen=True)
class Away:
    hours: int | None = None  # None: until BACK


@dataclass(frozen=True)
class Back:
    """I can be asked again."""


@dataclass(frozen=True)
class Max:
    count: int


@dataclass(frozen=True)
class Only:
    needs: tuple[Need, ...]  # empty: anything


@dataclass(frozen=True)
class Area:
    note: str = ""
    everywhere: bool = False


@dataclass(frozen=True)
class Person:
    """Let a person write to me."""


@dataclass(frozen=True)
class Join:
    """I want to help."""


@dataclass(frozen=True)
class Vouch:
    numbers: tuple[int, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Help:
    """Who are you, what can I text?"""


@dataclass(frozen=True)
class Stop:
    by_carrier: bool  # True: a word that the carrier itself acts on and answers


@dataclass(frozen=True)
class Start:
    """Text me again."""


@dataclass(frozen=True)
class Language:
    code: str  # a language code, also of a language we do not speak


@dataclass(frozen=True)
class Thanks:
    """Nothing to do but to be kind."""


@dataclass(frozen=True)
class Hello:
    """Just a greeting: the way many people begin."""


@dataclass(frozen=True)
class Queue:
    """What needs somebody on duty."""


@dataclass(frozen=True)
class Show:
    numbers: tuple[int, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Assign:
    numbers: tuple[int, ...] = ()
    note: str = ""  # whom


@dataclass(frozen=True)
class Open:
    numbers: tuple[int, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Close:
    numbers: tuple[int, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Note:
    numbers: tuple[int, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Duty:
    on: bool | None  # None: just asking


@dataclass(frozen=True)
class Answer:
    """The answer to what we last asked this person."""

    choice: int | None  # which of the offered answers, counted from 1; None for words of their own
    words: str


@dataclass(frozen=True)
class Ambiguous:
    """Could mean two things, so it means neither until the person says which."""

    offers: tuple[int, ...] = ()  # requests it might accept
    answer: bool = False  # it might also answer our question


@dataclass(frozen=True)
class Free:
    """Words of the person's own: how neighbors ask."""

    words: str
    meaning: Understanding


@dataclass(frozen=True)
class Wordless:
    """Nothing to read: a picture, an emoji, an empty text."""


Intent = (
    Claim | Pass | Drop | Omw | Done | Status | More | Nevermind | Info | Relay | List | Mine | Away | Back | Max
    | Only | Area | Person | Join | Vouch | Help | Stop | Start | Language | Thanks | Hello | Queue | Show | Assign
    | Open | Close | Note | Duty | Answer | Ambiguous | Free | Wordless
)  # fmt: skip
