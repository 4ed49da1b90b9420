"""A text taken apart once: its words, and, when somebody asks, what the lexicon says of them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from handlers.understanding import acts, asides, danger, leaving, machines, needs
from handlers.understanding.acts import Done
from handlers.understanding.danger import Danger
from handlers.understanding.intents import Act, DangerKind, Kind, Machine, Need, Quote, Understanding
from handlers.understanding.languages import Language, languages
from handlers.understanding.leaving import Wish
from handlers.understanding.lexicon import Found, Lexicons
from handlers.understanding.phrases import Begins, PhraseIndex
from handlers.understanding.reactions import Tap
from handlers.understanding.words import Token, split

PASTED = re.compile(r"""["“”<>:/@*]|\.\w""")  # quotes, links, labels

AFTER = re.compile(r"[.!?;\n]+\s+|\n")
SENTENCE = re.compile(r"[.!;\n]\s+|\n")


@dataclass(frozen=True)
class Reading:
    """What a text says by itself, whoever sent it. A plain command is read without the lexicon."""

    text: str
    tokens: Sequence[Token]  # all its words
    words: Sequence[Token]  # those without the courtesy around them
    begins: Begins  # the phrases that these begin with
    lexicons: Lexicons
    command_language: str | None  # the language of the command that it begins with, if it does
    quote: Quote | None = None  # what of ours it quotes: taken out of these words, which answer it
    tap: Tap | None = None  # what it is, if it is a tap on a text
    edited: bool = False  # whether it says how an earlier text is to be read now

    @property
    def language(self) -> str | None:
        """What it is written in, as far as its words tell."""
        if self.command_language or self.machine:
            return self.command_language
        if self.unspoken or self._found.language:
            return self.unspoken.code if self.unspoken else self._found.language
        return next((done.language for done in self.acts.values()), None)

    @cached_property
    def meaning(self) -> Understanding:
        """What it says as free words."""
        whole = needs.interpret(self.text, self._found, self.danger, self.unspoken)
        if whole.kind is not Kind.OTHER or not whole.exact or not {*whole.needs_if_asked} - {Need.OTHER}:
            return whole
        for sentence in SENTENCE.split(self.text):  # "he is allergic to nuts. groceries 14 Oak St"
            asked = needs.interpret(sentence, self.lexicons.find(split(sentence)), None)
            if asked.kind is Kind.ASK and asked.exact and asked.needs:
                return replace(whole, kind=Kind.ASK, needs=asked.needs)
        return whole

    @cached_property
    def danger(self) -> Danger | None:
        """The danger that it tells of, in any language: read first, and of all its words."""
        return danger.dangers().read(self.text, self.tokens)

    @cached_property
    def acts(self) -> dict[Act, Done]:
        """What its author does by it, beside naming a need."""
        return acts.acts().read(self.text, self.tokens)

    def meaning_without(self, acts: Iterable[Done]) -> Understanding:
        """What it says beside the words that tell of these acts."""
        rest = self.text
        said = [words for done in acts for words in (done.words, *done.also)]
        for words in sorted(said, key=len, reverse=True):
            rest = rest.replace(words, " ", 1)
        return needs.interpret(rest, self.lexicons.find(split(rest)), None)

    @cached_property
    def asks_further(self) -> Understanding | None:
        """What a later sentence asks for: "yes thank u! could i get some wipes too". Not what they have needed."""
        for sentence in AFTER.split(self.text)[1:]:
            found = self.lexicons.find(split(sentence))
            asked = needs.interpret(sentence, found, None)
            named = asked.kind is Kind.ASK and {*asked.needs} - {Need.OTHER}
            if named and any(mark.tag in ("asking", "wishing") for mark in found.marks):
                return asked
        return None

    @cached_property
    def aside(self) -> asides.Heard | None:
        """Whether it asks for silence, or says that all is well."""
        return asides.read(self.text, self.tokens)

    @cached_property
    def asks_plainly(self) -> bool:
        """Whether it says what is needed and where, or by how many: no machine does, and nobody who leaves."""
        meaning = self.meaning
        named = meaning.kind is Kind.ASK and any(need is not Need.OTHER for need in meaning.needs)
        told = named and (meaning.place is not None or meaning.people is not None)
        return told and self.tap is None and self.quote is None and not PASTED.search(self.text)

    @cached_property
    def machine(self) -> Machine | None:
        """What it is, if no person wrote it."""
        if self.asks_plainly:
            return None
        in_danger = self.danger is not None
        return machines.read(self.text, self.tokens, in_danger=in_danger, quote=self.quote, tap=self.tap)

    @cached_property
    def leaving(self) -> Wish | None:
        """Whether it asks for no more texts, in words of its own."""
        return None if self.asks_plainly else leaving.read(self.text, self.tokens)

    @cached_property
    def unspoken(self) -> Language | None:
        """The language that it is written in, if that is one we do not speak."""
        found = languages().of(self.text, self.tokens, self.lexicons.knowing)
        if found is None and self.danger:  # which is heard in every language, in a word or two
            return languages().by_code.get(self.danger.language)
        return found

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
