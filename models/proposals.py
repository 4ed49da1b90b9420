"""Proposals: what a group decides by consensus, who said what to it, and how each of them ended.

Every volunteer somebody vouched for before it was asked has one voice, the last that they gave. It passes at its
time if enough of those active lately gave theirs and nobody blocks. New words ask everybody anew. Whoever gives a
voice and whoever closes it take turns (`Session.locked`), so that a result is counted once and never changes.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from math import ceil
from typing import Any

import sqlalchemy as sa
from sqlmodel import JSON, Column, Field, col, select

from models.lines import Line, Policy
from models.people import VOLUNTEERS, Address, Person
from models.store.session import Session
from models.store.types import EnumString, Model, UtcDateTime, table

TWO = 2  # people at least, where there are two: nobody decides alone for others
OPEN_ONLY = sa.text("state = 'open'")


class State(StrEnum):
    """Where a proposal stands."""

    OPEN = "open"
    PASSED = "passed"
    FAILED = "failed"  # somebody blocks, or too few gave their voice
    WITHDRAWN = "withdrawn"  # by who proposed it, or because they left


class Voice(StrEnum):
    """What somebody says to a proposal."""

    AGREE = "agree"
    ASIDE = "aside"  # they do not stand in its way
    BLOCK = "block"  # not with them


class Proposal(Model, table=True):
    """One proposal. `revision` counts its wordings from 1; the figures are empty until it is over."""

    __table_args__ = (
        sa.UniqueConstraint("line_id", "number"),
        sa.Index("ix_proposal_open", "line_id", sqlite_where=OPEN_ONLY, postgresql_where=OPEN_ONLY),
    )

    id: int = Field(default=None, primary_key=True)
    line_id: int = Field(foreign_key="line.id")
    number: int
    by_person_id: int = Field(foreign_key="person.id")
    words: str
    language: str  # that it was said in
    effect: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))  # what it does
    state: State = Field(default=State.OPEN, sa_type=EnumString(State))
    revision: int = 1
    hours: int  # it is open, from each wording on
    asked_at: datetime = Field(sa_type=UtcDateTime)  # of these words
    closes_at: datetime = Field(sa_type=UtcDateTime)
    reminded_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # those who were silent
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    agreed: int | None = None
    aside: int | None = None
    blocked: int | None = None
    needed: int | None = None  # voices
    undone_because: str | None = None  # it passed, and what it should do could not be done: a phrase that says why
    created_at: datetime = Field(sa_type=UtcDateTime)

    @property
    def is_open(self) -> bool:
        """Whether voices still count."""
        return self.state is State.OPEN

    def is_over(self, now: datetime) -> bool:
        """Whether no voice counts any more, be it counted already or not."""
        return not self.is_open or self.closes_at <= now


class Vote(Model, table=True):
    """The voice of one person to one proposal: the last that they gave, to the wording of that `revision`."""

    __table_args__ = (sa.UniqueConstraint("proposal_id", "person_id"),)

    id: int = Field(default=None, primary_key=True)
    proposal_id: int = Field(foreign_key="proposal.id")
    person_id: int = Field(foreign_key="person.id", index=True)
    voice: Voice = Field(sa_type=EnumString(Voice))
    revision: int
    words: str | None = None  # why
    at: datetime = Field(sa_type=UtcDateTime)


class Remark(Model, table=True):
    """A question about a proposal, or an answer to one."""

    __table_args__ = (sa.Index("ix_remark_proposal", "proposal_id", "id"),)

    id: int = Field(default=None, primary_key=True)
    proposal_id: int = Field(foreign_key="proposal.id")
    person_id: int = Field(foreign_key="person.id", index=True)
    words: str
    at: datetime = Field(sa_type=UtcDateTime)


@dataclass(frozen=True)
class Tally:
    """How a proposal stands: voices to its present words, and how many it needs."""

    agreed: int
    aside: int
    blocked: int
    needed: int

    @property
    def passes(self) -> bool:
        """Whether it passes, if its time is up."""
        return self.blocked == 0 and self.agreed > 0 and self.agreed + self.aside >= self.needed


def add(
    session: Session,
    line: Line,
    by: int,
    words: str,
    now: datetime,
    *,
    language: str,
    hours: int,
    effect: dict[str, Any] | None = None,
) -> Proposal:
    """A new proposal under the line's next number; whoever makes it agrees to it."""
    lines = table(Line)
    taken = sa.update(lines).where(lines.c.id == line.id).values(last_proposal=lines.c.last_proposal + 1)
    number: int = session.execute(taken.returning(lines.c.last_proposal)).scalar_one()
    made = session.create(
        Proposal,
        line_id=line.id,
        number=number,
        by_person_id=by,
        words=words,
        language=language,
        effect=effect,
        hours=hours,
        asked_at=now,
        closes_at=now + timedelta(hours=hours),
        created_at=now,
    )
    session.flush()
    _keep(session, made, by, Voice.AGREE, None, now)
    return made


