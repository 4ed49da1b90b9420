"""Words of a person's own: a need, an offer, a question, or words for the other side of an open match."""

from datetime import timedelta

from handlers import in_hand, intake, phrasebook, receipt, relaying, standing, volunteer_talk
from handlers.summary import Ours, Said, Several, Verb, brief
from handlers.turn import Texts, Turn
from handlers.understanding.intents import (
    NOTHING_SAID,
    Ambiguous,
    Answer,
    Free,
    Kind,
    Need,
    Order,
    Question,
    Understanding,
    Wordless,
)
from models import assignments, inbound, people, requests
from models.requests import TALKING, Request, State

ASIDE = 3  # words: "and milk", said to whoever is at the store, is no request
GOODS = frozenset(
    (Need.FOOD, Need.WATER, Need.BABY, Need.HOUSEHOLD, Need.CLOTHING)
)  # what one person can bring at once
REMARK = 2  # words: "blue house", "ring twice" belong to an open request
LOST = ("question", "other", "wordless", "ambiguous")  # intents that we could not act on


def free(turn: Turn, intent: Free) -> Texts:
    """Understand, or ask back; somebody who has a match open is talking with the other side."""
    meaning = intent.meaning
    matches = turn.matches
    if meaning.emergency:
        yield from _emergency(turn, intent, matches)
    elif intent.almost and _may_mean(turn, intent.almost):  # no typo is forgiven in these: it is for them to say so
        yield turn.reply("nearly", command=Verb(intent.almost.command, intent.almost.numbers[0]))
    elif len(matches) == 1:
        learn_door(turn, matches[0], meaning)
        if meaning.kind is Kind.ASK and _is_another(matches[0], meaning) and len(intent.words.split()) > ASIDE:
            yield from _whereto(turn, matches[0], intent.words)
        else:
            yield from relaying.pass_on(turn, matches[0], intent.words)
    elif matches:
        yield relaying.to_which(turn, matches)
    elif (talk := _goes_on(turn, meaning)) is not None:
        yield from relaying.pass_on(turn, talk, intent.words)
    else:
        yield from _new(turn, intent.words, meaning)


def _goes_on(turn: Turn, meaning: Understanding) -> Request | None:
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
    own = [r for r in turn.own if r.state in (State.OPEN, State.HELD)]
    draft = intake.draft_of(turn)
    if meaning.kind is Kind.ASK:
        if len(own) != 1:
            yield from intake.begin(turn, words, meaning)
        elif not meaning.needs:
            yield from _pressing(turn, own[0], words, meaning)
        elif not _is_another(own[0], meaning):
            yield from _joins(turn, own[0], words, meaning)
        elif GOODS.issuperset((*own[0].needs, *meaning.needs)):  # one errand, most likely
            requests.add_needs(turn.session, own[0], [str(need) for need in meaning.needs])
            yield from _whereto(turn, own[0], words)
        else:
            yield from intake.begin(turn, words, meaning, like=own[0])
    elif turn.heard.location:
        yield from wordless(turn, Wordless())
    elif meaning.kind is Kind.OFFER:
        intake.speak(turn, meaning)
        yield turn.reply("offer_helper" if turn.speaker.helps else "offer_join")
    elif meaning.kind is Kind.OTHER and draft is not None:  # an answer that came after its question was forgotten
        intake.locate(draft, words, meaning, turn.areas)
        draft.place = draft.place or (None if draft.vicinity or draft.area_id else words)
        turn.session.add(draft)
        yield from intake.next_step(turn, draft)
    elif meaning.kind is Kind.OTHER and len(own) == 1 and len(words.split()) >= REMARK:
        learn_door(turn, own[0], meaning)
        requests.add_words(turn.session, own[0], words, turn.now, by=turn.speaker.id)
        yield turn.reply("more_added", about=own[0])
    else:
        intake.speak(turn, meaning)
        yield from _lost(turn, "how_it_works" if meaning.kind is Kind.QUESTION else "not_understood", words)


def _is_another(request: Request, meaning: Understanding) -> bool:
    """Whether this is another need than that of the request, and so a request of its own."""
    known = {*request.needs} - {Need.OTHER}
    return bool(known) and bool(meaning.needs) and known.isdisjoint(map(str, meaning.needs))


def _pressing(turn: Turn, request: Request, words: str, meaning: Understanding) -> Texts:
    """They ask for help again and name nothing new: their words are kept, and they hear where it stands."""
    learn_door(turn, request, meaning)
    requests.add_words(turn.session, request, words, turn.now, by=turn.speaker.id)
    yield standing.of(turn, request)


def _joins(turn: Turn, request: Request, words: str, meaning: Understanding) -> Texts:
    """They say again what they need, or a little more of it."""
    learn_door(turn, request, meaning)
    requests.add_needs(turn.session, request, [str(need) for need in meaning.needs])
    requests.add_words(turn.session, request, words, turn.now, by=turn.speaker.id)
    yield turn.reply("more_added", about=request)


