"""What a group has this week, told to the households whose open need it meets: first come by age of need.

At most as many are asked as there are, each once; who says nothing within a while, or no, leaves it to the next. Who
asks anew for what it meets is told at once, and volunteers are asked only when they do not want it or are silent:
nobody is sent shopping for what lies there. What is urgent waits for nothing: neighbors are asked at the same time.
"""

from collections.abc import Collection, Iterator
from datetime import timedelta
from typing import Any

from handlers.asking import brake
from handlers.goods import pledge_words, things
from handlers.goods.pledge_words import Until
from handlers.turn import Context, Text, Texts, Turn
from handlers.understanding.intents import Need, Question
from handlers.wording import takes
from handlers.wording.summary import Quoted, Said, Sight
from models import assignments, distributions, lines, people, requests, stock
from models.delivery.outbound import Lane
from models.requests import Outcome, Request
from models.requests import State as RequestState
from models.stock import State, StockItem, StockPromise

LOOKED_AT = 200  # requests that wait, for one thing
AT_ONCE = 20  # households told in one transaction
SOON = timedelta(minutes=1)
ASKS = 2  # answers: keep some, no
FETCHED = timedelta(days=1)  # after which who was promised something is asked once whether they have it
CAME = (Outcome.FULFILLED, Outcome.PARTIAL, Outcome.UNCONFIRMED)


def fits(item: StockItem, request: Request) -> bool:
    """Whether it is what they need, at least a part of it."""
    needs = {*map(str, request.needs)} - {Need.OTHER}
    wanted = things.named(request.text)
    if request.in_danger or takes.tells(request.text, "moving"):
        return False
    if needs and item.needs:
        return bool(needs.intersection(item.needs)) and things.meet(item.things, wanted)
    return bool((wanted or things.unknown(request.text)).intersection(item.things))


def comes_first(item: StockItem, request: Request) -> bool:
    """Whether its household is asked before volunteers are: not where it is urgent, or more is needed."""
    return not request.presses and things.covers(item, request)


def may_ask(context: Context, request: Request) -> bool:
    """Whether this household may be asked something now."""
    neighbor = people.by_id(context.session, request.person_id)
    if neighbor.opted_out_at is not None or neighbor.banned_at is not None or neighbor.silent_since is not None:
        return False
    if request.booked_until is not None:  # they fetch it at a distribution
        return False
    asked = context.asked_of(neighbor)
    if asked is not None and asked.question is Question.DISTRO:
        return False
    return asked is None or asked.question is Question.STILL_NEEDED or asked.request_id == request.id


def for_new(context: Context, request: Request) -> StockItem | None:
    """What the group has for a request about which nobody was asked yet; its household is asked about it now.

    Only what there is for one more, beside those who are asked already.
    """
    found = [item for item in stock.available(context.session, context.line.id, context.now) if fits(item, request)]
    for item in sorted(found, key=lambda item: not things.covers(item, request)):
        if _room(context, item) > 0 and may_ask(context, request) and _note(context, item, request):
            return item
    return None


def tell(context: Context, request: Request, item: StockItem) -> Text:
    """The question to a household."""
    neighbor = people.by_id(context.session, request.person_id)
    return context.tell(neighbor, "stock_offered", about=request, thing=Quoted(item.label))


def tell_first(context: Context, request: Request, item: StockItem) -> Text:
    """The answer to a new request that it meets: volunteers are asked only if they want none of it."""
    neighbor = people.by_id(context.session, request.person_id)
    values: dict[str, Any] = {"what": context.what(request, Sight.DOOR), "thing": Quoted(item.label)}
    return context.tell(neighbor, "got_it_stock", about=request, lane=Lane.REPLY, **values)


def _note(context: Context, item: StockItem, request: Request) -> bool:
    answer_by = lines.waking(context.line).after(context.now, timedelta(minutes=context.line.policy.stock_answer))
    if not stock.ask(context.session, item, request, context.now, answer_by=answer_by):
        return False
    neighbor = people.by_id(context.session, request.person_id)
    context.ask(neighbor, Question.STOCK, request, options=ASKS, words=str(item.id))
    if item.next_at is None or item.next_at > answer_by:
        item.next_at = answer_by
        context.session.add(item)
    return True


