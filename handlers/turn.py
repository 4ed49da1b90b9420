"""One moment and one turn: who spoke, when, on which line; and the texts that follow from it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from handlers.on_duty import raising
from handlers.phrasebook import Value
from handlers.understanding.intents import Question
from handlers.wording import due, summary
from handlers.wording.due import Due
from handlers.wording.every import Every
from handlers.wording.summary import Name, Said, Sight, What
from models import assignments, kept_apart, lines, offers, people, requests
from models.assignments import Assignment
from models.delivery import discretion, outbound, told
from models.delivery.forms import Pin
from models.delivery.outbound import Lane
from models.inbound import Heard
from models.lines import Area, Line, Policy
from models.people import Person
from models.requests import TALKING, Request, State
from models.store.session import Session

DAY = timedelta(days=1)
AFTERWARDS = timedelta(days=3)  # how long after its end words may still be about a request
OFFERING = frozenset(
    {
        "offer",
        "offer_waits",
        "offer_still",
        "offer_where",
        "offer_private",
        "offer_asked",
        "offer_answer",
        "info_open",
        "offer_answered",
        "lapsed",
        "they_say_nobody_came",
    }
)  # phrases to which "ok" means that they take it
PROPOSING = frozenset({"proposal_asked", "proposal_changed", "proposal_reminder", "digest"})  # to agree to
LET_GO = frozenset({"lapsed", "they_say_nobody_came"})  # by which whoever had it hears that others are asked
RECEIPT_ANSWERS = 3  # to "did you get it?": yes, partly, no


@dataclass(frozen=True)
class Asked:
    """A question that waits for this person's answer."""

    question: Question
    request_id: int | None = None
    options: int = 0  # how many numbered answers we offered
    words: str = ""  # what they had said when we asked back
    media: tuple[str, ...] = ()  # and what kinds of pictures and the like they had sent
    again: bool = False  # whether we asked it twice, for the first answer was none

    def pack(self) -> dict[str, Any]:
        """As kept on the person."""
        kept: dict[str, Any] = {
            "question": self.question,
            "request": self.request_id,
            "options": self.options,
            "words": self.words,
        }
        kept |= {"media": list(self.media)} if self.media else {}
        return {**kept, "again": True} if self.again else kept


def unpack(person: Person, now: datetime, policy: Policy) -> Asked | None:
    """What this person was asked, unless it was too long ago for `1` still to mean that."""
    kept = person.pending_question
    if not kept or person.question_asked_at is None:
        return None
    question = Question(kept["question"])
    offered = person.last_asked_at is not None and person.last_asked_at >= person.question_asked_at
    if question in (Question.WELCOMED, Question.PROPOSAL) and offered:
        return None  # yes and no are about a request since then
    days = {  # nothing else waits
        Question.STILL_NEEDED: policy.unmet_days,
        Question.STAYS: policy.forget_notice_days,
        Question.STILL_GIVES: policy.pledge_asked_before,
        Question.RECURRING: 2 * policy.recurring_review_again,
    }
    lasts = timedelta(days=days[question]) if question in days else timedelta(minutes=policy.asked_lasts)
    if now - person.question_asked_at > lasts:
        return None
    return Asked(
        question,
        kept["request"],
        kept["options"],
        kept["words"],
        tuple(kept.get("media", ())),
        kept.get("again", False),
    )


@dataclass(frozen=True)
class Text:
    """A phrase on its way to somebody. Language, channel and segments are chosen last."""

    to: Person
    phrase: str
    values: Mapping[str, Value] = field(default_factory=dict)
    lane: Lane = Lane.NOTICE
    request_id: int | None = None
    not_before: datetime | None = None  # it waits until then
    expires_at: datetime | None = None  # nobody wants it after that; else as its lane says
    short: str = ""  # the phrase that says it with its `words` cut, where this one takes more than a segment
    merged: str = ""  # texts under one such name are one: a later takes the place of an earlier that still waits
    fresh: bool = False  # there is no earlier one of that name
    kept: bool = False  # others read the phone: it waits until its owner asks for it
    pin: Pin | None = None  # it is a place on a map, for phones that show one: others are not sent it
    wakes: bool = False  # it may be read at night: it cannot wait for the morning
    enclosed: int | None = None  # the picture or voice message that goes along, by its id


