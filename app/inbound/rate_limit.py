"""Reply limit and auto-reply loop detection: few texts a minute to one phone, none to machines.

Whatever is decided here, a text that came in is kept and acted on; only what goes back is held back.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from app.outbound.outbox import WHOM_TO_CALL
from handlers import registry
from handlers.turn import Text
from handlers.understanding.intents import Answer, Intent, Machine, Order, Pressed
from handlers.understanding.words import fold
from models.delivery.outbound import Lane
from models.inbound import Heard
from models.lines import Policy
from models.people import Address, Person

BURST = 60.0  # seconds that an answer may wait for the end of a burst, at most
WINDOW = 60.0  # seconds in which one phone gets at most Policy.reply_limit answers, and which one waits at most
SLACK = 2.0  # seconds by which one text may leave later than another: without it two windows would touch
# The other side is told at once that somebody comes, or does not: whoever it is must know it too.
NEVER_WAIT = frozenset({"claim_yours", "dropped", "assigned"})

MUTE_AFTER = 5  # answers to what may be a machine
MUTE_AFTER_ANSWERED = 3  # texts in a row like a machine's, where each brought several answers
ALIKE = timedelta(minutes=10).total_seconds()  # in which a person does not say the same again and again
REMEMBERED = 3  # texts with which the next is compared: some machines take turns with two or three
SENTENCE = 12  # letters; shorter words ("ok", "gracias") people do say to each other again and again
MUTE_FOR = timedelta(hours=1)
TOLD_EVERY = timedelta(minutes=10).total_seconds()  # that duty hears what a muted phone says
CARRIED = frozenset({"from_helper", "from_neighbor"})  # words on their way to the other side of a request
WORDS = CARRIED | {"duty_wrote", "duty_muted"}  # and those that go to everybody on duty
UNHEARD = frozenset({"passed_to_duty", "night_to_duty"})  # nobody has written back yet: it need not be a talk


@dataclass(frozen=True)
class RecentTexts:
    """What an address sent lately, without its words."""

    marks: tuple[str, ...] = ()  # of its last texts
    at: float = 0.0  # when the last one came
    row: int = 0  # texts in a row that a machine might have sent
    answers: int = 0  # what we said to these and the one before
    alarm: float = 0.0  # when it was last told whom to call, over the limit
    told: float = 0.0  # when duty hears last what it says while it is not answered

    def pack(self) -> dict[str, Any] | None:
        """As kept with the address; most have nothing to keep."""
        return None if self == RecentTexts() else asdict(self)


def unpack(kept: dict[str, Any] | None) -> RecentTexts:
    """What was kept with the address."""
    return RecentTexts(**{**kept, "marks": tuple(kept["marks"])}) if kept else RecentTexts()


@dataclass(frozen=True)
class Limited:
    """What goes out, and why the rest does not."""

    texts: list[Text]
    withheld: int = 0  # answers that would have to wait too long
    muted: bool = False  # from now on there are no answers: tell duty
    unheard: datetime | None = None  # when to tell duty what it says, for it says something new and is not answered


def limit(policy: Policy, person: Person, address: Address, heard: Heard, intent: Intent | None, texts: list[Text],
         now: datetime) -> Limited:  # fmt: skip
    """Decide which of these texts go out, and when. Changes what is known of the address.

    Without an `intent` nothing was said: time brought them about.
    """
    if policy.reply_limit <= 0:
        return Limited(texts)
    moment = now.timestamp()
    before = unpack(address.recent_texts)
    answers = sum(1 for text in texts if text.to.id == person.id)
    recent = before if intent is None else _listen(before, heard, intent, texts, moment)
    repeats = recent.row > before.row
    muted = address.muted_until is not None and now < address.muted_until
    newly = not muted and (
        recent.row >= MUTE_AFTER or (recent.row >= MUTE_AFTER_ANSWERED and recent.answers + answers > MUTE_AFTER)
    )
    if newly:
        address.muted_until = now + MUTE_FOR
    unheard = None
    if muted and not repeats and recent.marks != before.marks and not any(text.to.id != person.id for text in texts):
        unheard = _turn_of(before, moment)
        recent = replace(recent, told=unheard)
    if muted or newly:
        texts = [text for text in texts if _even_so(text, person, repeats)]
    else:
        recent = replace(recent, answers=recent.answers + answers)
    kept, recent, withheld = _in_time(policy.reply_limit, person, address, texts, recent, now)
    address.recent_texts = recent.pack()
    return Limited(kept, withheld, muted=newly, unheard=datetime.fromtimestamp(unheard, UTC) if unheard else None)


def _turn_of(recent: RecentTexts, moment: float) -> float:
    """When duty may hear what a muted phone says: now, or with what else it says until duty's next turn."""
    if not moment < recent.told + TOLD_EVERY <= moment + 2 * TOLD_EVERY:
        return moment
    return recent.told if recent.told > moment else recent.told + TOLD_EVERY


