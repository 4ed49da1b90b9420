"""What a request is about, said in the reader's language. Never a name, a door or the neighbor's own words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from handlers.phrasebook import Book
from models.lines import Area
from models.requests import Request, Urgency

BRIEF = 300  # characters
MOST_NAMED = 4  # kinds of help; an offer is one segment, and the words themselves tell all
LONGEST_ECHO = 60  # characters of the door that are told back to who lives there


@dataclass(frozen=True)
class Said:
    """A phrase inside a phrase."""

    phrase: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def in_words(self, book: Book) -> str:
        """The phrase itself."""
        return book.say(self.phrase, self.values)


@dataclass(frozen=True)
class Several:
    """Things in a list, as the reader's language writes one; style "or" for a choice."""

    things: Sequence[Any]
    style: str = "standard"

    def in_words(self, book: Book) -> str:
        """`a, b and c`."""
        said = [t.in_words(book) if hasattr(t, "in_words") else str(t) for t in self.things]
        return book.listed(said, style=self.style)


@dataclass(frozen=True)
class Lines:
    """Rows, one below the other."""

    rows: Sequence[Any]

    def in_words(self, book: Book) -> str:
        """The rows with line breaks between them."""
        return "\n".join(r.in_words(book) if hasattr(r, "in_words") else str(r) for r in self.rows)


@dataclass(frozen=True)
class When:
    """A moment on the line's own clock."""

    moment: datetime
    zone: str

    def in_words(self, book: Book) -> str:
        """`Tue 4:30 PM`."""
        return book.time(self.moment, self.zone)


@dataclass(frozen=True)
class Verb:
    """A command to type, such as CLAIM 42."""

    name: str
    number: int

    def in_words(self, book: Book) -> str:
        """The command in the reader's language."""
        return f"{book.pages['verbs'][self.name]} {self.number}"


@dataclass(frozen=True)
class What:
    """`Groceries for 3, Oak, today`."""

    needs: tuple[str, ...]
    people: int | None = None
    where: str | None = None
    urgency: Urgency | None = None

    def in_words(self, book: Book) -> str:
        """The summary with a capital letter."""
        named = [book.need(need) for need in (self.needs or ("other",))[:MOST_NAMED]]
        about = book.listed(named)
        if self.people and self.people > 1:
            about = book.say("for_people", {"what": about, "people": self.people})
        details = [about, self.where, book.pages["urgency"].get(self.urgency) if self.urgency else None]
        whole = ", ".join(d for d in details if d)
        return whole[:1].upper() + whole[1:]


@dataclass(frozen=True)
class Needs:
    """Kinds of help in a list; nothing listed means any kind."""

    needs: tuple[str, ...]

    def in_words(self, book: Book) -> str:
        """`a ride and groceries`."""
        return book.listed([book.need(n) for n in self.needs]) if self.needs else book.say("any_kind")


def brief(words: str) -> str:
    """The beginning of what somebody wrote, for everybody on duty: the whole could cost a dozen segments each."""
    most = BRIEF if words.isascii() else BRIEF // 2  # half as many fit into a text with other letters
    return words if len(words) <= most else f"{words[:most].rstrip()}..."


def what(request: Request, areas: Sequence[Area], *, door: bool = False) -> What:
    """What may be told to anybody about a request: the area, or else the neighbor's own vague words for the place.

    With `door` the exact place too: for the neighbor's own eyes.
    """
    area = next((a.name for a in areas if a.id == request.area_id), None)
    where = (request.place[:LONGEST_ECHO] if door and request.place else None) or area or request.vicinity
    return What(tuple(request.needs), request.people, where, request.urgency)


def at_place(request: Request) -> Said | str:
    """The door, for whoever goes there; nothing where we do not know it."""
    return Said("at_place", {"place": request.place}) if request.place else ""


def they_wrote(request: Request, *, short: bool = False) -> Said | str:
    """The neighbor's own words, for whoever helps them."""
    words = brief(request.text) if short else request.text
    return Said("they_wrote", {"words": words}) if words else ""
