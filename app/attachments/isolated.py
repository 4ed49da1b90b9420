"""Runs the converter on one file, in a process that can be stopped: decoders of strangers' files have holes."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from app.attachments import converting
from app.attachments.converting import BROKEN, Unusable

SECONDS = 30.0  # in which it must be done
NEEDED = ("SYSTEMROOT",)  # no Python starts on Windows without it
ENVIRONMENT = {name: os.environ[name] for name in NEEDED if name in os.environ}
PROGRAM = (sys.executable, "-I", str(Path(converting.__file__).resolve()))


@dataclass(frozen=True)
class Made:
    """What may go on: its content type, and its bytes."""

    content_type: str
    content: bytes


def make(content: bytes) -> Made:
    """A picture or a voice message without anything else in it. Raises Unusable; never takes more than 30 seconds."""
    try:
        done = subprocess.run(
            PROGRAM, input=content, capture_output=True, timeout=SECONDS, env=ENVIRONMENT, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise Unusable(BROKEN) from error
    kind, _, made = done.stdout.partition(b"\n")
    if done.returncode != 0 or not kind:
        raise Unusable(BROKEN)
    if kind.startswith(b"-"):
        raise Unusable(kind[1:].decode())
    return Made(kind.decode(), made)
