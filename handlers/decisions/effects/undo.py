"""A change of the history is taken back: `UNDO H12`, whoever made it."""

import re
from collections.abc import Sequence
from typing import Any

from handlers.asking import unmet
from handlers.decisions.effects import opening
from handlers.decisions.effects.kinds import CannotDo, Effect, Refusal, brief
from handlers.pauses import pause, resting
from handlers.phrasebook import Value
from handlers.rules import changing, figures
from handlers.turn import Context, Texts
from handlers.understanding.words import fold
from handlers.wording.summary import Ours, Said
from models import line_events
from models.line_events import ANSWER, AREA, END, ERASE, PAUSE, RESOURCE, RULE, SETTING, LineEvent
from models.lines import Answer, Resource
from models.proposals import Proposal

KIND = "undo"
CODE = re.compile(r"h ?(\d{1,9})")


class Undo:
    """What was there before is there again."""

    def read(self, context: Context, words: str) -> Effect | Refusal | None:
        """Which change. Refused where it is none, where the host alone can, or where it has been changed since."""
        begun = opening.of(KIND, words)
        found = CODE.fullmatch(fold(begun.rest)) if begun is not None else None
        if found is None:
            return None
        event = line_events.by_id(context.session, context.line.id, int(found[1]))
        code = Ours(f"H{int(found[1])}")
        if event is None:
            return Refusal("effect_undo_none", {"code": code})
        if event.kind in (END, ERASE):  # its two days belong together
            return Refusal("effect_undo_end", {"code": code})
        if not changing.can_be_undone(event):
            return Refusal("effect_undo_not", {"code": code})
        if not changing.still_stands(context, event):
            return Refusal("effect_undo_since", {"code": code})
        return Effect(KIND, {"event": event.id})

    def said(self, context: Context, effect: Effect) -> Said:
        """What it was about: now, and then."""
        event = _event(context, effect)
        values: dict[str, Value] = {
            "what": _what(event),
            "before": _said(context, event, changing.as_it_stands(context, event)),
            "after": _said(context, event, event.before),
        }
        return Said("effect_set", values)

    def carry_out(self, context: Context, effect: Effect, proposal: Proposal) -> Texts:
        """Raises CannotDo where it has been changed since, or cannot be any more."""
        event = _event(context, effect)
        if not changing.still_stands(context, event):
            raise CannotDo("cannot_undo")
        rested = context.line.is_resting(context.now)
        _put_back(context, event, proposal)
        if rested and not context.line.is_paused(context.now):
            yield from resting.told_over(context)


def _event(context: Context, effect: Effect) -> LineEvent:
    return context.session.get_one(LineEvent, effect.values["event"])


def _put_back(context: Context, event: LineEvent, proposal: Proposal) -> None:
    """In the same way as it was changed."""
    by, before, line = changing.decided(proposal), event.before, context.line
    if event.kind == RULE:
        changing.set_figures(context, {event.name: before}, by)
    elif event.kind == SETTING:
        changing.set_setting(context, event.name, before, by)
    elif event.kind == ANSWER:
        changing.set_answers(context, [*map(Answer.of, _instead(line.answers, event))], by)
    elif event.kind == RESOURCE:
        changing.set_resources(context, [*map(Resource.of, _instead(line.resources, event))], by)
    elif event.kind == AREA:
        _put_area_back(context, event, by)
    else:
        pause.put_back(context, before, by=by.person_id, proposal=by.proposal_id)


def _instead(kept: Sequence[Any], event: LineEvent) -> list[Any]:
    """What is kept, with what the change had replaced in the place of what it had made."""
    return [*(each for each in kept if each != event.after), *([event.before] if event.before else [])]


def _put_area_back(context: Context, event: LineEvent, by: changing.By) -> None:
    area = changing.area_named(context, event.name)
    if area is None:
        if any(changing.taken(context, said) for said in (event.name, *event.before)):
            raise CannotDo("cannot_area_there")
        changing.add_area(context, event.name, event.before, by)
    elif event.before is None:
        changing.remove_area(context, area, by)
    else:
        changing.rename_area(context, area, event.before, by)


def _what(event: LineEvent) -> Value:
    """What was changed."""
    if event.kind == RULE:
        return figures.named(event.name)
    if event.kind == SETTING:
        return Said("our_name") if event.name == "name" else Said("our_greeting")
    if event.kind == PAUSE:
        return Said("our_pause")
    return brief(event.name)


def _said(context: Context, event: LineEvent, value: Any) -> Value:
    """What was or will be there."""
    if event.kind == RULE:
        return figures.said(context, event.name, value)
    if value is None:
        return Said("unit_none")
    if event.kind == PAUSE:
        return unmet.soon(context, pause.at(value))
    if event.kind == AREA:
        return Said("our_area")
    return brief(value["words"] if isinstance(value, dict) else str(value))
