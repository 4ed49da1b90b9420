"""A neighbor answers what we asked about their request: what it is, where, and for whom the next words are."""

from dataclasses import replace

from handlers import intake, needs, passing, places
from handlers.intents import Answer, Kind, Need, Understanding
from handlers.turn import Question, Texts, Turn
from models import assignments, requests
from models.requests import Request, State

FIRST, SECOND = 1, 2


def need(turn: Turn, intent: Answer) -> Texts:
    """The answer to "what do you need?": a digit, or words."""
    meaning = needs.understand(intent.words, asked=True)
    request = _draft(turn)
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
    request.people = request.people or meaning.people
    turn.session.add(request)
    if meaning.emergency:
        yield from _now_urgent(turn, request)
    else:
        yield from intake.next_step(turn, request)


def place(turn: Turn, intent: Answer) -> Texts:
    """The answer to "where?": one of the areas we listed, or words."""
    request = _draft(turn)
    if request is None:
        turn.unask(turn.speaker)
        yield turn.reply("nothing_waits")
        return
    areas = turn.areas
    meaning = needs.understand(intent.words)
    if intent.choice and intent.choice <= len(areas):
        request.area_id = areas[intent.choice - 1].id
    elif meaning.emergency:
        yield from _now_urgent(turn, request)
        return
    else:
        intake.locate(request, intent.words, meaning, areas, turn.heard.location)
        if not request.place and not meaning.exact and places.find(intent.words, areas) is None:
            # Words we cannot place may be a door: they stay between the neighbor and whoever comes.
            request.place = intent.words
    turn.session.add(request)
    turn.unask(turn.speaker)
    yield from intake.put_out(turn, request)


def whereto(turn: Turn, intent: Answer) -> Texts:
    """The answer to "1 pass it on, 2 a new request"."""
    asked = turn.asked
    turn.unask(turn.speaker)
    if asked is None or asked.request_id is None:
        yield turn.reply("nothing_waits")
        return
    request = requests.by_id(turn.session, asked.request_id)
    if intent.choice == SECOND or not request.live:
        meaning = needs.understand(asked.words)
        yield from intake.begin(turn, asked.words, _with_needs(meaning, meaning.needs))
    elif assignments.on(turn.session, request) and request.state in passing.TALKING:
        yield from passing.pass_on(turn, request, asked.words)
    else:
        requests.add_words(turn.session, request, asked.words, turn.now, by=turn.speaker.id)
        yield turn.reply("more_added", about=request)


def _draft(turn: Turn) -> Request | None:
    about = turn.asked.request_id if turn.asked else None
    request = requests.by_id(turn.session, about) if about is not None else None
    return request if request is not None and request.state is State.DRAFT else None


def _now_urgent(turn: Turn, request: Request) -> Texts:
    request.emergency = True
    request.text = f"{request.text} {turn.heard.body}".strip()
    turn.unask(turn.speaker)
    requests.move(turn.session, request, State.HELD, turn.now, kind="held", out_of=(State.DRAFT,), next_look_at=None)
    yield from intake.emergency(turn, request)


def _with_needs(meaning: Understanding, chosen: tuple[Need, ...]) -> Understanding:
    return replace(meaning, kind=Kind.ASK, needs=chosen or (Need.OTHER,))
