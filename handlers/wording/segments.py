"""How many SMS segments a text costs: 160 GSM-7 characters or 70 UCS-2 units, fewer each when it takes several.

Source: 3GPP TS 23.038 (the alphabet) and Twilio's rule that a segment never splits a character.
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Sequence

import regex

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("\f^{}\\[~]|€")  # an escape and a character each: they count two
PLAINLY = str.maketrans(
    {
        **dict(zip("áíóúâêîôûãõçÁÍÓÚÂÊÔÃÕÀÌ", "aiouaeiouaocAIOUAEOAOAI", strict=True)),
        **dict.fromkeys("\u2018\u2019\u02bc", "'"),
        **dict.fromkeys("\u201c\u201d\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2013\u2014\u2011", "-"),
        **dict.fromkeys("\u00a0\u202f\u2009", " "),
        "\u2026": "...",
    }
)
CHARACTER = regex.compile(r"\X")
SENTENCE_END = regex.compile(r"([.!?])\s")
CHEAP = re.compile(f"[{re.escape(''.join(BASIC | EXTENDED))}]*")
ONE_EACH = re.compile(f"[{re.escape(''.join(BASIC))}]*")


def is_gsm7(text: str) -> bool:
    """Whether every character is in the cheap alphabet."""
    return CHEAP.fullmatch(text) is not None


def count(text: str) -> int:
    """The segments this text costs by SMS; an empty text costs one."""
    if ONE_EACH.fullmatch(text):  # as nearly every text of ours: nothing that a cut could fall into
        return 1 if len(text) <= 160 else -(-len(text) // 153)
    if is_gsm7(text):
        sizes = [2 if c in EXTENDED else 1 for c in text]
        single, several = 160, 153
    else:
        sizes = [len(c.encode("utf-16-le", "surrogatepass")) // 2 for c in CHARACTER.findall(text)]
        single, several = 70, 67
    if sum(sizes) <= single:
        return 1
    segments, room = 1, several
    for size in sizes:
        if size > room < several:
            segments, room = segments + 1, several
        beyond = (size - 1) // several  # marks stacked without end: what no segment holds is cut
        segments, room = segments + beyond, room - size + beyond * several
    return segments


def thrifty(text: str) -> str:
    """The text with its dear characters written plainly where that makes it cheaper.

    One `á` or typographic quote more than doubles the price of an SMS; a neighbor reads "esta" just as well.
    """
    if is_gsm7(text):
        return text
    plain = text.translate(PLAINLY)
    return plain if count(plain) < count(text) else text


def plainly(text: str) -> str:
    """The text without what is dear and says little: accents, fine quotes, emoji. Letters of any script stay."""
    kept: list[str] = []
    for character in unicodedata.normalize("NFC", text.translate(PLAINLY)):
        if CHEAP.fullmatch(character):
            kept.append(character)
            continue
        bare = "".join(c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c))
        kind = unicodedata.category(character)
        if bare and CHEAP.fullmatch(bare):
            kept.append(bare)
        elif kind.startswith(("L", "N")) or (kind.startswith("M") and kept and not CHEAP.fullmatch(kept[-1])):
            kept.append(character)
        elif kept[-1:] == [" "]:
            kept.pop()
    return "".join(kept)


def in_one(say: Callable[[str], str], words: str) -> str:
    """What `say` makes of as many of these words as one segment holds."""
    whole = thrifty(say(words))
    if count(whole) == 1:
        return whole
    cut = _longest(CHARACTER.findall(words), lambda some: count(thrifty(say(f"{some}..."))) == 1)
    said = thrifty(say(f"{_whole_words(cut, words)}..."))
    held = _longest(CHARACTER.findall(said), lambda some: count(some) == 1)
    return held if held == said else _whole_sentences(held)


def _whole_words(cut: str, words: str) -> str:
    """The beginning of these words without half a word at its end; a single long word stays as it is."""
    inside = words[len(cut) : len(cut) + 1].strip() and " " in cut
    return (cut.rpartition(" ")[0] if inside else cut).rstrip(" ,;:")


def _whole_sentences(held: str) -> str:
    """What fits of a text, up to its last sentence; to its last word, where that would be less than half of it."""
    ends = [found.end(1) for found in SENTENCE_END.finditer(held)]
    if ends and ends[-1] * 2 > len(held):
        return held[: ends[-1]]
    return held.rpartition(" ")[0] or held


def _longest(pieces: Sequence[str], fits: Callable[[str], bool]) -> str:
    """As many of the first pieces as fit, where more never fit better."""
    too_many = bisect_left(range(len(pieces) + 1), True, key=lambda n: not fits("".join(pieces[:n])))
    return "".join(pieces[: max(too_many - 1, 0)])
