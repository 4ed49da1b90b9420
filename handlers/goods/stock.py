"""STOCK: whoever is on duty says what the group has this week; and what households answer when they are told."""

import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from handlers.asking import unmet, waves
from handlers.goods import stocking, things
from handlers.needs import timing
from handlers.repeating import standing
from handlers.turn import Texts, Turn
from handlers.understanding import when
from handlers.understanding.intents import Answer, Need, Order
from handlers.understanding.needs import understand
from handlers.wording import summary
from handlers.wording.summary import Quoted, Said
from models import offers, requests, stock
from models.hours import moment_of
from models.offers import State as OfferState
from models.requests import Request
from models.requests import State as RequestState
from models.stock import State, StockItem

YES, NO = 1, 2
LONGEST_LABEL, LONGEST_PICKUP = 40, 120  # characters
MOST = 100_000  # of one thing
A_WEEK, MORNING = 7, 8 * 60  # days, minutes
COUNT = re.compile(r"(?:^|\s)(\d{1,6})\s*(?:x\b)?(?=\s|$)")
SEPARATE = re.compile(r"[;\n]")
THINGS = re.compile(r",|\s(?:and|y|&)\s", re.IGNORECASE)
AT_LAST = re.compile(r"\s(?:(?P<at>at|en|@)|(?P<until>until|til|till|hasta))\s", re.IGNORECASE)


def stock_(turn: Turn, order: Order) -> Texts:
    """STOCK diapers 40, soap: set. STOCK alone: what there is. STOCK diapers 0: no more of it."""
    words = order.note
    if not words:
        if not turn.speaker.helps:
            yield turn.reply("join_first")
            return
        yield from _list(turn)
        return
    if not turn.speaker.on_duty:
        yield turn.reply("not_on_duty" if turn.speaker.helps else "join_first")
        return
    told, over = [], []
    for chunk in SEPARATE.split(words):
        names, pickup, until = _apart(turn, chunk)
        for said in names:
            count = _count(said)
            label = COUNT.sub(" ", said, count=1) if count is not None else said
            label = " ".join(label.split()).strip(" :-")[:LONGEST_LABEL].strip()
            if label and count == 0:
                over.append(_end(turn, label))
            elif label:
                told.append(_set(turn, label, count, pickup, until))
    if told:
        yield turn.reply("stock_set", rows=summary.Lines([*told, *over]))
    else:
        yield turn.reply("stock", rows=summary.Lines(over)) if over else turn.reply("stock_how")


def _end(turn: Turn, label: str) -> Said:
    """There is no more of it."""
    if (item := _known(turn, label)) is not None:
        stock.end(turn.session, item, turn.now)
    return Said("stock_row_none", {"thing": Quoted(item.label if item else label)})


def _list(turn: Turn) -> Texts:
    found = stocking.rows(turn)
    if found:
        yield turn.reply("stock_on_duty" if turn.speaker.on_duty else "stock", rows=summary.Lines(found))
    else:
        yield turn.reply("stock_none" if turn.speaker.on_duty else "stock_none_here")


def _set(turn: Turn, label: str, count: int | None, pickup: str, until: datetime | None) -> Said:
    """One thing: set anew, or counted again where it is known. Those whose open need it meets are told by time."""
    item = _known(turn, label)
    if item is not None:
        stock.recount(turn.session, item, count, turn.now, until=until or _monday(turn), pickup=pickup or item.pickup)
        return stocking.row(turn, item)
    meaning = understand(label)
    needs = [str(need) for need in meaning.needs_if_asked if need is not Need.OTHER]
    names = things.named(label) or (frozenset() if needs else things.unknown(label))
    values: dict[str, Any] = {
        "needs": needs,
        "things": sorted(names),
        "count": count,
        "pickup": pickup,
        "until": until or _monday(turn),
        "by_person_id": turn.speaker.id,
    }
    return stocking.row(turn, stock.add(turn.session, turn.line.id, label, turn.now, **values))


def _known(turn: Turn, label: str) -> StockItem | None:
    """What is in stock under this name, or under another for the same thing."""
    names, found = things.named(label), stock.live(turn.session, turn.line.id, turn.now)
    same = (each for each in found if each.label.casefold() == label.casefold())
    return next(same, None) or next((each for each in found if names and names == frozenset(each.things)), None)


def _apart(turn: Turn, words: str) -> tuple[list[str], str, datetime | None]:
    """The things; where and when to get them, in the group's own words; and until when."""
    until, pickup, head = None, "", words
    while found := list(AT_LAST.finditer(f" {head}")):
        last = found[-1]
        rest = f" {head}"[last.end() :].strip(" .")
        if last["until"] and (said := when.of(rest)) is not None and until is None:
            until = timing.until(turn, said, rest)  # the morning after it
        elif last["at"]:
            first = next(each for each in found if each["at"])
            pickup, head = f" {head}"[first.end() :].strip(" .")[:LONGEST_PICKUP], f" {head}"[: first.start()].strip()
            break
        else:
            break
        head = f" {head}"[: last.start()].strip(" ,")
    return [part.strip() for part in THINGS.split(head) if part.strip()], pickup, until


