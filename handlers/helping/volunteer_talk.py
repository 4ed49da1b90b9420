"""Volunteers answer an offer in words of their own, and ask about it before they take it."""

from handlers.asking import bundles
from handlers.goods import giving, things
from handlers.helping import browse, claim
from handlers.needs import intake, timing
from handlers.talking import relaying
from handlers.turn import Text, Texts, Turn
from handlers.understanding.intents import Answer, Free, Kind, Need, Order, Question
from handlers.where import vicinity
from handlers.wording import lures, takes
from handlers.wording.summary import Quoted, Several, Verb
from models import events, people, requests
from models.people import Person
from models.requests import Request, State

QUESTIONS_EACH = 2  # of one volunteer about one request, before they take it
QUESTIONS_ALL = 4  # of all of them
ASKED = "helper_asked"  # the event of such a question
A_NUMBER = 6  # digits may be somebody's phone
OTHERS = 2  # which they may have meant instead, named in one answer
A_YES = 4  # words: so many that take something on say more than that
SHORT = 2  # words that say little: beyond a yes, "yes i can for sure", or before a question mark


def accept(turn: Turn, intent: Free) -> Texts:
    """Yes, in any words: "I can go at 6". What is said beyond the yes travels along."""
    request, texts = _offered(turn, intent, "claim")
    yield from texts
    if request is None:
        return
    named = {*map(str, intent.meaning.needs)} - {Need.OTHER}
    fits = not named or bool(named.intersection(request.needs)) or request.needs == [Need.OTHER]
    fits |= takes.moves(request.text) and takes.tells(intent.words, takes.MOVED)  # "i can help with the couch"
    others = [] if named else _others_named(turn, request, intent)
    doubts = intent.words.endswith("?") and len(intent.words.split()) <= SHORT
    if doubts or others:  # "me?" takes nothing on; and they may mean one of those
        yield waits(turn, [request.number, *others])
    elif fits:
        yield from claim.claim(turn, Order("claim", (request.number,), _beyond(intent), when=intent.meaning.when))
    else:
        yield waits(turn, [request.number])


def _others_named(turn: Turn, request: Request, intent: Free) -> list[int]:
    """What else is open that they name, and this one is not: "i can do the ride one"."""
    named = {*map(str, intent.meaning.needs_if_asked)} - {Need.OTHER}
    if not named or named.intersection(request.needs):
        return []
    waiting = requests.open_longest(turn.session, turn.line.id, browse.LOOKED_AT)
    fit = (r for r in waiting if r.id != request.id and named.intersection(r.needs))
    return [r.number for r in fit if browse.may_meet(turn, turn.speaker, r)][:OTHERS]


def has_it(turn: Turn, intent: Free) -> Texts:
    """They have what somebody needs: a yes if it is what they were asked for; else, if they give it, it is kept."""
    named = {*map(str, intent.meaning.needs_if_asked)}
    have = things.named(intent.words)
    fit = [r for r in _pending(turn) if named.intersection(r.needs)]
    asked = [r for r in fit if not have or not (needed := things.named(r.text)) or have & needed]
    if not asked and have and intent.meaning.kind is Kind.OFFER:  # a crib, to who was asked for diapers
        yield from giving.offered(turn, intent.words, intent.meaning)
    elif len(asked) == 1:
        yield from claim.claim(turn, Order("claim", (asked[0].number,), intent.words, when=intent.meaning.when))
    else:
        yield waits(turn, [r.number for r in asked or _pending(turn)])


def decline(turn: Turn, intent: Free) -> Texts:
    """No, in any words: no hard feelings."""
    if intent.quoted is None and bundles.together(turn, turn.speaker):
        yield from claim.pass_(turn, Order("pass"))
        return
    request, texts = _offered(turn, intent, "pass")
    yield from texts
    if request is not None and request.number not in turn.offered:
        yield turn.reply("passed_late")
    elif request is not None:
        yield from claim.pass_(turn, Order("pass", (request.number,)))


def too_late(turn: Turn, _: Free) -> Texts:
    """Yes, but somebody else was faster."""
    about = turn.told_last[1] if turn.told_last else None
    if about is not None:
        yield from claim.claim(turn, Order("claim", (requests.by_id(turn.session, about).number,)))


def no_matter(turn: Turn, _: Free) -> Texts:
    """No, to what somebody else has taken already."""
    yield turn.reply("passed_late")


def still_needed(turn: Turn, intent: Free) -> Texts:
    """Is it still needed? Where it stands."""
    request, texts = _offered(turn, intent, "claim")
    yield from texts
    if request is not None:
        yield turn.reply("offer_still", about=request, what=turn.what(request))


def where(turn: Turn, intent: Free | None = None) -> Texts:
    """What is the address? It is for whoever goes there."""
    request, texts = _offered(turn, intent, "claim")
    yield from texts
    if request is not None:
        yield turn.reply("offer_where", about=request, what=turn.what(request))


