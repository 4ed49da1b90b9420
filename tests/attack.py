"""The stories of tests/lifecycle.py under attack: a phone that floods the line, and a carrier that lies.

The carrier loses answers, refuses whatever it likes and says of texts what is not true; only its list of what it took
is right. Then nothing is sent twice, and whoever is in danger is answered, whatever the flooding phone has said.
"""

from collections import Counter
from datetime import datetime
from enum import StrEnum, auto

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from app.carriers.base import Action, CarrierError, Outgoing, Sent, SentMessage
from models.delivery.outbound import Lane
from models.delivery.outbound import State as TextState
from tests import pictures, promises
from tests.fakes import Recorder, StillClock, status_update
from tests.lifecycle import ASIDES, BARE, CODES, NEEDS, PHONES, SAID_BY_CARRIER, STOPS, STRANGER, Lifecycle

FLOOD = 8  # texts, one after the other
EMERGENCIES = ("emergency",)
DANGER = "my father is not breathing, 14 Oak St apt 3"
FLOODS = [DANGER, "PERSON", "need food for 4 near Oak St", "zucchini " * 100, *NEEDS, *ASIDES, *BARE, *STOPS]


class Mood(StrEnum):
    """What a carrier does with whatever is posted to it."""

    TAKES = auto()
    TAKES_AND_IS_SILENT = auto()
    IS_SILENT = auto()
    TURNS_AWAY = auto()
    CLOSES_THE_ACCOUNT = auto()
    KNOWS_NO_SUCH_ADDRESS = auto()


ANSWERED = {
    Mood.TAKES_AND_IS_SILENT: Action.LOOK_UP,
    Mood.IS_SILENT: Action.LOOK_UP,
    Mood.TURNS_AWAY: Action.AGAIN,
    Mood.CLOSES_THE_ACCOUNT: Action.ACCOUNT,
    Mood.KNOWS_NO_SUCH_ADDRESS: Action.BAD_ADDRESS,
}


class LyingCarrier(Recorder):
    """It takes what it likes, and says what it likes about it. Its list is right."""

    def __init__(self, clock: StillClock) -> None:
        super().__init__()
        self.clock = clock
        self.mood = Mood.TAKES
        self.took: list[tuple[Outgoing, SentMessage]] = []

    def send(self, text: Outgoing) -> Sent:
        """Take it or not, and answer or not."""
        sent = super().send(text)
        if self.mood in (Mood.TAKES, Mood.TAKES_AND_IS_SILENT):
            self.took.append((text, SentMessage(sent.sid, TextState.ACCEPTED, self.clock.now())))
        if self.mood is not Mood.TAKES:
            raise CarrierError(ANSWERED[self.mood], self.mood, code=99999)
        return Sent(sent.sid, TextState.ACCEPTED)

    def find(self, text: Outgoing, since: datetime) -> list[SentMessage]:
        """What it took, by recipient and words, as a carrier's list has it."""
        like = [sent for took, sent in self.took if (took.to, took.body) == (text.to, text.body)]
        return [sent for sent in like if sent.created >= since]


class Attacked(Lifecycle):
    """One story with a flooding phone and a lying carrier."""

    held_to = tuple(one for one in promises.PROMISES if one is not promises.every_text_is_answered)
    reply_limit = 6

    def __init__(self) -> None:
        super().__init__()
        self.failures: Counter[int] = Counter()  # what the carrier said of each text: then it may go once more

    def made_carrier(self) -> LyingCarrier:
        """The lying one."""
        self.lying = LyingCarrier(self.clock)
        return self.lying

    @rule(who=st.sampled_from([STRANGER, *PHONES[:2]]), what=st.sampled_from(FLOODS))
    def floods(self, who: str, what: str) -> None:
        """A phone says the same again and again."""
        for _ in range(FLOOD):
            self._say(who, what)

    @rule(who=st.sampled_from(PHONES))
    def is_in_danger(self, who: str) -> None:
        """Somebody is in danger: whom to call is among the answers, ahead of everything else."""
        address = next((a for a in self.seen.addresses if a.value == who), None)
        before = set(self.seen.texts)
        self._say(who, DANGER)
        person = next(a.person_id for a in self.seen.addresses if a.value == who)
        stopped = self.seen.people[person].opted_out_at is not None
        spoke_lately = address is not None and len(address.reply_times) > 0
        told = [t for id_, t in self.seen.texts.items() if id_ not in before and t.person_id == person]
        if not stopped and not spoke_lately:  # who has just been told whom to call is told once a minute
            assert any(t.phrase in EMERGENCIES and t.lane == Lane.EMERGENCY for t in told)

    @rule(mood=st.sampled_from([Mood.TAKES, *Mood]))
    def carrier_changes(self, mood: Mood) -> None:
        """From now on it does something else."""
        self.lying.mood = mood

    @precondition(lambda self: self.lying.took)
    @rule(at=st.integers(0, 500), word=st.sampled_from(SAID_BY_CARRIER), code=st.sampled_from(CODES))
    def carrier_lies(self, at: int, word: str, code: int | None) -> None:
        """It calls back about what it took, with whatever word."""
        text, sent = self.lying.took[-1 - at % len(self.lying.took)]
        failed = word in ("undelivered", "failed")
        self.failures[text.id] += failed
        update = status_update(text.id, word, sid=sent.sid, code=code if failed else None)
        self.hotline.ingest.status(update).result()
        self._look()

    @precondition(lambda self: len(self.lying.took) > 1)
    @rule(one=st.integers(0, 500), other=st.integers(0, 500))
    def carrier_mixes_up(self, one: int, other: int) -> None:
        """It calls back about one text under another's id."""
        text, _ = self.lying.took[-1 - one % len(self.lying.took)]
        _, sent = self.lying.took[-1 - other % len(self.lying.took)]
        self.hotline.ingest.status(status_update(text.id, "delivered", sid=sent.sid, code=None)).result()
        self._look()

    def carrier_tells(self, at: int, word: str, code: int | None, twice: bool) -> None:
        """What this carrier says is above."""

    def _look(self, *args: object, **more: object) -> pictures.Step:
        step = super()._look(*args, **more)  # type: ignore[arg-type]
        for id_, times in Counter(text.id for text, _ in self.lying.took).items():
            assert times <= 1 + self.failures[id_], f"text {id_} was sent {times} times"
        return step
