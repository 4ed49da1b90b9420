"""How many SMS segments a text costs: 160 GSM-7 characters or 70 UCS-2 units, fewer each when it takes several.

Source: 3GPP TS 23.038 (the alphabet) and Twilio's rule that a segment never splits a character.
"""

import re

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
