"""What a person can mean. Nonsense is an intent too, never an exception."""

from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

from handlers.understanding.when.expression import TimeExpression
from handlers.understanding.when.repeating import Repetition
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


TO_BE_ANSWERED = frozenset({Need.WORK, Need.INFORMATION, Need.DOCUMENTS})  # duty's list helps more than an errand


class Kind(StrEnum):
    """What free words are for."""

    ASK = "ask"
    OFFER = "offer"
    QUESTION = "question"
    OTHER = "other"


class Courtesy(StrEnum):
    """What a text in a language that we do not speak may be altogether."""

    HELLO = "hello"
    THANKS = "thanks"


class DangerKind(StrEnum):
    """What kind of danger somebody is in. Each gets the emergency number at once; what else follows depends on it."""

    LIFE = "life"  # illness, injury, fire, gas, flood, weapons, strangers: seconds count
    SELF_HARM = "self_harm"
    VIOLENCE_AT_HOME = "violence_at_home"  # by somebody near, who may read along
    CHILD_ALONE = "child_alone"
    POISON = "poison"  # an overdose, something swallowed
    RAID = "raid"  # whoever takes people away is at the door or in the street: a person at once, and no police
    URGENT_CARE = "urgent_care"  # no insulin, no oxygen, a newborn in the cold: within hours


class Act(StrEnum):
    """What somebody does with words of their own, beside naming a need. acts/*.toml says by which words."""

    # about the hotline
    ASKS_COST = "asks_cost"
    ASKS_WHO = "asks_who"
    ASKS_BOT = "asks_bot"
    CHANGES_NUMBER = "changes_number"
    WANTS_FORGOTTEN = "wants_forgotten"
    ASKS_WHAT_IS_KEPT = "asks_what_is_kept"
    ASKS_PRIVACY = "asks_privacy"
    ASKS_PAPERS = "asks_papers"
    ASKS_AUTHORITIES = "asks_authorities"
    ASKS_SAFETY = "asks_safety"
    ASKS_NEARBY = "asks_nearby"
    ASKS_HOW_LONG = "asks_how_long"
    ASKS_KINDS = "asks_kinds"
    ASKS_WHY_PLACE = "asks_why_place"
    ASKS_FOR_PERSON = "asks_for_person"
    ASKS_FOR_CALL = "asks_for_call"
    # about one's own request
    WITHDRAWS = "withdraws"
    ASKS_PROGRESS = "asks_progress"
    ASKS_IF_COMING = "asks_if_coming"
    ASKS_EARLIER = "asks_earlier"
    STILL_NEEDS = "still_needs"
    ASKS_SAME = "asks_same"  # as last time
    SKIPS_ONCE = "skips_once"  # of a need that comes again
    ENDS_RECURRING = "ends_recurring"
    CHOOSES_HELPER = "chooses_helper"
    FEARS_HELPER = "fears_helper"
    PHONE_IS_READ = "phone_is_read"
    NOTHING_BACK = "nothing_back"
    NOT_AGAIN = "not_again"
    NOT_NAMED_AGAIN = "not_named_again"  # the same with a name, or with something that is none
    COMPLAINS = "complains"
    GRIEVES = "grieves"
    LEGAL_TROUBLE = "legal_trouble"
    CAME = "came"
    PARTLY_CAME = "partly_came"
    NEVER_CAME = "never_came"
    WANTS_ONE_MORE = "wants_one_more"
    ENOUGH_HANDS = "enough_hands"
    RESCHEDULES = "reschedules"  # also of a volunteer
    GOT_IT = "got_it"
    THANKS_SOMEBODY = "thanks_somebody"
    # of a volunteer
    TAKES_ALL = "takes_all"
    ACCEPTS = "accepts"
    CAN_STILL = "can_still"
    DECLINES = "declines"
    HAS_IT = "has_it"
    ASKS_IF_NEEDED = "asks_if_needed"
    ASKS_DETAIL = "asks_detail"
    ASKS_ADDRESS = "asks_address"
    ASKS_NUMBER = "asks_number"
    SETS_OFF = "sets_off"
    RUNS_LATE = "runs_late"
    COMES_AT = "comes_at"
    DELIVERED = "delivered"
    NOBODY_HOME = "nobody_home"
    UNSAFE_THERE = "unsafe_there"  # they are afraid where they have gone to help
    GIVES_BACK = "gives_back"
    MAY_GIVE_BACK = "may_give_back"
    WANTS_HANDS = "wants_hands"
    ASKS_WHO_ELSE = "asks_who_else"  # also of a neighbor
    WELCOMES = "welcomes"
    GOES_AWAY = "goes_away"
    NOT_AT_NIGHT = "not_at_night"
    NOT_THESE = "not_these"
    CANT_WATCH = "cant_watch"
    ASKS_VOTE = "asks_vote"  # how a proposal stands
    ASKS_PURSE = "asks_purse"
    ASKS_PAID_BACK = "asks_paid_back"
    TELLS_ALL = "tells_all"  # of duty
    DOES_ALWAYS = "does_always"  # "i can do it every week"


