"""Twilio's errors in plain words, and what to do about each: those that stop a number from sending.

Source: twilio.com/docs/api/errors.
"""

from app.carriers.base import Remedy

CREDENTIALS = Remedy(
    "Twilio refuses the credentials, or the account has run out of money",
    "look at the balance in Twilio's console, copy TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN again, and restart",
)
SUSPENDED = Remedy(
    "the Twilio account is suspended or closed",
    "log in to Twilio's console and read its notices; mostly it is the balance. Else write to Twilio's support",
)
NOT_OURS = Remedy(
    "the number does not belong to this Twilio account, or cannot send texts",
    "compare HOTLINE_NUMBER with Phone Numbers in Twilio's console",
)
TRIAL = Remedy(
    "a trial account only reaches phones that were verified one by one", "upgrade the account in Twilio's console"
)
MISMATCH = Remedy(
    "the number does not belong to this Twilio account or Messaging Service, or cannot send texts",
    "compare HOTLINE_NUMBER and TWILIO_MESSAGING_SERVICE_SID with Phone Numbers and Services in Twilio's console",
)
TEST_CREDENTIALS = Remedy(
    "these are Twilio's test credentials, which send nothing",
    "copy the live TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN from Twilio's console, and restart",
)
QUEUE = Remedy(
    "the number's queue at Twilio is full", "nothing: it empties by itself. If it happens often, send fewer notices"
)
NO_SERVICE = Remedy(
    "Twilio knows no such Messaging Service",
    "copy TWILIO_MESSAGING_SERVICE_SID again from Messaging, Services in Twilio's console, and restart",
)
EMPTY_SERVICE = Remedy(
    "the Messaging Service has no number that may send",
    "in Twilio's console open Messaging, Services, yours, Sender Pool, and add the hotline's number",
)
TOLL_FREE = Remedy(
    "the toll-free number is not verified yet",
    "finish its verification in Twilio's console: Phone Numbers, Regulatory Compliance",
)
UNREGISTERED = Remedy(
    "the number is not registered for texting in the US (A2P 10DLC)",
    "finish the registration in Twilio's console: Messaging, Regulatory Compliance",
)
WHATSAPP = Remedy(
    "Twilio cannot send from this WhatsApp number",
    "look at Messaging, Senders, WhatsApp senders in Twilio's console, and compare HOTLINE_WHATSAPP",
)
SANDBOX = Remedy(
    "WhatsApp's sandbox only reaches phones that joined it",
    "register a WhatsApp sender in Twilio's console, and make it HOTLINE_WHATSAPP",
)
META = Remedy(
    "WhatsApp has a complaint about the group's business account",
    "log in to Meta's Business Manager and read its notices: payment, verification or a lock",
)
TODAY = Remedy(
    "the day's limit of texts is reached",
    "nothing today: texts wait and leave by themselves. A better registration with Twilio raises the limit",
)
PACE = Remedy("texts left faster than WhatsApp allows", "nothing: texts wait and leave by themselves")

QUIET_HOURS = Remedy(
    "Twilio's Compliance Toolkit lets no texts through at this hour of the night",
    "nothing: they go in the morning. To answer by night too, see what it takes for essential: Messaging, Settings",
)
OPTED_OUT = Remedy(
    "they told the carrier STOP, or the number belongs to somebody else now", "nothing: START brings their texts back"
)

AWAY = Remedy("Twilio cannot be reached", "nothing, if it passes by itself; else run: hotline doctor")
DOWN = Remedy("Twilio does not work right now", "nothing, if it passes by itself; see status.twilio.com")

REMEDIES: dict[int, Remedy] = {
    10001: SUSPENDED,
    20003: CREDENTIALS,
    20005: SUSPENDED,
    20008: TEST_CREDENTIALS,
    20429: Remedy("Twilio asks for patience", "nothing: texts wait and leave by themselves"),
    21606: NOT_OURS,
    21608: TRIAL,
    21611: QUEUE,
    21659: MISMATCH,
    21660: MISMATCH,
    21661: MISMATCH,
    21701: NO_SERVICE,
    21702: EMPTY_SERVICE,
    21703: EMPTY_SERVICE,
    21704: EMPTY_SERVICE,
    21705: NO_SERVICE,
    21712: MISMATCH,
    30002: SUSPENDED,
    30023: TODAY,
    30027: TODAY,
    30032: TOLL_FREE,
    30033: UNREGISTERED,
    30034: UNREGISTERED,
    30035: UNREGISTERED,
    60728: TODAY,
    63001: WHATSAPP,
    63007: WHATSAPP,
    63008: WHATSAPP,
    63015: SANDBOX,
    63017: PACE,
    63018: PACE,
    63020: META,
    63038: TODAY,
    63051: META,
    90010: SUSPENDED,
}
# Those that hold single texts back, and stop no number.
OF_TEXTS: dict[int, Remedy] = {
    21610: OPTED_OUT,
    30047: QUIET_HOURS,
    30610: QUIET_HOURS,
    30615: QUIET_HOURS,
}
HTTP = 1000  # below it, a code is the HTTP status of an answer that bore none of Twilio's own
OUTAGES = frozenset({20408, *range(20500, 20600)})


def is_known(code: int) -> bool:
    """Whether there is more to say of an error than where to read about it."""
    return code < HTTP or code in OUTAGES or code in REMEDIES or code in OF_TEXTS


def remedy(code: int | None) -> Remedy:
    """What an error means and what to do, also for one that we do not know."""
    if not code:
        return AWAY
    if code < HTTP:
        what = (
            f"somebody else answers in Twilio's place (HTTP {code}): an error page, a proxy, a network's login page"
        )
        return Remedy(what, "nothing, if it passes by itself; else compare TWILIO_API_URL, and run: hotline doctor")
    if code in OUTAGES:
        return DOWN
    unknown = Remedy(
        "Twilio refuses texts with an error that is new to us", f"read https://www.twilio.com/docs/api/errors/{code}"
    )
    return REMEDIES.get(code) or OF_TEXTS.get(code, unknown)
