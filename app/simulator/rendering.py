"""From what is on the table to HTML. Jinja escapes everything; nothing here knows of requests and forms."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import phonenumbers
from babel.dates import format_skeleton
from jinja2 import Environment
from markupsafe import Markup

from app.simulator.phones import Table
from app.simulator.story import SCRIPT
from app.simulator.story_sessions import Telling
from app.simulator.threads import Phone
from app.web.assets import Assets
from app.web.templates import environment
from handlers import phrasebook
from models.lines import Line

HERE = Path(__file__).parent
ASSETS = Assets(HERE / "static", "/static")

# Minutes, on the button, said aloud.
WAITS = (
    (10, "+10 min", "10 minutes"),
    (60, "+1 h", "1 hour"),
    (240, "+4 h", "4 hours"),
    (1440, "+1 day", "1 day"),
)


@dataclass(frozen=True)
class Notice:
    """A word to whoever just pressed something: what happened or what is wrong; `go` is where to type next."""

    words: str = ""
    trouble: str = ""
    go: str = ""


@dataclass(frozen=True)
class Parts:
    """The moving parts of the page, drawn. The same version means that nothing has changed."""

    table: Table
    html: Markup
    version: str

    def answer(self, notice: Notice | None = None) -> str:
        """Only the moving parts, for a page that is open."""
        said = {"notice": notice.words, "trouble": notice.trouble, "go": notice.go} if notice else {}
        return TEMPLATES.get_template("simulator_live.html").render(
            clock=clock(self.table.now), parts=self.html, version=self.version, answering=notice is not None, **said
        )

    def page(self, lines: list[Line], notice: Notice) -> str:
        """The whole page."""
        return TEMPLATES.get_template("simulator.html").render(
            table=self.table,
            lines=lines,
            waits=WAITS,
            clock=clock(self.table.now),
            parts=self.html,
            version=self.version,
            notice=notice.words,
            trouble=notice.trouble,
            go=notice.go,
        )


def parts(table: Table, telling: Telling | None) -> Parts:
    """Draw the table."""
    html = TEMPLATES.get_template("simulator_table.html").render(
        table=table,
        story=telling.story if telling else None,
        playing=telling is not None and telling.playing,
        steps=len(SCRIPT),
        languages=phrasebook.languages(),
    )
    version = hashlib.sha256(f"{clock(table.now)} {html}".encode()).hexdigest()[:16]
    return Parts(table, Markup(html), version)


def hour(at: datetime) -> str:
    """3:07 PM"""
    return format_skeleton("hm", at, locale="en")


def day(at: datetime) -> str:
    """Mon, Nov 23"""
    return format_skeleton("MMMEd", at, locale="en")


def clock(at: datetime) -> Markup:
    """Mon, Nov 23, 3:07 PM; where there is little room the style sheet leaves out the date."""
    weekday, date = format_skeleton("E", at, locale="en"), format_skeleton("MMMd", at, locale="en")
    return Markup('<time id="clock">{} <span>{}, </span>{}</time>').format(weekday, date, hour(at))


def number(value: str) -> str:
    """A phone number as people write it; anything else as it is."""
    try:
        parsed = phonenumbers.parse(value, None)
    except phonenumbers.NumberParseException:
        return value
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def language(code: str) -> str:
    """What a language calls itself."""
    return phrasebook.book(code).name if code in phrasebook.languages() else code


def linked(words: str, home: str | None) -> Markup:
    """A text as phones show it: where it leads to a page of ours, one can tap there."""
    parts = re.split(rf"({re.escape(home)}/\S+)", words) if home else [words]
    link = Markup('<a href="{0}" target="_blank" rel="noreferrer">{0}</a>')
    return Markup("").join(link.format(part) if n % 2 else part for n, part in enumerate(parts))


def role(phone: Phone) -> str:
    """Who somebody is to the hotline."""
    person = phone.person
    if person.opted_out_at is not None:
        return "said STOP"
    if person.helps:
        return "volunteer, on duty" if person.on_duty else "volunteer"
    return "wants to help" if person.helper_since is not None else "neighbor"


def _templates() -> Environment:
    made = environment(HERE / "templates", ASSETS)
    filters: dict[str, Callable[..., str]] = {
        "hour": hour,
        "day": day,
        "number": number,
        "language": language,
        "role": role,
        "linked": linked,
    }
    made.filters.update(filters)
    return made


TEMPLATES = _templates()
