"""A phone that others read: whatever happens, nothing on its screen tells of a need, nor comes at another hour."""

import re
import shutil
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from string import Formatter
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.hotline import Hotline
from app.outbound import discretion
from app.simulator import timelapse
from handlers import phrasebook
from handlers.talking.relaying import EVEN_SO
from models import lines
from models.inbound import Heard
from models.lines import Channel
from models.store.session import Session
from tests import fakes, neighbors
from tests.examples import every
from tests.fakes import LINE, Recorder, StillClock

ANA, BEN, CARO, DEE, EVE = (f"+1202555010{n}" for n in range(1, 6))
TELLS = (
    "diaper baby oak stroller household wipes elm paul distro place line tap heavy neighbor help ben caro dee eve # "
    "request volunteer code claim 14 medicine ride groceries"
).split()
TYPING = timedelta(seconds=20)

HERS = (
    "READ|STATUS|1|2|yes|thank you|HELP|LIST|NEVERMIND|still need it|MY DATA|JOIN|ENGLISH|PERSON|they never came"
    "|AGAIN|REPEATS|SKIP|NOMORE|KEEP 1|HOUSEHOLD|LEAVE HOUSEHOLD|OFFER a stroller|GONE|7|3|10|diapers every friday"
    "|can one more person come?|who else is coming?|2 people is enough|STATUS 1|MORE 1 and wipes|DONE 1|it can't wait"
)
BENS = (
    "CLAIM 1|OMW 1|DONE 1|DROP 1|NOTHOME 1|which door?|CLAIM 2|I can come at 5|diapers are with me|CLAIM ALL|YES"
    "|can someone else also come? it's heavy|have diapers to give|I can do it every week"
)
DEES = (
    "@1 are you well|CLOSE 1 done|ASSIGN 1 Caro|OPEN 1|HOLD 1|BROADCAST ASKED open at 9|1|PAUSE LINE|RESUME LINE"
    "|STOCK diapers 5 at St Paul's|STOCK diapers 0|DISTRO tomorrow 10-14 at Elm Hall, 20 places for diapers"
    "|DISTRO D1 OFF rain|TAP CLOSE|TAP 5|TAP OPEN|HERE 1|HERE WALKIN|MERGE 2 1|ASSIGN 1 Ben"
)
SAYINGS = st.sampled_from(
    [
        *((who, words) for who, all_ in ((ANA, HERS), (BEN, BENS), (DEE, DEES)) for words in all_.split("|")),
        *(
            (ANA, f"{words} please")
            for words in ("and medicine", "is anybody coming", "a ride to 20 Pine St tomorrow at 9")
        ),
        (CARO, "CLAIM 1"),
        (CARO, "@1 do the groceries fit?"),
    ]
)
# Hours, whom to call, how many wait to be read, who we are; a number by itself names nothing.
ROOM = {"begins", "ends", "dial", "n", "line", "number"}
SPANS = st.sampled_from([timedelta(minutes=7), *(timedelta(hours=n) for n in (1, 5, 24, 72))])
STORIES = st.lists(st.one_of(SAYINGS, SPANS), max_size=18)
ASKS = "I need diapers at 14 Oak St"


class Phones:
    """A hotline, four phones, and a clock."""

    def __init__(self, url: str) -> None:
        self.carrier, self.clock, self.sids = Recorder(), StillClock(), count(1)
        self.hotline = Hotline(fakes.settings(url), carrier=self.carrier, clock=self.clock)
        self.hotline.prepare()

        def work(session: Session) -> None:
            line = lines.all_lines(session)[0]
            line.rules = {**line.rules, "reply_limit": 0, "answers_per_day": 0, "rate_sms": 1e3}
            session.add(line)
            for number, name in ((BEN, "Ben"), (CARO, "Caro"), (DEE, "Dee")):
                neighbors.add(
                    session, line, Channel.SMS, number, self.clock.now(), name=name, helper=True, duty=number == DEE
                )

        self.hotline.database.write(work).result()

    def says(self, who: str, words: str, *, to: str = ANA) -> list[str]:
        """What reaches Ana, or another phone, at once when somebody says this."""
        before = len(self.carrier.carried)
        self.hotline.receive(Heard(f"SM{next(self.sids):032x}", Channel.SMS, who, LINE, words)).result()
        self.hotline.tick()
        self.hotline.sender.drain()
        found = [text.body for text in self.carrier.carried[before:] if text.to == to]
        self.clock.advance(TYPING)
        return found

    def waits(self, span: timedelta) -> list[tuple[datetime, str]]:
        """What reaches Ana in that time, and when."""
        found: list[tuple[datetime, str]] = []

        def send() -> None:
            before = len(self.carrier.carried)
            self.hotline.sender.drain()
            now = self.clock.now().astimezone(ZoneInfo(self.hotline.settings.hotline_timezone))
            found.extend((now, text.body) for text in self.carrier.carried[before:] if text.to == ANA)

        timelapse.pass_time(self.hotline, span, send, together=timedelta(minutes=1))
        return found


