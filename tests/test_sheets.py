"""Tables as groups have them: any CSV, workbooks, exports of other programs; nothing in them is lost in silence."""

import io
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime, time
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils.exceptions import IllegalCharacterError

from app.cli.sheets import columns, reading, values
from app.cli.sheets.cells import Unusable, cell, written
from app.cli.sheets.columns import Kind
from app.cli.sheets.grid import MOST_ROWS
from app.cli.sheets.reading import Table
from tests.examples import every

PEOPLE = [
    ("Cell phone number", "mobile"),
    ("Phone (mobile)", "mobile"),
    ("Phone Number", "phone"),
    ("Phone 1 - Value", "phone"),  # Google Contacts
    ("Home phone", "landline"),
    ("Número de teléfono", "phone"),
    ("¿Cuál es tu número de celular?", "mobile"),
    ("What is your phone number? (we never share it by email)", "phone"),
    ("What's the best phone number to text you at?", "mobile"),
    ("Full name", "name"),
    ("Nombre completo", "name"),
    ("What is your name?", "name"),
    ("First Name", "first_name"),
    ("Apellidos", "last_name"),
    ("Languages spoken", "language"),
    ("What language(s) do you speak?", "language"),
    ("¿Qué idiomas hablas?", "language"),
    ("Neighborhood", "area"),
    ("Zip code", "area"),
    ("¿En qué barrio vives?", "area"),
    ("What can you help with?", "can"),
    ("¿En qué puedes ayudar?", "can"),
    ("Are you able to drive?", "drives"),
    ("¿Tienes carro?", "drives"),
    ("Are you a volunteer?", "helper"),
    ("De guardia", "duty"),
    ("WhatsApp", "whatsapp"),
    ("Timestamp", None),
    ("Marca temporal", None),
    ("Email Address", None),
    ("Notes", None),
    ("Emergency contact phone", None),
    ("Phone carrier", None),
    ("Best time to call", None),
    ("Street name", None),
    ("", None),
]
REQUESTS = [
    ("What do you need?", "need"),
    ("¿Qué necesitas?", "need"),
    ("Type of help", "need"),
    ("How many people are in your household?", "people"),
    ("Street address", "place"),
    ("Dirección", "place"),
    ("Timestamp", "asked"),
    ("Status", "status"),
    ("How urgent is it?", "urgency"),
    ("Anything else we should know?", "notes"),
    ("Phone", "phone"),
    ("Contact", "phone"),
    ("Volunteer name", None),
]


@every(PEOPLE)
def test_a_column_of_people_by_its_heading(title: str, key: str | None) -> None:
    assert columns.key_of("people", title) == key


@every(REQUESTS)
def test_a_column_of_requests_by_its_heading(title: str, key: str | None) -> None:
    assert columns.key_of("requests", title) == key


@pytest.mark.parametrize("kind", ["people", "requests"])
def test_every_name_in_the_list_is_found_by_itself(kind: Kind) -> None:
    """None is hidden by another column's name, or by a word that makes a heading somebody else's."""
    lists = columns.lists()
    for part in ("shared", kind):
        for key, said in lists[part].items():
            for words in said["is"]:
                found = columns.key_of(kind, words)
                assert found == key or words in lists[kind].get(str(found), {"is": []})["is"], words


def of(text: str | bytes, kind: Kind = "people", **chosen: str) -> Table:
    return reading.read(text.encode() if isinstance(text, str) else text, kind, chosen)


def shown(table: Table) -> list[dict[str, str]]:
    return [dict(row.values) for row in table.rows]


ANA = [{"address": "2025550101", "name": "Ana Núñez"}]
PLAIN = "phone,name\n2025550101,Ana Núñez\n"


