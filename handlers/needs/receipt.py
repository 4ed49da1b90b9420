"""The neighbor says whether help came, by a digit or in words, also days after it was closed.

Nothing else counts as fulfilled.
"""

from collections.abc import Generator
from dataclasses import replace
from datetime import timedelta

from handlers.asking import unmet, waves
from handlers.helping import company
from handlers.members import inviting
from handlers.needs import intake, pressing
from handlers.on_duty import reach_person
from handlers.phrasebook import Value
from handlers.repeating import recurring, standing
from handlers.talking import pace, relaying, talks
from handlers.turn import Text, Texts, Turn
from handlers.understanding.intents import Act, Answer, Free, Need, Question, Understanding
from handlers.wording.summary import Name, Quoted, Said, Sight, brief
from models import assignments, events, kept_apart, requests, stock
from models.assignments import State as AssignmentState
from models.delivery.outbound import Lane
from models.people import Person
from models.requests import TALKING, Outcome, Request, State

YES, PARTLY, NO = 1, 2, 3
IN_A_WORD = 2  # longer answers are worth telling to whoever helped
TOLD_LATELY = timedelta(minutes=15)
GOODS = frozenset(  # help is over when these are there
    {Need.FOOD, Need.WATER, Need.MEDICINE, Need.BABY, Need.HOUSEHOLD, Need.CLOTHING, Need.TOOLS, Need.MONEY}
)
UNSURE = frozenset({Outcome.UNCONFIRMED, Outcome.ABANDONED})  # it was closed without their word
CAME = (Outcome.FULFILLED, Outcome.PARTIAL, *UNSURE)
WAITS = (State.DELIVERED, State.CLAIMED, State.OPEN, State.HELD)  # of several, the words are about the first of these


def came(turn: Turn, intent: Answer) -> Texts:
    """The answer to "did you get it?"."""
    request = _asked_about(turn)
    if request is None or request.state not in (*TALKING, State.CLOSED):
        turn.unask(turn.speaker)
        yield turn.reply("nothing_waits")
    elif intent.choice == YES:
        yield from _came(turn, request, intent.words)
    elif intent.choice == PARTLY:
        _was_there(turn, request)
        yield from _partly(turn, request, intent.words, intent.meaning)
    elif intent.choice == NO and request.state is State.CLAIMED:  # whoever has it had not said that it is done
        turn.unask(turn.speaker, request)
        yield from _still_waits(turn, request, intent.words)
    elif intent.choice == NO:
        yield from _not_come(turn, request, intent.words)
    else:
        yield turn.reply("yes_partly_no", about=request)


def missing(turn: Turn, intent: Answer) -> Texts:
    """The answer to "what is missing?": it becomes a request of its own."""
    request = _asked_about(turn)
    turn.unask(turn.speaker)
    if request is None:
        yield turn.reply("nothing_waits")
    else:
        yield from _rest(turn, request, intent.words, intent.meaning)


def arrived(turn: Turn, intent: Free) -> Texts:
    """Everything is there, they say, asked or not."""
    request = _meant(turn)
    if request is None:
        yield turn.reply("nothing_waits")
    elif request.state in (State.OPEN, State.HELD) and _helper(turn, request) is None:  # perhaps something else did
        if request.state is State.OPEN and stock.of_request(turn.session, request.id):
            yield from waves.fulfilled(turn, request)
            return
        requests.add_words(turn.session, request, intent.words, turn.now, by=turn.speaker.id)
        yield turn.reply("more_added", about=request)
    elif request.state is State.CLAIMED and not GOODS.issuperset(request.needs):  # "he is here": it only begins
        yield from _to_matches(turn, intent.words)
    elif Act.COMPLAINS in intent.acts:  # it came, and how it came is for duty alone to read
        yield from _came(turn, request, "")
        yield from reach_person.wanted(turn, replace(intent, act=Act.COMPLAINS))
    else:
        yield from _came(turn, request, intent.words)


def got_it(turn: Turn, intent: Free) -> Texts:
    """ "Got it": what was delivered, or else what the other side wrote."""
    request = _meant(turn)
    if request is None or request.state in (State.DELIVERED, State.CLOSED):
        yield from arrived(turn, intent)
    elif turn.matches:
        yield from _to_matches(turn, intent.words)
    else:
        yield turn.reply("welcome")


