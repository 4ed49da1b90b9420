"""Whoever is on duty answers an alarm plainly: their next words go there, if only one can be meant."""

from datetime import timedelta

from handlers import first_answer, relaying
from handlers.summary import Ours, Several
from handlers.turn import Texts, Turn
from handlers.understanding import asides
from handlers.understanding.intents import Free, Kind
from models import alarms, people, requests
from models.requests import Request

SOON = timedelta(minutes=15)  # after an alarm, in which plain words are an answer to it


def alarms_meant(turn: Turn, intent: Free) -> list[Request]:
    """The alarms that somebody on duty may be answering; none where they speak of a need or danger of their own."""
    meaning = intent.meaning
    for_others = asides.only_help(intent.words) if meaning.danger else meaning.kind is not Kind.ASK
    if not for_others or turn.matches:
        return []
    up = alarms.lately(turn.session, turn.line.id, turn.now - SOON)
    return [requests.by_id(turn.session, alarm.request_id) for alarm in up if alarm.person_id != turn.speaker.id]


def to_alarm(turn: Turn, meant: list[Request], words: str) -> Texts:
    """To the one that is meant; never where others may read it, unless it is said for whom."""
    (request, *others) = meant
    neighbor = people.by_id(turn.session, request.person_id)
    if others or neighbor.silent_since is not None or first_answer.at_home(request):
        yield turn.reply("to_alarm", choices=Several([Ours(f"@{r.number}") for r in meant], style="or"))
    else:
        yield from relaying.pass_on(turn, request, words)
