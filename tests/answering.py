"""Shortcuts for tests of how often we answer: what somebody says, and what reached a phone."""

from datetime import timedelta
from itertools import count

from sqlmodel import col, select

from app.hotline import Hotline
from app.inbound.receive import Taken
from models import lines
from models.delivery.outbound import Outbound, State
from models.inbound import Heard
from models.lines import Channel
from models.people import Address
from models.store.session import Session
from tests import neighbors
from tests.fakes import LINE

ANA, BEN, DEE, BOT = "+12025550101", "+12025550102", "+12025550104", "+12025550166"
OUT_OF_OFFICE = "Example Pizza: the oven is cold and warm again at 9. You are number {n} in the row."
LOOKS = "LIST", "STATUS"  # in turn: the same words within seconds are one text
sids = count(1)


def say(hotline: Hotline, sender: str, words: str, *, to: str = LINE, channel: Channel = Channel.SMS) -> Taken:
    return hotline.receive(Heard(f"SM{next(sids):032x}", channel, sender, to, words)).result()


def add(hotline: Hotline, number: str, name: str, *, duty: bool = False) -> None:
    def work(session: Session) -> None:
        line = lines.all_lines(session)[0]
        neighbors.add(session, line, Channel.SMS, number, hotline.clock.now(), name=name, helper=True, duty=duty)

    hotline.database.write(work).result()


def rule(hotline: Hotline, **rules: object) -> None:
    def work(session: Session) -> None:
        line = lines.all_lines(session)[0]
        line.rules = {**line.rules, **rules}
        session.add(line)

    hotline.database.write(work).result()


def queued(hotline: Hotline, to: str) -> list[Outbound]:
    query = select(Outbound).where(Outbound.to == to).order_by(col(Outbound.id))
    return hotline.database.read(lambda s: list(s.exec(query)))


def got(hotline: Hotline, to: str) -> list[str]:
    """What reached a phone, by phrase."""
    hotline.sender.drain()
    return [row.phrase for row in queued(hotline, to) if row.state is State.DELIVERED]


def bodies(hotline: Hotline, to: str, phrase: str) -> list[str]:
    """What reached a phone by this phrase, word for word."""
    hotline.sender.drain()
    return [row.body for row in queued(hotline, to) if row.state is State.DELIVERED and row.phrase == phrase]


def address(hotline: Hotline, value: str) -> Address:
    return hotline.database.read(lambda s: s.exec(select(Address).where(Address.value == value)).one())


def later(hotline: Hotline, seconds: float) -> None:
    hotline.clock.advance(timedelta(seconds=seconds))
