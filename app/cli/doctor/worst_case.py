"""What texts from outside can cost a line at most, by its own figures: for `hotline doctor`, and held by a test.

Counted is all that follows by itself, at once and by time. What people decide to do about it (claims, what those on
duty write) is theirs, and so is what somebody vouched for does.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from app.inbound.daily_cap import DANGER_AGAIN, MORE_FOR_TALK
from handlers import phrasebook
from handlers.asking import unmet
from handlers.on_duty import duty_tasks
from handlers.phrasebook import Value
from handlers.rules import changing
from handlers.safety import alarms, watch
from handlers.understanding.intents import Need
from handlers.where.whereabouts import LONGEST_VICINITY
from handlers.wording import segments
from handlers.wording.summary import BRIEF, LONGEST_ECHO, MOST_NAMED, Ours, Place, Said, What, brief
from models import prices
from models.lines import OfferShows, Policy
from models.prices import Kind, Way
from models.requests import Urgency

LONGEST_TEXT = 1600  # characters that a carrier brings or takes at once
NUMBER = 99_999  # of a request: longer ones come after years
DEAR = "\u0436"  # a letter for which a text costs more than twice as much
A_DAY = timedelta(days=1)
PICTURE = 3  # segments that a picture by MMS costs as much as, where one can be sent at all
MOST_PICTURES = 10  # that a carrier brings with one text
THEN = Said("date_at", {"day": Ours("September 30"), "hour": Ours("12:30 PM")})
RESOURCES = unmet.MOST_RESOURCES * (changing.LONGEST_RESOURCE + 1)  # characters of other help, told once


@dataclass(frozen=True)
class Group:
    """A line's people, and the figures it lives by."""

    policy: Policy
    on_duty: int
    volunteers: int  # who may be asked
    areas: Sequence[str] = ()  # by their names


@dataclass(frozen=True)
class WorstCase:
    """Segments at most; None where a figure that would bound them is lifted."""

    text: int
    phone: int | None  # in a day
    hundred_phones: int | None  # in a day
    waves: int | None  # of these a day's offers to volunteers, which the daily ceiling ends sooner


def of(group: Group) -> WorstCase:
    """What one text, one phone in a day and a hundred phones in a day can cost this line."""
    policy = group.policy
    offers = group.volunteers * _rounds(policy) * _offer(group)
    once = _answer() + offers + _by_time(group)  # one request, and everybody asked about it
    carried = segments.count("\U0001f198" * LONGEST_TEXT) // 2 + 2 + _answer()  # in two texts, with who says it
    alarm = carried + group.on_duty + _emergency() + _unheard(group)
    text = max(once, alarm) + _pictures(group, min(MOST_PICTURES, policy.media_per_day))
    lifted = not (policy.answers_per_day and policy.reply_limit and policy.requests_per_day)
    if lifted:
        return WorstCase(text, None, None, None)
    daily = group.volunteers * policy.offers_per_day * _offer(group) if policy.offers_per_day else None
    asked = policy.requests_per_day * offers
    pace = int(policy.rate_sms * A_DAY.total_seconds())  # more leaves the number on no day
    phone = _without_waves(group) + (asked if daily is None else min(asked, daily))
    hundred = 100 * _without_waves(group) + (100 * asked if daily is None else min(100 * asked, daily))
    return WorstCase(text, min(phone, pace), min(hundred, pace), daily)


def money(policy: Policy, country: str, count: int) -> str:
    """What so many segments to phones of this country cost, by the table of prices or the line's own, to the cent."""
    return f"{prices.price(policy, Way.SMS, Kind.OUT, country).amount * count:.2f}"


