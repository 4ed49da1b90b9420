"""Time passes at once, and yet everything that falls due on the way happens at its own moment."""

from collections.abc import Callable
from datetime import timedelta

from app.hotline import Hotline
from app.simulator import threads

TYPING = timedelta(seconds=20)  # people read and type; who is quicker may be taken for a machine
TOO_OFTEN = 1_000  # stops on one way: time that never comes to rest is a fault
AT_ONCE = timedelta(0)


def pass_time(
    hotline: Hotline,
    by: timedelta,
    send: Callable[[], object] = lambda: None,
    *,
    together: timedelta = AT_ONCE,
) -> None:
    """Move the hotline's clock forward, stopping wherever something happens by itself.

    Jumping straight to the end would let a whole day of reminders happen at once, or only the first of them. At every
    stop `send` sends what is queued, unless the sender does so from its own thread. Moments that lie not farther
    apart than `together` are taken as one, so that a busy hotline is not slow.

    Raises RuntimeError if something is due again and again.
    """
    clock = hotline.clock
    until = clock.now() + by
    for _ in range(TOO_OFTEN):
        due = hotline.database.read(lambda session: threads.next_moment(session, clock.now()))
        if due is None or due >= until:
            hotline.pass_time(until - clock.now())
            send()
            return
        hotline.pass_time(min(max(due, clock.now() + together), until) - clock.now())
        send()
    raise RuntimeError("time never comes to rest: something is due again and again")
