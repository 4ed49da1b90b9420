"""For how many, how soon, where and in which language, in free words. Add a line to a table, run, read."""

import pytest

from handlers.understanding.needs import understand
from models.requests import Urgency
from tests.examples import every

PEOPLE = {
    "groceries for two": 2,
    "food for 3": 3,
    "food for 3 please, 1204 Oak St": 3,
    "family of 5 needs a tent": 5,
    "4 of us need a place to sleep": 4,
    "there are 7 of us without water": 7,
    "me and my 2 kids need food": 3,
    "single mom with 3 kids, out of formula": 4,
    "my husband and I need meals": 2,
    "2 adults and 3 kids need dinner": 5,
    "5 people, 2 kids": 5,
    "6 people (3 of them kids), no food": 6,
    "2 people and 3 kids need dinner": 5,
    "somos 5 personas, 2 niños, sin comida": 5,
    "need supper for 20 people": 20,
    "need food for ٣ people": 3,
    "comida para cuatro": 4,
    "somos 6 y no tenemos comida": 6,
    "para una familia de 5": 5,
    "2 adultos y 3 niños sin comida": 5,
    "mi esposo y yo necesitamos despensa": 2,
    "yo y mis 2 hijos tenemos hambre": 3,
    "necesito almuerzo para tres personas": 3,
    # numbers of other things
    "need 2 bags of rice": None,
    "diapers size 4": None,
    "ride at 9am": None,
    "ride at 9 am": None,
    "insulin 10 mg": None,
    "food at 3rd ave": None,
    "no food for 3 days": None,
    "formula for my 6 month old baby": None,
    "need $40 for rent": None,
    "rent is due for 2 months": None,
    "we are 3 blocks from the river": None,
    "call 202 555 0101 for food": None,
    "1204 Oak St, need food": None,
    "need 2 kids coats": None,
    "food for 9000 people": None,
    "2 kilos de arroz": None,
    "necesito pañales talla 3": None,
    "llevamos 5 dias sin agua": None,
}

URGENCIES = {
    "need insulin urgent": Urgency.URGENT,
    "ASAP please, baby formula": Urgency.URGENT,
    "need water right now": Urgency.URGENT,
    "urgente necesito pañales": Urgency.URGENT,
    "ya mismo por favor, agua": Urgency.URGENT,
    "need a ride tonight": Urgency.TODAY,
    "groceries today": Urgency.TODAY,
    "comida para hoy": Urgency.TODAY,
    "un ride esta noche": Urgency.TODAY,
    "a couch, no rush": Urgency.ANYTIME,
    "not urgent but need socks": Urgency.ANYTIME,
    "cuando puedan, una cobija": Urgency.ANYTIME,
    "no es urgente, ropa": Urgency.ANYTIME,
    "need groceries": None,
    "necesito comida": None,
}

PLACES = {
    # a door
    "need food 1204 Oak St apt 3": ("1204 Oak St apt 3", True),
    "NEED FOOD FOR 3 AT 55 MAIN ST APT 2B": ("55 MAIN ST APT 2B", True),
    "groceries to 77 E Maple Avenue, unit 5 please": ("77 E Maple Avenue, unit 5", True),
    "I'm at the Sunrise Motel room 12, need a ride": ("Sunrise Motel room 12", True),
    "120 elm street, no power": ("120 elm street", True),
    "necesito comida av. Bolívar 120": ("av. Bolívar 120", True),
    "agua para calle Luna 45, apto 3": ("calle Luna 45, apto 3", True),
    "calle 8 #12-30 sin luz": ("calle 8 #12-30", True),
    # a street, a corner, something near
    "need groceries near Oak St": ("Oak St", False),
    "food at 3rd ave": ("3rd ave", False),
    "groceries corner of Pine and 3rd": ("corner of Pine and 3rd", False),
    "need water on Oak St and 5th": ("Oak St and 5th", False),
    "comida calle 8 con 12": ("calle 8 con 12", False),
    "vivo en Petare y no tengo comida": ("Petare", False),
    "necesito agua cerca del Parque Central": ("Parque Central", False),
    "I live in Greenpoint and need meds": ("Greenpoint", False),
    "groceries, 60622": ("60622", False),
    # no place
    "I'm on my way": (None, False),
    "can you drive me": (None, False),
    "my cousin is in trouble": (None, False),
    "kids playing in the street": (None, False),
    "estoy en casa": (None, False),
    "need $12345": (None, False),
    "groceries": (None, False),
}

LANGUAGES = {
    "need groceries for my family": "en",
    "hello are you there": "en",
    "necesito comida para mi familia": "es",
    "hola buenas tardes": "es",
    "tienen panales": "es",
    "no": None,
    "12345": None,
    "": None,
}


@every(PEOPLE)
def test_for_how_many(text: str) -> None:
    assert understand(text).people == PEOPLE[text]


@every(URGENCIES)
def test_how_soon(text: str) -> None:
    assert understand(text).urgency == URGENCIES[text]


@every(PLACES)
def test_where(text: str) -> None:
    meaning = understand(text)
    assert (meaning.place, meaning.exact) == PLACES[text]


@every(LANGUAGES)
def test_in_which_language(text: str) -> None:
    assert understand(text).language == LANGUAGES[text]


@pytest.mark.parametrize(
    ("text", "soon"),
    [
        ("today please", Urgency.TODAY),
        ("no rush", Urgency.ANYTIME),
        ("urgente, hoy", Urgency.URGENT),
        ("14 Oak St today", None),
        ("please", None),
        ("", None),
    ],
)
def test_how_soon_and_nothing_else(text: str, soon: Urgency | None) -> None:
    meaning = understand(text)
    assert (meaning.urgency if meaning.only_when else None) is soon


@pytest.mark.parametrize(
    ("text", "exact"),
    [
        ("pañales, vivo en Oak St 12", True),
        ("need food near Oak 12", True),
        ("Oak St # 14, need food", True),
        ("comida, carrera 7 con 45 numero 12", True),
        ("need food, route 9 box 14", True),
        ("comida cerca de la calle 8 con 12", False),
        ("need food near 3rd ave and 5th st", False),
        ("need food near 20001", False),
    ],
)
def test_a_number_that_may_be_a_door_counts_as_one(text: str, exact: bool) -> None:
    found = understand(text)
    assert found.place is not None
    assert found.exact is exact


@pytest.mark.parametrize(
    ("text", "public"),
    [
        ("need food near Oak St", True),
        ("necesito agua en Pine St", True),
        ("need food, corner of Pine and 3rd", True),
        ("need food near 20001", True),
        ("need food, 14 Oak St", False),
        ("need food near Maria Gonzalez", False),
        ("need food, I live at Maria Lopez's house", False),
    ],
)
def test_only_a_street_a_corner_or_a_zip_is_for_everybody_to_see(text: str, public: bool) -> None:
    found = understand(text)
    assert found.place is not None
    assert found.public is public
