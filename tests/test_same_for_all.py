"""Nobody's past counts against them: with the same past, one person's here and another's there, hotlines go on alike.

What is counted, ordered and said is walked in test_no_means.py; here it is shown by what happens.
"""

import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from app.simulator import sandbox, transcript_reader
from app.simulator.stage import Stage
from app.simulator.transcript import Step, Waits
from handlers import phrasebook
from tests.postgres import PostgreSQL

STORY = """# Two people who differ in their past alone.

people
  Ana  +12025550101  {ana}
  Zoe  +12025550102  {zoe}
  Ben  +12025550103  helps  en
  Caro +12025550104  helps  en
  Dee  +12025550105  helps  en
  Gus  +12025550106  {more}
  Hal  +12025550107  {more}
  Jo   +12025550108  {more}
  Kit  +12025550109  {more}

{past}
@ +1 h
Ana  > hello
Zoe  > hello
Ben  > mine
Caro > mine
Dee  > mine
Dee  > hello
@ +1 day
{now}
"""
ASKS, HELPS = "asks en", "helps en"
NEEDS = ["groceries for two", "diapers size 4", "a ride to the clinic", "help moving a couch", "a phone charger"]
NEVER_ASKED = ("Ana", "Zoe", "Gus", "Hal", "Jo", "Kit")  # more than a wave has room for
CAME, MISSED, GAVE, WITHDREW = "came", "missed", "gave", "withdrew"
PAST = st.lists(
    st.tuples(st.sampled_from([CAME, MISSED, GAVE, WITHDREW]), st.sampled_from(NEEDS)), min_size=1, max_size=4
)
LONG_AGO = timedelta(days=90)  # after which nobody is asked whether they need it regularly
ONCE = [phrasebook.book("en").pages["say"][phrase] for phrase in ("receipt_join", "receipt_ask")]
Past = list[tuple[str, str]]
Texts = list[list[tuple[str, str]]]


def lived(who: str, past: Past) -> str:
    """What somebody asked for, or gave, a long time ago; each was over before the next."""
    lines, number = list[str](), 0
    for n, (kind, what) in enumerate(past):
        if kind == GAVE:
            lines += [f"{who} > I have a stroller to give away", f"{who} > I no longer have the stroller"]
        else:
            number += 1
            lines.append(f"{who} > I need {what}, {10 + n} Oak St")
            if kind in (CAME, MISSED):
                said = "yes, thank you" if kind == CAME else "3"
                lines += [f"Ben > CLAIM {number}", f"Ben > DONE {number}", f"{who} > {said}"]
            lines += [f"{who} > NEVERMIND {number}"] if kind != CAME else []
        lines.append("@ +1 h")
    return "\n".join(lines)


def heard(url: str, folder: Path, whose: str, past: Past, now: str, before: str = "", **roles: str) -> Texts:
    """What everybody gets from each step of `now`, where the past was this one's."""
    file = folder / "story.txt"
    known = {"ana": ASKS, "zoe": ASKS, "more": ASKS} | roles
    file.write_text(STORY.format(past=f"{before}\n{lived(whose, past)}", now=now, **known), encoding="utf-8")
    story = transcript_reader.read(file)
    first = story.steps.index(Step("@ +1 day", Waits(timedelta(days=1))))
    with closing(Stage(story, url)) as stage:
        came = [stage.act(at) for at in range(first)]
        stage.hotline.pass_time(LONG_AGO)
        came += [stage.act(at) for at in range(first, len(story.steps))]
    assert not any(each.fault for each in came)
    found = [[(name, _but_once(words)) for name, words in each.step.heard] for each in came[first:]]
    assert sum(map(len, found)) > 5, "nothing happened"
    return found


def _but_once(words: str) -> str:
    """What is told once and never again is told to who has not heard it: that alone may differ."""
    for once in ONCE:
        words = words.replace(once, "")
    return words


NOW = """Ana > I need {what}, 14 Elm St
Zoe > I need soup, 40 Pine St
Caro > LIST
Caro > CLAIM {first}
Caro > DONE {first}
Ana > 1
Ana > STATUS"""


def asked_now(past: Past, what: str) -> str:
    return NOW.format(what=what, first=sum(kind != GAVE for kind, _ in past) + 1)


PROPERTY = settings(
    deadline=None,
    max_examples=2,  # a second each beside those that are named; shrinking would take minutes
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


@PROPERTY
@given(past=PAST, what=st.sampled_from(NEEDS))
@example(past=[(CAME, NEEDS[0])] * 4, what=NEEDS[0])
@example(past=[(MISSED, NEEDS[0]), (GAVE, ""), (WITHDREW, NEEDS[1])], what=NEEDS[3])
def test_who_has_asked_before_is_helped_as_who_never_did(tmp_path: Path, past: Past, what: str) -> None:
    """The same place, the same volunteers in the same order, the same texts."""
    assert_alike(tmp_path, past, asked_now(past, what))


def assert_alike(folder: Path, past: Past, now: str, **more: str) -> None:
    with sandbox.databases() as databases:
        with databases.fresh() as one:
            hers = heard(one, folder, "Ana", past, now, **more)
        with databases.fresh() as other:
            not_hers = heard(other, folder, "Zoe", past, now, **more)
    assert hers == not_hers


@PROPERTY
@given(past=PAST)
@example(past=[(CAME, NEEDS[0])] * 3)
def test_a_volunteer_who_asked_for_much_is_asked_as_one_who_never_did(tmp_path: Path, past: Past) -> None:
    """Both were away while one of them asked, so that both were asked equally often: never."""
    now = "\n".join(
        [
            *(f"{who} > BACK" for who in NEVER_ASKED),
            "Dee > I need groceries for two, 14 Elm St",
            "@ +30 min",
            "Ben > I need a ride to the clinic, 30 Elm St",
            "@ +3 h",
            "Ana > LIST",
            "Ana > MINE",
        ]
    )
    away = "\n".join(f"{who} > AWAY" for who in NEVER_ASKED)
    assert_alike(tmp_path, past, now, ana=HELPS, zoe=HELPS, more=HELPS, before=away)


def test_who_helps_is_helped_as_who_does_not(tmp_path: Path) -> None:
    """One of two neighbors is a volunteer who is away; both ask, and it goes to the same people in the same words."""
    now = asked_now([], NEEDS[0])
    told = []
    for helps, asks in (("ana", "zoe"), ("zoe", "ana")):
        with sandbox.databases() as databases, databases.fresh() as url:
            away = f"{helps.title()} > AWAY"
            told.append(heard(url, tmp_path, "Ana", [], now, away, **{helps: HELPS, asks: ASKS}))
    assert told[0] == told[1]


@pytest.fixture
def two_urls(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Two empty databases of one kind."""
    if database_url.startswith("sqlite"):
        yield (
            database_url,
            f"sqlite:///{shutil.copy(request.getfixturevalue('migrated_file'), tmp_path / 'other.db')}",
        )
        return
    server: PostgreSQL = request.getfixturevalue("postgres")
    other = server.migrated()
    yield database_url, other
    server.empty(other)


def test_the_same_on_either_database(two_urls: tuple[str, str], tmp_path: Path) -> None:
    past = [(CAME, NEEDS[0]), (GAVE, ""), (MISSED, NEEDS[1])]
    hers, not_hers = (
        heard(url, tmp_path, whose, past, asked_now(past, NEEDS[2]))
        for url, whose in zip(two_urls, ("Ana", "Zoe"), strict=True)
    )
    assert hers == not_hers
