"""Whoever is on duty writes back plainly: to the one who waits for their words, or else they are asked to whom."""

from collections.abc import Iterator
from datetime import timedelta

from handlers.safety import first_answer
from handlers.talking import relaying
from handlers.turn import DAY, Text, Turn
from handlers.understanding.intents import Answer, Free, Intent, Kind, Question
from handlers.wording.summary import Ours, Several
from models import kept_apart, people, requests
from models.delivery import outbound
from models.delivery.outbound import Lane
from models.requests import Request

ANSWERED_WITHIN = timedelta(minutes=15)  # of an alarm or a question, plain words are the answer to it
WAITS_FOR_WORDS = frozenset(
    (
        "duty_wants_person",
        "duty_wants_person_words",
        "duty_about_helper",
        "duty_question",
        "duty_wrote",
        "duty_held",
        "duty_misunderstood",
        "from_neighbor",
    )
)
ALARM = "duty_emergency"  # and all that begin so
MOST = 4  # numbers to choose from


def plainly(turn: Turn, intent: Intent) -> Iterator[Text] | None:
    """What follows from plain words of somebody on duty, if they are an answer to others; None if they are not."""
    if not turn.speaker.on_duty or not isinstance(intent, Free | Answer) or not _is_plain(turn, intent):
        return None
    told = outbound.about_lately(turn.session, turn.speaker.id, turn.now - DAY)
    fresh = [(id_, phrase) for id_, phrase, at in told if at >= turn.now - ANSWERED_WITHIN]
    if intent.meaning.emergency and not any(phrase.startswith(ALARM) for _, phrase in fresh):
        return None  # they may be in danger themselves
    waiting = _live(turn, {id_ for id_, phrase in fresh if phrase in WAITS_FOR_WORDS or phrase.startswith(ALARM)})
    in_hand = [request for _, request in turn.held]
    if waiting:
        to = list({request.id: request for request in (*waiting, *in_hand)}.values())
        return _passed_on(turn, to[0], intent) if len(to) == 1 else _to_which(turn, to)
    if in_hand or turn.own or intent.meaning.kind in (Kind.ASK, Kind.OFFER):
        return None
    asked = _live(turn, {id_ for id_, phrase, _ in told if phrase in WAITS_FOR_WORDS or phrase.startswith(ALARM)})
    others = asked or _live(turn, {id_ for id_, _, _ in told})  # nothing else says whom they mean
    return _to_which(turn, others) if others else None


def _passed_on(turn: Turn, request: Request, intent: Free | Answer) -> Iterator[Text]:
    if first_answer.at_home(request) or people.by_id(turn.session, request.person_id).silent_since is not None:
        yield from _to_which(turn, [request])  # others may read it: only what is said for whom goes there
        return
    yield from relaying.pass_on(turn, request, intent.words)
    dials = turn.line.emergency_number in intent.words  # "calling 911 for you now"
    if intent.meaning.emergency and not dials:  # "is he breathing" is about the other, most likely
        yield turn.reply("danger_of_yours", lane=Lane.EMERGENCY, dial=Ours(turn.line.emergency_number))


def _to_which(turn: Turn, to: list[Request]) -> Iterator[Text]:
    last = sorted(to, key=lambda request: request.number)[-MOST:]
    yield turn.reply("to_which", choices=Several([Ours(f"@{r.number}") for r in last], style="or"))


def _is_plain(turn: Turn, intent: Free | Answer) -> bool:
    """Whether it is no answer to a question of ours, and no need of their own with the place where it is."""
    if isinstance(intent, Answer):
        greeted = turn.asked is not None and turn.asked.question is Question.NEED and turn.asked.request_id is None
        if intent.choice is not None or not greeted:
            return False
    elif intent.act is not None or intent.almost is not None:
        return False
    own_need = intent.meaning.kind is Kind.ASK and intent.meaning.needs and intent.meaning.place
    return intent.meaning.emergency or not own_need


def _live(turn: Turn, ids: set[int]) -> list[Request]:
    found = [requests.by_id(turn.session, id_) for id_ in sorted(ids)]
    live = [r for r in found if r.live and r.person_id != turn.speaker.id]
    return [r for r in live if not kept_apart.hides(turn.session, r, turn.speaker.id)]
