"""A process that is killed in the middle of fetching a picture: another fetches it, and it arrives once."""

from datetime import timedelta
from pathlib import Path

import httpx

from app.attachments.fetching import LEASE
from app.clock import Clock
from app.hotline import Hotline
from app.main import create_app
from app.simulator import samples
from models import lines
from models.lines import Channel
from models.store.session import Session
from tests import fakes, neighbors
from tests.fake_twilio import FakeTwilio
from tests.fakes import PUBLIC
from tests.serving import looking_within, process, until
from tests.world import quick

ANA, BEN = "+12025550101", "+12025550102"


def test_killed_while_it_fetches_another_sends_it_once(database_url: str, tmp_path: Path) -> None:
    with FakeTwilio() as twilio:
        settings = fakes.twilio_settings(database_url, hotline_spool=tmp_path / "spool", twilio_api_url=twilio.url)
        first = Hotline(settings)
        first.prepare()

        def add(session: Session) -> None:
            quick(session)
            line = lines.all_lines(session)[0]
            line.rules = {**line.rules, "quiet_from": 0, "quiet_until": 0}
            session.add(line)
            neighbors.add(session, line, Channel.SMS, BEN, first.clock.now(), name="Ben", helper=True)

        first.database.write(add).result()
        first.stop()
        with process(settings, tmp_path, database_timeout=fakes.PATIENT) as running:

            def by_network(url: str, body: bytes, headers: dict[str, str]) -> int:
                where = url.replace(PUBLIC, running.url)
                return httpx.post(where, content=body, headers=headers, timeout=60).status_code

            twilio.post = by_network
            twilio.text(ANA, "Need groceries for two near Oak St")
            twilio.text(BEN, "claim 1")
            twilio.media.holds = True
            fields = twilio.media.sent(("image/jpeg", samples.picture()))
            assert twilio.text(ANA, "this is the door", lost=False, **fields) == 200
            until(lambda: len(twilio.media.unlocked) == 1)
            running.popen.kill()
            running.popen.wait()
        twilio.media.holds = False
        twilio.media.let_go.set()
        after = Hotline(settings, clock=Clock(LEASE + timedelta(seconds=5)))
        after.prepare()
        app = create_app(hotline=after)
        twilio.media.look = looking_within(app)
        twilio.told = lambda words: []
        assert after.fetcher.once() == 1
        assert after.fetcher.once() == 0
        after.sender.drain()
        twilio.settle()
        came = [text for text in twilio.sent if text.to == BEN and "MediaUrl" in text.fields]
        assert [text.body for text in came] == ['From #1: "this is the door"']
        assert len([text for text in twilio.sent if "this is the door" in text.body]) == 1
        after.stop()
