"""What a text costs: the table was worked out from 3GPP TS 23.038 and Twilio's own calculator."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import segments

EXTENSION = "^{}\\[~]|€"

TABLE = [
    ("", 1),
    ("a", 1),
    ("a" * 160, 1),
    ("a" * 161, 2),
    ("a" * 306, 2),
    ("a" * 307, 3),
    ("a" * 459, 3),
    ("a" * 460, 4),
    ("a" * 1600, 11),
    ("\n" * 160, 1),
    ("@£$¥èéùìòÇØøÅå", 1),
    ("ñ" * 160, 1),  # Spanish letters that are in the cheap alphabet
    ("ü" * 160, 1),
    ("é" * 160, 1),
    ("¿¡" * 80, 1),
    ("á" * 70, 1),  # and those that are not
    ("á" * 71, 2),
    ("í" * 71, 2),
    ("ó" * 71, 2),
    ("ú" * 71, 2),
    ("ç" * 71, 2),
    ("a" * 160 + "á", 3),  # one of them more than halves the segment
    ("ΔΦΓΛΩΠΨΣΘΞ" * 16, 1),
    ("α" * 71, 2),
    ("€" * 80, 1),  # an escape and a character each
    ("€" * 81, 2),
    ("a" + "€" * 80, 2),
    ("[" * 80, 1),
    ("a" * 159 + "{", 2),
    ("a" * 158 + "}", 1),
    ("a" * 152 + "€" + "a" * 152, 3),  # the pair is not split: it moves to the next segment
    ("`", 1),
    ("`" * 71, 2),  # not in the alphabet, though it looks plain
    ("“smart quotes”" + "a" * 57, 2),
    ("don\u2019t" + "a" * 66, 2),
    ("…" * 70, 1),
    ("—" * 71, 2),
    ("\u00a0" * 71, 2),  # a no-break space
    ("\t" * 71, 2),
    ("😀" * 35, 1),  # two units each
    ("😀" * 36, 2),
    ("😀" * 66, 2),
    ("😀" * 67, 3),  # 33 to a segment: the half that would fit is not sent
    ("👨‍👩‍👧‍👦" * 6, 1),  # eleven units a family
    ("👨‍👩‍👧‍👦" * 7, 2),
    ("👍🏽" * 17, 1),
    ("👍🏽" * 18, 2),
    ("🇺🇸" * 17, 1),
    ("e\u0301" * 36, 2),  # e and a combining accent: two units
    ("مرحبا" * 14, 1),
    ("你好" * 35, 1),
    ("你好" * 36, 2),
    ("привет" * 12, 2),
]  # fmt: skip


@pytest.mark.parametrize(("text", "cost"), TABLE)
def test_cost(text: str, cost: int) -> None:
    assert segments.count(text) == cost


@given(st.text(alphabet=sorted(segments.BASIC), max_size=700))
def test_cheap_characters_cost_160_or_153_a_segment(text: str) -> None:
    expected = 1 if len(text) <= 160 else -(-len(text) // 153)
    assert segments.count(text) == expected


@given(st.text(alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=1, max_size=400))
def test_other_characters_cost_70_or_67_a_segment(text: str) -> None:
    expected = 1 if len(text) <= 70 else -(-len(text) // 67)
    assert segments.count(text) == expected


@given(st.text(max_size=200), st.text(max_size=40))
def test_a_longer_text_never_costs_less(text: str, more: str) -> None:
    assert segments.count(text + more) >= segments.count(text)


@given(st.text(alphabet=st.characters(), max_size=200))
def test_whatever_is_typed_has_a_cost(text: str) -> None:
    units = len(text.encode("utf-16-le", "surrogatepass")) // 2
    assert max(1, units // 160) <= segments.count(text) <= max(1, units)


@given(st.text(alphabet=EXTENSION, min_size=1, max_size=300))
def test_extended_characters_count_two_and_are_never_split(text: str) -> None:
    assert segments.is_gsm7(text)
    expected = 1 if len(text) <= 80 else -(-len(text) // 76)
    assert segments.count(text) == expected


@pytest.mark.parametrize(
    ("dear", "plain"),
    [
        ("Está en camino. " * 5, "Esta en camino. " * 5),
        ("Don\u2019t worry \u2013 somebody is coming\u2026 " * 3, "Don't worry - somebody is coming... " * 3),
        ("Está aquí", "Está aquí"),  # short enough: an accent costs nothing
        ("Está en camino 🙏 " * 5, "Está en camino 🙏 " * 5),  # an emoji makes it dear anyway
    ],
)
def test_an_accent_is_dropped_where_it_would_cost_a_segment(dear: str, plain: str) -> None:
    assert segments.thrifty(dear) == plain


@given(st.text(max_size=200))
def test_writing_plainly_never_costs_more(text: str) -> None:
    assert segments.count(segments.thrifty(text)) <= segments.count(text)