Texts = Iterator[Text]

WINDOW = 5  # times Policy.burst_seconds: whoever goes on and on is answered in between


@dataclass(frozen=True)
class Burst:
    """The texts that somebody sent right before this one, which may be a part of what they have to say."""

    began: datetime  # when the first of them came
    first: str  # its id
    words: tuple[str, ...] = ()  # of those that were not understood, the oldest first


ANSWER, TALK, KEPT = "answer", "talk", "kept"  # of answers of one sort a burst gets the last


@dataclass(frozen=True)
class Context:
    """A point in time on a line; what time alone triggers happens in one."""

    session: Session
    line: Line
    now: datetime

    @cached_property
    def areas(self) -> list[Area]:
        """The line's areas."""
        return lines.areas(self.session, self.line.id)

    @property
    def pause(self) -> timedelta:
        """How long an answer waits for more words of the same person."""
        return timedelta(seconds=self.line.policy.burst_seconds)

    def what(self, request: Request, sight: Sight = Sight.ANYBODY) -> What:
        """What may be said of a request: to strangers, unless more is said."""
        shows = self.line.policy.offer_shows
        return summary.what(request, self.areas, self.line.timezone, self.now, sight=sight, shows=shows)

    def what_on_duty(self, request: Request, person: Person) -> What:
        """What whoever is on duty reads of a request: how often it comes again, too."""
        known = self.what(request, self.sight_on_duty(request, person))
        return replace(known, every=Every(request.repeats)) if request.repeats else known

    def is_newcomer(self, person: Person) -> bool:
        """Whether somebody vouched for them by text and few matches of theirs are completed.

        Whom the host added never is one.
        """
        if person.vouched_by_person_id is None:
            return False
        key = "completed", person.id
        if key not in self.session.cache:
            self.session.cache[key] = assignments.completed(self.session, person.id)
        return bool(self.session.cache[key] < self.line.policy.newcomer_matches)

    def sight_on_duty(self, request: Request, person: Person) -> Sight:
        """How much of the place whoever is on duty reads: a newcomer what offers say, except in danger."""
        return Sight.ANYBODY if self.is_newcomer(person) and not request.in_danger else Sight.NEAR

    def when(self, request: Request) -> Due | None:
        """When a request is needed, as far as its neighbor has said."""
        return due.of(request, self.line.timezone, self.now)

    def name(self, person: Person, *, whole: bool = False) -> Name | None:
        """What others on the line call somebody, the whole of it for whoever is on duty; None without a name."""
        number = person.id if person.told_apart else None
        return summary.name(person.name, self.line.name, whole=whole, number=number)

    def whole_name(self, person: Person) -> Name | Said:
        """What whoever is on duty calls somebody: they may read the whole of it."""
        return self.name(person, whole=True) or Said("somebody")

    def numbered(self, person: Person) -> Name | Said:
        """The same with their number, by which whoever is on duty can do something about them."""
        shown = self.name(person, whole=True)
        return replace(shown, number=person.id) if shown else Said("somebody_numbered", {"who": person.id})

    def somebody(self, person: Person) -> Name | Said:
        """What others on the line call somebody, or that it is a neighbor."""
        return self.name(person) or Said("a_neighbor")

    def tell(
        self, to: Person, phrase: str, *, about: Request | None = None, lane: Lane = Lane.NOTICE, **values: Value
    ) -> Text:
        """A text to anybody. With `about`, its number fills {number}."""
        if about is not None:
            values.setdefault("number", about.number)
        wakes = about is not None and about.presses
        return Text(to, phrase, values, lane, about.id if about is not None else None, wakes=wakes)

    def on_duty(self, about: Request | None = None, *, but: int | None = None) -> list[Person]:
        """Who is on duty, except person `but`: of those, who may hear of this request."""
        found = [person for person in people.on_duty(self.session, self.line.id) if person.id != but]
        if about is None:
            return found
        return [person for person in found if not kept_apart.hides(self.session, about, person.id)]

    def _may_read(self, about: Request | None, but: int | None) -> list[Person]:
        """Who on duty reads words that are said."""
        return self.on_duty(about, but=but)

    def tell_duty(
        self, phrase: str, *, about: Request | None = None, but: int | None = None, **values: Value
    ) -> Texts:
        """A text to who is on duty and may read it, except person `but`; what asks for an answer waits for one."""
        told = self._may_read(about, but) if "words" in values else self.on_duty(about, but=but)
        raising.raise_task(self.session, self.line, self.now, phrase, about, but=but, told=bool(told))
        for person in told:
            seen = self.on_duty_sees(person, about, values) if about else values
            yield self.tell(person, phrase, about=about, lane=Lane.NOTICE, **seen)

    def on_duty_sees(self, person: Person, about: Request, values: dict[str, Value]) -> dict[str, Value]:
        """What is said to whoever is on duty, with no more of the place and the words than they may read."""
        if self.sight_on_duty(about, person) is Sight.NEAR:
            return values
        stranger, seen = self.what(about), dict(values)
        for name, value in values.items():
            if isinstance(value, What):
                seen[name] = replace(value, where=stranger.where, area=stranger.area)
            elif isinstance(value, Said) and value.phrase == "they_wrote":
                seen[name] = summary.partly_wrote(about)
        return seen

    def duty_again(self, about: Request | None, times: int = 1) -> datetime:
        """When duty is told again of what nobody there has answered."""
        return raising.duty_again(self.line, self.now, about, times)

    def ask(self, person: Person, question: Question, about: Request | None = None, **more: Any) -> None:
        """Remember what this person is being asked, so that a short answer can be understood."""
        person.pending_question = Asked(question, about.id if about is not None else None, **more).pack()
        person.question_asked_at = self.now
        self.session.add(person)

    def asked_of(self, person: Person) -> Asked | None:
        """What this person was asked and may still answer; not what is kept from a phone that others read."""
        asked = unpack(person, self.now, self.line.policy)
        if asked is not None and asked.question is Question.PROPOSAL and person.question_asked_at is not None:
            waits = told.still_waits(self.session, person.id, PROPOSING, person.question_asked_at)
            asked = None if waits else asked  # nobody says yes to what they have not read
        if asked is not None and person.discreet_since is not None and person.question_asked_at is not None:
            return None if discretion.is_kept(self.session, person.id, person.question_asked_at) else asked
        return asked

    def ask_if_free(self, person: Person, question: Question, about: Request, *, options: int = 0) -> bool:
        """The same, unless that would take the place of a question about another request; whether it is asked."""
        waiting = self.asked_of(person)
        if waiting is None or waiting.question is Question.STILL_NEEDED:  # that needs no digit, and may wait for days
            free = True
        else:
            free = waiting.question is not Question.SURGE and waiting.request_id in (None, about.id)
        if free:
            self.ask(person, question, about, options=options)
        return free

    def unask(self, person: Person, about: Request | None = None) -> None:
        """The question is answered or no longer matters; with `about`, only if it is about that request."""
        if about is None or (person.pending_question and person.pending_question["request"] == about.id):
            person.pending_question = None
            self.session.add(person)


