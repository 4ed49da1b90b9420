"""Error policy: what follows when the carrier did not take a text, or did not deliver it; a function an action."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from app.carriers.base import Action
from app.outbound import discretion, outbox, window
from handlers import followups
from handlers.turn import Context, Texts
from models import lines, people
from models.delivery import line_numbers, outbound, shown
from models.delivery.line_numbers import LineNumber
from models.delivery.outbound import Attempt, Outbound, Result, State
from models.lines import Channel, Line
from models.people import Address
from models.store.session import Session

log = structlog.get_logger()

SHORTEST_BACKOFF, LONGEST_BACKOFF = 2.0, 300.0  # seconds
LONGEST_WAIT = 900.0  # seconds; a carrier that asks for more is asked again all the same: people wait
TRANSIENT_RETRIES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30))
SOFT_RETRY = timedelta(minutes=30)
STRIKES = 3
LOOP_PAUSE = timedelta(minutes=15)

# For how long a number pauses before one text tries again, at least and at most. A carrier that is away costs a POST
# every ten seconds and nobody a text, so that all goes on within seconds of its return. An account that is at fault
# is mostly mended by a person, and they should not wait long either: 288 POSTs a day. A quota ends with its day.
SAME_PROBE = 3  # times that one text finds the carrier away, before it lets others go first
AWAY_PAUSE = timedelta(seconds=2), timedelta(seconds=10)
OTHERS_FIRST = AWAY_PAUSE[1] + timedelta(seconds=1)
ACCOUNT_PAUSE = timedelta(seconds=15), timedelta(minutes=5)
QUEUE_FULL_PAUSE = timedelta(seconds=60), timedelta(minutes=5)
QUOTA_PAUSE = timedelta(minutes=15), timedelta(hours=1)
TOLD_PAUSE = timedelta(hours=1)  # told by callback only: every POST seems to go well, and no text shows it mended

# After an attempt of which nobody knows, counted from its start. Twilio calls back within seconds when it did take
# the text, so the first look is a short wait away. Its list shows a message moments after the POST, which begins at
# most a minute after its attempt; the last look is two minutes later, many times what its list was ever seen to lag.
LOOKUP_DELAYS = (timedelta(seconds=15), timedelta(seconds=60), timedelta(seconds=180))


@dataclass(frozen=True)
class Failure:
    """A text that the carrier did not take, or did not deliver."""

    session: Session
    row: Outbound
    attempt: Attempt | None
    code: int | None
    now: datetime
    called_back: bool  # said by callback: the carrier had taken it
    wait: float | None = None  # seconds that the carrier asked for
    outage: bool = False  # one of several in a row of which nobody knows whether they were taken

    @property
    def line(self) -> Line:
        return lines.by_id(self.session, self.row.line_id)

    @property
    def address(self) -> Address | None:
        row = self.row
        return people.address_at(self.session, row.line_id, row.channel, row.to)

    def line_numbers(self) -> list[LineNumber]:
        """The line's numbers, with the one that this text left from made known."""
        line_numbers.add(self.session, self.row.line_id, self.row.channel, self.row.from_number)
        return line_numbers.of_line(self.session, self.row.line_id)

    def pause(self, line_number: LineNumber, bounds: tuple[timedelta, timedelta]) -> None:
        """Let a number pause, within these bounds, or for longer if the carrier asks for it."""
        at_least, at_most = bounds
        at_least = TOLD_PAUSE if self.called_back else max(at_least, _seconds(self.wait))
        line_numbers.pause(self.session, line_number, self.code or 0, self.now, at_least, at_most)

    def own_number(self) -> LineNumber:
        """The number that sent this text."""
        return next(
            s for s in self.line_numbers() if (s.channel, s.number) == (self.row.channel, self.row.from_number)
        )

    def end(self, result: Result) -> None:
        """Note how the attempt ended."""
        if self.attempt is not None:
            self.attempt.result, self.attempt.error_code, self.attempt.ended_at = result, self.code, self.now
            self.session.add(self.attempt)

    def fail(self) -> None:
        """It will never arrive: whoever is on duty hears of it, if somebody waits."""
        self.end(Result.REFUSED)
        self.row.state, self.row.error_code = State.FAILED, self.code
        self.row.leased_until, self.row.changed_at = None, self.now
        self.session.add(self.row)
        outbox.report_failure(self.session, self.row, self.now)

    def keep(self, until: datetime | None = None, *, counted: bool = False) -> None:
        """It is ours again: held until then, or waiting for its number. Too late for it, and it is lost.

        Whoever said STOP while it was on its way is not written to again.
        """
        row = self.row
        person = people.by_id(self.session, row.person_id)
        wanted = outbox.is_wanted(person, row.phrase)
        if wanted and until is not None and row.expires_at is not None and until >= row.expires_at:
            self.fail()
            return
        self.end(Result.RETURNED)
        row.state = State.CANCELLED if not wanted else State.READY if until is None else State.HELD
        if wanted and not discretion.may_see(person, row.phrase, row.lane):
            row.state = State.KEPT
        row.not_before, row.error_code = until, self.code
        row.sid = row.leased_until = None
        row.retries += counted
        row.changed_at = self.now
        self.session.add(row)

    def tell_duty(self, key: str, about: Callable[[Context], Texts]) -> None:
        """Tell whoever is on duty, once under this key, something about the line rather than about this text."""
        if not outbound.key_exists(self.session, f"{key}:0"):
            context = Context(self.session, self.line, self.now)
            outbox.queue(self.session, context.line, key, about(context), self.now)


