"""What waits: the members' board at a glance, with what can be done by one press.

Its address says what is filtered, so that links, reloads and the live updates all show the same; nothing of anybody's
is in it.
"""

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from app.pages import wording
from app.pages.board import frame
from app.pages.board.acting import Act, CannotDo, act
from app.pages.board.members import CurrentMember, Member
from app.web.forms import OwnForm, whole_number
from handlers import phrasebook
from handlers.on_duty.duty import WORST_FIRST
from handlers.views import waits
from handlers.views.waits import FIRST, Board, Filter
from models.board_watch import Reader, Versions
from models.listing import Place, Wanted
from models.requests import State
from models.store.session import Session

ONE_PRESS = frozenset({"claim", "pass", "omw", "done", "on_it", "false_alarm"})
WITH_WORDS = frozenset({"claim"})
ASKED_FIRST = frozenset({"false_alarm"})  # one press too many would end an emergency

router = APIRouter(prefix="/board", include_in_schema=False)


@dataclass(frozen=True)
class View:
    """What the address asks for."""

    state: State | None = None
    need: str | None = None
    area: int | None = None
    urgent: bool = False
    unasked: bool = False
    mine: bool = False
    after: Place = FIRST

    def of(self, member: Member) -> Filter:
        """The same as a question to the hotline."""
        held_by = member.person_id if self.mine else None
        wanted = Wanted(self.need, self.area, urgent=self.urgent, unasked=self.unasked, held_by=held_by)
        return Filter(wanted, self.state, self.after)

    def url(self, **changed: object) -> str:
        """The address of this view with something changed; it begins with the first again."""
        other = replace(self, **{"after": FIRST, **changed})  # type: ignore[arg-type]
        asked: dict[str, object] = {
            "state": other.state,
            "need": other.need,
            "area": other.area,
            **{name: 1 for name in ("urgent", "unasked", "mine") if getattr(other, name)},
            "after": f"{other.after.rank}.{other.after.number}" if other.after != FIRST else None,
        }
        query = urlencode({name: value for name, value in asked.items() if value is not None})
        return f"/board?{query}" if query else "/board"

    @property
    def filtered(self) -> bool:
        """Whether anything is left out."""
        return self != View()


@router.get("")
def look(request: Request, member: CurrentMember) -> Response:
    """What waits; to the page's own script only what can change."""
    return _page(request, member)


@router.post("")
def press(request: Request, member: CurrentMember, form: OwnForm) -> Response:
    """A button on a card: a text of one command, and what waits then."""
    command, number = form.text("do"), form.number("number")
    if command not in ONE_PRESS or not number:
        return _page(request, member, trouble="waits.no_such_act")
    words = form.text("words") if command in WITH_WORDS else ""
    try:
        said = act(member, Act(command, (number,), words), form.id)
    except CannotDo as why:
        return _page(request, member, trouble=str(why))
    return _page(request, member, said=said)


def _page(request: Request, member: Member, *, said: list[str] | None = None, trouble: str | None = None) -> Response:
    view = view_of(request)
    wanted = view.of(member)
    versions: Versions = request.app.state.live.versions

    def read(session: Session) -> tuple[str, Board]:
        context, person = member.context(session)
        reader = Reader(person.id, member.line_id, member.on_duty)
        version = versions.of(session, [reader])[reader]
        found = waits.on_duty if member.on_duty else waits.for_volunteer
        return version, found(context, person, wanted)

    version, found = member.hotline.database.read(read)
    piece = "hx-request" in request.headers
    return frame.page(
        member,
        "board/waits_live.html" if piece else "board/waits.html",
        "waits",
        said=said or (),
        trouble=trouble,
        found=found,
        view=view,
        version=version,
        now=member.hotline.clock.now(),
        states=WORST_FIRST,
        needs=sorted(phrasebook.book("en").pages["needs"], key=wording.of(member.language).book.need),
        asked_first=ASKED_FIRST,
        piece=piece,
        answering=said is not None or trouble is not None,
    )


def view_of(request: Request) -> View:
    """What the address asks for; what makes no sense in it is left out."""
    asked = request.query_params
    state = next((each for each in WORST_FIRST if each == asked.get("state")), None)
    rank, _, number = asked.get("after", "").partition(".")
    need = asked.get("need")
    return View(
        state,
        need if need in phrasebook.book("en").pages["needs"] else None,
        whole_number(asked.get("area", "")) or None,
        urgent="urgent" in asked,
        unasked="unasked" in asked,
        mine="mine" in asked,
        after=Place(whole_number(rank), whole_number(number)) if state else FIRST,
    )
