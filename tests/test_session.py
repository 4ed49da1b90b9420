"""The session: what is read once is one object, what changed is written, what failed leaves nothing behind."""

import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from app.database.engine import Database
from models import events, line_events, lines, people, requests
from models.line_events import LineEvent
from models.lines import Area, Channel, Line
from models.people import Person
from models.requests import Event, Request, State
from models.store.session import Session
from tests.fakes import LINE, MORNING

ANA = "+12025550101"


@pytest.fixture
def base(base: Database) -> Database:
    base.write(_line).result()
    return base


def _line(session: Session) -> None:
    line = lines.add(session, MORNING, name="Oak", sms=LINE)
    people.get_or_create(session, line, Channel.SMS, ANA, MORNING, name="Ana")


def ana(session: Session) -> Person:
    return session.exec(select(Person)).one()


def test_an_object_read_twice_is_the_same(base: Database) -> None:
    def work(session: Session) -> bool:
        first = ana(session)
        return first is session.get(Person, first.id) is ana(session)

    assert base.write(work).result()


@pytest.mark.parametrize("figure", [8, 2.5, 0, -3, "8", True, None, [8]])
def test_a_figure_by_itself_is_read_by_its_id_as_it_was_written(base: Database, figure: object) -> None:
    """SQLite makes a number of a JSON text that is one."""

    def change(session: Session) -> None:
        line = lines.all_lines(session)[0]
        line_events.record(session, line.id, "rule", "rate_sms", MORNING, before=figure)

    base.write(change).result()
    id_ = base.read(lambda s: s.exec(select(LineEvent.id)).one())
    assert base.read(lambda s: s.get_one(LineEvent, id_).before) == figure


def test_what_was_changed_is_written_even_if_nobody_said_so(base: Database) -> None:
    def change(session: Session) -> None:
        ana(session).name = "Ana Maria"

    base.write(change).result()
    assert base.read(lambda s: ana(s).name) == "Ana Maria"


def test_a_change_after_a_flush_is_written_too(base: Database) -> None:
    def change(session: Session) -> None:
        person = ana(session)
        session.flush()
        with session.savepoint():
            person.name = "Ana Maria"

    base.write(change).result()
    assert base.read(lambda s: ana(s).name) == "Ana Maria"


def test_only_what_changed_is_written(base: Database) -> None:
    """Two transactions that change different columns of a row do not undo each other."""

    def change(session: Session) -> None:
        person = ana(session)
        session.execute(sa.update(Person).values(language="es"))
        person.name = "Ana Maria"

    base.write(change).result()
    assert base.read(lambda s: (ana(s).name, ana(s).language)) == ("Ana Maria", "es")


def test_a_second_reading_brings_news_and_keeps_what_is_not_written_yet(base: Database) -> None:
    def work(session: Session) -> tuple[str, str | None]:
        person = ana(session)
        session.execute(sa.update(Person).values(language="es"))
        person.name = "Ana Maria"
        session.get_one(Person, person.id)
        session.fetch(people.AT_ADDRESS, line_id=person.line_id, value=ANA)
        return person.name, person.language

    assert base.write(work).result() == ("Ana Maria", "es")


def test_a_query_sees_what_was_named_to_add(base: Database) -> None:
    def work(session: Session) -> list[str]:
        person = ana(session)
        person.name = "Ana Maria"
        session.add(person)
        return session.exec(select(Person.name))

    assert base.write(work).result() == ["Ana Maria"]


def test_rows_that_were_appended_are_there_for_whoever_reads_their_table(base: Database) -> None:
    def work(session: Session) -> list[str]:
        line = lines.all_lines(session)[0]
        request = requests.create(
            session, line, person_id=ana(session).id, state=State.DRAFT, now=MORNING, needs=["food"]
        )
        requests.record(session, request, "note", MORNING)
        return [event.kind for event in events.history(session, request)]

    assert base.write(work).result() == ["asked", "note"]


def test_many_rows_of_every_shape_come_back_as_they_went(base: Database) -> None:
    """PostgreSQL gets them as lists: empty lists, lists of lists and nothing at all must survive that."""
    aliases: list[list[str]] = [[], ["Oak St"], ["a", 'b"c', "ñ", "{,}"]]

    def work(session: Session) -> None:
        line = lines.all_lines(session)[0]
        for n, names in enumerate(aliases):
            session.insert_later(Area, line_id=line.id, name=f"area {n}", aliases=names)
        for person in session.exec(select(Person)):
            person.pending_question, person.languages = {"question": "need", "words": None}, ["en", "es"]

    base.write(work).result()
    assert base.read(lambda s: [area.aliases for area in s.exec(select(Area).order_by(col(Area.id)))]) == aliases
    assert base.read(lambda s: (ana(s).pending_question, ana(s).languages)) == (
        {"question": "need", "words": None},
        ["en", "es"],
    )


def test_a_part_that_fails_leaves_nothing_and_the_rest_stays(base: Database) -> None:
    def work(session: Session) -> str:
        person = ana(session)
        person.language = "es"
        with pytest.raises(ZeroDivisionError):
            fail(session, person)
        return person.name

    def fail(session: Session, person: Person) -> None:
        with session.savepoint():
            person.name = "nobody"
            session.create(Area, line_id=person.line_id, name="nowhere")
            session.insert_later(Area, line_id=person.line_id, name="nowhere else")
            raise ZeroDivisionError

    assert base.write(work).result() == "Ana"
    assert base.read(lambda s: (ana(s).name, ana(s).language)) == ("Ana", "es")
    assert base.read(lambda s: s.exec(select(Area))) == []


def test_a_request_of_this_transaction_moves_without_a_race(base: Database) -> None:
    def work(session: Session) -> tuple[bool, bool, State]:
        line = lines.all_lines(session)[0]
        request = requests.create(session, line, person_id=ana(session).id, state=State.DRAFT, now=MORNING)
        opened = requests.move(session, request, State.OPEN, MORNING, kind="opened", out_of=(State.DRAFT,))
        again = requests.move(session, request, State.OPEN, MORNING, kind="opened", out_of=(State.DRAFT,))
        return opened, again, request.state

    assert base.write(work).result() == (True, False, State.OPEN)
    assert base.read(lambda s: s.exec(select(Request.state)).one()) is State.OPEN
    assert base.read(lambda s: s.exec(select(Event.kind))) == ["asked", "opened"]


def test_an_object_of_another_transaction_is_not_taken_for_a_new_row(base: Database) -> None:
    before = base.read(ana)
    with pytest.raises(LookupError, match=f"Person {before.id} is not of this transaction"):
        base.write(lambda s: s.add(before)).result()


def test_one_means_one(base: Database) -> None:
    with pytest.raises(LookupError):
        base.read(lambda s: s.exec(select(Line).where(Line.name == "Elm")).one())
    with pytest.raises(LookupError):
        base.read(lambda s: s.get_one(Line, 99))
