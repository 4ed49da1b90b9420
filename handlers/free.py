"""Words of a person's own: a need, an offer, a question, or words for the other side of an open match."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from handlers import phrasebook
from handlers.arrivals import bursts
from handlers.asking import bundles, waves
from handlers.goods import giving, stocking
from handlers.helping import claim, in_hand, volunteer_talk
from handlers.money import approving
from handlers.needs import asked_before, foreign, intake, on_behalf, receipt, rescheduling, timing
from handlers.needs.asked_before import Again, Repeat
from handlers.needs.on_behalf import Other
from handlers.on_duty import reach_person
from handlers.pauses import pause
from handlers.repeating import recurring, standing
from handlers.rules import changing
from handlers.safety import alarms, danger
from handlers.talking import media, pictures, relaying
from handlers.turn import KEPT, OFFERING, Texts, Turn
from handlers.understanding import placing
from handlers.understanding.intents import (
    NOTHING_SAID,
    TO_BE_ANSWERED,
    Ambiguous,
    Answer,
    Courtesy,
    DangerKind,
    Free,
    Kind,
    Machine,
    Need,
    Order,
    Question,
    Understanding,
    Wordless,
)
from handlers.where import pins, whereabouts
from handlers.wording.summary import Name, Needs, Ours, Said, Several, Sight, Verb, brief
from models import inbound, people, requests
from models.requests import Request, State, Urgency

ASIDE = 3  # words: "and milk", said to whoever is at the store, is no request
# What one person can bring at once.
GOODS = frozenset((Need.FOOD, Need.WATER, Need.BABY, Need.HOUSEHOLD, Need.CLOTHING))
REMARK = 2  # words: "blue house", "ring twice" belong to an open request
LONG_BURST = 6  # texts
FOR_A_PERSON = frozenset((*TO_BE_ANSWERED, Need.COMPANY, Need.OTHER))  # what duty may answer or listen to
TO_DUTY = frozenset(
    "person_coming person_later person_at_night person_told_already passed_to_duty kept_for_duty".split()
)
LOST = ("other", "wordless", "ambiguous")  # intents that we could not act on


def free(turn: Turn, intent: Free) -> Texts:
    """Understand, or ask back; somebody who has a match open is talking with the other side."""
    intent = bursts.with_lost(turn, intent)
    meaning = intent.meaning
    matches = _for_whom(turn)
    if turn.heard.media and turn.own and not matches:
        pictures.keep(turn, turn.own[-1])
    if meaning.danger is not None:
        yield from danger.told(turn, intent, meaning.danger)
    elif intent.almost and _may_mean(turn, intent.almost):  # no typo is forgiven in these: it is for them to say so
        yield turn.reply("nearly", command=Verb(intent.almost.command, intent.almost.numbers[0]))
    elif (theirs := foreign.meant(turn, intent.words, meaning)) and not foreign.is_talk(matches):
        yield from foreign.heard(turn, intent.words, theirs)
    elif meaning.courtesy and not theirs:
        yield from (thanks if meaning.courtesy is Courtesy.THANKS else hello)(turn, Order(meaning.courtesy))
    elif meaning.kind is Kind.ASK and (other := on_behalf.named(turn, intent.words)) and (other.sure or turn.own):
        yield from _for_another(turn, other, intent.words, meaning)
    elif (draft := bursts.gathering(turn, meaning)) and meaning.place:  # of what they have just asked for
        yield from _goes_on(turn, draft, intent.words, meaning)
    elif len(matches) == 1 and not _is_taken_up(turn, matches[0], intent.words, meaning):
        yield from _said_to(turn, matches[0], intent, theirs=bool(theirs))
    elif held := next((r for r in matches if r.danger and r.state is State.HELD), None):
        whereabouts.learn(turn, held, intent.words, meaning)  # not for a helper, who may be whom they are afraid of
        yield from relaying.pass_on(turn, held, intent.words)
    elif len(matches) > 1:
        yield turn.later(relaying.to_which(turn, matches))
    elif (talk := _after_done(turn, meaning)) is not None:
        yield from relaying.pass_on(turn, talk, intent.words)
    elif draft:
        yield from _goes_on(turn, draft, intent.words, meaning)
    else:
        yield from _new(turn, intent.words, meaning)


def another_time(turn: Turn, intent: Free) -> Texts:
    """What they have asked for is needed at another time; or they need something else then."""
    named = {*map(str, intent.meaning.needs)} - {Need.OTHER}
    only = turn.own[0] if len(turn.own) == 1 and not named else None
    if only is not None and intent.meaning.repeats is not None and not turn.matches:
        requests.keep_words(turn.session, only, intent.words)
        if begun := recurring.begin_now(turn, only, intent.meaning.repeats):
            yield from begun
            return
    another = intent.meaning.kind is Kind.ASK and named and all(named.isdisjoint(r.needs) for r in turn.own)
    yield from free(turn, replace(intent, act=None)) if another else rescheduling.by_neighbor(turn, intent)


def _said_to(turn: Turn, request: Request, intent: Free, *, theirs: bool) -> Texts:
    """Words for the other side of this request, or for duty; or another need, which is asked about."""
    meaning = intent.meaning
    another = _is_another(request, meaning)
    if not another:  # else the place and the hour are those of what they need besides
        _learn(turn, request, intent.words, meaning)
    another = another and meaning.kind is Kind.ASK
    if not theirs and another and len(intent.words.split()) > ASIDE:
        yield from _whereto(turn, request, intent.words)
        return
    yield from relaying.pass_on(turn, request, intent.words)
    if meaning.kind is Kind.ASK and not meaning.needs and _waits_for_duty(turn, request):
        turn.ask(turn.speaker, Question.NEED, options=len(intake.OFFERED_NEEDS))  # a plea, and for what?
        yield turn.later(turn.reply("ask_need"))


def _goes_on(turn: Turn, draft: Request, words: str, meaning: Understanding) -> Texts:
    """They go on with what they need: it is read anew, and answered once they have said all."""
    whole = bursts.read(f"{draft.text}\n{words}")
    if whole.emergency:
        yield from danger.told(turn, Free(words, whole), whole.danger or DangerKind.LIFE)
    elif not bursts.join(turn, draft, words, whole):
        yield from _new(turn, words, meaning)
    elif whole.danger is not None:
        draft.urgency, draft.danger = Urgency.URGENT, whole.danger
        yield from intake.emergency(turn, draft, whole.danger)
        yield from intake.answer(turn, draft)


def _for_whom(turn: Turn) -> list[Request]:
    """The talks that words may belong to. Who waits for duty speaks to duty, not to a helper of theirs."""
    held = [r for r in turn.matches if r.state is State.HELD and r.person_id == turn.speaker.id]
    phrase, about = turn.told_last or ("", None)
    if held and turn.held and phrase in TO_DUTY and about == held[-1].id:
        return held[-1:]  # who has just been told that a person writes back goes on to that person
    return held[-1:] if held and not turn.held else turn.matches


def _is_taken_up(turn: Turn, request: Request, words: str, meaning: Understanding) -> bool:
    """Whether these words name a need of its own, while they wait for a word of duty about something else."""
    named = meaning.kind is Kind.ASK and not FOR_A_PERSON.issuperset(meaning.needs)
    return (named or giving.is_named(words, meaning)) and _waits_for_duty(turn, request)


def _waits_for_duty(turn: Turn, request: Request) -> bool:
    """Whether nobody on duty has written back yet, about something that is no danger."""
    return request.state is State.HELD and not request.emergency and not relaying.is_talk(turn, request)


def _after_done(turn: Turn, meaning: Understanding) -> Request | None:
    """What a helper has said is done, while its neighbor may still ask them "where did you leave it?"."""
    if not turn.speaker.helps or meaning.kind not in (Kind.OTHER, Kind.QUESTION) or turn.own:
        return None
    return next((r for r in turn.helped if r.state is State.DELIVERED), None)


def _may_mean(turn: Turn, order: Order) -> bool:
    """Whether this order would make sense just now: else a "couch 5" is furniture."""
    if len(order.numbers) != 1:
        return False
    (number,) = order.numbers
    if order.command == "vouch":
        newcomer = people.find(turn.session, turn.line.id, number) if turn.speaker.helps else None
        return newcomer is not None and newcomer.helper_since is not None and newcomer.vouched_at is None
    if turn.speaker.on_duty:
        return requests.by_number(turn.session, turn.line.id, number) is not None
    return number in [*(r.number for r in turn.own), *(r.number for _, r in turn.held)]


def _new(turn: Turn, words: str, meaning: Understanding) -> Texts:
    own = [r for r in turn.own if r.state is State.OPEN or (r.state is State.HELD and r.emergency)]
    draft = intake.draft_of(turn)
    if meaning.kind is Kind.OFFER and (request := giving.has_own(words, own)) is not None:
        yield from giving.so_they_have_it(turn, request)
    elif (request := giving.says_it_came(turn, words, own)) is not None:
        yield from waves.fulfilled(turn, request)
    elif gone := giving.ended(turn, words):
        yield from (giving.end(turn, pledge, words) for pledge in gone)
    elif turn.speaker.on_duty and (item := stocking.out_of(turn, words)) is not None:
        yield stocking.no_more(turn, item)
    elif meaning.kind is Kind.ASK:
        again = asked_before.of(turn, own, words, meaning)
        if again is not None and again.how is Again.WORD_FOR_WORD:
            standing.want(turn, again.request)
            yield standing.of(turn, again.request)
        elif again is not None and again.how is not Again.MORE:
            yield from _asked_again(turn, again, words, meaning)
        elif len(own) != 1:
            yield from intake.begin(turn, words, meaning)
        elif set(meaning.needs) <= {Need.OTHER}:
            yield from _pressing(turn, own[0], words, meaning)
        elif not _is_another(own[0], meaning):
            yield from _joins(turn, own[0], words, meaning)
        elif GOODS.issuperset((*own[0].needs, *meaning.needs)):  # one errand, most likely
            intake.name_needs(own[0], meaning)
            yield from _whereto(turn, own[0], words)
        else:
            yield from intake.begin(turn, words, meaning, like=own[0])
    elif turn.heard.location:
        yield from wordless(turn, Wordless())
    elif meaning.kind is Kind.OFFER:
        yield from giving.offered(turn, words, meaning)
    elif meaning.kind is Kind.OTHER and draft is not None:  # an answer that came after its question was forgotten
        if not whereabouts.answered(turn, draft, words, meaning):
            requests.add_words(turn.session, draft, words, turn.now, by=turn.speaker.id)
        yield from intake.next_step(turn, draft)
    elif meaning.kind is Kind.OTHER and len(own) == 1 and len(words.split()) >= REMARK:
        yield from _remark(turn, own[0], words, meaning)
    elif meaning.kind is Kind.QUESTION and ("?" in words or (turn.burst is None and len(words.split()) > REMARK)):
        intake.speak(turn, meaning)
        yield from reach_person.question(turn, words)
        if draft is not None:
            yield from intake.next_step(turn, draft)
    else:
        yield from _unclear(turn, words, meaning)


def _unclear(turn: Turn, words: str, meaning: Understanding) -> Texts:
    """Neither a need nor a word that we know: of who was asked to help it is about that, "lemme check w my wife"."""
    if turn.offered and turn.told_last and turn.told_last[0] in OFFERING:
        yield volunteer_talk.waits(turn, [*turn.offered])
        return
    intake.speak(turn, meaning)
    yield from _lost(turn, "not_understood_duty" if turn.speaker.on_duty else "not_understood", words)


def _remark(turn: Turn, request: Request, words: str, meaning: Understanding) -> Texts:
    """Words beside what waits. Who gives another door for it reads back where it goes now."""
    before = request.place
    _learn(turn, request, words, meaning)
    requests.add_words(turn.session, request, words, turn.now, by=turn.speaker.id)
    begun = recurring.begin_now(turn, request, meaning.repeats)
    if before and request.place and not request.place.startswith(before):
        answer = turn.reply("corrected", about=request, what=turn.what(request, Sight.DOOR))
    else:
        answer = turn.reply("more_added", about=request)
    yield from begun or [turn.later(answer, KEPT)]
    yield from alarms.further(turn, request)


def _for_another(turn: Turn, other: Other, words: str, meaning: Understanding) -> Texts:
    """Somebody else at this phone asks: apart, where they say that it is not theirs; else they are asked."""
    mine = next((r for r in reversed(turn.own) if r.state is State.OPEN and not r.in_danger), None)
    if other.sure or mine is None:
        yield from intake.begin(turn, words, meaning, for_name=other.name)
        return
    requests.add_words(turn.session, mine, words, turn.now, by=turn.speaker.id)
    turn.ask(turn.speaker, Question.REPEAT, mine, options=2, words=words)
    yield turn.later(turn.reply("repeat_other", about=mine, name=Name(other.name)))


def _asked_again(turn: Turn, again: Repeat, words: str, meaning: Understanding) -> Texts:
    """What waits is asked for again: is it the same? The words join it at once, lest they get lost."""
    asked, request = turn.asked, again.request
    before = asked.words if asked and asked.question is Question.REPEAT and asked.request_id == request.id else ""
    if request.person_id == turn.speaker.id:
        _learn(turn, request, words, meaning)
        intake.name_needs(request, meaning)
    requests.add_words(turn.session, request, words, turn.now, by=turn.speaker.id)
    turn.ask(turn.speaker, Question.REPEAT, request, options=2, words=f"{before}\n{words}".strip())
    phrase = "repeat_own" if request.person_id == turn.speaker.id else "repeat_household"
    yield turn.later(turn.reply(phrase, about=request, what=Needs(tuple(request.needs))))
    yield from alarms.further(turn, request)


def _is_another(request: Request, meaning: Understanding) -> bool:
    """Whether this is another need than that of the request, and so a request of its own."""
    known = {*request.needs} - {Need.OTHER}
    if intake.only_talks(request):
        return not FOR_A_PERSON.issuperset(meaning.needs)
    return bool(known) and bool(meaning.needs) and known.isdisjoint(map(str, meaning.needs))


def _pressing(turn: Turn, request: Request, words: str, meaning: Understanding) -> Texts:
    """They ask for help again and name nothing new: their words are kept, and they hear where it stands."""
    _add(turn, request, words, meaning)
    yield from recurring.begin_now(turn, request, meaning.repeats) or [standing.of(turn, request)]
    yield from alarms.further(turn, request)


def _joins(turn: Turn, request: Request, words: str, meaning: Understanding) -> Texts:
    """They say again what they need, or a little more of it; or for the first time what the help is for."""
    unnamed = set(request.needs) <= {Need.OTHER}
    intake.name_needs(request, meaning)
    _add(turn, request, words, meaning)
    if begun := recurring.begin_now(turn, request, meaning.repeats):
        yield from begun
        return
    yield turn.reply("now_named" if unnamed else "more_added", about=request, what=turn.what(request, Sight.NEAR))
    yield from alarms.further(turn, request)


def _add(turn: Turn, request: Request, words: str, meaning: Understanding) -> None:
    if not whereabouts.known(request):
        whereabouts.locate(request, words, meaning, turn.areas, turn.heard.location)
    _learn(turn, request, words, meaning)
    requests.add_words(turn.session, request, words, turn.now, by=turn.speaker.id)


def _learn(turn: Turn, request: Request, words: str, meaning: Understanding) -> None:
    """Note the place, for how many and the time that a neighbor mentions by the way."""
    whereabouts.learn(turn, request, words, meaning)
    mine = request.person_id == turn.speaker.id and not intake.only_talks(request)
    if mine and meaning.people and (request.people is None or placing.takes_back(words)):
        request.people = meaning.people
    timing.learn(turn, request, meaning)


def _whereto(turn: Turn, request: Request, words: str) -> Texts:
    """One's own words join one's own request at once, lest they get lost; a helper's might be for either."""
    asked = turn.asked
    if asked and asked.question is Question.WHERETO and asked.request_id == request.id:
        words = f"{asked.words}\n{words}"
    turn.ask(turn.speaker, Question.WHERETO, request, options=2, words=words)
    if request.person_id != turn.speaker.id:
        yield turn.later(turn.reply("tell_neighbor_or_new", about=request))
    elif listener := relaying.listener(turn, request):
        yield turn.later(turn.reply("told_or_new", about=request, name=turn.somebody(listener)))
        carried = relaying.pass_on(turn, request, turn.heard.body)
        yield from (text for text in carried if text.to.id != turn.speaker.id)
    else:
        requests.add_words(turn.session, request, turn.heard.body, turn.now, by=turn.speaker.id)
        yield turn.later(turn.reply("added_or_new", about=request))
        yield from alarms.further(turn, request)


