"""How people of a line answer what they are asked: how many say yes, and how long answers take.

Measured from its own offers now and then, and kept with the line, so that nothing is read to decide about a wave.
"""

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from sqlmodel import col, select

from models import lines
from models.lines import Line, Policy
from models.offers import Offer, State
from models.requests import Request, Urgency
from models.store.session import Session

MINUTE = timedelta(minutes=1)
# Waking minutes after an offer, and the share of all answers that have come by then: what is known of such lines.
USUAL = ((0, 0.0), (2, 0.12), (5, 0.28), (12, 0.5), (30, 0.7), (60, 0.82), (120, 0.92), (240, 0.97), (720, 1.0))
AFTER = tuple(minutes for minutes, _ in USUAL)
SHARES = (0.5, 0.82, 0.92)  # of answers, that `Policy.answer_minutes` are the minutes of
USUAL_WEIGHT = 50  # answers that the usual curve counts for
LONG = 7 * 24 * 60.0  # minutes, after which nobody answers any more
PRECISION = 1 / 60  # minutes
Asked = tuple[int, float]  # how many people were asked how many minutes ago
MOST = 20_000  # offers that are measured
ANSWERED = (State.ACCEPTED, State.PASSED)
DAYPARTS = ((8, "night"), (12, "morning"), (17, "afternoon"), (21, "evening"), (24, "night"))  # until this hour

HOUR_IN = {"night": 3, "morning": 9, "afternoon": 14, "evening": 19}  # an hour in each of them


class Curve(NamedTuple):
    """Which share of the answers has come after how many minutes; straight lines between the points."""

    minutes: tuple[float, ...]
    shares: tuple[float, ...]

    def at(self, age: float) -> float:
        """The share that has come by this age in minutes, from 0 to 1."""
        after = bisect_right(self.minutes, age)
        if after == 0:
            return 0.0
        if after == len(self.minutes):
            return self.shares[-1]
        (x0, x1), (y0, y1) = self.minutes[after - 1 : after + 1], self.shares[after - 1 : after + 1]
        return y0 + (y1 - y0) * (age - x0) / (x1 - x0)

    def when(self, share: float) -> float:
        """The minutes after which this share has come."""
        for (x0, y0), (x1, y1) in pairwise(zip(self.minutes, self.shares, strict=True)):
            if share <= y1:
                return x0 if y1 == y0 else x0 + (x1 - x0) * (share - y0) / (y1 - y0)
        return self.minutes[-1]


@dataclass(frozen=True)
class Answering:
    """How a line's people answer: what was measured laid over what is usual, and what the line's figures override."""

    policy: Policy
    kept: Mapping[str, Any]

    def chance(self, needs: Iterable[str] = (), hour: int | None = None) -> float:
        """How likely somebody says yes who is asked for this, at this hour of the line's clock; more than 0."""
        if self.policy.yes_chance:
            return self.policy.yes_chance
        weight = self.policy.yes_prior_weight
        overall = _mean(self.kept.get("all", (0, 0)), self.policy.yes_prior, weight)
        by = self.kept.get("by")
        if not by or hour is None:
            return overall
        cells = [by[key] for need in needs if (key := f"{need} {daypart(hour)}") in by]
        if not cells:
            return overall
        return _mean((sum(c[0] for c in cells), sum(c[1] for c in cells)), overall, weight)

    @property
    def curve(self) -> Curve:
        """How long answers take."""
        if len(self.policy.answer_minutes) == len(SHARES):
            after = [float(minutes) for minutes in self.policy.answer_minutes]
            return Curve((0.0, *after, 6 * after[-1]), (0.0, *SHARES, 1.0))
        return Curve(AFTER, tuple(self.kept.get("curve") or (share for _, share in USUAL)))

    @property
    def measured(self) -> int:
        """How many offers it was measured from."""
        return int(self.kept.get("offers", 0))


