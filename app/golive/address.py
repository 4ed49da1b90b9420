"""The address at which Twilio reaches the hotline, proved: only this hotline can answer what is asked there."""

from app.golive.dialog import Stop
from app.golive.serving import Serving
from app.golive.setup import Setup, reader
from app.settings import Settings
from app.web import proof, reach
from app.web.reach import Proof
from models import lines, marks
from models.store.session import Session

STEP = "address"
WHAT_FOR = (
    "When a neighbor texts, Twilio brings the text to a web address of yours: a name with https://, whose proxy "
    "(such as Caddy) passes everything on to port {port} of this machine. None yet? docs/hosting says how, for a "
    "rented server, a Raspberry Pi at home, or a laptop for a trial."
)


def run(setup: Setup, serving: Serving) -> Settings:
    """Ask for it until it leads here; returns the settings, which are whole from now on. Raises Stop."""
    dialog = setup.dialog
    given = setup.value("PUBLIC_URL")
    tried: str | None = None
    if given is None:
        dialog.say(WHAT_FOR.format(port=setup.base().port))
    while True:
        url = dialog.ask(
            "At which address? Such as: https://hotline.example.org"
            if tried is None
            else "Mend that, and press Enter to try once more. Or write another address.",
            "--public-url",
            reader("PUBLIC_URL"),
            given=given,
            default=tried,
        )
        settings = setup.settings(PUBLIC_URL=url)
        if setup.host is None:
            serving.begin(settings)
        found = _proved(setup, settings, url)
        if found.ok:
            break
        if not dialog.interactive:
            raise Stop(f"{url}: {found.what}. To do: {found.do}.")
        dialog.say(f"Not yet: {found.what}.", f"To do: {found.do}.")
        given, tried = None, url
    if url != setup.known("PUBLIC_URL"):
        setup.state.learn(PUBLIC_URL=url)
    dialog.say(f"{url} leads to this very hotline.")
    setup.state.finish(STEP, setup.clock.now())
    return settings


def _give_key(session: Session) -> None:
    for line in lines.all_lines(session):
        marks.give_key(session, line)


def _proved(setup: Setup, settings: Settings, url: str) -> Proof:
    """Whether it leads here, from where Twilio is, too."""
    with setup.opened(settings) as database:
        database.write(_give_key).result()  # a hotline that is just starting has not done so yet
        found = reach.prove(url, proof.from_database(database))
    default = Settings.model_fields["twilio_api_url"].default
    if found.ok and not found.public and settings.twilio_api_url == default:  # an emulator may be in the house
        return Proof(False, found.what, found.do)
    if found.ok and url.startswith("http:") and settings.twilio_api_url == default:
        return Proof(
            False, "it is not encrypted (http), and whoever is in between can read", "write it with https://"
        )
    return found
