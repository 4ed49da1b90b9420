"""What volunteers say they help with, as needs: in the words of those who ask, or in their own (skills.toml)."""

import tomllib
from functools import cache
from pathlib import Path

from app.cli.sheets import values
from app.cli.sheets.cells import Unusable
from handlers.understanding import needs
from handlers.understanding.intents import Need
from handlers.understanding.words import clean, fold, split

HERE = Path(__file__).parent
ANYTHING = frozenset(
    {"anything", "everything", "any", "all", "*", "whatever is needed", "anything else"}
    | {"todo", "de todo", "cualquier cosa", "lo que sea", "lo que haga falta"}
)


def read(words: str) -> tuple[list[str] | None, list[str]]:
    """What somebody can help with, and which of the words say nothing of it. None is nothing told, [] is anything.

    Raises Unusable where nothing of it is understood.
    """
    if not words.strip():
        return None, []
    found: list[str] = []
    left: list[str] = []
    for part in values.parts(words):
        if fold(part).strip() in ANYTHING:
            return [], []
        known = means(part)
        found += [need for need in known if need not in found]
        if not known:
            left.append(part)
    if not found:
        raise Unusable(f"can {', '.join(left)!r}: not understood; write some of: {', '.join(Need)}")
    return found, left


def means(words: str) -> list[str]:
    """The needs that these words are about; none if it cannot be told."""
    key = fold(words).replace(" ", "_").replace("-", "_")
    if key in set(Need):
        return [key]
    said = " ".join(token.text for token in split(clean(words)))
    return (
        [need.value for need in needs.named(words)]
        or _own().get(said, [])
        or [need.value for need in needs.understand(words).needs_if_asked]
    )


@cache
def _own() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for need, said in tomllib.loads((HERE / "skills.toml").read_text("utf-8"))["means"].items():
        for words in said:
            found.setdefault(" ".join(token.text for token in split(words)), []).append(Need(need).value)
    return found
