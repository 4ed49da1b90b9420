"""How the lists spell a word, also when somebody in a panic spelled it differently."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import groupby, pairwise

MANY_WORDS = 8192  # how many words are remembered; people use few, and often the same
LONGEST_WORD = 40  # letters; whatever is longer is no word
LONGEST_STEM = 24
LONG_ENOUGH = 5  # letters; in shorter words a typo makes another word
GLUED = 8  # letters; shorter words are not several ("hesnotbreathing")

KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
BESIDE = [{a, b} for row in KEYBOARD for a, b in pairwise(row)]
BELOW = [{a, b} for upper, lower in pairwise(KEYBOARD) for a, b in zip(upper, lower, strict=False)]
VOWELS = [{a, b} for a in "aeiou" for b in "aeiou" if a != b]
ALIKE = [{"c", "s"}, {"c", "k"}, {"s", "z"}, {"b", "v"}, {"j", "g"}, {"y", "i"}, {"f", "v"}]
TAKEN_FOR_ANOTHER = [*BESIDE, *BELOW, *VOWELS, *ALIKE]


def squeezed(word: str) -> str:
    """Without letters that are doubled: "hellllp", "bleding"."""
    return "".join(letter for letter, _ in groupby(word))


def almost(word: str) -> set[str]:
    """What is left of a word with one letter lost; two words that share one of these differ by a typo."""
    return {word} | {word[:i] + word[i + 1 :] for i in range(1, len(word))}  # nobody mistypes the first letter


def slipped(typed: str, meant: str) -> bool:
    """Whether a hand in a hurry types this for that: a letter more or less, two changed round, or a near one."""
    if len(typed) != len(meant):
        return abs(len(typed) - len(meant)) == 1
    wrong = [i for i, (a, b) in enumerate(zip(typed, meant, strict=True)) if a != b]
    if len(wrong) == 2:
        first, second = wrong
        return second == first + 1 and typed[first] == meant[second] and typed[second] == meant[first]
    if not wrong:
        return True
    return len(wrong) == 1 and len(meant) > LONG_ENOUGH and {typed[wrong[0]], meant[wrong[0]]} in TAKEN_FOR_ANOTHER


class Spelling:
    """The words of a language's signs of danger, and how they may be typed."""

    def __init__(
        self,
        words: Collection[str],
        *,
        small: Collection[str],
        real: Iterable[str],
        prefixes: Sequence[str],
        glued: bool,
    ) -> None:
        self.words = frozenset(words)
        self.real = frozenset(real) | frozenset(small)  # no typos of other words
        self.foreign: frozenset[str] = frozenset()  # words of other languages: "flammes", but not "ball"
        self.prefixes, self.glued = prefixes, glued
        self.latin = 2 * sum(word.isascii() for word in self.words) > len(self.words)
        self.typos: Mapping[str, tuple[str, ...]] = self._typos(self.words - frozenset(small))
        self.squeezed = {
            squeezed(word.rstrip("*")) + word[len(word.rstrip("*")) :]: word for word in sorted(self.words)
        }
        self.of = lru_cache(MANY_WORDS)(self._of)
        self.pieces = lru_cache(MANY_WORDS)(self._pieces)

    @staticmethod
    def _typos(words: Iterable[str]) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for word in sorted(words):
            short = squeezed(word)
            if not word.endswith("*") and len(short) >= LONG_ENOUGH:
                for key in almost(short):
                    found[key] = (*found.get(key, ()), word)
        return found

    def _of(self, word: str) -> tuple[str, ...]:
        """The spellings in the lists that a word may stand for; none if it tells nothing."""
        if len(word) > LONGEST_WORD:
            return ()
        found = self.listed(word)
        for prefix in self.prefixes:
            if word.startswith(prefix) and len(word) > len(prefix) + 1:
                found += self.listed(word[len(prefix) :])
        if word in self.words or word in self.real or not word.isalpha():  # 91 is a door, and no 911
            return found
        short, foreign = squeezed(word), word in self.foreign
        if not foreign or len(short) >= LONG_ENOUGH:
            found += self.doubled(short)
        if not foreign:
            found += self.mistyped(word)
        return tuple(dict.fromkeys(found))

    def listed(self, word: str) -> tuple[str, ...]:
        """A word as the lists have it: itself, and the stems (`bleed*`) that it begins with."""
        stems = (word[:n] + "*" for n in range(min(len(word), LONGEST_STEM), 1, -1))
        return tuple(spelling for spelling in (word, *stems) if spelling in self.words)

    def doubled(self, short: str) -> tuple[str, ...]:
        """The words and stems that are this one but for doubled letters."""
        stems = (short[:n] + "*" for n in range(min(len(short), LONGEST_STEM), 2, -1))
        return tuple(self.squeezed[spelling] for spelling in (short, *stems) if spelling in self.squeezed)

    def mistyped(self, word: str) -> tuple[str, ...]:
        """The long words of which this one is a typo."""
        short = squeezed(word)
        if len(short) < LONG_ENOUGH or not short.isalpha():
            return ()
        found = dict.fromkeys(w for key in almost(short) for w in self.typos.get(key, ()))
        return tuple(w for w in found if slipped(short, squeezed(w)) and word not in (w + "s", w[:-1]))

    def _pieces(self, word: str) -> tuple[str, ...]:
        """The words that were typed without spaces, if it is several; else nothing."""
        if not self.glued or not GLUED <= len(word) <= LONGEST_WORD or self.of(word) or not word.isalpha():
            return ()
        best: dict[int, tuple[str, ...]] = {0: ()}  # how the first n letters split, into the fewest words
        for end in range(2, len(word) + 1):
            for start in range(max(0, end - LONGEST_STEM), end):
                piece = word[start:end]
                if start in best and piece in self.words and (len(piece) > 1 or piece in "iau"):
                    split = (*best[start], piece)
                    best[end] = min(best.get(end, split), split, key=len)
        return best.get(len(word), ())


def share_words(of: Iterable[Spelling]) -> frozenset[str]:
    """Let each language know the words of the others, which are no typos of its own; returns those of all."""
    spellings = [*of]
    everything = frozenset[str]().union(*(each.words for each in spellings))
    for each in spellings:
        each.foreign = everything - each.words
    return everything
