"""A carrier to break: Twilio's API on a real HTTP server, with its rules, its errors and its bad days.

What it does wrong is set by the test: `moods` for the coming POSTs, `told` and `when` for the callbacks.
"""

import json
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from itertools import chain, repeat
from types import TracebackType

import httpx

from app.clock import Clock
from tests import webhooks
from tests.fake_twilio_api import Api, Carried, Mood, When
from tests.fake_twilio_console import Console
from tests.fake_twilio_content import Contents
from tests.fake_twilio_media import Media
from tests.fakes import ACCOUNT, LINE, PUBLIC, TOKEN, WHATSAPP

STOPS = frozenset("STOP STOPALL UNSUBSCRIBE END QUIT CANCEL REVOKE OPTOUT".split())
TRIAL = "Sent from your Twilio trial account - "
STARTS = frozenset("START YES UNSTOP".split())
KINDS: dict[str, Callable[..., dict[str, str]]] = {
    "": webhooks.sms,
    "whatsapp": webhooks.whatsapp,
    "rcs": webhooks.rcs,
}

Post = Callable[[str, bytes, dict[str, str]], int]


def by_http(url: str, body: bytes, headers: dict[str, str]) -> int:
    """Post a webhook over the network; returns the status."""
    return httpx.post(url, content=body, headers=headers, timeout=15).status_code


