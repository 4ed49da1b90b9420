"""People and the addresses they text from. A person is never keyed on a phone number: WhatsApp may hide it."""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import JSON, Column, Field, col, select

from models import lines, timers
from models.hours import Hours, Waking
from models.lines import Channel, Line
from models.store.session import Session
from models.store.statements import Precompiled
from models.store.types import EnumString, Model, UtcDateTime

# Few people help and fewer are on duty: indexes of these alone stay small however many ask.
HELPS = "vouched_at IS NOT NULL AND helper_since IS NOT NULL AND opted_out_at IS NULL"
FREE = sa.text(f"{HELPS} AND pending_offer_request_id IS NULL")
BUSY = sa.text(f"{HELPS} AND pending_offer_request_id IS NOT NULL")
JOINED = sa.text("helper_since IS NOT NULL")
UNCLEARED = sa.text("erased_at IS NOT NULL AND cleared_at IS NULL")
PENDING_OFFER = sa.text("pending_offer_request_id IS NOT NULL")
NEVER = datetime.min.replace(tzinfo=UTC)
FOREVER = timedelta(days=3650)  # who is away until they say otherwise
AT_A_TIME = 100  # people looked up by one query
ON_DUTY = sa.text("on_duty_since IS NOT NULL")
FOUNDERS = "founders"  # the timer by which they become volunteers like everybody
LIVES_WITH = sa.text("household_id IS NOT NULL")


class Person(Model, table=True):
    """Somebody who texted, or was added. Roles are dates, not classes: who asks today helps tomorrow."""

    id: int = Field(default=None, primary_key=True)
    line_id: int = Field(foreign_key="line.id")
    name: str = ""
    language: str | None = None
    languages: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    can: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    areas: list[int] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    max_open: int | None = None
    hours_from: int | None = None  # minute of the local day from which they want to be asked
    hours_until: int | None = None  # and until when; both or none
    digest_since: datetime | None = Field(default=None, sa_type=UtcDateTime)  # wants offers twice a day, together
    introduced_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # was told who texts them, and why
    unanswered: int = 0  # offers in a row that they let expire
    survey_sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # asked if they still want to help
    helper_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    vouched_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    vouched_by_person_id: int | None = Field(default=None, foreign_key="person.id")  # None: whoever has the host
    founder_until: datetime | None = Field(default=None, sa_type=UtcDateTime)  # one of those who began the line
    banned_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    told_apart: bool = False  # another volunteer has the same first name: others read the number beside it
    on_duty_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    duty_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # when they last began or ended to be on duty
    away_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    opted_out_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    silent_since: datetime | None = Field(default=None, sa_type=UtcDateTime)  # others may read what we text
    discreet_since: datetime | None = Field(default=None, sa_type=UtcDateTime)  # the same, until they ask
    discreet_from: int | None = None  # minute of the local day from which there may be a neutral word
    discreet_until: int | None = None  # and until when; both or none: none
    wake_since: datetime | None = Field(default=None, sa_type=UtcDateTime)  # said that danger may wake them
    watch_asked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # to take the watch
    leave_asked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # if they stay, after long silence
    household_id: int | None = Field(default=None, foreign_key="household.id")  # with whom they said they live
    # Keyed hashes of the numbers they had until they were taken off: what is left can be erased by them.
    former: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    erased_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # nothing is known of them since then
    cleared_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # and nothing of theirs is on its way
    last_asked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    asked_on: str | None = None  # the line's local date of `asked_today`, as 2026-03-03
    asked_today: int = 0  # offers made to them on that day
    pending_offer_request_id: int | None = None  # the request they were asked about last and have not answered
    pending_question: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    question_asked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)

    __table_args__ = (
        sa.Index("ix_person_free", "line_id", "last_asked_at", "id", sqlite_where=FREE, postgresql_where=FREE),
        sa.Index("ix_person_busy", "line_id", "last_asked_at", "id", sqlite_where=BUSY, postgresql_where=BUSY),
        sa.Index(
            "ix_person_pending_offer",
            "pending_offer_request_id",
            sqlite_where=PENDING_OFFER,
            postgresql_where=PENDING_OFFER,
        ),
        sa.Index("ix_person_helper", "line_id", "id", sqlite_where=JOINED, postgresql_where=JOINED),
        sa.Index("ix_person_duty", "line_id", sqlite_where=ON_DUTY, postgresql_where=ON_DUTY),
        sa.Index("ix_person_household", "household_id", sqlite_where=LIVES_WITH, postgresql_where=LIVES_WITH),
        sa.Index("ix_person_uncleared", "line_id", sqlite_where=UNCLEARED, postgresql_where=UNCLEARED),
    )

    @property
    def helps(self) -> bool:
        """A volunteer somebody vouched for."""
        return self.helper_since is not None and self.vouched_at is not None and self.banned_at is None

    def is_founder(self, now: datetime) -> bool:
        """Whether they are among those who begin the line, which is young."""
        return self.helps and self.founder_until is not None and self.founder_until > now

    @property
    def on_duty(self) -> bool:
        """Looks after the line right now."""
        return self.on_duty_since is not None

    @property
    def hours(self) -> Hours | None:
        """In which they want to be asked, if they have said so."""
        return (
            None if self.hours_from is None or self.hours_until is None else Hours(self.hours_from, self.hours_until)
        )

    def is_away(self, now: datetime) -> bool:
        """Whether they have asked not to be asked for now."""
        return self.away_until is not None and self.away_until > now

    def back_at(self, now: datetime) -> datetime | None:
        """When somebody who is away may be asked again; None where only they will say."""
        said = self.away_until is not None and self.away_until <= now + FOREVER / 2
        return self.away_until if self.is_away(now) and said else None

    @property
    def discreet_hours(self) -> Hours | None:
        """In which whoever has a phone that others read may be told that there is news, if they have said so."""
        both = self.discreet_from, self.discreet_until
        return None if both[0] is None or both[1] is None else Hours(both[0], both[1])

    def speaks(self, line: Line) -> str:
        """The language to write to this person in."""
        return self.language or line.language


