"""While nobody has taken a request: what happens to it next, and when; and what is said where nobody is left to ask.

Everybody who fits is asked, then, from the next morning on, those once more who have not answered. The neighbor is
asked now and then whether they still need it. Pure planning over what the request and its history tell.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from handlers.asking import estimate, pacing
from handlers.turn import Context, Text, Texts
from handlers.understanding.intents import Need
from handlers.wording.summary import Lines, Ours, Said, Sight, Soon
from models import events, lines, people, requests, waiting
from models.hours import evening_before
from models.people import Person
from models.requests import Request, State, Timing
from models.waiting import BEGINNINGS

TO_ANSWER = timedelta(days=2)  # at least, between "still need it?" and an end
A_DAY = timedelta(days=1)
SELDOM = timedelta(hours=4)
PRESSING = timedelta(hours=12)  # for which it is looked for as soon as they said; then a few times a day
A_WHILE = timedelta(hours=1)  # there is, at least, between asking for something and hearing that nobody has it
STILL_NEEDED = ("still_needed", "rescheduled")  # events by which what was needed at a time is needed after it, too
MOST_RESOURCES = 3  # in a text
EVENING_FROM = timedelta(hours=12)  # who needs it later than that hears the evening before, as well


@dataclass(frozen=True)
class Plan:
    """What time brings to an open request, from when it was open and all that happened to it."""

    context: Context
    request: Request
    marks: Mapping[str, datetime]  # when each kind of event happened last

    @cached_property
    def began(self) -> datetime:
        """When it was open for the first time, or once more."""
        return max((self.marks[kind] for kind in BEGINNINGS if kind in self.marks), default=self.request.created_at)

    @property
    def wanted(self) -> datetime:
        """When the neighbor last said a word about it."""
        return max(self.request.wanted_at or self.request.created_at, self.began)

    def since_began(self, kind: str) -> datetime | None:
        """When that happened last since it is open."""
        at = self.marks.get(kind)
        return at if at is not None and at >= self.began else None

    @property
    def nobody_left(self) -> datetime | None:
        """Since when everybody who fits has been asked; None while there may be more."""
        at, again = self.since_began("nobody_left"), self.since_began("asked_again")
        return None if at is None or (again is not None and again > at) else at

    @property
    def first_round(self) -> bool:
        """Whether nobody was asked a second time yet."""
        return self.since_began("asked_again") is None

    @property
    def passed(self) -> bool:
        """Whether the time at which it was needed is over, and the neighbor has not said that it is still needed."""
        at = self.since_began("time_passed")
        return at is not None and all(at > self.marks.get(word, self.began) for word in STILL_NEEDED)

    @property
    def round_at(self) -> datetime | None:
        """When those are asked again who have not answered.

        Every morning, less often when the neighbor is silent; what is urgent sooner, in ever longer steps.
        """
        at, policy = self.nobody_left, self.context.line.policy
        if at is None or self.passed:
            return None
        if self.presses:
            lasts = timedelta(minutes=policy.offer_lasts_urgent)
            again = at + min(max(at - self.began, lasts), A_DAY)
            return again if self.request.in_danger else self._waking(again)
        fresh = self.context.now - self.wanted <= timedelta(days=policy.still_need_days)
        return lines.morning(self.context.line, at + timedelta(days=0 if fresh else policy.still_need_days - 1))

    @property
    def round_is_due(self) -> bool:
        """Whether those who have not answered are asked again now: also after it was held back for a while."""
        held = self.since_began("held_back")
        others = (self.since_began(kind) or self.began for kind in ("wave", "asked_again", "nobody_left"))
        if held is not None and self.request.wave and all(held > other for other in others):
            return self.context.now - held >= A_WHILE
        return self.round_at is not None and self.round_at <= self.context.now

    @property
    def look_at(self) -> datetime:
        """When somebody who was busy or away may be free."""
        how = pacing.pace(self.context, self.request)
        late = self.context.now - self.began >= PRESSING and not self.presses
        gap = timedelta(minutes=how.fixed or how.look_again)
        return self._waking(self.context.now + (max(gap, SELDOM) if late else gap))

    @property
    def question_at(self) -> datetime:
        """When the neighbor is asked whether they still need it."""
        policy, last = self.context.line.policy, self.since_began("still_need") or self.since_began("time_passed")
        every = policy.still_need_days if last is None else policy.still_need_every
        return self._waking(max(self.wanted, last or self.wanted) + timedelta(days=every))

    @property
    def end_at(self) -> datetime | None:
        """When their silence ends it; None before they were asked."""
        asked = self.since_began("still_need") or self.since_began("time_passed")
        if asked is None or asked < self.wanted:
            return None
        silence = timedelta(days=self.context.line.policy.unmet_days)
        return self._waking(max(self.wanted + silence, asked + TO_ANSWER))

    @property
    def named(self) -> datetime | None:
        """The moment from which it will be needed, or by which, as the neighbor named it.

        Of a time that has begun, such as today, the last hour of it at which anybody is up.
        """
        begins, ends = self.request.needed_from, self.request.needed_until
        if begins is None or self.request.needed_as not in (Timing.AFTER, Timing.WITHIN):
            return ends or begins
        return begins if begins > self.began + A_WHILE or ends is None else self._last_hour(ends)

    @property
    def warning_at(self) -> datetime | None:
        """When the neighbor hears that nobody has it yet, while they can still look elsewhere; None if they have."""
        at, over = self.named, self.passes_at
        if at is None or over is None or self.since_began("warned") is not None:
            return None
        policy = self.context.line.policy
        evening = evening_before(at, self.context.line.timezone, policy.remind_evening)
        told = evening if at - self.began >= EVENING_FROM else at - timedelta(minutes=policy.remind_before)
        soonest = self.began + min(A_WHILE, (over - self.began) / 2)
        told = self._waking(max(told, soonest))
        return told if told < over else soonest  # at night too: they have just asked

    @property
    def passes_at(self) -> datetime | None:
        """When it is too late, as they said; None if they named no time, or it has passed before."""
        over = self.request.needed_until or self.request.needed_from
        return None if over is None or over <= (self.since_began("time_passed") or self.began) else over

    def next(self, asks_at: datetime | None) -> datetime:
        """When time acts on it, if volunteers are asked at `asks_at`."""
        passes = self.passes_at
        moments = (
            None if self.passed else asks_at,
            self.question_at,
            self.end_at,
            self.warning_at,
            self._waking(passes) if passes else None,
        )
        return max(min(moment for moment in moments if moment is not None), self.context.now)

    @property
    def presses(self) -> bool:
        """Whether it is asked about at a quick pace, and whoever is on duty hears at once where nobody is left."""
        return self.request.presses

    def _last_hour(self, before: datetime) -> datetime:
        last = before
        for begins, ends in lines.waking(self.context.line).spans(self.began):
            if begins >= before:
                break
            last = min(ends, before)
        return last

    def _waking(self, moment: datetime) -> datetime:
        return lines.waking(self.context.line).wakes(moment)


def plan(context: Context, request: Request, *, first: bool = False) -> Plan:
    """What time brings to an open request; of one that is open for the `first` time there is no history to read."""
    return Plan(context, request, {} if first else events.marks(context.session, request))


def schedule(context: Context, request: Request, asks_at: datetime, *, first: bool = False) -> None:
    """Volunteers are asked at `asks_at`; time acts sooner where the neighbor must hear something before."""
    if request.state is State.CLAIMED:  # some have it, and more are wanted: handlers/helping/gathering.py
        requests.schedule_wave(context.session, request, asks_at)
        return
    policy = context.line.policy
    if request.needed_until is None and request.needed_from is None:
        days = min(policy.still_need_days, policy.unmet_days)
        if asks_at < (request.wanted_at or request.created_at) + timedelta(days=days):
            requests.schedule(context.session, request, asks_at)
            return
    requests.schedule(context.session, request, plan(context, request, first=first).next(asks_at))


def nobody_left(context: Context, request: Request, *, first: bool = False) -> Texts:
    """Everybody who fits has been asked: said once, with when it goes on."""
    before = plan(context, request, first=first)
    newly = before.nobody_left is None
    if newly:
        requests.record(context.session, request, "nobody_left", context.now)
    now = Plan(context, request, {**before.marks, "nobody_left": before.nobody_left or context.now})
    asks_at = min(now.look_at, now.round_at or now.look_at)
    if request.state is State.CLAIMED:
        requests.schedule_wave(context.session, request, asks_at)
        if newly and now.first_round and request.wave:
            neighbor, when = people.by_id(context.session, request.person_id), soon(context, now.round_at or asks_at)
            have, wanted = request.helpers_have, request.helpers_wanted
            yield context.tell(neighbor, "crew_asked_all", about=request, have=have, wanted=wanted, when=when)
        return
    requests.schedule(context.session, request, now.next(asks_at))
    if not newly or not now.first_round:
        return
    if now.presses:
        what = context.what(request, Sight.NEAR)
        yield from context.tell_duty("duty_nobody_left", about=request, but=request.person_id, what=what)
    neighbor = people.by_id(context.session, request.person_id)
    if request.wave:
        when = soon(context, now.round_at or asks_at)
        yield context.tell(neighbor, "asked_all", about=request, when=when, lately=lately(context, request))
    yield from other_help(context, request)


def other_help(context: Context, request: Request) -> list[Text]:
    """Who else may have what they need, told once; nothing where the group has listed nobody."""
    neighbor = people.by_id(context.session, request.person_id)
    found = context.line.help_for(request.needs, neighbor.speaks(context.line))[:MOST_RESOURCES]
    if not found or events.last_event(context.session, request, "other_help") is not None:
        return []
    requests.record(context.session, request, "other_help", context.now)
    rows = Lines([Ours(each.words) for each in found])
    return [context.tell(neighbor, "other_help", about=request, rows=rows)]


def who_else(context: Context, person: Person, needs: Collection[str] = ()) -> Said | None:
    """Who else may help with any of these needs, or at all, as the end of a text; nothing where nobody is listed."""
    language = person.speaks(context.line)
    found = context.line.help_for(needs or [*Need], language)[:MOST_RESOURCES]
    return Said("who_else", {"rows": Lines([Ours(each.words) for each in found])}) if found else None


def ask_anew(context: Context, request: Request) -> None:
    """Those who have not answered may be asked once more: a new round begins, if not with so few as the first."""
    asked = waiting.asked(context.session, request)
    requests.record(context.session, request, "asked_again", context.now, words=str(asked.people))
    lasts = timedelta(minutes=context.line.policy.offer_lasts_urgent)
    waiting.renew(context.session, request, context.now - lasts)
    request.wave = min(request.wave, 1)
    context.session.add(request)


def soon(context: Context, moment: datetime) -> Soon:
    """`at 5:00 PM`, `tomorrow at 8:00 AM`: never a moment that is over."""
    return Soon(max(moment, context.now), context.line.timezone, context.now)


def lately(context: Context, request: Request) -> Said | None:
    """How long it lately took until somebody had such a thing; nothing where too few were taken to say."""
    return estimate.lately(context, request.needs)


def promised(context: Context, request: Request) -> dict[str, Any]:
    """What an answer says of a request that nobody is asked about this minute: when it goes on."""
    return {
        "when": soon(context, request.next_action_at or context.now),
        "lately": lately(context, request),
    }
