"""The group's purse by text: SPENT, GAVE, OK S12, WHY S12, PURSE. Nothing is ever paid by the software."""

from collections.abc import Iterator

from handlers.money import approving
from handlers.money.approving import money, named
from handlers.phrasebook import Value
from handlers.turn import Texts, Turn
from handlers.understanding.intents import Free, Order
from handlers.understanding.money import GaveSaid, SpentSaid, WhySaid
from handlers.wording import summary
from handlers.wording.summary import Quoted, Said
from models import assignments, people, purse, purse_steps, requests
from models.purse import Kind, PurseEntry, State
from models.requests import Request

SHOWN = 6  # entries of a kind in one answer


def spent(turn: Turn, order: Order) -> Texts:
    """SPENT 42 31.50, SPENT 31.50 ice; SPENT S12 28 puts another amount in its place, 0 takes it back."""
    readings: tuple[SpentSaid, ...] = order.argument or ()
    if not readings:
        yield turn.reply("spent_how")
        return
    said, request = _meant(turn, readings)
    if said.number is not None and request is None:
        yield turn.reply("unknown_number", number=said.number)
        return
    cents = approving.cents(turn, said.amount)
    if order.bare and turn.helped and request is None:  # "it was $11.20", after what they have just done
        request = turn.helped[0]
        lately = purse.said_lately(turn.session, turn.speaker.id, turn.now - approving.RECEIPT_WITHIN)
        before = next((each for each in lately if each.request_id == request.id), None)
        if before is not None and cents and before.cents != cents:
            yield from _changed(turn, before.number, cents)
            return
    if said.entry is not None and cents is not None:
        yield from _changed(turn, said.entry, cents)
    elif not cents:
        yield turn.reply("spent_currency" if cents is None else "spent_how", amount=money(turn, 3150))
    else:
        yield from approving.spent(turn, cents, request, said.words)


def _meant(turn: Turn, readings: tuple[SpentSaid, ...]) -> tuple[SpentSaid, Request | None]:
    """The reading whose request is theirs; else the last, which may name none: "20 2 bags of ice"."""
    for said in readings:
        request = _theirs(turn, said.number) if said.number is not None else None
        if request is not None:
            return said, request
    return readings[-1], None


def _theirs(turn: Turn, number: int) -> Request | None:
    """The request with this number, if the speaker has or ever had it in hand."""
    request = requests.by_number(turn.session, turn.line.id, number)
    if request is None or turn.speaker.id not in assignments.ever_on(turn.session, request):
        return None
    return request


def _changed(turn: Turn, number: int, cents: int) -> Texts:
    entry = purse.by_number(turn.session, turn.line.id, number)
    if entry is None or entry.person_id != turn.speaker.id:
        yield turn.reply("entry_unknown", number=number)
    elif not purse_steps.change(turn.session, entry, cents, turn.now):
        yield turn.reply("entry_settled", entry=named(entry))
    elif not cents:
        yield turn.reply("entry_withdrawn", entry=named(entry))
        yield from approving.withdrawn(turn, entry)
    else:
        if not entry.is_spent:
            yield turn.reply("gave_noted", entry=named(entry), amount=money(turn, cents))
            return
        asked = purse_steps.asked_for_ok(turn.session, entry)
        again = [person for person in approving.who_may(turn, entry) if person.id in asked]
        if not again:
            yield from approving.put_before_others(turn, entry, "spent_changed")
            return
        yield turn.reply("spent_changed", entry=named(entry), amount=money(turn, cents))
        for person in again:
            yield approving.put_to(turn, entry, person, "ok_asked_again")
        purse.schedule(turn.session, entry, approving.look_again(turn))


