"""State machine of outbound texts once they left: answers, callbacks in any order, look-ups, texts given up."""

from datetime import datetime, timedelta

import structlog

from app.carriers.base import Action, CannotTell, CarrierError, Sent, SentMessage, StatusUpdate
from app.outbound import error_policy, outbox
from app.outbound.error_policy import LOOKUP_DELAYS
from app.outbound.failures import Failure
from handlers import followups
from handlers.turn import Context
from models import lines, people
from models.delivery import outbound, uncertain
from models.delivery.outbound import ARRIVED, RANK, UNDER_WAY, Attempt, Outbound, Result, State
from models.delivery.uncertain import Lookup
from models.store.session import Session

log = structlog.get_logger()

LOOKUP_GAP = timedelta(seconds=30)  # between two looks, at least, however late the first one was
LONGEST_POST = timedelta(seconds=90)  # from the beginning of an attempt until the carrier's entry of it, at most
CLOCK_SKEW = timedelta(seconds=60)  # by which the carrier's clock may be behind ours
ABANDONED = frozenset({State.EXPIRED, State.CANCELLED})
# How long a text waits that never arrived by all that the carrier says, after the first such POST, the second and so
# on: it goes again as long as somebody wants it. After the second a person is told.
RESEND_WAITS = tuple(timedelta(minutes=minutes) for minutes in (0, 1, 5, 15, 30))
TOLD_AFTER = 2


def post_failed(
    session: Session,
    outbound_id: int,
    attempt_id: int,
    error: CarrierError,
    now: datetime,
    *,
    outage: bool = False,
) -> None:
    """A POST did not go well; in an `outage`, those before it did not either."""
    row = outbound.get_for_update(session, outbound_id)
    if row is None or row.state not in UNDER_WAY:
        return  # a callback knew better
    attempt = outbound.last_attempt(session, outbound_id)
    if attempt is None or attempt.id != attempt_id or attempt.result not in (None, Result.UNCERTAIN):
        return
    failure = Failure(session, row, attempt, error.code, now, called_back=False, wait=error.wait, outage=outage)
    error_policy.apply(failure, error.action)


def post_accepted(session: Session, outbound_id: int, attempt_id: int, sent: Sent, now: datetime) -> None:
    """A POST went well, and a callback about it was faster, or its lease had run out; or it was taken and failed."""
    row = outbound.get_for_update(session, outbound_id)
    if row is not None:
        _fold(
            *(session, row, sent.state, now),
            sid=sent.sid,
            code=sent.code,
            action=sent.action,
            attempt_id=attempt_id,
        )


def status_received(session: Session, update: StatusUpdate, now: datetime) -> bool:
    """Take in a status callback, in whatever order and however often it comes; False for a text that is not ours."""
    sid, state = update.sid, update.state
    if state is not None and state is not State.FAILED and sid:
        moved = outbound.advance(session, update.outbound_id, sid, state, now)
        if moved is not None:
            outbound.record_status(session, update.outbound_id, now, update.status, sid=sid, code=update.code)
            if state in ARRIVED:
                people.mark_reachable(session, *moved)
            return True
    row = outbound.get_for_update(session, update.outbound_id)
    if row is None:
        return False
    outbound.record_status(session, update.outbound_id, now, update.status, sid=sid, code=update.code)
    if sid is not None and sid != row.sid:
        _take_from_others(session, row, sid, now)
    if state is not None:
        _fold(session, row, state, now, sid=sid, code=update.code, action=update.action)
    return True


def _take_from_others(session: Session, row: Outbound, sid: str, now: datetime) -> None:
    """A callback names its text, the list only shows words: whoever got this id from there is uncertain again."""
    for other in outbound.others_with_sid(session, sid, but=row.id):
        log.warning("found_anothers", text=other.id)
        for attempt in outbound.attempts(session, other.id):
            if attempt.sid == sid:
                attempt.sid, attempt.result = None, Result.UNCERTAIN
                session.add(attempt)
                other.not_before = attempt.started_at + LOOKUP_DELAYS[0]
        other.state, other.sid, other.changed_at = State.UNCERTAIN, None, now
        session.add(other)


