"""The fake carrier's layouts for buttons and lists: Twilio's Content API, as far as these need it.

Rules by twilio.com/docs/content: at most three buttons of 20 characters without an approval, ten rows of 24, ids of
200, words of 1024; an id that it does not keep is 21655, a variable that lacks is 21656.
"""

import json
import re
from typing import Any

MOST_BUTTONS, LONGEST_TITLE = 3, 20
MOST_ROWS, LONGEST_ROW = 10, 24
LONGEST_ID, LONGEST_WORDS = 200, 1024
VARIABLE = re.compile(r"\{\{(\d+)\}\}")
UNKNOWN, LACKS, TOO_LONG = 21655, 21656, 63042
PATH = "/v1/Content"
KINDS = ("twilio/quick-reply", "twilio/list-picker")


class NotTaken(Exception):
    """Twilio says no, by this code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Layouts:
    """What one account keeps."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, Any]] = {}

    def keep(self, written: str) -> dict[str, Any]:
        """Keep a layout; it is answered with its id."""
        said = json.loads(written)
        ((kind, inside),) = said["types"].items()
        titles = [action["title"] for action in inside.get("actions", ())] or [inside["button"]]
        beside = len(inside.get("actions", ())), len(inside.get("items", ()))
        if kind not in KINDS or any(not 0 < len(title) <= LONGEST_TITLE for title in titles):
            raise NotTaken(TOO_LONG)
        if beside[0] > MOST_BUTTONS or beside[1] > MOST_ROWS:
            raise NotTaken(TOO_LONG)
        wanted = {*VARIABLE.findall(json.dumps(inside))}
        if wanted != {*said["variables"]} or not said["language"]:
            raise NotTaken(LACKS)
        sid = f"HX{len(self.kept) + 1:032x}"
        self.kept[sid] = {"sid": sid, **said}
        return self.kept[sid]

    def shown(self, fields: dict[str, str]) -> dict[str, Any]:
        """What the phone shows of a text that is sent by a layout: its body, and the titles and ids beside it."""
        layout = self.kept.get(fields["ContentSid"])
        if layout is None:
            raise NotTaken(UNKNOWN)
        values = json.loads(fields.get("ContentVariables", "{}"))
        if {*layout["variables"]} - {*values} or not all(values.values()):
            raise NotTaken(LACKS)
        (inside,) = layout["types"].values()

        def filled(text: str) -> str:
            return VARIABLE.sub(lambda found: str(values[found[1]]), text)

        actions = [(filled(a["id"]), filled(a["title"])) for a in inside.get("actions", ())]
        rows = [(filled(i["id"]), filled(i["item"])) for i in inside.get("items", ())]
        body = filled(inside["body"])
        if any(not 0 < len(id_) <= LONGEST_ID for id_, _ in (*actions, *rows)) or len(body) > LONGEST_WORDS:
            raise NotTaken(TOO_LONG)
        if any(not 0 < len(title) <= LONGEST_ROW for _, title in rows):
            raise NotTaken(TOO_LONG)
        return {"body": body, "buttons": actions, "rows": rows}
