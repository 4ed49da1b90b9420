"""A hotline that people use moves to another database: it goes on where it was, and nobody is told anything twice."""

import signal
from datetime import timedelta
from pathlib import Path

import httpx

from app.database.moving import move
from app.settings import Settings
from models import lines, requests
from models.lines import Channel
from models.requests import State
from models.store.session import Session
from tests import fakes, neighbors, webhooks
from tests.command import process as command
from tests.other_database import everything, other_url, silent, url_of
from tests.put_back import begun, sent
from tests.serving import environment, process
from tests.world import World

__all__ = ["other_url"]
ANA, BEN = "+12025550101", "+12025550102"


def volunteer(session: Session) -> None:
    line = lines.all_lines(session)[0]
    neighbors.add(session, line, Channel.SMS, BEN, fakes.MORNING, name="Ben", helper=True)


def test_what_was_claimed_before_is_done_after_and_nothing_is_said_twice(world: World, other_url: str) -> None:
    world.hotline.database.write(volunteer).result()
    world.twilio.text(ANA, "I need groceries for two, 14 Oak St")
    for _ in range(3):
        world.drain(after=timedelta(seconds=20))
        world.hotline.tick()
    world.twilio.text(BEN, "CLAIM 1")
    world.drain()
    leased = world.put(ANA, "on its way when it stopped")
    world.lease()
    waits = world.put(BEN, "had not left yet")
    world.stop()
    world.clock.advance(timedelta(seconds=15))
    before = sent(world.twilio)
    move(world.hotline.settings.database, url_of(other_url), world.clock.now, silent())
    with begun(world, fakes.twilio_settings(other_url, twilio_api_url=world.twilio.url)) as again:
        for _ in range(8):
            again.hotline.tick()
            again.drain(after=timedelta(seconds=31))
        after = sent(again.twilio)
        assert {text: after[text] for text in before} == before
        assert after[BEN, "had not left yet"] == 1
        assert after[ANA, "on its way when it stopped"] == 1
        assert again.row(leased).body == "on its way when it stopped"
        assert again.row(waits).sid
        again.twilio.text(BEN, "DONE 1")
        again.drain(after=timedelta(seconds=31))
        again.twilio.text(ANA, "1")
        again.drain(after=timedelta(seconds=31))
        found = again.hotline.database.read(lambda s: requests.by_number(s, 1, 1))
        assert found is not None
        assert found.state is State.CLOSED
        again.twilio.text(ANA, "I need diapers, 14 Oak St")
        assert again.hotline.database.read(lambda s: requests.by_number(s, 1, 2)) is not None


def texted(url: str, first: int, last: int) -> None:
    """So many neighbors ask for something, and each of them is heard."""
    for n in range(first, last):
        body = webhooks.form(webhooks.sms(f"+120255501{n + 10}", f"I need groceries for {n + 2}, 14 Oak St"))
        headers = webhooks.headers(webhooks.MESSAGE, body)
        posted = httpx.post(f"{url}/twilio/message", content=body, headers=headers, timeout=60)
        assert posted.status_code == 200


def settings_of(database_url: str) -> Settings:
    """Of a hotline whose carrier takes nothing."""
    return fakes.twilio_settings(database_url, twilio_api_url="http://127.0.0.1:1")


def test_it_moves_while_people_text_and_stands_still_for_the_last_of_it(
    database_url: str, other_url: str, tmp_path: Path
) -> None:
    settings = settings_of(database_url)
    with process(settings, tmp_path) as running:
        texted(running.url, 0, 5)
        moving = command(["move", other_url], tmp_path, **environment(settings))
        assert moving.stdout is not None
        assert "rows are there. The hotline went on meanwhile. Now stop it" in moving.stdout.readline()
        texted(running.url, 5, 10)
        running.end()
        said, errors = moving.communicate(timeout=60)
    assert moving.returncode == 0, errors
    assert "It has stopped." in said
    assert "is the same. The hotline had to stand still for" in said
    assert everything(database_url) == everything(other_url)
    assert len(everything(other_url)["request"]) == 10


def test_whoever_does_not_stop_it_goes_on_another_time(database_url: str, other_url: str, tmp_path: Path) -> None:
    settings = settings_of(database_url)
    with process(settings, tmp_path) as running:
        texted(running.url, 0, 3)
        moving = command(["move", other_url], tmp_path, **environment(settings))
        assert moving.stdout is not None
        assert "Now stop it" in moving.stdout.readline()
        moving.send_signal(signal.SIGINT)
        moving.communicate(timeout=60)
        assert moving.returncode != 0
        texted(running.url, 3, 6)
    again = command(["move", other_url], tmp_path, **environment(settings))
    said, errors = again.communicate(timeout=60)
    assert again.returncode == 0, errors
    assert "is the same" in said
    assert everything(database_url) == everything(other_url)
    assert len(everything(other_url)["request"]) == 6
