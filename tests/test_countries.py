"""Every country: its numbers as people write them, its emergency number, and pretend phones with nobody's numbers."""

import io
import shutil
from collections.abc import Iterator
from pathlib import Path

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat
from phonenumbers.shortnumberinfo import is_emergency_number
from sqlmodel import select

from app import countries
from app.cli.chat import chat
from app.cli.people import addresses
from app.cli.sheets.cells import Unusable
from app.hotline import Hotline
from app.outbound import reach
from app.outbound.reach import Reach
from app.simulator import story
from app.simulator.phones import CannotDo, Phones
from handlers.setup import pretend_numbers
from models import lines, spellings
from models.lines import Channel, Line
from models.people import Address, Person
from models.requests import Outcome
from models.store.session import Session
from tests import fakes
from tests.command import Command
from tests.fakes import MORNING, Recorder, StillClock

TRIED = ["US", "GB", "MX", "DE", "PH", "HT", "KE"]
EVERY = sorted(phonenumbers.SUPPORTED_REGIONS)
# As people write a mobile number at home and from abroad; the German and British ones are kept free for stories.
WRITTEN = {
    "GB": ("07700 900123", "+44 (0)7700 900123", "0044 7700 900123", "+447700900123"),
    "MX": ("55 1234 5678", "044 55 1234 5678", "+52 1 55 1234 5678", "+525512345678"),
    "DE": ("0171/39200 12", "+49 (0)171 3920012", "0049 171 3920012", "+491713920012"),
    "PH": ("0900 000 0012", "+63 900 000 0012", "900 000 0012", "+639000000012"),
    "HT": ("90 00 0012", "+509 90 00 00 12", "9000-0012", "+50990000012"),
    "KE": ("0300 000012", "+254 300 000 012", "000254300000012", "+254300000012"),
    "AR": ("011 15-2345-6789", "+54 9 11 2345 6789", "+54 11 15 2345 6789", "+5491123456789"),
    "BR": ("(92) 8123-4567", "+55 92 98123-4567", "92 98123 4567", "+5592981234567"),
    "US": ("(202) 555-0101", "202.555.0101", "1 202 555 0101", "+12025550101"),
}


@pytest.mark.parametrize(("country", "written"), WRITTEN.items())
def test_a_number_as_it_is_written_at_home_and_from_abroad(country: str, written: tuple[str, ...]) -> None:
    assert {addresses.number(each, country) for each in written} == {written[-1]}
    assert addresses.number(written[-1], "US") == written[-1]  # with + it is the same for every line
    assert addresses.read(f"whatsapp:{written[-1]}", "US") == (Channel.WHATSAPP, written[-1])


def test_what_we_tell_people_to_write_can_be_written() -> None:
    for country in EVERY:
        _can_be_written(country)


def _can_be_written(country: str) -> None:
    whole = pretend_numbers.example(country)
    assert addresses.number(whole, country) == addresses.number(pretend_numbers.at_home(country), country) == whole
    with pytest.raises(Unusable, match=rf"such as \{whole}"):
        addresses.number("12", country)


def test_pretend_numbers_are_nobodys() -> None:
    for country in EVERY:
        _are_nobodys(country)


def _are_nobodys(country: str) -> None:
    numbers = pretend_numbers.of(country)
    assert len(numbers) == len(set(numbers)) == pretend_numbers.HOW_MANY
    assert all(number == spellings.canonical(number) for number in numbers)
    parsed = [phonenumbers.parse(number) for number in numbers]
    assert [phonenumbers.format_number(one, PhoneNumberFormat.E164) for one in parsed] == list(numbers)
    kept = country in pretend_numbers.KEPT or numbers[0].startswith("+1")
    assert kept or not any(map(phonenumbers.is_valid_number, parsed))
    line = Line(name="Oak", country=country, created_at=MORNING)
    stranger = Person(line_id=1, created_at=MORNING)
    if numbers[0].startswith(f"+{phonenumbers.country_code_for_region(country)}"):
        assert {reach.of(line, stranger, Channel.SMS, number) for number in numbers} == {Reach.ALWAYS}


def test_every_country_has_a_number_for_emergencies() -> None:
    for country in EVERY:
        number = countries.emergency_number(country)
        known = any(is_emergency_number(each, country) for each in countries.WORLDWIDE)
        assert number.isdigit()
        assert country in countries.KNOWN or not known or is_emergency_number(number, country), country


def test_the_emergency_number_is_the_countrys_unless_it_is_set() -> None:
    said = {c: fakes.settings("sqlite:///x.db", hotline_country=c).emergency_number for c in TRIED}
    assert said == {"US": "911", "GB": "999", "MX": "911", "DE": "112", "PH": "911", "HT": "114", "KE": "999"}
    own = fakes.settings("sqlite:///x.db", hotline_country="GB", hotline_emergency_number="112")
    assert own.line(simulated=True)["emergency_number"] == "112"


