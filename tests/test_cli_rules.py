"""`hotline line rule`: the figures a line lives by, shown, set, put back; nonsense is refused in words."""

from dataclasses import fields, replace
from pathlib import Path

import pytest

from handlers.rules.figures import table as figures
from models import lines
from models.lines import OfferShows, Policy
from tests.command import Command


@pytest.fixture
def run(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.chdir(tmp_path)
    return Command(database_url)


def policy(run: Command, line: int = 0) -> Policy:
    """What the hotline itself goes by."""
    kept = run.database()
    found = kept.read(lines.all_lines)[line].policy
    kept.close()
    return found


def test_every_figure_is_explained() -> None:
    assert list(figures.FIGURES) == [field.name for field in fields(Policy)]


@pytest.mark.parametrize("field", fields(Policy), ids=lambda field: field.name)
def test_every_default_can_be_written_as_it_is_shown(field: object) -> None:
    name = field.name  # type: ignore[attr-defined]
    default = getattr(Policy(), name)
    read = figures.FIGURES[name].read(figures.shown(default))
    assert (tuple(read) if isinstance(read, list) else read) == default
    assert type(read) in (type(default), list)


def test_all_figures_are_shown(run: Command) -> None:
    said = run.good("line", "rule")
    for name, figure in figures.FIGURES.items():
        (row,) = [line for line in said.splitlines() if line.startswith(f"{name} ")]
        assert figure.means in row
        assert figure.unit in row
    assert policy(run) == Policy()


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("reply_limit", "0", 0),
        ("waves", "2, 4,4", [2, 4, 4]),
        ("gap_urgent", "5", 5),
        ("countries", "us, MX,us", ["US", "MX"]),
        ("countries", "*", ["*"]),
        ("countries", "none", []),
        ("rate_sms", "0.5", 0.5),
        ("price_sms", "0.0079", "0.0079"),
        ("daily_budget", "$25.00", "25.00"),
        ("daily_budget", "off", ""),
        ("offer_shows", "Street", "street"),
    ],
)
def test_what_is_written_is_read(name: str, value: str, kept: object) -> None:
    assert figures.FIGURES[name].read(value) == kept


def test_figures_are_set_and_put_back(run: Command) -> None:
    (row,) = run.json("line", "rule", "Reply-Limit", " 7 ")
    assert (row["name"], row["value"], row["default"], row["own"]) == ("reply_limit", "7", "6", True)
    run.good("line", "rule", "waves", "2,4,4")
    run.good("line", "rule", "offer_shows", "building")
    assert policy(run) == replace(Policy(), reply_limit=7, waves=(2, 4, 4), offer_shows=OfferShows.BUILDING)
    run.good("line", "rule", "offer_shows", "--default")
    (row,) = run.json("line", "rule", "reply_limit", "--default")
    assert (row["value"], row["own"]) == ("6", False)
    assert policy(run) == replace(Policy(), waves=(2, 4, 4))


def test_a_figure_belongs_to_its_line(run: Command) -> None:
    run.good("line", "add", "Oak Street", "--sms", "+12025550190")
    run.good("line", "rule", "reply_limit", "10", "--line", "oak street")
    assert (policy(run, 0).reply_limit, policy(run, 1).reply_limit) == (6, 10)
    assert "There is no line 'Elm'" in run("line", "rule", "--line", "Elm").stderr


def test_a_setting_that_will_win_is_named(run: Command) -> None:
    done = run("line", "rule", "reply_limit", "7", HOTLINE_REPLY_LIMIT="9")
    assert done.stderr == "HOTLINE_REPLY_LIMIT is set, and will be what holds from the next start on.\n"
    run.good("line", "add", "Oak Street", "--sms", "+12025550190")
    done = run("line", "rule", "reply_limit", "7", "--line", "Oak Street", HOTLINE_REPLY_LIMIT="9")
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["reply_limit", "ten"], "reply_limit: not a whole number from 0 to 1000"),
        (["reply_limit", "-1"], None),
        (["reply_limit", "1.5"], "reply_limit: not a whole number from 0 to 1000"),
        (["reply_limit", "1001"], "reply_limit: not a whole number from 0 to 1000"),
        (["reply_limit", "9" * 5000], "reply_limit: not a whole number from 0 to 1000"),
        (["reply_limit", "١٠"], "reply_limit: not a whole number from 0 to 1000"),
        (["reply_limit", ""], "reply_limit: not a whole number from 0 to 1000"),
        (["gap_least", "0"], "gap_least: not a whole number from 1 to 86400"),
        (["offer_shows", "door"], "offer_shows: not one of area, street, building"),
        (["waves", "5,3"], "waves: not waves; write how many are asked each time, growing, such as 3,6,12"),
        (["waves", "0,3"], "waves: not waves; write how many are asked each time, growing, such as 3,6,12"),
        (["waves", "a"], "waves: not waves; write how many are asked each time, growing, such as 3,6,12"),
        (["countries", "USA"], "countries: not countries; write their two letters, such as US,MX, or * for any, or "
         "none"),
        (["rate_sms", "0"], "rate_sms: not a number from 0.01 to 1000, such as 1 or 0.5"),
        (["rate_sms", "nan"], "rate_sms: not a number from 0.01 to 1000, such as 1 or 0.5"),
        (["rate_sms", "inf"], "rate_sms: not a number from 0.01 to 1000, such as 1 or 0.5"),
        (["daily_budget", "a lot"], "daily_budget: not an amount of money; write it such as 0.0083 or 25"),
        (["price_sms", "much"], "price_sms: not an amount of money; write it such as 0.0083 or 25"),
        (["reply_limt", "5"], "There is no figure 'reply_limt'. Did you mean reply_limit?"),
        (["zzz"], "There is no figure 'zzz'. See them all with: hotline line rule"),
        (["--default"], "--default puts one figure back: write its name and no value."),
        (["reply_limit", "5", "--default"], "--default puts one figure back: write its name and no value."),
    ],
    ids=str,
)  # fmt: skip
def test_nonsense_is_refused_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, args: list[str], said: str | None
) -> None:
    monkeypatch.chdir(tmp_path)
    done = Command()("line", "rule", *args)
    assert done.exit_code == 2
    assert not done.stdout
    assert said is None or done.stderr == f"{said}\n"
    assert list(tmp_path.iterdir()) == []  # the database was not even opened
