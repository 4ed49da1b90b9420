"""From a neighbor's words to a request that volunteers can be asked about, with as few questions as possible."""

from collections.abc import Sequence
from datetime import timedelta

from handlers import phrasebook
from handlers.asking import admission, brake, unmet, waves
from handlers.asking.brake import Hold
from handlers.goods import pledging, stocking
from handlers.needs import allowance, interpreting, timing
from handlers.on_duty import duty_tasks
from handlers.pauses import ended, pause
from handlers.repeating import recurring
from handlers.safety import alarms, first_answer
from handlers.talking import pictures
from handlers.turn import Context, Texts, Turn
from handlers.understanding import placing
from handlers.understanding.danger import FIRST
from handlers.understanding.intents import DangerKind, Need, Question, Understanding
from handlers.understanding.parts import together
from handlers.where import same_door, whereabouts
from handlers.wording import redaction, summary, takes
from handlers.wording.summary import Ours, Sight, brief
from models import people, requests
from models.delivery.outbound import Lane
from models.requests import Request, State, Urgency

OFFERED_NEEDS = (Need.FOOD, Need.MEDICINE, Need.TRANSPORT, Need.OTHER)  # the numbered answers to "what do you need?"
LATELY = timedelta(days=1)  # what was asked for since then is most likely for the same place
OFFERED_AREAS = 6  # more would not fit on a small screen
LONGEST_TEXT = 1600
GOT_IT = {
    Hold.QUEUE: "got_it_queue",
    Hold.SURGE: "got_it_surge",
    Hold.CEILING: "got_it_ceiling",
    Hold.NIGHT: "got_it_night",
    Hold.PAUSE: "got_it_paused",
}  # but nobody is asked yet


def begin(
    turn: Turn,
    words: str,
    meaning: Understanding,
    *,
    like: Request | None = None,
    at_once: bool = False,
    again: Sequence[int] | None = None,
    for_name: str = "",
) -> Texts:
    """Take down what a neighbor needs and ask volunteers, or ask the neighbor for what is missing.

    Where they name no place, it is the one of a request of theirs that is `like` this one. With `again` it is the
    same once more, and these are asked first.
    """
    if meaning.danger is None and turn.line.takes_nothing_new(turn.now):
        speak(turn, meaning)
        yield ended.nothing_new(turn, meaning.needs)
        return
    if not meaning.emergency and (kept := allowance.joins(turn)):
        speak(turn, meaning)
        yield from allowance.join(turn, kept, words)
        return
    language = speak(turn, meaning)
    needs = meaning.needs or ((Need.OTHER,) if redaction.names_unknown(words) else ())
    too_many = not meaning.emergency and allowance.used_up(turn)
    request = requests.create(
        turn.session,
        turn.line,
        person_id=turn.speaker.id,
        state=State.HELD if meaning.emergency or too_many else State.DRAFT,
        now=turn.now,
        text=words[:LONGEST_TEXT],
        for_name=for_name or None,
        needs=[str(n) for n in needs],
        people=meaning.people,
        helpers_wanted=helpers(turn, meaning),
        urgency=Urgency.URGENT if meaning.emergency else meaning.urgency,
        emergency=meaning.emergency,
        danger=meaning.danger,
        language=language,
        code_word=code_word(language),
        ask_first=list(again or ()),
    )
    if again is None and not (placing.says_same(words) and whereabouts.recall(turn, request)):
        whereabouts.locate(request, words, meaning, turn.areas, turn.heard.location)
    timing.note(turn, request, meaning.when)
    recurring.note(turn, request, meaning.repeats)
    if like is not None and not whereabouts.known(request):
        request.place, request.area_id, request.vicinity = like.place, like.area_id, like.vicinity
    turn.session.add(request)
    pictures.keep(turn, request, turn.asked.media if turn.asked else ())
    if meaning.danger is not None:  # urgent care goes out to neighbors all the same
        yield from emergency(turn, request, meaning.danger)
    if meaning.emergency:
        return
    if (meaning.helpers or 0) > request.helpers_wanted:
        wanted, many = request.helpers_wanted, brief(words)
        yield from turn.tell_duty("duty_many_hands", about=request, n=meaning.helpers, wanted=wanted, words=many)
    if too_many:
        yield from allowance.hold(turn, request)
    else:
        yield from next_step(turn, request, at_once=at_once or meaning.danger is not None)


def helpers(context: Context, meaning: Understanding) -> int:
    """How many are wanted to help, as far as the line asks so many to one task."""
    return min(meaning.helpers or 1, context.line.policy.helpers_most)


