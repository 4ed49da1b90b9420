"""The fake carrier's Content API: what it keeps, what WhatsApp says of it, and its window.

WhatsApp decides by `decide`: approved at once, unless a test wants to see it wait or refuse. By
twilio.com/docs/content buttons and lists have at most three buttons of 20 characters without an approval, ten rows of
24, ids of 200, words of 1024.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

WINDOW = timedelta(hours=24)
CLOSED = 63016
PATH = re.compile(r"/v1/Content(?:/(?P<sid>HX\w+)(?P<approval>/ApprovalRequests(?P<whatsapp>/whatsapp)?)?)?")
VARIABLE = re.compile(r"\{\{(\d+)\}\}")
UNKNOWN_CONTENT = 21655  # The ContentSid is Invalid
BAD_VARIABLES = 21656  # The ContentVariables Parameter is invalid
MOST_BUTTONS, LONGEST_TITLE = 3, 20
MOST_ROWS, LONGEST_ROW = 10, 24
LONGEST_ID, LONGEST_WORDS = 200, 1024
KINDS = ("twilio/quick-reply", "twilio/list-picker")


def approved(_: dict[str, Any]) -> tuple[str, str]:
    """WhatsApp approves everything."""
    return "approved", ""


@dataclass
class Contents:
    """What the account keeps, and what WhatsApp thinks of it."""

    decide: Callable[[dict[str, Any]], tuple[str, str]] = approved  # a content -> its status, and why
    kept: dict[str, dict[str, Any]] = field(default_factory=dict)  # by sid
    submitted: dict[str, str] = field(default_factory=dict)  # sid -> the name it is to be approved by
    asked: list[tuple[str, str]] = field(default_factory=list)  # every request: method, path
    refuses: int | None = None  # the error that every layout gets when it is sent
    wrote: dict[str, datetime] = field(default_factory=dict)  # a person's address -> when they last wrote

    def answer(self, method: str, path: str, given: dict[str, Any]) -> tuple[int, dict[str, Any]] | None:
        """The answer to a request; None for a path that is not of this API."""
        found = PATH.fullmatch(path)
        if found is None:
            return None
        self.asked.append((method, path))
        sid = found["sid"]
        if sid is None:
            return (
                (201, self._keep(given))
                if method == "POST"
                else (200, {"contents": [*self.kept.values()], "meta": {}})
            )
        if sid not in self.kept:
            return 404, {"code": 20404, "message": "not found", "status": 404}
        if found["whatsapp"] and method == "POST":
            if given["name"] in self.submitted.values():
                return 400, {"code": 20001, "message": "there is a template of this name", "status": 400}
            self.submitted[sid] = given["name"]
            return 201, {"status": "received", "name": given["name"], "category": given["category"]}
        return 200, {"sid": sid, "whatsapp": self._verdict(sid)}

    def _keep(self, given: dict[str, Any]) -> dict[str, Any]:
        sid = f"HX{uuid4().hex}"
        self.kept[sid] = {**given, "sid": sid}
        return self.kept[sid]

    def _verdict(self, sid: str) -> dict[str, Any]:
        status, why = self.decide(self.kept[sid]) if sid in self.submitted else ("unsubmitted", "")
        return {"status": status, "rejection_reason": why, "name": self.submitted.get(sid)}

    def is_approved(self, sid: str) -> bool:
        """Whether WhatsApp lets this leave outside the window."""
        return bool(self._verdict(sid)["status"] == "approved")

    def is_open(self, to: str, now: datetime) -> bool:
        """Whether words may go there: SMS always, WhatsApp for a day after their last text."""
        wrote = self.wrote.get(to)
        return not to.startswith("whatsapp:") or (wrote is not None and now < wrote + WINDOW)

    def problem(self, to: str, sid: str | None, variables: dict[str, str], now: datetime) -> int | None:
        """The error that a text gets, if any: an unknown layout, lacking variables, or a closed window."""
        if sid is not None:
            if self.refuses is not None or sid not in self.kept:
                return self.refuses or UNKNOWN_CONTENT
            wanted = set(VARIABLE.findall(str(self.kept[sid]["types"])))
            bad = any(not v.strip() or re.search(r"[\n\t]| {4}", v) for v in variables.values())
            if wanted - set(variables) or bad:
                return BAD_VARIABLES
        closed = not self.is_open(to, now) and (sid is None or not self.is_approved(sid))
        return CLOSED if closed else None

    def said(self, sid: str, variables: dict[str, str]) -> str:
        """What a reader sees of a layout."""
        (kind,) = self.kept[sid]["types"].values()
        return VARIABLE.sub(lambda found: variables[found[1]], kind["body"])


class NothingKept(Contents):
    """An account without a Content API."""

    def answer(self, method: str, path: str, given: dict[str, Any]) -> tuple[int, dict[str, Any]] | None:
        """Nothing is there."""
        return None


class AnythingTaken(Contents):
    """A gateway in between that takes every POST for a text, and answers with a text's SID."""

    def answer(self, method: str, path: str, given: dict[str, Any]) -> tuple[int, dict[str, Any]] | None:
        """A text was taken."""
        return (201, {"sid": f"SM{uuid4().hex}", "status": "queued"}) if path.startswith("/v1/Content") else None


@dataclass(frozen=True)
class Shown:
    """What a phone shows of a text with buttons: ids and titles."""

    body: str
    beside: list[tuple[str, str]]


def wrong(given: dict[str, Any]) -> list[str]:
    """What Twilio does not take of a layout."""
    ((kind, inside),) = given["types"].items()
    titles = [action["title"] for action in inside.get("actions", ())] or [inside["button"]]
    beside = len(inside.get("actions", ())), len(inside.get("items", ()))
    found = [] if kind in KINDS else [kind]
    found += [title for title in titles if not 0 < len(title) <= LONGEST_TITLE]
    found += [str(beside)] if beside[0] > MOST_BUTTONS or beside[1] > MOST_ROWS or sum(beside) == 0 else []
    unsampled = {*VARIABLE.findall(json.dumps(inside))} ^ {*given["variables"]}
    return [*found, *unsampled, *([] if given["language"] else ["language"])]


def shown(contents: Contents, fields: dict[str, str]) -> Shown:
    """What a phone shows of a text that was sent by a layout; fails where WhatsApp would."""
    values = json.loads(fields["ContentVariables"])
    (inside,) = contents.kept[fields["ContentSid"]]["types"].values()

    def filled(text: str) -> str:
        return VARIABLE.sub(lambda found: str(values[found[1]]), text)

    actions = [(filled(each["id"]), filled(each["title"])) for each in inside.get("actions", ())]
    rows = [(filled(each["id"]), filled(each["item"])) for each in inside.get("items", ())]
    body = filled(inside["body"])
    assert all(0 < len(id_) <= LONGEST_ID and re.fullmatch(r"[ -~]+", id_) for id_, _ in (*actions, *rows))
    assert all(0 < len(title) <= LONGEST_ROW for _, title in rows)
    assert 0 < len(body) <= LONGEST_WORDS
    return Shown(body, [*actions, *rows])