def gave(turn: Turn, order: Order) -> Texts:
    """GAVE 50 bake sale: it came in, and counts once another volunteer or whoever holds the account says so too."""
    said: GaveSaid | None = order.argument
    cents = approving.cents(turn, said.amount) if said is not None else 0
    if said is not None and said.entry is not None and cents is not None:
        yield from _changed(turn, said.entry, cents)
        return
    if said is None or not cents:
        yield turn.reply("spent_currency" if cents is None else "gave_how", amount=money(turn, 5000))
        return
    entry = purse.add(turn.session, turn.line, Kind.GIVEN, cents, turn.now, by=turn.speaker.id, words=said.words)
    called, amount = named(entry), money(turn, cents)
    yield turn.reply("gave_noted", entry=called, amount=amount)
    told = approving.words(entry)
    from_where = Said("spent_words", {"words": told}) if told else None
    name = turn.somebody(turn.speaker)
    yield from turn.tell_duty(
        "duty_gave", but=turn.speaker.id, entry=called, name=name, amount=amount, what=from_where
    )


def ok(turn: Turn, order: Order) -> Texts:
    """OK S12: with another's it is approved. Never one's own, nor of somebody's household, nor twice."""
    numbers: tuple[int, ...] = order.argument
    for number in numbers:
        entry = _seen(turn, number)
        if entry is None:
            yield turn.reply("entry_unknown", number=number)
        elif entry.state is State.WITHDRAWN:
            yield turn.reply("entry_gone", entry=named(entry))
        else:
            yield from _ok(turn, turn.session.locked(entry))


def _seen(turn: Turn, number: int) -> PurseEntry | None:
    """The entry with this number, unless the speaker may not hear of it."""
    entry = purse.by_number(turn.session, turn.line.id, number)
    return None if entry is None or approving.hidden(turn, entry, turn.speaker) else entry


def _ok(turn: Turn, entry: PurseEntry) -> Texts:
    speaker, called = turn.speaker, named(entry)
    if entry.state is State.ASKED and entry.asker_id == speaker.id:
        purse_steps.release(turn.session, entry, turn.now)  # they know enough now
        if entry.approved_at is not None:
            yield turn.reply("ok_goes_on", entry=called)
            yield from approving.counts(turn, entry)
            return
    before = approving.counted(turn, entry)
    by = people.by_id(turn.session, entry.person_id) if entry.person_id is not None else None
    if entry.person_id == speaker.id:
        yield turn.reply("ok_own", entry=called)
    elif any(person.id == speaker.id for person in before):
        yield turn.reply("ok_twice", entry=called)
    elif entry.state in (State.APPROVED, State.PAID):
        yield turn.reply("ok_done", entry=called)
    elif turn.is_newcomer(speaker):
        yield turn.reply("ok_newcomer", entry=called, n=turn.line.policy.newcomer_matches)
    elif any(approving.of_one_home(turn, speaker, one) for one in (*before, *([by] if by else []))):
        yield turn.reply("ok_same_home", entry=called)
    elif entry.state is State.ASKED:
        yield turn.reply("ok_held", entry=called)
    else:
        purse_steps.ok(turn.session, entry, speaker.id, turn.now)
        texts = [*approving.settle(turn, entry)]
        few = approving.oks_fewer(turn, entry) is not None
        enough = ("ok_enough_alone" if few else "ok_enough") if entry.is_spent else "ok_counts"
        thanks = enough if entry.approved_at is not None else "ok_one_more"
        yield turn.reply(thanks, entry=called)
        yield from texts


def why(turn: Turn, order: Order) -> Texts:
    """WHY S12 and a question goes to whoever spent it, and it waits; their own WHY S12 goes back as the answer."""
    said: WhySaid = order.argument
    entry = _seen(turn, said.entry)
    if entry is None:
        yield turn.reply("entry_unknown", number=said.entry)
    elif entry.state is State.WITHDRAWN:
        yield turn.reply("entry_gone", entry=named(entry))
    elif not said.words:
        yield turn.reply("why_what", entry=named(entry))
    elif entry.person_id == turn.speaker.id:
        yield from _answered(turn, turn.session.locked(entry), said.words)
    else:
        yield from _asked(turn, turn.session.locked(entry), said.words)


