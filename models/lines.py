"""Lines: each one group's hotline, with its numbers, policy and areas. Everything else belongs to one line."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import JSON, Column, Field, col, select

from models.hours import Hours, Waking, moment_of
from models.store.session import Session
from models.store.statements import Precompiled
from models.store.types import EnumString, Model, UtcDateTime, table

LONGEST_NAME = 60  # characters: it goes out in texts, and every letter is paid for


class Channel(StrEnum):
    """How a text travels."""

    SMS = "sms"
    WHATSAPP = "whatsapp"


class OfferShows(StrEnum):
    """What those who are asked may read of where it is, before one of them takes it."""

    AREA = "area"  # the name of an area of the line, and nothing where it has none
    STREET = "street"  # the street or the corner, too
    BUILDING = "building"  # and the name of a building; never a door


class Ending(StrEnum):
    """What comes next on the way to the end of a line that was decided (handlers/pauses/ending.py)."""

    TELLING = "telling"  # everybody whom it concerns hears the day
    HANDING_ON = "handing_on"  # what still waits is put before all once more, and neighbors hear who else helps
    CLOSING = "closing"  # on the day: what is open ends, and volunteers are thanked
    ERASING = "erasing"  # on the day decided for it: people are forgotten, one after the other
    ERASED = "erased"  # whoever writes since then is forgotten soon
    TAKING_BACK = "taking_back"  # all who heard of it hear that it goes on


@dataclass(frozen=True)
class Policy:
    """The figures a line lives by. A line may override any of them; times are in minutes."""

    waves: tuple[int, ...] = ()  # fixed sizes; empty: by how people of the line answer
    first_wave: int = 3
    first_wave_urgent: int = 3  # 0: sized as later ones are
    wave_most: int = 20  # people in any later wave that is sized so
    # Yeses that may still come: with fewer than `ask_more` more are asked, so many that `wave_yeses` may come. What
    # is urgent counts those alone that are likely `within` minutes. tests/benchmarks measures what these bring.
    wave_yeses_urgent: float = 1.0
    wave_yeses_today: float = 0.7
    wave_yeses_anytime: float = 0.5
    ask_more_urgent: float = 1.0
    ask_more_today: float = 0.25
    ask_more_anytime: float = 0.2
    within_urgent: int = 5
    gap_least_urgent: float = 0.5  # between two waves, however few may still come
    gap_least: int = 5
    gap_urgent: int = 0  # a fixed gap between waves; 0: by how long answers take
    gap_today: int = 0
    gap_anytime: int = 0
    look_again_urgent: int = 10  # when nobody can be asked now
    look_again: int = 60
    yes_chance: float = 0.0  # of somebody who is asked; 0: as measured, from these two on
    yes_prior: float = 0.10
    yes_prior_weight: int = 20  # offers that the one before counts for
    answer_minutes: tuple[int, ...] = ()  # in which half, 82 % and 92 % of answers come; empty: as measured
    answering_weeks: int = 12  # whose offers are measured
    quiet_from: int = 21  # o'clock on the line's clock: from then on, only what is urgent is texted unasked
    quiet_until: int = 8  # the same hour as quiet_from: no such hours
    offer_lasts_urgent: int = 60  # minutes of waking time, then an offer nobody answered has expired
    ask_first_alone: int = 60  # minutes for those who are to be asked first, before others are asked as well
    offer_lasts: int = 120  # nine of ten answers have come by then, and a later yes counts as well
    unanswered_most: int = 3  # offers in a row; whoever answered none of them is asked less
    silent_days: int = 60  # after which a volunteer is asked whether they still want to be asked
    lease_urgent: int = 120  # for which a claim holds without a word of the volunteer
    lease_today: int = 360
    lease_anytime: int = 24 * 60
    door_waits: int = 10  # for who lives there to answer whoever stands at the door; then duty hears
    ask_again: int = 30  # between two questions to a volunteer because the neighbor asks whether they come
    remind_evening: int = 18  # o'clock, the evening before the day that a request names
    remind_before: int = 120  # and so long before the hour
    recurring_opens_hours: int = 24  # before an hour that such a need names, it is put before people
    recurring_opens_days: int = 2  # the same, where it names a day only
    recurring_review_days: int = 60  # after which its neighbor is asked whether they still need it
    recurring_review_again: int = 7  # days, until they are asked once more, and after as many it is paused
    recurring_paused_days: int = 30  # for which it stays paused, then it ends
    distro_slot: int = 30  # minutes of a distribution in which so many households come as its places allow
    distro_answer_hours: int = 6  # of waking time, for an invited household to pick a slot; then the next are invited
    distro_yes: float = 0.7  # of those invited, who say yes: by it more are invited than there are places left
    distro_notice: int = 120  # minutes before a slot begins: who is invited later than that could not come
    distro_grace: int = 30  # minutes after a slot in which whoever booked it may still come
    still_need_days: int = 3  # after which a neighbor whose request nobody took is asked whether they still need it
    still_need_every: int = 7  # days, from then on
    unmet_days: int = 14  # of their silence, after which it is closed as unmet
    pledge_days_goods: int = 30  # that things which somebody would give are kept on offer
    pledge_days_time: int = 60  # and hours of theirs
    pledge_asked_before: int = 3  # days before the end of it, they are asked once whether they still have it
    stock_first: int = (
        30  # in which a household answers whether it wants what the group has; then volunteers are asked
    )
    stock_answer: int = 240  # of waking time, after which what it did not answer for is for the next household
    duty_again: int = 60  # after which duty is told again of what nobody on duty answered
    summary_hour: int = 9  # o'clock, of the daily word to duty about what drags
    digest_hours: tuple[int, ...] = (9, 17)  # o'clock, for volunteers who want all offers at once
    burst_seconds: int = 8  # in which a person's next text is still part of the last: until then answers wait
    draft_waits: int = 20
    receipt_reminder: int = 180
    receipt_closes: int = 24 * 60
    asked_lasts: int = 48 * 60
    duty_retry: int = 10
    alarm_repeats: tuple[int, ...] = (3, 8, 15)  # after which an alarm that nobody has answered is said again
    alarm_lapses: int = 10  # after which one that somebody took, and then did nothing about, is up again
    watch_gap: int = 5  # between two groups of those who are asked to take the watch
    watch_at_once: int = 10  # people in such a group
    watch_per_hour: int = 30  # people so asked in an hour, for all alarms together
    watch_again: int = 240  # until the same person is asked again
    danger_numbers: tuple[str, ...] = ()  # beside the emergency number, such as "self_harm=988"; else the country's
    misunderstandings: int = 3
    max_open: int = 3
    helpers_most: int = 12  # people who are asked to come to one and the same task
    doors_per_day: int = 6  # exact places shown to one person in 24 hours; 0 for no limit
    offer_shows: OfferShows = OfferShows.AREA  # most who read an offer are strangers, and need not come
    newcomer_matches: int = (
        3  # completed ones, before which whoever was vouched for by text sees no door by themselves
    )
    vouch_after_days: int = 14  # as a volunteer, before which they vouch for nobody
    vouches_per_week: int = 3  # of one person
    young_days: int = 30  # of a line, for which its founders may vouch for as many as they know
    founders: int = 5  # the first volunteers whom the host adds to a young line
    put_out_per_day: int = 3  # volunteers, by one person on duty
    duty_begins_told: int = 3  # people who hear that somebody takes the watch, where nobody is on
    duty_silent_hours: int = 48  # of silence on duty outside of a turn, after which they are asked whether they are
    duty_share_weeks: int = 3  # of the last four, in which one person had more of the watch than…
    duty_share: float = 0.5  # …this part: then all hear so, once a month
    relays_at_once: int = 10  # texts to the other side in ten minutes; more come together, once a minute
    duty_first: tuple[str, ...] = ("money",)  # needs that a person reads before volunteers are asked
    not_for_newcomers: tuple[str, ...] = ("childcare",)  # needs for which only who has helped before is asked
    reply_limit: int = 6  # answers to one address in a minute
    answers_per_day: int = 60  # texts that one address may cause in a day, to itself and to others
    most_recurring: int = 5  # needs of one person that come again and again
    most_open_requests: int = 5  # of one person; what more they need joins the last of them
    requests_per_day: int = 10  # new ones of one person; more wait for whoever is on duty
    offers_per_day: int = 10  # to one volunteer
    errand_limit: str = ""  # money for one errand, such as "50.00"; beyond it those who are asked for an OK read so
    week_limit: str = ""  # the same for all that is spent in seven days
    ok_again: int = 24  # hours of silence, after which two others are asked for their OK
    decide_hours: int = 72  # that a proposal is open
    decide_quorum: float = 0.34  # of those active lately, who must give their voice for it to pass
    decide_active_days: int = 30  # in which somebody wrote who counts as active
    decide_reminder: int = 24  # hours before its end, when those who were silent are reminded
    ending_days: int = (
        3  # before the day on which a line ends; from then on nothing new is taken, and all is handed on
    )
    # Figures, or groups of them (handlers/rules/figures/groups.py), that are for all to decide: safety, privacy and
    # people. Of a change by the host every volunteer hears.
    decided_only: tuple[str, ...] = ("safety", "deciding", "memory", "danger_numbers")
    keep_words_days: int = 30  # of a request after its end, and of texts; then words, places and numbers are blanked
    forget_days: int = 365  # of silence, after which a person is erased
    forget_notice_days: int = 30  # that a volunteer has to say that they stay
    media_days: int = 14  # that pictures and voice messages are kept
    media_per_day: int = 20  # of one person
    media_megabytes: int = 500  # of the whole line; when that is full, no more are taken until some are gone
    carrier_keeps_hours: int = 0  # after which texts are deleted at the carrier; 0: never
    brake_requests: int = 20  # new ones within `brake_minutes`; if more come than ever did, waves are held
    brake_minutes: int = 10
    brake_gap: int = 1  # minutes between waves while they are held
    queue_days: int = (
        3  # days of work for the hands there are: if more waits, what can wait gets a place in line; 0: never
    )
    queue_claims: int = 20  # before which nobody knows how much hands can carry, and nothing waits in line
    queue_weeks: int = 4  # whose claims say how much that is
    queue_word_days: int = 3  # at most, between two words to somebody in line
    countries: tuple[str, ...] = ()  # whose SMS are answered, such as ("US", "MX"); empty: the line's own
    rate_sms: float = 1.0  # segments a second from one number
    rate_whatsapp: float = 80.0  # messages a second
    price_sms: str = ""  # a segment that is sent, wherever to; empty: by the table of prices (models/prices.py)
    price_whatsapp: str = ""  # a message that is sent
    prices: tuple[str, ...] = ()  # this line's own rows of that table, such as "MX sms out 0.05"
    daily_budget: str = ""  # money a day, such as "25.00"; bulk waits beyond it, nothing else does
    daily_ceiling: str = "25.00"  # money a day; beyond it no more volunteers are asked, but for danger

    def is_for_newcomers(self, needs: Sequence[str]) -> bool:
        """Whether anybody may be asked for this; what is only spoken of beside another need keeps nobody away."""
        named = {*needs} - {"other"}
        return not named or not named.issubset(self.not_for_newcomers)


DEFAULT_POLICY = Policy()
NO_POLICY = None, DEFAULT_POLICY
FIGURES = frozenset(field.name for field in fields(Policy))


def policy_of(rules: Mapping[str, Any]) -> Policy:
    """The default figures with these laid over them."""
    own: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in rules.items() if k in FIGURES}
    return Policy(**own)


@dataclass(frozen=True)
class Answer:
    """What a group answers itself to some phrases."""

    heard: tuple[str, ...]
    words: str
    language: str | None = None  # of who gets it, where several fit

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Answer":
        """As the line keeps it."""
        return cls(tuple(kept["heard"]), kept["words"], kept["language"])


@dataclass(frozen=True)
class Resource:
    """Other help that a group knows of: who else has food, say, and when."""

    needs: tuple[str, ...]
    words: str
    language: str | None = None  # of who gets it, where several fit

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Resource":
        """As the line keeps it."""
        return cls(tuple(kept["needs"]), kept["words"], kept["language"])


class Line(Model, table=True):
    """One group's hotline."""

    id: int = Field(default=None, primary_key=True)
    name: str
    sms: str | None = Field(default=None, unique=True)
    whatsapp: str | None = Field(default=None, unique=True)
    language: str = "en"
    timezone: str = "America/New_York"
    country: str = "US"
    emergency_number: str = "911"
    greeting: str | None = None  # the group's own, to whoever greets or asks what this is
    from_settings: bool = False
    web_address: str | None = None  # where its pages are, without a slash at the end
    carrier: str | None = None  # the last real one that ran on it; None if only ever the simulator did
    last_request: int = 0
    last_distribution: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    last_proposal: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    last_purse_entry: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    currency: str = Field(default="", sa_column_kwargs={"server_default": ""})  # of its purse; empty: its country's
    paused_until: datetime | None = Field(default=None, sa_type=UtcDateTime)  # nobody is asked, but in danger
    rests_until: datetime | None = Field(default=None, sa_type=UtcDateTime)  # a pause that all have decided
    ends_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # it is no hotline from then on
    erases_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # and forgets everybody
    ending: Ending | None = Field(default=None, sa_type=EnumString(Ending))
    end_decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # who was told since then has heard it
    answering: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    resources: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    rules: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    answers: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    hash_key: str = Field(default="", sa_column_kwargs={"server_default": ""})  # made with its first mark
    # By what is done to old texts, the id up to which it is done (models/erasing.py).
    swept: dict[str, int] = Field(
        default_factory=dict, sa_column=Column(JSON, nullable=False, server_default=sa.text("'{}'"))
    )
    created_at: datetime = Field(sa_type=UtcDateTime)

    @property
    def own_answers(self) -> list[Answer]:
        """What the group answers itself."""
        return [Answer.of(kept) for kept in self.answers]

    def set_answers(self, answers: Sequence[Answer]) -> None:
        """From now on these."""
        self.answers = [asdict(answer) for answer in answers]

    @property
    def other_help(self) -> list[Resource]:
        """Who else the group knows to help, and with what."""
        return [Resource.of(kept) for kept in self.resources]

    def help_for(self, needs: Collection[str], language: str) -> list[Resource]:
        """Who else helps with any of these needs: in that language where there is any, else whatever there is."""
        known = [each for each in self.other_help if {*each.needs} & {*needs}]
        return [each for each in known if each.language in (None, language)] or known

    def set_other_help(self, known: Sequence[Resource]) -> None:
        """From now on these."""
        self.resources = [asdict(each) for each in known]

    def is_paused(self, now: datetime) -> bool:
        """Whether nobody is asked about anything just now, but in danger."""
        return self.paused_until is not None and self.paused_until > now

    def is_resting(self, now: datetime) -> bool:
        """Whether this pause is a rest that all have decided: nobody ends it alone."""
        return self.is_paused(now) and self.rests_until == self.paused_until

    def has_ended(self, now: datetime) -> bool:
        """Whether the day is there on which it was to end: nobody is asked about anything any more."""
        return self.ends_at is not None and self.ends_at <= now

    def takes_nothing_new(self, now: datetime) -> bool:
        """Whether it ends so soon, or has ended, that what is asked for now could not be brought any more."""
        return self.ends_at is not None and self.ends_at - timedelta(days=self.policy.ending_days) <= now

    @property
    def policy(self) -> Policy:
        """The default figures with this line's own laid over them."""
        known: tuple[Any, Policy] = self.__dict__.get("_policy", NO_POLICY)
        if known[0] is not self.rules:  # they are replaced, never changed in place; each text asks many times
            known = self.__dict__["_policy"] = self.rules, policy_of(self.rules)
        return known[1]

    def number(self, channel: Channel) -> str | None:
        """What people text on this channel, or None where the line has no such number."""
        return self.whatsapp if channel is Channel.WHATSAPP else self.sms


