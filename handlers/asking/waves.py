"""Asking volunteers, a few at a time."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from handlers.asking import brake, bundles, matching, pacing, unmet
from handlers.asking.brake import Held
from handlers.goods import pledge_words
from handlers.members import inviting
from handlers.pauses import pause
from handlers.phrasebook import Value
from handlers.turn import Context, Text, Texts, Turn
from handlers.where import neighboring
from handlers.wording.summary import Quoted, Said, What
from models import (
    admission,
    alarms,
    answering,
    assignments,
    candidates,
    crews,
    distributions,
    events,
    kept_apart,
    lines,
    offers,
    people,
    requests,
    stock,
    waiting,
)
from models.assignments import Assignment
from models.assignments import State as AssignmentState
from models.candidates import Among, Candidate
from models.delivery import contents
from models.delivery.outbound import Lane
from models.offers import State as OfferState
from models.people import Person
from models.requests import LIVE, Outcome, Request, State

MINUTE = timedelta(minutes=1)
AT_ONCE = 5  # requests that are looked at again when somebody becomes free: more would only find nobody


def open_up(
    context: Context,
    request: Request,
    kind: str,
    out_of: tuple[State, ...],
    *,
    by: int | None = None,
    words: str = "",
    held: Held | None = None,
    have: int | None = None,
) -> list[Text]:
    """Put a request (back) before volunteers; an empty list if it was somewhere else already.

    Nobody is asked yet where it is `held`. With `have` only while no more than so many have it.
    """
    before = request.wave  # HOLD stopped it after some had been asked
    if not requests.move(
        context.session,
        request,
        State.OPEN,
        context.now,
        kind=kind,
        out_of=out_of,
        by=by,
        words=words or None,
        have=have,
        wave=0,
    ):
        return []
    if held is not None:
        brake.note(context, request, held)
        return []
    admission.leave(context.session, request, context.now)  # it had its turn, or duty says that it has
    first = kind == "opened" and not before
    if not first:
        context.session.refresh(request)  # another time may have been named at this moment: offers say it
        offers.reset(context.session, request.id)
    return ask_next(context, request, first=first)


def place_freed(
    context: Context, request: Request, kind: str, *, by: int | None = None, words: str = ""
) -> list[Text]:
    """Whoever has just let go of it has it no more: it goes out again, or their place while others have it still."""
    if request.several and crews.leave(context.session, request, context.now, kind=kind, by=by, words=words or None):
        return place_offered(context, request)
    texts = open_up(context, request, kind, (State.CLAIMED,), by=by, words=words, have=1)
    if request.state is State.CLAIMED and request.several:  # somebody has joined them at this very moment
        return place_freed(context, request, kind, by=by, words=words)
    return texts


def place_offered(context: Context, request: Request) -> list[Text]:
    """More are asked about what some have already; those also whom others had been faster than."""
    if not request.has_room:
        return []
    waiting.renew_answered(context.session, request)
    return ask_next(context, request)


def ask_next(context: Context, request: Request, *, first: bool = False) -> list[Text]:
    """The texts that ask the next wave (or the `first` ever), or what follows where nobody is left to ask."""
    if theirs := brake.elsewhere(context, request):
        requests.schedule(context.session, request, theirs.until)
        return []
    if held := brake.held(context, request):
        brake.note(context, request, held)
        return [*brake.report(context, held), *([] if first else pause.told(context, request))]
    session, now = context.session, context.now
    admission.leave(session, request, now)
    neighboring.note(request)
    known, how = answering.of(context.line), pacing.pace(context, request).for_places(request.places_left)
    chance = known.chance(request.needs, lines.minute(context.line, now) // 60)
    waiting = [] if first or not request.wave else offers.pending_since(session, request.id)
    ages = [(1, (now - since) / MINUTE) for since in waiting]
    alone = [] if pacing.hurries(context, request) else _asked_first(context, request, request.ask_first, first=first)
    before = request.wave - 1 if request.wave and request.ask_first else request.wave
    size = len(alone) or how.size(before, ages, chance, known.curve)
    there = bundles.going_there(context, request)
    chosen = alone or choose(context, request, size, first=first, there=there)
    asked = _ask(context, request, chosen)
    lacks = len(asked) < size and (len(asked) < len(chosen) or _later(context, request))
    request.unfilled_since = now if lacks and request.state is State.OPEN else None
    if not asked:
        wait = how.waits([age for _, age in ages], known.curve)
        if not lacks and not wait:
            return list(unmet.nobody_left(context, request, first=first))
        look = pacing.after(context, request, wait or how.fixed or how.look_again)
        unmet.schedule(context, request, look, first=first)
        return []
    gap = how.gap([*ages, (len(asked), 0.0)], chance, known.curve)
    if alone:  # those who know each other already get a while before anybody else is asked
        gap = min(gap, context.line.policy.ask_first_alone)
    unmet.schedule(context, request, pacing.after(context, request, gap), first=first)
    requests.record(session, request, "wave", now, words=str(len(asked)))
    return _offers(context, request, asked, there)


def _offers(
    context: Context, request: Request, asked: list[Person], there: bundles.Going | None = None
) -> list[Text]:
    """What those who are asked read; whoever has said that they would give just this is reminded of it."""
    said: dict[int, Value] = {}
    if request.ask_first:
        said |= pledge_words.asked_for(context, request)
    said |= bundles.offered(context, request, [helper for helper in asked if helper.id not in said], there)
    lane = Lane.SAFETY if request.emergency else Lane.NOTICE
    return [
        context.tell(
            helper, "offer", about=request, lane=lane, what=_as_asked(context, request, helper, said[helper.id])
        )
        for helper in asked
    ]


def _as_asked(context: Context, request: Request, helper: Person, said: Value) -> Value:
    """The same; for whoever is asked first because of last time, with what they did then."""
    if helper.id not in request.ask_first or not isinstance(said, What):
        return said
    number = assignments.last_done_for(context.session, helper.id, request.person_id)
    return said if number is None else replace(said, last=Said("brought_last", {"number": number}))


def ask_also(context: Context, request: Request, helper: Person) -> list[Text]:
    """Ask somebody about a request about which others were asked before, if they fit and may be asked now.

    Where nobody was asked yet, its own first wave asks them.
    """
    if not request.wave or brake.elsewhere(context, request) or brake.held(context, request):
        return []
    only = (helper.id,)
    offers.forget_expired(context.session, request.id, helper.id)
    fit = any(
        _find(context, request, 1, among, same_language=same_language, first=False, only=only)
        for among in (Among.FREE, Among.TIRED)
        for same_language in (True, False)
    )
    until = {helper.id: pacing.expires(context, request, helper)}
    asked = offers.create(context.session, request, [helper] if fit else [], request.wave, context.now, until)
    return _offers(context, request, asked)


def _ask(context: Context, request: Request, chosen: list[Candidate]) -> list[Person]:
    """Ask these, but for those whom somebody else has asked meanwhile."""
    if not chosen:
        return []
    session, now = context.session, context.now
    by_id = people.with_addresses(session, [candidate.id for candidate in chosen])
    helpers = [by_id[candidate.id][0] for candidate in chosen]
    for candidate, helper in zip(chosen, helpers, strict=True):
        if candidate.among is Among.CALLED_OFF and helper.pending_offer_request_id is not None:
            offers.withdraw_all(session, helper.id)
    until = {helper.id: pacing.expires(context, request, helper) for helper in helpers}
    asked = offers.create(session, request, helpers, request.wave + 1, now, until)
    request.wave += bool(asked)
    session.add(request)
    return asked


def call_off(context: Context, request: Request) -> None:
    """Nobody else is wanted: who was asked and has not answered is let off."""
    if offers.settle(context.session, request.id, OfferState.SUPERSEDED, context.now):
        freed(context)


def freed(context: Context) -> None:
    """Somebody has no offer to answer any more: what lacked people is looked at again at once."""
    requests.wake_unfilled(context.session, context.line.id, context.now, AT_ONCE)


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
        if offers.settle(context.session, request.id, OfferState.SUPERSEDED, context.now):
            freed(context)
        if request.danger and (alarm := alarms.of(context.session, request)):
            alarms.end(context.session, alarm, context.now)
        stock.wake_of(context.session, request.id, context.now)
        if request.booked_until is not None:
            distributions.wake_of(context.session, request.id, context.now)
        if outcome is not Outcome.MERGED:
            wake_merged(context, request)
    return won


def wake_merged(context: Context, request: Request) -> None:
    """Let time look at what went on as this request: its neighbors hear how that ended."""
    for _, number in events.said_since(context.session, request, "merged", request.created_at):
        gone = requests.by_number(context.session, context.line.id, int(number.lstrip("#")))
        if gone is not None:
            requests.schedule(context.session, gone, context.now)


def released(context: Context, request: Request) -> list[Person]:
    """Who had a request that has just been closed, and need not go any more.

    To be asked only then: whoever has claimed it at the same moment was faster than its end, or has not got it.
    """
    let_go = []
    for held, helper in assignments.all_on(context.session, request):
        if assignments.end(context.session, held, AssignmentState.RELEASED, context.now):
            context.unask(helper, request)
            let_go.append(helper)
    return let_go


def let_off(context: Context, request: Request) -> Texts:
    """Whoever had it hears that they need not go: it is over."""
    for helper in released(context, request):
        yield context.tell(helper, "withdrawn_helper", about=request)


def fulfilled(turn: Turn, request: Request, words: str = "") -> Texts:
    """The neighbor says that help came, by an answer or by DONE: the loop is closed, and its helpers hear of it."""
    turn.unask(turn.speaker, request)
    if close(turn, request, Outcome.FULFILLED, by=turn.speaker.id):
        yield turn.reply("receipt_yes", about=request, join=inviting.to_join(turn, turn.speaker, request, words))
        for helper in thanked(turn, request):
            apart = kept_apart.are(turn.session, request, helper.id)
            phrase = "receipt_yes_helper_words" if words and not apart else "receipt_yes_helper"
            ask = inviting.to_ask(turn, helper, request, words)
            yield turn.tell(helper, phrase, about=request, words=Quoted(words), ask=ask)


def thanked(context: Context, request: Request) -> list[Person]:
    """Who helped with what is over now: what they had in hand is done, whether they said so or not."""
    helped: list[tuple[Assignment, Person]] = []
    if request.several:
        helped = since_open(context, request, AssignmentState.ACTIVE, AssignmentState.DONE)
    elif holder := assignments.on(context.session, request):
        helped = [holder]
    for held, helper in helped:
        if assignments.end(context.session, held, AssignmentState.DONE, context.now) and request.several:
            context.unask(helper, request)
    return [helper for _, helper in helped]


def since_open(context: Context, request: Request, *states: AssignmentState) -> list[tuple[Assignment, Person]]:
    """Who has had a request that several help with in these states, since it was last opened again."""
    since = events.marks(context.session, request).get("reopened", request.created_at)
    crew = assignments.all_on(context.session, request, *states)
    return [(held, helper) for held, helper in crew if held.ended_at is None or held.ended_at >= since]


def asked(texts: Iterable[Text]) -> int:
    """How many volunteers these texts ask."""
    return sum(text.phrase == "offer" for text in texts)


def choose(
    context: Context, request: Request, size: int, *, first: bool = False, there: Iterable[int] = ()
) -> list[Candidate]:
    """Whom to ask next, at most `size`: in its first wave those of its `ask_first`, and who goes `there` anyway.

    Who fits less well is looked for only while the wave is not full.
    """
    wanted = [*request.ask_first, *there]
    before = _asked_first(context, request, wanted, first=first)[:size]
    known = {each.id for each in before}
    found: list[Candidate] = []
    for among in _kinds(request):
        for same_language in (True, False):
            if len(found) < size:
                found += _find(context, request, size, among, same_language=same_language, first=first)
    found = [each for each in found if each.id not in known]
    if request.state is State.CLAIMED:  # nobody is asked to go with somebody from whom they are kept apart
        going = [helper.id for _, helper in assignments.all_on(context.session, request)]
        apart = {id_ for helper_id in going for id_ in kept_apart.of(context.session, helper_id)}
        found = [candidate for candidate in found if candidate.id not in apart]
    return [*before, *matching.choose(found, size - len(before))]


def _kinds(request: Request) -> tuple[Among, ...]:
    return matching.ORDER if request.presses else (Among.FREE, Among.TIRED)


def _asked_first(context: Context, request: Request, names: Iterable[int], *, first: bool) -> list[Candidate]:
    """Those of these who fit and may be asked now, in that order; nobody after its first wave."""
    wanted = list(dict.fromkeys(names))
    if not wanted or request.wave:
        return []
    found = {
        each.id: each
        for among in _kinds(request)
        for same_language in (True, False)
        for each in _find(
            context, request, len(wanted), among, same_language=same_language, first=first, only=tuple(wanted)
        )
    }
    return [found[id_] for id_ in wanted if id_ in found]


def _find(
    context: Context,
    request: Request,
    few: int,
    among: Among,
    *,
    same_language: bool = True,
    first: bool,
    only: tuple[int, ...] = (),
) -> list[Candidate]:
    return candidates.candidates(
        context.session,
        context.line,
        request,
        context.now,
        few,
        among=among,
        same_language=same_language,
        first=first,
        by_template=contents.languages(context.session, "offer"),
        only=only,
    )


def _later(context: Context, request: Request) -> bool:
    """Whether somebody who cannot be asked now could be later."""
    return bool(_find(context, request, 1, Among.LATER, first=False))
