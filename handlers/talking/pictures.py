"""Pictures and voice messages outside a talk: kept for whoever comes, or for duty where they come with DONE."""

from handlers.talking import media, passing, relaying
from handlers.turn import DAY, KEPT, Texts, Turn
from handlers.understanding.intents import Intent, Order, Understood
from handlers.wording.summary import Said
from models import attachments, requests
from models.delivery.outbound import Lane
from models.requests import Request, State

DONE = "done"


def keep(turn: Turn, request: Request, before: tuple[str, ...] = ()) -> None:
    """What came is kept with a request, for whoever takes it; and what they sent `before` there was one."""
    media.keep(turn, request, before)
    passing.came(turn, request)
    if before:
        since = turn.speaker.question_asked_at or turn.now
        attachments.adopt(turn.session, turn.speaker.id, request.id, since - DAY)


def answer(turn: Turn, about: Request | None) -> Texts:
    """Something came without words, to nobody in particular: what it was, what became of it, and what helps now."""
    if about is None and turn.helped and media.goes_on(turn.heard):
        yield from receipt(turn, turn.helped[0])
        return
    if about is not None:
        media.keep(turn, about)
    found = passing.came(turn, about)
    yield from passing.enough(turn, found)
    yield from media.answer(turn, about)
    if found.pieces and about is None:
        yield turn.reply("media_first", cannot=Said("media_thanks", {"what": found.named()}))
    elif found.pieces:
        yield turn.later(turn.reply("media_kept", about=about, what=found.named()), KEPT)


def receipt(turn: Turn, request: Request) -> Texts:
    """What somebody sends with DONE is for duty: a receipt, mostly."""
    media.record(turn, request)
    found = passing.came(turn, request, receipt=True)
    yield from passing.enough(turn, found)
    if found.pieces:
        yield turn.reply("receipt_kept", about=request, what=found.named())
        yield from passing.to_duty(turn, request, found, passing.RECEIPT)


def left_over(turn: Turn, understood: Understood) -> Texts:
    """What came beside a command or in danger, of which nobody has spoken yet."""
    heard = turn.speaker.banned_at is None and turn.speaker.opted_out_at is None
    if not heard or not media.goes_on(turn.heard):
        return
    intent = understood.intent
    request = _about(turn, intent)
    if request is None:
        return
    carried = request.person_id != turn.speaker.id
    if understood.danger and not relaying.is_talk(turn, request):  # whoever is on duty sees it at once
        yield from passing.to_duty(turn, request, passing.came(turn, request), lane=Lane.SAFETY)
    elif passing.is_noted(turn):
        return
    elif carried and isinstance(intent, Order) and intent.command == DONE:
        yield from receipt(turn, request)
    elif _goes_over(turn, request):
        yield from relaying.pass_on(turn, request, "")
    else:
        media.record(turn, request)
        found = passing.came(turn, request)
        yield from passing.enough(turn, found)
        if found.pieces:
            yield turn.reply("media_kept", about=request, what=found.named())


def _goes_over(turn: Turn, request: Request) -> bool:
    """Whether it goes to the other side, as words would; also where somebody left it, after they have."""
    if request.person_id != turn.speaker.id and request.state is State.DELIVERED:
        return True
    return request.live and relaying.may_write(turn, request) and relaying.is_talk(turn, request)


def _about(turn: Turn, intent: Intent) -> Request | None:
    """The request that a command names, or the one that they have to do with."""
    numbers = intent.numbers if isinstance(intent, Order) else ()
    named = (requests.by_number(turn.session, turn.line.id, number) for number in numbers)
    begun = requests.recent_of(turn.session, turn.speaker.id, turn.now) if not turn.own else []
    theirs = [*(turn.own or begun), *(r for _, r in turn.held), *turn.helped]
    for request in [*(r for r in named if r is not None), *([theirs[-1]] if theirs and not numbers else [])]:
        if request in theirs or relaying.may_write(turn, request):
            return request
    return None