def _mean(found: Sequence[float], prior: float, weight: float) -> float:
    """The mean of a Beta distribution that began at `prior` with this weight."""
    yes, asked = found
    return (yes + prior * weight) / (asked + weight) if asked + weight else prior


def of(line: Line) -> Answering:
    """How this line's people answer."""
    return Answering(line.policy, line.answering)


def daypart(hour: int) -> str:
    """The part of the day that answers are counted by."""
    return next(name for until, name in DAYPARTS if hour < until)


class Outcome(NamedTuple):
    """What became of one offer."""

    needs: tuple[str, ...]
    hour: int  # of the line's clock, when it was made
    minutes: float  # waking ones, until it was answered or nobody waited for an answer any more
    answered: bool
    yes: bool


def measured(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """What is kept with the line.

    Somebody whom another was faster than may still have said yes: until then they count as asked, by the share of
    answers that had come. How long answers take is reckoned from those who still could have answered at each age.
    """
    curve = Curve(AFTER, tuple(_curve(outcomes)))
    cells: defaultdict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for outcome in outcomes:
        asked = 1.0 if outcome.answered else curve.at(outcome.minutes)
        for key in ("", *(f"{need} {daypart(outcome.hour)}" for need in outcome.needs)):
            cells[key][0] += outcome.yes
            cells[key][1] += asked
    rounded = {key: [round(yes, 2), round(asked, 2)] for key, (yes, asked) in cells.items()}
    whole = rounded.pop("", [0, 0])
    return {"offers": len(outcomes), "all": whole, "by": rounded, "curve": [round(s, 4) for s in curve.shares]}


def _curve(outcomes: Sequence[Outcome]) -> list[float]:
    """The share of answers by each age: what would have come if nobody else had been faster, eased by the usual."""
    ended, came = [0.0] * len(AFTER), [0.0] * len(AFTER)
    for outcome in outcomes:
        slot = min(bisect_right(AFTER, outcome.minutes), len(AFTER) - 1)
        ended[slot] += 1
        came[slot] += outcome.answered
    waiting, silent, shares = float(len(outcomes)), 1.0, [0.0]
    for slot in range(1, len(AFTER)):
        left = ended[slot] - came[slot]
        at_risk = waiting - left / 2  # those let off in between were asked for half of it, on average
        share = came[slot] / at_risk if at_risk > 0 else 0.0
        silent *= 1 - share
        shares.append(1 - silent)
        waiting -= ended[slot]
    answers, total = sum(came), shares[-1]
    if not total:
        return [share for _, share in USUAL]
    weight = answers + USUAL_WEIGHT
    return [
        (answers * share / total + USUAL_WEIGHT * usual) / weight
        for share, (_, usual) in zip(shares, USUAL, strict=True)
    ]


def read(session: Session, line: Line, now: datetime) -> list[Outcome]:
    """What became of the line's offers in the last weeks, the latest first."""
    since = now - timedelta(weeks=line.policy.answering_weeks)
    ended = (State.ACCEPTED, State.PASSED, State.EXPIRED, State.SUPERSEDED)
    query = (
        select(Offer.state, Offer.created_at, Offer.answered_at, Request.needs)
        .join(Request, col(Request.id) == col(Offer.request_id))
        .where(Offer.line_id == line.id, col(Offer.state).in_(ended), Offer.created_at >= since)
        .where(col(Offer.answered_at).is_not(None))
        .order_by(col(Offer.id).desc())
        .limit(MOST)
    )
    waking, found = lines.waking(line), []
    for state, made, ended_at, needs in session.exec(query):
        gone = (ended_at or now) - made
        waited = gone if gone < 30 * MINUTE else waking.between(made, made + gone) or gone
        hour = lines.minute(line, made) // 60
        found.append(Outcome(tuple(needs), hour, waited / MINUTE, state in ANSWERED, state is State.ACCEPTED))
    return found


def measure(session: Session, line: Line, now: datetime) -> None:
    """Note anew how the line's people answer."""
    line.answering = {**measured(read(session, line, now)), "at": now.isoformat()}
    session.add(line)


@dataclass(frozen=True)
class Pace:
    """How a request is asked for: how many at once, and when more."""

    waves: tuple[int, ...]  # fixed sizes; empty for none
    first: int  # 0: sized as later ones
    most: int
    yeses: float  # that may come after a wave
    more_below: float  # with fewer yeses that may come, more are asked
    within: float  # minutes in which these yeses must be likely
    least: float  # minutes between waves
    longest: float
    fixed: float  # minutes between waves, whatever may come; 0 for none
    patience: float  # the share of answers that must have come before nobody is left to ask
    look_again: float  # minutes, when nobody can be asked

    def for_places(self, places: int) -> "Pace":
        """The same where so many yeses are wanted instead of one."""
        if places < 2:
            return self
        return replace(
            self,
            waves=tuple(size * places for size in self.waves),
            first=self.first * places,
            yeses=self.yeses * places,
            more_below=self.more_below * places,
        )

    def expected(self, asked: Iterable[Asked], chance: float, curve: Curve, after: float = 0.0) -> float:
        """How many yeses may come after so many minutes from now."""
        soon = (people * (curve.at(age + after + self.within) - curve.at(age + after)) for people, age in asked)
        return chance * sum(soon)

    def size(self, wave: int, asked: Iterable[Asked], chance: float, curve: Curve) -> int:
        """How many to ask after `wave` earlier waves, while these may still answer."""
        if self.waves:
            return self.waves[min(wave, len(self.waves) - 1)]
        if not wave and self.first:
            return self.first
        lacking = (self.yeses - self.expected(asked, chance, curve)) / (chance * curve.at(self.within))
        return min(self.most, max(1, math.ceil(lacking) if self.within < LONG else round(lacking)))

    def waits(self, ages: Sequence[float], curve: Curve) -> float:
        """How many minutes more those who were asked last have to answer, when there is nobody else to ask."""
        longest = self.fixed or curve.when(self.patience)
        left = longest - min(ages) if ages else 0.0
        return left if left > PRECISION else 0.0  # less would be the same moment again, and again

    def gap(self, asked: Sequence[Asked], chance: float, curve: Curve) -> float:
        """Minutes until too few yeses may come."""
        if self.fixed:
            return self.fixed
        least, most = self.least, self.longest
        if self.expected(asked, chance, curve, least) < self.more_below:
            return least
        while most - least > PRECISION:
            middle = (least + most) / 2
            if self.expected(asked, chance, curve, middle) < self.more_below:
                most = middle
            else:
                least = middle
        return most


def pace(policy: Policy, urgency: Urgency | None) -> Pace:
    """How a request of this urgency is asked for."""
    common: dict[str, Any] = {"waves": policy.waves, "most": policy.wave_most}
    if urgency is Urgency.URGENT:
        return Pace(
            **common,
            first=policy.first_wave_urgent,
            yeses=policy.wave_yeses_urgent,
            more_below=policy.ask_more_urgent,
            within=policy.within_urgent,
            least=policy.gap_least_urgent,
            longest=policy.offer_lasts_urgent,
            fixed=policy.gap_urgent,
            patience=SHARES[0],
            look_again=policy.look_again_urgent,
        )
    anytime = urgency is Urgency.ANYTIME
    return Pace(
        **common,
        first=policy.first_wave,
        yeses=policy.wave_yeses_anytime if anytime else policy.wave_yeses_today,
        more_below=policy.ask_more_anytime if anytime else policy.ask_more_today,
        within=LONG,
        least=policy.gap_least,
        longest=policy.offer_lasts,
        fixed=policy.gap_anytime if anytime else policy.gap_today,
        patience=SHARES[1],
        look_again=policy.look_again,
    )