def learn_door(turn: Turn, request: Request, meaning: Understanding) -> None:
    """Note the exact place that a neighbor mentions by the way."""
    if request.person_id == turn.speaker.id and not request.place and meaning.exact:
        request.place = meaning.place
        turn.session.add(request)


def _whereto(turn: Turn, request: Request, words: str) -> Texts:
    """One's own words join one's own request at once, lest they get lost; a helper's might be for either."""
    asked = turn.asked
    if asked and asked.question is Question.WHERETO and asked.request_id == request.id:
        words = f"{asked.words}\n{words}"
    turn.ask(turn.speaker, Question.WHERETO, request, options=2, words=words)
    holder = assignments.on(turn.session, request)
    if request.person_id != turn.speaker.id:
        yield turn.reply("tell_neighbor_or_new", about=request)
    elif holder is not None and request.state in TALKING and holder[1].opted_out_at is None:
        yield turn.reply("told_or_new", about=request, name=turn.somebody(holder[1]))
        carried = relaying.pass_on(turn, request, turn.heard.body)
        yield from (text for text in carried if text.to.id != turn.speaker.id)
    else:
        requests.add_words(turn.session, request, turn.heard.body, turn.now, by=turn.speaker.id)
        yield turn.reply("added_or_new", about=request)


def _emergency(turn: Turn, intent: Free, matches: list[Request]) -> Texts:
    turn.unask(turn.speaker)
    live = matches or turn.own
    if not live:
        yield from intake.begin(turn, intent.words, intent.meaning)
        return
    request = live[-1]
    request.emergency = True
    learn_door(turn, request, intent.meaning)
    requests.move(
        turn.session, request, State.HELD, turn.now, kind="held", out_of=(State.DRAFT,), next_action_at=None
    )
    requests.add_words(turn.session, request, intent.words, turn.now, by=turn.speaker.id)
    yield from intake.emergency(turn, request)
    if request in matches and relaying.is_talk(turn, request):  # else the alarm has said it already
        yield from (text for text in relaying.pass_on(turn, request, intent.words) if text.to.id != turn.speaker.id)


def _lost(turn: Turn, phrase: str, words: str) -> Texts:
    """Answer as well as we can; after the third time in a day, a person is told."""
    since = turn.now - timedelta(days=1)
    times = inbound.count_since(turn.session, turn.speaker.id, LOST, since)
    if times == turn.line.policy.misunderstandings:
        request = intake.to_talk_about(turn)
        told = list(turn.tell_duty("duty_misunderstood", about=request, but=turn.speaker.id, words=brief(words)))
        if not told and request.state is State.HELD:  # it waits for whoever takes the watch next
            requests.add_words(turn.session, request, words, turn.now, by=turn.speaker.id)
            intake.wait_for_duty(turn, request)
        yield turn.reply("person_told" if told else phrase)
        yield from told
    else:
        yield turn.reply(phrase)


def wordless(turn: Turn, _: Wordless) -> Texts:
    """A picture, an emoji, a shared place, or nothing at all."""
    matches = turn.matches
    own = turn.own[-1] if turn.own else None
    if turn.heard.location and own is not None and not own.place:
        own.place = turn.heard.location
        turn.session.add(own)
        if own.state is State.DRAFT:
            yield from intake.next_step(turn, own)
        elif matches:
            yield from relaying.pass_on(turn, own, turn.heard.location)
        else:
            yield turn.reply("more_added", about=own)
    elif len(matches) == 1:
        yield from relaying.pass_on(turn, matches[0], turn.heard.location or turn.heard.body)
    elif turn.heard.media:
        yield turn.reply("only_words")
    else:
        yield from _lost(turn, "say_it_in_words", turn.heard.body)


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
    else:
        yield turn.reply("which_one", choices=choices)


def thanks(turn: Turn, _: Order) -> Texts:
    """Kind words go to the other side if there is one."""
    matches = turn.matches
    if receipt.is_answer(turn):
        yield from receipt.came(turn, Answer(receipt.YES, turn.heard.body))
    elif len(matches) == 1:
        yield from relaying.pass_on(turn, matches[0], turn.heard.body)
    elif (
        (talk := _goes_on(turn, NOTHING_SAID)) is not None and turn.told_last and turn.told_last[0] == "from_neighbor"
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
        yield from intake.next_step(turn, drafts[-1])
    else:
        if turn.speaker.language is None and order.language in phrasebook.languages():
            turn.speaker.language = order.language
        turn.ask(turn.speaker, Question.NEED, options=len(intake.OFFERED_NEEDS))
        yield turn.reply("hello", line=Ours(turn.line.name))
