"""What a group has agreed on: figures, answers, resources, areas, whom to call; and who changed what, and when."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from handlers import first_answer, phrasebook
from handlers.phrasebook import Value
from handlers.summary import Ours
from handlers.turn import Context
from handlers.understanding.intents import DangerKind
from models import line_events, people
from models.line_events import PAUSE, RULE, LineEvent
from models.lines import Answer, Policy, Resource

CHANGES = 30  # on a page


class Unit(StrEnum):
    """What a figure counts."""

    PEOPLE = "people"
    YESES = "yeses"
    MINUTES = "minutes"
    SECONDS = "seconds"
    HOURS = "hours"
    DAYS = "days"
    WEEKS = "weeks"
    CLOCK = "clock"
    OFFERS = "offers"
    REQUESTS = "requests"
    MATCHES = "matches"
    CLAIMS = "claims"
    PLACES = "places"
    TEXTS = "texts"
    MEGABYTES = "megabytes"
    CHANCE = "chance"
    MONEY = "money"
    SPEED = "speed"
    NEEDS = "needs"
    SHOWS = "shows"
    NUMBERS = "numbers"
    COUNTRIES = "countries"
    PRICES = "prices"


# Every figure of a line, in groups as people think of them.
GROUPS: Mapping[str, Mapping[str, Unit]] = {
    "safety": {
        "offer_shows": Unit.SHOWS,
        "doors_per_day": Unit.PLACES,
        "newcomer_matches": Unit.MATCHES,
        "not_for_newcomers": Unit.NEEDS,
        "duty_first": Unit.NEEDS,
        "vouch_after_days": Unit.DAYS,
        "vouches_per_week": Unit.PEOPLE,
        "young_days": Unit.DAYS,
        "founders": Unit.PEOPLE,
        "put_out_per_day": Unit.PEOPLE,
        "duty_begins_told": Unit.PEOPLE,
        "relays_at_once": Unit.TEXTS,
    },
    "times": {
        "quiet_from": Unit.CLOCK,
        "quiet_until": Unit.CLOCK,
        "digest_hours": Unit.CLOCK,
        "summary_hour": Unit.CLOCK,
        "remind_evening": Unit.CLOCK,
        "remind_before": Unit.MINUTES,
        "distro_slot": Unit.MINUTES,
        "distro_answer_hours": Unit.HOURS,
        "distro_yes": Unit.CHANCE,
        "distro_notice": Unit.MINUTES,
        "distro_grace": Unit.MINUTES,
    },
    "asking": {
        "waves": Unit.PEOPLE,
        "first_wave": Unit.PEOPLE,
        "first_wave_urgent": Unit.PEOPLE,
        "wave_most": Unit.PEOPLE,
        "offer_lasts": Unit.MINUTES,
        "ask_first_alone": Unit.MINUTES,
        "offer_lasts_urgent": Unit.MINUTES,
        "offers_per_day": Unit.OFFERS,
        "unanswered_most": Unit.OFFERS,
        "silent_days": Unit.DAYS,
        "max_open": Unit.REQUESTS,
        "helpers_most": Unit.PEOPLE,
        "look_again": Unit.MINUTES,
        "look_again_urgent": Unit.MINUTES,
    },
    "pace": {
        "wave_yeses_urgent": Unit.YESES,
        "wave_yeses_today": Unit.YESES,
        "wave_yeses_anytime": Unit.YESES,
        "ask_more_urgent": Unit.YESES,
        "ask_more_today": Unit.YESES,
        "ask_more_anytime": Unit.YESES,
        "within_urgent": Unit.MINUTES,
        "gap_least_urgent": Unit.MINUTES,
        "gap_least": Unit.MINUTES,
        "gap_urgent": Unit.MINUTES,
        "gap_today": Unit.MINUTES,
        "gap_anytime": Unit.MINUTES,
        "yes_chance": Unit.CHANCE,
        "yes_prior": Unit.CHANCE,
        "yes_prior_weight": Unit.OFFERS,
        "answer_minutes": Unit.MINUTES,
        "answering_weeks": Unit.WEEKS,
    },
    "keeping": {
        "lease_urgent": Unit.MINUTES,
        "lease_today": Unit.MINUTES,
        "lease_anytime": Unit.MINUTES,
        "door_waits": Unit.MINUTES,
        "ask_again": Unit.MINUTES,
        "receipt_reminder": Unit.MINUTES,
        "receipt_closes": Unit.MINUTES,
    },
    "neighbors": {
        "draft_waits": Unit.MINUTES,
        "burst_seconds": Unit.SECONDS,
        "asked_lasts": Unit.MINUTES,
        "misunderstandings": Unit.TEXTS,
        "recurring_opens_hours": Unit.HOURS,
        "recurring_opens_days": Unit.DAYS,
        "recurring_review_days": Unit.DAYS,
        "recurring_review_again": Unit.DAYS,
        "recurring_paused_days": Unit.DAYS,
        "still_need_days": Unit.DAYS,
        "still_need_every": Unit.DAYS,
        "unmet_days": Unit.DAYS,
        "pledge_days_goods": Unit.DAYS,
        "pledge_days_time": Unit.DAYS,
        "pledge_asked_before": Unit.DAYS,
        "stock_first": Unit.MINUTES,
        "stock_answer": Unit.MINUTES,
    },
    "watch": {
        "duty_again": Unit.MINUTES,
        "duty_retry": Unit.MINUTES,
        "alarm_repeats": Unit.MINUTES,
        "alarm_lapses": Unit.MINUTES,
        "watch_gap": Unit.MINUTES,
        "watch_at_once": Unit.PEOPLE,
        "watch_per_hour": Unit.PEOPLE,
        "watch_again": Unit.MINUTES,
        "danger_numbers": Unit.NUMBERS,
    },
    "limits": {
        "reply_limit": Unit.TEXTS,
        "answers_per_day": Unit.TEXTS,
        "most_open_requests": Unit.REQUESTS,
        "most_recurring": Unit.REQUESTS,
        "requests_per_day": Unit.REQUESTS,
        "media_per_day": Unit.TEXTS,
        "brake_requests": Unit.REQUESTS,
        "brake_minutes": Unit.MINUTES,
        "brake_gap": Unit.MINUTES,
        "queue_days": Unit.DAYS,
        "queue_claims": Unit.CLAIMS,
        "queue_weeks": Unit.WEEKS,
        "queue_word_days": Unit.DAYS,
    },
    "deciding": {
        "decide_hours": Unit.HOURS,
        "decide_quorum": Unit.CHANCE,
        "decide_active_days": Unit.DAYS,
        "decide_reminder": Unit.HOURS,
        "ending_days": Unit.DAYS,
    },
    "memory": {
        "keep_words_days": Unit.DAYS,
        "forget_days": Unit.DAYS,
        "forget_notice_days": Unit.DAYS,
        "media_days": Unit.DAYS,
        "media_megabytes": Unit.MEGABYTES,
        "carrier_keeps_hours": Unit.HOURS,
    },
    "money": {
        "daily_budget": Unit.MONEY,
        "daily_ceiling": Unit.MONEY,
        "price_sms": Unit.MONEY,
        "price_whatsapp": Unit.MONEY,
        "prices": Unit.PRICES,
        "rate_sms": Unit.SPEED,
        "rate_whatsapp": Unit.SPEED,
        "countries": Unit.COUNTRIES,
    },
}
UNITS: Mapping[str, Unit] = {name: unit for group in GROUPS.values() for name, unit in group.items()}
DEFAULT = Policy()


@dataclass(frozen=True)
class Figure:
    """One figure of the line; `default` is told where it has its own."""

    name: str
    unit: Unit
    value: Any
    default: Any
    own: bool
    changed: "Change | None"


@dataclass(frozen=True)
class Change:
    """Something that was changed. Of a figure `before` and `after` are its values, the default where it had none."""

    id: int
    at: datetime
    kind: str
    name: str
    unit: Unit | None
    before: Any
    after: Any
    by: Value  # None: whoever has the host


@dataclass(frozen=True)
class Called:
    """Whom to call in a kind of danger, beside the emergency number."""

    kind: DangerKind
    number: Ours


@dataclass(frozen=True)
class Place:
    """An area with its other names."""

    name: str
    aliases: Sequence[str]


@dataclass(frozen=True)
class Rules:
    """All that a group has agreed on."""

    name: str
    sms: str | None
    whatsapp: str | None
    language: str
    timezone: str
    country: str
    emergency: Ours
    called: Sequence[Called]
    groups: Mapping[str, Sequence[Figure]]
    own: int  # figures that are the line's own
    answers: Sequence[Answer]
    resources: Sequence[Resource]
    areas: Sequence[Place]
    changes: Sequence[Change]
    earlier: int | None  # the id before which there are more


def look(context: Context, before: int | None = None) -> Rules:
    """The rules as every volunteer may know them; of the changes those before this one."""
    line, session = context.line, context.session
    found = line_events.latest(session, line.id, CHANGES + 1, before=before)
    last = line_events.last_of_each(session, line.id)
    groups = {
        group: [_figure(context, name, unit, last.get((RULE, name))) for name, unit in units.items()]
        for group, units in GROUPS.items()
    }
    return Rules(
        name=line.name,
        sms=line.sms,
        whatsapp=line.whatsapp,
        language=phrasebook.book(line.language).name,
        timezone=line.timezone,
        country=line.country,
        emergency=Ours(line.emergency_number),
        called=[*_called(context)],
        groups=groups,
        own=sum(figure.own for each in groups.values() for figure in each),
        answers=line.own_answers,
        resources=line.other_help,
        areas=[Place(area.name, area.aliases) for area in context.areas],
        changes=[_change(context, event) for event in found[:CHANGES]],
        earlier=found[CHANGES - 1].id if len(found) > CHANGES else None,
    )


def _figure(context: Context, name: str, unit: Unit, event: LineEvent | None) -> Figure:
    value, default = getattr(context.line.policy, name), getattr(DEFAULT, name)
    changed = _change(context, event) if event is not None else None
    return Figure(name, unit, value, default, value != default, changed)


def _change(context: Context, event: LineEvent) -> Change:
    by = people.by_id(context.session, event.by_person_id) if event.by_person_id is not None else None
    before, after, unit = event.before, event.after, None
    if event.kind == RULE and event.name in UNITS:
        unit, default = UNITS[event.name], getattr(DEFAULT, event.name)
        before, after = (default if value is None else value for value in (before, after))
    if event.kind == PAUSE:
        before, after = (datetime.fromisoformat(value) if value else None for value in (before, after))
    named = context.somebody(by) if by is not None else None
    return Change(event.id, event.at, event.kind, event.name, unit, before, after, named)


def _called(context: Context) -> Iterator[Called]:
    for kind in DangerKind:
        if (number := first_answer.beside(context.line, kind)) is not None:
            yield Called(kind, Ours(number))
