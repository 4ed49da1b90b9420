"""The steps in their order, from nothing to a talking line. Each looks for itself whether it is still needed."""

from app.carriers.twilio.setup.access import Refused
from app.carriers.twilio.setup.account import Kind
from app.golive import (
    account,
    address,
    group,
    number,
    place,
    registration,
    running,
    settings_file,
    trial,
    volunteers,
    webhooks,
)
from app.golive.dialog import Stop, Unanswered
from app.golive.env_file import NAME as ENV
from app.golive.serving import Serving
from app.golive.setup import Setup
from app.settings import Settings
from handlers.setup import pretend_numbers
from models import lines, people
from models.store.session import Session

WELCOME = (
    "Let us put your hotline on the phone. One question at a time; Enter takes what stands in [ ]. Ctrl+C leaves, "
    "and hotline golive goes on from there."
)
BACK = "Welcome back. What is done is looked at again; what is left comes then."
PRETEND = (
    "This database has pretend people from the simulator, and their numbers belong to nobody. Take a fresh one; "
    "the old one stays as it is: hotline golive --database-url sqlite:///live.db"
)


def run(setup: Setup) -> bool:
    """All of it; whether the doctor finds no problem. Raises Stop."""
    _check_answers(setup)
    _check_database(setup)
    serving = Serving(setup.folder)
    try:
        return _all(setup, serving)
    except Refused as refused:
        raise Stop(f"Twilio says no: {refused}") from refused
    finally:
        serving.end()


def _all(setup: Setup, serving: Serving) -> bool:
    dialog = setup.dialog
    dialog.say(BACK if setup.state.done else WELCOME)
    dialog.heading("Who you are")
    group.run(setup)
    dialog.heading("Your account at Twilio")
    kind = account.run(setup)
    number.run(setup)
    place.run(setup)
    dialog.heading("Where Twilio finds you")
    settings = address.run(setup, serving)
    webhooks.run(setup, settings)
    settings_file.run(setup)
    settings = setup.settings()
    running.run(setup, settings, serving)
    dialog.heading("What carriers want to know")
    registered = registration.run(setup, settings)
    dialog.heading("A first text")
    trial.run(setup, settings, registered=registered)
    dialog.heading("Who helps")
    # Before carriers let texts through, or from a trial account, a first text to others would be lost.
    volunteers.run(setup, settings, reach=trial.STEP in setup.state.done and kind is Kind.FULL)
    dialog.heading("A last look (hotline doctor)")
    good = setup.look_over(settings)
    _say_what_is_next(setup, settings, serving, good=good)
    return good


def _check_answers(setup: Setup) -> None:
    """Where nobody can be asked, everything that is missing is named at once."""
    if setup.dialog.interactive:
        return
    asked = {
        "--name": "HOTLINE_NAME",
        "--account-sid": "TWILIO_ACCOUNT_SID",
        "TWILIO_AUTH_TOKEN (in the environment)": "TWILIO_AUTH_TOKEN",
        "--public-url": "PUBLIC_URL",
    }
    missing = [flag for flag, name in asked.items() if not setup.value(name)]
    if not setup.given.phone and setup.state.operator is None:
        missing.append("--phone")
    if not setup.dialog.yes:
        missing.append("--yes")
    if missing:
        raise Unanswered(*missing)


def _check_database(setup: Setup) -> None:
    """Raise Stop where the simulator's pretend people are in it."""
    settings = setup.base()

    def pretend(session: Session) -> bool:
        if lines.real_carriers(session):
            return False
        return any(
            home.value in pretend_numbers.of(line.country)
            for line in lines.all_lines(session)
            for homes in people.all_addresses(session, line.id).values()
            for home in homes
        )

    with setup.opened(settings) as database:
        if database.read(pretend):
            raise Stop(PRETEND)


def _say_what_is_next(setup: Setup, settings: Settings, serving: Serving, *, good: bool) -> None:
    dialog, waits = setup.dialog, setup.state.waits
    if registration.STEP in waits:
        dialog.say(
            "The registration is with the carriers, or still to be handed in. Run hotline golive now and then."
        )
    if trial.STEP in waits:
        dialog.say("The test text is not through yet: hotline golive tries again.")
    if not waits:
        first = "Done." if good else "All steps are done. First mend what is a PROBLEM above; then"
        dialog.say(
            f"{first} {'N' if good else 'n'}eighbors can text {number.shown(str(settings.hotline_number))}. Posters "
            f"and cards to print: {settings.public_url}/poster and {settings.public_url}/card"
        )
    if serving.is_own:
        dialog.say(
            f"Now start it for good: until now it ran inside this window, and ends with it. In this folder, where "
            f"its {ENV} is: hotline serve. On a server: sudo systemctl restart hotline"
        )
