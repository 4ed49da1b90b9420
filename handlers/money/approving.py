"""What somebody spent: noted with its receipt, put before two others, and approved once both say OK."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from babel.numbers import get_currency_symbol

from handlers.phrasebook import Value
from handlers.talking import passing
from handlers.turn import Context, Text, Texts, Turn
from handlers.understanding.intents import Amount
from handlers.wording import redaction
from handlers.wording.summary import Entry, Money, Needs, Quoted, Said, brief
from models import kept_apart, lines, people, purse, purse_steps, requests, spellings
from models.attachments import Kind as Piece
from models.lines import Line
from models.people import Person
from models.purse import Kind, PurseEntry, State
from models.requests import Request

TWO = 2  # others, from homes of their own, who say OK to what was spent
ONE = 1  # who says so to what came in
WEEK = timedelta(days=7)
ASKS_FOR_OK = ("ok_asked", "ok_asked_again")  # the phrases that ask for one
ASKS_WHY = "why_asked"  # and that which asks its author
SAME_AGAIN = timedelta(days=1)  # in which the same sum for the same errand is the same one, said twice
RECEIPT_WITHIN = timedelta(minutes=30)  # after they said what they spent, a picture of theirs is the receipt


def money(context: Context, cents: int) -> Money:
    """A sum of the purse."""
    return money_of(context.line, cents)


def money_of(line: Line, cents: int) -> Money:
    """A sum of a line's purse."""
    return Money(cents, purse.currency(line), line.country)


def named(entry: PurseEntry) -> Entry:
    """What people call an entry."""
    return Entry(entry.number, entry.is_spent)


def cents(context: Context, amount: Amount) -> int | None:
    """What somebody wrote, in the smallest units of the purse's currency; None for another one, or no such sum."""
    currency, scaled = purse.currency(context.line), amount.value.scaleb(purse.decimals(context.line))
    language = f"{context.line.language}_{context.line.country}"
    try:
        signs = get_currency_symbol(currency, language)
    except (LookupError, ValueError):
        signs = get_currency_symbol(currency, "en")
    if amount.sign and amount.sign not in signs:
        return None
    return int(scaled) if scaled == scaled.to_integral_value() and scaled <= purse.MOST else None


def spent(turn: Turn, amount: int, request: Request | None, words: str = "") -> Texts:
    """A volunteer has laid out so many cents: it is noted under a number, and others are asked for their OK."""
    if request is not None and (again := _said_before(turn, amount, request, words)) is not None:
        yield turn.reply("spent_twice", about=request, entry=named(again), amount=money(turn, amount))
        return
    entry = purse.add(
        turn.session,
        turn.line,
        Kind.SPENT,
        amount,
        turn.now,
        by=turn.speaker.id,
        words=words,
        request_id=request.id if request is not None else None,
    )
    came = passing.came(turn, request, receipt=True)
    yield from passing.enough(turn, came)
    if picture := next((id_ for id_, kind in came.pieces if kind is Piece.PICTURE), None):
        purse.attach(turn.session, entry, picture)
    yield from put_before_others(turn, entry, "spent_noted")


def put_before_others(turn: Turn, entry: PurseEntry, phrase: str) -> Texts:
    """Its author hears that it is noted, by this phrase, and others are asked; where nobody else is, it counts."""
    called, amount = named(entry), money(turn, entry.cents)
    homes = needed(turn, entry)
    if not homes:
        purse_steps.approve(turn.session, entry, turn.now)
        yield turn.reply("spent_alone", entry=called, amount=amount)
        return
    yield turn.reply(phrase if homes == TWO else "spent_one_home", entry=called, amount=amount)
    yield from ask(turn, entry)


def _said_before(turn: Turn, amount: int, request: Request, words: str) -> PurseEntry | None:
    """The same sum for the same errand, said a moment ago in other words: DONE 42 $31.50, then SPENT 42 31.50."""
    if words:
        return None
    lately = purse.said_lately(turn.session, turn.speaker.id, turn.now - SAME_AGAIN)
    return next((each for each in lately if each.request_id == request.id and each.cents == amount), None)


def who_may(context: Context, entry: PurseEntry) -> list[Person]:
    """Whose OK counts, whoever was asked longest ago first: nobody who has a part in it, and no newcomer."""
    by = people.by_id(context.session, entry.person_id) if entry.person_id is not None else None
    found = purse_steps.askable(context.session, context.line.id, [by.id] if by else [])
    found = [one for one in found if not hidden(context, entry, one) and not context.is_newcomer(one)]
    return [one for one in found if by is None or not of_one_home(context, by, one)]