class Area(Model, table=True):
    """A part of the neighborhood, by the name its people use."""

    __table_args__ = (sa.UniqueConstraint("line_id", "name"),)

    id: int = Field(default=None, primary_key=True)
    line_id: int = Field(foreign_key="line.id", index=True)
    name: str
    aliases: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))


def all_lines(session: Session) -> list[Line]:
    """Every line, oldest first."""
    return list(session.exec(select(Line).order_by(col(Line.id))))


def real_carriers(session: Session) -> list[str]:
    """The names of those that carried texts here, the simulator aside."""
    return sorted({line.carrier for line in all_lines(session) if line.carrier})


def by_id(session: Session, line_id: int) -> Line:
    """The line with this id; it must exist, for everything else points to one."""
    return session.get_one(Line, line_id)


def take_turns(session: Session, line_id: int) -> None:
    """Wait until no other transaction that takes turns on this line is under way. (SQLite has one writer anyway.)"""
    session.exec(select(Line.id).where(Line.id == line_id).with_for_update(key_share=True)).first()


def by_name(session: Session, name: str) -> Line | None:
    """The line with this name, whatever its capitals."""
    return session.exec(select(Line).where(sa.func.lower(Line.name) == name.lower())).first()


BY_NUMBER = {
    Channel.SMS: Precompiled(select(Line).where(col(Line.sms) == sa.bindparam("number"))),
    Channel.WHATSAPP: Precompiled(select(Line).where(col(Line.whatsapp) == sa.bindparam("number"))),
}


