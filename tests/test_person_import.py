"""`hotline person import`: shown first, done, done again, taken back; who has acted since is left alone."""

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func
from sqlmodel import col, select

from app.cli.people import first_texts, planning, undoing
from app.cli.people.entries import Known
from app.cli.people.planning import What, Wishes
from app.cli.sheets import reading
from app.database.base import Database
from models import METADATA, assignments, imports, lines, people, requests, sweeping
from models.assignments import Assignment
from models.delivery.outbound import Outbound
from models.imports import ImportBatch, ImportedRow, Kind
from models.lines import Channel, Line
from models.people import Address, Person
from models.person_events import FIRST_TEXT, PersonEvent
from models.store.session import Session
from tests.command import Command, typed

NOW = datetime(2026, 3, 3, 15, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
ANA, BEN, CARO, DEE = (f"+120255501{n:02}" for n in range(1, 5))

SIGN_UP = """Marca temporal,Nombre completo,¿Cuál es tu número de teléfono? (no lo compartimos),Idiomas,Barrio,\
¿En qué puedes ayudar?,Correo electrónico,Driving,¿Eres voluntario?
1/3/2026 10:00,Ana Ruiz,(202) 555-0101,"español, inglés",Oak,mandados; malabares,ana@example.org,x,sí
1/3/2026 10:05,Ben,202-555-0102 after 5,Kreyòl,Elm,cocinar,,,Sí
1/3/2026 10:10,Caro,202-555-0103 / 202-555-0104,Swahili,Oak,cocinar,,no,Sí
1/3/2026 10:15,Dee,202-555-0104,Swahili,Oak,de todo,,no,Sí
1/3/2026 10:20,Eva,202-555-0105,Kreyòl,,,,,No
"""


@pytest.fixture
def run(database_url: str, tmp_path: Path) -> Command:
    command = Command(database_url)
    command.good("line", "area", "Oak")
    (tmp_path / "people.csv").write_text(SIGN_UP)
    return command


def found(run: Command) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in run.json("person", "list", "--numbers")}


def test_a_sign_up_form_as_it_is(run: Command) -> None:
    done = run("person", "import", "people.csv", "--make-areas")
    assert done.exit_code == 1
    assert done.stdout == "4 people kept: 3 volunteers, 0 on duty\n"
    assert done.stderr.splitlines() == [
        "Columns not read: Marca temporal, Correo electrónico",
        "Column 'Driving' says who helps with: transport",
        "New areas: Elm",
        "line 2: can 'malabares' says nothing to us and is left out",
        "line 4 refused: several numbers in one place; leave the one that takes texts",
        "1 refused; mend those rows and import the file again",
    ]
    known = found(run)
    assert {name: one["languages"] for name, one in known.items()} == {
        "Ana Ruiz": ["en", "es"],
        "Ben": ["en", "ht"],  # what we write to him in, too
        "Dee": ["en", "sw"],
        "Eva": ["ht"],
    }
    assert {name: one["language"] for name, one in known.items()} == {
        "Ana Ruiz": "es",
        "Ben": None,
        "Dee": None,
        "Eva": "ht",  # a neighbor reads the few phrases that we have in it
    }
    assert known["Ana Ruiz"]["can"] == ["food", "medicine", "transport"]
    assert known["Ben"]["areas"] == ["Elm"]
    assert known["Dee"]["can"] == []
    assert "Elm" in run.good("line", "areas")


def test_it_is_only_shown_if_the_host_wants_to_see_it_first(run: Command) -> None:
    run.good("person", "add", BEN, "--name", "Ben", "--area", "Oak")
    done = run("person", "import", "people.csv", "--dry-run", "--make-areas")
    lines_ = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert (
        "2 new Ana Ruiz …01 volunteer; language es; languages en, es; areas Oak; can food, medicine, transport"
        in lines_
    )
    assert "3 changed Ben …02 volunteer; languages en, ht; can food; areas Oak → Elm" in lines_
    assert lines_[-1] == "3 new, 1 to be changed, 1 refused"
    assert list(found(run)) == ["Ben"]
    assert "Elm" not in run.good("line", "areas")
    assert run.json("person", "imports") == []