class Role(StrEnum):
    """What somebody is to the hotline when a text of theirs comes in. They may be several things at once."""

    ANYONE = "anyone"
    NEIGHBOR = "neighbor"  # not on duty, talks with nobody on duty, has nothing of others in hand
    NOBODYS_HELPER = "nobodys_helper"  # not on duty, has nothing of others in hand
    ALONE = "alone"  # the same, and nobody has anything of theirs in hand
    DRAFTING = "drafting"  # we still ask back about a request of theirs
    REPEATING = "repeating"  # something that they need comes again by itself
    WAITING = "waiting"  # volunteers are asked about a request of theirs, or it waits for one or for duty
    GIVEN_UP = "given_up"  # the last that they asked for was closed, for nobody could
    MATCHED = "matched"  # somebody has a request of theirs
    DELIVERED = "delivered"  # it is said to be there, or was closed within days
    NAMED = "named"  # the last that they were told calls them by their name
    OFFERED = "offered"  # they were asked about requests and have not answered
    TOO_LATE = "too_late"  # the last that they were told is an offer which somebody else has taken since
    LET_GO = "let_go"  # the last that they were told is that what they had goes to others, for they were silent
    HOLDING = "holding"  # they have requests of others in hand
    HELPED = "helped"  # what they had in hand was delivered or closed within days
    VOLUNTEER = "volunteer"
    DUTY = "duty"


class Topic(StrEnum):
    """What may stand after RULES or HISTORY; those named as a group of figures are that group."""

    SAFETY = "safety"
    TIMES = "times"
    ASKING = "asking"
    PACE = "pace"
    KEEPING = "keeping"
    NEIGHBORS = "neighbors"
    WATCH = "watch"
    LIMITS = "limits"
    DECIDING = "deciding"
    MEMORY = "memory"
    MONEY = "money"
    QUIET = "quiet"
    VOUCHING = "vouching"
    PEOPLE = "people"
    AREAS = "areas"
    ANSWERS = "answers"
    LINE = "line"


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
    SURGE = "surge"
    COMING = "coming"  # a helper, whether they still come
    COVER = "cover"  # a volunteer, whether they take somebody's turn on duty
    BROADCAST = "broadcast"  # somebody on duty, whether words go to many
    GOING = "going"  # a helper, how it is going
    STILL_NEEDED = "still_needed"  # a neighbor, whether they need it still
    UNTIL = "until"  # duty, how long the line is paused
    DETAIL = "detail"  # a neighbor, what somebody wants to know before they take it
    STILL_HELPS = "still_helps"  # a volunteer, whether they still want to be asked
    STILL_ON = "still_on"  # whoever is on duty, whether they still are
    WELCOMED = "welcomed"  # a volunteer whom the host has added, whether they want to be asked
    FORGET = "forget"  # anybody, whether all that is known of them shall be erased
    STAYS = "stays"  # a volunteer silent for a year, whether they stay
    DOOR = "door"  # a neighbor, whether a newcomer who comes may see it
    OLD_PHONE = "old_phone"  # a new phone, whether the old one is gone: 1
    NEW_PHONE = "new_phone"  # somebody, whether a phone that says so is their new one
    FORWARDED = "forwarded"  # anybody, whether what they passed on is their own need
    RECURRING = "recurring"  # a neighbor, whether they still need what comes again
    REGULAR = "regular"  # the same, who asked three times at regular distance, whether it shall come by itself
    ONE_OR_ALL = "one_or_all"  # a neighbor who took back one of these, whether the others go as well
    GIVES = "gives"  # who offers something, whether a neighbor may have it
    STILL_GIVES = "still_gives"  # the same, whether they still have it
    GONE = "gone"  # the same, which of several things is gone
    STOCK = "stock"  # a neighbor, whether some of what the group has is kept for them
    STOCK_FETCHED = "stock_fetched"  # the same, whether they have it
    DISTRO = "distro"  # an invited household, when it comes
    DISTRO_PLAN = "distro_plan"  # duty, whether households are invited
    DISTRO_FOR = "distro_for"  # duty, what a distribution is for
    DISTRO_MISSED = "distro_missed"  # who could not come twice, what would help
    HOUSEHOLD = "household"  # a phone, whether those at the one that showed a code live with them
    REPEAT = "repeat"  # a neighbor, whether they ask again for what waits already
    PROPOSAL = "proposal"  # a volunteer, whether they agree
    PROPOSES = "proposes"  # who talks with somebody, whether words are for all
    CANT_WAIT = "cant_wait"  # a neighbor at night, whether it can wait for the morning; 1 is that it cannot


