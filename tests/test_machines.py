"""What no person wrote, and who wants no more texts: what is known as such, and what only looks like it."""

import time
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers import phrasebook
from handlers.registry import understand
from handlers.understanding import leaving, machines
from handlers.understanding.intents import (
    Answer,
    Free,
    Machine,
    MayStop,
    Order,
    Question,
    Silence,
    Understood,
    WrongNumber,
)
from handlers.understanding.situation import KnownSituation, Situation
from handlers.understanding.words import clean, split
from tests.examples import every

HERE = Path(__file__).parent
MACHINES = ("reaction", "auto_reply", "notice", "advert", "echo")
OFFERED = KnownSituation(offers=(1,))
OFFERED_TWO = KnownSituation(offers=(1, 2))
RECEIPT = KnownSituation(question=Question.RECEIPT, options=3)
PLACE = KnownSituation(question=Question.PLACE)


class Row(NamedTuple):
    """A text, and what it is."""

    text: str
    kind: str


def table(name: str) -> list[list[str]]:
    rows = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [row.split("\t") for row in rows if not row.startswith("#")]


ROWS = [Row(*row) for row in table("machines.tab")]
PEOPLE = [row for row in ROWS if row.kind == "person"]
IN_DANGER = [row[0] for row in table("danger.tab") if row[2] != "no" and row[1] in ("en", "es")]
IN_DANGER = [text for text in IN_DANGER if len(text.split()) > 2]  # a word alone is a sign only where it stands alone


def kind(understood: Understood) -> str:
    intent = understood.intent
    if isinstance(intent, Machine):
        return str(intent.kind)
    if isinstance(intent, WrongNumber | MayStop):
        return "wrong_number" if isinstance(intent, WrongNumber) else "perhaps"
    return "stop" if isinstance(intent, Order) and intent.command == "stop" else "person"


def test_the_table_is_large() -> None:
    assert sum(row.kind in MACHINES for row in ROWS) >= 150
    assert sum(row.kind in ("stop", "wrong_number") for row in ROWS) >= 100
    assert len(PEOPLE) >= 150


@every(ROWS)
def test_a_text_is(row: Row) -> None:
    wanted = "stop" if row.text == "stop it" else row.kind
    assert kind(understand(row.text)) == wanted


@given(st.sampled_from(ROWS), st.sampled_from([str.upper, str.lower, str.strip]))
def test_case_changes_nothing(row: Row, change: object) -> None:
    if row.kind not in ("person", "echo"):
        assert kind(understand(change(row.text))) == row.kind  # type: ignore[operator]


@given(st.sampled_from(ROWS), st.sampled_from(["\u200b", "\u2060", "\ufeff", " "]))
def test_what_nobody_sees_changes_nothing(row: Row, unseen: str) -> None:
    assert kind(understand(f"{unseen}{row.text}{unseen}")) == kind(understand(row.text))


@given(st.sampled_from(IN_DANGER), st.sampled_from([row for row in ROWS if row.kind not in ("reaction", "person")]))
def test_no_text_with_danger_is_a_machines_or_a_goodbye(danger: str, beside: Row) -> None:
    for text in (f"{beside.text}. {danger}", f"{danger}. {beside.text}"):
        intent = understand(text).intent
        assert isinstance(intent, Free | Silence)
        assert intent.meaning.danger


@given(st.sampled_from(IN_DANGER), st.sampled_from(["Liked", "Emphasized", "Le gustó", "👍 to"]))
def test_a_tap_on_words_of_danger_that_are_not_ours_is_danger(danger: str, lead: str) -> None:
    assert not isinstance(understand(f"{lead} “{danger}”").intent, Machine)


NO_TEXT = "unit_danger_"  # the kinds of danger, in a list of figures: alone they are no text of ours
SAYS = [
    (code, name)
    for code in phrasebook.languages()
    for name in phrasebook.book(code).pages["say"]
    if not name.startswith(NO_TEXT)
]
SAID = {"n": 3, "number": 7, "people": 2, "first": 7, "who": 5, "rest": 8, "all": 3, "minutes": 10, "gap": 1}


