"""The frame of the pages for everybody: of which line, in which language, and how long browsers keep them."""

from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Request, Response

from app.hotline import Hotline
from app.pages import phones, rendering, wording
from app.pages.public import numbers
from app.web.forms import whole_number
from handlers import phrasebook
from models import lines
from models.lines import Line

A_MINUTE = 60  # seconds
STAY = ("public/privacy.html", "public/terms.html")  # of a line that has ended; of the others one page is left
PAGES = ("how", "privacy", "terms", "poster", "card")


class WhichLine(Exception):
    """There are several lines, and the address names none of them, or one that is not there."""


@dataclass(frozen=True)
class Visit:
    """What somebody asked for: the pages of a line, in a language."""

    hotline: Hotline
    line: Line
    language: str
    path: str
    several: bool  # whether there are other lines
    chosen: tuple[tuple[str, str], ...]  # what the address says of line and language, for the next one to say it too

    def to(self, path: str, **instead: str) -> str:
        """The address of another page, for the same line and in the language that was chosen."""
        return path + _query({**dict(self.chosen), **instead})

    def words(self, command: str) -> str:
        """What one texts for a command, as it is printed."""
        pages = phrasebook.book(self.language).pages
        return str(pages["verbs"].get(command) or pages["hear"][command][0].upper())

    def opens(self, words: str = "") -> str | None:
        """What opens a text to the line, by SMS if it has a number for that; None where it has none at all."""
        if self.line.sms:
            return numbers.sms(self.line.sms, words)
        return self.whatsapp(words)

    def whatsapp(self, words: str = "") -> str | None:
        """What opens a chat with the line."""
        return numbers.whatsapp(self.line.whatsapp, words) if self.line.whatsapp else None

    @property
    def number(self) -> str | None:
        """What people text, as they read it."""
        return phones.shown(self.line.sms, self.line.country) if self.line.sms else self.whatsapp_number

    @property
    def whatsapp_number(self) -> str | None:
        """What people write to on WhatsApp, as they read it."""
        return phones.shown(self.line.whatsapp, self.line.country) if self.line.whatsapp else None


def visit(request: Request, line: str = "", lang: str = "") -> Visit:
    """Who looks at what. Raises WhichLine."""
    hotline: Hotline = request.app.state.hotline
    found = hotline.database.read(lines.all_lines)
    wanted = [each for each in found if each.id == whole_number(line)] if line else found
    if len(wanted) != 1:
        raise WhichLine
    chosen = {"line": line, "lang": lang if lang in wording.languages() else ""}
    return Visit(
        hotline,
        wanted[0],
        language_of(request, wanted[0], lang),
        request.url.path,
        len(found) > 1,
        tuple((name, value) for name, value in chosen.items() if value),
    )


CurrentVisit = Annotated[Visit, Depends(visit)]


def page(visit: Visit, template: str, title: str, **values: Any) -> Response:
    """A page for everybody; `title` is the phrase that names it."""
    home, now = visit.line.web_address, visit.hotline.clock.now()
    if visit.line.has_ended(now) and template not in STAY:
        template = "public/ended.html"
    return rendering.page(
        template,
        visit.language,
        visit.line.timezone,
        headers=headers(visit.language, simulated=visit.hotline.carrier.simulated),
        visit=visit,
        line=visit.line,
        title=title,
        rehearsal=visit.hotline.carrier.simulated,
        source=visit.hotline.settings.source_url,
        languages=[(code, phrasebook.book(code).name) for code in wording.languages()],
        address=f"{home}{visit.path}" if home else None,
        picture=f"{home}{rendering.ASSETS.url('preview.png')}" if home else None,
        qr=numbers.qr,
        pages=PAGES,
        paused=visit.line.paused_until if visit.line.is_paused(now) else None,
        others=_others(visit) if visit.line.has_ended(now) or visit.line.is_resting(now) else (),
        number=visit.number or wording.of(visit.language).say("public.no_number"),
        **values,
    )


def _others(visit: Visit) -> tuple[str, ...]:
    """Who else helps, as the group knows, in the reader's language."""
    return tuple(each.words for each in visit.line.other_help if each.language in (None, visit.language))


def choose(request: Request, _: Exception) -> Response:
    """Which lines there are, for whoever asked for a page without saying of which; 404 for one that is not there."""
    hotline: Hotline = request.app.state.hotline
    found = hotline.database.read(lines.all_lines)
    language = language_of(request, found[0], request.query_params.get("lang", ""))
    path, missing = request.url.path, bool(request.query_params.get("line"))
    return rendering.page(
        "public/lines.html",
        language,
        found[0].timezone,
        status=404 if missing else 200,
        headers=None if missing else headers(language, simulated=hotline.carrier.simulated),
        missing=missing,
        lines=[
            (
                each.name,
                phones.shown(number, each.country) if (number := each.sms or each.whatsapp) else None,
                path + _query({"line": str(each.id), "lang": request.query_params.get("lang", "")}),
            )
            for each in found
        ],
    )


def headers(language: str, *, simulated: bool) -> dict[str, str]:
    """What browsers may do with a page for everybody; search engines shall not find a rehearsal."""
    return {
        "Cache-Control": f"public, max-age={A_MINUTE}",
        "Vary": "Accept-Language",
        "Content-Language": language,
        "X-Robots-Tag": "noindex" if simulated else "all",
    }


def language_of(request: Request, line: Line, wanted: str) -> str:
    """The language that was asked for, else the one that the browser likes best, else the line's."""
    if wanted in wording.languages():
        return wanted
    return wording.preferred(request.headers.get("accept-language", ""), wording.of(line.language).code)


def _query(values: dict[str, str]) -> str:
    said = {name: value for name, value in values.items() if value}
    return f"?{urlencode(said)}" if said else ""