def number(turn: Turn, intent: Free) -> Texts:
    """What is her phone number? It stays private."""
    request, texts = _offered(turn, intent, "claim")
    yield from texts
    if request is not None:
        yield turn.reply("offer_private", about=request)


def detail(turn: Turn, intent: Free) -> Texts:
    """When? Which floor? The neighbor alone knows."""
    request, texts = _offered(turn, intent, "claim")
    yield from texts
    if request is not None:
        yield from ask_before(turn, request, intent.words)


def ask_before(turn: Turn, request: Request, words: str) -> Texts:
    """Carry a question of somebody who has not taken it yet to the neighbor, who does not learn whose it is."""
    askers = events.who_did(turn.session, request, ASKED)
    neighbor = people.by_id(turn.session, request.person_id)
    too_many = askers.count(turn.speaker.id) >= QUESTIONS_EACH or len(askers) >= QUESTIONS_ALL
    if too_many or neighbor.opted_out_at is not None:
        yield turn.reply("offer_still", about=request, what=turn.what(request))
        return
    requests.record(turn.session, request, ASKED, turn.now, by=turn.speaker.id, words=words)
    yield turn.reply("offer_asked", about=request)
    turn.ask_if_free(neighbor, Question.DETAIL, request)
    yield turn.tell(neighbor, "somebody_asks", about=request, words=Quoted(words))


def answered(turn: Turn, intent: Answer) -> Texts:
    """The neighbor answers what somebody wants to know before they take it. It is kept for whoever comes."""
    about = turn.asked.request_id if turn.asked else None
    request = requests.by_id(turn.session, about) if about is not None else None
    turn.unask(turn.speaker)
    if request is None or not request.live:
        yield turn.reply("nothing_waits")
    elif request.state is State.OPEN:
        timing.learn(turn, request, intent.meaning)
        requests.add_words(turn.session, request, intent.words, turn.now, by=turn.speaker.id)
        yield turn.reply("answer_kept", about=request)
        private = intent.meaning.place or vicinity.tells_place(intent.words)
        private = private or sum(c.isdigit() for c in intent.words) >= A_NUMBER
        for asker in _askers(turn, request):
            if private or lures.found(intent.words):  # for whoever goes there alone
                yield turn.tell(asker, "offer_answered", about=request)
            else:
                yield turn.tell(asker, "offer_answer", about=request, words=Quoted(intent.words))
    else:
        yield from relaying.pass_on(turn, request, intent.words)
    if request is not None and _is_another(request, intent):  # and they need something else, too
        yield from intake.begin(turn, intent.words, intent.meaning, like=request)


def _is_another(request: Request, intent: Answer) -> bool:
    """Whether they ask for something else rather than answer."""
    named = {*map(str, intent.meaning.needs)} - {Need.OTHER}
    return intent.meaning.kind is Kind.ASK and bool(named) and named.isdisjoint(request.needs)


def waits(turn: Turn, numbers: list[int]) -> Text:
    """What they were asked about and have not answered."""
    if len(numbers) != 1:
        return turn.reply("which_one", choices=Several([Verb("claim", n) for n in numbers], style="or"))
    return turn.reply("offer_waits", number=numbers[0])


def _askers(turn: Turn, request: Request) -> list[Person]:
    ids = dict.fromkeys(events.who_did(turn.session, request, ASKED))
    return [p for p in (people.by_id(turn.session, id_) for id_ in ids) if p.opted_out_at is None]


def _pending(turn: Turn) -> list[Request]:
    return [r for n in turn.offered if (r := requests.by_number(turn.session, turn.line.id, n))]


def _offered(turn: Turn, intent: Free | None, verb: str) -> tuple[Request | None, list[Text]]:
    """The one request that they were asked about, or the choices."""
    pending = _pending(turn)
    quoted = [r for r in pending if intent and r.number == intent.quoted]
    if quoted:
        return quoted[0], []
    number = intent.quoted if intent else None
    if number is not None and (other := requests.by_number(turn.session, turn.line.id, number)):
        return other, []  # they speak of that one, whatever else waits
    if len(pending) == 1:
        return pending[0], []
    which = "which_or_all" if verb == "claim" and bundles.together(turn, turn.speaker) else "which_one"
    return None, [turn.reply(which, choices=Several([Verb(verb, r.number) for r in pending], style="or"))]


def _beyond(intent: Free) -> str:
    """What they say beyond the yes: an hour, a condition."""
    after = intent.words.partition(intent.act_words)[2].strip(" ,.;:!-") if intent.act_words else ""
    after = after.removeprefix("that ").removeprefix("it ")
    spread = any(c in "!.?" for c in intent.act_words)  # over sentences: "me!! after work tho"
    spread |= len(intent.act_words.split()) > A_YES  # "me and my brother can come"
    if spread or (intent.meaning.when is not None and not after):  # "tomorrow morning i can"
        return intent.words
    many = len(after.split()) > SHORT or any(c.isdigit() for c in after) or intent.meaning.when is not None
    return after if many else ""
