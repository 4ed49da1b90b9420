"""The fake carrier's account by API: read page by page, changed, refused and read back, as Twilio does.

What a test sets here is what somebody had set in the console: all well until it says otherwise.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from uuid import uuid4

from tests.fake_twilio_errors import Refused
from tests.fake_twilio_numbers import (
    SERVICE,
    Resource,
    campaign,
    new_number,
    new_service,
    number,
    sender,
    service,
    sid_of,
)
from tests.fake_twilio_pages import Answer, Query, fields, page, valid
from tests.fakes import ACCOUNT, LINE, WHATSAPP

ROOT = f"/2010-04-01/Accounts/{ACCOUNT}"
NOTHING = 204, Resource()
UNREGISTERED, UNVERIFIED = 30034, 30032
TOLL_FREE = ("+1800", "+1833", "+1844", "+1855", "+1866", "+1877", "+1888")


@dataclass
class Console:
    """One account with all that belongs to it."""

    numbers: dict[str, Resource] = field(default_factory=lambda: {LINE: number()})
    services: dict[str, Resource] = field(default_factory=lambda: {SERVICE: service()})
    senders: dict[str, Resource] = field(default_factory=lambda: {WHATSAPP: sender()})
    pools: dict[str, list[str]] = field(default_factory=lambda: {SERVICE: [LINE]})
    campaigns: dict[str, list[Resource]] = field(default_factory=lambda: {SERVICE: [campaign()]})
    brands: list[Resource] = field(default_factory=list)
    toll_free: list[Resource] = field(default_factory=list)
    kind: str = "Full"
    status: str = "active"
    refuses: int | None = None  # the error of every request about the account: it is suspended, say
    verified: list[str] = field(default_factory=list)  # the only phones that a trial account reaches
    subaccounts: list[Resource] = field(default_factory=list)
    offers: dict[str, list[Resource]] = field(default_factory=dict)  # "US/Local" -> what can be bought
    prices: dict[str, dict[str, str]] = field(default_factory=lambda: {"US": {"local": "1.15", "toll free": "2.15"}})
    busy: int = 0  # of so many coming requests it has too many
    largest_page: int = 1000
    registers: bool = False  # whether carriers drop what unregistered US numbers send
    changed: list[tuple[str, str, Query]] = field(default_factory=list)  # every request that was to change something
    before_change: Callable[[str], None] = lambda path: None  # somebody else is quicker

    def __post_init__(self) -> None:
        sid = r"[A-Z]{2}\w+"
        self.routes: list[tuple[str, re.Pattern[str], Callable[..., Answer]]] = [
            (method, re.compile(path), answer)
            for method, path, answer in (
                ("GET", rf"{ROOT}\.json", self._account),
                ("GET", r"/2010-04-01/Accounts\.json", self._accounts),
                ("GET", rf"{ROOT}/OutgoingCallerIds\.json", self._callers),
                ("GET", rf"{ROOT}/IncomingPhoneNumbers\.json", self._numbers),
                ("POST", rf"{ROOT}/IncomingPhoneNumbers\.json", self._buy),
                ("GET", rf"{ROOT}/IncomingPhoneNumbers/({sid})\.json", self._number),
                ("POST", rf"{ROOT}/IncomingPhoneNumbers/({sid})\.json", self._set_number),
                ("GET", rf"{ROOT}/AvailablePhoneNumbers/(\w\w/\w+)\.json", self._offers),
                ("GET", r"/v1/PhoneNumbers/Countries/(\w\w)", self._prices),
                ("GET", r"/v1/Services", self._services),
                ("POST", r"/v1/Services", self._make_service),
                ("GET", rf"/v1/Services/({sid})", self._service),
                ("POST", rf"/v1/Services/({sid})", self._set_service),
                ("DELETE", rf"/v1/Services/({sid})", self._drop_service),
                ("GET", rf"/v1/Services/({sid})/PhoneNumbers", self._pool),
                ("POST", rf"/v1/Services/({sid})/PhoneNumbers", self._pool_in),
                ("DELETE", rf"/v1/Services/({sid})/PhoneNumbers/({sid})", self._pool_out),
                ("GET", rf"/v1/Services/({sid})/Compliance/Usa2p", self._campaigns),
                ("GET", r"/v1/a2p/BrandRegistrations", self._brands),
                ("GET", r"/v1/Tollfree/Verifications", self._toll_free),
                ("GET", r"/v2/Channels/Senders", self._senders),
                ("GET", rf"/v2/Channels/Senders/({sid})", self._sender),
                ("POST", rf"/v2/Channels/Senders/({sid})", self._set_sender),
            )
        ]

    def has(self, method: str, path: str) -> bool:
        """Whether this is one of the account's resources."""
        return any(method == one and pattern.fullmatch(path) for one, pattern, _ in self.routes)

    def too_many(self) -> int | None:
        """For how many seconds it wants no further request, if it has too many."""
        if self.busy == 0:
            return None
        self.busy -= 1
        return 1

    def answer(self, method: str, path: str, query: Query, given: Query) -> Answer:
        """What Twilio's API says: status and body. Raises Refused."""
        if self.refuses is not None:
            raise Refused(self.refuses)
        if method != "GET":
            self.before_change(path)
            self.changed.append((method, path, given))
        for one, pattern, answer in self.routes:
            if method == one and (found := pattern.fullmatch(path)):
                return answer(*found.groups(), **({"query": query, "path": path} if method == "GET" else given))
        raise Refused(20404)

    # The account.

    def _account(self, **_: object) -> Answer:
        return 200, {
            "sid": ACCOUNT,
            "owner_account_sid": ACCOUNT,
            "friendly_name": "Hotline",
            "status": self.status,
            "type": self.kind,
            "auth_token": "never-to-be-shown",
        }

    def _accounts(self, query: Query, path: str) -> Answer:
        return page("accounts", [self._account()[1], *self.subaccounts], query, path, self.largest_page)

    def _callers(self, query: Query, path: str) -> Answer:
        return page(
            "outgoing_caller_ids", [{"phone_number": each} for each in self.verified], query, path, self.largest_page
        )

    # Its numbers, and others.

    def _listed(self) -> list[Resource]:
        return [{"phone_number": each, "sid": sid_of(each), **of} for each, of in self.numbers.items()]

    def _numbers(self, query: Query, path: str) -> Answer:
        wanted = query.get("PhoneNumber")
        found = [each for each in self._listed() if wanted in (None, each["phone_number"])]
        return page("incoming_phone_numbers", found, query, path, self.largest_page)

    def _named(self, sid: str) -> str:
        found = next((each for each in self.numbers if sid_of(each) == sid), None)
        if found is None:
            raise Refused(20404)
        return found

    def _number(self, sid: str, **_: object) -> Answer:
        name = self._named(sid)
        return 200, {"phone_number": name, "sid": sid, **self.numbers[name]}

    def _set_number(self, sid: str, **given: str) -> Answer:
        valid(given, 21502)
        self.numbers[self._named(sid)].update(fields(given))
        return self._number(sid)

    def _buy(self, PhoneNumber: str) -> Answer:
        if self.kind == "Trial" and self.numbers:
            raise Refused(21404)
        offers = [(kind, each) for kind, of in self.offers.items() for each in of]
        found = next(((kind, each) for kind, each in offers if each["phone_number"] == PhoneNumber), None)
        if found is None:
            raise Refused(21422)
        if found[1]["address_requirements"] != "none":
            raise Refused(21631)
        self.offers[found[0]].remove(found[1])
        self.numbers[PhoneNumber] = new_number()
        return 201, self._number(sid_of(PhoneNumber))[1]

    def _offers(self, which: str, query: Query, path: str) -> Answer:
        if which not in self.offers:
            raise Refused(20404)
        found = [each for each in self.offers[which] if query.get("Contains", "") in str(each["phone_number"])]
        return page("available_phone_numbers", found, query, path, self.largest_page)

    def _prices(self, country: str, **_: object) -> Answer:
        if country not in self.prices:
            raise Refused(20404)
        listed = [
            {"number_type": kind, "base_price": price, "current_price": price}
            for kind, price in self.prices[country].items()
        ]
        return 200, {"iso_country": country, "phone_number_prices": listed, "price_unit": "USD"}

    # Messaging Services.

    def _services(self, query: Query, path: str) -> Answer:
        return page("services", [*self.services.values()], query, path, self.largest_page)

    def _make_service(self, **given: str) -> Answer:
        if not given.get("FriendlyName"):
            raise Refused(20001)
        valid(given, 20001)
        sid = f"MG{uuid4().hex}"
        self.services[sid] = new_service(sid, **fields(given))
        self.pools[sid] = []
        return 201, self.services[sid]

    def _service(self, sid: str, **_: object) -> Answer:
        if sid not in self.services:
            raise Refused(20404)
        return 200, self.services[sid]

    def _set_service(self, sid: str, **given: str) -> Answer:
        valid(given, 20001)
        self._service(sid)[1].update(fields(given))
        return self._service(sid)

    def _drop_service(self, sid: str) -> Answer:
        self._service(sid)
        del self.services[sid]
        self.pools.pop(sid, None)
        self.campaigns.pop(sid, None)
        return NOTHING

    def _pool(self, sid: str, query: Query, path: str) -> Answer:
        self._service(sid)
        found: list[Resource] = [{"sid": sid_of(each), "phone_number": each} for each in self.pools.get(sid, [])]
        return page("phone_numbers", found, query, path, self.largest_page)

    def _pool_in(self, sid: str, PhoneNumberSid: str) -> Answer:
        self._service(sid)
        name = next((each for each in self.numbers if sid_of(each) == PhoneNumberSid), None)
        if name is None:
            raise Refused(21421)
        within = self.service_of(name)
        if within is not None:
            raise Refused(21710 if within == sid else 21712)
        able = self.numbers[name]["capabilities"]
        if isinstance(able, dict) and not able.get("sms"):
            raise Refused(21715)
        self.pools.setdefault(sid, []).append(name)
        return 201, {"sid": PhoneNumberSid, "phone_number": name, "service_sid": sid}

    def _pool_out(self, sid: str, number_sid: str) -> Answer:
        pool = self.pools.get(sid, [])
        name = next((each for each in pool if sid_of(each) == number_sid), None)
        if name is None:
            raise Refused(20404)
        pool.remove(name)
        return NOTHING

    # Registrations.

    def _campaigns(self, sid: str, query: Query, path: str) -> Answer:
        self._service(sid)
        return page("compliance", self.campaigns.get(sid, []), query, path, self.largest_page)

    def _brands(self, query: Query, path: str) -> Answer:
        return page("data", self.brands, query, path, self.largest_page)

    def _toll_free(self, query: Query, path: str) -> Answer:
        wanted = query.get("TollfreePhoneNumberSid")
        found = [each for each in self.toll_free if wanted in (None, each["tollfree_phone_number_sid"])]
        return page("verifications", found, query, path, self.largest_page)

    def service_of(self, number: str) -> str | None:
        """The Messaging Service that a number is in."""
        return next((sid for sid, pool in self.pools.items() if number in pool), None)

    def webhooks(self, to: str) -> list[str]:
        """Where a text to this number is brought: the webhook and its fallback, as far as they are set and POST."""
        if to.startswith("whatsapp:"):
            hook = self.senders.get(to.removeprefix("whatsapp:"), {}).get("webhook")
            of, names = dict(hook) if isinstance(hook, dict) else {}, ("callback_", "fallback_")
        else:
            service = self.services.get(self.service_of(to) or "")
            if service is not None and not service["use_inbound_webhook_on_number"]:
                of = {**service, "inbound_url": service["inbound_request_url"]}
                names = "inbound_", "fallback_"
            else:
                of, names = self.numbers.get(to, {}), ("sms_", "sms_fallback_")
                if of.get("sms_application_sid"):
                    return []
        if not of.get(f"{names[0]}url"):  # then nothing can fail, and there is nothing to fall back from
            return []
        found = [str(of[f"{each}url"]) for each in names if of.get(f"{each}url") and of[f"{each}method"] == "POST"]
        return [each.partition("#")[0] for each in found]

    def is_out_of_reach(self, to: str) -> bool:
        """Whether a trial account must not text this phone."""
        return self.kind == "Trial" and to.rpartition(":")[2] not in self.verified

    def unregistered(self, sender: str, service: str | None) -> int | None:
        """The error of a text that carriers drop, since nobody registered the number or service that sent it."""
        if not self.registers or not sender.startswith("+1"):
            return None
        if sender.startswith(TOLL_FREE):
            own = [each for each in self.toll_free if each["tollfree_phone_number_sid"] == sid_of(sender)]
            return None if any(each["status"] == "TWILIO_APPROVED" for each in own) else UNVERIFIED
        within = service or self.service_of(sender) or ""
        verified = any(each["campaign_status"] == "VERIFIED" for each in self.campaigns.get(within, []))
        return None if verified else UNREGISTERED

    # WhatsApp senders.

    def _of_whatsapp(self) -> Iterator[tuple[str, str, Resource]]:
        for each, of in self.senders.items():
            yield f"XE{each.removeprefix('+'):0>32}", each, of

    def _senders(self, query: Query, path: str) -> Answer:
        bare: list[Resource] = [  # only each one says its own
            {"sid": sid, "sender_id": f"whatsapp:{each}", **of, "webhook": None}
            for sid, each, of in self._of_whatsapp()
        ]
        return page("senders", bare, query, path, self.largest_page)

    def _sender(self, sid: str, **_: object) -> Answer:
        for own, each, of in self._of_whatsapp():
            if own == sid:
                return 200, {"sid": sid, "sender_id": f"whatsapp:{each}", **of}
        raise Refused(20404)

    def _set_sender(self, sid: str, **given: object) -> Answer:
        """What a webhook does not name is taken away from it."""
        if set(given) - {"webhook"}:
            raise Refused(20001)
        for own, _, of in self._of_whatsapp():
            if own == sid:
                of.update(given)
        return 202, self._sender(sid)[1]
