"""Whatever happens in whatever order, the promises hold. Short here; `pytest -m campaign` tells many more."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlmodel import SQLModel, select

from models.assignments import Assignment
from models.assignments import State as Holding
from models.delivery.outbound import Lane, Outbound
from models.inbound import Inbound
from models.offers import Offer
from models.offers import State as Answer
from models.people import Person
from models.requests import Event, Outcome, Request, State
from models.store.session import Session
from tests import logscan, pictures, promises
from tests.attack import Attacked
from tests.conftest import BOTH
from tests.fakes import MORNING
from tests.lifecycle import NEEDS, PHONES, Lifecycle
from tests.postgres import PostgreSQL

SHORT = settings(max_examples=14, stateful_step_count=40, suppress_health_check=list(HealthCheck))
ATTACKED = settings(SHORT, max_examples=8, stateful_step_count=30)
FULL = settings(SHORT, max_examples=300, stateful_step_count=60, derandomize=False, print_blob=True)


@pytest.fixture(params=BOTH)
def story(request: pytest.FixtureRequest, tmp_path: Path) -> type[Lifecycle]:
    """The machine with an empty database of this kind for every story."""
    return on_database(Lifecycle, request, tmp_path)


@pytest.fixture(params=BOTH)
def attack(request: pytest.FixtureRequest, tmp_path: Path) -> type[Lifecycle]:
    """The same with a flooding phone and a lying carrier."""
    return on_database(Attacked, request, tmp_path)


def on_database(machine: type[Lifecycle], request: pytest.FixtureRequest, tmp_path: Path) -> type[Lifecycle]:
    """A machine that takes its databases from this test."""
    names = count(1)

    class OnSQLite(machine):  # type: ignore[valid-type, misc]
        @staticmethod
        def database_url() -> str:
            return (
                f"sqlite:///{shutil.copy(request.getfixturevalue('migrated_file'), tmp_path / f'{next(names)}.db')}"
            )

        @staticmethod
        def take_back(url: str) -> None:
            logscan.learn(url)
            for file in tmp_path.glob("*"):
                file.unlink()

    class OnPostgreSQL(machine):  # type: ignore[valid-type, misc]
        @staticmethod
        def database_url() -> str:
            server: PostgreSQL = request.getfixturevalue("postgres")
            return server.migrated()

        @staticmethod
        def take_back(url: str) -> None:
            server: PostgreSQL = request.getfixturevalue("postgres")
            server.empty(url)

    return OnSQLite if request.param == "sqlite" else OnPostgreSQL


def plant(table: type[SQLModel], **values: Any) -> Callable[[Session], object]:
    """Spoil every row of a table behind the hotline's back."""
    return lambda session: session.execute(sa.update(table).values(**values))


def text(body: str, phrase: str = "offer", to: int = 4) -> Callable[[Session], object]:
    """Queue a text that the hotline would never say."""

    def work(session: Session) -> None:
        like = session.exec(select(Outbound)).first()
        assert like is not None
        made = like.model_dump(exclude={"id"}) | {"person_id": to, "body": body, "request_id": 1, "segments": 1}
        session.add(Outbound(**made | {"key": f"{next(KEYS)}:planted", "phrase": phrase}))

    return work


def unanswered(session: Session) -> None:
    """Take in a text and say nothing."""
    like = session.exec(select(Inbound)).first()
    assert like is not None
    session.add(Inbound(**like.model_dump(exclude={"id"}) | {"sid": "SM0"}))


def twice(session: Session) -> None:
    """Say the same thing two times."""
    for _ in range(2):
        text("hello", "hello")(session)


def months_ago(**values: Any) -> Callable[[Session], object]:
    """Let everything have happened long ago."""

    def work(session: Session) -> None:
        plant(Event, at=MORNING - timedelta(days=60))(session)
        plant(Request, state=State.OPEN, created_at=MORNING - timedelta(days=60), **values)(session)

    return work


def again(table: type[SQLModel], **other: Any) -> Callable[[Session], object]:
    """Write a row that is there already once more, with other values."""

    def work(session: Session) -> None:
        like = session.exec(select(table)).first()
        assert like is not None
        session.add(table(**like.model_dump(exclude={"id"}) | other))

    return work


def two_offers(session: Session) -> None:
    """Ask somebody about a second request while the first waits for their answer."""
    again(Request, number=2)(session)
    session.flush()
    plant(Offer, state=Answer.SENT)(session)
    again(Offer, request_id=2, state=Answer.SENT)(session)


def all_day_long(session: Session) -> None:
    """Ask the same person again and again."""
    for _ in range(11):
        text("#1")(session)