@dataclass
class FakeTwilio:
    """The carrier. Use it as a context manager; `url` is what goes into TWILIO_API_URL."""

    clock: Clock = field(default_factory=Clock)
    public: str = PUBLIC  # where the hotline is reached
    post: Post = by_http  # how webhooks get there
    numbers: tuple[str, ...] = (LINE, WHATSAPP)
    moods: Iterator[Mood] = field(default_factory=lambda: repeat(Mood.ANSWER))
    retry_after: int | None = None  # seconds, said with a 429
    price: str | None = None  # said with every text; Twilio itself mostly knows it only later
    refuses: int | None = None  # error code of every POST: the account, a number or the service is set up wrongly
    refused: dict[str, int] = field(default_factory=dict)  # recipient -> error code of the POST
    undelivered: dict[str, int] = field(default_factory=dict)  # recipient -> error code told by callback
    told: Callable[[list[str]], list[str]] = list  # what becomes of a text's callbacks: doubled, shuffled, none
    when: When = When.AFTER
    shows: Callable[[str], str | None] = lambda body: None  # how its list shows a body; None: as it is
    listed: Callable[[list[Carried]], list[Carried]] = list  # what its list shows: late, doubled, some hidden
    page: int | None = None  # the HTTP status of an error page that stands in its place
    page_for: dict[str, int] = field(default_factory=dict)  # the same, for texts to one number alone
    port: int = 0  # where it listens; any that is free if none is given
    has_rcs: set[str] = field(default_factory=set)  # phones that a Messaging Service with an agent reaches by RCS
    console: Console = field(default_factory=Console)
    by_console: bool = False  # whether texts are brought to where the console says, and not to `public`
    media: Media = field(default_factory=Media)
    contents: Contents = field(default_factory=Contents)
    minds_window: bool = False  # whether WhatsApp's window is kept; else it is open for everybody
    window_refuses: bool = True  # a text outside it is refused at once; else that is told by callback
    carried: list[Carried] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)  # every POST, taken or not

    def __post_init__(self) -> None:
        self.opted_out: set[tuple[str, str]] = set()
        self.answers: list[int] = []  # what our callbacks were answered with
        self.lock = threading.Lock()
        self.released = threading.Event()
        self.stalling = threading.Semaphore(0)  # one more for every POST that is being stalled
        self._idle = threading.Condition()
        self._working = 0  # POSTs that are not yet answered and announced
        self._held: list[tuple[str, bytes]] = []
        self._callbacks: queue.Queue[tuple[str, bytes] | None] = queue.Queue()
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Api)
        self._server.daemon_threads = True
        self._server.twilio = self  # type: ignore[attr-defined]
        self._threads = [
            threading.Thread(target=self._server.serve_forever, args=(0.01,), name="fake twilio", daemon=True),
            threading.Thread(target=self._call_back, name="fake twilio's callbacks", daemon=True),
        ]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def sent(self) -> list[Carried]:
        """The texts the hotline has sent, in the order they were taken."""
        return [text for text in self.carried if not text.inbound]

    def __enter__(self) -> "FakeTwilio":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.released.set()
        self._callbacks.put(None)
        self._server.shutdown()
        for thread in self._threads:
            thread.join()
        self._server.server_close()

    # The hotline's texts, out.

    def next(self, *moods: Mood) -> None:
        """Take the coming POSTs in these moods, and answer every later one."""
        self.moods = chain(moods, repeat(Mood.ANSWER))

    def mood(self, fields: dict[str, str]) -> Mood:
        """Note that a POST has come; the mood it is taken in."""
        with self.lock:
            self.asked.append(fields)
            return next(self.moods)

    def take(self, fields: dict[str, str]) -> Carried:
        """Take a text. The first status is `queued`; a Messaging Service says `accepted`."""
        status = "accepted" if "MessagingServiceSid" in fields else "queued"
        by_rcs = "From" not in fields and fields["To"] in self.has_rcs
        with self.lock:
            text = Carried(
                sid=webhooks.new_sid(),
                sender=f"rcs:{webhooks.AGENT}" if by_rcs else fields.get("From", LINE),
                to=f"rcs:{fields['To']}" if by_rcs else fields["To"],
                body=self._said(fields),
                created=self.clock.now(),
                inbound=False,
                status=status,
                fields=fields,
                price=self.price,
                shown_as=self.shows(self._said(fields)),
            )
            self.carried.append(text)
        return text

    def _said(self, fields: dict[str, str]) -> str:
        sid = fields.get("ContentSid")
        said = fields["Body"] if sid is None else self.contents.said(sid, json.loads(fields["ContentVariables"]))
        return f"{TRIAL}{said}" if self.console.kind == "Trial" else said

    def window_problem(self, fields: dict[str, str]) -> int | None:
        """Why WhatsApp does not take a text, if it minds its window."""
        sid, now = fields.get("ContentSid"), self.clock.now()
        assert sid is None or "Body" not in fields, "a template never has a body"
        if sid is None and not self.minds_window:
            return None
        return self.contents.problem(fields["To"], sid, json.loads(fields.get("ContentVariables", "{}")), now)

    def announce(self, text: Carried) -> None:
        """Say by callback what becomes of a text."""
        text.error_code = (
            self.undelivered.get(text.to)
            or self.console.unregistered(text.sender, text.fields.get("MessagingServiceSid"))
            or self.media.fetch(text.fields)
            or self.window_problem(text.fields)
        )
        words = ["sent", "undelivered" if text.error_code else "delivered"]
        text.status = words[-1]
        if "StatusCallback" in text.fields:
            for word in self.told(words):
                self.say(text, word)

    def say(self, text: Carried, word: str) -> None:
        """Say one word about a text by callback."""
        fields = {
            "SmsSid": text.sid,
            "SmsStatus": word,
            "MessageStatus": word,
            "To": text.to,
            "MessageSid": text.sid,
            "AccountSid": ACCOUNT,
            "From": text.sender,
            "ApiVersion": "2010-04-01",
        }
        if word in ("undelivered", "failed") and text.error_code:
            fields["ErrorCode"] = str(text.error_code)
        callback = text.fields["StatusCallback"], webhooks.form(fields)
        if self.when is When.EARLY:
            self._tell(*callback)
        elif self.when is When.HELD:
            self._held.append(callback)
        else:
            self._callbacks.put(callback)

    def release_callbacks(self) -> None:
        """Post the callbacks that were held, and wait until all are answered."""
        held, self._held = self._held, []
        for callback in held:
            self._callbacks.put(callback)
        self.settle()

    @contextmanager
    def working(self) -> Iterator[None]:
        """A POST is being dealt with."""
        with self._idle:
            self._working += 1
        try:
            yield
        finally:
            with self._idle:
                self._working -= 1
                self._idle.notify_all()

    def wait_for(self, count: int) -> None:
        """Wait until so many POSTs have come and are dealt with."""
        with self._idle:
            assert self._idle.wait_for(lambda: len(self.asked) >= count and self._working == 0, timeout=30)

    def settle(self) -> None:
        """Wait until every POST is dealt with and every callback answered."""
        with self._idle:
            assert self._idle.wait_for(lambda: self._working == 0, timeout=30)
        self._callbacks.join()

    def _call_back(self) -> None:
        while (callback := self._callbacks.get()) is not None:
            try:
                self._tell(*callback)
            finally:
                self._callbacks.task_done()

    def _tell(self, url: str, body: bytes) -> None:
        try:
            self.answers.append(self.post(url, body, webhooks.headers(url, body)))
        except httpx.HTTPError:  # nobody there: Twilio does not mind either
            self.answers.append(0)

    # People's texts, in.

    def text(self, sender: str, body: str, *, lost: bool = False, **more: str) -> int:
        """Somebody texts the hotline. A `lost` one is in the carrier's list, but its webhook never arrives."""
        channel, _, phone = sender.rpartition(":")
        fields = KINDS[channel](phone, body, **more)
        if self.by_console and channel == "":
            fields["MessagingServiceSid"] = self.console.service_of(fields["To"]) or ""
        # One opt-out is for RCS, SMS and MMS alike.
        pair = (LINE, phone) if channel == "rcs" else (fields["To"], fields["From"])
        self.contents.wrote[fields["From"]] = self.clock.now()
        if body.strip().upper() in STOPS:
            self.opted_out.add(pair)
        if body.strip().upper() in STARTS:
            self.opted_out.discard(pair)
        with self.lock:
            self.carried.append(
                Carried(
                    fields["MessageSid"],
                    fields["From"],
                    fields["To"],
                    body,
                    self.clock.now(),
                    inbound=True,
                    status="received",
                    fields=fields,
                )
            )
        return 0 if lost else self.deliver(fields)

    def deliver(self, fields: dict[str, str]) -> int:
        """Post a text's webhook, for the first time or again; returns the status, 0 where nobody was called."""
        content = webhooks.form(fields)
        urls = self.console.webhooks(fields["To"]) if self.by_console else [f"{self.public}/twilio/message"]
        status = 0
        for url in urls:  # the second one is the fallback
            try:
                status = self.post(url, content, webhooks.headers(url, content))
            except httpx.HTTPError:
                status = 0
            if 200 <= status < 400:
                break
        return status


__all__ = ["ACCOUNT", "TOKEN", "Carried", "FakeTwilio", "Mood", "When"]
