"""The story of a request for whoever is on duty: what happened, who did it, and every text that left because of it.

What people wrote is in it only for whoever asked to read along (on_duty/reading_along.py); notes are for everybody.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from handlers.on_duty import reading_along
from handlers.turn import Context
from handlers.wording import summary
from handlers.wording.summary import Name, Ours, Quoted, Said
from models import events, people, requests
from models.delivery import about
from models.delivery.outbound import Outbound
from models.delivery.outbound import State as TextState
from models.people import Person
from models.requests import Event, Outcome, Request

HAPPENED = 30  # on one page
TEXTS = 600
TOGETHER = timedelta(minutes=1)  # what happens within it is told as one
# What happened by itself, whoever caused it.
OF_THE_LINE = frozenset(
    """wave unconfirmed handed_on nudged reminded warned door_stays_shut receipt_reminder time_passed still_need
    asked_again nobody_left other_help truth_told unbooked paused goes_out held_back turn
    untranslated few_hands""".split()
)
OF_PEOPLE = frozenset(
    """asked opened claimed assigned on_the_way late doubt nobody_home delivered dropped lapsed stopped left put_out
    helper_removed reopened closed confirmed missing came came_partly withdrawn held understood added merged
    merged_into note kept_back helper_asked wrote asked_duty wants_person nobody_came pressed cannot_wait still_needed
    rescheduled booked on_it hands_wanted media asker_stopped talk_read picture_seen emergency
    emergency_again""".split()
)
# Books that are kept for ourselves; and whom it was told though they are kept apart, which they never hear of.
UNSAID = frozenset(
    "relayed passed_on_told told_even_so person_told many_today_told person_merged area_removed".split()
)
TOLD = "_told"  # with what media came: for ourselves, too
OTHER = "changed"
ENDS = {
    Outcome.FULFILLED: "came",
    Outcome.PARTIAL: "came_partly",
    Outcome.WITHDRAWN: "withdrawn",
    Outcome.MERGED: "merged_into",
}
WITH_NUMBER = frozenset({"wave", "merged", "merged_into", "hands_wanted"})  # as their words
WITH_MARK = frozenset({"media", "held_back", "paused", "asked_again"})  # the same, for ourselves
OPEN_TO_DUTY = frozenset({"note"})  # whose words SHOW tells
# What a text is about, by the phrase that it is or begins with; the first that fits.
ABOUT: Mapping[str, str] = {
    "offer_answered": "plain",
    "offer_answer": "from_neighbor",
    "offer_": "plain",
    "offer": "offer",
    "emergency": "whom_to_call",
    "urgent_care": "whom_to_call",
    "duty_emergency": "alarm",
    "duty_": "to_duty",
    "from_neighbor": "from_neighbor",
    "from_": "from_helper",
    "somebody_asks": "from_helper",
    "at_your_door": "from_helper",
    "left_it": "from_helper",
    "claimed": "who_comes",
    "claim_yours": "theirs_now",
    "assigned_you": "theirs_now",
    "did_you_get_it": "did_it_come",
    "did_they_come": "did_it_come",
    "receipt_reminder": "did_it_come",
}
PLAIN = "plain"
TALK = frozenset({"from_neighbor", "from_helper"})


@dataclass(frozen=True)
class Happened:
    """An event. `by` is None for what the hotline did by itself."""

    at: datetime
    kind: str
    by: Name | Said | None
    of_neighbor: bool
    to: Name | Said | None = None
    number: int = 0  # how many were asked, or of which request
    words: Quoted | None = None
    folded: bool = False  # it has words that are not shown
    gone: bool = False  # it had words, and they are erased


@dataclass(frozen=True)
class Sent:
    """One text of ours, to one or to several people at once, and where it is."""

    at: datetime
    about: str
    to: Sequence[Name | Said]
    count: int
    state: TextState
    leaves_at: datetime | None
    code: int | None  # the carrier's, of why it did not arrive
    by: Name | Said | None = None  # whose words it carries, where that is known
    body: Ours | None = None
    folded: bool = False
    gone: bool = False


@dataclass(frozen=True)
class Story:
    """A part of it, the oldest first."""

    entries: Sequence[Happened | Sent]
    before: int | None  # the event before which more happened
    has_talk: bool  # somebody has written something that is not shown


def tell(context: Context, person: Person, number: int, before: int | None = None) -> Story:
    """The last of what happened to a request that this person on duty may see, or what happened before an event."""
    request = requests.by_number(context.session, context.line.id, number)
    assert request is not None
    found = events.latest(context.session, request, HAPPENED + 1, before)
    more, found = len(found) > HAPPENED, found[-HAPPENED:]
    until = _at(context, before)
    since = found[0].at if more and found else None
    sent = about.texts(context.session, request, TEXTS, since=since, before=until)
    ids = {*(text.person_id for text in sent), *(e.by_person_id for e in found if e.by_person_id), *_given(found)}
    names = Names(context, request, people.by_ids(context.session, sorted(ids)))
    reads = reading_along.reads(context, request, person)
    last_end = _last_end(request, found)
    told = (
        _happened(request, event, names, last_end, shown=_shown(request, event, person, reads=reads))
        for event in found
    )
    happened = _without_echo([each for each in told if each])
    entries: list[Happened | Sent] = [*happened, *_sent(sent, names, _speakers(found), context.now, reads=reads)]
    entries.sort(
        key=lambda entry: (entry.at, isinstance(entry, Sent), isinstance(entry, Sent) and entry.about == PLAIN)
    )
    talk = more or any(entry.folded and (isinstance(entry, Happened) or entry.about in TALK) for entry in entries)
    return Story(_joined(entries), found[0].id if more and found else None, talk)


def untold(kind: str) -> bool:
    """Whether it is an event for which there are no words of its own."""
    return not kind.endswith(TOLD) and kind not in OF_THE_LINE | OF_PEOPLE | UNSAID


def _last_end(request: Request, found: Sequence[Event]) -> int:
    """The event with which it ended as it has; 0 if it goes on, or somebody has said since that it was otherwise."""
    if request.live or any(event.kind in ("confirmed", "missing") for event in found):
        return 0
    return max((event.id for event in found if event.kind == "closed"), default=0)


@dataclass(frozen=True)
class Names:
    """What whoever is on duty calls those who had to do with it; the neighbor is called so."""

    context: Context
    request: Request
    known: Mapping[int, Person]

    def of(self, person_id: int | None) -> Name | Said | None:
        """Somebody's name and number."""
        if person_id is None:
            return None
        if person_id == self.request.person_id:
            return Said("the_neighbor")
        person = self.known.get(person_id)
        return self.context.numbered(person) if person else Said("somebody")


