"""Whoever has a number now may not be whom we call by name: heard only where we have just done so."""

import pytest

from handlers.registry import understand
from handlers.understanding.intents import Question, Role, WrongNumber
from handlers.understanding.situation import KnownSituation

ANA = KnownSituation(called="ana", roles=frozenset({Role.ANYONE, Role.NAMED}))
NOT_THEM = WrongNumber(not_called=True)


@pytest.mark.parametrize(
    "text",
    [
        "I'm not Ana",
        "im not ana",
        "I am not Ana. Who is this?",
        "sorry, I'm not Ana",
        "This isn't Ana",
        "not Ana",
        "Ana doesn't have this number anymore",
        "no soy Ana",
        "perdón, no soy Ana",
        "No soy Ana, ¿quién es?",
        "Ana ya no tiene este número",
    ],
)
def test_they_are_not_whom_we_called(text: str) -> None:
    assert understand(text, ANA).intent == NOT_THEM


@pytest.mark.parametrize(
    "text",
    [
        "I'm not Ana's mom",
        "I'm not sure Ana can come",
        "im not ana i need food for 3",
        "this isn't Ana's phone, she lent me hers, I need a ride to the clinic",
        "Ana is not coming",
        "I'm Ana",
        "no soy la mamá de Ana, necesito pañales",
        "soy Ana",
        "Ana no puede",
        "I'm not Ben",
    ],
)
def test_near_misses_stop_nobody_s_texts(text: str) -> None:
    assert not isinstance(understand(text, ANA).intent, WrongNumber)


def test_nobody_is_unheard_whom_we_did_not_call_by_name_or_whom_we_ask_something() -> None:
    for situation in (
        KnownSituation(),
        KnownSituation(called="ana", roles=frozenset({Role.ANYONE})),
        KnownSituation(called="ana", question=Question.LANGUAGES, roles=frozenset({Role.ANYONE, Role.NAMED})),
    ):
        assert not isinstance(understand("I'm not Ana", situation).intent, WrongNumber)
