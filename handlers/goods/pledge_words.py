"""What somebody would give, as its giver and as others read it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from handlers.phrasebook import Book, Value
from handlers.turn import Context
from handlers.wording.summary import Day, Hour, Needs, Ours, Quoted, Said
from models import pledges
from models.hours import moment_of
from models.pledges import Kind, Pledge
from models.requests import Request

LONGEST = 50  # characters of their own words that are told back
A_WEEK, NOON = 7, 12 * 60  # days, minutes


@dataclass(frozen=True)
class Given:
    """`2 strollers`, `a ride, Fri`; where we know no name for a thing, what kind of thing it is."""

    pledge: Pledge
    zone: str
    now: datetime
    left: bool = False  # only what is kept for nobody

    def in_words(self, book: Book) -> str:
        """Nothing of their words but what names a thing."""
        pledge = self.pledge
        thing = pledge.thing or book.worded(Needs(tuple(pledge.needs) or ("other",)))
        if self.left and pledge.left != pledge.count:
            thing = book.say("pledge_left", {"thing": Ours(thing), "left": pledge.left})
        elif pledge.count is not None and pledge.thing:
            thing = f"{pledge.count} {thing}"
        return ", ".join(part for part in (thing, *(book.worded(each) for each in self._when())) if part)

    def _when(self) -> list[Value]:
        pledge = self.pledge
        return [
            *([Days(tuple(pledge.days), self.zone, self.now)] if pledge.days else []),
            *(
                [Said("pledge_hours", {"begins": Hour(pledge.begins), "ends": Hour(pledge.ends)})]
                if pledge.begins is not None and pledge.ends is not None
                else []
            ),
        ]


@dataclass(frozen=True)
class Days:
    """Days of the week: `Mon, Tue`."""

    days: tuple[int, ...]
    zone: str
    now: datetime

    def in_words(self, book: Book) -> str:
        """As a list."""
        zone = ZoneInfo(self.zone)
        today = self.now.astimezone(zone).date()
        coming = [today + timedelta(days=(day - today.weekday()) % A_WEEK) for day in sorted(self.days)]
        return book.listed([Day(moment_of(day, NOON, zone), self.zone).in_words(book) for day in coming])


@dataclass(frozen=True)
class Until:
    """A date on the line's own clock: `Mar 13`."""

    moment: datetime
    zone: str

    def in_words(self, book: Book) -> str:
        """Without the hour."""
        return book.named(self.moment, self.zone, "date")


def until(context: Context, moment: datetime) -> Until:
    """Until when something is kept."""
    return Until(moment, context.line.timezone)


def of(context: Context, pledge: Pledge, *, left: bool = False) -> Given:
    """What others read of it."""
    return Given(pledge, context.line.timezone, context.now, left)


def to_giver(context: Context, pledge: Pledge) -> Value:
    """What its giver reads: their own words where those of ours would say less."""
    if pledge.thing and pledge.kind is Kind.GOODS:
        return of(context, pledge)
    words = pledge.text if len(pledge.text) <= LONGEST else f"{pledge.text[:LONGEST].rstrip()}..."
    return Quoted(words) if words else of(context, pledge)


def asked_for(context: Context, request: Request) -> Mapping[int, Said]:
    """By who was found to have just this, what the offer to them says."""
    what = context.what(request)
    return {
        pledge.person_id: Said("pledge_asked", {"what": what, "given": to_giver(context, pledge)})
        for _, pledge in pledges.matched(context.session, request.id)
    }