def _at(context: Context, before: int | None) -> datetime | None:
    event = context.session.get(Event, before) if before is not None else None
    return event.at if event else None


def _given(found: Sequence[Event]) -> set[int]:
    return {int(e.words) for e in found if e.kind == "assigned" and e.words and e.words.isdigit()}


def _happened(request: Request, event: Event, names: Names, last_end: int, *, shown: bool) -> Happened | None:
    kind = _kind(request, event, last_end)
    if kind is None:
        return None
    by = None if kind in OF_THE_LINE else names.of(event.by_person_id)
    entry = Happened(event.at, kind, by, event.by_person_id == request.person_id and by is not None)
    if event.kind == "assigned":
        return replace(entry, to=_to(event.words or "", names))
    digits = (event.words or "").lstrip("#")
    if kind in WITH_NUMBER:
        return replace(entry, number=int(digits) if digits.isdigit() else 0)
    if kind in WITH_MARK:
        return entry
    if not event.words:
        return replace(entry, gone=event.kind in ("note", "wrote") and request.blanked_at is not None)
    return replace(entry, words=Quoted(event.words) if shown else None, folded=not shown)


def _shown(request: Request, event: Event, reader: Person, *, reads: bool) -> bool:
    """Whether its words are: those of the reader, what SHOW tells, and why duty ended it."""
    by_duty = event.kind == "closed" and event.by_person_id not in (None, request.person_id)
    return reads or by_duty or event.kind in OPEN_TO_DUTY or event.by_person_id == reader.id


