"""What a neighbor says of needs that come again: SKIP, NOMORE, REPEATS; and a helper who does it always."""

from collections.abc import Generator, Sequence

from handlers.asking import waves
from handlers.goods import giving
from handlers.helping import claim
from handlers.repeating import recurring
from handlers.turn import Text, Texts, Turn
from handlers.understanding.intents import Answer, Free, Kind, Order
from handlers.wording.every import Every, OnDay
from handlers.wording.summary import Lines, Several, Verb
from models import recurring as needs
from models import requests
from models.recurring import RecurringNeed
from models.requests import Outcome, Request, State

YES, NO = 1, 2
THIS_ONE, ALL = 1, 2
TO_COME = (State.DRAFT, State.OPEN, State.CLAIMED, State.HELD)


def skip(turn: Turn, order: Order) -> Texts:
    """SKIP 42: not this once. Of a volunteer who was asked, it is PASS; and so is PASS, of whoever was not."""
    found = needs.of_person(turn.session, turn.speaker.id)
    offered = turn.offered and (not order.numbers or set(order.numbers) & set(turn.offered))
    if not found or offered:
        yield from claim.pass_(turn, order)
        return
    for need in (yield from _chosen(turn, order.numbers, "skip")):
        yield from _skip(turn, need, order.numbers)


def skip_once(turn: Turn, intent: Free) -> Texts:
    """The same in words of their own: "not this week"."""
    yield from skip(turn, Order("pass"))


def _skip(turn: Turn, need: RecurringNeed, numbers: Sequence[int]) -> Texts:
    last = needs.last_request(turn.session, need)
    coming = last is not None and last.state in TO_COME and not last.in_danger
    meant = coming and last is not None and (not numbers or last.number in numbers)
    if meant and last is not None and waves.close(turn, last, Outcome.WITHDRAWN, by=turn.speaker.id):
        needs.skipped(turn.session, need, last)
        turn.unask(turn.speaker, last)
        yield _skipped(turn, need, last)
        yield from waves.let_off(turn, last)
        return
    day = recurring.skip_next(turn, need)
    if day is None:
        yield _stands(turn, need)
        return
    yield turn.reply("recurring_skips", about=last, day=OnDay(day), then=recurring.following(need))


def _skipped(turn: Turn, need: RecurringNeed, request: Request) -> Text:
    return turn.reply("recurring_skipped", about=request, then=recurring.following(need))


def nomore(turn: Turn, order: Order) -> Texts:
    """NOMORE 42: it comes no more. What is open already stays, lest somebody waits in vain."""
    for need in (yield from _chosen(turn, order.numbers, "nomore")):
        yield from _end(turn, need)


def ends(turn: Turn, _: Free) -> Texts:
    """The same in words of their own: "no more tuesdays"."""
    yield from nomore(turn, Order("nomore"))


def _end(turn: Turn, need: RecurringNeed) -> Texts:
    last, said = needs.last_request(turn.session, need), Every(need.rule)
    if needs.end(turn.session, need, turn.now):
        still = last is not None and last.state in TO_COME
        yield turn.reply("recurring_ended_open" if still else "recurring_ended", about=last, every=said)
    else:
        yield turn.reply("recurring_none")


def repeats(turn: Turn, order: Order) -> Texts:
    """REPEATS: what comes again, and when next; with a number, what is paused goes on."""
    if not order.numbers:
        rows = recurring.rows(turn, turn.speaker.id)
        yield turn.reply("recurring_list", rows=Lines(rows)) if rows else turn.reply("recurring_none")
        return
    for need in (yield from _chosen(turn, order.numbers, "repeats")):
        if need.paused_at is not None and recurring.restart(turn, need):
            last = needs.last_request(turn.session, need)
            yield turn.reply(
                "recurring_restarted", about=last, every=Every(need.rule), then=recurring.following(need)
            )
        else:
            yield _stands(turn, need)


def _stands(turn: Turn, need: RecurringNeed) -> Text:
    return turn.reply("recurring_list", rows=Lines([recurring.row(turn, need)]))


def _chosen(turn: Turn, numbers: Sequence[int], verb: str) -> Generator[Text, None, list[RecurringNeed]]:
    """The needs that are meant, by the number of any of their requests; or the only one."""
    found = needs.of_person(turn.session, turn.speaker.id)
    if not found:
        yield turn.reply("recurring_none")
        return []
    if not numbers:
        running = [need for need in found if need.paused_at is None] or found
        if len(running) == 1:
            return running
        known = [needs.numbers(turn.session, need)[-1] for need in running]
        yield turn.reply("which_one", choices=Several([Verb(verb, number) for number in known], style="or"))
        return []
    chosen = []
    for number in numbers:
        mine = recurring.of_number(turn, turn.speaker.id, number)
        if not mine:
            yield turn.reply("unknown_number", number=number)
        chosen += [need for need in mine if need not in chosen]
    return chosen


def reviewed(turn: Turn, intent: Answer) -> Texts:
    """The answer to "still every Tuesday?"."""
    request = _asked_about(turn)
    need = _running(turn, request)
    if need is None:
        yield turn.reply("nothing_waits")
    elif intent.choice == NO:
        yield from _end(turn, need)
    elif intent.choice == YES:
        if need.paused_at is not None:
            recurring.restart(turn, need)
        else:
            recurring.postpone_review(turn, need)
        yield turn.reply(
            "recurring_goes_on_as_before", about=request, every=Every(need.rule), then=recurring.following(need)
        )
    else:
        yield _stands(turn, need)


def regular(turn: Turn, intent: Answer) -> Texts:
    """The answer to "shall I ask every Tuesday?", which is asked once in all."""
    request, words = _asked_about(turn), turn.asked.words if turn.asked else ""
    turn.unask(turn.speaker)
    if request is None or not words or intent.choice not in (YES, NO):
        yield turn.reply("nothing_waits")
    elif intent.choice == NO:
        yield turn.reply("recurring_not_by_itself")
    else:
        yield from recurring.begin_regular(turn, request, int(words))


def all_or_one(turn: Turn, intent: Answer) -> Texts:
    """The answer to "only this one, or all of them?": this one is taken back already."""
    request = _asked_about(turn)
    need = _running(turn, request)
    if need is None:
        yield turn.reply("nothing_waits")
    elif intent.choice == ALL:
        yield from _end(turn, need)
    elif intent.choice == THIS_ONE and request is not None:
        yield _skipped(turn, need, request)
    else:
        yield _stands(turn, need)


def _asked_about(turn: Turn) -> Request | None:
    about = turn.asked.request_id if turn.asked else None
    return requests.by_id(turn.session, about) if about is not None else None


def _running(turn: Turn, request: Request | None) -> RecurringNeed | None:
    """The need that was asked about, which waits for no answer any more; None if it has ended."""
    need = needs.of_request(turn.session, request) if request is not None else None
    turn.unask(turn.speaker)
    return need if need is not None and need.ended_at is None else None


def does_always(turn: Turn, intent: Free) -> Texts:
    """A helper says that they do it every time: they are asked first from now on. Else it is an offer."""
    held = [request for _, request in turn.held] or turn.helped
    found = [request for request in held if request.repeats is not None]
    told = [text for request in found for text in recurring.pledge(turn, request)]
    if not told and intent.meaning.kind is Kind.OFFER and intent.meaning.needs:
        yield from giving.offered(turn, intent.words, intent.meaning)
    else:
        yield from told or [turn.reply("recurring_pledge_none")]
