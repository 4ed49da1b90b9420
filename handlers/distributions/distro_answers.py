"""What an invited household answers: a time by its digit or in words, another, none; later that they cannot come."""

from collections.abc import Callable
from typing import NamedTuple
from zoneinfo import ZoneInfo

from handlers.asking import unmet, waves
from handlers.distributions import distributing
from handlers.turn import Text, Texts, Turn
from handlers.understanding import distro_words
from handlers.understanding.distro_words import Missed, SlotWish
from handlers.understanding.intents import Answer, Free, Intent, Order, Question
from models import distributions, invitations, requests
from models.distributions import MAY_BOOK, Distribution, Invitation, Stage, State
from models.requests import Outcome, Request
from models.requests import State as RequestState

LONGEST = 8  # words of an answer
LONGEST_WISH = 20  # of one to what would help
ANOTHER_DAY, DELIVERED, A_RIDE, NO_NEED = 1, 2, 3, 4
SAID = frozenset(
    "distro_invite distro_freed_for_you distro_booked distro_booked_number distro_moved distro_tomorrow distro_soon "
    "distro_more distro_filled distro_which_time".split()
)
WOULD_COME = (State.INVITED, State.EXPIRED, State.DECLINED)  # and answer now
MAY_ANSWER = (*MAY_BOOK, State.BOOKED)
RIDE = "transport"
IN_WORDS = {Missed.BRING: DELIVERED, Missed.RIDE: A_RIDE, Missed.ANOTHER: ANOTHER_DAY}


class Asked(NamedTuple):
    """What one text of ours offered: slots by their digits, whether others, and all that were offered before."""

    invitation: int
    slots: tuple[int, ...]
    more: bool
    seen: tuple[int, ...]

    @classmethod
    def read(cls, words: str) -> "Asked":
        """As kept with the question."""
        id_, slots, more, seen = words.split(":")
        return cls(int(id_), _numbers(slots), more == "1", _numbers(seen))


def _numbers(words: str) -> tuple[int, ...]:
    return tuple(int(word) for word in words.split(",") if word)


def plainly(turn: Turn, intent: Intent) -> Texts | None:
    """What follows from plain words that pick a time, or say that they cannot come; None if they say neither."""
    if not isinstance(intent, Free | Order):
        return None
    words = turn.heard.body
    helps = turn.asked is not None and turn.asked.question is Question.DISTRO_MISSED
    long = len(words.split()) > (LONGEST_WISH if helps else LONGEST)
    if long and (helps or distro_words.slot_wish(words) is not SlotWish.CANNOT):
        return None
    if isinstance(intent, Order) and not (intent.command == "claim" and intent.bare):
        return None
    if isinstance(intent, Free) and intent.meaning.danger is not None:
        return None
    if helps and isinstance(intent, Free):
        wish = distro_words.missed(words)
        return None if wish is None or any(r.danger for r in turn.own) else _helps(turn, IN_WORDS[wish])
    picks = turn.asked is not None and turn.asked.question is Question.DISTRO
    if not picks and (turn.asked is not None or not isinstance(intent, Free)):
        return None
    if any(r.danger for r in turn.own):
        return None
    if picks:
        return _in_words(turn, words)
    return _of_booked(turn, words) if any(r.booked_until is not None for r in turn.own) else None


def _in_words(turn: Turn, words: str) -> Texts | None:
    """An hour, "any", "another" or "can't" in answer to the times that we offered."""
    assert turn.asked is not None
    one, distribution = _found(turn, Asked.read(turn.asked.words).invitation)
    wish = distro_words.slot_wish(words)
    if wish is not None:
        return _wished(turn, distribution, one, wish)
    minute = distro_words.hour(words, *_hours(turn, distribution))
    return None if minute is None else _at(turn, distribution, one, minute)


def _of_booked(turn: Turn, words: str) -> Texts | None:
    """NO where we said it last, "can't make it saturday" at any time, another hour right after we named theirs."""
    found = distributing.booked_of(turn, turn.speaker)
    if found is None:
        return None
    distribution, one = found
    last = turn.told_last is not None and turn.told_last[0] in SAID
    wish = distro_words.slot_wish(words)
    if wish is SlotWish.CANNOT and (last or len(words.split()) > 1):
        return _cannot(turn, distribution, one)
    if not last:
        return None
    if wish is SlotWish.ANOTHER:
        return _wished(turn, distribution, one, wish)
    minute = distro_words.hour(words, *_hours(turn, distribution))
    return None if minute is None else _at(turn, distribution, one, minute)


