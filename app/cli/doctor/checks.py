"""What `hotline doctor` looks at. Each check yields findings and changes nothing."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy.exc import DBAPIError

from app import hosts
from app.backups import missing
from app.carriers import is_simulated, simulator
from app.carriers.base import Carrier
from app.carriers.simulator import SimulatorRefused
from app.cli import console, trouble
from app.cli.doctor import money, window, worst_case
from app.cli.doctor.worst_case import Group
from app.clock import Clock
from app.database import engine as databases
from app.database import migrations, suitable
from app.database.engine import Database
from app.database.running import is_running
from app.inbound import tick
from app.inbound.spool import Spool
from app.settings import Settings, shown
from app.telemetry.findings import Finding, Level
from app.telemetry.words import size, span
from app.web import address, diagnosis, measures, snapshot
from app.web.address import Looking
from app.web.diagnosis import host
from app.web.diagnosis import people as diagnosed
from app.web.proof import from_database
from app.web.snapshot import DatabaseFigures
from models import lines, moves, people
from models.delivery.outbound import State
from models.lines import Channel, Line
from models.moves import HalfMoved, MovedAway
from models.store.session import Session

STANDS_STILL = timedelta(minutes=10)  # after what was due, which a running hotline does within a second
SAFE_WAL = (3, 51, 3)  # SQLite before it can damage its log when two connections write at the same instant


def database(settings: Settings, carrier: Carrier) -> Iterator[Finding]:
    """Whether the database answers, is up to date and can grow; then who and what is in it."""
    file = settings.database_file
    if problem := console.wrong_place(file):
        yield Finding(Level.PROBLEM, "database", problem)
        return
    if file is not None:
        yield from _disk(settings)
        try:
            hosts.check(settings)
            missing.check(settings)
        except (hosts.DiskIsLost, missing.Missing) as error:
            yield Finding(Level.PROBLEM, "database", f"{error}")
            return
        if not file.exists():
            yield Finding(Level.WARNING, "database", f"{file} is not there yet", "hotline serve makes it")
            return
    kept = databases.connect(settings.database, databases.COMMAND)
    where = shown(settings.database)
    try:
        kept.read(lambda session: suitable.check(session.connection, needed=migrations.head()))
        if kept.read(lambda session: migrations.is_current(session.connection)):
            kept.read(moves.check)
            taken = size(kept.read(snapshot.database_size))
            yield Finding(Level.OK, "database", f"{where} answers and is up to date; it takes {taken}")
            yield from kept.read(lambda session: list(suitable.notes(session.connection, file)))
            yield from running(kept, settings, Clock().now())
            yield from kept.read(lambda session: list(_kept(session, settings, carrier)))
        else:
            yield Finding(Level.PROBLEM, "database", f"{where} is not up to date", "run: hotline migrate")
    except suitable.Unsuitable as error:
        yield Finding(Level.PROBLEM, "database", f"{where} {error.what}", error.do)
    except migrations.NewerSchema:
        yield Finding(Level.PROBLEM, "database", *trouble.newer())
    except migrations.UnreleasedSchema:
        yield Finding(Level.PROBLEM, "database", *trouble.unreleased())
    except (HalfMoved, MovedAway) as error:
        yield Finding(Level.PROBLEM, "database", f"{error}")
    except DBAPIError as error:
        yield Finding(Level.PROBLEM, "database", trouble.unreachable(error))
    finally:
        kept.close()


def numbers(settings: Settings, carrier: Carrier) -> list[tuple[Channel, str]]:
    """The numbers that people text: those of every line, where the database can be read, and of the settings."""
    sms, whatsapp = settings.numbers(simulated=carrier.simulated)
    found = [(Channel.SMS, sms), (Channel.WHATSAPP, whatsapp)]
    if settings.database_file is None or settings.database_file.exists():
        kept = databases.connect(settings.database, databases.COMMAND)
        try:
            found += [(each, line.number(each)) for line in kept.read(lines.all_lines) for each in Channel]
        except DBAPIError:
            pass  # said already
        finally:
            kept.close()
    return list(dict.fromkeys((channel, number) for channel, number in found if number))


def machine(settings: Settings) -> Iterator[Finding]:
    """Who can read and write what lies here, who runs this, and what the system lets a hotline do."""
    yield from host.private(settings)
    yield from host.user(os.geteuid() if os.name == "posix" and not hosts.is_known() else 1)
    yield host.connections_at_once(measures.most_open_files())
    if is_simulated(settings) and settings.simulator_hosts:
        names = " or ".join(sorted(settings.simulator_hosts))
        what = f"whoever reaches it as {names} can read and use every simulated phone"
        do = "right for a demo with pretend people; else unset HOTLINE_SIMULATOR_HOSTS"
        yield Finding(Level.OK, "simulator", what, do)


def _disk(settings: Settings) -> Iterator[Finding]:
    if room := measures.room(settings):
        yield from host.disk(room) or [host.disk_in_order(room)]
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


def _kept(session: Session, settings: Settings, carrier: Carrier) -> Iterator[Finding]:
    if carrier.simulated:
        yield from _refused("carrier", lambda: simulator.check_people(session))
    every = lines.all_lines(session)
    if not every:
        yield Finding(Level.WARNING, "line", "there is none yet", "hotline serve makes the first one")
    now = Clock().now()
    for line in every:
        yield from _line(session, line, now)
        yield from money.check(session, line, now)
        if line.from_settings and (line.sms, line.whatsapp) != settings.numbers(simulated=carrier.simulated):
            what = "its numbers are not those of HOTLINE_NUMBER and HOTLINE_WHATSAPP"
            yield Finding(Level.WARNING, f"line {line.name}", what, "start it again, or set them here as there")
    yield from money.kept(session, carrier, now)
    figures = snapshot.read(session, now, carrier)
    yield from diagnosed.danger(figures, now)
    yield from sending(figures, carrier, now)
    if not carrier.simulated:
        yield from window.every(session, carrier, now)


def sending(figures: DatabaseFigures, carrier: Carrier, now: datetime) -> Iterator[Finding]:
    """Whether texts leave, which numbers rest and why, and whether anybody knows what became of those that left."""
    found = diagnosis.sending(figures, carrier, now)
    yield from found
    if not found:
        waiting = sum(held.count for held in figures.waiting.values())
        oldest = min((held.since for held in figures.waiting.values()), default=None)
        since = f", the oldest for {span(now - oldest)}" if oldest else ""
        yield Finding(Level.OK, "sending", f"{console.count(waiting, 'text')} waiting to leave{since}")
    uncertain, _ = figures.unsettled.get(State.UNCERTAIN, (0, now))
    if uncertain:
        what = f"of {console.count(uncertain, 'text')} nobody knows yet whether the carrier took them"
        yield Finding(Level.OK, "sending", what)
    held, _ = figures.unsettled.get(State.HELD, (0, now))
    if held:
        yield Finding(
            Level.OK, "sending", f"{console.count(held, 'text')} held for a later try; they leave by themselves"
        )
    yield from diagnosis.too_much(figures)
    for name in figures.over_budget:
        what = "has spent what it may today, so texts to many wait for tomorrow"
        yield Finding(Level.WARNING, f"line {name}", what, "to allow more: hotline line rule daily_budget")


def spool(settings: Settings) -> Iterator[Finding]:
    """Whether texts wait beside the database."""
    found = diagnosis.spool(Spool(settings.spool).figures())
    yield from (replace(each, do=f"{each.do} ({settings.spool})") for each in found)
    if not found:
        yield Finding(Level.OK, "spool", "empty: the database has taken every text")


def _line(session: Session, line: Line, now: datetime) -> Iterator[Finding]:
    about = f"line {line.name}"
    numbers = [
        f"{number} ({channel})" for number, channel in ((line.sms, "SMS"), (line.whatsapp, "WhatsApp")) if number
    ]
    if numbers:
        yield Finding(Level.OK, about, f"answers {' and '.join(numbers)}")
    else:
        yield Finding(Level.PROBLEM, about, "has no number", "set HOTLINE_NUMBER or HOTLINE_WHATSAPP")
    yield from diagnosed.line(session, line, now)
    if line.has_ended(now):
        return
    areas = [area.name for area in lines.areas(session, line.id)]
    on_duty, helping = len(people.on_duty(session, line.id)), people.how_many_help(session, line.id)
    yield from _worst_case(about, line.country, Group(line.policy, on_duty, helping, areas))


def _worst_case(about: str, country: str, group: Group) -> Iterator[Finding]:
    """What texts from outside can cost at most, by the line's own figures."""
    policy, most = group.policy, worst_case.of(group)
    rows = ("one text", most.text), ("one phone in a day", most.phone), ("100 phones in a day", most.hundred_phones)
    for who, count in rows:
        if count is None:
            what = f"{who} can cost any amount: a figure that would bound it is lifted"
            do = "set them again: hotline line rule requests_per_day --default, answers_per_day, reply_limit"
            yield Finding(Level.WARNING, about, what, do)
        else:
            amount = worst_case.money(policy, country, count)
            what = f"{who} can cost at most {console.count(count, 'segment')} ({amount})"
            yield Finding(Level.OK, about, what)
    until = f"ends at {policy.daily_ceiling} a day" if policy.daily_ceiling else "has no ceiling"
    yield Finding(Level.OK, about, f"asking volunteers {until}; to change figures: hotline line rule")


