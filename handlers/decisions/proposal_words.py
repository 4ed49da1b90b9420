"""What texts say of a proposal: its words, its end, its numbers, who made it and who says why not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from handlers.decisions import effects
from handlers.phrasebook import Book, Value
from handlers.turn import Context
from handlers.wording.quoting import beginning
from handlers.wording.summary import Name, Quoted, Said, Several
from models import kept_apart, people
from models.people import Person
from models.proposals import Proposal, Tally, Voice, Vote

WEEK = timedelta(days=6)  # from now, after which the name of a day is not enough
REASONS = {
    Voice.AGREE: "proposal_agrees_why",
    Voice.ASIDE: "proposal_aside_why",
    Voice.BLOCK: "proposal_blocks_why",
}


@dataclass(frozen=True)
class Until:
    """The end of a proposal on the line's own clock, wherever in the week it is read."""

    moment: datetime
    zone: str
    dated: bool

    def in_words(self, book: Book) -> str:
        """`Fri 10 AM`, `Fri Mar 13 10 AM`."""
        local = self.moment.astimezone(ZoneInfo(self.zone))
        return f"{book.day(local.date(), dated=self.dated)} {book.hour(local.hour * 60 + local.minute)}"


def until(context: Context, proposal: Proposal) -> Until:
    """When its voices are counted."""
    return Until(proposal.closes_at, context.line.timezone, proposal.closes_at - context.now > WEEK)


def cut(words: str, most: int) -> Quoted:
    """The beginning of somebody's words."""
    return Quoted(beginning(words, most))


def does(context: Context, proposal: Proposal) -> Said | None:
    """What it would change by itself, as things stand."""
    effect = effects.of(proposal)
    return Said("proposal_does", {"what": effects.said(context, effect)}) if effect else None


def named(context: Context, person: Person, reader: Person) -> Name | Said:
    """What a reader calls somebody; from whom they are kept apart they read no name."""
    if person.id in kept_apart.of(context.session, reader.id):
        return Said("a_volunteer")
    return name(context, person)


def by(context: Context, proposal: Proposal) -> Person:
    """Who proposed it."""
    return people.by_id(context.session, proposal.by_person_id)


def counted(proposal: Proposal, tally: Tally) -> dict[str, Any]:
    """The numbers that a result says."""
    return {
        "agreed": tally.agreed,
        "aside": tally.aside,
        "blocked": tally.blocked,
        "voices": tally.agreed + tally.aside,
        "needed": tally.needed,
    }


def why(context: Context, votes: Sequence[Vote], most: int) -> Value:
    """Who gave a reason, and which."""
    found = people.by_ids(context.session, [vote.person_id for vote in votes])
    said: list[Value] = [
        Said(REASONS[v.voice], {"name": name(context, found[v.person_id]), "words": cut(v.words or "", most)})
        for v in votes
    ]
    return Said("proposal_whys", {"rows": Several(said)}) if said else None


def name(context: Context, person: Person) -> Name | Said:
    """What volunteers call each other."""
    return context.name(person) or Said("a_volunteer")
