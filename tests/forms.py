"""Any form that might be posted to a webhook, honest or mad, as bytes; and any way to tamper with it."""

import hashlib
from dataclasses import dataclass, replace
from itertools import count
from urllib.parse import parse_qsl, quote_from_bytes

from hypothesis import strategies as st

from app.web.webhook import LARGEST
from tests import webhooks
from tests.fakes import LINE, PUBLIC, WHATSAPP

SIDS = count(1)
ENDLESS = "".join(hashlib.sha256(b"%d" % n).hexdigest() for n in range(100))  # no index holds it, however packed
MOODS = ["sent", "delivered", "failed", "undelivered", "read", "", "teleported", ENDLESS, "\0"]
NAMES = [
    "Body",
    "From",
    "To",
    "MessageSid",
    "NumMedia",
    "MediaUrl0",
    "ButtonPayload",
    "OptOutType",
    "Latitude",
    "Label",
]
GARBAGE = [b"", b"&", b"&&&", b"=", b"%", b"%zz=%", b"a%2", b"=%00", b"%00=1", b"Body", b";", b"a=1;b=2",
           b"\xff\xfe=\x80", b"Body=%ED%A0%80", b"Body=%F0%9F", b"%C3=%28",
           b"Body=%C0%80", b"+=+", b"NumMedia=%D9%A3"]  # fmt: skip
TYPES = [
    webhooks.FORM,
    f"{webhooks.FORM}; charset=latin-1",
    "application/json",
    "multipart/form-data; boundary=x",
    "text/plain",
    "",
    "x" * 500,
]
ALGORITHMS = [
    "",
    "algorithm=HMAC_SHA1",
    "key=k,algorithm=HMAC_SHA1",
    "key=,algorithm=",
    "=,=;",
    "algorithm",
    "é=ü",
    "x" * 999,
]

words = st.one_of(
    st.text(max_size=40),
    st.text(alphabet=st.characters(), max_size=12),  # halves of characters too
    st.sampled_from(
        ["", " ", "\0", "\0\0x", "CLAIM 1", "STOP", "I need food", "1" * 2_000, "٤٢", "\ud800", "🙏🏽" * 40, "\u202e"]
    ),
)
senders = st.one_of(
    st.integers(0, 99).map("+121255501{:02}".format),
    st.integers(0, 99).map("whatsapp:+121255501{:02}".format),
    st.sampled_from(["", "whatsapp:", "whatsapp:US.1234", "262966", "Anonymous", ENDLESS, "\0", "+12125550100\0"]),
    st.text(max_size=20),
)
sids = st.one_of(words, st.sampled_from([ENDLESS, f"SM{1:032x}"]))
receivers = st.one_of(
    st.sampled_from([LINE, f"whatsapp:{WHATSAPP}", "+12025550150", "", "whatsapp:"]), st.text(max_size=9)
)


@dataclass(frozen=True)
class Post:
    """One request: where to, with what."""

    path: str
    body: bytes
    content_type: str
    settings: str | None = None  # the header that names a hash
    in_pieces: bool = False  # without a Content-Length

    @property
    def signed(self) -> str:
        """What Twilio's signature covers."""
        return f"{PUBLIC}{self.path}{signed_part(self.body)}"

    @property
    def signature(self) -> str:
        return webhooks.sign(PUBLIC + self.path, self.body)

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        given = [(b"content-type", self.content_type.encode())]
        if self.settings is not None:
            given.append((webhooks.SETTINGS, self.settings.encode()))
        return given


def parsed(body: bytes) -> list[tuple[str, str]]:
    """The pairs of a form, byte by byte."""
    return parse_qsl(body.decode("latin-1"), keep_blank_values=True, encoding="latin-1")


def signed_part(body: bytes) -> str:
    pairs = parsed(body)
    return "".join(name + value for name, value in sorted(set(pairs)))


def encoded(pairs: list[tuple[str, str]]) -> bytes:
    def one(text: str) -> str:
        return quote_from_bytes(text.encode("utf-8", "surrogatepass"))

    return "&".join(f"{one(name)}={one(value)}" for name, value in pairs).encode()