@pytest.mark.parametrize(
    "data",
    [
        PLAIN.encode(),
        PLAIN.encode("utf-8-sig"),
        PLAIN.encode("utf-16"),
        PLAIN.encode("utf-16-le"),
        PLAIN.encode("utf-16-be"),
        PLAIN.encode("utf-32"),
        PLAIN.encode("cp1252"),
        PLAIN.replace("\n", "\r").encode("mac_roman"),
        PLAIN.replace(",", "\t").encode("utf-16"),  # Excel's "Unicode text"
        PLAIN.replace(",", "|").encode(),
        PLAIN.replace(",", ";").encode(),
        ("sep=;\n" + PLAIN.replace(",", ";")).encode(),
        ("Our volunteers\nspring 2026\n\n" + PLAIN).encode(),
        PLAIN.replace("Ana Núñez", '"Ana\nNúñez"').encode(),
        PLAIN.replace("name", "First name,Last name").replace("Ana Núñez", "Ana,Núñez").encode(),
    ],
    ids="utf8 bom utf16 utf16le utf16be utf32 cp1252 mac tabs bars semicolons sep title broken two-names".split(),
)  # fmt: skip
def test_one_list_in_every_habit(data: bytes) -> None:
    rows = shown(of(data))
    assert [{key: cell(words) for key, words in row.items()} for row in rows] == ANA


def test_what_a_line_says_of_its_separator_holds() -> None:
    table = of("sep=;\nphone;name;notes, and more\n2025550101;Ana;a, b\n")
    assert table.ignored == ["notes, and more"]
    assert table.rows[0].others == {"notes, and more": "a, b"}


def test_the_mobile_is_taken_and_the_other_phone_where_there_is_none() -> None:
    table = of("Home phone,Cell,name\n2025550101,2025550102,Ana\n2025550103,,Ben\n")
    assert [row["address"] for row in shown(table)] == ["2025550102", "2025550103"]
    assert table.notes == [
        "address: 'Cell' is taken, and where that is empty 'Home phone'; --column address=... chooses another"
    ]


def test_the_host_says_which_column_it_is() -> None:
    table = of("Wer,Tel. 2,Sonst\nAna,2025550101,x\n", address="tel 2", name="WER", ignore="Sonst")
    assert shown(table) == [{"address": "2025550101", "name": "Ana"}]
    table = of("phone,work\n2025550101,2025550102\n", address="work")
    assert shown(table) == [{"address": "2025550102"}]
    assert table.ignored == ["phone"]


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"shoes": "phone"}, "there is no column 'shoes' to choose; write one of: address"),
        ({"address": "Fax"}, "there is no column 'Fax'; the table has: 'phone', 'name'"),
    ],
)
def test_what_the_host_cannot_say(chosen: dict[str, str], said: str) -> None:
    with pytest.raises(Unusable, match=said):
        reading.read(PLAIN.encode(), "people", chosen)


def test_several_columns_of_one_kind_are_one_list() -> None:
    table = of("phone,Primary language,Other languages\n2025550101,Spanish,Mam\n")
    assert shown(table)[0]["language"] == "Spanish; Mam"


def test_a_column_without_a_heading_is_named_if_it_says_something() -> None:
    assert of("phone,,name\n2025550101,,Ana\n").ignored == []
    assert of("phone,,name\n2025550101,old,Ana\n").ignored == ["column B, which has no heading"]


def test_a_list_without_a_phone_says_what_it_has() -> None:
    with pytest.raises(Unusable, match=r"must name the columns, such as: address, name.*begins with: 'Wer', 'Wo'"):
        of("Wer,Wo\nAna,Oak\n")


def test_a_list_that_is_far_too_long_is_cut_with_a_word() -> None:
    table = of("phone\n" + "2025550101\n" * (MOST_ROWS + 5))
    assert len(table.rows) + 1 == MOST_ROWS
    assert table.refused == [(MOST_ROWS + 1, "and all that follows: at most 20,000 rows; split the file")]


def book(*sheets: tuple[str, Sequence[Sequence[Any]]], hidden: Sequence[str] = ()) -> bytes:
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for name, rows in sheets:
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
        sheet.sheet_state = "hidden" if name in hidden else "visible"
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


HEAD = ("First Name", "Last Name", "Cell phone number", "What can you help with?", "Shoe size", "Since")


