"""The fake carrier's HTTP half: routes, basic auth, Twilio's validation and its error bodies."""

import base64
import json
import re
import socket
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from handlers.wording import segments
from tests.fake_twilio_content import CLOSED
from tests.fake_twilio_errors import Refused
from tests.fake_twilio_media import Served
from tests.fakes import ACCOUNT, LINE, TOKEN

if TYPE_CHECKING:
    from tests.fake_twilio import FakeTwilio

ROOT = f"/2010-04-01/Accounts/{ACCOUNT}"
NUMBER = re.compile(r"\+[1-9]\d{6,14}|whatsapp:(\+[1-9]\d{6,14}|[A-Z]{2}\.[\w.]+)")
LONGEST = 1600
TEST_TOKEN = "a-token-for-tests-only"  # Twilio gives each account one, which reaches no phone


class Mood(StrEnum):
    """What the carrier does with a POST."""

    ANSWER = "answer"
    DROP = "drop"  # takes the text, then drops the connection without a word
    LOSE = "lose"  # drops the connection without taking the text
    BREAK = "break"  # takes the text, then says 500
    STALL = "stall"  # takes the text and says nothing until released, then drops the connection
    HANG = "hang"  # takes nothing and says nothing until released, then drops the connection
    DOWN = "down"  # 503, and the text is not taken
    BUSY = "busy"  # 429: takes nothing and asks for patience


class When(StrEnum):
    """When callbacks are posted."""

    AFTER = "after"  # at once after the answer
    EARLY = "early"  # before the answer to the POST that caused them
    HELD = "held"  # not until `release_callbacks`


@dataclass
class Carried:
    """A text the carrier has taken, in either direction."""

    sid: str
    sender: str
    to: str
    body: str
    created: datetime
    inbound: bool
    status: str
    fields: dict[str, str]
    error_code: int | None = None
    price: str | None = None
    shown_as: str | None = None  # its body as the list shows it: prefixed by a trial account, blanked by redaction

    def resource(self) -> dict[str, object]:
        """The message as Twilio's API shows it."""
        stamp = self.created.strftime("%a, %d %b %Y %H:%M:%S +0000")
        uri = f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{self.sid}"
        return {
            "account_sid": ACCOUNT,
            "api_version": "2010-04-01",
            "body": self.body if self.shown_as is None else self.shown_as,
            "date_created": stamp,
            "date_sent": stamp if self.inbound or self.status != "queued" else None,
            "date_updated": stamp,
            "direction": "inbound" if self.inbound else "outbound-api",
            "error_code": self.error_code,
            "error_message": None,
            "from": self.sender,
            "messaging_service_sid": self.fields.get("MessagingServiceSid"),
            "num_media": self.fields.get("NumMedia", "0"),
            "num_segments": str(segments.count(self.body)),
            "price": self.price,
            "price_unit": "USD",
            "sid": self.sid,
            "status": self.status,
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "to": self.to,
            "uri": f"{uri}.json",
        }

    def pictures(self) -> dict[str, object]:
        """Its pictures as Twilio's API lists them."""
        uri = f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{self.sid}/Media"
        shown = [
            {
                "sid": self.fields[f"MediaUrl{n}"].rsplit("/", 1)[1],
                "content_type": self.fields[f"MediaContentType{n}"],
                "uri": f"{uri}/{self.fields[f'MediaUrl{n}'].rsplit('/', 1)[1]}.json",
                "parent_sid": self.sid,
            }
            for n in range(int(self.fields.get("NumMedia", "0")))
        ]
        return {"media_list": shown, "page": 0, "page_size": 50, "next_page_uri": None, "uri": f"{uri}.json"}


