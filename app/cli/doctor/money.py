"""What `hotline doctor` says of money and of errors: a month at today's use, estimates, texts that wait and why."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from app.carriers.base import Carrier
from app.cli import console
from app.telemetry.findings import Finding, Level
from app.telemetry.words import span
from models import prices
from models.delivery import backlog, spending
from models.delivery.spending import Spent
from models.lines import Line
from models.prices import KINDS, Price, Way
from models.store.session import Session

MONTH, LATELY = 30, 28  # days; four whole weeks, for a weekend is not as a Monday
ENOUGH = 3  # days of use, before which nothing is said of a month


def check(session: Session, line: Line, now: datetime) -> Iterator[Finding]:
    """What a month of this line costs at today's use, and how sure that is."""
    about, spent = f"line {line.name}", spending.lately(session, line, now, LATELY)
    if spent.days < ENOUGH or not spent.micros:
        what = "has sent too little yet to say what a month costs; prices: hotline line price"
        yield Finding(Level.OK, about, what)
    else:
        yield Finding(Level.OK, about, _month(spent))
    guesses = [price for price in _used(line) if price.estimate]
    if guesses:
        what = f"{', '.join(_named(price) for price in guesses)}: estimates, so what is counted may be off"
        do = "compare with what the carrier takes, and set it: hotline line price COUNTRY sms out AMOUNT"
        yield Finding(Level.OK, about, what, do)


def _month(spent: Spent) -> str:
    """`a month at today's use costs about 24.60: 19.10 sent and 5.50 that came in, by the last 28 days`."""
    whole, heard = (_monthly(micros, spent.days) for micros in (spent.micros, spent.heard_micros))
    parts = f"{whole - heard:.2f} for texts out and {heard:.2f} for texts in"
    return f"a month at today's use costs about {whole:.2f}: {parts}, by the last {console.count(spent.days, 'day')}"


def _monthly(micros: int, days: int) -> Decimal:
    return Decimal(micros) / prices.MILLION / days * MONTH


def _used(line: Line) -> Iterator[Price]:
    """The prices that most texts of this line are counted by."""
    ways = [Way.SMS] * (line.sms is not None) + [Way.WHATSAPP] * (line.whatsapp is not None)
    for way in ways:
        for kind in KINDS[way]:
            yield prices.price(line.policy, way, kind, line.country)


def _named(price: Price) -> str:
    return f"{price.amount.normalize():f} {price.way} {price.kind} (as of {price.read_on})"


def kept(session: Session, carrier: Carrier, now: datetime) -> Iterator[Finding]:
    """Which errors texts wait because of, and what each means: nothing of them is lost."""
    for code, count, since in backlog.kept_by_code(session):
        meaning = carrier.remedy(code)
        waits = console.count(count, "text waits", "texts wait")
        what = f"{waits} because of error {code}, the oldest for {span(now - since)}: {meaning.what}"
        yield Finding(Level.WARNING, "sending", what, f"{meaning.do}. They leave by themselves once it is mended")
