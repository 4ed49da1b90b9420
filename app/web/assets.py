"""Static files of pages, and the headers that every page of ours is sent with."""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Scope

# Nothing from anywhere else, no script in the page, nobody may frame it or find it by searching.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
}
SMALL = 1000  # bytes that are sent as they are
A_YEAR = 365 * 24 * 3600  # seconds


@dataclass(frozen=True)
class Assets:
    """A folder of files under an address of its own."""

    folder: Path
    mount: str

    def url(self, name: str) -> str:
        """The address of a file; it changes with the file, so no browser shows an old one."""
        return f"{self.mount}/{name}?v={_digest(self.folder / name)}"

    def files(self) -> ASGIApp:
        """What serves them, compressed: a third of the letters, on a phone that pays for them."""
        return GZipMiddleware(_Kept(directory=self.folder), minimum_size=SMALL)


class _Kept(StaticFiles):
    """Browsers keep what they were sent: another file has another address."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if response.status_code == 200 and scope.get("query_string"):
            response.headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable"
        return response


@cache
def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:8]


VENDORED = Assets(Path(__file__).parent / "static", "/vendored")
