"""What is counted of a simulated neighborhood: how soon, at how many texts, how evenly, and who was forgotten."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlmodel import col, select

from models.delivery.outbound import Lane
from models.duty_tasks import DutyTask
from models.hours import Waking
from models.requests import LIVE, Outcome, Request, State, Urgency
from models.store.session import Session

OFFERED = re.compile(r"#(\d+)")  # an offer names one request, a list of what is open several
OFFERS = frozenset({"offer", "digest"})
WON = "claim_yours"
MET = frozenset({Outcome.FULFILLED, Outcome.PARTIAL, Outcome.UNCONFIRMED})
# A neighbor who waits hears something: the questions whether they still need it come after three days, then weekly.
SAID_WITHIN, SAID_WITHIN_ONCE_ASKED = timedelta(days=3, hours=1), timedelta(days=7, hours=12)
STILL_NEEDED = frozenset({"still_need", "still_need_too", "time_passed", "time_passed_too"})
OWN_WORDS = timedelta(minutes=30)  # after somebody's own text, what comes is an answer
NEVER = float("inf")


@dataclass(frozen=True)
class Arrived:
    """A text that somebody has got."""

    sent: datetime
    at: datetime
    to: str
    volunteer: bool
    phrase: str
    lane: int
    segments: int
    number: int | None
    urgency: str
    question: str | None  # what waits for their answer
    body: str


@dataclass(frozen=True)
class Made:
    """One request, and what became of it."""

    at: datetime
    urgency: Urgency
    claims: list[datetime]
    asks: int
    met: bool
    waking: Waking

    @property
    def waited(self) -> float:
        """Minutes until somebody took it, waking ones if it was not urgent; endless if nobody did."""
        if not self.claims:
            return NEVER
        taken = self.claims[0]
        urgent = self.urgency is Urgency.URGENT
        return ((taken - self.at) if urgent else self.waking.between(self.at, taken)).total_seconds() / 60


@dataclass
class Tally:
    """Everything that is counted. Requests are known by their numbers, people by their addresses."""

    offers: Counter[int] = field(default_factory=Counter)  # by request
    asked: Counter[str] = field(default_factory=Counter)  # the same by volunteer
    claims: dict[int, list[datetime]] = field(default_factory=dict)
    told_at: dict[int, datetime] = field(default_factory=dict)  # when a neighbor last heard of their request
    spoke_at: dict[str, datetime] = field(default_factory=dict)
    texts: int = 0
    segments: int = 0
    at_night: Counter[str] = field(default_factory=Counter)  # unasked texts in quiet hours, by phrase
    forgotten: set[int] = field(default_factory=set)  # nothing would ever have happened to them
    asked_whether: set[int] = field(default_factory=set)  # live ones whose neighbors were asked if they still need it
    unsaid: set[int] = field(default_factory=set)  # live ones of which nothing was said for too long
    made: list[Made] = field(default_factory=list)

    def arrives(self, text: Arrived, waking: Waking) -> None:
        """Somebody gets a text."""
        self.texts += 1
        self.segments += text.segments
        if text.volunteer and text.phrase in OFFERS:
            for number in map(int, OFFERED.findall(text.body)):
                self.offers[number] += 1
                self.asked[text.to] += 1
        elif text.phrase == WON and text.number is not None:
            self.claims.setdefault(text.number, []).append(text.sent)
        elif not text.volunteer and text.number is not None:
            self.told_at[text.number] = text.at
            if text.phrase in STILL_NEEDED:
                self.asked_whether.add(text.number)
        if text.lane >= Lane.NOTICE and text.urgency != Urgency.URGENT and not waking.at(text.sent):
            spoke_at = self.spoke_at.get(text.to)
            if spoke_at is None or text.sent - spoke_at > OWN_WORDS:
                self.at_night[text.phrase] += 1

    def look(self, session: Session, now: datetime) -> None:
        """Whom the hotline has forgotten by now."""
        watched = select(DutyTask.request_id).where(col(DutyTask.ended_at).is_(None))
        on_duty = {row for (row,) in session.execute(watched).all()}
        for request in session.exec(select(Request).where(col(Request.state).in_(LIVE))):
            if request.next_action_at is None and request.id not in on_duty:
                self.forgotten.add(request.number)
            most = SAID_WITHIN_ONCE_ASKED if request.number in self.asked_whether else SAID_WITHIN
            if now - self.told_at.get(request.number, request.created_at) > most:
                self.unsaid.add(request.number)

    def read_ends(self, session: Session, waking: Waking) -> None:
        """What became of every request."""
        for request in session.exec(select(Request).order_by(col(Request.number))):
            claims = self.claims.get(request.number, [])
            urgency = Urgency.URGENT if request.emergency else request.urgency or Urgency.TODAY
            met = request.outcome in MET or request.state is State.DELIVERED
            self.made.append(Made(request.created_at, urgency, claims, self.offers[request.number], met, waking))

    @property
    def urgent(self) -> list[Made]:
        """The requests that cannot wait."""
        return [made for made in self.made if made.urgency is Urgency.URGENT]

    @property
    def others(self) -> list[Made]:
        """The rest."""
        return [made for made in self.made if made.urgency is not Urgency.URGENT]

    @property
    def met(self) -> float:
        """The share of requests for which help came."""
        return sum(one.met for one in self.made) / max(1, len(self.made))

    @property
    def texts_a_met_one(self) -> float:
        """How many texts, to whomever, each met request took."""
        return self.texts / max(1, sum(one.met for one in self.made))

    @property
    def gini(self) -> float:
        """How unevenly volunteers are asked: 0 is all alike, 1 is one for all."""
        return gini(self.asked.values())


def gini(counts: Iterable[int]) -> float:
    """How unevenly something is spread."""
    ranked = sorted(counts)
    if not sum(ranked):
        return 0.0
    weighted = sum(n * count for n, count in enumerate(ranked, 1))
    return 2 * weighted / (len(ranked) * sum(ranked)) - (len(ranked) + 1) / len(ranked)


def quantile(values: Iterable[float], share: float) -> float:
    """The value below which this share of them lies; those that never came count as endless."""
    ranked = sorted(values)
    return ranked[min(int(len(ranked) * share), len(ranked) - 1)] if ranked else NEVER


def a_claim(made: Iterable[Made]) -> float:
    """How many volunteers were asked for each time that one of them took it."""
    made = list(made)
    return sum(one.asks for one in made) / max(1, sum(len(one.claims) for one in made))