CLOSED_QUESTIONS = frozenset(  # answered by one of the choices
    {
        Question.RECEIPT,
        Question.WHERETO,
        Question.SURGE,
        Question.COMING,
        Question.GOING,
        Question.COVER,
        Question.BROADCAST,
        Question.PROPOSAL,
        Question.PROPOSES,
        Question.DISTRO,
        Question.DISTRO_PLAN,
        Question.DISTRO_MISSED,
        Question.CANT_WAIT,
        Question.RECURRING,
        Question.ONE_OR_ALL,
        Question.REGULAR,
        Question.FORWARDED,
        Question.FORGET,
        Question.STAYS,
        Question.DOOR,
        Question.STILL_HELPS,
        Question.STILL_ON,
        Question.WELCOMED,
        Question.STILL_NEEDED,
        Question.OLD_PHONE,
        Question.NEW_PHONE,
        Question.GIVES,
        Question.STILL_GIVES,
        Question.GONE,
        Question.STOCK,
        Question.STOCK_FETCHED,
        Question.HOUSEHOLD,
        Question.REPEAT,
    }
)
OPEN_QUESTIONS = frozenset(Question) - CLOSED_QUESTIONS  # answered in words of one's own


@dataclass(frozen=True)
class Understanding:
    """What free words say, as far as we understand them."""

    kind: Kind
    needs: tuple[Need, ...] = ()
    people: int | None = None
    urgency: Urgency | None = None
    danger: DangerKind | None = None
    place: str | None = None  # in the person's own words
    exact: bool = False  # whether the place names a door, not just a street or a corner
    public: bool = False  # whether it is only a street, a corner or a ZIP code, which anybody may see
    language: str | None = None  # None when the words do not tell
    needs_if_asked: tuple[Need, ...] = ()  # what is needed if the words answer "what do you need?"
    courtesy: Courtesy | None = None  # whether they are only that, in a language that we do not speak
    when: TimeExpression | None = None  # the time that they name
    helpers: int | None = None  # how many people are wanted to help, where that is more than one
    only_when: bool = False  # whether they say nothing but how soon, or when ("today please", "friday at 5")
    repeats: Repetition | None = None  # how often it is needed, where it is again and again; never in danger

    @property
    def emergency(self) -> bool:
        """Whether a person must look first, for seconds may count. Urgent care goes out to volunteers at once."""
        return self.danger not in (None, DangerKind.URGENT_CARE)

    def as_answer(self) -> "Understanding":
        """The same words as the answer to "what do you need?": whatever they name is needed."""
        return replace(self, kind=Kind.ASK, needs=self.needs_if_asked)


NOTHING_SAID = Understanding(Kind.OTHER)


@dataclass(frozen=True)
class Amount:
    """A sum as somebody wrote it, in whole units with their cents."""

    value: Decimal
    sign: str = ""  # `$`, `€` or `£`; empty where none was written
    typed: str = ""  # without its sign
    words: str = ""  # what it was for, where they say so right behind it


@dataclass(frozen=True)
class Order:
    """A command, by its name in English: `claim 42 after 6` is Order("claim", (42,), "after 6")."""

    command: str
    numbers: tuple[int, ...] = ()
    note: str = ""
    argument: Any = None  # what the command takes beside these, as its declaration says
    bare: bool = field(default=False, compare=False)  # just a number or a sum, without a command's word
    language: str | None = field(default=None, compare=False)  # the one it was said in; None for numbers alone
    when: TimeExpression | None = field(default=None, compare=False)  # the time that its note names
    only_when: bool = field(default=False, compare=False)  # whether the note says hardly anything else
    surplus: tuple[int, ...] = field(default=(), compare=False)  # numbers beyond what one text may name
    spent: Amount | None = None  # what they say beside it that they laid out


@dataclass(frozen=True)
class Answer:
    """The answer to what we last asked this person."""

    choice: int | None  # which of the offered answers, counted from 1; None for words of their own
    words: str
    meaning: Understanding = field(default=NOTHING_SAID, compare=False)
    languages: tuple[str, ...] = field(default=(), compare=False)  # the languages it names, where we asked for them
    beside: Understanding | None = field(default=None, compare=False)  # what else they need, where help has come


