"""Any story at all: neighbors, volunteers, duty, time and the carrier act in any order on a real hotline.

Hypothesis chooses what happens next; after every step all promises (tests/promises.py) must hold.
"""

from collections.abc import Callable
from datetime import timedelta
from itertools import count

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from app.carriers.base import Outgoing, Sent
from app.hotline import Hotline
from app.inbound import tick
from app.inbound.receive import Taken
from models import lines
from models.delivery.outbound import State as TextState
from models.inbound import Heard
from models.lines import Channel
from models.requests import State
from models.store.session import Session
from tests import fakes, neighbors, pictures, promises
from tests.fakes import LINE, WHATSAPP, Recorder, StillClock, status_update

TYPING = timedelta(seconds=3)  # the same words sooner are the same text
LOOKS = 12  # at what is due, in one span; whatever else is due comes late
MINUTES = (1, 11, 25, 46, 60, 181, 241, 9 * 60)
SPANS = [*(timedelta(minutes=m) for m in MINUTES), *(timedelta(days=d) for d in (1, 2, 4, 15))]

NEIGHBORS = {"Anabel Quince": "+12025550101", "": "+12025550105"}
HELPERS = {
    "Ben Quince": ("+12025550102", "en"),
    "Caro": ("+12025550103", "es"),
    "Gus": ("+12025550107", "en"),
    "Dee": ("+12025550104", "en"),
    "Eli": ("+12025550106", None),
}
PHONES = [*NEIGHBORS.values(), *(number for number, _ in HELPERS.values())]
ON_DUTY = "Dee"
STRANGER = "+12025550108"

NEEDS = [
    "Need groceries for two, 14 Oak St apt 3, zucchini please",
    "necesito agua para 3 en Pine St",
    "I need a ride to the clinic tomorrow near Main St",
    "zucchini, please bring some food",
    "I need help",
    "urgent: insulin, 14 Oak St",
    "my mother is not breathing, 14 Oak St apt 3",
    "I need formula for my baby",
]
ANSWERS = ("1 | 2 | 3 | 4 | yes | no | partly | ok | zucchini | 14 Oak St apt 3 | Pine St | yes but no milk").split(
    " | "
)
ASIDES = (
    "thanks | hello | where are you? | the blue zucchini door |  | 🙏 | what is this | ok see you | asdf qwer |"
    " HELP | STATUS | PERSON | JOIN | español | english | NEVERMIND | MORE zucchini | ? | AGAIN | I can help |"
    " nobody came | it came | FORGET ME"
).split(" | ")
ORDERS = (
    "CLAIM {} | {} | PASS {} | DROP {} | DROP {} my car died | OMW {} | DONE {} | DONE {} at the door | ill "
    "take #{} but after 6 | INFO {} | STATUS {} | NEVERMIND {} | MORE {} zucchini | @{} zucchini | @{} | CLAIM"
    " {} 1 2 3"
).split(" | ")
BARE = (
    "MINE | INFO | LIST | QUEUE | DUTY | STATUS | CLAIM | PASS | DROP | OMW | DONE | yes | no | I can | AWAY |"
    " AWAY 3H | BACK | MAX 0 | MAX 2 | ONLY RIDES | ONLY ALL |"
    " HOURS 9-18 | HOURS 20-7 | HOURS ALL | dont text me at night | DIGEST | DIGEST OFF | WAKE ON"
).split(" | ")
DUTIES = (
    "DUTY ON | DUTY OFF | SHOW {} | OPEN {} | CLOSE {} | CLOSE {} moved away | NOTE {} zucchini | @{} hello | "
    "ASSIGN {} Ben | ASSIGN {} Caro | ASSIGN {} Gus | ASSIGN {} Nobody | VOUCH {} | MERGE {} 1 | MERGE 1 {} | "
    "HOLD {} | ON IT {} | WHO {} | SHIFT TUE 9-21 | SHIFT WED 21-9 | SHIFT OFF TUE | SHIFT CANT | COVER | ROSTER |"
    " PAUSE LINE | PAUSE LINE until friday | RESUME LINE | BROADCAST hello all"
).split(" | ")
STOPS = ("STOP | stop texting me | CANCEL | opt out | START | YES | UNSTOP").split(" | ")
SAID_BY_CARRIER = ["queued", "sent", "delivered", "read", "undelivered", "failed", "teleported"]
CODES = [None, 30003, 30005, 30006, 30007, 30008, 21610, 99999]


