"""How far `hotline golive` has come: a file beside .env, for its owner alone, so that it goes on where it was left.

It holds no secret but Twilio's token, and that only until .env holds it; nobody's number and no name of a person.
What it says was done is looked at again: somebody may have changed it since.
"""

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from app.golive import private_file

NAME = "golive.json"


class Unreadable(ValueError):
    """The file is there and cannot be read. The message says what to do."""


@dataclass
class State:
    """What is known so far. Every change is saved at once: a closed terminal asks nobody."""

    path: Path
    answers: dict[str, str] = field(default_factory=dict)  # settings by their names, until they are in .env
    done: dict[str, str] = field(default_factory=dict)  # the steps behind us, and when
    waits: dict[str, str] = field(default_factory=dict)  # the steps that wait for somebody else, and since when
    changed: list[dict[str, Any]] = field(default_factory=list)  # at Twilio: how to set it back
    wrote: dict[str, Any] = field(default_factory=dict)  # of .env: what was before, what we made of it
    bought: list[str] = field(default_factory=list)  # numbers and services that cost money each month
    operator: int | None = None  # the person who sets this up
    asked_at: str | None = None  # when the test text was sent, or their text was waited for

    @classmethod
    def load(cls, folder: Path) -> "State":
        """What an earlier evening left here, or nothing. Raises Unreadable."""
        path = folder / NAME
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            return cls(path, **kept)
        except FileNotFoundError:
            return cls(path)
        except (ValueError, TypeError, OSError) as error:
            raise Unreadable(
                f"{path} cannot be read. Move it away and run hotline golive again: it asks once more, and changes "
                "nothing that is right already. Only --undo needs that file."
            ) from error

    def save(self) -> None:
        """Write it down. Raises OSError."""
        kept = {name: value for name, value in asdict(self).items() if name != "path"}
        private_file.write(self.path, json.dumps(kept, ensure_ascii=False, indent=1).encode())

    def finish(self, step: str, now: datetime) -> None:
        """This step is behind us."""
        self.waits.pop(step, None)
        self.done.setdefault(step, stamp(now))
        self.save()

    def wait(self, step: str, now: datetime) -> None:
        """This step waits for somebody else, since now or since it was first said to."""
        self.done.pop(step, None)
        self.waits.setdefault(step, stamp(now))
        self.save()

    def learn(self, **answers: str) -> None:
        """Remember answers."""
        self.answers.update(answers)
        self.save()

    def forget(self) -> None:
        """Nothing of it is left."""
        self.path.unlink(missing_ok=True)


def stamp(moment: datetime) -> str:
    """A moment, to the second."""
    return moment.isoformat(timespec="seconds")