def by_number(session: Session, channel: Channel, number: str) -> Line | None:
    """The line that people reach under this number, or None for a number that is nobody's."""
    key = channel, number
    if key not in session.cache:  # a line changes rarely, and never by a text
        session.cache[key] = session.fetch(BY_NUMBER[channel], number=number).first()
    found: Line | None = session.cache[key]
    return found


NEXT_NUMBER: Precompiled[int] = Precompiled(
    sa.update(table(Line))
    .where(col(Line.id) == sa.bindparam("line_id"))
    .values(last_request=col(Line.last_request) + 1)
    .returning(col(Line.last_request))
)
AREAS = Precompiled(select(Area).where(col(Area.line_id) == sa.bindparam("line_id")).order_by(col(Area.id)))


def next_request_number(session: Session, line: Line) -> int:
    """Take the line's next request number; two texts at once get two numbers."""
    return session.fetch(NEXT_NUMBER, line_id=line.id).one()


def areas(session: Session, line_id: int) -> list[Area]:
    """The line's areas in the order they were added."""
    key = "areas", line_id
    if key not in session.cache:
        session.cache[key] = session.fetch(AREAS, line_id=line_id)
    found: list[Area] = session.cache[key]
    return found


def day(line: Line, now: datetime) -> str:
    """The date on the line's own clock, as 2026-03-03."""
    return _day(line.timezone, now)


