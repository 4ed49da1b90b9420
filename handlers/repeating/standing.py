"""Where a request stands, honestly, for whoever asked for it or has it: what was done, what comes next, and when."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from handlers.asking import admission, unmet
from handlers.asking.unmet import Plan
from handlers.goods import pledge_words
from handlers.helping import company, lease
from handlers.needs import timing
from handlers.safety import first_answer, watch
from handlers.turn import Text, Turn
from handlers.understanding.intents import DangerKind
from handlers.where import doors
from handlers.wording.summary import Place, Quoted, Said, When
from models import assignments, events, invitations, stock, waiting
from models.alarms import Alarm
from models.assignments import Assignment
from models.distributions import Distribution, Invitation
from models.requests import Request, State
from models.stock import State as StockState


def of(turn: Turn, request: Request) -> Text:
    """How it stands with this request. To ask for one's own is to want it."""
    if first_answer.at_home(request) and request.live:
        return turn.reply("status_quiet", about=request)
    if (
        request.state is State.OPEN
        and request.is_booked(turn.now)
        and (found := invitations.booking(turn.session, request))
    ):
        return _booked(turn, request, *found)
    if request.state is State.OPEN:
        return _in_stock(turn, request) or _open(turn, request)
    if request.state is State.HELD and (alarm := watch.unheard(turn, request)) and _waits_for_help(alarm):
        awake = watch.awake(turn, request, but=turn.speaker.id)
        dial = first_answer.whom(turn.line, alarm.kind)
        return turn.reply("still_nobody" if awake else "still_nobody_here", about=request, dial=dial)
    holder = assignments.on(turn.session, request)
    what = replace(turn.what(request, doors.sight_of_speaker(turn, request)), takes=())  # they know what it takes
    phrase, values = f"status_{request.state}", dict[str, Any]()
    if request.state is State.CLOSED:
        phrase = f"status_closed_{request.outcome}"
        if phrase == "status_closed_unmet" and events.who_did(turn.session, request, "closed"):
            phrase = "status_closed_by_duty"
    elif request.state is State.CLAIMED and holder:
        phrase, values = _claimed(turn, request, holder[0])
    elif request.state is State.HELD and not turn.on_duty(request):
        phrase = "status_held_nobody"
    elif request.state is State.HELD:
        when = watch.reads(turn, request, turn.speaker.id)
        values = {"reads": Said("duty_reads", {"when": when}) if when else None}
    name = turn.somebody(holder[1]) if holder else None
    if request.state is State.CLAIMED and (crew := company.everybody(turn, request)) is not None:
        due = request.next_wave_at if request.has_room else None
        then = Said("crew_goes_on", {"when": unmet.soon(turn, due)}) if due else None
        return turn.reply("status_crew", about=request, what=what, name=crew, then=then)
    return turn.reply(phrase, about=request, what=what, name=name, **values)


def _in_stock(turn: Turn, request: Request) -> Text | None:
    """What the group keeps for them of what it has; or that they were just asked whether it shall. Else nothing."""
    found = stock.of_request(turn.session, request.id, StockState.PROMISED, StockState.ASKED)
    for kept, item in sorted(found, key=lambda each: each[0].state is not StockState.PROMISED):
        thing = Quoted(item.label)
        if kept.state is StockState.PROMISED:
            until = pledge_words.until(turn, item.until - timedelta(days=1))
            pickup = Said("stock_at", {"pickup": Quoted(item.pickup)}) if item.pickup else None
            return turn.reply("stock_still_kept", about=request, thing=thing, pickup=pickup, until=until)
        if not request.wave:
            return turn.reply("stock_offered", about=request, thing=thing)
    return None


def _waits_for_help(alarm: Alarm) -> bool:
    """Whether it is for whoever answers 911 too, and nobody has said that all is well."""
    return alarm.kind not in (DangerKind.RAID, DangerKind.URGENT_CARE) and alarm.safe_at is None


def want(turn: Turn, request: Request) -> None:
    """A word of its neighbor about it: they need it still."""
    if request.state is State.OPEN and request.wanted_at != turn.now:
        request.wanted_at = turn.now
        turn.session.add(request)


def _claimed(turn: Turn, request: Request, held: Assignment) -> tuple[str, dict[str, Any]]:
    """Since when somebody has it, and when they come, as far as either has said."""
    zone = turn.line.timezone
    if held.on_the_way_at:
        return "status_coming", {"since": When(held.on_the_way_at, zone)}
    if held.warned_at and held.leased_until:
        return "status_claimed_asked", {"when": When(held.leased_until, zone)}
    awaited = lease.window(held, request)
    coming = awaited is not None and awaited.ends > turn.now
    then = Said("comes_at", {"when": timing.named(turn, held, request)}) if coming else None
    return "status_claimed", {"when": When(lease.heard(held), zone), "comes": then}


def _booked(turn: Turn, request: Request, distribution: Distribution, one: Invitation) -> Text:
    """They fetch it themselves, at a distribution."""
    if request.person_id == turn.speaker.id:
        want(turn, request)
    when = unmet.soon(turn, distribution.slot_begins(one.slot or 0))
    return turn.reply("status_booked", about=request, when=when, place=Place(distribution.place), tag=one.tag)


def _open(turn: Turn, request: Request) -> Text:
    """How many were asked, how many said no, and when it goes on."""
    if request.person_id == turn.speaker.id:
        want(turn, request)
    if request.in_line and not request.presses:
        return _in_line(turn, request)
    plan = unmet.plan(turn, request)
    asked = waiting.asked(turn.session, request)
    said_no = Said("said_no", {"n": asked.said_no}) if asked.said_no else None
    goes_on = (plan.round_at if asked.people else None) or request.next_action_at or turn.now
    if turn.line.is_paused(turn.now) and not request.in_danger:
        goes_on = max(goes_on, turn.line.paused_until or goes_on)
    when = unmet.soon(turn, goes_on)
    lately = unmet.lately(turn, request)
    what = replace(turn.what(request, doors.sight_of_speaker(turn, request)), takes=())
    values: dict[str, Any] = {"what": what, "when": when, "lately": lately, "said_no": said_no}
    return turn.reply(_phrase(turn, request, plan, asked.people), about=request, n=asked.people, **values)


def _in_line(turn: Turn, request: Request) -> Text:
    """Its place, and when its turn likely comes."""
    waits = admission.waits(turn, request)
    what = replace(turn.what(request, doors.sight_of_speaker(turn, request)), takes=())
    phrase = "status_line" if waits.turn is not None else "status_line_closed"
    return turn.reply(phrase, about=request, what=what, **admission.said(turn, request, waits))


def _phrase(turn: Turn, request: Request, plan: Plan, asked: int) -> str:
    if turn.line.is_paused(turn.now) and not request.in_danger:
        return "status_paused"
    if plan.passed:
        return "status_passed"
    last = max(("held_back", "wave", "nobody_left"), key=lambda kind: plan.marks.get(kind, request.created_at))
    if last == "held_back" and "held_back" in plan.marks:
        return "status_waiting"
    if not asked:
        return "status_nobody"
    return "status_asked_all" if plan.nobody_left is not None else "status_open"