# A volunteer somebody vouched for, whether they may be texted or not.
VOLUNTEERS = (
    col(Person.helper_since).is_not(None),
    col(Person.vouched_at).is_not(None),
    col(Person.banned_at).is_(None),
    col(Person.erased_at).is_(None),
)
# A volunteer somebody vouched for, who may be texted.
HELPING = (
    col(Person.vouched_at).is_not(None),
    col(Person.helper_since).is_not(None),
    col(Person.opted_out_at).is_(None),
    col(Person.silent_since).is_(None),
    col(Person.discreet_since).is_(None),
    col(Person.banned_at).is_(None),
)


class Address(Model, table=True):
    """Where a person's texts come from: a channel and an opaque value, mostly a phone number."""

    __table_args__ = (sa.UniqueConstraint("line_id", "value", "channel"),)

    id: int = Field(default=None, primary_key=True)
    line_id: int = Field(foreign_key="line.id")
    person_id: int = Field(foreign_key="person.id", index=True)
    channel: Channel = Field(sa_type=EnumString(Channel))
    value: str
    last_heard_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    reply_times: list[float] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))  # POSIX seconds
    answered_on: str | None = None  # the line's local date of `answered_today`, as 2026-03-03
    answered_today: int = 0  # texts of ours to this address on that day
    # By lane, until when (POSIX seconds) what was caused from here is ranked already: fair queueing.
    ranked_until: dict[str, float] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    recent_texts: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    muted_until: datetime | None = Field(default=None, sa_type=UtcDateTime)  # a machine texts from here: no answers
    paused_until: datetime | None = Field(default=None, sa_type=UtcDateTime)  # the carrier saw a loop: nothing leaves
    unreachable_count: int = 0  # texts in a row that did not arrive because the phone was out of reach
    undeliverable_code: int | None = None  # the carrier's error that says no text will ever arrive here
    undeliverable_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    # As they last wrote from here: RCS is SMS in another dress.
    by_rcs: bool = Field(default=False, sa_column_kwargs={"server_default": sa.text("false")})
    # WhatsApp: when they last wrote, which opens its window; when the carrier said that it is closed, whatever we had
    # counted; since when something waits for them to write.
    window_opened_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    window_closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    waits_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    knocked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # when a template told them of that
    cut_off_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # since then an alarm finds no way there
    waits_told_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # when duty heard of that
    created_at: datetime = Field(sa_type=UtcDateTime)

    @property
    def is_dead(self) -> bool:
        """Whether no text arrives here, and nobody has written from here since that was found."""
        at = self.undeliverable_at
        return at is not None and (self.last_heard_at or at) <= at


def by_id(session: Session, person_id: int) -> Person:
    """The person with this id, who must exist. Where to write to them is read along: that is mostly why."""
    if person_id not in session.cache.setdefault("reply_addresses", {}):
        with_addresses(session, [person_id])
    return session.get_one(Person, person_id)


