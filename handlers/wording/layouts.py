"""Layouts of WhatsApp's templates, as the phrasebook has them: words, variables with samples, buttons.

What WhatsApp asks of a template stands here as figures; tests/test_templates.py holds every language against them.
Sources: Twilio's "Message template approvals and statuses" and "Content types overview", Meta's template guidelines.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from handlers import phrasebook
from handlers.phrasebook import Book

LONGEST_BODY = 1024  # characters, with the variables filled in
LONGEST_TITLE = 20  # characters of a button
MOST_BUTTONS = 3
LONGEST_NAME = 512  # characters of a template's own name
CATEGORY = "UTILITY"  # what somebody has asked for or taken on themselves; never MARKETING
NAME = re.compile(r"[a-z0-9_]+")
FIELD = re.compile(r"\{(\w+)\}")
LONGEST_VALUE = 120  # characters that a variable carries; people's words more
LONGEST_WORDS = 500
ON = "..."


@dataclass(frozen=True)
class Press:
    """A button: what it shows, and which words it stands for."""

    title: str
    says: str


@dataclass(frozen=True)
class Layout:
    """One template in one language. `names` are its variables in the order in which they stand."""

    name: str
    language: str
    body: str
    samples: Mapping[str, str]
    buttons: tuple[Press, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Its variables, in the order in which they stand."""
        return tuple(FIELD.findall(self.body))

    @property
    def numbered(self) -> str:
        """Its words with {{1}}, {{2}} and so on in the places of the variables."""
        numbers = {name: n for n, name in enumerate(self.names, 1)}
        return FIELD.sub(lambda found: f"{{{{{numbers[found[1]]}}}}}", self.body)

    @property
    def digest(self) -> str:
        """Of everything that the carrier is given: another wording is another template."""
        given = [
            self.name,
            self.language,
            self.body,
            sorted(self.samples.items()),
            [(b.title, b.says) for b in self.buttons],
            CATEGORY,
        ]
        return hashlib.sha256(json.dumps(given).encode()).hexdigest()[:8]

    @property
    def called(self) -> str:
        """What WhatsApp calls it: a name that was used once cannot get other words."""
        return f"hotline_{self.name}_{self.language}_{self.digest}"


@cache
def all_in(language: str) -> Mapping[str, Layout]:
    """The templates of a language that we speak, by their names."""
    written = phrasebook.book(language).pages["templates"]
    return {
        name: Layout(
            name, language, page["body"], page["samples"], tuple(Press(**each) for each in page.get("buttons", ()))
        )
        for name, page in written.items()
    }


def of(name: str, book: Book) -> Layout:
    """The template in the language of a book; for those that we do not speak, in the one that stands in for it."""
    spoken = getattr(book, "otherwise", book)
    return all_in(spoken.code)[name]


def every() -> list[Layout]:
    """Every template in every language."""
    return [layout for language in phrasebook.languages() for layout in all_in(language).values()]


def fill(body: str, values: tuple[str, ...]) -> str:
    """What a reader sees of a numbered body."""
    for n, value in enumerate(values, 1):
        body = body.replace(f"{{{{{n}}}}}", value)
    return body


def clean(words: str, longest: int = LONGEST_VALUE) -> str:
    """A value as WhatsApp takes it: one line, no tabs, no four spaces in a row, not too long. Quotes stay whole."""
    words = " ".join(words.split())
    if len(words) <= longest:
        return words
    quoted = words.count('"', 0, longest) % 2 == 1
    room = longest - len(ON) - quoted
    cut = words.rfind(" ", room // 2, room)
    return words[: cut if cut > 0 else room].rstrip() + ON + '"' * quoted
