"""What follows when the carrier did not take a text, or did not deliver it: one function for each action."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
import tenacity

from app import outbox
from app.carriers.errors import QUEUE_FULL, TABLE, Action
from handlers import followups
from handlers.turn import Moment, Texts
from models import lines, outbound, people, senders
from models.lines import Line
from models.outbound import Attempt, Outbound, Result, State
from models.people import Address
from models.senders import Sender
from models.session import Session

log = structlog.get_logger()

# Full jitter, so that what failed together does not come back together: up to 4 s, 8 s, … 5 min, never under 2 s.
BACKOFF = tenacity.wait_random_exponential(multiplier=4, exp_base=2, min=2, max=300)
LONGEST_WAIT = 3600.0  # seconds; a carrier that asks for more is asked again all the same
TRANSIENT = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30))
SOFT = timedelta(minutes=30)
STRIKES = 3
QUEUE_RESTS = timedelta(seconds=60)
ACCOUNT_RESTS = timedelta(minutes=5)
QUOTA_RESTS = timedelta(minutes=15)
PAIR_RESTS = timedelta(minutes=15)
FILTERED = TABLE[Action.FILTERED]

# After a POST without an answer. Twilio calls back within seconds when it did take the text, so the first look is a
# short wait away. Its list shows a message moments after the POST; the last look is two minutes after the one before
# and three after the POST, many times what its list was ever seen to lag. Only then is the text sent again, once.
LOOKS = (timedelta(seconds=15), timedelta(seconds=60), timedelta(seconds=180))


@dataclass(frozen=True)
class Case:
    """A text that the carrier did not take, or did not deliver."""

    session: Session
    row: Outbound
    attempt: Attempt | None
    code: int | None
    now: datetime
    called_back: bool  # said by callback: the carrier had taken it
    wait: float | None = None  # seconds that the carrier asked for

    @property
    def line(self) -> Line:
        return lines.by_id(self.session, self.row.line_id)

    @property
    def address(self) -> Address | None:
        row = self.row
        return people.address_at(self.session, row.line_id, row.channel, row.to)

    def senders(self) -> list[Sender]:
        """The line's senders, with the one that sent this text made known."""
        senders.add(self.session, self.row.line_id, self.row.channel, self.row.sender)
        return senders.of_line(self.session, self.row.line_id)

    def rest(self, sender: Sender, at_least: timedelta) -> None:
        """Let a sender rest.

        Told by callback only, every POST seems to go well and nothing shows that it is mended: then it is an hour.
        """
        at_least = max(at_least, _seconds(self.wait), senders.LONGEST_REST if self.called_back else at_least)
        senders.rest(self.session, sender, self.code or 0, self.now, at_least)

    def own(self) -> Sender:
        """The number that sent this text."""
        return next(s for s in self.senders() if (s.channel, s.number) == (self.row.channel, self.row.sender))

    def end(self, result: Result) -> None:
        """Note how the attempt ended."""
        if self.attempt is not None:
            self.attempt.result, self.attempt.error_code, self.attempt.ended_at = result, self.code, self.now
            self.session.add(self.attempt)

    def lose(self) -> None:
        """It will never arrive: whoever is on duty hears of it, if somebody waits."""
        self.end(Result.REFUSED)
        self.row.state, self.row.error_code = State.FAILED, self.code
        self.row.leased_until, self.row.changed_at = None, self.now
        self.session.add(self.row)
        outbox.tell(self.session, self.row, self.now)

    def keep(self, until: datetime | None = None, *, counted: bool = False) -> None:
        """It is ours again: held until then, or waiting for its sender. Too late for it, and it is lost.

        Whoever said STOP while it was on its way is not written to again.
        """
        row = self.row
        wanted = outbox.is_wanted(people.by_id(self.session, row.person_id), row.phrase)
        if wanted and until is not None and row.expires_at is not None and until >= row.expires_at:
            self.lose()
            return
        self.end(Result.RETURNED)
        row.state = State.CANCELLED if not wanted else State.READY if until is None else State.HELD
        row.not_before, row.error_code = until, self.code
        row.sid = row.leased_until = None
        row.returns += counted
        row.changed_at = self.now
        self.session.add(row)

    def say(self, key: str, about: Callable[[Moment], Texts]) -> None:
        """Tell whoever is on duty, once under this key, something about the line rather than about this text."""
        if not outbound.queued(self.session, f"{key}:0"):
            moment = Moment(self.session, self.line, self.now)
            outbox.queue(self.session, moment.line, key, about(moment), self.now)


