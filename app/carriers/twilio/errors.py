"""What each of Twilio's error codes asks of us, as data. An unknown code is final, unless every text meets it.

Source: Twilio's error dictionary.
"""

from typing import Any

from app.carriers.base import Action
from models.delivery.outbound import State

# Twilio's words for what became of a text, and ours.
STATUSES = {
    "accepted": State.ACCEPTED,
    "scheduled": State.ACCEPTED,
    "queued": State.ACCEPTED,
    "sending": State.ACCEPTED,
    "sent": State.SENT,
    "delivered": State.DELIVERED,
    "read": State.READ,
    "undelivered": State.FAILED,
    "failed": State.FAILED,
    "canceled": State.FAILED,
}

TABLE: dict[Action, tuple[int, ...]] = {
    Action.AGAIN: (20429,),
    Action.QUEUE_FULL: (21611,),
    Action.LOOK_UP: (20500, 20503),
    Action.TRANSIENT: (30001, 30017, 30022, 30410, 30500, 63009, 63010, 63012),
    Action.SOFT: (30003, 30008),
    Action.QUOTA: (63017, 63018, 30023, 30027, 63038, 60728),
    Action.OPTED_OUT: (21610,),
    Action.BAD_ADDRESS: (
        *(21211, 21217, 21614, 21612, 21635, 30004, 30005, 30006),
        *(63003, 63014, 63024, 63032, 63033),
    ),
    Action.FILTERED: (30007, 63013, 63026),
    Action.CONTENT: (
        *(21602, 21617, 21620, 21623, 21655, 21656, 30019, 63005, 63006, 63019, 63021),
        *(63027, 63028, 63030, 63040, 63041, 63042),
    ),
    Action.WINDOW: (63016,),
    Action.QUIET: (30047, 30610, 30615),
    Action.LOOP: (14107,),
    Action.GEOGRAPHY: (21408, 30450),
    Action.ACCOUNT: (
        *(20003, 20005, 20008, 10001, 30002, 90010, 21606, 21608, 21659, 21660, 21661),
        *(21701, 21702, 21703, 21704, 21705, 21712),
        *(30032, 30033, 30034, 30035, 63001, 63007, 63008, 63015, 63020, 63051),
    ),
}

ACTIONS: dict[int, Action] = {code: action for action, codes in TABLE.items() for code in codes}

# What we do not know of these families is about us and never about who is written to: the account, the call of the
# API itself, the number that sends, the Messaging Service. Texts are kept until somebody has looked.
OURS = (range(10000, 11000), range(20000, 21000), range(21657, 21670), range(21700, 21800), range(90000, 91000))
TOO_MANY = 20429
CODES = range(10_000, 100_000)  # Twilio's have five digits; others' error pages say {"code": 404}


def code_of(value: Any) -> int | None:
    """Twilio's code, of whatever type somebody wrote where one should be; None for what can be none."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) == 5:
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value in CODES else None


def action_for(code: int | None) -> Action:
    """What this code asks for; one that we do not know is final, unless every text meets it."""
    ours = code is not None and any(code in family for family in OURS)
    return ACTIONS.get(code or 0, Action.ACCOUNT if ours else Action.UNKNOWN)


def classify_response(status: int, code: int | None) -> tuple[Action, int]:
    """What an answer asks for that is no text taken, and its code.

    Whatever a 5xx says, the text may have been taken. Below that, what bears no code is not Twilio's own word but an
    error page of whoever stands between us: nothing was taken, and the code is the HTTP status.
    """
    if status >= 500 or status == 408:
        return Action.LOOK_UP, code or 20000 + status
    if code is None and status != 429:
        return Action.AWAY, status
    code = code or TOO_MANY
    return action_for(code), code
