"""What `hotline doctor` looks at. Each check yields findings and changes nothing."""

import ipaddress
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from app import database as databases
from app.carriers import CarrierError
from app.carriers.twilio import Twilio
from app.cli import console, trouble
from app.clock import Clock
from app.hotline import carrier_for
from app.settings import Settings
from models import METADATA, lines, outbound, people
from models.lines import Line
from models.session import Session

SAFE_WAL = (3, 51, 3)  # SQLite before it can damage its log when two connections write at the same instant
LOW = 200 * 2**20  # bytes; a busy line writes some MB a month
WAITS_LONG = timedelta(minutes=10)


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Finding:
    """One thing looked at: how it is, and what to do about it."""

    level: Level
    about: str
    what: str
    do: str | None = None

    def packed(self) -> dict[str, str | None]:
        """For other programs."""
        return {"level": self.level.value, "about": self.about, "what": self.what, "do": self.do}


def database(settings: Settings) -> Iterator[Finding]:
    """Whether the database answers, is up to date and can grow; then who and what is in it."""
    file = settings.database_file
    if problem := console.wrong_place(file):
        yield Finding(Level.PROBLEM, "database", problem)
        return
    if file is not None:
        yield from _disk(file)
        if not file.exists():
            yield Finding(Level.WARNING, "database", f"{file} is not there yet", "hotline serve makes it")
            return
    kept = databases.connect(settings.database)
    where = settings.database.render_as_string(hide_password=True)
    try:
        if kept.read(lambda session: _current(session.connection)):
            yield Finding(Level.OK, "database", f"{where} answers and is up to date")
            yield from kept.read(lambda session: list(_kept(session, settings)))
        else:
            yield Finding(Level.PROBLEM, "database", f"{where} is not up to date", "run: hotline migrate")
    except DBAPIError as error:
        yield Finding(Level.PROBLEM, "database", trouble.unreachable(error))
    finally:
        kept.close()


def _current(connection: Connection) -> bool:
    """Whether the tables are the models', found out without the lock and the transaction that a migration takes."""
    context = MigrationContext.configure(connection)
    head = ScriptDirectory.from_config(databases.alembic_config(connection)).get_current_head()
    return context.get_current_revision() == head and not compare_metadata(context, METADATA)


def _disk(file: Path) -> Iterator[Finding]:
    free = shutil.disk_usage(file.absolute().parent).free
    if free < LOW:
        yield Finding(
            Level.WARNING, "disk", f"only {free // 2**20} MB are free", "make room: a full disk takes no texts"
        )
    else:
        yield Finding(Level.OK, "disk", f"can be written to, {free // 2**30} GB free")
    version = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info < SAFE_WAL:
        yield Finding(
            Level.OK,
            "sqlite",
            f"version {version} has the WAL-reset fault, mended in 3.51.3; hotline's own commands take turns",
            "while the hotline runs, let no other program write to the file: no sqlite3 shell, no copying tool",
        )
    else:
        yield Finding(Level.OK, "sqlite", f"version {version}")


def _kept(session: Session, settings: Settings) -> Iterator[Finding]:
    every = lines.all_lines(session)
    if not every:
        yield Finding(Level.WARNING, "line", "there is none yet", "hotline serve makes the first one")
    for line in every:
        yield from _line(session, line)
        if line.from_settings and (line.sms, line.whatsapp) != (settings.sms, settings.whatsapp):
            what = "its numbers are not those of HOTLINE_NUMBER and HOTLINE_WHATSAPP"
            yield Finding(Level.WARNING, f"line {line.name}", what, "start it again, or set them here as there")
    waiting = outbound.oldest_ready(session)
    if waiting is not None and Clock().now() - waiting > WAITS_LONG:
        yield Finding(
            Level.PROBLEM,
            "sending",
            f"a text has waited since {waiting:%Y-%m-%d %H:%M} UTC",
            "run hotline serve or hotline work: nothing is sent otherwise",
        )


def _line(session: Session, line: Line) -> Iterator[Finding]:
    about = f"line {line.name}"
    numbers = [
        f"{number} ({channel})" for number, channel in ((line.sms, "SMS"), (line.whatsapp, "WhatsApp")) if number
    ]
    if numbers:
        yield Finding(Level.OK, about, f"answers {' and '.join(numbers)}")
    else:
        yield Finding(Level.PROBLEM, about, "has no number", "set HOTLINE_NUMBER or HOTLINE_WHATSAPP")
    areas = lines.areas(session, line.id)
    if areas:
        yield Finding(
            Level.OK, about, f"{console.count(len(areas), 'area')}: {', '.join(area.name for area in areas)}"
        )
    else:
        yield Finding(
            Level.WARNING,
            about,
            "has no areas, so nobody is asked by where they are",
            'hotline line area "Oak Street"',
        )
    helpers = [person for person in people.everybody(session, line.id) if person.helps and not person.opted_out_at]
    duty = people.on_duty(session, line.id)
    if helpers:
        yield Finding(Level.OK, about, f"{console.count(len(helpers), 'volunteer')}, vouched for")
    else:
        yield Finding(
            Level.WARNING, about, "has no volunteer yet", "hotline person add +12025550101 --name Ana --helper"
        )
    if duty:
        yield Finding(Level.OK, about, f"{len(duty)} on duty")
    else:
        yield Finding(
            Level.WARNING,
            about,
            "nobody is on duty, so nobody hears of emergencies and of requests without an answer",
            "text DUTY ON from a volunteer's phone, or hotline person add NUMBER --duty",
        )


def public_url(settings: Settings) -> Iterator[Finding]:
    """Whether Twilio can reach the address it is given."""
    if settings.public_url is None:
        return
    parts = urlsplit(settings.public_url)
    level = Level.WARNING if settings.simulated else Level.PROBLEM
    host = parts.hostname or ""
    if not _reachable(host):
        what = f"PUBLIC_URL: nobody outside reaches {host}"
        yield Finding(
            level, "address", what, "write the address that works from a phone, such as https://hotline.example.org"
        )
    elif parts.scheme != "https":
        yield Finding(
            Level.WARNING, "address", "PUBLIC_URL: texts would travel unencrypted", "write it with https://"
        )
    else:
        yield Finding(Level.OK, "address", f"{settings.public_url}/twilio/message is for Twilio's console")


def _reachable(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith((".local", ".localhost", ".internal", ".lan", ".home"))


def carrier(settings: Settings) -> Iterator[Finding]:
    """Whether the carrier takes our credentials."""
    if settings.simulated:
        do = "for real ones, set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN"
        yield Finding(Level.OK, "carrier", "the simulator; no real text is sent", do)
        return
    twilio = carrier_for(settings)
    assert isinstance(twilio, Twilio)
    try:
        twilio.check()
    except CarrierError as error:
        if error.code is not None:
            do = "copy TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN from Twilio's console again"
            yield Finding(Level.PROBLEM, "carrier", f"Twilio refuses the credentials ({error})", do)
        else:
            do = "check this machine's network, and TWILIO_API_URL if it is set"
            yield Finding(Level.PROBLEM, "carrier", f"Twilio cannot be reached ({error})", do)
    else:
        yield Finding(Level.OK, "carrier", "Twilio takes the credentials")
    finally:
        twilio.close()