def _again(case: Case) -> None:
    if case.called_back:  # the carrier took it and gave up: that is no failed POST
        _transient(case)
        return
    if case.code == QUEUE_FULL:
        case.rest(case.own(), QUEUE_RESTS)
        case.keep()
        return
    case.keep(case.now + (_seconds(case.wait) or timedelta(seconds=_backoff(case.row.tries))))


def _look_up(case: Case) -> None:
    if case.called_back:
        _transient(case)
        return
    case.end(Result.UNCERTAIN)
    row = case.row
    row.state, row.error_code, row.not_before = State.UNCERTAIN, case.code, case.now + LOOKS[0]
    row.leased_until, row.changed_at = None, case.now
    case.session.add(row)


def _transient(case: Case) -> None:
    if case.row.returns < len(TRANSIENT):
        case.keep(case.now + TRANSIENT[case.row.returns], counted=True)
    else:
        case.lose()


def _soft(case: Case) -> None:
    address = case.address
    if address is not None:
        address.strikes += 1
        case.session.add(address)
        if address.strikes == STRIKES:
            case.say(f"doubtful-{case.row.id}-{case.row.tries}", lambda moment: followups.doubtful(moment, case.row))
    if case.row.returns == 0:
        case.keep(case.now + SOFT, counted=True)
    else:
        case.lose()


def _quota(case: Case) -> None:
    case.rest(case.own(), QUOTA_RESTS)
    today = case.now.astimezone(ZoneInfo(case.line.timezone)).date()
    case.say(f"quota-{case.row.line_id}-{today}", followups.quota_used_up)
    case.keep()


def _opted_out(case: Case) -> None:
    person = people.by_id(case.session, case.row.person_id)
    person.opted_out_at = person.opted_out_at or case.now
    case.session.add(person)
    outbound.cancel_for(case.session, person.id, case.now)
    case.lose()


def _bad_address(case: Case) -> None:
    address = case.address
    if address is not None:
        address.bad_code, address.bad_at = case.code, case.now
        case.session.add(address)
    case.lose()  # what else is queued for it is stopped at its lease


def _filtered(case: Case) -> None:
    address = case.address
    if address is not None and address.bad_at is None:
        address.bad_code = case.code  # so that the lease compares what goes there with what was filtered
        case.session.add(address)
    case.lose()


def _window(case: Case) -> None:
    if outbox.resend_by_sms(case.session, case.row, case.now):
        log.info("by_sms_instead", text=case.row.id)
    case.lose()


def _loop(case: Case) -> None:
    until = case.now + PAIR_RESTS
    address = case.address
    if address is not None:
        address.rests_until = until
        case.session.add(address)
    if case.row.returns < len(TRANSIENT):
        case.keep(until, counted=True)
    else:
        case.lose()


def _account(case: Case) -> None:
    for sender in case.senders():
        case.rest(sender, ACCOUNT_RESTS)
    case.keep()


FOLLOWS: dict[Action, Callable[[Case], None]] = {
    Action.AGAIN: _again,
    Action.LOOK_UP: _look_up,
    Action.TRANSIENT: _transient,
    Action.SOFT: _soft,
    Action.QUOTA: _quota,
    Action.OPTED_OUT: _opted_out,
    Action.BAD_ADDRESS: _bad_address,
    Action.FILTERED: _filtered,
    Action.CONTENT: Case.lose,
    Action.WINDOW: _window,
    Action.LOOP: _loop,
    Action.GEOGRAPHY: Case.lose,
    Action.ACCOUNT: _account,
    Action.UNKNOWN: Case.lose,
}

# What whoever runs the host must see: the account, texts built wrongly, codes that the table does not know.
FOR_THE_HOST = frozenset({Action.ACCOUNT, Action.CONTENT, Action.UNKNOWN})


def follow(case: Case, action: Action) -> None:
    row = case.row
    say = log.error if action in FOR_THE_HOST else log.warning
    what = "not_delivered" if case.called_back else "not_taken"
    say(what, text=row.id, line=row.line_id, action=action, code=case.code)
    FOLLOWS[action](case)


def _seconds(wait: float | None) -> timedelta:
    return timedelta(seconds=min(wait or 0.0, LONGEST_WAIT))


def _backoff(tries: int) -> float:
    state = tenacity.RetryCallState(retry_object=tenacity.Retrying(), fn=None, args=(), kwargs={})
    state.attempt_number = max(tries, 1)
    return float(BACKOFF(state))