class Api(BaseHTTPRequestHandler):
    """One connection to the fake carrier."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    @property
    def twilio(self) -> "FakeTwilio":
        carrier: FakeTwilio = self.server.twilio  # type: ignore[attr-defined]
        return carrier

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The date in every answer is by the carrier's own clock."""
        return super().date_time_string(self.twilio.clock.now().timestamp() if timestamp is None else timestamp)

    def do_POST(self) -> None:
        """Send a text."""
        body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        asked = dict(parse_qsl(body))
        page = self.twilio.page_for.get(asked.get("To", ""), self.twilio.page)
        if page is not None:
            self.twilio.asked.append(asked)
            self._page(page)
            return
        try:
            self._check()
            if self._of_content("POST", json.loads(body) if body.startswith("{") else {}):
                return
            if self._of_console("POST", body):
                return
            if urlsplit(self.path).path != f"{ROOT}/Messages.json":
                raise Refused(20404)
            with self.twilio.working():
                self._send(dict(parse_qsl(body, keep_blank_values=True)))
        except Refused as refused:
            self._answer(refused.status, refused.body)

    def do_GET(self) -> None:
        """Show the account, one message or a list of messages."""
        parts = urlsplit(self.path)
        if self.twilio.page is not None:
            self._page(self.twilio.page)
            return
        try:
            if self.twilio.media.is_store(parts.path):
                self._file(self.twilio.media.stored(parts.path, authorized="Authorization" in self.headers))
                return
            self._check()
            if self._of_content("GET", {}):
                return
            if self.twilio.media.has(parts.path):
                self._file(self.twilio.media.leads(parts.path))
            elif parts.path == f"{ROOT}/Messages.json":
                self._answer(200, self._list(dict(parse_qsl(parts.query))))
            elif parts.path.endswith("/Media.json"):
                self._answer(200, self._one(parts.path.removesuffix("/Media.json")).pictures())
            elif not self._of_console("GET"):
                self._answer(200, self._one(parts.path).resource())
        except Refused as refused:
            self._answer(refused.status, refused.body)

    def do_DELETE(self) -> None:
        """Delete one message, unless it is under way."""
        try:
            self._check()
            if self.twilio.media.has(urlsplit(self.path).path):
                self._file(self.twilio.media.delete(urlsplit(self.path).path))
                return
            if self._of_console("DELETE"):
                return
            text = self._one(urlsplit(self.path).path)
            mood = self.twilio.mood({"To": text.to})
            if mood is not Mood.ANSWER:
                raise Refused(20503)
            if text.status in ("queued", "sending"):
                raise Refused(20009)
            self.twilio.carried.remove(text)
            self.send_response(204)
            self.send_header("Content-Length", "0")
            self.end_headers()
        except Refused as refused:
            self._answer(refused.status, refused.body)

    def _of_content(self, method: str, given: dict[str, Any]) -> bool:
        """Whether this was for the Content API, which has answered then."""
        answer = self.twilio.contents.answer(method, urlsplit(self.path).path, given)
        if answer is not None:
            self._answer(*answer)
        return answer is not None

    def _of_console(self, method: str, body: str = "") -> bool:
        """Whether this was about the account and its settings, and is answered then."""
        parts = urlsplit(self.path)
        if not self.twilio.console.has(method, parts.path):
            return False
        given = json.loads(body) if body.startswith("{") else dict(parse_qsl(body, keep_blank_values=True))
        wait = self.twilio.console.too_many()
        if wait is not None:
            self._answer(429, Refused(20429).body, {"Retry-After": str(wait)})
            return True
        status, said = self.twilio.console.answer(method, parts.path, dict(parse_qsl(parts.query)), given)
        if status == 204:
            self.send_response(204)
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self._answer(status, said)
        return True

    def _check(self) -> None:
        given = self.headers.get("Authorization", "").removeprefix("Basic ")
        known = base64.b64decode(given).decode("utf-8", "replace")
        if known == f"{ACCOUNT}:{TEST_TOKEN}":
            raise Refused(20008)
        if known != f"{ACCOUNT}:{TOKEN}":
            raise Refused(20003)

    def _send(self, fields: dict[str, str]) -> None:
        carrier = self.twilio
        mood = carrier.mood(fields)
        if mood is Mood.BUSY:
            wait = {} if carrier.retry_after is None else {"Retry-After": str(carrier.retry_after)}
            self._answer(429, Refused(20429).body, wait)
            return
        if mood is Mood.DOWN:
            self._answer(503, Refused(20503).body)
            return
        if mood is Mood.HANG:
            carrier.stalling.release()
            carrier.released.wait(60)
        if mood in (Mood.LOSE, Mood.HANG):
            self._drop()
            return
        self._validate(fields)
        text = carrier.take(fields)
        first = text.resource()
        if carrier.when is When.EARLY:
            carrier.announce(text)
        if mood is Mood.STALL:
            carrier.stalling.release()
            carrier.released.wait(60)
        if mood in (Mood.DROP, Mood.STALL):
            self._drop()
        elif mood is Mood.BREAK:
            self._answer(500, Refused(20500).body)
        else:
            self._answer(201, first)
        if carrier.when is not When.EARLY:
            carrier.announce(text)

    def _validate(self, fields: dict[str, str]) -> None:
        carrier = self.twilio
        to, sender, body = fields.get("To", ""), fields.get("From", ""), fields.get("Body", "")
        if not to:
            raise Refused(21604)
        if not NUMBER.fullmatch(to):
            raise Refused(21211)
        if to == sender:
            raise Refused(21266)
        ours = (*carrier.numbers, *carrier.console.numbers)
        if sender.removeprefix("whatsapp:") not in ours and "MessagingServiceSid" not in fields:
            raise Refused(21606)
        if not body and "ContentSid" not in fields:
            raise Refused(21602)
        if len(body) > LONGEST:
            raise Refused(21617)
        if carrier.refuses is not None:
            raise Refused(carrier.refuses)
        if carrier.console.is_out_of_reach(to):
            raise Refused(21608)
        if to in carrier.refused:
            raise Refused(carrier.refused[to])
        if (sender or LINE, to) in carrier.opted_out:
            raise Refused(21610)
        wrong = carrier.window_problem(fields)
        if wrong is not None and (wrong != CLOSED or carrier.window_refuses):
            raise Refused(wrong)

    def _one(self, path: str) -> Carried:
        sid = path.removeprefix(f"{ROOT}/Messages/").removesuffix(".json")
        for text in self.twilio.carried:
            if text.sid == sid:
                return text
        raise Refused(20404)

    def _list(self, query: dict[str, str]) -> dict[str, object]:
        # Twilio lists the newest first.
        found = self.twilio.listed([text for text in reversed(self.twilio.carried) if _wanted(text, query)])
        size, page = int(query.get("PageSize", "50")), int(query.get("Page", "0"))
        shown, more = found[page * size : (page + 1) * size], len(found) > (page + 1) * size
        following = f"{ROOT}/Messages.json?" + urlencode({**query, "Page": page + 1, "PageSize": size})
        return {
            "messages": [text.resource() for text in shown],
            "page": page,
            "page_size": size,
            "start": page * size,
            "end": page * size + max(len(shown) - 1, 0),
            "uri": self.path,
            "first_page_uri": f"{ROOT}/Messages.json?PageSize={size}&Page=0",
            "previous_page_uri": None,
            "next_page_uri": following if more else None,
        }

    def _answer(self, status: int, body: dict[str, object], headers: dict[str, str] | None = None) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    def _file(self, served: Served) -> None:
        self.send_response(served.status)
        for name, value in served.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(served.content)))
        self.end_headers()
        with suppress(ConnectionError):  # whoever asked was killed
            self.wfile.write(served.content)

    def _page(self, status: int) -> None:
        content = b"<html><body>Not found. Log in to use this network.</body></html>"
        self.send_response(status)
        for name, value in {"Content-Type": "text/html", "Retry-After": "3600", "Location": "/login"}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _drop(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)


def _wanted(text: Carried, query: dict[str, str]) -> bool:
    if query.get("To", text.to) != text.to or query.get("From", text.sender) != text.sender:
        return False
    for name, value in query.items():
        if name.startswith("DateSent"):
            moment = datetime.fromisoformat(value if "T" in value else f"{value}T00:00:00+00:00")
            fits = {
                "DateSent": text.created.date() == moment.date(),
                "DateSent>": text.created >= moment,
                "DateSent<": text.created <= moment,
            }
            if not fits[name]:
                return False
    return True
