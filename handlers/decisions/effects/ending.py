"""The line ends, as all decide: `END ON JUNE 1, ERASE JULY 1`; or it goes on after all: `GO ON`."""

from datetime import datetime

from handlers.decisions.effects import opening
from handlers.decisions.effects.kinds import CannotDo, Effect, Refusal
from handlers.pauses import ending, resting
from handlers.rules import changing
from handlers.turn import Context, Texts
from handlers.understanding.words import clean, split
from handlers.wording.summary import Date, Said
from models.proposals import Proposal

END, GO_ON, ERASE = "end", "go_on", "erase"
THE_LINE = "end_line"  # words that say what ends: without a day they are asked for one


class End:
    """On that day; everybody is forgotten on the other."""

    def read(self, context: Context, words: str) -> Effect | Refusal | None:
        """Both days. What else a group may end, such as its suppers, is for people to do."""
        begun = opening.of(THE_LINE, words) or opening.of(END, words)
        if begun is None:
            return None
        on, erase = _parts(begun.rest)
        found = ending.days(context, on, erase)
        if isinstance(found, str):
            named = not begun.rest or opening.of(THE_LINE, words) is not None or found != ending.NO_DAY
            return Refusal(found) if named else None
        return Effect(END, {"ends": found.ends_at.isoformat(), "erases": found.erases_at.isoformat()})

    def said(self, context: Context, effect: Effect) -> Said:
        """Both days."""
        zone, (ends_at, erases_at) = context.line.timezone, _moments(effect)
        return Said("effect_end", {"day": Date(ends_at, zone), "erase": Date(erases_at, zone)})

    def carry_out(self, context: Context, effect: Effect, proposal: Proposal) -> Texts:
        """Raises CannotDo if its day was there before it was decided, or the line has ended."""
        ends_at, erases_at = _moments(effect)
        if ends_at <= context.now or context.line.has_ended(context.now):
            raise CannotDo("cannot_end")
        ending.decide(context, ends_at, erases_at, changing.decided(proposal))
        yield from ()


class GoOn:
    """Neither an end nor a rest, after all."""

    def read(self, context: Context, words: str) -> Effect | Refusal | None:
        """These words and no more; refused where there is nothing to take back."""
        begun = opening.of(GO_ON, words)
        if begun is None or begun.rest:
            return None
        stops = context.line.ends_at is not None or context.line.is_resting(context.now)
        return Effect(GO_ON, {}) if stops else Refusal("effect_go_on_none")

    def said(self, context: Context, effect: Effect) -> Said:
        """That it goes on."""
        return Said("effect_go_on")

    def carry_out(self, context: Context, effect: Effect, proposal: Proposal) -> Texts:
        """Raises CannotDo where there is nothing to take back any more."""
        by = changing.decided(proposal)
        done = ending.take_back(context, by)
        if context.line.is_resting(context.now):
            yield from resting.end(context, by)
        elif not done:
            raise CannotDo("cannot_go_on")


def _parts(words: str) -> tuple[str, str]:
    """What is said of the end, and what of erasing."""
    said = clean(words)
    for token in split(said):
        if (erasing := opening.of(ERASE, said[token.start :])) is not None:
            return said[: token.start].rstrip(" ,;"), erasing.rest
    return said, ""


def _moments(effect: Effect) -> tuple[datetime, datetime]:
    return datetime.fromisoformat(effect.values["ends"]), datetime.fromisoformat(effect.values["erases"])
