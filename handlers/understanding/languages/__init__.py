"""Languages that we do not speak: which of them a text is in, and what little of it we understand.

By letters where a script tells it, else by small words. What each language has for that is in
handlers/phrasebook/unspoken/, one file a language. A text that has none of their words costs a look per word.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from handlers import phrasebook
from handlers.understanding.languages.language import KNOWN, TELLS, Language, composed, plain, told
from handlers.understanding.words import Token

__all__ = ["Language", "Languages", "languages", "plain"]

LONGEST = 120  # words; what comes later in a text is not looked at
FEW = 4  # words; in so few, one that no other language has is enough
COMPANY = 2  # small words beside it that make it enough in a longer text
LETTERS_A_WORD = 2  # Chinese and Korean; others have twice as many
Speaks = Callable[[str], Sequence[str]]  # the languages of ours that a word gives away


class Languages:
    """All of them, ready to be told apart."""

    def __init__(self, tables: Mapping[str, Mapping[str, Any]]) -> None:
        self.by_code = {code: Language(code, table) for code, table in tables.items()}
        every = self.by_code.values()
        self.names = {name: one for one in every for name in one.names}
        self.in_script = [one for one in every if one.script]
        self.marked = [one for one in every if one.own_letters and not one.script]
        self.telling: dict[str, tuple[Language, ...]] = {}
        self.alone: dict[str, Language] = {}
        for one in every:
            for word in one.telling:
                self.telling[word] = (*self.telling.get(word, ()), one)
            for said in frozenset().union(*one.courtesy.values()):
                self.alone.setdefault(said, one)

    def of(self, text: str, tokens: Sequence[Token], speaks: Speaks) -> Language | None:
        """The language of a cleaned text, if it is one of these."""
        tokens = tokens[:LONGEST]
        if len(tokens) <= FEW and (alone := self.alone.get(composed(" ".join(token.text for token in tokens)))):
            return alone
        likely = {one: None for token in tokens for one in self.telling.get(token.text, ())}
        if not text.isascii():
            if found := self._by_script(text, tokens, speaks):
                return found
            likely |= {one: None for one in self.marked if one.own_letters and one.own_letters.search(text)}
        return self._by_words(list(likely), text, tokens, speaks) if likely else None

    def named(self, tokens: Sequence[Token], around: Callable[[str], bool]) -> Language | None:
        """The language that a text calls by its name and says nothing else: "kreyol", "do you speak french"."""
        if len(tokens) > 2 * FEW:
            return None
        return self.names.get(composed(" ".join(token.text for token in tokens if not around(token.text))))

    def all_named(self, tokens: Sequence[Token]) -> tuple[str, ...]:
        """Every language that is called by its name among these words."""
        return tuple(dict.fromkeys(self.names[name].code for t in tokens if (name := composed(t.text)) in self.names))

    def _by_words(
        self, likely: Sequence[Language], text: str, tokens: Sequence[Token], speaks: Speaks
    ) -> Language | None:
        names = 2 * sum(text[token.start].isupper() for token in tokens) <= len(tokens)
        best = max(likely, key=lambda one: sum(told(one, text, tokens, names=names)))
        said = told(best, text, tokens, names=names)
        telling, known = said.count(TELLS), said.count(KNOWN)
        others = [token for token, says in zip(tokens, said, strict=True) if not says]
        ours = [code for token in others for code in speaks(token.text)]
        against = max(map(ours.count, set(ours)), default=0)
        if telling > 1:
            return best if sum(said) > 2 * against else None
        short = not against and telling + known + sum(text[token.start].islower() for token in others) <= FEW
        return best if telling and (short or known >= max(COMPANY, 3 * against)) else None

    def _by_script(self, text: str, tokens: Sequence[Token], speaks: Speaks) -> Language | None:
        """The language whose script has more of a text than words of ours; of two in one script, by their words."""
        most = max(one.letters(text) for one in self.in_script)
        if not most:
            return None
        found = [one for one in self.in_script if one.letters(text) == most]
        best = max(found, key=lambda one: sum(told(one, text, tokens, names=False)))
        ours = sum(bool(speaks(token.text)) for token in tokens if token.text.isascii() and token.text.isalpha())
        other = best.not_letters is not None and best.not_letters.search(text)
        letters = LETTERS_A_WORD if best.by_letter else 2 * LETTERS_A_WORD
        return None if other or most < letters * max(ours, 0.5) else best


@cache
def languages() -> Languages:
    """The languages that have a file in handlers/phrasebook/unspoken/."""
    return Languages(phrasebook.unspoken())