def running(kept: Database, settings: Settings, now: datetime) -> Iterator[Finding]:
    """Whether a hotline runs on this database, and whether time acts."""
    due, runs = kept.read(tick.next_due), is_running(settings.database, kept, now)
    if due is not None and now - due > STANDS_STILL:
        what = f"time has not acted for {span(now - due)}: nobody is reminded, no more volunteers are asked"
        do = "restart the hotline, and read its log" if runs else "start it: hotline serve"
        yield Finding(Level.PROBLEM, "running", what, do)
    elif runs:
        yield Finding(Level.OK, "running", "a hotline runs on this database, and sends")
    else:
        yield Finding(Level.OK, "running", "no hotline runs on this database just now", "hotline serve starts it")


def public_url(settings: Settings, carrier: Carrier, looking: Looking = address.look) -> Iterator[Finding]:
    """Whether the carrier can reach the address it is given."""
    if settings.public_url is None:
        return
    if carrier.simulated:
        yield from _refused("address", lambda: simulator.check_address(settings))
    parts = urlsplit(settings.public_url)
    level = Level.WARNING if carrier.simulated else Level.PROBLEM
    if settings.public_host is None:
        what = f"PUBLIC_URL: nobody outside reaches {parts.hostname}"
        yield Finding(
            level, "address", what, "write the address that works from a phone, such as https://hotline.example.org"
        )
    elif parts.scheme != "https":
        yield Finding(
            Level.WARNING, "address", "PUBLIC_URL: texts would travel unencrypted", "write it with https://"
        )
    else:
        do = "hotline serve answers this machine alone, so a proxy on it passes texts on; else: serve --host 0.0.0.0"
        yield Finding(Level.OK, "address", carrier.instructions() or settings.public_url, do)
    if settings.reached_from_outside and not carrier.simulated:
        yield from _seen_outside(settings, settings.public_url, looking)


def _seen_outside(settings: Settings, url: str, looking: Looking) -> Iterator[Finding]:
    """Whether it leads to the hotline of this database."""
    if settings.database_file is not None and not settings.database_file.exists():
        return
    kept = databases.connect(settings.database, databases.COMMAND)
    try:
        seen = looking(url, from_database(kept), Clock().now())
        yield from seen.wrong or [address.in_order(seen)]
    except DBAPIError:
        pass  # said already
    finally:
        kept.close()


def _refused(about: str, check: Callable[[], None]) -> Iterator[Finding]:
    try:
        check()
    except SimulatorRefused as refused:
        what, _, do = str(refused).partition(". ")
        yield Finding(Level.PROBLEM, about, what, do)
