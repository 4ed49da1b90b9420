"""The only place that asks what time it is. Everywhere else time is an argument."""

from datetime import UTC, datetime, timedelta


class Clock:
    """The machine's time in UTC, moved forward by whoever plays with the simulator."""

    def __init__(self, ahead: timedelta = timedelta(0)) -> None:
        self.ahead = ahead

    def now(self) -> datetime:
        """This moment, in UTC."""
        return datetime.now(UTC) + self.ahead

    def advance(self, by: timedelta) -> None:
        """Let time pass at once. It never runs backwards: a negative `by` is ignored."""
        self.ahead += max(by, timedelta(0))
