"""Who has seen one signed webhook can sign no other: however it is cut anew, it says the same or nothing.

A signature covers the address and then names and values as one string, so every cut of that string is signed.
"""

import itertools
import sys
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import event, example, given
from hypothesis import strategies as st

from app.carriers.base import StatusUpdate, Webhook
from app.carriers.twilio.account import Account
from app.carriers.twilio.carrier import Twilio
from app.hotline import Hotline
from app.main import create_app
from models.inbound import Heard
from tests import webhooks
from tests.fakes import ACCOUNT, PUBLIC, TOKEN, TwilioRecorder, twilio_settings
from tests.serving import within

NOW = datetime(2026, 3, 3, 15, tzinfo=UTC)
SID, OTHER = f"SM{1:032x}", f"SM{2:032x}"
ANA = "+12025550101"
CARRIER = Twilio(Account(ACCOUNT, (TOKEN,), "http://127.0.0.1:9", PUBLIC))
QUOTED = {"OriginalRepliedMessageSid": OTHER, "OriginalRepliedMessageSender": "whatsapp:+12025550100"}
CALLBACK = {"SmsSid": SID, "SmsStatus": "sent", "MessageStatus": "sent", "MessageSid": SID, "AccountSid": ACCOUNT}

# What might be captured: where it was posted to, and its fields. Two of them name the id of another text.
CAPTURED = {
    "an SMS": ("/twilio/message", webhooks.sms(ANA, "I need food", sid=SID)),
    "a reply to a text of ours": ("/twilio/message", webhooks.whatsapp(ANA, "yes", sid=SID, **QUOTED)),
    "one that holds another": (
        "/twilio/message",
        webhooks.sms(ANA, f"xFrom+12025550199MessageSid{OTHER}To+12025550100Z", sid=SID),
    ),
    "a callback": ("/twilio/status?id=12", CALLBACK),
}
NAMES = [b"MessageSid", b"SmsMessageSid", b"SmsSid", b"AccountSid", b"From", b"To", b"Body", b"MessageStatus"]


def signed_string(fields: dict[str, str]) -> bytes:
    return b"".join(name + value for name, value in sorted((n.encode(), v.encode()) for n, v in fields.items()))


def posted(path: str, pairs: list[tuple[bytes, bytes]]) -> Webhook:
    address, _, query = path.partition("?")
    body = b"&".join(f"{quote_from_bytes(n)}={quote_from_bytes(v)}".encode() for n, v in pairs)
    return Webhook("twilio", address, query, body, NOW)


def heard(path: str, pairs: list[tuple[bytes, bytes]], signature: str) -> Heard | StatusUpdate | None:
    """What is taken of a call with this signature."""
    call = posted(path, pairs)
    return CARRIER.parse(call) if CARRIER.verify(call, {"X-Twilio-Signature": signature}) else None


def signature_of(path: str, fields: dict[str, str]) -> str:
    return webhooks.sign(PUBLIC + path, webhooks.form(fields))


def about(said: Heard | StatusUpdate | None) -> tuple[object, ...]:
    """What may not change."""
    if isinstance(said, Heard):
        return (said.id,)
    return () if said is None else (said.outbound_id, said.sid)


@st.composite
def cuts(draw: st.DrawFn) -> tuple[str, str, list[tuple[bytes, bytes]]]:
    """A captured call, and its signed string cut at any places, most of them where a name begins or ends."""
    kind = draw(st.sampled_from(sorted(CAPTURED)))
    path, fields = CAPTURED[kind]
    blob = signed_string(fields)
    moved = draw(st.integers(0, 2)) if "?" in path else 0
    if moved:  # the address and the first name have no boundary either
        path, blob = path[:-moved], path[-moved:].encode() + blob
    edges = {0, len(blob)}
    for name in draw(st.lists(st.sampled_from(NAMES), unique=True)):
        at = -1
        while (at := blob.find(name, at + 1)) >= 0:
            if draw(st.booleans()):
                edges |= {at, at + len(name)}
                edges |= {at + len(name) + 34} if draw(st.booleans()) and at + len(name) + 34 < len(blob) else set()
    edges |= set(draw(st.lists(st.integers(0, len(blob)), max_size=3)))
    places = sorted(edges)
    pieces = [blob[a:b] for a, b in itertools.pairwise(places)]
    pieces += [b""] * (len(pieces) % 2)
    return kind, path, list(zip(pieces[::2], pieces[1::2], strict=True))


@given(cuts())
@example(("an SMS", "/twilio/message", [(b"AccountSid", b"x")]))
def test_however_it_is_cut_it_says_the_same_or_nothing(cut: tuple[str, str, list[tuple[bytes, bytes]]]) -> None:
    kind, path, pairs = cut
    honest_path, fields = CAPTURED[kind]
    signature = signature_of(honest_path, fields)
    honest = heard(honest_path, [(n.encode(), v.encode()) for n, v in fields.items()], signature)
    said = heard(path, pairs, signature)
    event(f"{kind}: {'nothing' if said is None else 'the same'}")
    assert said is None or about(said) == about(honest) or kind == "one that holds another"
    assert about(said) in ((), (SID,), (12, SID))


Pairs = list[tuple[bytes, bytes]]
SMS, REPLY, HELD = CAPTURED["an SMS"], CAPTURED["a reply to a text of ours"], CAPTURED["one that holds another"]


