"""A line's rules, for `hotline line rule`: what each figure means, its unit, and what may be written."""

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from decimal import Decimal, InvalidOperation
from typing import Any

from rapidfuzz import process

from app.settings import country
from handlers.understanding.intents import DangerKind, Need
from models import answering, prices
from models.lines import Line, OfferShows, Policy

LONGEST = 60 * 24 * 60  # minutes: sixty days, after which nobody remembers what was asked
MOST = 1_000_000
ANY = "*"  # every country
DIALED = re.compile(r"[0-9+][0-9 +.()-]{1,23}|")  # or none at all, where the country's own shall not be told
NOTHING = frozenset({"", "none", "no", "off"})


@dataclass(frozen=True)
class Figure:
    """One figure: its unit, what it decides, and how what somebody writes becomes its value.

    `read` raises ValueError, whose words say what to write.
    """

    unit: str
    means: str
    read: Callable[[str], Any]


def whole(least: int, most: int) -> Callable[[str], int]:
    """Reads a whole number within bounds."""

    def read(said: str) -> int:
        if not (said.isascii() and said.isdigit() and least <= int(said[:12]) <= most):
            raise ValueError(f"not a whole number from {least} to {most}")
        return int(said)

    return read


def no_or(least: int, most: int) -> Callable[[str], int]:
    """Reads a whole number within bounds, or 0."""

    def read(said: str) -> int:
        return 0 if said == "0" or said.lower() in NOTHING else whole(least, most)(said)

    return read


minutes = whole(1, LONGEST)


def waves(said: str) -> list[int]:
    """Reads the sizes of the waves, none smaller than the one before."""
    try:
        found = [whole(1, MOST)(part.strip()) for part in said.split(",")]
    except ValueError:
        found = []
    if not 1 <= len(found) <= 10 or found != sorted(found):
        raise ValueError("not waves; write how many are asked each time, growing, such as 3,6,12")
    return found


def no_waves(said: str) -> list[int]:
    """Reads the sizes of the waves; none leaves them to how people answer."""
    return [] if said.lower() in NOTHING else waves(said)


def ratio(said: str) -> float:
    """Reads a small number that need not be whole."""
    found = _decimal(said)
    if found is None or not Decimal("0.01") <= found <= 100:
        raise ValueError("not a number from 0.01 to 100, such as 1 or 0.5")
    return float(found)


def chance(said: str) -> float:
    """Reads a chance."""
    found = _decimal(said)
    if found is None or not 0 <= found <= 1:
        raise ValueError("not a number from 0 to 1, such as 0.15")
    return float(found)


def answer_minutes(said: str) -> list[int]:
    """Reads three growing numbers of minutes; none leaves what was measured."""
    if said.lower() in NOTHING:
        return []
    found = minutes_after(said)
    if len(found) != 3:
        raise ValueError("not three minutes, each later than the one before, such as 12,60,120")
    return found


def hours(said: str) -> list[int]:
    """Reads hours of the day."""
    try:
        found = [whole(0, 23)(part.strip()) for part in said.split(",")]
    except ValueError:
        found = []
    if not 1 <= len(found) <= 6 or found != sorted(set(found)):
        raise ValueError("not hours of the day, each later than the one before, such as 9,17")
    return found


def speed(said: str) -> float:
    """Reads how many leave in a second."""
    found = _decimal(said)
    if found is None or not Decimal("0.01") <= found <= 1000:
        raise ValueError("not a number from 0.01 to 1000, such as 1 or 0.5")
    return float(found)


def money(said: str) -> str:
    """Reads an amount of money, without a currency."""
    found = _decimal(said.strip("$€£ "))
    if found is None or not 0 <= found <= MOST:
        raise ValueError("not an amount of money; write it such as 0.0083 or 25")
    return format(found, "f")


def own_price(said: str) -> str:
    """Reads a price of the line's own; none leaves it to the table of prices."""
    return "" if said.lower() in NOTHING else money(said)


def price_rows(said: str) -> list[str]:
    """Reads rows of the table of prices, between commas; none leaves the table as it is."""
    if said.lower() in NOTHING:
        return []
    written = [" ".join(row.split()) for row in said.split(",")]
    for row in written:
        prices.read(row)
    return written


def budget(said: str) -> str:
    """Reads a day's budget; none lifts it."""
    return "" if said.lower() in NOTHING else money(said)


