"""How to start a group: docs/starting-a-group.md as a page, one file a language. Nothing of it is written twice.

What stands in the files is ours, and HTML in them is shown as text all the same.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

from babel import Locale
from fastapi import APIRouter, Request, Response
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from app.hotline import Hotline
from app.pages import rendering, wording
from app.pages.public import frame

FOLDER = Path(__file__).parents[3] / "docs"
FILE = re.compile(r"starting-a-group(?:\.(\w+))?\.md")
FIRST = "en"  # the language of the file that names none
OTHER_FILE = re.compile(r"\[[^]]*\]\([^:)]*\.md\)")
LINE_PAGES = ("/poster", "/card")  # of which the file names the address
ROLES = {  # without which a table that is shown as a list would be none to a screen reader
    "table_open": "table",
    "thead_open": "rowgroup",
    "tbody_open": "rowgroup",
    "tr_open": "row",
    "th_open": "columnheader",
    "td_open": "cell",
}

router = APIRouter(prefix="/start", include_in_schema=False)


@dataclass(frozen=True)
class Guide:
    """The guide in one language, as HTML."""

    title: str
    chapters: tuple[tuple[str, str], ...]  # the id of each heading, and its words
    html: Markup


@router.get("")
def start(request: Request) -> Response:
    """In the language that the browser asks for, if there is one; else in the hotline's own."""
    hotline: Hotline = request.app.state.hotline
    language = wording.preferred(request.headers.get("accept-language", ""), hotline.settings.hotline_language)
    return _page(hotline, language if language in languages() else FIRST)


@router.get("/{language}")
def start_in(request: Request, language: str) -> Response:
    """In this language."""
    if language not in languages():
        return start(request)
    return _page(request.app.state.hotline, language)


def _page(hotline: Hotline, language: str) -> Response:
    settings = hotline.settings
    return rendering.page(
        "public/guide.html",
        language,
        settings.hotline_timezone,
        headers=frame.headers(language, simulated=hotline.carrier.simulated),
        guide=guide(language),
        group=settings.hotline_name,
        others={code: _named(code) for code in languages() if code != language},
    )


def _named(language: str) -> str:
    """What its own speakers call a language."""
    return str(Locale.parse(language).get_display_name(language)).capitalize()


@cache
def languages() -> tuple[str, ...]:
    """In which languages there is a guide, of those that pages speak."""
    written = {found[1] or FIRST for file in FOLDER.glob("*.md") if (found := FILE.fullmatch(file.name))}
    return tuple(code for code in wording.languages() if code in written)


@cache
def guide(language: str) -> Guide:
    """Read the file and draw it."""
    name = "starting-a-group.md" if language == FIRST else f"starting-a-group.{language}.md"
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse((FOLDER / name).read_text(encoding="utf-8"))
    headings = list(_name_headings(tokens))
    _explain_tables(tokens)
    _link_pages(tokens)
    html = markdown.renderer.render(list(_of_page(tokens)), markdown.options, {})
    chapters = tuple((name, words) for tag, name, words in headings if tag == "h2")
    return Guide(headings[0][2], chapters, Markup(html))


def _name_headings(tokens: Sequence[Token]) -> Iterator[tuple[str, str, str]]:
    """Give each heading an id made of its words. Yields its tag, its id and its words."""
    for token, inline in pairwise(tokens):
        if token.type == "heading_open":
            name = re.sub(r"\W+", "-", inline.content.lower()).strip("-")
            token.attrSet("id", name)
            yield token.tag, name, inline.content


def _link_pages(tokens: Sequence[Token]) -> None:
    """Where an address of the line's own pages stands, a link leads there."""
    for token in tokens:
        if token.children:
            token.children = [part for child in token.children for part in _linked(child)]


def _linked(token: Token) -> tuple[Token, ...]:
    if token.type != "code_inline" or token.content not in LINE_PAGES:
        return (token,)
    return Token("link_open", "a", 1, attrs={"href": token.content}), token, Token("link_close", "a", -1)


def _explain_tables(tokens: Sequence[Token]) -> None:
    """Say of every cell in which column it stands: where there is little room, a table is shown as a list."""
    columns: list[str] = []
    column = 0
    for token, inline in pairwise(tokens):
        if role := ROLES.get(token.type):
            token.attrSet("role", role)
        if token.type == "table_open":
            columns = []
        elif token.type == "th_open":
            columns.append(inline.content)
        elif token.type == "tr_open":
            column = 0
        elif token.type == "td_open":
            token.attrSet("data-column", columns[column])
            column += 1


def _of_page(tokens: Sequence[Token]) -> Iterator[Token]:
    """All but the title, which the page has, and the link to the other file. Tables say where they stand."""
    after_title = next(n for n, token in enumerate(tokens) if token.type == "heading_close") + 1
    heading = ""
    left_out = False
    for token, inline in pairwise([*tokens[after_title:], Token("end", "", 0)]):
        if token.type == "heading_open":
            heading = inline.content
        if token.type == "paragraph_open":
            left_out = bool(OTHER_FILE.fullmatch(inline.content))
        if not left_out:
            yield token
        if token.type == "paragraph_close":
            left_out = False
        if token.type == "table_open":
            caption = Token("html_block", "", 0)
            caption.content = Markup('<caption class="sr">{}</caption>').format(heading)
            yield caption
