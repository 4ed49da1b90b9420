"""A table of people as a spreadsheet saves it, whatever the program, the country and the habits of its owner."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from app.cli.people.addresses import WHATSAPP, Unusable, cell
from handlers.understanding.words import fold

COLUMNS = {
    "address": "address, number, contact, direccion, numero, contacto",
    "phone": """phone, phone number, phonenumber, phone no, mobile, mobile number, mobile phone, cell, cell phone,
        cellphone, tel, telephone, sms, telefono, numero de telefono, celular, movil, telefono movil,
        telefono celular""",
    "whatsapp": "whatsapp, whatsapp number, wa, numero de whatsapp",
    "name": "name, first name, full name, nombre, nombres, nombre completo, nombre y apellido, nombre y apellidos",
    "helper": """helper, helps, helping, volunteer, volunteers, is volunteer, ayuda, ayudante, voluntario, voluntaria,
        voluntariado, voluntario a, es voluntario""",
    "duty": """duty, on duty, coordinator, coordinates, guardia, de guardia, en guardia, turno, de turno, coordinador,
        coordinadora, coordinacion, coordina""",
    "language": "language, languages, lang, preferred language, idioma, idiomas, lengua, lenguaje",
    "area": """area, areas, neighborhood, neighbourhood, neighborhoods, district, zone, zona, zonas, barrio, barrios,
        colonia, vecindario""",
    "can": """can, can do, can help with, helps with, skills, skill, tasks, task, puede, puede ayudar con,
        puede hacer, habilidades, tareas, ayuda con""",
    "line": "line, hotline, group, linea, grupo",
}  # fmt: skip
HEADINGS = {fold(" ".join(name.split())): key for key, names in COLUMNS.items() for name in names.split(",")}
SEPARATORS = ",;\t|"


@dataclass
class Sheet:
    """The rows of a table by line number, and what was not read: columns nobody knows, rows that are broken."""

    rows: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)


def read(data: bytes) -> Sheet:
    """The table in a file. Raises Unusable for a file that is none."""
    if data.startswith(b"PK\x03\x04") or data.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unusable("this is a workbook, not a CSV file; in the spreadsheet choose Save as, CSV")
    text = decoded(data).replace("\0", "")
    rows = _records(text, _separator(text))
    sheet = Sheet()
    heading: list[str | None] | None = None
    for number, cells in rows:
        if isinstance(cells, str):
            sheet.refused.append((number, cells))
        elif not any(map(cell, cells)) or _is_separator_mark(number, cells):
            continue
        elif heading is None:
            heading = _heading(cells)
            sheet.ignored = [c.strip() for c, key in zip(cells, heading, strict=True) if key is None and c.strip()]
            if "address" not in heading and "whatsapp" not in heading:
                raise Unusable(f"the first row must name the columns, such as: {', '.join(_shown())}")
        elif any(map(cell, cells[len(heading) :])):
            sheet.refused.append((number, "more cells than headings; put quotation marks around a cell with a comma"))
        else:
            sheet.rows.append((number, _row(heading, cells)))
    if heading is None:
        raise Unusable("the file is empty")
    return sheet


def decoded(data: bytes) -> str:
    """The text of a file: UTF-8, or what older spreadsheets write. Never fails."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _separator(text: str) -> str:
    """The separator with which the first line names the most columns that we know."""
    first = next((line for line in text.splitlines() if line.strip() and not _names_separator(line)), "")

    def known(separator: str) -> int:
        return sum(_plain(c) in HEADINGS for c in next(csv.reader([first], delimiter=separator), []))

    return max(SEPARATORS, key=known)


def _names_separator(line: str) -> bool:
    return line.strip().strip('"').lower()[:4] == "sep=" and len(line.strip().strip('"')) <= 5


def _is_separator_mark(number: int, cells: list[str]) -> bool:
    return number == 1 and cells[0].strip().lower().startswith("sep=")


def _records(text: str, separator: str) -> Iterator[tuple[int, list[str] | str]]:
    """Each record with the number of its first line; a message in place of one that cannot be read.

    After a broken record reading resumes on the very next line: an unclosed quotation mark costs one row, not all.
    """
    lines = list(io.StringIO(text, newline=""))
    at = 0
    while at < len(lines):
        reader = csv.reader(_from(lines, at), delimiter=separator, strict=True, skipinitialspace=True)
        try:
            cells = next(reader)
        except csv.Error:
            yield at + 1, "cannot be read; look for a quotation mark that is missing or not closed"
            at += 1
            continue
        yield at + 1, cells
        at += reader.line_num


def _from(lines: list[str], at: int) -> Iterator[str]:
    return (lines[i] for i in range(at, len(lines)))


def _heading(cells: list[str]) -> list[str | None]:
    """What each column holds. Beside a column of phones, "address" is a street; WhatsApp's is the last resort."""
    found = [HEADINGS.get(_plain(c)) for c in cells]
    chosen = next((key for key in ("phone", "address", "whatsapp") if key in found), None)
    if chosen in ("whatsapp", None):
        return found
    kept = [None if key in ("phone", "address") and key != chosen else key for key in found]
    return ["address" if key == chosen else key for key in kept]


def _row(heading: list[str | None], cells: list[str]) -> dict[str, str]:
    row: dict[str, str] = {}
    for key, words in zip(heading, cells, strict=False):
        if key is not None and cell(words) and key not in row:
            row[key] = words
    whatsapp = row.pop("whatsapp", None)
    if whatsapp and "address" not in row:
        row["address"] = "whatsapp:" + WHATSAPP.sub("", cell(whatsapp))
    return row


def _plain(heading: str) -> str:
    named = re.sub(r"\(.*?\)", "", fold(cell(heading)))  # "Helper? (yes/no)"
    return " ".join("".join(c if c.isalnum() else " " for c in named).split())


def _shown() -> list[str]:
    return [key for key in COLUMNS if key not in ("phone", "whatsapp")]
