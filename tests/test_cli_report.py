"""`hotline report`: the same figures for people, programs and spreadsheets, and nothing about anybody."""

import csv
import io
import json
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from app.cli.cells import BOM
from app.clock import Clock
from app.pages import wording
from models import lines
from models.assignments import State as Holding
from models.delivery.outbound import Lane
from models.lines import Area, Channel
from models.report.rows import SECTIONS
from models.requests import Outcome, State
from models.store.session import Session
from tests import histories
from tests.command import Command
from tests.histories import MINUTE, Asked, Claim, ForDuty, History, Text

LINE = "=cmd|' /C calc'!A0"
AREA = "\uff0bOak \x1b[31m[red]"


@pytest.fixture
def run(migrated_file: Path, tmp_path: Path) -> Command:
    return Command(f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'hotline.db')}")


@pytest.fixture
def busy(run: Command) -> Command:
    """Thirty days: twelve requests for food with help, three for a ride that nobody took, one in danger."""
    now = Clock().now()
    asked = []
    for n in range(12):
        claims = (Claim(30, n % 3, Holding.LAPSED), Claim(60 + n, n % 6, Holding.DONE))
        at = now - timedelta(days=29 - n)
        asked.append(
            Asked(at, ("food",), "en", State.CLOSED, Outcome.FULFILLED, 120, ((0, 3), (45, 6)), claims, False)
        )
    for n in range(3):
        at = now - timedelta(days=2, minutes=n)
        ride = Asked(at, ("transport",), "es", State.OPEN, None, 0, ((0, 3),), (), False)
        asked.append(replace(ride, area=0, neighbor=n, place="12 Oak St", passed=2))
    asked.append(Asked(now - timedelta(days=40), ("safety",), "en", State.HELD, None, 0, (), (), False))
    texts = [Text(now - timedelta(days=n), Lane.REPLY, Channel.SMS, 1, 2) for n in range(30)]
    duty = (ForDuty(now - timedelta(days=3), False, 7, None), ForDuty(now - timedelta(days=3), True, 2, None))
    history = History("America/New_York", now, tuple(asked), tuple(texts), duty)
    run.good("line", "list")
    kept = run.database()

    def keep(session: Session) -> None:
        histories.clear(session)
        histories.keep(session, history)
        line = lines.by_id(session, 1)
        line.name = LINE
        area = session.get_one(Area, 1)
        area.name = AREA
        session.add(line)
        session.add(area)

    kept.write(keep).result()
    kept.close()
    return run


def values(written: str) -> dict[tuple[str, str, str], str]:
    assert written.startswith(BOM)
    found = [*csv.DictReader(io.StringIO(written.removeprefix(BOM)))]
    return {(row["section"], row["name"], row["figure"]): row["value"] for row in found}


def leaves(tree: dict[str, Any]) -> dict[tuple[str, str, str], Any]:
    found: dict[tuple[str, str, str], Any] = {}
    for section, each in tree.items():
        for name, value in each.items():
            for figure, leaf in value.items() if isinstance(value, dict) else [("", value)]:
                found[(section, name, figure) if figure else (section, "", name)] = leaf
    return found


def test_json_has_every_section_and_csv_the_same_figures(busy: Command) -> None:
    tree = busy.json("report", "--since", "60 days")
    assert [*tree] == ["report", *SECTIONS]
    assert tree["requests"]["requests"] == 16
    assert tree["needs"]["food"] == {"requests": 12, "met": 12, "unmet": 0}
    assert tree["needs"]["transport"]["requests"] == 3
    assert tree["languages"]["es"]["requests"] == 3
    assert tree["areas"][AREA]["requests"] == 3
    assert tree["waits"]["claimed"] == {"count": 12, "median": 1800, "p90": 1800, "longest": 1800}
    assert tree["waits"]["helped"]["median"] == 7200
    assert tree["asks"]["asked_per_claim"] == pytest.approx((12 * 9 + 9) / 24, abs=0.01)
    assert tree["waves"]["1"] == {"waves": 15, "asked": 45, "claimed": 12}
    assert tree["waves"]["2"] == {"waves": 12, "asked": 72, "claimed": 12}
    assert tree["waves"]["answers_per_wave"] == round((24 + 6) / 27, 2)
    assert tree["claims"]["lapsed"] == tree["claims"]["done"] == 12
    assert tree["claims"]["lapsed_share"] == 0.5
    assert tree["per_met_request"]["segments"] == 5
    assert tree["duty"]["tasks"]["median"] == 420
    assert tree["queue"]["live"] == 4
    assert tree["repeats"] == {"named": 16, "repeated": 11 + 0, "share": round(11 / 16, 3)}
    assert tree["places"] == {"placed": 3, "same_door": 3, "same_house": 3}
    told, table = leaves(tree), values(busy.good("report", "--since", "60 days", "--csv"))
    cells = {key: (section := table[key])[section.startswith("'") :] for key in table}
    plain = {key: "" if told[key] is None else str(told[key]) for key in told}
    for volatile in (("report", "", "counted_at"), ("report", "", "public"), ("queue", "", "oldest_open")):
        del plain[volatile], cells[volatile]
    plain = {
        (section, name.replace(AREA, f"'{AREA}"), figure): value for (section, name, figure), value in plain.items()
    }
    assert cells == plain


def test_no_cell_is_a_formula(busy: Command) -> None:
    for row in csv.reader(io.StringIO(busy.good("report", "--csv", "--no-bom"))):
        assert len(row) == 5
        assert not [cell for cell in row if cell.strip()[:1] in "=+-@\uff0b\uff1d\uff0d\uff20" and cell.strip()]
    assert f"'{LINE}" in busy.good("report", "--csv").replace('""', '"')