@pytest.mark.parametrize("lead", ["Liked", "Le gustó", "Emphasized", "Loved"])
def test_a_tap_on_any_text_of_ours_is_a_tap(lead: str) -> None:
    for code, name in SAYS:
        form = phrasebook.book(code).pages["say"][name]
        form = form["other"] if isinstance(form, dict) else form
        fields = dict.fromkeys(("name", "what", "line", "place", "words", "dial"), "Ana")
        try:
            words = form.format_map({**fields, **SAID})
        except KeyError:
            continue
        if "911" not in words and not words.startswith(" "):  # else a part of one
            assert isinstance(understand(f"{lead} “{words}”").intent, Machine), words


ANSWERS: list[tuple[str, Situation, object]] = [
    ("Liked “#1 Groceries for 2, Oak St. CLAIM 1 or PASS 1”", OFFERED, Order("claim", (1,))),
    ("Loved “#2 Groceries for 2, Oak St. CLAIM 2 or PASS 2”", OFFERED_TWO, Order("claim", (2,))),
    ("👎 to “ #2 A ride. CLAIM 2 or PASS 2 ”", OFFERED_TWO, Order("pass", (2,))),
    ("Le encantó “#1 Comida para 2. TOMO 1 o PASO 1”", OFFERED, Order("claim", (1,))),
    ("👍", OFFERED, Order("claim", (1,))),
    ("👍🏿", OFFERED, Order("claim", (1,))),
    ("👎", OFFERED, Order("pass", (1,))),
    ("👍", RECEIPT, Answer(1, "")),
    ("Liked “Caro says #1 is done. Did you get it? 1 yes, 2 partly, 3 no”", RECEIPT,
     Answer(1, "")),
    ('"#2 A ride. CLAIM 2 or PASS 2" yes', OFFERED_TWO, Order("claim", (2,))),
    ("> #2 A ride. CLAIM 2 or PASS 2\nno thanks", OFFERED_TWO, Order("pass", (2,))),
    ("ok\n\nOn Tue, Mar 3, 2026 Hotline <a@example.org> wrote:\n> #1 A ride. CLAIM 1 or\n> PASS 1", OFFERED_TWO,
     Order("claim", (1,))),
    ("done", KnownSituation(quoted=4), Order("done", (4,))),
    ("yes", KnownSituation(offers=(1, 2), quoted=2), Order("claim", (2,))),
    ("👍", KnownSituation(offers=(1, 2), quoted=1), Order("claim", (1,))),
]  # fmt: skip


@pytest.mark.parametrize(("text", "situation", "meant"), ANSWERS, ids=[row[0][:50] for row in ANSWERS])
def test_a_tap_or_a_quoting_reply_answers(text: str, situation: Situation, meant: object) -> None:
    assert understand(text, situation).intent == meant


@pytest.mark.parametrize(
    "text",
    [
        "Laughed at “#1 Groceries for 2, Oak St. CLAIM 1 or PASS 1”",
        "Removed a like from “#1 Groceries for 2, Oak St. CLAIM 1 or PASS 1”",
        "Liked “Fine, I'll ask somebody else for #3. Thanks for telling me.”",
        "I'm driving with Do Not Disturb While Driving turned on.",
        "Liked “hello”",
    ],
)
@pytest.mark.parametrize("situation", [OFFERED, RECEIPT, PLACE])
def test_all_else_that_no_person_wrote_answers_nothing(text: str, situation: Situation) -> None:
    assert isinstance(understand(text, situation).intent, Machine)


def test_a_phone_that_edits_a_text_tells_what_its_owner_says_now() -> None:
    assert understand("Edited to “claim 42”").intent == Order("claim", (42,))


def read(text: str, *, in_danger: bool) -> Machine | None:
    words = clean(text)
    return machines.read(words, split(words), in_danger=in_danger, tap=machines.tapped(words))


@given(st.text(max_size=300))
def test_danger_makes_no_machine_of_any_text(text: str) -> None:
    assert read(text, in_danger=True) in (None, read(text, in_danger=False))


HARD = [
    *("“" * 1600, "Liked “" * 200, "stop " * 320, "> #1 " * 320, "#1 claim or pass " * 94, "👍" * 1600),
    *("thank you for " * 114, "i dont want to " * 106, "asking 3 neighbors now and " * 60, "别再发" * 530),
    "On a wrote: " * 130,
]


@pytest.mark.parametrize("text", HARD, ids=lambda text: text[:12])
def test_no_text_takes_long(text: str) -> None:
    def read_all() -> None:
        words = clean(text)
        read(text, in_danger=True)
        leaving.read(words, split(words))
        understand(text)

    read_all()
    start = time.process_time()
    read_all()
    assert time.process_time() - start < 0.2
