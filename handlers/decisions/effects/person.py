"""Somebody is no volunteer any more, or is again: `REMOVE 7`, `REMOVE Ana`, `READMIT 7`."""

import re
from dataclasses import replace

from handlers.decisions.effects import opening
from handlers.decisions.effects.kinds import CannotDo, Effect, Refusal
from handlers.members import removing
from handlers.turn import Context, Texts
from handlers.wording.summary import Name, Quoted, Said, Several
from models import people
from models.people import Person
from models.person_events import REMOVED
from models.proposals import Proposal

REMOVE, READMIT = "remove", "readmit"
NUMBER = re.compile(r"#?(\d{1,9})")
LONGEST = 3  # words of a name


class Remove:
    """What they had goes out again, and nobody asks them any more."""

    def read(self, context: Context, words: str) -> Effect | Refusal | None:
        """Who: by their number, or by their name where it is one volunteer's."""
        begun = opening.of(REMOVE, words)
        if begun is None or not begun.rest:
            return None
        numbered = NUMBER.fullmatch(begun.rest)
        if numbered:
            person = people.find(context.session, context.line.id, int(numbered[1]))
            known = [person] if person is not None and person.helps else []
        else:
            known = people.volunteers_named(context.session, context.line.id, begun.rest)
        if len(known) == 1:
            return Effect(REMOVE, {"person": known[0].id})
        if known:
            return Refusal("effect_which", {"names": Several([called(context, each) for each in known], style="or")})
        # "remove the old couch from the porch" is something that people do.
        return Refusal("effect_nobody", {"who": Quoted(begun.rest)}) if len(begun.rest.split()) == 1 else None

    def said(self, context: Context, effect: Effect) -> Said:
        """Who it is about."""
        return Said("effect_remove", {"name": called(context, _person(context, effect))})

    def carry_out(self, context: Context, effect: Effect, proposal: Proposal) -> Texts:
        """Raises CannotDo if they have gone by themselves."""
        person = _person(context, effect)
        if not person.helps:
            raise CannotDo("cannot_remove")
        by = proposal.by_person_id
        yield from removing.put_out(context, person, REMOVED, "", by=by, proposal=proposal.id)


class Readmit:
    """In again, as they were."""

    def read(self, context: Context, words: str) -> Effect | Refusal | None:
        """Who, by their number: who is out has no name that others would know."""
        begun = opening.of(READMIT, words)
        if begun is None or not begun.rest:
            return None
        numbered = NUMBER.fullmatch(begun.rest)
        if numbered is None:
            return Refusal("effect_readmit_how") if len(begun.rest.split()) <= LONGEST else None
        person = people.find(context.session, context.line.id, int(numbered[1]))
        if person is None or removing.put_out_by(context, person) is None:
            return Refusal("effect_not_out", {"who": int(numbered[1])})
        return Effect(READMIT, {"person": person.id})

    def said(self, context: Context, effect: Effect) -> Said:
        """Who it is about."""
        return Said("effect_readmit", {"name": called(context, _person(context, effect))})

    def carry_out(self, context: Context, effect: Effect, proposal: Proposal) -> Texts:
        """Raises CannotDo if they are in again, or have been erased."""
        person = _person(context, effect)
        if removing.put_out_by(context, person) is None:
            raise CannotDo("cannot_readmit")
        yield from removing.take_back(context, person, by=proposal.by_person_id, proposal=proposal.id)


def called(context: Context, person: Person) -> Name | Said:
    """What all volunteers read of somebody: their first name and number."""
    name = context.name(person)
    return replace(name, number=person.id) if name else Said("somebody_numbered", {"who": person.id})


def _person(context: Context, effect: Effect) -> Person:
    return people.by_id(context.session, effect.values["person"])
