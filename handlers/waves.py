"""Asking volunteers, a few at a time."""

from collections.abc import Iterable

from handlers import brake, matching, pause, unmet
from handlers.brake import Held
from handlers.summary import Quoted
from handlers.turn import Context, Text, Texts, Turn
from models import alarms, assignments, lines, offers, people, requests
from models.assignments import State as AssignmentState
from models.delivery.outbound import Lane
from models.offers import Candidate
from models.offers import State as OfferState
from models.people import Person
from models.requests import LIVE, Outcome, Request, State


def open_up(
    context: Context,
    request: Request,
    kind: str,
    out_of: tuple[State, ...],
    *,
    by: int | None = None,
    words: str = "",
    held: Held | None = None,
) -> list[Text]:
    """Put a request (back) before volunteers; an empty list if it was somewhere else already.

    Nobody is asked yet where it is `held`.
    """
    if not requests.move(
        context.session,
        request,
        State.OPEN,
        context.now,
        kind=kind,
        out_of=out_of,
        by=by,
        words=words or None,
        wave=0,
    ):
        return []
    if held is not None:
        brake.note(context, request, held)
        return []
    first = kind == "opened"
    if not first:
        offers.reset(context.session, request.id)
    return ask_next(context, request, first=first)


def ask_next(context: Context, request: Request, *, first: bool = False) -> list[Text]:
    """The texts that ask the next wave (or the `first` ever), or what follows where nobody is left to ask."""
    if held := brake.stopped(context, request):
        brake.note(context, request, held)
        return [*brake.report(context, held), *([] if first else pause.told(context, request))]
    policy = context.line.policy
    size = policy.waves[min(request.wave, len(policy.waves) - 1)]
    chosen = choose(context, request, size, first=first)
    gap = lines.wave_gap(policy, request.urgency)
    if not chosen:
        return list(unmet.nobody_left(context, request, first=first))
    unmet.schedule(context, request, context.now + gap, first=first)
    request.wave += 1
    offers.create(context.session, request, chosen, request.wave, context.now)
    requests.record(context.session, request, "wave", context.now, words=str(len(chosen)))
    what = context.what(request)
    lane = Lane.SAFETY if request.emergency else Lane.NOTICE
    return [context.tell(helper, "offer", about=request, lane=lane, what=what) for helper in chosen]


def close(
    context: Context,
    request: Request,
    outcome: Outcome,
    *,
    by: int | None = None,
    words: str | None = None,
    out_of: tuple[State, ...] = LIVE,
) -> bool:
    """End a request and let off everybody who was asked about it; False if it was over already."""
    won = requests.close(context.session, request, outcome, context.now, by=by, words=words, out_of=out_of)
    if won:
        offers.settle(context.session, request.id, OfferState.SUPERSEDED, context.now)
        if request.danger and (alarm := alarms.of(context.session, request)):
            alarms.end(context.session, alarm, context.now)
    return won


def fulfilled(turn: Turn, request: Request, words: str = "") -> Texts:
    """The neighbor says that help came, by an answer or by DONE: the loop is closed, and the helper hears of it."""
    turn.unask(turn.speaker, request)
    holder = assignments.on(turn.session, request)
    if close(turn, request, Outcome.FULFILLED, by=turn.speaker.id):
        yield turn.reply("receipt_yes", about=request)
        if holder:
            assignments.end(turn.session, holder[0], AssignmentState.DONE, turn.now)
            phrase = "receipt_yes_helper_words" if words else "receipt_yes_helper"
            yield turn.tell(holder[1], phrase, about=request, words=Quoted(words))


def asked(texts: Iterable[Text]) -> int:
    """How many volunteers these texts ask."""
    return sum(text.phrase == "offer" for text in texts)


def choose(context: Context, request: Request, size: int, *, first: bool = False) -> list[Person]:
    """Whom to ask next, at most `size`. Who fits less well is looked for only while the wave is not full."""
    found: list[Candidate] = []
    for has_pending_offer, same_language in ((False, True), (False, False), (True, True), (True, False)):
        found += offers.candidates(
            context.session,
            context.line,
            request,
            context.now,
            size,
            same_language=same_language,
            has_pending_offer=has_pending_offer,
            first=first,
        )
        if len(found) >= size:
            break
    chosen = matching.choose(found, size)
    by_id = people.with_addresses(context.session, chosen) if chosen else {}
    return [by_id[i][0] for i in chosen]
