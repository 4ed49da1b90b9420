"""Turns on duty: who takes which, who cannot, and who is on when."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from handlers.on_duty import rota
from handlers.phrasebook import Value
from handlers.turn import DAY, Context, Text, Texts, Turn
from handlers.understanding import shift_words
from handlers.understanding.intents import Answer, Free, Order, Question
from handlers.understanding.shift_words import CANT, OFF, ShiftSaid
from handlers.wording.summary import Day, Lines, Name, Said, Several, Span
from models import lines, people, person_events, shifts, watch
from models.hours import Hours
from models.people import Person
from models.person_events import ASKED_TURN
from models.shifts import Shift

AHEAD = timedelta(days=7)
ROWS = 10  # turns in one answer
GAPS = 5
SHORT_GAP = timedelta(minutes=30)
COVER_ASKED = 6  # people, when somebody cannot come
TAKES_IT, CANNOT = 1, 2
MONTH_FIRST = ("US", "PR", "VI", "GU", "AS", "MP", "PH")  # where 3/10 is the tenth of March
WEEK = 7


def shift(turn: Turn, order: Order) -> Texts:
    """SHIFT TUE 18-22, SHIFT OFF TUE, SHIFT CANT TUE; SHIFT alone tells which are mine."""
    said: ShiftSaid | None = order.argument
    if said is None:
        yield _mine(turn)
    elif said.verb == CANT:
        yield from _cannot(turn, said)
    elif said.verb == OFF:
        yield from _off(turn, said)
    else:
        yield from _add(turn, said)


def cannot(turn: Turn, intent: Free) -> Texts:
    """The same in words of their own: "cant do my shift tuesday"."""
    yield from _cannot(turn, shift_words.read(intent.words))


def _mine(turn: Turn) -> Text:
    mine = _of(turn, turn.speaker.id)
    return turn.reply("shifts_mine" if mine else "shifts_none", rows=Lines([_row(turn, s) for s in mine[:ROWS]]))


def _add(turn: Turn, said: ShiftSaid) -> Texts:
    days = _dates(turn, said)
    if not days or said.begins is None or said.ends is None:
        yield turn.reply("shift_how")
        return
    weekly = not (said.once or said.date or said.from_today is not None)
    added = [
        shifts.add(
            turn.session, turn.line, turn.speaker.id, day, Hours(said.begins, said.ends), turn.now, weekly=weekly
        )
        for day in days
    ]
    for each in added:
        rota.enter(turn, each)
    spans = Several([rota.span(turn, each) for each in sorted(added, key=lambda s: s.starts_at)])
    yield turn.reply("shift_added" if weekly else "shift_added_once", spans=spans)


def _dates(turn: Turn, said: ShiftSaid) -> list[date]:
    """On which dates these turns are: of a day of the week the next on which it is not over."""
    zone = ZoneInfo(turn.line.timezone)
    today = turn.now.astimezone(zone).date()
    hours = Hours(said.begins or 0, said.ends or 0)
    if said.from_today is not None:
        return [today + said.from_today * DAY]
    if said.date is not None:
        return _dated(said, today, turn.line.country)
    dates = []
    for day in said.days:
        on = today + (day - today.weekday()) % WEEK * DAY
        dates.append(on if hours.on(on, zone)[1] > turn.now else on + AHEAD)
    return dates


def _dated(said: ShiftSaid, today: date, country: str) -> list[date]:
    """The next day of this date; none if there is no such day."""
    month, day = said.date or (0, 0)
    if said.slashed and country not in MONTH_FIRST:
        month, day = day, month
    for year in (today.year, today.year + 1):
        try:
            found = date(year, month, day)
        except ValueError:
            continue
        if found >= today:
            return [found]
    return []


def _off(turn: Turn, said: ShiftSaid) -> Texts:
    fits = _meant(turn, _of(turn, turn.speaker.id), said)
    if not fits:
        yield _mine(turn)
        return
    if len(fits) > 1 and not (said.days or said.date):
        yield turn.reply("shift_which", spans=Several([rota.span(turn, s) for s in fits[:ROWS]], style="or"))
        return
    gone = [each for each in fits if shifts.remove(turn.session, each)]
    yield turn.reply("shift_off", spans=Several([rota.span(turn, each) for each in gone or fits]))


def _cannot(turn: Turn, said: ShiftSaid) -> Texts:
    """Somebody cannot: those who do duty, and a few volunteers more, are asked in one text."""
    mine = _of(turn, turn.speaker.id)
    fits = _meant(turn, mine, said) or ([] if said.days or said.date or said.from_today is not None else mine)
    if not fits:
        # Who took the watch by DUTY ON has no turn to be relieved of.
        yield _mine(turn) if mine or not turn.speaker.on_duty else turn.reply("duty_on_until_off")
        return
    missing = fits[0]
    if not shifts.ask_cover(turn.session, missing, turn.now):
        yield turn.reply("cover_asked_already", span=rota.span(turn, missing))
        return
    asked = _who_might(turn, missing)
    missing.asked = [person.id for person in asked]
    turn.session.add(missing)
    phrase = "cover_asked" if asked else "cover_nobody_to_ask"
    yield turn.reply(phrase, span=rota.span(turn, missing), n=len(asked))
    people.with_addresses(turn.session, missing.asked)
    for person in asked:
        person_events.record(turn.session, turn.line.id, person.id, ASKED_TURN, turn.now, by=turn.speaker.id)
        turn.ask(person, Question.COVER, options=CANNOT, words=str(missing.id))
        yield turn.tell(person, "cover_wanted", name=_name(turn, turn.speaker), span=rota.span(turn, missing))


def _who_might(turn: Turn, missing: Shift) -> list[Person]:
    """Who had no turn lately comes first; not whoever is on then anyway.

    Half of the places are for those who do duty, for somebody must say yes.
    """
    session, line = turn.session, turn.line
    on_then = {
        s.person_id
        for s in shifts.planned(session, line.id, turn.now)
        if s.starts_at < missing.ends_at and s.ends_at > missing.starts_at
    }
    do_duty = watch.do_duty(session, line.id, since=turn.now - rota.LATELY, most=rota.MOST_LOOKED_AT)
    found = [*do_duty]
    for wakeable in (True, False):
        found += watch.may_be_called(
            session,
            line.id,
            not_since=turn.now,
            most=rota.MOST_LOOKED_AT,
            wakeable=wakeable,
            without=[turn.speaker.id],
        )
    fits = {p.id: p for p in found if p.id != turn.speaker.id and p.id not in on_then and not p.is_away(turn.now)}
    ranked = rota.by_turns(turn, [*fits.values()])
    known = [p for p in ranked if p in do_duty][: COVER_ASKED // 2]
    chosen = {p.id for p in [*known, *(p for p in ranked if p not in known)][:COVER_ASKED]}
    return [p for p in ranked if p.id in chosen]


def cover(turn: Turn, order: Order) -> Texts:
    """COVER, COVER TUE: I take the turn of somebody who cannot."""
    said: ShiftSaid | None = order.argument
    open_ = [
        s
        for s in shifts.planned(turn.session, turn.line.id, turn.now)
        if s.cover_asked_at is not None and s.person_id != turn.speaker.id
    ]
    fits = _meant(turn, open_, said) if said is not None else open_
    if fits:
        yield from _take(turn, fits[0])
    else:
        yield turn.reply("cover_nothing")


def answered(turn: Turn, intent: Answer) -> Texts:
    """The answer to "can you take it?"."""
    asked = turn.asked
    turn.unask(turn.speaker)
    missing = shifts.by_id(turn.session, int(asked.words)) if asked is not None else None
    if intent.choice == TAKES_IT and missing is not None:
        yield from _take(turn, missing)
    elif intent.choice is None:
        yield turn.reply("cover_how")
    else:
        yield turn.reply("cover_too_late" if intent.choice == TAKES_IT else "cover_no")


def _take(turn: Turn, missing: Shift) -> Texts:
    turn.unask(turn.speaker)
    owner, weekly, asked = missing.person_id, missing.weekly, missing.asked
    at_once = (s for s in _of(turn, turn.speaker.id) if s.starts_at == missing.starts_at)
    if owner == turn.speaker.id or next(at_once, None) is not None:
        yield turn.reply("cover_yours_already")
        return
    if missing.cover_asked_at is None or not shifts.cover(turn.session, missing, turn.speaker.id, turn.now):
        yield turn.reply("cover_too_late")
        return
    if weekly:
        rota.enter(turn, shifts.next_week(turn.session, turn.line, missing, owner, turn.now))
    rota.enter(turn, missing)
    span, name = rota.span(turn, missing), _name(turn, turn.speaker)
    yield turn.reply("cover_thanks", span=span)
    others = [id_ for id_ in dict.fromkeys((owner, *asked)) if id_ != turn.speaker.id]
    found = people.with_addresses(turn.session, others)
    for person in (found[id_][0] for id_ in others if id_ in found):
        pending = turn.asked_of(person)
        if pending is not None and (pending.question, pending.words) == (Question.COVER, str(missing.id)):
            turn.unask(person)
        yield turn.tell(person, "cover_found", name=name, span=span)


def roster(turn: Turn, _: Order) -> Texts:
    """ROSTER: who is on now, the next seven days, and when nobody is."""
    planned, now = ahead(turn), on_now(turn)
    rows = Lines([Said("roster_row", {"span": rota.span(turn, s), "name": _whose(turn, s)}) for s in planned[:ROWS]])
    gaps = when_nobody(turn)
    yield turn.reply(
        "roster" if planned else "roster_empty",
        now=now,
        rows=rows,
        gaps=Said("roster_gaps", {"gaps": Several(gaps[:GAPS])}) if gaps else None,
    )


def ahead(context: Context) -> list[Shift]:
    """The turns of the next seven days, and those under way."""
    planned = shifts.planned(context.session, context.line.id, context.now)
    return [shift for shift in planned if shift.starts_at < context.now + AHEAD]


def on_now(context: Context) -> Value:
    """Who is on duty now."""
    names = [_name(context, person) for person in people.on_duty(context.session, context.line.id)]
    return Several(names) if names else Said("nobody")


def _whose(turn: Turn, shift: Shift) -> Value:
    name = owner(turn, shift)
    return Said("roster_cant", {"name": name}) if shift.cover_asked_at is not None else name


def owner(context: Context, shift: Shift) -> Name | Said:
    """Whose turn it is."""
    return _name(context, people.by_id(context.session, shift.person_id))


def when_nobody(context: Context) -> list[Day | Span]:
    """When nobody has said that they are on duty by day: whole days by their name, else from when to when."""
    planned = [shift for shift in ahead(context) if shift.cover_asked_at is None]
    found: list[Day | Span] = []
    for begins, ends in lines.waking(context.line).spans(context.now):
        if begins >= context.now + AHEAD:
            break
        free = [*_free(max(begins, context.now), ends, planned)]
        if free == [(begins, ends)]:
            found.append(Day(begins, context.line.timezone))
        else:
            found += [Span(start, end, context.line.timezone) for start, end in free if end - start > SHORT_GAP]
    return found


def _free(begins: datetime, ends: datetime, planned: Sequence[Shift]) -> Iterator[tuple[datetime, datetime]]:
    at = begins
    for each in sorted(planned, key=lambda s: s.starts_at):
        if each.starts_at >= ends:
            break
        if each.starts_at > at:
            yield at, each.starts_at
        at = max(at, each.ends_at)
    if at < ends:
        yield at, ends


def _meant(context: Context, among: Sequence[Shift], said: ShiftSaid) -> list[Shift]:
    """The turns on the days that somebody names; all of them, where they name none."""
    zone = context.line.timezone
    days = [(each, each.day(zone)) for each in among]
    today = context.now.astimezone(ZoneInfo(zone)).date()
    if said.from_today is not None:
        return [each for each, on in days if on == today + said.from_today * DAY]
    if said.date is not None:
        dates = _dated(said, today, context.line.country)
        return [each for each, on in days if on in dates]
    return [each for each, on in days if not said.days or on.weekday() in said.days]


def _of(turn: Turn, person_id: int) -> list[Shift]:
    return [s for s in shifts.planned(turn.session, turn.line.id, turn.now) if s.person_id == person_id]


def _row(turn: Turn, shift: Shift) -> Said:
    phrase = "shift_row_cant" if shift.cover_asked_at else "shift_row_weekly" if shift.weekly else "shift_row"
    return Said(phrase, {"span": rota.span(turn, shift)})


def _name(context: Context, person: Person) -> Name | Said:
    return context.name(person) or Said("somebody")