def _answered(address: Address, moment: float) -> list[float]:
    """When this address was last answered. What lies further ahead than an answer may wait, a clock set back left."""
    return [at for at in address.reply_times if at <= moment + WINDOW + SLACK]


def _listen(before: RecentTexts, heard: Heard, intent: Intent, texts: Sequence[Text], moment: float) -> RecentTexts:
    """Whether this text, after those before it, might be a machine's: then it says what it has just said.

    Haste is no sign of one. Who is afraid types a sentence every few seconds, each of them another.
    """
    if isinstance(intent, Machine):  # nothing is ever answered to it
        return before
    if not _may_be_a_machines(intent):
        return RecentTexts(alarm=before.alarm, told=before.told)
    if heard.media or heard.location:  # an album comes as several texts; no machine sends its whereabouts
        return before
    letters = "".join(c for c in fold(heard.body) if c.isalpha()) or heard.body.strip()
    mark = hashlib.blake2s(letters.encode("utf-8", "replace"), digest_size=4).hexdigest()
    marks = before.marks if moment - before.at <= ALIKE else ()
    carried = {text.phrase for text in texts}
    if carried & CARRIED and not carried & UNHEARD:
        # Two people talk through us. They may be quick, and short words come again; whole sentences do not.
        echoes = marks[-1:] == (mark,) and len(letters) >= SENTENCE
    else:
        echoes = mark in marks
    return replace(
        before,
        marks=(*marks, mark)[-REMEMBERED:],
        at=moment,
        row=before.row + 1 if echoes else 0,
        answers=before.answers if echoes else 0,
    )


def _may_be_a_machines(intent: Intent) -> bool:
    """Commands and choices are a person's; a machine talks in sentences."""
    if isinstance(intent, Answer):
        return intent.choice is None
    if isinstance(intent, Pressed):
        return False
    return not isinstance(intent, Order) or registry.BY_NAME[intent.command].small_talk


def _even_so(text: Text, person: Person, repeats: bool) -> bool:
    """What a muted address still brings about: no answers, but for danger in new words; nothing carried twice."""
    if text.to.id == person.id:
        return (text.lane <= Lane.SAFETY and not repeats) or text.phrase in NEVER_WAIT
    return not (repeats and text.phrase in WORDS)


def _in_time(
    limit: int, person: Person, address: Address, texts: list[Text], recent: RecentTexts, now: datetime
) -> tuple[list[Text], RecentTexts, int]:
    """Give every answer its moment, by lane; leave out what would have to wait longer than a window."""
    moment = now.timestamp()
    answered = _answered(address, moment)
    when: dict[int, float] = {}
    own = [n for n, text in enumerate(texts) if text.to.id == person.id]
    for n in sorted(own, key=lambda n: (texts[n].phrase not in NEVER_WAIT, texts[n].lane)):
        free = moment if len(answered) < limit else max(moment, answered[-limit] + WINDOW + SLACK)
        waits = texts[n].not_before
        if waits is not None and texts[n].merged:  # for the end of a burst
            free = max(free, waits.timestamp())
        if free > moment and texts[n].phrase in WHOM_TO_CALL and abs(moment - recent.alarm) > WINDOW:
            free, recent = moment, replace(recent, alarm=moment)
        elif texts[n].phrase in NEVER_WAIT:
            free = moment
        if free - moment <= WINDOW + SLACK + (BURST if waits else 0):
            when[n] = free
            answered = sorted([*answered, free])[-limit:]
    address.reply_times = answered
    kept = [
        replace(text, not_before=datetime.fromtimestamp(when[n], UTC)) if when.get(n, moment) > moment else text
        for n, text in enumerate(texts)
        if n in when or n not in own
    ]
    return kept, recent, len(own) - len(when)
