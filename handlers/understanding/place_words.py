"""The words of the lexicons that give a place away: streets, units, corners, what is near."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from handlers.understanding.words import fold


@dataclass(frozen=True)
class PlaceWords:
    """The words that give a place away, folded, of one or several languages (the lexicon's [place])."""

    words: Mapping[str, Set[str]]
    phrases: Mapping[str, Any]  # word by word to what leads to a place: {"close": {"to": {"": "near"}}}

    @classmethod
    def of(cls, tables: Iterable[Mapping[str, Sequence[str]]]) -> "PlaceWords":
        """Merge the languages' tables."""
        words: dict[str, set[str]] = {}
        phrases: dict[str, Any] = {}
        for table in tables:
            for name, terms in table.items():
                if name not in ("corner", "near", "perhaps"):
                    words.setdefault(name, set()).update(map(fold, terms))
                    continue
                for term in terms:
                    branch = phrases
                    for word in fold(term).split():
                        branch = branch.setdefault(word, {})
                    branch[""] = name
        words["sign"] = words["street"] | words["street_unsure"] | words["street_first"] | words["unit"]
        return cls(words, phrases)
