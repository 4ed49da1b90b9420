"""GET /media/KEY: what goes along with one text, for the carrier that brings it and for whoever got it as a link.

Nobody asks who looks; the key is all, it belongs to one text, and soon it opens nothing.
"""

import re

from fastapi import APIRouter, Request, Response

from app.hotline import Hotline
from app.outbound.enclosing import LINK_LASTS
from models.attachments import Content
from models.delivery import attached

router = APIRouter(include_in_schema=False)

KEY = re.compile(r"[\w-]{20,64}", re.ASCII)
# It is nothing but itself: no page, no script, nothing to be guessed about it, and no copy on the way.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; media-src 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, noarchive",
    "Cross-Origin-Resource-Policy": "same-origin",
}
ENDINGS = {"image/jpeg": "jpg", "audio/mpeg": "mp3"}


@router.get("/media/{key}")
def look(request: Request, key: str) -> Response:
    """A picture or a voice message, while its text is on its way."""
    hotline: Hotline = request.app.state.hotline
    now = hotline.clock.now()
    found = None
    if KEY.fullmatch(key):
        found = hotline.database.read(lambda session: attached.shown(session, key, now, LINK_LASTS))
    return Response(status_code=404, headers=HEADERS) if found is None else as_it_is(found)


def as_it_is(found: Content) -> Response:
    """The bytes, as what they are."""
    name = f"{found.content_type.partition('/')[0]}.{ENDINGS.get(found.content_type, 'bin')}"
    headers = {**HEADERS, "Content-Disposition": f'inline; filename="{name}"'}
    return Response(found.content, headers=headers, media_type=found.content_type)
