"""What fills a phrase, said in the reader's language. Whose words they are is their type: ours, a name, or quoted."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, auto
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_interval
from babel.numbers import format_currency, get_currency_precision

from handlers import phrasebook
from handlers.members import naming
from handlers.phrasebook import Book, Value
from handlers.where import vicinity
from handlers.wording import due, lures, redaction, takes
from handlers.wording.due import Due
from handlers.wording.every import Every
from handlers.wording.quoting import one_paragraph, quoted
from models.lines import Area, OfferShows
from models.requests import Request, Urgency

SPACES = {0xA0: " ", 0x202F: " "}  # of amounts: in a text they would cost a second segment
BRIEF = 300  # characters
MOST_NAMED = 4  # kinds of help; an offer is one segment, and the words themselves tell all
MOVING = "repair"  # the need that moving furniture counts as
LONGEST_ECHO = 60  # characters of the door that are told back to who lives there
LATER = re.compile(r"(?<![\s.,;:!?])\s*\n\s*")  # between what they wrote first and what they added
PLAIN_PLACE = 5  # words; whoever says more in a place's stead is quoted
STREET = re.compile(r"(?!.*\d[\s.-]?(?:\d[\s.-]?){5}\d)[\w '’.,/&#-]{1,40}")  # seven digits call somebody


@dataclass(frozen=True)
class Ours:
    """Words of the group's own: the line's name, its areas, the number to dial. Never a person's."""

    words: str

    def in_words(self, _: Book) -> str:
        """The words as they are."""
        return self.words


@dataclass(frozen=True)
class Quoted:
    """Words of a person on their way to another: a paragraph in quotes, and whose the links in it are."""

    words: str

    def in_words(self, book: Book) -> str:
        """`"ring twice"`."""
        lure = lures.found(one_paragraph(self.words))
        said = quoted(self.words)
        return book.say(lure, {"words": Ours(said)}) if lure else said


@dataclass(frozen=True)
class Name:
    """What others call somebody: letters only, and few (members/naming.py). It is the one thing without quotes."""

    name: str
    number: int | None = None  # of the person, where another has the same name, or duty needs it to do something

    def in_words(self, _: Book) -> str:
        """The name: `Ben`, `Ben (7)`."""
        return self.name if self.number is None else f"{self.name} ({self.number})"


def name(stored: str, line: str, *, whole: bool = False, number: int | None = None) -> Name | None:
    """The name that others may read, whatever is stored; None if nothing of it can be one."""
    shown = naming.whole(stored, line) if whole else naming.first(stored, line)
    return Name(shown, number) if shown else None


@dataclass(frozen=True)
class Place:
    """A street or a corner as a neighbor named it: without quotes only where it cannot be anything else."""

    words: str

    def in_words(self, book: Book) -> str:
        """`Oak St`."""
        where = one_paragraph(self.words)
        plain = STREET.fullmatch(where) and len(where.split()) <= PLAIN_PLACE and not lures.found(where)
        return where if plain else Quoted(where).in_words(book)


@dataclass(frozen=True)
class Said:
    """A phrase inside a phrase."""

    phrase: str
    values: Mapping[str, Value] = field(default_factory=dict)

    def in_words(self, book: Book) -> str:
        """The phrase itself."""
        return book.say(self.phrase, self.values)


@dataclass(frozen=True)
class Several:
    """Things in a list, as the reader's language writes one; style "or" for a choice."""

    things: Sequence[Value]
    style: str = "standard"

    def in_words(self, book: Book) -> str:
        """`a, b and c`."""
        return book.listed([book.worded(thing) for thing in self.things], style=self.style)


@dataclass(frozen=True)
class Lines:
    """Rows, one below the other."""

    rows: Sequence[Value]

    def in_words(self, book: Book) -> str:
        """The rows with line breaks between them."""
        return "\n".join(book.worded(row) for row in self.rows)


@dataclass(frozen=True)
class When:
    """A moment on the line's own clock."""

    moment: datetime
    zone: str

    def in_words(self, book: Book) -> str:
        """`Tue 4:30 PM`."""
        return book.time(self.moment, self.zone)


@dataclass(frozen=True)
class Span:
    """From one moment to another of about the same day, on the line's own clock."""

    begins: datetime
    ends: datetime
    zone: str
    dated: bool = False

    def in_words(self, book: Book) -> str:
        """`Tue 6:00 PM - 10:00 PM`, `Tue, Mar 10 6:00 PM - 10:00 PM`."""
        hour = book.pages["clock_minute"]
        since = book.time(self.begins, self.zone)
        if self.dated:
            since = f"{book.time(self.begins, self.zone, 'EMMMd')} {book.time(self.begins, self.zone, hour)}"
        return f"{since} - {book.time(self.ends, self.zone, hour)}"

    def short(self, book: Book, *, day: bool = True) -> str:
        """`Tue 6 – 10 PM`, as a page says it: no minutes where there are none. Without the day, its hours."""
        zone = ZoneInfo(self.zone)
        whole = all(moment.astimezone(zone).minute == 0 for moment in (self.begins, self.ends))
        skeleton = book.pages["clock_minute"]
        if whole and "h" in skeleton:  # `6 PM`; `18` alone would be no hour
            skeleton = "h"
        hours = str(format_interval(self.begins, self.ends, skeleton, zone, locale=book.locale))
        return f"{book.time(self.begins, self.zone, 'EMMMd' if self.dated else 'E')} {hours}" if day else hours


