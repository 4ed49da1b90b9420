"""What strangers may read of a place: no number in any spelling, no door, a building only where the line says so."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers import phrasebook
from handlers.understanding.needs import understand
from handlers.understanding.words import fold
from handlers.where import vicinity, whereabouts
from handlers.wording import redaction, summary
from handlers.wording.summary import Sight
from models.lines import Area, OfferShows
from models.requests import Request, State
from tests.examples import every

NOW = datetime(2026, 3, 3, 15, tzinfo=UTC)
UNIT_OF = {  # numbers by how they are said, in two languages
    "en": "one two three four five seven eight nine ten eleven twelve fourteen nineteen twenty thirty ninety".split(),
    "es": "uno dos tres cuatro cinco siete ocho nueve diez once doce catorce diecinueve veinte noventa".split(),
}
STREETS = {
    "en": ["Oak Street", "oak st", "Maple Ave", "N Pine Rd", "Martin Luther King Blvd", "Elm Lane", "Willow Dr"],
    "es": ["calle Roble", "Calle del Pino", "avenida Simón Bolívar", "av. Bolívar", "carrera Sucre", "calle olmo"],
}
BUILDINGS = {
    "en": ["Elm Court apartments", "Sunrise Towers", "the Motel 6", "Holy Cross church", "Lincoln Elementary school"],
    "es": ["edificio Sol", "residencias Aurora", "hotel Paraíso", "iglesia San José", "la escuela Bolívar"],
}
REFUGES = {
    "en": ["St Mary's shelter", "the womens center", "Grace House safe house", "the Haven shelter"],
    "es": ["Casa Esperanza refugio", "el albergue San Juan", "la casa de acogida", "refugio Vida"],
}
UNITS = {"en": ["apt", "Apt", "unit", "room", "floor"], "es": ["apto", "piso", "cuarto", "casa", "habitación"]}
NEED = {"en": ("need groceries, {}", "i need diapers at {}"), "es": ("necesito comida, {}", "necesito leche en {}")}


@st.composite
def houses(draw: st.DrawFn, language: str) -> str:
    """A house's number as somebody writes it: `14`, `14B`, `twelve`, `twelve-oh-four`, `Twelve Hundred`."""
    said = st.sampled_from(UNIT_OF[language])
    digits = st.integers(1, 9999).map(str)
    joined = st.sampled_from([" ", "-", "-oh-" if language == "en" else " y "])
    number = draw(
        st.one_of(
            digits,
            digits.map(lambda n: f"{n}{'BCD'[len(n) % 3]}"),
            said,
            st.tuples(said, joined, said).map("".join),
            said.map(lambda n: f"{n} hundred" if language == "en" else f"{n} mil"),
        )
    )
    return draw(st.sampled_from([number, number.title(), number.upper()]))


@st.composite
def addresses(draw: st.DrawFn, language: str) -> str:
    """Where somebody lives, to the door."""
    house, street = draw(houses(language)), draw(st.sampled_from(STREETS[language]))
    forms = [f"{house} {street}"]
    if language == "es":
        forms += [
            f"{street} {house}",
            f"{street} número {house}",
            f"número {house} de la {street}",
            f"{street} #{house}",
        ]
    said = draw(st.sampled_from(forms))
    unit = f"{draw(st.sampled_from(UNITS[language]))} {draw(houses(language))}"
    return draw(st.sampled_from([said, f"{said} {unit}", f"{said}, {unit}", f"{unit}, {said}", said.upper()]))


def offered(text: str, shows: OfferShows, *, answer: bool = False, areas: tuple[Area, ...] = ()) -> str:
    """What a volunteer reads of it, in one text with the words that newcomers may read."""
    meaning = understand(text)
    request = Request(
        id=1,
        line_id=1,
        number=1,
        person_id=1,
        text="need food" if answer else text,
        needs=["other"],
        state=State.OPEN,
        created_at=NOW,
        changed_at=NOW,
    )
    whereabouts.locate(request, text, meaning, areas)
    if answer and not whereabouts.known(request):
        request.place = text
    what = summary.what(request, areas, "UTC", NOW, sight=Sight.ANYBODY, shows=shows)
    return f"{what.in_words(phrasebook.book('en'))} | {redaction.offered(request.text) or ''}"


def numbers_in(words: str, language: str) -> set[str]:
    """Digits and numbers in words that are left."""
    said = fold(words).replace(",", " ").replace("-", " ").replace("#", " ").split()
    return {word for word in said if any(c.isdigit() for c in word) or word in {*UNIT_OF[language], "hundred", "oh"}}


def texts(language: str) -> Iterator[st.SearchStrategy[str]]:
    for need in NEED[language]:
        yield addresses(language).map(need.format)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(["en", "es"]).flatmap(lambda code: st.tuples(st.just(code), st.one_of(*texts(code)))))
