"""The purse in `hotline report`: sums by month that are those of the entries, and for everybody nothing of few."""

import csv
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from app.hotline import Hotline
from models import lines, purse, purse_steps
from models.purse import Kind, PurseEntry
from models.report import books, rows, rows_public
from models.report.books import Books
from models.report.span import Span
from models.store.session import Session
from tests.command import Command

OCTOBER, NOVEMBER = (datetime(2025, month, 10, 12, tzinfo=UTC) for month in (10, 11))
NIGHT = datetime(2025, 11, 1, 2, tzinfo=UTC)  # still October in New York


@pytest.fixture
def run(database_url: str) -> Command:
    return Command(database_url)


def fill(session: Session) -> None:
    """Came in: 50.00 and 20.05 in October. Paid: 31.50 in October, 0.10 in November; all else does not count."""
    line = lines.by_id(session, 1)
    line.created_at = OCTOBER  # nothing is told of the days before there was the line
    session.add(line)

    def add(kind: Kind, cents: int, at: datetime, *, approved: bool = True) -> PurseEntry:
        return purse.add(session, line, kind, cents, at, by=None, words="Mrs. Oak", approved=approved)

    add(Kind.GIVEN, 5000, OCTOBER)
    add(Kind.GIVEN, 2005, NIGHT)
    add(Kind.GIVEN, 99_999, OCTOBER, approved=False)
    purse_steps.unreceive(session, add(Kind.GIVEN, 77_777, OCTOBER), OCTOBER)
    purse_steps.pay(session, add(Kind.SPENT, 3150, OCTOBER), NIGHT)
    purse_steps.pay(session, add(Kind.SPENT, 10, OCTOBER), NOVEMBER)
    again = add(Kind.SPENT, 66_666, OCTOBER)
    purse_steps.pay(session, again, OCTOBER)
    purse_steps.unpay(session, again, NOVEMBER)


def test_sums_are_by_month_on_the_lines_own_clock(hotline: Hotline) -> None:
    hotline.database.write(fill).result()

    def read(first: date, last: date) -> Books:
        def work(session: Session) -> Books:
            line = lines.by_id(session, 1)
            assert line.timezone == "America/New_York"
            return books.read(session, line, Span(line.timezone, first, last))

        return hotline.database.read(work)

    found = read(date(2025, 10, 1), date(2025, 11, 30))
    told = {f"{first:%Y-%m}": (flow.came_in, flow.paid) for first, flow in found.months.items()}
    assert told == {"2025-10": (7005, 3150), "2025-11": (0, 10)}
    assert (found.whole.came_in, found.whole.paid) == (7005, 3160)
    assert read(date(2025, 11, 1), date(2025, 11, 30)).whole.paid == 10
    public = {row.figure: row.value for row in rows_public._books(found)}
    assert public == {"came_in": None, "paid": None}  # two entries each: what one errand cost
    exact = {(row.name, row.figure): row.value for row in rows._books(found)}
    assert exact["", "paid"] == Decimal("31.60")


def test_whoever_runs_the_line_prints_them(run: Command) -> None:
    run.good("line", "list")
    kept = run.database()
    kept.write(fill).result()
    kept.close()
    tree = run.json("report", "--since", "2025-10-01", "--until", "2025-11-20")
    assert tree["report"]["books_currency"] == "USD"
    assert tree["books"]["2025-10"] == {"came_in": "70.05", "paid": "31.50"}
    assert tree["books"]["came_in"] == "70.05"
    table = csv.DictReader(io.StringIO(run.good("report", "--since", "2025-10-01", "--csv", "--no-bom")))
    cells = {(row["name"], row["figure"]): (row["value"], row["unit"]) for row in table if row["section"] == "books"}
    assert cells["2025-10", "paid"] == ("31.50", "USD")
    for code, month, amount in (("en", "October 2025", "$70.05"), ("es", "octubre de 2025", "70,05")):
        said = run.good("report", "--since", "2025-10-01", "--language", code)
        assert month in said
        assert amount in said.replace("\xa0", " ")
    public = run.json("report", "--public")
    assert public["books"] == {"came_in": None, "paid": None}
    assert "Oak" not in json.dumps([tree["books"], public["books"]])