def hidden(context: Context, entry: PurseEntry, person: Person) -> bool:
    """Whether somebody hears nothing of it: it was spent for them, or for whom they are kept apart from."""
    if entry.request_id is None:
        return False
    request = requests.by_id(context.session, entry.request_id)
    return request.person_id == person.id or kept_apart.hides(context.session, request, person.id)


def of_one_home(context: Context, one: Person, other: Person) -> bool:
    """Whether two live together, or are one telephone."""
    if one.id == other.id or (one.household_id is not None and one.household_id == other.household_id):
        return True
    return not _phones(context, one).isdisjoint(_phones(context, other))


def _phones(context: Context, person: Person) -> set[str]:
    return {form for number in people.numbers(context.session, person.id) for form in spellings.forms(number)}


def needed(context: Context, entry: PurseEntry) -> int:
    """How many must say OK: two, or as many homes as there are besides its author's."""
    most, homes = TWO if entry.is_spent else ONE, list[Person]()
    for person in who_may(context, entry):
        if len(homes) == most:
            break
        if not any(of_one_home(context, person, other) for other in homes):
            homes.append(person)
    return len(homes)


def oks_fewer(context: Context, entry: PurseEntry) -> int | None:
    """With how many OKs it was approved, where those were fewer than two: nobody else could say one. Else None."""
    if not entry.is_spent or entry.proposal_id is not None or entry.approved_at is None:
        return None
    said = purse_steps.said_ok(context.session, entry)
    return said if said < TWO else None


def counted(context: Context, entry: PurseEntry) -> list[Person]:
    """Who has said OK to it, one of each home; nobody of its author's."""
    by = people.by_id(context.session, entry.person_id) if entry.person_id is not None else None
    found = list[Person]()
    for person in purse_steps.oks(context.session, entry):
        if not any(of_one_home(context, person, other) for other in (*found, *([by] if by else []))):
            found.append(person)
    return found


def ask(context: Context, entry: PurseEntry) -> Texts:
    """Two more are asked for their OK, each in their own waking hours; later two others, while there are any."""
    asked = purse_steps.asked_for_ok(context.session, entry)
    found = list[Person]()
    for person in who_may(context, entry):
        alone = not any(of_one_home(context, person, other) for other in found)
        if person.id not in asked and not person.is_away(context.now) and alone and len(found) < TWO:
            found.append(person)
    for person in found:
        purse.record(context.session, entry, purse.Act.ASKED_FOR_OK, context.now, by=person.id)
        yield put_to(context, entry, person)
    purse.schedule(context.session, entry, look_again(context) if found else None)


def look_again(context: Context) -> datetime:
    """When those who were asked have had time enough; not at night."""
    return lines.waking(context.line).after(context.now, timedelta(hours=context.line.policy.ok_again))


def awake(context: Context, text: Text) -> Text:
    """The same, in its reader's waking hours."""
    at = people.awake_at(context.line, text.to, context.now)
    return replace(text, not_before=at) if at > context.now else text


def put_to(context: Context, entry: PurseEntry, person: Person, phrase: str = "ok_asked") -> Text:
    """The text that asks somebody for their OK, with the picture of the receipt where the phone can show one."""
    text = context.tell(
        person,
        phrase,
        entry=named(entry),
        name=author(context, entry),
        amount=money(context, entry.cents),
        what=what(context, entry),
        over=over(context, entry),
    )
    return replace(awake(context, text), enclosed=entry.attachment_id)


def author(context: Context, entry: PurseEntry) -> Value:
    """Who said it; a volunteer who has left has no name any more, and None is whoever has the host."""
    if entry.person_id is None:
        return Said("the_host")
    return context.name(people.by_id(context.session, entry.person_id)) or Said("somebody")


def what(context: Context, entry: PurseEntry) -> Said | None:
    """What it was for, without a word of whom: the errand by its number and kind, or their words."""
    if entry.request_id is not None:
        request = requests.by_id(context.session, entry.request_id)
        return Said("spent_on", {"number": request.number, "what": Needs(tuple(request.needs) or ("other",))})
    shown = words(entry)
    return Said("spent_words", {"words": shown}) if shown is not None else None


def words(entry: PurseEntry) -> Quoted | None:
    """Their words as others may read them: no number, name or door in them, as in a neighbor's own."""
    told = redaction.whole_clauses(entry.words) if entry.words else None
    if told is None and entry.words and entry.words.isalpha() and entry.words.islower():
        told = entry.words  # one word is a thing, whatever else it may stand for: "ice"
    return brief(told) if told else None


def over(context: Context, entry: PurseEntry) -> Said | None:
    """That it goes over what the group has set itself for an errand or a week: to be known, and no refusal."""
    policy, session, line = context.line.policy, context.session, context.line
    errand = purse.spent_on(session, line.id, entry.request_id) if entry.request_id is not None else entry.cents
    if (limit := _limit(context, policy.errand_limit)) and errand > limit:
        return Said("over_errand", {"limit": money(context, limit)})
    if (limit := _limit(context, policy.week_limit)) and purse.spent_since(
        session, line.id, context.now - WEEK
    ) > limit:
        return Said("over_week", {"limit": money(context, limit)})
    return None


