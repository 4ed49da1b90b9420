"""Failures that the operator can mend, in plain words: what is wrong and what to do. No password, no traceback."""

from dataclasses import dataclass

from alembic.util import CommandError
from pydantic import ValidationError
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from app.carriers.simulator import SimulatorRefused
from app.database.migrations import UnreleasedSchema
from app.settings import Settings, complaints

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
    if isinstance(error, UnreleasedSchema):
        return Trouble(". ".join(unreleased()))
    if isinstance(error, CommandError):
        if "can't locate revision" in str(error).lower():
            return Trouble("The database belongs to a newer hotline than this one. Install that, or use another one.")
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


def unreleased() -> tuple[str, str]:
    """What is wrong with a database made before the first release, and what to do."""
    url = _url()
    where = url.render_as_string(hide_password=True) if url else "of DATABASE_URL"
    away = f"move {url.database} away" if url and url.get_backend_name() == "sqlite" else "make an empty database"
    return (
        f"The database {where} was made before the first release, and its tables cannot be carried over",
        f"Keep it and start with a new one: {away}, or write another DATABASE_URL. To take the requests along as a"
        " file, run the version that made it: hotline request export",
    )


def unreachable(error: DBAPIError) -> str:
    """One line for a database that does not do what it is asked."""
    url = _url()
    where = url.render_as_string(hide_password=True) if url else "of DATABASE_URL"
    said = " ".join(str(error.orig).partition("DETAIL")[0].split())  # the detail quotes people's numbers
    if url and url.password:
        said = said.replace(str(url.password), "***")
    if "no such table" in said or "does not exist" in said:
        return f"The database {where} is not ready: {said[:200]}. Run: hotline migrate"
    return f"The database {where} does not answer: {said[:200]}. Check DATABASE_URL, and that it is running."


def _url() -> URL | None:
    try:
        return Settings().database
    except ValueError:
        return None
