"""What becomes of a text once it left us, and what follows: the error table's actions, callbacks, lost and found."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
import tenacity

from app import outbox
from app.carriers import STATUSES, CarrierError, Found
from app.carriers.errors import QUEUE_FULL, TABLE, Action, action_for
from handlers import followups
from handlers.turn import Moment, Texts
from models import lines, outbound, people, senders, uncertain
from models.lines import Line
from models.outbound import ARRIVED, RANK, UNDER_WAY, Attempt, Outbound, Result, State
from models.people import Address
from models.senders import Sender
from models.session import Session
from models.uncertain import Lookup

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

# After a POST without an answer. Twilio calls back within seconds when it did take the text, so the first look is a
# short wait away. Its list shows a message moments after the POST; the last look is two minutes after the one before
# and three after the POST, many times what its list was ever seen to lag. Only then is the text sent again, once.
LOOKS = (timedelta(seconds=15), timedelta(seconds=60), timedelta(seconds=180))
APART = timedelta(seconds=30)  # between two looks, at least, however late the first one was
SKEW = timedelta(seconds=60)  # by which the carrier's clock may be behind ours
FILTERED = TABLE[Action.FILTERED]
GIVEN_UP = frozenset({State.EXPIRED, State.CANCELLED})
TRIES = 2  # POSTs whose end nobody knows; after the second a person is told


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
        """It is ours again: held until then, or waiting for its sender. Too late for it, and it is lost."""
        row = self.row
        if until is not None and row.expires_at is not None and until >= row.expires_at:
            self.lose()
            return
        self.end(Result.RETURNED)
        row.state = State.READY if until is None else State.HELD
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


def _follow(case: Case, action: Action) -> None:
    row = case.row
    say = log.error if action in FOR_THE_HOST else log.warning
    what = "not_delivered" if case.called_back else "not_taken"
    say(what, text=row.id, line=row.line_id, action=action, code=case.code)
    FOLLOWS[action](case)


def refused(session: Session, outbound_id: int, attempt_id: int, error: CarrierError, now: datetime) -> None:
    """A POST did not go well."""
    row = outbound.held(session, outbound_id)
    if row is None or row.state not in UNDER_WAY:
        return  # a callback knew better
    *_, attempt = outbound.attempts(session, outbound_id)
    if attempt.id != attempt_id or attempt.result not in (None, Result.UNCERTAIN):
        return
    _follow(Case(session, row, attempt, error.code, now, called_back=False, wait=error.wait), error.action)


def taken(session: Session, outbound_id: int, attempt_id: int, sid: str, state: State, now: datetime) -> None:
    """A POST went well, and a callback about it was faster, or its lease had run out."""
    row = outbound.held(session, outbound_id)
    if row is not None:
        _fold(session, row, state, now, sid=sid, code=None, attempt_id=attempt_id)


def heard(session: Session, outbound_id: int, said: str, now: datetime, *, sid: str | None, code: int | None) -> bool:
    """Take in a status callback, in whatever order and however often it comes; False for a text that is not ours."""
    state = STATUSES.get(said)
    if state is not None and state is not State.FAILED and sid:
        moved = outbound.advance(session, outbound_id, sid, state, now)
        if moved is not None:
            outbound.keep_event(session, outbound_id, now, said, sid=sid, code=code)
            if state in ARRIVED:
                people.reached(session, *moved)
            return True
    row = outbound.held(session, outbound_id)
    if row is None:
        return False
    outbound.keep_event(session, outbound_id, now, said, sid=sid, code=code)
    if state is not None:
        _fold(session, row, state, now, sid=sid, code=code)
    return True


def _fold(
    session: Session,
    row: Outbound,
    state: State,
    now: datetime,
    *,
    sid: str | None,
    code: int | None,
    attempt_id: int | None = None,
) -> None:
    """Move a text by rank: what is said of an earlier attempt counts only where it says that the text arrived."""
    made = outbound.attempts(session, row.id)
    attempt = _about(made, sid, attempt_id)
    if attempt is not None:
        attempt.sid = sid or attempt.sid
        attempt.ended_at = attempt.ended_at or now
        if attempt.result in (None, Result.UNCERTAIN):
            attempt.result = Result.TAKEN
        session.add(attempt)
    spent = attempt is not None and (attempt is not made[-1] or attempt.result in (Result.RETURNED, Result.REFUSED))
    if state not in ARRIVED and (spent or row.state in GIVEN_UP):
        return
    if RANK.get(row.state, 0) >= RANK[state]:
        return
    row.sid = sid or row.sid
    if state is State.FAILED:
        _follow(Case(session, row, attempt, code, now, called_back=True), action_for(code))
        return
    row.state, row.leased_until, row.changed_at = state, None, now
    session.add(row)
    if state in ARRIVED:
        people.reached(session, row.line_id, row.channel, row.to)


def _about(made: list[Attempt], sid: str | None, attempt_id: int | None) -> Attempt | None:
    """The attempt that this news is about: by its id at the carrier, else the first whose id we do not know."""
    for attempt in made:
        if attempt.id == attempt_id or (sid is not None and attempt.sid == sid):
            return attempt
    nameless = [a for a in made if a.sid is None and a.result in (None, Result.UNCERTAIN, Result.TAKEN)]
    return nameless[0] if nameless else (made[-1] if made and sid is None else None)


def looked_up(session: Session, lookup: Lookup, found: list[Found], now: datetime) -> None:
    """The carrier's list was searched for a text of which nobody knew whether it was taken."""
    row = outbound.held(session, lookup.id)
    if row is None or row.state is not State.UNCERTAIN or row.not_before != lookup.due:
        return  # a callback, or another process, was faster
    known = uncertain.known_sids(session, lookup.person_id, [one.sid for one in found], but=row.id)
    ours = [one for one in found if one.sid not in known]
    if ours:
        log.info("found_at_carrier", text=row.id)
        _fold(session, row, ours[0].state, now, sid=ours[0].sid, code=ours[0].code)
        return
    waited = lookup.due - row.changed_at
    later = [row.changed_at + look for look in LOOKS if look > waited]
    row.leased_until = None
    if later:
        row.not_before = max(later[0], now + APART)
    else:
        _not_found(session, row, now)
    session.add(row)


