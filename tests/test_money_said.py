"""Money in a text: what is an amount beside DONE, SPENT and GAVE, and all that looks like one and is none."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.registry import understand
from handlers.understanding.intents import Order
from tests.examples import every


def order(text: str) -> Order | None:
    """What a text orders, where it is an order."""
    intent = understand(text).intent
    return intent if isinstance(intent, Order) else None


# (text, numbers, the amount or None, what it was for, the note that the neighbor reads)
DONE: list[tuple[str, tuple[int, ...], str | None, str, str]] = [
    ("DONE 42 $31.50", (42,), "31.50", "", ""),
    ("DONE 42 31.50", (42,), "31.50", "", ""),
    ("done #42, $31.50", (42,), "31.50", "", ""),
    ("done 42 31.50$", (42,), "31.50", "", ""),
    ("done 42 $ 31.50", (42,), "31.50", "", ""),
    ("done 42: 31.50 dollars", (42,), "31.50", "", ""),
    ("done 42 $31", (42,), "31", "", ""),
    ("done 42 spent 31,50", (42,), "31.50", "", ""),
    ("done 42 spent 31", (42,), "31", "", ""),
    ("done 42 i paid 12.50", (42,), "12.50", "", ""),
    ("DONE 42 $1,234.50", (42,), "1234.50", "", ""),
    ("DONE 42 1.234,50 €", (42,), "1234.50", "", ""),
    ("DONE 42 €31,50", (42,), "31.50", "", ""),
    ("DONE 42 £8.20", (42,), "8.20", "", ""),
    ("HECHO 42 $31.50", (42,), "31.50", "", ""),
    ("hecho 42 31,50", (42,), "31.50", "", ""),
    ("hecho 42 gasté 31,50 en hielo", (42,), "31.50", "hielo", ""),
    ("done 42 $31.50 left at the door", (42,), "31.50", "", "left at the door"),
    ("done 42 left at the door, spent $31.50", (42,), "31.50", "", "left at the door"),
    ("done 42 left at the door. $31.50", (42,), "31.50", "", "left at the door"),
    ("done 42 $31.50 for milk, left at the door", (42,), "31.50", "milk", "left at the door"),
    ("done $31.50", (), "31.50", "", ""),
    ("done 42 it came to thirty one dollars", (42,), "31", "", ""),
    ("done 42 the total was $31.50, left it with her son", (42,), "31.50", "", "left it with her son"),
    ("hecho 42 gasté veinticinco dólares con 50", (42,), "25.50", "", ""),
    ("done, spent 31.50", (), "31.50", "", ""),
    ("done 42 43 $31.50", (42, 43), "31.50", "", ""),
    ("i delivered 42 $31.50", (42,), "31.50", "", ""),
    # None of these is money that they laid out.
    ("DONE 42", (42,), None, "", ""),
    ("DONE 42 at 3.15", (42,), None, "", "at 3.15"),
    ("DONE 42 3.15 pm", (42,), None, "", "3.15 pm"),
    ("DONE 42 3:15", (42,), None, "", "3:15"),
    ("DONE 42 left 2 bags", (42,), None, "", "left 2 bags"),
    ("DONE 42 2 bags are left", (42,), None, "", "2 bags are left"),
    ("done 42 43", (42, 43), None, "", ""),
    ("done 42, 43 and 44", (42, 43, 44), None, "", ""),
    ("done 42,43", (42, 43), None, "", ""),
    ("hecho 42,43", (42, 43), None, "", ""),
    ("done 42 43,44", (42, 43, 44), None, "", ""),
    ("done 42 call 202-555-0101", (42,), None, "", "call 202-555-0101"),
    ("done 42 she gave me $20 for you", (42,), None, "", "she gave me $20 for you"),
    ("done 42 spent an hour there", (42,), None, "", "spent an hour there"),
    ("done 42 spent 3 hours there", (42,), None, "", "spent 3 hours there"),
    ("done 42 spent 45 minutes", (42,), None, "", "spent 45 minutes"),
    ("done 42 it was $20 off", (42,), None, "", "it was $20 off"),
]


@every(DONE)
def test_money_beside_done(text: str, numbers: tuple[int, ...], amount: str | None, on: str, note: str) -> None:
    said = order(text)
    assert said is not None
    assert (said.command, said.numbers, said.note) == ("done", numbers, note)
    assert (said.spent.value, said.spent.words) == (Decimal(amount), on) if amount and said.spent else not amount
    assert (said.spent is None) is (amount is None)


# (text, [(number of a request, number of an entry, amount, words), …] as it may be read, the likelier first)
SPENT: list[tuple[str, list[tuple[int | None, int | None, str, str]]]] = [
    ("SPENT 42 31.50", [(42, None, "31.50", "")]),
    ("SPENT 42 31.50 milk and eggs", [(42, None, "31.50", "milk and eggs")]),
    ("spent #42 30", [(42, None, "30", "")]),
    ("spent 42 $30 milk", [(42, None, "30", "milk")]),
    ("SPENT 31.50 ice", [(None, None, "31.50", "ice")]),
    ("SPENT $31.50 ice", [(None, None, "31.50", "ice")]),
    ("spent 12 ice", [(None, None, "12", "ice")]),
    ("spent $31.50 on groceries for #42", [(42, None, "31.50", "groceries for #42")]),
    ("spent 20 2 bags of ice", [(20, None, "2", "bags of ice"), (None, None, "20", "2 bags of ice")]),
    ("GASTE 42 31.50", [(42, None, "31.50", "")]),
    ("gasté 42 31,50", [(42, None, "31.50", "")]),
    ("gasté 31,50 en hielo", [(None, None, "31.50", "hielo")]),
    ("i spent thirty one fifty on ice", [(None, None, "31.50", "ice")]),
    ("spent a hundred and twenty dollars on the fridge", [(None, None, "120", "the fridge")]),
    ("spent 15 dollars and 50 cents on bread", [(None, None, "15.50", "bread")]),
    ("gasté 15 dólares con 50 en pan", [(None, None, "15.50", "pan")]),
    ("pagué treinta y cinco pesos de luz", [(None, None, "35", "luz")]),
    ("spent $.75 on a stamp", [(None, None, "0.75", "a stamp")]),
    ("spent USD 18.25 tape", [(None, None, "18.25", "tape")]),
    ("spent #42 thirty dollars", [(42, None, "30", "")]),
    ("spent 15 dollars and 2 cokes", [(None, None, "15", "and 2 cokes")]),
    ("spent 20 for ana", [(None, None, "20", "for ana")]),
    ("SPENT S12 28.10", [(None, 12, "28.10", "")]),
    ("spent s12 0", [(None, 12, "0", "")]),
]


@every(SPENT)
def test_spent(text: str, readings: list[tuple[int | None, int | None, str, str]]) -> None:
    said = order(text)
    assert said is not None
    assert said.command == "spent"
    assert [(r.number, r.entry, str(r.amount.value), r.words) for r in said.argument] == readings


@every(
    [
        ("GAVE 50", "50", "", True),
        ("GAVE $50 bake sale", "50", "bake sale", True),
        ("GAVE 50 bake sale", "50", "bake sale", False),
        ("gave 50.00 from the church", "50.00", "from the church", True),
        ("di 50", "50", "", True),
        ("DI 50 venta de pasteles", "50", "venta de pasteles", False),
    ]
)
def test_gave(text: str, amount: str, words: str, sure: bool) -> None:
    said = order(text)
    assert said is not None
    assert said.command == "gave"
    assert (str(said.argument.amount.value), said.argument.words, said.argument.sure) == (amount, words, sure)


@every(
    [
        ("OK S12", "approve", (12,)),
        ("ok s12", "approve", (12,)),
        ("Ok S 12", "approve", (12,)),
        ("okay s12, s13 and g14", "approve", (12, 13, 14)),
        ("ok s12 y s13 gracias", "approve", (12, 13)),
        ("approve S12", "approve", (12,)),
        ("ok #S12", "approve", (12,)),
        ("apruebo s12", "approve", (12,)),
        ("ok g3", "approve", (3,)),
        ("s12 is fine", "approve", (12,)),
        ("S12 ok", "approve", (12,)),
        ("esta bien s12", "approve", (12,)),
        ("S12 is too much", None, None),
        ("esta bien", None, None),
        ("looks good", None, None),
        ("spent one night at the shelter", None, None),
        ("i paid my rent late", None, None),
        ("pague tarde la renta", None, None),
        ("ok 12", "claim", None),
        ("ok", "thanks", None),
        ("ok s12 but ask Ben", None, None),
        ("why", None, None),
        ("why is nobody here", None, None),
        ("por qué no viene nadie", None, None),
        ("spent all day in bed", None, None),
        ("spent 3 hours waiting", None, None),
        ("gave it to Ana", None, None),
        ("gave 2 bags of food", None, None),
        ("di que si", None, None),
        ("gave G4 12.50", "gave", None),
        ("purse", "purse", None),
        ("BOTE", "purse", None),
        ("la caja", "purse", None),
        ("my purse was stolen", None, None),
    ]
)
def test_what_is_a_word_for_the_purse(text: str, command: str | None, entries: Any) -> None:
    said = order(text)
    assert (said.command if said else None) == command
    if command == "approve" and entries:
        assert said is not None
        assert said.argument == entries


@every([("WHY S12 was it for two?", 12, "was it for two?"), ("por que s3 hielo", 3, "hielo"), ("why g4", 4, "")])
def test_why(text: str, entry: int, words: str) -> None:
    said = order(text)
    assert said is not None
    assert said.command == "why"
    assert (said.argument.entry, said.argument.words) == (entry, words)


@given(st.integers(1, 9_999_999), st.sampled_from(["${}", "{} $", "$ {}", "€{}", "{}€"]), st.booleans())
def test_an_amount_is_read_to_the_cent(cents: int, written: str, comma: bool) -> None:
    units = f"{cents // 100}.{cents % 100:02}"
    said = order("DONE 42 " + written.format(units.replace(".", ",") if comma else units))
    assert said is not None
    assert said.spent is not None
    assert said.spent.value == Decimal(cents) / 100


@pytest.mark.parametrize("text", ["DONE 42 " + "9" * 40, "SPENT " + "9" * 40, "SPENT 42 5551234567", "GAVE 1e9"])
def test_what_is_no_amount_raises_nothing(text: str) -> None:
    said = order(text)
    assert said is None or said.spent is None
