"""What somebody wrote about a person, in a command or a spreadsheet, as the hotline keeps it."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from app.cli.people import addresses, skills
from app.cli.sheets import values
from app.cli.sheets.cells import Unusable, cell
from app.settings import Settings
from handlers import phrasebook
from handlers.members import naming
from handlers.where import places
from models import kept_apart, lines, marks, people, person_events, same_phone, spellings
from models.lines import Channel, Line
from models.people import Person
from models.store.session import Session

LONGEST_NAME = 60  # letters, family names and all; neighbors are told the first name alone


class NoArea(Unusable):
    """An area that the line does not have; `name` is what was written."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(why)
        self.name = name


@dataclass(frozen=True)
class Known:
    """What a list can tell of a person, as it stands with us."""

    name: str = ""
    helper: bool = False
    duty: bool = False
    language: str | None = None
    languages: tuple[str, ...] = ()
    areas: tuple[int, ...] = ()
    can: tuple[str, ...] = ()

    @classmethod
    def of(cls, person: Person | None) -> "Known":
        """What is known of somebody; of nobody, nothing."""
        if person is None:
            return cls()
        return cls(
            person.name,
            person.helper_since is not None and person.vouched_at is not None,
            person.on_duty,
            person.language,
            tuple(person.languages),
            tuple(person.areas),
            tuple(person.can),
        )

    def differs(self, other: "Known") -> dict[str, tuple[Any, Any]]:
        """What is otherwise there, by name: as it is here, and as it is there."""
        mine, theirs = asdict(self), asdict(other)
        return {name: (mine[name], theirs[name]) for name in mine if mine[name] != theirs[name]}


@dataclass(frozen=True)
class Entry:
    """A person as they are to be kept."""

    channel: Channel
    value: str
    name: str
    helper: bool
    duty: bool
    languages: tuple[str, ...]
    areas: list[int] | None
    can: list[str] | None
    new_areas: tuple[str, ...] = ()  # that the line is about to get
    left_out: tuple[str, ...] = ()  # words in its cells that say nothing to us, with the column's name

    def makes(self, line: Line, was: Known) -> Known:
        """What is known of the person once this is kept, of whom `was` is known now."""
        helper, duty = was.helper or self.helper or self.duty, was.duty or self.duty
        language = self._written_in(helper=helper) or was.language
        spoken = {*was.languages, *self.languages}
        if helper and spoken and not spoken & set(phrasebook.languages()):
            spoken.add(language or line.language)  # as with who joins by text: it is what we write to them in
        return replace(
            was,
            name=self.name or was.name,
            helper=helper,
            duty=duty,
            language=language,
            languages=tuple(sorted(spoken)),
            areas=was.areas if self.areas is None else tuple(self.areas),
            can=was.can if self.can is None else tuple(self.can),
        )

    def _written_in(self, *, helper: bool) -> str | None:
        """The first of their languages that we write. To a neighbor it may be one that we write a few phrases in."""
        ours = phrasebook.languages() if helper else (*phrasebook.languages(), *phrasebook.unspoken())
        return next((code for code in self.languages if code in ours), None)

    def finds(self, session: Session, line: Line) -> Person | None:
        """Who this is about, if they are known."""
        known = same_phone.by_address(session, line, self.channel, self.value)
        return known[0] if known else same_phone.at_number(session, line, self.value)

    def new_address(self, session: Session, line: Line) -> bool:
        """Whether they are not known at this address yet."""
        return same_phone.by_address(session, line, self.channel, self.value) is None

    def keep(self, session: Session, line: Line, now: datetime) -> Person:
        """Add the person, or bring what is known of them up to date."""
        there = same_phone.at_number(session, line, self.value)
        if there is not None and self.new_address(session, line):
            same_phone.give_address(session, there, self.channel, self.value, now)
        known = self.finds(session, line)
        was, is_new = Known.of(known), known is None
        made = self.makes(line, was)
        person = people.add(
            session,
            line,
            self.channel,
            self.value,
            now,
            name=self.name,
            helper=self.helper,
            duty=self.duty,
            language=made.language,
            areas=self.areas,
            can=self.can,
        )
        kept_apart.known_again(session, line, person.id, self.value)
        person.languages = list(made.languages)
        session.flush()
        changed = was.differs(Known.of(person))
        if is_new or changed:
            kind = person_events.ADDED if is_new else person_events.CHANGED
            person_events.record(session, line.id, person.id, kind, now, words=" ".join(changed) or None)
        return person