def test_no_number_of_a_house_goes_out(row: tuple[str, str]) -> None:
    language, text = row
    for shows in OfferShows:
        assert numbers_in(offered(text, shows), language) == set(), (shows, offered(text, shows))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(["en", "es"]).flatmap(lambda code: st.tuples(st.just(code), addresses(code))))
def test_nor_where_it_is_the_answer_to_where(row: tuple[str, str]) -> None:
    language, text = row
    for shows in OfferShows:
        assert numbers_in(offered(text, shows, answer=True), language) == set(), (shows, text)
        assert numbers_in(vicinity.shown(text, shows) or "", language) == set()


BEFORE = ["Maria Lopez ", "Danny ", "Penthouse ", "the blue house, ", ""]
AFTER = [" upstairs", ", bed four", ", 4 doors down from the church", ", key is under the mat", ""]
TOLD_BY = frozenset("maria lopez danny penthouse blue upstairs bed doors church key mat".split())


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["en", "es"]).flatmap(lambda code: st.tuples(st.just(code), addresses(code))),
    st.sampled_from(BEFORE),
    st.sampled_from(AFTER),
)
def test_nor_who_lives_there_nor_where_in_the_house(row: tuple[str, str], before: str, after: str) -> None:
    language, place = row
    for need in NEED[language]:
        text = need.format(f"{before}{place}{after}")
        for shows in OfferShows:
            told = offered(text, shows)
            assert numbers_in(told, language) == set(), (shows, text)
            assert TOLD_BY.isdisjoint(fold(told).replace(",", " ").replace('"', " ").split()), (shows, text)


BUILT = [(code, name, street) for code, names in BUILDINGS.items() for name in names for street in STREETS[code]]


@every(BUILT)
def test_a_building_goes_out_only_where_the_line_says_so(code: str, name: str, street: str) -> None:
    own = [w for w in fold(name).removeprefix("the ").removeprefix("la ").split() if w not in fold(street)]
    for text in (*(need.format(name) for need in NEED[code]), NEED[code][0].format(f"{name}, {street}")):
        for shows in (OfferShows.AREA, OfferShows.STREET):
            told = fold(offered(text, shows))
            assert not [word for word in own if f" {word}" in told], told
    told = fold(vicinity.shown(f"{name}, {street}", OfferShows.BUILDING) or "")
    assert own[0] in told or street.casefold().split()[0] in told
    assert not any(c.isdigit() for c in told)


HIDDEN = [(code, name, street) for code, names in REFUGES.items() for name in names for street in STREETS[code]]


@every(HIDDEN)
def test_a_refuge_never_goes_out_nor_its_street(code: str, name: str, street: str) -> None:
    own = {word for word in fold(name).split() if len(word) > 3}
    for text in (*(need.format(name) for need in NEED[code]), NEED[code][0].format(f"{name}, {street}")):
        for shows in OfferShows:
            told = fold(offered(text, shows))
            assert not [word for word in (*own, *fold(street).split()) if word in told.split()], told


@pytest.mark.parametrize(
    ("words", "street", "building"),
    [
        ("near Oak St", "Oak St", "Oak St"),
        ("14 Oak St apt 3", "Oak St", "Oak St"),
        ("Oak St and 5th", "Oak St and 5th", "Oak St and 5th"),
        ("corner of Pine and 3rd", "corner of Pine and 3rd", "corner of Pine and 3rd"),
        ("calle 8 con 12", "calle 8 con 12", "calle 8 con 12"),
        ("calle 8 # 12-30", None, None),
        ("número doce de la calle Roble", "calle Roble", "calle Roble"),
        ("room 12 at the Sunset Motel on Main Street", "Main Street", "Sunset Motel"),
        ("Building C of the Elm Court apartments", None, "Elm Court apartments"),
        ("tweleve oak street", "oak street", "oak street"),
        ("the blue house on the corner", None, None),
        ("the blue house on oak st", "oak st", "oak st"),
        ("hospital Vargas", None, "hospital Vargas"),
        ("Hope House", None, "Hope House"),
        ("Maria Lopez Oak St apt 3", "Oak St", "Oak St"),
        ("Penthouse Oak St", "Oak St", "Oak St"),
        ("Planned Parenthood Oak St", None, None),
        ("Maria St", None, None),
        ("14 James St", "James St", "James St"),
        ("Elm Maria St", None, None),
        ("calle Roble Maria Lopez", "calle Roble", "calle Roble"),
        ("calle Maria Lopez", None, None),
        ("12 San Pedro Ave", "San Pedro Ave", "San Pedro Ave"),
        ("2299 Marina Bay Dr", "Marina Bay Dr", "Marina Bay Dr"),
        ("need food, 2299 Marina Bay Dr", "Marina Bay Dr", "Marina Bay Dr"),
        ("need food, 22 Maria Lopez Oak St", "Oak St", "Oak St"),
        ("need food, 2299 Maria Lopez Oak St", "Oak St", "Oak St"),
        ("apt 301 Lopez Oak St", "Oak St", "Oak St"),
        ("gate code 1234 Lopez Oak St", "Oak St", "Oak St"),
        ("Rosa Parks Blvd", "Rosa Parks Blvd", "Rosa Parks Blvd"),
        ("Maria House on Oak St", "Oak St", "Oak St"),
        ("corner of Maria and 3rd", None, None),
        ("we are at the sheltter on Oak St", None, None),
        ("estoy en el refujio de la calle 8", None, None),
        ("Grace House for battered women 14 Oak St", None, None),
        ("the ywca on Oak St", None, None),
        ("the safe huose on Elm St", None, None),
        ("casa de mujeres maltratadas, calle Roble", None, None),
        ("refuse bags, Oak St", "Oak St", "Oak St"),
        ("20001", None, None),
        ("", None, None),
    ],
)
def test_what_each_figure_lets_out(words: str, street: str | None, building: str | None) -> None:
    assert vicinity.shown(words, OfferShows.AREA) is None
    assert vicinity.shown(words, OfferShows.STREET) == street
    assert vicinity.shown(words, OfferShows.BUILDING) == building


