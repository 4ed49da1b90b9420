"""What belongs to a command besides its row in handlers/registry.py: the checks say what is missing, what to write.

`python -m tests.command_checks` prints what is missing in this checkout.
"""

import re
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from handlers import phrasebook
from handlers.registry import COMMANDS
from handlers.understanding.command import Command, Told
from handlers.understanding.grammar import Grammar
from handlers.understanding.intents import Order
from handlers.understanding.phrases import Book, key_of
from handlers.understanding.words import Token, clean, split

ROOT = Path(__file__).parent.parent
SECTION = "What people can text"
SAID = re.compile(r"^[\w/]+\s*> (.+)$", re.M)


@dataclass(frozen=True)
class House:
    """Everything in which a command leaves a trace."""

    commands: Sequence[Command[Any]]
    books: Mapping[str, Book]  # the phrasebooks by language
    readme: str
    transcripts: Mapping[str, str]
    modules: frozenset[str]  # of handlers/, those of its rooms as "room.module"
    layers: frozenset[str]  # modules that the import contract in pyproject.toml knows

    @classmethod
    def at(cls, root: Path) -> "House":
        """This checkout, or a copy of it from which this module was imported."""
        project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
        contracts = project["tool"]["importlinter"]["contracts"]
        contract = next(c for c in contracts if c.get("containers") == ["handlers"])
        rooms = contract["exhaustive_ignores"]
        inside = {f"{room}.{name}" for room in rooms for name in _names(root / "handlers" / room)}
        return cls(
            commands=COMMANDS,
            books={code: phrasebook.book(code).pages for code in phrasebook.languages()},
            readme=(root / "README.md").read_text(encoding="utf-8"),
            transcripts={f.name: f.read_text(encoding="utf-8") for f in (root / "tests/transcripts").glob("*.txt")},
            modules=frozenset(_names(root / "handlers").difference(rooms) | inside),
            layers=frozenset(name.strip() for layer in contract["layers"] for name in layer.split("|")),
        )


def _names(folder: Path) -> set[str]:
    """Modules and packages in a folder."""
    return {f.stem for f in folder.iterdir() if (f.suffix == ".py" or (f / "__init__.py").exists())} - {"__init__"}


def complaints(house: House) -> list[str]:
    """Everything that is missing, in words that say what to write."""
    return [
        *declared_once(house),
        *words(house),
        *strangers(house),
        *help_lines(house),
        *readme_rows(house),
        *conversations(house),
        *modules(house),
    ]


def declared_once(house: House) -> Iterator[str]:
    """No name stands for two commands."""
    names = [key for command in house.commands for key in (command.keys or (command.name,))]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f'handlers/registry.py: COMMANDS has two rows for "{name}". Take one out.'


def words(house: House) -> Iterator[str]:
    """Every command can be said in every language."""
    for code, book in house.books.items():
        for key in (key for command in house.commands for key in command.keys):
            if not book["hear"].get(key):
                yield f'{code}.toml: [hear] has no "{key}". Write what people type for it: {key} = ["…"]'


def strangers(house: House) -> Iterator[str]:
    """No words in a phrasebook are for a command that is none: they would be free text, without a sound."""
    keys = {key for command in house.commands for key in command.keys}
    numbered = {command.name for command in house.commands if command.numbers}
    for code, book in house.books.items():
        for name in book["hear"].keys() - keys:
            yield (
                f'{code}.toml: [hear] has words for "{name}", which is no command. Give it a row in '
                f'handlers/registry.py, Command("{name}", …), or take them out.'
            )
        for name in book["hear_with_number"].keys() - numbered:
            yield (
                f'{code}.toml: [hear_with_number] has words for "{name}", which is no command that takes numbers. '
                f"Give its row in handlers/registry.py numbers=True, or take them out."
            )


def help_lines(house: House) -> Iterator[str]:
    """Every command is told of in the help text for those who may say it."""
    for code, book in house.books.items():
        for command in house.commands:
            if command.told_in in (Told.README, Told.NOWHERE):
                continue
            typed = in_capitals(plain(book["say"][command.told_in]))
            if not any(contains(typed, key) for key in spelled(command, book)):
                yield (
                    f'{code}.toml: [say] {command.told_in} does not tell of "{command.name}". Add it, or say in its '
                    f"row in handlers/registry.py where people learn of it: told=Told.…"
                )


def readme_rows(house: House) -> Iterator[str]:
    """Every command has a row in the README."""
    typed = [split(clean(text)) for text in re.findall(r"`([^`]+)`", section(house.readme))]
    for command in house.commands:
        keys = [key for book in house.books.values() for key in spelled(command, book)]
        if command.told_in is not Told.NOWHERE and not any(begins(words, key) for words in typed for key in keys):
            yield (
                f'README.md: nothing under "{SECTION}" tells of "{command.name}". '
                f"Add a row to the table: | who | `{command.name.upper()}` | … | what happens |"
            )


def conversations(house: House) -> Iterator[str]:
    """Every command is said in some transcript."""
    grammar = Grammar(house.commands, books=house.books)
    said: set[str] = set()
    for text in house.transcripts.values():
        intents = (grammar.understand(words).intent for words in SAID.findall(text))
        said |= {intent.command for intent in intents if isinstance(intent, Order)}
    for command in house.commands:
        if command.name not in said:
            yield (
                f'tests/transcripts: nobody says "{command.name}". Write a conversation in which somebody does, '
                f"and record what comes back: pytest tests/test_transcripts.py --record"
            )


def modules(house: House) -> Iterator[str]:
    """Every module has its place among the others."""
    for name in sorted(house.modules - house.layers):
        yield (
            f"pyproject.toml: handlers/{name.replace('.', '/')}.py is in no layer of the contract for handlers. "
            f'A module with commands goes beside the others: "distributions.distro | followups | … | {name} | …"'
        )


def section(readme: str) -> str:
    """The README's chapter about commands."""
    return readme.partition(f"## {SECTION}\n")[2].partition("\n## ")[0]


def spelled(command: Command[Any], book: Book) -> list[tuple[str, ...]]:
    """What a command may begin with in one language."""
    if command.sign:
        return [(command.sign,)]
    tables = book["hear"], book["hear_with_number"]
    return [key_of(spelling) for table in tables for key in command.keys for spelling in table.get(key, ())]


def plain(phrase: Any) -> str:
    """A phrase of [say], all its forms, without the names of its values."""
    forms = phrase.values() if isinstance(phrase, Mapping) else [phrase]
    return re.sub(r"\{\w*\}", " ", "\n".join(forms))


def in_capitals(text: str) -> list[str]:
    """The words that a text prints as commands; others become empty."""
    return [
        word.text if text[word.start : word.end].upper() == text[word.start : word.end] else ""
        for word in split(text)
    ]


def begins(words: Sequence[Token], key: tuple[str, ...]) -> bool:
    """Whether these words begin with those."""
    return tuple(word.text for word in words[: len(key)]) == key


def contains(words: Sequence[str], key: tuple[str, ...]) -> bool:
    """Whether those words stand among these."""
    return any(tuple(words[i : i + len(key)]) == key for i in range(len(words)))


if __name__ == "__main__":
    found = list(complaints(House.at(ROOT)))
    sys.stdout.writelines(f"{complaint}\n" for complaint in found)
    sys.exit(bool(found))
