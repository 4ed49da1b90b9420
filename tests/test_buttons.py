"""Buttons and lists: what they show fits, what they bring back means what they showed, and nothing else ever."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.carriers.twilio import rich
from handlers import phrasebook, registry
from handlers.needs import intake
from handlers.understanding import button_ids
from handlers.understanding.intents import Order, Pressed, Verb
from handlers.understanding.situation import KnownSituation
from handlers.wording import buttons
from models.delivery.shown import Shape
from models.inbound import Manner

OWN = [
    Pressed(Verb.CLAIM, 42),
    Pressed(Verb.PASS, 42),
    *(Pressed(Verb.RECEIPT, 42, choice) for choice in button_ids.RECEIPTS),
    *(Pressed(Verb.NEED, number, need) for need in buttons.NEEDS for number in (0, 42)),
    Pressed(Verb.AREA, 42, "7"),
]
FOREIGN = [
    *("h2-claim-42", "h1-claim-0", "h1-claim-42-yes", "h1-claim-042", "h1-claim-٤٢", "h1-pay-42", "h1-receipt-42"),
    *("h1-receipt-42-maybe", "h1-need-42-yacht", "h1-area-42", "h1-area-42-oak", "claim-42", "CLAIM 42"),
    *("h1-claim-42\n", "h1-claim-4294967296", "", " "),
]
FIELDS = "ButtonPayload ListId InteractiveData Body ButtonText ListTitle Forwarded MessageType".split()
NO_REPLY = ["", "[]", "{", "null", '{"list_reply": 3}', '{"list_reply": {"id": 3}}', "[" * 9999]


@pytest.mark.parametrize("language", phrasebook.languages())
def test_titles_fit_in_every_language(language: str) -> None:
    page = phrasebook.book(language).pages["buttons"]
    titles = {name: title for name, title in page.items() if name != "instead"}
    assert set(titles) == {
        *map(str, (Verb.CLAIM, Verb.PASS)),
        *button_ids.RECEIPTS,
        *map(str, buttons.NEEDS),
        "choose",
    }
    rows = {*map(str, buttons.NEEDS)}
    longest = {name: buttons.LONGEST_ROW if name in rows else buttons.LONGEST_BUTTON for name in titles}
    assert {name for name, title in titles.items() if not 0 < len(title) <= longest[name]} == set()
    assert len(set(titles.values())) == len(titles)


@pytest.mark.parametrize("language", phrasebook.languages())
def test_what_buttons_say_is_said_once(language: str) -> None:
    pages = phrasebook.book(language).pages
    assert set(pages["buttons"]["instead"]) == set(buttons.BESIDE)
    for phrase, instead in pages["buttons"]["instead"].items():
        assert instead in pages["say"][phrase], phrase


@pytest.mark.parametrize("language", phrasebook.languages())
def test_a_title_alone_is_the_same_act(language: str) -> None:
    """A press whose id is lost on the way, for one: Twilio's list of what came in has none."""
    page = phrasebook.book(language).pages["buttons"]
    situation = KnownSituation(language=language, offers=(42,), quoted=42)
    for verb in (Verb.CLAIM, Verb.PASS):
        assert registry.understand(page[verb], situation).intent == Order(verb, (42,)), page[verb]


def test_what_is_offered_is_what_digits_stand_for() -> None:
    assert buttons.NEEDS == intake.OFFERED_NEEDS
    assert buttons.MOST_AREAS == intake.OFFERED_AREAS


@pytest.mark.parametrize(("language", "shape"), buttons.shapes())
def test_no_more_is_shown_than_whatsapp_shows(language: str, shape: Shape) -> None:
    assert shape.rows <= buttons.MOST_ROWS
    assert 0 < len(shape.titles) <= buttons.MOST_BUTTONS
    assert all(0 < len(title) <= buttons.LONGEST_BUTTON for title in shape.titles)


@pytest.mark.parametrize(
    ("said", "manner"),
    [
        ({"Forwarded": "true"}, Manner.FORWARDED),
        ({"FrequentlyForwarded": "true"}, Manner.FORWARDED),
        ({"Forwarded": "false", "MessageType": "text"}, None),
        ({"MessageType": "reaction"}, Manner.REACTION),
        ({"MessageType": "EDITED"}, Manner.EDIT),
        ({"MessageType": "revoke"}, Manner.DELETION),
        ({"MessageType": "hologram"}, None),
        ({}, None),
    ],
)
def test_how_a_text_came(said: dict[str, str], manner: Manner | None) -> None:
    assert rich.manner(said) is manner


@pytest.mark.parametrize("button", OWN)
def test_an_id_is_read_as_it_was_written(button: Pressed) -> None:
    assert button_ids.read(button_ids.write(button)) == button


@pytest.mark.parametrize("foreign", FOREIGN)
def test_what_is_not_exactly_ours_is_none_of_ours(foreign: str) -> None:
    assert button_ids.read(foreign) is None


@given(st.one_of(st.text(max_size=300), st.from_regex(r"h\d-\w+-\d+(-\w+)?")))
def test_any_id_is_read(text: str) -> None:
    found = button_ids.read(text)
    assert found is None or button_ids.write(found) == text


@given(st.dictionaries(st.sampled_from(FIELDS), st.text(max_size=250)))
def test_any_form_is_read(said: dict[str, str]) -> None:
    assert rich.pressed(said) is None or len(rich.pressed(said) or "") <= rich.LONGEST_ID
    assert isinstance(rich.words(said), str)
    assert rich.manner(said) in (None, *Manner)


@pytest.mark.parametrize(
    "data",
    [
        {"type": "list_reply", "list_reply": {"id": "h1-need-0-food", "title": "Food"}},
        {"interactive": {"button_reply": {"id": "h1-need-0-food", "title": "Food"}}},
    ],
)
def test_interactive_data_carries_a_reply(data: dict[str, object]) -> None:
    said = {"InteractiveData": json.dumps(data)}
    assert (rich.pressed(said), rich.words(said)) == ("h1-need-0-food", "Food")


@pytest.mark.parametrize(
    "data", ["", "[]", "{", "null", '{"list_reply": 3}', '{"list_reply": {"id": 3}}', "[" * 9999]
)
def test_interactive_data_that_is_none(data: str) -> None:
    assert rich.pressed({"InteractiveData": data}) is None
