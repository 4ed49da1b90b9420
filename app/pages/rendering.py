"""From what is known to HTML, in the reader's language. Jinja escapes everything: names and words stay text."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_skeleton, format_timedelta
from babel.numbers import format_decimal
from fastapi.responses import HTMLResponse
from jinja2 import Environment

from app.pages import wording
from app.web import forms
from app.web.assets import HEADERS, Assets
from app.web.templates import environment
from handlers import phrasebook
from handlers.phrasebook import Value
from handlers.wording.summary import Span

HERE = Path(__file__).parent
ASSETS = Assets(HERE / "static", "/pages")


def page(
    template: str,
    language: str,
    zone: str,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
    **values: Any,
) -> HTMLResponse:
    """A page, or a piece of one. Times are shown on the clock of `zone`."""
    html = html_of(template, language, zone, **values)
    return HTMLResponse(html, status_code=status, headers={**HEADERS, **(headers or {})})


def html_of(template: str, language: str, zone: str, **values: Any) -> str:
    """The same as text."""
    return templates(language, zone).get_template(template).render(values)


@cache
def templates(language: str, zone: str) -> Environment:
    """What draws pages for readers of this language, with the clock of this zone."""
    words = wording.of(language)
    book, clock = words.book, ZoneInfo(zone)

    def time(moment: datetime) -> str:
        return book.time(moment, zone)

    def since(moment: datetime, now: datetime) -> str:
        """The hour, and the day unless that is today."""
        local = moment.astimezone(clock)
        if local.date() != now.astimezone(clock).date():
            return time(moment)
        return words.say("base.hour", n=local.hour, hour=book.time(moment, zone, book.pages["clock_minute"]))

    def day(moment: datetime) -> str:
        return str(format_datetime(moment, "d 'de' MMMM" if words.code == "es" else "MMMM d", clock, book.locale))

    def moment(at: datetime) -> str:
        """`Thursday, November 26, 11:39 AM`."""
        named = format_skeleton("MMMMEEEEd", at, clock, locale=book.locale)
        return f"{named}, {book.time(at, zone, book.pages['clock_minute'])}"

    def ago(moment: datetime, now: datetime) -> str:
        """`3 hours`, how old something is."""
        return str(format_timedelta(now - moment, locale=book.locale, threshold=1.2))

    def date(moment: datetime) -> str:
        """`March 3, 2026`."""
        return str(format_date(moment.astimezone(clock), "long", book.locale))

    def span(value: Span, *, day: bool = True) -> str:
        """`Tue 6 – 10 PM`; without its day, the hours."""
        return value.short(book, day=day)

    def number(value: float) -> str:
        return str(format_decimal(value, locale=book.locale))

    def worded(value: Value) -> str:
        """What a text would say for it."""
        return book.worded(value)

    def listed(values: Sequence[Value]) -> str:
        """`a, b and c`."""
        return book.listed([book.worded(value) for value in values]) if values else ""

    made = environment(HERE / "templates", ASSETS)
    filters: dict[str, Callable[..., str]] = {
        "time": time,
        "since": since,
        "day": day,
        "moment": moment,
        "ago": ago,
        "date": date,
        "hour": book.hour,
        "span": span,
        "number": number,
        "worded": worded,
        "listed": listed,
        "country": lambda code: book.locale.territories.get(code, code),
        "tongue": lambda code: phrasebook.book(code).name,
        "need": book.need,
    }
    made.filters.update(filters)
    made.globals.update(say=words.say, lang=words.code, form_id=forms.new_id)
    return made
