"""Pictures and voice messages that go along with texts: by MMS, by WhatsApp, or as a link where neither goes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.outbound import reach
from handlers.talking import passing
from handlers.turn import Context, Text
from handlers.wording import segments
from models import attachments, prices
from models.attachments import Kind, Piece, State
from models.delivery import attached
from models.delivery.attached import Waiting
from models.delivery.handover import LeasedText, goes_along
from models.delivery.outbound import Outbound
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
    if text.phrase not in passing.SAID:
        for _ in range(_texts(piece.kind, home.channel) - 1):
            # WhatsApp shows no words beside a voice message; from whom it is must be said before.
            yield said[-1], _with(piece, None, now)
    yield _last(line, text, home, said[-1], piece, now)


def _texts(kind: Kind, channel: Channel) -> int:
    return 2 if kind is Kind.VOICE and channel is Channel.WHATSAPP else 1


def _last(line: Line, text: Text, home: Address, said: str, piece: Piece, now: datetime) -> tuple[str, Enclosed]:
    if piece.state is State.ARRIVED or text.phrase in passing.SAID:
        waits = attached.WAITS if text.phrase in passing.WORDLESS | passing.SAID else attached.WORDS_WAIT
        return said, _with(piece, None, now, waits)
    key = attached.new_key()
    return with_link(line, home.channel, home.value, said, key), _with(piece, key, now)


def _with(piece: Piece, key: str | None, now: datetime, waits: timedelta = attached.WAITS) -> Enclosed:
    if piece.state is State.ARRIVED:
        return Enclosed(piece.id, key, until=now + waits)
    return Enclosed(piece.id, key) if key else NOTHING


def with_link(line: Line, channel: Channel, to: str, body: str, key: str) -> str:
    """The words, with a link where no picture can go along."""
    if reach.takes_pictures(channel, to) or line.web_address is None:
        return body
    return f"{body} {line.web_address}{PATH}{key}"


def again(line: Line, row: Outbound, home: Address, said: Sequence[str]) -> Iterator[tuple[str, Enclosed]]:
    """The parts of a text that goes another way, the last with what went along before."""
    if row.attachment_id is None or row.media is None:
        yield from ((part, NOTHING) for part in said)
        return
    yield from ((part, NOTHING) for part in said[:-1])
    key = attached.new_key()
    if row.media in said[-1]:  # the new way has its own link
        yield said[-1].replace(row.media, key), Enclosed(row.attachment_id, key)
    else:
        yield with_link(line, home.channel, home.value, said[-1], key), Enclosed(row.attachment_id, key)


def arrived(session: Session, line: Line, piece: Piece, now: datetime) -> list[int]:
    """It is here: the texts that waited for it may leave. Returns whose texts have left without it."""
    announced: set[tuple[int, str]] = set()  # who has the text that comes before a voice message
    for text in _waiting(session, line, piece, now):
        key, body, not_before = None, text.body, text.leaves
        if text.phrase in passing.SAID:
            not_before = now + timedelta(seconds=line.policy.burst_seconds)  # several are answered together
        elif _texts(piece.kind, text.channel) == 1 or (text.person_id, text.to) in announced:
            key = attached.new_key()
            body = with_link(line, text.channel, text.to, text.body, key)
        else:
            announced.add((text.person_id, text.to))
        _let_go(session, line, text, now, key, body, not_before)
    return _ahead(session, line, piece, now)


def _waiting(session: Session, line: Line, piece: Piece, now: datetime) -> list[Waiting]:
    """The texts that wait for it and are still for who reads them: meanwhile another may have the request."""
    texts, context = attached.waiting(session, piece.id), Context(session, line, now)
    theirs = {id_: passing.may_have(context, piece, id_) for id_ in {text.person_id for text in texts}}
    for text in texts:
        if not theirs[text.person_id]:
            attached.cancel(session, text.id, now)
    return [text for text in texts if theirs[text.person_id]]


def _let_go(
    session: Session, line: Line, text: Waiting, now: datetime, key: str | None, body: str, leaves: datetime | None
) -> None:
    size, media = segments.count(body), goes_along(key, body)
    cost = prices.sent(line.policy, text.channel, text.to, size, media=media)
    attached.let_go(session, text.id, now, key=key, body=body, segments=size, cost=cost, not_before=leaves)


def _ahead(session: Session, line: Line, piece: Piece, now: datetime) -> list[int]:
    ahead, context = attached.gone_ahead(session, piece.id), Context(session, line, now)
    announced = {text.person_id for text in attached.with_it(session, piece.id)}
    late = (text.person_id for text in ahead if text.phrase not in passing.SAID and text.person_id not in announced)
    return [id_ for id_ in dict.fromkeys(late) if passing.may_have(context, piece, id_)]


def missing(session: Session, line: Line, piece: Piece, now: datetime) -> list[int]:
    """It never will be: texts that say only that it comes are not sent, others go alone. Returns whose they are."""
    readers = []
    for text in _waiting(session, line, piece, now):
        readers.append(text.person_id)
        if text.phrase in passing.WORDLESS | passing.SAID:
            attached.cancel(session, text.id, now)
        else:
            _let_go(session, line, text, now, None, text.body, text.leaves)
    return list(dict.fromkeys([*readers, *_ahead(session, line, piece, now)]))


def path(text: LeasedText) -> str | None:
    """Where the carrier finds what goes along with a text; None where nothing does, or its words hold the link."""
    return f"{PATH}{text.media}" if goes_along(text.media, text.body) else None
