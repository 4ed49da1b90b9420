"""People are renamed, merged and removed, areas and lines too: each asks once, and nothing else is lost or left."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel, col, select

from app.database.base import Database
from models import areas, distributions, imports, invitations, kept_apart, lines, offers, people, removals, requests
from models.distributions import State as Invited
from models.lines import Channel
from models.offers import Offer
from models.offers import State as OfferState
from models.people import Person
from models.person_events import PersonEvent
from models.requests import Event, State
from models.store.session import Session
from models.store.types import EnumString, UtcDateTime
from tests.command import Command

NOW = datetime(2026, 3, 3, 15, tzinfo=UTC)
ANA, BEN, CARO = "+12025550101", "+12025550102", "+12025550103"


@pytest.fixture
def run(migrated_file: Path, tmp_path: Path) -> Command:
    command = Command(f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'hotline.db')}")
    command.good("line", "area", "Oak", "--zip", "20001")
    for number, name in ((ANA, "Ana"), (BEN, "Ben")):
        command.good("person", "add", number, "--name", name, "--helper", "--area", "Oak")
    return command


def value(column: sa.Column[Any], n: int, known: dict[str, int]) -> Any:
    """A value for a column, as little as its table accepts."""
    for key in column.foreign_keys:
        return known.get(key.column.table.name)
    if isinstance(column.type, UtcDateTime):
        return NOW.replace(microsecond=n)
    if isinstance(column.type, EnumString):
        return next(iter(column.type.of))
    if isinstance(column.type, sa.JSON):
        return []
    if isinstance(column.type, sa.Integer | sa.Float):
        return n
    return False if isinstance(column.type, sa.Boolean) else str(n)


def test_every_column_that_refers_to_people_is_one_persons_after_a_merge(base: Database) -> None:
    # A table that newly refers to people is filled and moved by this too, or the merge cannot delete the row.
    def work(session: Session) -> list[tuple[str, set[int | None]]]:
        line = lines.add(session, NOW, name="Oak", sms="+12025550100")
        one, _ = people.get_or_create(session, line, Channel.SMS, ANA, NOW)
        other, _ = people.get_or_create(session, line, Channel.SMS, BEN, NOW)
        known = {"line": line.id, "person": one.id}
        known["importbatch"] = imports.begin(session, line.id, imports.Kind.PEOPLE, "", NOW).id
        columns = list(removals.references())
        of_people = {each.table.name for each in columns}
        n = 0
        for each in SQLModel.metadata.sorted_tables:
            if each.name in ("line", "person", "address") or each.name not in of_people:
                continue
            whose = [column for column in columns if column.table is each]
            for person in (one, other):
                n += 1
                row = {
                    c.name: value(c, n, {**known, "person": person.id})
                    for c in each.columns
                    if not c.primary_key and (not c.nullable or c in whose)
                }
                if each.name in ("alarm", "pledgematch", "stockpromise"):  # one a request
                    row["request_id"] = known[f"request{person.id}"]
                id_ = session.execute(sa.insert(each).values(**row).returning(each.c.id)).scalar_one()
                known.setdefault(each.name, id_)
                known[f"{each.name}{person.id}"] = id_
        session.execute(sa.update(removals.PERSON).values(vouched_by_person_id=other.id))
        removals.merge(session, one, other, NOW)
        session.flush()
        kept = one.id
        found = []
        for column in columns:
            ids = set(session.execute(sa.select(column)).scalars())
            assert ids <= {kept, None}, column
            of_themselves = column.name == "vouched_by_person_id" or column.table.name == "keptapart"
            assert of_themselves is (kept not in ids), column  # nobody vouches for, or is kept from, themselves
            found.append((str(column), ids))
        assert len(people.all_addresses(session, line.id)[kept]) == 2
        return found

    assert len(base.write(work).result()) >= 15


def test_a_merge_asks_once_and_keeps_both_addresses(run: Command) -> None:
    done = run("person", "merge", "1", "2", input="n\n")
    assert done.exit_code == 1
    assert "Make Ben (person 2) the same person as Ana (person 1)?" in done.output
    run.good("person", "merge", "1", "2", input="y\n")
    (person,) = run.json("person", "list", "--numbers")
    assert (person["name"], person["addresses"]) == ("Ana", [ANA, BEN])
    assert "There is no person 2" in run("person", "merge", "1", "2", "--yes").stderr
    assert "one person already" in run("person", "merge", "1", "1", "--yes").stderr


def test_who_is_kept_apart_stays_two(run: Command) -> None:
    kept = run.database()
    kept.write(lambda s: kept_apart.keep(s, 1, 1, 2, NOW)).result()
    kept.close()
    assert "They stay two." in run("person", "merge", "1", "2", "--yes").stderr
    assert len(run.json("person", "list")) == 2


def test_rename(run: Command) -> None:
    assert run.good("person", "rename", "2", "Benito") == "Person 2 is Benito now, and was Ben.\n"
    assert run("person", "rename", "9", "Benito").exit_code == 1
    assert run("person", "rename", "2", " ").exit_code == 2


def test_who_is_removed_is_nobodys_volunteer_and_has_no_address(run: Command) -> None:
    assert run("person", "remove", "2", input="n\n").exit_code == 1
    run.good("person", "remove", "2", "--yes")
    assert [person["name"] for person in run.json("person", "list")] == ["Ana"]
    assert run.good("person", "add", BEN, "--name", "Dan", "--helper").startswith("Dan is person")


def test_a_zip_has_five_digits(run: Command) -> None:
    done = run("line", "area", "add", "Elm", "--zip", "2001")
    assert (done.exit_code, done.stderr) == (
        1,
        "--zip: '2001' is no ZIP code; write its five digits, such as 20001.\n",
    )
    run.good("line", "area", "Elm", "--zip", "20002")


def test_an_area_is_taken_from_all_that_were_there(run: Command) -> None:
    kept = run.database()

    def there(session: Session) -> None:
        line = lines.all_lines(session)[0]
        (oak,) = [area for area in lines.areas(session, line.id) if area.name == "Oak"]
        requests.create(session, line, person_id=1, state=State.OPEN, now=datetime.now(UTC), area_id=oak.id)

    kept.write(there).result()
    done = run("line", "area", "remove", "oak", input="n\n")
    assert "1 open request will be nowhere in particular. " in done.output
    assert "2 volunteers who chose this area alone will be asked wherever it is." in done.output
    run.good("line", "area", "remove", "oak", "--yes")
    assert {tuple(person["areas"]) for person in run.json("person", "list")} == {()}
    assert "There is no area 'oak'" in run("line", "area", "remove", "oak", "--yes").stderr
    (event,) = kept.read(lambda s: list(s.exec(select(Event).where(Event.kind == areas.AREA_REMOVED))))
    assert event.words == "Oak"
    kept.close()


def test_a_line_goes_with_all_that_is_on_it_and_no_other(run: Command) -> None:
    run.good("line", "add", "Elm", "--sms", "+12025550190")
    run.good("person", "add", CARO, "--name", "Caro", "--helper", "--line", "Elm")
    assert "line of the settings" in run("line", "remove", "Neighbors' Hotline", "--yes").stderr
    assert "1 person, 0 open requests" in run("line", "remove", "Elm", input="n\n").output
    assert "before-removal" in run.good("line", "remove", "Elm", "--yes")
    kept = run.database()
    assert kept.read(lambda s: sorted(p.name for p in s.exec(select(Person)))) == ["Ana", "Ben"]
    kept.close()


def events_of(run: Command, person: int) -> list[str]:
    kept = run.database()
    try:
        of = select(PersonEvent.kind).where(PersonEvent.person_id == person).order_by(col(PersonEvent.id))
        return kept.read(lambda s: list(s.exec(of)))
    finally:
        kept.close()


def test_what_the_host_does_to_people_is_an_event(run: Command) -> None:
    run.good("person", "add", CARO, "--name", "Caro", "--helper")
    run.good("person", "rename", "1", "Anna")
    run.good("person", "merge", "1", "2", "--yes")
    run.good("person", "remove", "3", "--yes")
    assert (events_of(run, 1), events_of(run, 3)) == (
        ["added", "added", "renamed", "merged"],
        ["added", "taken_off"],
    )


def test_a_merge_keeps_a_ban_and_asks_nobody_who_is_kept_apart(base: Database) -> None:
    def work(session: Session) -> tuple[bool, list[int], list[int]]:
        line = lines.add(session, NOW, name="Oak", sms="+12025550100")
        ana, ben, twin = (people.get_or_create(session, line, Channel.SMS, n, NOW)[0] for n in (ANA, BEN, CARO))
        kept_apart.keep(session, line.id, ana.id, ben.id, NOW)
        ben.banned_at = NOW
        asked = requests.create(session, line, person_id=ana.id, state=requests.State.OPEN, now=NOW)
        session.add(
            Offer(
                line_id=line.id,
                request_id=asked.id,
                person_id=twin.id,
                wave=1,
                state=OfferState.QUEUED,
                created_at=NOW,
                expires_at=NOW,
            )
        )
        session.flush()
        before = offers.asked_about(session, asked.id)
        removals.merge(session, twin, ben, NOW)
        session.flush()
        return twin.banned_at is not None, before, offers.asked_about(session, asked.id)

    banned, before, after = base.write(work).result()
    assert banned
    assert len(before) == 1
    assert after == []


def test_of_two_invited_who_are_one_the_place_that_is_not_needed_is_free_again(base: Database) -> None:
    def work(session: Session) -> tuple[list[Invited], list[int]]:
        line = lines.add(session, NOW, name="Oak", sms="+12025550100")
        ends = NOW + timedelta(hours=1)
        found = [people.get_or_create(session, line, Channel.SMS, each, NOW)[0] for each in (ANA, BEN)]
        where = {
            "place": "Elm Hall",
            "by_person_id": found[0].id,
            "begins_at": NOW,
            "ends_at": ends,
            "slot_minutes": 60,
        }
        made = distributions.add(session, line.id, 2, NOW, needs=["food"], **where)
        for person in found:
            asked = requests.create(session, line, person_id=person.id, state=requests.State.OPEN, now=NOW)
            one = invitations.invite(session, made, asked, 1, NOW, ends)
            assert distributions.take(session, made, 0)
            held = invitations.settle(session, one, Invited.BOOKED, [Invited.INVITED], NOW, slot=0)
            assert held
        removals.merge(session, found[0], found[1], NOW)
        slots = [slot.taken for slot in distributions.slots(session, made)]
        return [each.state for each in invitations.of(session, made)], slots

    assert base.write(work).result() == ([Invited.BOOKED], [1])
