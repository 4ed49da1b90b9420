"""Whom to ask. Pure: lists in, lists out; who is a candidate at all, the database has told already."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Candidate:
    """A volunteer who might be asked. Empty `can` means anything, empty `areas` anywhere."""

    id: int
    can: frozenset[str] = frozenset()
    areas: frozenset[int] = frozenset()
    languages: frozenset[str] = frozenset()
    last_asked_at: datetime | None = None
    in_hand: int = 0
    max_open: int = 3
    answering: bool = False  # has an offer that waits for an answer


@dataclass(frozen=True)
class Wanted:
    """What a request asks of a volunteer."""

    needs: frozenset[str] = frozenset()
    area: int | None = None
    language: str = "en"


def fits(candidate: Candidate, wanted: Wanted) -> bool:
    """Whether this volunteer does this kind of thing there and has room for it."""
    able = not candidate.can or not wanted.needs or bool(candidate.can & wanted.needs)
    near = not candidate.areas or wanted.area is None or wanted.area in candidate.areas
    return able and near and candidate.in_hand < candidate.max_open


def speaks(candidate: Candidate, wanted: Wanted) -> bool:
    """Whether they share a language with the neighbor, as far as we know."""
    return not candidate.languages or wanted.language in candidate.languages


def is_first_choice(candidate: Candidate, wanted: Wanted) -> bool:
    """Whether nobody further down the list could be asked before them: they fit, are free and share the language."""
    known = candidate.last_asked_at is not None and not candidate.answering
    return known and speaks(candidate, wanted) and fits(candidate, wanted)


def choose(candidates: Sequence[Candidate], wanted: Wanted, size: int) -> list[int]:
    """The ids of at most `size` volunteers to ask, the first to ask first.

    Who shares no language with the neighbor, or has another offer to answer, comes only when the wave would not
    be full without them. Then: least recently asked, own area, language. One place of a wave is for somebody who
    was never asked, so that newcomers get a turn and a wave does not hang on them alone.
    """

    def order(c: Candidate) -> tuple[bool, bool, bool, float, bool, int]:
        asked = c.last_asked_at.timestamp() if c.last_asked_at else 0.0
        return c.answering, not speaks(c, wanted), c.last_asked_at is None, asked, wanted.area not in c.areas, c.id

    ranked = sorted((c for c in candidates if fits(c, wanted)), key=order)
    chosen = ranked[:size]
    newcomer = next((c for c in ranked if c.last_asked_at is None and not c.answering), None)
    if newcomer and newcomer not in chosen and size > 1:
        chosen[-1] = newcomer
    return [c.id for c in chosen]
