"""What a claim holds by: drawn up when it is won, renewed by each word of the volunteer about it."""

from datetime import datetime, timedelta
from typing import Any

from handlers.helping import lease
from handlers.helping.lease import Terms
from handlers.turn import Context, Turn
from handlers.understanding.when.resolving import Needed
from models import assignments, crews, lines, requests
from models.assignments import Assignment, State
from models.requests import Request
from models.requests import State as RequestState

SAID = {State.LAPSED: "lapsed", State.DONE: "done_already"}  # to whoever had it, of how it ended
JUST_NOW = timedelta(minutes=5)  # two people write to each other: not every text needs a write


def terms(context: Context, request: Request) -> Terms:
    """How time is counted for a claim of this request on this line."""
    return lease.terms(request, context.line.policy, lines.waking(context.line))


def draw_up(
    context: Context, request: Request, person_id: int, note: str = "", comes: Needed | None = None
) -> Assignment:
    """An assignment to be started once the request is won; `comes` is when the volunteer says that they come."""
    held = Assignment(
        request_id=request.id,
        person_id=person_id,
        state=State.ACTIVE,
        note=note or None,
        taken_at=context.now,
        heard_at=context.now,
        **_comes(comes),
    )
    held.leased_until = lease.ends(held, request, terms(context, request), context.now)
    return held


def _comes(named: Needed | None) -> dict[str, Any]:
    if named is None:
        return {"comes_as": None, "comes_from": None, "comes_until": None}
    return {"comes_as": named.as_, "comes_from": named.start, "comes_until": named.end}


def take(turn: Turn, request: Request, note: str = "", comes: Needed | None = None) -> Assignment | None:
    """The terms on which the speaker has this request from now on, to be started; None if somebody was faster."""
    held = draw_up(turn, request, turn.speaker.id, note, comes)
    look = first_look(turn, request, held)
    if not get(turn, request, turn.speaker.id, look):
        return None
    return won(turn, held, request)


def get(context: Context, request: Request, person_id: int, look_at: datetime) -> bool:
    """Whether a volunteer gets an open request, or a free place beside those who have it; decided by the UPDATE."""
    session, now = context.session, context.now

    def joined() -> bool:
        room = request.state is RequestState.CLAIMED and request.has_room
        return room and crews.join(session, request, by=person_id, now=now, look_at=look_at)

    def taken() -> bool:
        return requests.take(session, request, by=person_id, now=now, next_action_at=look_at)

    # Whoever had it may have given it back, or others may have joined, since it was read.
    return joined() or taken() or joined()


def won(context: Context, held: Assignment, request: Request) -> Assignment:
    """The terms of a claim that has just been won, anew if another time was named at the same moment."""
    before = lease.window(held, request)
    context.session.refresh(request)
    if request.has_room and request.next_wave_at is None:  # more were wanted at this very moment
        requests.schedule_wave(context.session, request, context.now)
    if lease.window(held, request) == before:
        return held
    anew = draw_up(context, request, held.person_id, held.note or "", lease.own_time(held))
    look_again(context, anew, request)
    return anew


def first_look(context: Context, request: Request, held: Assignment) -> datetime:
    """When time must act on a claim first."""
    return lease.next_step(held, request, terms(context, request)).at


def renew(context: Context, held: Assignment, request: Request) -> bool:
    """The volunteer has said a word about it: it holds anew. False if it had lapsed at this very moment.

    When time looks at it next is left as it is: that is too early rather than too late, and costs nothing now.
    """
    quiet = held.nudged_at is None and held.warned_at is None and held.at_door_at is None
    if quiet and held.heard_at is not None and context.now - held.heard_at < JUST_NOW:
        return True
    until = lease.ends(held, request, terms(context, request), context.now)
    anew: dict[str, Any] = {"heard_at": context.now, "leased_until": until}
    return assignments.change(context.session, held, **anew, nudged_at=None, warned_at=None, at_door_at=None)


def lost(context: Context, held: Assignment, request: Request) -> str:
    """The phrase by which a volunteer hears that it ended, or went to others, as they spoke."""
    context.session.refresh(request)
    if held.state in SAID:
        return SAID[held.state]
    return "moved_on" if request.live else "claim_over"


def heard(turn: Turn, request: Request) -> bool:
    """The same, if whoever speaks has this request in hand."""
    held = next((held for held, r in turn.held if r.id == request.id), None)
    return held is not None and renew(turn, held, request)


def set_time(context: Context, held: Assignment, request: Request, comes: Needed | None) -> bool:
    """Another time was named, by the volunteer or (None) in the request: both are reminded of it anew.

    False if the assignment had ended.
    """
    changed = assignments.change(context.session, held, **_comes(comes), reminded_at=context.now)
    if changed:
        until = lease.ends(held, request, terms(context, request), lease.heard(held))
        changed = assignments.change(context.session, held, leased_until=until)
        look_again(context, held, request)
    return changed


def look_again(context: Context, held: Assignment, request: Request) -> None:
    """Let time act on a claim when it is next due; of several, when the first is, or more are asked."""
    look = first_look(context, request, held)
    due = request.next_action_at if request.several else None
    requests.schedule(context.session, request, min(look, due) if due is not None and due > context.now else look)


def asked_lately(context: Context, held: Assignment) -> datetime | None:
    """When the volunteer was last asked about it and has not said a word since, if that was a short time ago."""
    asked = max((at for at in (held.nudged_at, held.reminded_at) if at), default=None)
    again = timedelta(minutes=context.line.policy.ask_again)
    if asked is None or asked <= lease.heard(held) or context.now - asked >= again:
        return None
    return asked


def deadline(context: Context, held: Assignment, request: Request, span: timedelta | None = None) -> datetime:
    """Until when the volunteer, who is asked now, has time to answer: a quarter of what a word holds."""
    terms_ = terms(context, request)
    until = terms_.after(context.now, span or terms_.holds / 4)
    return until if held.leased_until is None else min(held.leased_until, max(until, context.now))