def by_number(session: Session, line_id: int, number: int) -> Proposal | None:
    """The line's proposal with this number."""
    if number > 2**31 - 1:
        return None
    return session.exec(select(Proposal).where(Proposal.line_id == line_id, Proposal.number == number)).first()


def by_id(session: Session, proposal_id: int) -> Proposal:
    """The proposal with this id, which must exist."""
    return session.get_one(Proposal, proposal_id)


def open_ones(session: Session, line_id: int) -> list[Proposal]:
    """Those that voices still count for, the one that closes first before the others."""
    query = select(Proposal).where(Proposal.line_id == line_id, Proposal.state == State.OPEN)
    return list(session.exec(query.order_by(col(Proposal.closes_at), col(Proposal.id))))


def latest(session: Session, line_id: int, most: int, *, before: int | None = None) -> list[Proposal]:
    """The last of them, the latest first; of those before this number."""
    theirs = select(Proposal).where(Proposal.line_id == line_id)
    if before is not None:
        theirs = theirs.where(col(Proposal.number) < before)
    return list(session.exec(theirs.order_by(col(Proposal.number).desc()).limit(most)))


def made_since(session: Session, line_id: int, person_id: int, since: datetime) -> int:
    """How many somebody has made since then, whatever became of them."""
    made = Proposal.line_id == line_id, Proposal.by_person_id == person_id, col(Proposal.created_at) > since
    return int(session.exec(select(sa.func.count()).select_from(Proposal).where(*made)).one())


def followers(session: Session, proposal: Proposal) -> list[Person]:
    """Who wants to hear what is said about it: who proposed it, asked, blocked, or stood aside and said why."""
    spoke = sa.select(col(Remark.person_id)).where(col(Remark.proposal_id) == proposal.id)
    firm = sa.or_(
        col(Vote.voice) == Voice.BLOCK, sa.and_(col(Vote.voice) == Voice.ASIDE, col(Vote.words).is_not(None))
    )
    voted = sa.select(col(Vote.person_id)).where(col(Vote.proposal_id) == proposal.id, firm)
    theirs = col(Person.id).in_(spoke.union(voted, sa.select(sa.literal(proposal.by_person_id))))
    volunteers = col(Person.helper_since).is_not(None), col(Person.vouched_at).is_not(None)
    query = select(Person).where(theirs, *volunteers, col(Person.banned_at).is_(None))
    return list(session.exec(query.order_by(col(Person.id))))


def vote(
    session: Session, proposal: Proposal, person_id: int, voice: Voice, now: datetime, *, words: str | None = None
) -> bool:
    """Give somebody's voice to the present words, in place of what they said before; False if it is over."""
    if session.locked(proposal).is_over(now):
        return False
    _keep(session, proposal, person_id, voice, words, now)
    return True


