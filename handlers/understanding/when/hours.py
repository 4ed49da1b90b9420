"""Hours of the day in a text: `5:30`, `6am`, `at 5`, `between 2 and 5`, `a las siete y media`."""

import re
from dataclasses import dataclass, replace

from handlers.understanding.when.expression import Clock
from handlers.understanding.when.scan import MONEY, RANGING, Fact, Scan
from handlers.understanding.when.vocabulary import Named, find
from models.requests import Timing

HOUR = re.compile(r"(\d{1,2}?)(?:h?(\d\d))?(am|pm|a|p|h|hrs|ish)?$")
MINUTES = re.compile(r"([0-5]\d)(am|pm|a|p|h|hrs|ish)?$")
MINUTES_APART = (":", ".", " ")
ROUND = ("00", "15", "30", "45")  # minutes that may stand behind a space: "8 30"
DOOR = re.compile(r"\d{1,4}[ap]$")  # "2A": people who mean the afternoon write "2pm"
DASH = re.compile(r"\s*[-\u2013]\s*$")
AM_PM = {"a": "am", "p": "pm", "h": "oclock", "hrs": "oclock", "ish": "oclock"}
LEADS = frozenset(("at", "by", "before", "after"))  # behind which a number may be an hour
WORDED = LEADS | {"from"}  # and a number in words
ALSO = ("or", "and", "o", "u", "y", "n")  # need not join a span of hours: "at 9 and back at 3"
LOOSE = ("at", "in", "en", "por", "this")  # "2 at night" may be pills
LAST_HOUR, NOON = 24, 12
ADDRESS = 3  # words behind a number in which a street makes it a door


@dataclass(frozen=True)
class Hour:
    """An hour that a number may be."""

    clock: Clock
    last: int
    said: str  # "am", "pm", "oclock" or nothing
    plain: bool  # whether it can be nothing else

    @classmethod
    def of(cls, hour: int, minute: int, said: str, last: int, *, exact: bool, sure: bool) -> "Hour | None":
        """The hour, if there is such a one."""
        if hour > LAST_HOUR or minute > 59 or (said in ("am", "pm") and not 0 < hour <= NOON):
            return None
        if said in ("am", "pm"):
            hour = hour % NOON + (NOON if said == "pm" else 0)
        clock = Clock(hour, minute, sure or said in ("am", "pm") or hour > NOON or not hour)
        return cls(clock, last, said if said in ("am", "pm") else "", exact)

    def as_(self, said: str, *, before: int) -> "Hour":
        """The same before or after noon, as the end of its span says; not after that end."""
        hour = self.clock.hour % NOON + (NOON if said == "pm" else 0)
        return replace(self, clock=replace(self.clock, hour=hour if hour <= before else hour - NOON, sure=True))


class Hours(Scan):
    """The hours of a text."""

    def clock(self, i: int) -> Fact | None:
        """`at 5`, `5:30`, `6am`, `between 2 and 5`, `tomorrow 7`."""
        begins = self.hour(i)
        if begins is None:
            return None
        ends = self.end_of_range(begins)
        if ends is not None:
            first, last = begins, ends
            if last.said and not first.said:  # "2-5pm"
                first = first.as_(last.said, before=last.clock.hour)
            sure = first.plain or last.plain or "from" in self.leads or self.near(i)
            if sure and self.ends_well(ends.last):
                return Fact(i, ends.last, Named(clock=first.clock), until=last.clock, timing=Timing.WITHIN)
        plain = begins.plain or (bool(LEADS & self.leads.keys()) and self.may_be_hour(begins))
        plain = plain or (self.near(i) and bool(self.facts[-1].named.day) and self.ends_well(begins.last))
        return Fact(i, begins.last, Named(clock=begins.clock)) if plain else None

    def may_be_hour(self, hour: Hour) -> bool:
        """Whether a bare number behind "at", "by" or "after" is no door and counts nothing."""
        if self.ends_well(hour.last):
            return True
        if "at" not in self.leads or hour.clock.hour > NOON or find(self.words, hour.last, "behind_once", "unit"):
            return False
        for i in range(hour.last, min(hour.last + ADDRESS, len(self.words))):
            if self.ends(i) or find(self.words, i, "behind_small"):
                break
            if find(self.words, i, "behind_street"):
                return False
        return True

    def is_door(self, i: int) -> bool:
        """Whether a number with a letter is an apartment: `apt 1A`, `12 river rd 2A`, and not `88 river rd 5pm`."""
        if not i or not DOOR.match(self.words[i].text) or self.ends(i):
            return False
        return find(self.words, i - 1, "behind_unit", "behind_street") is not None

    def end_of_range(self, begins: Hour) -> Hour | None:
        """The second hour of two."""
        i = begins.last
        if i >= len(self.words):
            return None
        if DASH.match(self.gap(i)):
            return self.hour(i, worded=False)
        joined = self.words[i].text
        if joined in RANGING and not self.ends(i):
            led = "from" in self.leads or joined not in ALSO
            lead = find(self.words, i + 1, "lead")
            at = i + 1 + (len(lead.words) if lead and lead.value in ("at", "on") else 0)
            return self.hour(at) if led else None
        return None

    def hour(self, i: int, *, worded: bool = True) -> Hour | None:
        """The hour that a number would be."""
        if i >= len(self.words) or self.gap(i)[-1:] in MONEY or self.words[i - 1].text == "#" or self.is_door(i):
            return None
        if (match := HOUR.match(self.words[i].text)) is not None:
            return self.figures(i, match)
        number = find(self.words, i, "number") if worded and not WORDED.isdisjoint(self.leads) else None
        if number is None or number.value > NOON:
            return None
        last, minute = i + len(number.words), 0
        more = find(self.words, last, "number")
        if more and more.value > NOON and not self.ends(last):
            minute, last = more.value, last + len(more.words)
        return self.in_half(number.value, minute, last, exact=False, sure=False)

    def figures(self, i: int, match: re.Match[str]) -> Hour | None:
        """An hour in figures."""
        last, minute, said, exact = i + 1, 0, match[3] or "", False
        if match[2]:
            exact, minute = "h" in match[0][:3], int(match[2])
            if not (exact or said):
                return None  # "1430" may be a door
        elif not said and self.gap_at(last) in MINUTES_APART:
            minutes = MINUTES.match(self.words[last].text)
            if minutes is not None and (self.gap(last) != " " or minutes[1] in ROUND):
                exact, minute, said = self.gap(last) == ":", int(minutes[1]), minutes[2] or ""
                last += 1
        if not exact and (more := find(self.words, last, "number")) and more.words[0] == "y":
            minute, last = more.value, last + len(more.words)  # "6 y media"
        zero = len(match[1]) == 1 and match[0].startswith("0")
        if said:
            return Hour.of(int(match[1]), minute, AM_PM.get(said, said), last, exact=True, sure=zero)
        return self.in_half(int(match[1]), minute, last, exact=exact, sure=zero)

    def in_half(self, hour: int, minute: int, last: int, *, exact: bool, sure: bool) -> Hour | None:
        """The hour with am or pm, where the words behind it say so."""
        half = find(self.words, last, "meridiem") if not self.ends(last) else None
        if half is None:
            return Hour.of(hour, minute, "", last, exact=exact, sure=sure)
        exact = exact or half.words[0] not in LOOSE
        return Hour.of(hour, minute, half.value, last + len(half.words), exact=exact, sure=sure)
