"""`hotline person`: added one by one or from whatever a spreadsheet has made of a list of people."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.command import Command


@pytest.fixture
def run(migrated_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.chdir(tmp_path)
    command = Command(f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'hotline.db')}")
    command.good("line", "area", "Oak", "--alias", "Oak Street", "--zip", "11215")
    command.good("line", "area", "Maple Heights")
    return command


def people(run: Command, *args: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = run.json("person", "list", "--numbers", *args)
    return found


def test_a_volunteer_with_everything(run: Command) -> None:
    said = run.good(
        *"person add (202)555-0101 --helper --duty --language Spanish --area 11215,maple.heights --can".split(),
        "rides and food",
        "--name",
        " Ana   Ruiz ",
    )
    assert said == "Ana Ruiz is person 1: volunteer, on duty\n"
    assert people(run) == [
        {
            "id": 1,
            "name": "Ana Ruiz",
            "roles": ["volunteer", "on duty"],
            "language": "es",
            "languages": ["es"],
            "areas": ["Oak", "Maple Heights"],
            "can": ["transport", "food"],
            "addresses": ["+12025550101"],
        }
    ]


@pytest.mark.parametrize(
    "written",
    ["+12025550101", "12025550101", "2025550101", "(202) 555-0101", "tel:+1-202-555-0101", "0012025550101"],
)  # fmt: skip
def test_any_spelling_of_a_number_is_the_same_person(run: Command, written: str) -> None:
    run.good("person", "add", "+1 202 555 0101", "--name", "Ana", "--helper")
    assert run.good("person", "add", written, "--area", "Oak") == "Ana is person 1: volunteer\n"


def test_whatsapp_is_kept_as_it_is_and_a_known_number_is_the_same_person(run: Command) -> None:
    run.good("person", "add", "2025550101", "--name", "Ana")
    run.good("person", "add", "whatsapp:+1 202 555 0101")
    run.good("person", "add", "WhatsApp: US.1234", "--name", "Ben")
    assert [p["addresses"] for p in people(run)] == [["+12025550101", "whatsapp:+12025550101"], ["whatsapp:US.1234"]]


def test_numbers_are_masked_unless_asked_for(run: Command) -> None:
    run.good("person", "add", "2025550101", "--name", "Ana")
    assert "5550101" not in run.good("person", "list")
    assert "+12025550101" in run.good("person", "list", "--numbers")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["555-0101"], "not a whole phone number; write it with + and the country, such as +12025550101"),
        (["Ana"], "not a phone number"),
        (["2025550101 ext 5"], "extension"),
        (["whatsapp:"], "no phone number"),
        (["2025550101", "--helper"], "no name; neighbors are told the first name"),
        (["2025550101", "--language", "Klingon"], "write one of: en (English), es (Español)"),
        (["2025550101", "--area", "Elm"], "area 'Elm': not one of this line's: Oak, Maple Heights"),
        (["2025550101", "--can", "juggling"], "can 'juggling': not understood; write some of: food, water"),
        (["2025550101", "--line", "Elm Street"], "There is no line 'Elm Street'. There are: Neighbors' Hotline"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_said_with_the_choices(run: Command, args: list[str], said: str) -> None:
    done = run("person", "add", *args)
    assert (done.exit_code, done.stdout) == (1, "")
    assert said in done.stderr
    assert people(run) == []


def test_everything_is_a_thing_one_can_do(run: Command) -> None:
    run.good("person", "add", "2025550101", "--name", "Ana", "--can", "food")
    run.good("person", "add", "2025550101", "--can", "anything")
    assert people(run)[0]["can"] == []


def test_the_first_start_needs_nothing(tmp_path: Path) -> None:
    run = Command(f"sqlite:///{tmp_path}/new.db", HOTLINE_COUNTRY="MX", HOTLINE_NAME="Línea")
    run.good("person", "add", "55 1234 5678", "--name", "Ana", "--helper")
    assert people(run)[0]["addresses"] == ["+525512345678"]


def test_another_shell_does_not_change_the_line(tmp_path: Path) -> None:
    run = Command(f"sqlite:///{tmp_path}/new.db")
    run.good("line", "list", HOTLINE_NAME="Oak Street", HOTLINE_NUMBER="+12025550199")
    said = run.good("line", "list")
    assert "Oak Street" in said
    assert "+12025550199" in said


HORRORS = '''sep=;
Phone Number;Nombre ;VOLUNTEER?;De guardia;Idioma;Área;Puede (tareas);Notes

2.025550101E9;Ana Ruiz;yes;x;español;Oak;rides, comida;the first
12025550102.0;Ben;1;no;EN;"oak street, 11215";anything;
="+12025550103";"Caro ""la alta""";SÍ;;Spanish;;;
'2025550104;José;verdadero;;es;maple heigths;food;
  (202) 555-0105 ;Eva;FALSE;0;;;;