def _keep(
    session: Session, proposal: Proposal, person_id: int, voice: Voice, words: str | None, now: datetime
) -> None:
    kept = vote_of(session, proposal, person_id)
    if kept is None:
        session.create(
            Vote,
            proposal_id=proposal.id,
            person_id=person_id,
            voice=voice,
            revision=proposal.revision,
            words=words,
            at=now,
        )
    else:
        kept.voice, kept.revision, kept.words, kept.at = voice, proposal.revision, words, now
        session.add(kept)
    session.flush()


def vote_of(session: Session, proposal: Proposal, person_id: int) -> Vote | None:
    """What somebody said to it last, be it to earlier words."""
    return session.exec(select(Vote).where(Vote.proposal_id == proposal.id, Vote.person_id == person_id)).first()


def voice_of(session: Session, proposal: Proposal, person_id: int) -> Voice | None:
    """What somebody said to its present words."""
    kept = vote_of(session, proposal, person_id)
    return kept.voice if kept is not None and kept.revision == proposal.revision else None


def votes(session: Session, proposal: Proposal) -> list[Vote]:
    """What was said to its present words, in order, by those who still have a voice; once it is counted, what was."""
    if proposal.agreed is None:
        return _counting(session, proposal)
    counted = select(Vote).where(Vote.proposal_id == proposal.id)
    return list(session.exec(counted.order_by(col(Vote.at), col(Vote.id))))


def _counting(session: Session, proposal: Proposal) -> list[Vote]:
    said = select(Vote).join(Person, col(Person.id) == col(Vote.person_id)).where(*_counts(proposal))
    return list(session.exec(said.order_by(col(Vote.at), col(Vote.id))))


def remark(session: Session, proposal: Proposal, person_id: int, words: str, now: datetime) -> None:
    """Keep what somebody asks or answers about it."""
    session.create(Remark, proposal_id=proposal.id, person_id=person_id, words=words, at=now)


def remarks(session: Session, proposal: Proposal) -> list[Remark]:
    """What was asked and answered about it, in order."""
    return list(session.exec(select(Remark).where(Remark.proposal_id == proposal.id).order_by(col(Remark.id))))


def amend(
    session: Session, proposal: Proposal, words: str, now: datetime, *, effect: dict[str, Any] | None, language: str
) -> bool:
    """Give it other words: everybody is asked anew, and has as long again. False if it is over."""
    if session.locked(proposal).is_over(now):
        return False
    proposal.words, proposal.effect, proposal.language = words, effect, language
    proposal.revision += 1
    proposal.asked_at, proposal.closes_at = now, now + timedelta(hours=proposal.hours)
    proposal.reminded_at = None
    session.add(proposal)
    session.flush()
    _keep(session, proposal, proposal.by_person_id, Voice.AGREE, None, now)
    return True


def withdraw(session: Session, proposal: Proposal, now: datetime) -> bool:
    """End it without a result; False once its time is up: what all have said counts then, if its words are known."""
    if not session.locked(proposal).is_open or (proposal.words and proposal.closes_at <= now):
        return False
    proposal.state, proposal.closed_at = State.WITHDRAWN, now
    session.add(proposal)
    return True


def remind(session: Session, proposal: Proposal, now: datetime) -> bool:
    """Mark that the silent are reminded; True once for each wording."""
    if not session.locked(proposal).is_open or proposal.reminded_at is not None:
        return False
    proposal.reminded_at = now
    session.add(proposal)
    return True


def close(session: Session, proposal: Proposal, policy: Policy, now: datetime) -> Tally | None:
    """Count the voices once its time is up, and keep what came of it; None for all but the first who does."""
    if not session.locked(proposal).is_open or proposal.closes_at > now:
        return None
    found = tally(session, proposal, policy)
    proposal.state = State.PASSED if found.passes else State.FAILED
    proposal.closed_at = now
    proposal.agreed, proposal.aside = found.agreed, found.aside
    proposal.blocked, proposal.needed = found.blocked, found.needed
    session.add(proposal)
    _forget_uncounted(session, proposal)
    return found


