"""Whatever goes wrong, no log holds a number, a name or a word of anybody's text."""

import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests import webhooks
from tests.fake_twilio import FakeTwilio, Mood
from tests.fakes import PREVIOUS, TOKEN, twilio_settings
from tests.serving import Process, environment, process

ANA, BEN, DEE = "+12025550101", "+12025550102", "+12025550104"
PRIVATE = {
    "a number": ["2025550101", "2025550102", "2025550104", "2025550150", "US.1234567"],
    "a name": ["Anabel", "Benedict", "Delphine"],
    "a word": ["insulin", "Magnolia", "insulina", "secret"],
    "a token": [TOKEN, PREVIOUS],
}

ADD = """
import sys
from app.hotline import Hotline
from app.settings import Settings
from models import lines, people
from models.lines import Channel
hotline = Hotline(Settings(_env_file=None))
hotline.prepare()
def work(session):
    line, now = lines.all_lines(session)[0], hotline.clock.now()
    people.add(session, line, Channel.SMS, "+12025550102", now, name="Benedict", helper=True)
    people.add(session, line, Channel.SMS, "+12025550104", now, name="Delphine", duty=True)
hotline.database.write(work).result()
hotline.stop()
"""

FAULTS = """
import logging, structlog
from app.telemetry import logs
logs.configure()
log = structlog.get_logger()
try:
    words = "secret insulin"
    {}[words]
except KeyError as error:
    log.error("handler_failed", error=type(error).__name__, exc_info=error)
    log.exception("handler_failed")
for name in ("sqlalchemy.engine", "httpx", "httpcore", "twilio.http_client"):
    logging.getLogger(name).error("secret insulin for +12025550101")
print("done")
"""


def leaks(said: str) -> dict[str, list[str]]:
    """What of the private things stands in a log."""
    found = {kind: [thing for thing in things if thing.lower() in said.lower()] for kind, things in PRIVATE.items()}
    return {kind: things for kind, things in found.items() if things}


def deliver(running: Process, fields: dict[str, str], **how: str) -> int:
    body = webhooks.form(fields)
    headers = webhooks.headers(webhooks.MESSAGE, body, **how)
    return httpx.post(f"{running.url}/twilio/message", content=body, headers=headers, timeout=30).status_code


def test_a_day_on_which_everything_goes_wrong_leaves_no_trace_of_anybody(tmp_path: Path) -> None:
    with FakeTwilio(told=lambda words: []) as twilio:
        settings = twilio_settings(f"sqlite:///{tmp_path / 'hotline.db'}", twilio_api_url=twilio.url)
        subprocess.run([sys.executable, "-c", ADD], env=environment(settings), cwd=tmp_path, check=True)
        twilio.next(Mood.DROP, Mood.BREAK, Mood.BUSY, Mood.LOSE)
        twilio.refused[BEN] = 21211
        with process(settings, tmp_path) as running:
            statuses = [
                deliver(running, webhooks.sms(ANA, "I need insulin at 12 Magnolia St, this is Anabel")),
                deliver(running, webhooks.whatsapp("US.1234567", "necesito insulina", name="Anabel")),
                deliver(running, webhooks.sms(BEN, "CLAIM 1 I have insulin")),
                deliver(running, webhooks.sms(ANA, "secret", to="+12025550150")),
                deliver(running, webhooks.sms(ANA, "secret"), token="forged"),
                deliver(running, {**webhooks.sms(ANA, "secret"), "From": ""}),
                deliver(running, webhooks.sms(ANA, "secret \ud800 \0 \u202e")),
            ]
            status = httpx.post(f"{running.url}/twilio/status?id=1", content=b"From=%2B12025550101").status_code
            twilio.wait_for(6)
    assert statuses == [200, 200, 200, 200, 403, 200, 200]
    assert status == 403
    assert "not_taken" in running.said
    assert "refused_unsigned" in running.said
    assert leaks(running.said) == {}


def test_a_fault_is_told_by_its_place_not_by_its_words(tmp_path: Path) -> None:
    settings = twilio_settings(f"sqlite:///{tmp_path / 'hotline.db'}")
    done = subprocess.run(
        [sys.executable, "-c", FAULTS],
        env=environment(settings),
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout == "done\n"
    assert "handler_failed" in done.stderr
    assert leaks(done.stderr) == {}


@pytest.mark.parametrize("thing", [thing for things in PRIVATE.values() for thing in things])
def test_the_search_itself_finds_what_it_looks_for(thing: str) -> None:
    assert leaks(f"level='error' to='{thing}'")
