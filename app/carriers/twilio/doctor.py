"""What `hotline doctor` finds at Twilio: credentials, clocks, and whether texts to each number reach the hotline."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from app.carriers.twilio import expected, registration
from app.carriers.twilio.account import Account
from app.carriers.twilio.console import Console, ConsoleError, Service, WebhookConfig
from app.carriers.twilio.remedies import SUSPENDED, TRIAL, remedy
from app.carriers.twilio.webhook import MESSAGE
from app.telemetry.findings import Finding, Level
from models.lines import Channel

SLOW_CLOCK = timedelta(seconds=30)  # the date in an answer is in whole seconds, and may be a few old
WRONG_CLOCK = timedelta(minutes=5)


def checks(account: Account, numbers: list[tuple[Channel, str]], now: datetime) -> Iterator[Finding]:
    """Whether Twilio takes our credentials and sends what comes in to us."""
    console = Console(account=account.sid, token=account.tokens[0], api=account.api)
    try:
        seen = console.account()
        yield Finding(Level.OK, "carrier", "Twilio takes the credentials")
        if seen.shut:
            yield Finding(Level.PROBLEM, "carrier", SUSPENDED.what, SUSPENDED.do)
        if seen.trial:
            yield Finding(Level.WARNING, "carrier", TRIAL.what, TRIAL.do)
        if seen.time is not None:
            yield clock(now, seen.time)
        yield from webhooks(account, console, numbers)
        yield from registrations(account, console, numbers)
    except ConsoleError as error:
        yield refusal(error)
    finally:
        console.close()


def refusal(error: ConsoleError) -> Finding:
    """Why Twilio said nothing of use."""
    if error.code == 20003:
        do = "copy TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN from Twilio's console again"
        return Finding(Level.PROBLEM, "carrier", f"Twilio refuses the credentials ({error})", do)
    if error.code is not None:
        known = remedy(error.code)
        return Finding(Level.PROBLEM, "carrier", f"{known.what} ({error})", known.do)
    do = "check this machine's network, and TWILIO_API_URL if it is set"
    return Finding(Level.PROBLEM, "carrier", f"Twilio cannot be reached ({error})", do)


def clock(now: datetime, theirs: datetime) -> Finding:
    """Whether this machine's clock is right: people are told times by it."""
    off = abs(now - theirs)
    if off < SLOW_CLOCK:
        return Finding(Level.OK, "clock", "agrees with Twilio's")
    ahead = "ahead of" if now > theirs else "behind"
    level = Level.PROBLEM if off >= WRONG_CLOCK else Level.WARNING
    what = f"this machine's is {_about(off)} {ahead} Twilio's, so people are told wrong times"
    return Finding(level, "clock", what, "set it, and let it be set from the network: timedatectl set-ntp true")


def _about(off: timedelta) -> str:
    seconds = round(off.total_seconds())
    return f"{seconds} seconds" if seconds < 120 else f"{round(seconds / 60)} minutes"


def webhooks(account: Account, console: Console, numbers: list[tuple[Channel, str]]) -> Iterator[Finding]:
    """Where Twilio takes texts to each number."""
    service = None
    if account.service:
        service = console.service(account.service)
        if service is None:
            known = remedy(21701)
            yield Finding(Level.PROBLEM, "service", known.what, known.do)
        elif not service.defers:
            yield from webhook(account, "service", service.webhook, "Messaging, Services, yours, Integration")
    for channel, number in numbers:
        if channel is Channel.SMS:
            yield from _number(account, console, number, service)
        else:
            yield from _whatsapp(account, console, number)


def registrations(account: Account, console: Console, numbers: list[tuple[Channel, str]]) -> Iterator[Finding]:
    """Whether the carriers let each number text."""
    for number in (number for channel, number in numbers if channel is Channel.SMS):
        try:
            found = registration.finding(console, number, account.service)
        except ConsoleError as error:
            if error.code is None:
                raise
            do = "look in Twilio's console whether the number is registered: Messaging, Regulatory Compliance"
            yield Finding(
                Level.WARNING, f"registration {number}", f"Twilio does not tell how far it is ({error})", do
            )
            continue
        if found is not None:
            yield found


