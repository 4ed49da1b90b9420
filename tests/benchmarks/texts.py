"""What people text in a benchmark: half are new requests in neighbors' own words, half are claims of open ones.

Every text is signed and laid out as bytes before any clock starts, so that the load costs next to nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import count

import phonenumbers

from models.lines import Channel
from tests import webhooks
from tests.fakes import LINE

AREAS = {"Oak Hill": "Oak St", "Riverside": "River Rd", "Maple Heights": "Maple Ave"}
NEEDS = ("food", "baby", "transport", "medicine", "household")

ASKS = (
    "Need groceries for {people} near {door} {street}",
    "hi, could somebody bring me groceries? {door} {street}. we are {people}",
    "I need a ride to the clinic from {door} {street}, for {people}",
    "diapers and formula please, {door} {street}, family of {people}",
    "my mom needs her medicine picked up today, {door} {street}",
    "Necesito comida para {people} cerca de {street}, somos del {door}",
    "we have no food, family of {people}, {door} {street}",
    "Hello neighbors. We are out of toilet paper and soap, {door} {street}, {people} people, any time this week",
)
CLAIMS = ("CLAIM {number}", "CLAIM {number}", "claim {number}", "ill take #{number}")

HELPERS, STORED, CALLERS = 0, 5_000, 20_000  # where each kind of people begins among the numbers
HOTLINES_OWN = 202  # the area code of the line's own numbers


@cache
def area_codes() -> list[int]:
    """The area codes of the United States: a line answers SMS of its own country alone."""
    found = (code for code in range(201, 990) if code != HOTLINES_OWN)
    return [c for c in found if phonenumbers.region_code_for_number(phonenumbers.parse(f"+1{c}5550100")) == "US"]


def phone(n: int) -> tuple[Channel, str]:
    """An address for everybody. Numbers reserved for examples run out below 40,000; the rest hide theirs, as
    WhatsApp lets them.
    """
    codes = area_codes()
    if n < 100 * len(codes):
        return Channel.SMS, f"+1{codes[n // 100]}55501{n % 100:02}"
    return Channel.WHATSAPP, f"US.{10**15 + n}"


def helper(n: int) -> tuple[Channel, str]:
    """The address of volunteer `n`, counted from 0."""
    return phone(HELPERS + n if HELPERS + n < STORED else 10**7 + n)


def neighbor(n: int) -> tuple[Channel, str]:
    """The address of somebody who has texted before."""
    return phone(STORED + n if STORED + n < CALLERS else 10**6 + n)


def caller(n: int) -> tuple[Channel, str]:
    """The address of somebody who has never texted."""
    return phone(CALLERS + n if CALLERS + n < 100 * len(area_codes()) else 10**8 + n)


def ask(n: int) -> str:
    """The words of request `n`; no two are alike."""
    street = [*AREAS.values()][n % 3]
    return ASKS[n % len(ASKS)].format(people=2 + n % 6, door=100 + n, street=street)


@dataclass(frozen=True)
class Prepared:
    """A text as bytes on the wire. `number` is the request it claims; None for a new request."""

    sid: str
    wire: bytes
    number: int | None = None


def asked_first(number: int, helpers: int) -> int:
    """Which volunteer was asked first about a prepared request, and will claim it."""
    return 3 * number % helpers


def mixed(helpers: int) -> Iterator[Prepared]:
    """New requests and claims in turn, without end: claims of number 1, 2, 3 …"""
    for n in count(1):
        number = n // 2
        if n % 2:
            yield prepared(n, caller(number), ask(number))
        else:
            words = CLAIMS[number % len(CLAIMS)].format(number=number)
            yield prepared(n, helper(asked_first(number, helpers)), words, number)


def prepared(n: int, sender: tuple[Channel, str], words: str, number: int | None = None) -> Prepared:
    """One signed webhook."""
    sid = f"SMb{n:031x}"
    channel, address = sender
    fields = webhooks.sms(address, words, sid=sid, to=LINE)
    if channel is Channel.WHATSAPP:
        fields = webhooks.whatsapp(address, words, sid=sid)
    body = webhooks.form(fields)
    head = {"Host": "127.0.0.1", **webhooks.headers(webhooks.MESSAGE, body), "Content-Length": str(len(body))}
    lines = ["POST /twilio/message HTTP/1.1", *(f"{name}: {value}" for name, value in head.items())]
    return Prepared(sid, "\r\n".join([*lines, "", ""]).encode() + body, number)