@pytest.mark.parametrize("code", wording.languages())
@pytest.mark.parametrize("public", [[], ["--public"]])
def test_people_read_a_sentence_and_the_numbers_of_each_section(busy: Command, code: str, public: list[str]) -> None:
    said = busy.good("report", "--language", code, *public)
    words = wording.of(code).files["report"]
    for section in SECTIONS:
        assert words[f"{section}_title"] in said
    assert words["waits_means"] in said
    assert "\x1b" not in said
    assert (AREA.replace("\x1b", "") in said) is not bool(public)  # three requests


def test_what_everybody_may_see_has_nothing_of_three(busy: Command) -> None:
    tree = busy.json("report", "--since", "60 days", "--public")
    assert tree["report"]["hidden_under"] == 5
    assert tree["requests"]["requests"] == 15
    assert tree["needs"] == {
        "other": {"requests": 15}
    }  # three rides and one to be safe are four: food goes with them
    assert tree["areas"] == {"other": {"requests": 15}}
    assert tree["queue"] == {"live": None}
    assert tree["places"] == {"placed": None, "same_door": None, "same_house": None}
    assert tree["duty"] == {"tasks": {"median": None, "p90": None}}
    assert tree["load"]["gini"] is not None
    assert "safety" not in json.dumps(tree)


def test_nothing_in_it_is_about_anybody(busy: Command) -> None:
    """Numbers of volunteers are shares of a sorted load: whose is whose, nobody can tell."""
    said = busy.good("report", "--json")
    assert "12 Oak" not in said
    assert "+1202" not in said
    assert [name for name in json.loads(said)["load"] if name.startswith("least")] == [
        f"least_loaded_{part}_percent" for part in range(10, 101, 10)
    ]


def test_a_span_ends_where_it_is_said_to(busy: Command) -> None:
    first = (Clock().now() - timedelta(days=29)).date().isoformat()
    assert busy.json("report", "--since", "60 days", "--until", "31 days")["requests"]["requests"] == 1
    assert busy.json("report", "--since", first)["report"]["since"] == first


def test_it_is_written_into_a_file(busy: Command, tmp_path: Path) -> None:
    file = tmp_path / "report.csv"
    assert busy.good("report", "--csv", "--to", str(file)) == ""
    assert values(file.read_text(encoding="utf-8"))["queue", "", "live"] == "4"
    book = tmp_path / "report.xlsx"
    assert busy.good("report", "--to", str(book)) == ""
    assert ("queue", "live", 4) in [(row[0], row[2], row[3]) for row in load_workbook(book)["hotline"].values]
    done = busy("report", "--csv", "--to", str(tmp_path / "nowhere" / "report.csv"))
    assert done.exit_code == 1
    assert "Check that the folder exists" in done.output


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--since", "foo"], "--since: 'foo' is not a day; write it such as 2026-10-01"),
        (["--since", "2999-01-01"], "is in the future"),
        (["--until", "1999-01-01", "--since", "2000-01-01"], "is before"),
        (["--json", "--csv"], "write one of them"),
        (["--language", "tlh"], "a language we do not speak yet"),
    ],
)
def test_what_is_wrong_is_said_with_what_to_write(run: Command, args: list[str], says: str) -> None:
    done = run("report", *args)
    assert done.exit_code == 2
    assert says in done.output


def test_a_line_on_which_nothing_has_happened(run: Command) -> None:
    assert "Nothing has happened in this time." in run.good("report")
    tree = run.json("report")
    assert tree["requests"]["requests"] == 0
    assert tree["load"]["gini"] is tree["waits"]["claimed"]["median"] is tree["per_met_request"]["money"] is None
    assert run.json("report", "--public")["requests"]["requests"] is None


def test_one_request_is_told_too(run: Command) -> None:
    run.good("line", "list")
    now = Clock().now()
    one = Asked(now - 5 * MINUTE, (), "en", State.OPEN, None, 0, (), (), False)
    kept = run.database()

    def keep(session: Session) -> None:
        histories.clear(session)
        histories.keep(session, History("Asia/Kathmandu", now, (one,), (), ()))

    kept.write(keep).result()
    kept.close()
    said = run.good("report")
    assert "no area" in said
    assert run.json("report", "--since", "today")["queue"]["open_under_1_hour"] == {"requests": 1}


def test_of_several_lines_it_says_which_and_that_there_are_others(busy: Command) -> None:
    busy.good("line", "add", "Elm", "--sms", "+12025550190")
    assert "There are other lines: 'Elm'. --line NAME shows one of them." in busy.good("report")
    assert busy.json("report", "--line", "elm")["requests"]["requests"] == 0
    done = busy("report", "--line", "Birch")
    assert done.exit_code == 1
    assert "There is no line 'Birch'" in done.output


def test_a_database_without_tables_gets_them_first(tmp_path: Path) -> None:
    blank = Command(f"sqlite:///{tmp_path / 'blank.db'}")
    assert blank.json("report")["requests"]["requests"] == 0
    away = Command("postgresql://nobody@127.0.0.1:9/none")("report")
    assert away.exit_code == 1
    assert "Traceback" not in away.output


def test_every_figure_is_documented() -> None:
    """Programs read the names: each stands in docs/report.md."""
    words = (Path(__file__).parents[1] / "docs" / "report.md").read_text(encoding="utf-8")
    figures = [key.removeprefix("figure_") for key in wording.of("en").files["report"] if key.startswith("figure_")]
    for name in (*SECTIONS, *(figure for figure in figures if figure != "other")):
        assert f"`{name}`" in words, name
