"""What somebody wrote about a person, in a command or a spreadsheet, as the hotline keeps it."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from babel import Locale

from app.cli.people import addresses
from app.cli.people.addresses import Unusable
from handlers import naming, phrasebook, places
from handlers.understanding import needs
from handlers.understanding.intents import Need
from handlers.understanding.words import fold
from models import kept_apart, lines, marks, people, same_phone, spellings
from models.lines import Channel, Line
from models.people import Person
from models.store.session import Session

LONGEST_NAME = 60  # letters, family names and all; neighbors are told the first name alone
YES = frozenset("yes y yep x si s 1 1.0 true t on ok verdadero v ✓ ✔ ☑".split())
NO = frozenset("no n nope 0 0.0 false f off falso - – — n/a ☐".split()) | {""}
ANYTHING = frozenset({"anything", "everything", "any", "all", "*", "todo", "cualquier cosa", "lo que sea"})


@dataclass(frozen=True)
class Entry:
    """A person as they are to be kept."""

    channel: Channel
    value: str
    name: str
    helper: bool
    duty: bool
    languages: list[str]
    areas: list[int] | None
    can: list[str] | None

    def keep(self, session: Session, line: Line, now: datetime) -> Person:
        """Add the person, or bring what is known of them up to date."""
        there = same_phone.at_number(session, line, self.value)
        if there is not None and same_phone.by_address(session, line, self.channel, self.value) is None:
            same_phone.give_address(session, there, self.channel, self.value, now)
        person = people.add(
            session,
            line,
            self.channel,
            self.value,
            now,
            name=self.name,
            helper=self.helper,
            duty=self.duty,
            language=self.languages[0] if self.languages else None,
            areas=self.areas,
            can=self.can,
        )
        kept_apart.known_again(session, line, person.id, self.value)
        person.languages = sorted({*person.languages, *self.languages})
        return person


def read(session: Session, line: Line, written: Mapping[str, str], own: Collection[str | None] = ()) -> Entry:
    """The entry for these words; what is not there counts as unknown. Raises Unusable.

    `own` are numbers of the hotline itself, beside those of its lines: they are nobody's.
    """
    said = {column: addresses.cell(words) for column, words in written.items()}
    channel, value = addresses.read(said.get("address", ""), line.country)
    ours = {*own, *(number for each in lines.all_lines(session) for number in (each.sms, each.whatsapp))}
    if value in {spellings.canonical(number) for number in ours if number}:
        raise Unusable("a hotline's own number; write the number of the person's phone")
    known = same_phone.by_address(session, line, channel, value)
    if known is None and marks.find(session, line, value) is not None:
        raise Unusable("was erased; whoever was must text the hotline themselves first")
    helper, duty = (yes(column, said.get(column, "")) for column in ("helper", "duty"))
    name = naming.plain(said.get("name", ""))
    if len(name) > LONGEST_NAME:
        raise Unusable(f"the name has {len(name)} letters; write at most {LONGEST_NAME}")
    if name and (fault := naming.fault(name, line.name, LONGEST_NAME)):
        raise Unusable(f"the name: {fault.value}")
    there = known[0] if known else same_phone.at_number(session, line, value)
    if (helper or duty) and not name and not (there and there.name):
        raise Unusable("no name; neighbors are told the first name of who helps them")
    return Entry(
        channel,
        known[1].value if known else value,  # in the spelling in which the carrier knows it
        name,
        helper,
        duty,
        [language(part) for part in parts(said.get("language", ""))],
        areas(session, line, said.get("area", "")),
        can(said.get("can", "")),
    )


def yes(column: str, words: str) -> bool:
    """Whether a cell says yes. Raises Unusable for what is neither."""
    said = fold(words).strip()
    if said in YES:
        return True
    if said in NO:
        return False
    raise Unusable(f"{column}: write yes or no")


def language(words: str) -> str:
    """A language by its code, or by its name in any language we speak. Raises Unusable."""
    said = fold(words)
    for code in phrasebook.languages():
        names = {Locale.parse(code).get_display_name(reader) for reader in phrasebook.languages()}
        names |= {code, phrasebook.book(code).name}
        if said in {fold(name) for name in names if name}:
            return code
    choices = ", ".join(f"{code} ({phrasebook.book(code).name})" for code in phrasebook.languages())
    raise Unusable(f"language {words!r}: not one we speak; write one of: {choices}")


def areas(session: Session, line: Line, words: str) -> list[int] | None:
    """The line's areas by name, alias, ZIP or corner. Raises Unusable."""
    known = lines.areas(session, line.id)
    found: list[int] = []
    for part in parts(words):
        area = places.find(part, known)
        if area is None and not known:
            raise Unusable(f"area {part!r}: this line has no areas yet; add one with: hotline line area {part!r}")
        if area is None:
            choices = ", ".join(area.name for area in known)
            raise Unusable(f"area {part!r}: not one of this line's: {choices}")
        if area.id not in found:
            found.append(area.id)
    return found or None


def can(words: str) -> list[str] | None:
    """What somebody can help with; an empty list is anything. Raises Unusable."""
    if fold(words) in ANYTHING:
        return []
    found: list[str] = []
    for part in parts(words):
        key = fold(part).replace(" ", "_").replace("-", "_")
        known = [Need(key)] if key in set(Need) else needs.named(part)
        if not known:
            raise Unusable(f"can {part!r}: not understood; write some of: {', '.join(Need)}")
        found += [need.value for need in known if need.value not in found]
    return found or None


def parts(words: str) -> list[str]:
    """The parts of a list as people separate them."""
    return [part.strip() for part in re.split(r"[,;/|\n]", words) if part.strip()]
