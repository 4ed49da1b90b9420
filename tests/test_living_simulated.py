"""The simulated city group: as its books have it, the same every time; its report says what the simulation saw."""

from collections import defaultdict
from datetime import timedelta

import pytest

from handlers.views import shared_places
from models.report.again import WITHIN
from tests.benchmarks import households, living
from tests.benchmarks.neighborhood import Ask, Load, Trait

ALL = frozenset(Trait)


def drawn(traits: frozenset[Trait]) -> list[Ask]:
    return list(households.asks(Load("any", 30, 20, traits=traits), "a seed"))


def test_what_is_drawn_is_the_same_every_time_and_in_order() -> None:
    made = drawn(ALL)
    assert made == drawn(ALL)
    assert [ask.at for ask in made] == sorted(ask.at for ask in made)


def test_some_ask_for_the_same_again_and_some_of_them_weekly() -> None:
    last: dict[tuple[int, str], Ask] = {}
    again = list[timedelta]()
    asks = [ask for ask in drawn(ALL) if not ask.offers]
    for ask in asks:
        key = ask.neighbor, ask.words
        if key in last:
            again.append(ask.at - last[key].at)
        last[key] = ask
    assert len(again) / len(asks) == pytest.approx(households.AGAIN, abs=0.07)
    assert all(apart <= WITHIN for apart in again)
    soon = sum(apart < households.SOONEST_AGAIN for apart in again)  # by chance the other thing is the same
    assert soon < len(again) / 20
    assert sum(timedelta(days=6) <= apart <= timedelta(days=8) for apart in again) > len(again) / 4


def test_some_share_a_house_and_write_it_in_their_own_words() -> None:
    asks = [ask for ask in drawn(ALL) if not ask.offers]
    houses = defaultdict[str | None, set[str]](set)
    for ask in asks:
        assert shared_places.door(ask.place) is not None
        houses[shared_places.house(ask.place)].add(ask.place)
    towers = {house: places for house, places in houses.items() if len(places) > 3}
    assert len(towers) == households.TOWERS
    share = sum(shared_places.house(ask.place) in towers for ask in asks) / len(asks)
    assert share == pytest.approx(households.IN_TOWERS, abs=0.1)
    plain = drawn(ALL - {Trait.BUILDINGS})
    assert len({shared_places.house(ask.place) for ask in plain if not ask.offers}) > 250


def test_some_households_have_two_phones() -> None:
    phones = defaultdict[str, set[int]](set)
    for ask in drawn(ALL):
        if not ask.offers:
            phones[ask.place].add(ask.neighbor)
    assert {len(each) for each in phones.values()} == {1, 2}
    alone = drawn(ALL - {Trait.HOUSEHOLDS})
    assert len({ask.neighbor for ask in alone}) >= len({ask.place for ask in alone if not ask.offers})


def test_a_little_more_is_offered_than_asked_for() -> None:
    offers = [ask.offers for ask in drawn(ALL)]
    assert 1 < sum(offers) / (len(offers) - sum(offers)) < 1.3
    assert not any(ask.offers for ask in drawn(ALL - {Trait.OFFERS}))


def test_some_never_answer() -> None:
    silent = sum(households.is_silent(f"+1{n}", "a seed") for n in range(2_000)) / 2_000
    assert silent == pytest.approx(households.NEVER_ANSWER, abs=0.03)


def test_its_report_says_what_the_simulation_saw() -> None:
    load = Load("a day", 1, 6, traits=ALL)
    lived = living.live(load)
    found, tally = lived.ledger, lived.tally
    asks = [ask for ask in households.asks(load, living.SEED) if not ask.offers]
    assert 0 < found.report.asked.total == len(tally.made) <= len(asks)  # no offer has become a request
    assert found.carried.whole.texts == tally.texts
    assert found.carried.whole.segments == tally.segments
    assert 0 < found.waves.whole.asked <= tally.offers.total()  # who reads a list was asked before
    assert found.claims.taken == sum(map(len, tally.claims.values()))
    assert not tally.forgotten
    assert not tally.unsaid
    told = living.told(found)
    assert "By area" in told
    assert "asked for each taken" in told