def test_importing_twice_changes_nothing_and_is_no_import(run: Command) -> None:
    run("person", "import", "people.csv", "--make-areas")
    before = found(run)
    again = run("person", "import", "people.csv")
    assert again.stdout == "4 people kept: 3 volunteers, 0 on duty\n"
    assert found(run) == before
    assert [one["import"] for one in run.json("person", "imports")] == [1]


def test_a_list_of_helpers_alone(run: Command, tmp_path: Path) -> None:
    (tmp_path / "helpers.csv").write_text("phone,name,What can you help with?\n2025550101,Ana,rides\n")
    said = run("person", "import", "helpers.csv")
    assert said.stdout == "1 person kept: 0 volunteers, 0 on duty\n"
    assert said.stderr.endswith("so nobody becomes a volunteer. If all of them are: --helpers\n")
    assert run.good("person", "import", "helpers.csv", "--helpers") == "1 person kept: 1 volunteer, 0 on duty\n"


def test_another_program_reads_what_was_done(run: Command) -> None:
    shown = run("person", "import", "people.csv", "--json", "--make-areas").stdout
    told = json.loads(shown)
    assert told["import"] == 1
    assert [(row["row"], row["what"], row["person"]) for row in told["rows"]] == [
        (2, "new", 1),
        (3, "new", 2),
        (5, "new", 3),
        (6, "new", 4),
    ]
    assert told["refused"] == [{"row": 4, "why": "several numbers in one place; leave the one that takes texts"}]
    assert {"holds": "can", "heading": "¿En qué puedes ayudar?"} in told["columns"]


def test_taken_back_it_is_as_if_it_had_never_been(run: Command) -> None:
    run.good("person", "add", BEN, "--name", "Benito", "--area", "Oak", "--language", "en")
    before = run.json("person", "list", "--numbers")
    run("person", "import", "people.csv", "--make-areas")
    assert run.json("person", "list", "--numbers") != before
    assert (
        run.good("person", "import", "--undo") == "Import 1 is taken back: 3 people gone again, 1 person as before\n"
    )
    assert run.json("person", "list", "--numbers") == before
    (listed,) = run.json("person", "imports")
    assert (listed["list"], listed["new"], listed["changed"]) == ("people.csv", 3, 1)
    assert listed["taken_back"] is not None
    assert run("person", "import", "--undo", "1").stderr == "Import 1 was taken back already.\n"
    assert run("person", "import", "people.csv").stdout == "4 people kept: 3 volunteers, 0 on duty\n"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--undo"], "There is no such import to take back. hotline person imports shows them.\n"),
        (["--undo", "7"], "There is no such import to take back. hotline person imports shows them.\n"),
        (["--undo", "a"], "--undo a: write the import's number; hotline person imports shows them\n"),
        ([], "Write which file, such as: hotline person import people.csv\n"),
        (["none.csv"], "none.csv: No such file or directory; is the name right, and is it in this folder?\n"),
        (["."], ". is a folder; write a file in it\n"),
        (["--column", "a", "x"], "--column a: write what it holds and its heading, such as --column address=Tel\n"),
        (["people.csv", "--sheet", "1"], "people.csv: only a workbook has sheets; leave --sheet out\n"),
    ],
)  # fmt: skip
def test_what_the_command_cannot_do(run: Command, args: list[str], said: str) -> None:
    done = run("person", "import", *args)
    assert done.exit_code != 0
    assert done.stderr == said