def test_whoever_is_afraid_is_placed_by_the_area_alone() -> None:
    request = Request(
        id=1,
        line_id=1,
        number=1,
        person_id=1,
        text="",
        needs=["safety"],
        state=State.OPEN,
        created_at=NOW,
        changed_at=NOW,
    )
    request.vicinity, request.area_id = "Oak St", 1
    area = Area(id=1, line_id=1, name="Oak Hill")
    told = summary.what(request, [area], "UTC", NOW, shows=OfferShows.BUILDING).in_words(phrasebook.book("en"))
    assert "Oak Hill" in told
    assert "Oak St" not in told
    assert "Oak St, Oak Hill" in _with(request, ["food"], area)


def _with(request: Request, needs: list[str], area: Area) -> str:
    request.needs = needs
    return summary.what(request, [area], "UTC", NOW, shows=OfferShows.STREET).in_words(phrasebook.book("en"))


@pytest.mark.parametrize("words", ["third floor, no elevator", "twelve oh four", "14 oak", "the blue house", "apt b"])
def test_what_leads_to_a_door_is_known(words: str) -> None:
    assert vicinity.tells_place(words)


@pytest.mark.parametrize(
    "words", ["3pm tomorrow", "two bags", "son 3 bolsas", "about 40 pounds", "food drive at noon"]
)
def test_what_leads_to_none_is_told(words: str) -> None:
    assert not vicinity.tells_place(words)


@pytest.mark.parametrize(
    "words", ["gate code", "key is under the mat", "ring twice", "toca dos veces", "upstairs", "bed four"]
)
def test_how_one_gets_in_is_known(words: str) -> None:
    assert vicinity.tells_place(words)


@pytest.mark.parametrize(
    ("words", "more"),
    [
        ("need groceries, near Oak St", False),
        ("need groceries near Oak St. gate code 1234, third floor left", True),
        ("need groceries, the yellow house on Oak St", True),
        ("need groceries, 14 Oak St", True),
        ("need groceries on Oak St 14", True),
    ],
)
def test_what_is_said_besides_the_street_is_known(words: str, more: bool) -> None:
    assert vicinity.tells_place(words, told="Oak St") is more


FIRST_NAMES = ["Maria", "Danny", "rosa", "JAMES", "Guadalupe", "José", "Maria's"]


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["en", "es"]).flatmap(lambda code: st.sampled_from(STREETS[code])),
    st.sampled_from(FIRST_NAMES),
    st.sampled_from(["", "Lopez ", "Marroquin "]),
    st.sampled_from(
        ["{name} {last}{street}", "{street} {name} {last}", "{name} {last}{street} {name}", "{last}{name} {street}"]
    ),
)
def test_no_first_name_goes_out_in_a_place(street: str, name: str, last: str, form: str) -> None:
    text = form.format(name=name, last=last, street=street).strip()
    for shows in OfferShows:
        told = (vicinity.shown(text, shows) or "").casefold()
        assert fold(name) not in fold(told).split(), (shows, text)
        assert not last or fold(last).strip() not in told.split(), (shows, text)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_nothing_that_anybody_writes_breaks_it(words: str) -> None:
    for shows in OfferShows:
        told = vicinity.shown(words, shows)
        assert told is None or (told and len(told) <= vicinity.LONGEST)
    vicinity.tells_place(words)
