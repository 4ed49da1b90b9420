"""What duty is told and must answer waits as a task: which phrases these are, and when it is said again."""

from datetime import datetime, timedelta

from models import duty_tasks, lines
from models.lines import Line
from models.requests import Request, State
from models.store.session import Session

HELD = "duty_held"
WROTE = "duty_wrote"
NOBODY_LEFT = "duty_nobody_left"
JOINED = "duty_joined"  # about a person, and no request
LOOK_AGAIN = "duty_look_again"  # the same: who vouched for them is out
MANY_PLACES = "duty_many_places"  # the same: they ask for more doors than anybody needs
OF_PEOPLE = frozenset({JOINED, LOOK_AGAIN, MANY_PLACES})
ASKS = frozenset(
    """duty_wants_person duty_wants_person_words duty_about_helper duty_question duty_foreign duty_misunderstood
    duty_not_come duty_nobody_came duty_wants_hands duty_undelivered duty_many_today duty_nobody_left
    duty_out_of_reach duty_asker_stopped duty_nobody_home duty_nobody_came_again duty_problem duty_problem_helper
    duty_not_confirmed duty_not_confirmed_all our_fault_duty duty_joined duty_held duty_wrote duty_look_again
    duty_many_places duty_first""".split()
)


def raise_task(
    session: Session, line: Line, now: datetime, phrase: str, about: Request | None, *, but: int | None, told: bool
) -> None:
    """Let it wait until somebody on duty has answered, if it is something to be answered."""
    if phrase not in ASKS or not _is_a_task(phrase, about) or (phrase == MANY_PLACES and told):
        return
    next_at = duty_again(line, now, about) if told else now + timedelta(minutes=line.policy.duty_retry)
    request_id = about.id if about is not None else None
    task = duty_tasks.raise_(session, line.id, phrase, now, next_at, request_id=request_id, person_id=but)
    if told:
        task.said, task.next_at = task.said + 1, next_at
        session.add(task)


def _is_a_task(phrase: str, about: Request | None) -> bool:
    """Danger has its alarms instead; words are one only where nobody but duty hears them."""
    if about is None:
        return phrase in OF_PEOPLE
    if about.emergency and phrase != HELD:
        return False
    if phrase == WROTE:
        return about.state is State.HELD
    return phrase != NOBODY_LEFT or about.presses  # of others the daily word tells


def duty_again(line: Line, now: datetime, about: Request | None, times: int = 1) -> datetime:
    """When duty is told again of what nobody there has answered: not at night, unless it is urgent."""
    span = timedelta(minutes=line.policy.duty_again) * times
    if about is not None and about.presses:
        return now + span
    return lines.waking(line).after(now, span)