@lru_cache(64)  # each text asks several times
def _day(timezone: str, now: datetime) -> str:
    return now.astimezone(ZoneInfo(timezone)).date().isoformat()


def midnight(line: Line, now: datetime) -> datetime:
    """When the next day begins on the line's own clock."""
    local = now.astimezone(ZoneInfo(line.timezone))
    return datetime.combine(local.date() + timedelta(days=1), time.min, local.tzinfo).astimezone(UTC)


def next_of(line: Line, after: datetime, hours: Sequence[int]) -> datetime:
    """The next of these hours of the day, on the line's own clock. In UTC."""
    zone = ZoneInfo(line.timezone)
    today = after.astimezone(zone).date()
    days = (today + timedelta(days=n) for n in range(3))
    moments = (moment_of(day, hour * 60, zone) for day in days for hour in sorted(hours))
    return next(moment for moment in moments if moment > after)


USUAL_MORNING = 8  # o'clock, of a line without quiet hours


def morning(line: Line, after: datetime) -> datetime:
    """The next time that its quiet hours end: when a new day of asking begins. In UTC."""
    policy = line.policy
    hour = USUAL_MORNING if policy.quiet_from == policy.quiet_until else policy.quiet_until
    return next_of(line, after, (hour % 24,))


def waking(line: Line) -> Waking:
    """When people on the line may be texted without need: outside its quiet hours."""
    policy = line.policy
    return _waking(line.timezone, Hours(policy.quiet_until * 60, policy.quiet_from * 60))