@dataclass(frozen=True)
class Ambiguous:
    """Could mean two things, so it means neither until the person says which."""

    offers: tuple[int, ...] = ()  # requests it might accept
    answer: bool = False  # it might also answer our question
    verb: str = "claim"  # what it might say to those
    talk: bool = False  # it might also be for the other side of a match


@dataclass(frozen=True)
class Free:
    """Words of the person's own: how neighbors ask."""

    words: str
    meaning: Understanding
    almost: Order | None = field(default=None, compare=False)  # the command, one typo away, in which none is forgiven
    act: Act | None = field(default=None, compare=False)  # what they do by it, of what makes sense in their situation
    quoted: int | None = field(
        default=None, compare=False
    )  # the request of which a text of ours told that they quote
    act_words: str = field(default="", compare=False)  # those of the words that tell of it
    role: Role = field(default=Role.ANYONE, compare=False)  # what they are to us in doing so
    acts: frozenset[Act] = field(default=frozenset(), compare=False)  # all that they do by it
    spent: Amount | None = field(default=None, compare=False)  # what they say beside it that they laid out
    note: str = field(default="", compare=False)  # and their words without it
    beside: Understanding | None = field(default=None, compare=False)  # what they need beside it, if they say so


@dataclass(frozen=True)
class Wordless:
    """Nothing to read: a picture, an emoji, an empty text."""


class MachineKind(StrEnum):
    """What a text is that no person wrote."""

    REACTION = "reaction"  # a tap on one of our texts; also a thumb or a heart by itself
    AUTO_REPLY = "auto_reply"  # somebody drives, works or sleeps, and their phone says so
    NOTICE = "notice"  # a carrier, a phone or a service tells of a text, a call or a code
    ECHO = "echo"  # words of our own, sent back
    ADVERT = "advert"  # somebody sells, or wants to cheat


class Mood(StrEnum):
    """What a tap says."""

    YES = "yes"
    NO = "no"
    OTHER = "other"
    REMOVED = "removed"
    EDITED = "edited"  # no tap: a phone tells how a text of its owner is to read now


@dataclass(frozen=True)
class Quote:
    """What somebody quotes of ours."""

    phrase: str | None = None  # which phrase of ours it is, if that can be told
    number: int | None = None  # of the request that it tells of


@dataclass(frozen=True)
class Machine:
    """What no person wrote: it is kept, and nothing follows from it."""

    kind: MachineKind
    mood: Mood | None = field(default=None, compare=False)
    quote: Quote | None = field(default=None, compare=False)
    alone: bool = field(default=False, compare=False)  # an emoji without any words


@dataclass(frozen=True)
class WrongNumber:
    """Whoever has this number is not whom we mean: nothing more may go there."""

    not_called: bool = False  # they say so of the name by which we have just called them


@dataclass(frozen=True)
class MayStop:
    """Perhaps they want no more texts: asked, before somebody who needs help is lost."""


@dataclass(frozen=True)
class Silence:
    """Nothing may be texted back, for somebody else reads this phone."""

    words: str
    meaning: Understanding


@dataclass(frozen=True)
class Safe:
    """Somebody who was in danger says that all is well."""

    words: str


class Verb(StrEnum):
    """What it is to press a button."""

    CLAIM = "claim"
    PASS = "pass"
    RECEIPT = "receipt"
    NEED = "need"
    AREA = "area"


@dataclass(frozen=True)
class Pressed:
    """A button or a row of a list, by its id (button_ids.py): what it means, and the request it was shown for."""

    verb: Verb
    number: int  # 0 where there was no request yet
    choice: str = ""


@dataclass(frozen=True)
class Forwarded:
    """Somebody else may have written it: a need in it is theirs only if they say so."""

    words: str
    meaning: Understanding


@dataclass(frozen=True)
class Edited:
    """How an earlier text of theirs is to be read now."""

    words: str
    meaning: Understanding


@dataclass(frozen=True)
class Deleted:
    """They took back an earlier text."""


Intent = (
    Order
    | Answer
    | Ambiguous
    | Free
    | Wordless
    | Machine
    | WrongNumber
    | MayStop
    | Silence
    | Safe
    | Pressed
    | Forwarded
    | Edited
    | Deleted
)


@dataclass(frozen=True)
class Understood:
    """One text, understood once."""

    intent: Intent
    language: str | None = None  # what it is written in; None when it does not tell
    danger: DangerKind | None = None  # what it tells of, whatever else it means
