"""A neighbor asks whether anybody comes: whoever has it is asked, and they hear until when others are not.

Their own words do not make a claim hold longer, or nobody would ever notice that it was given up.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from handlers.helping import lease, leasing
from handlers.helping.overdue import COMING_ANSWERS, GOING_ANSWERS, when
from handlers.needs import timing
from handlers.phrasebook import Value
from handlers.repeating import standing
from handlers.talking import relaying
from handlers.turn import Text, Texts, Turn
from handlers.understanding.intents import Free, Question
from handlers.wording.summary import Quoted, Said, Soon
from models import assignments, requests
from models.assignments import Assignment
from models.assignments import State as AssignmentState
from models.delivery.outbound import Lane
from models.people import Person
from models.requests import Request, State

SOON = timedelta(minutes=30)  # in which whoever says that they are on the way has to answer


@dataclass(frozen=True)
class Pressed:
    """What the neighbor is told, and the text to whoever has it, if one goes."""

    phrase: str
    values: dict[str, Value]
    texts: tuple[Text, ...] = ()


def is_anybody_coming(turn: Turn, intent: Free) -> Texts:
    """Is he coming? Each one who has something of theirs in hand is asked."""
    if intent.beside is not None:  # they name something else, too: all of it is passed on, and asked about
        return
    claimed = [r for r in turn.own if r.state is State.CLAIMED]
    if turn.replied in claimed:
        claimed = [turn.replied]
    if not claimed or any(r.duty_person_id is not None for r in turn.own):
        if len(turn.matches) == 1:
            yield from relaying.pass_on(turn, turn.matches[0], intent.words)
        else:
            yield relaying.to_which(turn, turn.matches)
        return
    for request in claimed:
        if request.several:
            yield standing.of(turn, request)
            for pair in assignments.all_on(turn.session, request):
                pressed = press(turn, request, intent.words, of=pair)
                yield from pressed.texts if pressed else ()
            continue
        if (said := _said_lately(turn, request)) is not None:  # two people are talking
            yield from relaying.pass_on(turn, request, intent.words, told="passed_on_word", when=when(turn, said))
            continue
        pressed = press(turn, request, intent.words)
        if pressed is None:
            yield standing.of(turn, request)
        else:
            yield turn.tell(turn.speaker, pressed.phrase, about=request, lane=Lane.REPLY, then=None, **pressed.values)
            yield from pressed.texts
    for request in turn.own:
        if request.state in (State.OPEN, State.HELD):
            yield standing.of(turn, request)


def press(
    turn: Turn, request: Request, words: str, *, soon: bool = False, of: tuple[Assignment, Person] | None = None
) -> Pressed | None:
    """Ask whoever has it; `soon` lets them little time. None if nobody has it any more, or can be asked.

    Where several have it, the one that it is asked `of`.
    """
    found = of or assignments.on(turn.session, request, AssignmentState.ACTIVE)
    if found is None or found[1].opted_out_at is not None:
        return None
    held, helper = found
    named = lease.awaited(held, request, lease.heard(held))
    if named is not None and named.begins > turn.now:
        return _before(turn, request, held, helper, words)
    terms = leasing.terms(turn, request)
    values: dict[str, Value] = {"name": turn.somebody(helper), "since": _since(turn, held, helper)}
    if leasing.asked_lately(turn, held) is not None and held.leased_until is not None and held.warned_at is not None:
        return Pressed("asked_already", {**values, "when": when(turn, held.leased_until)})
    at = terms.awake(turn.now)
    until = leasing.deadline(turn, held, request, SOON if soon else None)
    asked: dict[str, Any] = {"nudged_at": at, "warned_at": at, "leased_until": until}
    if not assignments.change(turn.session, held, **asked):
        return None
    leasing.look_again(turn, held, request)
    requests.record(turn.session, request, "pressed", turn.now, by=turn.speaker.id)
    text = _question(
        turn, request, helper, words, ("they_ask", "they_ask_words"), GOING_ANSWERS, when=when(turn, until)
    )
    values["when"] = when(turn, until)
    if at > turn.now:  # it is night, and it can wait
        values["at"] = Soon(at, turn.line.timezone, turn.now)
        return Pressed("asked_in_the_morning", values, (replace(text, not_before=at),))
    return Pressed("asked_helper", values, (text,))


def may_be_coming(turn: Turn, held: Assignment, request: Request) -> bool:
    """Whether somebody may well be on their way when the neighbor says that nobody came: they are asked first.

    They said so or took it a short while ago, or it is not time yet.
    """
    named = lease.awaited(held, request, lease.heard(held))
    if named is not None:
        return named.begins > turn.now
    if turn.now - held.taken_at < SOON:
        return True
    lasts = timedelta(minutes=turn.line.policy.lease_urgent)
    return held.on_the_way_at is not None and turn.now - held.on_the_way_at < lasts and held.warned_at is None


def _said_lately(turn: Turn, request: Request) -> datetime | None:
    """When whoever has it last said a word, if that was a short time ago."""
    found = assignments.on(turn.session, request, AssignmentState.ACTIVE)
    if found is None:
        return None
    said, waits = lease.heard(found[0]), leasing.asked_lately(turn, found[0]) is not None
    again = timedelta(minutes=turn.line.policy.ask_again)
    return said if turn.now - said < again and not waits else None


def _before(turn: Turn, request: Request, held: Assignment, helper: Person, words: str) -> Pressed | None:
    """The time that was named is still to come."""
    named = lease.window(held, request)
    if named is None:
        return None
    values: dict[str, Value] = {"name": turn.somebody(helper), "when": timing.named(turn, held, request)}
    if leasing.asked_lately(turn, held) is not None:
        return Pressed("comes_then_asked", values)
    at = leasing.terms(turn, request).awake(turn.now)
    if not assignments.change(turn.session, held, reminded_at=at, warned_at=at):
        return None
    leasing.look_again(turn, held, request)
    requests.record(turn.session, request, "pressed", turn.now, by=turn.speaker.id)
    text = _question(
        turn,
        request,
        helper,
        words,
        ("they_ask_about", "they_ask_about_words"),
        COMING_ANSWERS,
        when=timing.named(turn, held, request),
    )
    return Pressed("comes_then", values, (replace(text, not_before=at if at > turn.now else None),))


def _question(
    turn: Turn, request: Request, helper: Person, words: str, phrases: tuple[str, str], options: int, **values: Value
) -> Text:
    """Their words and our question; without digits where another question of ours waits."""
    asks = turn.ask_if_free(helper, Question.GOING, request, options=options)
    phrase = phrases[0] if asks else phrases[1]
    return turn.tell(helper, phrase, about=request, lane=Lane.REPLY, words=Quoted(words), **values)


def _since(turn: Turn, held: Assignment, helper: Person) -> Said | None:
    """When they set off, if they said so."""
    if held.on_the_way_at is None:
        return None
    return Said("set_off_at", {"name": turn.somebody(helper), "when": when(turn, held.on_the_way_at)})