@dataclass(frozen=True)
class Day:
    """A day of the week on the line's own clock."""

    moment: datetime
    zone: str

    def in_words(self, book: Book) -> str:
        """`Tue`."""
        return book.time(self.moment, self.zone, "E")


@dataclass(frozen=True)
class Date:
    """The date of a moment, on the line's own clock."""

    moment: datetime
    zone: str

    def in_words(self, book: Book) -> str:
        """`Mar 3`, `3 de marzo`."""
        return book.named(self.moment, self.zone, "date")


@dataclass(frozen=True)
class Month:
    """The month of a moment, on the line's own clock."""

    moment: datetime
    zone: str

    def in_words(self, book: Book) -> str:
        """`March`."""
        day = self.moment.astimezone(ZoneInfo(self.zone)).date()
        return str(format_date(day, "LLLL", locale=book.locale))


@dataclass(frozen=True)
class Hour:
    """A minute of any day, on the line's own clock."""

    minute: int

    def in_words(self, book: Book) -> str:
        """`9 AM`, `9:30 AM`."""
        return book.hour(self.minute)


@dataclass(frozen=True)
class Soon:
    """A moment to come, on the line's own clock, as somebody says it at `now`."""

    moment: datetime
    zone: str
    now: datetime

    def in_words(self, book: Book) -> str:
        """`at 4:30 PM`, `tomorrow at 8:00 AM`, `Fri at 8:00 AM`; with the date where that is a week away or more."""
        days = (self._day(self.moment) - self._day(self.now)).days
        phrase = ("at_hour", "tomorrow_at")[days] if days < 2 else "day_at" if days < 7 else "date_at"
        values = {
            "hour": Ours(book.time(self.moment, self.zone, book.pages["clock_minute"])),
            "day": Ours(book.named(self.moment, self.zone, "date" if days > 6 else "weekday")),
        }
        return book.say(phrase, values)

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(ZoneInfo(self.zone)).date()


@dataclass(frozen=True)
class Verb:
    """A command to type, such as CLAIM 42."""

    name: str
    number: int

    def in_words(self, book: Book) -> str:
        """The command in the reader's language."""
        return f"{book.pages['verbs'][self.name]} {self.number}"


@dataclass(frozen=True)
class Tongue:
    """A language that we do not speak, by what the reader's calls it."""

    code: str

    def in_words(self, book: Book) -> str:
        """`French`."""
        return phrasebook.in_other_words(self.code, book.code)


@dataclass(frozen=True)
class What:
    """`Groceries for 3, Oak, Wed 10 AM, stairs`."""

    needs: tuple[str, ...]
    people: int | None = None
    where: Ours | Place | None = None
    urgency: Urgency | None = None
    language: Tongue | None = None  # that the neighbor writes, if we do not speak it
    when: Due | None = None
    takes: tuple[str, ...] = ()  # something heavy, a car: for whoever is asked
    words: Quoted | None = None  # the neighbor's own, where we have no name for what they need
    area: Ours | None = None  # beside a street or a building
    helpers: tuple[int, int] | None = None  # how many have it, and how many are wanted, where more than one is
    last: Said | None = None  # that whoever is asked did it last time
    every: Every | None = None  # how often it comes again, for whoever is on duty
    moves: bool = False  # a couch, say: that is no repair, whatever the need is called

    def in_words(self, book: Book) -> str:
        """The summary with a capital letter."""
        named = [self._named(need, book) for need in (self.needs or ("other",))[:MOST_NAMED]]
        about = book.listed(named)
        if self.people and self.people > 1:
            about = book.say("for_people", {"what": Ours(about), "people": self.people})
        if self.words:
            about = book.say("in_their_words", {"what": Ours(about), "words": self.words})
        details: list[str | None] = [about, book.worded(self.where), book.worded(self.area)]
        # A time says how soon; "urgent" says more.
        soon = self.urgency if self.when is None or self.urgency is Urgency.URGENT else None
        details += [book.pages["urgency"].get(soon) if soon else None, book.worded(self.when)]
        if self.helpers:
            have, wanted = self.helpers
            phrase = "helpers_so_far" if 0 < have < wanted else "helpers_wanted"
            details.append(book.say(phrase, {"have": have, "wanted": wanted}))
        details += [book.pages["takes"][each] for each in self.takes]
        details += [book.say("writes", {"language": self.language})] if self.language else []
        details += [book.worded(self.every), book.worded(self.last)]
        whole = ", ".join(d for d in details if d)
        return whole[:1].upper() + whole[1:]

    def _named(self, need: str, book: Book) -> str:
        return book.say("moving_things") if self.moves and need == MOVING else book.need(need)


