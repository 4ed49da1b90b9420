"""What is chosen on a form, as a text says it: which kinds of help, which hours, which turn on duty."""

from collections.abc import Sequence
from datetime import date
from functools import cache

from babel.dates import get_day_names

from app.pages import wording
from app.pages.board.acting import Act
from handlers import phrasebook, registry
from handlers.understanding.arguments import TAPS, WHOLE_DAY, Proposed, TapTurned, ToMany
from handlers.understanding.intents import Need, Order
from handlers.understanding.money import WhySaid
from handlers.understanding.shift_words import ADD, ShiftSaid

UNCLEAR = "act.unclear"  # the trouble with words that cannot be said with an act
# Where no word of a need's name stands for it.
MORE_WORDS = {Need.BABY: ("pañales", "diapers"), Need.CHILDCARE: ("niñera",), Need.HOUSEHOLD: ("hogar",)}


@cache
def need_words(language: str) -> dict[Need, str]:
    """By need, a word that asks for it and nothing else; the needs that have none are missing."""
    found: dict[Need, str] = {}
    for need in Need:
        named = phrasebook.book(language).need(need).replace(",", "").split()
        tried = (*named, *MORE_WORDS.get(need, ()), need.replace("_", " "))
        word = next((word for word in tried if _only(language, word) == (need,)), None)
        if word is not None:
            found[need] = word
    return found


def _only(language: str, words: str) -> object:
    intent = registry.understand(f"{phrasebook.book(language).pages['hear']['only'][0]} {words}").intent
    return intent.argument if isinstance(intent, Order) else None


def only(needs: Sequence[Need], language: str) -> Act:
    """ONLY food rides; with none of them, anything."""
    words = need_words(language)
    chosen = tuple(need for need in reversed(words) if need in needs)  # "power, tools" would be power tools
    said = ", ".join(words[need] for need in chosen) or anything(language)
    return Act("only", words=said, argument=chosen)


def area(name: str | None, language: str) -> Act:
    """AREA Oak; without a name, anywhere."""
    return Act("area", words=name or anything(language), argument=name is None)


def hours(begins: int, ends: int, language: str) -> Act:
    """HOURS 9-18, in hours of the day; the same twice: at any hour."""
    if begins == ends:
        return Act("hours", words=anything(language), argument=WHOLE_DAY)
    return Act("hours", words=f"{begins}:00-{ends}:00", argument=(begins * 60, ends % 24 * 60))


def switched(command: str, on: bool) -> Act:
    """DUTY ON, WAKE OFF and their like; where there is no such word, the command alone says that it is on."""
    key = f"{command}_{'on' if on else 'off'}"
    known = key in registry.BY_NAME[command].spellings
    return Act(command, spelling=key if known else "", argument=on)


def tap(spelling: str) -> Act:
    """TAP OPEN and its like."""
    return Act("tap", spelling=spelling, argument=TapTurned(TAPS[spelling]))


def shift(day: int, begins: int, ends: int, *, once: bool, language: str) -> Act:
    """SHIFT Tuesday 18-22; Monday is day 0."""
    words = f"{weekday(day, language)} {begins}:00-{ends}:00{' ' + _word('shift_once', language) if once else ''}"
    wanted = ShiftSaid(ADD, (day,), begins=begins * 60, ends=ends * 60, once=once)
    return Act("shift", words=words, argument=wanted)


def shift_out(kind: str, on: date, today: date, language: str) -> Act:
    """SHIFT CANT 2026-03-10, SHIFT OFF 2026-03-10: `kind` is the verb; a turn that began before today by its day."""
    return Act("shift", words=f"{_word(f'shift_{kind}', language)} {_day(on, today, language)}")


def cover(on: date, today: date, language: str) -> Act:
    """COVER 2026-03-10."""
    return Act("cover", words=_day(on, today, language))


def broadcast(words: str, *, asked: bool, area: str | None, language: str) -> Act:
    """BROADCAST words: to volunteers, to those of an area, or to who waits for help."""
    words = " ".join(words.split())
    if asked:
        said = f"{_word('broadcast_asked', language)} {words}"
        return Act("broadcast", words=said, argument=ToMany(words, asked=True))
    words = f"{area} {words}" if area else words
    return Act("broadcast", words=words, argument=ToMany(words))


def proposal(words: str, hours: int, language: str) -> Act:
    """PROPOSE 2 weeks words; with no hours it is open as long as usual."""
    words, days = " ".join(words.split()), hours // 24
    if not hours:
        return Act("propose", words=words, argument=Proposed(words))
    unit, n = ("weeks", days // 7) if days % 7 == 0 else ("days", days)
    long = wording.of(language).say(f"proposals.{unit}", n=n)
    return Act("propose", words=f"{long} {words}", argument=Proposed(words, hours))


def about_proposal(kind: str, number: int, words: str, language: str) -> Act:
    """AGREE 7, BLOCK 7 why, and their like; PROPOSAL 7 OFF."""
    if kind == "withdraw":
        return Act("proposal", (number,), _word("proposal_off", language), argument=True)
    return Act(kind, (number,), words)


def about_entry(kind: str, number: int, words: str) -> Act:
    """OK S12, WHY S12 words; what came in is named so, too, for a number is one entry's."""
    if kind == "ok":
        return Act("approve", words=f"S{number}", argument=(number,))
    words = " ".join(words.split())
    return Act("why", words=f"S{number} {words}", argument=WhySaid(number, words))


def hours_of_day(language: str) -> list[tuple[int, str]]:
    """Every hour, and what it is called."""
    return [(hour, phrasebook.book(language).hour(hour * 60)) for hour in range(24)]


def anything(language: str) -> str:
    """`all`."""
    return _word("anything", language)


def weekday(day: int, language: str) -> str:
    """`Tuesday`."""
    return str(get_day_names("wide", locale=phrasebook.book(language).locale)[day])


def _day(on: date, today: date, language: str) -> str:
    return on.isoformat() if on >= today else weekday(on.weekday(), language)


def _word(kind: str, language: str) -> str:
    return str(phrasebook.book(language).pages["function_words"][kind][0])