def partly(turn: Turn, intent: Free) -> Texts:
    """Something is missing. While whoever helps is still on it, they hear it."""
    request = _meant(turn)
    if request is None:
        yield turn.reply("nothing_waits")
    elif request.state in (State.DELIVERED, State.CLOSED):
        yield from _partly(turn, request, intent.words, intent.meaning)
    elif turn.matches:
        yield from _to_matches(turn, intent.words)
    else:
        yield from never(turn, intent)


def never(turn: Turn, intent: Free) -> Texts:
    """Nobody came, nothing is there: open again, or whoever is on duty hears of it."""
    request = _meant(turn)
    if request is None and turn.own:  # they wait for a person
        yield from relaying.pass_on(turn, turn.own[-1], intent.words)
    elif request is None:
        yield turn.reply("nothing_waits")
    elif request.state in (State.DELIVERED, State.CLOSED):
        yield from _not_come(turn, request, intent.words)
    else:
        yield from _still_waits(turn, request, intent.words)


def thanks(turn: Turn, intent: Free) -> Texts:
    """Thanks are a yes to "did you get it?", and reach whoever helped, also after the end."""
    request = _meant(turn)
    if request is None:
        yield turn.reply("welcome")
    elif request.state in TALKING and is_answer(turn):
        yield from _came(turn, request, intent.words)
    elif turn.matches:
        yield from _to_matches(turn, intent.words)
    else:
        yield from _to_helper(turn, request, intent.words)


def is_answer(turn: Turn) -> bool:
    """Whether we asked the speaker if it came, and they have not said."""
    request = _asked_about(turn) if turn.asked and turn.asked.question is Question.RECEIPT else None
    return request is not None and request.state in TALKING


def _came(turn: Turn, request: Request, words: str) -> Texts:
    said = words if len(words.split()) > IN_A_WORD else ""
    if request.live:
        yield from waves.fulfilled(turn, request, said)
        yield from recurring.regular(turn, request)
        return
    turn.unask(turn.speaker, request)
    if request.outcome in UNSURE and _reconsider(turn, request, Outcome.FULFILLED, "confirmed"):
        yield turn.reply("receipt_yes", about=request, join=inviting.to_join(turn, turn.speaker, request, said))
        for helper in waves.thanked(turn, request):
            phrase = "receipt_yes_helper_words" if said else "receipt_yes_helper"
            ask = inviting.to_ask(turn, helper, request, said)
            yield turn.tell(helper, phrase, about=request, words=Quoted(said), ask=ask)
    else:
        yield from _to_helper(turn, request, words)


def _partly(turn: Turn, request: Request, words: str, meaning: Understanding) -> Texts:
    """What is missing goes out by itself; if they do not say what that is, they are asked."""
    if {*meaning.needs_if_asked} - {Need.OTHER}:
        turn.unask(turn.speaker, request)
        yield from _rest(turn, request, words, meaning)
        return
    turn.ask(turn.speaker, Question.MISSING, request)
    if request.live:
        again = turn.now + timedelta(minutes=turn.line.policy.receipt_reminder)
        requests.schedule(turn.session, request, again)
    yield turn.reply("what_is_missing", about=request)


def _rest(turn: Turn, request: Request, words: str, meaning: Understanding) -> Texts:
    """What is missing becomes a request of its own."""
    before = next((r for r in turn.own if r.parent_request_id == request.id and r.live), None)
    if before is not None:
        requests.add_words(turn.session, before, words, turn.now, by=turn.speaker.id)
        yield turn.reply("more_added", about=before)
        return
    if request.live:
        ended = waves.close(turn, request, Outcome.PARTIAL, by=turn.speaker.id, words=words)
    else:
        ended = _reconsider(turn, request, Outcome.PARTIAL, "missing")
    if not ended:
        yield turn.reply("nothing_waits")
        return
    named = [str(need) for need in meaning.needs_if_asked if need is not Need.OTHER]
    rest = requests.create(
        turn.session,
        turn.line,
        person_id=request.person_id,
        state=State.DRAFT,
        now=turn.now,
        text=words,
        needs=named or request.needs,
        people=request.people,
        urgency=request.urgency,
        area_id=request.area_id,
        vicinity=request.vicinity,
        place=request.place,
        language=request.language,
        parent_request_id=request.id,
        code_word=intake.code_word(request.language),
    )
    texts = waves.open_up(turn, rest, "opened", (State.DRAFT,), by=turn.speaker.id)
    count, promised = waves.asked(texts), unmet.promised(turn, rest)
    phrase = "rest_goes_out" if count else "got_it_nobody"
    yield turn.reply(phrase, about=rest, n=count, what=turn.what(rest, Sight.NEAR), **promised)
    for helper in waves.thanked(turn, request):
        yield turn.tell(helper, "receipt_partly_helper", about=request, rest=rest.number)
    yield from texts


