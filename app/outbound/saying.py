"""What a text says: in its reader's language, as cheap as a channel makes worth while, in pieces a carrier takes."""

from bisect import bisect_right
from collections.abc import Mapping

from handlers import phrasebook
from handlers.phrasebook import Book, Value
from handlers.turn import Text
from handlers.wording import segments
from handlers.wording.summary import Quoted
from models.delivery.line_numbers import MOST_SEGMENTS
from models.delivery.outbound import Lane
from models.lines import Channel, Line
from models.people import Person

LONGEST = 1600  # characters; Twilio refuses more
QUOTE, ON = '"', '..."'  # what encloses people's words, and what shows that they go on in the next text
LEAST = 14  # characters of a quote that are worth while
SHORT = 300  # characters; fewer never take more than the most segments


class Sayings:
    """What texts say, worked out once for all whom the same is told in turn: a wave, everybody on duty."""

    def __init__(self) -> None:
        self._key: tuple[Book, Channel, str, str, Mapping[str, Value]] | None = None
        self._parts: list[str] = []

    def parts(self, book: Book, text: Text, channel: Channel) -> list[str]:
        """The text in this language, in pieces that the carrier accepts."""
        key = book, channel, text.phrase, text.short, text.values
        if key != self._key:
            self._key, self._parts = key, parts(said(book, text, channel), channel)
        return self._parts


def book(reader: Person, line: Line) -> Book:
    """What they read; of a language that we do not speak the few phrases we have, then the line's own."""
    return phrasebook.book(reader.speaks(line), line.language)


def said(book: Book, text: Text, channel: Channel) -> str:
    """The text in its reader's language, as cheap as the channel makes worth while."""
    body = book.say(text.phrase, text.values)
    if channel is Channel.SMS:
        body = segments.thrifty(body)
    if not text.short or segments.count(body) == 1:
        return body

    words = " ".join(segments.plainly(_quoted(text)).split())

    def say(some: str, phrase: str = text.short) -> str:
        if text.lane is Lane.BULK and some != words and len(some) < LEAST:  # a few letters say nothing
            return " ".join(book.say(phrase, {**text.values, "words": None}).split())
        return book.say(phrase, {**text.values, "words": Quoted(some)})

    plain = segments.thrifty(say(words, text.phrase))
    if segments.count(plain) == 1:
        return plain
    cut = segments.in_one(say, words)
    if text.lane is Lane.BULK and words and segments.count(segments.thrifty(say(""))) > 1:
        return cut[: cut.rfind(". ") + 1] or cut  # whole sentences, where not even that fits
    return cut


def _quoted(text: Text) -> str:
    """The words that a text quotes."""
    words = text.values["words"]
    return words.words if isinstance(words, Quoted) else ""


def parts(body: str, channel: Channel = Channel.SMS) -> list[str]:
    """A text cut at spaces into pieces that the carrier accepts, and after which others need not wait long.

    Words in quotes stay in quotes in each of them.
    """
    pieces = []
    while (most := _longest(body, channel)) < len(body):
        room = most - len(ON) * (body.count(QUOTE, 0, most) % 2)
        cut = body.rfind(" ", most // 2, room)
        cut = cut if cut > 0 else room
        piece, body = body[:cut].rstrip(), body[cut:].lstrip()
        inside = piece.count(QUOTE) % 2 == 1  # people's own words hold no such quote
        pieces.append(piece + ON if inside else piece)
        body = QUOTE + ON[:-1] + body if inside else body
    return [*pieces, body]


def _longest(body: str, channel: Channel) -> int:
    """How many of its characters may go in one text."""
    if len(body) <= SHORT or (channel is Channel.WHATSAPP and len(body) <= LONGEST):
        return len(body)
    most = min(len(body), LONGEST)
    if channel is Channel.SMS and segments.count(body[:most]) > MOST_SEGMENTS:
        most = bisect_right(range(most), MOST_SEGMENTS, key=lambda n: segments.count(body[:n])) - 1
    return most
