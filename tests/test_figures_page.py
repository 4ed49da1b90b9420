"""The board's figures as a member sees them, and as nobody else does."""

import asyncio
import re
import time
from dataclasses import replace
from datetime import datetime, timedelta
from xml.etree import ElementTree as ET

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given, settings
from hypothesis import strategies as st

from app.database.engine import Database
from app.hotline import Hotline
from app.main import create_app
from app.pages import wording
from app.pages.figures import page, public
from app.pages.figures.sheet import Figure, Reader
from models import lines
from models.assignments import State as Holding
from models.delivery.outbound import Lane
from models.lines import Channel
from models.report import arithmetic, volunteers
from models.report import public as told
from models.report.public import Month
from models.requests import Outcome, State
from models.store.session import Session
from tests import histories, visiting
from tests.histories import Asked, Claim, ForDuty, History, Text
from tests.test_report import EXAMPLES, report
from tests.test_report_public import helped
from tests.visiting import Visitor

LARGEST = 60_000  # bytes
LONGEST = 42  # letters of a row's words: at 13.5 of 320 units they end before the edge
FIGURES = "surge queue needs became reasons areas languages claimed helped duty asks load texts money".split()
FOR_ALL = [each for each in FIGURES if each != "duty"]  # how soon duty answers is for duty alone


def open_(app: FastAPI, visitor: Visitor, path: str = "/board/figures") -> httpx.Response:
    async def once() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=visiting.HOME, cookies=visitor.cookies) as client:
            return await client.get(path)

    return asyncio.run(once())


def counted(app: FastAPI, visitor: Visitor, path: str = "/board/figures") -> str:
    """The page, once everything is counted."""
    ends = time.monotonic() + 20
    while "<article" not in (html := open_(app, visitor, path).text):
        assert time.monotonic() < ends
        time.sleep(0.01)
    return html


def busy(hotline: Hotline) -> History:
    """A year in which much has happened, with numbers of four digits in many places."""
    now = hotline.clock.now()
    needs = ["food", "transport", "medicine", "pets", "other", "childcare", "baby", "repair", "company", "work"]
    asked, texts, duty = list[Asked](), list[Text](), list[ForDuty]()
    for n in range(364):
        at = now - timedelta(days=n, minutes=7 * n % 600)
        state, outcome = (State.CLOSED, [*Outcome][n % 8]) if n % 9 else (State.OPEN, None)
        claims = (Claim(20 + n, n % 6, Holding.DONE),) if n % 5 else ()
        language = ["en", "es", "fr", "zh", "ar"][n % 5]
        one = Asked(at, (needs[n % 10],), language, state, outcome, 300, ((1, 1234),), claims, False)
        asked.append(replace(one, area=[0, 1, None][n % 3]))
        duty.append(ForDuty(at, bool(n % 2), 5 + n, None))
        texts += [Text(at, lane, Channel.SMS, 1, 1234) for lane in Lane if n < 30]
    return History("America/New_York", now, tuple(asked), tuple(texts), tuple(duty))


def test_first_it_is_being_counted_and_then_it_is_there(hotline: Hotline) -> None:
    ana = visiting.visitor(hotline, "+12025550171", "Zebulon Quist", duty=True).let_in()
    app = create_app(hotline=hotline)
    first = open_(app, ana)
    assert first.status_code == 200
    assert 'hx-get="/board/figures?weeks=12"' in first.text
    assert '<a href="/board/figures?weeks=12">' in first.text  # without script
    html = counted(app, ana)
    assert re.findall(r'<article class="sheet figure" id="(\w+)"', html) == FIGURES
    assert "htmx" not in html
    assert "Zebulon" not in html
    assert "5550171" not in html
    assert 'aria-current="page">12 weeks' in html
    assert 'aria-current="page">52 weeks' in counted(app, ana, "/board/figures?weeks=52")
    assert 'aria-current="page">12 weeks' in counted(app, ana, "/board/figures?weeks=99999999")
    app.state.counting.stop()


def test_it_is_for_members_alone(hotline: Hotline) -> None:
    stranger = visiting.visitor(hotline, "+12025550172", "Sam", helper=False)
    app = create_app(hotline=hotline)
    answer = open_(app, stranger)
    assert answer.status_code == 401
    assert "figure" not in answer.text
    ana = visiting.visitor(hotline, "+12025550171", "Ana").let_in()
    assert open_(app, ana).status_code == 200
    ana.says("STOP")
    assert open_(app, ana).status_code == 401
    app.state.counting.stop()