def _not_come(turn: Turn, request: Request, words: str) -> Texts:
    """It is open again, and duty knows; but for one of which they had said that it came: there a person must look."""
    turn.unask(turn.speaker, request)
    helper = _helper(turn, request)
    out_of = State.DELIVERED
    if not request.live:
        out_of = State.CLOSED
        if request.outcome not in UNSURE:
            yield from _to_duty(turn, request, words, "never_came_after_yes")
            return
        request.outcome = None
        turn.session.add(request)
    if request.several and request.live and (yield from _some_still_have_it(turn, request)):
        return
    texts = waves.open_up(turn, request, "reopened", (out_of,), by=turn.speaker.id)
    if request.state is not State.OPEN:
        yield turn.reply("nothing_waits")
        return
    yield turn.reply("receipt_no", about=request, lane=Lane.SAFETY, n=waves.asked(texts))
    if helper:
        yield turn.tell(helper, "receipt_no_helper", about=request)
    yield from turn.tell_duty(
        "duty_not_come", about=request, but=turn.speaker.id, what=turn.what(request, Sight.NEAR)
    )
    yield from texts


def _some_still_have_it(turn: Turn, request: Request) -> Generator[Text, None, bool]:
    """One of several said that it is done, and it is not: the others have it still, and that place is free again."""
    crew = assignments.all_on(turn.session, request, AssignmentState.ACTIVE)
    if not crew:
        return False
    done = waves.since_open(turn, request, AssignmentState.DONE)
    if not requests.move(
        turn.session, request, State.CLAIMED, turn.now, kind="reopened", out_of=(State.DELIVERED,),
        by=turn.speaker.id, have=request.helpers_have, helpers_have=len(crew), next_action_at=turn.now,
        next_wave_at=turn.now,
    ):  # fmt: skip
        return False
    texts = waves.place_offered(turn, request)
    counts = company.counts(request)
    yield turn.reply("crew_receipt_no", about=request, lane=Lane.SAFETY, n=waves.asked(texts), **counts)
    for _, helper in done:
        yield turn.tell(helper, "receipt_no_helper", about=request)
    for _, helper in crew:
        yield turn.tell(helper, "crew_not_done", about=request)
    yield from texts
    return True


def _still_waits(turn: Turn, request: Request, words: str) -> Texts:
    """Nobody came, and nobody said that they had been: duty hears it, and it goes out again.

    But whoever may well be on the way is asked first, and the neighbor hears until when.
    """
    if request.several and (crew := assignments.all_on(turn.session, request)):
        asked = [
            (who, each)
            for held, who in crew
            if (each := pressing.press(turn, request, words, soon=True, of=(held, who)))
        ]
        if asked:
            first = asked[0][1]
            together = {**first.values, "name": company.names(turn, [who for who, _ in asked])}
            if len(asked) > 1:
                together["since"] = None  # each was last heard of at a time of their own
            yield from _to_duty(turn, request, words, first.phrase, None, **together)
            for _, each in asked:
                yield from each.texts
            return
    holder = assignments.on(turn.session, request, AssignmentState.ACTIVE)
    if holder is None:
        yield from _to_duty(turn, request, words, "nobody_came_open")
        return
    held, helper = holder
    may_come = pressing.may_be_coming(turn, held, request)
    pressed = pressing.press(turn, request, words, soon=True) if may_come else None
    if pressed is not None:
        yield from _to_duty(turn, request, words, pressed.phrase, None, **pressed.values)
        yield from pressed.texts
        return
    if not assignments.end(turn.session, held, AssignmentState.LAPSED, turn.now):
        yield from _to_duty(turn, request, words, "nobody_came_open")
        return
    turn.unask(turn.speaker, request)
    turn.unask(helper, request)
    texts = waves.place_freed(turn, request, "reopened", by=turn.speaker.id, words=words)
    had = turn.whole_name(helper)
    yield from _to_duty(turn, request, words, "nobody_came_again", had, n=waves.asked(texts))
    yield turn.tell(helper, "they_say_nobody_came", about=request, lane=Lane.REPLY)
    yield from texts


