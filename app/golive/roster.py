"""People as somebody types them in a row: a name and a number each, with commas between them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import phonenumbers

from app.database.engine import Database
from app.golive.setup import Setup
from app.settings import Settings
from handlers.setup import pretend_numbers
from models import lines
from models.lines import Channel, Line
from models.store.session import Session

DUTY = re.compile(r"\b(on duty|duty|en guardia|guardia)\b", re.IGNORECASE)
AROUND = " \t:;,.-()<>"


@dataclass
class Kept:
    """Who was kept, and why others were not."""

    ids: list[int] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def read(said: str, country: str) -> tuple[list[dict[str, str]], list[str]]:
    """The people in these words, as rows of a spreadsheet; and of what is not understood, why, in words to show."""
    found, wrong = [], []
    for part in re.split(r"[,;\n]+", said):
        if not (words := part.strip()):
            continue
        numbers = list(
            phonenumbers.PhoneNumberMatcher(words, country, leniency=phonenumbers.Leniency.POSSIBLE, max_tries=9)
        )
        if len(numbers) != 1:
            wrong.append(f"in {words!r} there {'is no phone number' if not numbers else 'are several numbers'}")
            continue
        (number,) = numbers
        rest = f"{words[: number.start]} {words[number.end :]}"
        name = " ".join(DUTY.sub(" ", rest).split()).strip(AROUND)
        if not name:
            wrong.append(f"in {words!r} there is no name; neighbors are told the first name of who helps them")
            continue
        row = {"address": number.raw_string, "name": name, "helper": "yes"}
        found.append({**row, "duty": "yes"} if DUTY.search(rest) else row)
    return found, wrong


def keep(setup: Setup, settings: Settings, database: Database, rows: Sequence[Mapping[str, str]]) -> Kept:
    """Add them as volunteers; known ones are brought up to date."""

    def work(session: Session) -> Kept:
        kept, line = Kept(), line_of(session, settings)
        for row in rows:
            try:
                person = setup.keep(session, line, row, settings)
            except ValueError as error:
                kept.refused.append(f"{row['name']}: {error}")
            else:
                kept.ids.append(person.id)
                kept.names.append(person.name)
        return kept

    return database.write(work).result()


def example(settings: Settings, *names: str) -> str:
    """How to write them, with numbers of this country that are nobody's."""
    numbers = pretend_numbers.of(settings.hotline_country)[1:]
    return ", ".join(f"{name} {number}" for name, number in zip(names, numbers, strict=False))


def line_of(session: Session, settings: Settings) -> Line:
    """The line that goes live."""
    found = lines.by_number(session, Channel.SMS, settings.hotline_number) if settings.hotline_number else None
    return found or lines.all_lines(session)[0]