@pytest.mark.parametrize("weeks", page.WEEKS)
@pytest.mark.parametrize("language", wording.languages())
def test_a_busy_line_has_a_light_page(hotline: Hotline, language: str, weeks: int) -> None:
    ana = visiting.visitor(hotline, "+12025550171", "Ana", language=language, duty=True).let_in()
    line_id = hotline.database.read(lambda session: lines.all_lines(session)[0].id)
    history = busy(hotline)

    def keep(session: Session) -> None:
        histories.keep(session, history, [line_id])

    hotline.database.write(keep).result()
    app = create_app(hotline=hotline)
    html = counted(app, ana, f"/board/figures?weeks={weeks}")
    assert len(html.encode()) < LARGEST
    drawn = re.findall(r'<svg class="plot".*?aria-labelledby="(\w+)-title', html)
    assert drawn == [each for each in FIGURES if each != "areas"]  # has a table alone: it would be too much
    names = re.findall(r' id="([^"]+)"', html)
    assert len(names) == len(set(names))
    app.state.counting.stop()


@given(history=histories.histories(), language=st.sampled_from(wording.languages()))
@settings(EXAMPLES, max_examples=15)
def test_whatever_has_happened_can_be_said(base: Database, history: History, language: str) -> None:
    found = report(base, history, 4)
    reader = Reader(wording.of(language), history.zone)
    shown = [figure for _, group in page.grouped(found, reader) for figure in group]
    assert [figure.name for figure in shown] == FIGURES
    assert not any(re.search(r"\b0 (come|son)|\b0 min|none of 1\b", figure.said) for figure in shown)
    for figure in shown:
        check(figure)
        empty = {reader.say(f"{figure.name}_none"), reader.say("reasons_nothing"), reader.say("load_few")}
        assert (figure.table is None) is (figure.said in empty)
    html = page.drawn(found, language, history.zone)
    assert html.count("<table>") == sum(figure.table is not None for figure in shown)


def check(figure: Figure) -> None:
    """A plot has its title, its description and a table; nothing it says is longer than there is room for."""
    assert figure.said
    assert figure.plot is None or figure.table is not None
    if figure.plot is None or figure.table is None:
        return
    drawn = ET.fromstring(str(figure.plot))
    assert [drawn[0].text, drawn[1].text] == [figure.title, figure.said]
    assert all(len(row) == len(figure.table.head) for row in figure.table.rows)
    for text in drawn.findall("text"):
        assert len(text.text or "") <= (LONGEST if text.get("class") in ("row", "axis") else 9)


def quiet(now: datetime) -> History:
    """A line of three days: seven asked, two of them were taken within a minute, and none of it is over."""
    asked = tuple(
        Asked(
            now - timedelta(hours=6, minutes=10 * n),
            (["food", "transport", "pets"][n % 3],),
            "en",
            State.CLAIMED if n < 2 else State.OPEN,
            None,
            1,
            ((0, 3),),
            (Claim(1, n, Holding.ACTIVE),) if n < 2 else (),
            False,
        )
        for n in range(7)
    )
    texts = tuple(Text(now - timedelta(hours=n), Lane.REPLY, Channel.SMS, 1, 1) for n in range(5))
    return History("America/New_York", now, asked, texts, ())


SAID_OF_FEW = {
    "en": {
        "surge": "7 new requests in 24 hours. There is no usual yet.",
        "queue": "7 requests are not over: 5 that nobody has yet and 2 that somebody has."
        " Of those that nobody has yet, the longest has waited for 7 hours.",
        "became": "Of 7 requests none is over yet.",
        "reasons": "Nothing has ended yet.",
        "claimed": "2 of 7 requests were taken: both within a minute.",
    },
    "es": {
        "surge": "7 pedidos nuevos en 24 horas. Todavía no se sabe cuántos son habituales.",
        "queue": "7 pedidos no han terminado: 5 que nadie tiene aún y 2 que alguien tiene."
        " De los que nadie tiene, el que más espera lleva 7 horas.",
        "became": "De 7 pedidos todavía no ha terminado ninguno.",
        "reasons": "Todavía no ha terminado nada.",
        "claimed": "Se tomaron 2 de 7 pedidos: los dos en un minuto.",
    },
}