def _room(context: Context, item: StockItem) -> int:
    """How many more may be asked."""
    left = unspoken(context, item)
    return AT_ONCE if left is None else left


def unspoken(context: Context, item: StockItem) -> int | None:
    """How many of it are spoken for by nobody: those who are asked now may all say yes. None: there is plenty."""
    if item.left is None:
        return None
    asked = sum(each.state is State.ASKED for each in stock.known(context.session, item))
    return item.left - asked - _reserved(context, item)


def _reserved(context: Context, item: StockItem) -> int:
    """How many of it are for those who come to a distribution: one for each of its places."""
    found = distributions.reserving(context.session, context.line.id, item.needs)
    return sum(each.places for each in found)


def handed_out(context: Context, needs: Collection[str], count: int) -> None:
    """So many came to a distribution for this, which is over: what they took is promised to nobody else.

    Nobody says what each of them took, so it counts for all that there was for them; duty counts again with STOCK.
    """
    for item in stock.live(context.session, context.line.id, context.now):
        if not {*item.needs}.isdisjoint(needs):
            stock.hand_out(context.session, item, count, context.now)


def act(context: Context, item: StockItem) -> Texts:
    """What time brings to it: who did not answer frees it, the next are asked, and at its end the rest is told."""
    session, now = context.session, context.now
    item.next_at = None
    session.add(item)
    session.flush()
    if item.ended_at is not None:
        return
    if item.until <= now:
        stock.end(session, item, now)
        for each in stock.known(session, item):
            yield from _over(context, item, each)
        return
    known = stock.known(session, item)
    _settle(context, item, known)
    waking = max(lines.waking(context.line).wakes(now), context.line.paused_until or now)
    if waking > now:
        item.next_at = min(waking, item.until)
        session.add(item)
        return
    yield from _ask_whether_fetched(context, item)
    asked = list(_ask_next(context, item))
    yield from asked
    open_ = (State.ASKED, State.PROMISED)
    later = [each.answer_by for each in stock.known(session, item) if each.state in open_ and each.answer_by]
    soon = [now + SOON] if len(asked) == AT_ONCE else []
    item.next_at = min([*soon, *later, lines.morning(context.line, now), item.until])
    session.add(item)


def _settle(context: Context, item: StockItem, known: list[StockPromise]) -> None:
    """What ended meanwhile ends here too; who did not answer in their time leaves it to the next."""
    for each in known:
        request = requests.by_id(context.session, each.request_id)
        if each.state in (State.ASKED, State.PROMISED) and not request.live:
            settle_over(context, request, item)
        elif each.state is State.ASKED and each.answer_by is not None and each.answer_by <= context.now:
            stock.settle(context.session, item, each.request_id, State.LAPSED, context.now)
    context.session.refresh(item)


def settle_over(context: Context, request: Request, item: StockItem) -> None:
    """The request is over: they have it, unless it ended otherwise or somebody else brought it."""
    theirs = request.outcome in CAME and assignments.on(context.session, request) is None
    stock.settle(context.session, item, request.id, State.GIVEN if theirs else State.RELEASED, context.now)


def _ask_next(context: Context, item: StockItem) -> Iterator[Text]:
    """Those whose need is the oldest, as many as there may be some for."""
    room = min(_room(context, item), AT_ONCE)
    if room <= 0:
        return
    before = {each.request_id for each in stock.known(context.session, item)}
    for request in requests.in_state(context.session, context.line.id, RequestState.OPEN, limit=LOOKED_AT):
        if room <= 0:
            break
        if request.id in before or not fits(item, request) or not may_ask(context, request):
            continue
        if _note(context, item, request):
            room -= 1
            yield tell(context, request, item)


def _ask_whether_fetched(context: Context, item: StockItem) -> Iterator[Text]:
    """Who was promised some a day ago is asked once whether they have it."""
    for each in stock.known(context.session, item):
        if each.state is not State.PROMISED or each.answer_by is None or each.answer_by > context.now:
            continue
        request = requests.by_id(context.session, each.request_id)
        if not may_ask(context, request):
            continue
        each.answer_by = None
        context.session.add(each)
        neighbor = people.by_id(context.session, request.person_id)
        context.ask(neighbor, Question.STOCK_FETCHED, request, options=ASKS, words=str(item.id))
        yield context.tell(neighbor, "stock_fetched", about=request, thing=Quoted(item.label))


