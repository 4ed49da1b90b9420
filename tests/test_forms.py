"""Whatever is posted, honest or mad: never a 500, nothing but XML back, and what is tampered with leaves no trace."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import httpx
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from sqlmodel import col, func, select

from app.hotline import Hotline
from app.main import create_app
from app.web.webhook import LARGEST
from models.delivery.outbound import StatusEvent
from models.inbound import Inbound
from models.people import Address
from tests import fakes, forms
from tests.fakes import StillClock, TwilioRecorder
from tests.forms import Post

SHORT = settings(max_examples=150, suppress_health_check=list(HealthCheck))
FULL = settings(SHORT, max_examples=10_000, derandomize=False, print_blob=True)
TOO_LARGE, NO_CONTENT, FORBIDDEN = 413, 204, 403
MINUTE = timedelta(minutes=1)


class Door:
    """The hotline's webhooks as the carrier sees them, and what is kept behind them."""

    def __init__(self, hotline: Hotline) -> None:
        self.hotline = hotline
        self._loop = asyncio.Runner()
        reached = httpx.ASGITransport(create_app(hotline=hotline))
        self._client = httpx.AsyncClient(transport=reached, base_url="http://127.0.0.1:8000")

    def post(self, post: Post, signature: str) -> httpx.Response:
        """Post it as it is, raw bytes and all."""
        assert isinstance(self.hotline.clock, StillClock)
        self.hotline.clock.advance(MINUTE)
        headers = [*post.headers, (b"x-twilio-signature", signature.encode("utf-8", "surrogatepass"))]
        content = _pieces(post.body) if post.in_pieces else post.body
        return self._loop.run(self._client.post(post.path, content=content, headers=headers))

    def kept(self) -> tuple[int, ...]:
        """How much is remembered of texts, people and news."""
        counts = [select(func.count()).select_from(table) for table in (Inbound, Address, StatusEvent)]
        return self.hotline.database.read(lambda s: tuple(s.exec(query).one() for query in counts))

    def has(self, sid: str) -> bool:
        """Whether this text is on disk."""
        query = select(Inbound.id).where(col(Inbound.sid) == sid)
        return self.hotline.database.read(lambda s: s.exec(query).first() is not None)

    def close(self) -> None:
        self._loop.run(self._client.aclose())
        self._loop.close()


async def _pieces(body: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(body), 1_000):
        yield body[at : at + 1_000]


@pytest.fixture
def door(database_url: str, clock: StillClock) -> Iterator[Door]:
    settings = fakes.twilio_settings(database_url)
    hotline = Hotline(settings, carrier=TwilioRecorder(settings), clock=clock, database_timeout=60)
    hotline.prepare()
    opened = Door(hotline)
    yield opened
    opened.close()
    hotline.stop()


def is_for_twilio(answer: httpx.Response) -> bool:
    """Nothing that would be texted to anybody: empty, or an empty TwiML document."""
    return answer.text == "" or (
        answer.headers["content-type"].startswith("text/xml") and answer.text == "<Response/>"
    )


def taken_or_refused_politely(door: Door, post: Post) -> None:
    """A signed request, however mad, is taken; only its size can be wrong."""
    answer = door.post(post, post.signature)
    event(f"{post.path.partition('?')[0]} {answer.status_code}")
    if len(post.body) > LARGEST:
        assert answer.status_code == TOO_LARGE
    else:
        assert answer.status_code == (NO_CONTENT if post.path.startswith("/twilio/status") else 200)
    assert is_for_twilio(answer)
    assert (door.hotline.ingest.spool.waiting(), door.hotline.ingest.spool.quarantined()) == (0, 0)
    said = dict(forms.parsed(post.body))
    whole = said.get("From", "").startswith("+1212") and len(said["From"]) == 12 and said.get("To") == fakes.LINE
    if answer.status_code == 200 and whole and len(sid := said.get("MessageSid", "")) == 34 and sid.isalnum():
        assert door.has(sid)


def tampering_is_refused(door: Door, post: Post, changed: Post, signature: str) -> None:
    """What is not exactly what was signed gets a 403 without a word, and nothing is kept of it."""
    before = door.kept()
    answer = door.post(changed, signature)
    if len(changed.body) > LARGEST:
        assert answer.status_code == TOO_LARGE
    elif (changed.signed, changed.settings, signature) == (post.signed, post.settings, post.signature):
        return  # such as an "&" more, or two fields in another order: the signature covers neither
    else:
        assert answer.status_code == FORBIDDEN
    assert answer.text == ""
    assert door.kept() == before


def test_a_signed_form_is_never_an_accident(door: Door) -> None:
    given(forms.posts())(SHORT(lambda post: taken_or_refused_politely(door, post)))()


def test_a_tampered_form_leaves_no_trace(door: Door) -> None:
    given(st.data())(SHORT(lambda data: _tamper(door, data)))()


@pytest.mark.campaign
def test_ten_thousand_signed_forms_are_no_accident(door: Door) -> None:
    given(forms.posts())(FULL(lambda post: taken_or_refused_politely(door, post)))()


@pytest.mark.campaign
def test_ten_thousand_tampered_forms_leave_no_trace(door: Door) -> None:
    given(st.data())(FULL(lambda data: _tamper(door, data)))()


def _tamper(door: Door, data: st.DataObject) -> None:
    post = data.draw(forms.posts())
    changed, signature = data.draw(forms.tampered(post))
    tampering_is_refused(door, post, changed, signature)
