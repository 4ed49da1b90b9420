"""The purse: sums always add up, two OKs are two people's, whoever leaves takes no sum, the host's commands."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import col, select

from app.hotline import Hotline
from handlers.money import approving
from handlers.turn import Context
from models import erasing, joining, lines, people, proposals, purse, purse_steps
from models.delivery.outbound import Outbound
from models.lines import Channel, Line
from models.people import Person
from models.purse import Act, Kind, PurseEntry, PurseEvent, State
from models.store.session import Session
from tests import neighbors
from tests.command import Command
from tests.fakes import StillClock
from tests.racing import racers

NUMBERS = [f"+120255501{n:02}" for n in range(1, 6)]
BEN, CARO, DEE, FAY, GUS = range(5)


def volunteers(session: Session, line: Line, clock: StillClock) -> list[Person]:
    names = ("Ben", "Caro", "Dee", "Fay", "Gus")
    both = zip(NUMBERS, names, strict=True)
    return [neighbors.add(session, line, Channel.SMS, n, clock.now(), name=name, helper=True) for n, name in both]


def entries(session: Session) -> list[PurseEntry]:
    return list(session.exec(select(PurseEntry).order_by(col(PurseEntry.number))))


def events(session: Session, *kinds: Act) -> list[PurseEvent]:
    return list(session.exec(select(PurseEvent).where(col(PurseEvent.kind).in_(kinds)).order_by(col(PurseEvent.id))))


STEPS = (
    "spend",
    "give",
    "ok",
    "why",
    "answer",
    "change",
    "withdraw",
    "pay",
    "unpay",
    "receive",
    "unreceive",
    "erase",
)
story = st.lists(
    st.tuples(st.sampled_from(STEPS), st.integers(0, 4), st.integers(1, 6), st.integers(0, 99_999)), max_size=40
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story)
def test_sums_always_add_up(hotline: Hotline, clock: StillClock, steps: list[tuple[str, int, int, int]]) -> None:
    """Whatever happens in whatever order, the purse is the sum of its entries, and no sum is lost or made."""

    def play(session: Session) -> None:
        line = lines.all_lines(session)[0]
        who = volunteers(session, line, clock)
        said: dict[int, int] = {}
        for step, n, number, cents in steps:
            person, now = who[n], clock.now()
            entry = purse.by_number(session, line.id, number)
            if step in ("spend", "give"):
                kind = Kind.SPENT if step == "spend" else Kind.GIVEN
                made = purse.add(session, line, kind, cents + 1, now, by=person.id, words="ice")
                said[made.id] = cents + 1
            elif step == "erase":
                erasing.erase(session, line, person, now)
            elif entry is None:
                continue
            elif step == "ok":
                context = Context(session, line, now)
                if session.locked(entry).state is State.WAITING and entry.person_id != person.id:
                    purse_steps.ok(session, entry, person.id, now)
                    [*approving.settle(context, entry)]
            elif step == "why" and session.locked(entry).state is not State.WITHDRAWN:
                purse_steps.ask_why(session, entry, person.id, "how many?", now)
            elif step == "answer":
                purse_steps.answer(session, session.locked(entry), "two", now)
            elif step == "change" and purse_steps.change(session, entry, cents, now):
                said[entry.id] = cents or said[entry.id]
            elif step == "withdraw":
                purse_steps.withdraw(session, entry, now, by=person.id)
            elif step == "pay":
                purse_steps.pay(session, entry, now)
            elif step == "unpay":
                purse_steps.unpay(session, entry, now)
            elif step == "receive":
                purse_steps.receive(session, entry, now)
            elif step == "unreceive":
                purse_steps.unreceive(session, entry, now)
            adds_up(session, line, said)
        session.execute(sa.delete(PurseEvent))
        session.execute(sa.delete(PurseEntry))
        session.execute(sa.update(Line).values(last_purse_entry=0))

    hotline.database.write(play).result()


def adds_up(session: Session, line: Line, said: dict[int, int]) -> None:
    found, totals = entries(session), purse.totals(session, line.id)
    assert {entry.id: entry.cents for entry in found} == said
    sums = {kind: dict.fromkeys(State, 0) for kind in Kind}
    for entry in found:
        sums[entry.kind][entry.state] += entry.cents
    given, spent = sums[Kind.GIVEN], sums[Kind.SPENT]
    assert totals.there == given[State.APPROVED] - spent[State.PAID]
    assert totals.to_pay == spent[State.APPROVED]
    assert totals.waiting == spent[State.WAITING] + spent[State.ASKED]
    assert totals.unconfirmed == given[State.WAITING] + given[State.ASKED]
    paid = {e.entry_id for e in events(session, Act.PAID)}
    for entry in found:
        if entry.state is State.PAID:
            assert entry.id in paid
        oks = {e.by_person_id for e in events(session, Act.OK) if e.entry_id == entry.id}
        assert entry.person_id not in oks


def test_two_oks_in_the_same_moment_are_two_and_it_is_approved_once(
    hotline: Hotline, database_url: str, clock: StillClock
) -> None:
    if database_url.startswith("sqlite"):
        pytest.skip("one process writes there")

    def spend(session: Session) -> None:
        line = lines.all_lines(session)[0]
        who = volunteers(session, line, clock)
        for _ in range(6):
            purse.add(session, line, Kind.SPENT, 3150, clock.now(), by=who[BEN].id)

    hotline.database.write(spend).result()
    with racers() as both:
        for number in range(1, 7):
            said = f"OK S{number}"
            both.at_once(database_url, clock.now(), (NUMBERS[CARO], said), (NUMBERS[DEE], said))
        both.leave(database_url)

    def look(session: Session) -> None:
        assert [entry.state for entry in entries(session)] == [State.APPROVED] * 6
        for entry in entries(session):
            oks = [e.by_person_id for e in events(session, Act.OK) if e.entry_id == entry.id]
            assert len(set(oks)) == len(oks) == 2
            assert len([e for e in events(session, Act.APPROVED) if e.entry_id == entry.id]) == 1
        told = session.exec(select(Outbound).where(Outbound.phrase == "spent_approved"))
        assert len(list(told)) == 6

    hotline.database.read(look)


def test_two_who_turn_out_to_be_one_have_said_one_ok(hotline: Hotline, clock: StillClock) -> None:
    def work(session: Session) -> None:
        line = lines.all_lines(session)[0]
        who = volunteers(session, line, clock)
        entry = purse.add(session, line, Kind.SPENT, 3150, clock.now(), by=who[BEN].id)
        for person in (who[CARO], who[DEE]):
            assert purse_steps.ok(session, session.locked(entry), person.id, clock.now())
        joining.join(session, who[CARO], who[DEE], clock.now())
        assert [e.by_person_id for e in events(session, Act.OK)] == [who[CARO].id]
        assert [person.id for person in approving.counted(Context(session, line, clock.now()), entry)] == [
            who[CARO].id
        ]

    hotline.database.write(work).result()


def test_an_ok_of_whoever_is_put_out_or_turns_out_to_be_its_author_counts_no_more(
    hotline: Hotline, clock: StillClock
) -> None:
    def work(session: Session) -> None:
        line = lines.all_lines(session)[0]
        who = volunteers(session, line, clock)
        entry = purse.add(session, line, Kind.SPENT, 3150, clock.now(), by=who[BEN].id)
        for n in (CARO, DEE):
            purse_steps.ok(session, session.locked(entry), who[n].id, clock.now())
        who[CARO].banned_at = clock.now()
        session.add(who[CARO])
        joining.join(session, who[BEN], who[DEE], clock.now())
        assert not approving.counted(Context(session, line, clock.now()), entry)

    hotline.database.write(work).result()


def test_whoever_is_erased_takes_their_words_and_leaves_the_sum(hotline: Hotline, clock: StillClock) -> None:
    def work(session: Session) -> None:
        line = lines.all_lines(session)[0]
        who = volunteers(session, line, clock)
        purse.add(session, line, Kind.SPENT, 3150, clock.now(), by=who[BEN].id, words="for old Mrs Example")
        erasing.erase(session, line, who[BEN], clock.now())

    def look(session: Session) -> None:
        (entry,) = entries(session)
        assert (entry.cents, entry.words, entry.person_id is not None) == (3150, None, True)
        assert not [event for event in events(session, *Act) if event.words]

    hotline.database.write(work).result()
    hotline.database.read(look)


def test_what_all_have_decided_needs_nobody_else(hotline: Hotline, clock: StillClock) -> None:
    def work(session: Session) -> None:
        line = lines.all_lines(session)[0]
        who = volunteers(session, line, clock)
        proposal = proposals.add(session, line, who[BEN].id, "a freezer", clock.now(), language="en", hours=72)
        made = purse.decided(session, line, proposal, 9900, "freezer", clock.now())
        assert (made.person_id, made.proposal_id) == (who[BEN].id, proposal.id)
        assert (made.state, made.name, purse.totals(session, line.id).to_pay) == (State.APPROVED, "S1", 9900)
        assert [event.kind for event in purse.events(session, made)] == [Act.SAID, Act.APPROVED]

    hotline.database.write(work).result()


# The host's commands.


@pytest.fixture
def run(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.chdir(tmp_path)
    return Command(database_url)


def spent(run: Command, clock: StillClock, *, approved: bool = True) -> None:
    """Ben has spent 31.50."""
    run.good("person", "add", NUMBERS[BEN], "--name", "Ben", "--helper")
    kept = run.database()

    def work(session: Session) -> None:
        line = lines.all_lines(session)[0]
        (ben,) = people.everybody(session, line.id)
        purse.add(session, line, Kind.SPENT, 3150, clock.now(), by=ben.id, words="=ice", approved=approved)

    kept.write(work).result()
    kept.close()


def kept_events(run: Command) -> list[tuple[str, int | None]]:
    kept = run.database()
    found = kept.read(lambda session: [(str(e.kind), e.by_person_id) for e in events(session, *Act)])
    kept.close()
    return found


def test_the_host_notes_what_was_paid_and_takes_it_back(run: Command, clock: StillClock) -> None:
    spent(run, clock)
    assert "to pay $31.50" in run.good("money", "list")
    assert "S1 is paid: $31.50, Ben" in run.good("money", "paid", "S1")
    again = run("money", "paid", "S1")
    assert again.exit_code == 1
    assert "noted as paid already" in again.output
    found = run.json("money", "list", "--all")
    assert (found["paid"], found["there"], found["entries"][0]["state"]) == ("31.50", "-31.50", "paid")
    run.good("money", "paid", "s1", "--undo")
    assert run.json("money", "list")["to_pay"] == "31.50"
    host = [kind for kind, by in kept_events(run) if by is None]
    assert host == ["approved", "paid", "unpaid"]
    kept = run.database()
    told = kept.read(
        lambda session: list(session.exec(select(Outbound.phrase).where(col(Outbound.phrase).like("spent%"))))
    )
    kept.close()
    assert sorted(told) == ["spent_paid", "spent_unpaid"]


def test_nothing_is_noted_where_one_of_several_cannot_be(run: Command, clock: StillClock) -> None:
    spent(run, clock)
    refused = run("money", "paid", "S1", "S7")
    assert refused.exit_code == 1
    assert "There is no S7" in refused.output
    assert run.json("money", "list")["paid"] == "0.00"


def test_what_waits_for_an_ok_is_not_paid(run: Command, clock: StillClock) -> None:
    spent(run, clock, approved=False)
    refused = run("money", "paid", "S1")
    assert refused.exit_code == 1
    assert "waits for the OK of others" in refused.output


def test_what_came_in_is_noted_and_a_slip_undone(run: Command) -> None:
    assert "G1: $50.00 came in" in run.good("money", "received", "50", "bake sale")
    assert run.json("money", "list")["there"] == "50.00"
    run.good("money", "received", "G1", "--undo")
    assert run.json("money", "list")["there"] == "0.00"
    assert run.json("money", "list", "--all")["entries"][0]["state"] == "withdrawn"
    for wrong in ("0", "-5", "1.005", "fifty"):
        assert run("money", "received", "--", wrong).exit_code == 2


def test_the_books_are_a_table_without_formulas(run: Command, clock: StillClock, tmp_path: Path) -> None:
    spent(run, clock)
    said = run.good("money", "export", "--no-bom").splitlines()
    assert said[0].startswith("entry,kind,state,amount,currency,")
    assert said[1].startswith("S1,spent,approved,31.50,USD,")
    assert "'=ice" in said[1]
    run.good("money", "export", "--to", "purse.xlsx")
    assert (tmp_path / "purse.xlsx").stat().st_size > 0


def test_a_purse_has_one_currency(run: Command) -> None:
    assert run.good("money", "currency").startswith("USD")
    assert run.good("money", "currency", "eur").startswith("EUR")
    assert "€50.00" in run.good("money", "received", "50")
    refused = run("money", "currency", "USD")
    assert refused.exit_code == 1
    assert "keeps to it" in refused.output
    assert run("money", "currency", "XYZ1").exit_code == 2
