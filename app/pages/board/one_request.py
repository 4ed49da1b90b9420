"""One request on the board: what is known of it, its story, and what can be done about it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Response

from app.carriers.base import Action
from app.database.job_queue import NOT_DONE
from app.outbound import outbox
from app.pages.board import acting, frame, pictures
from app.pages.board.acting import Act, CannotDo
from app.pages.board.members import CurrentMember, Member
from app.web.forms import Form, OwnForm, whole_number
from handlers.views import acts, one_request, story
from handlers.views.one_request import OneRequest
from handlers.views.story import Story
from models.store.session import Session

router = APIRouter(prefix="/board/requests", include_in_schema=False)

TAB = "waits"
PLACE, TALK = "place", "talk"  # what is asked for here, beside what is texted
COMMANDS = frozenset({"claim", "pass", "omw", "done", "drop", "relay", "more", "nevermind"}) | acts.OF_DUTY
# Why a text did not arrive, as far as people can do something about it.
WHY = (Action.OPTED_OUT, Action.BAD_ADDRESS, Action.SOFT, Action.FILTERED, Action.GEOGRAPHY, Action.WINDOW)


@dataclass(frozen=True)
class Found:
    """What a page shows of a request."""

    request: OneRequest
    story: Story | None


@router.get("/{number}")
def look(member: CurrentMember, number: str, before: str = "") -> Response:
    """A request; `before` is the event before which the story is told."""
    return _page(member, whole_number(number), before=whole_number(before) or None)


@router.post("/{number}")
def act(member: CurrentMember, number: str, form: OwnForm) -> Response:
    """Do something about it; then it as it is now."""
    found, wanted = whole_number(number), form.text("act")
    name = form.id
    if wanted == PLACE:
        return _page(member, found, trouble=_ask_for_place(member, found, name))
    if wanted == TALK:
        return _page(member, found, trouble=_ask_for_talk(member, found, name))
    try:
        if not _may(member, found, wanted):
            raise CannotDo("one_request.not_yours")
        said = acting.act(member, _act(member, found, wanted, form), name)
    except CannotDo as cannot:
        return _page(member, found, trouble=str(cannot), form=form)
    return _page(member, found, said=said)


def _act(member: Member, number: int, wanted: str, form: Form) -> Act:
    """The text that the form stands for. Raises CannotDo where something is missing in it."""
    words = form.text("words").strip()
    if wanted == "assign":
        words = words or form.text("who")
        if not words:
            raise CannotDo("one_request.to_whom")
    if wanted == "merge":
        other = form.number("other")
        if not other or other == number:
            raise CannotDo("one_request.which_other")
        if not member.hotline.database.read(lambda s: one_request.is_known(*member.context(s), other)):
            raise CannotDo("one_request.no_other")
        return Act(wanted, (number, other))
    return Act(wanted, (number,), words)


def _may(member: Member, number: int, wanted: str) -> bool:
    """Whether this browser may do it for them: what duty does only where it shows what duty sees.

    What else they may not do, they are told as by text.
    """
    if wanted not in COMMANDS or (wanted in acts.OF_DUTY and not member.on_duty):
        return False
    if member.watches and not member.on_duty:  # their words would be those of duty
        found = _find(member, number, None)
        return found is not None and wanted in found.request.acts
    return True


def _ask_for_place(member: Member, number: int, name: str) -> str | None:
    """Show them where it is from now on; else the phrase for why not."""

    def ask(session: Session) -> str | None:
        context, person = member.context(session)
        refused, texts = one_request.ask_for_place(context, person, number, on_duty=member.on_duty)
        outbox.queue(session, context.line, f"board-place-{member.session_id}-{name}", texts, context.now)
        return f"one_request.{refused.phrase}" if refused else None

    return _written(member, ask)


def _ask_for_talk(member: Member, number: int, name: str) -> str | None:
    if not member.on_duty:
        return "one_request.not_yours"

    def ask(session: Session) -> str | None:
        context, person = member.context(session)
        may, texts = one_request.ask_for_talk(context, person, number)
        outbox.queue(session, context.line, f"board-talk-{member.session_id}-{name}", texts, context.now)
        return None if may else "one_request.talk_refused"

    return _written(member, ask)


def _written(member: Member, work: Callable[[Session], str | None]) -> str | None:
    try:
        trouble = member.hotline.database.write(work).result(timeout=member.hotline.database_timeout)
    except NOT_DONE:
        return "act.away"
    member.hotline.sender.wake()
    return trouble


def _find(member: Member, number: int, before: int | None) -> Found | None:
    def read(session: Session) -> Found | None:
        context, person = member.context(session)
        found = one_request.look(context, person, number, on_duty=member.on_duty)
        if found is None:
            return None
        return Found(found, story.tell(context, person, number, before) if member.on_duty else None)

    return member.hotline.database.read(read)


def _page(
    member: Member,
    number: int,
    *,
    before: int | None = None,
    said: Sequence[str] = (),
    trouble: str | None = None,
    form: Form | None = None,
) -> Response:
    found = _find(member, number, before)
    if found is None:
        return frame.page(member, "board/no_request.html", TAB, status=404, said=said, trouble=trouble, number=number)
    return frame.page(
        member,
        "board/one_request.html",
        TAB,
        said=said,
        trouble=trouble,
        other=form.text("other") if form else "",
        request=found.request,
        story=found.story,
        pictures=pictures.of(member, number),
        before=before,
        now=member.hotline.clock.now(),
        minute=story.TOGETHER,
        why=_why(member),
        typed=form or Form({}),
    )


def _why(member: Member) -> dict[int, str]:
    """By the carrier's codes, why a text did not arrive."""
    return {code: str(action) for action in WHY for code in member.hotline.carrier.codes(action)}
