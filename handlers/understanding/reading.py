"""A text taken apart once: its words, and, when somebody asks, what the lexicon says of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from handlers.understanding import acts, danger, needs
from handlers.understanding.acts import Done
from handlers.understanding.danger import Danger
from handlers.understanding.intents import Act, DangerKind, Understanding
from handlers.understanding.lexicon import Found, Lexicons
from handlers.understanding.phrases import Begins, PhraseIndex
from handlers.understanding.words import Token


@dataclass(frozen=True)
class Reading:
    """What a text says by itself, whoever sent it. A plain command is read without the lexicon."""

    text: str
    tokens: Sequence[Token]  # all its words
    words: Sequence[Token]  # those without the courtesy around them
    begins: Begins  # the phrases that these begin with
    lexicons: Lexicons
    quoted: int | None  # the number of the offer of ours that it quotes, which is no part of the text here
    command_language: str | None  # the language of the command that it begins with, if it does

    @property
    def language(self) -> str | None:
        """What it is written in, as far as its words tell."""
        return self.command_language or self._found.language

    @cached_property
    def meaning(self) -> Understanding:
        """What it says as free words."""
        return needs.interpret(self.text, self._found, self.danger)

    @cached_property
    def danger(self) -> Danger | None:
        """The danger that it tells of, in any language: read first, and of all its words."""
        return danger.dangers().read(self.text, self.tokens)

    @cached_property
    def acts(self) -> dict[Act, Done]:
        """What its author does by it, beside naming a need."""
        return acts.acts().read(self.text, self.tokens)

    @cached_property
    def _found(self) -> Found:
        return self.lexicons.find(self.tokens)

    def danger_in(self, note: str) -> DangerKind | None:
        """The danger that the note at the end of this text tells of."""
        if not note or self.danger is None:
            return None
        since = self.text.rindex(note)
        found = danger.dangers().read(self.text, [token for token in self.tokens if token.start >= since])
        return found.kind if found else None


def without_courtesy(words: Sequence[Token], phrases: PhraseIndex) -> Sequence[Token]:
    """The words without "hi" and "please" around them, unless nothing else is there."""
    rest = words
    for size in (2, 1):
        while len(rest) > size and phrases.is_function_word("courtesy", *(w.text for w in rest[:size])):
            # "yes 42" and "ok 42" say something; "ok, claim 42" and "yes please, ..." do not lose by it.
            if rest[size].number is not None or rest[size].text == "#":
                break
            rest = rest[size:]
    trimmed = rest
    for size in (2, 1):
        while len(trimmed) > size and phrases.is_function_word("courtesy", *(w.text for w in trimmed[-size:])):
            trimmed = trimmed[:-size]
    # Courtesy at the end of a note belongs to the note; it only hides a command that stands alone.
    alone = tuple(w.text for w in trimmed) in phrases.phrases or all(w.number is not None for w in trimmed)
    whole = tuple(w.text for w in words) in phrases.phrases
    return words if whole else trimmed if alone else rest