def _count(said: str) -> int | None:
    found = COUNT.search(said)
    return min(int(found[1]), MOST) if found else None


def _monday(turn: Turn) -> datetime:
    """The morning of the next Monday: what a group has changes with the week."""
    zone = ZoneInfo(turn.line.timezone)
    today = turn.now.astimezone(zone).date()
    return moment_of(today + timedelta(days=A_WEEK - today.weekday()), MORNING, zone)


def keep(turn: Turn, order: Order) -> Texts:
    """KEEP 12: the household of #12 wants what was offered, also after a no or a silence."""
    mine = [r for r in turn.own if not order.numbers or r.number in order.numbers]
    asked = [
        (request, item)
        for request in mine
        for each, item in stock.of_request(turn.session, request.id, State.ASKED, State.REFUSED, State.LAPSED)
    ]
    if not asked:
        yield turn.reply("nothing_waits")
        return
    request, item = asked[-1]
    turn.unask(turn.speaker, request)
    yield from _promise(turn, item, request)


def answered(turn: Turn, intent: Answer) -> Texts:
    """1 keep some for me, 2 no."""
    request, item = _asked(turn)
    if request is None or item is None:
        turn.unask(turn.speaker)
        yield turn.reply("nothing_waits")
    elif intent.choice not in (YES, NO):
        yield stocking.tell(turn, request, item)
    elif intent.choice == YES:
        turn.unask(turn.speaker)
        yield from _promise(turn, item, request)
    else:
        turn.unask(turn.speaker)
        stock.settle(turn.session, item, request.id, State.REFUSED, turn.now)
        stocking.at_once(turn, item)
        if request.wave or request.state is not RequestState.OPEN:
            yield turn.reply("stock_refused", about=request)
            return
        texts = waves.ask_next(turn, request)
        count = waves.asked(texts)
        yield turn.reply("stock_refused_first", about=request, n=count, **unmet.promised(turn, request))
        yield from texts


def _promise(turn: Turn, item: StockItem, request: Request) -> Texts:
    if request.state is not RequestState.OPEN:
        stock.settle(turn.session, item, request.id, State.RELEASED, turn.now)
        yield standing.of(turn, request)
    elif not stocking.promised(turn, item, request):
        stocking.go_on(turn, request)
        yield turn.reply("stock_gone", about=request, thing=Quoted(item.label))
    else:
        if things.covers(item, request) and not request.presses:
            offers.settle(turn.session, request.id, OfferState.SUPERSEDED, turn.now)
        until = stocking.last_day(turn, item)
        then = Said("stock_done" if things.covers(item, request) else "stock_rest", {"number": request.number})
        values: dict[str, Any] = {"thing": Quoted(item.label), "until": until, "then": then}
        if item.pickup:
            yield turn.reply("stock_promised", about=request, pickup=Quoted(item.pickup), **values)
            return
        told = [*turn.tell_duty("duty_stock_promised", about=request, but=turn.speaker.id, thing=values["thing"])]
        yield turn.reply("stock_promised_ask", about=request, **values)
        yield from told


def fetched(turn: Turn, intent: Answer) -> Texts:
    """1 they have it: the request is met. 2 not yet: it is kept until its end."""
    request, item = _asked(turn)
    turn.unask(turn.speaker)
    if request is None or item is None or not request.live:
        yield turn.reply("nothing_waits")
    elif intent.choice == YES:
        yield from has_it(turn, request, item)
    else:
        until = stocking.last_day(turn, item)
        pickup = Said("stock_at", {"pickup": Quoted(item.pickup)}) if item.pickup else None
        yield turn.reply("stock_still_kept", about=request, thing=Quoted(item.label), pickup=pickup, until=until)


def has_it(turn: Turn, request: Request, item: StockItem) -> Texts:
    """They have it: it is spent, and what it meets wholly is over."""
    stock.settle(turn.session, item, request.id, State.GIVEN, turn.now)
    if things.covers(item, request):
        yield from waves.fulfilled(turn, request)
    else:
        yield turn.reply("stock_has_part", about=request)


def _asked(turn: Turn) -> tuple[Request | None, StockItem | None]:
    asked = turn.asked
    if asked is None or asked.request_id is None:
        return None, None
    request = requests.by_id(turn.session, asked.request_id)
    item = stock.by_id(turn.session, int(asked.words))
    return (request if request.person_id == turn.speaker.id else None), item
