"""Temporary files of a test run are kept in memory where there is room: nothing in it outlives the run.

The hotline waits for the disk at every text, and here the disk is somebody else's. What a process that is killed has
written is there all the same, in memory as on a disk; only a machine that loses power could tell the two apart.
"""

import os
import tempfile
from pathlib import Path

SHARED_MEMORY = Path("/dev/shm")  # Linux has it; a container may have a tiny one
ROOM = 4 << 30  # bytes; a run in four processes takes a quarter of it


def use() -> None:
    """Let temporary folders be there from now on, in this process and those it starts, unless TMPDIR says where."""
    if "TMPDIR" not in os.environ and _fits(SHARED_MEMORY):
        os.environ["TMPDIR"] = str(SHARED_MEMORY)
        tempfile.tempdir = None  # it is found anew


def _fits(folder: Path) -> bool:
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        return False
    there = os.statvfs(folder)
    runs = not there.f_flag & getattr(os, "ST_NOEXEC", 0)  # tests start programs from there
    return runs and there.f_bavail * there.f_frsize >= ROOM