def held_for(turn: Turn, words: str, meaning: Understanding, kind: DangerKind) -> Request:
    """A request that only duty sees, about danger of this kind: one of theirs that nobody was asked about, or new."""
    found = next((r for r in reversed(turn.own) if r.state in (State.DRAFT, State.HELD)), None)
    if found is None:
        language = speak(turn, meaning)
        found = requests.create(
            turn.session,
            turn.line,
            person_id=turn.speaker.id,
            state=State.HELD,
            now=turn.now,
            text=words[:LONGEST_TEXT],
            needs=[str(n) for n in meaning.needs] or [Need.SAFETY],
            urgency=Urgency.URGENT,
            language=language,
            code_word=code_word(language),
        )
    else:
        requests.add_words(turn.session, found, words, turn.now, by=turn.speaker.id)
        requests.hold(turn.session, found, turn.now)
    whereabouts.locate(found, words, meaning, turn.areas, turn.heard.location)
    found.emergency, found.danger = True, graver(found.danger, kind)
    turn.session.add(found)
    return found


def graver(known: str | None, told: DangerKind) -> DangerKind:
    """Of two kinds of danger the one that decides what we may answer, and to whom."""
    kinds = [told, DangerKind(known)] if known else [told]
    return min(kinds, key=FIRST.index)


def speak(turn: Turn, meaning: Understanding) -> str:
    """The language to answer in from now on: what the words are written in, where they tell."""
    known = meaning.language in phrasebook.languages() or meaning.language in phrasebook.unspoken()
    if known and meaning.language != turn.speaker.language:
        turn.speaker.language = meaning.language
        turn.session.add(turn.speaker)
    return turn.speaker.speaks(turn.line)


def next_step(turn: Turn, request: Request, *, again: str = "", at_once: bool = False) -> Texts:
    """Ask for what is still missing, or ask volunteers: once the neighbor has said all, or `at_once`.

    Where they are is asked a second time by the phrase `again`, for the answer to the first was none.
    """
    if is_gathering(turn, request):
        requests.postpone(turn.session, request, turn.answered_at)  # they go on
        return
    if again:
        requests.schedule(turn.session, request, turn.now + waiting(turn))
        turn.ask(turn.speaker, Question.PLACE, request, again=True)
        yield turn.later(turn.reply(again, about=request))
    elif turn.pause and not at_once:
        if turn.asked is not None and turn.asked.request_id in (None, request.id):
            turn.unask(turn.speaker)
        requests.schedule(turn.session, request, turn.answered_at)
    else:
        yield from answer(turn, request)


def is_gathering(context: Context, request: Request) -> bool:
    """Whether what a neighbor has said of a draft is not answered yet, for they may go on."""
    due = request.next_action_at
    if not context.pause or request.state is not State.DRAFT or due is None or due - context.now > context.pause:
        return False
    asked = context.asked_of(people.by_id(context.session, request.person_id))
    return asked is None or asked.request_id != request.id


def answer(context: Context, request: Request) -> Texts:
    """Ask for what is still missing, one thing at a time; when nothing is, ask volunteers."""
    neighbor = people.by_id(context.session, request.person_id)
    deadline = context.now + waiting(context)
    request.text = together(request.text.split("\n"), "\n")
    if lacks(request) and interpreting.needed(request):
        yield from interpreting.hold(context, request, request.text)
    elif not request.needs:
        requests.schedule(context.session, request, deadline)
        context.ask(neighbor, Question.NEED, request, options=len(OFFERED_NEEDS))
        yield context.tell(neighbor, "ask_need", about=request, lane=Lane.REPLY)
    elif not whereabouts.known(request):
        requests.schedule(context.session, request, deadline)
        areas = context.areas
        before = requests.placed_since(context.session, request, context.now - LATELY)
        if before is not None and not before.in_danger and before.for_name == request.for_name:
            context.ask(neighbor, Question.PLACE, request)
            last = Ours(f"#{before.number}")
            yield context.tell(neighbor, "ask_place_or_same", about=request, lane=Lane.REPLY, last=last)
        elif 1 < len(areas) <= OFFERED_AREAS:
            context.ask(neighbor, Question.PLACE, request, options=len(areas))
            listed = numbered([a.name for a in areas])
            yield context.tell(neighbor, "ask_place_of", about=request, lane=Lane.REPLY, areas=listed)
        else:
            context.ask(neighbor, Question.PLACE, request)
            yield context.tell(neighbor, "ask_place", about=request, lane=Lane.REPLY)
    else:
        context.unask(neighbor, request)
        yield from put_out(context, request)


def lacks(request: Request) -> bool:
    """Whether volunteers could not tell yet what is needed, or where."""
    return not request.needs or not whereabouts.known(request)


