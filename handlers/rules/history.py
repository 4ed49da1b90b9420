"""HISTORY: what was changed of the line and of who is in, and what was decided; who did it, and when."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from handlers.phrasebook import Value
from handlers.rules import changes, changing, topics
from handlers.rules.figures.groups import GROUP_OF
from handlers.turn import Context, Text, Texts, Turn
from handlers.understanding.arguments import Looked
from handlers.understanding.intents import Order, Topic
from handlers.wording import paging
from handlers.wording.quoting import beginning
from handlers.wording.summary import Date, Lines, Name, Quoted, Said
from models import line_events, people, person_events, proposals
from models.delivery.outbound import Lane
from models.line_events import LineEvent
from models.person_events import PersonEvent
from models.proposals import Proposal, State

LOOKED_AT = 200  # changes of each kind; what is older the board tells
BRIEF = 40  # letters of a proposal's words
LAST_PAGE = 20

DONE = {
    person_events.VOUCHED: "happened_vouched",
    person_events.BANNED: "happened_banned",
    person_events.REMOVED: "happened_removed",
    person_events.REVOKED: "happened_revoked",
    person_events.BACK: "happened_back",
    person_events.TAKEN_OFF: "happened_taken_off",
    person_events.RENAMED: "happened_renamed",
    person_events.MERGED: "happened_merged",
}
COUNTED = {person_events.ADDED: "happened_added", person_events.CHANGED: "happened_changed"}
NAMED = {person_events.ADDED: "happened_added_one", person_events.CHANGED: "happened_changed_one"}
ENDED = {State.PASSED: "happened_passed", State.FAILED: "happened_failed", State.WITHDRAWN: "happened_withdrawn"}
TOPICS = {  # all else is about the line itself
    line_events.AREA: Topic.AREAS,
    line_events.ANSWER: Topic.ANSWERS,
    line_events.RESOURCE: Topic.ANSWERS,
    line_events.BRAKE: Topic.LIMITS,
    line_events.TAP: Topic.LIMITS,
}


@dataclass(frozen=True)
class Change:
    """One change: `number` is that of HISTORY H12, of what a proposal can undo."""

    at: datetime
    about: frozenset[str]
    row: Said
    number: int | None = None


def history(turn: Turn, order: Order) -> Texts:
    """HISTORY, HISTORY MORE, HISTORY quiet: the last changes; HISTORY H12 one of them."""
    asked: Looked = order.argument or Looked()
    if asked.change is not None:
        yield from _one(turn, asked.change)
        return
    found = [change.row for change in _changes(turn) if asked.topic is None or asked.topic in change.about]
    number = min(asked.page, LAST_PAGE)

    def say(rows: Sequence[Value], more: bool) -> Said:
        topic = topics.word(asked.topic) if asked.topic is not None else None
        next_page = Said("history_more_of" if topic else "history_more", {"topic": topic, "n": number + 1})
        return Said("history", {"rows": Lines(rows), "more": next_page if more else None})

    rows, more = paging.page(found, number, turn.speaker.speaks(turn.line), say)
    if not rows:
        yield turn.reply("history_none" if number == 1 else "history_no_more")
        return
    said = say(rows, more)
    yield Text(turn.speaker, said.phrase, said.values, Lane.REPLY)


def _one(turn: Turn, number: int) -> Texts:
    event = line_events.by_id(turn.session, turn.line.id, number)
    if event is None:
        yield turn.reply("history_unknown", n=number)
    else:
        undone = changing.can_be_undone(event) and changing.still_stands(turn, event)
        phrase = "history_one" if undone else "history_one_over"
        yield turn.reply(phrase, row=_of_line(turn, event).row, number=number)


def _changes(context: Context) -> list[Change]:
    """All that is looked at, the latest first."""
    session, line_id = context.session, context.line.id
    found = [_of_line(context, event) for event in line_events.latest(session, line_id, LOOKED_AT)]
    kinds = [*DONE, *COUNTED]
    found += _of_people(context, person_events.of_line(session, line_id, kinds, LOOKED_AT))
    found += [
        _of_proposal(context, each)
        for each in proposals.latest(session, line_id, LOOKED_AT)
        if each.closed_at is not None
    ]
    return sorted(found, key=lambda change: (change.at, change.number or 0), reverse=True)


def _of_line(context: Context, event: LineEvent) -> Change:
    values = {
        "number": event.id,
        "what": changes.what(context, event),
        "by": changes.by(context, event),
        "when": Date(event.at, context.line.timezone),
    }
    about: set[str] = {TOPICS.get(event.kind, Topic.LINE)}
    if event.kind == line_events.RULE:
        closer = (topic for topic, names in topics.CLOSER.items() if event.name in names)
        about = {GROUP_OF.get(event.name, Topic.LINE), *closer}
    return Change(event.at, frozenset(about), Said("history_row", values), event.id)


def _of_people(context: Context, events: Sequence[PersonEvent]) -> Iterator[Change]:
    """What was done to volunteers, by name; of others, how many: who asked for help is nobody's business."""
    known = people.by_ids(context.session, [event.person_id for event in events])
    for (at, kind), some in groupby(events, key=lambda event: (event.at, event.kind)):
        these = [*some]
        if kind == person_events.MERGED and these[0].by_person_id is not None:
            continue  # by a new number of their own, or with duty's word for it: no change of who is in
        theirs = [known[event.person_id] for event in these if event.person_id in known]
        helpers = [person for person in theirs if person.helper_since is not None]
        by = changes.by(context, these[0])
        when = Date(at, context.line.timezone)

        def change(what: Said, by: Value = by, when: Value = when, at: datetime = at) -> Change:
            said = Said("history_row_unnumbered", {"what": what, "by": by, "when": when})
            return Change(at, frozenset({Topic.PEOPLE}), said)

        if kind in COUNTED:
            if len(these) == 1 and helpers:
                yield change(Said(NAMED[kind], {"name": _name(context, these[0], known.get)}))
            else:
                yield change(Said(COUNTED[kind], {"n": len(these)}))
            continue
        for event in these:
            yield change(Said(DONE[kind], {"name": _name(context, event, known.get)}))


def _name(context: Context, event: PersonEvent, known: Callable[[int], people.Person | None]) -> Name | Said:
    person = known(event.person_id)
    shown = context.name(person) if person is not None and person.helper_since is not None else None
    return shown or Said("somebody")


def _of_proposal(context: Context, proposal: Proposal) -> Change:
    at = proposal.closed_at or proposal.created_at
    when = Date(at, context.line.timezone)
    said = Said(
        ENDED[proposal.state],
        {"number": proposal.number, "words": Quoted(beginning(proposal.words, BRIEF)), "when": when},
    )
    return Change(at, frozenset({Topic.DECIDING}), said)
