"""What time brings to a need that comes again: its next occurrence opens, and now and then it is looked at anew."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from handlers.asking import admission, brake, unmet, waves
from handlers.asking.brake import Hold
from handlers.needs import intake, timing
from handlers.pauses import pause
from handlers.repeating import recurring
from handlers.turn import Context, Text, Texts
from handlers.understanding.intents import Question
from handlers.understanding.when.resolving import Needed
from handlers.wording.summary import Said, Sight
from models import kept_apart, lines, people, requests
from models import recurring as needs
from models.people import Person
from models.recurring import Fate, RecurringNeed
from models.requests import TALKING, Outcome, Request, State, Urgency

ANSWERS = 2  # yes and no
QUESTIONS = 2  # without an answer; then it is paused


def act(context: Context, need: RecurringNeed) -> Texts:
    """A need is due: its review, its next occurrence, or the end of its pause."""
    person = people.by_id(context.session, need.person_id)
    if need.paused_at is not None or need.ended_at is not None:
        needs.end(context.session, need, context.now)
    elif person.opted_out_at is not None or person.banned_at is not None:
        needs.pause(context.session, need, context.now, _forgotten_at(context))
    else:
        if need.review_at is not None and need.review_at <= context.now:
            yield from _review(context, need, person)
        yield from _open(context, need, person)


def _forgotten_at(context: Context) -> datetime:
    return context.now + timedelta(days=context.line.policy.recurring_paused_days)


def _review(context: Context, need: RecurringNeed, person: Person) -> Texts:
    """Do they need it still? Asked twice; then it is paused, which a word undoes."""
    request = needs.last_request(context.session, need)
    if need.review_asks >= QUESTIONS or request is None:
        if needs.pause(context.session, need, context.now, _forgotten_at(context)) and request is not None:
            context.unask(person, request)
            yield recurring.told(context, need, "recurring_paused")
            what = replace(context.what(request, Sight.NEAR), when=None, urgency=None)
            yield from context.tell_duty("duty_recurring_paused", about=request, but=person.id, what=what)
        return
    need.review_asks += 1
    days = context.line.policy.recurring_review_again
    need.review_at = lines.morning(context.line, context.now + timedelta(days=days - 1))
    recurring.schedule(context, need, recurring.before(need))
    asks = context.ask_if_free(person, Question.RECURRING, request, options=ANSWERS)
    yield recurring.told(context, need, "recurring_review" if asks else "recurring_review_words")


def _open(context: Context, need: RecurringNeed, person: Person) -> Texts:
    """Its occurrence that is due, and of several that were missed the latest one alone."""
    seen = need.next_on
    if seen is None or not need.goes_on:
        return
    day, last, missed = date.fromisoformat(seen), recurring.before(need), list[date]()
    if recurring.opens_at(context, need, day, last) > context.now:
        recurring.schedule(context, need, last)
        return
    following = need.after(day)
    while following is not None and recurring.opens_at(context, need, following, day) <= context.now:
        missed.append(day)
        day, following = following, need.after(following)
    needed = Needed(need.needed_as, *need.needed(day, ZoneInfo(context.line.timezone)))
    ends_at = context.line.ends_at
    if ends_at is not None and needed.start >= ends_at:
        need.next_at = ends_at  # nothing is begun that nobody could end; and the end may be taken back
        context.session.add(need)
        return
    over = needed.end <= context.now
    at = recurring.acts_at(context, need, following, day)
    if not needs.advance(context.session, need, seen, following, at):
        return
    for gone in [*missed, *([day] if over else [])]:
        if needs.occurrence(context.session, need, gone.isoformat()) is None:
            needs.note(context.session, need, gone.isoformat(), Fate.MISSED, context.now, None)
    if over:
        yield recurring.told(context, need, "recurring_missed_all")
    elif needs.occurrence(context.session, need, day.isoformat()) is None:
        yield from _again(context, need, person, day, needed, missed)


def _again(
    context: Context, need: RecurringNeed, person: Person, day: date, needed: Needed, missed: Sequence[date]
) -> Texts:
    """One occurrence: a request of its own, unless a person here has the last one before them."""
    last = needs.last_request(context.session, need)
    if last is not None and last.live and (last.in_danger or last.state in (State.HELD, State.DRAFT)):
        needs.note(context.session, need, day.isoformat(), Fate.MISSED, context.now, None)
        yield context.tell(person, "recurring_waits", about=last)
        return
    before = Said("recurring_missed", {"n": len(missed)}) if missed else None
    if last is not None and last.state is State.OPEN:
        if waves.close(context, last, Outcome.UNMET, out_of=(State.OPEN,)):
            context.unask(person, last)
            before = Said("recurring_unmet", {"kept": last.number})
    elif last is not None and last.state in TALKING:
        before = Said("recurring_goes_on", {"kept": last.number})
    if last is not None and last.place:  # they may have told the door since
        need.place = last.place
        context.session.add(need)
    request = _request(context, need, person, day, needed)
    if intake.is_read_first(context, request) and requests.hold(context.session, request, context.now):
        yield from intake.to_be_read(context, request)
        return
    held, to_duty = brake.first_wave(context, request)
    texts = waves.open_up(context, request, "opened", (State.DRAFT,), by=person.id, held=held)
    if held is not None and held.why is Hold.PAUSE:
        pause.mark(context, request)
    if held is not None and held.why is Hold.QUEUE:
        yield _in_line(context, request, person, before)
    else:
        yield _told(context, request, person, texts, before)
    yield from texts
    yield from to_duty


def _request(context: Context, need: RecurringNeed, person: Person, day: date, needed: Needed) -> Request:
    language = person.speaks(context.line)
    told = need.urgency if need.urgency is not Urgency.URGENT else None
    helper = need.helper_id or needs.last_helper(context.session, need)
    request = requests.create(
        context.session,
        context.line,
        person_id=person.id,
        state=State.DRAFT,
        now=context.now,
        text=need.text,
        needs=list(need.needs),
        people=need.people,
        urgency=timing.how_soon(needed, told, context.now, ZoneInfo(context.line.timezone)),
        area_id=need.area_id,
        vicinity=need.vicinity,
        place=need.place,
        language=language,
        code_word=intake.code_word(language),
        needed_as=needed.as_,
        needed_from=needed.start,
        needed_until=needed.end,
        repeats=need.rule,
        ask_first=[helper] if helper is not None else [],
    )
    needs.note(context.session, need, day.isoformat(), Fate.OPENED, context.now, request)
    return request


def _in_line(context: Context, request: Request, person: Person, before: Said | None) -> Text:
    """It waits for its turn: its place and day, as anybody hears. With no day to tell, its own time lets it pass."""
    said = admission.said(context, request, admission.waits(context, request))
    del said["dial"]
    what = context.what(request, Sight.NEAR)
    return context.tell(person, "recurring_opens_line", about=request, what=what, before=before, **said)


def _told(context: Context, request: Request, person: Person, texts: Sequence[Text], before: Said | None) -> Text:
    """What the neighbor hears of an occurrence: one text."""
    asked = [text.to for text in texts if text.phrase == "offer"]
    first = next((helper for helper in asked if helper.id in request.ask_first), None)
    what = context.what(request, Sight.NEAR)
    if first is not None and len(asked) == 1 and not kept_apart.are(context.session, request, first.id):
        name = context.somebody(first)
        return context.tell(person, "recurring_opens_first", about=request, name=name, what=what, before=before)
    if asked:
        return context.tell(person, "recurring_opens", about=request, n=len(asked), what=what, before=before)
    when = unmet.soon(context, request.next_action_at or context.now)
    return context.tell(person, "recurring_opens_later", about=request, when=when, what=what, before=before)