def told(bodies: list[str]) -> list[str]:
    """Those that tell of what it is about."""
    return [body for body in bodies if any(word in body.lower() for word in TELLS)]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=st.booleans(), hours=st.booleans(), story=STORIES)
def test_nothing_tells_and_nothing_comes_at_another_hour(
    before: bool, hours: bool, story: list[tuple[str, str] | timedelta], migrated_file: Path
) -> None:
    with TemporaryDirectory() as folder:
        phones = Phones(f"sqlite:///{shutil.copy(migrated_file, Path(folder) / 'hotline.db')}")
        try:
            quiet = "QUIET 13-15" if hours else "QUIET"
            for words in (ASKS, quiet) if before else (quiet, ASKS):
                phones.says(ANA, words)
            live(phones, story, range(13, 15) if hours else range(0))
        finally:
            phones.hotline.stop()


def live(phones: Phones, story: list[tuple[str, str] | timedelta], hours: range) -> None:
    """This happens; each step is looked at. In these hours she may be told that there is news."""
    for step in story:
        if isinstance(step, timedelta):
            came = phones.waits(step)
            assert told([body for _, body in came]) == []
            assert [(at, body) for at, body in came if at.hour not in hours] == []
            continue
        who, words = step
        came_at_once = phones.says(who, words)
        if (who, words) != (ANA, "READ"):
            assert told(came_at_once) == []
        assert len(came_at_once) <= 4
        assert who == ANA or came_at_once in ([], ["How are you?"])


@pytest.mark.parametrize("word", ["READ", "read", "Read it", "leer"])
def test_who_reads_can_close_the_loop(word: str, migrated_file: Path, tmp_path: Path) -> None:
    phones = Phones(f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'hotline.db')}")
    for who, words in ((ANA, "QUIET"), (ANA, ASKS), (BEN, "CLAIM 1"), (BEN, "which door?"), (BEN, "DONE 1")):
        assert told(phones.says(who, words)) == []
    assert len(phones.says(ANA, word)) >= 3
    phones.says(ANA, "1")
    assert "closed" in " ".join(phones.says(ANA, word))
    phones.hotline.stop()


def test_a_household_hears_nothing_of_whoever_has_a_phone_that_others_read(
    migrated_file: Path, tmp_path: Path
) -> None:
    phones = Phones(f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'hotline.db')}")
    try:
        code = re.search(r"HOUSEHOLD (\d+)", phones.says(ANA, "HOUSEHOLD")[0])
        assert code is not None
        phones.says(EVE, f"HOUSEHOLD {code[1]}")
        phones.says(EVE, "1")
        phones.says(ANA, ASKS)
        assert any("#1" in body for body in phones.says(EVE, "STATUS", to=EVE))  # they do share
        phones.says(ANA, "QUIET")
        hers = [
            "STATUS",
            "STATUS 1",
            "DONE 1",
            "MORE 1 and wipes",
            "need groceries at 14 Oak St",
            "STATUS",
            "MY DATA",
        ]
        heard: list[str] = []
        for who, words in [*((EVE, each) for each in hers), (BEN, "CLAIM 1"), (BEN, "DONE 1"), (ANA, "1")]:
            heard += phones.says(who, words, to=EVE)
        unknown = "I know of no #1 for you."  # as of any number that is not hers
        assert any(unknown in body for body in heard)
        assert not [body for body in heard if "#1" in body.replace(unknown, "") or "baby" in body.lower()]
        assert told(phones.says(EVE, "LEAVE HOUSEHOLD")) == []
        assert told(phones.says(ANA, "HOUSEHOLD")) == []
    finally:
        phones.hotline.stop()


@every(phrasebook.languages())
def test_what_may_stand_on_such_a_phone_has_no_room_for_a_need(code: str) -> None:
    said = phrasebook.book(code).pages["say"]
    for phrase in sorted((discretion.PLAIN | {*discretion.INSTEAD.values()}) - {EVEN_SO}):
        forms = said[phrase].values() if isinstance(said[phrase], dict) else [said[phrase]]
        for form in forms:
            assert {name for _, name, _, _ in Formatter().parse(form) if name} <= ROOM, phrase