def _over(context: Context, item: StockItem, each: StockPromise) -> Iterator[Text]:
    """The week is over: whoever was promised some and has not said that they have it is looked for help again."""
    request = requests.by_id(context.session, each.request_id)
    if each.state in (State.ASKED, State.PROMISED) and not request.live:
        settle_over(context, request, item)
    elif each.state is State.ASKED:
        stock.settle(context.session, item, request.id, State.LAPSED, context.now)
    elif each.state is State.PROMISED:
        stock.settle(context.session, item, request.id, State.LAPSED, context.now)
        request.wanted_at = context.now
        go_on(context, request)
        neighbor = people.by_id(context.session, request.person_id)
        if request.state is RequestState.OPEN:
            yield context.tell(neighbor, "stock_over", about=request, thing=Quoted(item.label))


def promised(context: Context, item: StockItem, request: Request) -> bool:
    """One is kept for this household, if there is one left; nobody else need bring it."""
    reserved = _reserved(context, item)
    if not stock.promise(context.session, item, request.id, 1, context.now, reserved=reserved):
        return False
    for each, _ in stock.of_request(context.session, request.id):
        if each.item_id == item.id:
            fetched = lines.waking(context.line).wakes(context.now + FETCHED)
            each.answer_by = fetched
            context.session.add(each)
            item.next_at = min(item.next_at or fetched, fetched)
    context.session.add(item)
    request.wanted_at = context.now
    context.session.add(request)
    if theirs := brake.in_stock(context, request):
        requests.schedule(context.session, request, theirs.until)
    elif not request.wave:
        go_on(context, request)
    return True


def told_helper(turn: Turn, request: Request) -> Texts:
    """Whoever has just claimed it reads what is kept for its household, lest they buy it."""
    if request.wanted_at is None:  # set by every promise
        return
    for _, item in stock.of_request(turn.session, request.id)[:1]:
        pickup = Said("stock_at", {"pickup": Quoted(item.pickup)}) if item.pickup else None
        until = last_day(turn, item)
        yield turn.reply("claim_in_stock", about=request, thing=Quoted(item.label), pickup=pickup, until=until)


def go_on(context: Context, request: Request) -> None:
    """Volunteers are asked about it now, as about any other."""
    if request.state is RequestState.OPEN:
        requests.schedule(context.session, request, context.now)


def at_once(context: Context, item: StockItem) -> None:
    """Let time look at who else may have some."""
    stock.wake(context.session, item, context.now)


def out_of(context: Context, words: str) -> StockItem | None:
    """What somebody on duty says the group is out of; None where the words name nothing that it has."""
    if not takes.tells(words, "out_of"):
        return None
    named = things.named(words)
    found = stock.live(context.session, context.line.id, context.now)
    return next((item for item in found if named.intersection(item.things)), None)


def no_more(turn: Turn, item: StockItem) -> Text:
    """There is no more of it; what is promised stays so."""
    stock.end(turn.session, item, turn.now)
    return turn.reply("stock_ended", thing=Quoted(item.label))


def rows(context: Context) -> list[Said]:
    """What there is: `diapers: 38 of 40 left, 2 promised`."""
    return [row(context, item) for item in stock.live(context.session, context.line.id, context.now)]


def row(context: Context, item: StockItem) -> Said:
    """One thing."""
    kept = sum(each.count for each in stock.known(context.session, item) if each.state is State.PROMISED)
    values: dict[str, Any] = {
        "thing": Quoted(item.label),
        "until": last_day(context, item),
        "kept": Said("stock_kept", {"n": kept}) if kept else None,
    }
    if item.left is None:
        return Said("stock_row_plenty", values)
    return Said("stock_row", {**values, "left": item.left})


def last_day(context: Context, item: StockItem) -> Until:
    """Its last day: it is over in the morning after."""
    return pledge_words.until(context, item.until - timedelta(days=1))
