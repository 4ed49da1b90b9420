"""The hotline and the same job written naively, in turn: all that each can take, and what a carrier brings."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from models.lines import Channel
from tests import fakes
from tests.benchmarks import servers
from tests.benchmarks.bench import WARM, Bench, Live
from tests.benchmarks.checks import SENT, Kept
from tests.benchmarks.figures import Goal
from tests.benchmarks.load import Volley
from tests.benchmarks.naive import WAVE, Address, Base, Incoming, Line, Need, Offer, Outgoing, Person
from tests.benchmarks.rows import Plan, Rows
from tests.benchmarks.stock import Ground
from tests.benchmarks.texts import Prepared

NAME = "naive"
TEXTS = 2_000  # by 32 connections, a round; the naive server may not get through all of them in time
PACE = 100.0  # texts a second: the fastest that a carrier brings them
SECONDS = 8.0  # at that pace
SPARE = 400  # for the warming up
HOTLINE, NAIVE = "hotline", "naive"


def run(bench: Bench) -> None:
    """Measure each database in turn; every round serves both, one after the other."""
    for ground in bench.grounds:
        _measure(bench, ground)


def _measure(bench: Bench, ground: Ground) -> None:
    count, paced = bench.size(TEXTS), int(PACE * max(SECONDS * bench.scale, 2.0))
    supply = bench.texts(200, count + paced + bench.size(SPARE))
    plan = Plan(open=len(supply) // 2)
    ours, theirs = ground.filled(plan), filled(ground.blank(), plan)
    crowds: dict[str, list[Volley]] = {HOTLINE: [], NAIVE: []}
    trickles: dict[str, list[Volley]] = {HOTLINE: [], NAIVE: []}
    for _ in bench.each_round(f"{NAME} on {ground.name}"):
        for who in (HOTLINE, NAIVE):
            serving = (
                bench.served(ground, ours, plan, supply=supply)
                if who == HOTLINE
                else served(bench, ground, theirs, plan, supply)
            )
            with serving as live:
                crowds[who].append(live.fire(count))
                trickles[who].append(live.fire(paced, pace=PACE))
    _report(bench, ground, crowds, trickles)
    bench.account(NAME, ground.name)


def _report(bench: Bench, ground: Ground, crowds: dict[str, list[Volley]], trickles: dict[str, list[Volley]]) -> None:
    def figure(what: str, values: list[float], **more: object) -> None:
        bench.report.figure(NAME, ground.name, what, values, **more)  # type: ignore[arg-type]

    for who, volleys in crowds.items():
        figure(f"{who}, 32 connections", [v.rate for v in volleys], unit="texts/s", digits=0)
        figure(f"{who}, p99", [v.p99 * 1e3 for v in volleys], unit="ms", digits=1)
        figure(f"{who}, CPU a text", [v.cost * 1e3 for v in volleys], unit="ms")
    pairs = list(zip(crowds[HOTLINE], crowds[NAIVE], strict=True))
    figure("throughput, of naive", [a.rate / b.rate for a, b in pairs], goal=Goal(">= 3.5", least=3.5))
    figure("p99, of naive", [a.p99 / b.p99 for a, b in pairs], goal=Goal("<= 0.1", most=0.1), digits=3)
    for who, volleys in trickles.items():
        goal = Goal("< 50 ms", most=50) if who == HOTLINE else None
        what = f"{who}, p99 of {PACE:.0f} texts/s coming in"
        figure(what, [v.p99 * 1e3 for v in volleys], unit="ms", digits=1, goal=goal)
    for who, volleys in crowds.items():
        refused = sum(v.refused for v in volleys + trickles[who])
        figure(f"{who}, refused", [float(refused)], digits=0, goal=Goal("0", most=0))


@contextmanager
def served(bench: Bench, ground: Ground, filled: str, plan: Plan, supply: Sequence[Prepared]) -> Iterator[Live]:
    """The naive server on a fresh copy, warmed up as the hotline is, and checked and counted as it is."""
    with ground.copied(filled) as url, tempfile.TemporaryDirectory(dir=bench.folder) as home:
        with servers.module("naive", Path(home), url) as server:
            live = Live(url, [server], iter(supply))
            live.fire(min(WARM, len(supply) // 10))
            yield live
        bench.tallied.append(kept(url, live.taken, prepared=plan.open))


def _engine(url: str) -> sa.Engine:
    return sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))


def filled(url: str, plan: Plan) -> str:
    """Make the naive server's tables there, with the same people and open requests that the hotline has."""
    rows = Rows(plan, datetime.now(UTC), 1)
    numbers = range(1, plan.open + 1)
    engine = _engine(url)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        # Each kind gets its ids in this order, from 1 on: those by which `rows` names them.
        session.add(Line(sms=fakes.LINE, whatsapp=fakes.WHATSAPP, last_need=plan.open))
        session.flush()
        session.add_all(_person(rows, n) for n in range(plan.everybody))
        session.flush()
        session.add_all(Address(person_id=n + 1, value=_address(rows, n)) for n in range(plan.everybody))
        for number, row in zip(numbers, map(rows.request, numbers), strict=True):
            about = {"person_id": row["person_id"], "text": row["text"], "created_at": row["created_at"]}
            session.add(Need(line_id=1, number=number, **about))
        session.flush()
        for row in (rows.offer(number, n) for number in numbers for n in range(WAVE)):
            session.add(Offer(need_id=row["request_id"], person_id=row["person_id"]))
        session.commit()
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("VACUUM ANALYZE"))
    engine.dispose()
    return url


def _person(rows: Rows, n: int) -> Person:
    row = rows.person(n)
    return Person(
        line_id=1,
        name=row["name"],
        volunteers=row["helper_since"] is not None,
        last_asked_at=row["last_asked_at"],
    )


def _address(rows: Rows, n: int) -> str:
    address = rows.address(n)
    prefix = "whatsapp:" if address["channel"] is Channel.WHATSAPP else ""
    return f"{prefix}{address['value']}"


def kept(url: str, taken: Sequence[Prepared], *, prepared: int) -> Kept:
    """As checks.kept, in the naive server's tables: every text once, with its answer and what came of it."""
    engine = _engine(url)
    with Session(engine) as session:
        rows = session.exec(select(Incoming.sid, Incoming.id).where(col(Incoming.sid).like(SENT))).all()
        answers = dict(
            session.exec(select(Outgoing.incoming_id, func.count()).group_by(col(Outgoing.incoming_id))).all()
        )
        claimed = set(session.exec(select(Need.number).where(Need.state == "claimed")))
        asked = session.exec(select(Offer.need_id).where(Offer.need_id > prepared).group_by(col(Offer.need_id))).all()
    engine.dispose()
    seen = dict(rows)
    # A claim tells two people, a request the neighbor and the volunteers.
    right = sum(
        text.sid in seen
        and answers.get(seen[text.sid], 0) == (1 + WAVE if text.number is None else 2)
        and (text.number is None or text.number in claimed)
        for text in taken
    )
    right = max(0, right - (len(rows) - len(seen)))
    opened = sum(text.number is None for text in taken)
    complaints = [f"naive: {len(taken) - right} not kept once, acted on and answered"] if right < len(taken) else []
    return Kept(len(taken), right, max(0, opened - len(asked)), complaints)