@dataclass(frozen=True)
class Money:
    """A sum in the smallest units of its currency (ISO 4217), as the reader's language writes it in that country."""

    cents: int
    currency: str
    country: str

    def in_words(self, book: Book) -> str:
        """`$31.50`, `31,50 €`."""
        units = Decimal(self.cents).scaleb(-get_currency_precision(self.currency))
        try:
            locale = Locale.parse(f"{book.locale.language}_{self.country}")
        except (UnknownLocaleError, ValueError):
            locale = book.locale
        return format_currency(units, self.currency, locale=locale).translate(SPACES)


@dataclass(frozen=True)
class Entry:
    """An entry of the purse, by what it is called in every language: `S12`, `G13`."""

    number: int
    spent: bool = True

    def in_words(self, _: Book) -> str:
        """Its letter and its number."""
        return f"{'S' if self.spent else 'G'}{self.number}"


@dataclass(frozen=True)
class Needs:
    """Kinds of help in a list; nothing listed means any kind."""

    needs: tuple[str, ...]

    def in_words(self, book: Book) -> str:
        """`a ride and groceries`."""
        return book.listed([book.need(n) for n in self.needs]) if self.needs else book.say("any_kind")


def brief(words: str) -> Quoted:
    """The beginning of what somebody wrote, for everybody on duty: the whole could cost a dozen segments each."""
    most = BRIEF if words.isascii() else BRIEF // 2  # half as many fit into a text with other letters
    return Quoted(words if len(words) <= most else f"{words[:most].rstrip()}...")


class Sight(Enum):
    """Who reads a summary, by how much of the place they may know."""

    ANYBODY = auto()  # volunteers who may or may not come
    NEAR = auto()  # the neighbor, duty, and whoever comes: the area or the street, in the neighbor's vague words
    DOOR = auto()  # the neighbor, who hears back what was understood


def what(
    request: Request,
    areas: Sequence[Area],
    zone: str,
    now: datetime,
    *,
    sight: Sight = Sight.ANYBODY,
    shows: OfferShows = OfferShows.AREA,
) -> What:
    """What may be told about a request; to anybody, no more of the place than `shows`."""
    area = next((Ours(a.name) for a in areas if a.id == request.area_id), None)
    door, beside = sight is Sight.DOOR, None
    where: Ours | Place | None
    if sight is Sight.ANYBODY:
        told = vicinity.of(request, shows)
        where, beside = (Place(told), area) if told else (area, None)
        if told and beside and len(told) + len(beside.words) > vicinity.LONGEST:
            beside = None  # an offer is one segment
    else:
        where = Place(request.place[:LONGEST_ECHO]) if door and request.place else area
        if where is None and request.vicinity:
            where = Place(request.vicinity)
    language = Tongue(request.language) if not door and request.language in phrasebook.unspoken() else None
    own = redaction.offered(request.text) if set(request.needs) <= {"other"} and not request.emergency else None
    moves = MOVING in request.needs and takes.moves(request.text)
    taken = () if door or request.in_danger else takes.of(request.text)
    return What(
        tuple(request.needs),
        request.people,
        where,
        request.urgency,
        language,
        due.of(request, zone, now),
        tuple(each for each in taken if not (moves and each == takes.HEAVY)),
        Quoted(own) if own else None,
        beside,
        _helpers(request),
        moves=moves,
    )


def _helpers(request: Request) -> tuple[int, int] | None:
    """How many have it and how many are wanted; nothing where one does it alone, or it is over."""
    if request.helpers_wanted < 2 or not request.live:
        return None
    return request.helpers_have, request.helpers_wanted


def at_place(request: Request) -> Said | None:
    """The door, for whoever goes there; nothing where we do not know it."""
    return Said("at_place", {"place": Quoted(request.place)}) if request.place else None


def at_street(request: Request) -> Said | None:
    """The street or the corner, where we know no more."""
    return Said("at_place", {"place": Quoted(request.vicinity)}) if request.vicinity else None


def partly_wrote(request: Request) -> Said | None:
    """The neighbor's words for whoever may not know the exact place, with the gaps marked."""
    own = redaction.whole_clauses(request.text)
    return Said("they_wrote", {"words": Quoted(own)}) if own else None


def they_wrote(request: Request, *, short: bool = False) -> Said | None:
    """The neighbor's own words, for whoever helps them."""
    if not request.text:
        return None
    said = LATER.sub("; ", request.text)
    return Said("they_wrote", {"words": brief(said) if short else Quoted(said)})
