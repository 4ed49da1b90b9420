"""Somebody changes or takes back a text that they wrote: a correction of what nobody has taken yet.

Whoever has it in hand is told the new words like any others. A text that is taken back takes no request with it: they
are told how to do that.
"""

from datetime import timedelta
from operator import itemgetter

from rapidfuzz import fuzz

from handlers import free
from handlers.arrivals import bursts
from handlers.needs import intake, timing
from handlers.safety import first_answer
from handlers.turn import Texts, Turn
from handlers.understanding.intents import Deleted, Edited, Free, Kind, Need, Understanding
from handlers.where import whereabouts
from handlers.wording.summary import Sight
from models import inbound, requests
from models.inbound import Inbound
from models.requests import Request, State

EDITABLE = timedelta(minutes=20)  # phones let a text be changed for a quarter of an hour, and some are late
LATELY = 12  # texts, of which one may have been changed
UNREAD = (State.DRAFT, State.OPEN, State.HELD)  # no volunteer has it


def edited(turn: Turn, intent: Edited) -> Texts:
    """New words in the place of old ones, where these are a request's that nobody has; else what they say."""
    found = _meant(turn, intent.words)
    if found is None or found[0] in turn.matches:
        yield from free.free(turn, Free(intent.words, intent.meaning))
        return
    request, old = found
    before = bursts.read(request.text)
    request.text = request.text.replace(old.strip(), intent.words, 1)[: intake.LONGEST_TEXT]
    _correct(turn, request, intent.words, before, bursts.read(request.text))
    requests.record(turn.session, request, "added", turn.now, by=turn.speaker.id, words=intent.words)
    turn.session.add(request)
    if request.state is State.DRAFT:
        yield from intake.next_step(turn, request)
    else:
        yield turn.reply("corrected", about=request, what=turn.what(request, Sight.NEAR))


def deleted(turn: Turn, _: Deleted) -> Texts:
    """A text was taken back: what they asked for stays, and they hear how to end it.

    Nothing is said to who stopped, or where another may be the one who deletes.
    """
    quiet = turn.speaker.opted_out_at is not None or turn.speaker.silent_since is not None
    if not turn.own or quiet or any(first_answer.at_home(request) for request in turn.own):
        return
    request = turn.own[-1]
    yield turn.reply("deleted_stays", about=request, what=turn.what(request, Sight.NEAR))


def _meant(turn: Turn, words: str) -> tuple[Request, str] | None:
    """The request, and the words in it that are to be read otherwise: the text they name, else the most alike."""
    unread = [request for request in turn.own if request.state in UNREAD]
    texts = inbound.lately(turn.session, turn.speaker.id, LATELY) if unread else []
    found = [
        (101.0 if text.sid == turn.heard.replied_to else fuzz.ratio(text.body, words), request, text.body)
        for text in texts
        if _may_be_changed(turn, text)
        for request in unread
        if text.body.strip() in request.text
    ]
    _, request, old = max(found, key=itemgetter(0), default=(0.0, None, ""))
    return (request, old) if request else None


def _may_be_changed(turn: Turn, text: Inbound) -> bool:
    return text.sid != turn.heard.id and bool(text.body.strip()) and turn.now - text.received_at <= EDITABLE


def _correct(turn: Turn, request: Request, words: str, before: Understanding, now: Understanding) -> None:
    """What the words say now, in the place of what they said; what they never said stays."""
    said_before, said = _named(before), _named(now)
    if said and said != said_before:
        chosen = [need for need in request.needs if need not in said_before]
        request.needs = list(dict.fromkeys([*chosen, *said]))
    if now.people != before.people:
        request.people = now.people
        if now.helpers and request.state is State.DRAFT:
            request.helpers_wanted = intake.helpers(turn, now)
    request.urgency = now.urgency or request.urgency
    if now.place and now.place != before.place:
        request.place = request.vicinity = None
        whereabouts.locate(request, words, now, turn.areas)
    if now.when is not None:
        timing.note(turn, request, now.when)
    if request.in_line and request.presses:
        requests.schedule(turn.session, request, turn.now)


def _named(meaning: Understanding) -> list[str]:
    named = meaning.needs if meaning.kind is Kind.ASK else meaning.needs_if_asked
    return [str(need) for need in named if need is not Need.OTHER]
