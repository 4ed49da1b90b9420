"""The file .env: our settings are laid into whatever stands there, and taken out of it again.

Foreign lines and comments stay as they are, and what was there before is kept beside it.
"""

import hashlib
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dotenv

from app.golive import private_file

NAME = ".env"
BEFORE = ".env.before-golive"


def read(folder: Path) -> dict[str, str]:
    """What the file says, by name; nothing where there is none. Raises OSError and UnicodeDecodeError."""
    path = folder / NAME
    found = dotenv.dotenv_values(path, interpolate=False) if path.is_file() else {}
    return {name.upper(): value for name, value in found.items() if value}


def lay_in(folder: Path, values: Mapping[str, str], wrote: Mapping[str, Any]) -> dict[str, Any]:
    """Write these settings; returns what `take_out` needs. `wrote` is what an earlier call returned. OSError."""
    path = (folder / NAME).resolve()  # a link stays one
    old = path.read_bytes() if path.is_file() else None
    made = _with(path.parent, old or b"", values)
    if wrote:
        before = dict(wrote["before"])
        before.update({name: value for name, value in _before(folder, values).items() if name not in before})
        had_file = wrote["had_file"]
    else:
        before, had_file = _before(folder, values), old is not None
        if old is not None:
            private_file.write(folder / BEFORE, old)
    private_file.write(path, made)
    return {"had_file": had_file, "before": before, "digest": _digest(made)}


def take_out(folder: Path, wrote: Mapping[str, Any]) -> str:
    """Put the old file back; where somebody has changed it since, only our settings. Returns what was done."""
    path, kept = (folder / NAME).resolve(), folder / BEFORE
    now = path.read_bytes() if path.is_file() else b""
    if _digest(now) != wrote["digest"]:
        private_file.write(path, _with(path.parent, now, wrote["before"]))
        kept.unlink(missing_ok=True)
        return f"{NAME} was changed since, so only what golive wrote there is set back; your other lines stay."
    if not wrote["had_file"]:
        path.unlink(missing_ok=True)
        return f"{NAME} is gone again, as there was none before."
    if kept.is_file():
        private_file.write(path, kept.read_bytes())
        kept.unlink()
    else:
        private_file.write(path, _with(path.parent, now, wrote["before"]))
    return f"{NAME} is as it was before."


def _before(folder: Path, values: Mapping[str, str]) -> dict[str, str | None]:
    known = read(folder)
    return {name: known.get(name) for name in values}


def _with(folder: Path, content: bytes, values: Mapping[str, str | None]) -> bytes:
    """The content with these settings; one that is None is taken out. What is right already is not written anew."""
    with tempfile.TemporaryDirectory(prefix=".golive-", dir=folder) as beside:  # 0700: tokens are in it
        draft = Path(beside) / NAME
        draft.write_bytes(content)
        known = dotenv.dotenv_values(draft, interpolate=False)
        for name, value in values.items():
            if value is None:
                if name in known:
                    dotenv.unset_key(draft, name)
            elif known.get(name) != value:
                dotenv.set_key(draft, name, value, quote_mode="auto")
        return draft.read_bytes()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
