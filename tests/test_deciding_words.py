"""What is heard as a word of deciding together, of the purse, the rules and the history, and what is ordinary talk.

A voice counts for all, so it is taken from nobody who may have meant something else.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.registry import understand
from handlers.understanding.intents import Ambiguous, Answer, Intent, Order, Question, Role
from handlers.understanding.situation import KnownSituation
from tests.examples import every

VOLUNTEER = frozenset({Role.VOLUNTEER})
HOLDING = VOLUNTEER | {Role.HOLDING}
NEIGHBOR = KnownSituation(roles=frozenset({Role.NEIGHBOR}))
IDLE = KnownSituation(roles=VOLUNTEER)
OFFERED = KnownSituation(offers=(42,), roles=VOLUNTEER | {Role.OFFERED})
TALKING = KnownSituation(roles=HOLDING)
ASKED = KnownSituation(question=Question.PROPOSAL, options=2, roles=VOLUNTEER)
PREGUNTADA = KnownSituation(language="es", question=Question.PROPOSAL, options=2, roles=VOLUNTEER)
ASKED_IN_A_TALK = KnownSituation(question=Question.PROPOSAL, options=2, roles=HOLDING)
ASKED_THEN_TALKED = KnownSituation(question=Question.PROPOSAL, options=2, roles=HOLDING, asked_last=False)
ASKED_AND_OFFERED = KnownSituation(
    question=Question.PROPOSAL, options=2, offers=(42,), roles=VOLUNTEER | {Role.OFFERED}
)
EVERYWHERE = (NEIGHBOR, IDLE, OFFERED, TALKING, ASKED, PREGUNTADA, ASKED_IN_A_TALK, ASKED_THEN_TALKED)
NEW = frozenset(
    "propose proposals proposal agree aside block ask amend rules history spent gave approve why purse".split()
)


def heard(text: str, situation: KnownSituation) -> Intent:
    return understand(text, situation).intent


def command(text: str, situation: KnownSituation) -> str | None:
    intent = heard(text, situation)
    return intent.command if isinstance(intent, Order) else None


def choice(text: str, situation: KnownSituation) -> int | str | None:
    """The digit of an answer, "asked" where we would ask back, None where it is no answer."""
    intent = heard(text, situation)
    return (intent.choice or "asked") if isinstance(intent, Answer) else None


@every(
    [
        "why",
        "why?",
        "why is nobody here",
        "ask",
        "ask Ben",
        "ask him 2 times",
        "block of cheese",
        "blocked by snow",
        "aside from that i need bread",
        "agreed with my sister that she comes",
        "what changed",
        "what has changed?",
        "what are the rules",
        "the rules of the shelter are strict",
        "rules for my lease are unclear",
        "history of asthma, need an inhaler",
        "the history teacher at 14 Oak St needs a ride",
        "my purse was stolen",
        "the purse is empty, need food",
        "spent all day in bed",
        "spent 3 hours waiting",
        "gave it to Ana",
        "gave 2 bags of food",
        "came in late, sorry",
        "amend",
        "a proposal for my landlord",
        "por que no viene nadie",
        "porque no puedo",
        "que cambio?",
        "cuales son las reglas",
        "historia clinica de mi mama",
        "di que si",
        "aparte necesito leche",
        "bloqueo de la calle, no puedo salir",
        "pregunta: tienen panales?",
        "la caja esta vacia",
    ]
)
def test_these_are_ordinary_words_to_everybody(text: str) -> None:
    assert [command(text, each) for each in EVERYWHERE if command(text, each) in NEW] == []


@every(
    [
        ("ok", NEIGHBOR, "thanks"),
        ("ok", IDLE, "thanks"),
        ("ok", OFFERED, "claim"),
        ("ok", TALKING, "thanks"),
        ("yes", OFFERED, "claim"),
        ("no", OFFERED, "pass"),
        ("i agree", NEIGHBOR, None),
        ("i agree", IDLE, None),
        ("i agree", OFFERED, None),
        ("i agree", TALKING, None),
        ("i agree", ASKED, "agree"),
        ("i agree", ASKED_IN_A_TALK, "agree"),
        ("i agree", ASKED_THEN_TALKED, None),
        ("block: too far", ASKED_THEN_TALKED, None),
        ("block", IDLE, None),
        ("block", ASKED, "block"),  # and we ask why
        ("block it i work nights", ASKED, "block"),
        ("block it i work nights", ASKED_THEN_TALKED, None),
        ("im ok w that", ASKED, "agree"),
        ("im ok w that", TALKING, None),
        ("voto a favor", ASKED, "agree"),
        ("voto a favor", OFFERED, None),
        ("cancel my proposal", IDLE, "proposal"),
        ("cancel my ride", IDLE, None),
        ("block", ASKED_THEN_TALKED, None),
        ("BLOCK 7 too far", ASKED_THEN_TALKED, "block"),
        ("AGREE 7", TALKING, "agree"),
        ("RULES", IDLE, "rules"),
        ("HISTORY", IDLE, "history"),
        ("HISTORY H12", ASKED, "history"),
        ("PURSE", TALKING, "purse"),
        ("spent 20 on milk", IDLE, "spent"),
        ("spent 20 on milk", TALKING, "spent"),
        ("spent 20 on milk", ASKED, "spent"),
        ("ok s12", OFFERED, "approve"),
        ("ok s12", ASKED, "approve"),
        ("why s12", TALKING, "why"),
    ]
)
def test_what_these_are_in_this_state(text: str, situation: KnownSituation, meant: str | None) -> None:
    assert command(text, situation) == meant


@every(
    [
        ("yes", 1, 1),
        ("ok", 1, 1),
        ("1", 1, 1),
        ("no", 2, 2),
        ("2", 2, 2),
        ("yes good idea", 1, 1),
        ("yes, let's do it", 1, 1),
        ("no, not for me", 2, 2),
        ("no i dont like it", 2, 2),
        ("no thanks", 2, 2),
        ("sí, me parece bien", 1, 1),
        ("no me gusta", 2, 2),
        ("no estoy de acuerdo", 2, 2),
        # More is said than that, or something near it: we ask what it is, but never in a talk.
        ("yes but not on mondays", "asked", None),
        ("sí pero no los lunes", "asked", None),
        ("yup i'm free", "asked", None),
        ("yes except in winter", "asked", None),
        ("sounds good", "asked", None),
        ("not yet", "asked", None),
        # These are about something else.
        ("no electricity. hot. starving.", None, None),
        ("no shelter and no tent thanks", None, None),
        ("no tengo comida", None, None),
        ("can't get to the store til monday", None, None),
        ("yes?", None, None),
        ("ok when?", None, None),
        ("nobody came", None, None),
    ]
)
def test_a_voice_in_plain_words(text: str, alone: int | str | None, in_a_talk: int | str | None) -> None:
    assert choice(text, ASKED) == alone
    assert choice(text, ASKED_IN_A_TALK) == in_a_talk


@every(["yes", "ok", "no", "yes good idea", "i agree", "sounds good", "👍"])
def test_a_yes_to_whom_they_talk_with_is_no_voice(text: str) -> None:
    assert not isinstance(heard(text, ASKED_THEN_TALKED), Answer)
    assert command(text, ASKED_THEN_TALKED) not in NEW


@every(["yes", "no", "ok", "👍"])
def test_where_a_request_waits_too_nobody_guesses(text: str) -> None:
    assert isinstance(heard(text, ASKED_AND_OFFERED), Ambiguous)


@pytest.mark.parametrize("question", [None, *Question])
@pytest.mark.parametrize("text", ["yes except mondays", "si menos los lunes", "no", "ok", "1", "2", "why", "history"])
def test_no_question_makes_these_too_odd(question: Question | None, text: str) -> None:
    options = 3 if question is Question.RECEIPT else 2
    situation = KnownSituation(question=question, options=options, roles=VOLUNTEER)
    assert isinstance(heard(text, situation), Intent)


@given(
    st.sampled_from(["yes", "no", "ok", "sí", "nope"]),
    st.lists(st.sampled_from("milk bread tomorrow stairs kids 14 oak st truck doctor need".split()), min_size=1),
)
def test_a_voice_has_nothing_else_in_it(reply: str, others: list[str]) -> None:
    assert choice(f"{reply} {' '.join(others)}", ASKED) in (None, "asked")
