"""Only Twilio can sign: one changed byte anywhere and a webhook is nobody's."""

from urllib.parse import urlencode

from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from app.carriers.twilio import signature
from tests import webhooks
from tests.fakes import PREVIOUS, TOKEN

TOKENS = (TOKEN, PREVIOUS)
URL = webhooks.MESSAGE

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
names = words.filter(bool)
forms = st.dictionaries(names, words, min_size=1, max_size=8)
anything = st.lists(st.tuples(st.binary(min_size=1, max_size=8), st.binary(max_size=8)), min_size=1, max_size=6)


def genuine(body: bytes, given: str, url: str = URL, algorithm: str = "HMAC_SHA1") -> bool:
    return signature.genuine(url, signature.fields_of(body), given, TOKENS, algorithm)


@given(forms)
def test_what_twilios_own_library_signs_is_genuine(fields: dict[str, str]) -> None:
    body = urlencode(fields).encode()
    assert genuine(body, RequestValidator(TOKEN).compute_signature(URL, fields))
    assert genuine(body, RequestValidator(PREVIOUS).compute_signature(URL, fields))
    assert not genuine(body, RequestValidator("another token").compute_signature(URL, fields))


@given(forms)
def test_the_newer_hash_is_taken_where_the_header_names_it(fields: dict[str, str]) -> None:
    body = urlencode(fields).encode()
    newer = RequestValidator(TOKEN).compute_signature(URL, fields, "HMAC_SHA256")
    assert genuine(body, newer, algorithm="HMAC_SHA256")
    assert not genuine(body, newer)
    assert not genuine(body, newer, algorithm="HMAC_MD5")


@given(anything)
def test_bytes_that_are_no_text_and_names_sent_twice_are_signed_too(pairs: list[tuple[bytes, bytes]]) -> None:
    body = urlencode(pairs).encode()
    assert genuine(body, webhooks.sign(URL, body))


@given(anything, st.data())
def test_any_change_makes_it_a_forgery(pairs: list[tuple[bytes, bytes]], data: st.DataObject) -> None:
    body = urlencode(pairs).encode()
    given_signature = webhooks.sign(URL, body)
    at = data.draw(st.integers(0, len(pairs) - 1))
    name, value = pairs[at]
    change = data.draw(
        st.sampled_from(
            [
                [*pairs[:at], (name, value + b"x"), *pairs[at + 1 :]],
                [*pairs[:at], (name + b"x", value), *pairs[at + 1 :]],
                [*pairs, (b"added", b"")],
                [*pairs, (name, value + b"twin")],
                [pair for pair in pairs if pair != (name, value)],
            ]
        )
    )
    if signed_bytes(change) != signed_bytes(pairs):
        assert not genuine(urlencode(change).encode(), given_signature)


def signed_bytes(pairs: list[tuple[bytes, bytes]]) -> bytes:
    # Twilio's signature cannot tell where a name ends and its value begins, so such a change is none.
    return b"".join(name + value for name, value in sorted(set(pairs)))


@given(forms, st.integers(0, 27), st.characters(max_codepoint=126))
def test_any_other_signature_is_a_forgery(fields: dict[str, str], at: int, letter: str) -> None:
    body = urlencode(fields).encode()
    right = webhooks.sign(URL, body)
    wrong = right[:at] + letter + right[at + 1 :]
    assert genuine(body, wrong) == (wrong == right)


@given(st.text(max_size=40))
def test_no_signature_can_make_it_stumble(given_signature: str) -> None:
    body = webhooks.form(webhooks.sms("+12025550101", "hello"))
    assert not genuine(body, given_signature)


def test_the_url_is_signed_to_the_letter() -> None:
    body = webhooks.form(webhooks.sms("+12025550101", "hello"))
    right = webhooks.sign(URL, body)
    assert genuine(body, right)
    for url in (URL + "/", URL + "?a=b", URL.replace("https", "http"), URL.replace("hotline.", "hotlime.")):
        assert not genuine(body, right, url=url)


def test_the_port_that_goes_without_saying_may_be_said() -> None:
    fields = webhooks.sms("+12025550101", "hello")
    with_port = URL.replace("example.org", "example.org:443")
    said = RequestValidator(TOKEN).compute_signature(with_port, fields)
    assert genuine(webhooks.form(fields), said)


def test_blank_fields_count() -> None:
    fields = webhooks.sms("+12025550101", "")
    body = webhooks.form(fields)
    assert b"Body=&" in body
    right = webhooks.sign(URL, body)
    assert genuine(body, right)
    assert not genuine(body.replace(b"Body=&", b""), right)


def test_a_field_put_before_its_twin_makes_it_a_forgery() -> None:
    body = webhooks.form(webhooks.sms("+12025550101", "hello"))
    right = webhooks.sign(URL, body)
    assert not genuine(b"Body=other&" + body, right)
    assert not genuine(body + b"&Body=other", right)
