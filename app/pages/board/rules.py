"""What the group has agreed on, in words, and who changed what: for every member, to be read."""

from babel.dates import get_timezone_location
from fastapi import APIRouter, Request, Response

from app.pages import wording
from app.pages.board.frame import page
from app.pages.board.members import CurrentMember
from app.pages.phones import shown
from app.web.forms import whole_number
from handlers.rules.figures.saying import FigureValue
from handlers.views import proposals, rules
from handlers.views.rules import Rules
from models.store.session import Session

router = APIRouter(prefix="/board/rules", include_in_schema=False)


@router.get("")
def agreed(request: Request, member: CurrentMember) -> Response:
    """The rules; of the changes the last, or those before one."""
    before = whole_number(request.query_params.get("before", "")) or None

    words = wording.of(member.language)

    def read(session: Session) -> tuple[Rules, dict[int, str]]:
        context, _ = member.context(session)
        found = rules.look(context, before)
        undone = {each.id: words.say("rules.undo_words", n=each.id) for each in found.changes}
        doing = {*proposals.doing(context, list(undone.values()))}
        return found, {id_: said for id_, said in undone.items() if said in doing}

    found, undone = member.hotline.database.read(read)
    return page(
        member,
        "board/rules.html",
        "rules",
        rules=found,
        figure=FigureValue,
        told=words.book.say,
        before=before,
        undone=undone,
        number=lambda known: shown(known, found.country),
        city=get_timezone_location(found.timezone, words.book.locale, return_city=True),
    )
