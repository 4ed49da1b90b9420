"""Files that their owner alone may read, written whole or not at all."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

OWNER_ONLY = 0o600


def write(path: Path, content: bytes) -> None:
    """Put this into the file, for its owner alone. Whoever is killed meanwhile leaves the old one. OSError."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # which makes it 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