def _asked(turn: Turn, entry: PurseEntry, words: str) -> Texts:
    by = people.by_id(turn.session, entry.person_id) if entry.person_id is not None else None
    if by is None or not by.helps or by.opted_out_at is not None:
        yield turn.reply("why_gone", entry=named(entry))
        return
    purse_steps.ask_why(turn.session, entry, turn.speaker.id, words, turn.now)
    if entry.state is State.ASKED and entry.next_at is None:
        purse.schedule(turn.session, entry, approving.look_again(turn))
    name, called, quoted = turn.somebody(turn.speaker), named(entry), Quoted(words)
    yield turn.reply("why_passed", entry=called)
    yield turn.tell(by, "why_asked", entry=called, name=name, words=quoted)
    if entry.state is not State.ASKED:
        return
    others = purse_steps.asked_for_ok(turn.session, entry) - {turn.speaker.id, by.id}
    for person in people.by_ids(turn.session, others).values():
        if person.helps and person.opted_out_at is None:
            yield approving.awake(turn, turn.tell(person, "why_others", entry=called, name=name, words=quoted))


def _answered(turn: Turn, entry: PurseEntry, words: str) -> Texts:
    asker = people.by_id(turn.session, entry.asker_id) if entry.asker_id is not None else None
    if asker is None:
        yield turn.reply("why_nobody", entry=named(entry))
        return
    purse_steps.answer(turn.session, entry, words, turn.now)
    yield turn.reply("why_answered", entry=named(entry))
    name = turn.somebody(turn.speaker)
    yield turn.tell(asker, "why_answer", entry=named(entry), name=name, words=Quoted(words))
    yield from approving.settle(turn, entry)


def purse_(turn: Turn, _: Order) -> Texts:
    """PURSE: what is there, what is to be paid, what waits for an OK."""
    found = purse.totals(turn.session, turn.line.id)
    rows = [*_rows(turn)]
    yield turn.reply(
        "purse",
        there=money(turn, found.there),
        came_in=money(turn, found.came_in),
        paid=money(turn, found.paid),
        rows=Said("purse_rows", {"rows": summary.Lines(rows)}) if rows else None,
    )


def asked(turn: Turn, _: Free) -> Texts:
    """How much is in the purse, in words."""
    yield from purse_(turn, Order("purse"))


def asked_back(turn: Turn, _: Free) -> Texts:
    """When they get back what they laid out: where it stands; or how to say it, if they have not."""
    lately = purse.unsettled(turn.session, turn.line.id)
    if any(entry.person_id == turn.speaker.id for entry in lately):
        yield from purse_(turn, Order("purse"))
    else:
        yield turn.reply("spent_how")


def _rows(turn: Turn) -> Iterator[Said]:
    shown = [e for e in purse.unsettled(turn.session, turn.line.id) if not approving.hidden(turn, e, turn.speaker)]
    groups = {
        "purse_to_pay": [e for e in shown if e.state is State.APPROVED],
        "purse_waiting": [e for e in shown if e.state is State.WAITING and e.is_spent],
        "purse_asked": [e for e in shown if e.state is State.ASKED],
        "purse_unconfirmed": [e for e in shown if e.state is State.WAITING and not e.is_spent],
    }
    for phrase, entries in groups.items():
        if not entries:
            continue
        things = [_row(turn, each) for each in entries[:SHOWN]]
        left = len(entries) - SHOWN
        more = [Said("purse_more", {"n": left})] if left > 0 else []
        yield Said(phrase, {"entries": summary.Several([*things, *more])})


def _row(turn: Turn, entry: PurseEntry) -> Said:
    values: dict[str, Value] = {"entry": named(entry), "amount": money(turn, entry.cents)}
    few = approving.oks_fewer(turn, entry)
    return Said("purse_entry", values) if few is None else Said("purse_entry_few", {**values, "n": few})


def plainly(turn: Turn) -> Texts | None:
    """A bare "ok" to the text that asks for an OK: whether that is meant is asked back. None if that was not last."""
    if not turn.speaker.helps or turn.told_last is None or turn.told_last[0] not in approving.ASKS_FOR_OK:
        return None
    entry = purse_steps.asked_last(turn.session, turn.speaker.id)
    return iter([turn.reply("ok_which", entry=named(entry))]) if entry is not None else None
