"""The tests, and the measurements. What Python compiles of all this is kept, whatever the environment says.

A run starts a hundred processes; where each of them compiles everything anew, that is half of what they do. It is
kept in pytest's own folder, as whoever sets PYTHONDONTWRITEBYTECODE wants none beside the sources.
"""

import os
import sys
from pathlib import Path

if sys.dont_write_bytecode:
    compiled = str(Path(__file__).parent.parent / ".pytest_cache" / "d" / "bytecode")
    sys.dont_write_bytecode, sys.pycache_prefix = False, compiled
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = compiled
