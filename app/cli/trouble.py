"""Failures that the operator can mend, in plain words: what is wrong and what to do. No password, no traceback."""

import re
from dataclasses import dataclass

from alembic.util import CommandError
from pydantic import ValidationError
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from app.backups import folder
from app.backups.folder import Backup
from app.backups.making import BEFORE_MIGRATION, BackupFailed
from app.backups.missing import Missing
from app.backups.restoring import CannotRestore
from app.backups.sealing import WrongKey
from app.carriers.simulator import SimulatorRefused
from app.cli import cures
from app.database.migrations import NOT_ALLOWED, MigrationFailed, NewerSchema, UnreleasedSchema
from app.database.moving import CannotMove
from app.database.moving_rows import NotTheSame
from app.database.postgresql_tools import ToolFailed
from app.database.running import HotlineRuns
from app.database.suitable import Unsuitable
from app.hosts import DiskIsLost
from app.settings import Settings, complaints, passwords, shown
from models.moves import HalfMoved, MovedAway

# What says in its message what is wrong and what to do.
PLAIN = (
    *(BackupFailed, CannotMove, CannotRestore, DiskIsLost, HalfMoved, Missing, MovedAway),
    *(NotTheSame, ToolFailed, WrongKey),
)
FAILED = 1
WRONG_SETTINGS = 2  # so that a host can tell them from a failure


@dataclass(frozen=True)
class Trouble:
    """What to tell the operator, and the exit code."""

    what: str
    code: int = FAILED


def explained(error: Exception) -> Trouble | None:
    """What the operator can mend, or None for a fault of ours."""
    if isinstance(error, ValidationError) and error.title == Settings.__name__:
        return Trouble("\n".join(complaints(error)), WRONG_SETTINGS)
    if isinstance(error, SimulatorRefused):
        return Trouble(str(error))
    if isinstance(error, PLAIN):
        return Trouble(f"{error}".rstrip(".") + ".")
    if isinstance(error, HotlineRuns):
        return Trouble("A hotline runs on this database. Stop it first: what it writes meanwhile would be lost.")
    if isinstance(error, UnreleasedSchema):
        return Trouble(". ".join(unreleased()))
    if isinstance(error, Unsuitable):
        return Trouble(unsuitable(error))
    if isinstance(error, NewerSchema):
        return Trouble(". ".join(newer()))
    if isinstance(error, MigrationFailed):
        return Trouble(
            f"The tables could not be changed: {error}. They are as they were, and nothing is lost: go on with the"
            f" version that you had (docs/updating.md), and tell whoever made this one."
        )
    if isinstance(error, CommandError):
        return Trouble(f"The database's tables cannot be changed: {error}")
    if isinstance(error, DBAPIError):
        return Trouble(unreachable(error))
    if isinstance(error, OSError) and error.filename is not None:
        return Trouble(
            f"{error.filename}: {error.strerror}. Check that the folder exists and that you may write in it."
        )
    return None


def in_settings(error: ValueError) -> list[str]:
    """One line for everything that is wrong with the settings."""
    if isinstance(error, ValidationError):
        return complaints(error)
    return [".env: not plain text; save it as UTF-8"]


def unsuitable(error: Unsuitable, url: URL | None = None) -> str:
    """What is wrong with a database, that of the settings if no other is named, and what to do."""
    url = url or _url()
    return f"The database {shown(url) if url else 'of DATABASE_URL'} {error.what}. {error.do.rstrip('.')}."


def unreleased() -> tuple[str, str]:
    """What is wrong with a database made before the first release, and what to do."""
    url = _url()
    where = shown(url) if url else "of DATABASE_URL"
    away = f"move {url.database} away" if url and url.get_backend_name() == "sqlite" else "make an empty database"
    return (
        f"The database {where} was made before the first release, and its tables cannot be carried over",
        f"Keep it and start with a new one: {away}, or write another DATABASE_URL. To take the requests along as a"
        " file, run the version that made it: hotline request export",
    )


def newer() -> tuple[str, str]:
    """What is wrong with a database of a newer version, and what to do."""
    last = _before_migration()
    put_back = (
        f"hotline restore {last.path}, which was made before the update, on {last.at:%Y-%m-%d %H:%M} UTC"
        if last
        else "hotline restore FILE, with a backup from before the update"
    )
    return (
        "The database belongs to a newer hotline than this one",
        "Update the program (docs/updating.md); or, to stay with this version, stop every hotline and put back what"
        f" was there before: {put_back}",
    )


def _before_migration() -> Backup | None:
    try:
        settings = Settings()
    except ValueError:
        return None
    every = folder.found(settings.backups, settings.database) if settings.backups else []
    return next((one for one in reversed(every) if one.why == BEFORE_MIGRATION), None)


def unreachable(error: DBAPIError) -> str:
    """One line for a database that does not do what it is asked."""
    url = _url()
    where = shown(url) if url else "of DATABASE_URL"
    said = " ".join(str(error.orig).partition("DETAIL")[0].split())  # the detail quotes people's numbers
    for password in passwords(url) if url else ():
        said = said.replace(password, "***")
    if getattr(error.orig, "sqlstate", None) in NOT_ALLOWED:
        return f"The database {where} does not let the hotline do its work: {said[:200]}. {grant(said, url)}"
    if "no such table" in said or re.search(r"(relation|column) \S+ does not exist", said):
        return f"The database {where} is not ready: {said[:200]}. Run: hotline migrate"
    return f"The database {where} does not answer: {said[:200].rstrip('.')}. {cures.cure(said)}"


def not_carried(error: Exception, old: URL, new: URL) -> str:
    """One line for a move that a database or disk has ended."""
    cause = getattr(error, "orig", None) or error
    # PostgreSQL's other lines quote people's rows, and so may what stands behind these.
    said = f"{cause}".partition("\n")[0].partition(': "')[0].partition(" with text ")[0]
    said = " ".join(said.split())[:200].rstrip(".")
    for password in (*passwords(old), *passwords(new)):
        said = said.replace(password, "***")
    if getattr(cause, "sqlstate", None) in NOT_ALLOWED:
        said = f"{said}. {grant(said, new)}"
    return (
        f"Not everything was carried into {shown(new)}: {said}. Nothing is lost: the old database is as it was. Mend"
        " that and run hotline move again; it goes on where it was."
    )


def grant(said: str, url: URL | None) -> str:
    """What the owner of a database must allow the hotline, after what PostgreSQL has said."""
    role = _identifier((url.username if url else None) or "USER")
    found = re.search(r"permission denied for (schema|table|sequence) (\S+)", said)
    kind, name = found.groups() if found else ("schema", "public")
    schema = _identifier(name) if kind == "schema" else "public"
    allowed = {
        "schema": f"CREATE ON SCHEMA {schema}",
        "table": "SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public",
        "sequence": "USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public",
    }
    return f"Let its owner run: GRANT {allowed[kind]} TO {role};"


def _identifier(name: str) -> str:
    return name if re.fullmatch(r"[a-z_][a-z0-9_]*", name) else '"' + name.replace('"', '""') + '"'


def _url() -> URL | None:
    try:
        return Settings().database
    except ValueError:
        return None