def _not_found(session: Session, row: Outbound, now: datetime) -> None:
    tried = sum(attempt.result is Result.UNCERTAIN for attempt in outbound.attempts(session, row.id))
    late = row.expires_at is not None and row.expires_at <= now
    row.not_before = None
    if tried < TRIES and not late:
        log.warning("not_found_sent_again", text=row.id)
        row.state, row.changed_at = State.READY, now
    else:
        log.error("fate_unknown", text=row.id)
        outbox.tell(session, row, now)


def abandon(session: Session, now: datetime) -> int:
    """Texts whose sender died between attempt and result become uncertain; returns how many."""
    gone = uncertain.abandon(session, now, now + LOOKS[0])
    if gone:
        log.warning("sender_died", texts=len(gone))
    return len(gone)


def expire(session: Session, now: datetime) -> int:
    """Give up on what nobody wants any more; returns how many texts that were."""
    return lost(session, outbound.expired(session, now), now)


def lost(session: Session, ids: list[int], now: datetime) -> int:
    """Tell whoever is on duty of texts that were given up on before they left."""
    heard_of: set[tuple[int, int | None, bool]] = set()
    for row in outbound.by_ids(session, ids) if ids else []:
        log.warning("given_up", text=row.id, state=row.state, code=row.error_code)
        about = row.person_id, row.request_id, row.phrase == "offer"
        if about in heard_of:  # ten texts that one neighbor will not get are one thing to hear of
            row.told_at = now
            session.add(row)
        heard_of.add(about)
        outbox.tell(session, row, now)
    return len(ids)


def budget_spent(session: Session, line_id: int, now: datetime) -> None:
    """Bulk waits until tomorrow: whoever is on duty hears it once."""
    moment = Moment(session, lines.by_id(session, line_id), now)
    log.warning("budget_spent", line=line_id)
    outbox.queue(session, moment.line, f"budget-{line_id}-{now:%Y%m%d%H%M%S}", followups.budget_spent(moment), now)


def _seconds(wait: float | None) -> timedelta:
    return timedelta(seconds=min(wait or 0.0, LONGEST_WAIT))


def _backoff(tries: int) -> float:
    state = tenacity.RetryCallState(retry_object=tenacity.Retrying(), fn=None, args=(), kwargs={})
    state.attempt_number = max(tries, 1)
    return float(BACKOFF(state))
