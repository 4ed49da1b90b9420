"""What free words are for, and what is named in them, by the rules of kinds.py; and why, by explain.py."""

import time

import pytest

from handlers.understanding.explain import explain
from handlers.understanding.intents import Kind
from handlers.understanding.needs import understand
from tests.examples import every
from tests.languages import Languages

SCORES = {Kind.ASK: 0.95, Kind.OFFER: 0.95, Kind.QUESTION: 0.93, Kind.OTHER: 0.94}  # F1 on tests/lines.tab

# text: the kind, and the needs that are heard
HEARD = {
    # a longer term hides no sign
    "we have no help": "ask",
    "my roof leaks on the bed": "ask repair",
    "i could use a hand with the stairs": "ask repair",
    # hardship and few words
    "i got nothing for dinner": "ask food",
    "un poco de pan aunque sea": "ask food",
    "paycheck is late and the fridge is bare": "ask money food",
    "Wipes? size 4 diapers too": "ask baby",
    "out of propane": "ask utilities",
    "we cant afford formula": "ask money baby",
    # what can be done, or given
    "got an extra room": "offer shelter",
    "have truck, will haul": "offer transport",
    "put me down for 2 shifts": "offer",
    "traigo camioneta": "offer transport",
    "my church can cook for 30 on friday": "offer food",
    "need a hand? i have saturday off": "offer",
    "any mom need a stroller, i have two": "offer baby",
    "coats, like new, size 8": "offer clothing",
    "cuenten conmigo el domingo": "offer",
    # a question of fact, whatever follows
    "do i need to bring papers": "question",
    "what papers are needed": "question",
    "who is the volunteer for my ride": "question transport",
    "tengo que llevar identificación": "question",
    "todavía hay cajas?": "question",
    "how long do i have to wait for food": "question food",
    "what do i need for the box? we have no food": "ask food",
    # jobs, papers and information alone are duty's; somebody to come along is an errand
    "looking for a job": "question work",
    "need a new birth certificate": "question documents",
    "necesito un abogado": "ask documents",
    "need a job and groceries": "ask work food",
    # everyday talk
    "need to finish my homework": "other",
    "help me pick a dress lol": "other",
    "need coffee": "other",
    "what a great day": "other",
    "the governor says the county needs blankets": "other",
    "thank you for the food. we also need diapers": "ask baby",
    # what is named is what it is
    "my furnace quit": "ask repair",
    "need a wheelchair ramp for my dad": "ask repair",
    "someone to feed my cat while im in the hospital": "ask pets",
    "need a ride home from the hospital": "ask transport",
    "can someone shovel the snow off my steps": "ask repair",
    "help carrying boxes to the second floor": "ask repair",
    "necesito ayuda para subir un sofá": "ask repair",
    "lost my job and cant pay rent": "ask money",
}


def test_lines_as_people_write_them_are_heard_for_what_they_are() -> None:
    lines = [(line.kind, understand(line.text).kind) for line in Languages.here().lines]
    for kind, least in SCORES.items():
        right = sum(heard is meant is kind for meant, heard in lines)
        f1 = 2 * right / sum((meant is kind) + (heard is kind) for meant, heard in lines)
        assert f1 >= least, f"{kind}: {f1:.3f}"


@every(HEARD)
def test_what_it_is_for_and_what_is_named(text: str) -> None:
    meaning = understand(text)
    kind, *named = HEARD[text].split()
    assert (meaning.kind, sorted(meaning.needs)) == (kind, sorted(named))


@pytest.mark.parametrize("text", ["need food for 3 near Oak St asap", "tengo cobijas", "abren hoy?", "hmm", "ok", ""])
def test_an_explanation_names_words_of_the_text_and_existing_lists(text: str) -> None:
    for reason in explain(text):
        assert reason.words.casefold() in text.casefold() or not reason.listed
        assert reason.listed == "" or ".toml" in reason.listed


def test_an_explanation_says_which_word_on_which_list_decided() -> None:
    assert [tuple(reason) for reason in explain("need groceries for 4 people near Oak St today")] == [
        ("ask", "need", "[kind] asking in en.toml"),
        ("food", "groceries", "[needs] food in en.toml"),
        ("people 4", "for", "[count] for in en.toml"),
        ("people 4", "people", "[count] everybody in en.toml"),
        ("today", "today", "[when] today in en.toml"),
        ("time: within", "today", ""),
        ("place", "Oak St", ""),
    ]


@pytest.mark.parametrize(
    "words", ["need no free extra food ", "officials say no water ", "can i get if you need 2 kids and "]
)
def test_a_text_made_to_take_long_takes_no_longer_than_its_length(words: str) -> None:
    understand(words)  # the lists of words are loaded by now
    started = time.process_time()
    understand((words * 100)[:1600])
    assert time.process_time() - started < 0.25
