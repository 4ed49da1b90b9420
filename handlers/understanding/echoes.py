"""Our own words in somebody's text: a phone sends one of ours back, or a reply quotes it, with the answer beside it.

They are known by the phrasebooks' [say]: the words of a phrase in their order, and anything where it has {values}.
"""

import re
import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from handlers import phrasebook
from handlers.understanding import danger
from handlers.understanding.intents import Quote
from handlers.understanding.words import Token, clean, split

PLAIN = 5  # words of ours that a text must have, where nothing else shows that they are
NUMBERED = 3  # where a request's number does
ANCHOR = 3  # words by which a phrase is looked for
WIDE = 30  # words that a value may have
NARROW = frozenset("n number first rest who people minutes gap all dial code".split())  # values of one word
SHORT = {"name": 4, "line": 8}
OPEN = frozenset("door more areas then choices answer".split())  # more of ours, or nothing
SPOKEN = frozenset("words note notes rows holder place".split())  # what people said, as we pass it on
ENDLESS = OPEN | SPOKEN
AROUND = string.punctuation + "“”«»„‘’「」『』…¿¡ \t\n"
BEFORE = AROUND.replace("#", "").replace("@", "")  # these may begin what follows
HEADER = re.compile(
    r"^[ \t]*(?:-{2,}[ \t]*(?:original|forwarded|mensaje)[^\n]{0,60}|(?:on|el|le|em|am)\b[^\n]{4,120}"
    r"(?:wrote|escribió|escribio|écrit|escreveu|schrieb)[ \t]?:?)[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
MARKED = re.compile(r"(?:^[ \t]*>[^\n]*(?:\n|$))+", re.MULTILINE)
NUMBER = re.compile(r"(?:^|[^\w&#])#(\d{1,9})\b")

Words = tuple[str, ...]


class Gap(NamedTuple):
    """What a phrase is filled with: at least and at most so many words."""

    least: int
    most: int


@dataclass(frozen=True)
class Phrase:
    """A phrase of ours: its own words in pieces, and what may stand before, between and after them."""

    name: str
    pieces: tuple[Words, ...]
    gaps: tuple[Gap, ...]  # one more than there are pieces
    open: bool  # whether it may go on in words of ours: what tells of danger there is not ours


class Found(NamedTuple):
    """Our words in a text, from one of its words to another."""

    phrase: str
    first: int
    last: int
    beyond: int  # from which of them on only its length tells that they are ours


def _gap(fields: Sequence[str]) -> Gap:
    if not fields:
        return Gap(0, 0)
    most = sum(1 if f in NARROW else SHORT.get(f, 10_000 if f in ENDLESS else WIDE) for f in fields)
    return Gap(sum(f in NARROW for f in fields), most)


def _ends_open(fields: Sequence[str]) -> bool:
    return not OPEN.isdisjoint(fields) and SPOKEN.isdisjoint(fields)


def _phrase(name: str, form: str) -> Phrase | None:
    """A form of a phrase as it is looked for; None for one that has too few words of its own."""
    pieces: list[Words] = []
    gaps: list[list[str]] = [[]]
    for literal, field, _, _ in string.Formatter().parse(form):
        words = tuple(token.text for token in split(clean(literal)))
        if words:
            pieces.append(words)
            gaps.append([])
        if field:
            gaps[-1].append(field)
    own = sum(map(len, pieces)) - sum(piece.count("#") for piece in pieces)
    if own < (NUMBERED if "#{number}" in form else PLAIN) or ENDLESS.intersection(gaps[0]):
        return None
    return Phrase(name, tuple(pieces), tuple(map(_gap, gaps)), _ends_open(gaps[-1]))


class Echoes:
    """Everything that we say, ready to be known again."""

    def __init__(self, says: Sequence[dict[str, Any]]) -> None:
        self.by_anchor: dict[Words, list[tuple[Phrase, int]]] = {}  # with which of its pieces this is
        self.numbered: list[Phrase] = []
        self.by_next: dict[str, list[Phrase]] = {}  # "#42 is taken": by the word behind the number
        for said in says:
            for name, forms in said.items():
                for form in forms.values() if isinstance(forms, dict) else [forms]:
                    if phrase := _phrase(name, form):
                        self._keep(phrase)

    def _keep(self, phrase: Phrase) -> None:
        if phrase.pieces[0][0] == "#" and phrase.gaps[0].most == 0:
            known = phrase.pieces[0] == ("#",) and phrase.gaps[1] == Gap(1, 1) and len(phrase.pieces) > 1
            kept = self.by_next.setdefault(phrase.pieces[1][0], []) if known else self.numbered
            kept.append(phrase)
            return
        longest = max(range(len(phrase.pieces)), key=lambda i: len(phrase.pieces[i]))
        for piece in {0, longest}:  # what breaks off may have only the first
            words = phrase.pieces[piece]
            if len(words) >= ANCHOR:
                self.by_anchor.setdefault(words[:ANCHOR], []).append((phrase, piece))

    def find(self, said: Words, *, cut: bool = False) -> Found | None:
        """Our words among these: the most, if several of our phrases stand there. With `cut`, they may break off."""
        found = [*self._candidates(said, cut)]
        return max(found, key=lambda f: f.last - f.first, default=None)

    def _candidates(self, said: Words, cut: bool) -> Iterator[Found]:
        for i in range(len(said) - ANCHOR + 1):
            for phrase, piece in self.by_anchor.get(said[i : i + ANCHOR], ()):
                if span := _matches(said, phrase, piece, i, cut=cut):
                    yield Found(phrase.name, *span)
        if "#" in said[:-1] and not cut:
            at = said.index("#")
            if said[at + 1].isdigit() and len(said) - at > NUMBERED:
                for phrase in (*self.by_next.get(said[at + 2], ()), *self.numbered):
                    if span := _matches(said, phrase, 0, at, cut=cut):
                        yield Found(phrase.name, *span)


def _matches(said: Words, phrase: Phrase, piece: int, at: int, *, cut: bool) -> tuple[int, int, int] | None:
    """Where the phrase stands among these words, if its piece stands at this one."""
    end = at
    for n in range(piece, len(phrase.pieces)):
        words, gap = phrase.pieces[n], phrase.gaps[n]
        start = at if n == piece else _next(said, words, end + gap.least, end + gap.most, cut=cut)
        if start is None or (n == piece and not _stands(said, words, at, cut=cut)):
            return None
        end = min(start + len(words), len(said))
    last = phrase.gaps[-1]
    if len(said) - end < last.least and not cut:
        return None
    own, end = end, len(said) if last.most > 1 else min(end + last.most, len(said))
    first = at
    for n in range(piece - 1, -1, -1):
        words, gap = phrase.pieces[n], phrase.gaps[n + 1]
        starts = range(first - gap.least - len(words), first - gap.most - len(words) - 1, -1)
        found = next((i for i in starts if i >= 0 and said[i : i + len(words)] == words), None)
        if found is None:
            return None
        first = found
    most = phrase.gaps[0].most
    return (0 if first <= most else first), end, min(own + last.least, end) if phrase.open else end


def _stands(said: Words, words: Words, at: int, *, cut: bool) -> bool:
    there = said[at : at + len(words)]
    return there == words or (cut and at + len(there) == len(said) and there == words[: len(there)])


def _next(said: Words, words: Words, least: int, most: int, *, cut: bool) -> int | None:
    for start in range(least, min(most, len(said) - 1) + 1):
        if said[start] == words[0] and _stands(said, words, start, cut=cut):
            return start
    return len(said) if cut and most >= len(said) else None


@cache
def echoes() -> Echoes:
    """What we say in every language."""
    return Echoes([phrasebook.book(code).pages["say"] for code in phrasebook.languages()])


def quote_of(text: str) -> Quote | None:
    """What of ours a quotation is, also if it breaks off; None if it is not ours."""
    tokens = split(text)
    said = tuple(token.text for token in tokens)
    found = echoes().find(said, cut=True)
    if found is not None and danger.dangers().read(text, tokens) and echoes().find(said) is None:
        found = None  # their own words, which end as something of ours begins: "stranded by the road, it's night"
    number = NUMBER.search(text)
    if found is None and not text.lstrip(BEFORE).startswith("#"):
        return None
    if found is None and number is None:
        return None
    return Quote(found.phrase if found else None, int(number[1]) if number else None)


def apart(text: str, tokens: Sequence[Token]) -> tuple[str, Quote | None]:
    """A text without what it quotes of ours, and what that was. Whatever is not ours is left as it is."""
    if ">" in text:
        for block in MARKED.finditer(text):
            quote = quote_of(block[0].replace(">", " "))
            if quote is not None:
                before = text[: block.start()]
                header = list(HEADER.finditer(before))
                before = before[: header[-1].start()] if header else before
                return f"{before.strip()}\n{text[block.end() :].strip()}".strip(), quote
    said = tuple(token.text for token in tokens)
    found = echoes().find(said)
    if found is None or (found.first > 0 and found.last < len(tokens)):
        return text, None
    if danger.dangers().read(text, tokens[found.beyond : found.last]):  # they wrote on behind it
        return text, None
    start, end = tokens[found.first].start, tokens[found.last - 1].end
    number = NUMBER.search(text, max(start - 1, 0), end)
    quote = Quote(found.phrase, int(number[1]) if number else None)
    before, after = text[:start], text[end:]
    header = list(HEADER.finditer(before))
    before = before[: header[-1].start()] if header else before
    return (before.rstrip(AROUND) if found.first else after.lstrip(BEFORE)), quote
