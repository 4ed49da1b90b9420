"""Whoever leaves, comes back, is put out or kept apart, and whatever the machine loses: what was promised holds.

Short here; `pytest -m campaign` tells many more stories.
"""

from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests import strangers
from tests.strangers import Strangers

SHORT = settings(max_examples=8, stateful_step_count=25, suppress_health_check=list(HealthCheck))
FULL = settings(SHORT, max_examples=200, stateful_step_count=50, derandomize=False, print_blob=True)


@pytest.fixture
def story(migrated_file: Path, tmp_path: Path) -> type[Strangers]:
    """The machine with a folder and an empty database for every story."""
    names = count(1)

    class OnSQLite(Strangers):
        @staticmethod
        def database() -> str:
            return strangers.copy_of(migrated_file, tmp_path / str(next(names)))

    return OnSQLite


def test_promises_hold_among_strangers(story: type[Strangers]) -> None:
    run_state_machine_as_test(story, settings=SHORT)


@pytest.mark.campaign
def test_promises_hold_among_strangers_in_hundreds_of_stories(story: type[Strangers]) -> None:
    run_state_machine_as_test(story, settings=FULL)
