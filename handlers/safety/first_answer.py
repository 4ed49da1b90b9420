"""What somebody in danger is told: whom to call, by the kind of danger, and whether anybody here has heard it."""

from handlers.turn import Text, Turn
from handlers.understanding.intents import DangerKind
from handlers.wording.summary import Ours, Said, Several
from models.delivery.outbound import Lane
from models.lines import Line
from models.requests import Request

# Whom else to call, by the line's country. A line may have its own: hotline line rule danger_numbers.
BESIDE = {
    "US": {DangerKind.SELF_HARM: "988", DangerKind.POISON: "1-800-222-1222"},
    "CA": {DangerKind.SELF_HARM: "988", DangerKind.POISON: "1-844-764-7669"},
}
PHRASES = {
    DangerKind.SELF_HARM: "emergency_self_harm",
    DangerKind.CHILD_ALONE: "emergency_child",
    DangerKind.VIOLENCE_AT_HOME: "emergency_at_home",
    DangerKind.RAID: "emergency_raid",
    DangerKind.URGENT_CARE: "urgent_care",
}
OTHER = "emergency"  # for all other kinds
STOPPED = "emergency_stopped"  # to somebody who had said STOP
ENDED = "emergency_ended"  # to anybody, where the line has ended and nobody reads it
WHERE = frozenset({"emergency", "emergency_child"})  # these ask for the place, where we do not know it
WITH_NUMBER = {DangerKind.SELF_HARM: "also_self_harm", DangerKind.POISON: "also_poison"}
BRIEF = frozenset({"emergency_self_harm", "emergency_raid"})  # these are long themselves
PRIVATE = frozenset({DangerKind.VIOLENCE_AT_HOME, DangerKind.SELF_HARM})  # not for volunteers' eyes


def after_end(turn: Turn, kind: DangerKind) -> Text:
    """The answer of a line that has ended: whom to call, and that nobody here will hear it."""
    number = beside(turn.line, kind) if kind in WITH_NUMBER else None
    also = Said(WITH_NUMBER[kind], {"dial": Ours(number)}) if number else None
    return turn.reply(ENDED, lane=Lane.EMERGENCY, dial=Ours(turn.line.emergency_number), also=also)


def at_home(request: Request) -> bool:
    """Whether whoever does them harm may read along: nothing is sent that tells of it, and nothing unasked."""
    return request.danger == DangerKind.VIOLENCE_AT_HOME


def beside(line: Line, kind: str | None) -> str | None:
    """The number for this kind of danger, beside the emergency number, if there is one."""
    own = dict(entry.partition("=")[::2] for entry in line.policy.danger_numbers)
    found = own.get(kind or "", BESIDE.get(line.country, {}).get(DangerKind(kind)) if kind else None)
    return found or None


def whom(line: Line, kind: str | None) -> Ours | Several:
    """Whom to call: `911`, or `988 or 911`."""
    number = beside(line, kind) if kind == DangerKind.SELF_HARM else None
    dial = Ours(line.emergency_number)
    return Several([Ours(number), dial], style="or") if number else dial


def first(turn: Turn, request: Request, kind: str, *, alarmed: bool, again: bool) -> Text:
    """The answer to words that tell of danger. Where they are is asked once, if nothing looks as if it told that."""
    phrase = PHRASES.get(DangerKind(kind), OTHER)
    if turn.speaker.opted_out_at is not None:
        phrase = STOPPED
    number = beside(turn.line, kind) if kind in WITH_NUMBER else None
    told = Said("alarm_told", {"number": request.number})
    alone = Said("alarm_alone", {"number": request.number})
    if phrase in BRIEF:
        told, alone = Said("alarm_told_briefly"), Said("alarm_alone_briefly")
    placed = bool(request.place or request.vicinity or request.area_id)
    placed = placed or (any(map(str.isdigit, turn.heard.body)) and kind != DangerKind.CHILD_ALONE)
    return turn.reply(
        phrase,
        about=request,
        lane=Lane.EMERGENCY,
        dial=Ours(turn.line.emergency_number),
        also=Said(WITH_NUMBER[DangerKind(kind)], {"dial": Ours(number)}) if number else None,
        then=told if alarmed else alone,
        where=Said("where_are_you") if alarmed and not again and not placed and phrase in WHERE else None,
    )