def countries(said: str) -> list[str]:
    """Reads countries; none leaves the line's own, * takes in all."""
    if said == ANY:
        return [ANY]
    if said.lower() in NOTHING:
        return []
    try:
        return list(dict.fromkeys(country(part.strip()) for part in said.split(",")))
    except ValueError:
        raise ValueError("not countries; write their two letters, such as US,MX, or * for any, or none") from None


def minutes_after(said: str) -> list[int]:
    """Reads minutes, each later than the one before."""
    try:
        found = [minutes(part.strip()) for part in said.split(",")]
    except ValueError:
        found = []
    if not 1 <= len(found) <= 10 or found != sorted(set(found)):
        raise ValueError("not minutes, each later than the one before, such as 3,8,15")
    return found


def danger_numbers(said: str) -> list[str]:
    """Reads the numbers to call in some kinds of danger; none leaves those of the line's country."""
    if said.lower() in NOTHING:
        return []
    parts = [part.strip() for part in said.split(",")]
    found = dict(part.partition("=")[::2] for part in parts)
    kinds = frozenset(DangerKind)
    if not all("=" in part for part in parts) or not all(
        kind in kinds and DIALED.fullmatch(number) for kind, number in found.items()
    ):
        names = ", ".join(sorted(kinds))
        raise ValueError(f"not a kind and its number, such as self_harm=988,poison=1-800-222-1222. Kinds: {names}")
    return [f"{kind}={number}" for kind, number in found.items()]


def needs_first(said: str) -> list[str]:
    """Reads kinds of help; none lets volunteers be asked about all of them at once."""
    found = [] if said.lower() in NOTHING else [part.strip().lower() for part in said.split(",")]
    if not set(found) <= set(Need):
        raise ValueError(f"not kinds of help, such as money,childcare. Kinds: {', '.join(Need)}")
    return list(dict.fromkeys(found))


def offer_shows(said: str) -> OfferShows:
    """Reads how much of a place goes out."""
    try:
        return OfferShows(said.lower())
    except ValueError:
        raise ValueError(f"not one of {', '.join(OfferShows)}") from None


def _decimal(said: str) -> Decimal | None:
    try:
        found = Decimal(said) if said.isascii() and len(said) < 20 else None
    except InvalidOperation:
        return None
    return found if found is not None and found.is_finite() else None


