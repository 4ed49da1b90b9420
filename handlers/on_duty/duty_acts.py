"""What somebody on duty does is seen: who takes the watch, and what they do about others' requests."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from handlers.turn import Texts, Turn
from handlers.wording.summary import Said, Several
from models import kept_apart, people, person_events, requests, watch
from models.people import Person
from models.requests import Request

LATELY = timedelta(days=60)  # who was on duty since then still does duty
TOGETHER = timedelta(minutes=10)  # what is done within is told in one text
AGAIN = timedelta(hours=1)  # after which it is told anew that the same person is on duty
BEGINS = "duty_on"
SAYS = {
    "duty_close": "act_close",
    "duty_assign": "act_assign",
    "duty_open": "act_open",
    "duty_merge": "act_merge",
}
MOST_NAMED = 12  # acts in one text


def others(turn: Turn) -> list[Person]:
    """Who is on duty beside the speaker; where nobody is, a few who do duty."""
    on = [person for person in people.on_duty(turn.session, turn.line.id) if person.id != turn.speaker.id]
    return on or a_few(turn)


def a_few(turn: Turn) -> list[Person]:
    """Some who do duty and are not on now, those who were last first."""
    most = turn.line.policy.duty_begins_told
    found = watch.do_duty(turn.session, turn.line.id, since=turn.now - LATELY, most=most + 1) if most else []
    return [person for person in found if person.id != turn.speaker.id][:most]


def begins(turn: Turn) -> Texts:
    """Somebody takes the watch by a text: a stolen phone could, so others hear of it."""
    speaker = turn.speaker
    told_lately = person_events.happened(turn.session, speaker.id, [BEGINS], turn.now - AGAIN)
    person_events.record(turn.session, turn.line.id, speaker.id, BEGINS, turn.now, by=speaker.id)
    if told_lately:
        return
    for person in others(turn):
        yield turn.tell(person, "duty_begins", name=turn.numbered(speaker), who=speaker.id)


def told(turn: Turn, request: Request, act: str) -> Texts:
    """What they did about somebody else's request: to the others on duty, in one text with what they do right after.

    Where nobody else is on duty, an end is told to a few who do duty.
    """
    if request.person_id == turn.speaker.id:
        return
    speaker, kind = turn.speaker, f"duty_{act}"
    person_events.record(turn.session, turn.line.id, speaker.id, kind, turn.now, by=speaker.id, request_id=request.id)
    on = turn.on_duty(request, but=speaker.id)
    to = on or (a_few(turn) if act == "close" else [])
    since = _began(turn.now)
    for person in to:
        rows = Several([*_rows(turn, since, person, ends_only=not on)])
        if kept_apart.hides(turn.session, request, person.id):
            continue
        text = turn.tell(person, "duty_acts", name=turn.numbered(speaker), acts=rows)
        name = f"acts-{speaker.id}-{since:%m%dT%H%M}-{person.id}"
        yield replace(text, not_before=since + TOGETHER, merged=name, fresh=len(rows.things) == 1)


def _began(now: datetime) -> datetime:
    """When the ten minutes began whose acts are told together."""
    return now - (now - now.replace(minute=0, second=0, microsecond=0)) % TOGETHER


def _rows(turn: Turn, since: datetime, to: Person, *, ends_only: bool) -> Iterator[Said]:
    kinds = ["duty_close"] if ends_only else [*SAYS]
    done: dict[str, None] = {}
    for event in person_events.done_by(turn.session, turn.speaker.id, kinds, since):
        request = requests.by_id(turn.session, event.request_id) if event.request_id is not None else None
        if request is not None and not kept_apart.hides(turn.session, request, to.id):
            done[f"{event.kind} {request.number}"] = None
    for act in list(done)[-MOST_NAMED:]:
        kind, _, number = act.partition(" ")
        yield Said(SAYS[kind], {"number": int(number)})
