"""Whom to ask. Pure: a list in, a list out; who is a candidate at all, the database has told already."""

from collections.abc import Sequence

from models.candidates import Among, Candidate

ORDER = (Among.FREE, Among.TIRED, Among.CALLED_OFF)


def choose(candidates: Sequence[Candidate], size: int) -> list[Candidate]:
    """At most `size` volunteers to ask, the first to ask first.

    Who shares no language with the neighbor, mostly lets offers expire, or has another offer to answer, comes only
    when the wave would not be full without them. Then: least recently asked, own area. One place of a wave is for
    somebody who was never asked, so that newcomers get a turn and a wave does not hang on them alone.
    """
    ranked = sorted(
        candidates,
        key=lambda c: (
            ORDER.index(c.among),
            not c.speaks,
            c.last_asked_at is None,
            c.last_asked_at,
            not c.lives_there,
            c.id,
        ),
    )
    chosen = ranked[:size]
    newcomer = next((c for c in ranked if c.last_asked_at is None and c.among is Among.FREE), None)
    if newcomer and newcomer not in chosen and size > 1:
        chosen[-1] = newcomer
    return chosen