def _without_echo(happened: Sequence[Happened]) -> list[Happened]:
    """Without "lets volunteers be asked" where they are asked at once."""

    def echoed(one: Happened, then: Happened | None) -> bool:
        return then is not None and (one.kind, then.kind) == ("goes_out", "wave") and then.at - one.at < TOGETHER

    return [one for one, then in zip(happened, [*happened[1:], None], strict=True) if not echoed(one, then)]


def _speakers(found: Sequence[Event]) -> dict[datetime, int]:
    """Who did something at a moment; none of the moments at which several did."""
    by: dict[datetime, set[int]] = {}
    for event in found:
        if event.by_person_id is not None:
            by.setdefault(event.at, set()).add(event.by_person_id)
    return {at: next(iter(ids)) for at, ids in by.items() if len(ids) == 1}


def _joined(entries: Sequence[Happened | Sent]) -> list[Happened | Sent]:
    """With texts of which nothing more is to be said in one, if they left together and got as far."""
    found: list[Happened | Sent] = []
    for entry in entries:
        last = found[-1] if found else None
        if isinstance(entry, Sent) and isinstance(last, Sent) and _alike(last, entry):
            to = [*last.to, *(name for name in entry.to if name not in last.to)]
            found[-1] = replace(last, to=to, count=last.count + entry.count)
        else:
            found.append(entry)
    return found


def _alike(one: Sent, other: Sent) -> bool:
    def of(sent: Sent) -> tuple[object, ...]:
        return sent.about, sent.body, sent.state, sent.leaves_at, sent.code, sent.gone

    return one.about == PLAIN and one.body is None and of(one) == of(other) and other.at - one.at < TOGETHER


def _kind(request: Request, event: Event, last_end: int) -> str | None:
    """By which words it is told; None for what is not."""
    if event.kind in UNSAID or event.kind.endswith(TOLD):
        return None
    if event.kind == "opened" and event.by_person_id in (None, request.person_id):
        return "goes_out"
    if event.kind == "closed" and event.id == last_end and request.outcome in ENDS:
        return ENDS[request.outcome]
    return OTHER if untold(event.kind) else event.kind


def _to(words: str, names: Names) -> Name | Said | None:
    """To whom it was given: by their number, or by their name as it was written down before."""
    if words.isdigit():
        return names.of(int(words))
    return summary.name(words, names.context.line.name, whole=True) or Said("somebody")


def _sent(
    sent: Sequence[Outbound], names: Names, spoke: Mapping[datetime, int], now: datetime, *, reads: bool
) -> Iterator[Sent]:
    """The texts, with those in one that went to several at the same moment and got as far."""
    together: dict[tuple[object, ...], list[Outbound]] = {}
    for text in sent:
        same = text.phrase, text.created_at, text.state, text.error_code, text.body if reads else ""
        together.setdefault(same, []).append(text)
    for texts in together.values():
        first = texts[0]
        to = [name for name in (names.of(text.person_id) for text in texts) if name]
        about_ = next((what for phrase, what in ABOUT.items() if first.phrase.startswith(phrase)), PLAIN)
        by = spoke.get(first.created_at) if about_ == "from_helper" else None
        waits = first.not_before if first.not_before and first.not_before > now else None
        yield Sent(
            first.created_at,
            about_,
            to,
            len(texts),
            first.state,
            waits,
            first.error_code if first.state is TextState.FAILED else None,
            names.of(by) if by not in {text.person_id for text in texts} else None,
            Ours(first.body) if reads and first.body else None,
            folded=not reads and bool(first.body),
            gone=not first.body,
        )
