"""The line is tried with the operator's own phone: a text goes there, and the answer has to come to this hotline."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

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
from handlers.phrasebook import book
from handlers.setup import going_live
from models import people
from models.delivery import line_numbers, outbound
from models.delivery.outbound import ARRIVED, Outbound, State
from models.store.session import Session

STEP = "test"
PHRASE = "line_test"
HELLO = 1  # of the ways to greet: one word
LOOK = 1.0  # seconds between looks for the answer
WAITING = (State.READY, State.HELD, State.LEASED, State.UNCERTAIN)
REFUSED = (State.READY, State.HELD, State.FAILED, State.EXPIRED, State.CANCELLED)
APART = timedelta(seconds=5)  # clocks of two processes may differ by so much


class Outcome(StrEnum):
    """How the trial stands."""

    TALKS = "talks"  # our text arrived, theirs came in
    HEARS = "hears"  # theirs came in, ours was not let through
    SILENT = "silent"  # nothing came in


def run(setup: Setup, settings: Settings, *, registered: bool) -> None:
    """Send the text, unless one is under way, and wait for what the operator texts."""
    with setup.opened(settings) as database:
        number = own_phone.run(setup, settings, database)
        if STEP in setup.state.done:
            setup.dialog.say("The test text went out and was answered.")
            return
        trial = Trial(setup, settings, database, number)
        found = trial.outcome()
        if found is Outcome.SILENT or (found is Outcome.HEARS and registered):
            tries = trial.begin()
            trial.say_what_to_do(found, registered=registered)
            found = trial.waited(tries, registered=registered)
        trial.tell(found, registered=registered)


@dataclass(frozen=True)
class Trial:
    """One phone, tried."""

    setup: Setup
    settings: Settings
    database: Database
    number: str

    @property
    def since(self) -> datetime:
        """Since when an answer counts; clocks of two processes may differ a little."""
        asked = self.setup.state.asked_at
        return datetime.fromisoformat(asked) - APART if asked else self.setup.clock.now()

    def outcome(self) -> Outcome:
        """How it stands now."""
        if arrival.arrived(self.database, self.number, self.since) is None:
            return Outcome.SILENT
        row = self.row()
        return Outcome.TALKS if row is not None and row.sid is not None and not _refused(row) else Outcome.HEARS

    def row(self) -> Outbound | None:
        """Our text."""
        person, since = self.setup.state.operator or 0, self.since
        return self.database.read(lambda session: outbound.last_of(session, person, PHRASE, since))

    def begin(self) -> int:
        """Queue the text, but where one still waits to leave; returns how often that was tried already."""
        row = self.row()
        if row is not None and row.state in WAITING:
            # Carriers refused the number a while ago, and it pauses: whoever looks now wants to know how it is now.
            self.database.write(lambda session: line_numbers.resume(session, row.channel, row.from_number)).result()
            return row.tries
        now = self.setup.clock.now()
        if row is None or arrival.arrived(self.database, self.number, self.since) is None:
            self.setup.state.asked_at = stamp(now)
        self.setup.state.wait(STEP, now)
        _send(self.setup, self.settings, self.database, now)
        return 0

    def say_what_to_do(self, found: Outcome, *, registered: bool) -> None:
        """What the operator does with their phone."""
        if found is Outcome.HEARS:
            self.setup.dialog.say("Your text came in before. Now mine goes to your phone; I wait here.")
            return
        word = book(self.settings.hotline_language).pages["hear"]["hello"][HELLO].upper()
        said = f"I have texted your phone. Answer {word} to it; I wait here."
        if not registered:
            line = shown(str(self.settings.hotline_number))
            said += (
                f" Carriers may still drop our text: if none comes within a minute, text {word} to {line} yourself."
            )
        patience = _minutes(self.setup.given.patience)
        self.setup.dialog.say(f"{said} (At most {patience}; Ctrl+C leaves, and nothing is lost.)")

    def waited(self, tries: int, *, registered: bool) -> Outcome:
        """Wait for the answer; not where nobody can have got our text, though they should."""

        def look() -> Outcome | None:
            found, row = self.outcome(), self.row()
            again = row is not None and row.tries > tries and _refused(row)
            if registered and found is not Outcome.TALKS:
                return found if again else None
            return None if found is Outcome.SILENT else found

        looks = Retrying(
            retry=retry_if_result(lambda found: found is None),
            stop=stop_after_delay(self.setup.given.patience),
            wait=wait_fixed(LOOK),
        )
        try:
            return looks(look) or self.outcome()
        except RetryError:
            return self.outcome()

    def tell(self, found: Outcome, *, registered: bool) -> None:
        """What came of it, and what to do."""
        say, row = self.setup.dialog.say, self.row()
        if found is Outcome.TALKS:
            say("There it is: your answer came in. Texts go out, and texts come in. Your line talks!")
            self.setup.state.finish(STEP, self.setup.clock.now())
            return
        if found is Outcome.HEARS:
            say("Your text came in: Twilio brings texts here.")
        if row is not None and _refused(row) and (registered or found is Outcome.SILENT):
            known = remedy(row.error_code)
            say(f"Twilio does not deliver ours (error {row.error_code}): {known.what}.", f"To do: {known.do}.")
        elif found is Outcome.HEARS:
            say("The other way waits for the registration.")
        elif row is None or row.state in WAITING:
            say("The text has not left yet. Run hotline doctor: it says why.")
        elif row.state in ARRIVED:
            patience = _minutes(self.setup.given.patience)
            say(
                f"Twilio says that your phone has the text, but no answer has come here within {patience}. If you "
                "have answered, run hotline doctor."
            )
        else:
            say(
                "Twilio has taken the text, and does not know yet whether your phone has it. Is it switched on, and "
                "is the number yours?"
            )
        say("Then run hotline golive again: it goes on from here.")


def _refused(row: Outbound) -> bool:
    return row.error_code is not None and row.state in REFUSED


def _send(setup: Setup, settings: Settings, database: Database, now: datetime) -> None:
    def work(session: Session) -> None:
        line = roster.line_of(session, settings)
        person = people.by_id(session, setup.state.operator or 0)
        text = going_live.test_text(line, person)
        outbox.queue(session, line, f"golive-{now.timestamp():.3f}", [text], now)

    database.write(work).result()


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} seconds"
