"""Pictures and voice messages that go along with texts: by MMS, by WhatsApp, or as a link where neither goes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.outbound import reach
from handlers import segments
from handlers.turn import Text
from models import attachments
from models.attachments import Kind, State
from models.delivery import attached
from models.delivery.handover import LeasedText
from models.lines import Channel, Line
from models.people import Address
from models.store.session import Session

PATH = "/media/"  # and the key of the text
LINK_LASTS = timedelta(days=1)  # then whoever finds the phone sees nothing


@dataclass(frozen=True)
class Enclosed:
    """What goes along with one text. `until`: it is still fetched, and the text waits no longer than that."""

    attachment_id: int | None = None
    key: str | None = None
    until: datetime | None = None


NOTHING = Enclosed()


def parts(
    session: Session, line: Line, text: Text, home: Address, said: Sequence[str], now: datetime
) -> Iterator[tuple[str, Enclosed]]:
    """The parts of a text, the last with what goes along."""
    if text.enclosed is None:
        yield from ((part, NOTHING) for part in said)
        return
    piece = attachments.by_id(session, text.enclosed)
    yield from ((part, NOTHING) for part in said[:-1])
    if piece is None or piece.state not in (State.ARRIVED, State.KEPT):
        yield said[-1], NOTHING
        return
    if piece.kind is Kind.VOICE and home.channel is Channel.WHATSAPP:
        yield said[-1], NOTHING  # WhatsApp shows no words beside a voice message; from whom it is must be said
    if piece.state is State.ARRIVED:
        yield said[-1], Enclosed(piece.id, until=now + attached.WAITS)
    else:
        key = attached.new_key()
        yield with_link(line, home.channel, home.value, said[-1], key), Enclosed(piece.id, key)


def with_link(line: Line, channel: Channel, to: str, body: str, key: str) -> str:
    """The words, with a link where no picture can go along."""
    if reach.takes_pictures(channel, to) or line.web_address is None:
        return body
    return f"{body} {line.web_address}{PATH}{key}"


def arrived(session: Session, line: Line, attachment_id: int, now: datetime) -> None:
    """It is here: the texts that waited for it may leave."""
    for text in attached.waiting(session, attachment_id):
        key = attached.new_key()
        body = with_link(line, text.channel, text.to, text.body, key)
        attached.let_go(session, text.id, now, key=key, body=body, segments=segments.count(body))


def missing(session: Session, attachment_id: int, wordless: frozenset[str], now: datetime) -> list[int]:
    """It never will be: texts that say only that it comes are not sent, others go alone. Returns whose they are."""
    readers = []
    for text in attached.waiting(session, attachment_id):
        readers.append(text.person_id)
        if text.phrase in wordless:
            attached.cancel(session, text.id, now)
        else:
            attached.let_go(session, text.id, now, key=None, body=text.body, segments=segments.count(text.body))
    return list(dict.fromkeys(readers))


def path(text: LeasedText) -> str | None:
    """Where the carrier finds what goes along with a text; None where nothing does, or its words hold the link."""
    if text.media is None or text.media in text.body:
        return None
    return f"{PATH}{text.media}"
