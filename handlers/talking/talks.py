"""Talks: that words were passed on is said once in a talk and not after each of them; that they got lost, always.

A talk is what one person writes about one request to another. It begins anew after a long pause, and where the words
go another way: to somebody else, or to a phone that others read.
"""

import re
from datetime import timedelta

from handlers.talking.pace import RELAYED
from handlers.turn import Context, Texts, Turn
from handlers.wording.summary import Said
from models import events, inbound, people, requests
from models.delivery.outbound import Lane, Outbound
from models.inbound import BY_PAGE
from models.people import Person
from models.requests import Request

SAID = "passed_on_told"  # the event of having told somebody whom their words go to
PAUSE = timedelta(hours=6)  # after which they hear it again
ONCE = frozenset({"passed_on", "passed_on_to", "passed_when_read"})
# Phrases that bring the words of one side, or what it sends along, to the other.
WORDS = frozenset({"from_helper", "from_neighbor", "from_helper_sent", "from_neighbor_sent"})
AUTHOR = re.compile(r"relay-(?P<person>\d+)-|(?P<inbound>\d+):")  # begins the key of such a text


def is_news(turn: Turn, request: Request, other: Person, phrase: str) -> bool:
    """Whether the speaker is told now that their words go to this other person; asked before these are carried.

    In danger they are told each time, and so is whoever writes from a page, which would show no answer at all.
    """
    if phrase not in ONCE or request.in_danger:
        return True
    before = events.talk(turn.session, request, turn.speaker.id, RELAYED, SAID)
    way = f"{other.id} {phrase}"
    if before.told == way and before.at is not None and turn.now - before.at < PAUSE:
        return turn.heard.id.startswith(BY_PAGE)
    requests.record(turn.session, request, SAID, turn.now, by=turn.speaker.id, words=way)
    return True


def author_of(context: Context, text: Outbound) -> Person | None:
    """Who wrote the words of the other side that a text brings, and hears what becomes of them.

    None where it brings none, and for who is on duty: they hear it as such.
    """
    found = AUTHOR.match(text.key) if text.phrase in WORDS else None
    if found is None:
        return None
    author_id = int(found["person"]) if found["person"] else inbound.author(context.session, int(found["inbound"]))
    author = people.by_id(context.session, author_id) if author_id is not None else None
    return None if author is None or author.id == text.person_id or author.on_duty else author


def lost(context: Context, text: Outbound, request: Request) -> Texts:
    """Words that never arrived: their author hears it, who was told that they go there."""
    author = author_of(context, text)
    if author is None:
        return
    reader = people.by_id(context.session, text.person_id)
    name = context.name(reader) if reader.id != request.person_id else None
    then = Said("duty_knows" if context.on_duty(request, but=reader.id) else "duty_will_know")
    phrase = "not_delivered_to" if name else "not_delivered"
    yield context.tell(author, phrase, about=request, lane=Lane.REPLY, name=name, then=then)
