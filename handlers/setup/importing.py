"""What a group's own list holds open, taken down as if it had been texted: read by the same words, asked by and by.

Nobody is texted because of it but whoever may be asked, and whoever is on duty where a row tells of danger. The
neighbors hear of it where the host agrees; else the first text they get says who writes (app/outbound/unasked.py).
Where a row says that its phone is not safe to text, whoever is on duty looks first.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from handlers.asking import admission, waves
from handlers.asking.brake import Held, Hold
from handlers.needs import intake
from handlers.safety import alarms, discreet, first_answer
from handlers.setup import listed_phones
from handlers.turn import Context, Text, Turn
from handlers.understanding.intents import Need, Understanding
from handlers.understanding.needs import understand
from handlers.where import neighboring, places, vicinity, whereabouts
from handlers.wording import redaction
from handlers.wording.summary import Ours
from models import assignments, imports, lines, people, requests
from models.delivery import outbound
from models.delivery.outbound import Lane
from models.imports import ImportBatch
from models.inbound import Heard
from models.people import Address, Person
from models.requests import Outcome, Request, State, Urgency

PHRASE = "moved_to_us"  # tells a neighbor by itself who writes and why
A_DAY_AT_LEAST = 3  # requests that volunteers are asked about, however little hands carry
USUAL = 10  # where nobody knows yet what hands carry
UNDONE = "import undone"


@dataclass(frozen=True)
class Listed:
    """A row, as far as its columns hold what we know."""

    words: str  # what is needed, as the list says it
    more: str = ""  # notes that go along to whoever helps
    needs: tuple[Need, ...] = ()  # by our own names, where the list has these
    people: int | None = None
    urgency: Urgency | None = None
    emergency: bool = False  # the list says so itself
    area: str = ""
    place: str = ""
    asked_at: datetime | None = None

    @property
    def said(self) -> str:
        """All of its words."""
        return "\n".join(filter(None, (self.words, self.more)))[: intake.LONGEST_TEXT]


@dataclass(frozen=True)
class Read:
    """What a row means."""

    needs: tuple[Need, ...]
    meaning: Understanding

    @property
    def in_danger(self) -> bool:
        """Whether somebody must look at once."""
        return self.meaning.danger is not None


def read(listed: Listed) -> Read:
    """What is needed, by the grammar that hears texts; nothing where the words name nothing."""
    asked = understand(listed.words).as_answer()
    needs = listed.needs or asked.needs or ((Need.OTHER,) if redaction.names_unknown(listed.words) else ())
    return Read(needs, understand(listed.said) if listed.more else asked)


def alike(
    context: Context, person: Person, listed: Listed, needs: Iterable[Need], for_name: str | None
) -> Request | None:
    """What is here of it already: still open, or over and from the same moment or in the same words."""
    for request in requests.of_person(context.session, person.id):
        if {*request.needs} != {*map(str, needs)} or request.for_name != for_name:
            continue
        if request.live or request.text == listed.said or request.created_at == listed.asked_at:
            return request
    return None


@dataclass(frozen=True)
class Owner:
    """Whose row it is."""

    person: Person
    home: Address  # where to write to them
    is_new: bool  # nobody knew them before
    for_name: str | None = None  # whom it is for, where the phone is another's


def take_in(
    context: Context, batch: ImportBatch, row: int, owner: Owner, listed: Listed, slot: datetime
) -> tuple[Request, list[Text]]:
    """The request of a row, and the texts that follow at once: to duty in danger, to volunteers if it is its turn."""
    person, home = owner.person, owner.home
    found, now = read(listed), context.now
    language = person.speaks(context.line)
    meaning = found.meaning
    request = requests.create(
        context.session,
        context.line,
        person_id=person.id,
        state=State.HELD if found.in_danger else State.DRAFT,
        now=min(listed.asked_at or now, now),
        text=listed.said,
        for_name=owner.for_name,
        needs=[str(need) for need in found.needs],
        people=listed.people or meaning.people,
        helpers_wanted=intake.helpers(context, meaning),
        urgency=Urgency.URGENT if meaning.emergency else listed.urgency,
        emergency=meaning.emergency,
        danger=meaning.danger,
        language=language,
        code_word=intake.code_word(language),
        wanted_at=now,
        next_action_at=now + requests.HELD_LOOK if found.in_danger else None,
    )
    _locate(context, request, listed)
    context.session.add(request)
    imports.record_request(context.session, batch, row, request, now, is_new=owner.is_new)
    unsafe = meaning.danger in first_answer.PRIVATE or not listed_phones.may_be_texted(listed.said)
    if unsafe and home.last_heard_at is None and person.discreet_since is None:
        person.discreet_since = now  # as if they had said QUIET, which nobody can who has never texted us
        context.session.add(person)
    if meaning.danger is not None:
        heard = Heard(f"import-{request.id}", home.channel, home.value, "", listed.said)
        turn = Turn(context.session, context.line, now, speaker=person, heard=heard)
        return request, alarms.alarm(turn, request, meaning.danger)
    read_first = unsafe or vicinity.hides(request) or intake.is_read_first(context, request)
    if read_first and requests.hold(context.session, request, now):
        return request, []
    held = Held(Hold.QUEUE, admission.look_at(context)) if admission.joins(context, request) else None
    if held is None and slot > now:
        held = Held(Hold.SURGE, slot)
    return request, waves.open_up(context, request, "opened", (State.DRAFT,), held=held)


def slots(context: Context, presses: list[bool], a_day: int | None = None) -> list[datetime]:
    """When volunteers are first asked about each of so many: a few now, then so many a day while people are awake.

    What presses comes first, whatever its place in the list.
    """
    row = admission.kept(context)
    pace = a_day or max(A_DAY_AT_LEAST, round(row.per_day) if row is not None and row.per_day else USUAL)
    awake = lines.waking(context.line)
    day = awake.between(context.now, context.now + timedelta(days=1))
    order = sorted(range(len(presses)), key=lambda at: not presses[at])
    found = [context.now] * len(presses)
    for place, at in enumerate(order):
        if not presses[at]:
            found[at] = awake.after(context.now, max(0, place + 1 - A_DAY_AT_LEAST) * day / pace)
    return found


def tell(context: Context, person: Person, request: Request) -> list[Text]:
    """The text to a neighbor that their request is here now. It waits for the morning, for nobody asked for it.

    It never says what they need: the phone may be another's by now, or be read by somebody else. There is none while
    a person must look first, nor to a phone that others are known to read.
    """
    if request.state is not State.OPEN or discreet.kept_from(person):
        return []
    return [context.tell(person, PHRASE, about=request, lane=Lane.BULK, line=Ours(context.line.name))]


def take_back(context: Context, request: Request, *, wrote: bool) -> tuple[str, list[Text]]:
    """Withdraw what was taken in, unless it has gone on since: then the words say why it stays."""
    if not request.live:
        return f"is over ({request.outcome})", []
    if request.state in (State.CLAIMED, State.DELIVERED) or assignments.ever_on(context.session, request):
        return "somebody has taken it", []
    if wrote:
        return "they have written to the hotline since", []
    if not waves.close(context, request, Outcome.WITHDRAWN, words=UNDONE):
        return "has just gone on", []
    outbound.cancel_about(context.session, request.person_id, request.id, context.now)
    context.unask(people.by_id(context.session, request.person_id), request)
    return "", [*waves.let_off(context, request)]


def _locate(context: Context, request: Request, listed: Listed) -> None:
    """Where it is. Of an address only a street, a corner or a ZIP code may be told to anybody."""
    area = places.find(listed.area, context.areas) if listed.area else None
    if listed.place:
        there = understand(listed.place)
        if there.public and not there.exact:
            request.vicinity = listed.place[: whereabouts.LONGEST_VICINITY]
        else:
            request.place = listed.place[: whereabouts.LONGEST_PLACE]
        area = area or places.find(listed.place, context.areas)
    else:
        whereabouts.locate(request, listed.words, understand(listed.words), context.areas)
    if area is not None:
        request.area_id = area.id
    elif listed.area and request.vicinity is None:
        request.vicinity = listed.area[: whereabouts.LONGEST_VICINITY]
    neighboring.note(request)
