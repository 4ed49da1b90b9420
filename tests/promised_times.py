"""Times that a text has named to its reader, read out of its words: what must have happened by then."""

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from models.delivery.outbound import Outbound
from models.lines import Line
from tests.pictures import Step

A_MINUTE = timedelta(minutes=1)  # texts name whole ones
SAYS_WHEN = (  # "I look again at 4:30 PM", "If I hear nothing by Tue 4:30 PM": to neighbors and to volunteers
    "got_it_nobody got_it_night got_it_paused status_open status_asked_all status_nobody status_waiting status_paused"
    " asked_all asked_again still_wanted nobody_came_open pause_waits"
    " how_is_it how_is_it_words no_word_yet did_they_come did_they_come_too they_ask they_ask_words asked_helper"
    " asked_already asked_in_the_morning still_coming status_claimed_asked"
).split()
OF_A_BREAK = frozenset({"got_it_paused", "status_paused", "pause_waits"})
DAYS = {
    "en": "mon tue wed thu fri sat sun".split(),
    "es": "lun mar mie jue vie sab dom".split(),
}
TOMORROW = re.compile(r"\b(tomorrow|manana)\b")
CLOCK = re.compile(r"(\d{1,2})(?::(\d\d))?\s*(am|pm)?")
WORDS = Path(__file__).parent.parent / "handlers" / "phrasebook"


def named(line: Line, text: Outbound) -> datetime | None:
    """The moment that a text names to its reader, by which something happens; None if it names none."""
    body = _plain(text.body)
    for language, before in ANCHORS.get(text.phrase, ()):
        at = body.find(before)
        if at >= 0 and (moment := _moment(line, text.created_at, body[at + len(before) :], language)) is not None:
            return moment
    return None


def _moment(line: Line, said_at: datetime, words: str, language: str) -> datetime | None:
    """`at 4:30 pm`, `tomorrow at 8:00 am`, `fri at 8:00 am`, `tue 4:30 pm`; a date farther away is not read."""
    clock = CLOCK.search(words[:40])
    if clock is None or "," in words[: clock.start()]:
        return None
    zone = ZoneInfo(line.timezone)
    hour = int(clock[1]) % 12 + 12 * (clock[3] == "pm") if clock[3] else int(clock[1])
    day, before = said_at.astimezone(zone).date(), words[: clock.start()]
    weekday = next((n for n, name in enumerate(DAYS[language]) if re.search(rf"\b{name}", before)), None)
    if TOMORROW.search(before):
        day += timedelta(days=1)
    elif weekday is not None:
        day += timedelta(days=(weekday - day.weekday()) % 7)
    return datetime.combine(day, time(hour, int(clock[2] or 0)), zone).astimezone(UTC)


def what_was_said_of_time_holds(s: Step) -> Iterator[str]:
    """What was said of a time holds until then: time acts by then, or its reader or its history knows of a change."""
    for text in s.now.texts.values():
        request = s.now.requests.get(text.request_id or 0)
        if request is None or not request.live or text.phrase not in ANCHORS or s.now.line is None:
            continue
        moment = named(s.now.line, text)
        if moment is None or moment <= s.now.now or _followed(s, text):  # then time has acted on it
            continue
        due, late = request.next_action_at, A_MINUTE
        if text.phrase in OF_A_BREAK:  # after it, what waits goes out one by one, a minute apart
            late *= sum(each.live for each in s.now.requests.values())
        if due is None or due > moment + late:
            yield f"#{request.number}: {text.phrase} names {moment} to {text.person_id}, nothing is due before {due}"


def _followed(s: Step, text: Outbound) -> bool:
    """Whether something has come of it: a later word to its reader, a word of theirs or of who has it, an event."""
    since, sides = text.created_at, {text.person_id, *s.now.holders(text.request_id or 0)}
    looked = s.now.requests[text.request_id or 0].unfilled_since  # sooner than was said, when somebody became free
    if looked is not None and looked > since:
        return True
    told = (t.created_at for t in s.now.texts.values() if (t.person_id, t.request_id) == _to(text))
    said = (h.received_at for h in s.now.heard.values() if h.person_id in sides)
    happened = (e.at for e in s.now.events if e.request_id == text.request_id)
    return any(at > since for at in (*told, *said, *happened))


def _to(text: Outbound) -> tuple[int, int | None]:
    return text.person_id, text.request_id


def _plain(words: str) -> str:
    bare = unicodedata.normalize("NFD", words)
    return "".join(letter for letter in bare if not unicodedata.combining(letter)).lower()


def _anchors() -> dict[str, list[tuple[str, str]]]:
    """What stands before the time in each of these phrases, in each language."""
    found: dict[str, list[tuple[str, str]]] = {}
    for language in DAYS:
        say = tomllib.loads((WORDS / f"{language}.toml").read_text())["say"]
        for phrase in SAYS_WHEN:
            forms = say[phrase].values() if isinstance(say[phrase], dict) else [say[phrase]]
            for form in forms:
                if "{when}" in form:
                    before = re.split(r"[}]", form.split("{when}")[0])[-1]
                    found.setdefault(phrase, []).append((language, _plain(before)))
    return found


ANCHORS = _anchors()