@pytest.fixture(params=TRIED)
def abroad(request: pytest.FixtureRequest, migrated_file: Path, tmp_path: Path) -> Iterator[Hotline]:
    """A hotline that is tried in this country, with nothing else set."""
    file = shutil.copy(migrated_file, tmp_path / "abroad.db")
    settings = fakes.settings(f"sqlite:///{file}", hotline_country=request.param)
    running = Hotline(settings, carrier=Recorder(), clock=StillClock())
    running.prepare()
    yield running
    running.stop()


def test_the_guided_story_is_told_in_every_country(abroad: Hotline) -> None:
    phones = Phones(abroad)
    telling = story.begin(phones, phones.lines()[0].id)
    while not telling.over:
        telling = story.tell(phones, telling)
        abroad.sender.drain()
    assert (telling.stuck, telling.outcome) == (False, Outcome.FULFILLED)
    country = phones.lines()[0].country
    mine = {address.value for address in abroad.database.read(lambda s: list(s.exec(select(Address))))}
    assert mine <= set(pretend_numbers.of(country)[1:])
    assert phones.lines()[0].sms == pretend_numbers.of(country)[0]


def test_the_chat_works_in_every_country_and_tells_whom_to_call_there(abroad: Hotline) -> None:
    out = io.StringIO()
    typed = [
        "/volunteer Ben",
        "Ana: need groceries for two near Oak St",
        "Ben: CLAIM 1",
        "Eva: my dad is not breathing",
    ]
    chat(abroad, io.StringIO("\n".join(typed)), out)
    shown = out.getvalue()
    assert "Ben < #1 is yours" in shown
    assert f"call {countries.emergency_number(abroad.settings.hotline_country)}" in shown


def test_when_all_example_numbers_are_in_use_it_says_so(abroad: Hotline) -> None:
    phones = Phones(abroad)
    line = phones.lines()[0]
    for n in range(99):
        phones.add_neighbor(line.id, f"P{n}")
    with pytest.raises(CannotDo, match="All 99 example numbers"):
        phones.add_neighbor(line.id)


@pytest.fixture
def mexico(migrated_file: Path, tmp_path: Path) -> Command:
    file = f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'mexico.db')}"
    return Command(file, HOTLINE_COUNTRY="MX", HOTLINE_COUNTRIES="*")


def test_both_spellings_are_one_person_in_person_add(mexico: Command) -> None:
    for written in ("+52 55 1234 5678", "+52 1 55 1234 5678", "55 1234 5678", "whatsapp:+5215512345678"):
        assert mexico.good("person", "add", written, "--name", "Vera", "--helper").startswith("Vera is person 1:")
    (vera,) = mexico.json("person", "list", "--numbers")
    assert vera["addresses"] == ["+525512345678", "whatsapp:+525512345678"]


def test_both_spellings_in_one_spreadsheet_are_one_row_too_many(mexico: Command, tmp_path: Path) -> None:
    sheet = tmp_path / "people.csv"
    sheet.write_text("telefono,nombre,ayuda\n+52 1 55 1234 5678,Vera,si\n5512345678,Vera,si\n12,Otra,si\n", "utf-8")
    done = mexico("person", "import", str(sheet))
    assert "line 3 refused: the same address as in line 2" in done.stderr
    assert "line 4 refused: not a whole phone number; write it with + and the country, such as +52" in done.stderr


def test_who_was_added_is_found_by_the_spelling_the_carrier_writes(mexico: Command) -> None:
    mexico.good("person", "add", "+525512345678", "--name", "Vera", "--helper")

    def heard(session: Session) -> None:
        (address,) = session.exec(select(Address))
        address.value = "+5215512345678"
        session.add(address)

    database = mexico.database()
    try:
        database.write(heard).result()
    finally:
        database.close()
    assert mexico.good("person", "add", "+52 55 1234 5678", "--area", "").startswith("Vera is person 1")
    assert "Vera" in mexico.good("person", "export", "+525512345678")


def test_a_hotlines_own_number_is_nobodys_in_either_spelling(migrated_file: Path, tmp_path: Path) -> None:
    file = f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'own.db')}"
    run = Command(file, HOTLINE_COUNTRY="MX", HOTLINE_NUMBER="+525512345670")
    for written in ("+525512345670", "+52 1 55 1234 5670", "whatsapp:+5215512345670"):
        refused = run("person", "add", written, "--name", "Selfie", "--helper")
        assert "a hotline's own number" in refused.stderr


def test_a_new_line_calls_its_own_countrys_number(migrated_file: Path, tmp_path: Path) -> None:
    run = Command(f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'lines.db')}")
    run.good("line", "add", "Leith", "--sms", "+447700900100", "--country", "GB")
    run.good("line", "add", "Elm", "--sms", "+12025550190")
    database = run.database()
    try:
        found = {line.name: line.emergency_number for line in database.read(lines.all_lines)}
    finally:
        database.close()
    assert (found["Leith"], found["Elm"]) == ("999", "911")