def test_a_workbook_as_a_group_has_it() -> None:
    rows = [
        ["Volunteers of Oak Street"],
        [],
        HEAD,
        ["Ana", "Ruiz", 2025550101, "driving; cooking", 38.5, date(2026, 3, 1)],
        ["Ben", None, 2025550102.0, True, None, datetime(2026, 3, 1, 9, 30)],  # noqa: DTZ001 - a sheet knows no zone
        ["Caro", None, "(202) 555-0103", None, 0.1, time(9, 30)],
        [],
        ["Dee", None, "2.02555E+09", None, None, None],
    ]
    table = of(book(("Notes", [["hello"]]), ("People", rows), ("old", [HEAD]), hidden=["old"]))
    assert table.counted == "row"
    assert [row.number for row in table.rows] == [4, 5, 6, 8]
    assert shown(table) == [
        {"address": "2025550101", "can": "driving; cooking", "name": "Ana Ruiz"},
        {"address": "2025550102", "can": "yes", "name": "Ben"},
        {"address": "(202) 555-0103", "name": "Caro"},
        {"address": "2.02555E+09", "name": "Dee"},  # its digits are lost; who reads the phone says so
    ]
    assert table.rows[0].others == {"Shoe size": "38.5", "Since": "2026-03-01"}
    assert table.rows[1].others == {"Since": "2026-03-01 09:30:00"}
    assert table.ignored == ["Shoe size", "Since"]
    assert table.notes == [
        "read is the sheet 'People', and not: Notes; --sheet chooses another",
        "hidden sheets, not read: old",
    ]


def test_the_host_names_the_sheet() -> None:
    data = book(("2025", [["phone"], ["2025550101"]]), ("2026", [["phone", "name"], ["2025550102", "Ben"]]))
    assert shown(reading.read(data, "people"))[0]["name"] == "Ben"
    assert shown(reading.read(data, "people", sheet="2025")) == [{"address": "2025550101"}]
    with pytest.raises(Unusable, match="there is no sheet '2024'; there are: 2025, 2026"):
        reading.read(data, "people", sheet="2024")
    with pytest.raises(Unusable, match="only a workbook has sheets"):
        reading.read(PLAIN.encode(), "people", sheet="2025")


def test_formulas_that_nobody_has_worked_out_are_told() -> None:
    table = of(book(("a", [["phone", "name"], ["2025550101", '="A"&"na"'], ["=B1", "Ben"]])))
    assert table.notes == [
        "2 cells hold formulas that were never worked out, the first is B2; open the workbook once and save it"
    ]
    assert shown(table) == [{"address": "2025550101"}, {"name": "Ben"}]


def test_a_stray_cell_at_the_far_end_costs_nothing() -> None:
    made = openpyxl.Workbook()
    sheet = made.worksheets[0]
    sheet.append(["phone", "name"])
    sheet.append(["2025550101", "Ana"])
    sheet["XFD1048576"] = "oops"
    file = io.BytesIO()
    made.save(file)
    table = of(file.getvalue())
    assert shown(table) == [{"address": "2025550101", "name": "Ana"}]
    assert table.refused == [(1048576, "has more than 200 cells")]


def packed(**files: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as zip_:
        for name, content in files.items():
            zip_.writestr(name.replace("__", "/").replace("_", "."), content)
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook"),
        (b"%PDF-1.7", "a PDF"),
        (b"{\\rtf1", "a text document"),
        (b"\x89PNG\r\n", "a picture"),
        (b"\xff\xd8\xff\xe0", "a picture"),
        (b"\x1f\x8b\x08", "packed; unpack it"),
        (b"BEGIN:VCARD\r\n", "vCard"),
        (b"<!DOCTYPE html><table><tr><td>phone", "a web page"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>", "a web page"),
        (packed(content_xml=b""), r"\.ods"),
        (packed(xl__workbook_bin=b""), r"\.xlsb"),
        (packed(Index__Document_iwa=b""), "Numbers"),
        (packed(word__document_xml=b""), "Word"),
        (packed(photos_txt=b""), "a packed file, not a workbook"),
        (packed(xl__workbook_xml=b"<"), "damaged"),
        (packed(xl__workbook_xml=b"", xl__bomb_xml=bytes(201_000_000)), "far too large"),
        (b"PK\x03\x04nothing", "damaged"),
        (b"x" * 20_000_001, "far more than a list has"),
        (b"", "the file is empty"),
        (book(("empty", [])), "the workbook is empty"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_table_is_named_with_the_cure(data: bytes, said: str) -> None:
    with pytest.raises(Unusable, match=said):
        of(data)


def test_a_damaged_workbook_is_refused_in_words() -> None:
    whole = book(("a", [["phone"], ["2025550101"]]))
    for cut in range(0, len(whole), 97):
        damaged = whole[:cut] + b"\0" + whole[cut + 1 :]
        with suppress(Unusable):
            assert len(of(damaged).rows) <= 1


CELL = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**16), 10**16), st.floats(allow_nan=False, allow_infinity=False),
    st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.text(st.characters(min_codepoint=32, codec="utf-8"), max_size=8),
)  # fmt: skip


