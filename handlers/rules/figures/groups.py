"""The figures of a line in groups as people think of them, and what each of them counts."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from models.lines import Policy


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
    FIGURES = "figures"


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
        "duty_silent_hours": Unit.HOURS,
        "duty_share_weeks": Unit.WEEKS,
        "duty_share": Unit.CHANCE,
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
        "decided_only": Unit.FIGURES,
    },
    "purse": {
        "errand_limit": Unit.MONEY,
        "week_limit": Unit.MONEY,
        "ok_again": Unit.HOURS,
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
GROUP_OF: Mapping[str, str] = {name: group for group, names in GROUPS.items() for name in names}
DECIDED = "decided_only"  # the figure that names those which a group keeps to its decisions
DEFAULT = Policy()
DEFAULT_OF: Mapping[str, Any] = {name: getattr(DEFAULT, name) for name in UNITS if hasattr(DEFAULT, name)}
