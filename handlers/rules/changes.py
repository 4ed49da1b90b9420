"""What was changed of a line and by whom, in few words: by all in a proposal, by somebody, or by the host."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from handlers.phrasebook import Value
from handlers.rules import figures
from handlers.turn import Context
from handlers.wording.quoting import beginning, one_paragraph
from handlers.wording.summary import Date, Ours, Said, When
from models import line_events, people, proposals
from models.line_events import LineEvent
from models.person_events import PersonEvent

LONGEST = 40  # letters of an answer, a name or a number; the board tells the whole
SETTINGS = {
    "name": "changed_name",
    "sms": "changed_sms",
    "whatsapp": "changed_whatsapp",
    "language": "changed_language",
    "timezone": "changed_timezone",
    "country": "changed_country",
    "emergency_number": "changed_emergency_number",
    "greeting": "changed_greeting",
    "currency": "changed_currency",
}
HOST = {
    line_events.LINE_ADDED: "changed_line_added",
    line_events.RESTORED: "changed_restored",
    line_events.ERASED: "changed_erased",
    line_events.LIST_TAKEN_BACK: "changed_list_taken_back",
    line_events.REQUESTS_IMPORTED: "changed_requests_imported",
    line_events.REQUESTS_TAKEN_BACK: "changed_requests_taken_back",
}


@dataclass(frozen=True)
class ComesAndGoes:
    """The phrases for something that is new, is no more, or is another."""

    new: str
    gone: str
    other: str


COMES_AND_GOES = {
    line_events.AREA: ComesAndGoes("changed_area_new", "changed_area_gone", "changed_area"),
    line_events.ANSWER: ComesAndGoes("changed_answer_new", "changed_answer_gone", "changed_answer"),
    line_events.RESOURCE: ComesAndGoes("changed_resource_new", "changed_resource_gone", "changed_resource"),
}
TAPS = {"open": "changed_tap_open", "closed": "changed_tap_closed", "auto": "changed_tap_auto"}
OTHER = "changed_other"


def by(context: Context, event: LineEvent | PersonEvent) -> Value:
    """Who did it, for whoever may read the history: "decided in #7", a name, "by the host"."""
    if event.proposal_id is not None:
        number = proposals.by_id(context.session, event.proposal_id).number
        return Said("by_decision", {"number": number})
    if event.by_person_id is None:
        return Said("by_host")
    person = people.by_id(context.session, event.by_person_id)
    return Said("by_person", {"name": context.name(person) or Said("somebody")})


def what(context: Context, event: LineEvent) -> Value:
    """What was changed."""
    say = KINDS.get(event.kind)
    return say(context, event) if say is not None else Said(OTHER)


def short(words: object) -> Ours:
    """The beginning of words of the group's own."""
    return Ours(beginning(one_paragraph(str(words)), LONGEST))


def _rule(context: Context, event: LineEvent) -> Value:
    before, after = (figures.said(context, event.name, value) for value in (event.before, event.after))
    return Said("changed_rule", {"what": figures.named(event.name), "after": after, "before": before})


def _setting(_: Context, event: LineEvent) -> Value:
    after = Said("nothing_there") if event.after is None else short(event.after)
    return Said(SETTINGS.get(event.name, OTHER), {"after": after})


def _come_or_gone(_: Context, event: LineEvent) -> Value:
    phrases = COMES_AND_GOES[event.kind]
    phrase = phrases.gone if event.after is None else phrases.new if event.before is None else phrases.other
    return Said(phrase, {"what": short(event.name)})


def _pause(context: Context, event: LineEvent) -> Value:
    if event.after is None:
        return Said("changed_pause_over")
    return Said("changed_pause", {"when": When(datetime.fromisoformat(event.after), context.line.timezone)})


def _end(context: Context, event: LineEvent) -> Value:
    return _day(context, event, "changed_end", "changed_end_over")


def _erase(context: Context, event: LineEvent) -> Value:
    return _day(context, event, "changed_erase", "changed_erase_over")


def _day(context: Context, event: LineEvent, phrase: str, over: str) -> Value:
    if event.after is None:
        return Said(over)
    return Said(phrase, {"when": Date(datetime.fromisoformat(event.after), context.line.timezone)})


def _brake(_: Context, event: LineEvent) -> Value:
    return Said("changed_brake_on" if event.after else "changed_brake_off")


def _tap(_: Context, event: LineEvent) -> Value:
    turned = str(event.after)
    return Said("changed_tap_rate", {"n": int(turned)}) if turned.isdigit() else Said(TAPS.get(turned, OTHER))


def _host(_: Context, event: LineEvent) -> Value:
    return Said(HOST.get(event.name, OTHER), {"n": event.after if isinstance(event.after, int) else 0})


# How each kind of change is said; one that another version wrote is "a change".
KINDS: Mapping[str, Callable[[Context, LineEvent], Value]] = {
    line_events.RULE: _rule,
    line_events.SETTING: _setting,
    **dict.fromkeys(COMES_AND_GOES, _come_or_gone),
    line_events.PAUSE: _pause,
    line_events.END: _end,
    line_events.ERASE: _erase,
    line_events.BRAKE: _brake,
    line_events.TAP: _tap,
    line_events.HOST: _host,
}
