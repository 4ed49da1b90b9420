"""What Twilio should call when a text comes in: said here alone, for `doctor`, which looks, and setup."""

from urllib.parse import parse_qs, urlsplit

from app.carriers.twilio.webhook import MESSAGE

# Asks for two more tries, on no connection, no answer and a 503 (twilio.com/docs/usage/webhooks/webhooks-connection-
# overrides). The times, in milliseconds, keep all three within the 15 seconds that Twilio gives a text.
RETRIES = "#rc=2&rp=ct,rt,5xx&ct=2000&rt=5000&tt=14000"


def address(public_url: str) -> str:
    """Where texts must be brought."""
    return f"{public_url}{MESSAGE}"


def request_url(public_url: str) -> str:
    """The same as Twilio is to be given it, with what it shall do when nobody answers."""
    return f"{address(public_url)}{RETRIES}"


def fallback_url(public_url: str) -> str:
    """Where Twilio turns when all tries have failed: to us once more, for a restart takes less than a minute."""
    return address(public_url)


def is_ours(url: str, public_url: str) -> bool:
    """Whether a webhook leads to this hotline."""
    return bare(url) == address(public_url)


def bare(url: str) -> str:
    """Where a webhook leads, without retries; a slash too many is signed along, and taken."""
    return url.partition("#")[0].removesuffix("/")


def asks_again(url: str) -> bool:
    """Whether a webhook asks for what README.md recommends: at least one more try, for whatever goes wrong."""
    asked = parse_qs(url.partition("#")[2])
    on = set(",".join(asked.get("rp", [])).split(","))
    return asked.get("rc", ["0"])[0] in "12345" and ("all" in on or {"ct", "rt", "5xx"} <= on)


def shown(url: str) -> str:
    """A web address without what may be a secret in it."""
    try:
        parts = urlsplit(url)
        return f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}{parts.path}"
    except ValueError:
        return "an address that cannot be read"