def by_ids(session: Session, ids: Collection[int]) -> dict[int, Person]:
    """These people, also those who were erased, in the order of their ids."""
    found = select(Person).where(col(Person.id).in_(ids)).order_by(col(Person.id))
    return {person.id: person for person in session.exec(found)}


# A phone has the same number on SMS and WhatsApp: both of its addresses are read at once. On PostgreSQL the lock
# makes the texts from one address wait for each other, in whichever processes they arrive.
AT_ADDRESS = Precompiled(
    select(Person, Address)
    .join(Address, col(Address.person_id) == col(Person.id))
    .where(col(Address.line_id) == sa.bindparam("line_id"), col(Address.value) == sa.bindparam("value"))
    .with_for_update(of=Address),
    autoflush=False,
)


def by_address(session: Session, line: Line, channel: Channel, value: str) -> tuple[Person, Address] | None:
    """Who texts this line from this address."""
    found = session.fetch(AT_ADDRESS, line_id=line.id, value=value)
    return next(((person, address) for person, address in found if address.channel is channel), None)


def get_or_create(
    session: Session,
    line: Line,
    channel: Channel,
    value: str,
    now: datetime,
    *,
    last_heard_at: datetime | None = None,
    **known: Any,
) -> tuple[Person, Address]:
    """Who texts from here, a new person if need be, with what is known of them by then.

    The same value on the line's other channel is the same person: a phone with both SMS and WhatsApp.
    """
    found = session.fetch(AT_ADDRESS, line_id=line.id, value=value)
    for person, address in found:
        if address.channel is channel:
            return person, address
    person = found[0][0] if found else session.create(Person, line_id=line.id, created_at=now, **known)
    address = session.create(
        Address,
        line_id=line.id,
        person_id=person.id,
        channel=channel,
        value=value,
        last_heard_at=last_heard_at,
        created_at=now,
    )
    return person, address


@cache
def _with_addresses(count: int) -> Precompiled[tuple[Person, Address]]:
    ids = [sa.bindparam(f"id{n}", type_=sa.Integer) for n in range(count)]
    return Precompiled(
        select(Person, Address)
        .join(Address, col(Address.person_id) == col(Person.id))
        .where(col(Person.id).in_(ids)),
        autoflush=False,
    )


def with_addresses(session: Session, person_ids: Sequence[int]) -> dict[int, tuple[Person, Address]]:
    """These people, and where to write to each: the address they last texted from, of those that can be reached."""
    latest: dict[int, tuple[Person, Address]] = {}
    for start in range(0, len(person_ids), AT_A_TIME):
        part = person_ids[start : start + AT_A_TIME]
        for person, address in session.fetch(
            _with_addresses(len(part)), **{f"id{n}": id_ for n, id_ in enumerate(part)}
        ):
            held = latest.get(person.id)
            if held is None or _preferred(address) > _preferred(held[1]):
                latest[person.id] = person, address
    session.cache.setdefault("reply_addresses", {}).update({id_: address for id_, (_, address) in latest.items()})
    return latest


def _last_heard(address: Address) -> tuple[datetime, int]:
    return address.last_heard_at or NEVER, address.id


def _preferred(address: Address) -> tuple[bool, tuple[datetime, int]]:
    return not address.is_dead, _last_heard(address)


def addresses_on(session: Session, person_id: int, channel: Channel) -> list[Address]:
    """A person's addresses on this channel, the one they last texted from first."""
    query = select(Address).where(Address.person_id == person_id, Address.channel == channel)
    return sorted(session.exec(query), key=_last_heard, reverse=True)


def address_ids(session: Session, person_id: int) -> set[int]:
    """The ids of a person's addresses."""
    return set(session.exec(select(Address.id).where(Address.person_id == person_id)))


def address_at(session: Session, line_id: int, channel: Channel, value: str) -> Address | None:
    """The address with this value, kept from changing until the transaction ends."""
    query = select(Address).where(Address.line_id == line_id, Address.value == value, Address.channel == channel)
    return session.exec(query.with_for_update()).first()


def mark_reachable(session: Session, line_id: int, channel: Channel, value: str) -> None:
    """A text arrived at this address: it is in good order again."""
    session.execute(
        sa.update(Address)
        .where(
            col(Address.line_id) == line_id,
            col(Address.value) == value,
            col(Address.channel) == channel,
            sa.or_(col(Address.unreachable_count) > 0, col(Address.undeliverable_at).is_not(None)),
        )
        .values(unreachable_count=0, undeliverable_at=None)
    )


def set_reply_address(session: Session, person: Person, address: Address) -> None:
    """This is where to write to them in this transaction: they have just texted from there."""
    session.cache.setdefault("reply_addresses", {})[person.id] = address