def _limit(context: Context, figure: str) -> int:
    return int(Decimal(figure).scaleb(purse.decimals(context.line))) if figure else 0


def act(context: Context, entry: PurseEntry) -> Texts:
    """Those who were asked have said nothing: two others are. A question of somebody who left holds nothing up."""
    context.session.locked(entry)
    if entry.state is State.ASKED and entry.asker_id is not None:
        if people.by_id(context.session, entry.asker_id).helps:
            purse.schedule(context.session, entry, look_again(context))
            return
        purse_steps.release(context.session, entry, context.now)
    purse.schedule(context.session, entry, None)
    if entry.state is State.WAITING:
        yield from settle(context, entry)
        if entry.state is State.WAITING:
            yield from ask(context, entry)


def settle(context: Context, entry: PurseEntry) -> Texts:
    """Approve it if enough have said OK; whoever said it hears so, once. It must be locked."""
    if entry.state is not State.WAITING or len(counted(context, entry)) < max(needed(context, entry), ONE):
        return
    purse_steps.approve(context.session, entry, context.now)
    yield from counts(context, entry)


def counts(context: Context, entry: PurseEntry) -> Texts:
    """It is approved: whoever said it hears so."""
    yield from _to_author(context, entry, "spent_approved" if entry.is_spent else "gave_approved")


def paid(context: Context, entry: PurseEntry, *, undone: bool) -> Texts:
    """Whoever holds the account has paid it, or had noted that by mistake: whoever spent it hears so."""
    yield from _to_author(context, entry, "spent_unpaid" if undone else "spent_paid")


def _to_author(context: Context, entry: PurseEntry, phrase: str) -> Texts:
    if entry.person_id is not None:
        by = people.by_id(context.session, entry.person_id)
        if by.opted_out_at is None:
            text = context.tell(by, phrase, entry=named(entry), amount=money(context, entry.cents))
            yield awake(context, text)


def withdrawn(context: Context, entry: PurseEntry) -> Texts:
    """It is taken back: those who were asked for their OK, or said something to it, need do nothing more."""
    asked = purse_steps.asked_for_ok(context.session, entry) - {entry.person_id}
    for person in people.by_ids(context.session, [id_ for id_ in asked if id_ is not None]).values():
        if person.helps and person.opted_out_at is None:
            name, amount = author(context, entry), money(context, entry.cents)
            yield awake(
                context, context.tell(person, "entry_gone_others", entry=named(entry), name=name, amount=amount)
            )


def perhaps(turn: Turn) -> Text | None:
    """What words that we cannot make out are about, right after we asked about what they spent or for their OK."""
    told = turn.told_last[0] if turn.told_last is not None else ""
    if not turn.speaker.helps or told not in (ASKS_WHY, *ASKS_FOR_OK):
        return None
    if told == ASKS_WHY:
        lately = purse.said_lately(turn.session, turn.speaker.id, turn.now - WEEK)
        entry, phrase = next((each for each in lately if each.state is State.ASKED), None), "why_yours"
    else:
        entry, phrase = purse_steps.asked_last(turn.session, turn.speaker.id), "ok_or_why"
    return turn.reply(phrase, entry=named(entry)) if entry is not None else None


def receipt_of(turn: Turn) -> PurseEntry | None:
    """What the speaker spent a moment ago, to which a picture of theirs is the receipt."""
    if not turn.speaker.helps:
        return None
    lately = purse.said_lately(turn.session, turn.speaker.id, turn.now - RECEIPT_WITHIN)
    return next((each for each in lately if each.is_spent and each.attachment_id is None), None)


def receipt_came(turn: Turn, entry: PurseEntry) -> Texts:
    """It is kept with it, and goes to those who were asked and have not said OK yet."""
    request = requests.by_id(turn.session, entry.request_id) if entry.request_id is not None else None
    came = passing.came(turn, request, receipt=True)
    yield from passing.enough(turn, came)
    picture = next((id_ for id_, kind in came.pieces if kind is Piece.PICTURE), None)
    if picture is None:
        return
    purse.attach(turn.session, entry, picture)
    yield turn.reply("receipt_for_entry", entry=named(entry), what=came.named())
    said = {person.id for person in purse_steps.oks(turn.session, entry)}
    waiting = purse_steps.asked_for_ok(turn.session, entry) - said if entry.state is State.WAITING else set[int]()
    for person in people.by_ids(turn.session, waiting).values():
        yield put_to(turn, entry, person, "ok_receipt")
