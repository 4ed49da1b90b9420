"""Where a text names days and hours: facts, in their order, each with what the words around it make of it.

A number is an hour only where something says so: am or pm, minutes, a word before it ("at", "after"), a day beside
it. Behind it a small word must stand, or nothing: "after 6 please", but not "after 6 blocks".
"""

from dataclasses import replace

from handlers.understanding.when.dates import Dates
from handlers.understanding.when.expression import TODAY, DayKind
from handlers.understanding.when.scan import RANGING, STOPS, Fact
from handlers.understanding.when.vocabulary import NO_ROLE, Named, find, role
from models.requests import Timing

REACH = {"cant": 3, "did": 1, "long": 3}  # words that may stand between these and the time: "cant come on friday"
SIGNS = {"by": Timing.BEFORE, "before": Timing.BEFORE, "after": Timing.AFTER}
OTHERWISE = {Timing.BEFORE: Timing.AFTER, Timing.AFTER: Timing.BEFORE}


class Finder(Dates):
    """One text, while the facts in it are found."""

    def find(self) -> list[Fact]:
        """All of them."""
        i = 0
        while i < len(self.words):
            word = self.words[i]
            may = role(word.text)
            if may is NO_ROLE and not self.leads:
                i += 1
                continue
            if self.leads and word.opens and STOPS.search(self.gap(i)):
                self.leads, self.led_from = {}, None
            if (may.begins or may.counts) and (fact := self.fact(i)) is not None:
                self.facts.append(self.as_led(fact))
                self.leads, self.led_from = {}, None
                i = fact.last
            elif may.leads and (lead := find(self.words, i, "lead")) is not None:
                self.leads[lead.value] = REACH.get(lead.value, 0)
                self.led_from = i if self.led_from is None else self.led_from
                i += len(lead.words)
            else:
                if self.leads:
                    self.leads = {lead: left - 1 for lead, left in self.leads.items() if left}
                self.led_from = None
                i += 1
        return self.facts

    def as_led(self, fact: Fact) -> Fact:
        """The fact as the words before and behind it make it."""
        onward = find(self.words, fact.last, "behind_onward")
        led = Timing.AFTER if onward and fact.named.clock and fact.until is None else fact.timing
        led = led or next((SIGNS[lead] for lead in SIGNS if lead in self.leads), None)
        named = fact.named
        if named.day is not None and named.day.kind is DayKind.WEEKDAY and "next" in self.leads:
            named = named._replace(day=replace(named.day, kind=DayKind.WEEKDAY_NEXT))
        told = named.day is not None and named.day.kind is DayKind.WEEKDAY and "did" in self.leads
        before = self.facts[-1] if self.facts else None
        goes_on = before is not None and before.denied and named.day is None and self.beside(before, fact)
        past = "past" in self.leads or told or find(self.words, fact.last, "behind_past") is not None
        denied = past or "not" in self.leads or goes_on
        if "cant" in self.leads and not denied:  # "cant come before 5" is: after 5
            denied = led is None or named.clock is None
            led = OTHERWISE[led] if led is not None else None
        strictly = "before" in self.leads
        return replace(
            fact, led_from=self.led_from, named=named, timing=led, strictly=strictly, denied=denied or fact.denied
        )

    def fact(self, i: int) -> Fact | None:
        """The day, hour or span that is named there."""
        word = self.words[i].text
        if word[0].isdigit() or (self.leads and find(self.words, i, "number", "sign_article")):
            return self.date(i) or self.numeric(i) or self.ordinal(i) or self.span(i) or self.clock(i)
        if (end := self.month_end(i)) is not None:
            return end
        if find(self.words, i, "month"):
            return self.date(i)
        if (unit := find(self.words, i, "unit")) is not None:  # "within the hour"
            return self.spanned(i, 1, i) if "within" in self.leads and unit.value != "weeks" else None
        if (day := find(self.words, i, "day")) is not None:
            last = i + len(day.words)
            return Fact(i, last, day.value, timing=day.value.timing) if self.is_day(i, last, day.value) else None
        if (part := find(self.words, i, "part")) is not None and self.is_part(i, len(part.words), part.value):
            today = TODAY if "this" in self.leads else None
            return Fact(i, i + len(part.words), part.value._replace(day=today))
        return None

    def is_day(self, i: int, last: int, named: Named) -> bool:
        """Whether the short name of a day is one here: "sat" often is not."""
        if not named.unsure:
            return True
        if i and find(self.words, i - 1, "sign_who"):
            return False
        lead = find(self.words, last, "lead")
        follows = find(self.words, last, "part") or (lead and lead.value != "on") or self.hour(last)
        joined = last + 1 < len(self.words) and self.words[last].text in RANGING
        goes_on = find(self.words, last + joined, "day") if joined or "-" in self.gap_at(last) else None
        return bool(self.leads or follows or goes_on or self.ends(last) or self.near(i))

    def is_part(self, i: int, size: int, named: Named) -> bool:
        """Whether a part of the day is meant, not "good morning"."""
        led = not self.leads.keys().isdisjoint(("this", "in", "by", "before", "after", "next"))
        return led or named.clock is not None or size > 1 or self.near(i)
