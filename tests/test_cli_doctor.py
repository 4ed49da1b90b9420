"""`hotline doctor`: each finding says how it is, and what to do; it changes nothing."""

import json
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.cli.doctor import checks
from app.inbound.spool import Spool
from models import lines, people
from models.delivery import outbound, spending
from models.lines import Channel
from models.prefixes import Prefix
from models.store.session import Session
from models.surges import Surge
from tests import webhooks
from tests.command import Command
from tests.fake_twilio import FakeTwilio
from tests.fakes import ACCOUNT, LINE, PUBLIC, TOKEN
from tests.health_fakes import spend

REAL = {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN, "PUBLIC_URL": PUBLIC, "HOTLINE_NUMBER": LINE}
NOWHERE = {"TWILIO_API_URL": "http://127.0.0.1:1"}


@pytest.fixture
def run(migrated_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.chdir(tmp_path)
    return Command(f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'hotline.db')}")


@pytest.fixture
def twilio() -> Iterator[FakeTwilio]:
    with FakeTwilio() as carrier:
        yield carrier


def levels(run: Command, **env: str) -> dict[str, list[str]]:
    """What is found under each level, as `about: what`."""
    done = run("doctor", "--json", **env)
    found: dict[str, list[str]] = {"ok": [], "warning": [], "problem": []}
    for finding in json.loads(done.stdout):
        assert finding.keys() == {"level", "about", "what", "do"}
        if finding["about"] != "backup":  # tests/test_backup.py looks at that
            found[finding["level"]].append(f"{finding['about']}: {finding['what']}")
    assert done.exit_code == (1 if found["problem"] else 0)
    return found


def test_before_the_first_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    said = Command().good("doctor")
    assert "warning  database: hotline.db is not there yet\n         hotline serve makes it" in said
    assert list(tmp_path.iterdir()) == []


def test_a_hotline_without_people(run: Command) -> None:
    run.good("line", "list")
    found = levels(run)
    assert found["problem"] == []
    assert [said.partition(": ")[2] for said in found["warning"]] == [
        "has no areas, so nobody is asked by where they are",
        "has no volunteer yet",
        "nobody is on duty, so nobody hears of emergencies and of requests without an answer",
    ]


def test_a_hotline_in_good_order(run: Command, twilio: FakeTwilio) -> None:
    run.env |= {**REAL, "TWILIO_API_URL": twilio.url}
    run.good("line", "area", "Oak")
    run.good(*"person add 2025550101 --name Ana --duty".split())
    found = levels(run)
    assert found["warning"] == found["problem"] == []
    assert "carrier: Twilio takes the credentials" in found["ok"]
    assert f"line Neighbors' Hotline: answers {LINE} (SMS)" in found["ok"]
    assert f"address: Incoming messages, in Twilio's console: {PUBLIC}/twilio/message" in found["ok"]


def test_numbers_that_the_running_hotline_does_not_have(run: Command) -> None:
    run.good("line", "list")
    warnings = levels(run, HOTLINE_NUMBER="+12025550177")["warning"]
    assert "line Neighbors' Hotline: its numbers are not those of HOTLINE_NUMBER and HOTLINE_WHATSAPP" in warnings


def test_refused_credentials(run: Command, twilio: FakeTwilio) -> None:
    said = run("doctor", **{**REAL, "TWILIO_API_URL": twilio.url, "TWILIO_AUTH_TOKEN": "wrong-token"})
    assert said.exit_code == 1
    assert (
        "PROBLEM  carrier: Twilio refuses the credentials (error 20003)\n         copy TWILIO_ACCOUNT_SID"
        in said.stdout
    )
    assert "wrong-token" not in said.output


def test_twilio_out_of_reach(run: Command) -> None:
    assert "carrier: Twilio cannot be reached (no answer: ConnectError)" in levels(run, **REAL, **NOWHERE)["problem"]


@pytest.mark.parametrize(
    "address",
    ["http://localhost:8000", "https://127.0.0.1", "https://192.168.1.5", "https://[::1]", "https://pi.local"],
)
def test_an_address_that_twilio_cannot_reach(run: Command, address: str) -> None:
    problems = levels(run, **{**REAL, **NOWHERE, "PUBLIC_URL": address})["problem"]
    assert any(said.startswith("address: PUBLIC_URL: nobody outside reaches ") for said in problems)


def test_an_unencrypted_address(run: Command) -> None:
    warnings = levels(run, **{**REAL, **NOWHERE, "PUBLIC_URL": "http://hotline.example.org"})["warning"]
    assert "address: PUBLIC_URL: texts would travel unencrypted" in warnings


def test_a_text_that_nobody_sends(run: Command) -> None:
    run.good(*"person add 2025550101 --name Ana --duty".split())
    kept = run.database()
    since = datetime.now(UTC) - timedelta(hours=1)

    def work(session: Session) -> None:
        line = lines.all_lines(session)[0]
        (ana,) = people.everybody(session, line.id)
        session.add(
            outbound.Outbound(
                line_id=line.id,
                person_id=ana.id,
                key="x",
                phrase="help",
                channel=Channel.SMS,
                from_number=LINE,
                to="+12025550101",
                body="hi",
                segments=1,
                lane=outbound.Lane.REPLY,
                state=outbound.State.READY,
                rank=since,
                created_at=since,
                changed_at=since,
            )
        )

    kept.write(work).result()
    kept.close()
    assert levels(run)["problem"] == ["sending: 1 reply not sent, the oldest waiting for 60 minutes"]