def name_needs(request: Request, meaning: Understanding) -> bool:
    """Note what words name that we did not know to be needed; True if they name something. "Help" gives way to it."""
    before = [need for need in request.needs if need != Need.OTHER]
    named = [str(need) for need in (meaning.needs if before else meaning.needs_if_asked) if need is not Need.OTHER]
    if named:
        request.needs = list(dict.fromkeys([*before, *named]))
    return bool(named)


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
    if is_read_first(context, request) and requests.hold(context.session, request, context.now):
        yield from to_be_read(context, request)
        yield from recurring.begin(context, request)
        return
    asked_givers = pledging.meet(context, request)
    item = stocking.for_new(context, request)
    if item is not None and stocking.comes_first(item, request) and _stock_first(context, request):
        yield stocking.tell_first(context, request, item)
        yield from asked_givers
        return
    held, to_duty = brake.first_wave(context, request)
    texts = waves.open_up(context, request, "opened", (State.DRAFT,), by=request.person_id, held=held)
    what = context.what(request, Sight.DOOR)
    neighbor = people.by_id(context.session, request.person_id)
    count = waves.asked(texts)
    phrase = GOT_IT[held.why] if held else "got_it" if count else "got_it_nobody"
    values = {} if count else unmet.promised(context, request)
    values["dial"] = Ours(context.line.emergency_number)
    if held is not None and held.why is Hold.PAUSE:
        pause.mark(context, request)
        values = pause.said(context, admission.waits(context, request).turn if request.in_line else None)
    elif held is not None and held.why is Hold.QUEUE:
        values = admission.said(context, request, admission.waits(context, request))
        phrase = phrase if values["when"] else "got_it_queue_closed"
    elif held is not None and held.why is Hold.NIGHT:
        context.ask(neighbor, Question.CANT_WAIT, request, options=1)
    yield context.tell(neighbor, phrase, about=request, lane=Lane.REPLY, what=what, n=count, **values)
    if held is not None and held.why is Hold.PAUSE:
        yield from pause.in_a_rest(context, request)
    yield from recurring.begin(context, request)
    yield from texts
    yield from asked_givers
    yield from [stocking.tell(context, request, item)] if item is not None else ()
    yield from to_duty
    yield from same_door.told(context, request)
    if not request.in_danger and not context.line.policy.is_for_newcomers(request.needs):
        what, words = context.what(request), summary.they_wrote(request, short=True)
        yield from context.tell_duty("duty_no_newcomers", about=request, but=neighbor.id, what=what, words=words)


def _stock_first(context: Context, request: Request) -> bool:
    """The household is asked before volunteers are whether it wants what the group has; False if it is open already.

    Nobody is sent shopping for what lies there, and whoever wants none of it waits half an hour at most.
    """
    opened = requests.move(
        context.session,
        request,
        State.OPEN,
        context.now,
        kind="opened",
        out_of=(State.DRAFT,),
        by=request.person_id,
        wave=0,
    )
    waits = brake.in_stock(context, request) if opened else None
    if waits is not None:
        requests.schedule(context.session, request, waits.until)
    return waits is not None


def is_read_first(context: Context, request: Request) -> bool:
    """Whether whoever is on duty reads it before anybody is asked: money, say.

    What is only spoken of beside another need holds nothing up ("three kids, laid off, no food").
    """
    needs = {*request.needs} - {Need.OTHER}
    listed = needs.intersection(context.line.policy.duty_first)
    if request.in_danger or not listed:
        return False
    return listed == needs or (Need.MONEY in listed and takes.tells(request.text, "cash"))


def to_be_read(context: Context, request: Request) -> Texts:
    """Tell both: OPEN or ASSIGN lets it go on."""
    neighbor, what = people.by_id(context.session, request.person_id), context.what(request, Sight.DOOR)
    words = summary.they_wrote(request, short=True)
    told = [
        *context.tell_duty(
            "duty_first", about=request, but=neighbor.id, what=context.what(request, Sight.NEAR), words=words
        )
    ]
    phrase = "read_first" if told else "read_first_nobody"
    yield context.tell(neighbor, phrase, about=request, lane=Lane.REPLY, what=what)
    yield from told or duty_tasks.call(context, request)


def emergency(turn: Turn, request: Request, kind: DangerKind) -> Texts:
    """Say the number to call, and tell duty. Where somebody reads along, that stays so whatever else is said.

    Who is not safe at home and had told us to stop is answered once.
    """
    known = request.danger if request.person_id == turn.speaker.id else None
    kind = DangerKind.VIOLENCE_AT_HOME if known == DangerKind.VIOLENCE_AT_HOME else kind
    again = alarms.is_up(turn, request)
    alarmed = alarms.alarm(turn, request, kind)
    if not again or turn.speaker.opted_out_at is None or not first_answer.at_home(request):
        yield first_answer.first(turn, request, kind, alarmed=alarms.reached_duty(alarmed), again=again)
    yield from alarmed


def code_word(language: str) -> str:
    """A word for the two to know each other by at the door."""
    return requests.pick_code_word(phrasebook.book(language).pages["code_words"])


def draft_of(turn: Turn) -> Request | None:
    """The speaker's request that waits for an answer to a question of ours."""
    return next((r for r in reversed(turn.own) if r.state is State.DRAFT), None)


def to_talk_about(turn: Turn) -> Request:
    """The speaker's latest request, or one made to carry a talk with whoever is on duty."""
    return turn.own[-1] if turn.own else held_to_talk(turn)


def only_talks(request: Request) -> bool:
    """Whether a request only carries a talk with duty."""
    return request.state is State.HELD and not request.emergency and {*request.needs} <= {Need.OTHER}


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
