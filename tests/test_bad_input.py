"""Whatever a phone or a carrier sends: an answer, never a 500, and nothing they said is thrown away."""

import base64

import httpx
import pytest
from sqlmodel import select

from app.hotline import Hotline
from app.main import create_app
from models.delivery.outbound import Outbound
from models.inbound import Inbound
from models.requests import Request
from tests import webhooks

pytestmark = pytest.mark.anyio

PARK = {"Latitude": "38.9072", "Longitude": "-77.0369", "Label": "Oak Park", "Address": "12 Oak St"}
WORDS = {
    "nothing": "",
    "blanks": " \n\t ",
    "an emoji": "🙏",
    "emoji": "🙏🏽👨‍👩‍👧‍👦🇺🇸❤️",
    "1,600 characters": "I need food " * 133 + "food",
    "10,000 characters": "groceries " * 1_000,
    "NUL": "I need \0 food\0",
    "only NUL": "\0",
    "half a character": "\ud800 food \udfff",
    "right to left": "أحتاج إلى طعام لعائلتي",
    "right to left, forced": "\u202eI need food\u202c",
    "another script": "我需要食物",
    "digits of another script": "٤٢",
    "a huge number": "CLAIM " + "9" * 400,
    "a number too large": "claim 2147483648",
    "a number": "42",
    "zero": "claim 0",
    "markup": "<Response><Message>hi</Message></Response>",
    "a template": "{number} {0} {{}} %s %(x)s ${x}",
    "SQL": "'; DROP TABLE request; --",
    "stacked accents": "Z" + "\u0301" * 500,
    "invisible": "\u200b\u200d\ufeff",
    "line breaks": "I need\r\nfood\n\n\nfor two",
    "an at": "@",
    "an at and a number": "@42",
    "a number sign": "#",
}


@pytest.fixture
def hotline(twilio_hotline: Hotline) -> Hotline:
    return twilio_hotline


async def send(hotline: Hotline, *bodies: bytes) -> list[int]:
    reached = httpx.ASGITransport(create_app(hotline=hotline))
    async with httpx.AsyncClient(transport=reached, base_url="http://127.0.0.1:8000") as client:
        answers = [
            await client.post("/twilio/message", content=body, headers=webhooks.headers(webhooks.MESSAGE, body))
            for body in bodies
        ]
    assert {answer.headers["content-type"] for answer in answers} == {"text/xml; charset=utf-8"}
    return [answer.status_code for answer in answers]


def number(at: int) -> str:
    return f"+121255501{at:02}"


def answered(hotline: Hotline) -> set[str]:
    """Who is being answered."""
    return hotline.database.read(lambda s: set(s.exec(select(Outbound.to))))


def only(hotline: Hotline) -> Inbound:
    return hotline.database.read(lambda s: s.exec(select(Inbound)).one())


async def test_whatever_is_typed_is_answered(hotline: Hotline) -> None:
    senders = {name: number(at) for at, name in enumerate(WORDS)}
    statuses = await send(
        hotline, *(webhooks.form(webhooks.sms(senders[name], said)) for name, said in WORDS.items())
    )
    assert dict(zip(WORDS, statuses, strict=True)) == dict.fromkeys(WORDS, 200)
    assert [name for name in WORDS if senders[name] not in answered(hotline)] == []
    assert hotline.database.read(lambda s: "failed" in set(s.exec(select(Inbound.intent)))) is False


async def test_bytes_that_are_no_text_are_answered(hotline: Hotline) -> None:
    plain = webhooks.form(webhooks.sms(number(1), "hello"))
    cut = webhooks.form(webhooks.sms(number(2), "hello"))
    bodies = [plain.replace(b"Body=hello", b"Body=%FF%FE%80"), cut.replace(b"Body=hello", b"Body=%E4%BD")]
    assert await send(hotline, *bodies) == [200, 200]
    assert answered(hotline) == {number(1), number(2)}


async def test_a_thousand_unknown_fields_are_kept(hotline: Hotline) -> None:
    more = {f"Novelty{n}": str(n) for n in range(1_001)}
    assert await send(hotline, webhooks.form(webhooks.sms(number(1), "hello", **more))) == [200]
    text = only(hotline)
    assert {name: text.fields[name] for name in more} == more
    assert answered(hotline) == {number(1)}


