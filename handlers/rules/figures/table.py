"""The figures a line lives by: the unit of each, what it decides, and what may be written for it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rapidfuzz import process

from handlers.rules.figures.reading import (
    LONGEST,
    MOST,
    answer_minutes,
    budget,
    chance,
    countries,
    danger_numbers,
    figures_or_groups,
    hours,
    minutes,
    minutes_after,
    needs_first,
    no_or,
    no_waves,
    offer_shows,
    own_price,
    price_rows,
    ratio,
    speed,
    whole,
)


@dataclass(frozen=True)
class Figure:
    """One figure: its unit, what it decides, and how what somebody writes becomes its value.

    `read` raises ValueError, whose words say what to write.
    """

    unit: str
    means: str
    read: Callable[[str], Any]


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
    "duty_silent_hours": Figure("hours", "of silence on duty outside of a turn, until they are asked if they are; "
                                "0: never", whole(0, 24 * 30)),
    "duty_share_weeks": Figure("weeks", "of four in which one person had most of the watch, until all hear so; "
                               "0: never", whole(0, 4)),
    "duty_share": Figure("", "of the watch, that is most of it", chance),
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
    "errand_limit": Figure("money", "for one errand; beyond it those asked for their OK read so. none for no limit",
                           budget),
    "week_limit": Figure("money", "for all that is spent in seven days; the same. none for no limit", budget),
    "ok_again": Figure("hours", "until two others are asked for their OK to what was spent", whole(1, 24 * 14)),
    "decide_hours": Figure("hours", "that a proposal is open", whole(1, 24 * 60)),
    "decide_quorum": Figure("", "of those active lately who must give their voice to a proposal", chance),
    "decide_active_days": Figure("days", "in which somebody wrote who counts as active", whole(1, 365)),
    "decide_reminder": Figure("hours", "before its end, when those who said nothing to a proposal are reminded; 0: "
                              "never", whole(0, 24 * 60)),
    "ending_days": Figure("days", "before a line ends, from when on nothing new is taken", whole(0, 60)),
    "decided_only": Figure("", "figures or groups of them that are for all to decide: if the host sets one, every "
                           "volunteer hears of it; or none", figures_or_groups),
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