def own_numbers(settings: Settings) -> tuple[str | None, ...]:
    """The hotline's numbers as the settings have them: its line has them from the next start on."""
    return settings.hotline_number, settings.hotline_whatsapp


def read(session: Session, line: Line, written: Mapping[str, str], own: Collection[str | None] = ()) -> Entry:
    """The entry for these words; what is not there counts as unknown. Raises Unusable.

    `own` are numbers of the hotline itself, beside those of its lines: they are nobody's.
    """
    said = {column: cell(words) for column, words in written.items()}
    channel, value = addresses.read(_address(said), line.country)
    ours = {*own, *(number for each in lines.all_lines(session) for number in (each.sms, each.whatsapp))}
    if value in {spellings.canonical(number) for number in ours if number}:
        raise Unusable("a hotline's own number; write the number of the person's phone")
    known = same_phone.by_address(session, line, channel, value)
    if known is None and marks.find(session, line, value) is not None:
        raise Unusable("was erased; whoever was must text the hotline themselves first")
    helper, duty = (values.yes(column, said.get(column, "")) for column in ("helper", "duty"))
    name = naming.plain(said.get("name", ""))
    if len(name) > LONGEST_NAME:
        raise Unusable(f"the name has {len(name)} letters; write at most {LONGEST_NAME}")
    if name and (fault := naming.fault(name, line.name, LONGEST_NAME)):
        raise Unusable(f"the name: {fault.value}")
    there = known[0] if known else same_phone.at_number(session, line, value)
    if (helper or duty) and there and there.banned_at is not None:
        raise Unusable(f"was put out; to take them back first: hotline person unban {there.id}")
    if duty and there and there.opted_out_at is not None:
        raise Unusable("texted STOP, so nothing reaches them on duty; they must text START first")
    if (helper or duty) and not name and not (there and there.name):
        raise Unusable("no name; neighbors are told the first name of who helps them")
    can, left = skills.read(said.get("can", ""))
    if values.yes("drives", said.get("drives", "")) and can != []:
        can = [*(can or []), *(need for need in skills.means("drives") if need not in (can or []))]
    return Entry(
        channel,
        known[1].value if known else value,  # in the spelling in which the carrier knows it
        name,
        helper,
        duty,
        tuple(values.languages(said.get("language", ""))),
        areas(session, line, said.get("area", "")),
        can,
        left_out=tuple(f"can {words!r}" for words in left),
    )


def _address(said: Mapping[str, str]) -> str:
    """Where they are texted: the phone, or what stands under WhatsApp where there is none but that."""
    address, whatsapp = said.get("address", ""), said.get("whatsapp", "")
    if address or not whatsapp:
        return address
    return "whatsapp:" + addresses.WHATSAPP.sub("", whatsapp)


def areas(session: Session, line: Line, words: str) -> list[int] | None:
    """The line's areas by name, alias, ZIP or corner. Raises Unusable."""
    known = lines.areas(session, line.id)
    found: list[int] = []
    for part in values.parts(words):
        area = places.find(part, known)
        if area is None and not known:
            why = f"area {part!r}: this line has no areas yet; add one with: hotline line area {part!r}"
            raise NoArea(part, why)
        if area is None:
            choices = ", ".join(area.name for area in known)
            raise NoArea(part, f"area {part!r}: not one of this line's: {choices}")
        if area.id not in found:
            found.append(area.id)
    return found or None