def test_the_later_list_is_taken_back_first(run: Command, tmp_path: Path) -> None:
    run("person", "import", "people.csv", "--make-areas")
    (tmp_path / "more.csv").write_text("phone,name\n2025550101,Anita\n")
    run.good("person", "import", "more.csv")
    done = run("person", "import", "--undo", "1")
    assert done.stderr == "Import 2 tells of the same people. Take that back first, or both stay.\n"
    run.good("person", "import", "--undo")
    run.good("person", "import", "--undo")
    assert found(run) == {}


def wishes(session: Session) -> Wishes:
    return Wishes(lines.all_lines(session)[0])


def imported(session: Session, text: str, now: datetime = NOW) -> ImportBatch:
    _, batch = planning.keep(session, reading.read(text.encode(), "people"), wishes(session), "list.csv", now)
    assert batch is not None
    return batch


@pytest.fixture
def line_on(base: Database) -> Database:
    def work(session: Session) -> None:
        line = lines.add(session, NOW, name="Oak", sms="+12025550100")
        lines.add_area(session, line.id, "Oak")

    base.write(work).result()
    return base


def at(session: Session, number: str) -> Person:
    line = lines.all_lines(session)[0]
    found = people.by_address(session, line, Channel.SMS, number)
    assert found is not None
    return found[0]


FOUR = f"phone,name,helper,area\n{ANA},Ana,yes,Oak\n{BEN},Ben,yes,\n{CARO},Caro,yes,\n{DEE},Dee,yes,\n"


def test_who_has_acted_since_stays_and_who_was_texted_is_taken_off(line_on: Database) -> None:
    def work(session: Session) -> undoing.Undone:
        batch = imported(session, FOUR)
        ben, caro = at(session, BEN), at(session, CARO)
        line = lines.all_lines(session)[0]
        address = people.address_at(session, line.id, Channel.SMS, ANA)
        assert address is not None
        address.last_heard_at = LATER
        session.add(address)
        ben.opted_out_at = LATER
        session.add(ben)
        assert first_texts.send(session, [caro.id], LATER) == 1
        return undoing.take_back(session, batch, LATER)

    done = line_on.write(work).result()
    assert (done.gone, done.off, done.put_back) == (1, 1, 0)
    assert [(person.name, why.partition(";")[0]) for person, why in done.stays] == [
        ("Ben", "they have written or done something since"),
        ("Ana", "they have written or done something since"),
    ]
    left = line_on.read(lambda session: [p.name for p in people.everybody(session, 1)])
    assert left == ["Ana", "Ben"]


def test_a_first_text_that_waited_goes_to_nobody_who_was_taken_off(line_on: Database) -> None:
    night = NOW.replace(hour=8)  # three in the morning there

    def work(session: Session) -> list[str]:
        batch = imported(session, FOUR, night)
        first_texts.send(session, [at(session, CARO).id], night)
        undoing.take_back(session, batch, night)
        session.flush()
        return [row.state for row in session.exec(select(Outbound))]

    assert line_on.write(work).result() == ["cancelled"]


def test_what_they_changed_themselves_stays(line_on: Database) -> None:
    def work(session: Session) -> tuple[undoing.Undone, dict[str, Any]]:
        line = lines.all_lines(session)[0]
        people.add(session, line, Channel.SMS, ANA, NOW, name="Anita", language="en")
        text = f"phone,name,helper,language,can,whatsapp\n{ANA},Ana,yes,es,rides,\nwhatsapp:{ANA},,,,,\n"
        batch = imported(session, text)
        ana = at(session, ANA)
        ana.can = ["food"]
        session.add(ana)
        done = undoing.take_back(session, batch, LATER)
        return done, ana.model_dump()

    done, ana = line_on.write(work).result()
    assert done.put_back == 2
    assert [why for _, why in done.stays] == ["changed since, or in use: help; all else of them is as before"]
    assert (ana["name"], ana["language"], ana["languages"]) == ("Anita", "en", ["en"])
    assert (ana["helper_since"], ana["vouched_at"], ana["can"]) == (None, None, ["food"])
    assert line_on.read(lambda s: [a.channel for a in s.exec(select(Address))]) == [Channel.SMS]


