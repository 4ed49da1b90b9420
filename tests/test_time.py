"""What time triggers happens once, whoever looks at the clock; one request that fails holds up no other."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlmodel import col, select

from app.hotline import Hotline
from models import lines, requests
from models.delivery.outbound import Outbound
from models.inbound import Heard
from models.lines import Channel
from models.requests import Request
from models.store.session import Session
from tests import fakes, neighbors
from tests.fakes import LINE, Recorder

GAP = timedelta(minutes=45)


def volunteers(hotline: Hotline, count: int) -> None:
    """So many, asked in waves of three and of six, a fixed gap apart. The line's own timers have had their turn."""

    def work(session: Session) -> None:
        line = lines.all_lines(session)[0]
        line.rules = {**line.rules, "waves": [3, 6], "gap_today": GAP // timedelta(minutes=1)}
        for n in range(count):
            number = f"+121255501{n:02}"
            neighbors.add(session, line, Channel.SMS, number, hotline.clock.now(), name=f"Helper{n}", helper=True)

    hotline.database.write(work).result()
    hotline.tick()


def ask(hotline: Hotline, sender: str) -> None:
    words = "I need groceries for two today near Oak St"
    hotline.receive(Heard(f"SM{sender}", Channel.SMS, sender, LINE, words)).result()


def offered(hotline: Hotline) -> Counter[int]:
    """How many volunteers were asked, by request."""
    query = select(Outbound.request_id).where(Outbound.phrase == "offer", col(Outbound.request_id).is_not(None))
    return hotline.database.read(lambda s: Counter(id_ for id_ in s.exec(query) if id_))


def test_nothing_is_due_before_its_time_and_nothing_twice(hotline: Hotline) -> None:
    volunteers(hotline, 9)
    ask(hotline, "+12025550101")
    hotline.clock.advance(GAP - timedelta(seconds=1))
    assert hotline.tick() == 0
    assert offered(hotline) == {1: 3}
    hotline.clock.advance(timedelta(seconds=1))
    assert (hotline.tick(), hotline.tick()) == (1, 0)
    assert offered(hotline) == {1: 9}


def test_two_that_look_at_the_clock_at_once_act_once(hotline: Hotline, database_url: str) -> None:
    volunteers(hotline, 5 * 9)
    for n in range(5):
        ask(hotline, f"+1202555011{n}")
    before = offered(hotline).total()
    hotline.clock.advance(GAP)
    other = Hotline(fakes.settings(database_url), carrier=Recorder(), clock=hotline.clock)
    with ThreadPoolExecutor(2) as both:
        acted = [future.result() for future in [both.submit(hotline.tick), both.submit(other.tick)]]
    other.stop()
    assert sum(acted) == 5
    pairs = hotline.database.read(
        lambda s: Counter(s.exec(select(Outbound.request_id, Outbound.to).where(Outbound.phrase == "offer")))
    )
    assert set(pairs.values()) == {1}
    assert (before, pairs.total()) == (5 * 3, 5 * 9)


def test_a_request_that_cannot_be_acted_on_holds_up_no_other(hotline: Hotline) -> None:
    volunteers(hotline, 9)
    ask(hotline, "+12025550101")
    ask(hotline, "+12025550102")

    def spoil(session: Session) -> None:
        request = requests.by_id(session, 1)
        request.needs = ["a need that no language has a word for"]
        session.add(request)

    hotline.database.write(spoil).result()
    before = offered(hotline)[2]
    hotline.clock.advance(GAP)
    hotline.tick()
    assert offered(hotline)[2] > before
    looks = hotline.database.read(lambda s: list(s.exec(select(Request.next_action_at))))
    assert all(look is not None and look > hotline.clock.now() for look in looks)
