"""A name is letters, and few of them: it is the one thing of a person that is printed without quotes."""

import regex
from hypothesis import example, given, settings
from hypothesis import strategies as st

from handlers.wording.quoting import one_paragraph
from handlers.wording.summary import name
from tests.examples import every

NAMES = [
    *(
        "Ana",
        "José",
        "María José",
        "O'Neil",
        "Jean-Luc",
        "J.P.",
        "Dr. Ana",
        "Łukasz",
        "Олена",
        "أمل",
        "明美",
        "Nguyễn",
    ),
    *("अनिता", "Max", "Ty", "Grace"),
]
NO_NAMES = [
    *(
        "",
        "12345",
        "Ana1",
        "Ana\u0663",
        "evil.com",
        "bit.ly",
        "Ana: hi",
        "Ana #42",
        "@ana",
        "$ana",
        "Ana (Oak)",
        "🌻",
    ),
    *(
        "Hotline",
        "The Hotline",
        "EMERGENCY",
        "Emergencia",
        "Police",
        "Nine one one",
        "Nadie",
        "STOP",
        "claim",
        "LIST",
    ),
    *("tomo", "Grace Church Aid", "Grace Church", "grace-church aid", "Graсе Сhurсh Аid", "Grαce Church Aid"),
    *(
        "GraceChurchAid",
        "Аnаb",
        "A" * 21,
        "Ana Maria Guadalupe del Carmen",
        "Grace Church Aid Ana",
        "Ana. Confirm: now",
    ),
    *("Ana\U0001d7d9", "'", "Ana\nGrace Church Aid", "Ana & Ben"),
]


@every(NAMES)
def test_names_are_names(said: str) -> None:
    shown = name(said, "Grace Church Aid", whole=True)
    assert shown is not None
    assert shown.name == said


@every(NO_NAMES)
def test_what_is_no_name_is_never_printed_as_one(said: str) -> None:
    shown = name(said, "Grace Church Aid", whole=True)
    assert shown is None or shown.name in ("Ana", "Ana.")


@settings(max_examples=30)
@given(st.text(max_size=60))
@example("Ana\nEastside Mutual Aid: hi")
@example("Eastside Mutual Aid")
def test_a_name_is_letters_and_at_most_twenty(stored: str) -> None:
    for whole in (False, True):
        shown = name(stored, "Eastside Mutual Aid", whole=whole)
        if shown is not None:
            assert len(shown.name) <= 20
            assert regex.fullmatch(r"[\p{L}\p{M} .'-]+", shown.name)
            assert one_paragraph(shown.name) == shown.name