def _hours(turn: Turn, distribution: Distribution) -> tuple[int, int]:
    local = distribution.begins_at.astimezone(ZoneInfo(turn.line.timezone))
    begins = local.hour * 60 + local.minute
    return begins, begins + (distribution.ends_at - distribution.begins_at) // distributing.EARLIER * 60


def _found(turn: Turn, invitation_id: int) -> tuple[Invitation, Distribution]:
    one = invitations.by_id(turn.session, invitation_id)
    return one, distributions.by_id(turn.session, one.distribution_id)


def answered(turn: Turn, intent: Answer) -> Texts:
    """The digit of a slot, of other slots, or of none."""
    asked = Asked.read(turn.asked.words) if turn.asked else None
    if asked is None or intent.choice is None:
        turn.unask(turn.speaker)
        yield turn.reply("nothing_waits")
        return
    one, distribution = _found(turn, asked.invitation)
    if intent.choice <= len(asked.slots):
        yield from _pick(turn, distribution, one, [asked.slots[intent.choice - 1]])
    elif asked.more and intent.choice == len(asked.slots) + 1:
        yield from _offer(turn, distribution, one, "distro_more", asked.seen)
    else:
        yield from _cannot(turn, distribution, one)


def _wished(turn: Turn, distribution: Distribution, one: Invitation, wish: SlotWish) -> Texts:
    if wish is SlotWish.CANNOT:
        yield from _cannot(turn, distribution, one)
    elif wish is SlotWish.ANY:
        yield from _pick(turn, distribution, one, distributing.free(turn, distribution))
    else:
        asked = turn.asked
        seen = Asked.read(asked.words).seen if asked and asked.question is Question.DISTRO else ()
        yield from _offer(turn, distribution, one, "distro_more", seen)


def _at(turn: Turn, distribution: Distribution, one: Invitation, minute: int) -> Texts:
    """The slot in which that minute of the day lies."""
    begins, _ = _hours(turn, distribution)
    slot = (minute - begins) // distribution.slot_minutes
    if minute < begins or slot >= distribution.slots:
        yield from _offer(turn, distribution, one, "distro_which_time")
    else:
        yield from _pick(turn, distribution, one, [slot])


def _over(turn: Turn, distribution: Distribution, one: Invitation) -> Text | None:
    """What they hear where there is nothing left to answer."""
    about = requests.by_id(turn.session, one.request_id)
    on = distribution.stage is Stage.ON and distribution.slot_ends(distribution.slots - 1) > turn.now
    if on and one.state in MAY_ANSWER and about.live:
        return None
    turn.unask(turn.speaker)
    return turn.reply("distro_closed", about=about, **distributing.told(turn, distribution))


def _pick(turn: Turn, distribution: Distribution, one: Invitation, slots: list[int]) -> Texts:
    """The first of these slots in which there is a place; others are offered where there is none."""
    if (over := _over(turn, distribution, one)) is not None:
        yield over
        return
    moved = one.state is State.BOOKED
    if moved and one.slot in slots:
        turn.unask(turn.speaker)
        yield _booked(turn, distribution, one, moved=True)
        return
    for slot in slots:
        if distribution.slot_ends(slot) > turn.now and distributing.book(turn, distribution, one, slot):
            turn.unask(turn.speaker)
            yield _booked(turn, distribution, one, moved=moved)
            return
    yield from _offer(turn, distribution, one, "distro_filled")


def _booked(turn: Turn, distribution: Distribution, one: Invitation, *, moved: bool = False) -> Text:
    about = requests.by_id(turn.session, one.request_id)
    at, told = distributing.at(turn, distribution, one.slot), distributing.told(turn, distribution)
    phrase = "distro_booked" if turn.name(turn.speaker) else "distro_booked_number"
    return turn.reply("distro_moved" if moved else phrase, about=about, at=at, tag=one.tag, **told)