def _was_there(turn: Turn, request: Request) -> None:
    """The neighbor says so before the volunteer does: then it is delivered, as if they had."""
    ended = False
    for held, helper in assignments.all_on(turn.session, request):
        if assignments.end(turn.session, held, AssignmentState.DONE, turn.now):
            turn.unask(helper, request)
            ended = True
    if ended:
        after = turn.now + timedelta(minutes=turn.line.policy.receipt_reminder)
        requests.move(
            turn.session, request, State.DELIVERED, turn.now, kind="delivered", out_of=(State.CLAIMED,),
            by=turn.speaker.id, next_action_at=after,
        )  # fmt: skip


def _to_duty(
    turn: Turn, request: Request, words: str, phrase: str, had: Name | Said | None = None, **values: Value
) -> Texts:
    """Duty hears of it, once in a while; the neighbor hears whether they did. `had` is who had it until now."""
    again = events.happened_since(turn.session, [request], "nobody_came", turn.now - TOLD_LATELY)
    what = turn.what(request, Sight.NEAR)
    said = "duty_nobody_came_again" if had else "duty_nobody_came"
    told = [*turn.tell_duty(said, about=request, but=turn.speaker.id, what=what, name=had, words=brief(words))]
    requests.record(turn.session, request, "nobody_came", turn.now, by=turn.speaker.id, words=words)
    requests.record(turn.session, request, "note", turn.now, by=turn.speaker.id, words=words)
    knows = Said("duty_knows" if told else "duty_will_know")
    standing.want(turn, request)
    values.setdefault("when", unmet.soon(turn, request.next_action_at or turn.now))
    yield turn.reply(phrase, about=request, lane=Lane.SAFETY, then=knows, **values)
    if not again:
        yield from told


def _to_helper(turn: Turn, request: Request, words: str) -> Texts:
    """Words about what is over, for whoever did it."""
    helper = _helper(turn, request)
    apart = helper is not None and kept_apart.are(turn.session, request, helper.id)
    if helper is None or helper.opted_out_at is not None or apart:
        yield turn.reply("welcome")
        return
    if relaying.not_for_them(turn, request, helper, words):
        yield from relaying.about_them(turn, request, [helper], words)
        return
    text = turn.tell(helper, "from_neighbor", about=request, lane=Lane.REPLY, words=Quoted(words))
    name: Name | None = turn.name(helper)
    phrase = "passed_on_to" if name else "passed_on"
    says = talks.is_news(turn, request, helper, phrase)
    yield from pace.paced(turn, request, turn.speaker, text, words)
    if says:
        yield turn.reply(phrase, about=request, name=name)


def _to_matches(turn: Turn, words: str) -> Texts:
    matches = turn.matches
    if len(matches) == 1:
        yield from relaying.pass_on(turn, matches[0], words)
    else:
        yield relaying.to_which(turn, matches)


def _reconsider(turn: Turn, request: Request, outcome: Outcome, kind: str) -> bool:
    """Something that is closed has ended otherwise."""
    return requests.move(
        turn.session, request, State.CLOSED, turn.now, kind=kind, out_of=(State.CLOSED,), by=turn.speaker.id,
        outcome=outcome,
    )  # fmt: skip


def _helper(turn: Turn, request: Request) -> Person | None:
    holder = assignments.on(turn.session, request)
    return holder[1] if holder else None


def _meant(turn: Turn) -> Request | None:
    """What words about help that came or did not are about: what waits for just that, else what ended last."""
    for state in WAITS:
        if found := [r for r in turn.own if r.state is state and (r.wave or r.state is not State.HELD)]:
            return turn.replied if turn.replied in found else found[-1]
    return next((r for r in turn.ended if r.outcome in CAME), None)


def _asked_about(turn: Turn) -> Request | None:
    about = turn.asked.request_id if turn.asked else None
    return requests.by_id(turn.session, about) if about is not None else None
