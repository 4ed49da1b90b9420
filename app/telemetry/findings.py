"""What a look at the hotline found: how each thing is, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Finding:
    """One thing looked at: how it is, and what to do about it."""

    level: Level
    about: str
    what: str
    do: str | None = None

    def packed(self) -> dict[str, str | None]:
        """For other programs."""
        return {"level": self.level.value, "about": self.about, "what": self.what, "do": self.do}