@pytest.mark.parametrize("language", SAID_OF_FEW)
def test_of_few_things_it_is_said_as_one_would_say_it_and_nothing_is_drawn(base: Database, language: str) -> None:
    history = quiet(histories.NOWS[1])
    found = report(base, history, 4)
    shown = [
        figure for _, group in page.grouped(found, Reader(wording.of(language), history.zone)) for figure in group
    ]
    said = {figure.name: figure.said for figure in shown}
    assert {name: said[name] for name in SAID_OF_FEW[language]} == SAID_OF_FEW[language]
    assert {figure.name for figure in shown if figure.plot is not None} == {"queue", "became"}


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        ([12], "after 12 min"),
        ([0, 1], "both within a minute"),
        ([3, 90], "both within 1.5 h"),
        ([5, 5, 5], "all within 5 min"),
        ([1, 5, 30], "half within 5 min, all within 30 min"),
        ([1] * 5 + [30] * 4, "half within a minute, all within 30 min"),
        ([20] * 10, "all within 20 min"),
        ([*range(1, 22)], "half within 11 min, nine of ten within 19 min"),
    ],
)
def test_how_soon_is_said_of_few_and_of_many(minutes: list[int], said: str) -> None:
    reader = Reader(wording.of("en"), "America/New_York")
    assert reader.within(arithmetic.spread([60.0 * each for each in minutes])) == said


def month(base: Database, times: int) -> Month:
    now = histories.NOWS[1]
    asked = [helped(now.replace(day=1) - timedelta(days=2 + n % 20), 1) for n in range(times)]

    def keep(session: Session) -> None:
        histories.clear(session)
        histories.keep(session, History("America/New_York", now, tuple(asked), (), ()))

    base.write(keep).result()
    return base.read(lambda session: told.month(session, lines.by_id(session, 1), now))


@pytest.mark.parametrize("language", wording.languages())
def test_everybody_reads_what_was_done_in_fives(base: Database, language: str) -> None:
    reader = Reader(wording.of(language), "America/New_York")
    few, many = (public.figure(reader, month(base, times)) for times in (4, 13))
    assert few.plot is None
    assert "4" not in few.said
    check(many)
    assert "10" in many.said
    assert many.table is not None
    assert [list(row) for row in many.table.rows] == [[reader.need("food"), reader.say("at_least", count="10")]]
    assert reader.say("fewer", count=5) in many.said  # one neighbor did it all: that is nobody's business


def test_volunteers_find_no_single_case_of_what_no_text_tells_them(hotline: Hotline) -> None:
    """What is asked for once, danger, and what is held: duty reads of it, and nobody else."""
    now = hotline.clock.now()
    kinds = [("food", "en", State.OPEN)] * 9 + [("safety", "fr", State.HELD)] * 6 + [("pets", "en", State.DRAFT)]
    asked = [
        Asked(now - timedelta(days=1), (need,), code, state, None, 300, (), (), False) for need, code, state in kinds
    ]
    texts = [Text(now - timedelta(days=1), lane, Channel.SMS, 1, 100) for lane in (Lane.EMERGENCY, Lane.REPLY)]
    history = History(
        "America/New_York", now, tuple(asked), tuple(texts), (ForDuty(now - timedelta(days=1), True, 5, None),)
    )
    ana = visiting.visitor(hotline, "+12025550171", "Ana").let_in()
    dee = visiting.visitor(hotline, "+12025550172", "Dee", duty=True).let_in()
    line_id = hotline.database.read(lambda session: lines.all_lines(session)[0].id)
    hotline.database.write(lambda session: histories.keep(session, history, [line_id])).result()
    app = create_app(hotline=hotline)
    hers, duties = counted(app, ana), counted(app, dee)
    reader = Reader(wording.of("en"), "America/New_York")
    kept = [reader.need("safety"), reader.need("pets"), "For duty", "Still being asked about", 'id="duty"']
    kept.append(reader.say("lane_emergency"))
    for words in kept:
        assert words in duties, words
        assert words not in hers, words
    assert reader.need("food") in hers
    assert reader.need("other") in hers
    app.state.counting.stop()


@given(st.dictionaries(st.sampled_from(["food", "pets", "safety", "other", "baby"]), st.integers(1, 12)))
def test_what_volunteers_are_told_of_is_five_at_least(counts: dict[str, int]) -> None:
    names = volunteers.together(counts, "other", ("safety",))
    told = {name: sum(counts[each] for each in counts if names[each] == name) for name in {*names.values()}}
    assert "safety" not in told
    assert all(count >= 5 for count in told.values()) or [*told] == ["other"]
