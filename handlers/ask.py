"""A neighbor answers what we asked about their request: what it is, where, and for whom the next words are."""

from dataclasses import replace

from handlers import alarms, intake, places, relaying
from handlers.turn import Texts, Turn
from handlers.understanding import needs
from handlers.understanding.intents import Answer, Kind, Need, Question, Understanding
from models import requests
from models.requests import TALKING, Request, State

FIRST, SECOND = 1, 2


def need(turn: Turn, intent: Answer) -> Texts:
    """The answer to "what do you need?": a digit, or words."""
    meaning = intent.meaning.as_answer()
    request = _draft(turn)
    if request is None and turn.asked and turn.asked.request_id is not None:
        yield from _late(turn, intent.words, meaning)
        return
    if request is None:  # HELP asked it: there is no request yet
        turn.unask(turn.speaker)
        chosen = (intake.OFFERED_NEEDS[intent.choice - 1],) if intent.choice else meaning.needs
        if chosen == (Need.OTHER,) and intent.choice:
            turn.ask(turn.speaker, Question.NEED)
            yield turn.reply("say_more")
            return
        wanted = _with_needs(meaning, chosen)
        yield from intake.begin(turn, "" if intent.choice else intent.words, wanted)
        return
    if intent.choice:
        request.needs = [intake.OFFERED_NEEDS[intent.choice - 1]]
    else:
        request.needs = [str(n) for n in meaning.needs] or [Need.OTHER]
        request.text = f"{request.text} {intent.words}".strip()[: intake.LONGEST_TEXT]
        intake.locate(request, intent.words, meaning, turn.areas, turn.heard.location)
    _details(request, meaning)
    turn.session.add(request)
    yield from alarms.further(turn, request)
    yield from intake.next_step(turn, request)


def place(turn: Turn, intent: Answer) -> Texts:
    """The answer to "where?": one of the areas we listed, or words."""
    request = _draft(turn)
    meaning = intent.meaning
    if request is None:
        yield from _late(turn, intent.words, meaning)
        return
    if meaning.only_when:  # when, not where
        request.urgency = meaning.urgency
        turn.session.add(request)
        yield from intake.next_step(turn, request)
        return
    areas = turn.areas
    if intent.choice and intent.choice <= len(areas):
        request.area_id = areas[intent.choice - 1].id
    else:
        intake.locate(request, intent.words, meaning, areas, turn.heard.location)
        if not request.place and not meaning.public and places.find(intent.words, areas) is None:
            # Words we cannot place may be a door: they stay between the neighbor and whoever comes.
            request.place = intent.words
        _details(request, meaning)
    turn.session.add(request)
    turn.unask(turn.speaker)
    yield from alarms.further(turn, request)
    yield from intake.put_out(turn, request)


def whereto(turn: Turn, intent: Answer) -> Texts:
    """The answer to "1 pass it on, 2 a new request"."""
    asked = turn.asked
    turn.unask(turn.speaker)
    if asked is None or asked.request_id is None:
        yield turn.reply("nothing_waits")
        return
    request = requests.by_id(turn.session, asked.request_id)
    own = request.person_id == turn.speaker.id
    if intent.choice == SECOND or not request.live:
        meaning = needs.understand(asked.words)  # an earlier text
        yield from intake.begin(turn, asked.words, _with_needs(meaning, meaning.needs))
    elif own:  # the words joined it when they came
        yield turn.reply("more_added", about=request)
    else:
        yield from relaying.pass_on(turn, request, asked.words)


def _draft(turn: Turn) -> Request | None:
    about = turn.asked.request_id if turn.asked else None
    request = requests.by_id(turn.session, about) if about is not None else None
    return request if request is not None and request.state is State.DRAFT else None


def _details(request: Request, meaning: Understanding) -> None:
    """For how many and how soon, if the answer says so too and nothing did before."""
    request.people = request.people or meaning.people
    request.urgency = request.urgency or meaning.urgency


def _late(turn: Turn, words: str, meaning: Understanding) -> Texts:
    """The answer comes when the request has moved on without it: it is still worth having."""
    asked, about = turn.asked, turn.asked.request_id if turn.asked else None
    turn.unask(turn.speaker)
    request = requests.by_id(turn.session, about) if about is not None else None
    if asked is None or request is None or not request.live:
        yield turn.reply("nothing_waits")
        return
    intake.locate(request, words, meaning, turn.areas, turn.heard.location)
    if asked.question is Question.PLACE and not request.place and not meaning.public:
        request.place = words
    requests.add_words(turn.session, request, words, turn.now, by=turn.speaker.id)
    if request.state in TALKING:
        yield from relaying.pass_on(turn, request, words)
    else:
        yield turn.reply("more_added", about=request)
        yield from alarms.further(turn, request)


def _with_needs(meaning: Understanding, chosen: tuple[Need, ...]) -> Understanding:
    return replace(meaning, kind=Kind.ASK, needs=chosen or (Need.OTHER,))