FIGURES: dict[str, Figure] = {
    "waves": Figure("people", "asked first, then next, and so on; none: by how people answer", no_waves),
    "first_wave": Figure("people", "asked first", whole(1, MOST)),
    "first_wave_urgent": Figure("people", "asked first, when it is urgent; 0: as many as later", whole(0, MOST)),
    "wave_most": Figure("people", "asked at once later, at most", whole(1, MOST)),
    "wave_yeses_urgent": Figure("yeses", "that may come after a wave, when it is urgent", ratio),
    "wave_yeses_today": Figure("yeses", "that may come after a wave, when it is for today", ratio),
    "wave_yeses_anytime": Figure("yeses", "that may come after a wave, when any time will do", ratio),
    "ask_more_urgent": Figure("yeses", "that may still come; with fewer, more are asked, when it is urgent", ratio),
    "ask_more_today": Figure("yeses", "that may still come; with fewer, more are asked, when it is for today", ratio),
    "ask_more_anytime": Figure("yeses", "that may still come; with fewer, more are asked, at any time", ratio),
    "within_urgent": Figure("minutes", "in which those yeses must be likely, when it is urgent", minutes),
    "gap_least_urgent": Figure("minutes", "between waves at least, when it is urgent", ratio),
    "gap_least": Figure("minutes", "between waves at least", minutes),
    "gap_urgent": Figure("minutes", "until more are asked, when it is urgent; 0: by how long answers take",
                         whole(0, LONGEST)),
    "gap_today": Figure("minutes", "until more are asked, when it is for today; 0: by how long answers take",
                        whole(0, LONGEST)),
    "gap_anytime": Figure("minutes", "until more are asked, when any time will do; 0: by how long answers take",
                          whole(0, LONGEST)),
    "look_again_urgent": Figure("minutes", "until people are looked for again, if there were none, when it is urgent",
                                minutes),
    "look_again": Figure("minutes", "until people are looked for again, if there were none", minutes),
    "yes_chance": Figure("", "that somebody says yes who is asked, such as 0.15; 0: as measured", chance),
    "yes_prior": Figure("", "that somebody says yes, before anything is measured", chance),
    "yes_prior_weight": Figure("offers", "that yes_prior counts for beside those measured", whole(1, MOST)),
    "answer_minutes": Figure("minutes", "in which half, 82 % and 92 % of answers come; none: as measured",
                             answer_minutes),
    "answering_weeks": Figure("weeks", "whose offers are measured", whole(1, 520)),
    "quiet_from": Figure("o'clock", "from which only what is urgent is texted unasked", whole(0, 24)),
    "quiet_until": Figure("o'clock", "until which; the same as quiet_from: there is no such time", whole(0, 24)),
    "offer_lasts_urgent": Figure("minutes", "until an urgent offer that nobody answered has expired", minutes),
    "ask_first_alone": Figure("minutes", "for whoever is to be asked first, before others are", minutes),
    "offer_lasts": Figure("minutes", "of waking time, until an offer that nobody answered has expired", minutes),
    "unanswered_most": Figure("offers", "in a row unanswered, after which somebody is asked less", whole(1, 1000)),
    "silent_days": Figure("days", "without a word, after which a volunteer is asked if they still want to help",
                          whole(1, 3650)),
    "lease_urgent": Figure("minutes", "that an urgent claim holds without a word of the volunteer", minutes),
    "lease_today": Figure("minutes", "that a claim holds without a word of the volunteer, when it is for today",
                          minutes),
    "lease_anytime": Figure("minutes", "that a claim holds without a word of the volunteer, when any time will do",
                            minutes),
    "door_waits": Figure("minutes", "until duty hears of a volunteer at the door whom nobody answers", minutes),
    "ask_again": Figure("minutes", "between two questions because the neighbor asks if they come", minutes),
    "remind_evening": Figure("o'clock", "of the evening before, when both are reminded", whole(0, 23)),
    "remind_before": Figure("minutes", "before the hour, when both are reminded", minutes),
    "recurring_opens_hours": Figure("hours", "before an hour at which something comes again, when it is asked for",
                                    whole(0, 24 * 14)),
    "recurring_opens_days": Figure("days", "before a day on which something comes again, when it is asked for",
                                   whole(0, 14)),
    "recurring_review_days": Figure("days", "until a neighbor is asked if they still need what comes again",
                                    whole(1, 3650)),
    "recurring_review_again": Figure("days", "of silence, until they are asked once more, then it is paused",
                                     whole(1, 365)),
    "recurring_paused_days": Figure("days", "for which what comes again stays paused, then it ends", whole(1, 3650)),
    "distro_slot": Figure("minutes", "of a distribution in which so many households come as it has places for",
                          whole(5, 24 * 60)),
    "distro_answer_hours": Figure("hours", "of waking time, for an invited household to pick a time", whole(1, 1000)),
    "distro_yes": Figure("", "that an invited household says yes, such as 0.7", chance),
    "distro_notice": Figure("minutes", "before a slot, at the latest, that somebody is invited to it", minutes),
    "distro_grace": Figure("minutes", "after their slot, that somebody may still come to a distribution", minutes),
    "still_need_days": Figure("days", "until a neighbor whose request nobody took is asked if they still need it",
                              whole(1, 3650)),
    "still_need_every": Figure("days", "until they are asked again", whole(1, 3650)),
    "unmet_days": Figure("days", "of their silence, until their request is closed as unmet", whole(1, 3650)),
    "pledge_days_goods": Figure("days", "that things which somebody would give are kept on offer", whole(1, 3650)),
    "pledge_days_time": Figure("days", "that hours which somebody would give are kept on offer", whole(1, 3650)),
    "pledge_asked_before": Figure("days", "before that, when they are asked if they still have it", whole(1, 365)),
    "stock_first": Figure("minutes", "a household has to say if it wants what is in stock, before others are asked",
                          minutes),
    "stock_answer": Figure("minutes", "of waking time, until what a household did not answer for goes to the next",
                           minutes),
    "duty_again": Figure("minutes", "until duty is told again of what nobody on duty answered", minutes),
    "summary_hour": Figure("o'clock", "of the daily word to duty about what drags on", whole(0, 23)),
    "digest_hours": Figure("o'clock", "when those who want it get all offers at once", hours),
    "burst_seconds": Figure("seconds", "that an answer waits for more words of the same person; 0 for none",
                            whole(0, 60)),
    "draft_waits": Figure("minutes", "how long our question to a neighbor waits before volunteers are asked anyway",
                          minutes),
    "receipt_reminder": Figure("minutes", "until a neighbor is asked again whether help came", minutes),
    "receipt_closes": Figure("minutes", "until a request without an answer is closed as unconfirmed", minutes),
    "asked_lasts": Figure("minutes", "how long a 1 or 2 still answers our last question", minutes),
    "duty_retry": Figure("minutes", "between looks for somebody on duty", minutes),
    "alarm_repeats": Figure("minutes", "after which an alarm that nobody has answered is said again", minutes_after),
    "alarm_lapses": Figure("minutes", "after which an alarm that somebody took in silence is up again", minutes),
    "watch_gap": Figure("minutes", "from asking some people to take the watch to asking the next", minutes),
    "watch_at_once": Figure("people", "asked to take the watch at once", whole(1, 100)),
    "watch_per_hour": Figure("people", "asked to take the watch in an hour, for all alarms together", whole(1, 1000)),
    "watch_again": Figure("minutes", "until the same person is asked again to take the watch", minutes),
    "danger_numbers": Figure("", "to call beside the emergency number, by kind of danger; none for the country's own",
                             danger_numbers),
    "misunderstandings": Figure("texts", "not understood in a day, until a person is told", whole(1, 100)),
    "max_open": Figure("requests", "in one volunteer's hands at a time", whole(1, 100)),
    "helpers_most": Figure("people", "who are asked to come to one task", whole(1, 100)),
    "doors_per_day": Figure("places", "exact ones shown to one person in 24 hours; 0 for no limit", whole(0, 1000)),
    "offer_shows": Figure("", "told of a place before somebody takes it: area (of the line), street, or building",
                          offer_shows),
    "newcomer_matches": Figure("matches", "completed, until somebody vouched for by text sees doors by themselves",
                               whole(0, 1000)),
    "vouch_after_days": Figure("days", "until somebody vouched for by text may vouch for others", whole(0, 3650)),
    "vouches_per_week": Figure("people", "for whom one person may vouch in a week", whole(1, 1000)),
    "young_days": Figure("days", "of a new line, in which its founders may vouch for any number", whole(0, 3650)),
    "founders": Figure("people", "the first volunteers added by hand, who begin a new line together", whole(0, 100)),
    "put_out_per_day": Figure("people", "whom one person on duty may ban or remove in a day", whole(0, 1000)),
    "duty_begins_told": Figure("people", "told that somebody takes the watch, if nobody else is on", whole(0, 100)),
    "relays_at_once": Figure("texts", "to the other side in ten minutes; more go together, once a minute",
                             whole(1, 1000)),
    "duty_first": Figure("", "needs that duty reads before volunteers are asked, such as money,childcare; or none",
                         needs_first),
    "not_for_newcomers": Figure("", "needs for which no newcomer is asked, and duty hears of it; or none",
                                needs_first),
    "reply_limit": Figure("texts", "answered to one phone in a minute; 0 for no limit", whole(0, 1000)),
    "answers_per_day": Figure("texts", "that one phone may cause in a day, whoever gets them; 0 for no limit",
                              whole(0, MOST)),
    "most_recurring": Figure("requests", "of one person that come again; what is more is for once", whole(1, 1000)),
    "most_open_requests": Figure("requests", "of one person; more join the last of them. 0 for no limit",
                                 whole(0, 1000)),
    "requests_per_day": Figure("requests", "of one person; more wait for duty. 0 for no limit", whole(0, MOST)),
    "offers_per_day": Figure("offers", "to one volunteer, but for danger; 0 for no limit", whole(0, MOST)),
    "decide_hours": Figure("hours", "that a proposal is open", whole(1, 24 * 60)),
    "decide_quorum": Figure("", "of those active lately who must give their voice to a proposal", chance),
    "decide_active_days": Figure("days", "in which somebody wrote who counts as active", whole(1, 365)),
    "decide_reminder": Figure("hours", "before its end, when those who said nothing to a proposal are reminded; 0: "
                              "never", whole(0, 24 * 60)),
    "ending_days": Figure("days", "before a line ends, from when on nothing new is taken", whole(0, 60)),
    "keep_words_days": Figure("days", "that words and places are kept after a request has ended, and texts after "
                              "they were sent", whole(3, 3650)),
    "forget_days": Figure("days", "of silence, after which a person is erased", whole(90, 36500)),
    "forget_notice_days": Figure("days", "that a volunteer who is to be erased so has to say no", whole(3, 365)),
    "media_days": Figure("days", "that pictures and voice messages are kept", whole(1, 365)),
    "media_per_day": Figure("texts", "with pictures or voice messages, of one person; 0 for none at all",
                            whole(0, 1000)),
    "media_megabytes": Figure("MB", "of pictures and voice messages that the line keeps; then it takes no more "
                              "until some are gone", whole(1, 100_000)),
    "carrier_keeps_hours": Figure("hours", "after which texts are deleted at the carrier, at least 26; 0 for never",
                                  no_or(26, 24 * 365)),
    "brake_requests": Figure("requests", "new within brake_minutes; if more come than ever, they are asked about one "
                             "by one and duty decides. 0 for never", whole(0, 900)),
    "brake_minutes": Figure("minutes", "in which new requests are counted for the brake", minutes),
    "brake_gap": Figure("minutes", "from one request to the next while the brake is on", minutes),
    "queue_days": Figure("days", "of work for the hands there are: if more waits, what can wait gets a place "
                         "in line. 0 for never", whole(0, 365)),
    "queue_claims": Figure("claims", "before which nobody knows what hands can carry, and nothing waits in line",
                           whole(1, 10_000)),
    "queue_weeks": Figure("weeks", "whose claims say what hands can carry", whole(1, 52)),
    "queue_word_days": Figure("days", "at most, between two words to a neighbor in line", whole(1, 30)),
    "countries": Figure("", "whose SMS are answered; none for the line's own alone, * for any", countries),
    "rate_sms": Figure("segments/s", "from the number, as the carrier allows", speed),
    "rate_whatsapp": Figure("messages/s", "from the WhatsApp number", speed),
    "price_sms": Figure("money", "a segment costs wherever it goes; none: by hotline line price", own_price),
    "price_whatsapp": Figure("money", "a WhatsApp message costs; none: by hotline line price", own_price),
    "prices": Figure("", "rows of the line's own in the table of prices: hotline line price", price_rows),
    "daily_budget": Figure("money", "a day; beyond it only texts to many wait. none for no limit", budget),
    "daily_ceiling": Figure("money", "a day; beyond it no volunteers are asked, but for danger. none for no limit",
                            budget),
}  # fmt: skip


