"""What people do with words, beside naming a need: they ask about us, take a request back, say that they cannot come.

Each language has a file beside this one, with patterns written as the signs of danger are (docs/danger.md). A pattern
tells of an act wherever it stands in a text; which acts make sense to somebody is for handlers/act_rules.py to say.
"""

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from handlers.understanding.intents import Act
from handlers.understanding.patterns.language import PatternLanguage, Table
from handlers.understanding.patterns.signs import Pattern
from handlers.understanding.patterns.spelling import share_words
from handlers.understanding.words import Token, clean, fold, split

HERE = Path(__file__).parent
IN_ONE_BREATH = frozenset({Act.ASKS_FOR_CALL, Act.ASKS_FOR_PERSON})  # a comma ends what is asked
IN_ONE_SENTENCE = frozenset({Act.COMPLAINS, Act.WITHDRAWS})  # "i see nobody all week. could someone come"
ENDED = re.compile(r"[.!?]\s")
LONGEST = 60  # words; in longer texts people tell stories
ABOUT_HELPER = frozenset({Act.NOT_AGAIN, Act.CHOOSES_HELPER, Act.FEARS_HELPER})  # never for the ears of who helps
HELPER = "helpername"  # what the files call whoever helps by name: "no more Ben" is "no more him"


@dataclass(frozen=True)
class Listed:
    """A pattern as a file has it."""

    act: Act
    pattern: Pattern
    takes_back: bool = False  # where it is said, the act is none


@dataclass(frozen=True)
class Done:
    """An act, the words that tell of it as they stand in the text, and the pattern that found them."""

    act: Act
    words: str
    pattern: str
    language: str
    also: tuple[str, ...] = ()  # the words by which other patterns of the same act found it


class Language(PatternLanguage[Listed]):
    """What people do with words in one language."""

    def entries(self) -> Iterator[Listed]:
        """The patterns of every act. Raises ValueError where the file names one that there is not."""
        for name, patterns in self.table["acts"].items():
            for pattern in patterns:
                yield Listed(Act(name), self.symbols.pattern(pattern))
        for name, patterns in self.table.get("taken_back", {}).items():
            for pattern in patterns:
                yield Listed(Act(name), self.symbols.pattern(pattern), takes_back=True)

    def done(self, text: str, tokens: Sequence[Token]) -> Iterator[Done]:
        """Every act in a text that is not taken back in it."""
        found = [(listed, words, [*places]) for listed, words, places in self.found(text, tokens)]
        taken_back = {listed.act for listed, _, places in found if listed.takes_back and places}
        for listed, words, places in found:
            if listed.act in taken_back:
                continue
            for runs in places:
                first = min(words.units[run.first].start for run in runs)
                last = max(words.units[run.last - 1].end for run in runs)
                if listed.act in IN_ONE_BREATH and "," in text[first:last]:
                    continue  # "can someone water the plants, call me" asks for no call
                if listed.act in IN_ONE_SENTENCE and ENDED.search(text, first, last):
                    continue
                yield Done(listed.act, text[first:last], listed.pattern.sign, self.code)
                break


class Acts:
    """The acts in the words of all languages."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self.languages = [Language(code, table) for code, table in tables.items()]
        share_words(language.spelling for language in self.languages)

    def read(self, text: str, tokens: Sequence[Token]) -> dict[Act, Done]:
        """The acts that a cleaned text tells of by these words of it."""
        if len(tokens) > LONGEST:
            return {}
        found: dict[Act, Done] = {}
        for language in self.languages:
            for done in language.done(text, tokens):
                first = found.setdefault(done.act, done)
                if first is not done:
                    found[done.act] = replace(first, also=(*first.also, done.words))
        return found

    def about_helper(self, text: str, tokens: Sequence[Token], names: Collection[str]) -> dict[Act, Done]:
        """The acts by which somebody speaks of who helps them: these folded first names stand for "him"."""
        said = {form for name in names for form in (name, f"{name}s")}  # "Ben's a creep"
        if said.isdisjoint(token.text for token in tokens):
            return {}
        found = self.read(text, [token._replace(text=HELPER) if token.text in said else token for token in tokens])
        return {act: done for act, done in found.items() if act in ABOUT_HELPER}


@cache
def acts() -> Acts:
    """The acts as written in the files beside this one."""
    files = sorted(HERE.glob("*.toml"))
    return Acts({path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in files})


def speaks_of_helper(text: str, names: Collection[str] = ()) -> bool:
    """Whether a text fears whoever helps, or wants somebody else; they may be called by one of these first names."""
    text = clean(text)
    tokens = split(text)
    by_name = acts().about_helper(text, tokens, [fold(name) for name in names])
    return bool(by_name) or not ABOUT_HELPER.isdisjoint(acts().read(text, tokens))


def read(text: str) -> dict[Act, Done]:
    """The acts that a text tells of. Never raises."""
    text = clean(text)
    return acts().read(text, split(text))
