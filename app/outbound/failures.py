"""A failure: a text that the carrier did not take or deliver, and what may be done with it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.outbound import discretion, outbox
from handlers.turn import Context, Texts
from models import lines, people
from models.delivery import line_numbers, outbound
from models.delivery.line_numbers import LineNumber
from models.delivery.outbound import Attempt, Outbound, Result, State
from models.lines import Line
from models.people import Address
from models.store.session import Session

LONGEST_WAIT = 900.0  # seconds; a carrier that asks for more is asked again all the same: people wait
TOLD_PAUSE = timedelta(hours=1)  # told by callback only: every POST seems to go well, and no text shows it mended


@dataclass(frozen=True)
class Failure:
    """A text that the carrier did not take, or did not deliver."""

    session: Session
    row: Outbound
    attempt: Attempt | None
    code: int | None
    now: datetime
    called_back: bool  # said by callback: the carrier had taken it
    wait: float | None = None  # seconds that the carrier asked for
    outage: bool = False  # one of several in a row of which nobody knows whether they were taken

    @property
    def asked_to_wait(self) -> timedelta:
        """What the carrier asks for, within reason."""
        return timedelta(seconds=min(self.wait or 0.0, LONGEST_WAIT))

    @property
    def line(self) -> Line:
        return lines.by_id(self.session, self.row.line_id)

    @property
    def address(self) -> Address | None:
        row = self.row
        return people.address_at(self.session, row.line_id, row.channel, row.to)

    def line_numbers(self) -> list[LineNumber]:
        """The line's numbers, with the one that this text left from made known."""
        line_numbers.add(self.session, self.row.line_id, self.row.channel, self.row.from_number)
        return line_numbers.of_line(self.session, self.row.line_id)

    def pause(self, line_number: LineNumber, bounds: tuple[timedelta, timedelta]) -> None:
        """Let a number pause, within these bounds, or for longer if the carrier asks for it."""
        at_least, at_most = bounds
        at_least = TOLD_PAUSE if self.called_back else max(at_least, self.asked_to_wait)
        line_numbers.pause(self.session, line_number, self.code or 0, self.now, at_least, at_most)

    def own_number(self) -> LineNumber:
        """The number that sent this text."""
        return next(
            s for s in self.line_numbers() if (s.channel, s.number) == (self.row.channel, self.row.from_number)
        )

    def end(self, result: Result) -> None:
        """Note how the attempt ended."""
        if self.attempt is not None:
            self.attempt.result, self.attempt.error_code, self.attempt.ended_at = result, self.code, self.now
            self.session.add(self.attempt)

    def fail(self) -> None:
        """It will never arrive: whoever is on duty hears of it, if somebody waits."""
        self.end(Result.REFUSED)
        self.row.state, self.row.error_code = State.FAILED, self.code
        self.row.leased_until, self.row.changed_at = None, self.now
        self.session.add(self.row)
        outbox.report_failure(self.session, self.row, self.now)

    def keep(self, until: datetime | None = None, *, counted: bool = False) -> None:
        """It is ours again: held until then, or waiting for its number. Too late for it, and it is lost.

        Whoever said STOP while it was on its way is not written to again.
        """
        row = self.row
        person = people.by_id(self.session, row.person_id)
        wanted = outbox.is_wanted(person, row.phrase)
        if wanted and until is not None and row.expires_at is not None and until >= row.expires_at:
            self.fail()
            return
        self.end(Result.RETURNED)
        row.state = State.CANCELLED if not wanted else State.READY if until is None else State.HELD
        if wanted and not discretion.may_see(person, row.phrase, row.lane):
            row.state = State.KEPT
        row.not_before, row.error_code = until, self.code
        row.sid = row.leased_until = None
        row.retries += counted
        row.changed_at = self.now
        self.session.add(row)

    def tell_duty(self, key: str, about: Callable[[Context], Texts]) -> None:
        """Tell whoever is on duty, once under this key, something about the line rather than about this text."""
        if not outbound.key_exists(self.session, f"{key}:0"):
            context = Context(self.session, self.line, self.now)
            outbox.queue(self.session, context.line, key, about(context), self.now)