def test_texts_that_wait_beside_the_database(run: Command, tmp_path: Path) -> None:
    assert "spool: empty: the database has taken every text" in levels(run)["ok"]
    webhook = webhooks.text_webhook(webhooks.sms("+12025550101", "hello"), datetime.now(UTC))
    Spool(tmp_path / "spool").put(webhook, "+12025550101")
    said = levels(run)["warning"]
    assert "spool: 1 text came while the database was away, kept on disk and not answered yet" in said
    assert "2025550101" not in run("doctor").output


def test_files_that_others_can_read_are_named(run: Command, tmp_path: Path) -> None:
    assert not [said for said in levels(run)["warning"] if said.startswith("private")]
    (tmp_path / ".env").touch(mode=0o644)
    (tmp_path / ".env").chmod(0o644)
    (tmp_path / "hotline.db").chmod(0o640)
    (tmp_path / "spool").mkdir()
    (tmp_path / "spool").chmod(0o755)
    said = run("doctor").output
    assert "warning  private: others who use this machine can read .env\n         chmod 600 .env" in said
    assert f"can read {tmp_path}/hotline.db\n         chmod 600 {tmp_path}/hotline.db" in said
    assert f"can read {tmp_path}/spool\n         chmod go-rwx {tmp_path}/spool" in said


def test_a_spent_budget(run: Command) -> None:
    run.good("line", "rule", "daily_budget", "1.25")
    kept = run.database()
    for days in (-1, 0, 1):  # whatever the hour in New York
        spend(kept, (datetime.now(UTC) + timedelta(days=days)).date().isoformat(), 1_250_000, 150)
    kept.close()
    said = "line Neighbors' Hotline: has spent what it may today, so texts to many wait for tomorrow"
    assert said in levels(run)["warning"]


def test_tables_of_an_older_hotline(run: Command, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "hotline.db")) as older, older:
        older.execute("DROP TABLE status_event" if _has(older, "status_event") else "DROP TABLE statusevent")
    older.close()
    assert any("is not up to date" in said for said in levels(run)["problem"])


def _has(connection: sqlite3.Connection, table: str) -> bool:
    return bool(connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", [table]).fetchone())


@pytest.mark.parametrize(("where", "said"), [("/nowhere/x.db", "there is no folder"), ("", "is a folder")])
def test_a_place_that_cannot_hold_a_database(run: Command, tmp_path: Path, where: str, said: str) -> None:
    problems = levels(run, DATABASE_URL=f"sqlite:///{tmp_path}{where}")["problem"]
    assert any(said in problem for problem in problems)


def test_a_postgresql_that_does_not_answer(run: Command) -> None:
    done = run("doctor", DATABASE_URL="postgresql://ana:secret-password@127.0.0.1:1/hotline")
    assert done.exit_code == 1
    assert (
        "PROBLEM  database: The database postgresql+psycopg://ana:***@127.0.0.1:1/hotline does not answer"
        in done.stdout
    )
    assert "secret-password" not in done.output


def test_postgresql_in_good_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str) -> None:
    monkeypatch.chdir(tmp_path)
    found = levels(Command(database_url))
    assert found["problem"] == []
    assert any("answers and is up to date" in said for said in found["ok"])


def test_sqlite_is_named_with_its_fault(run: Command) -> None:
    old = sqlite3.sqlite_version_info < checks.SAFE_WAL
    (said,) = (said for said in levels(run)["ok"] if said.startswith("sqlite: "))
    assert sqlite3.sqlite_version in said
    assert ("WAL-reset fault" in said) == old


def test_wrong_settings_for_programs(run: Command) -> None:
    done = run("doctor", "--json", PORT="x")
    assert done.exit_code == 2
    assert '"what": "PORT: not a port; write a number from 1 to 65535, such as 8000"' in done.stdout


def test_what_texts_can_cost_is_said_in_segments_and_money(run: Command) -> None:
    run.good("line", "list")
    said = [each.partition(": ")[2] for each in levels(run)["ok"]]
    worst = [each for each in said if "can cost at most" in each]
    assert [each.partition(" can")[0] for each in worst] == ["one text", "one phone in a day", "100 phones in a day"]
    assert all(re.fullmatch(r".* at most \d+ segments? \(\d+\.\d\d\)", each) for each in worst)
    assert "asking volunteers ends at 25.00 a day; to change figures: hotline line rule" in said
    run.good("line", "rule", "answers_per_day", "0")
    assert any("one phone in a day can cost any amount" in each for each in levels(run)["warning"])
    run.good("line", "rule", "daily_ceiling", "none")
    assert any("asking volunteers has no ceiling" in each for each in levels(run)["ok"])


def test_what_is_held_for_money_or_for_many_is_said(run: Command) -> None:
    run.good("line", "list")
    kept = run.database()

    def work(session: Session) -> None:
        line, now = lines.all_lines(session)[0], datetime.now(UTC)
        spending.spend(session, line, 10_000, 118_000_000, now)
        session.create(Surge, line_id=line.id, held_since=now)
        session.create(
            Prefix, line_id=line.id, prefix="+1303777", day=lines.day(line, now), phones=40, reported_at=now
        )

    kept.write(work).result()
    kept.close()
    about = {each.partition(": ")[0] for each in levels(run)["warning"]}
    assert about >= {"money", "brake", "numbers"}
    assert "1303777" not in run("doctor").stdout
