"""Error policy: what follows when the carrier did not take a text, or did not deliver it; a function an action."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import structlog

from app.carriers.base import Action
from app.outbound import mornings, opting_out, outbox, unexplained, window
from app.outbound.failures import Failure
from handlers import followups
from models import lines
from models.delivery import forms, shown
from models.delivery.outbound import Lane, Result, State
from models.lines import Channel

log = structlog.get_logger()

SHORTEST_BACKOFF, LONGEST_BACKOFF = 2.0, 300.0  # seconds
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

# After an attempt of which nobody knows, counted from its start. Twilio calls back within seconds when it did take
# the text, so the first look is a short wait away. Its list shows a message moments after the POST, which begins at
# most a minute after its attempt; the last look is two minutes later, many times what its list was ever seen to lag.
LOOKUP_DELAYS = (timedelta(seconds=15), timedelta(seconds=60), timedelta(seconds=180))


def _again(failure: Failure) -> None:
    if failure.called_back:  # the carrier took it and gave up: that is no failed POST
        _transient(failure)
        return
    failure.keep(failure.now + (failure.asked_to_wait or timedelta(seconds=backoff(failure.row.tries))))


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
    opting_out.by_carrier(failure.session, failure.row, failure.now)
    failure.fail()


def _quiet(failure: Failure) -> None:
    """The law or the group's own setting lets nothing through at this hour: it goes in the morning, unless too late.

    Duty hears at once of what cannot wait, and who is asked for help is not asked by a text of last night.
    """
    row, again = failure.row, failure.row.retries > 0
    if row.retries >= len(TRANSIENT_RETRIES):
        failure.fail()
        return
    until = mornings.next_morning(failure.line, row.to, failure.now, again=again)
    if row.expires_at is not None and row.phrase not in outbox.LIFETIME_OF:
        row.expires_at = until + (row.expires_at - failure.now)
    failure.keep(until, counted=True)
    if row.lane <= Lane.SAFETY and row.state is State.HELD:
        outbox.report_failure(failure.session, row, failure.now)


def _unknown(failure: Failure) -> None:
    """An error that we do not know. Told by callback it is this text's alone: others were taken."""
    if failure.called_back or failure.code is None:
        failure.fail()
        return
    match unexplained.look(failure.session, failure.row, failure.code):
        case unexplained.Verdict.AGAIN:
            failure.keep(failure.now + unexplained.ONCE_MORE_AFTER)
        case unexplained.Verdict.GIVE_UP:
            failure.fail()
        case unexplained.Verdict.KEEP:
            line_number = failure.own_number()
            failure.pause(line_number, ACCOUNT_PAUSE)
            # Others are tried before it does again: perhaps it was these few texts after all.
            until = line_number.paused_until or failure.now
            failure.keep(until + (until - failure.now))


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
    Action.QUIET: _quiet,
    Action.LOOP: _loop,
    Action.GEOGRAPHY: Failure.fail,
    Action.ACCOUNT: _account,
    Action.UNKNOWN: _unknown,
}

# What whoever runs the host must see: the account, texts built wrongly, codes that the table does not know.
FOR_THE_HOST = frozenset({Action.ACCOUNT, Action.CONTENT, Action.UNKNOWN})
BY_LAYOUT = frozenset({Action.CONTENT, Action.UNKNOWN})  # what a layout that the carrier no longer keeps brings about


def apply(failure: Failure, action: Action) -> None:
    row = failure.row
    say = log.error if action in FOR_THE_HOST else log.warning
    what = "not_delivered" if failure.called_back else "not_taken"
    say(what, text=row.id, line=row.line_id, action=action, code=failure.code)
    if action is Action.CONTENT and forms.sent_by(row.form) is not None:
        action = Action.WINDOW  # the template is paused, gone or does not fit: as if there were none
    plain = shown.in_words(row.form) if action in BY_LAYOUT else row.form
    if plain != row.form:  # nothing may hang on buttons
        row.form = plain
        failure.keep()
        return
    POLICIES[action](failure)


def backoff(tries: int) -> float:
    """Full jitter, so that what failed together does not come back together: up to 4 s, 8 s, … 5 min."""
    longest = min(LONGEST_BACKOFF, 2.0 ** (min(tries, 16) + 1))
    return random.uniform(SHORTEST_BACKOFF, max(longest, SHORTEST_BACKOFF))
