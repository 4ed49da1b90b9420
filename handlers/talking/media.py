"""What came beside words. Pictures and voice messages go on (passing.py); all else is only told of."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum

from handlers import phrasebook
from handlers.turn import Text, Texts, Turn
from handlers.wording.summary import Said, Several
from models import events, requests
from models.inbound import Heard
from models.requests import LONGEST_TEXT, Request

CARD = re.compile(r"BEGIN:VCARD.*?(?:END:VCARD|$)", re.DOTALL | re.IGNORECASE)
ALBUM = timedelta(minutes=2)  # in which more of the same is told to nobody again: albums come one by one
KEPT = "media"  # the event that tells that something came


class Medium(StrEnum):
    """What came."""

    PICTURE = "picture"
    VIDEO = "video"
    VOICE = "voice"
    STICKER = "sticker"
    CONTACT = "contact"
    DOCUMENT = "document"


SUBTYPES = {"image/webp": Medium.STICKER, "text/vcard": Medium.CONTACT, "text/x-vcard": Medium.CONTACT,
            "text/directory": Medium.CONTACT, "application/vcard": Medium.CONTACT}  # fmt: skip
GO_ON = frozenset({Medium.PICTURE, Medium.VOICE})
TYPES = {"image": Medium.PICTURE, "video": Medium.VIDEO, "audio": Medium.VOICE}


def kind(content_type: str) -> Medium:
    """What a content type stands for."""
    plain = content_type.partition(";")[0].strip().lower()
    return SUBTYPES.get(plain) or TYPES.get(plain.partition("/")[0], Medium.DOCUMENT)


def kinds(heard: Heard) -> tuple[Medium, ...]:
    """What came with a text, each kind once."""
    return tuple(dict.fromkeys(kind(content_type) for _, content_type in heard.media))


def goes_on(heard: Heard) -> bool:
    """Whether anything came with a text that can be passed on."""
    return not GO_ON.isdisjoint(kinds(heard))


def refused(heard: Heard) -> tuple[Medium, ...]:
    """The kinds of what came that cannot."""
    return tuple(kind for kind in kinds(heard) if kind not in GO_ON)


def cards_aside(heard: Heard) -> Heard:
    """A text without the contact cards in it: somebody's number and name are not ours to keep as words."""
    if "BEGIN:VCARD" not in heard.body.upper():
        return heard
    words = CARD.sub("", heard.body).strip()
    fields = {name: value for name, value in heard.fields.items() if name != "Body"}
    return replace(heard, body=words, media=(*heard.media, ("", "text/vcard")), fields=fields)


def named(sent: tuple[str, ...]) -> Several:
    """`a picture and a voice message`."""
    return Several([Said(f"a_{one}") for one in sent])


def keep(turn: Turn, request: Request, sent: tuple[str, ...] = ()) -> None:
    """Note with the request that something came, for everybody who reads it; `sent` came before there was one."""
    came = tuple(dict.fromkeys((*sent, *kinds(turn.heard))))
    if not came:
        return
    book = turn.speaker.speaks(turn.line)
    record(turn, request, came)
    told = in_words(came, book)
    if told not in request.text:
        request.text = f"{request.text}\n{told}".strip()[:LONGEST_TEXT]
        turn.session.add(request)


def record(turn: Turn, request: Request, sent: tuple[str, ...] | None = None) -> None:
    """Note in its story what came, if not all that did."""
    for one in kinds(turn.heard) if sent is None else sent:
        requests.record(turn.session, request, KEPT, turn.now, by=turn.speaker.id, words=str(one))


def cannot(turn: Turn) -> Said:
    """`I can't pass on videos.`, and what works instead."""
    return Said(f"cannot_{refused(turn.heard)[0]}")


def answer(turn: Turn, about: Request | None) -> Texts:
    """Something came that goes to nobody: what it was, what became of it, and what helps now."""
    sent = refused(turn.heard)
    if not sent:
        return
    if about is None:
        if not goes_on(turn.heard):
            yield turn.reply("media_first", cannot=cannot(turn))
        yield from _card_to_duty(turn, sent)
        return
    yield turn.reply("media_noted", about=about, cannot=cannot(turn))
    yield from _card_to_duty(turn, sent, about)


def _card_to_duty(turn: Turn, sent: tuple[Medium, ...], about: Request | None = None) -> Iterator[Text]:
    """A contact card is somebody to call: only a person can see to that."""
    if Medium.CONTACT in sent:
        phrase = "duty_contact_about" if about else "duty_contact"
        yield from turn.tell_duty(phrase, about=about, but=turn.speaker.id)


def to_other(turn: Turn, request: Request, tell: Text | None) -> Texts:
    """Something came from one side of a match: `tell` goes to the other, unless it was just told of as much."""
    sent = refused(turn.heard)
    since = turn.now - ALBUM
    again = all(events.happened_since(turn.session, [request], f"{one}_told", since) for one in sent)
    record(turn, request, sent)
    for one in () if again else sent:
        requests.record(turn.session, request, f"{one}_told", turn.now, by=turn.speaker.id)
    if tell is not None and not again:
        yield tell
    if not again:
        yield turn.reply("media_told" if tell else "media_noted", about=request, cannot=cannot(turn))
    yield from _card_to_duty(turn, sent, request)


def in_words(sent: tuple[str, ...], language: str) -> str:
    """`[a picture]`, beside what a neighbor wrote."""
    return f"[{phrasebook.book(language).worded(named(sent))}]"
