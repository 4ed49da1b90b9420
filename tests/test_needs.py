"""Free words and what is understood of them. Each table is one thing a text can tell; add a line, run, read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.understanding.intents import Kind, Need
from handlers.understanding.needs import named, understand
from handlers.understanding.words import clean
from models.requests import Urgency
from tests.examples import every

ASKS = {
    # a need by its name
    "groceries": "food",
    "groceries, diapers": "food baby",
    "ride to clinic 9am": "transport",
    "dog food please": "pets",
    "blankets and soap for two": "household",
    "pañales y leche": "baby food",
    "agua por favor": "water",
    # with words that ask
    "need groceries for two near Oak St": "food",
    "can someone drive me to dialysis tomorrow": "transport",
    "anyone have diapers size 4?": "baby",
    "We need water and tents": "water shelter",
    "hi could anyone bring my neighbor some soup and bread": "food",
    "I need a plumber, the sink leaks": "repair",
    "need help with my electric bill": "utilities",
    "looking for a winter coat for my son": "clothing",
    # what is to be carried, and what is to be had
    "need help to move a fridge": "repair",
    "can anyone get my fridge downstairs": "repair",
    "can you get a fridge for us": "household",
    "we just moved here and need a couch": "household",
    "need help carrying my groceries and moving a bed": "repair",
    "necesito ayuda para mover un sofá": "repair",
    "quien me ayuda a cargar un colchón": "repair",
    "necesito subir una estufa al tercer piso": "repair",
    "necesito mover unas cajas": "repair",
    "necesito bajar un ropero por las escaleras": "repair",
    "necesito un sofá": "household",
    "mi refrigerador no sirve": "household",
    "cn some1 drop diapers w my mom": "baby",
    "quien la puede llevar a la clinica": "transport",
    "can somebody watch my kids on friday": "childcare",
    "would love a hot meal": "food",
    "could someone translate a letter for me": "documents",
    "need someone to check on my grandma": "eldercare",
    "can you pick up my prescription at the pharmacy": "medicine",
    "I need 2 bags of rice": "food",
    "help me please": "",
    "please help us": "",
    "necesito comida para 4": "food",
    "NECESITAMOS AGUA Y PAÑALES": "water baby",
    "nesecito medicina": "medicine",
    "se necesita insulina": "medicine",
    "alguien me puede llevar al hospital": "transport",
    "alguien tiene cobijas?": "household",
    "mi hija necesita zapatos": "clothing",
    "me urge conseguir losartan 50mg": "medicine",
    "me pueden ayudar con la renta": "money",
    "ocupo un ride a la clínica": "transport",
    "croquetas para mi perrito por favor": "pets",
    "ayúdenme": "",
    # what is lacking or broken
    "my mom is out of insulin": "medicine",
    "no food left in our kitchen": "food",
    "I have rice but no water": "water",
    "our roof collapsed last night": "repair",
    "the heater stopped working": "repair",
    "no tenemos agua": "water",
    "estamos sin luz desde ayer": "utilities",
    "se me acabaron las pastillas": "medicine",
    # how a need feels
    "my kids haven't eaten since yesterday": "food",
    "we're getting evicted on friday": "shelter",
    "I can't afford diapers": "money baby",
    "lost my job, behind on rent": "money",
    "tengo hambre": "food",
    "dormimos en el carro, no tenemos donde quedarnos": "shelter",
    "me siento sola": "company",
}

OFFERS = {
    "I can drive people": "transport",
    "I have extra blankets to give": "household",
    "want to donate": "",
    "happy to help with rides on weekends": "transport",
    "how can I volunteer": "",
    "we have diapers size 3 to give away": "baby",
    "does anyone need a ride? I can drive saturday": "transport",
    "I can cook meals for those who need them": "food",
    "tengo pañales para regalar": "baby",
    "quiero ayudar": "",
    "puedo cocinar los domingos": "food",
    "dono ropa de niño": "clothing",
    "tenemos agua para quien la necesite": "water",
    "en que puedo ayudar?": "",
}

QUESTIONS = [
    "what time does the shelter open",
    "who are you?",
    "is this a bot",
    "how long until somebody comes",
    "where is the food pantry?",
    "I want to know how this works",
    "a qué hora abren",
    "quién es usted",
    "dónde queda el refugio",
    "es gratis?",
    "necesito información sobre sus horarios",
    # duty's list helps more than an errand
    "busco trabajo",
    "need a job",
    "I lost my passport, need a new one",
]

CHAT = [
    "ok lol",
    "see you tomorrow",
    "I'm going for lunch",
    "need to talk with you later",
    "no need, thanks",
    "no worries",
    "I need you babe",
    "you need to see this movie",
    "had dinner already",
    "great job last night",
    "sick of this weather",
    "fired up for the game",
    "the company is doing well",
    "stop by on your way home",
    "Happy birthday!!",
    "YOU WON a cash prize, reply to claim your free minutes",
    "jaja nos vemos mañana",
    "te quiero mucho",
    "ya comí gracias",
    "no hay problema",
    "poco a poco",
    "si necesitas algo me dices",
    "no tengo tiempo ahora",
    "je ne comprends pas",
    "👍👍",
    "",
    "...",
]

EMERGENCIES = {
    "my dad is not breathing": "medical",
    "he isn't breathing!!": "medical",
    "Chest pain and my arm is numb": "medical",
    "I think she overdosed": "medical",
    "my friend wants to kill herself, suicide": "safety",
    "I want to die": "safety",
    "he has a gun": "safety",
    "the house is on fire": "rescue",
    "we smell gas in the hallway": "rescue",
    "trapped in the basement, water is rising": "rescue",
    "mi papá no respira": "medical",
    "tengo dolor de pecho": "medical",
    "me quiero morir": "safety",
    "tiene una pistola": "safety",
    "hay un incendio en el segundo piso": "rescue",
    "mi esposo me pega": "safety",
    "please call an ambulance, 12 Oak St": "medical",
}

NO_EMERGENCIES = [
    "so fired up for tonight",
    "fireworks at nine?",
    "lots of 911 calls on the news",
    "this is not an emergency, just groceries",
    "free overdose prevention class on monday",
    "that test almost gave me a heart attack lol",
    "drowning in homework",
    "this burger is fire",
    "we burn wood, have a fireplace, need firewood",
    "me muero de risa",
    "no es una emergencia, solo comida",
    "need a fire extinguisher",
]

NAMED = {
    "rides": "transport",
    "RIDES, food": "transport food",
    "groceries and meds": "food medicine",
    "comida y ropa": "food clothing",
    "money": "money",
    "rides on the moon": "",
    "yes": "",
    "and": "",
    "": "",
}


def needs(words: str) -> tuple[Need, ...]:
    return tuple(Need(word) for word in words.split())


@every(ASKS)
def test_asking(text: str) -> None:
    meaning = understand(text)
    assert (meaning.kind, meaning.needs) == (Kind.ASK, needs(ASKS[text]))
    assert not meaning.emergency


@every(OFFERS)
def test_offering(text: str) -> None:
    meaning = understand(text)
    assert (meaning.kind, meaning.needs) == (Kind.OFFER, needs(OFFERS[text]))


@every(QUESTIONS)
def test_questions(text: str) -> None:
    assert understand(text).kind is Kind.QUESTION


@every(CHAT)
def test_chat_is_neither_request_nor_offer(text: str) -> None:
    meaning = understand(text)
    assert (meaning.kind, meaning.needs, meaning.emergency) == (Kind.OTHER, (), False)


@every(EMERGENCIES)
def test_emergencies(text: str) -> None:
    meaning = understand(text)
    assert meaning.emergency
    assert meaning.kind is Kind.ASK
    assert Need(EMERGENCIES[text]) in meaning.needs
    assert meaning.urgency is Urgency.URGENT


@every(NO_EMERGENCIES)
def test_near_misses_of_an_emergency(text: str) -> None:
    assert not understand(text).emergency


@every(NAMED)
def test_a_list_of_needs_and_nothing_else(text: str) -> None:
    assert named(text) == needs(NAMED[text])


@pytest.mark.parametrize("text", ["necesito panales", "necesito pañales", "NECESITO PAÑALES"])
def test_accents_and_case_do_not_matter(text: str) -> None:
    assert understand(text).needs == (Need.BABY,)


def test_an_accent_may_be_a_character_of_its_own() -> None:
    assert understand("pan\u0303ales talla 4").needs == (Need.BABY,)  # no bread


WORDS = "need food for 3 near Oak St apt 4 # calle 8 con 12 y no tengo agua two me and my kids . , & @ 500"
PIECES = st.sampled_from([*WORDS.split(), "\0", "\ud800", "\u200b", "n\u0303", "\u00bd", "\u0663", "\u00b2"])
TEXTS = st.text(alphabet=st.characters(), max_size=200) | st.lists(PIECES, max_size=30).map(" ".join)


@given(TEXTS)
def test_any_text_is_understood_somehow(text: str) -> None:
    meaning = understand(text)
    assert meaning == understand(text)
    assert meaning.people is None or 1 <= meaning.people <= 500
    assert meaning.place is None or (meaning.place and meaning.place in clean(text))
    assert meaning.place or not meaning.exact
    assert len(set(meaning.needs)) == len(meaning.needs)
    assert meaning.kind is not Kind.OTHER or not meaning.needs
    assert not meaning.emergency or meaning.kind is Kind.ASK


@given(TEXTS)
def test_any_text_may_be_asked_for_a_list_of_needs(text: str) -> None:
    assert all(isinstance(need, Need) for need in named(text))


def test_whatever_is_named_when_we_asked_is_needed() -> None:
    assert understand("some other thing with diapers maybe").as_answer().kind is Kind.ASK
    assert understand("pañales talla 4, vivo en Oak St 12").as_answer().needs == (Need.BABY,)