;;;;;;;
"2,025,550,106";Fay;-;;;;;
2,025550107E+09;Gil;t;;Inglés;;meds;
whatsapp:US.1234;Hal;✓;;;;;
2.02555E+09;Ida;yes;;;;;
555-0101;Jon;yes;;;;;
+12025550101;Ana again;yes;;;;;
2025550110;Kim;maybe;;;;;
2025550111;;yes;;;;;
2025550112;Liz;yes;;Klingon;;;
2025550113;Mia;yes;;;Elm;;
2025550114;Ned;yes;;;;juggling;
2025550115;"Oda;yes;;;;;
2025550116;Pam;yes;;;;;;;too much
#N/A;Quin;yes;;;;;
;Rob;yes;;;;;
2025550119;Sue;yes;;;;;
'''


def test_a_sheet_of_horrors(run: Command, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_bytes(HORRORS.replace("✓", "x").encode("cp1252"))
    done = run("person", "import", "people.csv")
    refused = done.stderr.splitlines()
    assert done.exit_code == 1
    assert done.stdout == "8 people kept: 6 volunteers, 1 on duty\n"
    assert refused[0] == "Columns not read: Notes"
    assert refused[-1] == "13 refused; mend those rows and import the file again"
    expected = {
        6: "the name: write letters only",
        13: "cut off digits",
        14: "not a whole phone number",
        15: "the same address as in line 4",
        16: "helper: write yes or no",
        17: "no name",
        18: "language 'Klingon'",
        19: "area 'Elm'",
        20: "can 'juggling'",
        21: "quotation mark",
        22: "more cells than headings",
        23: "not a phone number",
        24: "no phone number",
    }
    assert "--make-areas adds" in refused[-2]
    for line, (number, why) in zip(refused[1:-2], expected.items(), strict=True):
        assert line.startswith(f"line {number} refused: ")
        assert why in line
    kept = {p["name"]: p for p in people(run)}
    assert {name: p["addresses"] for name, p in kept.items()} == {
        "Ana Ruiz": ["+12025550101"],
        "Ben": ["+12025550102"],
        "José": ["+12025550104"],
        "Eva": ["+12025550105"],
        "Fay": ["+12025550106"],
        "Gil": ["+12025550107"],
        "Hal": ["whatsapp:US.1234"],
        "Sue": ["+12025550119"],
    }
    assert kept["Ana Ruiz"]["roles"] == ["volunteer", "on duty"]
    assert (kept["Ana Ruiz"]["language"], kept["Ana Ruiz"]["can"]) == ("es", ["transport", "food"])
    assert (kept["Ben"]["areas"], kept["Ben"]["can"]) == (["Oak"], [])
    assert kept["José"]["areas"] == ["Maple Heights"]
    assert kept["Eva"]["roles"] == kept["Fay"]["roles"] == ["neighbor"]
    assert (kept["Gil"]["language"], kept["Gil"]["can"]) == ("en", ["medicine"])


PLAIN = "address,name,helper,duty,language,area,can\n+12025550101,Ana Núñez,yes,,es,,\n"


@pytest.mark.parametrize(
    "data",
    [
        PLAIN.encode(),
        b"\xef\xbb\xbf" + PLAIN.encode(),
        PLAIN.encode("cp1252"),
        PLAIN.encode("utf-16"),
        PLAIN.replace(",", "\t").encode(),
        PLAIN.replace(",", ";").encode(),
        PLAIN.replace("\n", "\r\n").encode(),
        PLAIN.replace("\n", "\r").encode(),
        PLAIN.rstrip().encode(),
        ("\n\n" + PLAIN).encode(),
        PLAIN.replace("\n", ",,,,\n").encode(),
        PLAIN.replace("Ana", "Ana\0").encode(),
        PLAIN.replace("address,name", "Teléfono móvil,Nombre y apellidos").encode(),
        PLAIN.replace("+1202", "whatsapp:+1202").replace("address", "WhatsApp").encode(),
    ],
    ids="plain bom latin1 utf16 tabs semicolons crlf cr no-end blank-first wide nul spanish whatsapp".split(),
)  # fmt: skip
def test_whatever_the_spreadsheet(run: Command, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "people.csv").write_bytes(data)
    assert run.good("person", "import", "people.csv") == "1 person kept: 1 volunteer, 0 on duty\n"
    (ana,) = people(run)
    assert (ana["name"], ana["language"]) == ("Ana Núñez", "es")
    assert ana["addresses"][0].removeprefix("whatsapp:") == "+12025550101"


def test_importing_twice_changes_nothing(run: Command, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(PLAIN)
    run.good("person", "import", "people.csv")
    before = people(run)
    run.good("person", "import", "people.csv")
    assert people(run) == before


def test_people_of_several_lines(run: Command, tmp_path: Path) -> None:
    run.good("line", "add", "Elm", "--sms", "+12025550190")
    (tmp_path / "people.csv").write_text("phone,name,line\n2025550101,Ana,elm\n2025550101,Ana,\n2025550102,Ben,Fir\n")
    done = run("person", "import", "people.csv")
    assert "line 4 refused: line 'Fir': write one of: Neighbors' Hotline, Elm" in done.stderr
    assert len(people(run)) == len(people(run, "--line", "ELM")) == 1


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "the file is empty"),
        (b"\n\n", "the file is empty"),
        (b"+12025550101,Ana\n", "the first row must name the columns, such as: address, name, helper"),
        (b"PK\x03\x04workbook", "this is a packed file that is damaged"),
    ],
)
def test_a_file_that_is_no_table(run: Command, tmp_path: Path, data: bytes, said: str) -> None:
    (tmp_path / "people.csv").write_bytes(data)
    done = run("person", "import", "people.csv")
    assert done.exit_code == 1
    assert said in done.stderr


def test_beside_phones_an_address_is_a_street(run: Command, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(
        'Number, Name, Address, Mobile, WhatsApp\n1, Ana, "12 Oak St, 4B", 2025550101,\n'
    )
    assert "Columns not read: Number, Address\n" in run("person", "import", "people.csv").stderr
    assert people(run)[0]["addresses"] == ["+12025550101"]


def test_on_both_databases(database_url: str, tmp_path: Path) -> None:
    run = Command(database_url)
    (tmp_path / "people.csv").write_text(PLAIN)
    run.good("line", "area", "Oak", "--zip", "11215")
    run.good("person", "import", str(tmp_path / "people.csv"))
    run.good("person", "add", "+12025550101", "--area", "11215", "--duty")
    assert people(run)[0]["areas"] == ["Oak"]
    assert "+12025550100" in run.good("line", "list")
    assert run.json("request", "list") == []
    assert run.good("tick") == "0 requests acted on\n"
    assert run.good("migrate", "--check").endswith("The database is up to date.\n")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Ana 2", "the name: write letters only, with spaces, - ' and . where the name has them"),
        ("evil.com", "the name: write letters only"),
        ("Ana: hi", "the name: write letters only"),
        ("A" * 21, "the name: too long; others read at most 20 letters of the first name"),
        ("Hotline", "the name: the hotline's own name or a word that it uses"),
        ("Neighbors Hotline", "the name: the hotline's own name"),
        ("STOP", "the name: the hotline's own name or a word that it uses"),
    ],
)
def test_what_is_no_name_is_refused_in_words(run: Command, name: str, why: str) -> None:
    done = run("person", "add", "+12025550101", "--name", name)
    assert done.exit_code == 1
    assert why in " ".join(done.stderr.split())
    assert people(run) == []


def test_a_name_is_kept_as_a_phone_types_it(run: Command) -> None:
    run.good("person", "add", "+12025550101", "--name", "Ana\u200b O’Neil\u2011Ruiz Guadalupe")
    assert people(run)[0]["name"] == "Ana O'Neil-Ruiz Guadalupe"


def test_the_hotlines_own_number_is_nobodys_phone(run: Command, tmp_path: Path) -> None:
    """Case 28."""
    own = {"HOTLINE_NUMBER": "+12025550199", "HOTLINE_WHATSAPP": "+12025550198"}
    for written in ("+12025550199", "(202) 555-0199", "whatsapp:+12025550199", "whatsapp:+12025550198"):
        done = run("person", "add", written, "--name", "Selfie", "--helper", **own)
        assert done.exit_code != 0
        assert done.stderr == "a hotline's own number; write the number of the person's phone\n"
    sheet = tmp_path / "own.csv"
    sheet.write_text("address,name,helper\n+12025550199,Selfie,yes\n+12025550107,Joe,yes\n")
    done = run("person", "import", str(sheet), **own)
    assert "line 2 refused: a hotline's own number" in done.stderr
    assert [p["name"] for p in people(run)] == ["Joe"]


def test_whoever_has_the_host_puts_a_volunteer_out_and_takes_them_back(run: Command) -> None:
    run.good("person", "add", "+12025550102", "--name", "Ben", "--helper", "--duty")
    assert "shut out" in run.good("person", "revoke", "1", "--why", "stolen phone")
    assert people(run)[0]["roles"] == ["waits to be vouched for"]
    assert "back in" in run.good("person", "unban", "1")
    assert people(run)[0]["roles"] == ["volunteer"]
    run.good("person", "ban", "1")
    assert people(run)[0]["roles"] == ["banned"]
    assert "out already" in run("person", "ban", "1").output
    assert "no volunteer 9" in run("person", "revoke", "9").output
