"""How volunteers and neighbors may put it: quotes, thumbs, glued numbers, thousands, hours; and what limits them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers import registry
from handlers.understanding.intents import Act, Ambiguous, Free, Intent, Machine, MachineKind, Order, Question, Role
from handlers.understanding.situation import KnownSituation

NOTHING = KnownSituation()
OFFERED = KnownSituation(offers=(2,), roles=frozenset({Role.OFFERED, Role.VOLUNTEER}))
OFFERED_TWO = KnownSituation(offers=(2, 3), roles=OFFERED.roles)
LONG_AGO = KnownSituation(offers=(2,), offered_last=False, roles=OFFERED.roles)
TALKING = KnownSituation(offers=(2,), roles=OFFERED.roles | {Role.HOLDING})
HOLDING = KnownSituation(roles=frozenset({Role.HOLDING, Role.VOLUNTEER}))
ASKED_TO_COME = KnownSituation(question=Question.COMING, options=2, roles=HOLDING.roles)
QUOTING = KnownSituation(quoted=3, offers=(2, 3), roles=OFFERED.roles)
QUOTE = "#3 Groceries for 2, Oak St. CLAIM 3 or PASS 3"

ORDERS: list[tuple[str, KnownSituation, Intent]] = [
    ("Claim3", NOTHING, Order("claim", (3,))),
    ("done3", NOTHING, Order("done", (3,))),
    ("Omw3", NOTHING, Order("omw", (3,))),
    ("Pass3", NOTHING, Order("pass", (3,))),
    ("please claim3", NOTHING, Order("claim", (3,))),
    ("tomo3", NOTHING, Order("claim", (3,))),
    ("cliam3", NOTHING, Order("claim", (3,))),
    ("CLAIM 1,234", NOTHING, Order("claim", (1234,))),
    ("tomo 1.234", NOTHING, Order("claim", (1234,))),
    ("claim 1, 234", NOTHING, Order("claim", (1, 234))),
    ("claim 1,2", NOTHING, Order("claim", (1, 2))),
    ("claim 42 at 3 pm", NOTHING, Order("claim", (42,), "at 3 pm")),
    ("CLAIM 2 or PASS 2", NOTHING, Ambiguous((2,), verb="")),
    ("TOMO 2 o PASO 2", NOTHING, Ambiguous((2,), verb="")),
    (QUOTE, NOTHING, Machine(MachineKind.ECHO)),
    (f"> {QUOTE}\nyes", OFFERED_TWO, Order("claim", (3,))),
    (f'"{QUOTE}" no', OFFERED_TWO, Order("pass", (3,))),
    (f"{QUOTE} - claim", OFFERED_TWO, Order("claim", (3,))),
    ("#3 Comida. TOMO 3 o PASO 3\nsi", OFFERED_TWO, Order("claim", (3,))),
    ("yes", QUOTING, Order("claim", (3,))),
    ("done", QUOTING, Order("done", (3,))),
    ("yes", OFFERED, Order("claim", (2,))),
    ("👍", OFFERED, Order("claim", (2,))),
    ("👍🏽👍🏽", OFFERED, Order("claim", (2,))),
    ("👎", OFFERED, Order("pass", (2,))),
    ("ok", LONG_AGO, Ambiguous((2,), verb="")),
    ("ok", TALKING, Ambiguous((2,), verb="claim", talk=True)),
    ("no", TALKING, Ambiguous((2,), verb="pass", talk=True)),
    ("👍", TALKING, Ambiguous((2,), verb="claim", talk=True)),
    ("no", OFFERED_TWO, Ambiguous((2, 3), verb="pass")),
]


@pytest.mark.parametrize(("text", "situation", "meant"), ORDERS, ids=[row[0] for row in ORDERS])
def test_what_it_means(text: str, situation: KnownSituation, meant: Intent) -> None:
    assert registry.understand(text, situation).intent == meant


@pytest.mark.parametrize("text", ["tomo 3 pm works", "tomo 3:30 works for me", "claim 3 pm"])
def test_an_hour_is_no_request(text: str) -> None:
    assert not isinstance(registry.understand(text, OFFERED).intent, Order)


@pytest.mark.parametrize(
    ("text", "situation", "act"),
    [
        ("cant make it", HOLDING, Act.GIVES_BACK),
        ("cant make it", OFFERED, Act.DECLINES),
        ("sorry, something came up and i cant make it before 8", HOLDING, Act.MAY_GIVE_BACK),
        ("i can go at 6", TALKING, Act.ACCEPTS),
        ("what floor?", TALKING, Act.ASKS_DETAIL),
        ("what floor?", NOTHING, None),
        ("left it at the door", NOTHING, None),
        ("left it at the door", ASKED_TO_COME, Act.DELIVERED),
        ("sorry cant, i have a meeting", OFFERED, Act.DECLINES),
    ],
)
def test_an_act_is_of_those_to_whom_it_makes_sense(text: str, situation: KnownSituation, act: Act | None) -> None:
    intent = registry.understand(text, situation).intent
    assert isinstance(intent, Free)
    assert intent.act == act


@pytest.mark.parametrize(
    ("text", "choice"), [("yes", 1), ("yes im coming", 1), ("no", 2), ("no i cant", 2), ("2", 2)]
)
def test_whether_they_still_come(text: str, choice: int) -> None:
    intent = registry.understand(text, ASKED_TO_COME).intent
    assert getattr(intent, "choice", None) == choice or getattr(intent, "act", None) is Act.SETS_OFF


@given(
    st.sampled_from(["yes", "no", "ok", "sure", "👍", "si", "k", "nope"]), st.sampled_from(["", " ", "!", ".", "!!"])
)
def test_a_short_word_in_a_talk_takes_nothing(word: str, end: str) -> None:
    intent = registry.understand(word + end, TALKING).intent
    assert not isinstance(intent, Order) or intent.command == "thanks"


@given(st.text(max_size=80), st.integers(1, 10**9 - 1))
def test_what_stands_around_a_quoted_offer_is_what_was_said(words: str, number: int) -> None:
    said = f"{words}\n> #{number} A ride, Oak St. CLAIM {number} or PASS {number}"
    reading = registry.read(said)
    assert reading.quote is not None
    assert reading.quote.number == number
    assert "CLAIM" not in reading.text or "CLAIM" in words
