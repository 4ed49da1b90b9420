"""`hotline person export` and `hotline person forget`, and what cannot be done to somebody who was erased."""

import json
from pathlib import Path

import pytest

from tests import traces
from tests.command import Command

BEN = "+12025550102"


@pytest.fixture
def hotline(database_url: str) -> Command:
    command = Command(database_url)
    command.good("person", "add", BEN, "--name", "Benedict", "--helper", "--language", "es")
    return command


def test_all_that_is_kept_is_shown(hotline: Command) -> None:
    shown = json.loads(hotline.good("person", "export", "202 555 0102"))
    assert shown["person"][0]["name"] == "Benedict"
    assert [home["value"] for home in shown["address"]] == [BEN]
    assert shown["request"] == []


def test_erasing_asks_once(hotline: Command) -> None:
    assert hotline("person", "forget", BEN, input="n\n").exit_code == 1
    assert hotline.json("person", "list")[0]["name"] == "Benedict"
    assert "Erased." in hotline.good("person", "forget", BEN, input="y\n")
    assert hotline.json("person", "list") == []
    assert hotline("person", "export", BEN).exit_code == 1
    assert hotline("person", "forget", BEN, "--yes").exit_code == 1


def test_nobody_erased_is_added_by_hand(hotline: Command, tmp_path: Path) -> None:
    hotline.good("person", "forget", BEN, "--yes")
    refused = hotline("person", "add", BEN, "--name", "Benedict", "--helper")
    assert refused.exit_code == 1
    assert "text the hotline themselves" in refused.output
    sheet = tmp_path / "people.csv"
    sheet.write_text(f"address,name,helper\n{BEN},Ben,yes\n+12025550103,Caro,yes\n")
    assert hotline("person", "import", str(sheet)).exit_code == 1
    sheet.unlink()
    assert [person["name"] for person in hotline.json("person", "list")] == ["Caro"]
    assert traces.in_files(tmp_path, ["2025550102", "Benedict"]) == []
