"""What `hotline report` adds to the page's figures, against the same found one by one; and what everybody may see."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.database.engine import Database
from handlers.views import shared_places
from models import lines
from models.assignments import State as Holding
from models.delivery.outbound import State as Carried
from models.report import again, ledger, public, rows, rows_public
from models.report.asked import NOT_MET
from models.report.ledger import Ledger
from models.report.public import LEAST
from models.report.rows import SECTIONS, Row
from models.report.span import Span
from models.report.texts import UNDELIVERED
from models.requests import State
from models.store.session import Session
from tests import histories
from tests.histories import AREAS, MINUTE, Asked, History
from tests.test_report import CAME, EXAMPLES, ByHand, ending

SIXTY_DAYS = timedelta(days=60)
HOUSES = {place: "12 oak" if place.startswith("12") else place for place in histories.PLACES}
DOORS = {**HOUSES, "12 oak street, apt 4B": "4b", "12 Oak #4b": "4b"}


def kept(base: Database, history: History, first: date | None = None) -> Ledger:
    """Everything about a line on which this has happened, and the same on another line as well."""

    def keep(session: Session) -> None:
        histories.clear(session)
        histories.keep(session, history, [1, 2])

    base.write(keep).result()

    def read(session: Session) -> Ledger:
        line = lines.by_id(session, 1)
        last = history.now.astimezone(ZoneInfo(history.zone)).date()
        span = Span(history.zone, first or last - timedelta(days=35), last)
        places = {"door": shared_places.door, "house": shared_places.house}
        return ledger.read(session, line, span, history.now, **places)

    return base.read(read)


@given(history=histories.histories())
@EXAMPLES
def test_everything_is_what_happened(base: Database, history: History) -> None:
    found = kept(base, history)
    by = ByHand(history, found.report.span)
    asked = [one for one in history.asked if by.counts(one.at)]
    figures, endings = found.report.asked, [ending(one) for one in asked]
    areas = ["" if one.area is None else AREAS[one.area] for one in asked]
    first_needs = [one.needs[0] if one.needs else "other" for one in asked]
    for each, names in (
        (figures.by_area, areas),
        (figures.by_language, [one.language for one in asked]),
        (figures.by_first_need, first_needs),
    ):
        expected = Counter(zip(names, endings, strict=True))
        assert expected == {(key, how): n for key, ends in each.items() for how, n in ends.items()}
    assert found.met == sum(one.outcome in CAME for one in asked)
    claims = [(one, claim) for one in history.asked for claim in one.claims]
    taken = Counter(claim.state for one, claim in claims if by.counts(one.at + claim.after * MINUTE))
    assert found.claims.states == {state: taken[state] for state in Holding}
    check_texts(found, by, history)
    check_waves(found, asked)
    check_again(found, by, history)
    check_rows(found)


def check_texts(found: Ledger, by: ByHand, history: History) -> None:
    texts = [text for text in history.texts if by.counts(text.at)]
    left = [text for text in texts if text.tries]
    assert found.carried.whole.texts == len(left)
    assert found.carried.whole.segments == sum(text.tries * text.segments for text in left)
    assert {lane: each.texts for lane, each in found.carried.lanes.items() if each.texts} == Counter(
        text.lane for text in left
    )
    lost = Counter(text.lost for text in texts)
    assert found.carried.undelivered == {state: lost[state] for state in UNDELIVERED}


def check_waves(found: Ledger, asked: Iterable[Asked]) -> None:
    counts = {n: Counter[str]() for n in range(1, 5)}
    for one in asked:
        waves = sorted(one.waves, key=lambda wave: wave[0])
        for n, (_, people) in enumerate(waves, 1):
            counts[min(n, 4)].update(waves=1, asked=people)
        for claim in one.claims:
            # Of what happens in one minute, the history writes the waves first.
            if before := sum(after <= claim.after for after, _ in waves):
                counts[min(before, 4)].update(claimed=1)
    assert {n: vars(wave) for n, wave in found.waves.by_rank.items()} == {
        n: {name: each[name] for name in ("waves", "asked", "claimed")} for n, each in counts.items()
    }
    assert found.waves.passed == sum(one.passed for one in asked)


def check_again(found: Ledger, by: ByHand, history: History) -> None:
    ordered = sorted(history.asked, key=lambda one: one.at)
    repeated = [
        n
        for n, one in enumerate(ordered)
        if by.counts(one.at)
        and any(
            other.neighbor == one.neighbor and set(other.needs) & set(one.needs) and one.at - other.at <= SIXTY_DAYS
            for other in ordered[:n]
        )
    ]
    assert found.repeats.repeated == len(repeated)
    assert found.repeats.named == sum(by.counts(one.at) and bool(one.needs) for one in ordered)
    places = [one.place for one in history.asked if one.state is State.OPEN and one.place]
    assert found.shared.placed == len(places)
    for count, keys in ((found.shared.door, DOORS), (found.shared.house, HOUSES)):
        assert count == sum(sum(keys[other] == keys[place] for other in places) > 1 for place in places)


def check_rows(found: Ledger) -> None:
    """The table says the same, adds up, and has each figure once."""
    told = rows.rows(found)
    assert len({row[:3] for row in each_as_tuple(told)}) == len(told)
    assert list(dict.fromkeys(row.section for row in told if row.section not in ("needs", "areas", "languages"))) == [
        section for section in SECTIONS if section not in ("needs", "areas", "languages")
    ]
    value = {(row.section, row.name, row.figure): row.value for row in told}
    total = found.report.asked.total
    assert value["requests", "", "requests"] == total
    for section in ("areas", "languages", "endings"):
        assert added(told, section, "requests") == total
    assert added(told, "needs", "requests") >= total
    assert added(told, "areas", "met") == added(told, "languages", "met") == value["per_met_request", "", "met"]
    assert added(told, "ways", "requests") == value["per_met_request", "", "met"]
    unmet = sum(value["endings", each.value, "requests"] or 0 for each in NOT_MET)
    assert added(told, "areas", "unmet") == added(told, "languages", "unmet") == unmet
    assert sum(value["claims", "", state.value] or 0 for state in Holding) == value["claims", "", "taken"]
    assert added(told, "queue", "requests", but="open_") == value["queue", "", "live"]
    assert added(told, "queue", "requests", only="open_") == value["queue", "open", "requests"]
    assert added(told, "texts", "segments") == value["texts", "", "segments"]
    assert added(told, "waves", "claimed") == value["waves", "", "claimed"]
    if met := found.met:
        per = value["per_met_request", "", "segments"]
        assert per == pytest.approx(found.carried.whole.segments / met, abs=0.006)


def each_as_tuple(told: Iterable[Row]) -> list[tuple[object, ...]]:
    return [(row.section, row.name, row.figure, row.value, row.unit) for row in told]


def added(told: Iterable[Row], section: str, figure: str, *, but: str = "\0", only: str = "") -> float:
    """All named rows of a section together."""
    return sum(
        float(row.value or 0)
        for row in told
        if row.section == section
        and row.figure == figure
        and row.name
        and row.name.startswith(only)
        and not row.name.startswith(but)
    )


COUNTS = ("requests", "people", "texts", "segments", "times", "waves", "claims")
RECKONED = ("asked_per_claim", "answers_per_wave")
FAMILIES = ("needs", "areas", "languages", "endings")


def many(history: History, times: int) -> History:
    """The same, so many times over: small histories have little of which five are alike."""
    again_ = [
        Asked(*(getattr(one, name) for name in one.__dataclass_fields__))
        for _ in range(times)
        for one in history.asked
    ]
    return History(history.zone, history.now, tuple(again_), history.texts * times, history.duty)


@given(history=histories.histories(), times=st.integers(1, 4))
@EXAMPLES
def test_what_everybody_may_see_is_of_five_at_least(base: Database, history: History, times: int) -> None:
    found = kept(base, many(history, times))
    exact = {(row.section, row.name, row.figure): row for row in rows.rows(found)}
    told = rows_public.rows(found)
    assert len({row[:3] for row in each_as_tuple(told)}) == len(told)
    for row in told:
        if row.unit in COUNTS and row.figure not in RECKONED and row.section != "per_met_request":
            assert row.value is None or (row.value >= LEAST and row.value % LEAST == 0), row
            known = exact.get((row.section, row.name, row.figure))
            if row.value is not None and known is not None and row.name != public.OTHERS and row.section != "needs":
                assert known.value is not None
                assert row.value <= known.value < row.value + LEAST, row
    value = {(row.section, row.name, row.figure): row.value for row in told}
    for name, spread in (("claimed", found.report.times.claimed), ("helped", found.report.times.helped)):
        assert (value["waits", name, "median"] is None) == (spread.whole.count < LEAST)
        assert (value["waits", name, "p90"] is None) == (spread.whole.count < 10 * LEAST)
    busy = sum(carried > 0 for carried in found.report.load.carried)
    assert (value["load", "", "gini"] is None) == (busy < LEAST)
    assert not [row for row in told if row.section == "duty" and row.name == "alarms"]
    assert not [row for row in told if row.name == "safety"]


@given(history=histories.histories(), times=st.integers(1, 4))
@EXAMPLES
def test_what_is_hidden_is_not_found_by_subtraction(base: Database, history: History, times: int) -> None:
    """Even whoever knew each told count exactly, and not only in fives, finds no count under five."""
    found = kept(base, many(history, times))
    told = rows_public.rows(found)
    asked = found.report.asked
    parts: dict[str, Counter[str]] = {
        "needs": Counter({name: sum(each.values()) for name, each in asked.by_first_need.items()}),
        "areas": Counter({name or rows.UNNAMED: sum(each.values()) for name, each in asked.by_area.items()}),
        "languages": Counter({name: sum(each.values()) for name, each in asked.by_language.items()}),
        "endings": Counter(
            {
                "met": found.met,
                **{each.value: n for each, n in asked.endings.items() if each.value not in ("helped", "partly")},
            }
        ),
        "ways": Counter({way.value: n for way, n in found.ways.items()}),
        "claims": Counter({state.value: n for state, n in found.claims.states.items()}),
    }
    names: defaultdict[str, set[str]] = defaultdict(set)
    for row in told:
        names[row.section].add(row.figure if row.section == "claims" else row.name)
    for section, counts in parts.items():
        whole = sum(counts.values())
        rest = whole - sum(counts[name] for name in names[section] - {public.OTHERS, "taken"})
        assert rest == 0 or rest >= LEAST or whole < LEAST, section
    value = {(row.section, row.name, row.figure): row.value for row in told}
    met = value["per_met_request", "", "met"]
    assert met == value.get(("endings", "met", "requests"))
    rest = asked.total - found.met
    assert met is None or rest == 0 or rest >= LEAST
    shared = found.shared
    if value["places", "", "same_door"] is not None or value["places", "", "same_house"] is not None:
        nested = (0, shared.door, shared.house, shared.placed)
        assert all(more == less or more - less >= LEAST for less, more in pairwise(nested))
    if value["repeats", "", "repeated"] is not None:
        first = found.repeats.named - found.repeats.repeated
        assert first == 0 or first >= LEAST


def test_what_is_reckoned_is_reckoned_from_what_is_told(base: Database) -> None:
    """So that nothing exact can be found out from it."""
    now = histories.NOWS[1]
    claim = histories.Claim(30, 1, Holding.DONE)
    asked = [
        Asked(now - timedelta(days=1, hours=n), ("food",), "en", State.OPEN, None, 0, ((0, 3),), (claim,), False)
        for n in range(13)
    ]
    value = {
        (row.section, row.figure): row.value
        for row in rows_public.rows(kept(base, History(histories.ZONES[0], now, tuple(asked), (), ())))
        if not row.name
    }
    assert value["asks", "asked"] == 35  # 39
    assert value["asks", "claimed"] == 10  # 13
    assert value["asks", "asked_per_claim"] == 3.5
    assert value["load", "gini"] is None  # one volunteer took it all


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 150), st.sampled_from(["food", "pets"])), max_size=12))
def test_a_repeat_is_within_sixty_days_to_the_second(each: list[tuple[int, int, str]]) -> None:
    now = datetime(2026, 3, 1, tzinfo=ZoneInfo("UTC"))
    ordered = sorted((now - timedelta(days=days), who, need) for who, days, need in each)
    found = again.counted(datetime.min.replace(tzinfo=now.tzinfo), ((who, at, [need]) for at, who, need in ordered))
    expected = sum(
        any((who, need) == other[1:] and at - other[0] <= SIXTY_DAYS for other in ordered[:n])
        for n, (at, who, need) in enumerate(ordered)
    )
    assert (found.named, found.repeated) == (len(ordered), expected)


@pytest.mark.parametrize(
    ("one", "other", "door", "house"),
    [
        ("12 Oak St", "12 oak street", True, True),
        ("12 Oak St, apt 4B", "12 Oak #4b", True, True),
        ("12 Oak St apt 4", "12 Oak St apt 5", False, True),
        ("12 Oak St apt 4", "apt 4, 12 Oak St", True, True),
        ("12 Oak St", "12 Oak St, Riverside", True, True),
        ("calle Roble 12", "Calle Roble 12, apto 3", False, True),
        ("3rd floor, 12 Oak St", "12 Oak St, 3rd floor", True, True),
        ("12 Oak St", "14 Oak St", False, False),
        ("12 Oak St", "12 Elm St", False, False),
        ("the blue house", "The blue house!", True, True),
        ("Maple", "Maple", False, False),  # one word tells no house
        ("", "", False, False),
    ],
)
def test_one_place_is_one_place_in_other_words(one: str, other: str, door: bool, house: bool) -> None:
    for key, same in ((shared_places.door, door), (shared_places.house, house)):
        assert (key(one) is not None and key(one) == key(other)) is same


@given(st.text(max_size=60))
def test_whoever_shares_a_door_shares_a_house(place: str) -> None:
    door, house = shared_places.door(place), shared_places.house(place)
    assert (door is None) is (house is None)
    assert house is None or (door or "").startswith(house)


def test_texts_that_did_not_arrive_are_counted_by_why() -> None:
    assert {state.value for state in UNDELIVERED} == {"failed", "expired", "uncertain"}
    assert Carried.CANCELLED not in UNDELIVERED  # nobody wanted it any more
