"""Words of a person's own: a need, an offer, a question, or words for the other side of an open match."""

from datetime import timedelta

from handlers import grammar, intake, passing, phrasebook
from handlers.intents import Ambiguous, Free, Hello, Kind, Thanks, Understanding, Wordless
from handlers.summary import Said, Several, Verb
from handlers.turn import Question, Texts, Turn
from models import assignments, inbound, requests
from models.requests import Request, State

LOST = ("question", "other", "wordless", "ambiguous")  # intents that we could not act on


def free(turn: Turn, intent: Free) -> Texts:
    """Understand, or ask back; somebody who has a match open is talking with the other side."""
    meaning = intent.meaning
    matches = assignments.matches_of(turn.session, turn.speaker.id)
    if meaning.emergency:
        yield from _emergency(turn, intent, matches)
    elif len(matches) == 1:
        if meaning.kind is Kind.ASK and meaning.needs:
            yield from _whereto(turn, matches[0], intent.words)
        else:
            yield from passing.pass_on(turn, matches[0], intent.words)
    elif matches:
        yield turn.reply("to_which", choices=Several([f"@{r.number}" for r in matches], style="or"))
    else:
        yield from _new(turn, intent.words, meaning)


def _new(turn: Turn, words: str, meaning: Understanding) -> Texts:
    own = [r for r in requests.live_of(turn.session, turn.speaker.id) if r.state in (State.OPEN, State.HELD)]
    if meaning.kind is Kind.ASK:
        if len(own) == 1:
            yield from _whereto(turn, own[0], words)
        else:
            yield from intake.begin(turn, words, meaning)
    elif turn.heard.location:
        yield from wordless(turn, Wordless())
    elif meaning.kind is Kind.OFFER:
        intake.speak(turn, meaning)
        yield turn.reply("offer_helper" if turn.speaker.helps else "offer_join")
    else:
        intake.speak(turn, meaning)
        yield from _lost(turn, "how_it_works" if meaning.kind is Kind.QUESTION else "not_understood", words)


def _whereto(turn: Turn, request: Request, words: str) -> Texts:
    turn.ask(turn.speaker, Question.WHERETO, request, options=2, words=words)
    holder = assignments.on(turn.session, request)
    with_somebody = holder is not None and request.state in passing.TALKING
    if not with_somebody:
        yield turn.reply("add_or_new", about=request)
    elif request.person_id == turn.speaker.id and holder is not None:
        yield turn.reply("tell_or_new", about=request, name=holder[1].name or Said("a_neighbor"))
    else:
        yield turn.reply("tell_neighbor_or_new", about=request)


def _emergency(turn: Turn, intent: Free, matches: list[Request]) -> Texts:
    live = requests.live_of(turn.session, turn.speaker.id) or matches
    if not live:
        yield from intake.begin(turn, intent.words, intent.meaning)
        return
    request = live[-1]
    request.emergency = True
    requests.add_words(turn.session, request, intent.words, turn.now, by=turn.speaker.id)
    yield from intake.emergency(turn, request)
    if request in matches:
        yield from (text for text in passing.pass_on(turn, request, intent.words) if text.to.id != turn.speaker.id)


def _lost(turn: Turn, phrase: str, words: str) -> Texts:
    """Answer as well as we can; after the third time in a day, a person is told."""
    since = turn.now - timedelta(days=1)
    times = inbound.times_since(turn.session, turn.speaker.id, LOST, since)
    if times == turn.line.policy.misunderstandings:
        told = list(turn.tell_duty("duty_misunderstood", but=turn.speaker.id, words=words, who=turn.speaker.id))
        yield turn.reply("person_told" if told else phrase)
        yield from told
    else:
        yield turn.reply(phrase)


def wordless(turn: Turn, _: Wordless) -> Texts:
    """A picture, an emoji, a shared place, or nothing at all."""
    matches = assignments.matches_of(turn.session, turn.speaker.id)
    drafts = [r for r in requests.live_of(turn.session, turn.speaker.id) if r.state is State.DRAFT]
    if turn.heard.location and drafts:
        draft = drafts[-1]
        draft.place = turn.heard.location
        turn.session.add(draft)
        yield from intake.next_step(turn, draft)
    elif len(matches) == 1:
        yield from passing.pass_on(turn, matches[0], turn.heard.location or turn.heard.body)
    elif turn.heard.media:
        yield turn.reply("only_words")
    else:
        yield from _lost(turn, "say_it_in_words", turn.heard.body)


def ambiguous(turn: Turn, intent: Ambiguous) -> Texts:
    """It could mean two things: show the choices, do nothing."""
    choices = Several([Verb("claim", n) for n in intent.offers], style="or")
    question = f"answer_{turn.asked.question}" if turn.asked else "answer_other"
    if intent.answer:
        yield turn.reply("two_things", choices=choices, answer=Said(question))
    else:
        yield turn.reply("which_one", choices=choices)


def thanks(turn: Turn, _: Thanks) -> Texts:
    """Kind words go to the other side if there is one."""
    matches = assignments.matches_of(turn.session, turn.speaker.id)
    if len(matches) == 1:
        yield from passing.pass_on(turn, matches[0], turn.heard.body)
    else:
        yield turn.reply("welcome")


def hello(turn: Turn, _: Hello) -> Texts:
    """A greeting: to the other side of a match, or else the way into asking."""
    matches = assignments.matches_of(turn.session, turn.speaker.id)
    drafts = [r for r in requests.live_of(turn.session, turn.speaker.id) if r.state is State.DRAFT]
    if len(matches) == 1:
        yield from passing.pass_on(turn, matches[0], turn.heard.body)
    elif drafts:
        yield from intake.next_step(turn, drafts[-1])
    else:
        greeted = grammar.language_of(turn.heard.body)
        if turn.speaker.language is None and greeted in phrasebook.languages():
            turn.speaker.language = greeted
        turn.ask(turn.speaker, Question.NEED, options=len(intake.OFFERED_NEEDS))
        yield turn.reply("hello", line=turn.line.name)
