"""What comes in by webhook: taken once, from Twilio alone, and answered only when it is on disk."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import Future
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel, col, func, select

from app.carriers.base import StatusUpdate, Webhook
from app.database.engine import Busy
from app.hotline import Hotline
from app.inbound import receive
from app.inbound.ingest import Ingest, MustWait
from app.inbound.receive import Taken
from app.main import create_app
from models import lines
from models.delivery.outbound import Outbound
from models.inbound import Heard, Inbound
from models.lines import Channel
from models.people import Address, Person
from models.store.session import Session
from tests import neighbors, webhooks
from tests.fakes import LINE, PREVIOUS, PUBLIC, WHATSAPP, TwilioRecorder, ingest_by, twilio_settings

ANA = "+12025550101"

pytestmark = pytest.mark.anyio


@pytest.fixture
def hotline(twilio_hotline: Hotline) -> Hotline:
    return twilio_hotline


@asynccontextmanager
async def twilio(hotline: Hotline) -> AsyncIterator[httpx.AsyncClient]:
    """Someone who can post to the hotline; where it thinks it is reached does not matter."""
    reached = httpx.ASGITransport(create_app(hotline=hotline))
    async with httpx.AsyncClient(transport=reached, base_url="http://127.0.0.1:8000") as client:
        yield client


async def post(hotline: Hotline, body: bytes, to: str = "/twilio/message", **headers: str) -> httpx.Response:
    given = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    async with twilio(hotline) as client:
        return await client.post(to, content=body, headers=given)


async def signed(hotline: Hotline, fields: dict[str, str], **how: Any) -> httpx.Response:
    body = webhooks.form(fields)
    return await post(hotline, body, X_Twilio_Signature=webhooks.sign(webhooks.MESSAGE, body, **how))


def counted(hotline: Hotline, *tables: type[SQLModel]) -> list[int]:
    def work(session: Session) -> list[int]:
        return [session.exec(select(func.count()).select_from(table)).one() for table in tables]

    return hotline.database.read(work)


def stored(hotline: Hotline) -> list[Inbound]:
    return hotline.database.read(lambda s: list(s.exec(select(Inbound).order_by(col(Inbound.id)))))


def is_empty_twiml(answer: httpx.Response) -> bool:
    return answer.headers["content-type"].startswith("text/xml") and answer.text == "<Response/>"


async def test_a_signed_sms_is_taken_and_answered(hotline: Hotline) -> None:
    answer = await signed(hotline, webhooks.sms(ANA, "I need groceries for two"))
    assert answer.status_code == 200
    assert is_empty_twiml(answer)
    (text,) = stored(hotline)
    assert (text.channel, text.from_address, text.body) == (Channel.SMS, ANA, "I need groceries for two")
    hotline.sender.drain()
    assert isinstance(hotline.carrier, TwilioRecorder)
    assert {(t.channel, t.from_number, t.to) for t in hotline.carrier.carried} == {(Channel.SMS, LINE, ANA)}


async def test_a_whatsapp_message_takes_the_same_path(hotline: Hotline) -> None:
    answer = await signed(hotline, webhooks.whatsapp(ANA, "hola"))
    assert is_empty_twiml(answer)
    (text,) = stored(hotline)
    assert (text.channel, text.from_address, text.body) == (Channel.WHATSAPP, ANA, "hola")
    hotline.sender.drain()
    assert isinstance(hotline.carrier, TwilioRecorder)
    assert {(t.channel, t.from_number, t.to) for t in hotline.carrier.carried} == {(Channel.WHATSAPP, WHATSAPP, ANA)}


async def test_whatsapp_may_hide_the_number(hotline: Hotline) -> None:
    await signed(hotline, webhooks.whatsapp("US.13491208655302741918", "hello"))
    (text,) = stored(hotline)
    assert text.from_address == "US.13491208655302741918"
    hotline.sender.drain()
    assert isinstance(hotline.carrier, TwilioRecorder)
    assert {t.to for t in hotline.carrier.carried} == {"US.13491208655302741918"}


async def test_one_number_on_both_channels_is_one_person(hotline: Hotline) -> None:
    await signed(hotline, webhooks.sms(ANA, "hello"))
    await signed(hotline, webhooks.whatsapp(ANA, "hello"))
    assert counted(hotline, Person, Address) == [1, 2]


async def test_both_tokens_are_good_while_they_are_rotated(hotline: Hotline) -> None:
    assert (await signed(hotline, webhooks.sms(ANA, "hello"))).status_code == 200
    assert (await signed(hotline, webhooks.sms(ANA, "hello"), token=PREVIOUS)).status_code == 200
    assert (await signed(hotline, webhooks.sms(ANA, "hello"), token="a third")).status_code == 403
    assert counted(hotline, Inbound) == [2]


async def test_the_newer_signature_is_good_where_its_header_says_so(hotline: Hotline) -> None:
    setting = "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"
    body = webhooks.form(webhooks.sms(ANA, "hello"))
    newer = webhooks.sign(webhooks.MESSAGE, body, algorithm="HMAC_SHA256")
    assert (await post(hotline, body, X_Twilio_Signature=newer)).status_code == 403
    answer = await post(hotline, body, X_Twilio_Signature=newer, X_Twilio_Webhooks_Signature_Settings=setting)
    assert answer.status_code == 200


async def test_a_forgery_is_refused_without_a_word_and_leaves_no_trace(hotline: Hotline) -> None:
    fields = webhooks.sms(ANA, "hello")
    body = webhooks.form(fields)
    right = webhooks.sign(webhooks.MESSAGE, body)
    forged = {
        "unsigned": await post(hotline, body),
        "blank signature": await post(hotline, body, X_Twilio_Signature=""),
        "nonsense": await post(hotline, body, X_Twilio_Signature="nonsense"),
        "cut short": await post(hotline, body, X_Twilio_Signature=right[:-1]),
        "not ASCII": await post(hotline, body, X_Twilio_Signature="ünsigned"),
        "other words": await post(hotline, webhooks.form({**fields, "Body": "hell"}), X_Twilio_Signature=right),
        "other sender": await post(hotline, webhooks.form({**fields, "From": LINE}), X_Twilio_Signature=right),
        "blank field left out": await post(hotline, body.replace(b"ToCity=&", b""), X_Twilio_Signature=right),
        "field added": await post(hotline, body + b"&Extra=", X_Twilio_Signature=right),
        "twin after": await post(hotline, body + b"&Body=twin", X_Twilio_Signature=right),
        "twin before": await post(hotline, b"Body=twin&" + body, X_Twilio_Signature=right),
        "query added": await post(hotline, body, "/twilio/message?a=b", X_Twilio_Signature=right),
        "empty": await post(hotline, b"", X_Twilio_Signature=right),
        "for another path": await post(hotline, body, X_Twilio_Signature=webhooks.sign(webhooks.STATUS, body)),
        "for another host": await post(
            hotline, body, X_Twilio_Signature=webhooks.sign("https://elsewhere.example.org/twilio/message", body)
        ),
        "without TLS": await post(
            hotline, body, X_Twilio_Signature=webhooks.sign(webhooks.MESSAGE.replace("https", "http"), body)
        ),
    }
    assert {name: answer.status_code for name, answer in forged.items()} == dict.fromkeys(forged, 403)
    assert {answer.text for answer in forged.values()} == {""}
    assert counted(hotline, Inbound, Person, Address, Outbound) == [0, 0, 0, 0]


async def test_what_a_proxy_says_about_the_address_is_not_believed(hotline: Hotline) -> None:
    body = webhooks.form(webhooks.sms(ANA, "hello"))
    spoofed = {
        "X_Forwarded_Host": "evil.example.org",
        "X_Forwarded_Proto": "http",
        "X_Forwarded_For": "10.0.0.1",
        "Forwarded": "host=evil.example.org;proto=http",
        "X_Original_URL": "/twilio/status",
        "Host": "evil.example.org",
    }
    for url in ("http://evil.example.org/twilio/message", "https://evil.example.org/twilio/message"):
        answer = await post(hotline, body, X_Twilio_Signature=webhooks.sign(url, body), **spoofed)
        assert answer.status_code == 403
    answer = await post(hotline, body, X_Twilio_Signature=webhooks.sign(webhooks.MESSAGE, body), **spoofed)
    assert answer.status_code == 200


async def test_the_query_is_signed_and_ports_are_forgiven(hotline: Hotline) -> None:
    for url in (f"{webhooks.MESSAGE}?line=1&x=%20", f"{PUBLIC}:443/twilio/message"):
        body = webhooks.form(webhooks.sms(ANA, "hello"))
        path = url.partition("/twilio")[2]
        answer = await post(hotline, body, "/twilio" + path, X_Twilio_Signature=webhooks.sign(url, body))
        assert answer.status_code == 200
    assert counted(hotline, Inbound) == [2]


async def test_too_much_is_not_read(hotline: Hotline) -> None:
    body = webhooks.form(webhooks.sms(ANA, "x" * (64 * 1024)))
    right = webhooks.sign(webhooks.MESSAGE, body)
    assert (await post(hotline, body, X_Twilio_Signature=right)).status_code == 413

    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, len(body), 4096):
            yield body[at : at + 4096]

    async with twilio(hotline) as client:
        answer = await client.post("/twilio/message", content=pieces(), headers={"X-Twilio-Signature": right})
    assert answer.status_code == 413
    assert counted(hotline, Inbound) == [0]


async def test_a_text_to_a_number_that_is_no_lines_is_counted_and_forgotten(hotline: Hotline) -> None:
    answer = await signed(hotline, webhooks.sms(ANA, "hello", to="+12025550150"))
    assert answer.status_code == 200
    assert is_empty_twiml(answer)
    assert counted(hotline, Inbound, Person, Outbound) == [0, 0, 0]
    assert hotline.counts() == {"handled": 0, "seen": 0, "unknown_number": 1, "unanswered": 0, "spooled": 0}


async def test_the_same_text_twice_changes_nothing(hotline: Hotline) -> None:
    fields = webhooks.sms(ANA, "I need groceries for two")
    await signed(hotline, fields)
    before = counted(hotline, Inbound, Person, Outbound)
    again = await signed(hotline, fields)
    assert is_empty_twiml(again)
    assert counted(hotline, Inbound, Person, Outbound) == before
    assert hotline.metrics.registry.get_sample_value("hotline_texts_total", {"taken": "seen"}) == 1


async def test_twenty_deliveries_at_once_are_one_text(hotline: Hotline) -> None:
    await signed(hotline, webhooks.sms("+12025550102", "hello"))
    people_before, answers_to_one = counted(hotline, Person, Outbound)
    fields = webhooks.sms(ANA, "hello")
    answers = await asyncio.gather(*(signed(hotline, fields) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert counted(hotline, Inbound) == [2]
    assert counted(hotline, Person, Outbound) == [2 * people_before, 2 * answers_to_one]


async def test_two_first_texts_of_one_person_at_once_are_both_taken(hotline: Hotline) -> None:
    texts = [webhooks.sms(ANA, "hello"), webhooks.whatsapp(ANA, "hello"), webhooks.sms(ANA, "I need food")]
    answers = await asyncio.gather(*(signed(hotline, fields) for fields in texts))
    assert {answer.status_code for answer in answers} == {200}
    assert counted(hotline, Inbound, Person, Address) == [3, 1, 2]


async def test_no_200_for_what_is_nowhere_on_disk(hotline: Hotline) -> None:
    fields = webhooks.sms(ANA, "hello")
    with hotline.database.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE inbound RENAME TO mislaid"))
    spool = hotline.ingest.spool.folder
    spool.write_text("a file where the folder should be")
    answer = await signed(hotline, fields)
    assert answer.status_code == 503
    assert is_empty_twiml(answer)
    spool.unlink()
    assert (await signed(hotline, fields)).status_code == 200
    assert hotline.ingest.spool.waiting() == 1
    with hotline.database.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE mislaid RENAME TO inbound"))
    assert hotline.spool_worker.once() == 1
    assert hotline.ingest.spool.waiting() == 0
    assert counted(hotline, Inbound) == [1]
    assert hotline.counts() == {"handled": 1, "seen": 0, "unknown_number": 0, "unanswered": 0, "spooled": 1}


class Faulty(Ingest):
    """Takes nothing in, for a reason that nobody foresaw."""

    error: Exception = RuntimeError("of the kind that quotes a text")

    def receive(self, heard: Heard, must_wait: MustWait | None = None) -> "Future[Taken]":
        raise self.error

    def status(self, update: StatusUpdate) -> "Future[bool]":
        raise self.error


async def test_a_fault_that_nobody_foresaw_is_no_200_and_no_crash(hotline: Hotline) -> None:
    ingest_by(hotline, Faulty)
    answer = await signed(hotline, webhooks.sms(ANA, "hello"))
    assert answer.status_code == 503
    assert is_empty_twiml(answer)
    body = webhooks.form({"MessageStatus": "sent"})
    right = webhooks.sign(f"{webhooks.STATUS}?id=1", body)
    assert (await post(hotline, body, "/twilio/status?id=1", X_Twilio_Signature=right)).status_code == 503


class Unreadable(TwilioRecorder):
    """A carrier with a fault in its parser."""

    def parse(self, call: Webhook) -> Heard | StatusUpdate | None:
        raise IndexError(call.path)


async def test_a_fault_in_the_carriers_parser_is_no_200_and_no_page(database_url: str) -> None:
    settings = twilio_settings(database_url)
    hotline = Hotline(settings, carrier=Unreadable(settings))
    answer = await signed(hotline, webhooks.sms(ANA, "hello"))
    assert answer.status_code == 503
    assert is_empty_twiml(answer)
    hotline.stop()


async def test_too_many_is_said_at_once_and_kept_nowhere(hotline: Hotline) -> None:
    ingest_by(hotline, Faulty).error = Busy()
    answer = await signed(hotline, webhooks.sms(ANA, "hello"))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert hotline.ingest.spool.waiting() == 0
    body = webhooks.form({"MessageStatus": "sent"})
    right = webhooks.sign(f"{webhooks.STATUS}?id=1", body)
    # Nobody tells us twice what became of a text.
    assert (await post(hotline, body, "/twilio/status?id=1", X_Twilio_Signature=right)).status_code == 204
    assert hotline.ingest.spool.waiting() == 1


async def test_a_fault_of_ours_loses_no_text(hotline: Hotline) -> None:
    now = hotline.clock.now()
    heard = Heard(webhooks.new_sid(), Channel.SMS, ANA, LINE, "I need food")

    def on_duty(session: Session) -> int:
        line = lines.all_lines(session)[0]
        return neighbors.add(session, line, Channel.SMS, "+12025550104", now, name="Dee", duty=True).id

    dee = hotline.database.write(on_duty).result()

    def broken(session: Session) -> Taken:
        receive.receive(session, heard, now)
        raise ZeroDivisionError

    def rescue(session: Session, error: Exception) -> Taken:
        return receive.handle_failure(session, heard, now, error)

    assert hotline.database.write(broken, rescue).result() is Taken.HANDLED
    (text,) = stored(hotline)
    assert (text.body, text.intent) == ("I need food", "failed")
    queued = hotline.database.read(lambda s: list(s.exec(select(Outbound).order_by(col(Outbound.id)))))
    assert [(row.phrase, row.person_id) for row in queued] == [("our_fault", text.person_id), ("our_fault_duty", dee)]
    assert hotline.receive(heard).result() is Taken.SEEN
    assert hotline.database.write(broken, rescue).result() is Taken.SEEN


async def test_a_text_that_comes_again_changes_nothing_of_where_we_write_to(hotline: Hotline) -> None:
    heard = Heard(webhooks.new_sid(), Channel.SMS, ANA, LINE, "hello")
    began = hotline.clock.now()
    assert hotline.receive(heard).result() is Taken.HANDLED
    hotline.clock.advance(timedelta(hours=72))
    assert hotline.receive(heard).result() is Taken.SEEN
    assert hotline.database.read(lambda s: list(s.exec(select(Address.last_heard_at)))) == [began]


@pytest.mark.parametrize(("body", "by_carrier"), [("STOP", None), ("NO MAS", "STOP"), ("no me escriban", None)])
async def test_a_stop_is_kept_whatever_breaks(hotline: Hotline, body: str, by_carrier: str | None) -> None:
    heard = Heard(webhooks.new_sid(), Channel.SMS, ANA, LINE, body, carrier_answered=by_carrier)
    now = hotline.clock.now()

    def broken(session: Session) -> Taken:
        raise ZeroDivisionError

    def rescue(session: Session, error: Exception) -> Taken:
        return receive.handle_failure(session, heard, now, error)

    assert hotline.database.write(broken, rescue).result() is Taken.HANDLED
    assert hotline.database.read(lambda s: list(s.exec(select(Person.opted_out_at)))) == [now]