def _without_waves(group: Group) -> int:
    """What one phone can cause in a day beside offers."""
    policy = group.policy
    usual = _cost("status_open", what=_what())  # others that are dearer count more, or come once a request
    counted = policy.answers_per_day * usual + _answer() * (1 + group.on_duty)  # the last text may go beyond
    talk = policy.answers_per_day * (MORE_FOR_TALK - 1)
    danger = (A_DAY // DANGER_AGAIN) * _emergency() + alarms.most_in(A_DAY) * group.on_duty + _unheard(group)
    told_once = _cost("enough_today") + (_cost("duty_enough") + _cost("duty_many_today")) * group.on_duty
    called = duty_tasks.CALLS_A_DAY * min(policy.watch_at_once, group.volunteers) * _cost("watch_call")
    counted += talk + danger + told_once + called + _pictures(group, policy.media_per_day)
    return counted + policy.requests_per_day * (_by_time(group) + _answer())


def _pictures(group: Group, count: int) -> int:
    """So many pictures from one phone: each goes to the other side, or to everybody on duty."""
    return count * max(group.on_duty, 1) * PICTURE


def _rounds(policy: Policy) -> int:
    """How often one request is put to the same volunteer in a day: while it presses, ever more seldom."""
    again = (A_DAY // timedelta(minutes=policy.offer_lasts_urgent)).bit_length()
    return min(1 + again, policy.offers_per_day or 1 + again)


def _emergency() -> int:
    """The dearest answer to somebody in danger."""
    told = Said("alarm_told", {"number": NUMBER})
    return _cost("emergency", also=Said("also_poison", {"dial": Ours("1-800-222-1222")}), then=told, where=None)


def _unheard(group: Group) -> int:
    """What time makes of an alarm in a day, if nobody answers it: it is said again, and others are called."""
    policy = group.policy
    looks = watch.looks(policy, A_DAY)
    soon = watch.looks(policy, timedelta(minutes=policy.watch_again))  # in which each is asked but once
    called = min((1 + soon) * policy.watch_at_once, group.volunteers) + (looks - soon) * policy.watch_at_once
    called = min(called, 24 * policy.watch_per_hour)
    return looks * group.on_duty + called * _cost("watch_call") + 2 * _cost("still_nobody")


def _by_time(group: Group) -> int:
    """What time makes of one request in a day: its turn, more waves, and that its time is near, and over."""
    around = _cost("asking_now") + _cost("still_looking") + _cost("asked_again")
    nobody = _cost("asked_all") + _cost("other_help", rows=Ours(DEAR * RESOURCES))
    in_time = _cost("time_near") + _cost("time_passed_too", what=_what())
    to_duty = _cost("duty_nobody_left", what=_what()) + _cost("duty_time_near", what=_what())
    to_duty += duty_tasks.A_DAY * _cost("duty_held", words=_longest_words())
    return around + nobody + in_time + _cost("person_silent") + group.on_duty * to_duty


def _longest_words() -> Said:
    return Said("they_wrote", {"words": brief(DEAR * BRIEF)})


def _answer() -> int:
    """The dearest answer that a neighbor can cause: what they said comes back in it, or goes to duty."""
    echo = What(_longest_needs(), 99, Place(DEAR * LONGEST_ECHO), Urgency.URGENT)
    to_duty = _cost("duty_wrote", words=brief(DEAR * BRIEF))
    return max(_cost("got_it_ceiling", what=echo), to_duty, _cost("duty_machine", words=brief(DEAR * BRIEF)))


def _offer(group: Group) -> int:
    if group.policy.offer_shows != OfferShows.AREA:
        return _cost("offer", what=_what())
    named = [replace(_what(), where=Ours(area)) for area in group.areas]
    return max(_cost("offer", what=what) for what in [replace(_what(), where=None), *named])


def _what() -> What:
    return What(_longest_needs(), 99, Place(DEAR * LONGEST_VICINITY), Urgency.URGENT)


def _longest_needs() -> tuple[str, ...]:
    longest = sorted(Need, key=lambda need: -max(len(book.need(need)) for book in _books()))
    return tuple(longest[:MOST_NAMED])


def _cost(phrase: str, **values: Value) -> int:
    """The segments of this phrase in the language in which it takes the most."""
    usual: dict[str, Value] = {"number": NUMBER, "n": 99, "dial": Ours("911"), "minutes": 10, "gap": 1}
    usual |= {"when": THEN, "lately": Said("lately", {"n": 99}), "said_no": Said("said_no", {"n": 99})}
    return max(segments.count(segments.thrifty(book.say(phrase, {**usual, **values}))) for book in _books())


def _books() -> list[phrasebook.Book]:
    return [phrasebook.book(code) for code in phrasebook.languages()]
