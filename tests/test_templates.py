"""Every template keeps WhatsApp's rules in every language, and each phrase that leaves by one fills it."""

import re
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.carriers.twilio import contents
from handlers import phrasebook
from handlers.phrasebook import book
from handlers.wording import layouts, templates
from handlers.wording.layouts import LONGEST_BODY, LONGEST_NAME, LONGEST_TITLE, MOST_BUTTONS, Layout
from handlers.wording.templates import ELSEWHERE, KEPT_FOR_DAYS, KNOCKS, TEMPLATES

EVERY = [pytest.param(layout, id=f"{layout.name}-{layout.language}") for layout in layouts.every()]
LONGEST = 160  # characters of a sample, and more than any value but people's words


@pytest.mark.parametrize("layout", EVERY)
def test_whatsapp_approves_nothing_that_breaks_these(layout: Layout) -> None:
    body = layout.body
    assert not body.startswith("{")
    assert not body.endswith("}")
    assert "}{" not in body.replace(" ", ""), "two variables side by side"
    assert len(layout.names) == len(set(layout.names)), "each stands once"
    assert len(re.sub(r"\{\w+\}", "", body).split()) >= 2 * len(layout.names) + 1, "mostly variables"
    assert not re.search(r"[\n\t]| {4}|\*|_|~|#", body)
    assert set(layout.samples) == set(layout.names)
    assert all(sample and layouts.clean(sample) == sample for sample in layout.samples.values())
    room = LONGEST_BODY - sum(layouts.LONGEST_WORDS if n == "words" else layouts.LONGEST_VALUE for n in layout.names)
    assert len(body) <= room


@pytest.mark.parametrize("layout", EVERY)
def test_buttons_fit_and_are_told_apart(layout: Layout) -> None:
    titles = [button.title for button in layout.buttons]
    assert len(titles) == len(set(titles)) <= MOST_BUTTONS
    assert all(0 < len(title) <= LONGEST_TITLE and "{" not in title and title.isprintable() for title in titles)
    assert all(button.says == button.says.upper() for button in layout.buttons)


@pytest.mark.parametrize("layout", EVERY)
def test_what_it_is_called_is_a_name_that_whatsapp_takes(layout: Layout) -> None:
    assert layouts.NAME.fullmatch(layout.called)
    assert len(layout.called) <= LONGEST_NAME
    changed = Layout(layout.name, layout.language, layout.body + "!", layout.samples, layout.buttons)
    assert changed.called != layout.called


@pytest.mark.parametrize("layout", EVERY)
def test_twilio_is_given_a_sample_for_every_variable(layout: Layout) -> None:
    made = contents.resource(layout)
    wanted = set(re.findall(r"\{\{(\d+)\}\}", str(made["types"])))
    assert set(made["variables"]) == wanted == {str(n + 1) for n in range(len(wanted))}
    assert ("twilio/quick-reply" in made["types"]) is bool(layout.buttons)


def test_every_language_has_the_same_templates_with_the_same_variables() -> None:
    first = {name: set(layout.names) for name, layout in layouts.all_in("en").items()}
    for code in phrasebook.languages():
        assert {name: set(layout.names) for name, layout in layouts.all_in(code).items()} == first
        assert {name: len(layout.buttons) for name, layout in layouts.all_in(code).items()} == {
            name: len(layout.buttons) for name, layout in layouts.all_in("en").items()
        }


def test_every_template_is_some_phrases_and_every_phrase_exists() -> None:
    said = book("en").pages["say"]
    assert {use.template for use in TEMPLATES.values()} == set(layouts.all_in("en"))
    assert (set(TEMPLATES) | KNOCKS | KEPT_FOR_DAYS | ELSEWHERE) <= set(said)
    assert not KNOCKS & set(TEMPLATES)


@pytest.mark.parametrize("phrase", TEMPLATES)
def test_a_template_is_filled_with_what_its_phrase_says(phrase: str) -> None:
    """The line's name is always known; every other value is one of the phrase's own."""
    use, said = TEMPLATES[phrase], book("en").pages["say"][phrase]
    forms: list[Any] = list(said.values()) if isinstance(said, dict) else [said]
    own = {name for form in forms for _, name, _, _ in string.Formatter().parse(form) if name}
    wanted = {of for name in layouts.all_in("en")[use.template].names for of in use.filled.get(name, (name,))}
    assert wanted - {"line"} <= own


@pytest.mark.parametrize("code", phrasebook.unspoken())
def test_who_speaks_another_language_reads_the_lines_own(code: str) -> None:
    assert layouts.of("offer", book(code, "es")).language == "es"


@given(st.text(st.characters(codec="utf-8"), max_size=700), st.integers(20, 200))
def test_a_value_is_one_that_whatsapp_takes(words: str, longest: int) -> None:
    value = layouts.clean(f'"{words}"', longest)
    assert len(value) <= longest
    assert not re.search(r"[\n\t\r]| {4}", value)
    assert value.strip()


def test_cut_words_stay_in_their_quotes() -> None:
    assert layouts.clean('at "' + "word " * 40 + '"', 30).endswith('..."')


def test_templates_name_no_phrase_twice() -> None:
    assert templates.KNOCKS.isdisjoint(ELSEWHERE)
