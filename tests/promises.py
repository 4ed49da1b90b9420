"""What must be true after every step of any story (DESIGN.md 1), as functions over two pictures of the database."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from app.inbound.rate_limit import CARRIED
from app.outbound.outbox import ALLOWED_AFTER_STOP
from handlers.safety import first_answer
from handlers.wording import segments
from models.assignments import State as Holding
from models.delivery.outbound import LOST
from models.delivery.outbound import State as TextState
from models.lines import Channel
from models.offers import PENDING
from models.offers import State as Answer
from models.requests import Event, Outcome, State
from tests.pictures import Step
from tests.promises_in_time import IN_TIME

TO_LEAVE = (TextState.READY, TextState.HELD)
DUTY_HEARD = ("duty_", "from_neighbor")  # phrases by which whoever is on duty learns of a request
SECRET = re.compile(r"zucchini|14 Oak|apt 3|Quince", re.I)  # the neighbors' words, doors and family names
DOOR = re.compile(r"14 Oak|apt 3", re.I)
SENTENCE = 12  # letters; a shorter text may be a word of ours too
MANY_DIGITS = re.compile(r"\d[\d\s().-]{5,}\d")


Broken = Iterator[str]


def every_text_is_answered(s: Step) -> Broken:
    """Silence is only for STOP, for a machine that was cut off, where somebody else may read an answer, in a talk.

    There the words go to its other side, and that they do is said once.
    """
    if s.said is None or s.speaker is None or s.inbound is None:
        return
    if s.inbound.intent == "failed":
        yield "a fault of ours"
    phones = [
        a for a in s.now.addresses if a.person_id == s.speaker.id and a.muted_until and a.muted_until > s.now.now
    ]
    theirs = [r for r in s.now.requests.values() if r.person_id == s.speaker.id and r.live]
    at_home = any(first_answer.at_home(request) for request in theirs)
    if s.speaker.silent_since is not None or (s.speaker.opted_out_at is not None and at_home):
        return
    talks = any(t.phrase in CARRIED and t.person_id != s.speaker.id for t in s.new)
    if s.inbound.intent != "stop" and not phones and not talks and not s.told(s.speaker.id):
        yield f"no answer to {s.said.body!r}"


def a_text_comes_once(s: Step) -> Broken:
    """Nobody gets the same words twice in one step (lost ones nobody got), no key and no number is given twice."""
    for (to, body), times in Counter((t.person_id, t.body) for t in s.new if t.state not in LOST).items():
        if times > 1:
            yield f"{to} gets {times} times {body!r}"
    if len({t.key for t in s.now.texts.values()}) != len(s.now.texts):
        yield "two texts with one key"
    if len({(r.line_id, r.number) for r in s.now.requests.values()}) != len(s.now.requests):
        yield "two requests with one number"


def one_holder_of_what_is_claimed(s: Step) -> Broken:
    """Claimed if and only if exactly one volunteer has it in hand."""
    for request in s.now.requests.values():
        active = s.now.holders(request.id, Holding.ACTIVE)
        several = request.helpers_wanted > 1 or request.helpers_have > 1
        if several and request.state is State.CLAIMED and len(active) != request.helpers_have:
            yield f"#{request.number} has {request.helpers_have} places filled and is held by {active}"
        if several and request.state is State.DELIVERED and len(active) >= request.helpers_have:
            yield f"#{request.number} is done, and everybody still has it: {active}"
        wrong = (
            bool(active) != (request.state is State.CLAIMED)
            if several
            else len(active) != (request.state is State.CLAIMED)
        )
        if wrong and not (several and request.state is State.DELIVERED):
            yield f"#{request.number} is {request.state} and held by {active}"
        if request.helpers_have > request.helpers_wanted:
            yield f"#{request.number} has more helpers than are wanted"
        if request.person_id in active:
            yield f"#{request.number} is held by who asked"


def an_offer_waits_for_what_is_open(s: Step) -> Broken:
    """Who was asked about something that is over was let off."""
    for offer in s.now.offers:
        request = s.now.requests[offer.request_id]
        if offer.state in PENDING and not request.has_room:
            yield f"#{request.number} is {request.state} and {offer.person_id} is still asked"
        if offer.person_id == request.person_id:
            yield f"#{request.number} is offered to who asked"


def stop_stops(s: Step) -> Broken:
    """After STOP nothing is queued but the one confirmation, and nothing waits to leave."""
    for text in s.now.texts.values():
        stopped = s.now.people[text.person_id].opted_out_at is not None
        if stopped and text.state in TO_LEAVE and text.phrase not in ALLOWED_AFTER_STOP:
            yield f"{text.phrase} still goes to somebody who said STOP"
    if sum(t.phrase == "stopped" for t in s.new) > 1:
        yield "STOP is confirmed more than once"


def offers_tell_nothing(s: Step) -> Broken:
    """No name, number, door or word of the neighbor in an offer; it costs one segment, but for the first ever."""
    names = {p.name for p in s.now.people.values() if p.name}
    for text in s.new:
        if text.phrase != "offer":
            continue
        if SECRET.search(text.body) or MANY_DIGITS.search(text.body) or any(name in text.body for name in names):
            yield f"an offer tells too much: {text.body!r}"
        first_ever = s.now.people[text.person_id].introduced_at == text.created_at  # it says who writes, too
        if segments.count(text.body) > 1 + first_ever:
            yield f"an offer costs {text.segments} segments: {text.body!r}"


def who_is_asked_may_be(s: Step) -> Broken:
    """Asked are volunteers who are here, have room, did not ask for it and did not say no to it; one text each."""
    asked = Counter((t.person_id, t.request_id) for t in s.new if t.phrase == "offer")
    known = {offer.id for offer in s.was.offers}
    # Who was asked, let off and asked again before the first text left gets that one.
    waits = {(t.person_id, t.request_id) for t in s.was.texts.values() if t.phrase == "offer" and t.state in TO_LEAVE}
    for offer in s.now.offers:
        down = (
            offer.person_id,
            offer.lead_request_id or offer.request_id,
        )  # what goes along is in the text of the first
        if offer.id not in known and offer.state in PENDING and down not in asked and down not in waits:
            yield f"{offer.person_id} is down as asked about request {offer.request_id} and was not"
    said_no = {(o.person_id, o.request_id) for o in s.was.offers if o.state is Answer.PASSED}
    for helper_id, request_id in asked:
        helper, request = s.now.people[helper_id], s.now.requests[request_id or 0]
        in_hand = sum(a.person_id == helper_id and a.state is Holding.ACTIVE for a in s.now.assignments)
        if not helper.helps or helper.id == request.person_id or (helper_id, request_id) in said_no:
            yield f"{helper_id} is asked about #{request.number} and must not be"
        if helper.away_until is not None and helper.away_until > s.now.now:
            yield f"{helper_id} is away and is asked about #{request.number}"
        if helper.max_open is not None and in_hand >= helper.max_open:
            yield f"{helper_id} has {in_hand} in hand and is asked about #{request.number}"


def words_go_to_the_other_side(s: Step) -> Broken:
    """What is passed on reaches the neighbor, who has the request, or who is on duty, and nobody else."""
    for text in s.new:
        if text.phrase not in ("from_neighbor", "from_helper") or text.request_id is None:
            continue
        request = s.now.requests[text.request_id]
        to = s.now.people[text.person_id]
        other_side = {request.person_id} if text.phrase == "from_helper" else set(s.was.holders(request.id))
        if to.id not in other_side and not (text.phrase == "from_neighbor" and to.on_duty):
            yield f"{text.phrase} about #{request.number} goes to {to.id}"


def no_number_crosses(s: Step) -> Broken:
    """Nobody ever reads anybody's phone number."""
    digits = {a.value.removeprefix("+")[-7:] for a in s.now.addresses if a.value.startswith("+")}
    for text in s.new:
        plain = re.sub(r"[\s().-]", "", text.body)
        if any(number in plain for number in digits):
            yield f"{text.phrase} holds a number"


