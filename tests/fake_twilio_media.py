"""The fake carrier's media: what people send is behind the account's password and leads to a store, as at Twilio.

What the hotline sends along is fetched from its address, and what is fetched is looked at: a wrong type is refused.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from uuid import uuid4

import httpx

from tests.fakes import ACCOUNT

STORE = "/store/"
NOT_FETCHED, WRONG_TYPE, TOO_LARGE = 11200, 12300, 11751  # https://www.twilio.com/docs/api/errors
LARGEST_MMS = 5_000_000  # bytes
BEGINS = {"image/jpeg": b"\xff\xd8\xff", "audio/mpeg": b"\xff"}


@dataclass(frozen=True)
class Served:
    """An answer."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""


@dataclass(frozen=True)
class Fetched:
    """What Twilio got from the hotline's address."""

    url: str
    status: int
    headers: Mapping[str, str]
    content: bytes


def by_http(url: str) -> Fetched:
    """Fetch over the network."""
    answer = httpx.get(url, timeout=15)
    return Fetched(url, answer.status_code, dict(answer.headers), answer.content)


@dataclass
class Media:
    """All of it. `statuses` are what the coming GETs are answered with before it is there."""

    look: Callable[[str], Fetched] = by_http
    statuses: list[int] = field(default_factory=list)
    leads_to: str = STORE  # where an address of the API leads; an attacker's in a test
    holds: bool = False  # the store says nothing until it is let go
    let_go: threading.Event = field(default_factory=threading.Event)
    asked: list[str] = field(default_factory=list)  # paths of the API
    unlocked: list[bool] = field(default_factory=list)  # whether the store was shown the account's password
    fetched: list[Fetched] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._kept: dict[str, tuple[str, bytes]] = {}

    def sent(self, *files: tuple[str, bytes], named: str | None = None) -> dict[str, str]:
        """The webhook's fields for a text with these files; `named` is a type that is a lie."""
        fields = {"NumMedia": str(len(files))}
        for n, (content_type, content) in enumerate(files):
            path = f"/2010-04-01/Accounts/{ACCOUNT}/Messages/MM{uuid4().hex}/Media/ME{uuid4().hex}"
            self._kept[path] = content_type, content
            fields |= {f"MediaUrl{n}": f"https://api.twilio.com{path}", f"MediaContentType{n}": named or content_type}
        return fields

    @property
    def left(self) -> int:
        """How many files there are."""
        return len(self._kept)

    def has(self, path: str) -> bool:
        """Whether a path is that of a file, or of one that was deleted."""
        return "/Media/ME" in path and not path.endswith(".json")

    def leads(self, path: str) -> Served:
        """The answer of the API: where the file is."""
        self.asked.append(path)
        if self.statuses:
            return Served(self.statuses.pop(0))
        if path not in self._kept:
            return Served(404)
        return Served(307, {"Location": f"{self.leads_to}{path.rsplit('/', 1)[1]}"})

    def delete(self, path: str) -> Served:
        """Delete a file, for good."""
        return Served(204 if self._kept.pop(path, None) else 404)

    def is_store(self, path: str) -> bool:
        """Whether a path is one of the store."""
        return path.startswith(STORE)

    def stored(self, path: str, *, authorized: bool) -> Served:
        """The file itself."""
        self.unlocked.append(authorized)
        if self.holds:
            self.let_go.wait(60)
        for known, (content_type, content) in self._kept.items():
            if known.rsplit("/", 1)[1] == path.removeprefix(STORE):
                return Served(200, {"Content-Type": content_type}, content)
        return Served(404)

    def fetch(self, fields: Mapping[str, str]) -> int | None:
        """Fetch what goes along with a text of the hotline's; the error that comes of it."""
        url = fields.get("MediaUrl")
        if url is None:
            return None
        got = self.look(url)
        self.fetched.append(got)
        if got.status != 200:
            return NOT_FETCHED
        if len(got.content) > LARGEST_MMS:
            return TOO_LARGE
        begins = BEGINS.get(got.headers.get("content-type", ""))
        return None if begins and got.content.startswith(begins) else WRONG_TYPE
