"""The board's figures: counted beside, drawn once for each language, and shown to every member."""

from collections.abc import Callable
from datetime import datetime

from fastapi import APIRouter, Request, Response
from markupsafe import Markup

from app.hotline import Hotline
from app.pages import rendering, wording
from app.pages.board import frame
from app.pages.board.members import CurrentMember
from app.pages.figures import asked, carriage, helping
from app.pages.figures.counting import Counting
from app.pages.figures.sheet import Figure, Reader
from models import lines
from models.lines import Line
from models.report import volunteers, whole
from models.report.span import Span
from models.report.whole import Report
from models.store.session import Session

WEEKS = (4, 12, 52)  # that one may look at
USUALLY = 12

router = APIRouter(include_in_schema=False)


@router.get("/board/figures")
def figures(request: Request, member: CurrentMember, weeks: str = "") -> Response:
    """What was asked for and done in the last weeks, as it was counted last."""
    chosen = next((each for each in WEEKS if str(each) == weeks), USUALLY)
    counting: Counting = request.app.state.counting
    work = drawing(member.hotline, member.line_id, chosen, member.language, duty=member.on_duty)
    last = counting.last(("board", member.line_id, chosen, member.language, member.on_duty), work)
    return frame.page(
        member, "figures/page.html", "figures", choices=WEEKS, weeks=chosen, last=last, now=member.hotline.clock.now()
    )


def drawing(hotline: Hotline, line_id: int, weeks: int, language: str, *, duty: bool) -> Callable[[datetime], Markup]:
    """What counts the figures of these weeks and draws them, for readers of this language, on duty or not."""

    def draw(now: datetime) -> Markup:
        def read(session: Session) -> tuple[Line, Report]:
            line = lines.by_id(session, line_id)
            return line, whole.read(session, line, Span.weeks_before(line, now, weeks), now)

        line, report = hotline.database.read(read, unhurried=True)
        return drawn(report if duty else volunteers.seen(report), language, line.timezone, duty=duty)

    return draw


def drawn(report: Report, language: str, zone: str, *, duty: bool = True) -> Markup:
    """Every figure of a report, as a part of a page; how soon dangers are answered is told to duty alone."""
    groups = grouped(report, Reader(wording.of(language), zone))
    if not duty:
        groups = [(name, [each for each in figures if each.name != "duty"]) for name, figures in groups]
    return Markup(rendering.html_of("figures/drawn.html", language, zone, groups=groups))


def grouped(report: Report, reader: Reader) -> list[tuple[str, list[Figure]]]:
    """The figures of a report, by what they are about."""
    span, found = report.span, report.asked
    return [
        (
            "now",
            [
                carriage.surging(reader, report.surging),
                carriage.queue(reader, report.queue, report.at),
            ],
        ),
        (
            "wanted",
            [
                asked.needs(reader, found, span),
                asked.became(reader, found),
                asked.reasons(reader, found),
                asked.areas(reader, found),
                asked.languages(reader, found),
            ],
        ),
        (
            "waited",
            [
                asked.times(reader, "claimed", report.times.claimed, found.requests, span),
                asked.times(reader, "helped", report.times.helped, found.requests, span),
                helping.duty(reader, report.duty, span),
            ],
        ),
        (
            "shared",
            [
                helping.asks(reader, report.asks, span),
                helping.load(reader, report.load),
            ],
        ),
        (
            "carried",
            [
                carriage.texts(reader, report.texts),
                carriage.money(reader, report.texts, span.last),
            ],
        ),
    ]
