"""The commands of a house and the words for them, in every language, ready to be looked up."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from handlers import phrasebook
from handlers.understanding.act_rule import ActRule
from handlers.understanding.command import Command
from handlers.understanding.lexicon import Lexicons, lexicons
from handlers.understanding.phrases import Book, PhraseIndex


class Vocabulary:
    """Commands, and the words that people have for them and for all else."""

    def __init__(
        self,
        commands: Sequence[Command[Any]],
        act_rules: Sequence[ActRule[Any]] = (),
        *,
        books: Mapping[str, Book] | None = None,
        lexica: Lexicons | None = None,
    ) -> None:
        self.act_rules = act_rules
        self.commands = {key: command for command in commands for key in command.keys}
        self.signs = {command.sign: command for command in commands if command.sign}
        self._books, self._lexica = books, lexica
        names = self.commands.items()
        self.numbered = frozenset(key for key, c in names if c.numbers)
        self.settings = frozenset(key for key, c in names if c.argument and c.argument.in_words)
        self.whole = frozenset(self.commands) - self.numbered - self.settings
        self.telling = frozenset(key for key, c in names if c.tells_language)

    @cached_property
    def _pages(self) -> Mapping[str, Book]:
        return self._books or {code: phrasebook.book(code).pages for code in phrasebook.languages()}

    @cached_property
    def phrases(self) -> PhraseIndex:
        """What people type, in every language."""
        return PhraseIndex.of(self._pages, [key for key, c in self.commands.items() if c.typo_forgiven])

    @cached_property
    def lexicons(self) -> Lexicons:
        """What the words of free text say."""
        return self._lexica or lexicons()
