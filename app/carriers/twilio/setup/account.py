"""Whether the credentials are right, and what sort of account they open.

Sources: twilio.com/docs/iam/api/account (type, status, owner) and twilio.com/docs/usage/tutorials/how-to-use-your-
free-trial-account (a trial account texts verified numbers only).
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from app.carriers.base import Remedy
from app.carriers.twilio.setup.access import Access, Refused, asking

SID = re.compile(r"AC[0-9a-fA-F]{32}")
FIRST_PAGE = "open console.twilio.com; Account SID (AC…) and Auth Token stand on its first page, under Account Info"
NAMES = {"SK": "an API key", "MG": "a Messaging Service", "PN": "a phone number", "US": "a user", "VA": "a service"}
MOST_SUBACCOUNTS, MOST_VERIFIED = 50, 100


class Kind(StrEnum):
    """A trial account reaches verified phones only, and says so before each text."""

    TRIAL = "Trial"
    FULL = "Full"


class Status(StrEnum):
    """What an account may do: only an active one anything."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


@dataclass(frozen=True)
class Subaccount:
    """An account below this one, with numbers of its own."""

    sid: str
    name: str
    status: str


@dataclass(frozen=True)
class AccountLook:
    """An account as Twilio describes it."""

    sid: str
    name: str
    kind: Kind
    owner: str | None  # the account above, of a subaccount
    subaccounts: tuple[Subaccount, ...]  # other places where the number may be
    verified: tuple[str, ...]  # the phones that a trial account may text; of a full one not asked

    @property
    def note(self) -> Remedy | None:
        """What to know before going on: of a trial account, how little it reaches."""
        if self.kind is Kind.FULL:
            return None
        what = "a trial account only reaches phones that were verified one by one, and writes so before each text"
        return Remedy(
            what, "for a try verify your own phone (Phone Numbers, Verified Caller IDs); to serve, upgrade it"
        )


def mistake(sid: str, token: str) -> Remedy | None:
    """What can be seen of two credentials without asking Twilio: something else was copied."""
    if sid.startswith("SK") or token.startswith("SK"):
        what = "this is an API key (SK…): with it texts can be sent, but nobody can tell who sends us theirs"
        return Remedy(what, FIRST_PAGE)
    if SID.fullmatch(token):
        return Remedy("the Account SID stands where the Auth Token belongs", FIRST_PAGE)
    if not SID.fullmatch(sid):
        other = NAMES.get(sid[:2])
        what = f"this is the SID of {other}, not of the account" if other else "this is no Account SID"
        return Remedy(f"{what}: AC and 32 digits and letters from a to f", FIRST_PAGE)
    if not token or re.search(r"\s", token):
        return Remedy("this is no Auth Token: it is empty, or has spaces in it", FIRST_PAGE)
    return None


def look(access: Access) -> AccountLook:
    """What sort of account the credentials open. Raises Refused for wrong ones, and unless it is active."""
    with asking():
        one = access.client.api.accounts(access.sid).fetch()
    status = str(getattr(one.status, "value", one.status) or Status.ACTIVE)
    if status == Status.CLOSED:
        raise Refused("this Twilio account is closed", "use the SID and token of another one, or open a new account")
    if status == Status.SUSPENDED:
        do = "log in to console.twilio.com and read its notices; mostly it is the balance. Else write to its support"
        raise Refused("this Twilio account is suspended", do)
    kind = Kind.TRIAL if str(getattr(one.type, "value", one.type)) == Kind.TRIAL else Kind.FULL
    owner = one.owner_account_sid if one.owner_account_sid != access.sid else None
    return AccountLook(
        access.sid,
        one.friendly_name or "",
        kind,
        owner,
        _subaccounts(access) if owner is None else (),
        _verified(access) if kind is Kind.TRIAL else (),
    )


def _subaccounts(access: Access) -> tuple[Subaccount, ...]:
    with asking():
        every = access.client.api.accounts.list(limit=MOST_SUBACCOUNTS)
    return tuple(
        Subaccount(each.sid, each.friendly_name or "", str(getattr(each.status, "value", each.status)))
        for each in every
        if each.sid != access.sid
    )


def _verified(access: Access) -> tuple[str, ...]:
    with asking():
        return tuple(each.phone_number for each in access.client.outgoing_caller_ids.list(limit=MOST_VERIFIED))
