"""The first page: who this is, what to text, and what neighbors did for each other. And what robots may read."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

from app.hotline import Hotline
from app.pages import wording
from app.pages.figures import public as figures
from app.pages.figures.sheet import Reader
from app.pages.public import frame
from app.pages.public.frame import CurrentVisit
from handlers import phrasebook

router = APIRouter(include_in_schema=False)

# Not for search engines. Pages among them say so themselves, too (X-Robots-Tag), for links from elsewhere lead there.
PRIVATE = ("/board", "/b/", "/simulator", "/twilio/", "/health", "/metrics")
EXAMPLES = 3
GOOD_TO_KNOW = ("status", "nevermind", "person", "quiet", "my_data", "forget", "stop")


@router.get("/")
def home(request: Request, visit: CurrentVisit) -> Response:
    """Who this is and what to text. What neighbors did is counted beside: nobody waits for it."""
    words = wording.of(visit.language)
    book = words.book
    month = figures.month(request.app, visit.line.id)
    told = month if month and month.told.helped is not None else None  # of so few nothing can be told
    spoken = [book.locale.languages[code] for code in phrasebook.languages()]
    return frame.page(
        visit,
        "public/home.html",
        "home.title",
        examples=range(1, EXAMPLES + 1),
        commands=GOOD_TO_KNOW,
        spoken=book.listed(spoken, style="or"),
        did=figures.figure(Reader(words, visit.line.timezone), told) if told else None,
    )


@router.get("/how")
def how(visit: CurrentVisit) -> Response:
    """How it works, in five pictures."""
    return frame.page(visit, "public/how.html", "how.title")


@router.get("/robots.txt")
def robots(request: Request) -> Response:
    """Search engines may find the pages for everybody, but nothing of a rehearsal."""
    hotline: Hotline = request.app.state.hotline
    closed = ("/",) if hotline.carrier.simulated else PRIVATE
    said = "".join(f"Disallow: {path}\n" for path in closed)
    return PlainTextResponse(f"User-agent: *\n{said}", headers={"Cache-Control": f"public, max-age={frame.A_MINUTE}"})
