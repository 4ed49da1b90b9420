"""Somebody sends a picture, and it goes its way: what tests of that do."""

from datetime import timedelta

import sqlalchemy as sa

from app.simulator import samples
from models import lines, sweeping
from models.attachments import Attachment, State
from models.lines import Channel
from models.store.session import Session
from models.store.types import table
from tests import neighbors
from tests.fake_twilio_media import Fetched
from tests.world import World

ANA, BEN, DEE = "+12025550101", "+12025550102", "+12025550104"
JPEG, OGG = ("image/jpeg", samples.picture()), ("audio/ogg", samples.voice())
ROWS = table(Attachment)


def matched(world: World, *, ana: str = ANA, ben: str = BEN) -> None:
    """Ana has asked, and Ben has it in hand."""

    def add(session: Session) -> None:
        line = lines.all_lines(session)[0]
        channel = Channel.WHATSAPP if ben.startswith("whatsapp:") else Channel.SMS
        number = ben.removeprefix("whatsapp:")
        neighbors.add(session, line, channel, number, world.clock.now(), name="Ben", helper=True)

    world.hotline.database.write(add).result()
    world.twilio.text(ana, "Need groceries for two near Oak St")
    world.twilio.text(ben, "claim 1")
    world.drain()
    world.twilio.carried.clear()


def send(world: World, sender: str, *files: tuple[str, bytes], body: str = "", named: str | None = None) -> None:
    assert world.twilio.text(sender, body, lost=False, **world.twilio.media.sent(*files, named=named)) == 200


def settle(world: World, *, after: timedelta = timedelta(0)) -> None:
    """Let all that is due be fetched and sent."""
    world.clock.advance(after)
    while world.hotline.fetcher.once():
        pass
    world.drain()


def got(world: World, to: str) -> list[tuple[str, bool]]:
    """What a phone got: the words, and whether something came along."""
    return [(text.body, "MediaUrl" in text.fields) for text in world.twilio.sent if text.to == to]


def pieces(world: World) -> list[tuple[State, int]]:
    query = sa.select(ROWS.c.state, ROWS.c.size).order_by(ROWS.c.id)
    return world.hotline.database.read(lambda session: [(row[0], row[1]) for row in session.execute(query)])


def look(world: World, url: str) -> Fetched:
    return world.twilio.media.look(url)


def rule(world: World, **figures: int) -> None:
    def change(session: Session) -> None:
        line = lines.all_lines(session)[0]
        line.rules = {**line.rules, **figures}
        session.add(line)

    world.hotline.database.write(change).result()


def blank(world: World) -> None:
    def work(session: Session) -> None:
        for line in lines.all_lines(session):
            sweeping.blank(session, line, world.clock.now())

    world.hotline.database.write(work).result()


def kept(world: World) -> int:
    query = sa.select(sa.func.count()).where(ROWS.c.content.is_not(None))
    return world.hotline.database.read(lambda session: int(session.execute(query).scalar_one()))
