"""`hotline parse`: one text a line in, the same text and what it means out, whatever the bytes."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.command import Command, process

FREE: dict[str, Any] = {
    "needs": [],
    "people": None,
    "urgent": False,
    "emergency": False,
    "place": None,
    "language": None,
}


def parsed(data: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Command().good("parse", "--json", input=data).splitlines()]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("CLAIM 42", {"intent": "claim", "numbers": [42], "note": "", "language": "en"}),
        ("tomo 42 y 43", {"intent": "claim", "numbers": [42, 43], "note": "", "language": "es"}),
        ("drop 42 my car broke", {"intent": "drop", "numbers": [42], "note": "my car broke", "language": "en"}),
        ("HELP", {"intent": "help", "numbers": [], "note": "", "language": "en"}),
        ("away 3d", {"intent": "away", "numbers": [], "note": "", "hours": 72, "language": "en"}),
        ("max 2", {"intent": "max", "numbers": [], "note": "", "count": 2, "language": "en"}),
        ("only rides", {"intent": "only", "numbers": [], "note": "", "needs": ["transport"], "language": "en"}),
        ("duty off", {"intent": "duty", "numbers": [], "note": "", "on": False, "language": "en"}),
        ("", {"intent": "other", **FREE}),
        ("\U0001f642", {"intent": "other", **FREE}),
    ],
)
def test_the_contract(text: str, said: dict[str, Any]) -> None:
    assert parsed(text.encode() + b"\n") == [{"text": text, **said}]


def test_free_words() -> None:
    text = "We need groceries for 4 near 3rd ave"
    (said,) = parsed(text.encode())
    known = {"intent": "ask", "needs": ["food"], "people": 4, "place": said["place"], "language": "en"}
    assert said == {"text": text, **FREE, **known}
    assert "3rd ave" in said["place"].lower()


def test_a_language_is_named_by_its_code() -> None:
    (said,) = parsed("español".encode())
    assert (said["intent"], said["code"]) == ("language", "es")


def test_one_line_out_for_each_line_in() -> None:
    data = b"\xef\xbb\xbfCLAIM 42\r\n\n\xff\xfe\n a\x0bb\x0cc\xe2\x80\xa8d\re \nCLAIM 43"
    assert [said["intent"] for said in parsed(data)] == ["claim", "other", "other", "other", "claim"]


def test_nothing_in_nothing_out() -> None:
    assert parsed(b"") == []


@settings(max_examples=40, deadline=None)
@given(st.binary() | st.lists(st.text(), max_size=5).map(lambda t: "\n".join(t).encode("utf-8", "surrogatepass")))
def test_any_bytes_give_as_many_objects_as_lines(data: bytes) -> None:
    expected = data.count(b"\n") + (not data.endswith(b"\n") and data != b"")
    for said in (found := parsed(data)):
        assert {"text", "intent", "language"} <= said.keys()
    assert len(found) == expected


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\ufeff")), max_size=5))
def test_each_text_is_echoed_as_it_came(texts: list[str]) -> None:
    assert [said["text"] for said in parsed("".join(text + "\n" for text in texts).encode())] == texts


def test_for_people() -> None:
    said = Command().good("parse", input="claim 42 after 6\n\nduty on\n")
    assert said.splitlines() == [
        "claim 42 after 6",
        "    claim  numbers 42  note after 6  language en",
        "",
        "    other",
        "duty on",
        "    duty  on  language en",
    ]


def test_a_text_cannot_color_the_terminal_nor_turn_what_stands_beside_it() -> None:
    said = Command().good("parse", "--explain", input="claim 42 \x1b[31mred \x9b1m \u202egro\u2028up\u2066\n")
    assert said.splitlines()[0] == "claim 42 [31mred 1m gro up"
    assert all(line.isprintable() for line in said.splitlines())


def test_what_led_to_it_is_explained_below_each_text() -> None:
    said = Command().good("parse", "--explain", input="necesito pañales\n\nclaim 42\n")
    assert said.splitlines() == [
        "necesito pañales",
        "    ask  needs baby  language es",
        '        ask: "necesito"  [kind] asking in es.toml',
        '        baby: "pañales"  [needs] baby in es.toml',
        "",
        "    other",
        "claim 42",
        "    claim  numbers 42  language en",
        "        a command, by the phrasebook's [hear]",
    ]


def test_the_real_command_answers_line_by_line(tmp_path: Path) -> None:
    running = process(["parse", "--json"], tmp_path, LANG="C")
    assert running.stdin is not None
    assert running.stdout is not None
    for text, number in (("tómo 42 después", 42), ("CLAIM 43", 43)):
        running.stdin.write(text + "\n")
        running.stdin.flush()
        assert json.loads(running.stdout.readline())["numbers"] == [number]
    out, err = running.communicate(timeout=30)
    assert (out, err, running.returncode) == ("", "", 0)
    assert list(tmp_path.iterdir()) == []  # it needs no database and makes none
