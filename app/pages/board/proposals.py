"""What the group decides together: a voice, a question, a proposal of one's own. Each of them is a text."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, HTTPException, Request, Response

from app.pages import wording
from app.pages.board import acting, saying
from app.pages.board.acting import Outcome
from app.pages.board.frame import page
from app.pages.board.members import CurrentMember, Member
from app.web.forms import Form, OwnForm, whole_number
from handlers.views import proposals
from handlers.views.proposals import Preview, Shown, Together
from models.store.session import Session

router = APIRouter(prefix="/board/proposals", include_in_schema=False)

PATH = "/board/proposals"
ACTS = ("agree", "aside", "block", "ask", "amend", "withdraw")
MUST_SAY = {"block": "proposals.block_why", "ask": "proposals.ask_what", "amend": "proposals.amend_what"}
LONG = (0, 24, 72, 168, 336)  # hours to choose from; 0 is as long as the group has agreed on
# Words that do by themselves what they say: those are shown that this line understands.
EXAMPLES = ("quiet", "doors", "area", "answer", "resource", "pause", "spend", "name")


@dataclass(frozen=True)
class Draft:
    """A proposal that somebody has written and not yet made."""

    words: str
    hours: int
    preview: Preview | None = None


@router.get("")
def all_(request: Request, member: CurrentMember) -> Response:
    """What is open, and what is over; with `words` in its address, the form has them in it."""
    said = request.query_params
    draft = Draft(" ".join(said.get("words", "").split())[: acting.LONGEST], 0)
    return _all(Outcome(member, []), draft, whole_number(said.get("before", "")) or None)


@router.post("")
def propose(member: CurrentMember, form: OwnForm) -> Response:
    """Words to everybody are shown first as they would be; the second press asks them."""
    words, hours = " ".join(form.text("words").split()), form.number("hours")
    if hours not in LONG:
        raise HTTPException(400)
    if not words:
        return _all(Outcome(member, [], "proposals.propose_what"), Draft("", hours))
    draft = Draft(words, hours, _preview(member, words))
    if not form.text("sure") or (draft.preview and draft.preview.refusal):
        return _all(Outcome(member, []), draft)
    came = acting.done(member, saying.proposal(words, hours, member.language), form.id)
    return _all(came, draft if came.trouble else Draft("", 0))


@router.get("/{number}")
def one(member: CurrentMember, number: str) -> Response:
    """One proposal, open or over."""
    return _one(Outcome(member, []), whole_number(number))


@router.post("/{number}")
def do(member: CurrentMember, number: str, form: OwnForm) -> Response:
    """A voice, a question, other words, or its end: the text of one command."""
    which, kind, words = whole_number(number), form.text("act"), form.text("words").strip()
    if kind not in ACTS or _look(member, which) is None:
        raise HTTPException(404)
    if kind in MUST_SAY and not words:
        return _one(Outcome(member, [], MUST_SAY[kind]), which, form)
    came = acting.done(member, saying.about_proposal(kind, which, words, member.language), form.id)
    return _one(came, which, form if came.trouble else None)


def _preview(member: Member, words: str) -> Preview:
    return member.hotline.database.read(lambda s: proposals.preview(member.context(s)[0], words))


def _look(member: Member, number: int) -> Shown | None:
    return member.hotline.database.read(lambda s: proposals.one(*member.context(s), number))


def _one(came: Outcome, number: int, typed: Form | None = None) -> Response:
    member, found = came.member, _look(came.member, number)
    if found is None:
        return page(member, "board/no_proposal.html", "proposals", status=404, number=number)
    return page(
        member,
        "board/one_proposal.html",
        "proposals",
        said=came.said,
        trouble=came.trouble,
        shown=found,
        typed=typed or Form({}),
        now=member.hotline.clock.now(),
    )


def _all(came: Outcome, draft: Draft, before: int | None = None) -> Response:
    member = came.member
    words = wording.of(member.language)
    tried = {name: words.say(f"proposals.example_{name}") for name in EXAMPLES}

    def read(session: Session) -> tuple[Together, Sequence[str]]:
        context, person = member.context(session)
        return proposals.look(context, person, before), proposals.doing(context, list(tried.values()))

    found, doing = member.hotline.database.read(read)
    return page(
        member,
        "board/proposals.html",
        "proposals",
        said=came.said,
        trouble=came.trouble,
        found=found,
        draft=draft,
        long=LONG,
        examples=doing,
        before=before,
        typed=Form({}),
        now=member.hotline.clock.now(),
    )
