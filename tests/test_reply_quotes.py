"""On WhatsApp people reply to one text of ours: their words are about that one (case 26)."""

from datetime import timedelta

import pytest
from sqlmodel import col, select

from app.hotline import Hotline
from app.inbound.receive import receive
from models.delivery.outbound import Outbound
from models.inbound import Heard
from models.lines import Channel
from models.store.session import Session
from tests.besieged import VOLUNTEERS, Besieged
from tests.fakes import LINE

ANA, EVE, BEN = "+12025550181", "+12025550182", VOLUNTEERS[0]


@pytest.fixture
def line(hotline: Hotline) -> Besieged:
    """Ben has #1 and #2 in hand."""
    found = Besieged(hotline)
    found.people()
    for words, by in (("need food, 12 Oak St", ANA), ("need a ride from Elm St", EVE), ("CLAIM 1 2", BEN)):
        found.hotline.clock.advance(timedelta(minutes=1))
        found.say(words, by=by)
    return found


def reply(line: Besieged, words: str, to: int, *, by: str = BEN) -> None:
    """Ben replies to the last text that he got about a request."""
    line.hotline.clock.advance(timedelta(minutes=1))
    now = line.hotline.clock.now()

    def work(session: Session) -> None:
        about = select(Outbound).where(Outbound.to == by, Outbound.request_id == to).order_by(col(Outbound.id).desc())
        quoted = session.exec(about).first()
        assert quoted is not None
        quoted.sid = quoted.sid or f"SM{quoted.id:032x}"
        session.add(quoted)
        session.flush()
        heard = Heard(
            id=f"reply-{words}", channel=Channel.SMS, from_address=by, to=LINE, body=words, replied_to=quoted.sid
        )
        receive(session, heard, now)

    line.hotline.database.write(work).result()


def test_words_go_to_the_one_they_reply_to(line: Besieged) -> None:
    reply(line, "ok, I will ring", 1)
    assert "from_helper" in line.phrases(ANA)
    assert "from_helper" not in line.phrases(EVE)
    reply(line, "thanks", 2)
    assert "from_helper" in line.phrases(EVE)


def test_a_command_without_a_number_means_the_one_they_reply_to(line: Besieged) -> None:
    reply(line, "done", 2)
    assert "did_you_get_it" in line.phrases(EVE)
    reply(line, "left it at the door", 1)
    assert "did_you_get_it" in line.phrases(ANA)
