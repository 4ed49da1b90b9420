"""How much one person may ask for: nothing is refused, but what is too much at once joins what is there, or waits."""

from handlers.talking import relaying
from handlers.turn import DAY, Texts, Turn
from handlers.wording.summary import Ours
from models import events, requests
from models.requests import TALKING, Request, State


def joins(turn: Turn) -> Request | None:
    """The request that what they need now joins, because too many of theirs are open; None if there is room."""
    most, own = turn.line.policy.most_open_requests, turn.own
    if most and len(own) >= most:
        open_ones = [r for r in own if r.state not in TALKING and not r.emergency]
        return (open_ones or own)[-1]
    waiting = [r for r in own if r.state is State.HELD and not r.emergency]
    return waiting[-1] if waiting and used_up(turn) else None


def join(turn: Turn, request: Request, words: str) -> Texts:
    """Add to a request what they need now, and say so; whoever has it hears it."""
    requests.add_words(turn.session, request, words, turn.now, by=turn.speaker.id)
    yield turn.reply("joined_last", about=request)
    if request.state in TALKING:
        carried = relaying.pass_on(turn, request, words)
        yield from (text for text in carried if text.to.id != turn.speaker.id)


def used_up(turn: Turn) -> bool:
    """Whether they have asked as often within a day as neighbors are asked for one person."""
    most = turn.line.policy.requests_per_day
    return bool(most) and len(_today(turn)) >= most


def hold(turn: Turn, request: Request) -> Texts:
    """It waits for whoever is on duty, who hear of it once."""
    dial = Ours(turn.line.emergency_number)
    yield turn.reply("many_today", about=request, dial=dial)
    if not events.happened_since(turn.session, _today(turn), "many_today_told", turn.now - DAY):
        told = list(turn.tell_duty("duty_many_today", about=request, but=turn.speaker.id))
        if told:
            requests.record(turn.session, request, "many_today_told", turn.now)
        yield from told


def _today(turn: Turn) -> list[Request]:
    """What they asked for themselves; what comes again by itself counts by Policy.most_recurring."""
    return [r for r in turn.asked_for if r.created_at > turn.now - DAY and r.repeats is None]
