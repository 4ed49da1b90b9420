"""A neighbor answers what we asked about their request: what it is, where, and for whom the next words are."""

from dataclasses import replace

from handlers.asking import waves
from handlers.needs import intake, on_behalf, timing
from handlers.repeating import recurring
from handlers.safety import alarms
from handlers.talking import relaying
from handlers.turn import Texts, Turn
from handlers.understanding import needs, placing
from handlers.understanding.intents import Answer, Kind, Need, Question, Understanding
from handlers.where import whereabouts
from handlers.wording import redaction
from handlers.wording.summary import Ours
from models import lines, requests
from models.requests import TALKING, Request, State, Urgency

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
        if not (intent.choice or chosen) and _says_nothing(turn, intent):
            turn.ask(turn.speaker, Question.NEED, again=True)  # "help me please" does not say with what
            yield turn.later(turn.reply("say_more"))
            return
        wanted = _with_needs(meaning, chosen)
        words = "" if intent.choice else intent.words
        yield from intake.begin(turn, words, wanted, at_once=intent.choice is not None)
        return
    if intent.choice:
        request.needs = [intake.OFFERED_NEEDS[intent.choice - 1]]
    else:
        if not meaning.needs and _says_nothing(turn, intent):
            turn.ask(turn.speaker, Question.NEED, request, again=True)
            yield turn.later(turn.reply("say_more"))
            return
        request.needs = [str(n) for n in meaning.needs] or [Need.OTHER]
        request.text = f"{request.text} {intent.words}".strip()[: intake.LONGEST_TEXT]
        whereabouts.locate(request, intent.words, meaning, turn.areas, turn.heard.location)
    _details(turn, request, meaning)
    turn.session.add(request)
    yield from alarms.further(turn, request)
    yield from intake.next_step(turn, request, at_once=intent.choice is not None)


def cant_wait(turn: Turn, _: Answer) -> Texts:
    """1: it cannot wait for the morning, or its turn. Urgent now, it is asked about at night too."""
    request = requests.by_id(turn.session, turn.asked.request_id) if turn.asked and turn.asked.request_id else None
    turn.unask(turn.speaker)
    if request is None or request.state is not State.OPEN or request.urgency is Urgency.URGENT:
        yield turn.reply("nothing_waits")
        return
    request.urgency = Urgency.URGENT
    requests.record(turn.session, request, "cannot_wait", turn.now, by=turn.speaker.id)
    texts = waves.ask_next(turn, request)
    phrase = (
        "asks_at_once" if request.queued_at is not None and lines.waking(turn.line).at(turn.now) else "asks_at_night"
    )
    yield turn.reply(phrase, about=request, n=waves.asked(texts), dial=Ours(turn.line.emergency_number))
    yield from texts


def place(turn: Turn, intent: Answer) -> Texts:
    """The answer to "where?": one of the areas we listed, or words."""
    request = _draft(turn)
    meaning = intent.meaning
    if request is None:
        yield from _late(turn, intent.words, meaning)
        return
    if meaning.only_when:  # when, not where
        request.urgency = meaning.urgency
        timing.note(turn, request, meaning.when)
        turn.session.add(request)
        yield from intake.next_step(turn, request)
        return
    areas = turn.areas
    _details(turn, request, meaning)
    turn.session.add(request)
    if intent.choice and intent.choice <= len(areas):
        request.area_id = areas[intent.choice - 1].id
    elif turn.heard.location:
        request.place = turn.heard.location
    elif not whereabouts.answered(turn, request, intent.words, meaning):
        if meaning.kind is not Kind.QUESTION:
            requests.add_words(turn.session, request, intent.words, turn.now, by=turn.speaker.id)
            intake.name_needs(request, meaning)
        if not _asked_twice(turn):
            unknown = placing.answers_same(intent.words)
            yield from intake.next_step(turn, request, again="ask_place_anew" if unknown else "ask_place_again")
            return
        turn.unask(turn.speaker)
        yield from intake.put_out(turn, request)  # with what is known
        return
    turn.unask(turn.speaker)
    yield from alarms.further(turn, request)
    yield from intake.next_step(turn, request, at_once=intent.choice is not None)


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
        yield from intake.begin(turn, asked.words, _with_needs(meaning, meaning.needs), at_once=True)
    elif own:  # the words joined it when they came
        yield turn.reply("more_added", about=request)
    else:
        yield from relaying.pass_on(turn, request, asked.words)


def repeat(turn: Turn, intent: Answer) -> Texts:
    """The answer to "1 the same, 2 something new": the words joined what waits when they came."""
    asked = turn.asked
    turn.unask(turn.speaker)
    request = requests.by_id(turn.session, asked.request_id) if asked and asked.request_id is not None else None
    if asked is None or request is None:
        yield turn.reply("nothing_waits")
    elif intent.choice == SECOND or not request.live:
        wanted = needs.understand(asked.words)  # an earlier text
        other = on_behalf.named(turn, asked.words)
        mine = request.person_id == turn.speaker.id and other is None
        yield from intake.begin(
            *(turn, asked.words, _with_needs(wanted, wanted.needs)),
            like=request if mine else None,
            at_once=True,
            for_name=other.name if other else "",
        )
    else:
        yield turn.reply("repeat_same", about=request)


def _says_nothing(turn: Turn, intent: Answer) -> bool:
    """Whether an answer to "what do you need?" is none, so that we ask again: a question always, "help me" once."""
    if intent.meaning.kind is Kind.QUESTION:
        return True
    return not _asked_twice(turn) and not redaction.tells(intent.words)


def _asked_twice(turn: Turn) -> bool:
    return turn.asked is not None and turn.asked.again


def _draft(turn: Turn) -> Request | None:
    about = turn.asked.request_id if turn.asked else None
    request = requests.by_id(turn.session, about) if about is not None else None
    return request if request is not None and request.state is State.DRAFT else None


def _details(turn: Turn, request: Request, meaning: Understanding) -> None:
    """For how many and how soon, if the answer says so too and nothing did before; and when."""
    request.people = request.people or meaning.people
    if meaning.helpers and request.state is State.DRAFT:
        request.helpers_wanted = intake.helpers(turn, meaning)
    request.urgency = request.urgency or meaning.urgency
    timing.learn(turn, request, meaning)
    if request.repeats is None:
        recurring.note(turn, request, meaning.repeats)


def _late(turn: Turn, words: str, meaning: Understanding) -> Texts:
    """The answer comes when the request has moved on without it: it is still worth having."""
    asked, about = turn.asked, turn.asked.request_id if turn.asked else None
    turn.unask(turn.speaker)
    request = requests.by_id(turn.session, about) if about is not None else None
    if asked is None or request is None or not request.live:
        yield turn.reply("nothing_waits")
        return
    timing.learn(turn, request, meaning)
    if asked.question is Question.PLACE and not turn.heard.location:
        whereabouts.answered(turn, request, words, meaning)
    else:
        whereabouts.locate(request, words, meaning, turn.areas, turn.heard.location)
    requests.add_words(turn.session, request, words, turn.now, by=turn.speaker.id)
    if request.state in TALKING:
        yield from relaying.pass_on(turn, request, words)
    else:
        yield turn.reply("more_added", about=request)
        yield from alarms.further(turn, request)


def _with_needs(meaning: Understanding, chosen: tuple[Need, ...]) -> Understanding:
    return replace(meaning, kind=Kind.ASK, needs=chosen or (Need.OTHER,))
