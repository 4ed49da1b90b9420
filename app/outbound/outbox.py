"""Outbox: texts are queued under unique keys, in the transaction that decided them; the sender does the rest."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import structlog

from app.outbound import discretion, enclosing, reach, saying, unasked
from app.outbound.enclosing import NOTHING, Enclosed
from app.outbound.reach import Reach
from handlers import followups
from handlers.members import changed_number, forgetting
from handlers.safety import alarms, first_answer, vigil
from handlers.turn import Context, Text
from handlers.wording import buttons, segments, templates
from models import lines, people, prices
from models.delivery import forms, outbound
from models.delivery.fair_ranks import FairRanks
from models.delivery.forms import Form
from models.delivery.handover import goes_along
from models.delivery.outbound import Lane, Outbound, State
from models.lines import Channel, Line
from models.people import Address, Person
from models.store.session import Session

log = structlog.get_logger()

WHOM_TO_CALL = frozenset(
    {*first_answer.PHRASES.values(), first_answer.OTHER, first_answer.STOPPED, first_answer.ENDED}
)
# One confirmation, an answer when they write again, and whom to call in danger.
ALLOWED_AFTER_STOP = frozenset(
    {
        "stopped",
        "wrong_number",
        "you_stopped",
        forgetting.DONE,
        first_answer.STOPPED,
        first_answer.ENDED,
        changed_number.STOPPED,
    }
)

# After which nobody wants a text any more; then it is not sent, and whoever is on duty hears of it.
LIFETIMES = {
    Lane.EMERGENCY: timedelta(days=2),
    Lane.SAFETY: timedelta(days=2),
    Lane.REPLY: timedelta(hours=4),
    Lane.NOTICE: timedelta(hours=12),
    Lane.BULK: timedelta(hours=24),
}
# The longest a wave has a request to itself; and the longest that nobody else was asked to take the watch.
LIFETIME_OF = {"offer": timedelta(hours=4), "watch_call": timedelta(hours=1)}
COPY = re.compile(rf":(?:{'|'.join(Channel)})\d*$")  # behind the key of a text that goes another way


def is_wanted(person: Person, phrase: str) -> bool:
    """Whether this may be sent to them: after STOP nearly nothing may, nor where others read along."""
    if person.silent_since is not None and phrase not in discretion.ALLOWED_IN_SILENCE:
        return False
    return person.opted_out_at is None or phrase in ALLOWED_AFTER_STOP


def queue(
    session: Session,
    line: Line,
    key: str,
    texts: Iterable[Text],
    now: datetime,
    *,
    by: int | None = None,
    once_since: int | None = None,
    ranks: FairRanks | None = None,
) -> int:
    """Write texts into the queue under keys `key:0`, `key:1`, …, each in the language and to the phone of its reader.

    Returns how many were queued. Nobody who said STOP gets one; nobody far away gets one, but from another person
    (`by`) on the line; with `once_since`, nobody for whom the same words wait, or who was told them after that text.
    `ranks` are those of whoever caused them.
    """
    ranks = ranks or FairRanks(now)
    sayings = saying.Sayings()
    wanted = [text for text in texts if is_wanted(text.to, text.phrase)]
    homes = people.reply_addresses(session, [text.to.id for text in wanted]) if wanted else {}
    queued = 0
    if any(text.to.discreet_since is not None for text in wanted):
        wanted = [*discretion.sift(session, line, wanted, homes, now, by)]
    for text in wanted:
        home = homes.get(text.to.id)
        from_number = line.number(home.channel) if home else None
        if home is None or from_number is None:
            log.warning("no_way_to_reach", person=text.to.id, line=line.id)
            continue
        if text.pin is not None and home.channel is not Channel.WHATSAPP:
            continue
        if not _may_reach(line, text, home, by):
            log.info("out_of_reach", person=text.to.id, line=line.id)
            continue
        not_before = unasked.may_leave(session, line, text, home, now)
        lasts = LIFETIME_OF.get(text.phrase) or LIFETIMES[text.lane]
        said = sayings.parts(saying.book(text.to, line), text, home.channel)
        form, last = _form(Context(session, line, now), text, home, said)
        introduced = unasked.introduced(session, line, text, home, said, now)
        for part, along in enclosing.parts(session, line, text, home, introduced, now):
            if once_since is not None and outbound.is_told(session, text.to.id, part, since=once_since):
                continue
            merges = text.merged and not text.fresh
            size = segments.count(part)
            packed = forms.pack(last)
            if merges and outbound.reword(session, text.merged, part, size, now, kept=text.kept, form=packed):
                queued += 1
                continue
            enqueue(
                session,
                now,
                part,
                ranks,
                line_id=line.id,
                person_id=text.to.id,
                request_id=text.request_id,
                key=_key(session, text, f"{key}:{queued}"),
                phrase=text.phrase,
                channel=home.channel,
                from_number=from_number,
                to=home.value,
                by_rcs=home.by_rcs,
                lane=text.lane,
                kept=text.kept,
                not_before=not_before,
                along=along,
                form=last if part.endswith(said[-1]) else form,
                expires_at=text.expires_at or (not_before or now) + lasts,
            )
            queued += 1
    return queued


def takes_place(session: Session, line: Line, text: Text, now: datetime) -> bool:
    """Whether this text took the place of an earlier one of its name, which had not left yet."""
    home = people.reply_addresses(session, [text.to.id]).get(text.to.id)
    text = discretion.neutral(text)
    if home is None or not is_wanted(text.to, text.phrase):
        return False
    said = saying.parts(saying.said(saying.book(text.to, line), text, home.channel), home.channel)
    _, form = _form(Context(session, line, now), text, home, said)
    return len(said) == 1 and outbound.reword(
        *(session, text.merged, said[0], segments.count(said[0]), now, text.not_before),
        kept=text.kept,
        form=forms.pack(form),
    )


def _may_reach(line: Line, text: Text, home: Address, by: int | None) -> bool:
    """Whether the line writes this to that address. What people abroad cause themselves is sifted out before."""
    how_far = reach.of(line, text.to, home.channel, home.value)
    if how_far is Reach.DANGER:
        return text.phrase in WHOM_TO_CALL or by not in (None, text.to.id)
    return how_far is Reach.ALWAYS


def _form(context: Context, text: Text, home: Address, said: list[str]) -> tuple[Form | None, Form | None]:
    """What each part is besides its words, and what the last is, on phones that show such."""
    by_whatsapp = home.channel is Channel.WHATSAPP
    if not by_whatsapp and not text.phrase.startswith(alarms.FIRST_SAID):  # an alarm may go there after all
        return None, None
    book = saying.book(text.to, context.line)
    form = templates.form(book, context.line, text)
    if not by_whatsapp:
        return None, form
    return form, buttons.beside(context, book, text, said[-1], form)


def _key(session: Session, text: Text, otherwise: str) -> str:
    """Words that come when the text they belong to leaves, or has left, get a text of their own."""
    if not text.merged or (not text.fresh and outbound.key_exists(session, text.merged)):
        return otherwise
    return text.merged


def enqueue(
    session: Session,
    now: datetime,
    body: str,
    ranks: FairRanks,
    *,
    lane: Lane,
    kept: bool = False,
    not_before: datetime | None = None,
    along: Enclosed = NOTHING,
    form: Form | None = None,
    **row: Any,
) -> None:
    """Write one text into the queue, ready to leave; with a picture that is still fetched, once that is here."""
    size = segments.count(body)
    lane, rank = ranks.place(lane, size, not_before)
    line = lines.by_id(session, row["line_id"])
    session.insert_later(
        Outbound,
        body=body,
        form=forms.pack(form),
        segments=size,
        cost=prices.sent(line.policy, row["channel"], row["to"], size, media=goes_along(along.key, body)),
        state=State.KEPT if kept else State.READY,
        lane=lane,
        rank=rank,
        not_before=max(filter(None, (along.until, not_before)), default=None),
        attachment_id=along.attachment_id,
        media=along.key,
        created_at=now,
        changed_at=now,
        **row,
    )


def report_failure(session: Session, lost: Outbound, now: datetime) -> None:
    """Whoever is on duty hears, once, that this text may never arrive."""
    if lost.reported_at is not None:
        return
    lost.reported_at = now
    session.add(lost)
    lines.take_turns(session, lost.line_id)  # of two that fail at the same moment one sees what the other says
    context = Context(session, lines.by_id(session, lost.line_id), now)
    line = context.line
    if lost.phrase.startswith(alarms.FIRST_SAID) and resend_elsewhere(session, lost, now):
        return
    alarming = lost.phrase.startswith(alarms.FIRST_SAID)
    # After an outage hundreds may be lost at once, in several rounds, and many to the same unnamed somebody.
    texts = vigil.undelivered(context, lost) if alarming else followups.undelivered(context, lost)
    queue(session, line, f"failed-{lost.id}", texts, now, once_since=_first(session, lost))


def _first(session: Session, row: Outbound) -> int:
    """The id of the text that this one is a copy of; its own, if it is none."""
    origin = COPY.sub("", row.key)
    return row.id if origin == row.key else (outbound.id_of(session, origin) or row.id)


def resend_elsewhere(session: Session, row: Outbound, now: datetime) -> bool:
    """Send an alarm by the other channel of somebody whom it did not reach; False if there is none left."""
    if COPY.search(row.key):
        return False
    other = Channel.SMS if row.channel is Channel.WHATSAPP else Channel.WHATSAPP
    homes = people.addresses_on(session, row.person_id, other)
    return resend(session, row, now, [home for home in homes if home.undeliverable_at is None])


def resend(session: Session, row: Outbound, now: datetime, homes: Iterable[Address]) -> bool:
    """Send a text to the first of these addresses that we write to; False if there is none."""
    line = lines.by_id(session, row.line_id)
    person = people.by_id(session, row.person_id)
    near = (each for each in homes if reach.of(line, person, each.channel, each.value) is Reach.ALWAYS)
    home = next(near, None)
    from_number = line.number(home.channel) if home else None
    if home is None or from_number is None:
        return False
    body = segments.thrifty(row.body) if home.channel is Channel.SMS else row.body
    for n, (part, along) in enumerate(enclosing.again(line, row, home, saying.parts(body, home.channel))):
        enqueue(
            session,
            now,
            part,
            FairRanks(now),
            line_id=row.line_id,
            person_id=row.person_id,
            request_id=row.request_id,
            key=f"{row.key}:{home.channel}{n or ''}",
            phrase=row.phrase,
            channel=home.channel,
            from_number=from_number,
            to=home.value,
            by_rcs=home.by_rcs,
            lane=Lane(row.lane),
            kept=not discretion.may_see(person, row.phrase, row.lane),
            along=along,
            form=forms.unpack(row.form) if home.channel is Channel.WHATSAPP else None,
            expires_at=row.expires_at,
        )
    row.reported_at = now  # the copy is what somebody waits for now
    session.add(row)
    return True
