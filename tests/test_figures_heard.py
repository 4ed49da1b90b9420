"""Figures and their values as people text them after PROPOSE SET: what is read, asked back, or neither."""

from collections.abc import Mapping
from typing import Any

import pytest

from handlers import phrasebook
from handlers.rules.figures import heard
from handlers.rules.figures.heard import Near, NoValue, Setting
from handlers.rules.figures.saying import FigureSpan, names
from handlers.rules.figures.table import FIGURES
from models.lines import Policy

QUIET = {"quiet_from": 22, "quiet_until": 7}
READ: list[tuple[str, Mapping[str, Any]]] = [
    ("quiet 22-7", QUIET),
    ("Quiet hours 10 PM to 7 AM", QUIET),
    ("quiet hours 10-7", QUIET),
    ("silencio 22-7", QUIET),
    ("silencio de 10 pm a 7 am", QUIET),
    ("quiet off", {"quiet_from": 0, "quiet_until": 0}),
    ("quiet default", {"quiet_from": None, "quiet_until": None}),
    ("quiet_from 20", {"quiet_from": 20}),
    ("doors per day 4", {"doors_per_day": 4}),
    ("doors_per_day to 4 places", {"doors_per_day": 4}),
    ("Exact places a day 4", {"doors_per_day": 4}),
    ("puertas por día 4 lugares", {"doors_per_day": 4}),
    ("puertas por día sin límite", {"doors_per_day": 0}),
    ("doors per day as at first", {"doors_per_day": None}),
    ("duty first money, childcare", {"duty_first": ["money", "childcare"]}),
    ("guardia primero dinero y niñera", {"duty_first": ["money", "childcare"]}),
    ("duty first none", {"duty_first": []}),
    ("vouches per week 5", {"vouches_per_week": 5}),
    ("vouch after 3 weeks", {"vouch_after_days": 21}),
    ("vouch after 10", {"vouch_after_days": 10}),
    ("quorum 40%", {"decide_quorum": 0.4}),
    ("quorum 0.5", {"decide_quorum": 0.5}),
    ("proposals open 1 week", {"decide_hours": 168}),
    ("offers show street", {"offer_shows": "street"}),
    ("las preguntas muestran calle", {"offer_shows": "street"}),
    ("lease today 2 hours", {"lease_today": 120}),
    ("digest 9 am, 5 pm", {"digest_hours": [9, 17]}),
    ("digest 9 and 17", {"digest_hours": [9, 17]}),
    ("budget $25", {"daily_budget": "25"}),
    ("budget none", {"daily_budget": ""}),
    ("countries US, MX", {"countries": ["US", "MX"]}),
    ("decided only safety, quorum", {"decided_only": ["safety", "decide_quorum"]}),
    ("solo por decisión seguridad, memoria", {"decided_only": ["safety", "memory"]}),
    ("alarm repeats 3, 8, 15", {"alarm_repeats": [3, 8, 15]}),
]
NO_VALUE = [
    ("doors per day", "doors_per_day"),
    ("doors per day lots", "doors_per_day"),
    ("doors per day -4", "doors_per_day"),
    ("doors per day 4 or 5", "doors_per_day"),
    ("doors per day 99999", "doors_per_day"),
    ("keep pictures 100 years", "media_days"),
    ("vouch after 36 hours", "vouch_after_days"),
    ("guardia primero dinero y magia", "duty_first"),
    ("quiet 25-7", "quiet_from"),
    ("quiet at night", "quiet_from"),
    ("quorum 400%", "decide_quorum"),
]
NEAR = ["quite 22-7", "dors per day 4", "silensio 22-7", "vouchs per week 3"]
WORDS_ALONE = [
    "",
    "up a fridge on Oak St",
    "3 tables up",
    "a meeting for tuesday at 7",
    "off the fireworks",
    "poison",
]


@pytest.mark.parametrize(("said", "values"), READ, ids=[said for said, _ in READ])
def test_what_is_read(said: str, values: Mapping[str, Any]) -> None:
    assert heard.read(said) == Setting(values)


@pytest.mark.parametrize(("said", "name"), NO_VALUE)
def test_a_figure_without_a_value(said: str, name: str) -> None:
    assert heard.read(said) == NoValue(name)


@pytest.mark.parametrize("said", NEAR)
def test_a_slip_of_the_finger_is_asked_back(said: str) -> None:
    assert isinstance(heard.read(said), Near)


@pytest.mark.parametrize("said", WORDS_ALONE)
def test_what_people_do_is_no_figure(said: str) -> None:
    assert heard.read(said) is None


@pytest.mark.parametrize("code", phrasebook.languages())
def test_every_figure_is_heard_by_its_name(code: str) -> None:
    """`default` fits all of them."""
    assert {name: heard.read(f"{spoken} default") for name, spoken in names(code).items()} == {
        name: Setting({name: None}) for name in FIGURES
    }


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_heard_by_its_own_name(name: str) -> None:
    assert heard.read(f"{name} as at first") == Setting({name: None})
    assert hasattr(Policy(), name)


def test_a_span_of_hours() -> None:
    assert FigureSpan(22, 7).in_words(phrasebook.book("en")) == "10 PM-7 AM"
    assert FigureSpan(0, 0).in_words(phrasebook.book("es")) == "nada"
