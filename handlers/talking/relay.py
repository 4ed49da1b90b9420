"""Words addressed to a request: they go to its other side."""

from handlers.helping import volunteer_talk
from handlers.needs import choosing
from handlers.talking import pace, relaying
from handlers.turn import Texts, Turn
from handlers.understanding.intents import Order
from handlers.wording.summary import Quoted
from models import assignments, kept_apart, requests
from models.delivery.outbound import Lane
from models.requests import Request


def relay(turn: Turn, order: Order) -> Texts:
    """@42 words: to the other side of #42."""
    request = choosing.current(turn, order.numbers[0])
    if request is not None and order.note and _may_ask(turn, request):
        yield from volunteer_talk.ask_before(turn, request, order.note)
    elif (
        request is not None and order.note and choosing.merged(turn, order.numbers)
    ):  # goes on as that of another neighbor
        yield from _added(turn, request, order.note)
    elif request is None or not relaying.may_write(turn, request):
        yield turn.reply("unknown_number", number=order.numbers[0])
    elif not order.note and not turn.heard.media:
        yield turn.reply("relay_what", about=request)
    else:
        yield from relaying.pass_on(turn, request, order.note)


def _may_ask(turn: Turn, request: Request) -> bool:
    """Whether a volunteer may ask the neighbor something before they take it: whoever might take it."""
    if not turn.speaker.helps or not request.has_room or request.person_id == turn.speaker.id:
        return False
    apart = kept_apart.are(turn.session, request, turn.speaker.id)
    had_it = (
        assignments.held_of(turn.session, request, turn.speaker.id) is not None
    )  # the neighbor says that it did not come
    return not apart and not had_it and not relaying.may_write(turn, request)


def _added(turn: Turn, request: Request, words: str) -> Texts:
    """Words of whoever told of the same need: kept with it, and read by who has it in hand."""
    requests.add_words(turn.session, request, words, turn.now, by=turn.speaker.id)
    yield turn.reply("more_added", about=request)
    holder = assignments.on(turn.session, request)
    for _, helper in assignments.all_on(turn.session, request) if request.several else [holder] if holder else []:
        if turn.speaker.id not in kept_apart.of(turn.session, helper.id):
            text = turn.tell(helper, "from_neighbor", about=request, lane=Lane.REPLY, words=Quoted(words))
            yield from pace.paced(turn, request, turn.speaker, text, words)
