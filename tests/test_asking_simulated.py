"""The simulated neighborhood works: the same every time, its people do what they are said to, and all is counted."""

from datetime import timedelta
from random import Random

import pytest

from models.requests import Urgency
from tests.benchmarks import asked, asking, neighborhood
from tests.benchmarks.asking import EVERYBODY, OWN, Run
from tests.benchmarks.neighborhood import FIRST_DAY, Load

A_DAY = Load("a day", 1, 10)


@pytest.mark.parametrize("chance", [0.05, 0.1, 0.25, 0.47])
def test_people_say_yes_as_often_as_they_should(chance: float) -> None:
    people = neighborhood.volunteers(Load("any", 1, 10, chance=chance), "a seed")
    assert len(people) == neighborhood.VOLUNTEERS
    assert sum(one.chance for one in people) / len(people) == pytest.approx(chance, abs=0.025)
    assert people == neighborhood.volunteers(Load("any", 1, 10, chance=chance), "a seed")


@pytest.mark.parametrize(("minutes", "share"), [(12, 0.5), (60, 0.82), (120, 0.92)])
def test_answers_come_along_the_curve(minutes: int, share: float) -> None:
    luck = Random("answers")
    came = sum(neighborhood.delay(luck) <= timedelta(minutes=minutes) for _ in range(5_000))
    assert came / 5_000 == pytest.approx(share, abs=0.02)


def test_requests_come_by_day_and_some_again_from_the_same_neighbor() -> None:
    made = list(neighborhood.asks(Load("any", 9, 20, rush=25), "a seed"))
    assert [ask.at for ask in made] == sorted(ask.at for ask in made)
    again = 1 - len({ask.neighbor for ask in made}) / len(made)
    assert again == pytest.approx(neighborhood.REPEATS, abs=0.06)
    rush = sum(ask.at.astimezone(FIRST_DAY.tzinfo).date() == FIRST_DAY.date() + timedelta(days=4) for ask in made)
    assert rush > len(made) / 2


def test_what_is_uneven_and_what_never_came_counts() -> None:
    assert asked.gini([5, 5, 5]) == pytest.approx(0)
    assert asked.gini([0, 0, 9]) == pytest.approx(2 / 3)
    assert asked.quantile([3, asked.NEVER, 1], 0.5) == 3
    assert asked.quantile([asked.NEVER, 1], 0.5) == asked.NEVER


def test_a_day_is_lived_through_and_counted() -> None:
    own, everybody = (asking.play(Run(A_DAY, way)) for way in (OWN, EVERYBODY))
    assert len(own.made) == len(everybody.made) == len(list(neighborhood.asks(A_DAY, asking.SEED)))
    assert {made.urgency for made in own.made} == {made.urgency for made in everybody.made} <= set(Urgency)
    assert any(made.claims for made in own.made)
    assert own.offers.total() < everybody.offers.total()
    assert own.texts > own.offers.total()
