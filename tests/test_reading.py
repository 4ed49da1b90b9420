"""How a text is read: its language, danger before all else, and each word looked up once at most."""

from collections import Counter
from collections.abc import Sequence

import pytest

from handlers import registry
from handlers.registry import understand
from handlers.understanding.grammar import Grammar
from handlers.understanding.intents import (
    Answer,
    DangerKind,
    Free,
    Order,
    Question,
)
from handlers.understanding.lexicon import Found, Lexicons, lexicons
from handlers.understanding.situation import KnownSituation
from handlers.understanding.words import Token

NOTHING = KnownSituation()
OFFERED_TWO = KnownSituation(offers=(42, 43))
RECEIPT = KnownSituation(question=Question.RECEIPT, options=3)
NEED = KnownSituation(question=Question.NEED, options=4)
PLACE = KnownSituation(question=Question.PLACE)
TONGUES = KnownSituation(question=Question.LANGUAGES, options=3)


@pytest.mark.parametrize(
    ("text", "language", "danger"),
    [
        ("CLAIM 42", "en", False),
        ("tomo 42", "es", False),
        ("claim 42, no puedo respirar", "en", True),
        ("voy 42 chest pain", "es", True),
        ("@42 my son is not breathing", "en", True),
        ("@42 ya voy para allá", "es", False),
        ("clam 42, he is not breathing", "en", True),
        ("my son is not breathing", "en", True),
        ("necesito comida", "es", False),
        ("42", None, False),
        ("", None, False),
    ],
)
def test_a_text_tells_its_language_and_any_danger(text: str, language: str | None, danger: bool) -> None:
    understood = understand(text)
    assert (understood.language, understood.danger) == (language, DangerKind.LIFE if danger else None)


@pytest.mark.parametrize("situation", [NOTHING, NEED, PLACE, RECEIPT, TONGUES, OFFERED_TWO])
@pytest.mark.parametrize(
    "text", ["911", "away he is hitting me", "no, he is not breathing", "only my son is bleeding badly"]
)
def test_danger_comes_before_commands_and_questions(text: str, situation: KnownSituation) -> None:
    intent = understand(text, situation).intent
    assert isinstance(intent, Free)
    assert intent.meaning.emergency


class CountedLexicons(Lexicons):
    """The real lexicons, which keep count of the words that were looked up in them."""

    def __init__(self) -> None:
        super().__init__(lexicons().tables)
        self.looked_up: list[str] = []

    def find(self, words: Sequence[Token]) -> Found:
        self.looked_up += [word.text for word in words]
        return super().find(words)


@pytest.mark.parametrize("situation", [NOTHING, NEED, PLACE, RECEIPT, TONGUES, OFFERED_TWO])
@pytest.mark.parametrize(
    "text",
    [
        "Need groceries for two near Oak St",
        "list of what I need: milk",
        "yes thank you so much",
        "spanish",
        "@42 he is not breathing",
        "DONE 42, left it at the door",
        "clam 42 after 6",
        "ring twice please",
    ],
)
def test_the_lexicon_is_asked_about_each_word_once_at_most(text: str, situation: KnownSituation) -> None:
    counted = CountedLexicons()
    grammar = Grammar(registry.COMMANDS, lexica=counted)
    reading = grammar.read(text)
    _ = reading.language  # who sent it is made known in it, before the situation is looked at
    understood = grammar.understand(reading, situation)
    if isinstance(understood.intent, Free | Answer):
        _ = understood.intent.meaning.as_answer()
    assert Counter(counted.looked_up) <= Counter(token.text for token in reading.tokens)


@pytest.mark.parametrize("text", ["CLAIM 42", "claim 42 43", "tomo 42", "STATUS", "done", "HELP", "hola", "AWAY 3D"])
def test_a_plain_command_is_understood_without_the_lexicon(text: str) -> None:
    counted = CountedLexicons()
    grammar = Grammar(registry.COMMANDS, lexica=counted)
    reading = grammar.read(text)
    assert reading.language is not None
    assert isinstance(grammar.understand(reading).intent, Order)
    assert counted.looked_up == []
