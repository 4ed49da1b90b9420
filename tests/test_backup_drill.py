"""The drill, with real processes: a hotline under load, a backup in the middle, its machine gone, another one.

Nothing that was acknowledged before the backup began is missing from it.
"""

import random
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from tests.command import HOTLINE
from tests.crowd import Crowd, numbers
from tests.fake_twilio import FakeTwilio
from tests.fakes import twilio_settings
from tests.postgres import PostgreSQL
from tests.put_back import tools
from tests.serving import environment, process

__all__ = ["tools"]


def ids(url: str) -> set[str]:
    """The texts in a database."""
    asked = "SELECT sid FROM inbound"
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as opened:
            return {sid for (sid,) in opened.execute(asked)}
    with psycopg.connect(url) as connected:
        return {sid for (sid,) in connected.execute(asked)}


@pytest.mark.usefixtures("tools")
def test_nothing_acknowledged_before_the_backup_is_missing(
    database_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with FakeTwilio() as twilio:
        settings = twilio_settings(database_url, twilio_api_url=twilio.url)
        crowd = Crowd(random.Random(1), numbers())
        with process(settings, tmp_path) as running:
            crowd.where = running.url
            with crowd.texting():
                crowd.wait_for(100)
                before = set(crowd.answered)
                env = environment(settings)
                subprocess.run([HOTLINE, "backup", "b"], env=env, cwd=tmp_path, check=True, capture_output=True)
                crowd.wait_for(50)
                refused = subprocess.run(
                    [HOTLINE, "restore", "b", "--yes"], env=env, cwd=tmp_path, check=False, capture_output=True
                )
                assert refused.returncode == 1
                assert b"A hotline runs on this database" in refused.stderr
        elsewhere = f"sqlite:///{tmp_path / 'elsewhere.db'}"
        if database_url.startswith("postgresql"):
            server: PostgreSQL = request.getfixturevalue("postgres")
            elsewhere = server.blank()
        fresh = environment(twilio_settings(elsewhere, twilio_api_url=twilio.url))
        subprocess.run([HOTLINE, "restore", "b", "--yes"], env=fresh, cwd=tmp_path, check=True, capture_output=True)
        restored = ids(elsewhere)
        assert before <= restored <= set(crowd.texts)
        assert len(restored) < len(crowd.answered)