def honest_pairs(fields: dict[str, str]) -> Pairs:
    return sorted((name.encode(), value.encode()) for name, value in fields.items())


def longer() -> Pairs:
    """The id has all that follows it in its value."""
    pairs = honest_pairs(SMS[1])
    at = [name for name, _ in pairs].index(b"MessageSid")
    (name, value), following = pairs[at], pairs[at + 1]
    return [*pairs[:at], (name, value + b"".join(following)), *pairs[at + 2 :]]


def replied_to() -> Pairs:
    """The true id and all up to that of the other text become one field that nobody reads."""
    pairs = honest_pairs(REPLY[1])
    names = [name for name, _ in pairs]
    at, other = names.index(b"MessageSid"), names.index(b"OriginalRepliedMessageSid")
    hidden = signed_string({n.decode(): v.decode() for n, v in pairs[at:other]}) + b"OriginalReplied"
    return [*pairs[:at], (hidden[:9], hidden[9:]), (b"MessageSid", OTHER.encode()), *pairs[other + 1 :]]


def written() -> Pairs:
    """Somebody's own words say who they are, and the rest becomes one field that nobody reads."""
    blob = signed_string(HELD[1])
    names = [b"AccountSid", b"ApiVersion", b"Body", b"From", b"MessageSid", b"To", b"Z"]
    at = [blob.index(names[0])]
    for name in names[1:]:
        at.append(blob.index(name, at[-1] + 1))
    ends = [*at[1:], len(blob)]
    return [(name, blob[a + len(name) : b]) for name, a, b in zip(names, at, ends, strict=True)]


ATTACKS = {
    "a longer id": (*SMS, longer()),
    "the id of what was replied to": (*REPLY, replied_to()),
    "an id that somebody wrote": (*HELD, written()),
}


def test_a_captured_call_makes_no_second_text(database_url: str) -> None:
    """Posted as it was captured, and then cut anew, which is signed all the same."""
    settings = twilio_settings(database_url)
    hotline = Hotline(settings, carrier=TwilioRecorder(settings))
    post = within(create_app(hotline=hotline))
    hotline.prepare()
    made = {}
    for attack, (path, fields, pairs) in ATTACKS.items():
        assert pairs == sorted(pairs)
        assert b"".join(name + value for name, value in pairs) == signed_string(fields)
        headers = webhooks.headers(PUBLIC + path, webhooks.form(fields))
        post(PUBLIC + path, webhooks.form(fields), headers)
        before = hotline.counts()["handled"]
        post(PUBLIC + path, posted(path, pairs).body, headers)
        made[attack] = hotline.counts()["handled"] - before
    hotline.stop()
    sys.stdout.write(f"texts made of a captured call: {made}\n")
    assert made == dict.fromkeys(ATTACKS, 0)


@pytest.mark.parametrize("sid", ["SM1", "SM" + "g" * 32, f"{SID}0", f" {SID}", f"SM{'0' * 31}", "CA" + "0" * 32, ""])
def test_what_is_no_id_of_twilios_is_no_text(sid: str) -> None:
    fields = webhooks.sms(ANA, "hello", sid=SID) | {"MessageSid": sid, "SmsSid": sid, "SmsMessageSid": sid}
    pairs = [(n.encode(), v.encode()) for n, v in fields.items()]
    assert heard("/twilio/message", pairs, signature_of("/twilio/message", fields)) is None


def test_an_mms_and_capitals_are_ids_too() -> None:
    for sid in (f"MM{'ab' * 16}", f"SM{'AB' * 16}"):
        fields = webhooks.sms(ANA, "hello", sid=sid)
        pairs = [(n.encode(), v.encode()) for n, v in fields.items()]
        said = heard("/twilio/message", pairs, signature_of("/twilio/message", fields))
        assert isinstance(said, Heard)
        assert said.id == sid


def test_another_account_is_not_ours() -> None:
    for path, fields in (SMS, CAPTURED["a callback"]):
        other = fields | {"AccountSid": ACCOUNT[:-1] + "9"}
        pairs = [(n.encode(), v.encode()) for n, v in other.items()]
        assert heard(path, pairs, signature_of(path, other)) is None


def test_a_callback_is_about_no_shorter_number() -> None:
    """`?id=12` and the fields that follow are signed as one: as `?id=1` with a field that begins with a 2, too."""
    path, fields = CAPTURED["a callback"]
    signature = signature_of(path, fields)
    pairs = sorted((n.encode(), v.encode()) for n, v in fields.items())
    honest = heard(path, pairs, signature)
    assert isinstance(honest, StatusUpdate)
    assert honest.outbound_id == 12
    for moved in ([(b"2", b""), *pairs], [(b"2" + pairs[0][0], pairs[0][1]), *pairs[1:]]):
        call = replace(posted("/twilio/status?id=1", moved))
        assert CARRIER.verify(call, {"X-Twilio-Signature": signature})
        assert CARRIER.parse(call) is None


def test_an_honest_reply_that_names_another_text_is_heard() -> None:
    path, fields = REPLY
    pairs = [(n.encode(), v.encode()) for n, v in fields.items()]
    said = heard(path, pairs, signature_of(path, fields))
    assert isinstance(said, Heard)
    assert (said.id, said.fields["OriginalRepliedMessageSid"]) == (SID, OTHER)