def _lost(turn: Turn, phrase: str, words: str) -> Texts:
    """Answer as well as we can; after the third time in a day, or a burst without end, a person is told all of it."""
    if (of_the_purse := approving.perhaps(turn)) is not None:
        yield turn.later(of_the_purse)
        return
    before = turn.burst.words if turn.burst else ()
    moments = inbound.moments_since(turn.session, turn.speaker.id, LOST, turn.now - timedelta(days=1))
    # What was said in a burst is one thing that we did not understand.
    times = 1 + sum(later - sooner > turn.pause or not turn.pause for sooner, later in pairwise(moments))
    words = " / ".join([*before, words])
    if len(before) + 1 == LONG_BURST or (not before and times == turn.line.policy.misunderstandings):
        request = intake.to_talk_about(turn)
        told = list(turn.tell_duty("duty_misunderstood", about=request, but=turn.speaker.id, words=brief(words)))
        if request.state is State.HELD:
            requests.add_words(turn.session, request, words, turn.now, by=turn.speaker.id)
        yield turn.later(turn.reply("person_told" if told else phrase))
        yield from told
    else:
        yield turn.later(turn.reply(phrase))


def wordless(turn: Turn, _: Wordless) -> Texts:
    """A picture, an emoji, a shared place, or nothing at all."""
    matches = turn.matches
    own = turn.own[-1] if turn.own else None
    if media.goes_on(turn.heard) and (entry := approving.receipt_of(turn)) is not None:
        yield from approving.receipt_came(turn, entry)
    elif turn.heard.location and own is not None and not own.place:
        own.place = turn.heard.location
        turn.session.add(own)
        if own.state is State.DRAFT:
            yield from intake.next_step(turn, own)
        elif matches:
            yield from pins.along(turn, own, relaying.pass_on(turn, own, turn.heard.location))
        else:
            yield turn.reply("more_added", about=own)
            yield from alarms.further(turn, own)
    elif len(matches) == 1:
        words = turn.heard.location or turn.heard.body
        yield from pins.along(turn, matches[0], relaying.pass_on(turn, matches[0], words))
    elif turn.heard.location and own is None and not turn.speaker.helps:
        # Where they are is the half of it: only what they need is asked.
        yield from intake.begin(turn, "", Understanding(Kind.ASK))
    elif media.goes_on(turn.heard) and (done := _after_done(turn, NOTHING_SAID)) is not None:
        yield from relaying.pass_on(turn, done, "")
    elif turn.heard.media:
        for text in pictures.answer(turn, own):
            yield turn.later(text) if text.to.id == turn.speaker.id else text
        if own is None:
            before = turn.asked.media if turn.asked and turn.asked.question is Question.NEED else ()
            sent = tuple(dict.fromkeys((*before, *media.kinds(turn.heard))))
            turn.ask(turn.speaker, Question.NEED, options=len(intake.OFFERED_NEEDS), media=sent)
    else:
        yield from _lost(turn, "say_it_in_words", turn.heard.body)


