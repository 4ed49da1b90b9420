"""The purse as every volunteer may see it: where it stands, what waits and for what; and their own entries. No entry
says whose need it was, and nothing is added up by person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from handlers.money import approving
from handlers.phrasebook import Value
from handlers.safety import discreet
from handlers.turn import Context
from handlers.wording.summary import Needs, Quoted
from models import attachments, kept_apart, people, proposals, purse, purse_steps, requests
from models.attachments import Content, Piece
from models.people import Person
from models.purse import Act, PurseEntry, State, Totals

LATEST = 30  # entries on a page
LATELY = timedelta(days=90)  # in which one's own are shown
UNSETTLED = frozenset({State.WAITING, State.ASKED, State.APPROVED})
TALK = frozenset({Act.WHY, Act.ANSWER})


@dataclass(frozen=True)
class Remarked:
    """What somebody asked about an entry, or answered."""

    by: Value
    words: Quoted
    at: datetime


@dataclass(frozen=True)
class Listed:
    """An entry in one row."""

    name: str  # S12
    number: int
    spent: bool
    state: State
    cents: int
    request: int | None  # the number of the request for which it was spent
    needs: Value | None  # and what that was about
    words: Quoted | None
    proposal: int | None  # the number of the one that decided it
    at: datetime


@dataclass(frozen=True)
class Waiting:
    """An entry that waits for an OK, an answer or its payment."""

    row: Listed
    by: Value | None  # None: whoever has the host
    mine: bool
    oks: int  # to its present amount
    few: int | None  # OKs with which it was approved, where nobody else could say one
    said_ok: bool  # its reader
    receipt: bool  # whether there is a picture of it
    talk: Sequence[Remarked]

    @property
    def may_ok(self) -> bool:
        """Whether its reader is asked for an OK."""
        return not self.mine and not self.said_ok and self.row.state in (State.WAITING, State.ASKED)


@dataclass(frozen=True)
class Purse:
    """All that a volunteer sees of it."""

    totals: Totals
    waits: Sequence[Waiting]  # for an OK or an answer
    to_pay: Sequence[Waiting]
    mine: Sequence[Listed]
    latest: Sequence[Listed]
    earlier: int | None  # the number before which there are more


def look(context: Context, person: Person, before: int | None = None) -> Purse:
    """Where it stands; of the latest entries those before this number."""
    session, line = context.session, context.line
    open_ = [
        _waiting(context, person, each) for each in purse.unsettled(session, line.id) if _may(context, person, each)
    ]
    found = purse.latest(session, line.id, LATEST + 1, before=before)
    mine = purse.said_lately(session, person.id, context.now - LATELY)
    return Purse(
        totals=purse.totals(session, line.id),
        waits=[each for each in open_ if each.row.state is not State.APPROVED],
        to_pay=[each for each in open_ if each.row.state is State.APPROVED],
        mine=[_listed(context, person, each) for each in mine],
        latest=[_listed(context, person, each) for each in found[:LATEST] if _may(context, person, each)],
        earlier=found[LATEST - 1].number if len(found) > LATEST else None,
    )


def currency(context: Context) -> tuple[str, str]:
    """The line's currency by its ISO 4217 code, and its country: what an amount is said in, as texts say it."""
    return purse.currency(context.line), context.line.country


def one(context: Context, person: Person, number: int) -> Waiting | None:
    """The entry with this number, while it is not settled; None for all others, and for what they may not see."""
    entry = purse.by_number(context.session, context.line.id, number)
    if entry is None or entry.state not in UNSETTLED or not _may(context, person, entry):
        return None
    return _waiting(context, person, entry)


def receipt(context: Context, person: Person, number: int) -> Content | None:
    """The picture of a receipt, for whoever may say OK to it, while it is not settled; and for who sent it."""
    entry = purse.by_number(context.session, context.line.id, number)
    if entry is None or not _may(context, person, entry):
        return None
    picture, mine = _picture(context, entry), entry.person_id == person.id
    if picture is None or not (mine or entry.state in UNSETTLED):
        return None
    return attachments.content(context.session, picture.id)


def _may(context: Context, person: Person, entry: PurseEntry) -> bool:
    """Nobody reads what was spent for them, nor of who is kept apart from them; all of it is in the sums."""
    if entry.person_id is not None and entry.person_id in kept_apart.of(context.session, person.id):
        return False
    if entry.request_id is None:
        return True
    request = requests.by_id(context.session, entry.request_id)
    return request.person_id != person.id and not kept_apart.are(context.session, request, person.id)


def _waiting(context: Context, person: Person, entry: PurseEntry) -> Waiting:
    session = context.session
    oks = purse_steps.oks(session, entry)
    apart = kept_apart.of(session, person.id)
    steps = [each for each in purse.events(session, entry) if each.kind in TALK and each.by_person_id not in apart]
    known = people.by_ids(session, [each.by_person_id for each in steps if each.by_person_id is not None])
    by = people.by_id(session, entry.person_id) if entry.person_id is not None else None
    return Waiting(
        _listed(context, person, entry),
        by=context.somebody(by) if by is not None else None,
        mine=entry.person_id == person.id,
        oks=len(oks),
        few=approving.oks_fewer(context, entry),
        said_ok=any(each.id == person.id for each in oks),
        receipt=_picture(context, entry) is not None,
        talk=[
            Remarked(context.somebody(known[each.by_person_id]), Quoted(each.words), each.at)
            for each in steps
            if each.words and each.by_person_id is not None
        ],
    )


def _listed(context: Context, person: Person, entry: PurseEntry) -> Listed:
    session = context.session
    request = requests.by_id(session, entry.request_id) if entry.request_id is not None else None
    if request is not None and entry.person_id == person.id and discreet.keeps_carried(person):
        request = None  # others read this screen
    tells = request is not None and not request.in_danger and request.needs
    decided = proposals.by_id(session, entry.proposal_id).number if entry.proposal_id is not None else None
    return Listed(
        name=entry.name,
        number=entry.number,
        spent=entry.is_spent,
        state=entry.state,
        cents=entry.cents,
        request=request.number if request is not None else None,
        needs=Needs(tuple(request.needs)) if request is not None and tells else None,
        words=Quoted(entry.words) if entry.words else None,
        proposal=decided,
        at=entry.said_at,
    )


def _picture(context: Context, entry: PurseEntry) -> Piece | None:
    if entry.attachment_id is None:
        return None
    found = attachments.by_id(context.session, entry.attachment_id)
    return found if found is not None and found.state is attachments.State.KEPT else None
