"""A neighbor's own requests: where they stand, adding to them, taking them back."""

from handlers.asking import waves
from handlers.helping import volunteer_talk
from handlers.needs import added, choosing, intake, rescheduling, timing
from handlers.repeating import recurring, standing
from handlers.safety import alarms, all_clear
from handlers.talking import pace, relaying
from handlers.turn import Text, Texts, Turn
from handlers.understanding.intents import Free, Order, Question
from handlers.understanding.when import repeating
from handlers.wording.every import Every
from handlers.wording.summary import Lines, Needs, Quoted, Said
from models import assignments, households, offers, requests
from models import recurring as recurring_needs
from models.delivery.outbound import Lane
from models.requests import Outcome, Request, State


def status(turn: Turn, order: Order) -> Texts:
    """STATUS: where it stands, honestly."""
    own = turn.own
    if not order.numbers:
        if not own and turn.speaker.helps and offers.pending_numbers(turn.session, turn.speaker.id):
            yield from volunteer_talk.where(turn)  # "where is it?", of whoever was asked
            return
        theirs = list(_of_household(turn))
        if not own and not theirs:
            last = requests.last_of(turn.session, turn.speaker.id)
            yield _stands(turn, last) if last else turn.reply("nothing_asked")
        for request in own:
            yield standing.of(turn, request)
        yield from theirs
        if rows := recurring.rows(turn, turn.speaker.id):
            yield turn.reply("recurring_list", rows=Lines(rows))
        return
    for number in order.numbers:
        found = requests.by_number(turn.session, turn.line.id, number)
        mine = found is not None and (
            found.person_id == turn.speaker.id
            or assignments.held_of(turn.session, found, turn.speaker.id) is not None
        )
        if found and mine:
            yield _stands(turn, found)
        else:
            yield from list(_of_household(turn, number)) or [turn.reply("unknown_number", number=number)]


def _of_household(turn: Turn, number: int | None = None) -> Texts:
    """What those who live with them have asked for (under this number): what it is and how it stands, no place."""
    shared = households.shared(turn.session, turn.speaker) if turn.speaker.household_id is not None else []
    shared = [request for request in shared if number in (None, request.number)]
    if shared:
        rows = [
            Said(
                "household_row",
                {"number": r.number, "what": Needs(tuple(r.needs)), "state": Said(f"state_{r.state}")},
            )
            for r in shared
        ]
        yield turn.reply("household_status", rows=Lines(rows))


def _stands(turn: Turn, request: Request) -> Text:
    """Where it stands, or what it was merged into."""
    kept = choosing.current(turn, request.number)
    if kept is None or kept is request:
        return standing.of(turn, request)
    return turn.reply("goes_on_as", about=request, kept=kept.number, state=Said(f"state_{kept.state}"))


def progress(turn: Turn, intent: Free) -> Texts:
    """Is anybody coming? Where it stands; while our question waits for an answer, that is what it waits for."""
    danger = next((r for r in turn.own if r.danger and r.state is State.HELD), None)
    if danger is not None:  # those who look after it read it, and say so
        yield from relaying.pass_on(turn, danger, intent.words)
    elif intake.draft_of(turn) is None:
        yield from status(turn, Order("status"))


def more(turn: Turn, order: Order) -> Texts:
    """MORE 42 and milk: adds to it; whoever holds it hears it."""
    own = [*turn.own, *choosing.merged(turn, order.numbers)]
    found, texts = choosing.chosen(turn, order.numbers, own, "more", "nothing_asked")
    yield from texts
    for request in found:
        if not order.note:
            yield turn.reply("more_what", about=request)
            continue
        if apart := added.read_first(turn, request, order.note):
            yield from apart
            continue
        if them := relaying.whom_it_is_about(turn, request, order.note):
            yield from relaying.about_them(turn, request, them, order.note)
            continue
        requests.add_words(turn.session, request, order.note, turn.now, by=turn.speaker.id)
        if begun := recurring.begin_now(turn, request, repeating.of(order.note)):
            yield from begun
            yield from _told_helpers(turn, request, order.note)
            continue
        known = request.needed_as is not None or request.person_id != turn.speaker.id
        if (
            known
            and request.person_id == turn.speaker.id
            and order.only_when
            and timing.resolved(turn, order.when, request) is not None
        ):
            yield from rescheduling.moved(turn, request, order.when, order.note)
            continue
        if not known:
            timing.note(turn, request, order.when)
        yield turn.reply("more_added", about=request)
        yield from alarms.further(turn, request)
        yield from _told_helpers(turn, request, order.note)


def _told_helpers(turn: Turn, request: Request, words: str) -> Texts:
    """Whoever has it reads what was added."""
    for _, helper in assignments.all_on(turn.session, request):
        text = turn.tell(helper, "from_neighbor", about=request, lane=Lane.REPLY, words=Quoted(words))
        yield from pace.paced(turn, request, turn.speaker, text, words)


def nevermind(turn: Turn, order: Order) -> Texts:
    """NEVERMIND 42: no need to say why."""
    own = turn.own
    held = [r for _, r in turn.held if r.number in order.numbers]
    for request in held:
        yield turn.reply("drop_instead", about=request)
    numbers = tuple(n for n in order.numbers if n not in [r.number for r in held])
    if held and not numbers:
        return
    found, texts = choosing.chosen(turn, numbers, own, "nevermind", "nothing_asked")
    yield from texts
    for request in found:
        if all_clear.waits(turn, request):
            yield from all_clear.said(turn, request, turn.heard.body)
            continue
        if not waves.close(turn, request, Outcome.WITHDRAWN, by=turn.speaker.id, words=order.note or None):
            continue
        turn.unask(turn.speaker, request)
        need = recurring_needs.of_request(turn.session, request)
        if need is not None and need.ended_at is None:
            recurring_needs.skipped(turn.session, need, request)
            turn.ask(turn.speaker, Question.ONE_OR_ALL, request, options=2)
            yield turn.reply("withdrawn_recurring", about=request, every=Every(need.rule))
        else:
            yield turn.reply("withdrawn", about=request)
        yield from waves.let_off(turn, request)


def take_back(turn: Turn, intent: Free) -> Texts:
    """They need it no longer, in words of their own: whoever was to come hears it."""
    named = {str(need) for need in intent.meaning.needs_if_asked}
    meant = [request.number for request in turn.own if named.intersection(request.needs)]
    yield from nevermind(turn, Order("nevermind", tuple(meant) if len(meant) == 1 and len(turn.own) > 1 else ()))
