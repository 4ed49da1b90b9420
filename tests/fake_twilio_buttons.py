"""What Twilio and WhatsApp ask of buttons and lists, beside the rules for all layouts (tests/fake_twilio_content.py).

By twilio.com/docs/content: at most three buttons of 20 characters without an approval, ten rows of 24, ids of 200,
words of 1024.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from tests.fake_twilio_content import VARIABLE, Contents

MOST_BUTTONS, LONGEST_TITLE = 3, 20
MOST_ROWS, LONGEST_ROW = 10, 24
LONGEST_ID, LONGEST_WORDS = 200, 1024
KINDS = ("twilio/quick-reply", "twilio/list-picker")


class NothingKept(Contents):
    """An account without a Content API."""

    def answer(self, method: str, path: str, given: dict[str, Any]) -> tuple[int, dict[str, Any]] | None:
        """Nothing is there."""
        return None


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
