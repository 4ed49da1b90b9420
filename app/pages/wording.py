"""The words on the pages: words/CODE/FILE.toml, one folder a language. A phrase is FILE.KEY.

What the pages share with the texts (needs, dates, names, figures) comes from the phrasebook.
"""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from handlers import phrasebook
from handlers.rules.figures import saying

LONGEST_HEADER = 200  # characters of what a browser says of its languages
FOLDER = Path(__file__).parent / "words"


class Words:
    """One language's."""

    def __init__(self, code: str) -> None:
        self.book = phrasebook.book(code)
        self.code = code
        self.files: dict[str, dict[str, Any]] = {
            file.stem: tomllib.loads(file.read_text(encoding="utf-8")) for file in (FOLDER / code).glob("*.toml")
        }
        self.files["rule_names"] = dict(saying.names(code))

    def say(self, phrase: str, **values: object) -> str:
        """The phrase with its values filled in; with several forms, the one that fits `n`.

        Raises KeyError for a phrase or a value that is missing.
        """
        file, key = phrase.split(".")
        form = self.files[file][key]
        if isinstance(form, dict):
            n = int(str(values["n"]))
            none = "zero" if n == 0 else None
            form = form.get(none) or form.get(self.book.locale.plural_form(n)) or form["other"]
        return str(form.format_map(values))


def of(code: str) -> Words:
    """The words in this language; where the pages do not speak it, in English."""
    return _words(code if code in languages() else languages()[0])


@cache
def _words(code: str) -> Words:
    return Words(code)


@cache
def languages() -> tuple[str, ...]:
    """The languages the pages speak, English first."""
    return tuple(code for code in phrasebook.languages() if (FOLDER / code).is_dir())


def preferred(accept_language: str, otherwise: str) -> str:
    """The language among those of the pages that a browser asks for first (RFC 9110, 12.5.4), else `otherwise`."""
    wanted: list[tuple[float, str]] = []
    for part in accept_language[:LONGEST_HEADER].split(","):
        name, _, quality = part.partition(";")
        try:
            weight = float(quality.strip().removeprefix("q=")) if quality else 1.0
        except ValueError:
            continue
        wanted.append((weight, name.strip().lower().partition("-")[0]))
    spoken = [
        code for weight, code in sorted(wanted, key=lambda each: -each[0]) if weight > 0 and code in languages()
    ]
    return spoken[0] if spoken else otherwise
