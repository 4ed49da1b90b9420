"""Layouts that the carrier keeps for us: WhatsApp's templates, and what carries buttons and lists.

One row a layout, language and wording: the digest of what was given to the carrier tells whether ours is still the
same. Only templates are approved by WhatsApp; everything else may be used at once, inside the window.
"""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import JSON, Column, Field, col, select

from models.store.session import Session
from models.store.types import EnumString, Model, UtcDateTime


class Kind(StrEnum):
    """What a layout is for."""

    TEMPLATE = "template"  # may leave outside WhatsApp's window, once approved
    BUTTONS = "buttons"
    LIST = "list"


class Approval(StrEnum):
    """How far WhatsApp is with a template."""

    NONE = "none"  # not asked for, or not needed
    WAITS = "waits"
    APPROVED = "approved"
    REFUSED = "refused"
    PAUSED = "paused"  # WhatsApp itself has stopped it, for readers have complained; it may come back


class Content(Model, table=True):
    """One layout that one account at the carrier keeps, and the carrier's id of it."""

    __table_args__ = (sa.UniqueConstraint("account", "kind", "name", "language", "digest"),)

    id: int = Field(default=None, primary_key=True)
    account: str  # the carrier's account: another knows none of its ids
    kind: Kind = Field(sa_type=EnumString(Kind))
    name: str  # ours
    language: str
    digest: str  # of everything that was given to the carrier
    names: list[str] = Field(
        default_factory=list, sa_column=Column(JSON, nullable=False)
    )  # of its variables, in order
    # What each button sends back, before the number, where the text itself does not say.
    buttons: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    body: str  # with {{1}} and so on in the places of its variables
    sid: str
    approval: Approval = Field(default=Approval.NONE, sa_type=EnumString(Approval))
    reason: str | None = None  # why it was refused, in WhatsApp's words
    created_at: datetime = Field(sa_type=UtcDateTime)
    changed_at: datetime = Field(sa_type=UtcDateTime)


def all_of(session: Session, account: str, kind: Kind) -> list[Content]:
    """All layouts of a kind, the newest first."""
    query = select(Content).where(Content.account == account, Content.kind == kind)
    return list(session.exec(query.order_by(col(Content.id).desc())))


def find(session: Session, account: str, kind: Kind, name: str, language: str, digest: str) -> Content | None:
    """This very layout, if the carrier has it."""
    query = select(Content).where(
        Content.account == account, Content.kind == kind, Content.name == name, Content.language == language
    )
    return session.exec(query.where(Content.digest == digest)).first()


def add(
    session: Session,
    account: str,
    kind: Kind,
    name: str,
    language: str,
    digest: str,
    *,
    names: list[str],
    buttons: list[str],
    body: str,
    sid: str,
    now: datetime,
) -> Content:
    """The carrier keeps this layout since now."""
    row = Content(
        account=account,
        kind=kind,
        name=name,
        language=language,
        digest=digest,
        names=names,
        buttons=buttons,
        body=body,
        sid=sid,
        created_at=now,
        changed_at=now,
    )
    session.add(row)
    return row


def approved(session: Session, name: str, language: str) -> list[Content]:
    """The approved wordings of a template, the newest first."""
    query = select(Content).where(
        Content.kind == Kind.TEMPLATE,
        Content.name == name,
        Content.language == language,
        Content.approval == Approval.APPROVED,
    )
    return list(session.exec(query.order_by(col(Content.id).desc())))


def languages(session: Session, name: str) -> list[str]:
    """Those in which a template is approved; read once in a transaction."""
    known: dict[str, list[str]] = session.cache.setdefault("template_languages", {})
    if name not in known:
        query = select(Content.language).where(
            Content.kind == Kind.TEMPLATE, Content.name == name, Content.approval == Approval.APPROVED
        )
        known[name] = list(session.exec(query.distinct()))
    return known[name]


def decide(session: Session, id_: int, approval: Approval, reason: str | None, now: datetime) -> None:
    """Note how far WhatsApp is with a layout."""
    row = session.get_one(Content, id_)
    row.approval, row.reason, row.changed_at = approval, reason, now
    session.add(row)


def forget_others(session: Session, account: str) -> None:
    """Forget what another account keeps: ours knows none of its ids."""
    session.execute(sa.delete(Content).where(col(Content.account) != account))