def _fold(
    session: Session,
    row: Outbound,
    state: State,
    now: datetime,
    *,
    sid: str | None,
    code: int | None,
    action: Action = Action.UNKNOWN,
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
    if state not in ARRIVED and (spent or row.state in ABANDONED):
        return
    if RANK.get(row.state, 0) >= RANK[state]:
        return
    row.sid = sid or row.sid
    if state is State.FAILED:
        error_policy.apply(Failure(session, row, attempt, code, now, called_back=True), action)
        return
    row.state, row.leased_until, row.changed_at = state, None, now
    session.add(row)
    if state in ARRIVED:
        people.mark_reachable(session, row.line_id, row.channel, row.to)


def _about(made: list[Attempt], sid: str | None, attempt_id: int | None) -> Attempt | None:
    """The attempt that this news is about: by its id at the carrier, else the last whose id we do not know.

    One before that was looked for in vain three times before the text went again, so most likely it never left.
    """
    for attempt in made:
        if attempt.id == attempt_id or (sid is not None and attempt.sid == sid):
            return attempt
    nameless = [a for a in made if a.sid is None and a.result in (None, Result.UNCERTAIN, Result.TAKEN)]
    return nameless[-1] if nameless else (made[-1] if made and sid is None else None)


def lookup_finished(session: Session, lookup: Lookup, found: list[SentMessage] | CannotTell, now: datetime) -> None:
    """The carrier was asked for a text of which nobody knew whether it was taken."""
    row = outbound.get_for_update(session, lookup.id)
    if row is None or row.state is not State.UNCERTAIN or row.not_before != lookup.due:
        return  # a callback, or another process, was faster
    if not isinstance(found, CannotTell):
        people.address_at(
            session, row.line_id, row.channel, row.to
        )  # held: two equal texts never find the same entry
        known = uncertain.known_sids(session, lookup.person_id, [one.sid for one in found], but=row.id)
        strange = [one for one in found if one.sid not in known]
        ours = next((one for one in strange if one.certain), None) or _by_other_marks(session, lookup, strange)
        if ours is not None:
            log.info("found_at_carrier", text=row.id)
            _fold(session, row, ours.state, now, sid=ours.sid, code=ours.code, action=ours.action)
            return
        if strange:  # a text to this phone that is none of our others, and its words are gone
            found = CannotTell()
    waited = lookup.due - lookup.since
    later = [lookup.since + delay for delay in LOOKUP_DELAYS if delay > waited]
    row.leased_until = None
    if later:  # a callback may come, and the list may lag
        row.not_before = max(later[0], now + LOOKUP_GAP)
    elif isinstance(found, CannotTell):
        log.error("fate_unknown", text=row.id)
        row.not_before = None
        outbox.report_failure(session, row, now)
    else:
        _never_arrived(session, row, now)
    session.add(row)


def _by_other_marks(session: Session, lookup: Lookup, strange: list[SentMessage]) -> SentMessage | None:
    """Which of some texts without words is this one: as many to this phone are uncertain, and they left in order."""
    # All whose entries may be among these: some may have been taken long after their attempts began.
    doubted = uncertain.in_doubt(session, lookup, lookup.since - CLOCK_SKEW - LONGEST_POST)
    if len(strange) != len(doubted) or not all(one.fits for one in strange) or lookup.id not in doubted:
        return None
    return strange[doubted.index(lookup.id)]


def _never_arrived(session: Session, row: Outbound, now: datetime) -> None:
    """By all that the carrier says, three times, it never got this text: it goes again while somebody wants it."""
    tried = sum(attempt.result is Result.UNCERTAIN for attempt in outbound.attempts(session, row.id))
    wait = RESEND_WAITS[min(max(tried, 1), len(RESEND_WAITS)) - 1]
    late = row.expires_at is not None and row.expires_at <= now + wait
    log.warning("never_arrived", text=row.id, tried=tried, late=late)
    row.state, row.changed_at = State.EXPIRED if late else State.READY, now
    row.not_before = now + wait if wait and not late else None
    if late or tried >= TOLD_AFTER:
        outbox.report_failure(session, row, now)


def abandon(session: Session, worker: str, now: datetime) -> int:
    """Texts whose process died between attempt and result become uncertain; returns how many."""
    gone = uncertain.mark_uncertain(session, now, worker, LOOKUP_DELAYS[0])
    if gone:
        log.warning("sender_died", texts=len(gone))
    return len(gone)


def expire(session: Session, now: datetime) -> int:
    """Give up on what nobody wants any more; returns how many texts that were."""
    return gave_up(session, outbound.expire(session, now), now)


def gave_up(session: Session, ids: list[int], now: datetime) -> int:
    """Tell whoever is on duty of texts that were given up on before they left."""
    heard_of: set[tuple[int, int | None, bool]] = set()
    for row in outbound.by_ids(session, ids) if ids else []:
        log.warning("given_up", text=row.id, state=row.state, code=row.error_code)
        about = row.person_id, row.request_id, row.phrase == "offer"
        if about in heard_of:  # ten texts that one neighbor will not get are one thing to hear of
            row.reported_at = now
            session.add(row)
        heard_of.add(about)
        outbox.report_failure(session, row, now)
    return len(ids)


def budget_spent(session: Session, line_id: int, now: datetime) -> None:
    """Bulk waits until tomorrow: whoever is on duty hears it once."""
    context = Context(session, lines.by_id(session, line_id), now)
    log.warning("budget_spent", line=line_id)
    outbox.queue(session, context.line, f"budget-{line_id}-{now:%Y%m%d%H%M%S}", followups.budget_spent(context), now)
