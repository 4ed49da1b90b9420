"""What all of a distribution have in common: its times in words, which slots are free, a place taken or given back.

While a household has a place, nobody else is asked about what it fetches there.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from handlers.asking import waves
from handlers.phrasebook import Book, Value
from handlers.turn import Context
from handlers.wording.summary import Needs, Ours, Place, Said
from models import distributions, invitations, lines, offers, requests
from models.distributions import Distribution, Invitation, Stage, State
from models.hours import evening_before
from models.offers import State as OfferState
from models.people import Person
from models.requests import Request
from models.requests import State as RequestState

AT_ONCE = 4  # slots in one text: more would not fit into a segment
FEW = 3  # of them, where there are others
APART = timedelta(hours=3)  # of a reminder from the booking
OFTEN = timedelta(hours=6)  # of two reminders from each other
AFTERWARDS = timedelta(minutes=10)  # until volunteers are asked again: first they hear that they were missed
EARLIER = timedelta(hours=1)  # before it begins, and after it ends, in which the table counts


@dataclass(frozen=True)
class On:
    """The day of it: `Sat Mar 7`."""

    moment: datetime
    zone: str

    def in_words(self, book: Book) -> str:
        """The day with its date."""
        return book.day(self.moment.astimezone(ZoneInfo(self.zone)).date(), dated=True)


@dataclass(frozen=True)
class At:
    """When a slot begins: `Sat 11 AM`; without the day `11 AM`."""

    moment: datetime
    zone: str
    day: bool = True

    def in_words(self, book: Book) -> str:
        """The day of the week and the hour."""
        local = self.moment.astimezone(ZoneInfo(self.zone))
        hour = book.hour(local.hour * 60 + local.minute)
        if not self.day:
            return hour
        return book.say("distro_at", {"day": Ours(book.day(local.date())), "hour": Ours(hour)})


@dataclass(frozen=True)
class Open:
    """From when to when it is: `Sat Mar 7 10 AM-2 PM`."""

    distribution: Distribution
    zone: str

    def in_words(self, book: Book) -> str:
        """The day and the hours."""
        of = self.distribution
        begins, ends = (At(moment, self.zone, day=False).in_words(book) for moment in (of.begins_at, of.ends_at))
        return f"{On(of.begins_at, self.zone).in_words(book)} {begins}-{ends}"


@dataclass(frozen=True)
class Choices:
    """Answers with their digits: `1 10 AM, 2 11:30 AM, 3 another`."""

    rows: Sequence[Value]

    def in_words(self, book: Book) -> str:
        """The rows in one line."""
        return ", ".join(f"{n} {book.worded(row)}" for n, row in enumerate(self.rows, 1))


def d(distribution: Distribution) -> Ours:
    """Its number, as people write it."""
    return Ours(f"D{distribution.number}")


def told(context: Context, distribution: Distribution) -> dict[str, Any]:
    """What a text says of it."""
    zone = context.line.timezone
    return {
        "d": d(distribution),
        "open": Open(distribution, zone),
        "day": On(distribution.begins_at, zone),
        "place": Place(distribution.place),
        "what": Needs(tuple(distribution.needs)),
    }


def at(context: Context, distribution: Distribution, slot: int | None, *, day: bool = True) -> At:
    """When a slot begins."""
    return At(distribution.slot_begins(slot or 0), context.line.timezone, day)


def notice(context: Context) -> timedelta:
    """How long before its slot somebody must know of it."""
    return timedelta(minutes=context.line.policy.distro_notice)


def grace(context: Context) -> timedelta:
    """How long after their slot they may still come."""
    return timedelta(minutes=context.line.policy.distro_grace)


def free(context: Context, distribution: Distribution, *, soonest: timedelta | None = None) -> list[int]:
    """The slots in which there are places, but for those that begin sooner than that; else those not over."""
    found = [slot.slot for slot in distributions.slots(context.session, distribution) if slot.taken < slot.capacity]
    if soonest is not None:
        return [slot for slot in found if distribution.slot_begins(slot) >= context.now + soonest]
    return [slot for slot in found if distribution.slot_ends(slot) > context.now]


def room(context: Context, distribution: Distribution) -> int:
    """How many places there are in slots for which somebody can still be invited."""
    slots = set(free(context, distribution, soonest=notice(context)))
    found = distributions.slots(context.session, distribution)
    return sum(slot.capacity - slot.taken for slot in found if slot.slot in slots)


def shown(slots: Sequence[int], seen: Collection[int] = ()) -> list[int]:
    """Which of the free slots one text offers: as far apart as they are, and others than those seen before."""
    fresh = [slot for slot in slots if slot not in seen] or list(slots)
    if len(slots) <= AT_ONCE:
        return list(slots)
    few = min(FEW, len(fresh))
    return sorted({fresh[n * (len(fresh) - 1) // max(few - 1, 1)] for n in range(few)})


def choices(context: Context, distribution: Distribution, slots: Sequence[int], *, more: bool) -> Choices:
    """These slots as answers to pick from, then others, then none."""
    hours: list[Value] = [at(context, distribution, slot, day=False) for slot in slots]
    return Choices([*hours, *([Said("distro_another")] if more else []), Said("distro_cannot")])


def book(context: Context, distribution: Distribution, one: Invitation, slot: int) -> bool:
    """Give a household a place in this slot, or another than it had; False if it has none left."""
    session, now = context.session, context.now
    if distribution.stage is not Stage.ON or not distributions.take(session, distribution, slot):
        return False
    was = one.slot
    if one.state is State.BOOKED:
        if was is None or not invitations.reslot(session, one, slot, now):
            distributions.give_back(session, distribution, slot)
            return False
        distributions.give_back(session, distribution, was)
    else:
        tag = one.tag or invitations.next_tag(session, distribution)
        values = {"slot": slot, "booked_at": now, "tag": tag, "evening_at": None, "soon_at": None}
        if not invitations.settle(session, one, State.BOOKED, distributions.MAY_BOOK, now, **values):
            distributions.give_back(session, distribution, slot)
            return False
        _hold(context, distribution, one)
    for moment in moments(context, distribution, one):
        distributions.wake(session, distribution, max(moment, now))
    return True


def held_until(context: Context, distribution: Distribution) -> datetime:
    """Until when nobody else is asked about what somebody fetches there."""
    return over_at(context, distribution) + AFTERWARDS


def over_at(context: Context, distribution: Distribution) -> datetime:
    """When it is counted, and who did not come hears that they were missed: not at night."""
    return lines.waking(context.line).wakes(distribution.ends_at + grace(context))


def _hold(context: Context, distribution: Distribution, one: Invitation) -> None:
    """Nobody is asked about it now; who was need not answer."""
    request = requests.by_id(context.session, one.request_id)
    requests.record(context.session, request, "booked", context.now, by=one.person_id)
    request.booked_until = held_until(context, distribution)
    context.session.add(request)
    if request.state is RequestState.OPEN and distributions.has_all(distribution, request) and not request.presses:
        if offers.settle(context.session, request.id, OfferState.SUPERSEDED, context.now):
            waves.freed(context)
        requests.schedule(context.session, request, request.booked_until)


def release(
    context: Context,
    distribution: Distribution,
    one: Invitation,
    to: State,
    out_of: Collection[State] = (State.BOOKED,),
) -> bool:
    """Their place is for others again; False if somebody else has settled it at this moment."""
    held = one.state in distributions.HOLDS
    if not invitations.settle(context.session, one, to, [s for s in out_of if s is one.state], context.now):
        return False
    if held and one.slot is not None:
        distributions.give_back(context.session, distribution, one.slot)
        distributions.wake(context.session, distribution, context.now)
    return True


def goes_on(context: Context, one: Invitation) -> Request | None:
    """What they asked for goes out to volunteers again; None if it is over, or somebody has it."""
    request = requests.by_id(context.session, one.request_id)
    if request.booked_until is not None:
        request.booked_until = None
        context.session.add(request)
        if request.state is RequestState.OPEN:
            requests.record(context.session, request, "unbooked", context.now)
            requests.schedule(context.session, request, context.now)
    return request if request.state is RequestState.OPEN else None


def moments(context: Context, distribution: Distribution, one: Invitation) -> list[datetime]:
    """When time has to do with who is booked: two reminders, as far as they make sense, and the end of their slot."""
    reminders = evening(context, distribution, one), soon(context, distribution, one)
    ends = distribution.slot_ends(one.slot or 0) + grace(context)
    return [*(moment for moment in reminders if moment is not None), ends]


def evening(context: Context, distribution: Distribution, one: Invitation) -> datetime | None:
    """When they are reminded the day before; None if they have been, or have only just booked."""
    if one.evening_at is not None or one.booked_at is None:
        return None
    line, begins = context.line, distribution.slot_begins(one.slot or 0)
    moment = lines.waking(line).wakes(evening_before(begins, line.timezone, line.policy.remind_evening))
    return moment if moment - one.booked_at >= APART and moment < begins - OFTEN else None


def soon(context: Context, distribution: Distribution, one: Invitation) -> datetime | None:
    """When they are reminded shortly before: not at night, and not right after another word of ours."""
    if one.soon_at is not None or one.booked_at is None:
        return None
    moment = distribution.slot_begins(one.slot or 0) - timedelta(minutes=context.line.policy.remind_before)
    last = max(one.booked_at + APART, one.evening_at + OFTEN if one.evening_at else one.booked_at)
    return moment if moment >= last and lines.waking(context.line).at(moment) else None


def booked_of(context: Context, person: Person) -> tuple[Distribution, Invitation] | None:
    """The place that somebody has at a distribution to come, the last they took."""
    for one in invitations.of_person(context.session, person.id, State.BOOKED):
        distribution = distributions.by_id(context.session, one.distribution_id)
        if distribution.stage is Stage.ON:
            return distribution, one
    return None


def now_on(context: Context) -> list[Distribution]:
    """Those at whose table people may stand now."""
    return [
        each
        for each in distributions.coming(context.session, context.line.id)
        if each.begins_at - EARLIER <= context.now <= each.ends_at + EARLIER
    ]
