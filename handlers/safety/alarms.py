"""Alarms: whoever is on duty hears that somebody may be in danger, in one segment each, and not without end.

The first of a danger go one by one. Of somebody who goes on texting, duty then hears once a minute, with what they
said in it: a phone that sends a hundred texts must not drown the alarm of another. Until somebody answers, time says
it again (handlers/safety/vigil.py).
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from handlers.arrivals import arriving
from handlers.phrasebook import Value
from handlers.safety import watch
from handlers.turn import Context, Text, Turn
from handlers.understanding.intents import DangerKind
from handlers.understanding.needs import understand
from handlers.where import places
from handlers.wording.summary import Quoted, Said, brief
from models import alarms, dangers, imports, inbound, kept_apart, people, requests
from models.alarms import Alarm
from models.delivery.outbound import Lane
from models.people import Person
from models.requests import Request

FIRST_SAID = "duty_emergency"
AGAIN = "duty_emergency_again"
STILL = "duty_emergency_still"  # nobody has answered it
LAPSED = "duty_emergency_lapsed"  # somebody took it, and nothing came of it
AT_HOME = "duty_emergency_at_home"  # others may read what is written back
SILENT = "duty_emergency_silent"  # nothing may be written back
PERSON = "duty_emergency_person"  # it is for a person, not for those who are called by that number
URGENT = "duty_emergency_urgent"  # volunteers are asked, too
LISTED = "duty_emergency_listed"  # a list of the group's told of it: nobody has written to them
SHORT = dict.fromkeys(
    (FIRST_SAID, LISTED), "duty_emergency_cut"
)  # all others are said as they are, with their words cut
FIRST = 5  # alarms of one person that go one by one
LASTS = timedelta(hours=1)  # a danger; after it, another may begin
MINUTE = timedelta(minutes=1)
MERGED = 100  # texts that one alarm tells of
LONGEST_WORDS = 1600  # characters; a segment holds 160
LONGEST_PLACE = 40  # characters
LATIN = "\u024f"  # the last of these letters; of others a segment holds 70
LONGEST_FOREIGN_PLACE = 12
BEFORE = timedelta(minutes=30)  # in which they may have said where they are, before they said what it is
TEXTS_BEFORE = 6


def alarm(turn: Turn, request: Request, kind: str, *, silent: bool = False) -> list[Text]:
    """Tell everybody on duty that this neighbor may be in danger. They see the words: seconds count."""
    who, words = turn.speaker.id, arriving.said(turn)
    _place_before(turn, request)
    up = alarms.raise_(
        turn.session, request, kind, words, turn.now, turn.now + _first_repeat(turn), by=turn.speaker.id
    )
    said, merged = _before(turn, request)
    if len(said) < FIRST or _minute_of_last(said, merged) <= turn.now - MINUTE:
        dangers.record(turn.session, request, dangers.ALARM, turn.now, by=who)
        phrase = SILENT if silent else _first_phrase(turn, up)
        told = [*texts(turn, request, phrase, but=who, words=words)]
        if watch.awake(turn, request, but=who):
            return told
        called = watch.call_for(turn, up)
        found = bool(called or told or watch.called_just_now(turn))
        return [*told, *called, *([] if found else last_resort(turn, up, request, phrase))]
    dangers.record(turn.session, request, dangers.MERGED, turn.now, by=who, words=words)
    leaves = _leaves(turn.now, said[0])
    same = [said_ for at, said_ in merged if at >= said[0] and _leaves(at, said[0]) == leaves]
    joined = " / ".join([words, *same])[:LONGEST_WORDS]
    name = f"alarm-{who}-{leaves.timestamp():.6f}"
    return [
        replace(text, not_before=leaves, merged=f"{name}-{text.to.id}")
        for text in texts(turn, request, AGAIN, but=who, words=joined, n=1 + len(same))
    ]


def reached_duty(texts: list[Text]) -> bool:
    """Whether these texts go to somebody on duty: else whoever is in danger must not wait for us."""
    return any(text.phrase.startswith(FIRST_SAID) for text in texts)


def is_up(turn: Turn, request: Request) -> bool:
    """Whether there is an alarm about this request already that has not ended."""
    known = alarms.of(turn.session, request)
    return known is not None and known.ended_at is None


def phrase_of(context: Context, alarm: Alarm, usual: str) -> str:
    """How duty is told of it: whatever the moment, that others may read what is written back, or that nothing is."""
    if people.by_id(context.session, alarm.person_id).silent_since is not None:
        return SILENT
    return AT_HOME if alarm.kind == DangerKind.VIOLENCE_AT_HOME else usual


def _first_phrase(context: Context, alarm: Alarm) -> str:
    if imports.from_list(context.session, alarm.request_id):
        return phrase_of(context, alarm, LISTED)
    return phrase_of(
        context,
        alarm,
        {DangerKind.RAID: PERSON, DangerKind.URGENT_CARE: URGENT}.get(DangerKind(alarm.kind), FIRST_SAID),
    )


def read_to(context: Context, alarm: Alarm, request: Request, person: Person) -> list[Text]:
    """The alarm, for somebody who has just taken the watch."""
    return [*texts(context, request, _first_phrase(context, alarm), words=alarm.said, to=[person])]


def further(turn: Turn, request: Request) -> list[Text]:
    """What somebody in danger says after it: those on duty hear it, and the alarm keeps the last of it.

    Only where it is not carried to anybody else; the place is among it.
    """
    if not request.danger or (alarm := alarms.of(turn.session, request)) is None or alarm.ended_at is not None:
        return []
    words = turn.heard.body or turn.heard.location or ""
    if alarm.said == " ".join(words.split()):
        return []  # they have just heard it as an alarm
    alarms.add_words(turn.session, alarm, words)
    told = turn.tell_duty("duty_wrote", about=request, but=turn.speaker.id, words=brief(words))
    return [replace(text, lane=Lane.SAFETY) for text in told]


def asks_for_silence(turn: Turn, request: Request) -> list[Text]:
    """Those on duty must know at once that nothing may be written back."""
    if up := alarms.of(turn.session, request):
        alarms.add_words(turn.session, up, turn.heard.body)
    return [*texts(turn, request, SILENT, but=turn.speaker.id, words=turn.heard.body)]


def last_resort(context: Context, alarm: Alarm, request: Request, phrase: str, n: int | None = None) -> list[Text]:
    """The alarm, to those on duty from whom they are kept apart: nobody else can be found, and a life goes first.

    But never of violence at home.
    """
    if DangerKind.VIOLENCE_AT_HOME in {request.danger, alarm.kind}:
        return []
    apart = [
        person
        for person in watch.awake(context, but=alarm.person_id)
        if kept_apart.hides(context.session, request, person.id)
    ]
    for person in apart:
        requests.record(context.session, request, kept_apart.EVEN_SO, context.now, words=str(person.id))
    return [*texts(context, request, phrase, words=alarm.said, to=apart, n=n)]


def for_whom(context: Context, person: Person) -> list[Alarm]:
    """The alarms that nobody has answered, as far as somebody on duty may hear of them."""
    return [
        alarm
        for alarm in alarms.unheard(context.session, context.line.id)
        if not kept_apart.hides(context.session, requests.by_id(context.session, alarm.request_id), person.id)
    ]


def _first_repeat(context: Context) -> timedelta:
    return timedelta(minutes=context.line.policy.alarm_repeats[0])


def _place_before(turn: Turn, request: Request) -> None:
    """They may have said where they are before they said what it is."""
    if request.place or request.vicinity or request.area_id or request.person_id != turn.speaker.id:
        return
    for words in inbound.words_since(turn.session, turn.speaker.id, turn.now - BEFORE, TEXTS_BEFORE):
        meaning = understand(words)
        area = places.find(meaning.place or words, turn.areas)
        if meaning.place or area is not None:
            request.place = meaning.place if meaning.exact else None
            request.vicinity = None if meaning.exact else (meaning.place or "")[:LONGEST_PLACE] or None
            request.area_id = area.id if area else None
            turn.session.add(request)
            return


def most_in(span: timedelta) -> int:
    """How many alarms one person can raise in so long, to each who is on duty."""
    return (span // LASTS) * FIRST + span // MINUTE


def _before(turn: Turn, request: Request) -> tuple[list[datetime], list[tuple[datetime, str]]]:
    """The last alarms of this danger, the latest first; and if they were many, what was merged since."""
    if turn.session.is_new(turn.speaker):
        return [], []
    who = turn.speaker.id
    said = dangers.lately(turn.session, request, dangers.ALARM, turn.now - LASTS, FIRST, by=who)
    times = [at for at, _ in said]
    if len(times) < FIRST:
        return times, []
    return times, dangers.lately(turn.session, request, dangers.MERGED, turn.now - 2 * MINUTE, MERGED, by=who)


def _leaves(said_at: datetime, alarm: datetime) -> datetime:
    """When the alarm leaves that takes in what was said then: whole minutes after the last that went by itself."""
    return alarm + ((said_at - alarm) // MINUTE + 1) * MINUTE


def _minute_of_last(times: list[datetime], merged: list[tuple[datetime, str]]) -> datetime:
    """When duty heard of it last, or will."""
    return max([times[0], *(_leaves(at, times[0]) for at, _ in merged if at >= times[0])])


def texts(
    context: Context,
    request: Request,
    phrase: str,
    *,
    words: str,
    but: int | None = None,
    to: list[Person] | None = None,
    **values: Value,
) -> Iterator[Text]:
    """The alarm in one segment, to everybody on duty or to these."""
    place = request.place or request.vicinity or _area(context, request)
    foreign = any(c > LATIN and c.isalpha() for c in f"{place}{words}")
    place = place[: LONGEST_FOREIGN_PLACE if foreign else LONGEST_PLACE].strip()
    where = Said("duty_where", {"place": Quoted(place)}) if place else None
    for person in context.on_duty(request) if to is None else to:
        if person.id != but:
            text = context.tell(
                person, phrase, about=request, lane=Lane.SAFETY, where=where, words=Quoted(words), **values
            )
            yield replace(text, short=SHORT.get(phrase, phrase))


def _area(context: Context, request: Request) -> str:
    return next((area.name for area in context.areas if area.id == request.area_id), "")
