"""What can be somebody's name: letters and little else, short, and nobody else's, the hotline's least of all.

A name is the one thing of a person that is printed without quotes, so nothing but a name may look like one.
"""

from enum import Enum
from functools import cache, lru_cache

import regex
from rapidfuzz import fuzz

from handlers import phrasebook
from handlers.understanding.phrases import Key, key_of
from handlers.understanding.words import Token, clean, fold, split
from handlers.wording import lures
from handlers.wording.quoting import one_paragraph

ASKED = frozenset("?¿")
MOST_WORDS = 3  # of an answer that is a name
INITIAL = 2  # letters with a dot behind them: "Dr."
LONGEST = 20  # characters of a name that others read
LETTERS = regex.compile(r"\p{L}[\p{L}\p{M}]*(?:(?:\.? |['-]|\.(?!\p{L}{2}))\p{L}[\p{L}\p{M}]*)*\.?")
MIXED = regex.compile(r"\p{Latin}[^ ]*[\p{Cyrillic}\p{Greek}]|[\p{Cyrillic}\p{Greek}][^ ]*\p{Latin}")
PLAINLY = str.maketrans(dict.fromkeys("’‘ʼʻ`´ʹ′", "'") | dict.fromkeys("‐‑‒–", "-"))
# Letters that look like others, folded: what "Еаstsidе" would be read as.
ALIKE = str.maketrans("авеёзіїјкмнорсѕтухһԁԛԝαβεηικνορτυχγıɑɡlѵո", "abeeziijkmhopcstyxhdqwabenikvoptuxyiagivn")
TELLING = 6  # letters; a line called Ola must not keep out Lola
NEAR = 85  # of 100: so much of the line's name makes it the line's
NAMES_TOO = frozenset({"max", "thanks", "language", "gave"})  # commands whose words are names as well: Max, Ty, Di


class Fault(Enum):
    """Why something is no name; the value is what to do about it."""

    LETTERS = "write letters only, with spaces, - ' and . where the name has them; no numbers, links or signs"
    LONG = f"too long; others read at most {LONGEST} letters of the first name"
    TAKEN = "the hotline's own name or a word that it uses; write what neighbors call them"


def plain(name: str) -> str:
    """A name as it is kept: one line, nothing that cannot be seen, apostrophes and hyphens as a phone types them."""
    return one_paragraph(name).translate(PLAINLY)


def told(answer: str) -> str:
    """The name in an answer to "what should neighbors call you?": `Hi, I'm Pam from 3rd st`. Empty if none is."""
    words = split(clean(answer))
    if ASKED & set(answer) or not words or lures.found(one_paragraph(answer)):
        return ""
    phrases, texts = _answering(), [w.text for w in words]
    first, last = _after(texts, phrases["courtesy"] | phrases["name_is"]), 0
    for last in range(first, len(words) + 1):
        if last == len(words) or (last > first and _ends(answer, words, last, phrases["name_ends"])):
            break
    named = texts[first:last]
    if not named or len(named) > MOST_WORDS or phrases["no_name"] & {*named, " ".join(named)}:
        return ""
    said = plain(answer[words[first].start : words[last - 1].end + 1]).rstrip(" ,;!-")
    return said.rstrip(".") if said.count(".") == 1 and len(said.split()[-1]) > INITIAL else said


def _after(texts: list[str], leading: frozenset[str]) -> int:
    """The first word that does not only lead to a name; none of them is looked past if nothing follows."""
    first = 0
    while size := next((n for n in (4, 3, 2, 1) if " ".join(texts[first : first + n]) in leading), 0):
        if first + size >= len(texts):
            break
        first += size
    return first


def _ends(answer: str, words: list[Token], i: int, ending: frozenset[str]) -> bool:
    """Whether the name has ended before word i: `Pam, I can drive`, `Sam and I`. `J. P.` goes on."""
    between = answer[words[i - 1].end : words[i].start].strip()
    return words[i].text in ending or not (
        between in ("", "-", "'") or (between == "." and len(words[i - 1].text) < 3)
    )


@cache
def _answering() -> dict[str, frozenset[str]]:
    """How people answer when they are asked for their name, in every language."""
    books = [phrasebook.book(code).pages["function_words"] for code in phrasebook.languages()]
    kinds = ("courtesy", "name_is", "name_ends", "no_name")
    return {kind: frozenset(fold(word) for words in books for word in words[kind]) for kind in kinds}


@lru_cache(4096)
def fault(name: str, line: str, longest: int = LONGEST) -> Fault | None:
    """Why this cannot be a name on the line of that name; None if it can. The first of several, too."""
    if not LETTERS.fullmatch(name) or MIXED.search(name) or lures.found(name):
        return Fault.LETTERS
    if len(name) > longest or len(name.split(maxsplit=1)[0]) > LONGEST:
        return Fault.LONG
    return Fault.TAKEN if _taken(name, line) else None


@lru_cache(4096)  # few names come up again and again
def first(name: str, line: str) -> str | None:
    """What others on the line call somebody; a family name is theirs to tell. None if nothing of it can be a name."""
    words = plain(name)
    if _taken(words, line):
        return None
    return next((word for word in words.split() if fault(word, line) is None), None)


@lru_cache(4096)
def whole(name: str, line: str) -> str | None:
    """The whole name for whoever is on duty or vouches, where it is short enough; else the first."""
    words = plain(name)
    return first(name, line) if fault(words, line) else words


def _taken(name: str, line: str) -> bool:
    key = key_of(name)
    if key in _commands() or any(key[at : at + size] in _ours() for size in (1, 2, 3) for at in range(len(key))):
        return True
    theirs, ours = _seen(name), _seen(line)
    several = " " in name and theirs in ours
    inside = len(ours) >= TELLING and ours in theirs
    return several or inside or fuzz.ratio(theirs, ours) >= NEAR


def _seen(text: str) -> str:
    """A text as somebody in a hurry reads it: without accents, spaces and the letters that look like others."""
    letters = fold(fold(text).translate(ALIKE)).replace("rn", "m").replace("vv", "w")
    return "".join(c for c in letters if c.isalpha())


@cache
def _commands() -> frozenset[Key]:
    """What people text us to do."""
    heard = (phrasebook.book(code).pages["hear"] for code in phrasebook.languages())
    spelled = (spellings for table in heard for name, spellings in table.items() if name not in NAMES_TOO)
    return frozenset(key_of(spelling) for spellings in spelled for spelling in spellings)


@cache
def _ours() -> frozenset[Key]:
    """Words in a name that would speak for the hotline, or for help that it is not."""
    books = (phrasebook.book(code).pages["function_words"] for code in phrasebook.languages())
    return frozenset(key_of(word) for words in books for word in words["not_a_name"])