async def test_a_field_sent_twice_does_no_harm(hotline: Hotline) -> None:
    body = webhooks.form(webhooks.sms(number(1), "hello")) + b"&Body=again&Novelty=1&Novelty=2"
    assert await send(hotline, body) == [200]
    assert only(hotline).body in ("hello", "again")
    assert answered(hotline) == {number(1)}


@pytest.mark.parametrize("missing", ["From", "To", "MessageSid SmsSid SmsMessageSid", "Body", "AccountSid"])
async def test_a_form_that_lacks_something_is_no_accident(hotline: Hotline, missing: str) -> None:
    fields = webhooks.sms(number(1), "hello")
    for name in missing.split():
        del fields[name]
    assert await send(hotline, webhooks.form(fields)) == [200]


async def test_ten_pictures_and_no_words(hotline: Hotline) -> None:
    assert await send(hotline, webhooks.form(webhooks.sms(number(1), "", **webhooks.pictures(10)))) == [200]
    text = only(hotline)
    assert len(text.media) == 10
    assert text.media[9] == [webhooks.pictures(10)["MediaUrl9"], "image/jpeg"]
    assert answered(hotline) == {number(1)}


async def test_pictures_that_are_miscounted(hotline: Hotline) -> None:
    several = webhooks.pictures(2)
    counts = ["99", "-1", "many", "", "1", "²", "٣", "9" * 5_000]
    bodies = [
        webhooks.form(webhooks.sms(number(at), "", **{**several, "NumMedia": count}))
        for at, count in enumerate(counts)
    ]
    assert await send(hotline, *bodies) == [200] * len(counts)
    assert answered(hotline) == {number(at) for at in range(len(counts))}


async def test_a_shared_place_is_kept(hotline: Hotline) -> None:
    assert await send(hotline, webhooks.form(webhooks.whatsapp(number(1), "", **PARK))) == [200]
    assert only(hotline).location == "Oak Park, 12 Oak St (38.9072,-77.0369)"
    assert answered(hotline) == {number(1)}


async def test_a_place_shared_with_a_request_becomes_its_place(hotline: Hotline) -> None:
    assert await send(hotline, webhooks.form(webhooks.whatsapp(number(1), "I need groceries", **PARK))) == [200]
    request = hotline.database.read(lambda s: s.exec(select(Request)).one())
    assert "12 Oak St" in (request.place or "")


async def test_a_pressed_button_is_its_title_and_what_its_id_means(hotline: Hotline) -> None:
    ours = {"ButtonText": "Claim", "ButtonPayload": "h1-claim-42", "ButtonType": "reply"}
    listed = {"ListId": "h1-area-42-7", "ListTitle": "Oak Hill"}
    foreign = {"ButtonText": "STATUS", "ButtonPayload": "claim:42"}
    bodies = [
        webhooks.form(webhooks.whatsapp(number(1), "Claim", **ours)),
        webhooks.form(webhooks.whatsapp(number(2), "", **listed)),
        webhooks.form(webhooks.whatsapp(number(3), "STATUS", **foreign)),
    ]
    assert await send(hotline, *bodies) == [200, 200, 200]
    found = hotline.database.read(lambda s: {text.body: text.intent for text in s.exec(select(Inbound))})
    assert found == {"Claim": "claim", "Oak Hill": "pressed", "STATUS": "status"}


async def test_a_body_that_a_carrier_wrapped_is_unwrapped(hotline: Hotline) -> None:
    wrapped = base64.b64encode("Necesito comida para mis niños".encode()).decode()
    assert await send(hotline, webhooks.form(webhooks.sms(number(1), wrapped))) == [200]
    assert only(hotline).body == "Necesito comida para mis niños"


async def test_what_only_looks_wrapped_is_left_alone(hotline: Hotline) -> None:
    typed = "supercalifragilisticexpialidociousness"
    assert await send(hotline, webhooks.form(webhooks.sms(number(1), typed))) == [200]
    assert only(hotline).body == typed


async def test_everything_whatsapp_says_is_kept(hotline: Hotline) -> None:
    more = {
        "Forwarded": "true",
        "ExternalUserId": "US.1",
        "OriginalRepliedMessageSid": "SM1",
        "InteractiveData": "{}",
    }
    assert await send(hotline, webhooks.form(webhooks.whatsapp(number(1), "hello", **more))) == [200]
    text = only(hotline)
    assert {name: text.fields[name] for name in more} == more
    assert "ChannelMetadata" in text.fields
