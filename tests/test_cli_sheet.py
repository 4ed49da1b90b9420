"""Cells and tables nobody would think of: reading them never breaks, and never invents a number."""

import string
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cli.people import addresses, skills
from app.cli.sheets import reading, values
from app.cli.sheets.cells import Unusable, cell

TEXT = st.text() | st.text(alphabet=string.digits + "+-().,eE '=\"x:/#WhatsApp\u202c\u0664\uff12", max_size=40)


@given(TEXT)
def test_a_cell_is_always_read(text: str) -> None:
    assert "\0" not in cell(text)


@given(TEXT, st.sampled_from(["US", "MX", "ES", "HT", "GB"]))
def test_an_address_is_understood_or_refused_with_a_reason(text: str, country: str) -> None:
    try:
        _, value = addresses.read(text, country)
    except Unusable:
        return
    assert value
    assert cell(value) == value


@given(st.integers(2_000_000_000, 9_999_999_999))
def test_a_number_that_survived_the_spreadsheet_is_that_number(number: int) -> None:
    def read(written: str) -> str | None:
        try:
            return addresses.number(written, "US")
        except Unusable:
            return None

    plain = read(str(number))
    assert read(f"{number}.0") == plain
    assert read(f'="{number}"') == plain
    assert read(f"'{number}") == plain
    assert read(f"{number:,}") == plain
    assert read(f"{number / 10**9:.9f}E9") == plain
    assert read(f"{number / 10**9:.9f}E+09".replace(".", ",")) == plain
    assert read(f"{number:.5E}") is None  # what a narrow column leaves: any number could have been meant


@given(st.binary())
def test_a_file_of_anything_is_read_or_refused(data: bytes) -> None:
    try:
        table = reading.read(data, "people")
    except Unusable:
        return
    assert all(row.number > 0 for row in table.rows)


@given(st.lists(st.lists(st.text(max_size=8), min_size=1, max_size=4), max_size=8), st.sampled_from(',;\t"'))
def test_every_line_with_words_is_kept_or_refused(rows: list[list[str]], separator: str) -> None:
    text = "phone,name\n" + "\n".join(separator.join(row) for row in rows)
    table = reading.read(text.encode("utf-8", "replace"), "people")
    numbers = [*(row.number for row in table.rows), *(number for number, _ in table.refused)]
    assert len(set(numbers)) == len(numbers)


@given(st.text())
def test_words_for_yes_no_and_needs_never_break(text: str) -> None:
    for read in (lambda t: values.yes("helper", t), skills.read, values.languages):
        with suppress(Unusable):
            read(text)


@pytest.mark.parametrize("word", ["yes", "Y", "X", "sí", "SI", "1", "true", "Verdadero", "✓"])
def test_ways_to_say_yes(word: str) -> None:
    assert values.yes("helper", word)


@pytest.mark.parametrize("word", ["", " ", "no", "N", "0", "false", "FALSO", "-"])
def test_ways_to_say_no(word: str) -> None:
    assert not values.yes("helper", word)


@pytest.mark.parametrize(
    ("country", "written", "number"),
    [
        ("US", "202-555-0101 call after 5", "+12025550101"),
        ("US", "call (202) 555-0101, evenings", "+12025550101"),
        ("US", "525512345678", "+525512345678"),
        ("US", "5215512345678", "+525512345678"),  # case 12: the older spelling, and no +
        ("MX", "52 1 55 1234 5678", "+525512345678"),
        ("MX", "55 1234 5678", "+525512345678"),
        ("GB", "44 20 7946 0018", "+442079460018"),
    ],
)
def test_a_number_among_words_and_one_without_its_plus(country: str, written: str, number: str) -> None:
    assert addresses.number(written, country) == number


@pytest.mark.parametrize("written", ["202-555-0101 / 202-555-0102", "2025550101;2025550102", "2025550101,2025550102"])
def test_of_two_numbers_in_a_cell_none_is_guessed(written: str) -> None:
    with pytest.raises(Unusable, match=r"several numbers in one place|too many digits|extension"):
        addresses.number(written, "US")
