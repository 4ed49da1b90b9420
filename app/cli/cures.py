"""What to do about a database that refuses, by its own words (cures.toml).

They are all there is: what fails before a session is there brings no code along.
"""

import re
import tomllib
from functools import cache
from pathlib import Path

WAKING = re.compile("starting up|not yet accepting|recovery mode|connection timeout expired")


@cache
def _cures() -> list[tuple[re.Pattern[str], str]]:
    read = tomllib.loads((Path(__file__).with_suffix(".toml")).read_text("utf-8"))
    return [(re.compile(said, re.IGNORECASE), each["do"]) for each in read["cure"] for said in each["said"]]


def cure(said: str) -> str:
    """What to do about these words."""
    found, do = next((found, do) for pattern, do in _cures() if (found := pattern.search(said)))
    return do.replace("{0}", found.group(1)) if found.groups() else do


def is_waking(said: str) -> bool:
    """Whether a database that said so will most likely answer soon: it starts, or its host lets it sleep."""
    return WAKING.search(said) is not None
