"""What people would give, matched with what neighbors need: with what comes, and with what waits.

A giver who is a vouched volunteer is asked first, by an offer like any other. Everybody else is asked whether the
neighbor may have it, and no more: who it is and where, they never learn from us. When they say yes, whoever is on
duty brings the two together, through the relay. That is the one way in which no stranger is sent to a door, and none
has to be vouched for to give something away.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from handlers.asking import waves
from handlers.goods import pledge_words, things
from handlers.turn import Context, Text, Texts
from handlers.understanding.intents import Need, Question
from handlers.wording import takes
from handlers.wording.summary import Needs
from models import kept_apart, lines, offers, people, pledges, requests
from models.people import Person
from models.pledges import Kind, MatchState, Pledge, State
from models.requests import Request, Urgency
from models.requests import State as RequestState

FIRST = 3  # givers of one thing who are asked before all others
LOOKED_AT = 60  # requests that wait, for one thing that is given
NEXT = timedelta(minutes=30)  # after somebody was asked: there may be more of it, for others
YES, NO = 1, 2
DAY, NOON = 24 * 60, 12 * 60  # minutes


def meet(context: Context, request: Request) -> list[Text]:
    """Who has said that they would give just this, for a request about which nobody was asked yet.

    Volunteers among them are asked first in its first wave; of others, one is asked now.
    """
    if request.emergency:
        return []
    found = [
        (pledge, giver)
        for pledge, giver in pledges.open_on(context.session, context.line.id, context.now)
        if fits(context, pledge, giver, request)
    ]
    for pledge, giver in [each for each in found if each[1].helps][:FIRST]:
        if pledges.match(context.session, pledge, request, context.now) is not None:
            request.ask_first = [*request.ask_first, giver.id]
    context.session.add(request)
    return next(_asked(context, request, found), [])


def _asked(context: Context, request: Request, found: list[tuple[Pledge, Person]]) -> Iterator[list[Text]]:
    """The question to each who is no volunteer, one after the other."""
    for pledge, giver in found:
        if not giver.helps and (texts := _ask(context, pledge, giver, request)):
            yield texts


def ask_another(context: Context, request: Request) -> list[Text]:
    """Somebody said no: the next who is no volunteer is asked."""
    found = pledges.open_on(context.session, context.line.id, context.now)
    fitting = [(pledge, giver) for pledge, giver in found if fits(context, pledge, giver, request)]
    return next(_asked(context, request, fitting), [])


def _ask(context: Context, pledge: Pledge, giver: Person, request: Request) -> list[Text]:
    """Whether a neighbor may have it: one question at a time to one person, in waking hours; it names no place."""
    awake = lines.waking(context.line).next(context.now) == context.now
    if context.asked_of(giver) is not None or context.line.is_paused(context.now):
        return []
    if not (awake or request.presses):
        return []
    if (found := pledges.match(context.session, pledge, request, context.now)) is None:
        return []
    context.ask(giver, Question.GIVES, options=NO, words=str(found.id))
    what = Needs(tuple(request.needs))
    return [context.tell(giver, "pledge_needed", what=what, given=pledge_words.to_giver(context, pledge))]


def seek(context: Context, pledge: Pledge, giver: Person) -> list[Text]:
    """What waits already and would be met by this: urgent first, then the oldest. Its giver is asked now."""
    waiting = requests.open_longest(context.session, context.line.id, LOOKED_AT)
    asked: list[Text] = []
    for request in waiting:
        if not fits(context, pledge, giver, request):
            continue
        if not giver.helps:
            asked = _ask(context, pledge, giver, request)
        elif pledges.match(context.session, pledge, request, context.now) is not None or not offers.made(
            context.session, [request.id], [giver.id]
        ):  # also who could not be asked when the two were matched
            request.ask_first = list(dict.fromkeys([*request.ask_first, giver.id]))
            context.session.add(request)
            asked = waves.ask_also(context, request, giver)
        if asked:
            break
    return asked


def fits(context: Context, pledge: Pledge, giver: Person, request: Request) -> bool:
    """Whether this is what they need, when they need it, and the two may meet."""
    if request.person_id == giver.id or kept_apart.are(context.session, request, giver.id):
        return False
    if request.emergency or request.state not in (RequestState.DRAFT, RequestState.OPEN):
        return False
    if not _is_it(pledge, request):
        return False
    return pledge.kind is Kind.GOODS or (giver.helps and _is_then(context, pledge, request))


def _is_it(pledge: Pledge, request: Request) -> bool:
    needs = {*map(str, request.needs)} - {Need.OTHER}
    given = {*pledge.needs} - {Need.OTHER}
    if pledge.kind is Kind.TIME:
        return bool(needs & given)
    if takes.tells(request.text, "moving"):  # a couch to be carried, not one to be had
        return False
    if needs and given:
        return bool(needs & given) and things.meet(pledge.things, things.named(request.text))
    wanted = things.named(request.text) or things.unknown(request.text)
    return bool(wanted.intersection(pledge.things))


def _is_then(context: Context, pledge: Pledge, request: Request) -> bool:
    """Whether it is needed on a day and at an hour of theirs. Hours on any day fit what names no time."""
    first, last = request.needed_from or request.needed_until, request.needed_until or request.needed_from
    zone = ZoneInfo(context.line.timezone)
    if first is None or last is None:
        today = request.urgency in (Urgency.TODAY, Urgency.URGENT)
        weekday = context.now.astimezone(zone).weekday()
        return not pledge.days or (today and weekday in pledge.days)
    return any(_is_theirs(pledge, span) for span in _days(max(first, context.now), last, zone))


def _days(first: datetime, last: datetime, zone: ZoneInfo) -> Iterator[tuple[int, int, int]]:
    """The days from one moment to another: which day of the week, and from which minute of it to which."""
    begins, ends = first.astimezone(zone), max(first, last).astimezone(zone)
    for ahead in range((ends.date() - begins.date()).days + 1):
        day = begins.date() + timedelta(days=ahead)
        since = begins.hour * 60 + begins.minute if not ahead else 0
        until = ends.hour * 60 + ends.minute if day == ends.date() else DAY
        if until or day == begins.date():
            yield day.weekday(), since, max(until, since + 1)


def _is_theirs(pledge: Pledge, span: tuple[int, int, int]) -> bool:
    weekday, since, until = span
    if pledge.days and weekday not in pledge.days:
        return False
    if pledge.begins is None or pledge.ends is None:
        return True
    return since < pledge.ends and pledge.begins < until


def act(context: Context, pledge: Pledge) -> Texts:
    """What time brings to it: what waits is looked through, its giver is asked once whether they still have it."""
    pledges.settle(context.session, context.line.id, context.now)
    giver = people.by_id(context.session, pledge.person_id)
    pledge.next_at = None
    context.session.add(pledge)
    if pledge.state is not State.OPEN:
        return
    if pledge.until <= context.now:
        pledges.end(context.session, pledge, State.EXPIRED, context.now)
        return
    texts = [] if pledge.left == 0 else seek(context, pledge, giver)
    if not texts and _is_near_its_end(context, pledge) and context.asked_of(giver) is None:
        pledge.renewal_asked_at = context.now
        context.ask(giver, Question.STILL_GIVES, options=NO, words=str(pledge.id))
        texts = [context.tell(giver, "pledge_still", given=pledge_words.to_giver(context, pledge))]
    pledge.next_at = next_look(context, pledge, soon=bool(texts))
    yield from texts


def next_look(context: Context, pledge: Pledge, *, soon: bool = False) -> datetime:
    """When time looks at it again: soon where somebody was asked just now, else in the morning, or at its end."""
    waking = lines.waking(context.line)
    at = waking.wakes(context.now + NEXT) if soon else lines.morning(context.line, context.now)
    return min(at, pledge.until) if pledge.until > context.now else at


def _is_near_its_end(context: Context, pledge: Pledge) -> bool:
    if pledge.count is None and pledge.kind is Kind.GOODS and pledges.given_since(context.session, pledge):
        return True
    before = timedelta(days=context.line.policy.pledge_asked_before)
    return pledge.renewal_asked_at is None and pledge.until - before <= context.now


def lasts(context: Context, kind: Kind) -> datetime:
    """Until when it is kept, where they do not say."""
    policy = context.line.policy
    days = policy.pledge_days_time if kind is Kind.TIME else policy.pledge_days_goods
    return lines.morning(context.line, context.now + timedelta(days=days))


def says_yes(context: Context, match_id: int) -> tuple[Pledge, Request] | None:
    """A giver who is no volunteer gives it: one of it is kept. None where that comes too late."""
    found = pledges.match_by_id(context.session, match_id)
    if found is None:
        return None
    pledge, request = (
        pledges.by_id(context.session, found.pledge_id),
        requests.by_id(context.session, found.request_id),
    )
    if pledge is None or not request.live or request.state in (RequestState.CLAIMED, RequestState.DELIVERED):
        return None
    won = pledges.take(context.session, found, pledge, context.now, to=MatchState.PROMISED)
    return (pledge, request) if won else None
