"""The folder in which somebody goes live: it can be read and written, and one golive at a time is at work in it."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from app.golive import env_file
from app.golive.dialog import Stop

LOCK = "golive.lock"


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep a second golive out: each would write over the other's notes, and undoing needs them. Raises Stop."""
    try:
        with FileLock(folder / LOCK, timeout=0, mode=0o600):
            yield
    except Timeout as error:
        raise Stop(
            "Another hotline golive is at work in this folder. Go on in its window, or end it there with Ctrl+C; "
            "then run this again."
        ) from error


def check(folder: Path) -> None:
    """Before anything is changed anywhere: what is found out in the end could not be kept. Raises Stop."""
    path = folder / env_file.NAME
    if path.exists() and not path.is_file():
        raise Stop(
            f"{path} is no file, and the settings belong into one. Move it away, then run hotline golive again."
        )
    try:
        env_file.read(folder)
    except UnicodeDecodeError as error:
        raise Stop(
            f"{path} is not plain text. Save it as UTF-8 in your editor, then run hotline golive again."
        ) from error
    except OSError as error:
        raise Stop(
            f"{path} cannot be read ({error.strerror}). Run hotline golive as whoever owns it: ls -l {env_file.NAME}"
        ) from error
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise Stop(
            f"Nothing can be written in {folder} ({error.strerror}). Go to a folder of your own, or mend that; then "
            "run hotline golive again."
        ) from error