def at_night(session: Session) -> None:
    """Tell somebody something that they did not ask for at three in the morning."""
    like = session.exec(select(Outbound)).first()
    assert like is not None
    told: dict[str, Any] = {"person_id": 5, "lane": Lane.NOTICE, "not_before": MORNING + timedelta(hours=17)}
    again(Outbound, key=f"{next(KEYS)}:planted", phrase="still_looking", request_id=None, **told)(session)


def too_soon(session: Session) -> None:
    """Name a time at which nothing will happen."""
    like = session.exec(select(Outbound).where(Outbound.request_id == 1)).first()
    assert like is not None
    words = "If I hear nothing by Tue 10:30 AM, I ask somebody else."
    told: dict[str, Any] = {"phrase": "how_is_it_words", "created_at": MORNING + timedelta(minutes=1)}
    again(Outbound, key=f"{next(KEYS)}:planted", request_id=1, body=f"#1 Groceries. {words}", **told)(session)


KEYS = count(1)
SABOTAGE: dict[str, list[Callable[[Session], object]]] = {
    "every_text_is_answered": [unanswered],
    "a_text_comes_once": [twice],
    "one_holder_of_what_is_claimed": [plant(Request, state=State.OPEN), plant(Assignment, state=Holding.RELEASED)],
    "an_offer_waits_for_what_is_open": [plant(Offer, state=Answer.SENT)],
    "stop_stops": [plant(Person, opted_out_at=MORNING)],
    "offers_tell_nothing": [
        text("a" * 161),
        text("zucchini"),
        text("202-555-0101"),
        text("Caro"),
        text("near 14 Oak"),
    ],
    "who_is_asked_may_be": [text("#1", to=6), text("#1", to=7)],
    "words_go_to_the_other_side": [text("hi", "from_neighbor", 4), text("hi", "from_helper", 4)],
    "no_number_crosses": [text("call 202 555-0101", "claimed")],
    "the_door_is_for_who_comes": [text("14 Oak St apt 3", "info_open", 4)],
    "words_of_people_are_quoted": [text("with zucchini", "claimed"), text('"zucchini', "from_neighbor")],
    "nobody_is_left_in_the_dark": [plant(Request, state=State.OPEN, next_action_at=None)],
    "what_is_held_comes_back": [plant(Request, state=State.HELD, next_action_at=None)],
    "silence_is_asked_about": [
        months_ago(next_action_at=MORNING + timedelta(days=1)),
        months_ago(next_action_at=MORNING + timedelta(days=80)),
    ],
    "both_sides_hear": [plant(Request, state=State.CLOSED)],
    "an_end_is_an_end": [plant(Request, state=State.CLOSED, outcome=Outcome.FULFILLED)],
    "history_only_grows": [plant(Event, kind="told otherwise"), plant(Request, state=State.HELD)],
    "texts_are_counted": [text("a" * 161, "claimed")],
    "one_unanswered_offer": [two_offers],
    "no_more_than_a_day_holds": [all_day_long],
    "sleep_is_left_alone": [at_night],
    "there_is_always_a_next_step": [plant(Request, next_action_at=None)],
    "every_change_is_an_event": [plant(Request, wave=7), plant(Request, state=State.DELIVERED)],
    "a_claim_ends": [
        plant(Assignment, leased_until=None),
        plant(Assignment, leased_until=MORNING + timedelta(days=9)),
    ],
    "what_was_said_of_time_holds": [too_soon],
}


def test_every_promise_can_be_broken() -> None:
    assert set(SABOTAGE) == {promise.__name__ for promise in promises.PROMISES}


@pytest.mark.parametrize("promise", SABOTAGE)
def test_a_broken_promise_is_noticed(story: type[Lifecycle], promise: str) -> None:
    for spoil in SABOTAGE[promise]:
        told = story()
        told.begin(waves=(1, 1, 2), on_duty=False)
        told.asks(who=PHONES[0], what=NEEDS[0])
        told.claims(who=PHONES[2], at=0)
        before = told.seen
        told.hotline.database.write(spoil).result()
        now = told.picture()
        assert promise in " ".join(promises.broken(pictures.step(before, now, told.texts[0])))
        told.teardown()


def test_promises_hold_in_any_story(story: type[Lifecycle]) -> None:
    run_state_machine_as_test(story, settings=SHORT)


def test_promises_hold_under_attack(attack: type[Lifecycle]) -> None:
    run_state_machine_as_test(attack, settings=ATTACKED)


@pytest.mark.campaign
def test_promises_hold_in_hundreds_of_attacks(attack: type[Lifecycle]) -> None:
    run_state_machine_as_test(attack, settings=FULL)


@pytest.mark.campaign
def test_promises_hold_in_hundreds_of_stories(story: type[Lifecycle]) -> None:
    run_state_machine_as_test(story, settings=FULL)
