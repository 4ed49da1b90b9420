"""The gateway's own side, as far as the hotline can see it: an HTTP server, and calls of our webhooks."""

import hashlib
import hmac
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

from tests.fake_twilio import Post
from tests.gateway.carrier import INBOUND, REPORT, Access

SECRET = "the gateway's secret"


@dataclass
class Taken:
    """A text that the gateway has taken."""

    id: str
    said: dict[str, str]


@dataclass
class GatewayServer:
    """Takes texts on a port of this machine; `post` is how it reaches our webhooks."""

    post: Post | None = None
    taken: list[Taken] = field(default_factory=list)
    refuses: dict[str, int] = field(default_factory=dict)  # phones, and with which error
    silent: bool = False  # takes a text, and hangs up without an answer
    credit: int = 100
    secret: str = SECRET

    def __enter__(self) -> "GatewayServer":
        server = self
        numbers = count(1)

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                known = self.headers["Authorization"] == f"Bearer {server.secret}"
                self._answer(200 if known else 401, {"credit": server.credit})

            def do_POST(self) -> None:
                said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if code := server.refuses.get(said["to"]):
                    self._answer(422, {"error": code})
                    return
                server.taken.append(Taken(f"gw-{next(numbers)}", said))
                if server.silent:
                    self.close_connection = True
                    return
                self._answer(202, {"id": server.taken[-1].id})

            def _answer(self, status: int, said: dict[str, Any]) -> None:
                body = json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    @property
    def access(self) -> Access:
        """What it gives to whoever has an account."""
        return Access(f"http://127.0.0.1:{self._http.server_port}", SECRET)

    def call(self, path: str, said: object, *, secret: str | None = None) -> int:
        """Call a webhook of ours; the status that it answers with."""
        assert self.post is not None
        body = json.dumps(said).encode()
        signature = hmac.new((secret or self.secret).encode(), body, hashlib.sha256).hexdigest()
        return self.post(f"http://hotline{path}", body, {"X-Gateway-Signature": signature})

    def text(self, sender: str, to: str, words: str, *, sid: str) -> int:
        """Bring a text."""
        return self.call(INBOUND, {"id": sid, "from": sender, "to": to, "text": words, "operator": "Oak Mobile"})

    def report(self, taken: Taken, state: str, error: int | None = None) -> int:
        """Say what became of a text."""
        return self.call(
            REPORT, {"reference": taken.said["reference"], "id": taken.id, "state": state, "error": error}
        )

    def said_to(self, phone: str) -> list[str]:
        """What this phone got."""
        return [taken.said["text"] for taken in self.taken if taken.said["to"] == phone]