@st.composite
def fields(draw: st.DrawFn) -> list[tuple[str, str]]:
    """What Twilio sends for a text, with any of it changed, left out, sent twice or made up."""
    sid = draw(st.sampled_from([f"SM{next(SIDS):032x}", f"SM{1:032x}", "", "\0", ENDLESS]))
    make = draw(st.sampled_from([webhooks.sms, webhooks.whatsapp]))
    given = make("+12125550100", draw(words), sid=sid)
    given |= {"From": draw(senders), "To": draw(receivers)}
    pairs = [(name, value) for name, value in given.items() if draw(st.integers(0, 19))]
    pairs += draw(st.lists(st.tuples(st.one_of(st.sampled_from(NAMES), st.text(max_size=9)), words), max_size=6))
    return draw(st.permutations(pairs)) if draw(st.booleans()) else pairs


@st.composite
def messages(draw: st.DrawFn) -> bytes:
    """The body of a webhook, from honest to pure noise."""
    kind = draw(st.sampled_from(["fields"] * 8 + ["noise", "many", "large", "garbage", "long name"]))
    if kind == "noise":
        return draw(st.binary(max_size=400))
    body = encoded(draw(fields()))
    if kind == "garbage":
        body = b"&".join(draw(st.permutations([body, *draw(st.lists(st.sampled_from(GARBAGE), max_size=5))])))
    elif kind == "many":
        body += b"".join(b"&N%d=%d" % (n, n) for n in range(draw(st.sampled_from([999, 1_001, 3_000]))))
    elif kind == "long name":
        body += b"&" + b"n" * draw(st.sampled_from([5_000, 60_000])) + b"=1"
    elif kind == "large":
        size = LARGEST + draw(st.sampled_from([-1, 0, 1, 5_000]))
        body += b"&X=" + b"x" * max(0, size - len(body) - 3)
    return body


@st.composite
def posts(draw: st.DrawFn) -> Post:
    """A request to either webhook."""
    content_type, pieces = draw(st.sampled_from(TYPES)), draw(st.booleans())
    settings = draw(st.one_of(st.none(), st.sampled_from(ALGORITHMS)))
    if draw(st.integers(0, 3)):
        query = draw(st.sampled_from(["", "", "?a=b", "?%zz", "?a=1&a=1&"]))
        return Post(f"/twilio/message{query}", draw(messages()), content_type, settings, pieces)
    about = draw(st.sampled_from(["?id=1", "?id=2", "?id=0", "?id=", "", "?id=x", "?id=99999999999", "?id=1&id=2"]))
    told = {"MessageStatus": draw(st.sampled_from(MOODS)), "MessageSid": draw(sids), "ErrorCode": draw(words)}
    body = draw(st.one_of(st.just(encoded(list(told.items()))), messages()))
    return Post(f"/twilio/status{about}", body, content_type, settings, pieces)


@st.composite
def tampered(draw: st.DrawFn, post: Post) -> tuple[Post, str]:
    """The request as somebody changed it on the way, and the signature it then bears."""
    signature = post.signature
    how = draw(st.sampled_from(["flip", "cut", "add", "query", "signature", "cut signature", "hash", "path", "case"]))
    if how == "flip" and post.body:
        at = draw(st.integers(0, len(post.body) - 1))
        byte = draw(st.integers(0, 255))
        return replace(post, body=post.body[:at] + bytes([byte]) + post.body[at + 1 :]), signature
    if how == "cut" and post.body:
        at = draw(st.integers(0, len(post.body) - 1))
        return replace(post, body=post.body[:at]), signature
    if how == "add":
        return replace(
            post, body=post.body + b"&" + draw(st.sampled_from([b"Extra=", b"Body=twin", b"From=x"]))
        ), signature
    if how == "query":
        return replace(post, path=post.path + ("&x=1" if "?" in post.path else "?x=1")), signature
    if how == "path":
        other = "status" if "message" in post.path else "message"
        return replace(post, path=f"/twilio/{other}?id=1"), signature
    if how == "hash":
        return replace(post, settings="algorithm=HMAC_SHA256"), signature
    if how == "case":
        return post, signature.swapcase()
    if how == "cut signature":
        return post, signature[: draw(st.integers(0, len(signature) - 1))]
    return post, draw(
        st.sampled_from(["", "=", "A" * 27 + "=", "ünsigned", signature + "=", f" {signature} x", "x" * 9_999])
    )
