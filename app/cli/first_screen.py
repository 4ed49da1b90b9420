"""What `hotline serve` and `hotline work` say at the start, in one screen: what is on, what is missing, what to do.

It goes into logs, too, so it names no person and no phone but the line's own number, and has no colors.
"""

import textwrap
from collections.abc import Iterator

from babel import Locale
from sqlalchemy.exc import DBAPIError

from app.cli import console
from app.hotline import Hotline
from app.settings import Settings
from app.telemetry.findings import Finding, Level
from app.telemetry.words import size, span
from app.web import diagnosis, measures
from app.web.diagnosis.templates import approved
from app.web.snapshot import DatabaseFigures, read
from handlers import phrasebook
from models import lines, people
from models.lines import Channel, Line
from models.store.session import Session

WIDTH, HEIGHT = 80, 24  # of the screen, as narrow as they come
LONGEST = 36  # characters of a path
AROUND = 4  # lines around what is missing
FIRST = 3  # of what is wrong, if there is room; the doctor says the rest


def screen(hotline: Hotline, taken: int) -> list[str]:
    """What is on and what is missing, above so many lines that are taken; nothing where the database is just away."""

    def look(session: Session) -> list[str]:
        rows = [*_rows(session, hotline)]
        return [*rows, *_missing(session, hotline, HEIGHT - taken - len(rows))]

    try:
        return hotline.database.read(look)
    except DBAPIError:
        return []


def short(hotline: Hotline) -> list[str]:
    """The same for a worker: two lines, and what may harm its database."""
    where = "simulated: no real text is sent" if hotline.carrier.simulated else hotline.carrier.name

    def look(session: Session) -> list[str]:
        figures = read(session, hotline.clock.now())
        found = diagnosis.at_start(hotline.settings, hotline.carrier, session, hotline.clock.now())
        wrong = [
            line for each in found if each.about == "database" and each.level is not Level.OK for line in _told(each)
        ]
        return [f"database  {_database(hotline.settings, figures)}", f"carrier   {where}", *wrong]

    try:
        return hotline.database.read(look)
    except DBAPIError:
        return []


def _rows(session: Session, hotline: Hotline) -> Iterator[str]:
    now, settings = hotline.clock.now(), hotline.settings
    figures, every = read(session, now, hotline.carrier), lines.all_lines(session)
    first, helping = every[0], sum(people.how_many_help(session, line.id) for line in every)
    carrier = "simulated" if hotline.carrier.simulated else hotline.carrier.name.capitalize()
    spoken = ", ".join(Locale.parse(code).get_display_name("en") or code for code in phrasebook.languages())
    said = {
        "carrier": f"{carrier}; WhatsApp {_whatsapp(first, figures)}",
        "database": _database(settings, figures),
        "backups": _backups(hotline),
        "pages": settings.web_address(simulated=hotline.carrier.simulated) or "none: PUBLIC_URL is not set",
        "people": f"{console.count(helping, 'volunteer')}, {figures.on_duty} on duty now",
        "speaks": f"{spoken}; in danger people are told to call {first.emergency_number}",
        "quiet": _quiet(first),
    }
    if len(every) > 1:
        said["lines"] = ", ".join(line.name for line in every)
    for name, what in said.items():
        yield from wrapped(console.plain(what), f"{name:10}", " " * 10)


def _missing(session: Session, hotline: Hotline, room: int) -> Iterator[str]:
    """What is wrong, in so many lines; what comes first is said whatever it takes."""
    found = diagnosis.at_start(hotline.settings, hotline.carrier, session, hotline.clock.now())
    wrong = [each for each in found if each.level is not Level.OK]
    if not wrong:
        yield ""
        return
    told: list[str] = []
    said = 0
    for each in wrong[:FIRST]:
        lines_of_it = [*_told(each)]
        if told and len(told) + len(lines_of_it) + AROUND > room:
            break
        told += lines_of_it
        said += 1
    left = len(wrong) - said
    yield from ("", "What is missing:", *told, f"  {f'And {left} more' if left else 'All of it'}: hotline doctor", "")


def _told(found: Finding) -> Iterator[str]:
    yield from wrapped(f"{found.about}: {console.plain(found.what)}", "  - ", "    ")
    if found.do:
        yield from wrapped(console.plain(found.do), "      ", "      ")


def wrapped(text: str, first: str = "", later: str = "") -> list[str]:
    """Lines of a screen; what is to be copied stays whole."""
    return textwrap.TextWrapper(
        WIDTH, initial_indent=first, subsequent_indent=later, break_long_words=False, break_on_hyphens=False
    ).wrap(text)


def _whatsapp(line: Line, figures: DatabaseFigures) -> str:
    if line.number(Channel.WHATSAPP) is None:
        return "off"
    if figures.templates is None:
        return "on"
    return f"on, {approved(figures.templates)} of {len(figures.templates)} templates approved"


def _database(settings: Settings, figures: DatabaseFigures) -> str:
    url, file = settings.database, settings.database_file
    taken = size(figures.size or 0)
    if file is not None:
        return f"SQLite, {taken}, {_end(file.absolute())}"
    host = url.host or url.query.get("host") or "this machine"
    return f"PostgreSQL, {taken}, {url.database} at {_end(host)}"


def _end(path: object) -> str:
    """The end of a path or a name that is too long for a line."""
    said = str(path)
    return said if len(said) <= LONGEST else f"...{said[3 - LONGEST :]}"


def _backups(hotline: Hotline) -> str:
    settings = hotline.settings
    if settings.backups is None:
        return "none is made by itself"
    last = measures.backups(settings).last
    age = f"the last is {span(hotline.clock.now() - last)} old" if last else "none yet"
    elsewhere = "copied elsewhere" if settings.backup_to else "on this machine alone"
    return f"each night at {settings.backup_hour}:00 into {_end(settings.backups)}, {elsewhere}; {age}"


def _quiet(line: Line) -> str:
    begins, ends = line.policy.quiet_from, line.policy.quiet_until
    hours = "no quiet hours" if begins == ends else f"from {begins}:00 to {ends}:00 only what is urgent is texted"
    return f"{hours} ({line.timezone})"