def _again(failure: Failure) -> None:
    if failure.called_back:  # the carrier took it and gave up: that is no failed POST
        _transient(failure)
        return
    failure.keep(failure.now + (_seconds(failure.wait) or timedelta(seconds=backoff(failure.row.tries))))


def _away(failure: Failure) -> None:
    if failure.called_back:
        _transient(failure)
        return
    _pause_for_outage(failure)
    # What refuses this text may let others pass (a filter in between): then another one has to be the next probe.
    again = failure.row.tries >= SAME_PROBE
    failure.keep(failure.now + OTHERS_FIRST if again else None)


def _pause_for_outage(failure: Failure) -> None:
    # What an error page asks us to wait is not the carrier's own word, and a probe costs one POST.
    failure = replace(failure, wait=None)
    failure.pause(failure.own_number(), AWAY_PAUSE)


def _queue_full(failure: Failure) -> None:
    if failure.called_back:
        _transient(failure)
        return
    failure.pause(failure.own_number(), QUEUE_FULL_PAUSE)
    failure.keep()


def _look_up(failure: Failure) -> None:
    if failure.called_back:
        _transient(failure)
        return
    failure.end(Result.UNCERTAIN)
    row, began = failure.row, failure.attempt.started_at if failure.attempt else failure.now
    row.state, row.error_code, row.not_before = State.UNCERTAIN, failure.code, began + LOOKUP_DELAYS[0]
    row.leased_until, row.changed_at = None, failure.now
    failure.session.add(row)
    if failure.outage:
        _pause_for_outage(failure)


def _transient(failure: Failure) -> None:
    if failure.row.retries < len(TRANSIENT_RETRIES):
        failure.keep(failure.now + TRANSIENT_RETRIES[failure.row.retries], counted=True)
    else:
        failure.fail()


def _soft(failure: Failure) -> None:
    address = failure.address
    if address is not None:
        address.unreachable_count += 1
        failure.session.add(address)
        if address.unreachable_count == STRIKES:
            failure.tell_duty(
                f"doubtful-{failure.row.id}-{failure.row.tries}",
                lambda context: followups.doubtful(context, failure.row),
            )
    if failure.row.retries == 0:
        failure.keep(failure.now + SOFT_RETRY, counted=True)
    else:
        failure.fail()


