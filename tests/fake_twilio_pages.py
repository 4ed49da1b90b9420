"""What all of the fake carrier's resources share: lists page by page, and what is given to change them."""

import re
from urllib.parse import urlencode, urlsplit

from tests.fake_twilio_errors import Refused
from tests.fake_twilio_numbers import Resource

MESSAGING, PRICING = "https://messaging.twilio.com", "https://pricing.twilio.com"
METHODS = ("GET", "POST")

Query = dict[str, str]
Answer = tuple[int, Resource]


def page(key: str, every: list[Resource], query: Query, path: str, largest: int) -> Answer:
    """One page of a list: the older API says where the next one is in one way, the newer ones in another."""
    size, at = min(int(query.get("PageSize", "50")), largest), int(query.get("Page", "0"))
    shown, more = every[at * size : (at + 1) * size], len(every) > (at + 1) * size
    following = f"{path}?{urlencode({**query, 'Page': at + 1, 'PageSize': size})}" if more else None
    if path.startswith("/2010-04-01/"):
        about = {"page": at, "page_size": size, "uri": path, "next_page_uri": following}
        return 200, {key: shown, **about, "first_page_uri": path, "previous_page_uri": None}
    host = PRICING if path.startswith("/v1/PhoneNumbers/") else MESSAGING
    meta = {"key": key, "page": at, "page_size": size, "next_page_url": following and host + following}
    return 200, {key: shown, "meta": {**meta, "previous_page_url": None, "url": host + path}}


def valid(given: Query, code: int) -> None:
    """Raise Refused with this code for an address that is none, and for a method that no webhook is called by."""
    for name, value in given.items():
        if name.endswith("Method") and value not in METHODS:
            raise Refused(21403)
        whole = urlsplit(value).scheme in ("http", "https") and urlsplit(value).hostname
        if name.endswith(("Url", "URL")) and value and not whole:
            raise Refused(code)


def fields(given: Query) -> Resource:
    """What was given, in the words of the resource; what is empty is nothing."""
    snake = {re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower(): value for name, value in given.items()}
    said = {"true": True, "false": False}
    return {name: said.get(value.lower(), value) for name, value in snake.items()}