def machine(turn: Turn, intent: Machine) -> Texts:
    """No person wrote it: nothing follows. A thumb by itself is for the other side of a match, if there is one."""
    if intent.alone and len(turn.matches) == 1:
        yield from relaying.pass_on(turn, turn.matches[0], turn.heard.body)


def ambiguous(turn: Turn, intent: Ambiguous) -> Texts:
    """It could mean two things: show the choices, do nothing."""
    if intent.talk:
        yield from in_hand.chat(turn, turn.heard.body)
        return
    if not intent.verb and len(intent.offers) == 1:
        yield volunteer_talk.waits(turn, [*intent.offers])
        return
    choices = Several([Verb(intent.verb or "claim", n) for n in intent.offers], style="or")
    question = f"answer_{turn.asked.question}" if turn.asked else "answer_other"
    if intent.answer:
        yield turn.reply("two_things", choices=choices, answer=Said(question))
    elif not bundles.together(turn, turn.speaker):
        yield turn.reply("which_one", choices=choices)
    elif intent.verb == "pass":  # to all of what one text offered
        yield from claim.pass_(turn, Order("pass"))
    else:
        yield turn.reply("which_or_all", choices=choices)


def thanks(turn: Turn, _: Order) -> Texts:
    """Kind words go to the other side if there is one."""
    matches = turn.matches
    if receipt.is_answer(turn):
        yield from receipt.came(turn, Answer(receipt.YES, turn.heard.body))
    elif len(matches) == 1:
        yield from relaying.pass_on(turn, matches[0], turn.heard.body)
    elif (
        (talk := _after_done(turn, NOTHING_SAID)) is not None
        and turn.told_last
        and turn.told_last[0] == "from_neighbor"
    ):
        yield from relaying.pass_on(turn, talk, turn.heard.body)
    else:
        yield turn.reply("welcome")


def hello(turn: Turn, order: Order) -> Texts:
    """A greeting: to the other side of a match, or else the way into asking."""
    matches = turn.matches
    drafts = [r for r in turn.own if r.state is State.DRAFT]
    if len(matches) == 1:
        yield from relaying.pass_on(turn, matches[0], turn.heard.body)
    elif drafts:
        yield from intake.next_step(turn, drafts[-1], at_once=True)
    else:
        if turn.speaker.language is None and order.language in phrasebook.languages():
            turn.speaker.language = order.language
        turn.ask(turn.speaker, Question.NEED, options=len(intake.OFFERED_NEEDS))
        yield turn.reply("hello", line=Ours(turn.line.name), greeting=changing.greeting(turn))
        yield from pause.to_who_writes(turn)
