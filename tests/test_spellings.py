"""Second spellings of one number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import spellings

CODES = st.sampled_from(["+52", "+521", "+54", "+549", "+55", "+229", "+22901", "+1"])

ONE = {
    "+525512345678": ("+5215512345678", "+520445512345678", "+520455512345678", "+52015512345678"),
    "+5491123456789": ("+541123456789", "+54111523456789", "+549111523456789"),
    "+5492966123456": ("+542966123456", "+54296615123456"),
    "+5592981234567": ("+559281234567",),
    "+2290197123456": ("+22997123456",),
}


@pytest.mark.parametrize("number", ONE)
def test_every_spelling_is_one_number(number: str) -> None:
    assert {spellings.canonical(other) for other in (number, *ONE[number])} == {number}


@pytest.mark.parametrize(
    "number",
    ["+12025550101", "+447700900123", "+551133334444", "+558001234567", "+5255123456", "US.1234", "262966", "+22997"],
)
def test_what_has_no_second_spelling_stays(number: str) -> None:
    assert spellings.forms(number) == (number,)
    assert spellings.canonical(number) == number


@given(
    CODES,
    st.from_regex(r"[0-9]{6,13}", fullmatch=True),
)
def test_a_spelling_of_a_spelling_is_the_same_number(code: str, rest: str) -> None:
    number = code + rest
    known = spellings.canonical(number)
    assert spellings.canonical(known) == known
    assert {spellings.canonical(form) for form in spellings.forms(number)} == {known}
    assert spellings.forms(number)[0] == known


def test_each_plan_says_where_it_is_written() -> None:
    assert all(plan.source for plan in spellings.PLANS)
