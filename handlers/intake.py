"""From a neighbor's words to a request that volunteers can be asked about, with as few questions as possible."""

from collections.abc import Sequence
from datetime import timedelta

from handlers import alarms, allowance, brake, phrasebook, places, waves
from handlers.brake import Hold
from handlers.summary import Ours
from handlers.turn import Context, Texts, Turn
from handlers.understanding.intents import DangerKind, Need, Question, Understanding
from models import people, requests
from models.delivery.outbound import Lane
from models.lines import Area
from models.requests import Request, State, Urgency

OFFERED_NEEDS = (Need.FOOD, Need.MEDICINE, Need.TRANSPORT, Need.OTHER)  # the numbered answers to "what do you need?"
OFFERED_AREAS = 6  # more would not fit on a small screen
LONGEST_TEXT = 1600
GOT_IT = {Hold.SURGE: "got_it_surge", Hold.CEILING: "got_it_ceiling"}  # but nobody is asked yet
LONGEST_VICINITY = 40  # characters; it goes out in every offer


def begin(turn: Turn, words: str, meaning: Understanding, *, like: Request | None = None) -> Texts:
    """Take down what a neighbor needs and ask volunteers, or ask the neighbor for what is missing.

    Where they name no place, it is the one of a request of theirs that is `like` this one.
    """
    if not meaning.emergency and (kept := allowance.joins(turn)):
        speak(turn, meaning)
        yield from allowance.join(turn, kept, words)
        return
    areas = turn.areas
    language = speak(turn, meaning)
    too_many = not meaning.emergency and allowance.used_up(turn)
    request = requests.create(
        turn.session,
        turn.line,
        person_id=turn.speaker.id,
        state=State.HELD if meaning.emergency or too_many else State.DRAFT,
        now=turn.now,
        text=words[:LONGEST_TEXT],
        needs=[str(n) for n in meaning.needs],
        people=meaning.people,
        urgency=Urgency.URGENT if meaning.emergency else meaning.urgency,
        emergency=meaning.emergency,
        language=language,
        code_word=code_word(language),
    )
    locate(request, words, meaning, areas, turn.heard.location)
    if like is not None and not (request.place or request.area_id or request.vicinity):
        request.place, request.area_id, request.vicinity = like.place, like.area_id, like.vicinity
    turn.session.add(request)
    if meaning.danger is DangerKind.URGENT_CARE:  # within hours: neighbors are asked at once all the same
        yield turn.reply("urgent_care", lane=Lane.EMERGENCY, dial=Ours(turn.line.emergency_number))
        yield from alarms.alarm(turn, request)
    if meaning.emergency:
        yield from emergency(turn, request)
    elif too_many:
        yield from allowance.hold(turn, request)
    else:
        yield from next_step(turn, request)


def speak(turn: Turn, meaning: Understanding) -> str:
    """The language to answer in from now on: what the words are written in, where they tell."""
    if meaning.language in phrasebook.languages() and meaning.language != turn.speaker.language:
        turn.speaker.language = meaning.language
        turn.session.add(turn.speaker)
    return turn.speaker.speaks(turn.line)


def locate(
    request: Request, words: str, meaning: Understanding, areas: Sequence[Area], shared: str | None = None
) -> None:
    """Note where it is: the area may be told to anybody, the door only to whoever comes."""
    area = places.find(meaning.place or words, areas) or places.find(words, areas)
    if area is not None:
        request.area_id = area.id
    if shared:
        request.place = shared
    elif meaning.place and meaning.public:
        request.vicinity = meaning.place[:LONGEST_VICINITY]
    elif meaning.place:
        request.place = meaning.place


def next_step(turn: Turn, request: Request) -> Texts:
    """Ask for what is still missing, one thing at a time; when nothing is, ask volunteers."""
    deadline = turn.now + waiting(turn)
    if not request.needs:
        requests.schedule(turn.session, request, deadline)
        turn.ask(turn.speaker, Question.NEED, request, options=len(OFFERED_NEEDS))
        yield turn.reply("ask_need", about=request)
    elif not (request.place or request.area_id or request.vicinity):
        requests.schedule(turn.session, request, deadline)
        areas = turn.areas
        if 1 < len(areas) <= OFFERED_AREAS:
            turn.ask(turn.speaker, Question.PLACE, request, options=len(areas))
            yield turn.reply("ask_place_of", about=request, areas=numbered([a.name for a in areas]))
        else:
            turn.ask(turn.speaker, Question.PLACE, request)
            yield turn.reply("ask_place", about=request)
    else:
        turn.unask(turn.speaker)
        yield from put_out(turn, request)


def waiting(context: Context) -> timedelta:
    """How long we wait for an answer before volunteers are asked with what we know."""
    return timedelta(minutes=context.line.policy.draft_waits)


def numbered(names: Sequence[str]) -> Ours:
    """`1 Oak, 2 Pine`: names that the group gave."""
    return Ours(", ".join(f"{n} {name}" for n, name in enumerate(names, 1)))


def put_out(context: Context, request: Request) -> Texts:
    """Ask volunteers and tell the neighbor so, honestly."""
    if not request.needs:
        request.needs = [Need.OTHER]
    held, to_duty = brake.first_wave(context, request)
    texts = waves.open_up(context, request, "opened", (State.DRAFT,), by=request.person_id, held=held)
    what = context.what(request, door=True)
    neighbor = people.by_id(context.session, request.person_id)
    count = waves.asked(texts)
    phrase = GOT_IT[held.why] if held else "got_it" if count else "got_it_nobody"
    dial = Ours(context.line.emergency_number)
    yield context.tell(neighbor, phrase, about=request, lane=Lane.REPLY, what=what, n=count, dial=dial)
    yield from texts
    yield from to_duty


def emergency(turn: Turn, request: Request) -> Texts:
    """Say the number to call, tell duty, and keep the request where a person must look at it."""
    dial = Ours(turn.line.emergency_number)
    alarmed = alarms.alarm(turn, request)
    if not alarmed and request.state is State.HELD:
        wait_for_duty(turn, request)
    yield turn.reply("emergency" if alarmed else "emergency_alone", about=request, lane=Lane.EMERGENCY, dial=dial)
    yield from alarmed


def wait_for_duty(context: Context, request: Request) -> None:
    """Nobody was on duty to hear of it: try again, until somebody is."""
    retry = timedelta(minutes=context.line.policy.duty_retry)
    requests.schedule(context.session, request, context.now + retry)


def code_word(language: str) -> str:
    """A word for the two to know each other by at the door."""
    return requests.pick_code_word(phrasebook.book(language).pages["code_words"])


def draft_of(turn: Turn) -> Request | None:
    """The speaker's request that waits for an answer to a question of ours."""
    return next((r for r in reversed(turn.own) if r.state is State.DRAFT), None)


def to_talk_about(turn: Turn) -> Request:
    """The speaker's latest request, or one made to carry a talk with whoever is on duty."""
    return turn.own[-1] if turn.own else held_to_talk(turn)


def held_to_talk(turn: Turn) -> Request:
    """A request that carries a talk with whoever is on duty."""
    language = turn.speaker.speaks(turn.line)
    return requests.create(
        turn.session,
        turn.line,
        person_id=turn.speaker.id,
        state=State.HELD,
        now=turn.now,
        needs=[Need.OTHER],
        language=language,
        code_word=code_word(language),
    )
