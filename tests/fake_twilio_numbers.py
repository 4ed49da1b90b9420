"""The fake carrier's resources as somebody set them in the console: numbers, services, senders, registrations."""

from tests.fakes import ACCOUNT, PUBLIC

SERVICE = "MG00000000000000000000000000000001"
GOOD = f"{PUBLIC}/twilio/message#rc=2&rp=ct,rt,5xx&ct=2000&rt=5000&tt=14000"
DEMO = "https://demo.twilio.com/welcome/sms/reply"  # what a new number answers with

Resource = dict[str, object]


def number(url: str = GOOD, **more: object) -> Resource:
    """A number's resource, as far as its texts go."""
    return {
        "account_sid": ACCOUNT,
        "capabilities": {"voice": True, "sms": True, "mms": True, "fax": False},
        "sms_url": url,
        "sms_method": "POST",
        "sms_fallback_url": f"{PUBLIC}/twilio/message",
        "sms_fallback_method": "POST",
        "sms_application_sid": "",
        **more,
    }


def new_number(**more: object) -> Resource:
    """A number that was just bought, and that nobody has set up."""
    return number(DEMO, sms_fallback_url="", **more)


def sender(url: str | None = GOOD, status: str = "ONLINE") -> Resource:
    """A WhatsApp sender's resource."""
    hook = {"callback_url": url, "callback_method": "POST", "fallback_method": "POST"}
    fallback = f"{PUBLIC}/twilio/message" if url else None
    return {"status": status, "webhook": {**hook, "fallback_url": fallback, "status_callback_url": None}}


def service(url: str | None = GOOD, **more: object) -> Resource:
    """A Messaging Service's resource."""
    return {
        "account_sid": ACCOUNT,
        "sid": SERVICE,
        "friendly_name": "Hotline",
        "inbound_request_url": url,
        "inbound_method": "POST",
        "fallback_url": f"{PUBLIC}/twilio/message",
        "fallback_method": "POST",
        "use_inbound_webhook_on_number": False,
        **more,
    }


def new_service(sid: str, **more: object) -> Resource:
    """A service as it is made where nothing else is said: texts are kept, and brought to nobody."""
    nothing: Resource = {"friendly_name": "", "fallback_url": None}
    return service(None, **{**nothing, "sid": sid, **more})


def campaign(status: str = "VERIFIED", errors: list[Resource] | None = None) -> Resource:
    """What a service is registered for with US carriers."""
    return {"sid": "QE2c6890da8086d771620e9b13fadeba0b", "campaign_status": status, "errors": errors or []}


def brand(status: str = "APPROVED", **more: object) -> Resource:
    """Who the account is, with US carriers."""
    return {"sid": f"BN{0:032}", "status": status, "brand_type": "SOLE_PROPRIETOR", "errors": [], **more}


def toll_free(number: str, status: str = "TWILIO_APPROVED", **more: object) -> Resource:
    """The verification of a toll-free number."""
    return {"sid": f"HH{0:032}", "tollfree_phone_number_sid": sid_of(number), "status": status, **more}


def on_offer(number: str, locality: str | None = None, region: str | None = None, **more: object) -> Resource:
    """A number that can be bought."""
    able = {"voice": True, "SMS": True, "MMS": True}
    return {
        "phone_number": number,
        "locality": locality,
        "region": region,
        "address_requirements": "none",
        "capabilities": able,
        **more,
    }


def sid_of(number: str) -> str:
    """The SID of a number."""
    return f"PN{number.removeprefix('+'):0>32}"