def the_door_is_for_who_comes(s: Step) -> Broken:
    """The exact place goes to its neighbor, who holds the request, and whoever is on duty."""
    for text in s.new:
        if not DOOR.search(text.body):
            continue
        may = {p.id for now in (s.was, s.now) for p in now.people.values() if p.on_duty}
        may |= {s.speaker.id} if s.speaker else set()  # to whom we repeat their own words
        for request in s.now.requests.values():
            may |= {request.person_id, *s.now.holders(request.id)}
        if text.person_id not in may:
            yield f"{text.phrase} tells the door to {text.person_id}"


def words_of_people_are_quoted(s: Step) -> Broken:
    """What one person wrote stands inside quotes in what another reads."""
    for text in s.new:
        author = s.now.requests[text.request_id].person_id if text.request_id else None
        speaker = s.speaker.id if s.speaker else None
        said = s.said.body if s.said and len(s.said.body) >= SENTENCE else None
        outside = "".join(text.body.split('"')[::2])
        if text.person_id not in (author, speaker) and (
            (said and said in outside) or re.search(r"zucchini|14 Oak|apt 3", outside)
        ):
            yield f"{text.phrase} carries words without quotes: {text.body!r}"
        if text.body.count('"') % 2:
            yield f"{text.phrase} leaves a quote open: {text.body!r}"


