"""What pretend people do about what they read: some answer soon, some late, most not at all."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

from models.lines import Channel
from tests.benchmarks import households, neighborhood, texts
from tests.benchmarks.asked import OFFERED, OFFERS, WON, Arrived
from tests.benchmarks.neighborhood import (
    DAY,
    DROPS,
    GHOSTS,
    ON_THE_WAY,
    PASS_SAID,
    VOLUNTEERS,
    Load,
    Trait,
    Volunteer,
    awake,
    delay,
)

HOW_IT_GOES = frozenset({"coming", "going"})  # what a volunteer is asked about what they have in hand
STILL_NEEDED, CANT_WAIT, STILL_HELPS = "still_needed", "cant_wait", "still_helps"
UNDER_WAY = {"urgent": (20, 60), "today": (60, 300), "anytime": (120, 30 * 60)}  # minutes from CLAIM to DONE
UP, DOWN = 7.0, 23.0  # when neighbors are awake
SAY_IT_CAME = 0.85
CANNOT_WAIT = 0.1  # for the morning, of those who are asked so at night
STILL_NEED_IT, NO_LONGER = 0.6, 0.25  # say so; the others say nothing
ASK_HOW_IT_STANDS = 0.1  # of those who wait for three hours


class Pretend:
    """Everybody who texts. `say` sends a text to the hotline; `at` lets something happen later."""

    def __init__(
        self,
        load: Load,
        seed: str,
        now: Callable[[], datetime],
        at: Callable[[datetime, Callable[[], None]], None],
        say: Callable[[tuple[Channel, str], str], None],
    ) -> None:
        self.load, self.seed, self.now, self.at, self.say = load, seed, now, at, say
        self.volunteers = neighborhood.volunteers(load, seed)
        self.by_phone = {texts.helper(volunteer.n)[1]: volunteer for volunteer in self.volunteers}
        self.callers: dict[str, int] = {}  # neighbors by what they text from
        self.asks = (households if load.traits else neighborhood).asks(load, seed)
        self.places: dict[int, str] = {}  # of neighbors who have said one
        self.asked: Counter[tuple[int, int]] = Counter()  # how often somebody was asked about one request
        self.urgent: set[int] = set()  # requests
        self.can_wait: set[int | None] = set()  # those whose neighbors have not said otherwise when first asked
        self.luck = Random(f"{seed} neighbors")

    def begin(self) -> None:
        """From now on people text."""
        self._next_ask()
        for volunteer in self.volunteers:
            if volunteer.leaves_at and volunteer.says_stop:
                self.at(volunteer.leaves_at, lambda v=volunteer: self.say(texts.helper(v.n), "STOP"))  # type: ignore[misc]

    def _next_ask(self) -> None:
        ask = next(self.asks, None)
        if ask is None:
            return

        def text() -> None:
            self._next_ask()
            phone = texts.phone(VOLUNTEERS + ask.neighbor)
            self.callers[phone[1]] = ask.neighbor
            self.places[ask.neighbor] = ask.place
            self.say(phone, ask.words)

        self.at(ask.at, text)

    def reads(self, text: Arrived) -> None:
        """A text has come."""
        if Trait.SILENCE in self.load.traits and households.is_silent(text.to, self.seed):
            return
        if text.to in self.by_phone:
            self._volunteer_reads(self.by_phone[text.to], text)
        elif text.to in self.callers:
            self._neighbor_reads(self.callers[text.to], text)

    # volunteers

    def _volunteer_reads(self, volunteer: Volunteer, text: Arrived) -> None:
        if text.phrase in OFFERS:
            if text.urgency == "urgent" and text.number is not None:
                self.urgent.add(text.number)
            for number in dict.fromkeys(map(int, OFFERED.findall(text.body))):
                self._is_asked(volunteer, number, text.at)
        elif text.phrase == WON and text.number is not None:
            self._has_it(volunteer, text)
        elif text.question == STILL_HELPS or (text.question in HOW_IT_GOES and text.number not in volunteer.ghosted):
            self._later(volunteer, volunteer.reads(text.at) + delay(self.luck), "1")

    def _is_asked(self, volunteer: Volunteer, number: int, at: datetime) -> None:
        self.asked[volunteer.n, number] += 1
        luck = Random(f"{self.seed} {volunteer.n} {number} {self.asked[volunteer.n, number]}")
        answers_at = volunteer.reads(at) + delay(luck)
        if luck.random() < volunteer.chance:
            self.at(answers_at, lambda: self._claims(volunteer, number))
        elif luck.random() < PASS_SAID:
            self._later(volunteer, answers_at, f"PASS {number}")

    def _claims(self, volunteer: Volunteer, number: int) -> None:
        free_at = volunteer.busy_until
        if free_at > self.now() and self.load.steady and number not in self.urgent:
            if free_at <= self.now() + DAY:
                self.at(volunteer.reads(free_at), lambda: self._claims(volunteer, number))
        elif self._here(volunteer) and (free_at <= self.now() or self.load.steady):
            self.say(texts.helper(volunteer.n), f"CLAIM {number}")

    def _has_it(self, volunteer: Volunteer, text: Arrived) -> None:
        number, luck = text.number or 0, Random(f"{self.seed} {volunteer.n} has {text.number}")
        if self.load.hands:
            volunteer.busy_until = max(self.now(), volunteer.busy_until) + self._takes(luck)
        volunteer.ghosted.discard(number)
        if luck.random() < GHOSTS:
            volunteer.ghosted.add(number)
            return
        least, most = UNDER_WAY[text.urgency]
        ends = volunteer.reads(text.at + timedelta(minutes=luck.uniform(least, most)))
        if luck.random() < DROPS:
            self._later(volunteer, ends, f"DROP {number}")
            return
        if luck.random() < ON_THE_WAY:
            self._later(volunteer, volunteer.reads(ends - timedelta(minutes=least / 2)), f"OMW {number}")
        self._later(volunteer, ends, f"DONE {number}")

    def _takes(self, luck: Random) -> timedelta:
        """For how long somebody has no time for anything else."""
        times = luck.gammavariate(4, 0.25) if self.load.steady else luck.expovariate(1)
        return times * DAY * self.load.volunteers / (self.load.hands or self.load.volunteers)

    def _later(self, volunteer: Volunteer, moment: datetime, words: str) -> None:
        def act() -> None:
            if self._here(volunteer):
                self.say(texts.helper(volunteer.n), words)

        self.at(moment, act)

    def _here(self, volunteer: Volunteer) -> bool:
        return volunteer.leaves_at is None or self.now() < volunteer.leaves_at

    # neighbors

    def _neighbor_reads(self, neighbor: int, text: Arrived) -> None:
        phone = texts.phone(VOLUNTEERS + neighbor)
        read_at = awake(text.at, UP, DOWN) + delay(self.luck)

        def answer(words: str) -> None:
            self.at(awake(read_at, UP, DOWN), lambda: self.say(phone, words))

        u = self.luck.random()
        if text.question == "receipt":
            if u < SAY_IT_CAME:
                answer("1")
        elif text.question == STILL_NEEDED:
            if u < STILL_NEED_IT + NO_LONGER:
                answer("1" if u < STILL_NEED_IT else "2")
        elif text.question == CANT_WAIT:
            if u < CANNOT_WAIT and text.number not in self.can_wait:
                answer("1")
            self.can_wait.add(text.number)
        elif text.question in ("place", "need"):
            answer(self.places[neighbor] or f"{neighborhood.door(neighbor)} {neighborhood.street(neighbor)}")
        elif text.phrase == "got_it" and u < ASK_HOW_IT_STANDS:
            answer_at = awake(text.at + timedelta(hours=3), UP, DOWN)
            self.at(answer_at, lambda: self.say(phone, "STATUS"))