def _quota(failure: Failure) -> None:
    failure.pause(failure.own_number(), QUOTA_PAUSE)
    today = lines.day(failure.line, failure.now)
    failure.tell_duty(f"quota-{failure.row.line_id}-{today}", followups.quota_used_up)
    failure.keep()


def _opted_out(failure: Failure) -> None:
    person = people.by_id(failure.session, failure.row.person_id)
    person.opted_out_at = person.opted_out_at or failure.now
    failure.session.add(person)
    outbound.cancel_for(failure.session, person.id, failure.now)
    failure.fail()


def _bad_address(failure: Failure) -> None:
    address = failure.address
    if address is not None:
        address.undeliverable_code, address.undeliverable_at = failure.code, failure.now
        failure.session.add(address)
    failure.fail()  # what else is queued for it is stopped at its lease


def _filtered(failure: Failure) -> None:
    address = failure.address
    if address is not None and address.undeliverable_at is None:
        address.undeliverable_code = failure.code  # so that the lease compares what goes there with what was filtered
        failure.session.add(address)
    failure.fail()


def _window(failure: Failure) -> None:
    if failure.row.channel is not Channel.WHATSAPP:
        failure.fail()
        return
    failure.end(Result.RETURNED)
    window.refused(failure.session, failure.row, failure.now)


def _loop(failure: Failure) -> None:
    until = failure.now + LOOP_PAUSE
    address = failure.address
    if address is not None:
        address.paused_until = until
        failure.session.add(address)
    if failure.row.retries < len(TRANSIENT_RETRIES):
        failure.keep(until, counted=True)
    else:
        failure.fail()


def _account(failure: Failure) -> None:
    for line_number in failure.line_numbers():
        failure.pause(line_number, ACCOUNT_PAUSE)
    failure.keep()


POLICIES: dict[Action, Callable[[Failure], None]] = {
    Action.AGAIN: _again,
    Action.AWAY: _away,
    Action.QUEUE_FULL: _queue_full,
    Action.LOOK_UP: _look_up,
    Action.TRANSIENT: _transient,
    Action.SOFT: _soft,
    Action.QUOTA: _quota,
    Action.OPTED_OUT: _opted_out,
    Action.BAD_ADDRESS: _bad_address,
    Action.FILTERED: _filtered,
    Action.CONTENT: Failure.fail,
    Action.WINDOW: _window,
    Action.LOOP: _loop,
    Action.GEOGRAPHY: Failure.fail,
    Action.ACCOUNT: _account,
    Action.UNKNOWN: Failure.fail,
}

# What whoever runs the host must see: the account, texts built wrongly, codes that the table does not know.
FOR_THE_HOST = frozenset({Action.ACCOUNT, Action.CONTENT, Action.UNKNOWN})
BY_LAYOUT = frozenset({Action.CONTENT, Action.UNKNOWN})  # what a layout that the carrier no longer keeps brings about


def apply(failure: Failure, action: Action) -> None:
    row = failure.row
    say = log.error if action in FOR_THE_HOST else log.warning
    what = "not_delivered" if failure.called_back else "not_taken"
    say(what, text=row.id, line=row.line_id, action=action, code=failure.code)
    plain = shown.in_words(row.form) if action in BY_LAYOUT else row.form
    if plain != row.form:  # nothing may hang on buttons
        row.form = plain
        failure.keep()
        return
    POLICIES[action](failure)


def _seconds(wait: float | None) -> timedelta:
    return timedelta(seconds=min(wait or 0.0, LONGEST_WAIT))


def backoff(tries: int) -> float:
    """Full jitter, so that what failed together does not come back together: up to 4 s, 8 s, … 5 min."""
    longest = min(LONGEST_BACKOFF, 2.0 ** (min(tries, 16) + 1))
    return random.uniform(SHORTEST_BACKOFF, max(longest, SHORTEST_BACKOFF))