def nobody_is_left_in_the_dark(s: Step) -> Broken:
    """Whatever waits has its next look, or a person on duty has heard of it."""
    for request in s.now.requests.values():
        heard = any(t.request_id == request.id and t.phrase.startswith(DUTY_HEARD) for t in s.now.texts.values())
        alarm = s.now.alarms.get(request.id)
        looked_at = request.next_action_at is not None or (alarm is not None and alarm.next_at is not None)
        if request.state in (State.DRAFT, State.OPEN, State.DELIVERED) and request.next_action_at is None:
            yield f"#{request.number} is {request.state} and nothing will ever happen to it"
        if request.state is State.HELD and not looked_at and not heard:
            yield f"#{request.number} is held and nobody on duty knows"
        if s.time_acted and request.live and request.next_action_at and request.next_action_at <= s.now.now:
            yield f"#{request.number} was due and time did not act on it"


def both_sides_hear(s: Step) -> Broken:
    """A helper who is gone, or an end, is told to who did not cause it."""
    for before in s.was.requests.values():
        after = s.now.requests[before.id]
        if before.state is after.state:
            continue
        unsaid = s.speaker is None or s.speaker.id != after.person_id
        neighbor_waits = before.state is State.CLAIMED and after.state in (State.OPEN, State.DELIVERED, State.CLOSED)
        if neighbor_waits and unsaid and s.reachable(after.person_id) and not s.told(after.person_id, about=after.id):
            yield f"#{after.number} went from claimed to {after.state} and its neighbor heard nothing"
        if before.state is State.CLAIMED and after.state is State.CLOSED:
            for holder in s.was.holders(before.id, Holding.ACTIVE):
                spoke = s.speaker is not None and s.speaker.id == holder
                if s.reachable(holder) and not spoke and not s.told(holder, about=after.id):
                    yield f"#{after.number} ended and its helper heard nothing"


def an_end_is_an_end(s: Step) -> Broken:
    """Closed stays closed; fulfilled is only what the neighbor said came."""
    for request in s.now.requests.values():
        before = s.was.requests.get(request.id)
        if (request.outcome is not None) != (request.state is State.CLOSED):
            yield f"#{request.number} is {request.state} with the outcome {request.outcome}"
        if before is not None and before.state is State.CLOSED:
            if (request.state, request.outcome) != (before.state, before.outcome):
                yield f"#{request.number} was closed and is {request.state} {request.outcome}"
        elif request.outcome is Outcome.FULFILLED and (s.speaker is None or s.speaker.id != request.person_id):
            yield f"#{request.number} is fulfilled without its neighbor's word"


def history_only_grows(s: Step) -> Broken:
    """Events are never changed or taken back, and the last that names a state names the present one."""

    def told(events: list[Event]) -> list[tuple[object, ...]]:
        return [(e.id, e.request_id, e.kind, e.state, e.by_person_id, e.words, e.at) for e in events]

    if told(s.now.events)[: len(s.was.events)] != told(s.was.events):
        yield "an event was changed"
    last = {e.request_id: e.state for e in s.now.events if e.state is not None}
    for request in s.now.requests.values():
        if last.get(request.id) is not request.state:
            yield f"#{request.number} is {request.state}, its history says {last.get(request.id)}"


def texts_are_counted(s: Step) -> Broken:
    """What a text costs is what it says it costs."""
    for text in s.new:
        if text.channel is Channel.SMS and text.segments != segments.count(text.body):
            yield f"{text.phrase} says {text.segments} segments"


PROMISES: tuple[Callable[[Step], Broken], ...] = (
    every_text_is_answered,
    a_text_comes_once,
    one_holder_of_what_is_claimed,
    an_offer_waits_for_what_is_open,
    stop_stops,
    offers_tell_nothing,
    who_is_asked_may_be,
    words_go_to_the_other_side,
    no_number_crosses,
    the_door_is_for_who_comes,
    words_of_people_are_quoted,
    nobody_is_left_in_the_dark,
    both_sides_hear,
    an_end_is_an_end,
    history_only_grows,
    texts_are_counted,
    *IN_TIME,
)


def broken(s: Step, held_to: Iterable[Callable[[Step], Broken]] = PROMISES) -> list[str]:
    """Every promise that this step broke."""
    return [f"{promise.__name__}: {what}" for promise in held_to for what in promise(s)]