def _offer(turn: Turn, distribution: Distribution, one: Invitation, phrase: str, seen: tuple[int, ...] = ()) -> Texts:
    """The slots that are free now, to pick from."""
    if (over := _over(turn, distribution, one)) is not None:
        yield over
        return
    about, free = requests.by_id(turn.session, one.request_id), distributing.free(turn, distribution)
    told = distributing.told(turn, distribution)
    if not free:
        turn.unask(turn.speaker)
        booked = one.state is State.BOOKED
        invitations.settle(turn.session, one, State.FULL, WOULD_COME, turn.now)
        yield turn.reply("distro_full_booked" if booked else "distro_full", about=about, **told)
        return
    slots = distributing.shown(free, seen)
    more = len(free) > len(slots)
    everything = tuple(dict.fromkeys((*seen, *slots))) if {*free} - {*seen, *slots} else ()
    words = f"{one.id}:{','.join(map(str, slots))}:{int(more)}:{','.join(map(str, everything))}"
    turn.ask(turn.speaker, Question.DISTRO, about, options=len(slots) + more + 1, words=words)
    yield turn.reply(phrase, about=about, choices=distributing.choices(turn, distribution, slots, more=more), **told)


def _cannot(turn: Turn, distribution: Distribution, one: Invitation) -> Texts:
    """They cannot come: nothing is asked, their place is for others, and what they need goes on."""
    turn.unask(turn.speaker)
    booked = one.state is State.BOOKED
    about = requests.by_id(turn.session, one.request_id)
    if not distributing.release(turn, distribution, one, State.DECLINED, MAY_ANSWER):
        yield turn.reply("distro_closed", about=about, **distributing.told(turn, distribution))
        return
    if booked:
        distributing.goes_on(turn, one)
    phrase = "distro_freed" if booked else "distro_declined"
    yield turn.reply(phrase if about.live else "distro_fine", about=about)


def missed(turn: Turn, intent: Answer) -> Texts:
    """What would help somebody who could not come twice, by its digit."""
    return _helps(turn, intent.choice)


def _helps(turn: Turn, choice: int | None) -> Texts:
    about = turn.asked.request_id if turn.asked else None
    request = requests.by_id(turn.session, about) if about is not None else None
    turn.unask(turn.speaker)
    if request is None or not request.live or choice is None:
        yield turn.reply("nothing_waits")
        return
    yield from HELPS[choice](turn, request)


def _another_day(turn: Turn, request: Request) -> Texts:
    _wants(turn, request)
    yield turn.reply("distro_next_time", about=request)


def _delivered(turn: Turn, request: Request) -> Texts:
    _wants(turn, request)
    yield from _ask_volunteers(turn, request, "distro_bring")


def _a_ride(turn: Turn, request: Request) -> Texts:
    _wants(turn, request)
    if RIDE not in request.needs:
        request.needs = [*request.needs, RIDE]
        turn.session.add(request)
    yield from _ask_volunteers(turn, request, "distro_ride")


def _no_need(turn: Turn, request: Request) -> Texts:
    if waves.close(turn, request, Outcome.WITHDRAWN, by=turn.speaker.id):
        yield turn.reply("withdrawn", about=request)
        yield from waves.let_off(turn, request)


HELPS: dict[int, Callable[[Turn, Request], Texts]] = {
    ANOTHER_DAY: _another_day,
    DELIVERED: _delivered,
    A_RIDE: _a_ride,
    NO_NEED: _no_need,
}


def _wants(turn: Turn, request: Request) -> None:
    requests.record(turn.session, request, "still_needed", turn.now, by=turn.speaker.id)
    request.wanted_at = turn.now
    turn.session.add(request)


def _ask_volunteers(turn: Turn, request: Request, phrase: str) -> Texts:
    """Who has not answered is asked once more, right now."""
    texts = []
    if request.state is RequestState.OPEN:
        unmet.ask_anew(turn, request)
        texts = waves.ask_next(turn, request)
    yield turn.reply(phrase, about=request, n=waves.asked(texts), **unmet.promised(turn, request))
    yield from (text for text in texts if text.phrase != "asked_all")