def _whatsapp(account: Account, console: Console, number: str) -> Iterator[Finding]:
    about, where = f"WhatsApp {number}", "Messaging, Senders, WhatsApp senders, the number"
    sender = console.whatsapp(number)
    if sender is None:
        do = f"compare HOTLINE_WHATSAPP with {where}. For the sandbox, paste {address(account)} in its settings"
        yield Finding(Level.WARNING, about, "is no WhatsApp sender of this Twilio account, or only its sandbox", do)
        return
    if not sender.status.startswith("ONLINE"):
        what = f"is not in use: Twilio calls it {sender.status}"
        yield Finding(Level.PROBLEM, about, what, f"see what it asks for in Twilio's console: {where}")
    yield from webhook(account, about, sender.webhook, where)


def _number(account: Account, console: Console, number: str, service: Service | None) -> Iterator[Finding]:
    about = f"number {number}"
    if not number.startswith("+"):
        what = "a short code, which is not looked up"
        yield Finding(Level.OK, about, what, f"its webhook in Twilio's console should be {address(account)}")
        return
    found = console.number(number)
    if found is None:
        do = "compare HOTLINE_NUMBER, or the line's number, with Phone Numbers in Twilio's console"
        yield Finding(Level.PROBLEM, about, "is no number of this Twilio account", do)
        return
    if not found.texts:
        yield Finding(Level.PROBLEM, about, "can only make calls", "choose or buy a number that can text (SMS)")
    if service is not None and number not in service.numbers:
        do = "in Twilio's console open Messaging, Services, yours, Sender Pool, and add it"
        yield Finding(Level.PROBLEM, about, "is not in the Messaging Service's sender pool", do)
    elif service is not None and not service.defers:
        yield Finding(Level.OK, about, "belongs to this account and to the Messaging Service")
        return
    if found.application:
        do = "in Twilio's console, on the number's page, configure it with a webhook instead"
        yield Finding(Level.PROBLEM, about, "is answered by a TwiML app, and its own webhook is ignored", do)
        return
    yield from webhook(account, about, found.webhook, "Phone Numbers, the number, Messaging Configuration")


def address(account: Account) -> str:
    """What Twilio should call when a text comes in."""
    return expected.address(account.public_url)


def webhook(account: Account, about: str, is_set: WebhookConfig, where: str) -> Iterator[Finding]:
    """Whether what Twilio calls is us, in the way in which we expect it."""
    ours, to_paste = address(account), expected.request_url(account.public_url)
    paste = f"in Twilio's console, {where}, when a message comes in: {to_paste} as HTTP POST"
    called = is_set.url.partition("#")[0]
    if not called:
        yield Finding(Level.PROBLEM, about, "no webhook is set, so no text reaches the hotline", paste)
        return
    if not expected.is_ours(called, account.public_url):
        what = f"texts go to {expected.shown(called)}, not to this hotline{_hint(called, ours)}"
        yield Finding(Level.PROBLEM, about, what, paste)
        return
    if is_set.method != "POST":
        what = f"the webhook is called with {is_set.method}, and the hotline only hears POST"
        yield Finding(Level.PROBLEM, about, what, paste)
        return
    yield Finding(Level.OK, about, f"texts go to {ours}")
    if not expected.asks_again(is_set.url):
        what = "Twilio does not try again when the hotline is away for a moment, and a text may be lost"
        yield Finding(Level.WARNING, about, what, paste)
    fallback = (
        f"in Twilio's console, {where}, if that fails: {expected.fallback_url(account.public_url)} as HTTP POST"
    )
    if not is_set.fallback:
        yield Finding(Level.WARNING, about, "no fallback is set", fallback)
    elif expected.is_ours(is_set.fallback, account.public_url) and is_set.fallback_method != "POST":
        yield Finding(Level.WARNING, about, f"the fallback is called with {is_set.fallback_method}", fallback)


def _hint(called: str, ours: str) -> str:
    """What is nearly right about an address; Twilio signs it to the letter."""
    if called.partition("://")[2] == ours.partition("://")[2]:
        return f": {called.partition('://')[0]} instead of {ours.partition('://')[0]}"
    if called.lower() == ours.lower():
        return ": it has other capitals"
    if called.startswith(ours.removesuffix(MESSAGE)):
        return f": it must end in {MESSAGE}"
    return ""
