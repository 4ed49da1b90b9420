"""Alarms: whoever is on duty hears that somebody may be in danger, in one segment each, and not without end.

The first of a danger go one by one. Of somebody who goes on texting, duty then hears once a minute, with what they
said in it: a phone that sends a hundred texts must not drown the alarm of another.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from handlers.phrasebook import Value
from handlers.summary import Quoted, Said
from handlers.turn import Context, Text, Turn
from models import dangers
from models.delivery.outbound import Lane
from models.requests import Request

AGAIN = "duty_emergency_again"
FIRST = 5  # alarms of one person that go one by one
LASTS = timedelta(hours=1)  # a danger; after it, another may begin
MINUTE = timedelta(minutes=1)
MERGED = 100  # texts that one alarm tells of
LONGEST_WORDS = 1600  # characters; a segment holds 160
LONGEST_PLACE = 40  # characters
LATIN = "\u024f"  # the last of these letters; of others a segment holds 70
LONGEST_FOREIGN_PLACE = 12


def alarm(turn: Turn, request: Request) -> list[Text]:
    """Tell everybody on duty that this neighbor may be in danger. They see the words: seconds count."""
    who, words = turn.speaker.id, turn.heard.body
    alarms, merged = _before(turn, request)
    if len(alarms) < FIRST or _minute_of_last(alarms, merged) <= turn.now - MINUTE:
        dangers.record(turn.session, request, dangers.ALARM, turn.now, by=who)
        return [*_texts(turn, request, "duty_emergency", "duty_emergency_cut", but=who, words=words)]
    dangers.record(turn.session, request, dangers.MERGED, turn.now, by=who, words=words)
    leaves = _leaves(turn.now, alarms[0])
    same = [said for at, said in merged if at >= alarms[0] and _leaves(at, alarms[0]) == leaves]
    said = " / ".join([words, *same])[:LONGEST_WORDS]
    name = f"alarm-{who}-{leaves.timestamp():.6f}"
    return [
        replace(text, not_before=leaves, merged=f"{name}-{text.to.id}")
        for text in _texts(turn, request, AGAIN, AGAIN, but=who, words=said, n=1 + len(same))
    ]


def most_in(span: timedelta) -> int:
    """How many alarms one person can raise in so long, to each who is on duty."""
    return (span // LASTS) * FIRST + span // MINUTE


def late(context: Context, request: Request) -> list[Text]:
    """Nobody was on duty when it was said: tell whoever is now."""
    words = " / ".join(request.text.splitlines())
    return [*_texts(context, request, "duty_emergency", "duty_emergency_cut", words=words)]


def _before(turn: Turn, request: Request) -> tuple[list[datetime], list[tuple[datetime, str]]]:
    """The last alarms of this danger, the latest first; and if they were many, what was merged since."""
    if turn.session.is_new(turn.speaker):
        return [], []
    who = turn.speaker.id
    said = dangers.lately(turn.session, request, dangers.ALARM, turn.now - LASTS, FIRST, by=who)
    alarms = [at for at, _ in said]
    if len(alarms) < FIRST:
        return alarms, []
    return alarms, dangers.lately(turn.session, request, dangers.MERGED, turn.now - 2 * MINUTE, MERGED, by=who)


def _leaves(said_at: datetime, alarm: datetime) -> datetime:
    """When the alarm leaves that takes in what was said then: whole minutes after the last that went by itself."""
    return alarm + ((said_at - alarm) // MINUTE + 1) * MINUTE


def _minute_of_last(alarms: list[datetime], merged: list[tuple[datetime, str]]) -> datetime:
    """When duty heard of it last, or will."""
    return max([alarms[0], *(_leaves(at, alarms[0]) for at, _ in merged if at >= alarms[0])])


def _texts(
    context: Context,
    request: Request,
    phrase: str,
    short: str,
    *,
    words: str,
    but: int | None = None,
    **values: Value,
) -> Iterator[Text]:
    place = request.place or request.vicinity or ""
    foreign = any(c > LATIN and c.isalpha() for c in f"{place}{words}")
    place = place[: LONGEST_FOREIGN_PLACE if foreign else LONGEST_PLACE].strip()
    where = Said("duty_where", {"place": Quoted(place)}) if place else None
    for text in context.tell_duty(phrase, about=request, but=but, where=where, words=Quoted(words), **values):
        yield replace(text, lane=Lane.SAFETY, short=short)