def reply_addresses(session: Session, person_ids: Iterable[int]) -> dict[int, Address]:
    """Where to write to each of these people; read once in a transaction."""
    known: dict[int, Address] = session.cache.setdefault("reply_addresses", {})
    unknown = sorted({id_ for id_ in person_ids if id_ not in known})
    if unknown:
        with_addresses(session, unknown)
    return known


# Somebody, if they have not said STOP or asked for silence: asked right before each POST.
NOT_OPTED_OUT = Precompiled(
    select(Person.id).where(
        col(Person.id) == sa.bindparam("person"),
        col(Person.opted_out_at).is_(None),
        col(Person.silent_since).is_(None),
    )
)

ON_DUTY_NOW = Precompiled(
    select(Person)
    .where(
        col(Person.line_id) == sa.bindparam("line_id"),
        col(Person.on_duty_since).is_not(None),
        col(Person.opted_out_at).is_(None),
        col(Person.silent_since).is_(None),
    )
    .order_by(col(Person.id))
)


def on_duty(session: Session, line_id: int) -> list[Person]:
    """Whoever looks after the line now."""
    return session.fetch(ON_DUTY_NOW, line_id=line_id)


def how_many_help(session: Session, line_id: int) -> int:
    """How many vouched volunteers the line has, whether they are away or not."""
    helping = (
        col(Person.vouched_at).is_not(None),
        col(Person.banned_at).is_(None),
        col(Person.opted_out_at).is_(None),
    )
    return session.exec(select(sa.func.count()).where(Person.line_id == line_id, JOINED, *helping)).one()


def volunteers_named(session: Session, line_id: int, name: str) -> list[Person]:
    """Vouched volunteers whose first name or whole name this is."""
    known, name = sa.func.lower(Person.name), name.lower()
    named = sa.or_(known == name, known.startswith(name + " ", autoescape=True))
    return session.exec(select(Person).where(Person.line_id == line_id, *HELPING, named).order_by(col(Person.id)))


def with_digest(session: Session, line_id: int, now: datetime) -> list[Person]:
    """Volunteers who want all offers at once, and are not away."""
    return session.exec(
        select(Person).where(*_active(line_id, now), col(Person.digest_since).is_not(None)).order_by(col(Person.id))
    )


def silent_since(session: Session, line_id: int, since: datetime, now: datetime, most: int) -> list[Person]:
    """Volunteers who have not written since then, were asked about something, and never whether they still help."""
    wrote = sa.exists().where(col(Address.person_id) == col(Person.id), col(Address.last_heard_at) > since)
    query = select(Person).where(
        *_active(line_id, now),
        col(Person.survey_sent_at).is_(None),
        col(Person.helper_since) < since,
        col(Person.last_asked_at).is_not(None),
        ~wrote,
    )
    return session.exec(query.order_by(col(Person.last_asked_at), col(Person.id)).limit(most))


def _active(line_id: int, now: datetime) -> list[sa.ColumnElement[bool]]:
    away = col(Person.away_until)
    return [
        col(Person.line_id) == line_id,
        *HELPING,
        sa.or_(away.is_(None), away <= now),
    ]


def waking(line: Line, person: Person) -> Waking:
    """When this person may be texted without need: in their own hours, outside the line's quiet ones."""
    return lines.waking_within(line, person.hours)


def awake_at(line: Line, person: Person, moment: datetime) -> datetime:
    """That moment if this person may be texted without need then, else when they next may be."""
    return _awake_at(waking(line, person), moment) or moment


@lru_cache(256)  # a wave and everybody on duty ask it of one moment
def _awake_at(when: Waking, moment: datetime) -> datetime | None:
    return when.next(moment)


def unmake(session: Session, person: Person) -> None:
    """Take back somebody who was made known in this transaction: their text does not count."""
    session.execute(sa.delete(Address).where(col(Address.person_id) == person.id))
    session.execute(sa.delete(Person).where(col(Person.id) == person.id))


def add(
    session: Session,
    line: Line,
    channel: Channel,
    value: str,
    now: datetime,
    *,
    name: str = "",
    helper: bool = False,
    duty: bool = False,
    language: str | None = None,
    areas: list[int] | None = None,
    can: list[str] | None = None,
) -> Person:
    """Add somebody by hand, or bring what is known of them up to date. A volunteer added so is vouched for."""
    person, _ = get_or_create(session, line, channel, value, now)
    person.name = name or person.name
    if helper or duty:
        person.helper_since = person.helper_since or now
        person.vouched_at = person.vouched_at or now
        person.vouched_by_person_id = None  # whoever has the host knows them
    if duty:
        person.on_duty_since = person.on_duty_since or now
        person.duty_at = now
    if language:
        person.language = language
        person.languages = sorted({*person.languages, language})
    person.areas = areas if areas is not None else person.areas
    person.can = can if can is not None else person.can
    session.add(person)
    if helper or duty:
        name_founders(session, line, now)
    tell_apart(session, person)
    return person


