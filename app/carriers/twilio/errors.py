"""What each of Twilio's error codes asks of us, as data. An unknown code is final, and reported.

Source: Twilio's error dictionary.
"""

from enum import StrEnum


class Action(StrEnum):
    """What to do about a text that the carrier did not take or could not deliver."""

    AGAIN = "again"  # never processed: back off and send it later
    LOOK_UP = "look_up"  # may have been processed: look, and never send blindly again
    TRANSIENT = "transient"  # could not be delivered yet: after 1, 5 and 30 minutes
    SOFT = "soft"  # the phone was out of reach: once more, and three strikes make the address doubtful
    QUOTA = "quota"  # the sender has used up its allowance: it rests until the reset
    OPTED_OUT = "opted_out"  # they told the carrier STOP
    BAD_ADDRESS = "bad_address"  # no text will ever arrive there
    FILTERED = "filtered"  # the carrier does not like these words
    CONTENT = "content"  # we built the text wrongly: whoever runs the host must know
    WINDOW = "window"  # WhatsApp, more than 24 hours after they last wrote: by SMS instead
    LOOP = "loop"  # two machines talk with each other: the pair rests
    GEOGRAPHY = "geography"  # a country we may not text: somebody may be pumping
    ACCOUNT = "account"  # the account is at fault, not the text: the lane rests and keeps its texts
    UNKNOWN = "unknown"  # not in the table: final, and reported


TABLE: dict[Action, tuple[int, ...]] = {
    Action.AGAIN: (20429, 21611),
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
        *(21602, 21617, 21620, 21623, 21656, 30019, 63005, 63006, 63019, 63021),
        *(63027, 63028, 63030, 63040, 63041, 63042),
    ),
    Action.WINDOW: (63016,),
    Action.LOOP: (14107,),
    Action.GEOGRAPHY: (21408, 30450),
    Action.ACCOUNT: (
        *(20003, 20005, 10001, 30002, 21606, 21608, 21701, 21702, 21703, 21704, 21705),
        *(30032, 30033, 30034, 30035, 63001, 63007, 63008, 63015, 63020, 63051),
    ),
}

ACTIONS: dict[int, Action] = {code: action for action, codes in TABLE.items() for code in codes}

TOO_MANY = 20429
QUEUE_FULL = 21611  # the sender's own queue at Twilio: this sender rests, others do not

# Answers whose body names no code of Twilio's own: a proxy between us, or Twilio's front door.
STATUSES: dict[int, int] = {401: 20003, 403: 20005, 429: TOO_MANY}


def action_for(code: int | None) -> Action:
    """What this code asks for; a code we do not know, or none, is final and reported."""
    return ACTIONS.get(code or 0, Action.UNKNOWN)


def classify_response(status: int, code: int | None) -> tuple[Action, int]:
    """What a refusal of a POST asks for, and its code. Whatever a 5xx says, the text may have been taken."""
    if status >= 500 or status == 408:
        return Action.LOOK_UP, code or 20000 + status
    code = code or STATUSES.get(status) or 20000 + status
    return action_for(code), code
