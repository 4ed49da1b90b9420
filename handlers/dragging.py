"""The daily word to duty: what drags, the oldest first."""

from datetime import datetime, timedelta

from handlers.summary import Lines, Said
from handlers.turn import DAY, Context, Texts
from models import dragging, lines, offers
from models.requests import Request, State

SUMMARY = "summary"
HOUR = timedelta(hours=1)
ROWS = 8


def next_moment(context: Context) -> datetime:
    """When the next word is due: at the line's hour, whatever the clocks do."""
    return lines.next_of(context.line, context.now, (context.line.policy.summary_hour,))


def act(context: Context) -> Texts:
    """Tell those on duty what drags; nothing if nothing does."""
    if lines.minute(context.line, context.now) // 60 != context.line.policy.summary_hour:
        return  # the timer is new, or nothing ran for hours
    found = dragging.find(context.session, context.line.id, context.now)
    if not found:
        return
    rows = Lines([_row(context, request) for request in found[:ROWS]])
    more = Said("queue_more", {"n": len(found) - ROWS}) if len(found) > ROWS else None
    yield from context.tell_duty("duty_summary", rows=rows, more=more, n=len(found))


def _row(context: Context, request: Request) -> Said:
    waited = context.now - request.created_at
    age = Said("age_days", {"n": waited // DAY}) if waited >= DAY else Said("age_hours", {"n": waited // HOUR})
    if request.state is State.HELD:
        return Said("summary_row_held", {"number": request.number, "what": context.what(request), "age": age})
    asked = offers.count(context.session, request.id)
    return Said("summary_row", {"number": request.number, "what": context.what(request), "age": age, "n": asked})
