"""A negation is never its opposite, in any language, and words that trust or end something are forgiven no typo."""

import sys
from collections.abc import Iterator

import pytest

from handlers import phrasebook
from handlers.registry import BY_NAME, COMMANDS, GRAMMAR, understand
from handlers.understanding.intents import Answer, Free, Intent, Order, Question
from handlers.understanding.phrases import key_of
from handlers.understanding.situation import KnownSituation, Situation

SITUATIONS: tuple[Situation, ...] = (
    KnownSituation(),
    KnownSituation(offers=(42,)),
    KnownSituation(question=Question.RECEIPT, options=3),
    KnownSituation(own=(42,)),
)
# What gives up or turns down what another command takes, and what a "no" before it therefore may be.
TURNS_DOWN = frozenset({"pass", "drop", "nevermind", "stop"})
GRAVE = ("vouch", "done", "drop", "nevermind", "stop", "close", "assign", "open")
PREFIXES = ("un", "de", "dis", "des", "in", "re", "mis", "no", "not", "non", "dont", "non-", "de-", "un-")


def spellings(code: str, *tables: str) -> Iterator[tuple[str, str]]:
    book = phrasebook.book(code).pages
    for table in tables:
        for key, spelled in book[table].items():
            command = next(c.name for c in COMMANDS if key in c.keys)
            yield from ((command, spelling) for spelling in spelled)


def heard_as_they_are(code: str) -> set[tuple[str, ...]]:
    """Every whole phrase that people type: "no puedo con" is PASS, and says so itself."""
    book = phrasebook.book(code).pages
    return {key_of(s) for table in ("hear", "hear_with_number", "reply") for ss in book[table].values() for s in ss}


DENIED = [
    (code, command, f"{negation} {spelling}")
    for code in phrasebook.languages()
    for negation in phrasebook.book(code).pages["function_words"]["negation"]
    for command, spelling in spellings(code, "hear", "hear_with_number")
]


def acts(intent: Intent, command: str) -> bool:
    """Whether a text that denies this command does it, or takes, trusts or closes something instead."""
    if isinstance(intent, Answer):
        return True  # "no" to "did you get it?" would open the request again
    return isinstance(intent, Order) and (intent.command == command or intent.command not in TURNS_DOWN)


@pytest.mark.parametrize("part", [13, pytest.param(1, marks=pytest.mark.campaign)])
@pytest.mark.parametrize("code", phrasebook.languages())
def test_a_denied_command_is_never_done_nor_is_its_opposite(code: str, part: int) -> None:
    """One in so many of all that can be denied, before all kinds of numbers and in all kinds of situations."""
    whole = heard_as_they_are(code)
    no = {key_of(n) for n in phrasebook.book(code).pages["function_words"]["negation"]}
    wrong, tried = [], 0
    for language, command, denied in DENIED[::part]:
        key = key_of(denied)
        said_so = any(key[:size] in whole for size in range(2, 7))
        twice = any(key[at : at + size] in no for size in (1, 2) for at in range(1, len(key)))
        if language != code or said_so or twice:
            continue
        for number in (" 42", " 2", " #42", " el 42", "") if BY_NAME[command].numbers else ("",):
            for situation in SITUATIONS:
                tried += 1
                intent = understand(f"{denied}{number}", situation).intent
                if acts(intent, command) and not (number == "" and isinstance(intent, Answer)):
                    wrong.append((f"{denied}{number}", intent))
    sys.stdout.write(f"{code}: {len(wrong)} of {tried} denied commands were done, or their opposite\n")
    assert wrong == []


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        *((said, None) for said in ("not claim 5", "dont claim 42", "no claim 42", "never claim 42", "don't pass 3")),
        *((said, None) for said in ("do not drop 42", "no tomo 42", "no avalo 7", "desavalar 7", "reclaim 42")),
        *((said, None) for said in ("noclaim 42", "noacepto 42", "unstatus 4", "claimno 42", "disclaim 42")),
        *(
            (said, None)
            for said in ("couch 5", "vouche 5", "voch 5", "UNVOUCH 5", "DEVOUCH 5", "avallo 7", "clsoe 4")
        ),
        *((said, None) for said in ("opne 4", "asign 4 ana", "nevermid 4", "dorp 4", "doen 4", "stpo")),
        ("unclaim 5", Order("drop", (5,))),
        ("i cant take 42", Order("pass", (42,))),
        ("no puedo con 42", Order("pass", (42,))),
        ("i dont need 42", Order("nevermind", (42,))),
        ("ya no necesito 42", Order("nevermind", (42,))),
        ("no 42", Order("pass", (42,))),
        ("claim no. 42", Order("claim", (42,))),
        ("clam 42", Order("claim", (42,))),
        ("vlaim 42", Order("claim", (42,))),
        ("sttaus 42", Order("status", (42,))),
        ("vouch 5", Order("vouch", (5,))),
    ],
)
def test_some_that_people_type(said: str, meant: Order | None) -> None:
    intent = understand(said).intent
    assert (intent == meant) if meant else isinstance(intent, Free)


def test_a_prefix_or_a_negation_written_together_is_no_typo() -> None:
    for code in phrasebook.languages():
        for command, spelling in spellings(code, "hear"):
            if command == "stop" and GRAMMAR.read(spelling).leaving:
                continue  # "de-opt me out": who asks to be left alone in a sentence is believed
            for said in (f"{prefix}{spelling}" for prefix in PREFIXES):
                if key_of(said) not in GRAMMAR.phrases.phrases:
                    intent = understand(f"{said} 42").intent
                    assert not (isinstance(intent, Order) and intent.command == command), said


def test_no_typo_is_forgiven_where_it_would_trust_somebody_or_end_something() -> None:
    tried = done = 0
    for code in phrasebook.languages():
        for command, spelling in spellings(code, "hear"):
            if command not in GRAVE or (command == "stop" and GRAMMAR.read(spelling).leaving):
                continue  # who asks to be left alone in a sentence is believed; START brings them back
            slips = {spelling[:at] + spelling[at + 1 :] for at in range(len(spelling))}
            slips |= {
                spelling[:at] + spelling[at + 1] + spelling[at] + spelling[at + 2 :]
                for at in range(len(spelling) - 1)
            }
            slips |= {
                spelling[:at] + letter + spelling[at + 1 :] for at in range(len(spelling)) for letter in "aeost"
            }
            for said in sorted(slips)[::3]:
                if any(key_of(said)[:size] in GRAMMAR.phrases.phrases for size in range(1, 7)):
                    continue
                tried += 1
                intent = understand(f"{said} 42").intent
                done += isinstance(intent, Order) and intent.command == command
    sys.stdout.write(f"{done} of {tried} misspelled words that trust or end something were obeyed\n")
    assert (done, tried > 300) == (0, True)


def test_no_command_that_trusts_or_ends_forgives_a_typo() -> None:
    assert not [name for name in GRAVE if BY_NAME[name].typo_forgiven]


@pytest.mark.parametrize(
    ("said", "almost"),
    [
        ("couch 5", Order("vouch", (5,))),
        ("avallo 7", Order("vouch", (7,))),
        ("nevermid 4", Order("nevermind", (4,))),
        *(
            (said, None)
            for said in ("UNVOUCH 5", "devouch 5", "couch", "couch 5 ft long", "5 couch", "need 5", "desavalar 7")
        ),
    ],
)
def test_what_is_nearly_one_is_asked_about(said: str, almost: Order | None) -> None:
    intent = understand(said).intent
    assert isinstance(intent, Free)
    assert intent.almost == almost
