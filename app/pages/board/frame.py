"""The members' board: its frame, which every page of it stands in. Each page is a module of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Response

from app.pages import rendering
from app.pages.board.members import Member
from handlers.views import dangers, proposals
from models.store.session import Session


@dataclass(frozen=True)
class Tab:
    """A page of the board. Some are for whoever is on duty alone."""

    name: str
    path: str
    duty: bool = False
    parts: tuple["Tab", ...] = ()  # pages that stand under it, itself the name of them all


TOGETHER = (
    Tab("proposals", "/board/proposals"),
    Tab("purse", "/board/purse"),
    Tab("rules", "/board/rules"),
)
TABS = (
    Tab("waits", "/board"),
    Tab("people", "/board/people", duty=True),
    Tab("duty", "/board/duty"),
    Tab("figures", "/board/figures"),
    Tab("together", "/board/proposals", parts=TOGETHER),
    Tab("me", "/board/me"),
)


def page(
    member: Member,
    template: str,
    tab: str,
    *,
    status: int = 200,
    said: Sequence[str] = (),
    trouble: str | None = None,
    **values: Any,
) -> Response:
    """A page of the board. `said` are texts that answer what was just done; `trouble` is the phrase for why not."""
    return rendering.page(
        template,
        member.language,
        member.zone,
        status=422 if trouble else status,
        member=member,
        tabs=[each for each in TABS if member.on_duty or not each.duty],
        tab=tab,
        said=said,
        trouble=trouble,
        unheard=_unheard(member),
        voices=_voices(member),
        **values,
    )


def _unheard(member: Member) -> int:
    """How many alarms nobody has answered: every page says it to whoever sees what duty sees."""
    if not member.on_duty:
        return 0
    return member.hotline.database.read(lambda session: dangers.unheard(*member.context(session)))


def _voices(member: Member) -> int:
    """How many open proposals wait for their voice."""

    def read(session: Session) -> int:
        return proposals.waiting(*member.context(session))

    return member.hotline.database.read(read)
