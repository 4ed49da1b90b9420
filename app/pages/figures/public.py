"""What neighbors did for each other this month, for the pages that everybody may see. Nobody can be told from it."""

from datetime import datetime

from starlette.applications import Starlette

from app.hotline import Hotline
from app.pages.counting import Counting
from models import lines
from models.report import public
from models.report.public import Month
from models.store.session import Session


def month(app: Starlette, line_id: int) -> Month | None:
    """What is told of the line; None until it is counted, some moments after somebody looks first.

    `Month.told` has None for what is fewer than five; everything else is at least so much.
    """
    hotline: Hotline = app.state.hotline
    counting: Counting = app.state.counting

    def count(now: datetime) -> Month:
        def read(session: Session) -> Month:
            return public.month(session, lines.by_id(session, line_id), now)

        return hotline.database.read(read)

    last = counting.last(("month", line_id), count)
    return last.found if last else None