@given(st.lists(st.lists(CELL, min_size=1, max_size=5), max_size=8))
def test_every_row_of_a_workbook_is_kept_or_refused(rows: list[list[Any]]) -> None:
    try:
        data = book(("a", [["phone", "name", "Notes"], *rows]))
    except IllegalCharacterError:
        return
    table = of(data)
    told = [row.number for row in table.rows] + [number for number, _ in table.refused]
    asked = [
        number
        for number, row in enumerate(rows, 2)
        if any(cell(written(value)) for value in row) and not any(str(value).startswith("=") for value in row)
    ]
    assert set(asked) <= set(told)
    assert len(set(told)) == len(told)


@given(st.lists(st.lists(st.text(max_size=6), min_size=1, max_size=4), max_size=8), st.sampled_from(",;\t|"))
def test_every_row_of_a_text_is_kept_or_refused(rows: list[list[str]], separator: str) -> None:
    text = io.StringIO()
    text.write(separator.join(["phone", "name", "x"]) + "\n")
    text.writelines(separator.join(row) + "\n" for row in rows)
    table = of(text.getvalue().encode("utf-8", "replace"))
    told = [row.number for row in table.rows] + [number for number, _ in table.refused]
    assert len(set(told)) == len(told)
    for row in table.rows:
        assert all(map(cell, row.values.values()))


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        ("Spanish", ["es"]),
        ("español, inglés", ["es", "en"]),
        ("English and Spanish", ["en", "es"]),
        ("inglés y español", ["en", "es"]),
        ("Kreyòl", ["ht"]),
        ("Creole/French", ["ht", "fr"]),
        ("Mandarin", ["zh"]),
        ("中文", ["zh"]),
        ("Cantonese", ["yue"]),
        ("Tiếng Việt; русский", ["vi", "ru"]),
        ("Swahili", ["sw"]),
        ("K'iche'", ["quc"]),
        ("mixteco", ["mix"]),
        ("ASL", ["ase"]),
        ("Farsi (native)", ["fa"]),
        ("a little Arabic", ["ar"]),
        ("ES", ["es"]),
        ("", []),
    ],
)
def test_languages_by_any_of_their_names(words: str, codes: list[str]) -> None:
    assert values.languages(words) == codes


@pytest.mark.parametrize("word", ["Ja", "oui", "sim", "wi", "x", "✅", "是", "Yes, on weekends", "Sí!", "VERDADERO"])
def test_yes_in_many_tongues(word: str) -> None:
    assert values.yes("helper", word)


@pytest.mark.parametrize("word", ["nein", "non", "–", "No, sorry", "否", "FALSO", "n/a"])
def test_no_in_many_tongues(word: str) -> None:
    assert not values.yes("helper", word)


@pytest.mark.parametrize("word", ["maybe", "yesterday", "Noel", "ask me"])
def test_neither_yes_nor_no(word: str) -> None:
    with pytest.raises(Unusable, match="helper: write yes or no"):
        values.yes("helper", word)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2025550120,0", "2025550120"),
        ("2025550120.0", "2025550120"),
        ("3,0", "3,0"),
        ("2,025,550,120.0", "2,025,550,120"),
    ],
)
def test_a_whole_number_of_a_country_with_decimal_commas(written: str, meant: str) -> None:
    assert cell(written) == meant


@pytest.mark.parametrize(
    ("title", "key"), [("How would you like to help? (check all)", "can"), ("¿Cómo quieres ayudar?", "can")]
)
def test_how_forms_ask_volunteers_what_they_do(title: str, key: str) -> None:
    assert columns.key_of("people", title) == key
