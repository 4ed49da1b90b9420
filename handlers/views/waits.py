"""What waits: for whoever is on duty all of it, worst first, as QUEUE; for volunteers what LIST and MINE say."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from handlers.helping import browse
from handlers.on_duty.duty import WORST_FIRST
from handlers.phrasebook import Value
from handlers.safety import alarms, discreet
from handlers.turn import Context
from handlers.views import ages, carried, dangers, unheard
from handlers.views.ages import Age, Waits
from handlers.views.dangers import Taken
from handlers.where import doors
from handlers.wording import summary
from handlers.wording.every import Every
from handlers.wording.summary import Ours, Several, Sight, What
from models import kept_apart, listing, offers, requests
from models.alarms import Alarm
from models.assignments import Assignment
from models.assignments import State as Holding
from models.listing import ALL, Place, Taste, Wanted
from models.people import Person
from models.requests import Request, State, Urgency
from models.waiting import Asked

SHOWN = 20  # of a state at once
FIRST = Place(0, 0)


@dataclass(frozen=True)
class Filter:
    """What somebody wants to see; `after` is where a page of one state begins."""

    wanted: Wanted = ALL
    state: State | None = None
    after: Place = FIRST


@dataclass(frozen=True)
class Holder:
    """Who has it in hand (None is the reader), since when, and whether they have set off."""

    name: Value
    since: datetime
    on_the_way: bool


@dataclass(frozen=True)
class Card:
    """One request at a glance. `acts` are the commands by which its reader can do something about it at once."""

    number: int
    state: State
    what: What | None  # None: it is not theirs to see any more
    details: tuple[Value, ...]
    urgency: Urgency | None
    danger: bool
    waits: Waits
    since: datetime
    age: Age
    asked: int | None = None
    said_no: int | None = None
    holder: Holder | None = None
    taken: Taken | None = None
    mine: bool = False
    acts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Up:
    """An alarm that nobody has answered: the card, and how duty is told of it."""

    card: Card
    phrase: str
    place: Value
    words: Value
    raised_at: datetime


@dataclass(frozen=True)
class Column:
    """Requests of one kind: the first few, how many there are, and where the next begin."""

    name: str
    cards: tuple[Card, ...]
    count: int | None = None
    more: Place | None = None


@dataclass(frozen=True)
class Board:
    """All that somebody sees of what waits."""

    alarms: tuple[Up, ...]
    columns: tuple[Column, ...]
    areas: tuple[tuple[int, Ours], ...]


@dataclass(frozen=True)
class Around:
    """What is known of the requests on the page, read at once for all."""

    asked: dict[int, Asked]
    holders: dict[int, list[tuple[Assignment, Person]]]
    pending: frozenset[int]  # numbers of those about which the reader was asked and has not answered
    apart: frozenset[int]  # ids of those that the reader could not take
    taken: dict[int, Taken] = field(default_factory=dict)  # of those that tell of danger, for duty alone


def on_duty(context: Context, person: Person, wanted: Filter) -> Board:
    """What whoever is on duty sees."""
    session, line_id = context.session, context.line.id
    apart = kept_apart.live(session, line_id, person.id)
    hidden = [request for request in apart if kept_apart.hides(session, request, person.id)]
    up = alarms.for_whom(context, person)[:SHOWN]
    alarming = listing.by_ids(session, [alarm.request_id for alarm in up])
    alarming = {id_: request for id_, request in alarming.items() if request.person_id != person.id}
    up = [alarm for alarm in up if alarm.request_id in alarming]  # others may look at their screen
    aside = [*hidden, *alarming.values()]
    ids = {request.id for request in aside}
    states = [state for state in WORST_FIRST if wanted.state in (None, state)]
    few = SHOWN - len(up) // 2  # the more danger, the less of all else
    counts = listing.counts(session, line_id, aside)
    found = {
        state: listing.worst_first(session, line_id, state, wanted.wanted, ids, wanted.after, few + 1)
        if counts[state]
        else []
        for state in states
    }
    told = counts if wanted.wanted == ALL else {}
    shown = [*alarming.values(), *(request for rows in found.values() for request, _ in rows[:few])]
    around = replace(_around(context, person, shown, apart), taken=dangers.taken(context, person, shown))

    def card(request: Request) -> Card:
        return _for_duty(context, person, request, around)

    return Board(
        tuple(_up(context, alarm, card(alarming[alarm.request_id]), alarming, person) for alarm in up),
        tuple(
            Column(state, tuple(card(request) for request, _ in rows[:few]), told.get(state), _more(rows, few))
            for state, rows in found.items()
        ),
        _areas(context),
    )


def for_volunteer(context: Context, person: Person, wanted: Filter) -> Board:
    """What a volunteer sees: what they have in hand, what is open and fits them first, what they asked for."""
    session, line_id = context.session, context.line.id
    apart = kept_apart.live(session, line_id, person.id)
    in_hand, brought = carried.in_hand(context, person), carried.brought(context, person)
    own = requests.live_of(session, person.id)
    columns = []
    held = {request.id: assignment for assignment, request in in_hand}
    if (in_hand or brought) and wanted.state in (None, State.CLAIMED):
        cards = [*(_mine(context, r, held[r.id]) for _, r in in_hand), *(_brought(r, done) for done, r in brought)]
        columns.append(Column("mine", tuple(cards)))
    if wanted.state in (None, State.OPEN) and wanted.wanted.held_by is None:
        taste = Taste(person.can, person.areas) if wanted.wanted == ALL else Taste()  # who chooses has said what fits
        ids = {request.id for request in apart}
        told = replace(wanted.wanted, danger=False)
        rows = listing.fitting_first(session, line_id, person.id, taste, told, ids, wanted.after, SHOWN + 1)
        around = _around(context, person, [request for request, _ in rows], apart)
        aside = {request.id: request for request in (*apart, *own)}.values()
        n = listing.counts(session, line_id, [*aside])[State.OPEN] if wanted.wanted == ALL else None
        columns.append(
            Column(
                "open",
                tuple(
                    _for_anybody(context, person, r, around)
                    for r in browse.side_by_side([r for r, _ in rows[:SHOWN]])
                ),
                n,
                _more(rows, SHOWN),
            )
        )
    if own and wanted.state is None and wanted.wanted == ALL and not discreet.kept_from(person):
        columns.append(Column("own", tuple(_own(context, request) for request in own)))
    return Board((), tuple(columns), _areas(context))


def _more(rows: Sequence[tuple[Request, Place]], few: int) -> Place | None:
    return rows[few - 1][1] if len(rows) > few else None


def _areas(context: Context) -> tuple[tuple[int, Ours], ...]:
    return tuple((area.id, Ours(area.name)) for area in context.areas)


def _around(context: Context, person: Person, shown: Collection[Request], apart: Collection[Request]) -> Around:
    ids = [request.id for request in shown]
    return Around(
        listing.asked(context.session, ids),
        listing.holders(context.session, ids),
        frozenset(offers.pending_numbers(context.session, person.id)),
        frozenset(request.id for request in apart),
    )


def _up(context: Context, alarm: Alarm, card: Card, requests_: dict[int, Request], person: Person) -> Up:
    told = unheard.of(context, alarm, requests_[alarm.request_id], person)
    acts = ("on_it", "false_alarm")
    return Up(replace(card, age=Age.ALARM, acts=acts), told.phrase, told.place, told.words, told.raised_at)


def _card(
    context: Context, request: Request, sight: Sight, held: Assignment | None = None, *, danger: bool = False
) -> Card:
    """Only with `danger` anything on it tells of danger: that is for duty, and never on one's own."""
    what = context.what(request, sight)
    return Card(
        request.number,
        request.state,
        replace(what, where=None, area=None, when=None, urgency=None),
        tuple(part for part in (what.where, what.area, what.when) if part is not None),
        what.urgency if what.when is None or what.urgency is Urgency.URGENT else None,  # a time says how soon
        danger and request.in_danger,
        waits := ages.waits_for(request),
        request.changed_at if waits is Waits.ANSWER else request.created_at,
        ages.of(context, request, held, danger=danger),
    )


