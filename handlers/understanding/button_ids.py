"""What a button or a row of a list brings back when it is pressed: the request it was shown for, and what it means.

    id     := "h1" "-" verb "-" number ["-" choice]
    verb   := claim | pass | receipt | need | area
    number := of a request; 0 where there was none yet
    choice := receipt: yes, partly, no | need: its name | area: its id

"h1" is the version: whatever is not exactly in this form is none of ours, and the title that was pressed is read as
words. Another form gets another version, so that a button of last year never means something new.
"""

import re

from handlers.understanding.intents import Need, Pressed, Verb

VERSION = "h1"
RECEIPTS = ("yes", "partly", "no")  # in the order of the digits that answer the same
ID = re.compile(rf"{VERSION}-([a-z]+)-(0|[1-9]\d{{0,8}})(?:-([a-z_]{{1,20}}|[1-9]\d{{0,8}}))?", re.ASCII)


def write(button: Pressed) -> str:
    """An id as the carrier keeps it."""
    return "-".join([VERSION, button.verb, str(button.number), *([button.choice] if button.choice else [])])


def read(text: str | None) -> Pressed | None:
    """The meaning of an id; None for anything that is not exactly one of ours. Never raises."""
    found = ID.fullmatch(text) if text else None
    if found is None or found[1] not in list(Verb):
        return None
    button = Pressed(Verb(found[1]), int(found[2]), found[3] or "")
    return button if _is_whole(button) else None


def _is_whole(button: Pressed) -> bool:
    match button.verb:
        case Verb.CLAIM | Verb.PASS:
            return button.number > 0 and not button.choice
        case Verb.RECEIPT:
            return button.number > 0 and button.choice in RECEIPTS
        case Verb.NEED:
            return button.choice in list(Need)
        case Verb.AREA:
            return button.number > 0 and button.choice.isdigit()