def named(said: str) -> str:
    """The figure that somebody means. Raises ValueError, with the nearest one there is."""
    name = said.strip().lower().replace("-", "_").replace(" ", "_")
    if name in FIGURES:
        return name
    near = process.extractOne(name, FIGURES.keys(), score_cutoff=70)
    hint = f"Did you mean {near[0]}?" if near else "See them all with: hotline line rule"
    raise ValueError(f"There is no figure {said!r}. {hint}")


def shown(value: Any) -> str:
    """A value as it would be written."""
    if isinstance(value, tuple | list):
        return ",".join(map(str, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value) or "none"


def answering_rows(line: Line) -> list[dict[str, str]]:
    """How a line's people answer: what was measured, what is used, and which figure overrides it."""
    known, kept = answering.of(line), line.answering
    own = answering.Answering(line.policy, {})
    rows = [{"what": "offers measured", "measured": str(known.measured), "used": "", "overridden by": ""}]
    for name, (yes, asked) in {"all": kept.get("all", (0, 0)), **kept.get("by", {})}.items():
        need, _, part = name.partition(" ")
        used = known.chance([need], answering.HOUR_IN.get(part))
        rows.append(
            {
                "what": f"yes, {'of all' if name == 'all' else name}",
                "measured": f"{yes:g} of {asked:g}",
                "used": f"{used:.3f}",
                "overridden by": "yes_chance",
            }
        )
    curve, usual = known.curve, own.curve
    for minutes in (12, 60, 120):
        share = f"{curve.at(minutes):.0%}"
        measured = share if known.measured else f"none (usual: {usual.at(minutes):.0%})"
        what = f"answers within {minutes} min"
        rows.append({"what": what, "measured": measured, "used": share, "overridden by": "answer_minutes"})
    return rows


def rows(line: Line) -> list[dict[str, str | bool]]:
    """Every figure of a line: its value, the default, the unit, what it means, and whether it is the line's own."""
    default = Policy()
    return [
        {
            "name": field.name,
            "value": shown(getattr(line.policy, field.name)),
            "default": shown(getattr(default, field.name)),
            "unit": FIGURES[field.name].unit,
            "means": FIGURES[field.name].means,
            "own": field.name in line.rules,
        }
        for field in fields(Policy)
    ]