@dataclass(frozen=True)
class Turn(Context):
    """A text came in: somebody speaks."""

    speaker: Person
    heard: Heard
    asked: Asked | None = None
    quoted: int | None = None  # the number of the request that they quote a text of ours about
    burst: Burst | None = None  # what they said right before this, if anything

    def _may_read(self, about: Request | None, but: int | None) -> list[Person]:
        """What the speaker says nobody reads from whom they are kept apart."""
        apart = kept_apart.of(self.session, self.speaker.id) if not self.session.is_new(self.speaker) else ()
        return [person for person in self.on_duty(about, but=but) if person.id not in apart]

    @property
    def overtaken(self) -> bool:
        """Whether the speaker has said STOP since: this text was lost for a while, and took longer than that one."""
        stopped, said = self.speaker.opted_out_at, self.heard.at
        return stopped is not None and said is not None and said < stopped

    @cached_property
    def asked_for(self) -> list[Request]:
        """What the speaker had asked for lately, or had not yet got, when they began to speak."""
        if self.session.is_new(self.speaker):
            return []  # their first text
        return requests.recent_of(self.session, self.speaker.id, self.now - AFTERWARDS)

    @cached_property
    def own(self) -> list[Request]:
        """What the speaker had asked for and not yet got when they began to speak."""
        return [request for request in self.asked_for if request.live]

    @cached_property
    def ended(self) -> list[Request]:
        """What of it is over since a few days at most, the last one first."""
        over = [r for r in self.asked_for if not r.live and self.now - r.changed_at <= AFTERWARDS]
        return sorted(over, key=lambda r: r.changed_at, reverse=True)

    @cached_property
    def helped(self) -> list[Request]:
        """What of others the speaker had in hand and said was done a few days ago at most, the last one first."""
        if not self.speaker.helper_since:
            return []
        return assignments.done_by(self.session, self.speaker.id, self.now - AFTERWARDS)

    @cached_property
    def held(self) -> list[tuple[Assignment, Request]]:
        """What the speaker had in hand when they began to speak."""
        return assignments.held_by(self.session, self.speaker.id) if self.speaker.helper_since else []

    @cached_property
    def offered(self) -> tuple[int, ...]:
        """What the speaker was asked about and has not answered; a late answer to the last thing said counts, too."""
        if not self.speaker.helps:
            return ()
        pending = offers.pending_numbers(self.session, self.speaker.id)
        if pending or self.told_last is None or self.told_last[0] not in OFFERING:
            return tuple(pending)
        return tuple(offers.expired_numbers(self.session, self.speaker.id, self.now - DAY))

    @cached_property
    def told_last(self) -> tuple[str, int | None] | None:
        """The phrase that the speaker was told last, and the request it was about."""
        return told.last_to(self.session, self.speaker.id)

    @cached_property
    def replied_about(self) -> int | None:
        """The number of the request that the text of ours tells of to which theirs is a reply."""
        if self.quoted is not None or self.heard.replied_to is None:
            return self.quoted
        return outbound.request_number(self.session, self.heard.replied_to, self.speaker.id)

    @cached_property
    def replied(self) -> Request | None:
        """That request."""
        number = self.replied_about
        return requests.by_number(self.session, self.line.id, number) if number is not None else None

    @cached_property
    def matches(self) -> list[Request]:
        """Requests in which the speaker had somebody to talk with, from either side; of several, the one quoted."""
        matches = self._matches
        return [self.replied] if len(matches) > 1 and self.replied in matches else matches

    @property
    def _matches(self) -> list[Request]:
        talking = [r for r in self.own if r.state in (*TALKING, State.HELD) or r.duty_person_id is not None]
        return sorted([*talking, *(r for _, r in self.held)], key=lambda r: r.number)

    def reply(self, phrase: str, *, about: Request | None = None, lane: Lane = Lane.REPLY, **values: Value) -> Text:
        """A text back to who just spoke."""
        return self.tell(self.speaker, phrase, about=about, lane=lane, **values)

    @property
    def answered_at(self) -> datetime:
        """When they have their answer: once they have said all; who goes on and on is answered in between."""
        began, window = self.burst.began if self.burst else self.now, WINDOW * self.pause
        return min(self.now + self.pause, began + ((self.now - began) // window + 1) * window)

    def later(self, text: Text, sort: str = ANSWER) -> Text:
        """The same answer, once the speaker has said all: a burst of texts gets the last of each sort."""
        if not self.pause:
            return text
        alone = self.burst is None
        return replace(text, not_before=self.answered_at, merged=self.burst_name(sort), fresh=alone)

    def burst_name(self, sort: str = ANSWER) -> str:
        """The name of the answer of this sort that waits for the end of the burst."""
        if self.burst is None:
            return f"{sort}-{self.heard.id}-0"
        return f"{sort}-{self.burst.first}-{(self.now - self.burst.began) // (WINDOW * self.pause)}"
