"""People's words, safe to print: one paragraph inside quotes that nothing in it can end, nor make look like ours.

Whatever one person says reaches another between plain quotes, after who says it. A line break, a quote or a character
that nobody can see would let it stand there as if the hotline had said it.
"""

from functools import lru_cache

import regex

BREAKS = regex.compile(r"[\p{Cc}\p{Z}]+")
UNSEEN = regex.compile(r"[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Cs}\p{Co}\u2800\ufff9-\uffff]+")
PILED = regex.compile(r"(\p{M}{4})\p{M}+")  # marks piled over the lines above: no script needs more than four
# All that looks like a quote, by itself or doubled. What takes its place is an apostrophe.
QUOTES = regex.compile(
    r"""["\p{Pi}\p{Pf}‚„‟〃〝〞〟＂＇″‴‶‷⁗˝ʺ˶ˮ״ײ᳓ᐦ❛❜❝❞❟❠⹂﹁﹂﹃﹄「」『』｢｣🙶🙷🙸]+|['`´ʹʻʼʽˈˊˋ՚׳ꞌ′‵]{2,}"""
)
COLONS = dict.fromkeys(map(ord, "：﹕︰︓∶꞉ː˸܃܄։׃፡᠄⁝⋮ꓽ᛬⁚᠉"), ":")
# "Eastside Mutual Aid:", "#42:", "From #42:": so texts of ours begin. Times, links and smiles keep their colon.
LABEL = regex.compile(r"\s*(?<!\d(?=:\d)):(?!//|[-'^]?[()\[\]](?:\s|$)|(?<=(?:^|\s):)[DPpoO3*/|\\](?:\s|$))")
ORDINARY = regex.compile(r"(?:[\w!#$%&()*+,./;<=>?@{}~^|\[\]\\-]|'(?!')| (?! ))*", regex.ASCII)


@lru_cache(1024)  # the same words often go to several
def one_paragraph(text: str) -> str:
    """The text without line breaks, and without characters that nobody can see."""
    if ORDINARY.fullmatch(text):
        return text.strip()
    seen = UNSEEN.sub("", BREAKS.sub(" ", text))
    return " ".join(PILED.sub(r"\1", seen).split())


def beginning(text: str, most: int) -> str:
    """As much of the text as `most` characters hold, and dots for the rest; no half word, unless it is the first."""
    if len(text) <= most:
        return text
    held = text[: most + 1].rpartition(" ")[0] or text[:most]
    return f"{held.rstrip()}..."


@lru_cache(1024)
def quoted(text: str) -> str:
    """The text in quotes, as one paragraph. No quote in it can end them; no label in it reads like one of ours."""
    if ORDINARY.fullmatch(text):
        return f'"{text.strip()}"'
    told = QUOTES.sub("'", one_paragraph(text)).translate(COLONS)
    return f'"{" ".join(LABEL.sub(" - ", told).split())}"'