def name_founders(session: Session, line: Line, now: datetime) -> None:
    """The first volunteers whom the host added to a young line begin it together; the line's figure says how many."""
    until = line.created_at + timedelta(days=line.policy.young_days)
    if until <= now:
        return
    session.flush()
    of = Person.line_id == line.id
    named = session.exec(select(sa.func.count()).where(of, JOINED, col(Person.founder_until).is_not(None))).one()
    if named >= line.policy.founders:
        return
    known = (
        JOINED,
        col(Person.vouched_at).is_not(None),
        col(Person.vouched_by_person_id).is_(None),
        col(Person.founder_until).is_(None),
        col(Person.banned_at).is_(None),
    )
    first = select(Person).where(of, *known).order_by(col(Person.vouched_at), col(Person.id))
    for person in session.exec(first.limit(line.policy.founders - named)):
        person.founder_until = until
        session.add(person)
    timers.bring_forward(session, line.id, FOUNDERS, until)


def released_at(session: Session, line_id: int) -> datetime | None:
    """When founders of the line become volunteers like everybody; None if there are none."""
    founders = sa.select(sa.func.min(Person.founder_until, type_=UtcDateTime)).where(col(Person.line_id) == line_id)
    found: datetime | None = session.execute(founders).scalar_one()
    return found


def release_founders(session: Session, line_id: int, now: datetime) -> list[Person]:
    """From now on they are volunteers like everybody; returns who was one until now, each of them once."""
    over = Person.line_id == line_id, col(Person.founder_until) <= now
    found: list[Person] = list(session.exec(select(Person).where(*over).order_by(col(Person.id))))
    for person in found:
        person.founder_until = None
        session.add(person)
    return found


def tell_apart(session: Session, person: Person) -> None:
    """Where another volunteer has the same first name, others read the number of each beside it from now on."""
    first = person.name.lower().partition(" ")[0]
    if not first or person.helper_since is None:
        return
    known = sa.func.lower(Person.name)
    theirs = (
        Person.line_id == person.line_id,
        Person.id != person.id,
        col(Person.helper_since).is_not(None),
        sa.or_(known == first, known.startswith(first + " ", autoescape=True)),
    )
    others = session.exec(select(Person).where(*theirs))
    for one in [*others, person] if others else []:
        one.told_apart = True
        session.add(one)


def vouched_by(session: Session, line_id: int, person_id: int) -> list[Person]:
    """Volunteers for whom this person has vouched, the first one first."""
    theirs = Person.line_id == line_id, Person.vouched_by_person_id == person_id, col(Person.vouched_at).is_not(None)
    return session.exec(select(Person).where(*theirs).order_by(col(Person.vouched_at), col(Person.id)))


def find(session: Session, line_id: int, person_id: int) -> Person | None:
    """The line's person with this id, unless they were erased, or are another by now."""
    if person_id > 2**31 - 1:
        return None
    known = Person.id == person_id, Person.line_id == line_id, col(Person.erased_at).is_(None)
    return session.exec(select(Person).where(*known)).first()


def everybody(session: Session, line_id: int) -> list[Person]:
    """All people of the line, in the order in which they became known; nobody who was erased or taken off."""
    reached = sa.exists().where(col(Address.person_id) == col(Person.id))
    known = select(Person).where(Person.line_id == line_id, col(Person.erased_at).is_(None), reached)
    return session.exec(known.order_by(col(Person.id)))


def numbers(session: Session, person_id: int) -> list[str]:
    """What somebody texts from, the first first; read once in a transaction."""
    key = "numbers", person_id
    if key not in session.cache:
        theirs = select(Address.value).where(Address.person_id == person_id).order_by(col(Address.id))
        session.cache[key] = list(session.exec(theirs))
    found: list[str] = session.cache[key]
    return found


def all_addresses(session: Session, line_id: int) -> dict[int, list[Address]]:
    """Every address on the line, by person."""
    found: dict[int, list[Address]] = {}
    for address in session.exec(select(Address).where(Address.line_id == line_id).order_by(col(Address.id))):
        found.setdefault(address.person_id, []).append(address)
    return found
