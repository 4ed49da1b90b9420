"""What people in danger say beside it: a wish for silence, an all clear, and what only sounds so."""

import time
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from handlers import registry
from handlers.understanding import asides
from handlers.understanding.intents import Order, Safe, Silence
from handlers.understanding.situation import KnownSituation
from handlers.understanding.words import clean, split
from tests.examples import every

TABLE = Path(__file__).parent / "asides.tab"
ROWS = [row.split("\t") for row in TABLE.read_text(encoding="utf-8").splitlines() if not row.startswith("#")]
IN_DANGER = KnownSituation(in_danger=True)


def heard(text: str) -> str:
    cleaned = clean(text)
    found = asides.read(cleaned, split(cleaned))
    return "no" if found is None else f"{found.aside}{' always' if found.always else ''}"


@every(ROWS)
def test_what_is_heard(text: str, language: str, what: str) -> None:
    assert heard(text) == what


@given(st.sampled_from([row for row in ROWS if row[2] != "no"]), st.sampled_from("AaUu"), st.booleans())
def test_case_and_courtesy_change_nothing(row: list[str], case: str, shout: bool) -> None:
    text = row[0].upper() if case in "AU" else row[0]
    polite = (
        {"en": "please", "es": "por favor"}[row[1]] if row[2] != "safe" else {"en": "hey", "es": "gracias"}[row[1]]
    )
    assert heard(f"{polite} {text}{'!!' if shout else ''}") == row[2]


def test_only_somebody_in_danger_means_it_so() -> None:
    assert isinstance(registry.understand("stop texting me", IN_DANGER).intent, Silence)
    assert registry.understand("stop texting me").intent == Order("stop", argument=False)
    assert isinstance(registry.understand("im ok now", IN_DANGER).intent, Safe)
    assert not isinstance(registry.understand("im ok now").intent, Safe)
    assert isinstance(registry.understand("dont text back, he reads my phone").intent, Silence)


def test_danger_is_never_an_all_clear() -> None:
    for words in ("im ok now but he is not breathing", "all good, house is on fire"):
        assert not isinstance(registry.understand(words, IN_DANGER).intent, Safe)


def test_stop_stays_stop() -> None:
    for words in ("STOP", "stop", "CANCEL", "baja", "END"):
        assert registry.understand(words, IN_DANGER).intent == Order("stop", argument=words != "baja")


def test_it_takes_no_time() -> None:
    texts = [row[0] for row in ROWS] + ["he dont text me my phone " * 60, "dont text " * 160]
    for text in texts:
        heard(text)
    began = time.process_time()
    for text in texts * 5:
        heard(text)
    assert (time.process_time() - began) / len(texts * 5) < 0.003
