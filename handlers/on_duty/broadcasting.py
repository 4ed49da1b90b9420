"""A broadcast on its way: whom it reaches, what it costs, and what becomes of one that nobody confirms."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from handlers import phrasebook
from handlers.phrasebook import Value
from handlers.turn import Context, Text, Texts
from handlers.wording import segments
from handlers.wording.summary import Ours, Quoted, Said
from models import broadcasts, lines, people, prices, watch
from models.broadcasts import Audience, Broadcast
from models.delivery.outbound import Lane
from models.lines import Channel
from models.people import Person

EXPIRY = "broadcasts"  # the timer that ends those which nobody confirmed


@dataclass(frozen=True)
class Size:
    """How large a broadcast is."""

    people: int
    segments: int
    money: str  # by the line's own prices, to the cent


@dataclass(frozen=True)
class Group:
    """Who reads it in the same language on the same channel."""

    language: str
    channel: Channel
    people: int
    body: str
    segments: int  # of each of these texts
    money: Decimal  # all of these together


def readers(context: Context, broadcast: Broadcast) -> list[Person]:
    """Whom it goes to: nobody who said STOP, is away, or asked for silence; and not its author."""
    if broadcast.audience is Audience.ASKED:
        found = watch.who_asked(context.session, context.line.id)
    else:
        found = watch.volunteers(context.session, context.line.id)
        found = [p for p in found if not p.is_away(context.now)]
    area = broadcast.area_id
    if area is not None:
        found = [p for p in found if not p.areas or area in p.areas]
    return [person for person in found if person.id != broadcast.by_person_id]


def size(context: Context, broadcast: Broadcast, to: list[Person]) -> Size:
    """How many people, segments and how much money."""
    found = groups(context, broadcast, to)
    money = sum((group.money for group in found), Decimal(0))
    return Size(sum(g.people for g in found), sum(g.people * g.segments for g in found), f"{money:.2f}")


def groups(context: Context, broadcast: Broadcast, to: list[Person]) -> list[Group]:
    """The same by those who read the same: one text costs them all alike."""
    homes = people.with_addresses(context.session, [person.id for person in to])
    found, policy = [], context.line.policy
    alike: dict[tuple[str, Channel], list[str]] = {}
    for person, home in homes.values():
        alike.setdefault((person.speaks(context.line), home.channel), []).append(home.value)
    for (language, channel), phones in alike.items():
        by_sms = channel is Channel.SMS
        body = phrasebook.book(language, context.line.language).say("broadcast", _values(context, broadcast))
        body = segments.thrifty(body) if by_sms else body
        units = segments.count(body) if by_sms else 1
        micros = sum(prices.sent(policy, channel, to, units) for to in phones)
        found.append(Group(language, channel, len(phones), body, units, Decimal(micros) / prices.MILLION))
    return found


def to_all(context: Context, broadcast: Broadcast) -> Iterator[Text]:
    """The texts themselves: in quiet hours they wait for the morning."""
    waking = lines.waking(context.line)
    morning = None if waking.at(context.now) else waking.next(context.now)
    for person in readers(context, broadcast):
        yield Text(person, "broadcast", _values(context, broadcast), Lane.BULK, not_before=morning)


def _values(context: Context, broadcast: Broadcast) -> dict[str, Value]:
    name = context.somebody(author(context, broadcast))
    return {"line": Ours(context.line.name), "name": name, "words": Quoted(broadcast.words)}


def author(context: Context, broadcast: Broadcast) -> Person:
    """Who wants to say it."""
    return people.by_id(context.session, broadcast.by_person_id)


def to_whom(context: Context, broadcast: Broadcast) -> Value:
    """Whom it is for, in the reader's words."""
    if broadcast.audience is Audience.ASKED:
        return Said("to_asked")
    area = next((a for a in context.areas if a.id == broadcast.area_id), None)
    return Said("to_volunteers_in", {"area": Ours(area.name)}) if area else Said("to_volunteers")


def expire(context: Context) -> Texts:
    """An hour has passed, and nobody has confirmed it: it is not sent, and its author hears so."""
    for broadcast in broadcasts.undecided(context.session, context.line.id):
        if broadcasts.expire(context.session, broadcast, context.now):
            to = author(context, broadcast)
            yield context.tell(to, "broadcast_expired", words=Quoted(broadcast.words))
