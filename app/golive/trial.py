"""The line is tried with the operator's own phone: a text goes there, and the answer has to come to this hotline."""

from datetime import datetime, timedelta

from tenacity import RetryError, Retrying, retry_if_result, stop_after_delay, wait_fixed

from app.carriers.twilio.remedies import remedy
from app.database.engine import Database
from app.golive import own_phone, roster
from app.golive.number import shown
from app.golive.setup import Setup
from app.golive.state import stamp
from app.inbound import arrival
from app.outbound import outbox
from app.settings import Settings
from handlers import going_live
from handlers.phrasebook import book
from models import people
from models.delivery import outbound
from models.delivery.outbound import ARRIVED, Outbound, State
from models.store.session import Session

STEP = "test"
PHRASE = "line_test"
LOOK = 1.0  # seconds between looks for the answer
FINAL = (State.FAILED, State.EXPIRED, State.CANCELLED)
PAUSES = (State.READY, State.HELD)
SINCE = timedelta(seconds=5)  # clocks of two processes may differ by so much


def run(setup: Setup, settings: Settings, *, registered: bool) -> None:
    """Send the text, unless carriers would drop it, and wait for what the operator texts."""
    with setup.opened(settings) as database:
        number = own_phone.run(setup, settings, database)
        if STEP in setup.state.done:
            setup.dialog.say("The test text went out and was answered.")
            return
        asked_at = setup.state.asked_at
        if asked_at is not None and registered and _came(database, number, datetime.fromisoformat(asked_at)):
            _good(setup)
            return
        since = setup.clock.now()
        setup.state.asked_at = stamp(since)
        setup.state.wait(STEP, since)
        if registered:
            _send(setup, settings, database, since)
        word = book(settings.hotline_language).pages["hear"]["hello"][1].upper()
        line = shown(str(settings.hotline_number))
        said = (
            f"I have texted your phone. Answer {word} to it; I wait here."
            if registered
            else f"Carriers would still drop our texts, but yours reach us: text {word} from your phone to {line}; I "
            "wait here. An answer may not come yet."
        )
        setup.dialog.say(f"{said} (At most {_minutes(setup.given.patience)}; Ctrl+C leaves, and nothing is lost.)")
        came = _waited(setup, database, number, since)
        if came and registered:
            _good(setup)
        elif came:
            setup.dialog.say("Your text came in: Twilio brings texts here. The other way waits for the registration.")
        else:
            _tell_why(setup, database, settings, registered=registered)


def _good(setup: Setup) -> None:
    setup.dialog.say("There it is: your answer came in. Texts go out, and texts come in. Your line talks!")
    setup.state.finish(STEP, setup.clock.now())


def _send(setup: Setup, settings: Settings, database: Database, now: datetime) -> None:
    def work(session: Session) -> None:
        line = roster.line_of(session, settings)
        person = people.by_id(session, setup.state.operator or 0)
        text = going_live.test_text(line, person)
        outbox.queue(session, line, f"golive-{now.timestamp():.3f}", [text], now)

    database.write(work).result()


def _came(database: Database, number: str, since: datetime) -> bool:
    return arrival.arrived(database, number, since - SINCE) is not None


def _waited(setup: Setup, database: Database, number: str, since: datetime) -> bool:
    """Whether it came. Does not wait on where the carrier has refused our text."""

    def look() -> bool | None:
        if _came(database, number, since):
            return True
        row = _sent(database, setup.state.operator or 0, since)
        refused = row is not None and row.error_code is not None and row.state in (*FINAL, *PAUSES)
        return False if refused else None

    looks = Retrying(
        retry=retry_if_result(lambda found: found is None),
        stop=stop_after_delay(setup.given.patience),
        wait=wait_fixed(LOOK),
    )
    try:
        return bool(looks(look))
    except RetryError:
        return False


def _sent(database: Database, person: int, since: datetime) -> Outbound | None:
    return database.read(lambda session: outbound.last_of(session, person, PHRASE, since - SINCE))


def _tell_why(setup: Setup, database: Database, settings: Settings, *, registered: bool) -> None:
    """What became of our text, and what to do."""
    since = datetime.fromisoformat(setup.state.asked_at or "")
    row = _sent(database, setup.state.operator or 0, since)
    say, again = setup.dialog.say, "Then run hotline golive again: it goes on from here."
    if not registered:
        say("No text has come from your phone. Did you write to the right number? Then run hotline doctor.", again)
    elif row is not None and row.error_code is not None:
        known = remedy(row.error_code)
        say(
            f"Twilio does not deliver the text (error {row.error_code}): {known.what}.",
            f"To do: {known.do}. {again}",
        )
    elif row is None or row.state in PAUSES:
        say("The text has not left yet. Run hotline doctor: it says why.", again)
    elif row.state in ARRIVED:
        say(
            f"Twilio says that your phone has the text, but no answer has come here within "
            f"{_minutes(setup.given.patience)}. If you have answered, run hotline doctor. {again}"
        )
    else:
        say(
            "Twilio has taken the text, and does not know yet whether your phone has it. Is it switched on, and is "
            f"the number yours? {again}"
        )


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} seconds"
