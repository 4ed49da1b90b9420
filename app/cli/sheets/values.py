"""What people write into the cells of a list: yes and no in any of their ways, several things at once, languages."""

import re
import tomllib
from functools import cache
from pathlib import Path

from babel import Locale, localedata

from app.cli.sheets.cells import Unusable
from handlers import phrasebook
from handlers.understanding.words import fold

HERE = Path(__file__).parent
YES = frozenset(
    "yes y yep yeah yup x xx si s sip ja j oui sim wi da tak ya yo claro 1 1.0 true t on ok verdadero vero vrai wahr "
    "verdadeiro v checked done ✓ ✔ ☑ ✅ ✗ ☒ 是 有 對 对 네 예 да так نعم".split()
)
NO = frozenset(
    "no n nope nein non nao nan niet nie 0 0.0 false f off falso faux falsch unchecked none - – — n/a na ☐ ❌ 否 不 "
    "无 無 아니요 нет ні لا".split()
) | {"", "not yet", "todavia no", "aun no"}
NOBODYS = frozenset({"und", "mul", "zxx", "mis", "tlh"})  # several, none, unknown; and one from a film
LISTED = re.compile(r"[,;/|\n•]|\s&\s|\s\+\s")
AND = re.compile(r"\b(?:and|y|e|et|und|ak|e)\b")


def yes(column: str, words: str) -> bool:
    """Whether a cell says yes: the word alone, or before what explains it ("Yes, on weekends"). Raises Unusable."""
    said = fold(words).strip(" .!?*")
    for part in (said, re.split(r"[\s,.;:(–—-]", said, maxsplit=1)[0]):
        if part in YES:
            return True
        if part in NO and (part or not said):
            return False
    raise Unusable(f"{column}: write yes or no")


def parts(words: str) -> list[str]:
    """The parts of a list as people separate them."""
    return [part.strip() for part in LISTED.split(words) if part.strip()]


def languages(words: str) -> list[str]:
    """Languages by their codes or by their names in any of several languages, spoken by the hotline or not.

    Raises Unusable for what is the name of none.
    """
    found: list[str] = []
    for part in parts(words):
        whole = _named(part)
        codes = [whole] if whole else [_named(each) for each in AND.split(fold(part)) if each.strip()]
        for code in codes:
            if code is None:
                ours = ", ".join(f"{code} ({phrasebook.book(code).name})" for code in phrasebook.languages())
                raise Unusable(f"language {part!r}: not known; write one of: {ours}, or the name of any other")
            if code not in found:
                found.append(code)
    return found


def _named(words: str) -> str | None:
    said = _plain(words)
    if not said:
        return None
    return _names().get(said) or _names().get(" ".join(w for w in said.split() if w not in _asides()))


@cache
def _asides() -> frozenset[str]:
    """Words beside a language's name: how well it is spoken."""
    return frozenset(
        "a little some bit fluent fluently native basic good conversational language un poco basico nativo fluido "
        "intermediate intermedio beginner idioma lengua bilingual bilingue".split()
    )


def _plain(words: str) -> str:
    return " ".join("".join(c if c.isalnum() else " " for c in fold(words)).split())


@cache
def _names() -> dict[str, str]:
    """Codes by what languages are called: by themselves, by those we speak or recognise, and by neighbors."""
    found: dict[str, str] = {}
    readers = [*phrasebook.languages(), *sorted(phrasebook.unspoken())]
    also = tomllib.loads((HERE / "languages.toml").read_text("utf-8"))["also"]
    for code, names in also.items():
        found.update({_plain(name): code for name in [code, *names]})
    for reader in readers:
        for code, name in Locale.parse(reader).languages.items():
            if "_" not in code and "@" not in code and code not in NOBODYS:
                found.setdefault(_plain(name), code)
    for code in localedata.locale_identifiers():
        if "_" not in code and (own := Locale.parse(code).languages.get(code)):
            found.setdefault(_plain(own), code)
    for code in [*Locale.parse("en").languages, *readers]:
        if "_" not in code and len(code) <= 3:
            found.setdefault(_plain(code), code)
    found.pop("", None)
    return found