def _forget_uncounted(session: Session, proposal: Proposal) -> None:
    """Voices to former words, and of those who have left: whoever comes back later shall not seem to have counted."""
    counted = [vote.person_id for vote in _counting(session, proposal)]
    gone = col(Vote.proposal_id) == proposal.id, col(Vote.person_id).not_in(counted)
    session.execute(sa.delete(Vote).where(*gone))


def tally(session: Session, proposal: Proposal, policy: Policy) -> Tally:
    """How it stands now: who has left since, or came after it was asked, does not count."""
    counted = dict.fromkeys(Voice, 0)
    said = sa.select(col(Vote.voice), sa.func.count()).join(Person, col(Person.id) == col(Vote.person_id))
    counted |= dict(session.execute(said.where(*_counts(proposal)).group_by(col(Vote.voice))).all())
    found = (
        proposal.agreed,
        proposal.aside,
        proposal.blocked,
        proposal.needed,
    )
    if not proposal.is_open and None not in found:
        return Tally(*(each or 0 for each in found))
    return Tally(counted[Voice.AGREE], counted[Voice.ASIDE], counted[Voice.BLOCK], needed(session, proposal, policy))


def needed(session: Session, proposal: Proposal, policy: Policy) -> int:
    """How many voices it needs: a share of those active before it was asked, and two where there are two."""
    since = proposal.asked_at - timedelta(days=policy.decide_active_days)
    wrote = sa.exists().where(col(Address.person_id) == col(Person.id), col(Address.last_heard_at) > since)
    everybody: int
    active: int
    everybody, active = session.execute(
        sa.select(sa.func.count(), sa.func.count().filter(wrote))
        .select_from(Person)
        .where(*_may_vote(proposal.line_id, proposal.asked_at))
    ).one()
    share = Decimal(repr(policy.decide_quorum)) * active  # exactly: 0.28 of 25 are 7, and not a little more
    return max(ceil(share), min(TWO, everybody))


def may_vote(person: Person, proposal: Proposal) -> bool:
    """Whether somebody has a voice in it: a volunteer since before it was asked, as `electorate` says too."""
    here = person.helps and person.opted_out_at is None and person.erased_at is None
    return here and person.vouched_at is not None and person.vouched_at <= proposal.asked_at


def electorate(session: Session, proposal: Proposal) -> list[Person]:
    """Everybody who has a voice in it, in the order in which they came."""
    query = select(Person).where(*_may_vote(proposal.line_id, proposal.asked_at))
    return list(session.exec(query.order_by(col(Person.id))))


def _may_vote(line_id: Any, asked_at: Any) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        *VOLUNTEERS,
        col(Person.line_id) == line_id,
        col(Person.vouched_at) <= asked_at,
        col(Person.opted_out_at).is_(None),
    )


def _counts(proposal: Proposal) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        col(Vote.proposal_id) == proposal.id,
        col(Vote.revision) == proposal.revision,
        *_may_vote(proposal.line_id, proposal.asked_at),
    )


def merge(session: Session, kept: int, gone: int) -> None:
    """Two people become one, with the voice that was given last; what is open about either is about both."""
    about = select(Proposal).where(Proposal.state == State.OPEN, col(Proposal.effect).is_not(None))
    for proposal in session.exec(about):
        if proposal.effect and proposal.effect.get("person") == gone:
            proposal.effect = {**proposal.effect, "person": kept}
            session.add(proposal)
    for theirs in session.exec(select(Vote).where(Vote.person_id == gone)):
        mine = session.exec(
            select(Vote).where(Vote.proposal_id == theirs.proposal_id, Vote.person_id == kept)
        ).first()
        if mine is None:
            continue
        if (theirs.revision, theirs.at) > (mine.revision, mine.at):  # a machine's time may go backwards
            mine.voice, mine.revision, mine.words, mine.at = theirs.voice, theirs.revision, theirs.words, theirs.at
            session.add(mine)
        session.execute(sa.delete(Vote).where(col(Vote.id) == theirs.id))
