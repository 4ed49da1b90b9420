"""The account at Twilio: its two credentials, tried before anything is built on them."""

from functools import partial

from app.carriers.twilio.setup import account
from app.carriers.twilio.setup.access import Access, Refused
from app.carriers.twilio.setup.account import AccountLook, Kind
from app.golive.dialog import Stop
from app.golive.setup import Setup

STEP = "account"
PRETEND_TOKEN = "0" * 32  # where only the SID is looked at
REFUSED = (20003, 20008)  # for which other credentials are the cure
NEW_HERE = (
    "Now Twilio, the company that carries texts. No account yet? Make one at twilio.com/try-twilio: it is free to "
    "try. Its first page, console.twilio.com, shows an Account SID and an Auth Token: the name and the key of your "
    "account there."
)


def run(setup: Setup) -> Kind:
    """Ask for what is not known, until Twilio takes it; returns what sort of account it is.

    Raises Stop, and Refused where Twilio itself is away.
    """
    if not (setup.value("TWILIO_ACCOUNT_SID") and setup.value("TWILIO_AUTH_TOKEN")):
        setup.dialog.say(NEW_HERE)
    given = {name: setup.value(name) for name in ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN")}
    while True:
        sid = setup.dialog.ask(
            "The Account SID: it begins with AC.", "--account-sid", _sid, given=given["TWILIO_ACCOUNT_SID"]
        )
        token = setup.dialog.ask(
            "The Auth Token: press Show there, then copy it. What you paste is not shown here.",
            "TWILIO_AUTH_TOKEN in the environment",
            partial(_token, sid),
            given=given["TWILIO_AUTH_TOKEN"],
            secret=True,
        )
        try:
            found = look(setup, sid, token)
        except Refused as refused:
            if not setup.dialog.interactive or refused.code not in REFUSED:
                raise
            setup.dialog.say(f"{_sentence(refused.what)}. {_sentence(refused.do)}.")
            given = dict.fromkeys(given)
            continue
        break
    if (sid, token) != (given["TWILIO_ACCOUNT_SID"], given["TWILIO_AUTH_TOKEN"]) or setup.given.values:
        setup.state.learn(TWILIO_ACCOUNT_SID=sid, TWILIO_AUTH_TOKEN=token)
    setup.dialog.say(f"Twilio knows you: the account {found.name or found.sid}.")
    if found.kind is Kind.TRIAL and found.note is not None:
        setup.dialog.say(f"It is a trial: {found.note.what}. What to do: {found.note.do}.")
    setup.state.finish(STEP, setup.clock.now())
    return found.kind


def opened(setup: Setup) -> Access:
    """The account, to be read and changed; close it. The credentials are known by then."""
    api = setup.base().twilio_api_url
    sid, token = setup.value("TWILIO_ACCOUNT_SID"), setup.value("TWILIO_AUTH_TOKEN")
    if not sid or not token:
        raise Stop("Twilio's Account SID and Auth Token are not known any more. Run hotline golive again.")
    return Access(account=sid, token=token, api=api)


def look(setup: Setup, sid: str, token: str) -> AccountLook:
    """What account these open. Raises Refused."""
    with Access(account=sid, token=token, api=setup.base().twilio_api_url) as access:
        return account.look(access)


def check(access: Access) -> None:
    """Raise Refused unless Twilio takes the credentials."""
    account.look(access)


def _sid(said: str) -> str:
    if wrong := account.mistake(said, PRETEND_TOKEN):
        raise ValueError(f"{wrong.what}. {_sentence(wrong.do)}")
    return said


def _token(sid: str, said: str) -> str:
    if wrong := account.mistake(sid, said):
        raise ValueError(f"{wrong.what}. {_sentence(wrong.do)}")
    return said


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