@lru_cache(64)
def _waking(timezone: str, *hours: Hours) -> Waking:
    return Waking(timezone, hours)


def waking_within(line: Line, own: Hours | None) -> Waking:
    """The same for somebody with hours of their own."""
    return Waking(line.timezone, (*waking(line).hours, *([own] if own else [])))


def minute(line: Line, now: datetime) -> int:
    """The minute of the day on the line's own clock, such as 600 at ten in the morning."""
    return _minute(line.timezone, now)


@lru_cache(64)
def _minute(timezone: str, now: datetime) -> int:
    local = now.astimezone(ZoneInfo(timezone))
    return local.hour * 60 + local.minute


def of_settings(session: Session) -> Line | None:
    """The line that the settings describe; None before the first start."""
    return session.exec(select(Line).where(Line.from_settings)).first()


def from_settings(session: Session, now: datetime, **values: Any) -> Line:
    """The line that the settings describe: made on the first start, kept as they say on every later one."""
    line = of_settings(session)
    if line is None:
        return session.create(Line, from_settings=True, created_at=now, **values)
    for name, value in values.items():
        setattr(line, name, value)
    session.add(line)
    return line


def add(session: Session, now: datetime, **values: Any) -> Line:
    """One more line. Its numbers must be nobody else's."""
    first = session.exec(select(Line).order_by(col(Line.id)).limit(1)).first()
    address = first.web_address if first else None  # one place serves the pages of all
    return session.create(Line, created_at=now, **{"web_address": address, **values})


def add_area(session: Session, line_id: int, name: str) -> Area:
    """One more area, after the others."""
    session.cache.clear()
    return session.create(Area, line_id=line_id, name=name)