def test_who_has_something_in_hand_stays_a_volunteer(line_on: Database) -> None:
    def work(session: Session) -> tuple[undoing.Undone, Person]:
        line = lines.all_lines(session)[0]
        ana = people.add(session, line, Channel.SMS, ANA, NOW, name="Ana")
        ben = people.add(session, line, Channel.SMS, BEN, NOW, name="Ben")
        batch = imported(session, f"phone,helper,area\n{ANA},yes,Oak\n")
        request = requests.create(session, line, person_id=ben.id, state=requests.State.OPEN, now=NOW, text="rice")
        assert requests.take(session, request, by=ana.id, now=LATER)
        held = Assignment(request_id=request.id, person_id=ana.id, state=assignments.State.ACTIVE, taken_at=LATER)
        assignments.start_now(session, held)
        return undoing.take_back(session, batch, LATER), ana

    done, ana = line_on.write(work).result()
    assert "volunteer" in done.stays[0][1]
    assert ana.helps
    assert ana.areas == []


def everything(session: Session) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables, but of imports themselves."""
    session.flush()
    kept = {}
    for each in METADATA.sorted_tables:
        if each.name not in ("importbatch", "importedrow"):
            rows = session.execute(each.select().order_by(*each.primary_key.columns))
            kept[each.name] = [tuple(row) for row in rows]
    return kept


NUMBERS = [f"+1202555{n:04}" for n in range(101, 113)]


def a_list(chance: random.Random) -> str:
    rows = ["phone,name,helper,duty,language,area,can"]
    for number in chance.sample(NUMBERS, chance.randint(1, 8)):
        written = chance.choice([number, f"whatsapp:{number}", number.removeprefix("+1"), "12"])
        cells = (
            chance.choice(["Ana", "Ben", "Caro", "", "A2"]),
            chance.choice(["yes", "no", "", "perhaps"]),
            chance.choice(["", "", "x"]),
            chance.choice(["", "es", "Kreyòl", "Swahili and English", "Elvish"]),
            chance.choice(["", "Oak", "Elm"]),
            chance.choice(["", "rides", "anything", "cooking; juggling"]),
        )
        rows.append(",".join([written, *cells]))
    return "\n".join(rows)


@pytest.mark.parametrize("seed", range(25))
def test_any_list_does_what_it_showed_and_can_be_taken_back(line_on: Database, seed: int) -> None:
    """What is shown is what is done; a second time does nothing; taken back, every table is as it was."""
    chance = random.Random(seed)

    def work(session: Session) -> None:
        for _ in range(2):  # people who are known already
            planning.keep(session, reading.read(a_list(chance).encode(), "people"), wishes(session), "", NOW)
        before = everything(session)
        table = reading.read(a_list(chance).encode(), "people")
        shown = planning.plan(session, table, wishes(session))
        assert everything(session) == before
        done, batch = planning.keep(session, table, wishes(session), "list.csv", NOW)
        assert [row.number for row in done.rows] == [row.number for row in shown.rows]
        assert done.refused == shown.refused
        assert len(done.rows) + len(done.refused) == len(table.rows) + len(table.refused)
        for row, was_shown in zip(done.rows, shown.rows, strict=True):
            assert row.what is was_shown.what
            person = people.by_id(session, row.person.id) if row.person else None
            assert Known.of(person) == was_shown.becomes or was_shown.number in _told_twice(done)
        after = everything(session)
        again, nothing = planning.keep(session, table, wishes(session), "list.csv", LATER)
        assert {row.what for row in again.rows} <= {What.SAME}
        assert nothing is None
        assert everything(session) == after
        if batch is None:
            assert after == before
            return
        left = undoing.take_back(session, batch, LATER)
        assert left.stays == []
        assert _comparable(everything(session)) == _comparable(before)

    line_on.write(work).result()


def _told_twice(plan: planning.Plan) -> set[int]:
    """Rows about somebody whom another row is about as well, by another address: the last one counts."""
    ids = [row.person.id for row in plan.rows if row.person]
    return {row.number for row in plan.rows if row.person and ids.count(row.person.id) > 1}


def _comparable(rows: dict[str, list[tuple[Any, ...]]]) -> dict[str, list[tuple[Any, ...]]]:
    """Without who shares a first name, which harms nobody, and what the history tells of a list and of its end."""
    at_ = list(METADATA.tables["person"].columns.keys()).index("told_apart")
    people_ = [(*row[:at_], *row[at_ + 1 :]) for row in rows["person"]]
    return {**rows, "person": people_, "lineevent": [], "personevent": []}


def test_what_people_were_before_is_kept_no_longer_than_words(line_on: Database) -> None:
    def work(session: Session) -> tuple[undoing.Undone, list[ImportedRow], Line]:
        line = lines.all_lines(session)[0]
        people.add(session, line, Channel.SMS, ANA, NOW, name="Anita")
        batch = imported(session, f"phone,name\n{ANA},Ana\n")
        sweeping.blank(session, line, NOW + timedelta(days=line.policy.keep_words_days + 1))
        session.flush()
        rows = list(session.exec(select(ImportedRow)))
        return undoing.take_back(session, batch, LATER), rows, line

    done, rows, _ = line_on.write(work).result()
    assert [(row.before, row.after) for row in rows] == [(None, None)]
    assert done.stays[0][1] == "it was too long ago; how they were before is kept no more"
    assert line_on.read(lambda s: [b.source for b in imports.every(s, Kind.PEOPLE)]) == [""]


def texts(base: Database) -> list[tuple[str, str]]:
    return base.read(lambda s: [(row.to, row.phrase) for row in s.exec(select(Outbound).order_by(col(Outbound.id)))])


def test_who_is_erased_is_in_no_row_of_what_lists_have_changed(run: Command, tmp_path: Path) -> None:
    lists = [
        "phone,name,helper\n2025550101,Anabela Quintana,yes\n",
        "phone,name,language\n2025550101,Anabella Quintana,es\n",
    ]
    for words in lists:
        (tmp_path / "list.csv").write_text(words)
        run.good("person", "import", str(tmp_path / "list.csv"))
    (tmp_path / "needs.csv").write_text("phone,need\n2025550101,insulin for Quintana\n")
    run("request", "import", str(tmp_path / "needs.csv"))

    def raw(session: Session) -> str:
        return str([[*session.execute(each.select())] for each in METADATA.sorted_tables])

    kept = run.database()
    try:
        before = kept.read(raw)
        assert "Anabela" in before
        assert "insulin" in before
        run.good("person", "forget", "2025550101", "--yes")
        after = kept.read(raw)
    finally:
        kept.close()
    for gone in ("Anabel", "Quintana", "insulin", "2025550101"):
        assert gone not in after


def test_a_list_puts_nobody_back_on_duty_who_was_put_out(run: Command, tmp_path: Path) -> None:
    run.good("person", "add", "2025550101", "--name", "Ana", "--helper")
    run.good("person", "ban", "1", "--why", "took money")
    (tmp_path / "list.csv").write_text("phone,name,helper,duty\n2025550101,Ana,yes,yes\n")
    done = run("person", "import", str(tmp_path / "list.csv"))
    assert "line 2 refused: was put out; to take them back first: hotline person unban 1" in done.stderr
    assert found(run)["Ana"]["roles"] == ["banned"]
    assert run("person", "add", "2025550101", "--name", "Ana", "--duty").exit_code == 1


def test_whoever_texted_stop_is_not_put_on_duty_unheard(run: Command, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("phone,name,helper,duty\n2025550101,Ana,yes,yes\n")
    run.good("person", "add", "2025550101", "--name", "Ana", "--helper")
    base = run.database()
    try:

        def stop(session: Session) -> None:
            (person,) = people.volunteers_named(session, lines.all_lines(session)[0].id, "Ana")
            person.opted_out_at = NOW
            session.add(person)

        base.write(stop).result()
    finally:
        base.close()
    done = run("person", "import", str(tmp_path / "list.csv"))
    assert "line 2 refused: texted STOP, so nothing reaches them on duty; they must text START first" in done.stderr
    assert "on duty" not in found(run)["Ana"]["roles"]


def test_a_total_below_the_list_and_a_missing_area_are_no_puzzle(run: Command, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("phone,name,Rides,area\n2025550101,Ana,x,\n2025550102,Bo,,Elm\n,total,5,\n")
    done = run("person", "import", str(tmp_path / "list.csv"), "--helpers")
    assert "Column 'Rides' says who helps with: transport" in done.stderr
    assert "--make-areas adds" in done.stderr


def test_a_first_text_goes_to_new_volunteers_once_and_only_if_the_host_agrees(run: Command) -> None:
    run("person", "import", "people.csv", "--make-areas")
    run("person", "import", "people.csv", "--no-welcome")
    base = run.database()
    try:
        assert texts(base) == []
        said = run("person", "import", "people.csv", "--welcome").stdout.splitlines()[-1]
        assert said.startswith("3 first texts leave at ")
        assert texts(base) == [
            (number, "first_text_founder") for number in ("+12025550101", "+12025550102", "+12025550104")
        ]
        again = run("person", "import", "people.csv", "--welcome").stdout
        assert "No first text was sent" in again
        assert len(texts(base)) == 3
        run.good("person", "add", "+12025550106", "--name", "Fay", "--helper", "--welcome")
        run.good("person", "add", "+12025550107", "--name", "Gus", "--welcome")
        assert [to for to, _ in texts(base)[3:]] == ["+12025550106"]
        events = select(func.count()).select_from(PersonEvent).where(PersonEvent.kind == FIRST_TEXT)
        assert base.read(lambda session: session.execute(events).scalar_one()) == 4
    finally:
        base.close()


def test_no_first_text_to_who_said_stop_or_has_written(line_on: Database) -> None:
    def work(session: Session) -> int:
        imported(session, FOUR)
        ana, ben, caro, dee = (at(session, number) for number in (ANA, BEN, CARO, DEE))
        ana.opted_out_at, ben.silent_since, caro.introduced_at = NOW, NOW, NOW
        for one in (ana, ben, caro):
            session.add(one)
        line = lines.all_lines(session)[0]
        address = people.address_at(session, line.id, Channel.SMS, DEE)
        assert address is not None
        address.last_heard_at = NOW
        session.add(address)
        return first_texts.send(session, [ana.id, ben.id, caro.id, dee.id], LATER)

    assert line_on.write(work).result() == 0


def test_on_a_terminal_it_shows_and_asks(database_url: str, tmp_path: Path) -> None:
    run = Command(database_url)
    (tmp_path / "people.csv").write_text("phone,name,helper\n2025550101,Ana,yes\n2025550102,Ben,\n")
    import_ = ["person", "import", "people.csv"]
    code, said = typed(import_, "n\n", tmp_path, **run.env)
    assert code == 1
    assert "Import them? [y/N]" in said
    assert found(run) == {}
    code, said = typed(import_, "y\nn\n", tmp_path, **run.env)
    assert code == 0
    for told in ("2 new", "This was import 1;", "STOP ends texts.", "to 1 new volunteer", "Nothing was sent."):
        assert told in said
    assert sorted(found(run)) == ["Ana", "Ben"]
    code, said = typed(import_, "y\n", tmp_path, **run.env)
    assert (code, "Nothing would change." in said) == (0, True)
    code, said = typed(["person", "import", "--undo"], "y\n", tmp_path, **run.env)
    assert "Take import 1 back (people.csv: 2 new, 0 changed)?" in said
    assert found(run) == {}
