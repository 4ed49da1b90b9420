"""Where a request stands, honestly, for whoever asked for it or has it."""

from dataclasses import replace

from handlers import brake, first_answer
from handlers.turn import Text, Turn
from models import assignments, offers
from models.requests import Request, State


def of(turn: Turn, request: Request) -> Text:
    """How it stands with this request."""
    if first_answer.at_home(request) and request.live:
        return turn.reply("status_quiet", about=request)
    holder = assignments.on(turn.session, request)
    what = replace(turn.what(request), takes=())  # they know what it takes
    name = turn.somebody(holder[1]) if holder else None
    phrase = f"status_{request.state}"
    if request.state is State.CLOSED:
        phrase = f"status_closed_{request.outcome}"
    elif request.state is State.CLAIMED and holder and holder[0].on_the_way_at:
        phrase = "status_coming"
    asked_count = offers.count(turn.session, request.id)
    if request.state is State.OPEN and not asked_count and brake.waited(turn, request):
        phrase = "status_waiting"
    return turn.reply(phrase, about=request, what=what, name=name, n=asked_count)
