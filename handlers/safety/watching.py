"""Whoever is on duty takes an alarm or calls it off; and volunteers say whether danger may wake them."""

from datetime import timedelta

from handlers.asking import waves
from handlers.needs import choosing
from handlers.on_duty import duty_tasks
from handlers.safety import alarms as kept_alarms
from handlers.safety import all_clear, first_answer
from handlers.talking import relaying
from handlers.turn import Texts, Turn
from handlers.understanding.intents import Order
from models import alarms, kept_apart, people, requests
from models.alarms import Alarm
from models.delivery.outbound import Lane
from models.requests import Outcome, Request


def on_it(turn: Turn, order: Order) -> Texts:
    """ON IT 42: somebody has it now; if nothing comes of it, it is up again."""
    if not turn.speaker.on_duty:
        yield from _not_duty(turn, order)
        return
    tasks = _tasks(turn, order)
    among = {request.id: request for request in (*_up(turn, order), *tasks)}
    found, texts = choosing.chosen(turn, order.numbers, [*among.values()], "on_it", "nothing_alarming")
    yield from texts
    for request in found:
        alarm = alarms.of(turn.session, request)
        if alarm is None or alarm.ended_at is not None:
            yield turn.reply("on_it_task" if request in tasks else "nothing_alarming", about=request)
            requests.record(turn.session, request, "on_it", turn.now, by=turn.speaker.id)
            yield from duty_tasks.answered(turn, request)
            continue
        lapses = turn.line.policy.alarm_lapses
        alarms.hear(turn.session, alarm, turn.now, by=turn.speaker.id, until=turn.now + timedelta(minutes=lapses))
        requests.record(turn.session, request, "on_it", turn.now, by=turn.speaker.id)
        yield turn.reply("on_it", about=request, n=lapses)
        yield from _to_others(turn, request)


def _to_others(turn: Turn, request: Request) -> Texts:
    name = turn.somebody(turn.speaker)
    yield from turn.tell_duty("on_it_others", about=request, but=turn.speaker.id, name=name)
    neighbor = people.by_id(turn.session, request.person_id)
    if not first_answer.at_home(request):
        dial = first_answer.whom(turn.line, request.danger)
        yield turn.tell(neighbor, "on_it_neighbor", about=request, lane=Lane.SAFETY, name=name, dial=dial)


def _not_duty(turn: Turn, order: Order) -> Texts:
    """Among everybody else these are everyday words."""
    if not order.numbers and len(turn.matches) == 1:
        yield from relaying.pass_on(turn, turn.matches[0], turn.heard.body)
    else:
        yield turn.reply("not_on_duty")


def _up(turn: Turn, order: Order) -> list[Request]:
    """The requests whose alarm is meant: those that are named, or all that nobody has answered."""
    if order.numbers:
        named = (requests.by_number(turn.session, turn.line.id, number) for number in order.numbers)
        return [request for request in named if request is not None and request.danger and _sees(turn, request)]
    up = kept_alarms.for_whom(turn, turn.speaker)
    return [requests.by_id(turn.session, alarm.request_id) for alarm in up]


def _sees(turn: Turn, request: Request) -> bool:
    return not kept_apart.hides(turn.session, request, turn.speaker.id)


def _tasks(turn: Turn, order: Order) -> list[Request]:
    """Of those that are named, the requests that are not over and tell of no danger: they may be taken up as well."""
    named = (requests.by_number(turn.session, turn.line.id, number) for number in order.numbers)
    seen = [r for r in named if r is not None and r.live and _sees(turn, r)]
    return [r for r in seen if alarms.of(turn.session, r) is None]


def false_alarm(turn: Turn, order: Order) -> Texts:
    """FALSE ALARM 42: nothing was the matter. Whoever raised one may say so too."""
    own = [request for request in turn.own if request.danger]
    if own and not order.numbers:
        yield from all_clear.said(turn, own[-1], turn.heard.body)
        return
    if not turn.speaker.on_duty:
        yield turn.reply("not_on_duty")
        return
    found, texts = choosing.chosen(turn, order.numbers, _up(turn, order), "false_alarm", "nothing_alarming")
    yield from texts
    for request in found:
        alarm = alarms.of(turn.session, request)
        if alarm is not None:
            alarms.end(turn.session, alarm, turn.now)
        if not waves.close(turn, request, Outcome.WITHDRAWN, by=turn.speaker.id, words=turn.heard.body):
            yield turn.reply("closed_already", about=request)
            continue
        yield from waves.let_off(turn, request)
        yield from called_off(turn, request, alarm)


def called_off(turn: Turn, request: Request, alarm: Alarm | None) -> Texts:
    """It is over: whoever raised it hears so kindly, unless somebody may read along."""
    if first_answer.at_home(request):
        yield turn.reply("closed_quietly", about=request)
        return
    yield turn.reply("called_off", about=request)
    person = people.by_id(turn.session, alarm.person_id if alarm else request.person_id)
    dial = first_answer.whom(turn.line, request.danger)
    yield turn.tell(person, "called_off_neighbor", about=request, dial=dial)


def wake(turn: Turn, order: Order) -> Texts:
    """WAKE ON, WAKE OFF: whether an alarm that nobody on duty answers may wake them."""
    on: bool | None = order.argument
    if on is not None:
        turn.speaker.wake_since = turn.now if on else None
        turn.session.add(turn.speaker)
    yield turn.reply("wake_on" if turn.speaker.wake_since else "wake_off")
