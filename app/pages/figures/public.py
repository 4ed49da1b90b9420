"""What neighbors did for each other in a month, for the pages that everybody may see. Nobody can be told from it."""

from datetime import datetime

from babel.dates import format_date
from starlette.applications import Starlette

from app.hotline import Hotline
from app.pages.figures import plots
from app.pages.figures.counting import Counting
from app.pages.figures.plots import Series
from app.pages.figures.sheet import Figure, Reader, Table
from models import lines
from models.report import public
from models.report.public import LEAST, Month
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

        return hotline.database.read(read, unhurried=True)

    last = counting.last(("month", line_id), count)
    return last.found if last else None


def figure(reader: Reader, found: Month) -> Figure:
    """The same as a figure (templates/figure.html), with the styles of figures.css."""
    title = reader.say("month_title", month=_month(reader, found))
    told, few = found.told, reader.say("fewer", count=LEAST)
    if told.helped is None:
        return Figure("month", title, reader.say("month_none", count=few))
    helpers = few if told.helpers is None else reader.say("at_least", count=reader.number(told.helpers))
    said = reader.say(
        "month_said",
        count=reader.say("at_least", count=reader.number(told.helped)),
        helpers=helpers,
    )
    names, counts = [reader.need(need) for need in told.by_need], list(told.by_need.values())
    rows = [
        [name, reader.say("at_least", count=reader.number(count))] for name, count in zip(names, counts, strict=True)
    ]
    return Figure(
        "month",
        title,
        said,
        plots.bars(plots.Words("month", title, said), names, [Series("", counts)], lambda n: f"{reader.number(n)}+"),
        table=Table(reader.say("month_table", count=LEAST), [reader.say("need"), reader.say("times")], rows),
    )


def _month(reader: Reader, found: Month) -> str:
    """`March`, `marzo`."""
    return str(format_date(found.first, "LLLL", locale=reader.code))
