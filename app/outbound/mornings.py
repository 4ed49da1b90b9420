"""When a text may go that the carrier or the law held back for the hour: in the morning where its reader lives.

Source: Twilio's Compliance Toolkit, and error 30610: 9 PM to 8 AM by the number's own clock (47 CFR 64.1200(c)(1));
some states begin later, so that what is held back again in the morning goes at nine.
"""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from phonenumbers import timezone

from models.lines import Line

BEGINS, ENDS = 8, 21  # o'clock
LATER = timedelta(hours=1)
UNKNOWN = "Etc/Unknown"  # libphonenumber's word


def next_morning(line: Line, to: str, now: datetime, *, again: bool = False) -> datetime:
    """The next morning at that number; by day, in an hour. `again`: it was held back before. In UTC."""
    zones = zones_of(line, to)
    local = [now.astimezone(zone) for zone in zones]
    if all(BEGINS <= each.hour < ENDS for each in local):
        return now + LATER
    mornings = [_morning(each, BEGINS + again) for each in local]
    return max(mornings).astimezone(now.tzinfo)


def zones_of(line: Line, to: str) -> list[ZoneInfo]:
    """Where a number may be; for one that does not tell, where its line is."""
    try:
        found = timezone.time_zones_for_number(phonenumbers.parse(to, None))
        return [ZoneInfo(name) for name in found if name != UNKNOWN] or [ZoneInfo(line.timezone)]
    except (phonenumbers.NumberParseException, ZoneInfoNotFoundError):
        return [ZoneInfo(line.timezone)]


def _morning(local: datetime, hour: int) -> datetime:
    today = datetime.combine(local.date(), time(hour), local.tzinfo)
    return today if today > local else datetime.combine(local.date() + timedelta(days=1), time(hour), local.tzinfo)