def _for_duty(context: Context, person: Person, request: Request, around: Around) -> Card:
    crew = _crew(request, around)
    own = next((held for held, holder in crew if holder.id == person.id), None)
    held = own or (crew[0][0] if crew else None)
    asked = around.asked.get(request.id)
    others = request.person_id != person.id
    card = _card(context, request, context.sight_on_duty(request, person), held, danger=others)
    mine = own is not None
    often = (Every(request.repeats),) if request.repeats else ()
    return replace(
        card,
        details=(*card.details, *often),
        asked=asked.people if asked else 0,
        said_no=asked.said_no if asked else 0,
        holder=_holder(context, person, crew),
        taken=around.taken.get(request.id),
        mine=mine,
        acts=_carries(request, held) if mine else _may_take(person, request, around),
    )


def _crew(request: Request, around: Around) -> list[tuple[Assignment, Person]]:
    """Who has it, the last one first: of several all, of one that one."""
    crew = around.holders.get(request.id, [])
    if not request.several:
        return crew[:1]
    return [pair for pair in crew if request.state is not State.CLAIMED or pair[0].state is Holding.ACTIVE]


def _holder(context: Context, person: Person, crew: Sequence[tuple[Assignment, Person]]) -> Holder | None:
    """The reader, or by name all who have it; since the first of them has."""
    if not crew:
        return None
    mine = any(holder.id == person.id for _, holder in crew)
    names = Several([context.numbered(holder) for _, holder in reversed(crew)])
    on_the_way = any(held.on_the_way_at is not None for held, _ in crew)
    return Holder(None if mine else names, min(held.taken_at for held, _ in crew), on_the_way)


def _for_anybody(context: Context, person: Person, request: Request, around: Around) -> Card:
    asked = around.asked.get(request.id)
    card = _card(context, request, Sight.ANYBODY)
    return replace(card, asked=asked.people if asked else 0, acts=_may_take(person, request, around))


def _mine(context: Context, request: Request, held: Assignment) -> Card:
    card = _card(context, request, doors.sight(context, request, held), held)
    place = summary.Quoted(request.place) if held.place_shown_at is not None and request.place else None
    return replace(
        card,
        details=(*([place] if place else ()), *card.details),
        danger=False,
        holder=Holder(None, held.taken_at, held.on_the_way_at is not None),
        mine=True,
        acts=_carries(request, held),
    )


def _brought(request: Request, done: Assignment) -> Card:
    """That they brought it. What it was is theirs no longer, as by text."""
    holder = Holder(None, done.taken_at, on_the_way=False)
    return Card(
        *(request.number, request.state, None, (), None, False, Waits.ANSWER, request.changed_at, Age.CALM),
        holder=holder,
        mine=True,
    )


def _own(context: Context, request: Request) -> Card:
    return replace(_card(context, request, Sight.NEAR), danger=False)  # others may look at their screen


def _may_take(person: Person, request: Request, around: Around) -> tuple[str, ...]:
    if not request.has_room or request.person_id == person.id or request.id in around.apart:
        return ()
    return ("claim", "pass") if request.number in around.pending else ("claim",)


def _carries(request: Request, held: Assignment | None) -> tuple[str, ...]:
    if request.state is not State.CLAIMED or held is None:
        return ()
    return ("done",) if held.on_the_way_at is not None else ("omw", "done")
