"""What a text costs: segment_table.toml was worked out from 3GPP TS 23.038 and Twilio's own calculator."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.wording import segments

EXTENSION = "^{}\\[~]|€"

TABLE = tomllib.loads((Path(__file__).parent / "segment_table.toml").read_text(encoding="utf-8"))["group"]


def written(row: list[Any]) -> str:
    """The text of a row: its pieces, each as often as it comes."""
    return "".join(piece * times for piece, times in zip(row[1::2], row[2::2], strict=True))


@pytest.mark.parametrize("group", TABLE, ids=[group["name"] for group in TABLE])
def test_texts_cost_what_the_table_says(group: dict[str, Any]) -> None:
    wrong = {
        str(row): segments.count(written(row)) for row in group["rows"] if segments.count(written(row)) != row[0]
    }
    assert wrong == {}


def test_the_table_is_worth_its_name() -> None:
    texts = {written(row) for group in TABLE for row in group["rows"]}
    assert len(texts) >= 400
    assert set("".join(texts)) >= segments.BASIC | segments.EXTENDED


@given(st.integers(min_value=0, max_value=700))
def test_marks_stacked_without_end_are_paid_for(marks: int) -> None:
    expected = 1 if marks < 70 else -(-(marks + 1) // 67)
    assert segments.count("Z" + "\u0301" * marks) == expected


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
    dearest = max(1, -(-units // 67) if units > 70 else 1)
    assert max(1, -(-units // 160)) <= segments.count(text) <= dearest * 2


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