class Accepting(Recorder):
    """The simulated network, but what became of a text is told later."""

    def send(self, text: Outgoing) -> Sent:
        sent = super().send(text)
        return Sent(sent.sid, TextState.ACCEPTED)


class Lifecycle(RuleBasedStateMachine):
    """One story. `database_url` hands out an empty database, and takes it back when it is called again."""

    database_url: Callable[[], str]
    take_back: Callable[[str], None]
    held_to = promises.PROMISES
    reply_limit = 0  # what is proven here is what texts do, not how fast they may go

    def __init__(self) -> None:
        super().__init__()
        self.url = type(self).database_url()
        self.clock = StillClock()
        settings = fakes.settings(self.url, hotline_whatsapp=WHATSAPP)
        self.carrier = self.made_carrier()
        self.hotline = Hotline(settings, carrier=self.carrier, clock=self.clock, database_timeout=60)
        self.sids = count(1)
        self.texts: list[Heard] = []  # everything anybody said
        self.seen = pictures.Picture(self.clock.now(), {}, {}, [], [], [], {}, {}, [], {}, [])
        self.line = settings.line(simulated=True)

    def made_carrier(self) -> Recorder:
        """Whoever carries the texts of this story."""
        return Accepting()

    def teardown(self) -> None:
        self.hotline.stop()
        type(self).take_back(self.url)

    @initialize(
        waves=st.sampled_from([(), (3, 6, 12), (1, 1, 2)]), on_duty=st.booleans(), a_day=st.sampled_from([10, 10, 2])
    )
    def begin(self, waves: tuple[int, ...], on_duty: bool, a_day: int = 10) -> None:
        """Some are known, some are not; somebody is on duty, or nobody."""

        def work(session: Session) -> None:
            line = lines.from_settings(session, self.clock.now(), **self.line)
            rules = {
                "waves": list(waves),
                "reply_limit": self.reply_limit,
                "rate_sms": 1_000_000.0,
                "offers_per_day": a_day,
            }
            line.rules = {**rules, "burst_seconds": 0}
            session.add(line)
            for name, (number, language) in HELPERS.items():
                duty = on_duty and name == ON_DUTY
                neighbors.add(
                    session,
                    line,
                    Channel.SMS,
                    number,
                    self.clock.now(),
                    name=name,
                    helper=True,
                    duty=duty,
                    language=language,
                )
            for name, number in NEIGHBORS.items():
                neighbors.add(session, line, Channel.SMS, number, self.clock.now(), name=name)

        self.hotline.database.write(work).result()
        self._look()

    # what people do

    @rule(who=st.sampled_from(PHONES[:2] + PHONES[:2] + PHONES), what=st.sampled_from(NEEDS))
    def asks(self, who: str, what: str) -> None:
        self._say(who, what)

    @rule(who=st.sampled_from(PHONES), what=st.sampled_from(ANSWERS))
    def answers(self, who: str, what: str) -> None:
        self._say(who, what)

    @rule(who=st.sampled_from([*PHONES, STRANGER]), what=st.sampled_from(ASIDES))
    def mentions(self, who: str, what: str) -> None:
        self._say(who, what)

    @precondition(lambda self: self.seen.requests)
    @rule(who=st.sampled_from(PHONES[2:]), at=st.integers(0, 5))
    def claims(self, who: str, at: int) -> None:
        self._say(who, f"CLAIM {self._number(at)}")

    @precondition(lambda self: self.seen.requests)
    @rule(at=st.integers(0, 5), how=st.sampled_from(["DONE {}", "DROP {}", "OMW {}", "DONE {} left it inside"]))
    def carries(self, at: int, how: str) -> None:
        """Whoever has it in hand acts."""
        number = self._number(at)
        request = next(r for r in self.seen.requests.values() if r.number == number)
        for holder in self.seen.holders(request.id)[-1:]:
            address = next(a for a in self.seen.addresses if a.person_id == holder)
            self._say(address.value, how.format(number))

    @precondition(lambda self: any(r.state is State.DELIVERED for r in self.seen.requests.values()))
    @rule(at=st.integers(0, 5), how=st.sampled_from(["1", "2", "3", "yes", "no", "partly", "DONE"]))
    def receives(self, at: int, how: str) -> None:
        """A neighbor who is asked whether it came says so."""
        waiting = [r for r in self.seen.requests.values() if r.state is State.DELIVERED]
        asker = waiting[at % len(waiting)].person_id
        self._say(next(a.value for a in self.seen.addresses if a.person_id == asker), how)

    @precondition(lambda self: any(p.pending_question for p in self.seen.people.values()))
    @rule(at=st.integers(0, 5), how=st.sampled_from(["1", "2", "3", "yes", "no"]))
    def is_asked(self, at: int, how: str) -> None:
        """Whoever was asked something answers, be it a nudge, a reminder or whether it is still needed."""
        asked = [p.id for p in self.seen.people.values() if p.pending_question]
        self._say(next(a.value for a in self.seen.addresses if a.person_id == asked[at % len(asked)]), how)

    @rule(who=st.sampled_from([*PHONES, STRANGER]), what=st.sampled_from(ORDERS), at=st.integers(0, 6))
    def orders(self, who: str, what: str, at: int) -> None:
        self._say(who, what.format(self._number(at)))

    @rule(who=st.sampled_from(PHONES), what=st.sampled_from(BARE))
    def says(self, who: str, what: str) -> None:
        self._say(who, what)

    @rule(who=st.sampled_from([PHONES[5], PHONES[5], *PHONES]), what=st.sampled_from(DUTIES), at=st.integers(0, 6))
    def watches(self, who: str, what: str, at: int) -> None:
        self._say(who, what.format(self._number(at)))

    @rule(who=st.sampled_from(PHONES), what=st.sampled_from(STOPS), channel=st.sampled_from(list(Channel)))
    def stops(self, who: str, what: str, channel: Channel) -> None:
        self._say(who, what, channel)

    @precondition(lambda self: self.texts)
    @rule(at=st.integers(0, 200))
    def comes_again(self, at: int) -> None:
        """The carrier delivers a text a second time: nothing happens."""
        self.clock.advance(TYPING)
        taken = self.hotline.receive(self.texts[at % len(self.texts)]).result()
        assert taken is Taken.SEEN
        assert self._look().new == []

    # what time and the carrier do

    @rule(by=st.sampled_from(SPANS))
    def time_passes(self, by: timedelta) -> None:
        """What falls due happens at its own moment, or late, as when the process had stood still."""
        until = self.clock.now() + by
        for _ in range(LOOKS):
            due = self.hotline.database.read(tick.next_due)
            if due is None or due > until:
                break
            self.clock.advance(due - self.clock.now())
            self.hotline.tick()
            self._look(time_acted=True)
        self.clock.advance(until - self.clock.now())
        self.hotline.tick()
        self._look(time_acted=True)

    @rule()
    def texts_leave(self) -> None:
        self.hotline.sender.drain()
        self._look()

    @precondition(lambda self: any(t.sid for t in self.seen.texts.values()))
    @rule(
        at=st.integers(0, 500),
        word=st.sampled_from(SAID_BY_CARRIER),
        code=st.sampled_from(CODES),
        twice=st.booleans(),
    )
    def carrier_tells(self, at: int, word: str, code: int | None, twice: bool) -> None:
        """A callback, true or not, in any order, once or twice; the second time changes nothing."""
        sent = [t for t in self.seen.texts.values() if t.sid]
        about = sent[-1 - at % len(sent)]
        failed = word in ("undelivered", "failed")
        self.hotline.ingest.status(
            status_update(about.id, word, sid=about.sid, code=code if failed else None)
        ).result()
        self._look()
        if twice:
            self.hotline.ingest.status(
                status_update(about.id, word, sid=about.sid, code=code if failed else None)
            ).result()
            assert self._look().new == []

    # how

    def _number(self, at: int) -> int:
        """A request's number, the newest first; beyond the oldest one that nobody has."""
        return max(1, len(self.seen.requests) - at) if at < 6 else len(self.seen.requests) + 1

    def _say(self, who: str, words: str, channel: Channel = Channel.SMS) -> None:
        self.clock.advance(TYPING)
        to = WHATSAPP if channel is Channel.WHATSAPP else LINE
        heard = Heard(f"SM{next(self.sids):032x}", channel, who, to, words)
        assert self.hotline.receive(heard).result() is Taken.HANDLED
        self.texts.append(heard)
        self._look(heard)

    def picture(self) -> pictures.Picture:
        """Everything as it is now."""
        return self.hotline.database.read(lambda s: pictures.picture(s, self.clock.now()))

    def _look(self, said: Heard | None = None, *, time_acted: bool = False) -> pictures.Step:
        now = self.picture()
        step = pictures.step(self.seen, now, said, time_acted=time_acted)
        self.seen = now
        broken = promises.broken(step, self.held_to)
        assert not broken, broken
        return step
